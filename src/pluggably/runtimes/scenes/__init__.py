"""Prompts read into small scenes, built as meshes and drawn without weights and without a GPU."""
