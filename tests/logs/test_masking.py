"""Secrets are hidden, nothing else is, and no line is lost."""

from __future__ import annotations

import base64
import time
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regreen.logs import analyze, classify, mask
from tests.logs.hosted import Ran, log

LONG = "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF3hJ6"


def secrets() -> list[str]:
    """Texts that end in a secret, put together so that no scanner takes them for real ones."""
    return [
        "gh" + "p_" + LONG,
        "gh" + "s_" + LONG,
        "github" + "_pat_" + LONG,
        "gl" + "pat-" + LONG[:20],
        "AK" + "IA" + "ABCDEFGHIJKLMNOP",
        "pypi-" + "AgEIcHlwaS5vcmc" + LONG,
        "xox" + "b-123456789012-" + LONG,
        "np" + "m_" + LONG,
        "ey" + "JhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiIxIn0abc." + LONG,
    ]


@pytest.mark.parametrize("secret", secrets(), ids=lambda secret: str(secret)[:6])
def test_token_formats(secret: str) -> None:
    assert mask(f"using {secret} now") == "using *** now"


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("PYPI_TOKEN=hunter2", "hunter2"),
        ("  DB_PASSWORD: hunter2", "hunter2"),
        ('export API_KEY="hun ter2"', "hun ter2"),
        ("AWS_SECRET_ACCESS_KEY=abc/def+1", "abc/def+1"),
        ("curl -H 'Authorization: Bearer hunter2'", "hunter2"),
        ("AUTHORIZATION: basic aHVudGVyMg==", "aHVudGVyMg"),
        ("git clone https://me:hunter2@example.org/a.git", "hunter2"),
        (f"https://{LONG}@example.org/a.git", LONG),
        ("password=correct4horse", "correct4horse"),
    ],
)
def test_assignments_headers_and_urls(text: str, hidden: str) -> None:
    masked = mask(text)
    assert hidden not in masked
    assert "***" in masked


@pytest.mark.parametrize(
    "text",
    [
        "GITHUB_TOKEN: ***",
        "commit 4f1c0f7c2b8d4f54a3c1f2a4f0f3f6d1e2b3c4d5",
        "sha256:6d88f308559d95bdafd10ac3d0b6ed95df4e2daaf7f97f6d4588d8c14ca1fbdd",
        "https://github.com/octo/demo/pull/7",
        "Secret source: Actions",
        "SyntaxError: unexpected token: expected ')'",
        "TOKEN=$GITHUB_TOKEN",
        "  token: ${{ secrets.GITHUB_TOKEN }}",
        "tests/test_password.py::test_secret_token PASSED",
        "would reformat src/token.py",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert mask(text) == text


def test_private_keys_keep_their_lines() -> None:
    body = "\n".join(["MIIEvQIBADANBgkqhkiG9w0BAQEFAASC" * 2] * 5 + ["c2hvcnQ="])
    begin, end = "-----BEGIN RSA " + "PRIVATE KEY-----", "-----END RSA " + "PRIVATE KEY-----"
    text = f"before\n{begin}\n{body}\n{end}\nafter wards"
    masked = mask(text)
    assert "MIIE" not in masked
    assert masked.count("\n") == text.count("\n")
    assert masked.endswith("after wards")
    stamped = text.replace("\n", "\n2024-05-01T12:00:00.1234567Z ")
    assert "MIIE" not in mask(stamped)


def test_given_values_in_all_their_forms() -> None:
    secret = "p@ss word/1\nsecond line"
    forms = ["p@ss word/1", "second line", quote("p@ss word/1", safe="")]
    forms.append(base64.b64encode(b"p@ss word/1").decode())
    masked = mask(" | ".join(forms), [secret])
    assert masked == " | ".join(["***"] * 4)


def test_values_that_a_log_declares() -> None:
    text = "::add-mask::sesame\nopen sesame\n"
    assert mask(text) == "::add-mask::***\nopen ***\n"


def test_evidence_and_diagnostics_are_masked() -> None:
    output = "::add-mask::sesame\nno sesame\nDB_PASSWORD=hunter2"
    found = repr(classify("./own", None, output, 1)) + repr(
        analyze(log(Ran(script="./own", output=output, exit_code=1))).failure
    )
    assert "sesame" not in found.replace("'::add-mask::sesame'", "")
    assert "hunter2" not in found


TEXTS = st.text(st.sampled_from("ab1=:/@. \n\"'*-_TOKENpasword%{}$"), max_size=200)


@given(TEXTS | st.text(), st.lists(st.text(min_size=1), max_size=3))
def test_masking_is_idempotent_and_keeps_lines(text: str, values: list[str]) -> None:
    once = mask(text)
    assert mask(once) == once
    assert mask(text, values).count("\n") == text.count("\n")


@pytest.mark.parametrize(
    "piece",
    [
        "TOKEN",
        "password",
        "a",
        "://a",
        "eyJ",
        "=",
        "TOKEN=",
        "Authorization: ",
        "://a:b",
        "-",
        "-----BEGIN PRIVATE KEY-----",
        "gh",
        "xoxb-",
        "SG.a",
        "api_key='",
        "secret_",
        " ",
        "\x1b[0m",
        "a\x1b[1mb",
        "\0",
        "<password>",
        "password%3D",
        "Z2hw",
    ],
)
def test_hostile_text_takes_linear_time(piece: str) -> None:
    text = piece * (1_000_000 // len(piece))
    began = time.perf_counter()
    mask(text)
    assert time.perf_counter() - began < 5
