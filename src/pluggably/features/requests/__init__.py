"""Requests under way, and those that finished a while ago."""
