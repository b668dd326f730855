"""The kinds of assets that a project can name: a table that finding, checking and messages are made from.

A new kind is one row here and one function that loads it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from render.assets.files import CONFIG, CONFIGS, INDEX, PICKLES, WEIGHTS

GGUF = ".gguf"
DIFFUSERS = "a diffusers folder"
TRANSFORMERS = "a folder in transformers' format"


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of asset: a folder with the file `marker` in it, or a file that ends in one of `suffixes`.

    noun: what messages call it. form: what they call its folder. suffixes: messages name the first two. classes: the
    allowed `_class_name` (diffusers) or `model_type` (transformers) of its config, each with a word for a person; empty
    for any. needs: its folder must have one of these files. part: a model's folder stands for its part of that name.
    counted: the endings of the files that its fingerprint is of; by default those of its weights, and its marker.
    label: a file's name in its fingerprint; "" for the plain SHA-256 of its bytes. on_hub: whether it is looked for in
    the hub's cache; built_in: among Reverie's own models; in_torch: only in the cache of torch.hub. usual: the hub's
    model that "auto" stands for, and an example to fetch; own: the folder of a painting model that "auto" prefers.
    examples, fetch: for messages.
    """

    noun: str
    marker: str = ""
    form: str = DIFFUSERS
    suffixes: tuple[str, ...] = ()
    classes: Mapping[str, str] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    part: str = ""
    counted: tuple[str, ...] = ()
    label: str = ""
    on_hub: bool = True
    built_in: bool = False
    in_torch: bool = False
    usual: str = ""
    own: str = ""
    examples: str = ""
    fetch: str = ""


MODEL = Kind(
    noun="model",
    marker=INDEX,
    suffixes=(WEIGHTS,),
    label="model",
    built_in=True,
    examples='Examples: "sketch" (built in), "models/my-model" (a diffusers folder), "models/x.safetensors", '
    '"stabilityai/sdxl-turbo" (fetched from the hub).',
)
VAE = Kind(
    noun="vae",
    marker=CONFIG,
    classes={"AutoencoderKL": "", "AutoencoderTiny": "TAESD"},
    part="vae",
    usual="madebyollin/taesd",
    examples='Examples: "models/my-vae" (a diffusers folder), "madebyollin/taesd" (in the hub\'s cache).',
)
DECODER = Kind(
    noun="decoder",
    marker=CONFIG,
    classes={"AutoencoderTiny": "TAESD"},
    counted=CONFIGS,
    usual="madebyollin/taesd",
    examples='Examples: "auto" (the model\'s own VAE), "models/taesd" (a folder of an AutoencoderTiny).',
)
DENOISER = Kind(
    noun="denoiser",
    suffixes=(GGUF, WEIGHTS),
    label="denoiser",
    on_hub=False,
    examples='Examples: "flux1-dev-Q4_K_S.gguf", "models/my-unet.safetensors".',
)
LORA = Kind(
    noun="LoRA",
    suffixes=(WEIGHTS, ".ckpt", *PICKLES),
    on_hub=False,
    examples='Examples: "loras/ink.safetensors", "ink.ckpt" (of DiffSynth-Studio).',
)
EMBEDDING = Kind(
    noun="textual inversion", suffixes=(WEIGHTS,), on_hub=False, examples='Example: "words/ink.safetensors".'
)
CONTROL = Kind(
    noun="ControlNet",
    marker=CONFIG,
    classes={
        "ControlNetModel": "sdxl, sd, kolors",
        "SD3ControlNetModel": "sd3",
        "FluxControlNetModel": "flux",
    },
    usual="lllyasviel/control_v11p_sd15_canny",
    examples='Examples: "models/canny" (a diffusers folder), "InstantX/FLUX.1-dev-Controlnet-Canny".',
)
IP_ADAPTER = Kind(
    noun="IP-Adapter",
    suffixes=(WEIGHTS,),
    label="adapter",
    usual="h94/IP-Adapter",
    examples='Example: "h94/IP-Adapter/models/ip-adapter_sd15.safetensors".',
)
IMAGE_ENCODER = Kind(
    noun="image encoder",
    marker=CONFIG,
    form=TRANSFORMERS,
    usual="h94/IP-Adapter",
    examples='Example: "h94/IP-Adapter/models/image_encoder".',
)
CLIP = Kind(
    noun="CLIP model",
    marker=CONFIG,
    form=TRANSFORMERS,
    classes={"clip": "a CLIPModel of transformers"},
    needs=("tokenizer.json", "vocab.json"),
    counted=CONFIGS,
    usual="laion/CLIP-ViT-B-32-laion2B-s34B-b79K",
    own="picture_text",
    examples='Examples: "models/my-clip" (a folder of a CLIPModel), "sketch/picture_text" beside the project.',
)
DEPTH = Kind(
    noun="depth",
    marker=CONFIG,
    form=TRANSFORMERS,
    counted=(".json",),
    usual="depth-anything/Depth-Anything-V2-Small-hf",
    own="depth",
    examples='Examples: "ground" (open country), "flat", "depth.png" (white is near), "models/my-depth" (a folder in '
    "transformers' format).",
)
UPSCALER = Kind(
    noun="upscaler",
    marker=CONFIG,
    form=TRANSFORMERS,
    classes={"swin2sr": "Swin2SR"},
    usual="caidas/swin2SR-classical-sr-x2-64",
    examples='Example: "caidas/swin2SR-classical-sr-x2-64".',
)
RAFT = Kind(
    noun="RAFT's weights",
    suffixes=(".pth",),
    on_hub=False,
    in_torch=True,
    fetch='python -c "from torchvision.models.optical_flow import Raft_Large_Weights as w; '
    'w.C_T_SKHT_V2.get_state_dict()"',
)
