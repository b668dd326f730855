"""Makes the page docs/parity.md of the importers' tables: `python -m projects.importers.parity > docs/parity.md`."""

from __future__ import annotations

from collections.abc import Iterable

from . import deforum_table, disco_table, fizz, parseq_table, travel
from .rules import Rule

_HEAD = """\
# From Deforum, Disco Diffusion, Parseq and prompt schedules

<!-- Made by: python -m projects.importers.parity > docs/parity.md -->

    reverie import old_settings.txt -o dream.toml

makes a project of a settings file. It reads:

- Deforum's JSON `.txt` of every version since November 2022, and of the notebook
- Disco Diffusion's settings
- [Parseq](#parseq-carried-over) manifests
- [prompt schedules](#fizznodes-in-comfyui-carried-over) of FizzNodes, as text or in a ComfyUI graph
- settings of AnimateDiff prompt travel

With `--render` it also renders the project. Every schedule keeps its value at every frame; if a key or a number means
something else in Reverie, it is converted. A report on stderr and at the end of the project names every setting that
has no place and says why. A setting that is missing from the file has the default of the version that wrote it; a
feature that this version does not have is off.

- **Pictures are not the same**, even with the same model, because noise is drawn differently. Motion, schedules and
  the choice of painted frames (cadence, turbo) are the same.
- `strength` is 1 minus the original. In 3D and with the perspective flip the project says `compat = "deforum"` or
  `"disco"`, which moves as the original does. Remove it for a true camera; `rotation_3d_z` and wide pictures then move
  as they should.
- The project has `model = "sketch"` unless `--model` names another; a comment names the file's checkpoint.
- An invalid schedule is left out, with a note. A seed of -1 becomes a number made from the file, the same at every
  import.
- An init image is carried over if a file of its name lies next to the project. Web addresses are never visited.

In the tables, # stands for a number and * for anything; *here* is the place in the project.
"""
_BEFORE = {
    "Parseq": (
        """\
A manifest with `rendered_frames` keeps Parseq's value of every field at every frame; straight stretches become ramps.
Without them, the values are computed from the key frames and their formulas:

| Parseq formulas | |
|---|---|
| `L` `S` `C` `P` `f` `s` `b` `k`, `active_keyframe`, `next_keyframe` and their `_value`, `final_frame`, \
`prev_computed_value` | supported |
| numbers in `f`, `s`, `b`; `+ - * / % ^`, comparisons, `and or && \\|\\|`, `if ... else` | \
read from the right as in Parseq, so `10-3-2` is 9 |
| `sin` `sq` `tri` `saw` `pulse` `slide` `bez` (CSS curves by name) | supported |
| `min` `max` `abs` `round` `floor` `ceil` `f2b` `b2f` `f2s` `s2f` `_sin` ... `_atanh` | supported |
| `rand` `smrand` `perlin` `vibe` | not supported: Parseq has random generators of its own |
| `info_match` ..., names of time series | not supported: they read notes and sounds of Parseq's editor |
| `computed_at` `start_of_beat` `recompute_if` `dangerous`, other curves of `bez`, texts | not supported |

The report names each field whose formula is not supported; render the manifest in Parseq to carry its values over.
The lanes get the `_delta` columns, as in Deforum. A manifest in a Deforum file's `parseq_manifest` sets the lanes of
that file.
""",
    ),
    "FizzNodes in ComfyUI": (
        """\
Reverie reads a text of keys and prompts (`"0": "a lighthouse", "48": "a calm sea"`), a workflow that ComfyUI saved,
and the form that its API takes. It uses the prompt that feeds the sampler; a value schedule goes to the lane of the
input that it feeds.
""",
    ),
}
_REST = """\
## Other features

| original | Reverie |
|---|---|
| Deforum's motion preview | `reverie preview` |
| the host's CRF and preset of the film | `output.crf`, `output.preset` |
| batches of settings files | `reverie render` with several projects |
| resuming by time stamp, `resume_run` | a take resumes where it stopped, with the same bytes |
| settings next to the frames | every frame and film holds its project: `reverie new frame.png` |
| stitching frames to a film | `reverie export` |
| interpolating and upscaling a finished film | `output.interpolate`, `fps_out`, `upscale`, `upscaler` |
| subtitles | `output.subtitles`: `"prompts"`, or `"values"` of every frame; a file next to the film |
| other nodes of a ComfyUI graph | the report names each |
"""


def parity() -> str:
    """Markdown of every setting: its place in a project, or why it has none."""
    parts = [_HEAD]
    for title, carried, left in (
        ("Deforum", deforum_table.CARRIED, deforum_table.LEFT),
        ("Disco Diffusion", disco_table.CARRIED, disco_table.LEFT),
        ("Parseq", parseq_table.CARRIED, parseq_table.LEFT),
        ("FizzNodes in ComfyUI", (*fizz.TEXT, *fizz.CARRIED), fizz.LEFT),
        ("AnimateDiff prompt travel", travel.CARRIED, travel.LEFT),
    ):
        parts += [f"## {title}: carried over\n", *_BEFORE.get(title, ()), _table("here", carried)]
        parts += [f"## {title}: not carried over\n", _table("why", left)]
    return "\n".join([*parts, _REST])


def _table(heading: str, rows: Iterable[Rule]) -> str:
    lines = [f"| setting | {heading} |", "|---|---|"]
    for row in rows:
        names = " ".join(f"`{name}`" for name in row.names)
        why = row.why.replace("|", "\\|")
        cell = f"`{row.here}`" + (f"; {why}" if why else "") if row.here else why
        lines.append(f"| {names} | {cell} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    import sys

    sys.stdout.write(parity())
