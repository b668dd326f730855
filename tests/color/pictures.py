"""Pictures with known colours."""

import torch


def painted(height: int = 96, width: int = 128, seed: int = 0, batch: int = 1) -> torch.Tensor:
    """Soft blobs of colour with a little grain, different for each seed: (B, 3, H, W), in [0.1, 0.9]."""
    source = torch.Generator().manual_seed(seed)
    coarse = torch.rand(batch, 3, 5, 7, generator=source)
    soft = torch.nn.functional.interpolate(coarse, (height, width), mode="bicubic", align_corners=True)
    grain = torch.rand(batch, 3, height, width, generator=source) * 0.1
    tone = torch.tensor([0.5 + 0.1 * seed, 0.7, 0.6]).view(3, 1, 1)
    return 0.5 + 0.4 * torch.tanh(2 * (soft * tone + grain) - 0.8)  # bent, not cut off: no tone piles up


def flat(red: float, green: float, blue: float, side: int = 8) -> torch.Tensor:
    return torch.tensor([red, green, blue]).view(1, 3, 1, 1).expand(1, 3, side, side).contiguous()
