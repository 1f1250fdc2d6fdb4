"""The Python client of Pluggably."""
