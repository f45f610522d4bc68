"""Secrets in the shapes that attacks found: apart from their name, split, encoded."""

from __future__ import annotations

import base64
import json

import pytest

from regreen.logs.masking import mask, masked_chunks, masked_values
from regreen.logs.masking.literals import Literals

SECRET = "aB3dE6gH9jK2mN5pQ8sT"
TOKEN = "gh" + "p_" + "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF3hJ6"
CODE = base64.b64encode(b"me:" + SECRET.encode()).decode()
STAMP = "2024-05-01T12:00:00.1234567Z "


def masked(text: str) -> str:
    """``text`` masked; the same comes of a stream of single bytes and of masking it again."""
    found = mask(text)
    stream = b"".join(masked_chunks([bytes([byte]) for byte in text.encode()])).decode()
    assert (mask(found), stream) == (found, found)
    return found


@pytest.mark.parametrize(
    "text",
    [
        "<password>{}</password>",
        '<server:apiKey kind="x">{}</server:apiKey>',
        '<add key="DbPassword" value="{}"/>',
        '{{"name": "DB_PASSWORD", "value": "{}"}}',
        "password   = '{}'",
        "{{'token': b'{}'}}",
        "('PASSWORD', '{}')",
        "auth=('me', '{}')",
        "password%3D{}%26user%3Dme",
        "https%3A%2F%2Fme%3A{}%40example.org",
        "https://me:pa@{}@example.org/x",
        "postgresql://me:p/{}@db:5432/x",
        "Password for 'https://me@example.org': {}",
        "password is {}",
        "vault login {}",
        "password:\n  {}",
        STAMP + "DB_PASSWORD: |\n" + STAMP + "  {}\nx",
        "- name: DB_PASSWORD\n  value: {}\nx",
        "machine example.org\n  login me\n  password {}\n",
        "##vso[task.setvariable variable=pw;issecret=true]{}",
        "##vso[task.setvariable issecret=true;variable=pw]sesame\nsay {}".replace("sesame", SECRET),
    ],
)
def test_a_secret_apart_from_its_name(text: str) -> None:
    found = masked(text.format(SECRET))
    assert SECRET not in found
    assert "***" in found


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_json_in_json(depth: int) -> None:
    text = json.dumps({"password": SECRET})
    for _ in range(depth):
        text = json.dumps(text)
    assert masked(text) == text.replace(SECRET, "***") or SECRET not in masked(text)
    value = 'qu"o\\te'
    for _ in range(depth):
        value = json.dumps(value)[1:-1]
    assert mask(f"<{value}>", ['qu"o\\te']) == "<***>"


@pytest.mark.parametrize("before", ["", "u", "us"])
@pytest.mark.parametrize("secret", [TOKEN, "AK" + "IA" + "ABCDEFGHIJKLMNOP"])
def test_base64_of_a_token(before: str, secret: str) -> None:
    code = base64.b64encode(f"{before and before + ':'}{secret}".encode()).decode()
    assert masked(f"x {code} y") == "x *** y"


def test_base64_credentials_of_configurations() -> None:
    assert masked(f"//r.example.org/:_auth={CODE}") == "//r.example.org/:_auth=***"
    assert masked(f'"auth": "{CODE}"') == '"auth": "***"'


@pytest.mark.parametrize("split", ["\x1b[0m", "\0", "\x1b[1m\x1b[31m"])
def test_escapes_inside_a_secret(split: str) -> None:
    text = f"a {TOKEN[:14]}{split}{TOKEN[14:]} b"
    assert TOKEN[14:] not in masked(text)
    declared = mask(f"::add-mask::{SECRET}\nuse {SECRET[:9]}{split}{SECRET[9:]} now")
    assert SECRET[9:] not in declared
    assert declared.endswith(" now")


@pytest.mark.parametrize(
    "form", [SECRET.encode().hex(), SECRET.encode().hex().upper(), SECRET.upper(), SECRET.lower()]
)
def test_given_values_in_hex_and_in_another_case(form: str) -> None:
    assert mask(f"say {form}!", [SECRET]) == "say ***!"


def test_declarations_in_any_case_and_of_other_providers() -> None:
    text = "::ADD-MASK::one1\n##vso[task.setvariable variable=a;isSecret=TRUE]two2\n"
    assert masked_values(text + "##vso[task.setvariable variable=b]three") == ("one1", "two2")


def test_a_key_in_puttys_format() -> None:
    text = "PuTTY-User-Key-File-3: ssh-rsa\nPublic-Lines: 1\nAAAA\nPrivate-Lines: 2\n"
    assert masked(f"{text}{SECRET * 3}\nabcd\nPrivate-MAC: 9\n") == (
        f"{text}***\n***\nPrivate-MAC: 9\n"
    )


@pytest.mark.parametrize(
    "text",
    [
        "token:\n  4f1c0f7c2b8d4f54a3c1f2a4f0f3f6d1e2b3c4d5",
        "unexpected token:\n  tests/test_one.py::test_two2",
        "http://host.example.org:8080/@scope/name@1.2",
        "registry%3A%2F%2Fhost%3A8080%2F%40scope",
        "auth = ('user', 'pass')",
        "<token>identifier</token>",
        "password required",
        base64.b64encode(b"an ordinary text that says password and token, no more").decode(),
        "\x1b[1mnpm\x1b[0m_install and \x1b[32mgh\x1b[0mp_",
    ],
)
def test_what_only_resembles_them_stays(text: str) -> None:
    assert masked(text) == text


def test_thousands_of_declared_values_all_hide() -> None:
    values = [f"{number:05d}-{SECRET}" for number in range(5000)]
    text = "\n".join(f"::add-mask::{value}" for value in values) + "\n" + "\n".join(values)
    found = b"".join(masked_chunks([text.encode()])).decode()
    assert SECRET not in found
    assert mask(text) == found


def test_the_longest_of_several_texts_is_found() -> None:
    few = Literals([b"ab", b"abcdef", b"x" * 300])
    many = Literals([b"%06d" % number for number in range(4000)])
    assert few.mask(b"abcdefab" + b"x" * 300 + b"y") == b"*********y"
    assert many.mask(b"a 003999 b 004000") == b"a *** b 004000"
