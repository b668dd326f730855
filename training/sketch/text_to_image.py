"""Train the text encoder and the UNet together on cached latents.

v-prediction (Salimans & Ho 2022) on a schedule with zero terminal SNR (Lin et al. 2023, arXiv 2305.08891), so
that the model can make truly dark and truly light pictures from pure noise; one caption in ten is left empty for
classifier-free guidance; the weights that ship are an exponential average.

Two things make the subject, which is small in the picture and hardest to learn, come first: the error counts more
where it stands (`weights_of`), and the words also reach every layer at once, pooled into the time embedding
(`addition_embed_type="text"`, a standard option of diffusers' UNet).
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from diffusers import DDIMScheduler, UNet2DConditionModel
from numpy.typing import NDArray
from torch import nn
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

from . import checkpoint, loop, team
from .autoencoder import LATENTS
from .data import load_set, world_of
from .painter import FIRST, Scene, subject_box
from .words import LENGTH, sample_captions, tell, tokens, train_tokenizer

WIDTH = 192
FOCUS = 4.0
PEAK = 8e-4


def make_scheduler() -> DDIMScheduler:
    """The noise schedule of training and of the shipped folder."""
    return DDIMScheduler(
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        prediction_type="v_prediction",
        rescale_betas_zero_snr=True,
        timestep_spacing="trailing",
        clip_sample=False,
        set_alpha_to_one=True,
        steps_offset=0,
    )


def make_text_encoder(tokenizer: CLIPTokenizer) -> CLIPTextModel:
    """A small CLIP text model for the tokenizer."""
    return CLIPTextModel(
        CLIPTextConfig(
            vocab_size=len(tokenizer),
            hidden_size=WIDTH,
            intermediate_size=4 * WIDTH,
            num_hidden_layers=3,
            num_attention_heads=6,
            max_position_embeddings=LENGTH,
            projection_dim=WIDTH,
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )


def make_unet() -> UNet2DConditionModel:
    """The denoiser: three levels from 16x16, words read at every level but the coarsest."""
    return UNet2DConditionModel(
        sample_size=16,
        in_channels=LATENTS,
        out_channels=LATENTS,
        block_out_channels=(48, 96, 144),
        layers_per_block=1,
        down_block_types=("CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"),
        cross_attention_dim=WIDTH,
        attention_head_dim=4,
        norm_num_groups=8,
        addition_embed_type="text",
        addition_embed_type_num_heads=8,
    )


class TextToImage(nn.Module):
    """The two parts that learn together."""

    def __init__(self, tokenizer: CLIPTokenizer) -> None:
        super().__init__()
        self.text_encoder = make_text_encoder(tokenizer)
        self.unet = make_unet()

    def forward(self, noisy: torch.Tensor, t: torch.Tensor, ids: torch.Tensor) -> torch.Tensor:
        """v for noisy latents (B, C, h, w) at steps t (B,), told by token ids (B, LENGTH)."""
        words = self.text_encoder(ids).last_hidden_state
        v: torch.Tensor = self.unet(noisy, t, encoder_hidden_states=words).sample
        return v


def get_tokenizer(folder: Path) -> CLIPTokenizer:
    """The run's tokenizer, learned at the first call from captions of the world that the run's set shows."""
    if not (folder / "tokenizer").exists():
        world = world_of(folder / "train") or FIRST
        count, size = (4000, 1400) if world == FIRST else (20_000, 4000)
        train_tokenizer(sample_captions(count, 10_000_000, world), folder / "tokenizer", size)
    tokenizer: CLIPTokenizer = CLIPTokenizer.from_pretrained(folder / "tokenizer")
    return tokenizer


@dataclass(frozen=True, kw_only=True)
class Task:
    """What to denoise: noisy latents (B, C, h, w), their times (B,), token ids (B, LENGTH), their v, and how much each
    place counts (B, 1, h, w)."""

    noisy: torch.Tensor
    times: torch.Tensor
    ids: torch.Tensor
    v: torch.Tensor
    weights: torch.Tensor

    def error(self, said: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
        """The weighted mean square of the difference."""
        mean: torch.Tensor = (self.weights * (said - wanted).square()).mean()
        return mean


@dataclass(frozen=True, kw_only=True)
class Lessons:
    """What there is to learn: latents (N, C, 16, 16), their scenes, and how much each place counts (N, 16, 16)."""

    latents: NDArray[np.float16]
    scenes: list[Scene]
    weights: NDArray[np.float32]
    tokenizer: CLIPTokenizer

    def batch(self, rng: np.random.Generator, size: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Latents, token ids (size, LENGTH) and weights (size, 1, 16, 16); captions are told anew each time."""
        rows = rng.integers(0, len(self.latents), size)
        texts = ["" if rng.random() < 0.1 else tell(self.scenes[row], rng) for row in rows]
        clean = torch.from_numpy(self.latents[rows].astype(np.float32))
        return clean, tokens(self.tokenizer, texts), torch.from_numpy(self.weights[rows])[:, None]

    def task(self, rng: np.random.Generator, size: int, alphas: torch.Tensor) -> Task:
        """A batch, noised at times drawn by lot; alphas: the schedule's cumulative alphas."""
        clean, ids, weights = self.batch(rng, size)
        times = draw_times(size, len(alphas))
        noisy, v = noised(clean, torch.randn_like(clean), alphas[times])
        return Task(noisy=noisy, times=times, ids=ids, v=v, weights=weights)


