"""Measuring, side by side with what else one would use. Run it with `python -m benchmarks`; see
docs/benchmarks.md.

Nothing imports this package.
"""

from render.threads import share_cores

share_cores()  # as the command line does, before any module here imports torch
