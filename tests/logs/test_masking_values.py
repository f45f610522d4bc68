"""Given values hide in every form; a masked stream is the masked text."""

from __future__ import annotations

import base64
import json
import shlex
from collections.abc import Iterator
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regreen.logs.masking import mask, masked_chunks, masked_values

SECRET = "p@ss wörd/1\"x'$y"


@pytest.mark.parametrize("before", ["", "u:", "us:", "use:"])
def test_base64_inside_a_longer_text(before: str) -> None:
    code = base64.b64encode(f"{before}correct horse battery:".encode()).decode()
    assert "***" in mask(code, ["correct horse battery"])
    assert len(mask(code, ["correct horse battery"])) < len(before) * 2 + 12


@pytest.mark.parametrize(
    "form",
    [
        quote(SECRET, safe=""),
        quote(SECRET),
        quote_plus(SECRET),
        quote(SECRET, safe="").replace("%C3%B6", "%c3%b6").replace("%40", "%40"),
        json.dumps(SECRET)[1:-1],
        json.dumps(SECRET, ensure_ascii=False)[1:-1],
        shlex.quote(SECRET),
    ],
)
def test_escaped_forms(form: str) -> None:
    if "%c3" in form:
        form = quote(SECRET, safe="")
        form = "".join(c.lower() for c in form)
    assert mask(f"<{form}>", [SECRET]) == "<***>"


def test_lines_of_a_long_value_hide_unless_very_short() -> None:
    assert mask("first abc second", ["first\nabc\nsecond"]) == "*** abc ***"


def test_declared_values_are_commands_and_not_their_echo() -> None:
    assert masked_values('echo "::add-mask::$TOKEN"\n::add-mask::a%25b%0Acd') == ("a%b\ncd",)


KEY = (
    "-----BEGIN " + "PRIVATE KEY-----\n" + ("A1b2" * 16 + "\n") * 3 + "-----END PRIVATE KEY-----\n"
)
PIECES = st.lists(
    st.sampled_from(
        [b"\n", b" ", b"x\n", KEY.encode(), b"TOKEN=", b"hunter2", b"password: abc12345\n", b"\xff",
         b"\xc3", b"https://u:p4ss@h\n", b"gh" + b"p_" + b"a1B2" * 9, b"\x1b[31m", b"-----BEGIN ",
         "é".encode(), b"sesame", b"-----END"]
    )
    | st.binary(max_size=12),
    max_size=40,
)  # fmt: skip


def cut(data: bytes, places: list[int]) -> Iterator[bytes]:
    at = 0
    for place in sorted(place % (len(data) + 1) for place in places):
        yield data[at:place]
        at = place
    yield data[at:]


@given(PIECES.map(b"".join), st.lists(st.integers(0, 10_000), max_size=6))
def test_a_stream_is_masked_as_the_text_is(data: bytes, places: list[int]) -> None:
    text = data.decode("utf-8", "surrogateescape")
    whole = mask(text, ["sesame"]).encode("utf-8", "surrogateescape")
    if b"add-mask" not in data:
        assert b"".join(masked_chunks(cut(data, places), ["sesame"])) == whole
        again = mask(whole.decode("utf-8", "surrogateescape"))
        assert again.encode("utf-8", "surrogateescape") == whole


@given(st.lists(st.integers(0, 200), max_size=6))
def test_declared_values_hide_from_their_line_on(places: list[int]) -> None:
    data = b"say sesame\n::add-mask::sesame\nsay sesame\n" + KEY.encode() + b"sesame"
    masked = b"".join(masked_chunks(cut(data, places)))
    assert masked.startswith(b"say sesame\n::add-mask::***\nsay ***\n")
    assert masked.endswith(b"-----\n***")
    assert b"A1b2" not in masked


def test_no_token_escapes_where_a_long_line_is_cut() -> None:
    token = b"gh" + b"p_" + b"a1B2" * 9
    for filler in (b"x" * 29, b"x " * 14 + b"x"):
        line = (filler + b" " + token + b",") * 90_000
        masked = b"".join(masked_chunks([line]))
        assert b"a1B2" not in masked
        assert masked == (filler + b" ***,") * 90_000


def test_a_secret_longer_than_what_is_kept_does_not_leak_its_end() -> None:
    data = [b"password=", *[b"aB3dE6gH9jK2mN5p" * 4096] * 80, b" end\nnext\n"]
    assert b"".join(masked_chunks(data)) == b"password=*** end\nnext\n"
