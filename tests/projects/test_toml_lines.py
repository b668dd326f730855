"""Where a key stands in the text of a project file."""

from __future__ import annotations

from projects.validation import key_lines, line_of, longest_key
from tests.pace import within

TEXT = '''# a film
title = "x"  # not [motion]
"frames" = 20
output.crf = 18

[ prompts ]   # here
0 = """
[motion]
zoom = 3
"""
"2.5s" = 'dawn'
'50%' = "night"

[motion]
zoom = """0: (1)"""
table = {a = 1}
angle=2
[diffusion.deep]
"a" . b = 1
'''


def test_keys_and_tables() -> None:
    assert key_lines(TEXT) == {
        "title": 2,
        "frames": 3,
        "output.crf": 4,
        "prompts": 6,
        "prompts.0": 7,
        "prompts.2.5s": 11,
        "prompts.50%": 12,
        "motion": 14,
        "motion.zoom": 15,
        "motion.table": 16,
        "motion.angle": 17,
        "diffusion.deep": 18,
        "diffusion.deep.a.b": 19,
    }


def test_windows_lines_and_a_byte_order_mark() -> None:
    assert key_lines("\ufeff" + TEXT.replace("\n", "\r\n")) == key_lines(TEXT)


def test_the_nearest_table_stands_in() -> None:
    lines = key_lines(TEXT)
    assert line_of(lines, "motion.zoom") == 15
    assert line_of(lines, "motion.table.a") == 16
    assert line_of(lines, "motion.none") == 14
    assert line_of(lines, "none") is None
    assert line_of(lines, "") is None


def test_the_longest_key() -> None:
    assert longest_key(TEXT) == 1
    assert longest_key("a.b.c.d = 1") == 3
    assert longest_key("a.\"b.c.d\".'e.f' = 1") == 2
    assert longest_key('x = "a.b.c.d" # a.b.c.d.e\ny = 1.5') == 1
    assert longest_key('x = """\na.b.c.d.e "quoted" f.g.h.i.j\n"""\ny = \'\'\'\na.b.c\'\'\'') <= 1
    assert longest_key("") == 0


def test_no_text_takes_long() -> None:
    pieces = (
        "[",
        "[ ",
        '"',
        "'",
        '"""',
        "'''",
        "a.",
        "a ",
        ". ",
        "\\",
        "#",
        "= ",
        '"\\',
        "[]",
        '"""\\"',
    )
    with within(5):
        for piece in pieces:
            text = piece * (300_000 // len(piece))
            key_lines(text)
            longest_key(text)
            key_lines(f"{text}\n{text}]")
