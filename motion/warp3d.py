"""Moving a picture by a camera in space, given how far each of its pixels is.

Visibility goes forwards, colour goes backwards. Each source pixel is thrown to where the moved camera sees it, and a
z-buffer keeps the nearest distance at every destination pixel. From that distance the destination pixel is taken back
into the source, to a place between pixels, and read there as any warp reads. So nothing is smeared over an edge, near
things hide far ones, and what no source pixel reached is known to be uncovered.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import interpolate, pad, unfold

from motion import quick
from motion.borders import BORDERS, Border
from motion.pose import Matrix, Pose
from motion.quick3d import Lines, see, z_buffer
from motion.resample import SAMPLINGS, Sampling, Warped, covered, resample
from motion.visibility import CRACK, DENSEST, MARGIN, MENDS, NEAREST, REACH, SLACK, STRETCH, TORN
from motion.warp2d import warp_matrix


def warp_depth(
    picture: Tensor,
    poses: Sequence[Pose],
    depth: Tensor,
    *,
    border: Border = "replicate",
    sampling: Sampling = "bilinear",
    soft_edges: bool = False,
) -> Warped:
    """Move `picture` (B, C, H, W), whose pixels are `depth` (B, 1, H, W) units away, by one pose each.

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
    _check(picture, poses, depth)
    distances = depth.to(device=picture.device, dtype=torch.float32)
    each = [
        _warp_one(picture[i : i + 1], pose, distances[i : i + 1], border, sampling, soft_edges)
        for i, pose in enumerate(poses)
    ]
    return Warped(
        picture=torch.cat([one.picture for one in each]), coverage=torch.cat([one.coverage for one in each])
    )


def carry_depth(depth: Tensor, pose: Pose) -> Tensor:
    """How far things are after a move, (1, 1, H, W) in units, from how far they were before it; infinite where the
    camera now sees what it did not see then.

    Convention: as `warp_depth`; each destination pixel has the nearest of what lands on it.
    """
    camera, distances = _Camera(pose), depth.to(torch.float32)
    if quick.serves(distances):
        return z_buffer(distances, camera.lines())
    height, width = depth.shape[-2:]
    there, far = camera.forward(_grid(height, width, 1, depth.device), distances)
    return _z_buffer(camera, distances, there, far)


def _warp_one(
    picture: Tensor, pose: Pose, depth: Tensor, border: Border, sampling: Sampling, soft_edges: bool
) -> Warped:
    """One picture; how densely it is thrown depends on its own move, so pictures do not share a batch here."""
    plane = _plane(pose, depth)
    if plane is not None:
        return warp_matrix(picture, plane, border=border, sampling=sampling)
    if sampling in SAMPLINGS and border in BORDERS and quick.serves(picture):
        lines = _Camera(pose).lines()
        moved, coverage = see(picture, depth, lines, border=border, sampling=sampling, soft_edges=soft_edges)
        return Warped(picture=moved, coverage=coverage)
    return warp_by_torch(picture, pose, depth, border, sampling, soft_edges)


def warp_by_torch(
    picture: Tensor, pose: Pose, depth: Tensor, border: Border, sampling: Sampling, soft_edges: bool = False
) -> Warped:
    """The way on a GPU, and the slow twin of the way on a CPU."""
    height, width = picture.shape[-2:]
    camera = _Camera(pose)
    home = _grid(height, width, 1, picture.device)
    there, far = camera.forward(home, depth)
    nearest = _z_buffer(camera, depth, there, far)
    nearest = _mended(nearest) if soft_edges else nearest
    hit = nearest.isfinite()
    points = torch.where(hit, camera.back(home, nearest.where(hit, 1.0)), 2 * home - there)
    coverage = covered(points, height, width).mul_(hit)
    moved = resample(picture, points, border=border, sampling=sampling)
    return Warped(picture=moved, coverage=coverage.to(picture.dtype))


def _plane(pose: Pose, depth: Tensor) -> Tensor | None:
    """The homography (3, 3) if that is all there is to it."""
    if pose.still:
        return torch.eye(3, dtype=torch.float64)
    nearest, farthest = depth.aminmax()
    if pose.shift.any() and not bool(nearest == farthest):
        return None
    return torch.from_numpy(pose.of_plane(float(nearest)))


class _Camera:
    """A pose as the two maps between pixels."""

    def __init__(self, pose: Pose) -> None:
        self._out = pose.lens_after @ pose.turn @ np.linalg.inv(pose.lens)
        self._out_shift = pose.lens_after @ pose.shift
        self._in = pose.lens @ pose.turn.T @ np.linalg.inv(pose.lens_after)
        self._in_shift = -pose.lens @ pose.turn.T @ pose.shift

    def lines(self) -> Lines:
        """The two maps as compiled loops take them."""
        ahead = np.column_stack((self._out, self._out_shift)).astype(np.float32)
        back = np.column_stack((self._in, self._in_shift)).astype(np.float32)
        return Lines(ahead=ahead, back=back)

    def forward(self, at: Tensor, depth: Tensor) -> tuple[Tensor, Tensor]:
        """Where source pixels `at` (1, 2, h, w) land, (1, 2, h, w), and how far they are then, (1, 1, h, w)."""
        return _project(self._out, self._out_shift, at, depth)

    def back(self, at: Tensor, depth: Tensor) -> Tensor:
        """Where in the source the destination pixels `at` come from, if they are `depth` away now."""
        return _project(self._in, self._in_shift, at, depth)[0]


