"""Train the text encoder and the UNet together on cached latents.

v-prediction (Salimans & Ho 2022) on a schedule with zero terminal SNR (Lin et al. 2023, arXiv 2305.08891), so
that the model can make truly dark and truly light pictures from pure noise; one caption in ten is left empty for
classifier-free guidance; the weights that ship are an exponential average.

Half of what it sees is 256x256, half are the wider, taller and larger pictures of `shapes.py`: a network that has seen
one size fills a larger picture with several of the same.

Two things make the subject, which is small in the picture and hardest to learn, come first: the error counts more
where it stands (`weights_of`), and the words also reach every layer at once, pooled into the time embedding
(`addition_embed_type="text"`, a standard option of diffusers' UNet).
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from diffusers import DDIMScheduler, UNet2DConditionModel
from numpy.typing import NDArray
from torch import nn
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

from render.diffusion.guidance import guidance_embedding

from . import checkpoint, loop, team
from .autoencoder import LATENTS
from .data import load_set, world_of
from .painter import FIRST, Scene
from .shapes import load_shapes, weights_of
from .words import LENGTH, sample_captions, tell, tokens, train_tokenizer

WIDTH = 192
PEAK = 8e-4
TOLD = 64  # width of the guidance scale's embedding, where the UNet is told the scale


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


def make_unet(told: bool = False) -> UNet2DConditionModel:
    """The denoiser: three levels from 16x16, words read at every level but the coarsest.

    told: it has an input for the guidance scale, as LCM's UNets have; untrained, that changes nothing.
    """
    unet = UNet2DConditionModel(
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
        time_cond_proj_dim=TOLD if told else None,
    )
    if told:
        nn.init.zeros_(unet.time_embedding.cond_proj.weight)
    return unet


class TextToImage(nn.Module):
    """The two parts that learn together. told: the UNet has an input for the guidance scale."""

    def __init__(self, tokenizer: CLIPTokenizer, *, told: bool = False) -> None:
        super().__init__()
        self.text_encoder = make_text_encoder(tokenizer)
        self.unet = make_unet(told)

    def forward(
        self, noisy: torch.Tensor, t: torch.Tensor, ids: torch.Tensor, scales: Sequence[float] | None = None
    ) -> torch.Tensor:
        """v for noisy latents (B, C, h, w) at steps t (B,), told by token ids (B, LENGTH), and by guidance scales (B)
        where the UNet takes them."""
        words = self.text_encoder(ids).last_hidden_state
        told = None if scales is None else guidance_embedding(scales, TOLD)
        v: torch.Tensor = self.unet(noisy, t, encoder_hidden_states=words, timestep_cond=told).sample
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
    """What there is to learn of one size: latents (N, C, h, w), their scenes, how much each place counts (N, h, w)."""

    latents: NDArray[np.float16]
    scenes: list[Scene]
    weights: NDArray[np.float32]
    tokenizer: CLIPTokenizer

    def batch(self, rng: np.random.Generator, size: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Latents, token ids (size, LENGTH) and weights (size, 1, h, w); captions are told anew each time."""
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


@dataclass(frozen=True, kw_only=True)
class Course:
    """Lessons of several sizes, the native one first: it is every second batch, the others take turns by lot."""

    sizes: tuple[Lessons, ...]

    def task(self, rng: np.random.Generator, size: int, alphas: torch.Tensor) -> Task:
        """A batch of one size, with about as many latent pixels as `size` native pictures have."""
        native, *others = self.sizes
        chosen = others[int(rng.integers(len(others)))] if others and rng.random() < 0.5 else native
        share = native.latents[0].size / chosen.latents[0].size
        return chosen.task(rng, max(1, round(size * share)), alphas)


def load_course(folder: Path) -> Course:
    """The lessons of a run folder: latents.npy, whose second half are mirror images, and what `shapes` painted."""
    latents = np.load(folder / "latents.npy", mmap_mode="r")
    scenes = load_set(folder / "train")[1][: len(latents) // 2]
    tokenizer = get_tokenizer(folder)
    weights = np.stack([weights_of(scene) for scene in scenes])
    native = Lessons(
        latents=latents,
        scenes=scenes * 2,
        weights=np.concatenate([weights, weights[:, :, ::-1]]),
        tokenizer=tokenizer,
    )
    others = [
        Lessons(latents=shape.latents, scenes=shape.scenes, weights=shape.weights, tokenizer=tokenizer)
        for shape in load_shapes(folder)
    ]
    return Course(sizes=(native, *others))


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
    told = "unet.time_embedding.cond_proj.weight" in state["average"]
    model = TextToImage(get_tokenizer(folder), told=told)
    model.load_state_dict(state["average"])
    return model.eval().requires_grad_(False)


def train(folder: Path, minutes: float, peak: float, batch: int = 32) -> None:
    """Train for `minutes` in all, into text_to_image.pt of the folder; peak: the highest learning rate."""
    torch.manual_seed(0)
    course = load_course(folder)
    model = TextToImage(get_tokenizer(folder))
    alphas = make_scheduler().alphas_cumprod

    def loss_of(rng: np.random.Generator) -> torch.Tensor:
        task = course.task(rng, batch, alphas)
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
