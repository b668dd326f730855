"""Moving a picture by a camera in space, given how far each of its pixels is.

Visibility goes forwards, colour goes backwards. Each source pixel is thrown to where the moved camera sees it, and a
z-buffer keeps the nearest distance at every destination pixel. From that distance the destination pixel is taken back
into the source, to a place between pixels, and read there as any warp reads. So nothing is smeared over an edge, near
things hide far ones, and what no source pixel reached is known to be uncovered.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import interpolate, max_pool2d, pad, unfold

from motion import cpu
from motion.borders import Border
from motion.pose import Matrix, Pose
from motion.resample import Sampling, Warped, covered, resample
from motion.warp2d import warp_matrix

_NEAREST = 1e-3  # units; what comes nearer than this is behind the camera
# Half a pixel's footprint: a share of its magnification, more than a half as depth maps are noisy; and pixels.
_REACH, _SLACK = 0.7, 0.02
_STRETCH = 1.9  # magnifications beyond this are thrown more densely
_DENSEST = 4  # footprints beyond this many pixels a side are left with gaps
_CRACK = 6  # a gap with as many of nine hits around it is a crack in a surface, not a hole
_TORN = 1.1  # neighbours whose distances differ by more than this factor stand on different things
_MENDS = 2  # times that torn edges are mended
_MARGIN = 3  # pixels around the z-buffer, for what lands beyond its edges


def warp_depth(
    picture: Tensor,
    pose: Pose,
    depth: Tensor,
    *,
    border: Border = "replicate",
    sampling: Sampling = "bilinear",
    soft_edges: bool = False,
) -> Warped:
    """Move `picture` (1, C, H, W), whose pixels are `depth` (1, 1, H, W) units away, by a pose.

    Coverage is 0 where the source showed nothing: beyond its edges, behind the camera, and behind what stood in front.
    There the border fills in as if the picture went on (the place is taken back with the depth of the pixel itself).

    soft_edges: the depth goes over from one thing to the next in a ramp some pixels wide, as networks give it. A larger
    move tears a ramp into dots; they are counted to whatever most of the 5 x 5 pixels around them show (a median of the
    moved depth, as in Mori et al. 2009, View generation with 3D warping using depth information for FTV). What is
    thinner than three pixels is lost so.

    Convention: depth is the distance along the view (z, not along the ray), in units, above 0; see `Pose` for the rest.
    A pose that does not shift the camera, and a depth that is the same everywhere, are homographies and are warped as
    such: exact, and faster.

    Raises ValueError for wrong shapes and for depth that is not finite and above 0.
    """
    _check(picture, depth)
    depth = depth.to(device=picture.device, dtype=torch.float32)
    plane = _plane(pose, depth)
    if plane is not None:
        return warp_matrix(picture, plane, border=border, sampling=sampling)
    height, width = picture.shape[-2:]
    home = _grid(height, width, 1, picture.device)
    there, far = _forward(pose, home, depth)
    nearest = _z_buffer(pose, depth, there, far)
    nearest = _mended(nearest) if soft_edges else nearest
    hit = nearest.isfinite()
    points = torch.where(hit, _back(pose, home, nearest.where(hit, 1.0)), 2 * home - there)
    coverage = covered(points, height, width).mul_(hit)
    moved = resample(picture, points, border=border, sampling=sampling)
    return Warped(picture=moved, coverage=coverage.to(picture.dtype))


def carry_depth(depth: Tensor, pose: Pose) -> Tensor:
    """How far things are after a move, (1, 1, H, W) in units, from how far they were before it; infinite where the
    camera now sees what it did not see then.

    Convention: as `warp_depth`; each destination pixel has the nearest of what lands on it.
    """
    height, width = depth.shape[-2:]
    depth = depth.to(torch.float32)
    there, far = _forward(pose, _grid(height, width, 1, depth.device), depth)
    return _z_buffer(pose, depth, there, far)


def _plane(pose: Pose, depth: Tensor) -> Tensor | None:
    """The homography (3, 3), if one describes the whole move; else None."""
    if pose.still:
        return torch.eye(3, dtype=torch.float64)
    nearest, farthest = depth.aminmax()
    if pose.shift.any() and not bool(nearest == farthest):
        return None
    return torch.from_numpy(pose.of_plane(float(nearest)))


def _forward(pose: Pose, at: Tensor, depth: Tensor) -> tuple[Tensor, Tensor]:
    """Where source pixels `at` (1, 2, h, w) land, (1, 2, h, w), and how far they are then, (1, 1, h, w)."""
    through = pose.lens_after @ pose.turn @ np.linalg.inv(pose.lens)
    return _project(through, pose.lens_after @ pose.shift, at, depth)


def _back(pose: Pose, at: Tensor, depth: Tensor) -> Tensor:
    """Where in the source the destination pixels `at` come from, if they are `depth` away now."""
    through = pose.lens @ pose.turn.T @ np.linalg.inv(pose.lens_after)
    return _project(through, -pose.lens @ pose.turn.T @ pose.shift, at, depth)[0]


def _project(matrix: Matrix, shift: Matrix, at: Tensor, depth: Tensor) -> tuple[Tensor, Tensor]:
    """Pixels through depth * matrix @ (x, y, 1) + shift, divided by the third coordinate."""
    x, y = at[:, 0, :1], at[:, 1, :, :1]  # a row and a column: the terms are short until they are added
    lines = []
    for (a, b, c), d in zip(matrix.tolist(), shift.tolist(), strict=True):
        lines.append((a * x + (b * y + c)).mul(depth[:, 0]).add_(d))
    far = lines[2]
    safe = far.clamp(min=_NEAREST)
    return torch.stack((lines[0].div_(safe), lines[1].div_(safe)), 1), far[:, None]


def _grid(height: int, width: int, dense: int, device: torch.device) -> Tensor:
    """Pixel positions (1, 2, dense * H, dense * W), `dense` to a pixel each way."""
    x = (torch.arange(width * dense, device=device, dtype=torch.float32) + 0.5) / dense - 0.5
    y = (torch.arange(height * dense, device=device, dtype=torch.float32) + 0.5) / dense - 0.5
    return torch.stack(torch.meshgrid(y, x, indexing="ij")[::-1])[None]


def _z_buffer(pose: Pose, depth: Tensor, there: Tensor, far: Tensor) -> Tensor:
    """The nearest distance at every destination pixel, (B, 1, H, W); infinite where nothing is."""
    height, width = depth.shape[-2:]
    grown = depth / far.clamp(min=_NEAREST)  # how much larger each pixel is seen now
    dense = max(1, min(_DENSEST, int(np.ceil(float(grown.max()) / _STRETCH))))
    if dense > 1:
        depth = interpolate(depth, scale_factor=float(dense), mode="nearest")
        there, far = _forward(pose, _grid(height, width, dense, depth.device), depth)
        grown = depth / far.clamp(min=_NEAREST) / dense
    return _close(_splat(there, far, grown * _REACH + _SLACK, height, width))


def _splat(there: Tensor, far: Tensor, reach: Tensor, height: int, width: int) -> Tensor:
    """Throw each pixel on the up to four destination pixels whose centres lie within `reach` of it, nearest wins.

    The buffer has a margin for what lands outside, and what does not land throws infinity: so no pixels are picked out,
    which takes longer than throwing all of them.
    """
    wide = width + 2 * _MARGIN
    corner = there.floor()
    right, low = (there - corner).unbind(1)  # how far right of and below the upper left of the four
    column, row = corner[:, 0].clamp_(-2, width + 1), corner[:, 1].clamp_(-2, height + 1)
    cell = ((row + _MARGIN) * wide + (column + _MARGIN)).long().flatten()
    reach = reach.where(far > _NEAREST, -1.0)[:, 0]
    across, down = (right <= reach, 1 - right <= reach), (low <= reach, 1 - low <= reach)
    buffer = far.new_full(((height + 2 * _MARGIN) * wide,), torch.inf)
    for y in (0, 1):
        for x in (0, 1):
            thrown = far[:, 0].where(across[x] & down[y], torch.inf)
            buffer.scatter_reduce_(0, cell + (y * wide + x), thrown.flatten(), "amin")
    inside = slice(_MARGIN, -_MARGIN)
    return buffer.view(1, 1, height + 2 * _MARGIN, wide)[..., inside, inside].contiguous()


def _close(nearest: Tensor) -> Tensor:
    """Fill single gaps in a surface with the farthest distance around them."""
    hit = nearest.isfinite()
    ones = torch.ones_like(hit, dtype=torch.uint8)
    around, there = _over_nine(hit.byte(), torch.add), _over_nine(ones, torch.add)
    crack = ~hit & (9 * around >= _CRACK * there)
    return torch.where(crack, _over_nine(nearest.where(hit, 0.0), torch.maximum), nearest)


def _mended(nearest: Tensor) -> Tensor:
    """At edges, the median of the 5 x 5 distances around; twice. Beyond the picture its edge pixels continue."""
    for _ in range(_MENDS):
        edge = max_pool2d(nearest, 3, 1, 1) > -max_pool2d(-nearest, 3, 1, 1) * _TORN
        middle = cpu.median(nearest) if cpu.serves(nearest) else _median(nearest)
        other = (middle > nearest * _TORN) | (nearest > middle * _TORN)
        nearest = torch.where(edge & other, middle, nearest)
    return nearest


def _median(values: Tensor) -> Tensor:
    """`values` (1, 1, H, W), each replaced by the median of the 5 x 5 around it."""
    around = unfold(pad(values, (2, 2, 2, 2), mode="replicate"), 5).view(1, 25, *values.shape[-2:])
    return around.median(1, keepdim=True).values


def _over_nine(values: Tensor, join: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
    """Each of `values` (1, 1, H, W), 0 or more, joined with its neighbours; there are none beyond the edges."""
    for axis in (2, 3):
        edged = pad(values, (0, 0, 1, 1) if axis == 2 else (1, 1))
        size = values.shape[axis]
        first, middle, last = (edged.narrow(axis, start, size) for start in range(3))
        values = join(join(first, middle), last)
    return values


def _check(picture: Tensor, depth: Tensor) -> None:
    if picture.dim() != 4 or len(picture) != 1 or not picture.is_floating_point():
        raise ValueError(
            f"a picture is a float tensor (1, C, H, W), got {picture.dtype} {tuple(picture.shape)}"
        )
    expected = (1, 1, *picture.shape[-2:])
    if tuple(depth.shape) != expected:
        raise ValueError(f"the depth of this picture is {expected}, got {tuple(depth.shape)}")
    low, high = torch.stack(depth.aminmax()).tolist()
    if not 0 < low <= high < torch.inf:
        raise ValueError("depth is a distance: finite and above 0 at every pixel")
