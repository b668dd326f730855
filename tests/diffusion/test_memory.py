"""What a model needs, reckoned from headers, and what is done where a card has less."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from render.cli import main
from render.diffusion import checkup, find_model
from render.diffusion.memory import (
    ENCODERS_OFF,
    GIB,
    LEVELS,
    NONE,
    OWN,
    ROWS,
    STREAM,
    TILES,
    TURNS,
    MemoryPolicy,
    Needs,
    fitting,
    least_level,
    needs_of,
    parts_of,
    tile_side,
)
from render.diffusion.model import Model

FolderOf = Callable[[str], Path]
BIG = Needs(  # about SDXL at 1024x1024
    weights={"unet": 5 * GIB, "vae": GIB // 4, "text_encoder": GIB, "text_encoder_2": GIB // 2},
    denoiser="unet",
    painting=GIB // 2,
    decoding=3 * GIB,
    tiled=GIB,
)


@pytest.mark.parametrize("kind", ["sd", "sdxl", "sd3", "flux-dev", "qwen-image", "z-image", "sana-sprint"])
def test_parts_have_the_parameters_that_are_loaded(
    kind: str, folder_of: FolderOf, model_of: Callable[[str], Model]
) -> None:
    source, model = find_model(str(folder_of(kind))), model_of(kind)
    counts = {part.name: part.parameters for part in parts_of(source)}
    assert counts[model.family.row.denoiser] == sum(t.numel() for t in model.denoiser.state_dict().values())
    assert counts["vae"] == sum(t.numel() for t in model.vae.state_dict().values())
    readers = [name for name in counts if name.startswith("text_encoder")]
    assert len(readers) == len(model.encoders)
    needs = needs_of(source, (64, 64), bytes_each=2, guided=True)
    assert needs.weights[model.family.row.denoiser] == 2 * counts[model.family.row.denoiser]
    assert needs.painting > 0
    assert needs.decoding >= needs.tiled > 0


def test_needs_grow_as_they_should(folder_of: FolderOf) -> None:
    source = find_model(str(folder_of("sd")))
    small = needs_of(source, (64, 64), bytes_each=2, guided=False)
    wide = needs_of(source, (128, 64), bytes_each=2, guided=False)
    exact = needs_of(source, (64, 64), bytes_each=4, guided=False)
    both = needs_of(source, (64, 64), bytes_each=2, guided=True)
    assert wide.decoding == 2 * small.decoding
    assert wide.painting == 2 * small.painting
    assert exact.weights["unet"] == 2 * small.weights["unet"]
    assert both.painting == 2 * small.painting
    # 3 pictures of 8 channels in half precision; 24 tensors of 16 channels at 8x8 latents
    assert small.decoding == 3 * 8 * 64 * 64 * 2
    assert small.painting == 24 * 16 * 8 * 8 * 2


def test_each_rung_needs_less_and_the_first_that_fits_is_taken() -> None:
    peaks = [BIG.peak(level) for level in range(len(LEVELS))]
    assert peaks == sorted(peaks, reverse=True)
    assert BIG.peak(NONE) == int((5 + 0.25 + 1.5 + 3) * GIB + OWN)
    assert BIG.peak(TURNS) == int(5.5 * GIB + OWN)
    assert fitting(BIG, 24 * GIB) == NONE
    assert fitting(BIG, 9 * GIB) == ENCODERS_OFF
    assert fitting(BIG, 8 * GIB) == TURNS
    assert fitting(BIG, 5 * GIB) == STREAM
    assert fitting(BIG, 2 * GIB) is None
    assert least_level(BIG, 2 * GIB) == len(LEVELS) - 1


def test_rungs_that_change_pixels_come_last_and_are_noted() -> None:
    changing = [level.changes for level in LEVELS]
    assert changing == sorted(changing)
    memory = MemoryPolicy()
    assert memory.notes == ()
    names = []
    while level := memory.next_level():
        names.append(level.name)
    assert names == [level.name for level in LEVELS[1:]]
    assert memory.notes == ("memory: tiles", "memory: rows")
    memory.begin(())
    assert memory.level == STREAM, "what changes no pixels stays"
    memory.begin(("memory: tiles",))
    assert memory.level == TILES
    again = MemoryPolicy(least=ENCODERS_OFF)
    again.begin(("something else",))
    assert again.level == ENCODERS_OFF
    again.begin(("memory: tiles", "memory: rows"))
    assert again.level == ROWS


@pytest.mark.parametrize(
    ("size", "multiple", "side"),
    [
        ((64, 64), 8, 32),
        ((512, 512), 8, 256),
        ((1024, 1024), 8, 512),
        ((2048, 512), 16, 512),
        ((70, 20), 8, 40),
    ],
)
def test_tiles(size: tuple[int, int], multiple: int, side: int) -> None:
    assert tile_side(size, multiple) == side


def test_where_defaults_come_from(folder_of: FolderOf, tmp_path: Path) -> None:
    told = find_model(str(folder_of("sd-lcm"))).defaults.origins
    assert told["steps"] == "unet/config.json (time_cond_proj_dim)"
    assert told["size"] == "unet/config.json (sample_size)"
    assert told["strength"] == "the family sd"
    assert (
        find_model(str(folder_of("flux-dev"))).defaults.origins["cfg_scale"]
        == "transformer's config (guidance_embeds)"
    )
    assert find_model(str(folder_of("sdxl-turbo"))).defaults.origins["steps"] == "its name"
    assert find_model("some/dream-turbo", folder=tmp_path).defaults.origins["steps"] == "its name"


def test_a_checkup_says_what_would_be_loaded_and_why(folder_of: FolderOf) -> None:
    lines = list(checkup(find_model(str(folder_of("sdxl")))))
    text = "\n".join(f"{title} {told}" for title, told in lines)
    assert "family sdxl: StableDiffusionXLPipeline in model_index.json" in text
    assert f"found a folder: {folder_of('sdxl')}" in text
    assert "steps = 20, from the family sdxl" in text
    assert "size = 64x64, from unet/config.json (sample_size)" in text
    assert "samplers default, euler" in text
    assert "memory on a card, float16, 64x64: about 0.6 GiB" in text
    assert " 8 GiB: everything stays on the device (0.6 GiB)" in text


def run(capfd: pytest.CaptureFixture[str], *arguments: object) -> tuple[object, str]:
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    out, err = capfd.readouterr()
    return ended.value.code, out + err


def test_doctor_of_a_model_and_of_a_project(
    folder_of: FolderOf, tmp_path: Path, capfd: pytest.CaptureFixture[str], hub_cache: Path
) -> None:
    code, said = run(capfd, "doctor", "--model", folder_of("sd"), "--device", "cpu")
    assert (code, "family     sd: StableDiffusionPipeline" in said) == (0, True)
    code, said = run(capfd, "doctor", "--model", "skecth")
    assert (code, "Did you mean sketch" in said) == (3, True)
    code, said = run(capfd, "doctor", "--model", "some/dream")
    assert (code, "on the hub: not here yet; it is fetched when it is first rendered" in said) == (0, True)
    film = tmp_path / "dream.toml"
    film.write_text(
        f'model = {{ 0 = "{folder_of("sd")}", 5 = "{folder_of("sdxl")}" }}\nframes = 9\nsize = [128, 64]\n'
        'prompts = "0: a cat"\n'
    )
    code, said = run(capfd, "doctor", film, "--device", "cpu")
    assert (code, said.count("128x64"), "sdxl:" in said) == (0, 2, True)
