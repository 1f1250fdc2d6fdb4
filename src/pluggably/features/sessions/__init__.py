"""Chats that somebody goes on with."""
