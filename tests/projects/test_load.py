"""Reading project files: what is right is read; what is wrong is told, all of it at once, with its lines."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from keyframes import ProjectError, compile_timeline
from projects import Project, lane_specs, load_project, located, read_project
from projects.load import MAX_BYTES
from tests.pace import within

BASE = 'frames = 20\nmodel = "m"\n\n[prompts]\n0 = "a lighthouse"\n'
SECOND = 1.0


def read(text: str, folder: Path | None = None) -> Project:
    return read_project(text, name="dream.toml", folder=folder or Path.cwd())


def faults(text: str, folder: Path | None = None) -> dict[str, int | None]:
    """where -> line of what is wrong in a project, its lanes and prompts included."""
    return {problem.where: problem.line for problem in refused(text, folder).problems}


def refused(text: str, folder: Path | None = None) -> ProjectError:
    """The error that a text gives: our own, for people, in no time."""
    with within(SECOND), pytest.raises(ProjectError) as caught:
        compiled(read(text, folder))
    assert caught.value.exit_code == 2
    for problem in caught.value.problems:
        assert problem.file == "dream.toml"
        assert str(problem).isprintable()
        assert len(str(problem)) < 1500
    return caught.value


def compiled(project: Project) -> Project:
    """The project, its lanes and prompts checked too, as it is before a render."""
    try:
        compile_timeline(project.clock, lane_specs(("default",), {}), project.given_lanes, project.prompts)
    except ProjectError as error:
        raise ProjectError(located(project, error.problems)) from None
    return project


def test_a_small_project(tmp_path: Path) -> None:
    (tmp_path / "sea one.toml").write_text(BASE)
    project = load_project(tmp_path / "sea one.toml")
    assert (project.name, project.file_name, project.folder) == ("sea one", "sea one.toml", tmp_path)
    assert project.text == BASE
    assert (project.clock.frames, project.clock.fps, project.clock.seed) == (20, 15.0, 0)
    assert project.take_folder == tmp_path / "takes" / "sea one"
    assert project.given_lanes == {}
    assert project.prompts.prompts == {"0": "a lighthouse"}


def test_prompts_in_every_form() -> None:
    classic = '{"0": "dawn", "10": "night"}'
    one = read('frames = 20\nprompts = "dawn"\n').prompts
    two = read(f"frames = 20\nprompts = '{classic}'\n").prompts
    three = read(f"frames = 20\n[prompts]\nschedule = '{classic}'\nnegative = 'birds'\n").prompts
    assert (one.prompts, two.prompts, three.prompts) == ("dawn", classic, classic)
    assert three.negative == "birds"


def test_lanes_are_handed_on_as_given() -> None:
    text = BASE + '[motion]\nzoom = "0: (1)"\nangle = 2\ntranslation_x = {0 = 1.0, "2.5s" = "t"}\n'
    project = read(text + '[diffusion]\nsampler = "euler"\nseed = "s + f"\n')
    assert project.given_lanes == {
        "zoom": "0: (1)",
        "angle": 2,
        "translation_x": {"0": 1.0, "2.5s": "t"},
        "sampler": "euler",
        "seed": "s + f",
    }


def test_a_byte_order_mark_and_windows_lines() -> None:
    text = "\ufeff" + (BASE + '[motion]\nzoom = "0: (1.5)"\n').replace("\n", "\r\n")
    project = read(text)
    assert project.text == text
    assert project.given_lanes == {"zoom": "0: (1.5)"}
    assert faults(text.replace("1.5", "sinn(t)")) == {"motion.zoom": 7}


def test_every_mistake_at_once() -> None:
    text = """title = 3
frames = "20"
fps = 0
size = [64]
fraems = 3

[prompts]
0 = "dawn"
ten = "night"
negative = 5

[motion]
zoom = true
angle = "sinn(t)"
border = "mirror"
x = 1

[diffusion]
seed = "0: (1"
steps = [3]

