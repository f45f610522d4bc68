"""What is read from the outputs of tools of other languages than Python.

``other_outputs.txt`` holds what real tools printed in small projects and, for tools that need more
than a machine for tests has (Docker, Gradle, .NET, Xcode, browsers), lines written in their form.
Each begins with ``=== category | tool | fixable | place | script``; the place is the first
diagnostic's file, line and code, as far as the tool gives them.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from regreen.logs import classify
from regreen.logs.excerpt import Excerpt
from regreen.logs.rules.wrappers import unwrap
from regreen.model import Category

_SAMPLES = Path(__file__).with_name("other_outputs.txt")


def _samples() -> list[tuple[str, ...]]:
    found = []
    for block in ("\n" + _SAMPLES.read_text(encoding="utf-8")).split("\n=== ")[1:]:
        head, output = block.split("\n", 1)
        found.append((*(part.strip() for part in head.split("|", 4)), output))
    return found


@pytest.mark.parametrize(
    ("category", "tool", "fixable", "place", "script", "output"),
    [pytest.param(*sample, id=f"{n}-{sample[4][:40]}") for n, sample in enumerate(_samples())],
)
def test_output(
    category: str, tool: str, fixable: str, place: str, script: str, output: str
) -> None:
    first = classify(script, None, output, 1)[0]
    assert first.category == category
    if tool != "-":
        assert first.tool == tool
    assert first.auto_fixable.value == fixable
    if place:
        said = first.diagnostics[0]
        parts = [str(part) for part in (said.file, said.line, said.code) if part is not None]
        assert ":".join(parts) == place


@pytest.mark.parametrize(
    ("script", "output"),
    [
        (None, "src/a.ts(3,7): error TS2322: Type 'string' is not assignable to type 'number'."),
        ("npm ci", 'npm error code E404\nnpm error 404 Not Found - GET "https://example.org/a"'),
        (None, "--- FAIL: TestA (0.00s)\nFAIL\nFAIL\texample.org/a\t0.01s"),
        (None, "[ERROR] Tests run: 3, Failures: 1, Errors: 0, Skipped: 0"),
        (
            None,
            "error[E0425]: cannot find value `x`\n --> src/lib.rs:3:5\n\nerror: could not compile",
        ),
    ],
)
def test_inside_an_image_build_the_same_failure_is_found(script: str | None, output: str) -> None:
    plain = classify(script, None, output, 1)[0]
    inside = "\n".join(f"#12 3.4{n} {line}" for n, line in enumerate(output.split("\n")))
    wrapped = (
        f"#1 [internal] load build definition\n#12 [4/5] RUN x\n{inside}\n"
        '#12 ERROR: process "/bin/sh -c x" did not complete successfully: exit code: 1\n'
        'ERROR: failed to solve: process "/bin/sh -c x" did not complete successfully: exit code: 1'
    )
    first = classify("docker build .", None, wrapped, 1)[0]
    assert first.signature == plain.signature
    assert "3.4" not in first.evidence[0].text


@pytest.mark.parametrize(
    ("wrapped", "plain"),
    [
        ("web-1  | boom\nfoo  | bar", "boom\nfoo  | bar"),
        ("• Running build in 2 packages\nweb:build: boom", "• Running build in 2 packages\nboom"),
        (
            "Scope: 2 of 3 workspace projects\npackages/a test: boom",
            "Scope: 2 of 3 workspace projects\nboom",
        ),
        ("[0] boom\nnpm start exited with code 1", "boom\nnpm start exited with code 1"),
        ("[ERROR] boom\na exited with code 1", "[ERROR] boom\na exited with code 1"),
        ("2 of 3 workspace projects\nType error: x", "2 of 3 workspace projects\nType error: x"),
        ("src/a.py:3: error: x\n12.5 seconds", "src/a.py:3: error: x\n12.5 seconds"),
    ],
)
def test_prefixes_of_wrappers_are_cut_and_nothing_else(wrapped: str, plain: str) -> None:
    assert unwrap(Excerpt(wrapped.split("\n"))).text == plain


@pytest.mark.parametrize(
    "echo",
    [
        "npm ERR! code ELIFECYCLE\nnpm ERR! errno 1\nnpm ERR! Exit status 1",
        "npm error Lifecycle script `test` failed with error:\nnpm error code 1",
        "error Command failed with exit code 1.",
        " ELIFECYCLE  Command failed with exit code 1.",
        'error: script "test" exited with code 1',
        "make: *** [Makefile:3: all] Error 1",
    ],
)
def test_a_failed_script_is_only_an_echo(echo: str) -> None:
    assert classify("run", None, f"something odd\n{echo}", 1)[0].category is Category.UNKNOWN
    named = classify("run", None, f"--- FAIL: TestA (0.00s)\n{echo}", 1)[0]
    assert named.tool == "go test"


def test_eslint_says_the_same_in_every_format() -> None:
    place = "/home/runner/work/demo/demo/src/a.js"
    said = "'x' is not defined."
    stylish = f"{place}\n  3:7  error  {said}  no-undef\n\n✖ 1 problem (1 error, 0 warnings)"
    compact = f"{place}: line 3, col 7, Error - {said} (no-undef)\n\n1 problem"
    unix = f"{place}:3:7: {said} [Error/no-undef]\n\n1 problem"
    as_json = (
        f'[{{"filePath":"{place}","messages":[{{"ruleId":"no-undef","severity":2,"message":"{said}",'
        '"line":3,"column":7}],"errorCount":1}]'
    )
    seen = {
        classify("eslint", None, text, 1)[0].signature for text in (stylish, compact, unix, as_json)
    }
    assert len(seen) == 1
    assert next(iter(seen)).items == {("src/a.js", "no-undef", said)}


def test_the_count_after_an_install_is_no_audit() -> None:
    output = "added 3 packages in 1s\n\n3 vulnerabilities (1 moderate, 2 high)\nodd words"
    assert classify("npm ci", None, output, 1)[0].category is Category.UNKNOWN


def test_names_alone_are_unformatted_files_only_below_a_formatter() -> None:
    assert classify("gofmt -l .", None, "a.go", 1)[0].tool == "gofmt"
    assert classify("ls", None, "a.go", 1)[0].category is Category.UNKNOWN
