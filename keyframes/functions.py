"""What an expression can name: variables, functions and operators, all of them over whole arrays of frames.

Numbers are float64; a condition is 1 or 0. A value that does not exist (1/0, log(-1)) becomes inf or nan
here and is refused only if it reaches the end of the expression, so that `where` may step round it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from math import e, pi
from typing import TYPE_CHECKING, Any

import numpy as np

from keyframes.clock import SOUND, TEMPO, Clock, read_feature
from keyframes.hash_noise import smooth_noise, stream_key, uniform

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

MANY = 64


@dataclass(frozen=True, kw_only=True, eq=False)
class Sample:
    """Where an expression is evaluated: frame positions (n,), the clock, and the lane that asks."""

    frames: Numbers
    clock: Clock
    lane: str


@dataclass(frozen=True, kw_only=True)
class Function:
    """A function: how it is called (for messages and docs), how many values it takes, and what it does.

    `apply` takes the sample, the ordinal of the call in its expression, and the arguments.
    """

    usage: str
    low: int
    high: int
    apply: Callable[..., Numbers]
    help: str = ""


def _heard(name: str) -> Callable[[Sample], Numbers]:
    return lambda at: read_feature(at.clock.audio, name, at.frames)


def _bpm(at: Sample) -> Any:
    return _heard("bpm")(at) if at.clock.bpm is None else float(at.clock.bpm)


def _beat(at: Sample) -> Any:
    per_beat = at.clock.frames_per_beat
    return _heard("beat")(at) if per_beat is None else at.frames / per_beat


VARIABLES: dict[str, tuple[str, Callable[[Sample], Any]]] = {
    "t": ("the frame, from 0", lambda at: at.frames),
    "f": ("the same as t", lambda at: at.frames),
    "max_f": ("the last frame: frames - 1", lambda at: float(at.clock.max_f)),
    "frames": ("how many frames there are", lambda at: float(at.clock.frames)),
    "s": ("the project's seed", lambda at: float(at.clock.seed)),
    "fps": ("frames per second", lambda at: float(at.clock.fps)),
    "sec": ("the time in seconds: t / fps", lambda at: at.frames / at.clock.fps),
    "bpm": ("beats per minute (needs bpm or audio)", _bpm),
    "beat": ("beats so far: sec * bpm / 60, or as heard (needs bpm or audio)", _beat),
    **{name: (f"{help} (needs audio)", _heard(name)) for name, help in SOUND.items()},
    "pi": ("3.14159...", lambda at: pi),
    "e": ("2.71828...", lambda at: e),
}
MOVING = frozenset({"t", "f", "sec", "beat", *SOUND})
NEEDS_TEMPO = frozenset(TEMPO)
NEEDS_SOUND = frozenset(SOUND)


def _truth(x: Any) -> Numbers:
    return np.asarray(x, dtype=np.float64)


def _of_integers(work: Callable[..., Any]) -> Callable[..., Numbers]:
    """`work` over whole numbers below 2**53; nan wherever an argument is something else."""

    def apply(*args: Any) -> Numbers:
        args = np.broadcast_arrays(*args)
        whole = reduce(np.logical_and, [(np.abs(a) < 2.0**53) & (np.floor(a) == a) for a in args])
        result = work(*(np.where(whole, a, 0.0).astype(np.int64) for a in args))
        return np.where(whole, np.asarray(result, dtype=np.float64), np.nan)

    return apply


def _shift(a: Any, b: Any, *, left: bool) -> Numbers:
    shifted = a * np.exp2(b) if left else np.floor(a / np.exp2(b))
    return np.where((np.floor(a) == a) & (np.floor(b) == b) & (b >= 0), shifted, np.nan)


def _fraction(x: Any) -> Numbers:
    return _truth(x - np.floor(x))


def _triangle(x: Any) -> Numbers:
    return 1.0 - 4.0 * np.abs(_fraction(x + 0.25) - 0.5)


def _smoothstep(low: Any, high: Any, x: Any) -> Numbers:
    u = np.clip((x - low) / (high - low), 0.0, 1.0)
    return _truth(u * u * (3.0 - 2.0 * u))


def _rand(at: Sample, call: int, low: Any = 0.0, high: Any = 1.0) -> Numbers:
    drawn = uniform(stream_key(at.clock.seed, at.lane, "rand", call), at.frames)
    return _truth(low + (high - low) * drawn)


def _noise(at: Sample, call: int, x: Any, channel: Any = 0.0) -> Numbers:
    x, channel = np.broadcast_arrays(_truth(x), _truth(channel))
    return smooth_noise(stream_key(at.clock.seed, at.lane, "noise"), x, channel)


def _function(
    usage: str, work: Callable[..., Any], help: str = "", optional: int = 0
) -> tuple[str, Function]:
    name, _, inside = usage.partition("(")
    high = MANY if "..." in inside else inside.count(",") + 1
    low = 1 if "..." in inside else high - optional

    def apply(at: Sample, call: int, *args: Any) -> Numbers:
        return _truth(work(*args))

    return name, Function(usage=usage, low=low, high=high, apply=apply, help=help)


FUNCTIONS: dict[str, Function] = dict(
    [
        _function("sin(x)", np.sin, "x in radians"),
        _function("cos(x)", np.cos),
        _function("tan(x)", np.tan),
        _function("arcsin(x)", np.arcsin, "also asin"),
        _function("arccos(x)", np.arccos, "also acos"),
        _function("arctan(x)", np.arctan, "also atan"),
        _function("arctan2(y, x)", np.arctan2, "also atan2"),
        _function("asin(x)", np.arcsin),
        _function("acos(x)", np.arccos),
        _function("atan(x)", np.arctan),
        _function("atan2(y, x)", np.arctan2),
        _function("sinh(x)", np.sinh),
        _function("cosh(x)", np.cosh),
        _function("tanh(x)", np.tanh),
        _function("arcsinh(x)", np.arcsinh),
        _function("arccosh(x)", np.arccosh),
        _function("arctanh(x)", np.arctanh),
        _function("radians(x)", np.radians, "degrees to radians"),
        _function("degrees(x)", np.degrees, "radians to degrees"),
        _function("log(x)", np.log, "natural"),
        _function("log10(x)", np.log10),
        _function("log2(x)", np.log2),
        _function("log1p(x)", np.log1p, "log(1 + x)"),
        _function("exp(x)", np.exp),
        _function("expm1(x)", np.expm1, "exp(x) - 1"),
        _function("sqrt(x)", np.sqrt),
        _function("pow(x, y)", np.power, "x ** y"),
        _function("hypot(x, y)", np.hypot, "sqrt(x*x + y*y)"),
        _function("abs(x)", np.abs),
        _function("sign(x)", np.sign, "-1, 0 or 1"),
        _function("floor(x)", np.floor),
        _function("ceil(x)", np.ceil),
        _function("trunc(x)", np.trunc, "towards 0"),
        _function("int(x)", np.trunc, "the same as trunc"),
        _function("round(x)", np.rint, "halves to the even neighbour"),
        _function("frac(x)", _fraction, "x - floor(x)"),
        _function("mod(x, y)", np.mod, "x % y, with the sign of y"),
        _function("fmod(x, y)", np.fmod, "the remainder with the sign of x"),
        _function("min(a, ...)", lambda *a: reduce(np.minimum, a), "the least of its values"),
        _function("max(a, ...)", lambda *a: reduce(np.maximum, a), "the greatest of its values"),
        _function("minimum(a, b)", np.minimum),
        _function("maximum(a, b)", np.maximum),
        _function("clamp(x, low, high)", lambda x, low, high: np.minimum(np.maximum(x, low), high)),
        _function("clip(x, low, high)", lambda x, low, high: np.minimum(np.maximum(x, low), high), "clamp"),
        _function("lerp(a, b, u)", lambda a, b, u: a + (b - a) * u, "a at u = 0, b at u = 1"),
        _function("step(edge, x)", lambda edge, x: x >= edge, "0 before the edge, 1 from it on"),
        _function("smoothstep(low, high, x)", _smoothstep, "0 at low, 1 at high, smooth between"),
        _function("where(c, a, b)", lambda c, a, b: np.where(c != 0, a, b), "a where c is true, else b"),
        _function("sine(x)", lambda x: np.sin(2 * pi * x), "sin(2*pi*x)"),
        _function("tri(x)", _triangle, "a triangle wave"),
        _function("saw(x)", lambda x: 2.0 * (x - np.floor(x + 0.5)), "a rising saw"),
        _function("square(x)", lambda x: np.where(_fraction(x) < 0.5, 1.0, -1.0), "1, then -1"),
        _function(
            "pulse(x, width)", lambda x, w=0.5: _fraction(x) < w, "1 for the first width of each period", 1
        ),
        _function("conj(x)", np.real, "x: schedules are real"),
        _function("real(x)", np.real, "x"),
        _function("imag(x)", np.imag, "0"),
    ]
)
FUNCTIONS["rand"] = Function(
    usage="rand(low, high)", low=0, high=2, apply=_rand, help="a fresh number every frame; rand() is 0 to 1"
)
FUNCTIONS["noise"] = Function(
    usage="noise(x, channel)",
    low=1,
    high=2,
    apply=_noise,
    help="smooth noise, -1 to 1; channel is another track",
)


def _equal(a: Any, b: Any) -> Any:
    return a == b


OPERATORS: dict[str, Callable[..., Any]] = {
    "or": lambda a, b: (a != 0) | (b != 0),
    "and": lambda a, b: (a != 0) & (b != 0),
    "not": lambda a: a == 0,
    "<": np.less,
    "<=": np.less_equal,
    "==": _equal,
    "!=": np.not_equal,
    ">=": np.greater_equal,
    ">": np.greater,
    "|": _of_integers(np.bitwise_or),
    "^": _of_integers(np.bitwise_xor),
    "&": _of_integers(np.bitwise_and),
    "<<": lambda a, b: _shift(a, b, left=True),
    ">>": lambda a, b: _shift(a, b, left=False),
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "//": np.floor_divide,
    "%": np.mod,
    "**": np.power,
    "~": _of_integers(np.invert),
    "negative": np.negative,
}
