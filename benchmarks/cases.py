"""Try regreen on real red commits, and re-check every patch where regreen has no hand in it.

Reads cases as JSON lines (``repo``, ``red_commit``, ``setup``, ``check``, ``cwd``, ``env``,
``python``, ``as_of``, ``category`` …). Each becomes a workflow: checkout, Python, set-up, check.
A patch counts when ``git am`` takes it in a plain clone and the case's own check passes there, in a
virtual environment made by uv with packages as of the case's day.

    python benchmarks/cases.py --cases dev.jsonl --repositories DIR --out results.json [ID ...]
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from packaging.version import Version

from regreen_sandbox.toolchains import find_pythons

Case = Mapping[str, Any]
_SECONDS = 1800
_GIT = ("git", "-c", "user.name=check", "-c", "user.email=check@localhost")


def main() -> int:
    """Run the chosen cases one after the other and write what became of each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=Path, required=True)
    parser.add_argument("--repositories", type=Path, required=True, help="DIR/owner+name/repo")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--categories", default="linting_error,dependency_issue")
    parser.add_argument("--table", type=Path, help="write the results as Markdown, too")
    parser.add_argument("ids", nargs="*")
    given = parser.parse_args()
    results = json.loads(given.out.read_text()) if given.out.exists() else {}
    for case in _chosen(given.cases, given.ids, given.categories.split(",")):
        started = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="regreen-case-") as folder:
            row = _row(case, given.repositories, Path(folder))
        results[case["id"]] = {**row, "seconds": round(time.monotonic() - started, 1)}
        print(case["id"], json.dumps(results[case["id"]])[:300], flush=True)
        given.out.write_text(json.dumps(results, indent=1, sort_keys=True) + "\n")
    if given.table:
        given.table.write_text(_table(results))
    return 0


def _chosen(path: Path, ids: Sequence[str], categories: Sequence[str]) -> Iterator[Case]:
    for line in path.read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        if case["id"] in ids or (not ids and case["category"] in categories):
            yield case


def _row(case: Case, repositories: Path, folder: Path) -> dict[str, Any]:
    repository = repositories / case["repo"].replace("/", "+") / "repo"
    workflow = folder / "case.json"
    workflow.write_text(json.dumps(_workflow(case)))
    command = [
        sys.executable, "-m", "regreen", "fix", "--json",
        "--repo", str(repository), "--commit", case["red_commit"],
        "--workflow", str(workflow), "--job", "case", "--as-of", case["as_of"],
        "--out", str(folder / "out"),
    ]  # fmt: skip
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=3 * _SECONDS, check=False, cwd=folder
    )
    facts = {key: case[key] for key in ("repo", "red_commit", "category", "tool", "fidelity")}
    try:
        summary = json.loads(done.stdout)
    except json.JSONDecodeError:
        return {**facts, "status": "error", "reason": done.stderr.strip()[-400:]}
    row = {
        **facts,
        "status": summary["status"],
        "reason": summary["reason"],
        "fixers": summary["fixers"],
        "rejected": summary["rejected"][:4],
        "fix_seconds": summary["seconds"],
        "failure": {k: summary["failure"][k] for k in ("category", "tool")}
        if summary["failure"]
        else None,
        "today": (summary["verification"] or {}).get("today"),
    }
    if summary["status"] == "verified":
        row["rechecked"] = _recheck(case, repository, Path(summary["patch"]), folder)
    return row


def _workflow(case: Case) -> dict[str, Any]:
    """Return the case as a workflow (JSON is YAML)."""
    venv = "${{ runner.temp }}/case"
    prepare = (
        f'uv venv --python "{case["python"]}" {venv}\n'
        f'echo "VIRTUAL_ENV={venv}" >> "$GITHUB_ENV"\necho "{venv}/bin" >> "$GITHUB_PATH"\n'
    )
    steps: list[dict[str, Any]] = [
        {"uses": "actions/checkout@v4"},
        {"uses": "actions/setup-python@v5", "with": {"python-version": case["python"]}},
        {"uses": "astral-sh/setup-uv@v6"},
        {"name": "Make the environment", "run": prepare},
    ]
    steps += [{"name": f"Set up {n}", "run": line} for n, line in enumerate(case["setup"], 1)]
    check = {
        "name": case["step"],
        "run": case["check"],
        "working-directory": case["cwd"],
        "env": {k: str(v) for k, v in case["env"].items()},
    }
    steps.append(check)
    job = {"runs-on": "ubuntu-latest", "steps": steps}
    return {"name": "case", "on": "push", "jobs": {"case": job}}


