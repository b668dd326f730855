"""The kinds of file that a film can be: how each is encoded, what it can hold, and what it needs.

Threads are fixed and every writer is bit exact, so that equal frames make equal bytes whatever the number of cores
(H.264's bytes depend on the number of threads).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from keyframes.errors import Problem, ProjectError, quoted

THREADS = "8"
BIT_EXACT = ("-fflags", "+bitexact", "-flags:v", "+bitexact")
TAGS = ("title", "artist", "comment", "copyright", "date", "genre")
PRESETS = ("ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow")

# RGB to YUV by the matrix that players assume for untagged HD (BT.709), at full precision, and tagged so.
_BT709 = (
    "scale=out_color_matrix=bt709:out_range=tv:flags=accurate_rnd+full_chroma_int+full_chroma_inp+bitexact,"
    "setparams=color_primaries=bt709:color_trc=bt709:colorspace=bt709:range=tv"
)
# One palette for the whole film; ffmpeg holds all frames until it is known.
_ONE_PALETTE = "split[a][b];[a]palettegen=stats_mode=diff[p];[b][p]paletteuse=dither=sierra2_4a"
_NTSC = (24, 30, 48, 60, 120)
_NTSC_TOLERANCE = 0.005


@dataclass(frozen=True, kw_only=True)
class Quality:
    """crf: of .mp4 and .webm, 0 (best) to 51, None for the default of the container. preset: x264's speed."""

    crf: int | None = None
    preset: str = "medium"


@dataclass(frozen=True, kw_only=True)
class Container:
    """One kind of file.

    even: width and height must be even (chroma is stored at half size). crf: the default quality, None if there is no
    such setting. preset: whether x264's presets apply. sound: how sound is encoded, empty if the file can hold none.
    tagged: holds metadata. fps_limit: the most frames per second that it can tell apart.
    """

    format: str
    filters: str = ""
    video: tuple[str, ...] = ()
    muxing: tuple[str, ...] = ()
    sound: tuple[str, ...] = ()
    crf: int | None = None
    preset: bool = False
    even: bool = True
    tagged: bool = True
    fps_limit: int = 1000

    def encoders(self, *, sound: bool = False) -> tuple[str, ...]:
        """The names of ffmpeg's encoders that it needs."""
        options = [*self.video, *(self.sound if sound else ())]
        named = [options[i + 1] for i, option in enumerate(options) if option in ("-c:v", "-c:a")]
        return tuple(named) or (self.format,)

    def encoding(self, quality: Quality) -> tuple[str, ...]:
        """ffmpeg's arguments for the picture. Raises ValueError for a quality that does not exist."""
        crf, preset = quality.crf, quality.preset
        if crf is not None and (self.crf is None or not 0 <= crf <= 51):
            raise ValueError(f"crf is 0 (best) to 51, for .mp4 and .webm; got {crf}")
        if preset not in PRESETS:
            raise ValueError(f"preset {preset!r} is not one of {', '.join(PRESETS)}")
        crf = crf if crf is not None else self.crf
        return (
            *(("-filter_complex", f"[0:v]{self.filters}[film]", "-map", "[film]") if self.filters else ()),
            *self.video,
            *(("-crf", str(crf)) if crf is not None else ()),
            *(("-preset", preset) if self.preset else ()),
            *("-fps_mode", "passthrough", "-threads", THREADS, *BIT_EXACT),
        )


FOLDER = Container(format="png", even=False)
CONTAINERS: Mapping[str, Container] = {
    ".mp4": Container(
        format="mp4",
        filters=_BT709,
        video=("-c:v", "libx264", "-pix_fmt", "yuv420p"),
        muxing=("-movflags", "+faststart"),
        sound=("-c:a", "aac", "-b:a", "192k"),
        crf=17,
        preset=True,
    ),
    ".webm": Container(
        format="webm",
        filters=_BT709,
        video=("-c:v", "libvpx-vp9", "-pix_fmt", "yuv420p", "-b:v", "0", "-row-mt", "1", "-cpu-used", "4"),
        sound=("-c:a", "libopus", "-b:a", "160k"),
        crf=24,
    ),
    ".mov": Container(
        format="mov",
        filters=_BT709,
        video=("-c:v", "prores_ks", "-profile:v", "4444", "-vendor", "apl0", "-pix_fmt", "yuv444p10le"),
        muxing=("-movflags", "+faststart+use_metadata_tags"),
        sound=("-c:a", "pcm_s16le"),
    ),
    ".webp": Container(
        format="webp",
        video=("-c:v", "libwebp_anim", "-quality", "75", "-loop", "0"),
        even=False,
        tagged=False,
    ),
    ".gif": Container(format="gif", filters=_ONE_PALETTE, even=False, tagged=False, fps_limit=50),
}


def container_of(out: Path | str) -> Container:
    """The kind of file of `out`, by its suffix; no suffix, or a slash at the end, is a folder of PNG files.

    Raises ProjectError, with what is allowed, for another suffix.
    """
    suffix = Path(out).suffix.lower()
    if str(out).endswith(("/", "\\")) or not suffix:
        return FOLDER
    if suffix in CONTAINERS:
        return CONTAINERS[suffix]
    hint = f"Allowed: {', '.join(CONTAINERS)}, or a folder for PNG files (no suffix). Example: film.mp4"
    what = f"a film cannot be written as {quoted(suffix)}."
    raise ProjectError(Problem(what=what, file=str(out), hint=hint))


def exact_rate(fps: float | Fraction) -> Fraction:
    """Frames per second as a fraction: 24 is 24, 12.5 is 25/2, and 23.976 or 23.98 is NTSC's 24000/1001.

    Raises ProjectError unless 0 < fps <= 1000.
    """
    if not 0 < fps <= 1000:
        what, hint = f"{fps} frames per second is not possible.", "Allowed: above 0, up to 1000. Example: 24"
        raise ProjectError(Problem(what=what, where="fps", hint=hint))
    if isinstance(fps, Fraction):
        return fps
    ntsc = [Fraction(whole * 1000, 1001) for whole in _NTSC]
    near = min(ntsc, key=lambda rate: abs(rate - fps))
    if abs(near - Fraction(fps)) <= _NTSC_TOLERANCE:
        return near
    return Fraction(fps).limit_denominator(1001)
