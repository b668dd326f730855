"""The motion between two pictures as one matrix: features found in both, and the move that most of them agree on."""

from __future__ import annotations

from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from motion.optical_flow import grey_levels

Fit = Literal["affine", "perspective"]
FITS: tuple[Fit, ...] = get_args(Fit)

RATIO = 0.75  # a match is taken if the second best is this much farther: Lowe 2004, sec. 7.1
ENOUGH = 8  # with no more matches than these, nothing is said to have moved
_NEAR = {"affine": 3.0, "perspective": 5.0}  # px within which a match agrees with the move
_LARGEST = 8.0  # a picture grown or shrunk more than this between two frames is a cut, not a move


def match_motion(before: Tensor, after: Tensor, *, fit: Fit) -> NDArray[np.float64]:
    """The matrix (3, 3) that moves `before` onto `after`, both (1, 3, H, W) in [0, 1]; the identity if there is none.

    "affine" is turn, zoom and shift (4 numbers), "perspective" a homography (8). Features are SIFT (Lowe, IJCV 2004),
    the fit is RANSAC (Fischler and Bolles 1981); both on the CPU and the same every time.

    Convention: source to destination in OpenCV pixel coordinates (x right, y down, first pixel's centre (0, 0)), as
    `warp_matrix` takes it.

    Raises ValueError for a fit that does not exist and pictures of different shapes.
    """
    import cv2

    if fit not in FITS:
        raise ValueError(f"fit {fit!r} is not known; it is one of {', '.join(FITS)}")
    if before.shape != after.shape or before.shape[:2] != (1, 3):
        given = f"{tuple(before.shape)} and {tuple(after.shape)}"
        raise ValueError(f"motion is measured between two pictures (1, 3, H, W) of one shape, got {given}")
    pairs = _pairs(grey_levels(before)[0], grey_levels(after)[0])
    if pairs is None:
        return np.eye(3)
    start, end = pairs
    found: Any  # float64 (3, 3), or None; its stubs say less
    if fit == "affine":
        part, _ = cv2.estimateAffinePartial2D(start, end, method=cv2.RANSAC, ransacReprojThreshold=_NEAR[fit])
        found = None if part is None else np.vstack((part, (0.0, 0.0, 1.0)))
    else:
        found, _ = cv2.findHomography(start, end, cv2.RANSAC, _NEAR[fit])
    return found if found is not None and _is_sane(found) else np.eye(3)


def _pairs(
    before: NDArray[np.uint8], after: NDArray[np.uint8]
) -> tuple[NDArray[np.float32], NDArray[np.float32]] | None:
    """Positions (N, 2) of the same features in both pictures, or None if there are too few."""
    import cv2

    search = cv2.SIFT.create()
    nothing: NDArray[np.uint8] = np.empty(0, np.uint8)
    points, words = search.detectAndCompute(before, nothing)
    points_after, words_after = search.detectAndCompute(after, nothing)
    if words is None or words_after is None or min(len(points), len(points_after)) <= ENOUGH:
        return None
    nearest = cv2.BFMatcher().knnMatch(words, words_after, k=2)
    good = [pair[0] for pair in nearest if len(pair) == 2 and pair[0].distance < RATIO * pair[1].distance]
    if len(good) <= ENOUGH:
        return None
    start = np.array([points[match.queryIdx].pt for match in good], np.float32)
    end = np.array([points_after[match.trainIdx].pt for match in good], np.float32)
    return start, end


def _is_sane(matrix: NDArray[np.float64]) -> bool:
    """Whether it is a move that a picture can make from one frame to the next."""
    if not np.isfinite(matrix).all():
        return False
    grown = np.linalg.det(matrix / matrix[2, 2]) if matrix[2, 2] else 0.0
    return bool(1 / _LARGEST < grown < _LARGEST)
