"""Pictures and camera moves in; moved pictures, and what the move uncovered, out."""

from motion.borders import BORDERS, Border
from motion.camera import Move, matrix2d
from motion.cover import hole_depth
from motion.fill import fill
from motion.modes import MODES, UNCOVERED, Mode, Uncovered, warp
from motion.resample import SAMPLINGS, Sampling, Warped, resample
from motion.warp2d import warp_matrix

__all__ = [
    "BORDERS",
    "MODES",
    "SAMPLINGS",
    "UNCOVERED",
    "Border",
    "Mode",
    "Move",
    "Sampling",
    "Uncovered",
    "Warped",
    "fill",
    "hole_depth",
    "matrix2d",
    "resample",
    "warp",
    "warp_matrix",
]
