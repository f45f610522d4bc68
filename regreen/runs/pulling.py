"""Bring a run here: its jobs, steps and masked logs, each once, whatever stops us in between."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import Literal

from regreen.errors import UsageError
from regreen.model import Run, RunJob
from regreen.runs import store as place
from regreen.runs.lock import locked
from regreen.runs.own import believed, require_own
from regreen.runs.provider import (
    EXPIRED,
    Access,
    LogMissing,
    Mask,
    Progress,
    Provider,
    Quiet,
    Unreachable,
    connect,
)
from regreen.runs.reference import Reference, of_clone

Jobs = Sequence[str] | Literal["failed", "all"]
_TOLD_EVERY = 1 << 20
_BEFORE_VALUES = re.compile(r" \(|: \[")
"""Where a matrix leg's values begin: ``test (3.12)`` on GitHub, ``test: [3.12]`` on GitLab."""


def pull(
    reference: Reference,
    store: Path,
    *,
    mask: Mask,
    key: bytes | None,
    jobs: Jobs = "failed",
    secrets: Sequence[str] = (),
    reporter: Progress | None = None,
    access: Access | None = None,
) -> Run:
    """Fetch a run into ``store/<provider>-<id>`` and return it, with the logs that are there.

    ``jobs`` chooses whose logs are wanted: those that failed, all that ran, or the named ones (by
    id, by rendered name, or by the name before the matrix values). ``mask`` takes the secrets out
    of everything that is stored. ``key`` (``seal.own_key``) seals it; what is there already is not
    fetched again when its seal fits, and without a key nothing that lies there is believed.

    Raises UsageError when the run cannot be had, and when its folder holds what was not pulled here
    with this key; what was fetched before stays. A job whose log is
    gone is no error: its ``log_missing`` says why.
    """
    reporter = reporter or Quiet()
    access = access or Access()
    if here := _complete(reference, store, jobs, key):
        return here
    try:
        return _pulled(reference, store, mask, key, jobs, secrets, reporter, access)
    except Unreachable as error:
        if (here := _stored_whole(reference, store, jobs, key)) is None:
            raise
        reporter.note(f"what was pulled before is used: {error.message}")
        return here


def _pulled(
    reference: Reference,
    store: Path,
    mask: Mask,
    key: bytes | None,
    jobs: Jobs,
    secrets: Sequence[str],
    reporter: Progress,
    access: Access,
) -> Run:
    with closing(connect(reference, access, reporter)) as provider:
        known = provider.resolve(reference)
        if known.run is None:
            raise UsageError(f"{reference} belongs to no run", "name the run by its web address")
        if here := _complete(known, store, jobs, key):
            return here
        folder = place.run_folder(store, known.provider, known.run)
        with locked(folder, lambda: reporter.note(f"another pull is at work in {folder}")):
            require_own(folder, key)  # it may have changed while another was waited for
            return _Pull(provider, known, folder, mask, key, secrets, reporter).run(jobs)


def latest(
    remote: str | None,
    *,
    branch: str | None = None,
    workflow: str | None = None,
    reporter: Progress | None = None,
    access: Access | None = None,
) -> Reference:
    """Return the newest failed run of the repository that a clone's ``remote`` names.

    Raises UsageError when there is none, and as ``parse`` does.
    """
    access = access or Access()
    clone = of_clone(remote, access.environment)
    with closing(connect(clone, access, reporter or Quiet())) as provider:
        return provider.newest_failed(clone, branch=branch, workflow=workflow)


