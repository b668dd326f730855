"""Pictures and camera moves in; moved pictures, and what the move uncovered, out."""

from motion.borders import BORDERS, Border
from motion.camera import Move, flip_matrix, matrix2d
from motion.depth import MEASURES, Measure, ground, to_units
from motion.holes import fill, hole_depth
from motion.legacy3d import disco_z, equalised, flow
from motion.match import FITS, Fit, match_motion
from motion.modes import COMPATS, MODES, UNCOVERED, Compat, Mode, Uncovered, warp
from motion.optical_flow import FLOWS, FlowMethod, along, consistent, optical_flow
from motion.pose import UNITS, Pose, pose
from motion.resample import SAMPLINGS, Sampling, Warped, resample
from motion.warp2d import warp_matrix
from motion.warp3d import warp_depth

__all__ = [
    "BORDERS",
    "COMPATS",
    "FITS",
    "FLOWS",
    "MEASURES",
    "MODES",
    "SAMPLINGS",
    "UNCOVERED",
    "UNITS",
    "Border",
    "Compat",
    "Fit",
    "FlowMethod",
    "Measure",
    "Mode",
    "Move",
    "Pose",
    "Sampling",
    "Uncovered",
    "Warped",
    "along",
    "consistent",
    "disco_z",
    "equalised",
    "fill",
    "flip_matrix",
    "flow",
    "ground",
    "hole_depth",
    "match_motion",
    "matrix2d",
    "optical_flow",
    "pose",
    "resample",
    "to_units",
    "warp",
    "warp_depth",
    "warp_matrix",
]
