"""Another VAE than the model's own: checked against the model before anything is loaded, and read.

An AutoencoderKL (a retrained one, or one that does not overflow in half precision), or an AutoencoderTiny (TAESD,
Bohan 2023: a hundredth of the work, a little softer), of the same latents. The small decoder of CLIP guidance is an
AutoencoderTiny too.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from keyframes.errors import EnvironmentFault
from render.assets.files import weights_variant
from render.assets.find import Asset
from render.assets.kinds import VAE
from render.assets.loading import loading
from render.diffusion.catalogue import LATENT_CHANNELS, ModelSource
from render.diffusion.families.table import vae_factor


def check_vae(vae: Asset, source: ModelSource) -> None:
    """Check that the latents of a VAE, or of a decoder, are those of a model.

    Nothing is known of a model that has not been fetched. Raises EnvironmentFault if they are not.
    """
    if source.path is None:
        return
    own = source.config("vae")
    what = f'{vae.kind.noun} "{vae.name}" does not fit "{source.name}"'
    class_name = str(own.get("_class_name", "AutoencoderKL"))
    if vae.kind is VAE and class_name not in VAE.classes:
        raise EnvironmentFault(
            f"{what}: this model uses {class_name}, and its VAE cannot be replaced. Leave vae out."
        )
    pairs = (
        ("channels in its latents", _channels(own), _channels(vae.config)),
        ("pixels along a latent's side", vae_factor(own), vae_factor(vae.config)),
    )
    for name, wanted, given in pairs:
        if wanted != given:
            raise EnvironmentFault(
                f"{what}: {given} {name}, and the model has {wanted}. Use one made for {source.family} models."
            )
    if vae.kind is VAE and own.get("latents_mean") is not None and vae.config.get("latents_mean") is None:
        raise EnvironmentFault(
            f"{what}: the model's latents are shifted by channel, its are not. Leave vae out."
        )


def load_vae(vae: Asset, dtype: Any) -> Any:
    """Read the weights of a VAE or a decoder. Raises EnvironmentFault where diffusers cannot."""
    with loading(str(vae)):
        return getattr(import_module("diffusers"), vae.class_name).from_pretrained(
            str(vae.path),
            dtype=dtype,
            variant=weights_variant(vae.path, half=False),
            use_safetensors=True,
            local_files_only=True,
        )


def _channels(config: Mapping[str, Any]) -> int:
    return int(config.get("latent_channels") or config.get("z_dim") or LATENT_CHANNELS)
