"""How torch's threads share a processor's cores with ours."""

import os

# Some tens of microseconds: longer than from one operation of a network to the next, shorter than a warp.
_SPINS = "5000"


def share_cores() -> None:
    """Have torch's idle threads sleep soon; to be called before torch is imported, and nothing after it.

    GNU's OpenMP, which torch comes with on Linux, lets idle threads spin for milliseconds, and on few cores they keep
    the warp's threads, the film's and ffmpeg from working. A GOMP_SPINCOUNT or OMP_WAIT_POLICY that is given stays.
    """
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", _SPINS)
