"""Load, latency and local generation, each beside its peers: `python -m benchmarks.run --help`."""
