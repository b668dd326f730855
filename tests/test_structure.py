"""The shape of the house: which room may import which, what is public, how long a file may be."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import time
import tomllib
from importlib import import_module
from pathlib import Path

import pytest

from tests.pace import allowed
from tests.rules import RULES, imports_of, known, tree_of

ROOT = Path(__file__).parents[1]
MAY_IMPORT: dict[str, set[str]] = {
    "keyframes": set(),
    "motion": set(),
    "projects": {"keyframes"},
    "render": {"keyframes", "motion", "projects"},
}
OUTSIDE = ("training", "benchmarks", "tests")
SURFACE = Path(__file__).with_name("surface.json")
LONGEST_FILE_BESIDE = 500
POLICY = (
    "The public names of {package} changed: gone {gone}, new {new}. A name that people may use stays, or is told of in "
    "CHANGELOG.md under Removed with what to write instead; then edit tests/surface.json to say what is meant."
)


def files(*rooms: str) -> list[Path]:
    return [path for room in rooms for path in sorted((ROOT / room).rglob("*.py"))]


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_imports_run_one_way(room: str) -> None:
    forbidden = {*MAY_IMPORT, *OUTSIDE} - MAY_IMPORT[room] - {room}
    wrong = [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for path in files(room)
        for line, name in imports_of(path)
        if name.split(".")[0] in forbidden
    ]
    assert wrong == []


def test_the_look_at_imports_sees_them(tmp_path: Path) -> None:
    found = {name.split(".")[0] for path in files("render") for _, name in imports_of(path)}
    assert {"keyframes", "projects", "motion", "render", "torch", "diffusers", "click"} <= found


def test_nobody_needs_torchvision() -> None:
    """It is an extra of one method of optical flow, which imports it in a function."""
    users = {
        path.relative_to(ROOT).as_posix()
        for path in files(*MAY_IMPORT, *OUTSIDE)
        if [name for _, name in imports_of(path) if name.split(".")[0] == "torchvision"]
    }
    assert users == {"motion/optical_flow.py"}
    assert "torchvision" not in modules_after("import motion")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    assert not [name for name in needed if "torchvision" in name]


def test_nothing_is_compiled() -> None:
    """A first film does not wait for a compiler."""
    compilers = {"numba", "llvmlite", "cffi", "cython", "pythran", "taichi"}
    users = {
        path.relative_to(ROOT).as_posix()
        for path in files(*MAY_IMPORT, *OUTSIDE)
        if {name.split(".")[0] for _, name in imports_of(path)} & compilers
    }
    assert users == set()
    assert modules_after("import motion, render.color") & compilers == set()


def test_init_files_hand_on_names_and_hold_no_logic() -> None:
    for path in files(*MAY_IMPORT, "training", "benchmarks"):
        if path.name != "__init__.py" or path == ROOT / "render" / "__init__.py":
            continue
        for node in tree_of(path).body:
            is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
            is_all = isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
            assert is_text or is_all or isinstance(node, ast.Import | ast.ImportFrom), f"{path}:{node.lineno}"


def test_the_lazy_names_of_render() -> None:
    """render/__init__.py alone has code: a table of where its names live, and the look into it."""
    import render

    told = [name for names in render._HOMES.values() for name in names.split()]
    assert sorted(told) == render.__all__
    for name in render.__all__:
        assert getattr(render, name) is not None
    imported = {
        alias.name
        for node in tree_of(ROOT / "render" / "__init__.py").body
        if isinstance(node, ast.If)
        for statement in node.body
        if isinstance(statement, ast.ImportFrom)
        for alias in statement.names
    }
    assert imported == set(render.__all__), "what type checkers see"
    with pytest.raises(AttributeError, match="nothing"):
        _ = render.nothing


def test_no_module_takes_a_names_place() -> None:
    """Importing render.x puts the module at the attribute x; a lazy name x would be gone."""
    import render

    modules = {path.stem for path in (ROOT / "render").iterdir() if path.suffix == ".py" or path.is_dir()}
    assert modules & set(render.__all__) == set()


@pytest.mark.parametrize("package", json.loads(SURFACE.read_text(encoding="utf-8")))
def test_the_public_surface(package: str) -> None:
    expected = json.loads(SURFACE.read_text(encoding="utf-8"))[package]
    found = list(import_module(package).__all__)
    assert sorted(found) == sorted(set(found))
    gone, new = sorted(set(expected) - set(found)), sorted(set(found) - set(expected))
    assert not gone, POLICY.format(package=package, gone=gone, new=new)
    assert not new, POLICY.format(package=package, gone=gone, new=new)
    for name in found:
        assert hasattr(import_module(package), name)


def test_every_package_with_names_is_in_the_surface() -> None:
    packages = {
        ".".join(path.parent.relative_to(ROOT).parts)
        for path in files(*MAY_IMPORT)
        if path.name == "__init__.py" and "__all__" in path.read_text(encoding="utf-8")
    }
    assert packages == set(json.loads(SURFACE.read_text(encoding="utf-8")))


def test_names_are_sorted_as_ruff_sorts_them() -> None:
    for path in files(*MAY_IMPORT):
        if path.name == "__init__.py":
            for node in tree_of(path).body:
                if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
                    names = ast.literal_eval(node.value)
                    assert names == sorted(
                        names, key=lambda name: (not name.isupper(), name[0].islower(), name)
                    ), path


@pytest.mark.parametrize("rule", RULES)
def test_rules(rule: str) -> None:
    """What is against a rule is listed in known_structure.json, or fails here; nothing is added to that list."""
    found, listed = RULES[rule](), known()[rule]
    new = {name: size for name, size in found.items() if size > listed.get(name, 0)}
    assert not new, f"{RULES[rule].__doc__} Against it: {new}"
    mended = {name: size for name, size in listed.items() if size > found.get(name, 0)}
    assert not mended, f"no longer against the rule: {mended}. Run: python -m tests.rules prune"


def test_the_rules_see_what_is_against_them(tmp_path: Path) -> None:
    """On a house of four files that breaks every rule about imports."""
    for path, text in {
        "render/api.py": "",
        "render/cli/app.py": "from render.diffusion.load import load",
        "render/diffusion/load.py": "from projects import Project\nfrom render.stages.warp import warp",
        "render/stages/warp.py": "if TYPE_CHECKING:\n    from render.diffusion import load",
        "projects/load.py": "",
        "projects/importers/load.py": "from ..load import *",
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text + "\n")
    code = "from tests import rules; import json, pathlib, sys; rules.ROOT = pathlib.Path(sys.argv[1])\n"
    code += "print(json.dumps({name: rule() for name, rule in rules.RULES.items()}))"
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, cwd=ROOT
    )
    found = json.loads(done.stdout)
    assert found["imports that climb"] == {"render/diffusion/load.py imports render.stages": 1}
    assert found["machines that know projects"] == {"render/diffusion/load.py": 1}
    assert found["circles of imports"] == {"render.diffusion.load": 1, "render.stages.warp": 1}
    assert found["modules of one name"] == {"projects: load": 2}
    assert found["small files with one importer"] == {"projects/load.py": 1}
    behind = ["render/cli/app.py imports render.diffusion.load"]
    assert list(found["imports behind a face"]) == [
        *behind,
        "render/stages/warp.py imports render.diffusion.load",
    ]


def test_no_file_beside_the_house_is_long() -> None:
    long = [
        str(path.relative_to(ROOT))
        for path in files("training", "benchmarks")
        if len(path.read_text(encoding="utf-8").splitlines()) > LONGEST_FILE_BESIDE
    ]
    assert long == []


def test_every_module_says_what_it_is() -> None:
    silent = [
        str(path.relative_to(ROOT)) for path in files(*MAY_IMPORT) if not ast.get_docstring(tree_of(path))
    ]
    assert silent == []


def modules_after(code: str) -> set[str]:
    """The top-level names of what is imported when a line of Python has run in a process of its own."""
    told = f"import sys\n{code}\nprint(*{{name.split('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(done.stdout.splitlines()[-1].split())


@pytest.mark.parametrize(
    "room",
    ["keyframes", "projects", "render", "render.diffusion", "render.resolve", "render.plans", "render.api"],
)
def test_rooms_are_light_to_import(room: str) -> None:
    heavy = {"torch", "diffusers", "transformers", "kornia", "cv2"}
    assert modules_after(f"import {room}") & heavy == set()


def test_help_is_light() -> None:
    code = "from render.cli import main\ntry:\n    main(['--help'])\nexcept SystemExit:\n    pass"
    assert (
        modules_after(code) & {"torch", "numpy", "pydantic", "rich", "PIL", "cv2", "keyframes", "projects"}
        == set()
    )


def test_help_is_quick() -> None:
    def seconds() -> float:
        start = time.perf_counter()
        code = "from render.cli import main; main(['--help'])"
        subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, cwd=ROOT)
        return time.perf_counter() - start

    assert min(seconds() for _ in range(3)) < allowed(0.5)
