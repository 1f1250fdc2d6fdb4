"""Users' own keys with providers."""
