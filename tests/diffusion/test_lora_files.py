"""Reading LoRA files without loading them: names, shapes, alphas, and what is refused."""

from __future__ import annotations

import json
import os
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from keyframes import EnvironmentFault
from render.diffusion import check_fit, describe_lora, find_model
from render.diffusion.loras.lora import read_lora_header
from render.diffusion.loras.names import DENOISER, dotted, flat, kohya_name, read_name, stability_module
from tests.lora_files import diffsynth_blocks, diffsynth_state, sdxl_unet

QUERY = "down_blocks.1.attentions.0.transformer_blocks.0.attn1.to_q"
Q = torch.zeros(4, 8), torch.zeros(8, 4)


@pytest.mark.parametrize(
    ("name", "part", "module", "role", "form"),
    [
        (f"unet.{QUERY}.lora_A.weight", DENOISER, QUERY, "down", "diffusers"),
        (f"unet.{QUERY}.lora.up.weight", DENOISER, QUERY, "up", "diffusers"),
        (
            "unet." + QUERY.replace("to_q", "processor.to_q_lora.down.weight"),
            DENOISER,
            QUERY,
            "down",
            "diffusers",
        ),
        (f"base_model.model.{QUERY}.lora_B.default.weight", DENOISER, QUERY, "up", "diffusers"),
        (f"lora_unet_{flat(QUERY)}.lora_down.weight", DENOISER, QUERY, "down", "kohya"),
        (f"lora_unet_{flat(QUERY)}.alpha", DENOISER, QUERY, "alpha", "kohya"),
        (
            "lora_unet_input_blocks_4_1_transformer_blocks_0_attn1_to_q.lora_up.weight",
            *(DENOISER, QUERY, "up", "kohya"),
        ),
        (
            "blocks.7.transformer_blocks.0.attn1.to_q.lora_A.default.weight",
            *(DENOISER, QUERY, "down", "DiffSynth"),
        ),
        (
            "lora_te1_text_model_encoder_layers_3_self_attn_out_proj.lora_up.weight",
            *("text_encoder", "encoder.layers.3.self_attn.out_proj", "up", "kohya"),
        ),
        (
            "text_encoder_2.text_model.encoder.layers.3.mlp.fc1.lora_A.weight",
            *("text_encoder_2", "encoder.layers.3.mlp.fc1", "down", "diffusers"),
        ),
        (
            "transformer.transformer_blocks.0.attn.to_q.lora_A.weight",
            *(DENOISER, "transformer_blocks.0.attn.to_q", "down", "diffusers"),
        ),
        ("alphas_cumprod", DENOISER, "alphas_cumprod", "other", "unknown"),
    ],
)
def test_names(name: str, part: str, module: str, role: str, form: str) -> None:
    spot = read_name(name)
    assert (spot.part, spot.module, spot.role, spot.form) == (part, module, role, form)


def test_diffsynths_blocks_are_those_that_its_list_has() -> None:
    for number, name in diffsynth_blocks():
        written = f"blocks.{number}.transformer_blocks.0.attn1.to_out"
        assert (
            read_name(f"{written}.lora_A.default.weight").module
            == f"{name}.transformer_blocks.0.attn1.to_out.0"
        )
    assert read_name("blocks.2.conv1.lora_A.default.weight").form == "unknown", "a resnet"


