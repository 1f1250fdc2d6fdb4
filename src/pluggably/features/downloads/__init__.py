"""Getting model files: resumable, checked, never half-written."""
