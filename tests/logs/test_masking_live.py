"""Masking what a program prints while it prints it: however it is cut, and before lines end."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regreen.logs import mask
from regreen.logs.masking import LiveMask

TOKEN = "ghp_" + "aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dE3fG5"
GIVEN = ("hunter2secret", "correct horse battery staple")
TEXT = f"""\
plain words
using {TOKEN} here
it is hunter2secret, or correct horse battery staple
::add-mask::declared value
now the declared value
password: s3cr3tP4ss
-----BEGIN RSA PRIVATE KEY-----
MIIEowIBAAKCAQEAw0Xk7bq1Yb2u6Qe4Z9xk5v2PqT1LmN8sR3dF6gH9jK2lZ4xC
-----END RSA PRIVATE KEY-----
the end without a line end"""
SECRETS = (TOKEN, *GIVEN, "s3cr3tP4ss", "MIIEowIBAAKCAQEAw0Xk7bq1")


def cut(text: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted({p % (len(text) + 1) for p in places}), len(text)]
    return [text[a:b] for a, b in pairwise(edges)]


@given(st.lists(st.integers(0, 10_000), max_size=12), st.booleans())
def test_however_the_text_is_cut_the_same_is_hidden(places: list[int], impatient: bool) -> None:
    live = LiveMask(GIVEN)
    said = []
    for piece in cut(TEXT.encode(), places):
        said.append(live.feed(piece))
        if impatient:
            said.append(live.idle())
    said.append(live.finish())
    whole = b"".join(said).decode()
    assert whole.replace("\n", "") == mask(TEXT, GIVEN).replace("\n", "") or impatient
    for secret in SECRETS:
        assert secret not in whole


@pytest.mark.parametrize("secret", [TOKEN, *GIVEN, "key=" + "Zx8" * 12])
def test_no_half_of_a_secret_is_shown_while_its_line_is_unfinished(secret: str) -> None:
    line = f"working with {secret} now\n".encode()
    for place in range(len(line)):
        live = LiveMask(GIVEN)
        shown = live.feed(line[:place]) + live.idle()
        begun = secret.split("=")[-1][:4].encode()
        assert begun not in shown.removeprefix(b"working with ")
        assert b"working with".startswith(shown.strip()) or place > len("working with ")


@pytest.mark.parametrize(
    ("before", "begun"),
    [
        ("", 'export PASSWORD="my long phrase '),
        ("token:\n", "Zx8kQ2vR7tLp0sWd "),
        ("-----BEGIN RSA PRIVATE KEY-----\n", "MIIEowIBAAKCAQEAw0Xk7bq1Yb2u "),
        ("::add-mask::blue sky\n", "under a blue "),
    ],
)
def test_what_may_become_a_secret_waits_for_the_end_of_its_line(before: str, begun: str) -> None:
    live = LiveMask()
    live.feed(before.encode())
    live.feed(begun.encode())
    assert b"phrase" not in (shown := live.idle())
    assert shown in (b"", b"under a ")


def test_a_line_comes_as_soon_as_it_ends_and_a_prompt_before_that() -> None:
    live = LiveMask()
    assert live.feed(b"one\ntw") == b"one\n"
    assert live.idle() == b""
    assert live.feed(b"o\nGo on? [y/N] ") == b"two\n"
    assert live.idle() == b"Go on? [y/N] "
    assert live.idle() == b""
    assert live.feed(b"yes\n") == b"yes\n"
    assert live.feed(b"10 %\r20 %\r") == b""
    assert live.idle() == b"10 %\r20 %\r"
    assert live.finish() == b""


def test_a_value_declared_in_what_is_left_out_is_hidden_all_the_same() -> None:
    live = LiveMask()
    live.feed(b"begin")
    live.skip(b"x\n::add-mask::hunter2secret\n" + b"y" * 200_000 + b"\nhalf of a wo")
    assert live.feed(b"rd, hunter2secret\n") + live.finish() == b" ***\n"