def _project(matrix: Matrix, shift: Matrix, at: Tensor, depth: Tensor) -> tuple[Tensor, Tensor]:
    """Pixels through depth * matrix @ (x, y, 1) + shift, divided by the third coordinate."""
    x, y = at[:, 0, :1], at[:, 1, :, :1]  # a row and a column: the terms are short until they are added
    lines = []
    for (a, b, c), d in zip(matrix.tolist(), shift.tolist(), strict=True):
        lines.append((a * x + (b * y + c)).mul(depth[:, 0]).add_(d))
    far = lines[2]
    safe = far.clamp(min=NEAREST)
    return torch.stack((lines[0].div_(safe), lines[1].div_(safe)), 1), far[:, None]


def _grid(height: int, width: int, dense: int, device: torch.device) -> Tensor:
    """Pixel positions (1, 2, dense * H, dense * W), `dense` to a pixel each way."""
    x = (torch.arange(width * dense, device=device, dtype=torch.float32) + 0.5) / dense - 0.5
    y = (torch.arange(height * dense, device=device, dtype=torch.float32) + 0.5) / dense - 0.5
    return torch.stack(torch.meshgrid(y, x, indexing="ij")[::-1])[None]


def _z_buffer(camera: _Camera, depth: Tensor, there: Tensor, far: Tensor) -> Tensor:
    """The nearest distance at every destination pixel, (B, 1, H, W); infinite where nothing is."""
    height, width = depth.shape[-2:]
    grown = depth / far.clamp(min=NEAREST)  # how much larger each pixel is seen now
    dense = max(1, min(DENSEST, int(np.ceil(float(grown.max()) / STRETCH))))
    if dense > 1:
        depth = interpolate(depth, scale_factor=float(dense), mode="nearest")
        there, far = camera.forward(_grid(height, width, dense, depth.device), depth)
        grown = depth / far.clamp(min=NEAREST) / dense
    return _close(_splat(there, far, grown * REACH + SLACK, height, width))


def _splat(there: Tensor, far: Tensor, reach: Tensor, height: int, width: int) -> Tensor:
    """Throw each pixel on the up to four destination pixels whose centres lie within `reach` of it, nearest wins.

    The buffer has a margin for what lands outside, and what does not land throws infinity: so no pixels are picked out,
    which takes longer than throwing all of them.
    """
    wide = width + 2 * MARGIN
    corner = there.floor()
    right, low = (there - corner).unbind(1)  # how far right of and below the upper left of the four
    column, row = corner[:, 0].clamp_(-2, width + 1), corner[:, 1].clamp_(-2, height + 1)
    cell = ((row + MARGIN) * wide + (column + MARGIN)).long().flatten()
    reach = reach.where(far > NEAREST, -1.0)[:, 0]
    across, down = (right <= reach, 1 - right <= reach), (low <= reach, 1 - low <= reach)
    buffer = far.new_full(((height + 2 * MARGIN) * wide,), torch.inf)
    for y in (0, 1):
        for x in (0, 1):
            thrown = far[:, 0].where(across[x] & down[y], torch.inf)
            buffer.scatter_reduce_(0, cell + (y * wide + x), thrown.flatten(), "amin")
    inside = slice(MARGIN, -MARGIN)
    return buffer.view(1, 1, height + 2 * MARGIN, wide)[..., inside, inside].contiguous()


def _close(nearest: Tensor) -> Tensor:
    """Fill single gaps in a surface with the farthest distance around them."""
    hit = nearest.isfinite()
    ones = torch.ones_like(hit, dtype=torch.uint8)
    around, there = _over_nine(hit.byte(), torch.add), _over_nine(ones, torch.add)
    crack = ~hit & (9 * around >= CRACK * there)
    return torch.where(crack, _over_nine(nearest.where(hit, 0.0), torch.maximum), nearest)


def _mended(nearest: Tensor) -> Tensor:
    """At edges, the median of the 5 x 5 distances around; twice."""
    for _ in range(MENDS):
        nine, many = _windows(nearest, 3), _windows(nearest, 5)
        edge = nine.amax(1) > nine.amin(1) * TORN
        middle = many.median(1).values
        other = (middle > nearest[:, 0] * TORN) | (nearest[:, 0] > middle * TORN)
        nearest = torch.where(edge & other, middle, nearest[:, 0])[:, None]
    return nearest


def _windows(values: Tensor, side: int) -> Tensor:
    """`values` (1, 1, H, W) and those around them, (1, side * side, H, W); beyond the edges they go on."""
    framed = pad(values, (side // 2,) * 4, mode="replicate")
    return unfold(framed, side).view(1, side * side, *values.shape[-2:])


def _over_nine(values: Tensor, join: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
    """Each of `values` (1, 1, H, W), 0 or more, joined with its neighbours; there are none beyond the edges."""
    for axis in (2, 3):
        edged = pad(values, (0, 0, 1, 1) if axis == 2 else (1, 1))
        size = values.shape[axis]
        first, middle, last = (edged.narrow(axis, start, size) for start in range(3))
        values = join(join(first, middle), last)
    return values


def _check(picture: Tensor, poses: Sequence[Pose], depth: Tensor) -> None:
    if picture.dim() != 4 or not picture.is_floating_point():
        raise ValueError(
            f"a picture is a float tensor (B, C, H, W), got {picture.dtype} {tuple(picture.shape)}"
        )
    expected = (len(picture), 1, *picture.shape[-2:])
    if tuple(depth.shape) != expected:
        raise ValueError(f"the depth of these pictures is {expected}, got {tuple(depth.shape)}")
    if len(poses) != len(picture):
        raise ValueError(f"{len(picture)} pictures need {len(picture)} camera moves, got {len(poses)}")
    low, high = torch.stack(depth.aminmax()).tolist()
    if not 0 < low <= high < torch.inf:
        raise ValueError("depth is a distance: finite and above 0 at every pixel")
