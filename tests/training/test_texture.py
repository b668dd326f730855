"""Texture: how much of it there is and which way it runs, wherever its lines lie."""

import torch
from kornia.filters import gaussian_blur2d
from torch import Tensor

from training.sketch.texture import texture_loss


def stripes(period: float, shift: float = 0.0, down: bool = False) -> Tensor:
    """Stripes across, or down, the picture (1, 3, 128, 128) in [-1, 1]."""
    at = torch.arange(128.0).expand(128, 128)
    wave = 0.5 * torch.sin(2 * torch.pi * ((at.T if down else at) + shift) / period)
    return wave.expand(1, 3, -1, -1)


def test_moved_lines_are_the_same_texture() -> None:
    true = stripes(6.0)
    moved, pixels = stripes(6.0, shift=3.0), (stripes(6.0, shift=3.0) - true).abs().mean()
    assert texture_loss(true, true) == 0
    assert texture_loss(moved, true) < 0.02 * pixels


def test_a_blur_a_turn_and_another_width_are_not() -> None:
    true = stripes(6.0)
    moved = texture_loss(stripes(6.0, shift=3.0), true)
    others = {
        "blurred": gaussian_blur2d(true, (9, 9), (2.0, 2.0)),
        "turned": stripes(6.0, down=True),
        "wider": stripes(12.0),
        "plain": torch.zeros_like(true),
    }
    for name, other in others.items():
        assert texture_loss(other, true) > 20 * moved, name


def test_few_clear_lines_are_not_met_by_faint_grain() -> None:
    """Grain with as much power in all has another mean size where lines are few."""
    lines = torch.zeros(1, 3, 128, 128)
    lines[..., 8::16] = 1.0
    grain = torch.randn(1, 3, 128, 128, generator=torch.Generator().manual_seed(0))
    grain = grain.mean(1, keepdim=True).expand(-1, 3, -1, -1)
    grain = grain * (lines.std() / grain.std())
    moved = torch.roll(lines, 4, 3)
    assert texture_loss(grain, lines) > 5 * texture_loss(moved, lines)


def test_it_teaches_contrast() -> None:
    """A factor on faint lines in the wrong place is raised by descent, where the error of pixels would take it to 0."""
    true, faint = stripes(6.0), stripes(6.0, shift=3.0)
    factor = torch.tensor(0.3, requires_grad=True)
    texture_loss(factor * faint, true).backward()
    assert factor.grad is not None
    assert factor.grad < 0
