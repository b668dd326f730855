"""The key fuzz: every setting and lane is set to other legal values, and frames' keys are compared with their pixels.

`python -m tests.fuzz` (or `make fuzz`) runs all of it, a test in the suite a small part.
"""
