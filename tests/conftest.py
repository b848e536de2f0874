"""Fixtures for every folder."""

from tests.database import dashboard_database, migrated_template, supabase_cluster

__all__ = ["dashboard_database", "migrated_template", "supabase_cluster"]