def _recheck(case: Case, repository: Path, patch: Path, folder: Path) -> str:
    """Return ``pass``, or what went wrong, in a clone and an environment that are not regreen's."""
    clone, venv = folder / "clone", folder / "venv"
    _clone(repository, case["red_commit"], clone)
    applied = subprocess.run(
        [*_GIT, "am", str(patch)], cwd=clone, capture_output=True, text=True, check=False
    )
    if applied.returncode:
        return f"git am: {applied.stderr.strip()[-200:]}"
    env = {
        k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "UV_", "VIRTUAL_ENV"))
    }
    env |= {
        "VIRTUAL_ENV": str(venv),
        "PATH": f"{venv}/bin:{env['PATH']}",
        "UV_EXCLUDE_NEWER": case["as_of"],
        **{k: str(v) for k, v in case["env"].items()},
    }
    python = shlex.quote(str(_python(case["python"])))
    script = [f"uv venv -q --python {python} {shlex.quote(str(venv))}", *case["setup"]]
    work = clone / case["cwd"]
    for line in script:
        made = subprocess.run(
            ["bash", "-c", line], cwd=clone, env=env, capture_output=True, text=True, check=False
        )
        if made.returncode:
            return f"set-up: {made.stderr.strip()[-200:]}"
    done = subprocess.run(
        ["bash", "-e", "-c", case["check"]],
        cwd=work,
        env=env,
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    return "pass" if done.returncode == 0 else f"check: {(done.stdout + done.stderr)[-300:]}"


def _python(version: str) -> Path:
    """Return the interpreter of the newest release of ``version`` on this machine."""
    found = [p for p in find_pythons() if p.version.startswith(f"{version}.")]
    return max(found, key=lambda p: Version(p.version)).prefix / "bin" / f"python{version}"


def _clone(repository: Path, commit: str, clone: Path) -> None:
    """Clone with all objects, and check out what the repository holds of the commit."""

    def run(*words: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run([*_GIT, *words], cwd=clone, check=True, capture_output=True)

    clone.mkdir()
    run("init", "-q")
    alternates = clone / ".git" / "objects" / "info" / "alternates"
    alternates.write_text(f"{repository / 'objects'}\n")
    run("update-ref", "--no-deref", "HEAD", commit)
    run("read-tree", commit)
    listing = run("rev-list", "--objects", "--no-walk", "--missing=print", commit).stdout
    missing = {line[1:].decode() for line in listing.splitlines() if line.startswith(b"?")}
    entries = run("ls-tree", "-r", "-z", commit).stdout.decode().split("\0")
    absent = [e.split("\t")[1] for e in entries if e and e.split()[2] in missing]
    if absent:
        run("rm", "--cached", "--quiet", "--", *absent)
        run("commit", "--quiet", "--message", "without what the repository at hand lacks")
    run("checkout-index", "--all", "--index", "--quiet")


def _table(results: Mapping[str, Any]) -> str:
    """Return all results as one Markdown table, misses with their reasons."""
    verified = [r for r in results.values() if r.get("rechecked") == "pass"]
    lines = [
        "| case | repository | what failed | status | fixers, or the reason | re-check |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for name, row in sorted(results.items(), key=lambda item: (item[1]["category"], item[0])):
        reasons = [row["reason"], *(r["reason"] for r in row.get("rejected", ()) if _refused(r))]
        how = ", ".join(row.get("fixers") or []) or _cell("; ".join(reasons[:2]))
        lines.append(
            f"| {name} | {row['repo']}@{row['red_commit'][:10]} | {row['category']}: "
            f"{_cell(row['tool'])} | {row['status']} | {how} | {_cell(row.get('rechecked', ''))} |"
        )
    head = f"Verified and re-checked: {len(verified)} of {len(results)}.\n\n"
    return head + "\n".join(lines) + "\n"


def _refused(row: Mapping[str, str]) -> bool:
    return row["reason"].startswith(("it changes a", "it changes more", "it drops", "it adds"))


def _cell(text: str) -> str:
    return " ".join(str(text).replace("|", "\\|").split())[:200]


if __name__ == "__main__":
    shutil.which("uv") or sys.exit("uv is missing: pip install uv")
    sys.exit(main())
