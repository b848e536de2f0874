"""What people tell agents to do, on its way to them."""
