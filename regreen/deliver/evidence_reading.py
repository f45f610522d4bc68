"""Evidence as it is read back: a stranger's file, of which nothing is believed that is not checked.

What it says is compared with the patch file and run again; it is never a reason to run anything
but the job of the commit that it names.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn

from regreen.deliver.evidence_fields import AGAIN, GIT_ID, SHA256, Fields
from regreen.deliver.statement import PREDICATE, RESULTS, STATEMENT
from regreen.errors import UsageError
from regreen.model import (
    AutoFixable,
    Diagnostic,
    Evidence,
    Failure,
    Severity,
    Signature,
)

BYTES = 64 << 20
_SCHEMA = 1
_SEVERITY = re.compile("|".join(Severity))


@dataclass(frozen=True, slots=True)
class Proven:
    """What an evidence says was proven.

    ``sha256`` is of the patch file, ``tree`` the patched files', ``base`` the red commit; ``made``
    is when it was written, ``reached`` how many changed lines the tests reach (``None``: it does
    not say).
    """

    fields: Fields
    sha256: str
    base: str
    tree: str
    repository: str
    workflow: str
    job: str
    severity: Severity
    fixers: tuple[str, ...]
    why: tuple[str, ...]
    files: tuple[str, ...]
    made: datetime | None
    complete: bool
    today: bool
    reached: int | None = None

    @property
    def failures(self) -> tuple[Failure, ...]:
        """The failures of the red job, the cause first. Raises UsageError where none is told."""
        found = failures_of(self.fields, "failures")
        if not found:
            raise UsageError(f"{self.fields.file}: failures names no failure", AGAIN)
        return found


def failures_of(fields: Fields, name: str) -> tuple[Failure, ...]:
    """Return the failures in a field, the cause first."""
    return tuple(_failure(one) for one in fields.objects(name))


def read_evidence(path: Path) -> Proven:
    """Return what the evidence in the file ``path`` says. Raises UsageError when it says nonsense.

    A statement of in-toto's form must be about the same patch and files as the rest.
    """
    fields = Fields(_loaded(path), str(path))
    if fields.number("schema") != _SCHEMA:
        raise UsageError(f"{path}: its schema is not {_SCHEMA}", "use the regreen that wrote it")
    patch, proof = fields.object("patch"), fields.object("proof")
    coverage = proof.maybe_object("coverage")
    found = Proven(
        fields=fields,
        sha256=patch.text("sha256", SHA256),
        base=fields.text("base", GIT_ID),
        tree=fields.text("tree", GIT_ID),
        repository=fields.text("repository"),
        workflow=fields.text("workflow"),
        job=fields.text("job"),
        severity=_severity(patch),
        fixers=patch.texts("fixers"),
        why=patch.texts("why"),
        files=patch.texts("files"),
        made=fields.moment("made"),
        complete=proof.flag("complete"),
        today=proof.flag("green_today"),
        reached=coverage.number("reached") if coverage else None,
    )
    if "_type" in fields.values:
        _check_statement(found)
    return found


def require_statement(found: Proven) -> None:
    """Raise UsageError for evidence of an older regreen, which is no statement yet."""
    if "_type" not in found.fields.values:
        raise UsageError(
            f"{found.fields.file} does not say how to prove the patch again",
            "prove it anew: regreen fix",
        )


def file_sha256(data: bytes) -> str:
    """Return the digest by which the evidence knows a patch file."""
    return hashlib.sha256(data).hexdigest()


def read_bounded(path: Path, limit: int) -> bytes:
    """Return a regular file's bytes. Raises UsageError where there are none, or too many."""
    try:
        # A pipe or device of that name must neither block nor never end.
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(handle, "rb") as file:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise UsageError(f"{path} is no regular file", "name another file")
            data = file.read(limit + 1)
    except OSError as error:
        raise UsageError(
            f"cannot read {path}: {error.strerror or error}", "name a file that is there"
        ) from error
    if len(data) > limit:
        raise UsageError(f"{path} is larger than {limit >> 20} MiB", "name another file")
    return data


def _loaded(path: Path) -> dict[str, Any]:
    data = read_bounded(path, BYTES)
    try:
        found = json.loads(
            data.decode("utf-8"), object_pairs_hook=_distinct, parse_constant=_no_number
        )
    except (ValueError, RecursionError) as error:
        words = str(error).splitlines()[0][:200] if str(error) else "nested too deeply"
        raise UsageError(f"{path} is no JSON: {words}", AGAIN) from error
    if not isinstance(found, dict):
        raise UsageError(f"{path} holds no JSON object", AGAIN)
    return found


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Two readers must not see two different files."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return found


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON's")


def _check_statement(found: Proven) -> None:
    fields = found.fields
    predicate = fields.object("predicate")
    said = (fields.text("_type"), fields.text("predicateType"))
    if said != (STATEMENT, PREDICATE) or predicate.text("result") not in RESULTS:
        raise UsageError(f"{fields.file} is no statement of a test result", AGAIN)
    digests: dict[str, str] = {}
    for subject in fields.objects("subject"):
        digests |= subject.pairs("digest")
    for name, known in (("sha256", found.sha256), ("gitTree", found.tree)):
        if digests.get(name) != known:
            raise UsageError(
                f"{fields.file} contradicts itself: its subject's {name} is not that of the patch",
                AGAIN,
            )


def _failure(fields: Fields) -> Failure:
    signature = fields.object("signature")
    items = [_item(one, signature) for one in signature.values.get("items") or ()]
    return Failure(
        category=fields.text("category"),
        severity=_severity(fields),
        confidence=1.0,
        auto_fixable=AutoFixable.PARTIAL,
        step=fields.maybe_text("step"),
        command=fields.maybe_text("command"),
        exit_code=fields.maybe_number("exit_code"),
        tool=fields.maybe_text("tool"),
        diagnostics=tuple(
            Diagnostic(one.maybe_text("file"), one.maybe_text("code"), one.text("message"))
            for one in fields.objects("diagnostics")
        ),
        evidence=tuple(
            Evidence(one.number("line"), one.text("text")) for one in fields.objects("evidence")
        ),
        signature=Signature(
            signature.text("category"), signature.maybe_text("tool"), frozenset(items)
        ),
    )


def _severity(fields: Fields) -> Severity:
    return Severity(fields.text("severity", _SEVERITY))


def _item(value: object, fields: Fields) -> tuple[str | None, str | None, str]:
    match value:
        case [str() | None as file, str() | None as code, str() as message]:
            return file, code, message
        case _:
            raise UsageError(f"{fields.file}: {fields.place}items is no list of keys", AGAIN)
