"""``regreen patch``: what was proven here, shown and applied."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from regreen.cli.app import app
from regreen.cli.options import JsonOption, RepoOption
from regreen.cli.output import show
from regreen.errors import UsageError

if TYPE_CHECKING:
    from regreen.deliver.evidence_folders import Kept
    from regreen.git import Repository
    from regreen.git.own_tree import WorkTree

patch_app = typer.Typer(
    help="Patches that were proven here: listed, shown, applied.", no_args_is_help=True
)
app.add_typer(patch_app, name="patch")

NamedArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="[NAME]",
        help="A name of the list, a folder, or a patch file [default: the newest].",
    ),
]
AllowOption = Annotated[
    str,
    typer.Option(
        "--allow", metavar="SEVERITY", help="Apply patches up to this severity: low, medium, high."
    ),
]

_HEAD = ("NAME", "JOB", "COMMIT", "FIXED BY", "SEVERITY", "VERIFIED", "APPLIES")
_WIDEST = 40
_DIFF = re.compile(r"`{3,}diff")


@patch_app.command("list")
def patch_list(repo: RepoOption = Path(), as_json: JsonOption = False) -> None:
    """List the patches that lie here, the newest first, and whether they apply now."""
    from regreen.deliver.evidence_folders import patches
    from regreen.patches import places, row

    repository = _opened(repo)
    found = [row(one, repository) for one in patches(places(Path.cwd(), repository))]
    if as_json:
        show(json.dumps({"schema": 1, "patches": found}, indent=2, ensure_ascii=False))
        return
    for line in _table(found):
        show(line)
    if not found:
        show("no patches here; regreen fix makes them")


@patch_app.command("show")
def patch_show(
    name: NamedArgument = None, repo: RepoOption = Path(), as_json: JsonOption = False
) -> None:
    """Show a patch: its report, and the whole diff."""
    from regreen.patches import row

    repository = _opened(repo)
    kept = _found(name, repository)
    text = kept.report.read_text(encoding="utf-8", errors="replace") if kept.report else ""
    diff = kept.mail.decode("utf-8", "replace")
    if as_json:
        evidence = dict(kept.proven.fields.values) if kept.proven else None
        said = {"report": text or None, "mail": diff, "evidence": evidence}
        found = {"schema": 1, **row(kept, repository), **said}
        show(json.dumps(found, indent=2, ensure_ascii=False))
        return
    if kept.problem:
        show(f"not proven: {kept.problem}\n")
    show(f"{_without_diff(text)}\n{diff}" if text else diff)


@patch_app.command("apply")
def patch_apply(
    name: NamedArgument = None,
    repo: RepoOption = Path(),
    three_way: Annotated[
        bool, typer.Option("--3way", help="Merge where the files have changed since.")
    ] = False,
    commit: Annotated[
        bool, typer.Option("--commit", help="Make a commit of it, as git am does.")
    ] = False,
    allow: AllowOption = "medium",
    unverified: Annotated[
        bool, typer.Option("--unverified", help="Apply it although no evidence proves it.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Apply a patch to a clean work tree: all of it, or nothing."""
    from regreen.patches import Consent, put

    repository = _opened(repo)
    work = _healed(repository)
    kept = _found(name, repository)
    applied = put(
        kept, work, Consent(_severity(allow), unverified), three_way=three_way, commit=commit
    )
    if as_json:
        said = {"patch": str(kept.patch), "files": list(applied.files), "commit": applied.commit}
        show(json.dumps({"schema": 1, **said}, indent=2, ensure_ascii=False))
        return
    many = f"{len(applied.files)} {'file' if len(applied.files) == 1 else 'files'}"
    show(f"applied {kept.patch}: {many}")
    for path in applied.files:
        show(f"  {path}")
    if applied.commit:
        show(f"  commit: {applied.commit}")
    else:
        show("  next: look at it with git diff, then commit it")


def _without_diff(report: str) -> str:
    """Return a report without the block of its diff: the whole patch is shown behind it."""
    lines = report.split("\n")
    try:
        heading = lines.index("## The change")
        first = next(n for n in range(heading, len(lines)) if _DIFF.fullmatch(lines[n]))
        last = lines.index(lines[first].removesuffix("diff"), first)
    except (ValueError, StopIteration):
        return report
    return "\n".join((*lines[:first], "The diff stands below.", *lines[last + 1 :]))


def _opened(repo: Path) -> Repository:
    from regreen.git import Repository

    return Repository.open(repo)


def _healed(repository: Repository) -> WorkTree:
    """Return the work tree; what a killed command left half applied is undone first."""
    from regreen.git.own_tree import WorkTree

    work = WorkTree.of(repository)
    if work.heal():
        typer.echo("an earlier `regreen patch apply` was killed half-way; it is undone", err=True)
    return work


def _found(name: str | None, repository: Repository) -> Kept:
    from regreen.deliver.evidence_folders import find_patch
    from regreen.patches import places

    return find_patch(places(Path.cwd(), repository), name)


def _severity(asked: str) -> Any:
    from regreen.model import Severity

    known = [str(one) for one in Severity if one is not Severity.CRITICAL]
    if asked not in known:
        raise UsageError(f"--allow takes {', '.join(known)}, not {asked!r}", "regreen patch --help")
    return Severity(asked)


def _table(found: Sequence[dict[str, Any]]) -> Iterator[str]:
    from regreen.plain import visible

    cells = [_HEAD, *(tuple(visible(cell) for cell in _cells(one)) for one in found)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for line in cells if found else []:
        yield "  ".join(
            cell.ljust(width) for cell, width in zip(line, widths, strict=True)
        ).rstrip()


def _cells(one: dict[str, Any]) -> tuple[str, ...]:
    fixers = ", ".join(dict.fromkeys(one["fixers"]))
    return (
        _cut(one["name"]),
        _cut(one["job"] or "-"),
        (one["commit"] or "-")[:12],
        _cut(fixers or "-"),
        one["severity"] or "-",
        f"{one['made'][:16].replace('T', ' ')} UTC" if one["verified"] else "no",
        one["applies"],
    )


def _cut(text: str) -> str:
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 1]}…"
