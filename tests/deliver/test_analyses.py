"""The forms of a report: what each promises, and that a log is shown and never obeyed."""

from __future__ import annotations

import io
import json
import os
import re
import shlex
import sys
import unicodedata
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regreen.deliver.analyses import FORMATS, Report, Skipped, Spot, format_of, rendered
from regreen.deliver.analyses.next_step import next_steps
from regreen.deliver.analyses.printing import print_report
from regreen.deliver.analyses.table import report_text
from regreen.deliver.analyses.wrap import cells
from regreen.errors import UsageError
from regreen.logs import analyze
from regreen.model import (
    Analysis,
    AutoFixable,
    Category,
    Diagnostic,
    Evidence,
    Failure,
    LogFacts,
    Severity,
    Signature,
)
from tests.logs.hosted import Ran, log

HOSTILE = (
    "\x1b[2J\x1b]0;title\x07\u202e [red]bold[/] [x](https://evil.example) <script>x</script> "
    "| `a` ``b`` @someone #12 GH-3 www.evil.example ![i](http://e.example/p.png) &amp; %0A {0}\r\n"
    "::error::forged\n##[error]forged\n# heading\n- item\n</details>"
)
RED = Diagnostic("a b/ü%20,:x.py", "F401", "`os` imported but unused", 3, 8)


def found(
    *diagnostics: Diagnostic,
    category: str = Category.LINTING_ERROR,
    tool: str | None = "ruff",
    step: str = "Lint",
    proof: str = "a.py:3:8: F401 os",
    severity: Severity = Severity.MEDIUM,
) -> Failure:
    signature = Signature(category, tool, frozenset(d.key for d in diagnostics))
    return Failure(
        category, severity, 0.97, AutoFixable.YES, step, "ruff check .", 1, tool, diagnostics,
        (Evidence(12, proof),), signature,
    )  # fmt: skip


def spot(name: str, *failures: Failure, job: str | None = None) -> Spot:
    cause, also = (failures[0], failures[1:]) if failures else (None, ())
    return Spot(name, Analysis(LogFacts(job="lint"), (), None, cause, also, "0" * 64, 40), job)


def one(*failures: Failure) -> Report:
    return Report("ci.log", "log", (replace(spot("ci.log", *failures), path="ci.log"),))


def folder(*spots: Spot, skipped: tuple[Skipped, ...] = ()) -> Report:
    return Report("logs", "folder", spots, skipped, "CI")


HOSTILE_FAILURE = found(
    Diagnostic(HOSTILE, HOSTILE, HOSTILE, 1, 1),
    Diagnostic(None, None, HOSTILE),
    category=HOSTILE,
    tool=HOSTILE,
    step=HOSTILE,
    proof=HOSTILE,
)
HOSTILE_REPORTS = (
    one(HOSTILE_FAILURE, HOSTILE_FAILURE),
    folder(
        spot(HOSTILE, HOSTILE_FAILURE),
        spot(HOSTILE + "2", HOSTILE_FAILURE),
        skipped=(Skipped(HOSTILE, HOSTILE), Skipped(HOSTILE, HOSTILE, broken=True)),
    ),
    Report(
        HOSTILE, "run", (spot(HOSTILE, HOSTILE_FAILURE, job=HOSTILE),),
        (Skipped(HOSTILE, HOSTILE),), HOSTILE, HOSTILE, HOSTILE, HOSTILE,
    ),
)  # fmt: skip


def printed(report: Report, form: str, monkeypatch: pytest.MonkeyPatch, **env: str) -> str:
    """What is printed; ``tty`` in the environment makes stdout a terminal."""
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, env.pop("encoding", "utf-8"), newline="")
    terminal = env.pop("tty", "") == "1"
    stream.isatty = lambda: terminal  # type: ignore[method-assign]
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "TERM", "GITHUB_ACTIONS"):
        monkeypatch.delenv(name, raising=False)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "stdout", stream)
    print_report(report, form)
    stream.flush()
    return raw.getvalue().decode(stream.encoding)


def harmless(text: str) -> None:
    assert {unicodedata.category(c) for c in text if c != "\n"}.isdisjoint(
        {"Cc", "Cf", "Cs", "Zl", "Zp"}
    )
    assert re.search(r"^\s*::|##\[", text, re.MULTILINE) is None


# The table


