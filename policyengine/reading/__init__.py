"""Strict reading: bytes to a tree of nodes with places. See `yaml.py` and `json.py`."""
