"""Compare the golden films with `goldens.json`, or write it.

    python -m tests.goldens check [--quick] [NAME...]     --quick: only what a fake painter paints
    python -m tests.goldens record [--quick] [NAME...]    record those named, or all

A name stands for every project whose name begins with it. Pictures are kept outside of the repository, in the folder
that REVERIE_GOLDENS names, by default `golden-pictures` beside it: with them `check` says how far changed frames are
apart.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

import torch

from . import store
from .inputs import write_inputs
from .networks import write_networks
from .projects import golden_projects
from .shots import Shot, shoot

PICTURES = Path(os.environ.get("REVERIE_GOLDENS", Path(__file__).parents[3] / "golden-pictures"))


def main() -> int:
    """Run the command line; 1 if a film differs."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.goldens", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("verb", choices=("check", "record"))
    parser.add_argument("names", nargs="*", metavar="NAME", help="beginnings of names; all by default")
    parser.add_argument("--quick", action="store_true", help="leave out what a real model paints")
    given = parser.parse_args()
    torch.set_num_threads(1)
    wanted = {
        name: golden
        for name, golden in golden_projects().items()
        if not (given.quick and golden.real) and (not given.names or name.startswith(tuple(given.names)))
    }
    known, differing, began = store.load(), 0, time.monotonic()
    if given.verb == "check" and known.machine != store.this_machine():
        print(f"recorded on {known.machine},\nchecked on  {store.this_machine()}: other bytes are no fault")
    with tempfile.TemporaryDirectory() as place:
        inputs = write_inputs(Path(place))
        if any(golden.real and golden.folder is None for golden in wanted.values()):
            write_networks(inputs)
        for name, golden in wanted.items():
            made = shoot(golden, inputs)
            if given.verb == "record":
                known.films[name] = made.recorded()
                store.keep_pictures(PICTURES, name, made.pictures)
                print(f"recorded  {name}  {made.seconds:.1f} s", flush=True)
            else:
                differing += not _compare(name, made, known.films.get(name))
    if given.verb == "record":
        whole = set(golden_projects())
        store.save({name: film for name, film in known.films.items() if name in whole})
        return 0
    verdict = (
        f"{differing} of {len(wanted)} films differ" if differing else f"all {len(wanted)} films are equal"
    )
    print(f"{verdict} ({time.monotonic() - began:.0f} s)")
    return 1 if differing else 0


def _compare(name: str, made: Shot, known: store.Recorded | None) -> bool:
    """Print how a film compares with what is recorded; whether its pixels are equal."""
    if known is None:
        print(f"UNKNOWN   {name}: record it")
        return False
    moved = "" if known.keys == made.recorded().keys else "  (keys changed)"
    if known.frames == made.recorded().frames:
        print(f"equal     {name}{moved}  {made.seconds:.1f} s", flush=True)
        return True
    before = store.kept_pictures(PICTURES, name)
    first = next(
        (n for n, (a, b) in enumerate(zip(known.frames, made.recorded().frames, strict=False)) if a != b),
        len(known.frames),
    )
    print(
        f"DIFFERS   {name}{moved}: from frame {first} on; {store.distance(before, made.pictures, known)}",
        flush=True,
    )
    return False


if __name__ == "__main__":
    sys.exit(main())
