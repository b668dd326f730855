"""The plan: what a frame is made from, what is kept, how much work and time is left."""

from __future__ import annotations

import json
import shutil
import zlib
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

import render as api
from keyframes import EnvironmentFault, ProjectError
from projects import Take
from render.cache import SPEEDS, cache_file, known_seconds, remember_seconds
from render.cli.progress import duration, summary
from render.diffusion import Canvas, DiffusionPainter, ModelSource, ModelSpec, PaintJob, find_model
from render.frame import painted_frame, stages_of
from render.plans import Calls, make_plan
from render.reports import plan_report
from render.resolve import resolve
from render.stages.stage import parts
from tests.fakes import keys_of
from tests.pace import within

from ..fakes import Studio, fake_model, load, project_text, write_project
from ..fakes import render as render_fake


def keys(folder: Path, text: str) -> list[str]:
    return keys_of(resolve(load(folder, text)))


def first_difference(folder: Path, one: str, two: str) -> int | None:
    """The first frame whose key an edit changes; all after it must change too."""
    pairs = list(zip(keys(folder, one), keys(folder, two), strict=True))
    changed = [frame for frame, (a, b) in enumerate(pairs) if a != b]
    assert changed == list(range(changed[0], len(pairs))) if changed else True
    return changed[0] if changed else None


TEXT = project_text(10)
REPLICATED = TEXT.replace("[motion]", "[motion]\nborder = 'replicate'")  # holes cost nothing


@pytest.mark.parametrize(
    ("old", "new", "first"),
    [
        ("seed = 3", "seed = 4", 0),
        ("a lighthouse by the sea", "a lighthouse by the sea ", None),
        ("a lighthouse by the sea", "a lighthouse", 0),
        ("angle = 1", "angle = 2", 1),
        ("angle = 1", "angle = 1.0", None),
        ("angle = 1", "angle = '0: (1)'", None),
        ("angle = 1", "angle = '0: (1), 6: (1), 7: (1.5)'", 7),
        ("[motion]", "[motion]\nborder = 'wrap'", 1),
        ("[motion]", "[motion]\nsampling = 'bilinear'", 1),
        ("[motion]", "[motion]\ntransform_center_x = 0.4", 1),
        ("[motion]", "[diffusion]\nstrength = 0.6\n[motion]", 1),
        ("[motion]", "[diffusion]\nreveal_strength = 0.8\n[motion]", 1),
        ("[motion]", "[motion]\nborder = 'reveal'", None),
        ("[motion]", "[diffusion]\nsteps = 6\n[motion]", 0),
        ("[motion]", "[diffusion]\ncfg_scale = 3\n[motion]", 0),
        ("[motion]", "[diffusion]\nsteps_mode = 'exact'\n[motion]", 1),  # frame 0 runs all steps either way
        ("[motion]", "[diffusion]\nguidance_rescale = 0.5\n[motion]", 0),
        (
            "[motion]",
            "[diffusion]\nseed_behavior = 'fixed'\n[motion]",
            1,
        ),  # frame 0 has the film's seed either way
        ("[motion]", "[diffusion]\nseed = 9\n[motion]", None),  # a lane that is not looked at
        ("[motion]", "[diffusion]\nseed = 9\nseed_behavior = 'schedule'\n[motion]", 0),
        ("noise = 0.02", "noise = 0.03", 1),
        ("noise = 0.02", "noise = 0.02\nnoise_type = 'normal'", 1),
        ("noise = 0.02", "noise = 0.02\ncolor_frame = 4", 1),
        ('color_match = "lab"', "color_match = 'rgb'", 1),
        ("noise = 0.02", "noise = 0.02\ncontrast = '0: (1), 4: (1), 5: (1.2)'", 5),
        (
            "frames = 10",
            "title = 'X'\nfps = 30\nbpm = 100\nframes = 10\noutput = {crf = 30, preset = 'slow'}",
            None,
        ),
        ("frames = 10", "frames = 10\nsize = [64, 64]", None),  # the model's own size, said
        ("frames = 10", "frames = 10\nsize = [64, 72]", 0),
    ],
)
def test_what_an_edit_changes(home: Path, old: str, new: str, first: int | None) -> None:
    assert TEXT.count(old) == 1
    if first is None and new.endswith("sea "):
        new = new.strip()
    assert first_difference(home, TEXT, TEXT.replace(old, new)) == first


