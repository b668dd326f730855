"""The docs say what is: they are generated, run, or followed."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from click import Context

from keyframes import compile_timeline
from projects import lane_specs, read_project
from render.assets.find import BUILT_IN
from render.cli.app import cli
from render.cli.reference import reference

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
PNG_KEYS = ("reverie name", "reverie project", "reverie row")  # texts in a frame, no commands
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def blocks(language: str) -> list[tuple[str, str]]:
    """(page, code) of every fenced block in a language."""
    return [
        (name_of(page), code)
        for page in PAGES
        for kind, code in FENCE.findall(text_of(page))
        if kind == language
    ]


def commands() -> list[tuple[str, str]]:
    """(page, command line) of every `reverie ...` in the docs' code; docs/cli.md is made from the commands."""
    found = []
    for page in PAGES:
        if page.name == "cli.md":
            continue
        text = FENCE.sub(lambda match: re.sub("^", "    ", match[2], flags=re.MULTILINE), text_of(page))
        lines = re.findall(r"^    (?:\$ )?(reverie .*)$", text, re.MULTILINE) + re.findall(
            r"`(reverie [^`\n]+)`", text
        )
        lines = [line for line in lines if line not in PNG_KEYS]
        found += [(name_of(page), part.strip()) for line in lines for part in line.split("#")[0].split("&&")]
    return found


def test_the_command_line_page_is_fresh() -> None:
    stale = "docs/cli.md is stale. Run: python -m render.cli.reference > docs/cli.md"
    assert text_of(ROOT / "docs" / "cli.md") == reference(), stale


@pytest.mark.parametrize(
    ("page", "code"), [pair for pair in blocks("python") if pair[1].startswith("# runs")]
)
def test_python_in_the_docs_runs(page: str, code: str, tmp_path: Path) -> None:
    if not (BUILT_IN / "sketch").is_dir() and "model" not in code:
        pytest.skip("the built-in model is not in this tree")
    done = subprocess.run(
        [sys.executable, "-W", "error::UserWarning", "-c", code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{page}:\n{done.stderr}"
    for line, said in re.findall(r"^print\((.*)\)  # (.*)$", code, re.MULTILINE):
        assert said in done.stdout, f"{page}: print({line}) says something else"


def test_there_is_python_that_runs() -> None:
    assert [pair for pair in blocks("python") if pair[1].startswith("# runs")]


@pytest.mark.parametrize(("page", "code"), [pair for pair in blocks("toml") if "frames =" in pair[1]])
def test_projects_in_the_docs_are_right(page: str, code: str, tmp_path: Path) -> None:
    project = read_project(code, name=page, folder=tmp_path, need_files=False)
    compile_timeline(project.clock, lane_specs(("euler",), {}), project.given_lanes, project.prompts)


@pytest.mark.parametrize(("page", "line"), commands())
def test_commands_in_the_docs_exist(page: str, line: str) -> None:
    words = shlex.split(line)
    if len(words) < 2 or words[1].startswith("-"):
        return
    context = Context(cli)
    assert words[1] in cli.list_commands(context), f"{page}: {line}"
    command = cli.get_command(context, words[1])
    assert command is not None
    known = {name for parameter in command.get_params(context) for name in parameter.opts} | {"-h", "--help"}
    given = {word.split("=")[0] for word in words[2:] if re.fullmatch(r"--?[a-z][\w-]*(=.*)?", word)}
    assert given <= known, f"{page}: {line}"


def test_there_are_commands() -> None:
    assert {line.split()[1] for _, line in commands()} >= {
        "new",
        "check",
        "plan",
        "preview",
        "render",
        "export",
    }


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_point_at_files(page: Path) -> None:
    text = FENCE.sub("", text_of(page))
    links = [link for link in re.findall(r"\]\(([^()\s]+)\)", text) if not re.match(r"[a-z]+:", link)]
    gone = [link for link in links if link.split("#")[0] and not (page.parent / link.split("#")[0]).exists()]
    assert gone == [], f"{name_of(page)} links to what is not there"


def test_every_page_is_linked() -> None:
    linked = {link for page in PAGES for link in re.findall(r"\((?:docs/)?([\w-]+\.md)", text_of(page))}
    assert {page.name for page in PAGES if page.parent.name == "docs"} <= linked
