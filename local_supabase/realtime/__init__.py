"""Realtime as supabase-py speaks it: Phoenix channels over a WebSocket, fed by logical decoding."""

from local_supabase.realtime.app import RealtimeApp

__all__ = ["RealtimeApp"]
