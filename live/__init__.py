"""How open pages hear of changes: Realtime rings, a cursor delivers, a clock rings where Realtime cannot."""
