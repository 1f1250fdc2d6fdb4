"""Work that goes on beside the requests: downloads, cleanups."""