def load_lessons(folder: Path) -> Lessons:
    """The lessons of a run folder; the second half of its latents are mirror images."""
    latents = np.load(folder / "latents.npy", mmap_mode="r")
    scenes = load_set(folder / "train")[1][: len(latents) // 2]
    weights = np.stack([weights_of(scene) for scene in scenes])
    return Lessons(
        latents=latents,
        scenes=scenes * 2,
        weights=np.concatenate([weights, weights[:, :, ::-1]]),
        tokenizer=get_tokenizer(folder),
    )


def weights_of(scene: Scene, side: int = 16) -> NDArray[np.float32]:
    """How much the error counts at each place (side, side), 1 on average: FOCUS times more where the subject stands."""
    y, x = (np.mgrid[0:side, 0:side].astype(np.float32) + 0.5) / side
    left, top, right, bottom = subject_box(scene)
    inside = (x > left) & (x < right) & (y > top) & (y < bottom)
    weights = np.where(inside & scene.subject_shown, FOCUS, 1.0).astype(np.float32)
    return np.asarray(weights / weights.mean(), np.float32)


def draw_times(batch: int, steps: int) -> torch.Tensor:
    """Steps (batch,) to learn from: half evenly, half logit-normal (Esser et al. 2024, arXiv 2403.03206, 3.1), since
    shapes are decided in the middle of the schedule; all ends are still seen."""
    middle = torch.sigmoid(torch.randn(batch))
    even = torch.rand(batch)
    return (torch.where(torch.rand(batch) < 0.5, middle, even) * steps).long().clamp(max=steps - 1)


def noised(
    clean: torch.Tensor, noise: torch.Tensor, alphas: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Noisy latents and their v, (B, C, h, w) both, at cumulative alphas (B,)."""
    signal, share = alphas.sqrt()[:, None, None, None], (1.0 - alphas).sqrt()[:, None, None, None]
    return signal * clean + share * noise, signal * noise - share * clean


def load_trained(folder: Path, part: str = "text_to_image") -> TextToImage:
    """The trained model with averaged weights, for use. Raises FileNotFoundError where there is none."""
    state = checkpoint.load(folder / f"{part}.pt")
    if state is None:
        raise FileNotFoundError(f"{folder / part}.pt: train the text-to-image model first")
    model = TextToImage(get_tokenizer(folder))
    model.load_state_dict(state["average"])
    return model.eval().requires_grad_(False)


def train(folder: Path, minutes: float, peak: float, batch: int = 32) -> None:
    """Train for `minutes` in all, into text_to_image.pt of the folder; peak: the highest learning rate."""
    torch.manual_seed(0)
    lessons = load_lessons(folder)
    model = TextToImage(lessons.tokenizer)
    alphas = make_scheduler().alphas_cumprod

    def loss_of(rng: np.random.Generator) -> torch.Tensor:
        task = lessons.task(rng, batch, alphas)
        return task.error(model(task.noisy, task.times, task.ids), task.v)

    loop.train(model, loss_of, path=folder / "text_to_image.pt", minutes=minutes, peak=peak, decay=0.9985)


def main() -> None:
    """Command line: python -m training.sketch.text_to_image runs/sketch --minutes 70."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--minutes", type=float, default=70.0)
    parser.add_argument("--peak", type=float, default=PEAK, help="highest rate; half to go on from old ones")
    parser.add_argument("--processes", type=int, default=1)
    args = parser.parse_args()
    get_tokenizer(args.folder)  # before there are several processes
    team.run(train, args.processes, args.folder, args.minutes, args.peak)


if __name__ == "__main__":
    main()
