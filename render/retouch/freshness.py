"""`color_from = "prompt"`: which pictures, painted from prompts alone, show a frame the colours it is to have."""

from __future__ import annotations

import math
from dataclasses import replace

from keyframes import Row

from ..setup import Setup


def fresh_rows(setup: Setup, row: Row) -> tuple[tuple[Row, float], ...]:
    """The rows to paint fresh for a frame, with their shares: its prompt's key's, and while two blend, the next one's.

    Such a row has the frame and the lanes of its key, so that all frames of a prompt share one picture, and the words
    that the key has at this frame (a prompt whose words move has a picture for every wording). The shares sum to 1.
    """
    last = setup.frames - 1
    found = []
    for position, prompt, share in setup.timeline.prompts.unmixed(row.frame):
        stands = min(max(math.ceil(position), 0), last)
        found.append((replace(setup.timeline.row(stands), prompt=prompt), share))
    return tuple(found)
