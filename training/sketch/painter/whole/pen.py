"""What a subject is painted with: shapes in its own units, lit by the hour, laid on the canvas with their distance.

Subject units: x right from its middle, y up from its foot, 1 is its height. A subject faces right; the pen mirrors it
where it should face left, and the light still comes from the sun's side.
"""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from ..brushes import Color, Picture, jitter
from .canvas import Canvas, Mask
from .hours import Hour

Outline = Sequence[tuple[float, float]]


class Pen:
    """Paints one subject. x, foot: where it stands; tall: its height; canvas fractions. distance: metres."""

    def __init__(
        self,
        canvas: Canvas,
        hour: Hour,
        rng: np.random.Generator,
        *,
        x: float,
        foot: float,
        tall: float,
        distance: float,
        mirrored: bool,
        lit_from_left: bool,
        ground: str,
    ) -> None:
        self.canvas, self.hour, self.rng = canvas, hour, rng
        self.x, self.foot, self.tall, self.distance = x, foot, tall, distance
        self.side = -1.0 if mirrored else 1.0
        self.lit_from_left, self.ground = lit_from_left, ground
        self.sun = np.asarray(hour.sun, np.float32)
        self.shade = np.asarray(hour.shade, np.float32)

    def pick(self, *options: Color) -> Color:
        """One of some colours, a little different each time."""
        return jitter(self.rng, options[int(self.rng.integers(len(options)))], 0.035)

    def roll(self, low: float, high: float) -> float:
        """A number by lot."""
        return float(self.rng.uniform(low, high))

    def chance(self, share: float) -> bool:
        """True in a share of the cases."""
        return bool(self.rng.random() < share)

    def place(self, points: Iterable[tuple[float, float]]) -> NDArray[np.float64]:
        """Subject units to canvas fractions, (N, 2)."""
        at = np.asarray(list(points), np.float64)
        return np.stack([self.x + self.side * self.tall * at[:, 0], self.foot - self.tall * at[:, 1]], 1)

    def shape(
        self,
        points: Outline,
        color: Color,
        *,
        smooth: bool = False,
        turn: float = 1.0,
        own: float = 0.0,
        opacity: float = 1.0,
        span: tuple[float, float] | None = None,
        solid: bool = True,
    ) -> None:
        """A filled outline. smooth: through the points as a closed curve; turn: how round it is (0 is flat);
        own: light of its own; span: shade it as if it reached from x to x; solid: it counts for the depth."""
        at = self.place(curve(points) if smooth else points)
        mask = self.canvas.mask(at)
        if mask is None:
            return
        if span is None:
            ends = (float(at[:, 0].min()), float(at[:, 0].max()))
        else:
            a, b = (self.x + self.side * self.tall * v for v in span)
            ends = (min(a, b), max(a, b))
        paint = self._lit(mask, color, ends, (float(at[:, 1].min()), float(at[:, 1].max())), turn, own)
        self.canvas.put(mask, paint, self.distance if solid else None, opacity)

    def _lit(
        self,
        mask: Mask,
        color: Color,
        ends: tuple[float, float],
        rows: tuple[float, float],
        turn: float,
        own: float,
    ) -> Picture:
        box, size = mask.box, self.canvas.size
        albedo = np.asarray(color, np.float32)
        across = (np.arange(box.x0, box.x1, dtype=np.float32) / size - ends[0]) / max(ends[1] - ends[0], 1e-4)
        share = np.clip(1.0 - across if self.lit_from_left else across, 0.0, 1.0)
        down = (np.arange(box.y0, box.y1, dtype=np.float32) / size - rows[0]) / max(rows[1] - rows[0], 1e-4)
        faces = 0.62 + turn * (0.75 * share**1.4 - 0.5 + 0.3 * np.clip((share - 0.86) / 0.14, 0, 1))
        top = 1.0 - 0.24 * turn * np.clip(down, 0, 1)
        light = self.shade + self.sun * (faces[None, :] * top[:, None])[:, :, None]
        grain = self.canvas.grain[box.slices]
        shown: Picture = albedo * (light * (1 - own) + np.float32(own)) * (0.5 + 0.5 * grain)
        return np.minimum(shown, 1.0)

    def ellipse(self, cx: float, cy: float, rx: float, ry: float, color: Color, **how: object) -> None:
        """A filled ellipse."""
        self.shape(oval(cx, cy, rx, ry), color, **how)  # type: ignore[arg-type]

    def box(self, x0: float, y0: float, x1: float, y1: float, color: Color, **how: object) -> None:
        """A filled rectangle."""
        self.shape([(x0, y0), (x0, y1), (x1, y1), (x1, y0)], color, **how)  # type: ignore[arg-type]

    def line(
        self, points: Outline, color: Color, width: float, *, smooth: bool = False, own: float = 0.0
    ) -> None:
        """A line `width` wide (subject units); smooth: an open curve through the points."""
        at = self.place(curve(points, closed=False) if smooth else points)
        light = self.shade + 0.55 * self.sun
        paint = np.minimum(np.asarray(color, np.float32) * (light * (1 - own) + own), 1.0)
        self.canvas.put(self.canvas.stroke(at, width * self.tall), paint, self.distance)

    def limb(self, points: Outline, color: Color, thick: float, thin: float) -> None:
        """A leg, trunk or branch: a line that gets thinner, from `thick` to `thin`."""
        path = np.asarray(curve(points, closed=False), np.float64)
        along = np.gradient(path, axis=0)
        normal = np.stack([-along[:, 1], along[:, 0]], 1) / (np.hypot(*along.T)[:, None] + 1e-9)
        half = np.linspace(thick, thin, len(path))[:, None] / 2
        outline = np.concatenate([path + normal * half, (path - normal * half)[::-1]])
        self.shape([(float(a), float(b)) for a, b in outline], color)

    def window(self, cx: float, cy: float, rx: float, ry: float, arched: bool = False) -> None:
        """A window; it shines when it is dark."""
        color = (1.0, 0.80, 0.40) if self.hour.dark else (0.20, 0.23, 0.30)
        points = [(cx - rx, cy - ry), (cx - rx, cy + ry), (cx + rx, cy + ry), (cx + rx, cy - ry)]
        if arched:
            points[2:2] = [(cx - 0.6 * rx, cy + ry + 0.7 * rx), (cx + 0.6 * rx, cy + ry + 0.7 * rx)]
        self.shape(points, color, own=0.95 if self.hour.dark else 0.0, turn=0.2)

    def glow(self, cx: float, cy: float, radius: float, color: Color, amount: float) -> None:
        """Light around a lamp."""
        ((x, y),) = self.place([(cx, cy)])
        self.canvas.glow(float(x), float(y), radius * self.tall, color, amount)

    def tufts(
        self, spots: Iterable[tuple[float, float, float]], color: Color, *, spread: float = 0.1
    ) -> None:
        """Foliage: blobs (x, y, radius) with ragged edges, the lit ones lighter."""
        for cx, cy, radius in spots:
            turns = np.linspace(0, 2 * np.pi, 13)[:-1]
            reach = radius * self.rng.uniform(0.82, 1.16, 12)
            points = [(cx + r * np.cos(a), cy + r * np.sin(a)) for r, a in zip(reach, turns, strict=True)]
            own = jitter(self.rng, color, spread * 0.5)
            self.shape([(float(a), float(b)) for a, b in points], own, smooth=True)


