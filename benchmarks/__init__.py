"""Measuring, side by side with what else one would use. Run it with `python -m benchmarks`; see
docs/benchmarks.md.

Nothing imports this package.
"""
