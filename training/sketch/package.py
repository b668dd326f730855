"""Put the trained parts together as an ordinary diffusers folder, in half precision: what ships as `sketch`."""

import argparse
import json
from pathlib import Path

import torch
from diffusers import StableDiffusionPipeline

from . import autoencoder
from .distill import MOST
from .text_to_image import get_tokenizer, load_trained, make_scheduler

SETTINGS = {
    "steps": 10,
    "cfg_scale": 3.0,
    "strength": 0.6,
    "sampler": "ddim",
    "size": 256,
    "color_from": "prompt",
    "color_pictures": 4,
    "color_amount": 0.35,
    "detail_amount": 0.6,
}


def package(run: Path, out: Path) -> None:
    """Write the folder `out` from the averaged weights of a run."""
    distilled = (run / "distilled.pt").exists()
    model = load_trained(run, "distilled" if distilled else "text_to_image")
    vae = autoencoder.load_trained(run, "outside").model
    vae.register_to_config(scaling_factor=json.loads((run / "latents.json").read_text())["scaling_factor"])
    pipeline = StableDiffusionPipeline(
        vae=vae,
        text_encoder=model.text_encoder,
        tokenizer=get_tokenizer(run),
        unet=model.unet,
        scheduler=make_scheduler(),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    pipeline.to(torch.float16).save_pretrained(out, safe_serialization=True)
    settings = SETTINGS | ({"max_embedded_scale": MOST} if distilled else {})
    (out / "reverie.json").write_text(json.dumps(settings, indent=2) + "\n")
    for index in out.rglob("*.json"):
        text = index.read_text()
        if str(run) in text:
            raise ValueError(f"{index} names a folder of this machine")
    size = sum(file.stat().st_size for file in out.rglob("*") if file.is_file())
    print(f"{out}: {size / 1e6:.1f} MB")


def main() -> None:
    """Command line: python -m training.sketch.package runs/sketch render/models/sketch."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("out", type=Path)
    args = parser.parse_args()
    package(args.run, args.out)


if __name__ == "__main__":
    main()
