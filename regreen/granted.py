"""What a proof of somebody else's asks for, and what the one who checks it grants.

Evidence may be forged. What it asks for beyond the default its reader has to name on the command
line: hosts, indexes, images, actions, secrets. No other server is talked to for it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

from regreen.circumstances import Circumstances
from regreen.config import Settings
from regreen.deliver.evidence_reading import read_bounded
from regreen.errors import UsageError
from regreen.git import Fetched, Repository, Tree
from regreen.jobs.conditions import Conditions
from regreen.jobs.expressions import Value
from regreen.model import RunJob, SandboxOptions
from regreen.origin import Origin
from regreen_sandbox.network import Policy
from regreen_sandbox.profiles import Profile

_PUBLIC = ("github.com", "gitlab.com")
_WORKFLOW_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be checked, and what its reader grants.

    ``workflow`` is a file that the commit does not have, ``payload`` an event's that the evidence
    only has the digest of, ``secrets`` are by name, ``allowed`` actions that run although they
    would be refused. ``repeat`` is ``None`` for as often as it was proven.
    With ``siblings`` the other combinations of the matrix are run too; ``verify_limit`` is how long
    all of it may take (``None``: as it is set).
    """

    patch: Path
    evidence: Path
    repository: Path
    workflow: str | None = None
    payload: Mapping[str, Value] | None = None
    secrets: Mapping[str, str] | None = None
    allowed: tuple[str, ...] = ()
    sandbox: SandboxOptions = field(default_factory=SandboxOptions)
    repeat: int | None = None
    siblings: bool = False
    verify_limit: str | None = None


def granted(asked: Asked, known: Circumstances, settings: Settings) -> Conditions:
    """Return the conditions of the proof. Raises UsageError for what nobody granted here."""
    wanted = known.conditions
    if wanted.policy is Policy.ON and settings.network not in ("auto", "on"):
        raise _lacking("the public internet", "--network on")
    if wanted.profile is Profile.SUDO and not settings.sudo:
        raise _lacking("sudo", "leave out --no-sudo")
    _require("--allow-host", wanted.hosts, settings.hosts)
    _require("--extra-index", known.extra_indexes, settings.extra_indexes)
    _require("--allow-action", known.given.allowed, asked.allowed)
    _require("--secret", known.secrets, asked.secrets or {})
    if known.image:
        _require("--image", (known.image,), (settings.image,))
    policy = Policy.OFF if settings.network == "off" else wanted.policy
    return replace(wanted, policy=policy, runtime=settings.runtime)


def workflow_of(asked: Asked, known: Circumstances, base: Tree) -> str | None:
    """Return the workflow's name, ``None`` when its text is not the one that was run."""
    name, named = known.workflow, asked.workflow
    if named is not None:
        text: bytes | None = read_bounded(Path(named), _WORKFLOW_BYTES)
    elif known.of_commit:
        named, text = name, base.read(name)
    else:
        raise UsageError(
            f"the patch was proven with a workflow that is not in the commit: {name}",
            "name the file with --workflow FILE",
        )
    same = hashlib.sha256(text or b"").hexdigest() == known.sha256
    return named if same else None


def origin_of(
    asked: Asked, known: Circumstances, repository: Repository, cache: Path
) -> Origin | None:
    """Return what the evidence tells of the run; nothing is fetched for it."""
    run = known.run
    if run is None:
        return None
    host = urlsplit(run.server).hostname
    if host not in (*_PUBLIC, _host(repository.remote())):
        raise UsageError(
            f"{asked.evidence} names the server {run.server}, and the clone is of another",
            "name a clone of that server with --repo DIR",
        )
    job = RunJob("", known.name, "failure")
    return Origin(run, job, repository, Fetched.open(cache, repository))


def payload_of(asked: Asked, known: Circumstances) -> Mapping[str, Value]:
    """Return the event's payload: the evidence's, or the user's, which must be the same one."""
    given, digest = asked.payload, known.payload_sha256
    if digest is None:
        return known.given.payload
    text = json.dumps(given, sort_keys=True) if given is not None else ""
    if hashlib.sha256(text.encode()).hexdigest() != digest:
        raise UsageError(
            "the patch was proven with an event whose payload is not in the evidence",
            "name the same file with --event-file FILE",
        )
    return given or {}


def _require(option: str, wanted: Collection[str], granted: Collection[str]) -> None:
    if missing := [one for one in wanted if one not in granted]:
        raise _lacking(", ".join(missing), " ".join(f"{option} {one}" for one in missing))


def _lacking(what: str, how: str) -> UsageError:
    return UsageError(
        f"the patch was proven with {what}, which only you can grant",
        f"the same command with {how}",
    )


def _host(remote: str | None) -> str | None:
    """Return the server of a remote's address, by URL or in ssh's short form."""
    if remote is None:
        return None
    if "://" in remote:
        return urlsplit(remote).hostname
    return remote.partition(":")[0].rpartition("@")[2] or None
