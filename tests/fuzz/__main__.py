"""Hunt for wrong keys in every base, with every value: `python -m tests.fuzz [--jobs 2] [--most N] [BASE...]`.

Prints each fault that is not in `known.py`, and each one there that is gone; ends with 1 if there are any.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path

from .bases import REAL, bases, write_files
from .hunt import Slice, hunt
from .known import unknown
from .settings import all_settings

_SLOW = {REAL: 6, "all": 3}  # in so many pieces


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("bases", nargs="*", metavar="BASE", help="beginnings of bases' names; all by default")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--most", type=int, help="at most so many values of each setting")
    parser.add_argument("--settings", default="", help="only settings whose names begin so")
    given = parser.parse_args()
    began, faults, tried, settled = time.monotonic(), [], 0, set()
    names = [name for name in bases() if not given.bases or name.startswith(tuple(given.bases))]
    slices = [Slice(name, part, _SLOW.get(name, 1)) for name in names for part in range(_SLOW.get(name, 1))]
    slices.sort(key=lambda slice: -slice.parts)
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as place:
        os.environ["XDG_CACHE_HOME"] = str(Path(place) / "cache")
        folder = write_files(Path(place) / "files")
        with ProcessPoolExecutor(given.jobs, mp_context=get_context("spawn")) as pool:
            work = [
                pool.submit(hunt, slice, folder, most=given.most, only=given.settings) for slice in slices
            ]
            for done in as_completed(work):
                slice, found, seconds = done.result()
                print(f"{slice}: {found.tried} films, {len(found.faults)} faults, {seconds:.0f} s")
                print(*unknown(found.faults, (), whole=False), sep="\n", flush=True)
                faults += found.faults
                tried += found.tried
                settled |= found.settled
    wrong = unknown(faults, names, whole=given.most is None and not given.settings)
    print(*(line for line in wrong if line.startswith("GONE")), sep="\n")
    if not given.bases and given.most is None:
        print("never tried:", ", ".join(s.name for s in all_settings() if s.name not in settled) or "none")
    print(
        f"{tried} films in {time.monotonic() - began:.0f} s; {len(faults)} faults, {len(wrong)} lines above"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
