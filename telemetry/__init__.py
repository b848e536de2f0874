"""Events of agents on their way in: read, normalised, freed of secrets, priced."""
