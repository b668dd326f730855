"""The rules of the house as measurements of its source, and what is still against them.

    python -m tests.rules          list what is against each rule
    python -m tests.rules prune    take out of known_structure.json what is mended

`known_structure.json` holds what was against a rule when the rule was made. It may only become shorter.
"""

from __future__ import annotations

import ast
import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROOMS = ("keyframes", "motion", "projects", "render")
KNOWN = Path(__file__).with_name("known_structure.json")
MOST_LINES, MOST_LINES_OF_A_FUNCTION, MOST_PARAMETERS, SMALL = 400, 60, 8, 40

# What stands on which floor of render/; anything else is a small helper on floor 0. A folder imports what stands below.
FLOORS: Mapping[int, tuple[str, ...]] = {
    6: ("cli", "studio"),
    5: ("api", "machine"),
    4: ("film", "plan", "plans", "preview", "previews", "exports", "film_file", "reports", "subtitles"),
    3: ("frame", "resolve", "cadence", "stereo"),
    2: ("stages",),
    1: ("diffusion", "depth", "video", "sound", "color"),
}
MOST_PATCHES = 40
_PATCHES = re.compile(r"monkeypatch\.setattr\(|mock\.patch(?:\.object)?\(")
HELPERS = {"projects.files", "projects.footage", "projects.png"}  # of the room projects: they know no project
MACHINES = FLOORS[1]  # none knows a project or another machine; `diffusion` is used by its face alone
Found = dict[str, int]  # what is against a rule, and by how much


@cache
def tree_of(path: Path) -> ast.Module:
    """A file's syntax tree."""
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def modules() -> dict[str, Path]:
    """Every module of the rooms by its dotted name; a package by its own name."""
    found = {}
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports_of(path: Path) -> Iterator[tuple[int, str]]:
    """(line, absolute name) of every module or name that a file imports, wherever in it."""
    package = path.relative_to(ROOT).parent.parts
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*base, *([node.module] if node.module else [])])
            yield node.lineno, module
            yield from ((node.lineno, f"{module}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("import_module", "__import__"):
            for argument in node.args[:1]:
                if isinstance(argument, ast.Constant):
                    yield node.lineno, str(argument.value)


@cache
def graph() -> dict[str, set[str]]:
    """Which modules each module imports, packages by name where a name of theirs is imported."""
    known, found = modules(), {}
    for name, path in known.items():
        targets: set[str] = set()
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.ImportFrom):
                package = path.relative_to(ROOT).parent.parts
                base = package[: len(package) - node.level + 1] if node.level else ()
                module = ".".join([*base, *([node.module] if node.module else [])])
                for alias in node.names:
                    inner = f"{module}.{alias.name}"
                    targets |= {inner} if inner in known else {module} & known.keys()
            elif isinstance(node, ast.Import):
                targets |= {alias.name for alias in node.names} & known.keys()
        found[name] = targets - {name}
    return found


def long_files() -> Found:
    """Files of more than MOST_LINES lines."""
    sizes = {_place(path): len(path.read_text(encoding="utf-8").splitlines()) for path in modules().values()}
    return {place: size for place, size in sizes.items() if size > MOST_LINES}


def long_functions() -> Found:
    """Functions of more than MOST_LINES_OF_A_FUNCTION lines."""
    sizes = {name: (node.end_lineno or 0) - node.lineno + 1 for name, node in _functions()}
    return {name: size for name, size in sizes.items() if size > MOST_LINES_OF_A_FUNCTION}


def many_parameters() -> Found:
    """Functions of more than MOST_PARAMETERS parameters, self not counted."""
    counts = {}
    for name, node in _functions():
        given = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        counts[name] = len([one for one in given if one.arg not in ("self", "cls")])
    return {name: count for name, count in counts.items() if count > MOST_PARAMETERS}


def small_files() -> Found:
    """Files of fewer than SMALL lines that one other file of the house imports: they belong into that one. A stage
    may be a file of its own, however short.
    """
    importers = Counter(
        target for name, targets in graph().items() if name not in _packages() for target in targets
    )
    handed_on = {target for name in _packages() for target in graph()[name]}
    return {
        _place(path): 1
        for name, path in modules().items()
        if importers[name] == 1
        and name not in handed_on | _packages()
        and _part(name) != "stages"
        and len(path.read_text(encoding="utf-8").splitlines()) < SMALL
    }


def climbing_imports() -> Found:
    """Imports within render/ of what does not stand below, by file and imported part."""
    found: Counter[str] = Counter()
    for name, path in modules().items():
        part = _part(name)
        for _, target in set(imports_of(path)):
            other = _part(target)
            if not part or not other or part == other or target not in modules():
                continue
            level, below = _floor(part), _floor(other)
            is_machine = part in MACHINES and other in MACHINES
            if below > level or is_machine or (level == below == 6):
                found[f"{_place(path)} imports render.{other}"] = 1
    return dict(found)


def machines_that_know_projects() -> Found:
    """Files on the lowest floors that import more of the room `projects` than its helpers for files and pictures."""
    found = {}
    for name, path in modules().items():
        targets = {target for _, target in imports_of(path) if target.split(".")[0] == "projects"}
        if _part(name) in MACHINES and not all(
            target in HELPERS or target.rpartition(".")[0] in HELPERS for target in targets
        ):
            found[_place(path)] = 1
    return found


def behind_the_face() -> Found:
    """Files outside of render/diffusion that import more of it than its face, and of render/cli deeper than api."""
    found = {}
    for name, path in modules().items():
        part = _part(name)
        for _, target in set(imports_of(path)):
            other = _part(target)
            if target not in modules() or not part:
                continue
            inner = other == "diffusion" and part != other and target != "render.diffusion"
            deeper = part == "cli" and other != part and other and 0 < _floor(other) < 5
            if inner or deeper:
                found[f"{_place(path)} imports {target}"] = 1
    return found


def circles() -> Found:
    """Modules that import each other, in however many steps, behind TYPE_CHECKING too."""
    found = {}
    for circle in _circles({name: targets - _packages() for name, targets in graph().items()}):
        for name in circle:
            found[name] = 1
    return found


def twins() -> Found:
    """Names that two modules of one room have."""
    stems = Counter(
        f"{path.relative_to(ROOT).parts[0]}: {path.stem}"
        for path in modules().values()
        if path.name != "__init__.py"
    )
    return {name: count for name, count in stems.items() if count > 1}


def patches() -> Found:
    """Tests that patch names inside modules, if there are MOST_PATCHES or more."""
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("*.py")]
    count = sum(len(_PATCHES.findall(text)) for text in texts)
    return {"tests": count} if count >= MOST_PATCHES else {}