def test_every_module_of_sdxls_unet_has_a_name_there_and_back() -> None:
    with torch.device("meta"):
        unet = sdxl_unet(cross_attention_dim=16)
    modules = [
        name for name, module in unet.named_modules() if isinstance(module, torch.nn.Linear | torch.nn.Conv2d)
    ]
    assert len(modules) > 700
    assert [dotted(flat(name)) for name in modules] == modules
    ours = {read_name(f"{kohya_name(DENOISER, name)}.lora_down.weight").module for name in modules}
    assert ours == set(modules)
    attention = [name for name in modules if name.endswith(("to_q", "to_k", "to_v", "to_out.0"))]
    assert len(attention) == 560


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("input_blocks_0_0", "conv_in"),
        ("input_blocks_3_0_op", "down_blocks.0.downsamplers.0.conv"),
        ("input_blocks_5_0_emb_layers_1", "down_blocks.1.resnets.1.time_emb_proj"),
        ("input_blocks_8_1_proj_in", "down_blocks.2.attentions.1.proj_in"),
        ("middle_block_0_in_layers_2", "mid_block.resnets.0.conv1"),
        (
            "middle_block_1_transformer_blocks_9_ff_net_0_proj",
            "mid_block.attentions.0.transformer_blocks.9.ff.net.0.proj",
        ),
        ("middle_block_2_out_layers_3", "mid_block.resnets.1.conv2"),
        ("output_blocks_2_2_conv", "up_blocks.0.upsamplers.0.conv"),
        (
            "output_blocks_5_1_transformer_blocks_0_attn2_to_out_0",
            "up_blocks.1.attentions.2.transformer_blocks.0.attn2.to_out.0",
        ),
        ("output_blocks_7_0_skip_connection", "up_blocks.2.resnets.1.conv_shortcut"),
        ("time_embed_2", "time_embedding.linear_2"),
        ("down_blocks_1_attentions_0_proj_in", None),
    ],
)
def test_stabilitys_names(theirs: str, ours: str | None) -> None:
    assert stability_module(theirs, 2) == ours


def test_a_pickle_is_read_as_a_list_of_tensors_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "style.ckpt"
    state = diffsynth_state({QUERY: Q})
    torch.save({**state, "half": torch.nn.Parameter(torch.zeros(2, 3, dtype=torch.bfloat16))}, path)
    assert read_lora_header(path).shapes == {
        "blocks.7.transformer_blocks.0.attn1.to_q.lora_A.default.weight": (4, 8),
        "blocks.7.transformer_blocks.0.attn1.to_q.lora_B.default.weight": (8, 4),
        "half": (2, 3),
    }


