"""Prompt schedules of FizzNodes: `"0": "a prompt", "12": "another"`, in a file or in a node of ComfyUI.

Keys may be expressions. Each prompt blends into the next in a straight line.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from keyframes import Clock, Problem, ProjectError, ScheduleError, parse_position
from keyframes.errors import quoted

from .comfy_graph import PROMPTS, VALUES
from .common import clean, put_title
from .conversion import Conversion
from .report import carried, left_out

LENGTH = 120  # FizzNodes' default
LANE = "text"
EXAMPLE = 'Example: "0": "a lighthouse", "48": "a calm sea".'
MAX_TEXT = 4_000_000
_WEIGHT = re.compile(r"\bpw_[abcd]\b")
_ENTRY = re.compile(
    r"""(?:"(?P<quoted>[^"\\]{0,500})"|'(?P<single>[^'\\]{0,500})'|(?P<bare>[^\s"':,{}][^"':,{}]{0,500}))"""
    r"""\s*:\s*"(?P<text>(?:[^"\\]|\\.)*)"\s*(?:,|(?=["'}\w(])|$)""",
    re.DOTALL,
)
_START = re.compile(r"[^\s,]")
_TEXT_LIKE_IT = re.compile(r"""\s*+\{?+\s*+(?:"[^"\n]{1,100}"|'[^'\n]{1,100}'|\d{1,9})\s*:\s*["']""")


def _inputs(kinds: tuple[str, ...], *names: str) -> str:
    return " ".join(f"{kind}.{name}" for kind in kinds for name in names)


_CARRIED = carried(
    rf"""
text | prompts | keys and prompts as FizzNodes writes them
{_inputs(PROMPTS, "text")} | prompts | each blends into the next, `blend = "linear"`; in a key, max_f is the number
    of frames
{_inputs(PROMPTS, "pre_text")} | prompts.prefix | text after --neg goes into every negative prompt
{_inputs(PROMPTS, "app_text")} | prompts.suffix | text after --neg goes to `prompts.negative`
{_inputs(PROMPTS, "pw_a", "pw_b", "pw_c", "pw_d")} | prompts | replaced by its value in expressions
PromptSchedule.max_frames BatchPromptSchedule.max_frames StringSchedule.max_frames BatchStringSchedule.max_frames |
    frames
{_inputs(VALUES, "text")} | diffusion | the lane of the input that it feeds: denoise, cfg, steps or seed of a KSampler
CLIPTextEncode.text | prompts.negative | if it feeds a sampler's negative input
KSampler.seed KSamplerAdvanced.noise_seed | seed
KSampler.steps KSamplerAdvanced.steps | diffusion.steps | `steps_mode = "exact"`
KSampler.cfg KSamplerAdvanced.cfg | diffusion.cfg_scale
KSampler.sampler_name KSampler.scheduler KSamplerAdvanced.sampler_name KSamplerAdvanced.scheduler | diffusion.sampler
KSampler.denoise | diffusion.strength | if below 1; at 1 a graph paints every frame from noise, and a film continues
    from the frame before
EmptyLatentImage.width EmptyLatentImage.height | size
VHS_VideoCombine.frame_rate ADE_AnimateDiffCombine.frame_rate | fps
CheckpointLoaderSimple.ckpt_name | model | named in a comment; set the model with --model
"""
)

_LEFT = left_out(
    r"""
*.current_frame *.start_frame *.end_frame *.print_output | belongs to a run of ComfyUI. | harmless: any value
*.max_frames | the length is that of the prompts. | harmless: any value
*.control_after_generate | seeds increase by one per frame. | harmless: any value
EmptyLatentImage.batch_size | the length is that of the prompts. | harmless: any value
KSamplerAdvanced.add_noise KSamplerAdvanced.start_at_step KSamplerAdvanced.end_at_step
    KSamplerAdvanced.return_with_leftover_noise | write the share of the steps as diffusion.strength. | harmless:
    "enable", "disable", 0, 10000
VHS_VideoCombine.* SaveImage.filename_prefix ADE_AnimateDiffCombine.* | a take keeps its frames; for a film, use
    reverie export. | harmless: any value
"""
)

TABLE = (*_CARRIED, *_LEFT)


def is_keyed_text(text: str) -> bool:
    """Whether a text that is not JSON looks like a prompt schedule."""
    return _TEXT_LIKE_IT.match(text) is not None


