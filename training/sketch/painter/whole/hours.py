"""The times of day and weathers: what the sky, the sun and the shade do to everything."""

from dataclasses import dataclass

from ..brushes import Color

Sky = tuple[Color, Color, Color]  # zenith, middle, horizon


@dataclass(frozen=True, kw_only=True)
class Hour:
    """One light. A surface shows albedo * (shade + n * sun), n in [0, 1] for how much it faces the light.

    skies: gradients to choose from; body: what hangs in the sky; height: of that, a share of the sky; clouds: how
    much of the sky they cover; visibility: metres at which the air hides two thirds; mist: how thick the ground fog is.
    """

    skies: tuple[Sky, ...]
    sun: Color
    shade: Color
    body: str = ""
    height: tuple[float, float] = (0.5, 0.85)
    glow: Color = (1.0, 0.95, 0.8)
    glare: float = 0.5
    clouds: tuple[float, float] = (0.0, 0.4)
    cloud_lit: Color = (1.0, 1.0, 1.0)
    cloud_dark: Color = (0.74, 0.80, 0.88)
    visibility: float = 3000.0
    mist: float = 0.0
    stars: float = 0.0
    dark: bool = False  # windows and lamps are lit
    fall: str = ""  # rain or snow
    shadows: float = 0.35


HOURS: dict[str, Hour] = {
    "dawn": Hour(
        skies=(
            ((0.42, 0.52, 0.74), (0.86, 0.72, 0.76), (1.0, 0.83, 0.66)),
            ((0.36, 0.42, 0.66), (0.76, 0.60, 0.72), (0.99, 0.74, 0.68)),
        ),
        sun=(0.78, 0.60, 0.50),
        shade=(0.40, 0.40, 0.52),
        body="sun",
        height=(0.03, 0.14),
        glow=(1.0, 0.78, 0.6),
        clouds=(0.0, 0.35),
        cloud_lit=(1.0, 0.82, 0.76),
        cloud_dark=(0.68, 0.60, 0.74),
        visibility=900.0,
        mist=0.45,
        shadows=0.2,
    ),
    "morning": Hour(
        skies=(((0.38, 0.62, 0.88), (0.68, 0.84, 0.94), (0.97, 0.94, 0.84)),),
        sun=(0.95, 0.86, 0.66),
        shade=(0.36, 0.42, 0.52),
        body="sun",
        height=(0.3, 0.55),
        glow=(1.0, 0.93, 0.7),
        clouds=(0.0, 0.35),
        cloud_dark=(0.80, 0.83, 0.90),
        visibility=1800.0,
        mist=0.15,
    ),
    "day": Hour(
        skies=(
            ((0.13, 0.38, 0.78), (0.38, 0.66, 0.92), (0.78, 0.90, 0.96)),
            ((0.20, 0.50, 0.84), (0.46, 0.74, 0.93), (0.85, 0.93, 0.95)),
        ),
        sun=(0.90, 0.86, 0.76),
        shade=(0.42, 0.46, 0.53),
        body="sun",
        height=(0.72, 0.92),
        clouds=(0.0, 0.45),
    ),
    "overcast": Hour(
        skies=(((0.56, 0.60, 0.65), (0.70, 0.73, 0.76), (0.84, 0.86, 0.87)),),
        sun=(0.32, 0.32, 0.33),
        shade=(0.52, 0.54, 0.57),
        clouds=(0.75, 0.95),
        cloud_lit=(0.86, 0.88, 0.90),
        cloud_dark=(0.56, 0.60, 0.65),
        visibility=1500.0,
        shadows=0.1,
    ),
    "golden": Hour(
        skies=(
            ((0.42, 0.56, 0.72), (0.93, 0.80, 0.56), (1.0, 0.86, 0.52)),
            ((0.55, 0.60, 0.66), (0.98, 0.78, 0.46), (1.0, 0.80, 0.42)),
        ),
        sun=(1.05, 0.74, 0.34),
        shade=(0.42, 0.38, 0.40),
        body="sun",
        height=(0.12, 0.32),
        glow=(1.0, 0.84, 0.45),
        glare=0.75,
        clouds=(0.0, 0.3),
        cloud_lit=(1.0, 0.90, 0.68),
        cloud_dark=(0.82, 0.66, 0.56),
        visibility=1200.0,
        mist=0.12,
        shadows=0.45,
    ),
    "sunset": Hour(
        skies=(
            ((0.24, 0.18, 0.44), (0.80, 0.32, 0.40), (1.0, 0.64, 0.24)),
            ((0.36, 0.20, 0.42), (0.94, 0.42, 0.28), (1.0, 0.76, 0.34)),
            ((0.16, 0.22, 0.48), (0.62, 0.36, 0.52), (0.99, 0.55, 0.34)),
        ),
        sun=(0.86, 0.40, 0.18),
        shade=(0.32, 0.22, 0.32),
        body="sun",
        height=(0.02, 0.14),
        glow=(1.0, 0.58, 0.24),
        glare=0.7,
        clouds=(0.1, 0.5),
        cloud_lit=(1.0, 0.60, 0.36),
        cloud_dark=(0.46, 0.26, 0.42),
        visibility=1800.0,
        dark=True,
    ),
    "dusk": Hour(
        skies=(
            ((0.10, 0.13, 0.36), (0.32, 0.28, 0.54), (0.78, 0.50, 0.56)),
            ((0.08, 0.16, 0.38), (0.24, 0.36, 0.58), (0.82, 0.62, 0.56)),
        ),
        sun=(0.34, 0.28, 0.40),
        shade=(0.20, 0.20, 0.36),
        clouds=(0.0, 0.3),
        cloud_lit=(0.62, 0.42, 0.56),
        cloud_dark=(0.22, 0.22, 0.42),
        visibility=1500.0,
        mist=0.1,
        stars=0.25,
        dark=True,
        shadows=0.1,
    ),
    "night": Hour(
        skies=(
            ((0.015, 0.025, 0.10), (0.04, 0.07, 0.22), (0.10, 0.16, 0.36)),
            ((0.03, 0.02, 0.12), (0.08, 0.07, 0.26), (0.16, 0.18, 0.40)),
        ),
        sun=(0.24, 0.27, 0.40),
        shade=(0.15, 0.17, 0.31),
        body="crescent",
        height=(0.5, 0.9),
        glow=(0.55, 0.62, 0.85),
        glare=0.25,
        clouds=(0.0, 0.15),
        cloud_lit=(0.16, 0.20, 0.36),
        cloud_dark=(0.06, 0.08, 0.2),
        stars=1.0,
        dark=True,
        shadows=0.1,
    ),
    "moonlight": Hour(
        skies=(((0.05, 0.09, 0.20), (0.13, 0.23, 0.40), (0.30, 0.44, 0.60)),),
        sun=(0.42, 0.50, 0.64),
        shade=(0.11, 0.15, 0.27),
        body="moon",
        height=(0.3, 0.85),
        glow=(0.75, 0.85, 1.0),
        glare=0.6,
        clouds=(0.0, 0.4),
        cloud_lit=(0.55, 0.64, 0.78),
        cloud_dark=(0.13, 0.19, 0.33),
        visibility=1500.0,
        stars=0.35,
        dark=True,
        shadows=0.4,
    ),
    "storm": Hour(
        skies=(
            ((0.10, 0.11, 0.15), (0.24, 0.26, 0.30), (0.50, 0.53, 0.53)),
            ((0.12, 0.13, 0.20), (0.28, 0.30, 0.38), (0.58, 0.56, 0.50)),
        ),
        sun=(0.24, 0.25, 0.26),
        shade=(0.25, 0.27, 0.32),
        clouds=(0.9, 1.0),
        cloud_lit=(0.50, 0.52, 0.56),
        cloud_dark=(0.08, 0.09, 0.13),
        visibility=700.0,
        dark=True,
        fall="rain",
        shadows=0.0,
    ),
    "rain": Hour(
        skies=(((0.44, 0.49, 0.56), (0.58, 0.63, 0.68), (0.72, 0.75, 0.77)),),
        sun=(0.18, 0.19, 0.21),
        shade=(0.42, 0.45, 0.51),
        clouds=(0.7, 0.9),
        cloud_lit=(0.70, 0.73, 0.77),
        cloud_dark=(0.38, 0.43, 0.50),
        visibility=260.0,
        mist=0.3,
        dark=True,
        fall="rain",
        shadows=0.0,
    ),
    "fog": Hour(
        skies=(
            ((0.72, 0.75, 0.77), (0.80, 0.82, 0.82), (0.86, 0.87, 0.85)),
            ((0.70, 0.70, 0.74), (0.82, 0.79, 0.78), (0.90, 0.86, 0.80)),
        ),
        sun=(0.22, 0.22, 0.21),
        shade=(0.42, 0.44, 0.47),
        visibility=40.0,
        clouds=(0.0, 0.0),
        mist=0.85,
        shadows=0.0,
    ),
    "snowfall": Hour(
        skies=(((0.62, 0.67, 0.74), (0.74, 0.78, 0.82), (0.86, 0.88, 0.90)),),
        sun=(0.22, 0.22, 0.24),
        shade=(0.50, 0.53, 0.60),
        clouds=(0.3, 0.6),
        cloud_lit=(0.86, 0.88, 0.91),
        cloud_dark=(0.60, 0.65, 0.72),
        visibility=220.0,
        mist=0.3,
        dark=True,
        fall="snow",
        shadows=0.0,
    ),
    "aurora": Hour(
        skies=(((0.01, 0.03, 0.10), (0.03, 0.10, 0.20), (0.07, 0.22, 0.28)),),
        sun=(0.16, 0.40, 0.34),
        shade=(0.12, 0.19, 0.28),
        clouds=(0.0, 0.0),
        stars=0.9,
        dark=True,
        shadows=0.0,
    ),
    "rainbow": Hour(
        skies=(((0.34, 0.46, 0.62), (0.52, 0.64, 0.74), (0.80, 0.86, 0.84)),),
        sun=(0.95, 0.86, 0.62),
        shade=(0.32, 0.37, 0.46),
        clouds=(0.3, 0.6),
        cloud_lit=(0.92, 0.92, 0.90),
        cloud_dark=(0.46, 0.52, 0.60),
    ),
}
