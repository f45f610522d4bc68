"""Actions of other repositories, brought here: their manifests and their files.

They come by git from the run's server, one tree at a time, and are kept by commit in the user's
cache. What a tag or branch means is asked at most once an hour and remembered, save where CI's log
names the commit: then it is that one. No credentials are taken anywhere.
"""

from __future__ import annotations

import hashlib
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from regreen.errors import UsageError
from regreen.git import Address, UnreachableError
from regreen.git.remote_tree import NoRepository, RemoteTrees
from regreen.jobs.actions.folders import ActionTree, kept
from regreen.jobs.actions.metadata import Action, NotFound, find_action
from regreen.jobs.actions.reference import Remote
from regreen.model import Unsupported
from regreen_sandbox.errors import DiskFull, SandboxError, SandboxTimeout
from regreen_sandbox.locks import exclusive, own_folder
from regreen_sandbox.records import Records

GITHUB = "https://github.com"
BOUND_BYTES = 4 << 30
"""How much fetched actions may take on disk."""

_REMEMBERED = 3600.0
_HEX = frozenset("0123456789abcdef")
_SHORTEST, _WHOLE = 7, 40
_REFS = "refs"
_BY_HAND = "put a checkout of it into a folder, as {0}, and name the folder with --actions-dir"


@dataclass(frozen=True, slots=True)
class Fetched:
    """An action that is here.

    ``commit`` is ``None`` for a user's plain folder; ``notes`` say what differs from what CI had.
    """

    remote: Remote
    commit: str | None
    action: Action
    tree: ActionTree
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Meant:
    commit: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Store:
    """Where actions come from.

    ``cache`` is the user's cache folder; ``servers`` are asked in turn; ``folder`` holds the user's
    own checkouts and wins; ``offline`` asks no server. ``pins`` maps ``owner/name@ref`` to the
    commit that CI had. ``clock`` gives seconds since 1970.
    """

    cache: Path
    servers: tuple[str, ...] = (GITHUB,)
    folder: Path | None = None
    offline: bool = False
    pins: Mapping[str, str] = field(default_factory=dict)
    bound_bytes: int = BOUND_BYTES
    clock: Callable[[], float] = time.time
    report: Callable[[str], None] = lambda _text: None

    def fetch(self, remote: Remote) -> Fetched | NotFound | Unsupported:
        """Return the action that ``remote`` names.

        `NotFound` where GitHub finds none either, `Unsupported` when it cannot be had here. Raises
        WorkflowError for a manifest that GitHub refuses, UsageError for a cache that is not the
        user's, DiskFull.
        """
        if self.folder is not None and (own := kept(self.folder, remote)) is not None:
            if isinstance(own, Unsupported):
                return own
            note = f"{remote} is a checkout of the user's own (--actions-dir)"
            return _read(remote, own.commit, own.tree, (note,))
        outcome: Fetched | NotFound | Unsupported | None = None
        for server in self.servers:
            try:
                outcome = self._from(server, remote)
            except NoRepository:
                continue
            except DiskFull:
                raise
            except (UnreachableError, SandboxError) as error:
                by_hand = _BY_HAND.format(remote)
                outcome = Unsupported(f"the action {remote}: {_words(error)}; {by_hand}")
            if outcome is not None:
                return outcome
        return outcome or self._absent(remote)

    def _absent(self, remote: Remote) -> Unsupported:
        where = f"{remote.repository}@{remote.ref}"
        by_hand = _BY_HAND.format(where)
        if self.offline:
            return Unsupported(
                f"the action {remote} is not in the cache, and --offline asks no server: {by_hand}"
            )
        return Unsupported(
            f"the action {remote}: {' and '.join(self.servers)} shows no repository "
            f"{remote.repository} to who is not logged in; if it is private, {by_hand}"
        )

    def _from(self, server: str, remote: Remote) -> Fetched | NotFound | None:
        """Return the action from ``server``, ``None`` when it is not here and must not be asked.

        Raises NoRepository, UnreachableError, SandboxError.
        """
        address = Address(f"{server}/{remote.repository}")
        with self._trees(server, remote) as trees:
            meant = self._meant(trees, address, remote)
            if meant is None or isinstance(meant, NotFound):
                return meant
            commit: str | None = meant.commit
            if not trees.has(meant.commit):
                commit = None if self.offline else trees.fetch(address, meant.commit)
            if commit is None:
                return None if self.offline else _no_version(remote)
            found = _read(remote, commit, trees.tree(commit), meant.notes)
        self._prune(trees.folder)
        return found

    def _meant(
        self, trees: RemoteTrees, address: Address, remote: Remote
    ) -> _Meant | NotFound | None:
        """Return the commit that ``remote`` names: what CI had, else what the server says."""
        pins = {uses.lower(): sha.lower() for uses, sha in self.pins.items()}
        pin = pins.get(f"{remote.repository}@{remote.ref}".lower())
        if pin and (trees.has(pin) or (not self.offline and trees.fetch(address, pin) == pin)):
            return _Meant(pin)
        gone = (f"CI used {remote} at {pin[:12]}, which cannot be had any more",) if pin else ()
        if remote.pinned:
            return _Meant(remote.ref.lower(), gone)
        refs = Records(trees.folder / "regreen")
        known = dict((refs.read(_REFS) or {}).get(_REFS, {}))
        commit, asked = known.get(remote.ref, (None, 0.0))
        if commit and (self.offline or 0 <= self.clock() - asked < _REMEMBERED):
            return _Meant(commit, gone)
        if self.offline:
            return None
        try:
            now = trees.resolve(address, remote.ref)
        except UnreachableError:
            if commit is None or not trees.has(commit):
                raise
            note = f"{address.url} was not reached: {remote} is what it was when last asked"
            return _Meant(commit, (*gone, note))
        if now is None:
            return _no_version(remote)
        refs.write(_REFS, {_REFS: {**known, remote.ref: (now, self.clock())}})
        return _Meant(now, gone)

    @contextmanager
    def _trees(self, server: str, remote: Remote) -> Iterator[RemoteTrees]:
        """Hold what is kept of the repository, to be used by nobody else meanwhile."""
        name = remote.repository.lower()
        host = urlsplit(server).netloc.replace(":", "_").lower()
        place = self.cache / "actions" / host / f"{name}.git"
        with exclusive(_lock_name(place), report=self.report):
            try:
                self.cache.mkdir(mode=0o700, parents=True, exist_ok=True)
                for folder in (*reversed(place.parents[:3]), place):
                    own_folder(folder)
                trees = RemoteTrees.open(place)
                (place / "used").touch()
            except OSError as error:
                raise UsageError(
                    f"cannot write to {place}: {error.strerror or error}",
                    "choose another cache with REGREEN_CACHE",
                ) from error
            yield trees

    def _prune(self, just_used: Path) -> None:
        """Remove what was not used for longest while there is more than the bound."""
        places = sorted((self.cache / "actions").glob("*/*/*.git"), key=_used)
        sizes = {place: _size(place) for place in places}
        for place in places:
            if sum(sizes.values()) <= self.bound_bytes or place == just_used:
                return
            with (
                suppress(SandboxTimeout),
                exclusive(_lock_name(place), report=self.report, timeout=0),
            ):
                shutil.rmtree(place, ignore_errors=True)
                del sizes[place]