class _Pull:
    """One pull at work in a folder that it holds."""

    def __init__(
        self,
        provider: Provider,
        reference: Reference,
        folder: Path,
        mask: Mask,
        key: bytes | None,
        secrets: Sequence[str],
        reporter: Progress,
    ) -> None:
        self._provider = provider
        self._reference = reference
        self._folder = folder
        self._mask = mask
        self._key = key
        self._secrets = (*secrets, *provider.secrets)
        self._reporter = reporter

    def run(self, jobs: Jobs) -> Run:
        """Fetch what is missing."""
        run = self._listed()
        place.save(run, self._masked, self._key)
        chosen = wanted(run, jobs, self._reference.job)
        missing: dict[str, str | None] = {}
        try:
            for job in chosen:
                if job.log is None:
                    missing[job.id] = self._fetch(run, job)
        except BaseException:
            with suppress(UsageError, OSError):  # what stopped us says more
                self._noted(run, missing)
            raise
        self._noted(run, missing)
        gone = [job for job in chosen if missing.get(job.id)]
        if gone and len(gone) == len(chosen):
            self._reporter.note(f"none of the logs can be had: {missing[gone[0].id]}")
        return place.load(run.folder)

    def _noted(self, run: Run, missing: Mapping[str, str | None]) -> None:
        """Write down which logs cannot be had."""
        rows = (replace(job, log_missing=missing.get(job.id, job.log_missing)) for job in run.jobs)
        place.save(replace(run, jobs=tuple(rows)), self._masked, self._key)

    def _listed(self) -> Run:
        """Return the run with its jobs, as the provider tells it now or as it is stored."""
        newest = self._provider.run(self._reference)
        attempt = self._reference.attempt
        older = attempt is not None and attempt != newest.attempt
        run = self._provider.run(self._reference, attempt=attempt) if older else newest
        folder, stored = self._folder, believed(self._folder, self._key)
        if older and (stored is None or stored.attempt != attempt):
            folder = place.attempt_folder(self._folder, run.attempt)
            stored = believed(folder, self._key)
        if stored is not None and stored.server != run.server:
            raise UsageError(
                f"{folder} holds a run of {stored.server} with the same number",
                f"remove the folder {folder}, or pull into another one",
            )
        if stored is not None and stored.attempt != run.attempt:
            place.put_apart(stored, self._masked, self._key)
            stored = None
        run = replace(run, folder=folder, head_now=self._provider.head_now(run))
        if stored is not None and ended(stored) and _same(stored.repository, run.repository):
            return replace(run, jobs=stored.jobs)
        return replace(run, jobs=tuple(self._provider.jobs(run)))

    def _fetch(self, run: Run, job: RunJob) -> str | None:
        """Store a job's log; return why there is none, or ``None`` when it is there."""
        if (job.log_missing or "").startswith(EXPIRED):
            return job.log_missing
        path = place.log_path(run.folder, job.id)
        if path.is_file() and not path.is_symlink():
            return None
        if job.conclusion is None:
            return "the job has not ended"
        if job.conclusion == "skipped":
            return "the job was skipped"
        try:
            with self._provider.log(run, job, self._folder) as stream:
                told = self._told(job, stream.chunks, stream.total)
                place.write(path, self._mask(told, self._secrets))
        except LogMissing as gone:
            return self._masked(str(gone))
        return None

    def _told(self, job: RunJob, chunks: Iterable[bytes], total: int | None) -> Iterator[bytes]:
        got = told = 0
        for chunk in chunks:
            got += len(chunk)
            yield chunk
            if got - told >= _TOLD_EVERY:
                told = got
                self._reporter.received(job.name, got, total)
        self._reporter.received(job.name, got, got)

    def _masked(self, text: str) -> str:
        data = text.encode("utf-8", "surrogatepass")
        return b"".join(self._mask([data], self._secrets)).decode("utf-8", "replace")


def wanted(run: Run, jobs: Jobs, named: str | None = None) -> tuple[RunJob, ...]:
    """Return the jobs whose logs are wanted; ``named``: the id that the reference itself has.

    Raises UsageError for a name that no job has, and lists those that there are.
    """
    if jobs == "all":
        return tuple(job for job in run.jobs if job.conclusion != "skipped")
    if jobs == "failed":
        if named is None:
            return tuple(job for job in run.jobs if job.failed)
        jobs = (named,)
    found: dict[str, RunJob] = {}
    for name in jobs:
        found |= {job.id: job for job in _called(run, name)}
    return tuple(found.values())


def _called(run: Run, name: str) -> Sequence[RunJob]:
    tests: tuple[Callable[[RunJob], bool], ...] = (
        lambda job: job.id == name,
        lambda job: job.name == name,
        lambda job: job.name.casefold() == name.casefold(),
        lambda job: _BEFORE_VALUES.split(job.name, maxsplit=1)[0] == name,
    )
    for test in tests:
        if found := [job for job in run.jobs if test(job)]:
            return found
    listed = ", ".join(repr(job.name) for job in run.jobs[:20]) or "none"
    raise UsageError(
        f"{run.repository}#{run.id} has no job {name!r}", f"name one with --job: {listed}"
    )


def ended(run: Run) -> bool:
    """Whether nothing of this attempt will change any more."""
    return run.conclusion is not None and all(job.conclusion is not None for job in run.jobs)


def _complete(reference: Reference, store: Path, jobs: Jobs, key: bytes | None) -> Run | None:
    """Return the run when it is a certain attempt that has ended and lies here with all its logs.

    A job belongs to one attempt only, so its address says which. Raises UsageError when the run's
    folder was not pulled here.
    """
    if reference.run is None:
        return None
    require_own(place.run_folder(store, reference.provider, reference.run), key)
    if reference.attempt is None and reference.job is None:
        return None
    for folder in place.attempt_folders(store, reference.provider, reference.run):
        run = _here(folder, reference, key)
        if run is None:
            continue
        mine = reference.attempt in (None, run.attempt)
        if reference.job is not None:
            mine = mine and any(job.id == reference.job for job in run.jobs)
        if mine and _all_there(wanted(run, jobs, reference.job)):
            return run
    return None


def _stored_whole(reference: Reference, store: Path, jobs: Jobs, key: bytes | None) -> Run | None:
    """Return the newest attempt that lies here, when it has ended and all its wanted logs are here.

    It stands in for the run when its server cannot be asked whether there is a newer attempt.
    """
    if reference.run is None or reference.attempt is not None:
        return None
    run = _here(place.run_folder(store, reference.provider, reference.run), reference, key)
    return run if run is not None and all(job.log for job in wanted(run, jobs)) else None


def _here(folder: Path, reference: Reference, key: bytes | None) -> Run | None:
    """Return the run in ``folder`` when it is the reference's, sealed, and has ended with jobs."""
    run = believed(folder, key)
    if run is None or run.server != reference.server or not ended(run) or not run.jobs:
        return None
    return run if _same(run.repository, reference.repository) else None


def _same(repository: str, other: str) -> bool:
    return repository.casefold() == other.casefold()


def _all_there(jobs: Sequence[RunJob]) -> bool:
    return all(job.log or (job.log_missing or "").startswith(EXPIRED) for job in jobs)
