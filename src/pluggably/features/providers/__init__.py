"""The providers that there are."""