RULES: Mapping[str, Callable[[], Found]] = {
    "long files": long_files,
    "long functions": long_functions,
    "many parameters": many_parameters,
    "small files with one importer": small_files,
    "imports that climb": climbing_imports,
    "machines that know projects": machines_that_know_projects,
    "imports behind a face": behind_the_face,
    "circles of imports": circles,
    "modules of one name": twins,
    "patched names": patches,
}


def known() -> dict[str, Found]:
    """What is known to be against each rule."""
    given: dict[str, Found] = json.loads(KNOWN.read_text(encoding="utf-8")) if KNOWN.exists() else {}
    return {rule: given.get(rule, {}) for rule in RULES}


def prune() -> None:
    """Take out of the list what is mended; nothing is added."""
    kept = {}
    for rule, listed in known().items():
        found = RULES[rule]()
        kept[rule] = {name: min(size, found[name]) for name, size in listed.items() if name in found}
    KNOWN.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


def _functions() -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for path in modules().values():
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{_place(path)}: {node.name}", node


def _place(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _part(name: str) -> str:
    """The folder or file of render/ that a module belongs to, "" outside."""
    parts = name.split(".")
    return parts[1] if parts[0] == "render" and len(parts) > 1 else ""


def _floor(part: str) -> int:
    return next((floor for floor, parts in FLOORS.items() if part in parts), 0)


@cache
def _packages() -> frozenset[str]:
    """Packages hand on names: what imports one of these is no circle of the house's own making."""
    return frozenset(name for name, path in modules().items() if path.name == "__init__.py")


def _circles(edges: Mapping[str, set[str]]) -> Iterator[set[str]]:
    """Strongly connected parts of more than one module: those that reach each other."""
    reach = {name: _reached(name, edges) for name in edges}
    seen: set[str] = set()
    for name in edges:
        circle = {other for other in reach[name] if name in reach.get(other, ())}
        if len(circle) > 1 and name not in seen:
            seen |= circle
            yield circle


def _reached(name: str, edges: Mapping[str, set[str]]) -> set[str]:
    found: set[str] = set()
    waiting = [*edges[name]]
    while waiting:
        other = waiting.pop()
        if other not in found:
            found.add(other)
            waiting += edges.get(other, ())
    return found


if __name__ == "__main__":
    if sys.argv[1:] == ["prune"]:
        prune()
    else:
        for rule, measure in RULES.items():
            print(f"{rule}:", *(f"    {name} ({size})" for name, size in sorted(measure().items())), sep="\n")
