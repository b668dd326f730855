"""The page docs/parity.md, made from the importers' tables: `python -m projects.importers.parity > docs/parity.md`."""

from __future__ import annotations

from collections.abc import Iterable

from . import deforum_table, disco_table, fizz, parseq_table, travel
from .rules import Rule

_HEAD = """\
# From Deforum, Disco Diffusion, Parseq and prompt schedules

<!-- Made by: python -m projects.importers.parity > docs/parity.md -->

    reverie import old_settings.txt -o dream.toml

makes a project of a settings file: Deforum's JSON `.txt` of every version since November 2022, the notebook's, Disco
Diffusion's, a [Parseq](#parseq-carried-over) manifest, a
[prompt schedule](#fizznodes-in-comfyui-carried-over) of FizzNodes or a graph of ComfyUI that holds one, or the settings
of AnimateDiff prompt travel. With `--render` it renders the project too, in one go. Every schedule has the same value
at every frame; where a key or a number means something else there, it is written anew. What has no place here is told
on stderr and at the end of the project, by name and with why; nothing is left out in silence. A setting that is missing
in the file has the default of the version that wrote it, and one that its version did not have is off.

- **Pictures are not the same**, even with the same model: noise is drawn in another way. Motion, schedules and which
  frames are painted (cadence, turbo) are the same.
- `strength` is 1 minus theirs. In 3D and for the perspective flip the project says `compat = "deforum"` or `"disco"`:
  their own flow. Take it out for a true camera; `rotation_3d_z` and wide pictures then move as they should.
- The file's checkpoint is named in a comment; the project has `model = "sketch"` unless `--model` names another.
- A broken schedule is left out and told of. A seed of -1 becomes a number made from the file, the same at every import.
- An init image is carried over if a file of its name lies beside the project. No address in the file is visited.

In the tables # stands for a number and * for anything. What stands under *here* is written into the project.
"""
_BEFORE = {
    "Parseq": (
        """\
A manifest with `rendered_frames` gives every field at every frame as Parseq has it: what runs straight is written as
a ramp, the rest frame by frame. One without them is worked out from its key frames and their formulas:

| of Parseq's formulas | |
|---|---|
| `L` `S` `C` `P` `f` `s` `b` `k`, `active_keyframe`, `next_keyframe` and their `_value`, `final_frame`, \
`prev_computed_value` | worked out |
| numbers in `f`, `s`, `b`; `+ - * / % ^`, comparisons, `and or && \\|\\|`, `if ... else` | \
worked out as Parseq reads them: from the right, so `10-3-2` is 9 |
| `sin` `sq` `tri` `saw` `pulse` `slide` `bez` (CSS curves by name) | worked out |
| `min` `max` `abs` `round` `floor` `ceil` `f2b` `b2f` `f2s` `s2f` `_sin` ... `_atanh` | worked out |
| `rand` `smrand` `perlin` `vibe` | not here: Parseq draws them by generators of its own |
| `info_match` ..., names of time series | not here: they read notes and sounds of its editor |
| `computed_at` `start_of_beat` `recompute_if` `dangerous`, other curves of `bez`, texts | not here |

A field whose formula is not here is told of by name; render the manifest in Parseq and its values come along. Deforum
takes its `_delta` columns, so they are what the lanes get. A manifest in a Deforum file's `parseq_manifest` leads the
lanes there.
""",
    ),
    "FizzNodes in ComfyUI": (
        """\
Read are a text of keys and prompts (`"0": "a lighthouse", "48": "a calm sea"`), a workflow as ComfyUI saves it, and
what its API takes. The prompt is that which feeds the sampler; a value schedule goes to the lane of what it feeds.
""",
    ),
}
_REST = """\
## What is no setting

| there | here |
|---|---|
| Deforum's motion preview | `reverie preview` |
| the host's CRF and preset of the film | `output.crf`, `output.preset` |
| batches of settings files | `reverie render` on one project after the other |
| resuming by time stamp, `resume_run` | a take goes on where it stopped, to the same bytes |
| settings beside the frames | every frame and film carries its project: `reverie new frame.png` |
| stitching frames to a film | `reverie export` |
| interpolating and upscaling a finished film | `output.interpolate`, `fps_out`, `upscale`, `upscaler` |
| subtitles | `output.subtitles`: `"prompts"`, or `"values"` for every frame as there; a file beside the film |
| other nodes of a ComfyUI graph | each is told of by name |
"""


def parity() -> str:
    """Markdown of every setting of both programs: where it is written here, or why it is not."""
    parts = [_HEAD]
    for title, carried, left in (
        ("Deforum", deforum_table.CARRIED, deforum_table.LEFT),
        ("Disco Diffusion", disco_table.CARRIED, disco_table.LEFT),
        ("Parseq", parseq_table.CARRIED, parseq_table.LEFT),
        ("FizzNodes in ComfyUI", (*fizz.TEXT, *fizz.CARRIED), fizz.LEFT),
        ("AnimateDiff prompt travel", travel.CARRIED, travel.LEFT),
    ):
        parts += [f"## {title}: carried over\n", *_BEFORE.get(title, ()), _table("here", carried)]
        parts += [f"## {title}: not here, or not here yet\n", _table("why", left)]
    return "\n".join([*parts, _REST])


def _table(heading: str, rows: Iterable[Rule]) -> str:
    lines = [f"| setting | {heading} |", "|---|---|"]
    for row in rows:
        names = " ".join(f"`{name}`" for name in row.names)
        why = row.why.replace("|", "\\|")
        told = f"`{row.here}`" + (f"; {why}" if why else "") if row.here else why
        lines.append(f"| {names} | {told} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    import sys

    sys.stdout.write(parity())
