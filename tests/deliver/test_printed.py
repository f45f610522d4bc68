"""What the repository or a log holds is printed, never obeyed."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from regreen.cli import recover
from regreen.deliver import Console, Summary, analysis_text, summary_text
from regreen.logs import analyze
from regreen.model import Advice, Category, Rejected, StepOutcome
from regreen.plain import fitting, visible
from tests.fixers.support import failure
from tests.logs.hosted import Ran, log

NASTY = (
    "\x1b[2J\x1b]0;title\x07 \x9b31m \x00\x7f \u202egnp.exe\u2066 \u200b\u200d\ufeff\u00ad "
    "\u2028\u2029\x85\r\udcff \U000e0041\n::error::forged\n##[error]forged\n  ::warning::forged"
)
COMMAND = re.compile(r"^\s*::|##\[", re.MULTILINE)


def harmless(text: str) -> None:
    odd = [c for c in text if not c.isprintable() and c != "\n"]
    assert odd == []
    assert not COMMAND.search(text)


@given(st.text(st.characters(exclude_categories=())) | st.text(":# []a\n\t\x1b"))
@example(NASTY)
@example("::error::x")
@example(" \t::error::x")
@example("###[error]x ##vso[task.x]")
def test_visible_text_is_one_harmless_line_and_the_same_value_for_json(text: str) -> None:
    seen = visible(text)
    harmless(seen)
    assert len(seen.splitlines()) <= 1
    assert {unicodedata.category(c) for c in seen}.isdisjoint({"Cc", "Cf", "Cs", "Zl", "Zp"})
    assert visible(seen) == seen
    assert json.loads(visible(json.dumps(text, ensure_ascii=False))) == text
    for encoding in ("ascii", "latin-1", "utf-8", None):
        fitting(seen, encoding).encode(encoding or "ascii")
    assert json.loads(fitting(visible(json.dumps([text], ensure_ascii=False)), "ascii")) == [text]


def test_ordinary_text_is_left_as_it_is() -> None:
    for text in ("tests/test_é.py::test_日本 ✓ 💥", r"C:\x1b [red] # ## [a] a::b", "", "  x"):
        assert visible(text) == text


def outcome(name: str, reason: str) -> StepOutcome:
    return StepOutcome(0, name, "x", "failure", 1, 1.0, "", "0" * 64, reason)


@pytest.mark.parametrize("inside", ["true", ""], ids=["in GitHub Actions", "elsewhere"])
@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "ascii"])
@pytest.mark.parametrize("terminal", [True, False])
def test_progress_holds_nothing_that_a_terminal_or_a_runner_obeys(
    monkeypatch: pytest.MonkeyPatch, inside: str, encoding: str, terminal: bool
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", inside)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding, errors="strict", newline="")
    stream.isatty = lambda: terminal  # type: ignore[method-assign]
    monkeypatch.setattr(sys, "stderr", stream)
    console = Console()
    for text in (NASTY, "::error::x", "%0A::error::x", ":boom: [red]x[/] \\"):
        console.stage(text)
        console.note(text)
        console.step_started(text, text)
        console.output(f"{text}\n{text}")
        console.step_ended(outcome(text, text))
    console.close()
    stream.flush()
    printed = raw.getvalue().decode(encoding)
    ours = re.compile(r"^::(?:group::|endgroup::$)", re.MULTILINE)
    assert len(ours.findall(printed)) == (8 if inside else 0)
    printed = ours.sub("", printed)
    if terminal:
        printed = re.sub(r"\x1b\[(?:1|2|0|31|1?;?3\dm?)?m|\r\x1b\[2K", "", printed)
    harmless(printed)
    if inside:
        assert "%250A" in printed
    assert ":boom: [red]x[/] \\" in printed


def test_every_row_for_people_is_one_line() -> None:
    failed = failure(Category.LINTING_ERROR, "black")
    summary = Summary(
        "rejected", 1.0, failure=failed, verdict="same", reason=NASTY, job=NASTY,
        reproduction_reason=NASTY + "2", substitutions=(NASTY,), rejected=(Rejected("x", NASTY),),
        advice=(Advice(NASTY),), next=NASTY,
    )  # fmt: skip
    text = summary_text(summary)
    harmless(text)
    plain = Summary(
        "rejected", 1.0, failure=failed, verdict="same", reason="a", job="a",
        reproduction_reason="b", substitutions=("a",), rejected=(Rejected("x", "a"),),
        advice=(Advice("a"),), next="a",
    )  # fmt: skip
    assert text.count("\n") == summary_text(plain).count("\n")


def test_an_analysis_shows_a_hostile_step_and_hostile_lines() -> None:
    step = Ran(script=f"./x{NASTY[:30]}", output="would reformat \u202ea.py\n\nOh no!", exit_code=1)
    text = analysis_text(analyze(log(step)))
    harmless(text)
    assert r"\u202ea.py" in text


def run(arguments: list[str], cwd: Path, **env: str) -> subprocess.CompletedProcess[bytes]:
    root = Path(recover.__file__).parents[2]
    path = os.pathsep.join([str(root), str(root / "sandbox")])
    return subprocess.run(
        [sys.executable, "-m", "regreen", *arguments],
        cwd=cwd,
        env=os.environ | {"PYTHONPATH": path, "GITHUB_ACTIONS": "true"} | env,
        capture_output=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    "env",
    [
        {"PYTHONIOENCODING": "ascii"},
        {"PYTHONIOENCODING": "latin-1"},
        {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
        {"LC_ALL": "C.UTF-8"},
    ],
    ids=["ascii", "latin-1", "C", "utf-8"],
)
def test_a_complaint_of_a_hostile_name_is_words_in_any_encoding(
    env: dict[str, str], tmp_path: Path
) -> None:
    name = "é💥\x1b]0;t\x07\u202e\n::error::forged\n##[error]forged"
    (tmp_path / name).write_bytes(b"")
    for arguments in (["analyze", "--log", f"{name}?"], ["fix", "--log", name, "--repo", name]):
        done = run(arguments, tmp_path, **env)
        assert done.returncode == 2, done.stderr
        assert b"Traceback" not in done.stderr
        assert re.search(rb"[\x00-\x09\x0b-\x1f]", done.stderr) is None
        text = done.stderr.decode(env.get("PYTHONIOENCODING", "utf-8"))
        harmless(re.sub(r"^::(end)?group::", "", text, flags=re.MULTILINE))


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_results_are_printed_whatever_the_terminal_lacks(encoding: str, tmp_path: Path) -> None:
    step = Ran(script="black é日.py", output="would reformat é日💥.py\n\nOh no!", exit_code=1)
    (tmp_path / "log").write_bytes(log(step))
    done = run(["analyze", "--log", "log"], tmp_path, PYTHONIOENCODING=encoding)
    assert done.returncode == 1, done.stderr
    assert "would reformat" in done.stdout.decode(encoding)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_json_of_names_that_are_no_text_is_json(
    monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding, errors="strict")
    monkeypatch.setattr(sys, "stdout", stream)
    summary = Summary("no-fix", 1.0, reason=NASTY + "é日💥", next=NASTY)
    recover.shown(summary, True)
    stream.flush()
    printed = raw.getvalue().decode(encoding)
    harmless(printed)
    assert json.loads(printed)["reason"] == NASTY + "é日💥"
