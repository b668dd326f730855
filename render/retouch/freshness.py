"""`color_from = "prompt"`: which pictures, painted from prompts alone, show a frame the colours it is to have."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from keyframes import Row

from ..setup import Setup


@dataclass(frozen=True, kw_only=True)
class Fresh:
    """What is painted fresh for a frame: a row, `pictures` times. share: of it in the frame's colours."""

    row: Row
    share: float
    pictures: int


def fresh_rows(setup: Setup, row: Row) -> tuple[Fresh, ...]:
    """What to paint fresh for a frame: its prompt's key's row, and while two blend, the next one's.

    Such a row has the frame and the lanes of its key, so that all frames of a prompt share one picture, and the words
    that the key has at this frame (a prompt whose words move has a picture for every wording). The shares sum to 1.
    """
    last = setup.frames - 1
    found = []
    for key in setup.timeline.prompts.unmixed(row.frame):
        stands = min(max(math.ceil(key.position), 0), last)
        painted = replace(setup.timeline.row(stands), prompt=key.prompt)
        found.append(Fresh(row=painted, share=key.share, pictures=setup.colors.pictures if key.fixed else 1))
    return tuple(found)
