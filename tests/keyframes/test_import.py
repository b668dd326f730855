"""Importing the room: light, quick, and its names in order."""

import ast
import subprocess
import sys
from pathlib import Path

import keyframes
from tests.pace import allowed

ROOM = Path(keyframes.__file__).parent


def run(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOM.parent, capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout.strip()


def test_neither_torch_nor_anything_heavy_is_imported() -> None:
    heavy = ("torch", "pandas", "numexpr", "scipy", "cv2", "pydantic", "rich", "motion", "projects", "render")
    assert run(f"import sys, keyframes; print([n for n in {heavy!r} if n in sys.modules])") == "[]"


def test_the_import_takes_little_more_than_numpys() -> None:
    code = "import time, numpy; t = time.perf_counter(); import keyframes; print(time.perf_counter() - t)"
    assert min(float(run(code)) for _ in range(3)) < allowed(0.2)


def test_only_numpy_and_the_standard_library_are_imported() -> None:
    allowed = {*sys.stdlib_module_names, "numpy", "keyframes"}
    for file in ROOM.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [node.module] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            assert {str(name).split(".")[0] for name in names} <= allowed, file


def test_no_user_text_can_reach_the_interpreter() -> None:
    for file in ROOM.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in ("eval", "exec", "compile", "__import__", "getattr"), file


def test_all_is_sorted_and_true() -> None:
    assert keyframes.__all__ == sorted(keyframes.__all__)
    for name in keyframes.__all__:
        assert hasattr(keyframes, name)