@pytest.mark.parametrize(
    ("coherence", "other"),
    [
        ("color_match = 'none'", "color_match = 'none'\ncolor_frame = 3\ncolor_method = 'histogram'"),
        ("color_match = 'none'", "color_match = 'none'\ncolor_amount = 0.3"),
        ("color_match = 'none'", "color_match = 'none'\ndetail_amount = 0.3"),
        ("color_amount = 0", "color_amount = 0\ncolor_match = 'rgb'\ncolor_frame = 2"),
        ("noise = 0", "noise = 0\nnoise_type = 'normal'"),
    ],
)
def test_settings_that_do_nothing_repaint_nothing(home: Path, coherence: str, other: str) -> None:
    assert (
        first_difference(home, project_text(6, coherence=coherence), project_text(6, coherence=other)) is None
    )


def test_the_camera_of_frame_0_moves_nothing(home: Path) -> None:
    film = resolve(load(home, TEXT))
    made_of = parts(stages_of(film), painted_frame(film, 0))
    assert [name for name, _ in made_of] == ["paint"]
    moved = resolve(load(home, TEXT.replace('zoom = "0: (1.0)', 'zoom = "0: (1.4)')))
    assert parts(stages_of(moved), painted_frame(moved, 0)) == made_of


def test_equal_settings_in_other_words_have_equal_keys(home: Path) -> None:
    other = TEXT.replace('[prompts]\n0 = "a lighthouse by the sea"', "").replace(
        "frames = 10", 'frames = 10\nprompts = "a lighthouse by the sea"'
    )
    assert "[prompts]" not in other
    assert keys(home, TEXT) == keys(home, other)


def test_the_work_of_a_frame(home: Path) -> None:
    text = project_text(4, motion="", diffusion='steps = 10\nstrength = "0: (0.5), 1: (0.3), 2: (0), 3: (1)"')
    calls = Calls(resolve(load(home, text)))
    assert [calls.of(frame) for frame in range(4)] == [10, 3, 0, 10]
    exact = Calls(resolve(load(home, text.replace("[diffusion]", "[diffusion]\nsteps_mode = 'exact'"))))
    assert [exact.of(frame) for frame in range(4)] == [10, 10, 0, 10]


def test_a_plan_without_a_take(home: Path) -> None:
    film = resolve(load(home, REPLICATED))
    made = make_plan(film, None)
    assert (made.frames, made.kept, made.paint) == (tuple(range(10)), (), tuple(range(10)))
    assert made.calls == 4 + 9 * 2
    assert made.seconds is None
    assert 10 * 64 * 64 < made.bytes < 10 * 64 * 64 * 3
    assert len(made.keys) == 10
    assert make_plan(film, None, [3]).paint == (0, 1, 2, 3)
    assert len(make_plan(film, None, [3]).keys) == 4


def test_the_color_frame_is_painted_if_it_is_looked_at(home: Path) -> None:
    project = load(home, project_text(10, coherence="color_frame = 2"))
    render_fake(project, frames=[5], film=False)
    take = Take(project.take_folder)
    for frame in (2, 6):
        (take.frames / f"{frame:06d}.png").unlink(missing_ok=True)
    made = make_plan(resolve(project), take, [6])
    assert made.paint == (2, 6)
    studio = Studio()
    render_fake(project, make_painter=studio.painter, frames=[6], film=False)
    assert studio.painted == [2, 6]
    assert make_plan(resolve(project), take, [2]).paint == ()


def test_ten_thousand_frames_are_planned_soon(home: Path) -> None:

    with within(10):
        made = make_plan(resolve(load(home, project_text(10_000))), None)
    assert len(made.paint) == 10_000


# --- time


def test_what_is_known_after_a_render(home: Path) -> None:
    project = load(home, REPLICATED)
    film = resolve(project)
    assert make_plan(film, None).seconds is None
    render_fake(project, make_painter=Studio(seconds=0.02).painter, film=False)
    took = json.loads(cache_file(SPEEDS).read_text())
    assert list(took) == [f"{film.models[0].spec.source.fingerprint[:16]} 64x64"]
    elsewhere = make_plan(film, None).seconds
    assert elsewhere is not None
    assert 10 * 0.02 < elsewhere < 10 * 0.02 + 5
    half = make_plan(film, None, range(5)).seconds
    assert half == pytest.approx(elsewhere * (4 + 4 * 2) / (4 + 9 * 2))
    other = resolve(load(home, REPLICATED.replace("angle = 1", "angle = 2")))
    again = make_plan(other, Take(project.take_folder))
    assert again.seconds is not None
    assert 9 * 0.02 < again.seconds < 9 * 0.02 + 5
    assert make_plan(film, Take(project.take_folder)).seconds == 0.0
    assert make_plan(replace(film, size=(128, 128)), None).seconds is None


