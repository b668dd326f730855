"""Optical flow: where each pixel of one picture went in another, and moving a picture along it.

The search is OpenCV's, on the CPU, in 8-bit grey; it gives the same field whatever the number of threads. RAFT is a
network, on the device: Teed and Deng, RAFT: Recurrent All-Pairs Field Transforms for Optical Flow, ECCV 2020. Its code
is torchvision's (an optional extra: `pip install "reverie[raft]"`), and so are its weights, which torchvision fetches
to torch's own cache; here they are only read, and only as plain tensors. Moving pictures along a flow, and telling
where a flow can be trusted, is torch, batched, on the device.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, pad

from motion.borders import Border
from motion.resample import Sampling, Warped, covered, resample

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Levels = NDArray[np.uint8]

FlowMethod = Literal["dis", "dis-fine", "farneback", "raft"]
FLOWS: tuple[FlowMethod, ...] = get_args(FlowMethod)

SMALLEST = 16  # px; the search compares patches of 8
# Sundaram et al.: how far a way there and back may miss its start, as a share of its length squared, and in px squared.
_MISS_SHARE, _MISS = 0.01, 0.5

RAFT_WEIGHTS = "raft_large_C_T_SKHT_V2-ff5fadd5.pth"  # torchvision's Raft_Large_Weights.C_T_SKHT_V2
_RAFT_UPDATES = 32  # as often as it was asked when its error was measured
_RAFT_SMALLEST, _RAFT_MULTIPLE = 128, 8

Network = Callable[[Tensor, Tensor], Sequence[Tensor]]


def optical_flow(first: Tensor, second: Tensor, *, method: FlowMethod = "dis") -> Tensor:
    """The dense flow from `first` to `second`, both (B, C, H, W) in [0, 1]: (B, 2, H, W), float32, on their device.

    "dis" is Dense Inverse Search (Kroeger et al., ECCV 2016), OpenCV's medium preset: fast, good at edges; "dis-fine"
    is the same to the last pixel, Deforum's numbers, in three times the time. "farneback" is Farnebäck's polynomial
    expansion (SCIA 2003), Deforum's numbers too: smoother. "raft" needs torchvision; its memory grows
    with the square of the pixels: 1 GiB for 1024 x 1024. C is 3 (RGB) or 1 (grey).

    Convention: the flow is (x, y) in pixels, x right, y down: what `first` shows at p is at p + flow(p) in `second`. So
    `along(second, optical_flow(first, second))` looks like `first`.

    Raises ValueError for an unknown method, pictures that differ in shape, and sides under 16 pixels; ImportError and
    OSError where RAFT's package or its weights are not here.
    """
    if method not in FLOWS:
        raise ValueError(f"flow {method!r} is not known; it is one of {', '.join(FLOWS)}")
    if first.shape != second.shape or first.dim() != 4 or first.shape[1] not in (1, 3):
        given = f"{tuple(first.shape)} and {tuple(second.shape)}"
        raise ValueError(f"flow needs two pictures (B, 3, H, W) or (B, 1, H, W) of one shape, got {given}")
    if min(first.shape[-2:]) < SMALLEST:
        height, width = first.shape[-2:]
        raise ValueError(f"flow needs sides of at least {SMALLEST} pixels, got {width} x {height}")
    if method == "raft":
        with torch.no_grad():
            return flow_by(_raft(str(first.device)), first, second)
    pairs = zip(grey_levels(first), grey_levels(second), strict=True)
    fields = [torch.from_numpy(_search(a, b, method)) for a, b in pairs]
    return torch.stack(fields).permute(0, 3, 1, 2).contiguous().to(first.device)


def along(
    picture: Tensor, flow: Tensor, *, border: Border = "replicate", sampling: Sampling = "bilinear"
) -> Warped:
    """Read `picture` (B, C, H, W) at the far end of `flow` (B, 2, H, W), and how much of that lay inside it.

    Convention: pixel p of the result is `picture` at p + flow(p), in pixels, x right, y down: a flow of (+3, 0) moves
    the content 3 pixels to the left. Coverage as in `Warped`: 0 where the flow leads out of the picture.

    Raises ValueError for shapes that do not fit, an unknown border or sampling.
    """
    if flow.shape != (len(picture), 2, *picture.shape[-2:]):
        given = f"{tuple(flow.shape)} for pictures {tuple(picture.shape)}"
        raise ValueError(f"a flow is (B, 2, H, W) with the pictures' B, H and W, got {given}")
    height, width = picture.shape[-2:]
    points = flow.clone()
    points[:, 0] += torch.arange(width, device=flow.device)
    points[:, 1] += torch.arange(height, device=flow.device)[:, None]
    coverage = covered(points, height, width)
    moved = resample(picture, points, border=border, sampling=sampling)
    return Warped(picture=moved, coverage=coverage.to(picture.dtype))


def consistent(forward: Tensor, backward: Tensor, *, blur: int = 0) -> Tensor:
    """Where `forward` can be trusted, (B, 1, H, W) in [0, 1]: the way there and back ends where it started.

    What is hidden in the second picture, or lies outside it, has no way back. `forward`, `backward`: (B, 2, H, W), the
    flows from first to second and from second to first. blur: the mask is averaged over 2 * blur + 1 pixels.

    Convention: the mask is seen from the first picture, as `forward` is. A pixel passes if, with b the backward flow at
    the forward flow's far end, |f + b|^2 < 0.01 (|f|^2 + |b|^2) + 0.5: Sundaram, Brox and Keutzer, Dense point
    trajectories by GPU-accelerated large displacement optical flow, ECCV 2010, eq. 5.

    Raises ValueError for shapes that differ or are no flows, and for a blur below 0.
    """
    if forward.shape != backward.shape or forward.dim() != 4 or forward.shape[1] != 2:
        given = f"{tuple(forward.shape)} and {tuple(backward.shape)}"
        raise ValueError(f"consistency needs two flows (B, 2, H, W) of one shape, got {given}")
    if blur < 0:
        raise ValueError(f"blur is 0 or more pixels, got {blur}")
    back = along(backward, forward)
    miss = (forward + back.picture).square().sum(1, keepdim=True)
    length = forward.square().sum(1, keepdim=True) + back.picture.square().sum(1, keepdim=True)
    mask = ((miss < _MISS_SHARE * length + _MISS) & (back.coverage > 0.5)).to(forward.dtype)
    if blur == 0:
        return mask
    return avg_pool2d(mask, 2 * blur + 1, stride=1, padding=blur, count_include_pad=False)


def grey(pictures: Tensor) -> Tensor:
    """(B, 3, H, W) as (B, 1, H, W), by the luma weights of Rec. 601."""
    weights = pictures.new_tensor((0.299, 0.587, 0.114))
    return (pictures * weights.view(1, 3, 1, 1)).sum(1, keepdim=True)


def grey_levels(pictures: Tensor) -> list[Levels]:
    """Each of (B, 3, H, W) or (B, 1, H, W) in [0, 1] as (H, W), 0 to 255, by the luma weights of Rec. 601."""
    pictures = pictures.float()
    plane = grey(pictures) if pictures.shape[1] == 3 else pictures
    levels = (plane[:, 0].clamp(0, 1) * 255).round().to("cpu", torch.uint8)
    return [level.contiguous().numpy() for level in levels]


def _search(first: Levels, second: Levels, method: FlowMethod) -> NDArray[np.float32]:
    """(H, W, 2)."""
    import cv2

    field: Any  # its stubs know less than it does: float32, (H, W, 2)
    nothing: Any = None  # OpenCV makes the field itself
    if method in ("dis", "dis-fine"):
        search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
        if method == "dis-fine":
            search.setFinestScale(0)
            search.setGradientDescentIterations(192)
            search.setPatchSize(8)
            search.setPatchStride(4)
        field = search.calc(first, second, nothing)
    else:
        field = cv2.calcOpticalFlowFarneback(first, second, nothing, 0.5, 5, 21, 5, 7, 1.2, 0)
    made: NDArray[np.float32] = field
    return made


def flow_by(network: Network, first: Tensor, second: Tensor) -> Tensor:
    """The last of a network's flows. It gets pictures in [-1, 1] whose sides are 128 pixels at least and multiples of
    8; the edge is repeated up to that, on both sides alike.
    """
    height, width = first.shape[-2:]
    below, across = _raft_padding(height), _raft_padding(width)
    left, top = across // 2, below // 2
    edges = (left, across - left, top, below - top)
    shown = [pad(one.float().expand(-1, 3, -1, -1) * 2 - 1, edges, "replicate") for one in (first, second)]
    return network(*shown)[-1][..., top : top + height, left : left + width].float().contiguous()


def _raft_padding(side: int) -> int:
    return max(_RAFT_SMALLEST, -(-side // _RAFT_MULTIPLE) * _RAFT_MULTIPLE) - side


@lru_cache(maxsize=1)
def _raft(device: str) -> Network:
    """RAFT (large) on a device, loaded once."""
    from torchvision.models.optical_flow import raft_large

    weights = Path(torch.hub.get_dir()) / "checkpoints" / RAFT_WEIGHTS
    model: Any = raft_large(weights=None)
    model.load_state_dict(torch.load(weights, map_location="cpu", weights_only=True))
    return partial(model.to(device).eval(), num_flow_updates=_RAFT_UPDATES)