def oval(cx: float, cy: float, rx: float, ry: float, start: float = 0, end: float = 360) -> Outline:
    """An ellipse or a slice of it; degrees, anticlockwise from the right."""
    angles = np.radians(np.linspace(start, end, 28))
    return [(cx + rx * float(np.cos(a)), cy + ry * float(np.sin(a))) for a in angles]


def curve(points: Outline, closed: bool = True, steps: int = 5) -> Outline:
    """A Catmull-Rom curve through the points."""
    given = np.asarray(points, np.float64)
    if closed:
        before, after, later = np.roll(given, 1, 0), np.roll(given, -1, 0), np.roll(given, -2, 0)
        start = given
    else:
        padded = np.concatenate([given[:1], given, given[-1:]])
        before, start, after, later = padded[:-3], padded[1:-2], padded[2:-1], padded[3:]
    t = np.linspace(0, 1, steps, endpoint=False)[:, None, None]
    made = 0.5 * (
        2 * start
        + (after - before) * t
        + (2 * before - 5 * start + 4 * after - later) * t**2
        + (3 * start - before - 3 * after + later) * t**3
    )
    flat = np.transpose(made, (1, 0, 2)).reshape(-1, 2)
    if not closed:
        flat = np.concatenate([flat, given[-1:]])
    return [(float(a), float(b)) for a, b in flat]
