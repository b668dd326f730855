"""Hearing a sound track: from a file to curves per frame that expressions can use."""
