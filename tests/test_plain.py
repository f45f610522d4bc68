"""Nothing that a terminal obeys, a runner obeys or a reader cannot see gets through."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regreen.plain import visible, visible_lines

UNSEEN = "\u115f\u1160\u3164\uffa0\u034f\u17b4\u2800\u180b\ufe00\U000e0100\u200b\u061c\u202e\u2066"


@pytest.mark.parametrize(
    "text",
    [
        "\x1b[2J", "\x1b]8;;http://example.org\x1b\\a\x1b]8;;\x1b\\", "\x1b]52;c;eA==\x07",
        "\x1bPq\x1b\\", "\x9b31m", "\x9d52;c;x\x9c", "\x90q\x9c", "\x1bc", "\x0e", "a\rb", "\x08",
    ],
)  # fmt: skip
def test_no_terminal_sequence_survives(text: str) -> None:
    seen = visible_lines(text)
    assert seen.isprintable()


@pytest.mark.parametrize("character", UNSEEN, ids=ascii)
def test_what_cannot_be_seen_is_written_out(character: str) -> None:
    seen = visible(f"a{character}b")
    assert seen.isascii()


def test_an_emoji_keeps_its_look_and_a_letter_gets_none() -> None:
    assert visible("⚠\ufe0f 1\ufe0f⃣") == "⚠\ufe0f 1\ufe0f⃣"
    assert visible("a\ufe0f\ufe0f") == r"a\ufe0f\ufe0f"
    assert visible("⚠\ufe0f\ufe0f") == "⚠\ufe0f" + r"\ufe0f"


@given(st.text(st.sampled_from(UNSEEN + "\ufe0f\ufe0e⚠a1:#[ \n")))
def test_twice_is_once(text: str) -> None:
    once = visible(text)
    assert visible(once) == once
    assert not any(character in once for character in UNSEEN)
