# The panel's commands. `make help` lists them; nothing has to be set up before the first one.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
DEMO ?= 1
# BROWSER=0 leaves the browser tests out, for a machine that cannot have Chromium.
BROWSER ?= 1
# The lock is the whole tree, so nothing is left to resolve: --no-deps is quicker, and takes no other version.
# Python compiles what is used when it is first used; most of what is installed never is.
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps --no-compile

.PHONY: help run test lint types sql pictures bench faults smoke lock migrate key clean

help: ## Show this list
	@awk -F':.*## ' '/^[a-z]+:.*## /{printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: .venv/.installed ## Start the panel on its embedded Supabase with the demo salons (DEMO=0: empty)
	@DEMO=$(DEMO) exec $(BIN)/python main.py

test: .venv/.installed-dev ## Lint, strict types, SQL, and every test (BROWSER=0 leaves browser tests out)
	@if [ "$(BROWSER)" = 1 ]; then scripts/ensure-chromium; fi
	@$(MAKE) --no-print-directory --jobs 3 --output-sync lint types sql
	$(BIN)/python -m pytest -q --numprocesses 3 --dist loadfile -m "not long $(if $(filter 0,$(BROWSER)),and not browser,)"

lint: .venv/.installed-dev ## Check style and likely mistakes (ruff)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check --quiet .

types: .venv/.installed-dev ## Check types, strictly (mypy)
	$(BIN)/mypy .

sql: .venv/.installed-dev ## Check the migrations' style (sqlfluff)
	$(BIN)/sqlfluff lint --processes 2 --disable-progress-bar supabase

pictures: .venv/.installed-dev ## Take the pictures of the README anew, from the running panel
	$(BIN)/python -m pytest -q tests/browser
	cd test-output/pictures && cp $(notdir $(wildcard docs/pictures/*.png)) ../../docs/pictures/

bench: .venv/.installed-dev ## Measure everything that has a target, also over a million messages (about 10 minutes)
	$(BIN)/python -m benchmarks

faults: .venv/.installed-dev ## Outages that last, a new version that rolls in, pages in their other look (about 14 minutes)
	$(BIN)/python -m tests.live
	$(BIN)/python -m pytest -q -m long

smoke: .venv/.installed-dev ## Ask the project of SUPABASE_URL whether it is fit for the panel; writes nothing there
	@: "$${SUPABASE_URL:?set SUPABASE_URL, SUPABASE_KEY, and SUPABASE_JWT_SECRET or SUPABASE_JWT_KEY}"
	$(BIN)/python -m pytest -q tests/hosted/test_smoke.py

lock: .venv/.installed-dev ## Renew the hash-pinned locks from requirements*.txt
	scripts/lock

migrate: .venv/.installed ## Apply the migrations to MIGRATE_DATABASE_URL
	$(BIN)/python -m migrate

key: .venv/.installed ## Print a new key for machines: SALON=<slug or id> NAME=<who uses it> SCOPES=ingest,read,control
	@DEMO=$(DEMO) $(BIN)/python -m ingest.issue_key --salon "$$SALON" --name "$$NAME" --scopes "$${SCOPES:-ingest}"

clean: ## Remove the environment, caches and test output (never the data)
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache test-output

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed; set PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -m venv .venv

.venv/.installed: requirements.lock | .venv/bin/python
	@echo "Installing what the panel needs into .venv (once)…"
	@$(PIP_INSTALL) -r requirements.lock
	@touch $@

.venv/.installed-dev: requirements-dev.lock .venv/.installed | .venv/bin/python
	@echo "Installing what the tests need into .venv (once)…"
	@$(PIP_INSTALL) -r requirements-dev.lock
	@touch $@
