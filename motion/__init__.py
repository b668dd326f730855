"""Pictures and camera moves in; moved pictures, and what the move uncovered, out."""

from motion.borders import BORDERS, Border
from motion.camera import Move, matrix2d
from motion.modes import MODES, Mode, warp
from motion.resample import SAMPLINGS, Sampling, Warped, resample
from motion.warp2d import warp_matrix

__all__ = [
    "BORDERS",
    "MODES",
    "SAMPLINGS",
    "Border",
    "Mode",
    "Move",
    "Sampling",
    "Warped",
    "matrix2d",
    "resample",
    "warp",
    "warp_matrix",
]
