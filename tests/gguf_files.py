"""Writes a tiny model's denoiser as a GGUF file, as ComfyUI-GGUF's converter does: matrices in blocks of few bits where
their rows are whole blocks, all else in full.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors.torch import load_file
from torch import Tensor, cat

Tensors = Mapping[str, Tensor]
Z_NAMES = (
    ("all_final_layer.2-1.", "final_layer."),
    ("all_x_embedder.2-1.", "x_embedder."),
    (".attention.to_out.0.", ".attention.out."),
    (".attention.norm_k.", ".attention.k_norm."),
    (".attention.norm_q.", ".attention.q_norm."),
)


def denoiser_tensors(folder: Path, part: str = "transformer") -> dict[str, Tensor]:
    """The tensors of a diffusers folder's denoiser, by their names there."""
    return load_file(folder / part / "diffusion_pytorch_model.safetensors")


def save_gguf(tensors: Tensors, path: Path, *, kind: str = "F16", arch: str = "flux") -> Path:
    """Write tensors as GGUF of a kind: F32, F16, BF16, Q8_0, Q4_0 ..."""
    import gguf

    wanted = getattr(gguf.GGMLQuantizationType, kind)
    block = gguf.GGML_QUANT_SIZES[wanted][0]
    writer = gguf.GGUFWriter(str(path), arch)
    for name, tensor in tensors.items():
        values = tensor.float().contiguous().numpy()
        fits = values.ndim == 2 and values.shape[1] % block == 0
        stored: Any = wanted if fits else gguf.GGMLQuantizationType.F32
        writer.add_tensor(name, gguf.quantize(values, stored), raw_dtype=stored)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def original_z_image(tensors: Tensors) -> dict[str, Tensor]:
    """Z-Image's tensors under the names that its own code gives them: queries, keys and values in one."""
    found = {}
    for name, tensor in tensors.items():
        for own, original in Z_NAMES:
            name = name.replace(own, original)
        found[name] = tensor
    for query in [name for name in found if name.endswith(".to_q.weight")]:
        three = [found.pop(query.replace("to_q", part)) for part in ("to_q", "to_k", "to_v")]
        found[query.replace("to_q", "qkv")] = cat(three)
    return found
