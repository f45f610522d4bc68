"""What the documentation says is what the code does.

Run as a script, this file writes anew what is generated: the reference of the commands from their
own help, and the table of fixers from the fixers.
"""

from __future__ import annotations

import json
import re
import shlex
import sys
from collections.abc import Callable, Iterator
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import typer
from pypi_simple import PYPI_SIMPLE_ENDPOINT

from regreen.cli import app
from regreen.config import Settings
from regreen.deliver import Summary, analysis_json
from regreen.deliver.files import deliver
from regreen.errors import ExitCode
from regreen.fixers.order import BUILT_IN as FIXERS
from regreen.logs import analyze
from regreen.model import (
    Category,
    JobOutcome,
    Patch,
    Proof,
    Rejected,
    Severity,
    StepOutcome,
    Verdict,
    VerifiedPatch,
)
from regreen_sandbox.process import run

ROOT = Path(__file__).parents[1]
DOCS = (ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "CONTRIBUTING.md")
PAGES = (*DOCS, *sorted((ROOT / "docs").rglob("*.md")), ROOT / "examples/red-run/README.md")
RENEW = "python tests/test_docs.py (in an environment that has regreen, such as .nox/tests)"
COMMANDS = (
    "python3 -m venv .venv && .venv/bin/pip install nox && .venv/bin/nox -s reproduce",
    ".venv/bin/nox -s tests",
)


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


# What is generated


