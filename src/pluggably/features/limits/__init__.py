"""Limits and budgets: what a user or a token may use in a minute, a day, a month."""