def _read(
    remote: Remote, commit: str | None, tree: ActionTree, notes: tuple[str, ...]
) -> Fetched | NotFound:
    action = find_action(tree.read, remote.path, str(remote))
    return action if isinstance(action, NotFound) else Fetched(remote, commit, action, tree, notes)


def _no_version(remote: Remote) -> NotFound:
    """Say it as GitHub does at the job's start."""
    ref, where = remote.ref, f"{remote.repository}@{remote.ref}"
    if _SHORTEST <= len(ref) < _WHOLE and set(ref.lower()) <= _HEX:
        return NotFound(
            f"Unable to resolve action `{where}`, the provided ref `{ref}` is the shortened "
            "version of a commit SHA, which is not supported. Please use the full commit SHA "
            "instead."
        )
    return NotFound(f"Unable to resolve action `{where}`, unable to find version `{ref}`")


def _words(error: Exception) -> str:
    return error.message if isinstance(error, UsageError) else str(error).splitlines()[0]


def _lock_name(place: Path) -> str:
    return f"action-{hashlib.sha256(str(place).encode()).hexdigest()[:16]}"


def _used(place: Path) -> float:
    try:
        return (place / "used").stat().st_mtime
    except OSError:
        return 0.0


def _size(place: Path) -> int:
    total = 0
    for path in place.rglob("*"):
        with suppress(OSError):
            total += path.lstat().st_size
    return total
