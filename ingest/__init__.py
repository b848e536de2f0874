"""How agents tell the panel what they do: keys, and the way of their events into the database."""
