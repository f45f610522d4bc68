"""Every job of every workflow, once for each combination of its matrix, with its possible names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from regreen.errors import UsageError
from regreen.jobs.contexts import Trigger
from regreen.jobs.expressions import ExpressionError, Value, to_string
from regreen.jobs.expressions.values import equal
from regreen.jobs.matrix import names
from regreen.jobs.plan import combinations, static_contexts
from regreen.jobs.workflow import JobSpec, Workflow


@dataclass(frozen=True, slots=True)
class Leg:
    """One combination of one job; ``names`` are those a log may show, the likeliest first."""

    workflow: Workflow
    job: JobSpec
    combination: Mapping[str, Value]
    names: tuple[str, ...]

    @property
    def key(self) -> tuple[str, str]:
        """Which job it belongs to."""
        return (self.workflow.path, self.job.id)

    def described(self) -> str:
        """Return the combination as ``K=V, K=V``."""
        return ", ".join(f"{key}={shown(value)}" for key, value in self.combination.items())


def shown(value: Value) -> str:
    """Return a matrix value as it is written on a command line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {shown(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(shown, value)) + "]"
    return to_string(value)


def legs_of(workflows: Iterable[Workflow], repository: str, commit: str) -> tuple[Leg, ...]:
    """Return all legs, in the order of the files.

    A matrix that only another job can tell gives one leg without values.
    """
    return tuple(
        leg
        for workflow in workflows
        for job in workflow.jobs.values()
        for leg in _job_legs(workflow, job, repository, commit)
    )


def _job_legs(workflow: Workflow, job: JobSpec, repository: str, commit: str) -> tuple[Leg, ...]:
    contexts = static_contexts(workflow, job, repository, commit, Trigger())
    contexts["strategy"] = {}
    try:
        found = combinations(job, contexts)
    except UsageError:
        found = ({},)
    return tuple(
        Leg(workflow, job, combination, _names(job, combination, contexts)) for combination in found
    )


def _names(
    job: JobSpec, combination: Mapping[str, Value], contexts: Mapping[str, Value]
) -> tuple[str, ...]:
    try:
        return names(job, combination, contexts)
    except ExpressionError:
        return (job.id,)


def of_workflow(workflows: Mapping[str, Workflow], wanted: str | None) -> tuple[Workflow, ...]:
    """Return the workflows that ``wanted`` (path, file name, or name) means; all for ``None``."""
    if wanted is None:
        return tuple(workflows.values())
    by_path = [w for path, w in workflows.items() if wanted in {path, path.rsplit("/", 1)[-1]}]
    found = by_path or [w for w in workflows.values() if w.name == wanted]
    if not found:
        known = ", ".join(workflows) or "none"
        raise UsageError(
            f"there is no workflow {wanted!r}; the workflows are: {known}",
            "give one of them with --workflow",
        )
    return tuple(found)


def of_job(legs: tuple[Leg, ...], wanted: str) -> tuple[Leg, ...]:
    """Return the legs that ``wanted`` means: a rendered name, a job's id, or its written name."""
    exact = tuple(leg for leg in legs if wanted in leg.names)
    whole = tuple(leg for leg in legs if wanted in {leg.job.id, leg.job.name})
    found = exact if exact and not whole else whole
    folded = tuple(leg for leg in legs if fits_name(leg, wanted))
    if not (found or folded):
        raise UsageError(
            f"there is no job {wanted!r}; the jobs are: {', '.join(job_names(legs))}",
            "give one of them with --job",
        )
    return found or folded


def fits_name(leg: Leg, wanted: str) -> bool:
    """Return whether a log that names the job ``wanted`` can be about ``leg``.

    The name may be cut (``...``) or stand behind the name of a calling job (``caller / name``).
    """
    wanted = _plain(wanted)
    for name in map(_plain, leg.names):
        if name == wanted or wanted.endswith(f" / {name}"):
            return True
        for one, other in ((name, wanted), (wanted, name)):
            if one.endswith("...") and other.startswith(one[:-3]):
                return True
    return False


def _plain(name: str) -> str:
    return " ".join(name.split()).casefold()


def of_matrix(legs: tuple[Leg, ...], wanted: Mapping[str, str]) -> tuple[Leg, ...]:
    """Return the legs whose combination has the ``wanted`` values."""
    found = tuple(
        leg for leg in legs if all(_has(leg, key, value) for key, value in wanted.items())
    )
    if not found:
        asked = " ".join(f"--matrix {key}={value}" for key, value in wanted.items())
        known = "; ".join(dict.fromkeys(leg.described() or "(no matrix)" for leg in legs))
        raise UsageError(f"no combination has {asked}; there are: {known}", "use one of them")
    return found


def _has(leg: Leg, key: str, value: str) -> bool:
    if key not in leg.combination:
        return False
    own = leg.combination[key]
    return shown(own) == value or equal(own, value)


def job_names(legs: Iterable[Leg]) -> list[str]:
    """Return the ids of the jobs, with their files where several have jobs of one id."""
    keys = list(dict.fromkeys(leg.key for leg in legs))
    ids = [job for _, job in keys]
    return [f"{job} ({path})" if ids.count(job) > 1 else job for path, job in keys]