[output]
crf = 99
"""
    assert faults(text) == {
        "title": 1,
        "frames": 2,
        "fps": 3,
        "size.1": 4,
        "fraems": 5,
        "prompts.ten": 9,
        "prompts.negative": 10,
        "motion.zoom": 13,
        "motion.angle": 14,
        "motion.border": 15,
        "motion.x": 16,
        "diffusion.seed": 19,
        "diffusion.steps": 20,
        "output.crf": 23,
    }


def test_mistakes_are_told_in_the_order_of_the_file() -> None:
    text = BASE + "[motion]\nzoom = '('\nangle = ')'\n[coherence]\nnoise = 7\n"
    assert [problem.line for problem in refused(text).problems] == [7, 8, 10]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("frames = 20", "fraems = 20", 'Did you mean "frames"?'),
        ("frames = 20", "frames = 20\nduration = '1s'", "either frames = 120 or duration = '8s'"),
        ("frames = 20", "fps = 15", "either frames = 120 or duration = '8s'"),
        ("frames = 20", "duration = 'ten'", "'10s' or '1.5min', not \"ten\""),
        ("frames = 20", "duration = '0s'", "duration gives 0 frames"),
        ("frames = 20", "duration = '9999min'", "allowed: 1 to 100000"),
        ("frames = 20", "frames = 0", "must be greater than or equal to 1, not 0"),
        ("frames = 20", "frames = 1000000000", "must be less than or equal to 100000"),
        ("frames = 20", "frames = true", "must be a number, not true"),
        ("frames = 20", "frames = 20\nfps = 0", "greater than 0, not 0"),
        ("frames = 20", "frames = 20\nfps = -1", "greater than 0, not -1"),
        ("frames = 20", "frames = 20\nfps = 1e9", "less than or equal to 240"),
        ("frames = 20", "frames = 20\nfps = nan", "must be a finite number, not nan"),
        ("frames = 20", "frames = 20\nfps = inf", "must be a finite number, not inf"),
        ("frames = 20", "frames = 20\nbpm = 0", "greater than 0"),
        ("frames = 20", "frames = 20\nseed = -1", "greater than or equal to 0"),
        ("frames = 20", "frames = 20\nseed = 99999999999999999999", "less than or equal to 9007199254740992"),
        ("frames = 20", "frames = 20\nversion = 2", "version"),
        ("frames = 20", "frames = 20\nsize = [1000000, 1000000]", "less than or equal to 8192"),
        ("frames = 20", "frames = 20\nsize = [8192, 8192]", "at most 64,000,000 pixels"),
        ("frames = 20", "frames = 20\nsize = [64, 64, 64]", "[width, height]"),
        ("frames = 20", "frames = 20\nsize = '64x64'", "[width, height]"),
        ("frames = 20", "frames = 20\nsize = [64.0, 64]", "whole number, not 64.0"),
        ("frames = 20", "frames = 20\ntitle = 1979-05-27", "text in quotes"),
        ('0 = "a lighthouse"', "0 = 3", "prompts.0"),
        ('0 = "a lighthouse"', "0 = [1, 2]", "prompts.0"),
        ('0 = "a lighthouse"', "0 = {a = 1}", "prompts.0"),
        ('0 = "a lighthouse"', '"-30" = "a"', "prompts.-30"),
        ("[prompts]", "[prompt]", 'Did you mean "prompts"?'),
        ("[prompts]", "[[prompts]]", "must be text or a table"),
        ("[prompts]", "[prompts", "is not TOML"),
    ],
)
def test_what_is_wrong_is_told(old: str, new: str, says: str) -> None:
    assert BASE.count(old) == 1
    assert says in str(refused(BASE.replace(old, new)))


LANES = {
    "bomb": "9**9**9",
    "another bomb": "10**8**8",
    "brackets": "(" * 10_000 + "1" + ")" * 10_000,
    "a long sum": "1" + "+1" * 100_000,
    "minuses": "-" * 100_000 + "1",
    "a megabyte": "1 + " * 200_000 + "1",
    "attribute": "().__class__.__bases__[0]",
    "import": "__import__('os').system('touch pwned')",
    "lambda": "(lambda: 1)()",
    "comprehension": "[x for x in (1, 2)]",
    "walrus": "(x := 1)",
    "f-string": "f'{1}'",
    "look-alike": "\uff53\uff49\uff4e(t)",
    "pole": "1/(t-5)",
    "division": "1/0",
    "logarithm": "log(-1)",
    "root": "sqrt(-t - 1)",
    "nan": "nan",
    "infinity": "inf",
    "overflow": "1e308*10",
    "unclosed": "0: (sin(t)",
    "nothing": "",
    "blank": "   ",
    "junk after": "0: (1), 10: (2), junk",
    "no value": "0:",
    "words": "fast",
}


@pytest.mark.parametrize("name", LANES)
def test_expressions_that_are_refused(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    error = refused(f"{BASE}[motion]\nzoom = {toml_text(LANES[name])}\n")
    (problem,) = error.problems
    assert (problem.where, problem.line) == ("motion.zoom", 7)
    assert list(tmp_path.iterdir()) == []


def toml_text(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


@pytest.mark.parametrize(
    ("lane", "values"),
    [
        ("0: (1), 10: (2)", {0: 1, 5: 1.5, 10: 2, 19: 2}),
        ("10: (2)", {0: 2, 19: 2}),
        ("0: (1), 10: (2),", {19: 2}),
        ("10: (2), 0: (1)", {0: 1, 10: 2}),
        ("0:(where(t>1,1,2))", {0: 2, 2: 1}),
        ("1e0", {0: 1}),
    ],
)
def test_schedules_that_are_read(lane: str, values: dict[int, float]) -> None:
    project = read(f"{BASE}[motion]\nzoom = {toml_text(lane)}\n")
    series = compile_timeline(
        project.clock, lane_specs(("default",), {}), project.given_lanes, project.prompts
    ).numbers["zoom"]
    assert {frame: series[frame] for frame in values} == pytest.approx(values)


def test_many_keys_are_read_at_once() -> None:
    keys = ", ".join(f"{frame}: (1.0)" for frame in range(40_000))
    text = BASE.replace("20", "40000") + f'[motion]\nzoom = "{keys}"\n'
    assert len(text) < MAX_BYTES
    with within(3 * SECOND):
        compiled(read(text))


@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "-1", "1e999", "true", "[1]", "1979-05-27", "0"])
def test_numbers_that_no_lane_takes(value: str) -> None:
    assert faults(f"{BASE}[motion]\nzoom = {value}\n") == {"motion.zoom": 7}


HOSTILE = {
    "deep lists": "x = " + "[" * 5000 + "]" * 5000 + "\n" + BASE,
    "deep tables": "x = " + "{a=" * 5000 + "1" + "}" * 5000 + "\n" + BASE,
    "deep but readable": "x = " + "[" * 200 + "]" * 200 + "\n" + BASE,
    "a long dotted key": "a." * 200_000 + "a = 1\n" + BASE,
    "a long dotted table": BASE + "[" + "a." * 200_000 + "a]\n",
    "a long quoted key": '"a".' * 100_000 + "a = 1\n" + BASE,
    "a deep lane": BASE + "[motion]\nzoom." + "a." * 3000 + "a = 1\n",
    "a deep prompt": BASE + "x." + "a." * 3000 + "a = 1\n",
    "5,000 digits": BASE.replace("20", "9" * 5000),
    "a NUL": "title = 'a\0b'\n" + BASE,
    "many unknown keys": "".join(f"x{i} = 1\n" for i in range(20_000)) + BASE,
    "many unknown lanes": BASE + "[motion]\n" + "".join(f"x{i} = 1\n" for i in range(20_000)),
    "many bad prompts": BASE + "".join(f"x{i} = 'a'\n" for i in range(3_000)),
    "spaces in a list": "x = [\n[1, " + " " * 200_000 + "\n2]]\n" + BASE,
    "spaces in a text": BASE + "[motion]\nzoom = '''" + " " * 200_000 + "x'''\n",
    "not TOML": "frames: 20\n",
    "HTML": "<!doctype html>",
    "empty": "",
    "control characters": "title = 'a\x1b[31m'\n" + BASE,
    "strange names": '"\\u001b[31m\\u202e" = 1\n' + BASE,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_refused_in_no_time(name: str) -> None:
    error = refused(HOSTILE[name])
    assert len(str(error).splitlines()) < 300


def test_long_lists_of_mistakes_are_cut() -> None:
    told = str(refused(HOSTILE["many unknown keys"])).splitlines()
    assert len(told) == 51
    assert told[-1] == "dream.toml: and 19,950 more mistakes."


def test_lines_are_right_beside_odd_newlines() -> None:
    text = 'title = "a\u2028b\u0085c"\nframes = 20\n[prompts]\n0 = """\nfps = 3\n"""\n[motion]\nzoom = "("\n'
    assert faults(text) == {"motion.zoom": 8}


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (BASE.encode("utf-16"), "not UTF-8"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"title = '\xe9'\n", "not UTF-8 text (byte 9)"),
        (b"# x\n" * 3_000_000, "more than 1,048,576 bytes"),
        (b"\0" * 100, "NUL"),
    ],
)
def test_files_that_are_no_text(tmp_path: Path, data: bytes, says: str) -> None:
    path = tmp_path / "dream.toml"
    path.write_bytes(data)
    with within(SECOND), pytest.raises(ProjectError) as caught:
        load_project(path)
    assert says in str(caught.value)
    assert len(caught.value.problems) == 1


def test_paths_that_are_no_file(tmp_path: Path) -> None:
    (tmp_path / "dream.toml").write_text(BASE)
    for path, says in [
        (tmp_path / "dreem.toml", 'Did you mean "dream.toml"?'),
        (tmp_path / "none" / "x.toml", "reverie new x.toml"),
        (tmp_path, "cannot be read"),
        (tmp_path / "dream.toml" / "x.toml", "cannot be read"),
        (tmp_path / ("x" * 300), "cannot be read"),
        ("a\0b", "cannot be read"),
    ]:
        with pytest.raises(ProjectError) as caught:
            load_project(path)
        assert says in str(caught.value)
        assert len(str(caught.value).splitlines()) == 1


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="needs /dev/zero")
def test_an_endless_file_ends() -> None:
    with pytest.raises(ProjectError, match="more than"):
        load_project("/dev/zero")


@pytest.mark.parametrize("key", ["init_image", "audio"])
@pytest.mark.parametrize(
    "value",
    [
        "../outside.png",
        "../../../../etc/passwd",
        "/etc/passwd",
        "sub/../../outside.png",
        "link.png",
        "linked/outside.png",
        "~/outside.png",
        "$HOME/outside.png",
        "%n.png",
        "no.png",
        ".",
        "",
        "sub",
        "a\\nb.png",
        "a\\u0000b.png",
        "-y.png",
        "C:\\\\x.png",
        "http://example.com/x.png",
        "file:///etc/passwd",
        "x" * 5000,
    ],
)
def test_paths_stay_in_the_project(tmp_path: Path, key: str, value: str) -> None:
    folder = tmp_path / "project"
    (folder / "sub").mkdir(parents=True)
    (tmp_path / "outside.png").write_bytes(b"secret")
    (folder / "link.png").symlink_to(tmp_path / "outside.png")
    (folder / "linked").symlink_to(tmp_path)
    (problem,) = refused(f'{key} = "{value}"\n{BASE}', folder).problems
    assert (problem.where, problem.line) == (key, 1)


@pytest.mark.parametrize(
    "value", ["in.png", "sub/in.png", "sub/../in.png", "a #1 %d.png", "./in.png", "inner.png"]
)
def test_paths_in_the_project(tmp_path: Path, value: str) -> None:
    (tmp_path / "sub").mkdir()
    for name in ("in.png", "sub/in.png", "a #1 %d.png"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "inner.png").symlink_to(tmp_path / "in.png")
    project = read(f'init_image = "{value}"\n{BASE}', tmp_path)
    assert project.init_image == (tmp_path / value).resolve()
    assert project.init_image.is_file()


def test_paths_outside_when_allowed(tmp_path: Path) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    (tmp_path / "outside.png").write_bytes(b"x")
    (folder / "dream.toml").write_text(f'init_image = "../outside.png"\n{BASE}')
    with pytest.raises(ProjectError, match="--allow-outside"):
        load_project(folder / "dream.toml")
    project = load_project(folder / "dream.toml", allow_outside=True)
    assert project.init_image == tmp_path / "outside.png"


def test_files_that_are_not_needed(tmp_path: Path) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    (tmp_path / "outside.wav").write_bytes(b"x")
    text = f'init_image = "gone.png"\naudio = "../outside.wav"\n{BASE}'
    project = read_project(text, name="dream.toml", folder=folder, need_files=False)
    assert (project.init_image, project.audio) == (None, None)
    with pytest.raises(ProjectError) as caught:
        read_project(text + "x = 1\n", name="dream.toml", folder=folder)
    assert [problem.where for problem in caught.value.problems][:2] == ["init_image", "audio"]


def test_a_project_folder_that_is_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "in.png").write_bytes(b"x")
    (tmp_path / "real" / "dream.toml").write_text(f'init_image = "in.png"\n{BASE}')
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert load_project(tmp_path / "link" / "dream.toml").init_image == tmp_path / "real" / "in.png"


def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    path = tmp_path / "dream.toml"
    path.write_text(BASE)
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("this user may read everything")
    with pytest.raises(ProjectError, match="cannot be read: Permission denied"):
        load_project(path)
