"""The part of Supabase Auth that password sign-in needs: sign-in, refresh, the signed-in user, sign-out."""

from local_supabase.gotrue.app import AuthApp
from local_supabase.gotrue.users import create_user

__all__ = ["AuthApp", "create_user"]
