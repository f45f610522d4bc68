"""Write the patch and its evidence: whole or not at all."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from regreen.errors import UsageError
from regreen.model import JobOutcome, Rejected, VerifiedPatch

SCHEMA = 1
_EXCERPT = 4000
_ELSEWHERE = "remove it, or name another folder with --out DIR"


@dataclass(frozen=True, slots=True)
class Delivered:
    """Where the patch and the evidence lie."""

    patch: Path
    evidence: Path


def state_folder(cwd: Path) -> Path:
    """Return ``.regreen`` in ``cwd``, made when missing, with a ``.gitignore`` that hides it.

    A repository can hold anything under these names, so a link is not followed: it would let the
    repository choose where on this machine is written. Raises UsageError for a link, for anything
    else that is no folder (no file, for ``.gitignore``), and when it cannot be written.
    """
    state = cwd / ".regreen"
    ignore = state / ".gitignore"
    _refuse_unless(stat.S_ISDIR, state, "folder")
    try:
        state.mkdir(exist_ok=True)
        _refuse_unless(stat.S_ISREG, ignore, "file")
        with suppress(FileExistsError), ignore.open("x", encoding="utf-8") as file:
            file.write("*\n")
    except OSError as error:
        raise _unwritable(state, error) from error
    return state


def _refuse_links(folder: Path) -> None:
    """Refuse ``folder`` when it, or a part of it inside the current folder, is no true folder.

    Links above or beside the current folder are the machine's own; those inside may be the
    repository's.
    """
    here = Path.cwd()
    for part in reversed((folder, *folder.parents)):
        above = Path(os.path.realpath(part.parent))  # Path.resolve fails on loops
        if part == folder or above == here or here in above.parents:
            _refuse_unless(stat.S_ISDIR, part, "folder")


def _refuse_unless(wanted: Callable[[int], bool], path: Path, kind: str) -> None:
    """Refuse what stands at ``path``, if anything does, when it is not ``wanted``."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    except OSError as error:
        raise _unwritable(path, error) from error
    if not wanted(mode):
        what = "a symbolic link" if stat.S_ISLNK(mode) else f"no {kind}"
        raise UsageError(f"cannot write to {path}: it is {what}", _ELSEWHERE)


@contextmanager
def prepare(folder: Path) -> Iterator[None]:
    """Make ``folder`` and see that it can be written, before the work; gone again if unused.

    Raises UsageError when it cannot be written, is no folder, or lies behind a symbolic link.
    """
    _refuse_links(folder)
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise _unwritable(folder, error) from error
    try:
        yield
    finally:
        with suppress(OSError):
            for path in missing:
                path.rmdir()


def deliver(
    verified: VerifiedPatch,
    folder: Path,
    *,
    about: Mapping[str, Any],
    rejected: tuple[Rejected, ...],
) -> Delivered:
    r"""Write ``regreen.patch`` and ``evidence.json`` into ``folder``, made when missing.

    ``about`` says which run, job, image and index the proof is of. Raises UsageError as
    ``prepare`` does. A byte of a file's name that is no UTF-8 is written as ``\udcXX``.
    """
    _refuse_links(folder)
    patch, evidence = folder / "regreen.patch", folder / "evidence.json"
    text = json.dumps(_evidence(verified, about, rejected), indent=2, ensure_ascii=False)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write(patch, verified.mail)
        _write(evidence, text.encode("utf-8", "backslashreplace") + b"\n")
    except OSError as error:
        raise _unwritable(folder, error) from error
    return Delivered(patch, evidence)


def _unwritable(folder: Path, error: OSError) -> UsageError:
    return UsageError(
        f"cannot write to {folder}: {error.strerror or error}",
        "name a folder that can be written with --out DIR",
    )


def _write(path: Path, content: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _evidence(
    verified: VerifiedPatch, about: Mapping[str, Any], rejected: tuple[Rejected, ...]
) -> dict[str, Any]:
    proof = verified.proof
    return {
        "schema": SCHEMA,
        "regreen": version("regreen"),
        **about,
        "base": verified.base,
        "tree": proof.tree,
        "patch": {
            "sha256": hashlib.sha256(verified.mail).hexdigest(),
            "fixers": list(verified.patch.fixers),
            "why": list(verified.patch.why),
            "files": list(verified.patch.files),
            "severity": str(verified.severity),
        },
        "proof": {
            "complete": proof.complete,
            "excluded": list(proof.excluded),
            "as_of": proof.as_of.isoformat() if proof.as_of else None,
            "green_today": proof.today,
            "seconds": round(proof.seconds, 2),
            "before": [_run(outcome) for outcome in proof.before],
            "after": [_run(outcome) for outcome in proof.after],
        },
        "rejected": [{"fixer": r.fixer, "reason": r.reason} for r in rejected],
    }


def _run(outcome: JobOutcome) -> dict[str, Any]:
    return {
        "green": outcome.green,
        "seconds": round(outcome.seconds, 2),
        "steps": [
            {
                "name": step.name,
                "command": step.command,
                "conclusion": step.conclusion,
                "exit_code": step.exit_code,
                "seconds": round(step.seconds, 2),
                "reason": step.reason,
                "log_sha256": step.log_sha256,
                "annotations": [asdict(one) for one in step.annotations],
                "summary": step.summary,
                "log_tail": step.log[-_EXCERPT:] if step.conclusion == "failure" else "",
            }
            for step in outcome.steps
        ],
    }
