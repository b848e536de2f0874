"""The embedded Supabase: PostgreSQL, and the part of its REST, Auth and Realtime protocols that we use."""
