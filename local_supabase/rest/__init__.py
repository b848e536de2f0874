"""A REST server over PostgreSQL that speaks the protocol of PostgREST, as an ASGI application."""

from local_supabase.rest.app import RestApp
from local_supabase.rest.pool import open_pool

__all__ = ["RestApp", "open_pool"]
