"""Pluggably: one HTTP API for text, image and 3D generation."""
