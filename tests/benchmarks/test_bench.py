"""The benchmarks run, do the same work both ways, and charge time to whom it belongs."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from benchmarks.__main__ import main
from benchmarks.film import FilmSettings, make_project
from benchmarks.ledger import Ledger, Point, watching
from benchmarks.loops import compare_loops
from benchmarks.machine import Probe
from benchmarks.models import Candidate, load
from benchmarks.naive import NaiveLoop
from benchmarks.ours import render_ours
from benchmarks.overhead import measure_overhead
from benchmarks.pairs import Pairs, in_turn
from benchmarks.sd15 import Widths, build, make_text_encoder, make_unet, make_vae
from benchmarks.tables import table
from keyframes import RenderError
from motion import Move, warp
from render.pictures import read_picture
from render.resolve import resolve
from render.tensors import to_picture, to_tensor
from tests.tiny import tiny_sd

pytestmark = pytest.mark.filterwarnings("ignore:__array_:DeprecationWarning")
_SMALL = Widths(
    unet=(32, 32, 64, 64), vae=(32, 32, 32, 32), text=32, text_layers=2, text_heads=4, vocabulary=600
)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Candidate:
    torch.set_num_threads(1)
    return load(str(tiny_sd(tmp_path_factory.mktemp("models") / "tiny")), "cpu")


def settings(candidate: Candidate, *, frames: int = 4) -> FilmSettings:
    return FilmSettings.of(candidate.name, candidate.defaults, size=64, frames=frames)


def test_the_quick_run_prints_every_section(tiny: Candidate) -> None:
    asked = ["--model", tiny.name, "--quick", "--pairs", "1", "--frames", "3", "--device", "cpu"]
    done = CliRunner().invoke(main, asked, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    for said in (
        "Machine:",
        "## The loop",
        "## A frame's time",
        "**outside the model**",
        "Timeline:",
        "PNG;",
    ):
        assert said in done.output
    assert "Steadiness: fixed work" in done.output


def test_the_real_architecture_is_refused_on_the_cpu() -> None:
    done = CliRunner().invoke(main, ["--real", "sd15", "--device", "cpu"])
    assert done.exit_code == 3
    assert "GPU" in done.output


def test_both_loops_evaluate_the_denoiser_equally_often(tiny: Candidate, tmp_path: Path) -> None:
    loops = compare_loops(tiny, settings(tiny), tmp_path, pairs=2, probe=Probe())
    pairs = 2  # with words and without
    expected = 4 * pairs * int(tiny.defaults.steps * tiny.defaults.strength)
    assert [made.evaluations for made in (*loops.ours, *loops.naive)] == [expected] * 4
    assert (tmp_path / "1" / "ours" / "film.mp4").is_file()
    assert (tmp_path / "1" / "naive" / "film.mp4").is_file()
    assert len(list((tmp_path / "1" / "naive").glob("*.png"))) == 4


@pytest.mark.sketch
def test_a_denoiser_that_guides_itself_is_asked_once_a_step_by_both_loops(tmp_path: Path) -> None:
    sketch = load("sketch", "cpu")
    film = FilmSettings.of("sketch", sketch.defaults, size=64, frames=2)
    loops = compare_loops(sketch, film, tmp_path, pairs=1, probe=Probe())
    assert loops.ours[0].evaluations == loops.naive[0].evaluations == 2 * 6


def test_the_naive_camera_moves_as_ours_does(tiny: Candidate, tmp_path: Path) -> None:
    film = resolve(make_project(settings(tiny), tmp_path, style="comparable"))
    picture = read_picture(tmp_path / "start.png", (64, 64))
    move = Move(angle=3, zoom=1.05, translation_x=2, translation_y=-1)
    ours = to_picture(warp(to_tensor(picture, torch.device("cpu")), [move]).picture)
    naive = NaiveLoop(film, None).moved(picture, move)
    assert np.abs(ours.astype(int) - naive).max() <= 1


def test_loops_that_do_unequal_work_are_not_compared(
    tiny: Candidate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lazy(*_: object) -> object:
        return type("Made", (), {"evaluations": 1})()

    monkeypatch.setattr("benchmarks.loops.render_ours", lazy)
    with pytest.raises(RenderError, match="not do the same work: ours asked the denoiser for 1 evaluations"):
        compare_loops(tiny, settings(tiny), tmp_path, pairs=1, probe=Probe())


def test_the_parts_of_a_frame_add_up_to_it(tiny: Candidate, tmp_path: Path) -> None:
    made = measure_overhead(tiny, settings(tiny, frames=5), tmp_path, style="full")
    assert sum(made.model.values()) + sum(made.own.values()) == pytest.approx(made.total)
    assert made.own["everything else"] > -0.1 * made.total
    assert 0 < made.share < 1
    stages = {f"stage {name}" for name in ("camera", "match", "noise", "sharpen", "contrast", "paint")}
    assert stages <= made.own.keys()
    assert made.model["text encoder 1.forward"] == 0  # its texts were encoded before the frames that count
    assert made.model["denoiser.forward"] > made.model["vae.encode"] > 0


def test_measuring_leaves_no_trace(tiny: Candidate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    parts = [tiny.model.denoiser, tiny.model.vae, tiny.model.encoders[0].encoder]
    before = [set(vars(part)) for part in parts]
    measure_overhead(tiny, settings(tiny), tmp_path / "film", style="usual")
    render_ours(
        make_project(settings(tiny), tmp_path / "b", style="comparable"), tiny, tmp_path / "b" / "take"
    )
    assert not (tmp_path / "cache").exists()
    assert [set(vars(part)) for part in parts] == before
    assert not tiny.model.denoiser._forward_pre_hooks


def test_a_charge_excludes_what_was_passed_on() -> None:
    ledger = Ledger()
    inner = ledger.wrapped(lambda: time.sleep(0.02), "inner")

    def waits_then_calls() -> None:
        time.sleep(0.01)
        inner()

    ledger.wrapped(waits_then_calls, "outer")()
    charges = ledger.charges()
    assert 0.02 <= charges["MainThread", "inner"] < 0.03
    assert 0.01 <= charges["MainThread", "outer"] < 0.02


def test_threads_are_charged_apart() -> None:
    ledger = Ledger()
    work = ledger.wrapped(lambda: time.sleep(0.001), "work")
    other = threading.Thread(target=work, name="other")
    other.start()
    other.join()
    assert list(ledger.charges()) == [("other", "work")]


def test_a_point_that_is_gone_is_named() -> None:
    gone = Point(module="render.frame", attribute="no_such_stage", name="stage")
    with pytest.raises(AttributeError, match="no_such_stage"), watching(Ledger(), [gone], {}):
        pass


def test_turns_alternate_and_the_ratio_is_that_of_neighbours() -> None:
    turns: list[str] = []
    in_turn(lambda: turns.append("a"), lambda: turns.append("b"), pairs=3, least=0)
    assert "".join(turns).endswith("ababab")
    assert Pairs(ours=[1.0, 2.0, 4.0], other=[3.0, 4.0, 4.0]).cells()[2] == "2.00x (1.00 to 3.00)"


def test_a_table_is_markdown() -> None:
    assert table(("", "ms"), [["warp", "1"]]) == "|      | ms |\n| ---- | -: |\n| warp |  1 |"


def test_the_real_architecture_has_the_published_size() -> None:
    with torch.device("meta"):
        parts = make_unet(Widths()), make_vae(Widths()), make_text_encoder(Widths())
    sizes = [sum(weights.numel() for weights in part.parameters()) for part in parts]
    assert sizes == [859_520_964, 83_653_863, 123_060_480]


def test_the_real_architecture_paints_when_shrunken(tmp_path: Path) -> None:
    candidate = build("cpu", widths=_SMALL)
    small = FilmSettings.of(candidate.name, candidate.defaults, size=64, frames=2)
    loops = compare_loops(candidate, small, tmp_path, pairs=1, probe=Probe())
    assert loops.ours[0].evaluations == loops.naive[0].evaluations == 2 * 2 * 7
