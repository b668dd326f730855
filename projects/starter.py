"""The project that `reverie new` writes."""

from __future__ import annotations

from keyframes.errors import printable

from .schema import SCHEMA_FILE

STARTER = """#:schema {schema}
# A film. Render it with: reverie render {name}

title = "{title}"
frames = 60                     # or duration = "4s"
fps = 15
seed = 7
model = "sketch"                # built in; or a diffusers folder, a .safetensors file, or a hub name
# size = [256, 256]             # width, height; the model's own size when left out
# init_image = "start.png"      # paint the first frame over this picture
# audio = "song.mp3"            # becomes the film's sound track
# bpm = 120                     # lets keys be on beats: "8b"

[prompts]                       # position = prompt; positions: frames, "2.5s", "50%", "-1", "max_f/2"
0 = "a lighthouse by the sea at sunset, oil painting"
30 = "a lighthouse by the sea at night under the stars, oil painting"
blend = "linear"                # how one prompt turns into the next: hold, linear, smooth
# negative = "birds"

[motion]                        # per frame: a number, or a schedule of keys
zoom = "0: (1.0), 20: (1.015)"
angle = "0: (0.6*sin(2*pi*t/60))"
translation_x = 0

# [diffusion]
# strength = 0.6                # 0 keeps the moved picture, 1 paints a new picture
# steps = 10
# cfg_scale = 3.0

# [coherence]
# color_from = "frame"          # whose colours are kept: "prompt" (as sketch does), "frame", "previous", a picture
# noise = 0.02
"""


def starter(name: str, title: str) -> str:
    """A small commented project named `name` that renders as it is, whatever letters name and title have."""
    title = printable(title).replace("\\", "\\\\").replace('"', '\\"')
    return STARTER.format(schema=SCHEMA_FILE, name=printable(name), title=title)