def from_keyed_text(job: Conversion) -> None:
    """Fill the project from a text file that holds one prompt schedule."""
    job.report.written_by = "hand, for FizzNodes"
    put_title(job)
    pairs = keyed_text(str(job.values["text"]))
    whole = [int(key) for key, _ in pairs if re.fullmatch(r"\d{1,5}", key)]
    frames = max(LENGTH, max(whole, default=0) + 1)
    job.put("frames", frames)
    job.put("seed", 0)
    remark = f"The text gives no length; the film has {frames} frames. Change that as needed."
    job.report.remarks.append(remark)
    carry_schedule(job, placed(pairs, Clock(frames=frames, fps=15.0, seed=0)))
    job.carried("prompts", "text")
    job.settle(TABLE)


def keyed_text(text: str) -> list[tuple[str, str]]:
    """(key, prompt) as written. Braces around the whole, a trailing comma and missing commas are allowed.

    Raises ScheduleError, with a line, for text that is not a schedule.
    """
    if len(text) > MAX_TEXT:
        raise _error(f"the prompts have {len(text)} characters.", f"Allowed: {MAX_TEXT}.", 0, text)
    at, stop = 0, len(text)
    braces = re.fullmatch(r"(\s*\{)(.*)\}\s*", text, re.DOTALL)
    if braces:
        at, stop = braces.end(1), braces.end(2)
    found: list[tuple[str, str]] = []
    while start := _START.search(text, at, stop):
        at = start.start()
        entry = _ENTRY.match(text, at, stop)
        if entry is None:
            raise _error("not a key with a prompt.", EXAMPLE, at, text)
        key = next(part for part in entry.group("quoted", "single", "bare") if part is not None)
        try:
            prompt = str(json.loads(f'"{entry["text"]}"', strict=False))
        except ValueError as error:
            hint = r'Allowed after a backslash: " \ / b f n r t and u with four digits.'
            raise _error("invalid escape in a prompt.", hint, at, text) from error
        found.append((key.strip(), prompt))
        at = entry.end()
    if not found:
        raise _error("no prompt found.", EXAMPLE, 0, text)
    return found


def _error(what: str, hint: str, at: int, text: str) -> ScheduleError:
    line = text.count("\n", 0, at) + 1
    shown = quoted(text[at : at + 60].strip(), 40)
    return ScheduleError(Problem(what=f"{what} Line {line}: {shown}", where=LANE, hint=hint))


def placed(pairs: list[tuple[str, str]], clock: Clock) -> dict[int, str]:
    """Frame -> prompt. In a key, `max_f` is the number of frames; of two keys for a frame the later one wins.

    Raises ScheduleError for a key that is not a frame or lies before frame 0.
    """
    found: dict[int, str] = {}
    for key, text in pairs:
        named = re.sub(r"\bmax_f\b", f"({clock.frames})", key)
        frame = int(parse_position(named, clock=clock, dialect="deforum"))
        if frame < 0:
            what = f"the key {quoted(key, 30)} is before frame 0."
            raise ScheduleError(Problem(what=what, where=LANE, hint=EXAMPLE))
        found[frame] = text
    return dict(sorted(found.items()))


def read_keyed(job: Conversion, text: str, name: str) -> dict[int, str]:
    """Frame -> prompt of a node's text; empty, and a note, for an invalid text."""
    try:
        return placed(keyed_text(text), job.clock)
    except ProjectError as error:
        job.report.note(name, "missing", f"invalid schedule. {error.problems[0]}", text)
        return {}


def carry_schedule(
    job: Conversion,
    keyed: Mapping[int, str],
    before: str = "",
    after: str = "",
    weights: Mapping[str, str] | None = None,
) -> list[str]:
    """Write the prompts at their frames, each blending into the next.

    before, after: texts around every prompt, each perhaps with its own --neg. weights: values of pw_a to pw_d between
    back-ticks. Returns the weights that the prompts use and that have no value.
    """
    known, lost = weights or {}, []

    def filled(match: re.Match[str]) -> str:
        if match[0] not in known:
            lost.append(match[0])
        return known.get(match[0], "0")

    first, _, first_negative = before.partition("--neg")
    last, _, last_negative = after.partition("--neg")
    for frame, text in keyed.items():
        pieces = text.replace("\0", " ").split("`")
        pieces[1::2] = [_WEIGHT.sub(filled, piece) for piece in pieces[1::2]]
        positive, _, negative = "`".join(pieces).partition("--neg")
        negative = " ".join(part.strip() for part in (first_negative, negative) if part.strip())
        positive = positive.strip()
        job.put(f"prompts.{frame}", f"{positive} --neg {negative}" if negative else positive)
    for place, text in (("prefix", first), ("suffix", last), ("negative", last_negative)):
        if text.strip():
            job.put(f"prompts.{place}", clean(text))
    job.put("prompts.blend", "linear")
    return list(dict.fromkeys(lost))