@pytest.mark.parametrize("report", HOSTILE_REPORTS, ids=["log", "folder", "run"])
@pytest.mark.parametrize("width", [10, 30, 44, 80, 200])
def test_no_line_of_the_table_is_wider_than_the_terminal_or_obeyed(
    report: Report, width: int
) -> None:
    text = report_text(report, width)
    harmless(text)
    shown = re.sub(r"\\u003a", ":", text)  # what makes a line harmless may lengthen it
    before = shown.partition("\n  next:")[0]  # what is to be copied stays on its line
    assert max(cells(line) for line in before.split("\n")) <= max(width, 20)


@given(st.text(st.characters(exclude_categories=()), max_size=200), st.integers(20, 90))
def test_nothing_of_a_text_is_lost_by_breaking_it(text: str, width: int) -> None:
    failure = found(Diagnostic("a.py", None, text, 1), proof=text)
    shown = report_text(one(failure), width)
    harmless(shown)
    words = "".join("".join(c for c in text if c.isalnum() and c.isprintable()).split())
    there = "".join(c for c in shown if c.isalnum())
    assert all(word in there for word in (words[:10], words[-10:]) if text.isalnum())


def test_wide_characters_count_twice() -> None:
    failure = found(Diagnostic("a.py", None, "日本語" * 60, 1))
    for line in report_text(one(failure), 60).split("\n"):
        assert len(line) + sum(c in "日本語" for c in line) <= 60


@pytest.mark.parametrize("width", range(20, 60))
def test_a_break_does_not_put_a_command_at_a_line_s_beginning(width: int) -> None:
    text = "words ::error::forged " * 8
    harmless(report_text(one(found(Diagnostic("a.py", None, text, 1), proof=text)), width))


