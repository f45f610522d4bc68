"""Rebuild each real red job and say how far that comes: found, planned, run, failed the same way.

Reads cases as JSON lines (``repo``, ``red_commit``, ``workflow``, ``job``, ``step``, ``excerpt``
…) and bare repositories in ``DIR/owner+name/repo``. A case that has a result is not run again,
unless it is named or ``--again`` is given.

    python -m benchmarks.fidelity --cases dev.jsonl --repositories DIR --results FILE [ID ...]
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from benchmarks.fidelity.finding import Case, Place, find
from benchmarks.fidelity.judging import failed_step, judge
from benchmarks.fidelity.table import rendered
from regreen.jobs.legs import shown

_PATIENCE = 60.0


def main() -> int:
    """Run what has no result yet, one case after the other, and print the table."""
    given = _options()
    for option, path in (("--cases", given.cases), ("--repositories", given.repositories)):
        if path is None or not path.exists():
            print(f"{path or 'no place'} for {option} is not there: name it with {option} PATH")
            return 2
    rows = _known(given.results)
    missing = []
    for case in _chosen(given):
        source = given.repositories / case["repo"].replace("/", "+") / "repo"
        if not source.is_dir():
            missing.append(case["id"])
            continue
        if case["id"] in rows and not (given.again or case["id"] in given.ids):
            continue
        row = rows[case["id"]] = _row(case, source, given)
        with given.results.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row, sort_keys=True) + "\n")
        print(json.dumps({k: row[k] for k in ("id", "same", "cause", "seconds")}), flush=True)
    text = rendered(list(rows.values()), missing)
    print(text)
    if given.table:
        given.table.write_text(text + "\n", encoding="utf-8")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    places = {name: os.environ.get(f"REGREEN_{name.upper()}") for name in ("cases", "repositories")}
    for name, place in places.items():
        parser.add_argument(f"--{name}", type=Path, default=Path(place) if place else None)
    parser.add_argument("--results", type=Path, required=True, help="JSON lines, appended to")
    parser.add_argument("--table", type=Path, help="write the table as Markdown, too")
    parser.add_argument(
        "--actions-dir",
        type=lambda text: Path(text).resolve(),
        help="checkouts of actions, as regreen's own option takes them",
    )
    parser.add_argument("--logs", type=Path, help="a folder that keeps each case's log")
    parser.add_argument("--seconds", type=float, default=600.0, help="a case's time")
    parser.add_argument("--again", action="store_true", help="run also what has a result")
    parser.add_argument("ids", nargs="*")
    return parser.parse_args()


def _known(path: Path) -> dict[str, dict[str, Any]]:
    """Return the last result of each case."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return {row["id"]: row for row in map(json.loads, lines)}


def _chosen(given: argparse.Namespace) -> Iterator[Case]:
    for line in given.cases.read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        if not given.ids or case["id"] in given.ids:
            yield case


def _row(case: Case, source: Path, given: argparse.Namespace) -> dict[str, Any]:
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="regreen-fidelity-") as name:
        folder = Path(name)
        repository = _clone(source, case["repo"], folder / "clone.git")
        place = find(case, repository)
        row = _reached(case, place)
        if place.found:
            row |= _reproduced(case, place, repository, folder, given)
        if given.logs is not None:
            _keep(folder / ".regreen" / "logs", given.logs / f"{case['id']}.log")
    return {**row, "seconds": round(time.monotonic() - started, 1)}


def _clone(source: Path, name: str, folder: Path) -> Path:
    """Make a bare repository that borrows all objects, and knows what it is a clone of."""
    address = f"https://github.com/{name}.git"
    for words in (
        ("clone", "-q", "--bare", "--shared", str(source), str(folder)),
        ("-C", str(folder), "config", "remote.origin.url", address),
    ):
        subprocess.run(["git", *words], check=True, capture_output=True, timeout=300)
    return folder


def _reached(case: Case, place: Place) -> dict[str, Any]:
    facts = {key: case[key] for key in ("id", "repo", "category", "tool", "fidelity")}
    leg = place.leg
    return {
        **facts,
        "job": leg.job.id if leg else None,
        "combination": leg.described() if leg else "",
        "step": place.step,
        "found": place.found,
        "planned": False,
        "ran": False,
        "same": False,
        "cause": "not found",
        "why": place.why,
    }


