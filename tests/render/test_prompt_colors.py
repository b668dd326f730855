"""`color_from = "prompt"`: frames keep the colours of pictures painted fresh from their prompts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from projects import Picture, Project, read_project
from projects.png import encode_png
from render.color import detail_of
from render.diffusion import Canvas, OnStep, PaintJob
from render.plans import make_plan
from render.randomness import generator
from render.resolve import ResolvedProject, resolve
from render.stages.match import ColorChoice
from render.tensors import to_tensor
from tests.fakes import keys_of

from ..fakes import FakePainter, Studio, fake_model, files, load, pictures, project_text, render

COLORS = {"day": (200.0, 60.0, 40.0), "night": (20.0, 40.0, 120.0)}
KEEPS = 'color_match = "rgb"\ncolor_from = "prompt"'
PROMPTS = '0 = "day"\n4 = "night"'


class Dauber(FakePainter):
    """Paints grain of its prompt's colour where there is no picture, and over a picture lets it fade to grey."""

    def paint(self, canvas: Canvas, job: PaintJob, on_step: OnStep | None = None) -> Tensor:
        given = super().paint(canvas, job, on_step)
        if canvas.picture is not None:
            return 0.5 * canvas.picture + 0.5 * given.mean()
        text = job.prompt.parts[0].mix[0].text
        return (torch.tensor(COLORS[text]).view(1, 3, 1, 1) / 255.0 + 0.05 * (given - given.mean())).clamp(
            0, 1
        )


def dauber(setup: ResolvedProject) -> Dauber:
    return Dauber(setup)


def project(folder: Path, coherence: str = KEEPS, prompts: str = PROMPTS, **tables: str) -> Project:
    return load(folder, project_text(8, prompts=prompts, motion="zoom = 1", coherence=coherence, **tables))


def means(shown: list[Picture]) -> list[np.ndarray]:
    return [picture.reshape(-1, 3).mean(0) for picture in shown]


def test_each_prompt_keeps_its_own_colours(tmp_path: Path) -> None:
    shown = means(pictures(render(project(tmp_path), make_painter=dauber, film=False).take))
    for frame, mean in enumerate(shown):
        assert mean == pytest.approx(COLORS["day" if frame < 4 else "night"], abs=2.5)


def test_while_two_prompts_blend_so_do_their_colours(tmp_path: Path) -> None:
    smooth = project(tmp_path, prompts=PROMPTS + '\nblend = "linear"')
    shown = means(pictures(render(smooth, make_painter=dauber, film=False).take))
    for frame in range(1, 5):
        wanted = np.array(COLORS["day"]) * (1 - frame / 4) + np.array(COLORS["night"]) * frame / 4
        assert shown[frame] == pytest.approx(wanted, abs=3)


def test_color_amount_is_the_share_of_it(tmp_path: Path) -> None:
    off = project(tmp_path, KEEPS + "\ncolor_amount = 0")
    none = project(tmp_path, 'color_match = "none"')
    assert keys_of(resolve(off)) == keys_of(resolve(none))
    weak = pictures(
        render(project(tmp_path, KEEPS + "\ncolor_amount = 0.2"), make_painter=dauber, film=False).take
    )
    assert means(weak)[-1][2] < COLORS["night"][2] - 5


class Grainer(Dauber):
    """Paints fresh grain that can be seen; over a picture it takes half of it away."""

    def paint(self, canvas: Canvas, job: PaintJob, on_step: OnStep | None = None) -> Tensor:
        if canvas.picture is not None:
            return super().paint(canvas, job, on_step)
        noise = torch.randn(1, 1, job.size[1], job.size[0], generator=generator(1, job.frame, "grain"))
        return (0.5 + 0.1 * noise).clamp(0, 1).expand(-1, 3, -1, -1)