def commands(command: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Yield every command that does something, with the words that call it."""
    inner: dict[str, Any] = getattr(command, "commands", {})
    if not inner:
        yield path, command
    for name, one in inner.items():
        yield from commands(one, f"{path} {name}")


def options(command: Any) -> Iterator[tuple[str, str, str]]:
    """Yield the name, help and default of each argument and option, as the parser has them."""
    for one in command.params:
        flag = getattr(one, "is_flag", False)
        names = (*one.opts, *one.secondary_opts)
        named = [f"`{name}`" if flag else f"`{name} …`" for name in names]
        label = ", ".join(named) if one.opts[0].startswith("-") else f"`{one.opts[0].upper()}`"
        default = "" if flag or one.default is None or one.default == () else f"`{one.default}`"
        yield label, one.help, "required" if one.required else default


def reference() -> str:
    """Return the commands and their options as Markdown."""
    lines: list[str] = []
    for path, command in commands(typer.main.get_command(app), "regreen"):
        lines += [f"### `{path}`", "", command.help, ""]
        lines += ["| option | meaning | default |", "|---|---|---|"]
        lines += [f"| {' | '.join(row)} |" for row in options(command)]
        lines.append("")
    return "\n".join(lines)


def fixers() -> str:
    """Return the fixers, in the order in which they are tried, as a Markdown table."""
    lines = ["| fixer | what it does |", "|---|---|"]
    for fixer in FIXERS:
        said = (fixer.__doc__ or "").strip().splitlines()[0].replace("``", "`")
        lines.append(f"| [{fixer.ID}]({fixer.DOCS}) | {said} |")
    return "\n".join(lines) + "\n"


GENERATED: dict[tuple[str, str], Callable[[], str]] = {
    ("docs/cli.md", "reference"): reference,
    ("docs/design.md", "fixers"): fixers,
}


def renewed(page: str, name: str, content: str) -> str:
    """Return ``page`` with ``content`` between the marks of ``name``."""
    begin, end = f"<!-- {name}: begin -->\n", f"<!-- {name}: end -->"
    head, rest = page.split(begin)
    return f"{head}{begin}{content.rstrip()}\n{end}{rest.split(end)[1]}"


@pytest.mark.parametrize(("name", "part"), GENERATED)
def test_generated_parts_are_up_to_date(name: str, part: str) -> None:
    page = text(name)
    assert page == renewed(page, part, GENERATED[name, part]()), f"renew it: {RENEW}"


def test_every_command_and_option_is_documented() -> None:
    page = text("docs/cli.md")
    seen = [path for path, _ in commands(typer.main.get_command(app), "regreen")]
    assert {"regreen fix", "regreen reproduce", "regreen image build"} <= set(seen)
    for path, command in commands(typer.main.get_command(app), "regreen"):
        section = page.partition(f"### `{path}`\n")[2].partition("\n### ")[0]
        assert command.help in section, path
        for one in command.params:
            assert one.help, f"{path} {one.opts[0]} has no help"
            assert one.opts[0] in section.lower(), f"{path} {one.opts[0]}"


def test_every_fixer_is_in_the_table() -> None:
    named = re.findall(r"^\| \[(.+?)\]\(http", text("docs/design.md"), re.MULTILINE)
    assert named == [fixer.ID for fixer in FIXERS]


# What is written by hand, and held against the code


def rows(page: str, heading: str) -> dict[str, str]:
    """Return the first table below ``heading``: its first column to its others."""
    section = re.split(r"\n#+ ", page.partition(f"\n{heading}\n")[2])[0]
    return table(section.partition("\n|---")[2].partition("\n")[2])


def table(body: str) -> dict[str, str]:
    """Return the rows at the beginning of ``body``, which starts below the line of dashes."""
    lines = body.partition("\n\n")[0].splitlines()
    cells = (line.strip("| ").split(" | ", 1) for line in lines if line.startswith("|"))
    found = {name.strip("`"): rest for name, rest in cells}
    assert found, "no table where one is expected"
    return found


@pytest.mark.skipif(not (ROOT / ".ci/run").exists(), reason="a source distribution has no .ci")
def test_the_readme_s_commands_are_those_that_ci_runs() -> None:
    said = [line.split("  #")[0].strip() for line in text("README.md").splitlines()]
    run_by_ci = text(".ci/run")
    for command in COMMANDS:
        assert command in said
        for part in command.split(" && "):
            pattern = rf"(?:^|[\s{{]){re.escape(part)}\s*(?:$|\|\||&&|;)"
            assert re.search(pattern, run_by_ci, re.MULTILINE), f".ci/run does not run {part}"


def test_exit_codes_are_those_of_the_errors_module() -> None:
    listed = rows(text("README.md"), "## Exit codes")
    assert [int(code) for code in listed] == [code.value for code in ExitCode]


def test_every_setting_is_in_the_readme_with_its_variable_and_default() -> None:
    listed = rows(text("README.md"), "## Configuration")
    assert list(listed) == [one.name for one in fields(Settings)]
    for one in fields(Settings):
        tables = one.name in ("rules", "categories", "runners", "actions")
        variable = "none" if tables else f"`REGREEN_{one.name.upper()}`"
        assert listed[one.name].startswith(f"{variable} | "), one.name
        if isinstance(one.default, str) and one.default:
            assert listed[one.name].split(" | ")[1] == f"`{one.default}`", one.name


FAILED_LOG = ROOT / "examples/red-run/failed-lint.log"
STEP = StepOutcome(0, "Lint", "black --check .", "success", 0, 1.0, "", "0" * 64)
OUTCOME = JobOutcome((STEP,), 1.0)
PROOF = Proof(True, 2, "0" * 40, datetime(2024, 5, 1, tzinfo=UTC), True, (), 1.0, (OUTCOME,), ())


def summary() -> dict[str, Any]:
    failure = analyze(FAILED_LOG.read_bytes()).failure
    full = Summary(
        "verified", 1.0, failure, "same", proof=PROOF, rejected=(Rejected("black", "no"),)
    )
    return full.as_json()


def test_the_fields_of_a_summary_are_documented() -> None:
    page, shown = text("docs/json.md"), summary()
    heading = "## `regreen fix --json` and `regreen reproduce --json`"
    assert list(rows(page, heading)) == list(shown)
    assert list(rows(page, "### `reproduction`")) == list(shown["reproduction"])
    assert list(rows(page, "### `verification`")) == list(shown["verification"])
    failure = rows(page, "## failure")
    assert list(failure) == list(shown["failure"])
    for inner in ("diagnostics", "evidence"):
        assert named(failure[inner]) >= set(shown["failure"][inner][0]), inner
    assert named(rows(page, "## failure")["category"]) == {str(one) for one in Category}
    assert named(failure["severity"]) == {str(one) for one in Severity}


def test_the_values_of_a_summary_are_documented() -> None:
    page = text("docs/json.md")
    cli = sys.modules["regreen.cli.recover"]
    codes = {name: str(code.value) for name, code in cli.CODES.items()}
    assert {name: rest.split(" | ")[-1] for name, rest in statuses(page).items()} == codes
    verdicts = named(rows(page, "### `reproduction`")["verdict"])
    assert verdicts == {str(one) for one in Verdict}


def statuses(page: str) -> dict[str, str]:
    """Return the rows of the table of statuses."""
    return table(page.partition("| `status` | meaning | exit code |\n|---|---|---|\n")[2])


def named(cell: str) -> set[str]:
    """Return what stands in backquotes."""
    return set(re.findall(r"`([^`]+)`", cell))


def test_the_fields_of_an_analysis_are_documented() -> None:
    shown = analysis_json(analyze(FAILED_LOG.read_bytes()))
    listed = rows(text("docs/json.md"), "## `regreen analyze --json`")
    assert list(listed) == list(shown)
    for inner in ("segment", "run", "log"):
        assert named(listed[inner]) >= set(shown[inner]), inner


def test_the_fields_of_the_evidence_are_documented(tmp_path: Path) -> None:
    proven = VerifiedPatch(
        Patch(b"", ("black",), ("why",), ("a.py",)), b"mail", "0" * 40, Severity.LOW, PROOF
    )
    files = deliver(proven, tmp_path, about={}, rejected=())
    shown = json.loads(files.evidence.read_text(encoding="utf-8"))
    page = text("docs/json.md")
    listed = rows(page, "## evidence.json")
    assert set(shown) <= set(listed)
    assert named(listed["patch"]) >= set(shown["patch"])
    section = page.partition("## evidence.json")[2]
    assert named(section) >= set(shown["proof"]) | set(shown["proof"]["before"][0])
    steps = table(section.partition("| field of a step | type | meaning |\n|---|---|---|\n")[2])
    assert list(steps) == list(shown["proof"]["before"][0]["steps"][0])


# What holds for every page


def slug(heading: str) -> str:
    """Return the anchor that GitHub gives a heading."""
    kept = re.sub(r"[^\w\- ]", "", heading.strip().lower())
    return kept.replace(" ", "-")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_resolves(page: Path) -> None:
    prose = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    for target in re.findall(r"\]\(([^)\s]+)\)", prose):
        if urlsplit(target).scheme:
            continue
        name, _, anchor = target.partition("#")
        file = (page.parent / name).resolve() if name else page
        assert file.exists(), f"{page.name}: {target}"
        if anchor:
            headings = re.findall(r"^#+ (.+)$", file.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in {slug(heading) for heading in headings}, f"{page.name}: {target}"


def test_no_file_names_a_home_or_a_package_index() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("only a clone knows which files are the project's")
    listing = ("git", "ls-files", "--cached", "--others", "--exclude-standard", "-z")
    names = run(listing, timeout=60, cwd=ROOT).stdout.decode().split("\0")
    host = re.escape(urlsplit(PYPI_SIMPLE_ENDPOINT).hostname or "")
    unwanted = re.compile(
        rf"(?<![\w.-])/{'root'}/|/home/(?!(?:runner|travis|vsts|circleci|you)/)\w+/|\b{host}\b"
    )
    found = []
    for name in filter(None, names):
        path = ROOT / name
        data = path.read_bytes() if path.is_file() else b""
        if b"\0" in data:
            continue
        for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), start=1):
            if unwanted.search(line):
                found.append(f"{name}:{number}: {line.strip()[:100]}")
    assert not found


def test_the_hook_of_the_readme_is_there() -> None:
    asked = re.findall(r"- id: (\S+)", text("README.md"))
    there = re.findall(r"- id: (\S+)", text(".pre-commit-hooks.yaml"))
    assert asked
    assert set(asked) <= set(there)


def test_the_examples_of_the_readme_are_commands_that_exist() -> None:
    known = dict(commands(typer.main.get_command(app), "regreen"))
    blocks = re.findall(r"^```sh\n(.*?)^```", text("README.md"), re.MULTILINE | re.DOTALL)
    examples = [line for line in "".join(blocks).splitlines() if line.startswith("regreen ")]
    assert examples
    for line in examples:
        words = shlex.split(line, comments=True)
        command = known.get(" ".join(words[:3])) or known[" ".join(words[:2])]
        accepted = {name for one in command.params for name in one.opts}
        assert {word for word in words if word.startswith("--")} <= accepted, line


if __name__ == "__main__":
    for (file, part), generate in GENERATED.items():
        (ROOT / file).write_text(renewed(text(file), part, generate()), encoding="utf-8")
