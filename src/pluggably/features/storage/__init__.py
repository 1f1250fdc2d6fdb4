"""What model files take on disk."""