def test_detail_is_held_at_that_of_the_prompts_picture(tmp_path: Path) -> None:
    """Held, it stays, though a painting takes half of it; else every painting takes half of the rest."""
    shares = {}
    for amount in (0, 1):
        given = project(tmp_path, KEEPS + f"\ncolor_amount = 0\ndetail_amount = {amount}", '0 = "day"')
        shown = pictures(render(given, make_painter=lambda setup: Grainer(setup), film=False).take)
        sizes = [detail_of(to_tensor(picture, torch.device("cpu"))).mean().item() for picture in shown]
        shares[amount] = sizes[5] / sizes[0]
    assert shares[0] < 0.1
    assert shares[1] == pytest.approx(1, abs=0.1)


def test_a_prompt_is_painted_fresh_once(tmp_path: Path) -> None:
    studio = Studio()
    made = render(project(tmp_path), make_painter=studio.painter, film=False)
    fresh = [frame for frame, picture in studio.painters[0].seen if picture is None]
    assert made.painted == tuple(range(8))
    assert fresh == [0, 0, 4]  # the first frame, and one picture for each prompt


class Moody(Dauber):
    """Every version of a fresh picture is brighter than the one before."""

    def paint(self, canvas: Canvas, job: PaintJob, on_step: OnStep | None = None) -> Tensor:
        return super().paint(canvas, job, on_step) + 0.1 * canvas.version


def moody(setup: ResolvedProject) -> Moody:
    return Moody(setup)


def test_several_pictures_show_their_colours_together(tmp_path: Path) -> None:
    shown = means(
        pictures(
            render(project(tmp_path, KEEPS + "\ncolor_pictures = 3"), make_painter=moody, film=False).take
        )
    )
    assert shown[3] == pytest.approx(np.array(COLORS["day"]) + 0.1 * 255, abs=3)  # of 0, 0.1 and 0.2


def test_words_that_move_have_one_picture_a_wording(tmp_path: Path) -> None:
    studio = Studio()
    moving = project(tmp_path, KEEPS + "\ncolor_pictures = 3", prompts='0 = "day `t`"\n6 = "night"')
    render(moving, make_painter=studio.painter, film=False)
    fresh = [frame for frame, picture in studio.painters[0].seen if picture is None]
    assert fresh == [0, *[0] * 5, *[6] * 3]


@pytest.mark.parametrize(
    ("pictures", "source", "same"), [(1, "prompt", True), (2, "prompt", False), (2, "previous", True)]
)
def test_their_number_counts_where_they_are_painted(
    tmp_path: Path, pictures: int, source: str, same: bool
) -> None:
    given = f'color_match = "rgb"\ncolor_from = "{source}"'
    keys = [
        keys_of(resolve(project(tmp_path, given + more))) for more in ("", f"\ncolor_pictures = {pictures}")
    ]
    assert (keys[0] == keys[1]) is same


@pytest.mark.parametrize("pictures", [1, 3])
def test_the_plan_counts_the_fresh_pictures(tmp_path: Path, pictures: int) -> None:
    plain = make_plan(resolve(project(tmp_path, 'color_match = "rgb"')), None)
    fresh = make_plan(resolve(project(tmp_path, KEEPS + f"\ncolor_pictures = {pictures}")), None)
    assert fresh.calls - plain.calls == 2 * 4 * pictures  # two prompts, four steps each
    assert fresh.reveal_calls == plain.reveal_calls


def test_going_on_gives_the_same_bytes(tmp_path: Path) -> None:
    smooth = project(tmp_path, prompts=PROMPTS + '\nblend = "smooth"')
    once = render(smooth, take=tmp_path / "once", make_painter=dauber, film=False)
    for frames in ([0, 1, 2, 3], None):
        render(smooth, take=tmp_path / "twice", make_painter=dauber, frames=frames, film=False)
    assert files(once.take) == files(tmp_path / "twice")


@pytest.mark.parametrize(
    ("blend", "first"),
    [("hold", 4), ("linear", 1)],
)
def test_an_edited_prompt_changes_the_frames_that_have_its_colours(
    tmp_path: Path, blend: str, first: int
) -> None:
    keys = [
        keys_of(resolve(project(tmp_path, prompts=f'0 = "day"\n4 = "{last}"\nblend = "{blend}"')))
        for last in ("night", "day")
    ]
    assert [a != b for a, b in zip(*keys, strict=True)] == [frame >= first for frame in range(8)]