def test_speeds_are_remembered_by_model_and_size() -> None:
    remember_seconds("a" * 64, (64, 64), 10.0, 20)
    remember_seconds("b" * 64, (64, 64), 30.0, 10)
    remember_seconds("a" * 64, (128, 64), 5.0, 1)
    assert known_seconds("a" * 64, (64, 64), 4) == 2.0
    assert known_seconds("b" * 64, (64, 64), 4) == 12.0
    assert known_seconds("a" * 64, (64, 128), 4) is None
    remember_seconds("a" * 64, (64, 64), 40.0, 20)
    assert known_seconds("a" * 64, (64, 64), 4) == 8.0
    remember_seconds("a" * 64, (64, 64), 1.0, 0)
    assert known_seconds("a" * 64, (64, 64), 4) == 8.0


@pytest.mark.parametrize("content", ["", "[1]", '{"a": "x"}', "\xff", "null"])
def test_a_damaged_speed_file_counts_as_none(content: str) -> None:
    cache_file(SPEEDS).parent.mkdir(parents=True, exist_ok=True)
    cache_file(SPEEDS).write_bytes(content.encode("latin-1"))
    assert known_seconds("a" * 64, (64, 64), 4) is None
    remember_seconds("a" * 64, (64, 64), 10.0, 10)
    assert known_seconds("a" * 64, (64, 64), 4) == 4.0


def test_a_cache_that_cannot_be_written_costs_nothing(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "file"))
    remember_seconds("a" * 64, (64, 64), 10.0, 10)
    assert known_seconds("a" * 64, (64, 64), 4) is None


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.04, "0.0 s"),
        (0.3, "0.3 s"),
        (8, "8 s"),
        (59.4, "59 s"),
        (59.6, "1 min 0 s"),
        (200, "3 min 20 s"),
        (7500, "2 h 5 min"),
    ],
)
def test_durations_are_said_as_people_say_them(seconds: float, said: str) -> None:
    assert duration(seconds) == said


def test_the_summary(home: Path) -> None:
    film = resolve(load(home, TEXT))
    made = plan_report(film, make_plan(film, None))
    assert summary(made) == "dream.toml: 10 frames 64x64 with fake; 10 to paint, 0 kept"
    timed = replace(made, seconds=200.0, paint=(8, 9), kept=tuple(range(8)))
    assert summary(timed) == "dream.toml: 10 frames 64x64 with fake; 2 to paint, about 3 min 20 s, 8 kept"


# --- the project made ready


def test_seeds(home: Path) -> None:
    def seeds(behavior: str, more: str = "") -> list[int]:
        text = project_text(4, diffusion=f"seed_behavior = '{behavior}'\n{more}")
        film = resolve(load(home, text))
        return [film.paint.seed_of(row) for row in film.rows]

    assert seeds("iter") == [3, 4, 5, 6]
    assert seeds("fixed") == [3, 3, 3, 3]
    assert seeds("schedule", "seed = '0: (10), 3: (13)'") == [10, 11, 12, 13]
    assert seeds("schedule") == [3, 3, 3, 3]  # s, the film's own
    assert len(set(seeds("random"))) == 4
    assert seeds("random") == seeds("random")
    assert all(0 <= seed < 2**32 for seed in seeds("random"))


def test_a_models_own_settings_are_the_defaults(home: Path) -> None:
    project = load(home, TEXT)
    fake_model(home / "fake", size=128, steps=7, strength=0.3, cfg_scale=2.5)
    film = resolve(project)
    row = film.rows[5]
    assert film.size == (128, 128)
    assert [row.lanes[lane] for lane in ("steps", "strength", "cfg_scale")] == [7, 0.3, 2.5]
    given = resolve(load(home, project_text(10, top="size = [64, 32]", diffusion="steps = 3")))
    assert given.size == (64, 32)
    assert given.rows[5].lanes["steps"] == 3


def test_a_sampler_that_is_none_is_refused_with_the_line(home: Path) -> None:
    with pytest.raises(
        ProjectError, match=r'dream\.toml:\d+ diffusion\.sampler.*"eulr" is not.*Did you mean "euler"\?'
    ) as caught:
        resolve(load(home, project_text(10, diffusion="sampler = 'eulr'")))
    assert len(caught.value.problems) == 1


def test_a_model_that_is_gone(home: Path) -> None:
    project = load(home, TEXT)
    shutil.rmtree(home / "fake")
    with pytest.raises(EnvironmentFault, match='model "fake" was not found'):
        resolve(project)


# --- the Python API


def test_the_api(home: Path) -> None:
    project = api.load_project(write_project(home, TEXT))
    assert api.plan(project).paint == tuple(range(10))
    assert api.plan(project, frames="2-4").frames == (2, 3, 4)
    assert api.plan(project, frames=[4, 2, -1]).frames == (2, 4, 9)
    assert api.plan(project, frames=range(3)).paint == (0, 1, 2)
    for wrong in ([10], [-11], [], "10", ""):
        with pytest.raises(ProjectError, match="frames"):
            api.plan(project, frames=wrong)
    assert not project.take_folder.exists()


