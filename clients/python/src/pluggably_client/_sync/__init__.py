"""Generated from `_async/__init__.py` by `python -m scripts.generate`; not to be edited."""
