"""What lies here of patches, and which of them may be put onto the user's work tree."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from regreen.deliver.evidence_folders import Kept
from regreen.errors import UsageError
from regreen.git import Repository
from regreen.git.applying import Applied, apply_patch, fits, is_there
from regreen.git.own_tree import WorkTree
from regreen.model import Severity

_ORDER = tuple(Severity)


@dataclass(frozen=True, slots=True)
class Consent:
    """What somebody agrees to: patches up to a severity, and patches that nothing proves."""

    allow: Severity = Severity.MEDIUM
    unverified: bool = False


def places(cwd: Path, repository: Repository | None) -> Sequence[Path]:
    """Return the folders whose ``.regreen`` may hold patches of ``repository``."""
    own = () if repository is None or repository.bare else (WorkTree.of(repository).root,)
    return tuple(dict.fromkeys((cwd, *own)))


def row(kept: Kept, repository: Repository) -> dict[str, Any]:
    """Return what a list says of a patch, as JSON has it."""
    proven = kept.proven
    here = proven is None or repository.has(proven.base)
    return {
        "name": kept.name,
        "patch": str(kept.patch),
        "repository": proven.repository if proven else None,
        "job": proven.job if proven else None,
        "workflow": proven.workflow if proven else None,
        "commit": proven.base if proven else None,
        "fixers": list(proven.fixers) if proven else [],
        "files": list(proven.files) if proven else [],
        "severity": str(proven.severity) if proven else None,
        "verified": proven is not None,
        "problem": kept.problem or None,
        "made": kept.made.isoformat(timespec="seconds"),
        "applies": _applies(kept, repository) if here else "elsewhere",
    }


def _applies(kept: Kept, repository: Repository) -> str:
    """Say how a patch goes with HEAD; ``applied`` where the work tree has its change already."""
    answer = fits(repository, kept.mail)
    if answer != "yes" or repository.bare:
        return answer
    try:
        return "applied" if is_there(WorkTree.of(repository), kept.mail) else answer
    except UsageError:
        return answer


def put(kept: Kept, work: WorkTree, consent: Consent, *, three_way: bool, commit: bool) -> Applied:
    """Apply a patch to a clean work tree: all of it, or nothing.

    Raises UsageError where ``consent`` is missing, with the option that gives it, and for a patch
    of another repository.
    """
    _require_own(kept, work)
    _require_consent(kept, work, consent)
    return apply_patch(work, kept.mail, three_way=three_way, commit=commit)


def _require_own(kept: Kept, work: WorkTree) -> None:
    """Refuse a patch whose commit is not here, and which does not go onto what is here either."""
    proven = kept.proven
    if proven is None or work.repository.has(proven.base):
        return
    if fits(work.repository, kept.mail) == "no":
        raise UsageError(
            f"the patch is of {proven.repository} at {proven.base[:12]}, which {work.root} has not",
            f"regreen patch apply {shlex.quote(str(kept.patch))} --repo DIR, "
            f"with a clone of {proven.repository} that has the commit",
        )


def _require_consent(kept: Kept, work: WorkTree, consent: Consent) -> None:
    proven, problem = kept.proven, kept.problem
    if work.tracks(kept.patch) or _is_of_a_repository(kept.patch):
        problem = f"{kept.patch} is a file of a repository: that it is proven is its own word"
    if problem and not consent.unverified:
        raise UsageError(
            f"the patch is not proven: {problem}",
            f"read it (regreen patch show {kept.patch}), then apply it with --unverified",
        )
    if proven is None:
        return
    if proven.severity is Severity.CRITICAL:
        raise UsageError(
            "the patch is of severity critical, and regreen applies none of these",
            "read it, and make the change by hand where it is right",
        )
    if _ORDER.index(proven.severity) > _ORDER.index(consent.allow):
        raise UsageError(
            f"the patch is of severity {proven.severity}: a person has to read it first",
            f"regreen patch show {kept.name}, then the same command with --allow {proven.severity}",
        )


def _is_of_a_repository(path: Path) -> bool:
    """Return whether the repository that ``path`` lies in tracks it: a submodule, another clone."""
    try:
        return WorkTree.of(Repository.open(path.resolve().parent)).tracks(path)
    except UsageError:
        return False