def test_the_api_renders(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    studio = Studio()
    monkeypatch.setattr("render.api.Studio.painter", lambda _self, film: studio.painter(film))
    project = api.load_project(write_project(home, TEXT))
    assert api.still(project, -7) == project.take_folder / "frames" / "000003.png"
    assert studio.painted == [0, 1, 2, 3]
    done = api.render(project)
    assert done.film == project.take_folder / "film.mp4"
    assert done.painted == (4, 5, 6, 7, 8, 9)
    assert api.export(done.take, home / "film.gif", frames="0-3", fps=5).frames == 4
    assert api.preview(project, home / "move.mp4").frames == 10


def test_a_hub_model_is_fetched_before_the_plan_is_made(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its size and fingerprint are known only then: keys and pictures would differ from the next render's."""
    studio, fetched, real = Studio(), [], find_model

    def find(name: str, *, folder: Path | None = None, **_: object) -> ModelSource:
        found = real(name, folder=folder)
        return found if fetched else replace(found, kind="hub", path=None, family="", fingerprint="")

    def fetch(source: ModelSource, **_: object) -> ModelSource:
        fetched.append(source.name)
        return real(source.name, folder=home)

    monkeypatch.setattr("render.api.find_model", find)
    monkeypatch.setattr("render.resolve.models.find_model", find)
    monkeypatch.setattr("render.api.fetch", fetch)
    monkeypatch.setattr("render.api.Studio.painter", lambda _self, film: studio.painter(film))
    project = load(home, TEXT)
    assert api.plan(project).paint == tuple(range(10))
    assert fetched == [], "a plan fetches nothing"
    with pytest.raises(ProjectError):
        api.render(load(home, TEXT.replace("angle = 1", "angle = 'sinn(t)'")))
    assert fetched == [], "neither does a project that is wrong"
    api.render(load(home, TEXT), film=False)
    assert fetched == ["fake"]
    assert api.plan(project).paint == ()


def test_a_studio_loads_a_model_once(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last model is kept: another one, another precision or another device is loaded."""
    loaded = []

    def load_spec(spec: ModelSpec, notice: object) -> DiffusionPainter:
        loaded.append((spec, notice))
        return DiffusionPainter(SimpleNamespace(device=torch.device("cpu")))  # type: ignore[arg-type]

    def paint(painter: object, canvas: Canvas, job: PaintJob, on_step: object = None) -> torch.Tensor:
        return torch.zeros(1, 3, 64, 64)

    def notice(_text: str) -> None:
        return None

    monkeypatch.setattr("render.api.load", load_spec)
    monkeypatch.setattr("render.diffusion.painter.DiffusionPainter.paint", paint)
    fake_model(home / "other")
    (home / "other" / "model_index.json").write_text('{"_class_name": "StableDiffusionXLPipeline"}')
    one, two = resolve(load(home, TEXT)), resolve(load(home, TEXT.replace('"fake"', '"other"')))
    studio = api.Studio(device="cpu", notice=notice)
    for film in (one, one, two, one):
        painter = studio.painter(film)
        assert painter.device == torch.device("cpu")
        painter.paint(Canvas(), PaintJob(frame=0, size=(64, 64), seed=0, prompt=film.rows[0].prompt))
    assert [spec.source.name for spec, _ in loaded] == ["fake", "other", "fake"]
    assert loaded[0] == (ModelSpec(source=one.models[0].spec.source, device="cpu"), notice)
    for other in ({"size": (64, 64)}, {"dtype": "bfloat16"}, {"device": "cuda"}):
        assert replace(loaded[0][0], **other) != loaded[0][0]


def test_frames_of_an_earlier_version_are_painted_again_with_a_word(home: Path) -> None:
    """A journal as the first house wrote it: it opens, and the plan says why its frames are not kept."""
    project = load(home, TEXT)
    render_fake(project, film=False, frames=range(4))
    take = Take(project.take_folder)
    lines = [{"reverie journal": 1, "project": "dream"}]
    for entry in take.entries.values():
        old = {"frame": entry.frame, "key": "0" * 64, "sha256": entry.sha256, "seconds": 1.0, "notes": []}
        lines.append(old)
    sealed = [json.dumps(line)[:-1].encode() for line in lines]
    take.journal.write_bytes(
        b"".join(body + f', "check": "{zlib.crc32(body):08x}"}}\n'.encode() for body in sealed)
    )
    film = resolve(project)
    plan = make_plan(film, Take(project.take_folder, project="dream"))
    assert (plan.outdated, plan.kept, len(plan.paint)) == (4, (), 10)
    assert "10 to paint (4 of an earlier version of Reverie)" in summary(plan_report(film, plan))
    assert render_fake(project, film=False).painted == tuple(range(10))
    assert make_plan(film, Take(project.take_folder, project="dream")).outdated == 0
