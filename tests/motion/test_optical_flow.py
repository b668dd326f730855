"""Optical flow of pictures whose motion is known."""

import cv2
import numpy as np
import pytest
import torch

from motion import FLOWS, FlowMethod, Move, along, consistent, matrix2d, optical_flow, warp_matrix

SEARCHES: tuple[FlowMethod, ...] = tuple(method for method in FLOWS if method != "raft")  # that is a network
HEIGHT, WIDTH = 128, 192


def textured(seed: int = 0, height: int = HEIGHT, width: int = WIDTH) -> torch.Tensor:
    """Smooth noise at several scales, (1, 3, H, W)."""
    rng = np.random.default_rng(seed)
    plane = np.zeros((height, width, 3), np.float32)
    for sigma in (1.5, 3, 6, 12):
        plane += cv2.GaussianBlur(rng.standard_normal(plane.shape).astype(np.float32), (0, 0), sigma) * sigma
    plane = (plane - plane.min()) / (plane.max() - plane.min())
    return torch.from_numpy(plane).permute(2, 0, 1)[None].contiguous()


def moved(picture: torch.Tensor, move: Move) -> tuple[torch.Tensor, torch.Tensor]:
    """The picture moved, and the flow (1, 2, H, W) of that move in closed form."""
    height, width = picture.shape[-2:]
    matrix = matrix2d(move, (width, height))
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    ends = np.einsum("ij,jhw->ihw", matrix.numpy(), np.stack((x, y, np.ones_like(x))))
    flow = ends[:2] / ends[2] - np.stack((x, y))
    second = warp_matrix(picture, matrix, border="reflect", sampling="bicubic").picture
    return second, torch.from_numpy(flow)[None].float()


def middle(field: torch.Tensor) -> torch.Tensor:
    height, width = field.shape[-2:]
    return field[..., height // 4 : -height // 4, width // 4 : -width // 4]


@pytest.mark.parametrize("method", SEARCHES)
@pytest.mark.parametrize(
    "move",
    [
        Move(translation_x=4.0, translation_y=-2.5),
        Move(translation_x=-11.3, translation_y=6.0),
        Move(zoom=1.05),
        Move(zoom=0.96, angle=2.0),
    ],
)
def test_finds_known_moves(device: torch.device, method: FlowMethod, move: Move) -> None:
    picture = textured()
    second, true = moved(picture, move)
    found = optical_flow(picture.to(device), second.to(device), method=method)
    assert found.device.type == device.type
    assert found.dtype == torch.float32
    miss = (middle(found.cpu()) - middle(true)).norm(dim=1)
    assert float(miss.quantile(0.99)) < 0.3
    assert float(miss.mean()) < 0.1


def test_each_pair_of_a_batch_is_its_own() -> None:
    one, other = textured(1), textured(2)
    pairs = [moved(one, Move(translation_x=3)), moved(other, Move(translation_y=5))]
    together = optical_flow(torch.cat((one, other)), torch.cat([second for second, _ in pairs]))
    for i, picture in enumerate((one, other)):
        assert torch.equal(together[i : i + 1], optical_flow(picture, pairs[i][0]))


def test_the_number_of_threads_changes_nothing() -> None:
    first = textured(3)
    second, _ = moved(first, Move(zoom=1.1, angle=3))
    threads = cv2.getNumThreads()
    fields = []
    try:
        for count in (1, 2, 5):
            cv2.setNumThreads(count)
            fields.append([optical_flow(first, second, method=method) for method in SEARCHES])
    finally:
        cv2.setNumThreads(threads)
    for field in fields[1:]:
        assert all(torch.equal(a, b) for a, b in zip(field, fields[0], strict=True))


def test_along_is_a_shift_for_a_constant_flow(device: torch.device) -> None:
    picture = textured(4).to(device)
    flow = torch.tensor((3.0, -2.0), device=device).view(1, 2, 1, 1).expand(1, 2, HEIGHT, WIDTH)
    got = along(picture, flow)
    assert torch.equal(got.picture[..., 2:, : WIDTH - 3], picture[..., : HEIGHT - 2, 3:])
    assert bool((got.coverage[..., 2:, : WIDTH - 3] == 1).all())
    assert float(got.coverage[..., :2, :].max()) == 0
    assert float(got.coverage[..., WIDTH - 3 :].max()) == 0


def test_along_undoes_a_move() -> None:
    picture = textured(5)
    second, true = moved(picture, Move(zoom=1.04, angle=-3, translation_x=2.3))
    back = along(second, true, sampling="bicubic").picture
    assert float((middle(back) - middle(picture)).abs().max()) < 0.02
    found = along(second, optical_flow(picture, second), sampling="bicubic").picture
    assert float((middle(found) - middle(picture)).abs().mean()) < 0.01


def test_consistency_masks_what_a_square_hides() -> None:
    """A square moves 12 px right over a still ground: the ground it comes to cover has no way back."""
    ground, patch = textured(6), textured(7, 48, 48)
    first, second = ground.clone(), ground.clone()
    first[..., 40:88, 60:108] = patch
    second[..., 40:88, 72:120] = patch
    forward, backward = optical_flow(first, second), optical_flow(second, first)
    mask = consistent(forward, backward)
    assert mask.shape == (1, 1, HEIGHT, WIDTH)
    assert set(mask.unique().tolist()) <= {0.0, 1.0}
    hidden = mask[..., 46:82, 110:118]
    assert float(hidden.mean()) < 0.15, "covered by the square in the second picture"
    assert float(mask[..., 46:82, 66:102].mean()) > 0.95, "the square itself is seen in both"
    away = torch.cat((mask[..., :28, :].flatten(), mask[..., 100:, :].flatten()))
    assert float(away.mean()) > 0.99
    soft = consistent(forward, backward, blur=2)
    assert 0 < float(((soft > 0) & (soft < 1)).float().mean()) < 0.3


def test_consistency_masks_what_left_the_picture() -> None:
    forward = torch.zeros(1, 2, 32, 48)
    forward[:, 0] = 10.0
    mask = consistent(forward, -forward)
    assert bool((mask[..., :38] == 1).all())
    assert bool((mask[..., 38:] == 0).all())


def test_refusals_say_what_is_allowed() -> None:
    picture = torch.rand(1, 3, 32, 32)
    with pytest.raises(ValueError, match="one of dis, dis-fine, farneback, raft"):
        optical_flow(picture, picture, method="spring")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="at least 16 pixels, got 15 x 32"):
        optical_flow(picture[..., :15], picture[..., :15])
    with pytest.raises(ValueError, match="of one shape"):
        optical_flow(picture, picture[..., :20])
    with pytest.raises(ValueError, match="a flow is"):
        along(picture, torch.zeros(1, 2, 32, 31))
    with pytest.raises(ValueError, match="two flows"):
        consistent(picture, picture)
