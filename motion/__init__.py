"""Pictures and camera moves in; moved pictures, and what the move uncovered, out."""

from motion.ancestors import disco_z, equalised, flow
from motion.borders import BORDERS, Border
from motion.camera import Move, matrix2d
from motion.depth import MEASURES, Measure, ground, to_units
from motion.flip import flip_matrix
from motion.modes import COMPATS, MODES, Compat, Mode, warp
from motion.pose import UNITS, Pose, pose
from motion.resample import SAMPLINGS, Sampling, Warped, resample
from motion.warp2d import warp_matrix
from motion.warp3d import warp_depth

__all__ = [
    "BORDERS",
    "COMPATS",
    "MEASURES",
    "MODES",
    "SAMPLINGS",
    "UNITS",
    "Border",
    "Compat",
    "Measure",
    "Mode",
    "Move",
    "Pose",
    "Sampling",
    "Warped",
    "disco_z",
    "equalised",
    "flip_matrix",
    "flow",
    "ground",
    "matrix2d",
    "pose",
    "resample",
    "to_units",
    "warp",
    "warp_depth",
    "warp_matrix",
]
