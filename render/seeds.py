"""The seed of each frame, and the second seed that its noise may travel to.

The behaviours are Deforum's (its documentation calls them seed_behavior), as functions of the frame: nothing is counted
on the way, so any frame's seed is known without those before it.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Literal

from keyframes import Row

from .diffusion.job import Travel

SeedBehavior = Literal["iter", "fixed", "random", "ladder", "alternate", "schedule"]
SUBSEED_LANES = ("subseed", "subseed_strength")


def frame_seed(row: Row, *, start: int, behavior: SeedBehavior, every: int = 1) -> int:
    """The seed of a frame.

    iter: one more every `every` frames; as in Deforum, the first seed lasts one frame, the later ones `every`. fixed:
    `start`. random: by lot, from start and frame. ladder: two up, one down. alternate: one up, one down. schedule: the
    lane `seed`.
    """
    frame = row.frame
    if behavior == "schedule":
        return int(row.numbers["seed"])
    if behavior == "fixed":
        return start
    if behavior == "random":
        return _drawn(f"{start}/{frame}/seed")
    if behavior == "ladder":
        return start + frame // 2 + 2 * (frame % 2)
    if behavior == "alternate":
        return start + frame % 2
    return start + (frame + every - 1) // every


def frame_travel(row: Row) -> Travel | None:
    """What the lanes `subseed` and `subseed_strength` say; None where the noise is the seed's own."""
    share = row.numbers["subseed_strength"]
    return Travel(seed=int(row.numbers["subseed"]), share=share) if share > 0 else None


def _drawn(lot: str) -> int:
    return int.from_bytes(blake2b(lot.encode(), digest_size=4).digest(), "little")