def test_the_lanes_at_the_key_of_the_next_prompt_count(tmp_path: Path) -> None:
    """While blending to key 4, its picture is painted with the steps of frame 4: an edit there reaches back."""
    lanes = "steps = '0: (4), 3: (4), 4: ({}), 5: (4)'"
    keys = [
        keys_of(
            resolve(project(tmp_path, prompts=PROMPTS + '\nblend = "linear"', diffusion=lanes.format(steps)))
        )
        for steps in (4, 6)
    ]
    assert [a != b for a, b in zip(*keys, strict=True)] == [frame >= 1 for frame in range(8)]


@pytest.mark.parametrize(
    ("coherence", "top", "wanted", "chosen"),
    [
        ("", "", "", (None, "frame")),
        ("", "", "prompt", ("lab", "prompt")),
        ("", 'init_image = "start.png"', "prompt", (None, "frame")),
        ('color_match = "none"', "", "prompt", (None, "frame")),
        ('color_match = "hsv"', "", "prompt", ("hsv", "frame")),
        ('color_from = "previous"', "", "", ("lab", "previous")),
        ('color_match = "rgb"\ncolor_from = "prompt"', "", "", ("rgb", "prompt")),
    ],
)
def test_what_is_left_open_is_as_the_model_wants_it(
    tmp_path: Path, coherence: str, top: str, wanted: str, chosen: tuple[str | None, str]
) -> None:
    (tmp_path / "start.png").write_bytes(encode_png(np.zeros((64, 64, 3), np.uint8)))
    choice = colors_of(tmp_path, wanted, f"{top}\n[coherence]\n{coherence}\n")
    assert (choice.space, choice.source, choice.pictures) == (*chosen, 4)


def colors_of(folder: Path, wanted: str, more: str) -> ColorChoice:
    """The colour match of a film whose model is best with colours of a kind, of four pictures."""
    fake_model(folder / "keen", color_pictures=4, **({"color_from": wanted} if wanted else {}))
    text = f'model = "keen"\nframes = 2\nprompts = "day"\n{more}'
    return resolve(read_project(text, name="keen.toml", folder=folder)).colors


def test_guides_and_clips_bring_their_own_colours(tmp_path: Path) -> None:
    for number in range(2):
        (tmp_path / f"a_{number}.png").write_bytes(encode_png(np.zeros((64, 64, 3), np.uint8)))
    for table in ('[guide]\n0 = "a_0.png"\n', '[video]\ninput = "a_%d.png"\n'):
        assert colors_of(tmp_path, "prompt", table).space is None


@pytest.mark.parametrize(
    ("coherence", "amounts"),
    [
        ("", (3, 0.25, 0.5)),
        ('color_from = "prompt"', (3, 0.25, 0.5)),
        ("color_pictures = 2\ncolor_amount = 0.1", (2, 0.1, 0.5)),
        ('color_match = "lab"', (3, 1, 0)),
        ('color_from = "previous"\ncolor_amount = 0.1', (3, 0.1, 0)),
    ],
)
def test_how_much_of_a_models_colours_is_the_models_word(
    tmp_path: Path, coherence: str, amounts: tuple[int, float, float]
) -> None:
    """Of others it knows nothing."""
    fake_model(tmp_path / "keen", color_from="prompt", color_pictures=3, color_amount=0.25, detail_amount=0.5)
    text = f'model = "keen"\nframes = 2\n[prompts]\n0 = "day"\n[coherence]\n{coherence}\n'
    setup = resolve(read_project(text, name="keen.toml", folder=tmp_path))
    row = setup.rows[1]
    assert (setup.colors.pictures, row.lanes["color_amount"], row.lanes["detail_amount"]) == amounts
