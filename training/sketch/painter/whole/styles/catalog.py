"""The thirteen styles by name. Each changes the finished canvas in place."""

from collections.abc import Callable

import numpy as np

from ..canvas import Canvas
from .flat import flat
from .glass import glass
from .gouache import gouache
from .ink import ink
from .lowpoly import lowpoly
from .neon import neon
from .oil import oil
from .pastel import pastel
from .pencil import pencil
from .photo import photo
from .pixel import pixel
from .watercolor import watercolor
from .woodcut import woodcut

STYLES: dict[str, Callable[[Canvas, np.random.Generator], None]] = {
    "oil": oil,
    "watercolor": watercolor,
    "flat": flat,
    "gouache": gouache,
    "ink": ink,
    "pastel": pastel,
    "woodcut": woodcut,
    "pixel": pixel,
    "lowpoly": lowpoly,
    "neon": neon,
    "glass": glass,
    "pencil": pencil,
    "photo": photo,
}