def _reproduced(
    case: Case, place: Place, repository: Path, folder: Path, given: argparse.Namespace
) -> dict[str, Any]:
    """Run the case's job and say how far it came."""
    command = _command(case, place, repository, given.actions_dir)
    ended, summary = _run(command, folder, given.seconds)
    if summary is None:
        return {"cause": ended, "why": ended}
    status, reason = summary["status"], summary["reason"]
    if place.refused:
        return _refused(case, summary)
    if place.step is None and (summary["failure"] or {}).get("category") == case["category"]:
        return {"planned": True, "ran": True, "same": True, "cause": "", "why": reason}
    if status in ("unsupported", "error"):
        return {"cause": f"{status}: {_first(reason)}", "why": reason}
    row = {"planned": True, "status": status}
    if status == "passed":
        return row | {"ran": True, "cause": "it passes here", "why": reason}
    return row | _failed(case, place, summary["failure"], _text(folder, summary["log"]))


def _refused(case: Case, summary: Mapping[str, Any]) -> dict[str, Any]:
    """Say whether regreen found red at once what GitHub refuses."""
    wanted, failure = "configuration_error", summary["failure"] or {}
    same = (
        summary["status"] == "reproduced" and wanted == failure.get("category") == case["category"]
    )
    why = f"GitHub refuses it, regreen says {summary['status']}: {summary['reason']}"
    cause = "" if same else "GitHub refuses the workflow, which the case does not say"
    return {"planned": True, "ran": same, "same": same, "cause": cause, "why": why}


def _failed(
    case: Case, place: Place, failure: Mapping[str, Any] | None, log: str
) -> dict[str, Any]:
    """Say whether the job failed in the case's step, and in the same way."""
    name, output = failed_step(log)
    elsewhere = place.step is not None and name != "" and not _is_step(name, place.step)
    judged = judge(case, failure, output, words=elsewhere)
    if elsewhere and not judged.same:
        words = f"fails earlier or elsewhere: {name!r}: {_last(output)}"
        return {"cause": f"another step fails: {name}", "why": words}
    why = judged.what if judged.same else f"{judged.what}: {_last(output)}"
    cause = "" if judged.same else "another failure"
    return {"ran": True, "same": judged.same, "cause": cause, "why": why}


def _command(case: Case, place: Place, repository: Path, actions: Path | None) -> list[str]:
    words = [
        sys.executable, "-m", "regreen", "reproduce", "--json", "--repo", str(repository),
        "--commit", case["red_commit"], "--workflow", case["workflow"], "--job", case["job"],
        "--as-of", case["as_of"],
    ]  # fmt: skip
    if place.step is not None:
        words += ["--step", place.step]
    for key, value in place.leg.values.items() if place.leg else ():
        words += ["--matrix", f"{key}={shown(value)}"]
    for text in place.assumed:
        words += ["--assume", text]
    return [*words, "--actions-dir", str(actions)] if actions is not None else words


def _run(words: list[str], folder: Path, seconds: float) -> tuple[str, dict[str, Any] | None]:
    """Return how the command ended where it printed no summary, and the summary."""
    process = subprocess.Popen(
        words, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        printed, said = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGINT)
        try:
            process.communicate(timeout=_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
        return f"not done in {seconds:.0f} s", None
    try:
        summary: dict[str, Any] = json.loads(printed)
    except json.JSONDecodeError:
        return f"exit {process.returncode}: {_last(said)}", None
    return "", summary


def _text(folder: Path, log: str | None) -> str:
    if log is None:
        return ""
    return (folder / log).read_text(encoding="utf-8", errors="replace")


def _keep(folder: Path, kept: Path) -> None:
    """Keep the newest log of ``folder``, if there is one."""
    for log in sorted(folder.glob("*.log")):
        kept.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(log, kept)


def _is_step(name: str, title: str) -> bool:
    """Return whether a step that ran as ``name`` is the one written as ``title``."""
    written = title.partition("${{")[0].strip()
    return name == title or name.startswith(written) or title.startswith(name)


def _first(reason: str) -> str:
    """Return an unsupported feature without its place."""
    return reason.split(" (", 1)[0].split("; ", 1)[0][:80]


def _last(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("== ")]
    return " / ".join(lines[-4:])[-300:]


if __name__ == "__main__":
    sys.exit(main())
