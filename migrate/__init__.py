"""Applies `supabase/migrations/` to a PostgreSQL database, in the ledger that the Supabase CLI keeps too."""

from migrate.files import FOLDER, Migration
from migrate.ledger import MigrationError
from migrate.runner import migrate, pending

__all__ = ["FOLDER", "Migration", "MigrationError", "migrate", "pending"]