class Bomb:
    """Runs a command when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> object:
        return os.system, (f"touch {self.path}",)


def test_a_pickle_that_would_run_code_is_refused_and_runs_nothing(tmp_path: Path) -> None:
    burnt = tmp_path / "burnt"
    path = tmp_path / "style.ckpt"
    torch.save({**diffsynth_state({QUERY: Q}), "bomb": Bomb(burnt)}, path)
    with pytest.raises(EnvironmentFault, match=r"style.ckpt asks to run (posix|nt).system when it is opened"):
        describe_lora(path)
    old = tmp_path / "old.ckpt"
    old.write_bytes(pickle.dumps({"bomb": Bomb(burnt)}))
    with pytest.raises(EnvironmentFault, match=r"old.ckpt could not be loaded: .not a file of tensors"):
        describe_lora(old)
    assert not burnt.exists()


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ({"model.diffusion_model.input_blocks.0.0.weight": Q[0]}, "holds a whole model"),
        ({"encoder.conv.weight": Q[0]}, r'is not a LoRA: its 1 tensors are named like "encoder.conv.weight"'),
        ({f"lora_unet_{flat(QUERY)}.hada_w1_a": Q[0]}, "LyCORIS modules"),
        ({f"lora_unet_{flat(QUERY)}.dora_scale": Q[0]}, "DoRA scales"),
        ({f"unet.{QUERY}.lora_A.weight": Q[0]}, "only one half of its pair"),
        (
            {f"unet.{QUERY}.lora_A.weight": Q[0], f"unet.{QUERY}.lora_B.weight": torch.zeros(8, 3)},
            "halves of different rank",
        ),
        ({}, "no tensor at all"),
    ],
)
def test_what_is_no_lora_says_what_it_is(tmp_path: Path, state: dict[str, torch.Tensor], said: str) -> None:
    save_file({name: tensor.clone() for name, tensor in state.items()}, tmp_path / "x.safetensors")
    with pytest.raises(EnvironmentFault, match=f"x.safetensors.*{said}"):
        describe_lora(tmp_path / "x.safetensors")


def test_other_pickles_and_other_files_are_refused(tmp_path: Path) -> None:
    torch.save({f"unet.{QUERY}.lora_A.weight": Q[0], f"unet.{QUERY}.lora_B.weight": Q[1]}, tmp_path / "x.pt")
    with pytest.raises(EnvironmentFault, match=r"reverie convert-lora x.pt x.safetensors"):
        describe_lora(tmp_path / "x.pt")
    (tmp_path / "x.txt").write_text("a LoRA")
    with pytest.raises(EnvironmentFault, match=r'LoRA "x.txt" is not a .safetensors or .ckpt'):
        describe_lora(tmp_path / "x.txt")
    (tmp_path / "y.safetensors").write_bytes(b"a LoRA")
    with pytest.raises(EnvironmentFault, match="not a readable safetensors file"):
        describe_lora(tmp_path / "y.safetensors")


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16, torch.float64, torch.int64])
def test_alpha_is_read_from_the_header_whatever_its_type(tmp_path: Path, dtype: torch.dtype) -> None:
    stem = f"lora_unet_{flat(QUERY)}"
    state = {
        f"{stem}.lora_down.weight": Q[0],
        f"{stem}.lora_up.weight": Q[1],
        f"{stem}.alpha": torch.tensor(3).to(dtype),
    }
    save_file(state, tmp_path / "x.safetensors")
    file = describe_lora(tmp_path / "x.safetensors")
    assert file.describe() == "kohya, 1 modules of the denoiser, rank 4, scale 0.75 (alpha / rank)"
    with pytest.raises(EnvironmentFault, match=r"says its own alpha \(3\)"):
        describe_lora(tmp_path / "x.safetensors", alpha=1.0)


def test_alpha_is_read_from_diffusers_metadata_and_patterns(tmp_path: Path) -> None:
    other = QUERY.replace("to_q", "to_v")
    state = {}
    for name in (QUERY, other):
        state |= {f"unet.{name}.lora_A.weight": Q[0].clone(), f"unet.{name}.lora_B.weight": Q[1].clone()}
    told = {"unet.r": 4, "unet.lora_alpha": 2, "unet.alpha_pattern": {"attn1.to_v": 12}}
    save_file(state, tmp_path / "x.safetensors", metadata={"lora_adapter_metadata": json.dumps(told)})
    file = describe_lora(tmp_path / "x.safetensors")
    assert {module: layer.scale for (_, module), layer in file.layers.items()} == {QUERY: 0.5, other: 3.0}


def test_alpha_is_the_projects_where_the_file_has_none(tmp_path: Path) -> None:
    torch.save(diffsynth_state({QUERY: Q}), tmp_path / "x.ckpt")
    assert (
        describe_lora(tmp_path / "x.ckpt")
        .describe()
        .endswith("rank 4, scale 1 (no alpha in the file; taken as the rank)")
    )
    given = describe_lora(tmp_path / "x.ckpt", alpha=1.0)
    assert given.describe() == "DiffSynth, 1 modules of the denoiser, rank 4, scale 0.25 (alpha / rank)"
    assert given.digest != describe_lora(tmp_path / "x.ckpt").digest, "it changes pixels"


def test_a_lora_of_another_family_is_named_before_a_model_is_loaded(
    folder_of: Callable[[str], Path], tmp_path: Path
) -> None:
    cross = QUERY.replace("attn1.to_q", "attn2.to_k")
    flux = "transformer.single_transformer_blocks.0.attn.to_q"
    for name, stem, wide in (("sdxl", f"unet.{cross}", 2048), ("flux", flux, 64)):
        state = {f"{stem}.lora_A.weight": torch.zeros(4, wide), f"{stem}.lora_B.weight": torch.zeros(640, 4)}
        save_file(state, tmp_path / f"{name}.safetensors")
    sdxl, flux_file = (describe_lora(tmp_path / f"{name}.safetensors") for name in ("sdxl", "flux"))
    sd = find_model(str(folder_of("sd")))
    with pytest.raises(
        EnvironmentFault, match=r"sdxl.safetensors does not fit .*family sd.*made for sdxl or kolors"
    ):
        check_fit(sdxl, sd)
    with pytest.raises(
        EnvironmentFault, match=r"made for flux or chroma models. None of its 1 modules is in the model"
    ):
        check_fit(flux_file, sd)
    with pytest.raises(EnvironmentFault, match=r"family sd3.: it seems made for sdxl or kolors models"):
        check_fit(sdxl, find_model(str(folder_of("sd3"))))
