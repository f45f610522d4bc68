"""Commits that a checkout asks for besides the one under test: other refs, other repositories.

Other refs come from the user's clone, which is only read. Other repositories come by git from the
run's server, one commit without its history, where that is allowed; no credentials are used.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path

from regreen.errors import UsageError
from regreen.git import Address, Export, Repository, Scratch, Wanted, checkout_materials, export
from regreen.git.remote_tree import RemoteTrees
from regreen.jobs.stores import Stores
from regreen.model import Unsupported
from regreen_sandbox.locks import exclusive, own_folder

_SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_REF = re.compile(r"(?!-)[\w./+@-]+")
_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")


def under_test(ref: str, github: Mapping[str, object]) -> bool:
    """Say whether a checkout's ``ref`` means the very commit that the run is about."""
    event = github.get("event")
    event = event if isinstance(event, dict) else {}
    request = event.get("pull_request")
    head = request.get("head") if isinstance(request, dict) else None
    started = event.get("workflow_run")
    names = [github.get(name) for name in ("sha", "ref", "ref_name", "head_ref")]
    names += [event.get("after"), *_values(head, "sha", "ref")]
    names += _values(started, "head_sha", "head_branch")
    known = {str(name) for name in names if name}
    number = event.get("number")
    if isinstance(number, int | float):
        known |= {f"refs/pull/{int(number)}/{kind}" for kind in ("merge", "head")}
    return not ref or ref in known or ref.removeprefix("refs/heads/") in known


def _values(table: object, *names: str) -> list[object]:
    return [table.get(name) for name in names] if isinstance(table, dict) else []


def of_clone(stores: Stores, ref: str, wanted: Wanted, address: str) -> Export | Unsupported:
    """Pack what ``ref`` names in the user's clone."""
    if stores.clone is None or not _REF.fullmatch(ref):
        return Unsupported(f"checkout of the ref {ref}, which is not the commit under test")
    repository = Repository.open(stores.clone)
    names = (ref,) if _SHA.fullmatch(ref) else _names(ref)
    for name in names:
        try:
            commit = repository.commit(name)
        except UsageError:
            continue
        with Scratch.borrow(repository) as scratch:
            return checkout_materials(scratch, commit, wanted, remote=address or None)
    fetch = f"git -C {stores.clone} fetch origin {ref}"
    return Unsupported(f"checkout of the ref {ref}, which the clone lacks: {fetch}")


def _names(ref: str) -> tuple[str, ...]:
    if ref.startswith("refs/"):
        remote = ref.replace("refs/heads/", "refs/remotes/origin/", 1)
        return (remote, ref)
    return (f"refs/remotes/origin/{ref}", f"refs/heads/{ref}", f"refs/tags/{ref}")


def of_server(
    stores: Stores, server: str, repository: str, ref: str, wanted: Wanted
) -> Export | Unsupported:
    """Pack one commit of another repository: what ``ref`` names there now."""
    what = f"checkout of another repository ({repository})"
    if not _REPOSITORY.fullmatch(repository) or (ref and not _REF.fullmatch(ref)):
        return Unsupported(what)
    if stores.repositories is None or stores.offline:
        return Unsupported(f"{what}, which is not fetched here")
    if wanted.depth != 1 or wanted.submodules or wanted.lfs:
        return Unsupported(f"{what} with its history, submodules or files of Git LFS")
    address = Address(f"{server}/{repository}")
    try:
        place = _folder(stores.repositories, address.url)
        with exclusive(f"checkout-{place.name}", report=lambda _text: None):
            return _fetched(RemoteTrees.open(place), address, ref, what)
    except UsageError as error:
        return Unsupported(f"{what}: {error.message}")


def _fetched(trees: RemoteTrees, address: Address, ref: str, what: str) -> Export | Unsupported:
    names = (ref,) if ref else ("HEAD", "main", "master")
    found = (ref if _SHA.fullmatch(name) else trees.resolve(address, name) for name in names)
    commit = next((one for one in found if one), None)
    if commit is None or (not trees.has(commit) and trees.fetch(address, commit) is None):
        return Unsupported(f"{what} at {ref or 'its default branch'}, which is not there")
    with Scratch.borrow(Repository.open(trees.folder)) as scratch:
        return export(scratch, commit, Wanted(), remote=address.url)


def _folder(root: Path, url: str) -> Path:
    place = root / "checkouts" / hashlib.sha256(url.lower().encode()).hexdigest()[:24]
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    own_folder(place.parent)
    own_folder(place)
    return place
