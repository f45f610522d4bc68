"""Let regreen mend each real red job, and check every patch where regreen has no hand in it.

Reads cases as JSON lines (``repo``, ``red_commit``, ``workflow``, ``job``, ``step``, ``setup``,
``check`` …) and bare repositories in ``DIR/owner+name/repo``. Each case is run as a workflow made
from its row (``--made``), as its real workflow and job (``--real``), or both. What has a result is
not run again, unless ``--again`` is given.

    python -m benchmarks.repair --cases dev.jsonl --repositories DIR --out results.json [ID ...]
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks.repair.recheck import recheck
from benchmarks.repair.rows import WAYS, Case, Results, cases, facts, keep, known
from benchmarks.repair.stages import judged
from benchmarks.repair.table import rendered
from benchmarks.repair.tools import Tools, prepare
from benchmarks.repair.trying import interrupt
from benchmarks.repair.ways import Try, made, real
from regreen.errors import RegreenError

_SHOWN = ("id", "way", "status", "fixers", "recheck", "seconds", "reason")
_WIDTH = 300


def main() -> int:
    """Run what has no result yet and print the table."""
    given = _options()
    for option, path in (("--cases", given.cases), ("--repositories", given.repositories)):
        if path is None or not path.exists():
            print(f"{path or 'no place'} for {option} is not there: name it with {option} PATH")
            return 2
    results = known(given.out)
    chosen = list(cases(given.cases, given.ids, given.category))
    here = [case for case in chosen if _repository(case, given.repositories).is_dir()]
    with tempfile.TemporaryDirectory(prefix="regreen-repair-", dir=given.work) as name:
        wanted = list(_wanted(here, results, given))
        if wanted:
            tools = prepare(given.cases, Path(name), given.actions_dir)
            _run(wanted, results, tools, Path(name), given)
    missing = [case["id"] for case in chosen if case not in here]
    shown = {way: _rows(results[way], chosen, given) for way in _ways(given)}
    text = rendered(shown, missing)
    print(text)
    if given.table:
        given.table.write_text(text, encoding="utf-8")
    return 1 if any(row["false"] for rows in shown.values() for row in rows.values()) else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    places = {name: os.environ.get(f"REGREEN_{name.upper()}") for name in ("cases", "repositories")}
    for name, place in places.items():
        parser.add_argument(f"--{name}", type=Path, default=Path(place) if place else None)
    parser.add_argument("--out", type=Path, required=True, help="the results, JSON")
    parser.add_argument("--table", type=Path, help="write the table as Markdown, too")
    ways = parser.add_mutually_exclusive_group()
    for way in (*WAYS, "both"):
        ways.add_argument(f"--{way}", action="store_const", const=way, dest="way")
    parser.set_defaults(way="both")
    parser.add_argument("--category", action="append", default=[], help="only these; repeatable")
    parser.add_argument("--budget", default="10m", help="regreen's own time for a search")
    parser.add_argument("--verify-limit", default="15m", help="regreen's own time for a proof")
    parser.add_argument("--seconds", type=float, default=2400.0, help="a run's time, then it ends")
    parser.add_argument("--side-by-side", type=int, default=1, metavar="N", help="cases at a time")
    parser.add_argument("--again", action="store_true", help="run also what has a result")
    parser.add_argument("--options", default="", help="more options for regreen fix, one string")
    parser.add_argument("--actions-dir", type=Path, help="checkouts of actions, as regreen takes")
    parser.add_argument("--logs", type=Path, help="a folder that keeps transcripts and patches")
    parser.add_argument("--work", type=Path, help="where temporary folders are made")
    parser.add_argument("ids", nargs="*")
    return parser.parse_args()


def _ways(given: argparse.Namespace) -> tuple[str, ...]:
    return WAYS if given.way == "both" else (given.way,)


def _rows(rows: dict[str, Any], chosen: list[Case], given: argparse.Namespace) -> dict[str, Any]:
    """Return the rows that the table is of: those of the cases that were asked for."""
    ids = {case["id"] for case in chosen}
    return {name: row for name, row in rows.items() if name in ids}


def _repository(case: Case, repositories: Path) -> Path:
    return Path(repositories / case["repo"].replace("/", "+") / "repo")


def _wanted(
    here: list[Case], results: Results, given: argparse.Namespace
) -> Iterator[tuple[Case, str]]:
    for case in here:
        for way in _ways(given):
            if given.again or case["id"] not in results[way]:
                yield case, way


def _run(
    wanted: list[tuple[Case, str]],
    results: Results,
    tools: Tools,
    folder: Path,
    given: argparse.Namespace,
) -> None:
    """Try all of ``wanted``, ``--side-by-side`` at a time; keep each result as it comes."""
    lock = threading.Lock()

    def one(case: Case, way: str) -> None:
        row = _row(case, way, tools, folder, given)
        with lock:
            results[way][case["id"]] = row
            keep(results, given.out)
            shown = {key: row[key] for key in _SHOWN if row.get(key)}
            print(json.dumps(shown)[:_WIDTH], flush=True)

    with ThreadPoolExecutor(max_workers=given.side_by_side) as pool:
        futures = [pool.submit(one, case, way) for case, way in wanted]
        try:
            for future in futures:
                future.result()
        except BaseException:
            interrupt()
            pool.shutdown(cancel_futures=True)
            raise


def _row(
    case: Case, way: str, tools: Tools, folder: Path, given: argparse.Namespace
) -> dict[str, Any]:
    started = time.monotonic()
    row = facts(case, way)
    source = _repository(case, given.repositories)
    with tempfile.TemporaryDirectory(prefix=f"{case['id']}-{way}-", dir=folder) as name:
        place = Path(name)
        more = ["--budget", given.budget, "--verify-limit", given.verify_limit]
        more += shlex.split(given.options)
        trial = Try(case, source, place, tools, given.seconds, tuple(more))
        try:
            row |= made(trial) if way == "made" else real(trial)
        except RegreenError as error:
            row |= {"status": "error", "reason": error.message}
        patch = next(iter(sorted((place / "out").rglob("*.patch"))), None)
        if row["status"] == "verified" and patch is not None:
            row["recheck"] = recheck(case, source, patch, place, tools)
            row |= judged(row["recheck"])
        if given.logs is not None:
            _keep(place, patch, given.logs / f"{case['id']}-{way}")
    return {**row, "seconds": round(time.monotonic() - started, 1)}


def _keep(folder: Path, patch: Path | None, kept: Path) -> None:
    """Keep the transcript and the patch of a run."""
    kept.mkdir(parents=True, exist_ok=True)
    for file in (*sorted((folder / ".regreen" / "logs").glob("*.log"))[-1:], patch):
        if file is not None:
            shutil.copyfile(file, kept / ("patch" if file is patch else "log"))


if __name__ == "__main__":
    sys.exit(main())
