"""Tokens, headers, addresses and options are hidden; what only resembles them is not."""

from __future__ import annotations

import pytest

from regreen.logs.masking import mask

LONG = "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF3hJ6"
HEX = "3e5c4cba9581354a2ff1e4e4584f0394a138682f"
UUID = "56731c25-9b1f-4340-8b58-35739bfbc52d"
TOKENS = [
    "gh" + f"s_123456_eyJhbGciOi.eyJpc3MiOiIx.{LONG}",
    "gl" + "pat-aB-dE_gH9-K2mN_pQ8sT",
    "gl" + f"cbt-64_{LONG[:20]}",
    "gl" + f"ffct-{LONG[:20]}",
    "AI" + f"zaSy{LONG[:33]}",
    "ya" + f"29.a0{LONG}",
    "123456789:AA" + f"E{LONG[:32]}",
    "MTk4NjIyNDgzNDcxOTI1MjQ4" + ".Cl2FMQ.ZnCjm1XVW7vRze4b7Cq4se7kKWs",
    "ruby" + f"gems_{HEX}{HEX[:8]}",
    "ci" + f"o{LONG[:32]}",
    "oy" + f"2{'a1b2c3d4e5' * 4}abc",
    "dckr" + f"_pat_{LONG[:27]}",
    "sk" + f"_live_{LONG[:24]}",
    "S" + f"K{HEX[:32]}",
    "S" + f"G.{LONG[:22]}.{LONG}{LONG[:7]}",
    "sk" + f"-proj-{LONG}",
    "hf" + f"_{LONG[:34]}",
    "do" + f"p_v1_{HEX}{HEX[:24]}",
    "HR" + f"KU-{UUID}",
    "da" + f"pi{HEX[:32]}",
    "hv" + f"s.{LONG}",
    f"{LONG[:14]}.atlas" + f"v1.{LONG}{LONG}",
    "AGE-SECRET-" + "KEY-1" + "QWERTYUIOP23456789" * 3,
]


@pytest.mark.parametrize("token", TOKENS, ids=lambda token: str(token)[:8])
def test_tokens_by_form_also_between_colours(token: str) -> None:
    assert mask(f"using {token} now") == "using *** now"
    assert mask(f"\x1b[36m{token}\x1b[0m") == "\x1b[36m***\x1b[0m"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"aws_secret_access_key = {LONG}/+ab", "aws_secret_access_key = ***"),
        (f"AWS key: {LONG}/+aB", "AWS key: ***"),
        (f"AccountKey={LONG}{LONG}==;EndpointSuffix=core", "AccountKey=***;EndpointSuffix=core"),
        (
            f"https://x.example.net/c?sv=2020&sig={LONG}%3D",
            "https://x.example.net/c?sv=2020&sig=***",
        ),
        (f"//registry.example.org/:_authToken={UUID}", "//registry.example.org/:_authToken=***"),
        (f"CODECOV_TOKEN: {UUID}", "CODECOV_TOKEN: ***"),
        (f"https://{HEX[:32]}@o1.ingest.example.io/12", "https://***@o1.ingest.example.io/12"),
        (f"PRIVATE-TOKEN: {LONG[:20]}", "PRIVATE-TOKEN: ***"),
        (f"< set-cookie: sid={LONG}; Path=/", "< set-cookie: sid=***; Path=/"),
        (f"Cookie: a={LONG}; b={HEX}", "Cookie: a=***; b=***"),
        (f"'Authorization': 'Bearer {LONG}'", "'Authorization': 'Bearer ***'"),
        (f'{{\\"api_key\\": \\"{LONG}\\"}}', '{\\"api_key\\": \\"***\\"}'),
        (f"https://e.example.org/x?token={LONG}&a=1", "https://e.example.org/x?token=***&a=1"),
        ("redis://:hunter2@h:6379/0", "redis://:***@h:6379/0"),
        ("--password hunter2", "--password ***"),
        (f"--api-key '{LONG}'", "--api-key '***'"),
        ("docker login -u me -p hunter2 r.example.io", "docker login -u me -p *** r.example.io"),
        ("curl -u me:hunter2 https://x", "curl -u me:*** https://x"),
        ("machine h login me password hunter2", "machine h login me password ***"),
        (f"TOKEN=\x1b[32m{LONG}\x1b[0m", "TOKEN=\x1b[32m***\x1b[0m"),
        (f"token: {UUID}", "token: ***"),
    ],
)
def test_named_values(text: str, expected: str) -> None:
    assert mask(text) == expected
    assert mask(expected) == expected


@pytest.mark.parametrize(
    "text",
    [
        f"HEAD is now at {HEX} x",
        f'"integrity": "sha512-{LONG}{LONG}=="',
        f"cache-key: setup-python-Linux-x64-pip-{HEX}",
        f"key: Linux-pip-{HEX}",
        f"--hash=sha256:{HEX}{HEX[:24]}",
        "password: required",
        "token = get_token()",
        "  secrets: inherit",
        "  id-token: write",
        "def f(password: str, token: str = None):",
        "fd, token = probes.descriptors[-1]",
        "assert token == 'abc12345'",
        "max_tokens=4096",
        "use --token to authenticate",
        "--token TOKEN  the token",
        "https://organization-name-long@dev.example.com/x",
        "Authorization header required",
        "src/token.py:12:5: F401 'secrets' imported but unused",
        "TOKEN_URL=https://x.example.org/oauth",
        'Bearer realm="https://auth.example.io/token"',
        'echo "CC_TOKEN=" >> "$GITHUB_ENV"',
        "NODE_AUTH_TOKEN: XXXXX-XXXXX-XXXXX-XXXXX",
        "ghs_corroboration_for_the_same_strength",
        "'-----BEGIN " + "PRIVATE KEY-----' in text",
        "DEFAULT_LAST_PASS: Final = 2",
        '{"Win32_Security_Authorization", "Win32_Security_Credentials"}',
    ],
)
def test_ordinary_text_stays(text: str) -> None:
    assert mask(text) == text


def test_a_key_in_one_line_and_a_frame_that_is_only_named() -> None:
    begin, end = "-----BEGIN " + "PRIVATE KEY-----", "-----END " + "PRIVATE KEY-----"
    body = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC" * 2
    line = f'"k": "{begin}\\n{body}\\nc2hvcnQ=\\n{end}\\n", "id": 1'
    assert mask(line) == f'"k": "{begin}\\n***\\n{end}\\n", "id": 1'
    named = f"grep {begin}\nAssertionErrorWithALongName: x\nExceptionGroupWithALongName"
    assert mask(named) == named
    assert "MIIE" not in mask(f"  DEPLOY_PRIVATE_KEY: {begin}\n  {body}\n  {end}")
