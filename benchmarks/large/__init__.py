"""A large installation: fifty salons, one of them with 100,000 dialogues and 1,000,000 messages."""
