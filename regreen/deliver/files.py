"""Write the patch and its evidence: whole or not at all."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from regreen.errors import UsageError
from regreen.model import JobOutcome, Rejected, VerifiedPatch

SCHEMA = 1
_EXCERPT = 4000


@dataclass(frozen=True, slots=True)
class Delivered:
    """Where the patch and the evidence lie."""

    patch: Path
    evidence: Path


@contextmanager
def prepare(folder: Path) -> Iterator[None]:
    """Make ``folder`` and see that it can be written, before the work; gone again if unused.

    Raises UsageError when it cannot be written.
    """
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
    """Write ``regreen.patch`` and ``evidence.json`` into ``folder``, made when missing.

    ``about`` says which run, job, image and index the proof is of. Raises UsageError when the
    folder cannot be written.
    """
    patch, evidence = folder / "regreen.patch", folder / "evidence.json"
    text = json.dumps(_evidence(verified, about, rejected), indent=2, ensure_ascii=False)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write(patch, verified.mail)
        _write(evidence, text.encode() + b"\n")
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
                "log_tail": step.log[-_EXCERPT:] if step.conclusion == "failure" else "",
            }
            for step in outcome.steps
        ],
    }