@pytest.mark.parametrize(
    ("env", "coloured"),
    [
        ({}, False),
        ({"tty": "1", "TERM": "xterm"}, True),
        ({"tty": "1", "TERM": "xterm", "NO_COLOR": "1"}, False),
        ({"tty": "1", "TERM": "dumb"}, False),
    ],
)
def test_colour_is_for_terminals_that_want_it(
    env: dict[str, str], coloured: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for report in (one(HOSTILE_FAILURE), one(found(RED))):
        text = printed(report, "table", monkeypatch, **env)
        assert bool(re.search(r"\x1b\[\d*;?3\d", text)) is coloured
        harmless(re.sub(r"\x1b\[[\d;]*m", "", text))
    text = printed(one(HOSTILE_FAILURE), "table", monkeypatch, **env)
    assert "[red]bold[/]" in text


def test_the_table_of_a_terminal_is_as_wide_as_it(monkeypatch: pytest.MonkeyPatch) -> None:
    env = {"tty": "1", "TERM": "xterm", "NO_COLOR": "1", "COLUMNS": "40"}
    text = re.sub(r"\x1b\[[\d;]*m", "", printed(one(found(RED)), "table", monkeypatch, **env))
    assert max(map(cells, text.split("\n"))) <= 40


def test_the_table_says_what_the_brief_reader_needs() -> None:
    text = report_text(one(found(RED)))
    assert text.startswith("ruff found 1 unused import in a b/ü%20,:x.py:3:")
    assert "linting_error (ruff) in step 'Lint'" in text
    assert "medium, auto-fixable: yes, confidence 0.97" in text
    assert "12: a.py:3:8: F401 os" in text
    assert "regreen fix --repo DIR --log ci.log" in text
    assert report_text(one()) == "The log shows no failure."


def stepped(*failures: Failure, provider: str | None = None, **more: Any) -> list[str]:
    """The next steps for a log of ``failures``."""
    one_spot = spot("my log.txt", *failures, job="lint (3.11, 'x')")
    facts = replace(one_spot.analysis.facts, provider=provider)
    there = replace(one_spot, path="my log.txt", analysis=replace(one_spot.analysis, facts=facts))
    return next_steps(Report("x", "run" if more else "log", (there,), **more))


def test_the_next_step_is_one_that_can_help() -> None:
    fix = "regreen fix --repo DIR --log 'my log.txt'"
    assert stepped(found(RED)) == [fix]
    assert stepped(found(RED), provider="github") == [fix]
    assert stepped(found(RED), provider="circleci") == ["look at a b/ü%20,:x.py:3"]
    assert stepped(found(RED, category=Category.TYPE_ERROR, tool="tsc"), provider="github") == [
        "look at a b/ü%20,:x.py:3"
    ]
    said = Diagnostic(None, None, "The operation was canceled.")
    assert stepped(found(said, category=Category.TIMEOUT, tool=None)) == ["run the job again"]
    gone = Diagnostic(None, None, "ERROR 404: Not Found.")
    assert stepped(found(gone, category=Category.NETWORK_ERROR, tool=None)) == [
        "look at line 12 of 'my log.txt'"
    ]
    assert stepped(found(said, category=Category.UNKNOWN, tool=None)) == [
        "regreen rules explain 'my log.txt'"
    ]
    assert stepped() == []


def test_the_next_step_of_a_pulled_run_names_run_and_job() -> None:
    url = "https://github.com/octo/demo/actions/runs/1"
    steps = stepped(found(RED), url=url, provider=None)
    assert [shlex.split(one) for one in steps] == [
        ["regreen", "fix", "--run", url, "--job", "lint (3.11, 'x')"]
    ]
    reset = Diagnostic(None, None, "Connection reset by peer")
    again = stepped(found(reset, category=Category.NETWORK_ERROR, tool=None), url=url)
    assert again == [f"run the job again: {url}"]


@pytest.mark.parametrize("width", [20, 40, 80])
def test_what_is_to_be_copied_stays_on_one_line(width: int) -> None:
    path = f"a folder/{'x' * 100}.log"
    report = Report(path, "log", (replace(spot(path, found(RED)), path=path),))
    lines = [line.strip() for line in report_text(report, width).split("\n")]
    assert lines[-1].removeprefix("next:").strip() == f"regreen fix --repo DIR --log '{path}'"


def test_a_long_line_of_proof_is_cut_and_that_is_seen() -> None:
    text = report_text(one(found(RED, proof="y" * 161)), 400)
    assert f"12: {'y' * 159}…" in text
    assert f"12: {'y' * 160}\n" in report_text(one(found(RED, proof="y" * 160)), 400)


def test_the_colour_of_a_label_ends_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.get_terminal_size", lambda _: os.terminal_size((400, 24)))
    shown = printed(one(found(RED)), "table", monkeypatch, tty="1", TERM="xterm")
    assert "\x1b[36m  where:      \x1b[0ma b/" in shown
    assert "\x1b[36m  next:       \x1b[0mregreen fix" in shown


def test_a_log_that_breaks_off_is_not_called_green() -> None:
    there = spot("x")
    cut = replace(there, analysis=replace(there.analysis, ended=False, notes=("no step 'x'",)))
    report = Report("x", "log", (cut,))
    assert "breaks off before it says how its job ended" in report_text(report, 200)
    assert "note:       no step 'x'" in report_text(report, 200)
    assert "breaks off" in rendered(report, "markdown")
    data = json.loads(rendered(report, "json"))
    assert (data["ended"], data["notes"]) == (False, ["no step 'x'"])


def test_long_lists_are_cut_and_that_is_said() -> None:
    many = [Diagnostic(f"f{n}.py", "F401", f"m{n}", n) for n in range(1, 101)]
    text = report_text(one(found(*many)))
    assert "... and 92 more" in text
    page = rendered(one(found(*many)), "markdown")
    assert "- ... and 70 more" in page
    assert page.count("\n") < 60


# JSON


@pytest.mark.parametrize("report", HOSTILE_REPORTS, ids=["log", "folder", "run"])
def test_json_holds_the_values_as_they_are(report: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    text = printed(report, "json", monkeypatch, encoding="ascii")
    harmless(text)
    data = json.loads(text)
    assert data["schema"] == 1
    where = data["logs"][0] if report.kind == "folder" else data
    assert where["failure"]["diagnostics"][0]["message"] == HOSTILE
    assert where["failure"]["account"].isprintable()


def documented(heading: str) -> list[str]:
    page = (Path(__file__).parents[2] / "docs/json.md").read_text(encoding="utf-8")
    section = page.partition(f"\n{heading}\n")[2].partition("\n## ")[0]
    return re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)


def test_the_fields_of_every_kind_of_report_are_documented() -> None:
    data: dict[str, Any] = json.loads(rendered(one(found(RED)), "json"))
    assert list(data) == documented("## `regreen analyze --json`")
    run = Report("github-1", "run", (spot("a"), spot("b", found(RED), job="b")), (), "CI")
    of_run = json.loads(rendered(run, "json"))
    assert list(of_run) == list(data)
    assert [job["name"] for job in of_run["jobs"]] == ["a", "b"]
    assert of_run["failure"] == of_run["jobs"][1]["failure"] == data["failure"]
    nothing = json.loads(rendered(Report("github-1", "run", ()), "json"))
    assert list(nothing) == list(data)
    batch = json.loads(rendered(folder(spot("a", found(RED))), "json"))
    assert list(batch) == documented("## `regreen batch --json`")


def test_the_totals_of_a_folder_add_up() -> None:
    lint, types = found(RED), found(category=Category.TYPE_ERROR, tool="mypy")
    report = folder(
        spot("a", lint, types), spot("b", lint), spot("c", types), spot("d", types), spot("e"),
        skipped=(Skipped("f", "binary"), Skipped("g", "killed", broken=True)),
    )  # fmt: skip
    data = json.loads(rendered(report, "json"))
    assert data["totals"] == {"logs": 6, "failed": 4, "passed": 1, "broken": 1, "skipped": 1}
    assert data["by_category"] == {"linting_error": 2, "type_error": 2}
    assert data["by_severity"] == {"low": 0, "medium": 4, "high": 0, "critical": 0}
    assert data["by_auto_fixable"] == {"yes": 4, "partial": 0, "no": 0}
    assert data["by_tool"] == {"mypy": 2, "ruff": 2}
    assert [(g["tool"], g["logs"]) for g in data["same"]] == [("ruff", ["a", "b"])]
    assert "4 of 6 logs show a failure, 1 could not be read, 1 skipped." in report_text(report)


# The hosted runner's annotations


def unescaped(line: str) -> tuple[dict[str, str], str]:
    """Read a command as the runner does."""
    match = re.fullmatch(r"::(?:error|notice) ([^\n]*?)::([^\n]*)", line)
    assert match, line
    given = dict(part.split("=", 1) for part in match[1].split(","))
    codes = (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%"))
    body = match[2]
    for old, new in codes:
        given = {key: value.replace(old, new) for key, value in given.items()}
        body = body.replace(old, new) if old not in ("%3A", "%2C") else body
    return given, body


def test_an_annotation_says_file_line_column_and_rule() -> None:
    first, last = map(unescaped, rendered(one(found(RED)), "github").split("\n"))
    assert first == (
        {"file": "a b/ü%20,:x.py", "line": "3", "col": "8", "title": "ruff F401"},
        "`os` imported but unused",
    )
    assert last[0] == {"title": "regreen: linting_error"}
    assert last[1].startswith("ruff found 1 unused import")


def test_what_looks_like_the_runner_s_escapes_is_shown_as_it_is() -> None:
    given = Diagnostic("50%2C%3A.py", "X%0A1", "50%0A::error::x %25", 1)
    first, _ = map(unescaped, rendered(one(found(given)), "github").split("\n"))
    assert first[0]["file"] == given.file
    assert first[0]["title"] == "ruff X%0A1"
    assert first[1] == given.message


@pytest.mark.parametrize("report", HOSTILE_REPORTS, ids=["log", "folder", "run"])
def test_nothing_in_a_log_becomes_another_command(
    report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = printed(report, "github", monkeypatch)
    lines = text.rstrip("\n").split("\n")
    assert len(lines) == 1 + sum(bool(d.file) for _, f in report.failures() for d in f.diagnostics)
    for line in lines:
        assert line.isprintable()
        assert "##[" not in line
        given, body = unescaped(line)
        assert set(given) <= {"file", "line", "col", "title"}
        harmless("x" + given["title"])
        harmless(body)


def test_github_shows_ten_so_ten_are_printed() -> None:
    many = [Diagnostic(f"f{n}.py", "F401", f"m{n}", n) for n in range(1, 101)]
    lines = rendered(one(found(*many)), "github").split("\n")
    assert len(lines) == 10
    assert "... and 91 more findings" in unescaped(lines[-1])[1]
    assert unescaped(rendered(one(), "github"))[1] == "The log shows no failure."


# Which form


def test_the_form_follows_the_name_of_the_file() -> None:
    names = ("r.json", "r.MD", "r.sarif", "r.txt", "r", "r.sarif.json")
    assert [format_of(n) for n in names] == [
        "json", "markdown", "sarif", "table", "json", "json",
    ]  # fmt: skip
    with pytest.raises(UsageError, match="no format"):
        rendered(one(), "yaml")


@pytest.mark.parametrize("form", FORMATS)
def test_every_form_shows_a_real_log(form: str) -> None:
    step = Ran(script="black --check .", output="would reformat a.py\n\nOh no!", exit_code=1)
    report = Report("ci.log", "log", (Spot("ci.log", analyze(log(step))),))
    assert "a.py" in rendered(report, form)
