"""The command line: what each command prints, writes and returns."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from click import Context
from click.testing import CliRunner
from PIL import Image

from keyframes import RenderError
from projects import Take, json_schema, read_text
from projects.schema import ProjectFile
from render import api
from render.cli.app import cli, main
from render.cli.progress import ranges
from render.video.probe import read_metadata
from tests.films import probe

from ..fakes import Studio, fake_model, files, project_text, write_project
from ..sound.signals import sine, write_wav
from .conftest import STOPS

TEXT = project_text(8, output='preset = "ultrafast"')
BROKEN = """title = 3
frames = 8
model = "fake"

[prompts]
0 = "a lighthouse"
fourty = "a storm"

[motion]
zoom = "0: (1.0), 4: (1 +)"
angel = 2
angle = "sinn(t)"

[coherence]
color_match = "labb"
"""


COMMANDS = [
    "new",
    "check",
    "schema",
    "move",
    "import",
    "beats",
    "plan",
    "preview",
    "render",
    "still",
    "export",
    "sheet",
    "convert-lora",
    "doctor",
]


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def events(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.out.splitlines()]


Reverie = Callable[..., Ran]


@pytest.fixture
def reverie(capfd: pytest.CaptureFixture[str]) -> Reverie:
    """Runs the command line in this process, the whole way: errors, messages and exit code included."""

    def run(*arguments: object) -> Ran:
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        out, err = capfd.readouterr()
        assert isinstance(ended.value.code, int)
        assert "Traceback" not in err
        return Ran(ended.value.code, out, err)

    return run


@pytest.fixture(autouse=True)
def studio(monkeypatch: pytest.MonkeyPatch) -> Studio:
    """A fake painter takes the place of every model."""
    fake = Studio()
    monkeypatch.setattr(api.Studio, "painter", lambda _self, setup: fake.painter(setup))
    return fake


@pytest.fixture
def project(home: Path) -> Path:
    return write_project(home, TEXT)


# --- new, check, schema


def test_new_writes_a_project_that_loads(reverie: Reverie, home: Path) -> None:
    ran = reverie("new", home / "night_sea.toml")
    assert ran.code == 0
    assert f"reverie render {home / 'night_sea.toml'}" in ran.out
    text = (home / "night_sea.toml").read_text(encoding="utf-8")
    assert ProjectFile.model_validate(tomllib.loads(text)).title == "Night Sea"


def test_new_adds_the_suffix_and_takes_a_title(reverie: Reverie, home: Path) -> None:
    assert reverie("new", home / "dream", "--title", 'a "b" \\ c').code == 0
    assert tomllib.loads((home / "dream.toml").read_text())["title"] == 'a "b" \\ c'


def test_new_overwrites_only_when_told(reverie: Reverie, home: Path) -> None:
    (home / "dream.toml").write_text("mine")
    ran = reverie("new", home / "dream.toml")
    assert ran.code == 2
    assert "--force" in ran.err
    assert (home / "dream.toml").read_text() == "mine"
    assert reverie("new", home / "dream.toml", "--force").code == 0
    assert "[prompts]" in (home / "dream.toml").read_text()


def test_new_where_nothing_can_be_written(reverie: Reverie, home: Path) -> None:
    ran = reverie("new", home / "no such folder" / "dream.toml")
    assert ran.code == 2
    assert len(ran.err.splitlines()) == 1
    assert "no such folder" in ran.err


TEXTS = {
    "plain": TEXT,
    "crlf": TEXT.replace("\n", "\r\n"),
    "bom": "\ufeff" + TEXT,
    "unicode": TEXT.replace("a lighthouse", "маяк 🌊 = ; # \\\\ \\u001b %s"),
    "no newline at the end": TEXT + '# "quotes" and spaces   ',
    "long": TEXT + "# x\n" * 50_000,
}


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("carrier", ["frames/000003.png", "film.mp4"])
def test_a_frame_and_a_film_give_their_project_back(
    reverie: Reverie, home: Path, name: str, carrier: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_project(home, TEXT)
    path.write_bytes(TEXTS[name].encode())
    assert reverie("render", path).code == 0
    monkeypatch.chdir(home)
    assert reverie("new", path.parent / "takes" / "dream" / carrier, "-o", "again.toml").code == 0
    assert (home / "again.toml").read_bytes() == TEXTS[name].encode()


def test_a_frame_knows_its_projects_name(
    reverie: Reverie, project: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert reverie("render", project, "-f", 0).code == 0
    monkeypatch.chdir(tmp_path)
    assert reverie("new", project.parent / "takes" / "dream" / "frames" / "000000.png").code == 0
    assert (tmp_path / "dream.toml").read_text() == TEXT


def test_new_from_what_carries_nothing(reverie: Reverie, home: Path) -> None:
    Image.new("RGB", (8, 8)).save(home / "plain.png")
    (home / "text.png").write_text("text")
    for name, what in [
        ("plain.png", "carries no project"),
        ("text.png", "not a readable PNG"),
        ("no.png", "no such"),
    ]:
        ran = reverie("new", home / name)
        assert ran.code in (1, 2)
        assert what in ran.err
        assert len(ran.err.splitlines()) == 1


def test_check_tells_every_mistake_at_once(reverie: Reverie, home: Path) -> None:
    path = write_project(home, BROKEN)
    ran = reverie("check", path)
    assert ran.code == 2
    heads = [line for line in ran.err.splitlines() if line.startswith("dream.toml:")]
    found = {
        int(line): where.strip(":,")
        for line, where in re.findall(r"dream\.toml:(\d+) (\S+)", "\n".join(heads))
    }
    assert found == {
        1: "title",
        7: "prompts.fourty",
        10: "motion.zoom",
        11: "motion.angel",
        12: "motion.angle",
        15: "coherence.color_match",
    }
    assert len(heads) == len(found)
    assert 'Did you mean "angle"?' in ran.err
    assert 'Did you mean "sin"?' in ran.err
    assert "    sinn(t)\n    ^" in ran.err


def test_check_of_several(reverie: Reverie, home: Path) -> None:
    good, bad = write_project(home, TEXT), write_project(home, BROKEN, "bad.toml")
    ran = reverie("check", good, bad, good)
    assert ran.code == 2
    assert ran.out.count(f"{good}: fine; 8 frames 64x64 with fake") == 2


def test_check_of_a_model_that_is_not_there(reverie: Reverie, home: Path) -> None:
    path = write_project(home, TEXT.replace('"fake"', '"fakee"'))
    ran = reverie("check", path)
    assert ran.code == 3
    assert len(ran.err.splitlines()) == 1
    assert 'model "fakee" was not found' in ran.err
    assert "Did you mean fake?" in ran.err
    path.write_text(path.read_text().replace("angle = 1", 'angle = "sinn(t)"'))
    ran = reverie("check", path)
    assert ran.code == 2
    assert "dream.toml:1 model:" in ran.err
    assert "motion.angle" in ran.err


def test_schema(reverie: Reverie, home: Path) -> None:
    assert json.loads(reverie("schema").out) == json_schema()
    assert reverie("schema", "-o", home / "reverie.schema.json").code == 0
    assert json.loads((home / "reverie.schema.json").read_text()) == json_schema()


# --- plan


def test_move(reverie: Reverie, home: Path) -> None:
    assert "dolly-zoom" in reverie("move").out
    table = tomllib.loads(reverie("move", "orbit", "--frames", "40").out)["motion"]
    assert table["mode"] == "3d"
    assert set(table) == {"mode", "rotation_3d_y", "translation_x", "translation_z"}
    wrong = reverie("move", "orbitt")
    assert wrong.code == 2
    assert "there are push-in" in wrong.err
    assert reverie("move", "orbit", "--distance", "0").code == 2


def test_plan(reverie: Reverie, project: Path) -> None:
    ran = reverie("plan", project)
    assert ran.code == 0
    assert "8 frames, 64x64, 0.5 s of film" in ran.out
    # 4 for frame 0, half of 4 for the others, and what the turning corners show
    told = r"to paint +0-7: 8 frames, 27 model calls, 9 of them for what the camera uncovers"
    assert re.search(told, ran.out)
    assert re.search(r"kept +none: 0 frames", ran.out)
    assert "not known before" in ran.out
    assert not (project.parent / "takes").exists()


def test_plan_after_a_render(reverie: Reverie, project: Path) -> None:
    reverie("render", project)
    told = json.loads(reverie("plan", project, "--json").out)
    assert (told["paint"], told["kept"], told["seconds"], told["bytes"]) == ([], list(range(8)), 0.0, 0)
    assert "frames" not in told
    project.write_text(TEXT.replace("angle = 1", 'angle = "0: (where(t < 5, 1, 2))"'))
    told = json.loads(reverie("plan", project, "--json").out)
    assert (told["paint"], told["model_calls"] - told["reveal_calls"]) == ([5, 6, 7], 6)
    assert told["seconds"] > 0


def test_plan_of_frames_in_json(reverie: Reverie, home: Path) -> None:
    text = project_text(200, prompts='blend = "linear"\nnegative = "birds"\n0 = "dawn"\n100 = "night"')
    told = json.loads(reverie("plan", write_project(home, text), "--frames", "0-99", "--json").out)
    rows = told["frames"]
    assert [row["frame"] for row in rows] == list(range(100))
    assert rows[0]["prompts"] == [{"text": "dawn", "weight": 1.0}]
    assert [(p["text"], p["weight"]) for p in rows[25]["prompts"]] == [("dawn", 0.75), ("night", 0.25)]
    assert rows[3]["negative"] == [{"text": "birds", "weight": 1.0}]
    assert rows[30]["lanes"]["zoom"] == 1.03
    assert rows[15]["lanes"]["zoom"] == pytest.approx(1.015)
    assert {"angle", "strength", "steps", "sampler", "noise"} <= set(rows[0]["lanes"])
    assert [row["seed"] for row in rows[:3]] == [3, 4, 5]


def test_plan_of_one_frame_explains_every_lane(reverie: Reverie, project: Path) -> None:
    ran = reverie("plan", project, "-f", "4")
    assert "frame 4: seed 7" in ran.out
    line = next(line for line in ran.out.splitlines() if line.split()[:1] == ["zoom"])
    assert line.split()[1] == "1.004"
    assert "default" in next(line for line in ran.out.splitlines() if "translation_y" in line)


@pytest.mark.parametrize("frames", ["8", "0-99", "5-3", "x", "", "-9", "1,,2"])
def test_frames_that_are_not_there(reverie: Reverie, project: Path, frames: str) -> None:
    for command in ("plan", "render"):
        ran = reverie(command, project, f"--frames={frames}")
        assert ran.code == 2
        assert "frames" in ran.err.splitlines()[0]
    assert not (project.parent / "takes").exists()


def test_ranges() -> None:
    assert ranges([]) == "none"
    assert ranges([0, 1, 2, 5, 8, 9]) == "0-2, 5, 8-9"


# --- preview, render, still


def test_preview(reverie: Reverie, project: Path, studio: Studio) -> None:
    ran = reverie("preview", project)
    assert ran.code == 0
    assert probe(project.parent / "takes" / "dream" / "preview.mp4").frames == 8
    assert "8 frames" in ran.out
    assert reverie("preview", project, "-o", project.parent / "move.gif").code == 0
    assert (project.parent / "move.gif").read_bytes()[:6] == b"GIF89a"
    assert studio.painters == []
    assert reverie("plan", project).code == 0, (
        "a take with nothing but a preview is still a take to render to"
    )
    assert reverie("render", project).code == 0


def test_render_again_and_again(reverie: Reverie, project: Path, studio: Studio) -> None:
    ran = reverie("render", project)
    assert ran.code == 0
    assert ran.out == f"{project.parent / 'takes' / 'dream' / 'film.mp4'}: 8 frames painted, 0 kept\n"
    assert "8 to paint" in ran.err
    assert "up to date (8 frames)" in reverie("render", project).out
    assert len(studio.painted) == 8


def test_render_a_range_elsewhere(reverie: Reverie, project: Path, studio: Studio) -> None:
    take = project.parent / "other take"
    ran = reverie("render", project, "-f", "-2", "-o", take, "--no-film")
    assert ran.code == 0
    assert studio.painted == [0, 1, 2, 3, 4, 5, 6]
    assert not (take / "film.mp4").exists()
    assert not (project.parent / "takes").exists()
    assert reverie("render", project, "-f", "2..4,7", "-o", take).code == 0
    assert probe(take / "film.mp4").frames == 4


def test_render_tells_machines(reverie: Reverie, project: Path) -> None:
    events = reverie("render", project, "--json").events
    assert [event["event"] for event in events] == ["begin", *["frame"] * 8, "end"]
    assert events[0]["paint"] == 8
    assert events[0]["calls"] == 27
    assert [event["frame"] for event in events[1:-1]] == list(range(8))
    take = project.parent / "takes" / "dream"
    assert events[-1] == {
        "event": "end",
        "project": str(project),
        "take": str(take),
        "film": str(take / "film.mp4"),
        "up_to_date": False,
    }
    assert reverie("render", project, "--json").events[-1]["up_to_date"] is True


@pytest.mark.parametrize("order", [0, 1])
def test_one_broken_project_does_not_stop_the_other(reverie: Reverie, home: Path, order: int) -> None:
    good, bad = write_project(home, TEXT), write_project(home, BROKEN, "bad.toml")
    ran = reverie("render", *((good, bad) if order else (bad, good)))
    assert ran.code == 2
    assert "bad.toml:12 motion.angle" in ran.err
    assert probe(home / "takes" / "dream" / "film.mp4").frames == 8
    assert not (home / "takes" / "bad").exists()


def test_the_first_failure_gives_the_exit_code(reverie: Reverie, home: Path, studio: Studio) -> None:
    missing = write_project(home, TEXT.replace('"fake"', '"none"'), "missing.toml")
    bad, good = write_project(home, BROKEN, "bad.toml"), write_project(home, TEXT)
    assert reverie("render", missing, bad, good).code == 3
    studio.fails = {2: RenderError("frame 2: not finite")}
    ran = reverie("render", write_project(home, TEXT, "nan.toml"), bad)
    assert ran.code == 1
    assert "frame 2: not finite" in ran.err


def test_a_take_for_several_projects_is_refused(reverie: Reverie, project: Path) -> None:
    ran = reverie("render", project, project, "-o", project.parent / "take")
    assert ran.code == 2
    assert "--take" in ran.err


def test_a_locked_take(reverie: Reverie, project: Path) -> None:
    with Take(project.parent / "takes" / "dream", project="dream").lock():
        ran = reverie("render", project)
    assert ran.code == 4
    assert len(ran.err.splitlines()) == 1
    assert f"process {os.getpid()}" in ran.err


def test_the_take_of_another_project(reverie: Reverie, project: Path) -> None:
    assert reverie("render", project).code == 0
    take = project.parent / "takes" / "dream"
    before = files(take)
    other = write_project(project.parent, TEXT.replace("angle = 1", "angle = 2"), "night.toml")
    for command in (["render"], ["plan"], ["still", "-f", "1"]):
        ran = reverie(*command, other, "--take", take)
        assert ran.code == 2
        assert 'belongs to the project "dream", not to "night"' in ran.err
    assert files(take) == before


def test_no_metadata(reverie: Reverie, project: Path) -> None:
    assert reverie("render", project, "--no-metadata").code == 0
    take = project.parent / "takes" / "dream"
    for path in [*sorted((take / "frames").iterdir()), take / "film.mp4"]:
        assert b"lighthouse" not in path.read_bytes()
    assert read_text(take / "frames" / "000002.png") == {}
    assert "comment" not in read_metadata(take / "film.mp4")
    assert reverie("new", take / "film.mp4", "-o", project.parent / "x.toml").code == 2


def test_stopped_while_rendering(
    reverie: Reverie, project: Path, studio: Studio, signals: tuple[object, object]
) -> None:
    studio.seconds = 0.05
    timer = threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT))
    project.write_text(TEXT.replace("frames = 8", "frames = 100"))
    timer.start()
    ran = reverie("render", project)
    timer.join()
    assert ran.code == 130
    assert "stopped by SIGINT" in ran.err
    assert "run the same command again to continue" in ran.err
    ignored = [signal.getsignal(number) is signal.SIG_IGN for number in STOPS]
    assert all(ignored), "the process ends now: a second signal must not interrupt that"


def test_signals_are_given_back_after_a_render(
    reverie: Reverie, project: Path, signals: tuple[object, object]
) -> None:
    assert reverie("render", project).code == 0
    assert tuple(signal.getsignal(number) for number in STOPS) == signals


def test_still(reverie: Reverie, project: Path, studio: Studio) -> None:
    ran = reverie("still", project, "-f", "3", "--dry-run")
    assert (ran.code, ran.out) == (0, "")
    assert ran.err == "frame 3: 4 frames to paint\n"
    assert not (project.parent / "takes").exists()
    ran = reverie("still", project, "-f", "-5", "-o", project.parent / "three.png")
    assert ran.code == 0
    assert ran.out == f"{project.parent / 'three.png'}\n"
    assert "frame 3: 4 frames to paint" in ran.err
    stored = project.parent / "takes" / "dream" / "frames" / "000003.png"
    assert (project.parent / "three.png").read_bytes() == stored.read_bytes()
    assert studio.painted == [0, 1, 2, 3]
    ran = reverie("still", project, "-f", "3")
    assert ran.out == f"{stored}\n"
    assert len(studio.painted) == 4
    assert "about" in reverie("still", project, "-f", "7", "--dry-run").err
    assert reverie("still", project, "-f", "1-2").code == 2


# --- export, sheet, doctor


def test_export(reverie: Reverie, project: Path) -> None:
    reverie("render", project)
    home, take = project.parent, project.parent / "takes" / "dream"
    for name in ("film.mp4", "film.webm", "film.mov"):
        assert reverie("export", take, "-o", home / name).code == 0
        found = probe(home / name)
        assert (found.frames, found.width, found.height) == (8, 64, 64)
    assert reverie("export", take, "-o", home / "film.gif", "-f", "2-5", "--fps", "10").code == 0
    with Image.open(home / "film.gif") as gif:
        assert gif.n_frames == 4  # type: ignore[attr-defined]
        assert gif.info["duration"] == 100
    assert reverie("export", take, "-o", f"{home / 'pngs'}/").code == 0
    assert len(list((home / "pngs").glob("*.png"))) == 8


def test_export_of_what_is_no_take(reverie: Reverie, home: Path, project: Path) -> None:
    for folder in (home, home / "nothing"):
        ran = reverie("export", folder, "-o", home / "film.mp4")
        assert ran.code == 2
        assert len(ran.err.splitlines()) == 1
    reverie("render", project)
    ran = reverie("export", home / "takes" / "dream", "-o", home / "film.avi")
    assert ran.code == 2
    assert ".mp4" in ran.err


def test_export_of_a_take_away_from_its_project(reverie: Reverie, home: Path, tmp_path: Path) -> None:
    Image.new("RGB", (64, 64), "red").save(home / "start.png")
    path = write_project(home, project_text(4, top='init_image = "start.png"\nfps = 12'))
    take = tmp_path / "elsewhere" / "take"
    assert reverie("render", path, "-o", take).code == 0
    shutil.rmtree(home)
    assert reverie("export", take, "-o", tmp_path / "film.mp4").code == 0
    assert probe(tmp_path / "film.mp4").frames == 4
    assert read_metadata(tmp_path / "film.mp4")["comment"] == (take / "project.toml").read_text()


@pytest.fixture
def sounding(home: Path) -> Path:
    """A project with a second of sound, rendered away from it; its take."""
    write_wav(home / "song.wav", sine(440, 1.0))
    path = write_project(home, project_text(8, top='audio = "song.wav"\nfps = 8'))
    take = home.parent / "elsewhere" / "take"
    api.render(api.load_project(path), take=take)
    return take


def test_export_of_a_take_away_from_its_project_keeps_the_sound(
    reverie: Reverie, sounding: Path, tmp_path: Path
) -> None:
    assert reverie("export", sounding, "-o", tmp_path / "film.mp4").code == 0
    assert probe(tmp_path / "film.mp4").sound == pytest.approx(1.0, abs=0.1)
    moved = shutil.move(tmp_path, tmp_path.with_name("all"))
    assert reverie("export", Path(moved) / "elsewhere" / "take", "-o", Path(moved) / "2.mov").code == 0
    assert probe(Path(moved) / "2.mov").sound == pytest.approx(1.0, abs=0.1)


def test_export_refuses_to_lose_the_sound(
    reverie: Reverie, sounding: Path, home: Path, tmp_path: Path
) -> None:
    (home / "song.wav").unlink()
    ran = reverie("export", sounding, "-o", tmp_path / "film.mp4")
    assert ran.code == 2
    assert f'"song.wav", was not found. Looked in {home}' in ran.err
    assert not (tmp_path / "film.mp4").exists()
    assert reverie("export", sounding, "-o", tmp_path / "film.gif").code == 0, "it holds no sound anyway"


def test_export_with_a_sound_outside(reverie: Reverie, home: Path, tmp_path: Path) -> None:
    write_wav(tmp_path / "song.wav", sine(440, 1.0))
    path = write_project(home, project_text(8, top='audio = "../song.wav"\nfps = 8'))
    assert reverie("render", path, "--allow-outside").code == 0
    take, out = home / "takes" / "dream", tmp_path / "film.mp4"
    ran = reverie("export", take, "-o", out)
    assert (ran.code, out.exists()) == (2, False)
    assert "--allow-outside" in ran.err
    assert reverie("export", take, "-o", out, "--allow-outside").code == 0
    assert probe(out).sound == pytest.approx(1.0, abs=0.1)


def test_a_strangers_take_cannot_say_where_its_project_is(
    reverie: Reverie, sounding: Path, home: Path, tmp_path: Path
) -> None:
    (home / "dream.toml").unlink()  # as in a folder that has never seen the project
    ran = reverie("export", sounding, "-o", tmp_path / "film.mp4")
    assert ran.code == 2
    assert f"Looked in {tmp_path}." in ran.err
    assert reverie("export", sounding, "-o", tmp_path / "film.mp4", "--allow-outside").code == 0


def test_export_of_a_draft_has_the_drafts_frames(reverie: Reverie, home: Path, tmp_path: Path) -> None:
    path = write_project(home, project_text(8, output="interpolate = 2\nupscale = 2"))
    assert reverie("render", path, "--draft").code == 0
    assert reverie("export", home / "takes" / "dream-draft", "-o", tmp_path / "film.mp4").code == 0
    made, film = probe(tmp_path / "film.mp4"), probe(home / "takes" / "dream-draft" / "film.mp4")
    assert (made.frames, made.width) == (film.frames, film.width) == (8, 32)


def test_export_of_a_project_that_cannot_be_read(reverie: Reverie, sounding: Path, tmp_path: Path) -> None:
    (sounding / "project.toml").write_text("not = a = project")
    assert reverie("export", sounding, "-o", tmp_path / "film.mp4").code == 2
    ran = reverie("export", sounding, "-o", tmp_path / "film.mp4", "--fps", "8")
    assert ran.code == 0
    assert "cannot be read: the film is the frames alone" in ran.err


def test_sheet(reverie: Reverie, project: Path) -> None:
    take, out = project.parent / "takes" / "dream", project.parent / "sheet.png"
    assert reverie("sheet", take, "-o", out).code == 2
    reverie("render", project)
    ran = reverie("sheet", take, "-o", out, "-n", "5", "--columns", "3")
    assert ran.code == 0
    assert "5 of 8 frames" in ran.out
    with Image.open(out) as sheet:
        assert sheet.width == 3 * 64 + 4 * 8
    assert reverie("sheet", take, "-o", project.parent / "sheet.tiff").code == 2


def test_doctor(reverie: Reverie, monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    ran = reverie("doctor")
    for word in ("reverie", "packages", "device", "memory", "disk", "ffmpeg", "models"):
        assert re.search(rf"^{word} +\S", ran.out, re.MULTILINE)
    assert "torch 2" in ran.out
    assert "MISSING" not in ran.out
    assert ran.code == 0
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(home / "nothing" / "ffmpeg"))
    ran = reverie("doctor")
    assert ran.code == 3
    assert re.search(r"^ffmpeg +MISSING: ", ran.out, re.MULTILINE)
    missing = {what: text for what, text, fine in api.examine(["numpy", "no-such-package"]) if not fine}
    assert missing["packages"] == "no-such-package. Install with: pip install no-such-package"


# --- wrong use


@pytest.mark.parametrize(
    ("arguments", "near"),
    [
        (["rendr", "x.toml"], 'Did you mean "render"?'),
        (["chek"], 'Did you mean "check"?'),
        (["xyzzy"], "Commands: new, check"),
        (["render", "x.toml", "--devise", "cpu"], "--device"),
        (["plan", "--jsn", "x.toml"], "--json"),
        (["plan"], "PROJECT.toml"),
        (["sheet", "x", "-o", "y.png", "-n", "many"], "'many' is not a valid integer"),
        (["export", "x"], "--out"),
    ],
)
def test_wrong_use(reverie: Reverie, arguments: list[str], near: str) -> None:
    ran = reverie(*arguments)
    assert ran.code == 2
    assert near in ran.err
    assert ran.out == ""


@pytest.mark.parametrize("command", ["check", "plan", "preview", "render", "still"])
def test_no_such_project(reverie: Reverie, project: Path, command: str) -> None:
    options = ["-f", "1"] if command == "still" else []
    ran = reverie(command, project.with_name("dreem.toml"), *options)
    assert ran.code == 2
    assert len(ran.err.splitlines()) == 1
    assert 'Did you mean "dream.toml"?' in ran.err


@pytest.mark.parametrize("command", ["check", "plan", "preview", "render", "still"])
def test_no_such_model(reverie: Reverie, home: Path, command: str) -> None:
    path = write_project(home, TEXT.replace('"fake"', '"none"'))
    ran = reverie(command, path, *(["-f", "1"] if command == "still" else []))
    assert ran.code == 3
    assert len(ran.err.splitlines()) == 1
    assert 'model "none" was not found' in ran.err


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str) -> None:
    shown = CliRunner().invoke(cli, [command, "--help"])
    assert shown.exit_code == 0
    assert f"Usage: cli {command}" in shown.output
    found = cli.get_command(Context(cli), command)
    assert found is not None
    for parameter in found.params:
        if parameter.param_type_name == "option":
            assert parameter.help, f"{command} {parameter.name} has no help"  # type: ignore[attr-defined]


def test_a_strangers_project_cannot_steer_the_terminal(reverie: Reverie, home: Path) -> None:
    escape = "\\u001b[31mred\\u202e"
    hostile = TEXT.replace("a lighthouse", f"a {escape} lighthouse")
    path = write_project(home, f'title = "{escape}"\n{hostile}')
    fake_model(home / "\x1b[31mred\u202e")
    assert reverie("render", path).code == 0
    ran = [
        reverie("plan", path, "-f", "2"),
        reverie("plan", path, "-f", "2", "--json"),
        reverie("check", path),
        reverie("render", path, write_project(home, hostile.replace('"fake"', f'"{escape}"'), "other.toml")),
        reverie("check", home / "other.toml"),
        reverie("check", write_project(home, hostile.replace('"fake"', f'"x{escape}"'), "none.toml")),
        reverie("render", write_project(home, hostile.replace("angle", f'"{escape}"'), "key.toml")),
    ]
    assert [r.code for r in ran] == [0, 0, 0, 0, 0, 3, 2]
    assert "red" in "".join(r.out + r.err for r in ran)
    for r in ran:
        assert not {"\x1b", "\u202e"} & {*r.out, *r.err}


def test_notes_of_an_error_are_told(reverie: Reverie, project: Path, studio: Studio) -> None:
    error = RenderError("frame 2: not finite")
    error.add_note("Storing frames failed too: disk full")
    studio.fails = {2: error}
    ran = reverie("render", project)
    assert ran.code == 1
    assert ran.err.endswith("frame 2: not finite\nStoring frames failed too: disk full\n")


def test_a_reader_that_goes_away(home: Path) -> None:
    run = [sys.executable, "-c", "from render.cli import main; main(['schema'])"]
    with subprocess.Popen(run, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        said = process.stderr.read()
    assert said == b""


def test_the_command_line_calls_the_api_and_nothing_deeper() -> None:
    face = {"render", "render.api", "render.stop"}
    for path in Path(api.__file__).parent.glob("cli/*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.level == 2:
                assert f"render.{node.module}" in face if node.module else True, path.name


def test_commands_are_complete() -> None:
    assert cli.list_commands(Context(cli)) == COMMANDS


def test_the_program_itself(home: Path) -> None:
    """One run of the installed script's own code in a process of its own."""
    run = [sys.executable, "-c", "from render.cli import main; main()"]
    done = subprocess.run([*run, "new", "dream.toml"], cwd=home, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    done = subprocess.run([*run, "rendr"], cwd=home, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr
    done = subprocess.run([*run, "--version"], cwd=home, capture_output=True, text=True, check=False)
    assert re.fullmatch(r"reverie, version \S+( source)?\n", done.stdout)


# --- import


@pytest.mark.parametrize("name", ["deforum_2024_2d", "deforum_2024_3d"])
def test_import_makes_a_project_and_tells_of_each_setting(home: Path, reverie: Reverie, name: str) -> None:
    source = Path(__file__).parents[1] / "projects" / "settings" / f"{name}.txt"
    settings = home / "old.txt"
    shutil.copy(source, settings)
    fake_model(home / "fake")
    ran = reverie("import", settings, "-o", home / "new.toml", "--model", "fake")
    assert (ran.code, "diffusion_cadence = 2" in ran.err) == (0, True)
    text = (home / "new.toml").read_text()
    (home / "new.toml").write_text(text.replace('depth = "auto"', 'depth = "ground"'))  # fetches nothing
    assert reverie("check", home / "new.toml").code == 0
    assert reverie("plan", home / "new.toml").code == 0
    assert reverie("import", settings, "-o", home / "new.toml").code == 2
    assert reverie("import", settings, "-o", home / "new.toml", "--force").code == 0


def test_import_can_render_in_one_go(home: Path, reverie: Reverie) -> None:
    default = Path(__file__).parents[1] / "projects" / "settings" / "deforum_2024_3d.txt"
    values = {**json.loads(default.read_text(encoding="utf-8")), "W": 64, "H": 64, "use_depth_warping": False}
    (home / "old.txt").write_text(json.dumps(values), encoding="utf-8")
    fake_model(home / "fake")
    made = ("-o", home / "new.toml", "--model", "fake")
    ran = reverie("import", home / "old.txt", *made, "--render", "--frames", "0-1")
    assert ran.code == 0, ran.err
    assert "2 frames painted" in ran.out
    assert Take(home / "takes" / "new").stored() == (0, 1)


def test_import_of_something_else(home: Path, reverie: Reverie) -> None:
    (home / "notes.txt").write_text("dear diary")
    ran = reverie("import", home / "notes.txt")
    assert ran.code == 2
    assert "notes.txt:1: is not JSON" in ran.err
    assert not (home / "notes.toml").exists()
