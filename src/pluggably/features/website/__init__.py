"""The web UI's files."""
