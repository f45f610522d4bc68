"""Every job of every workflow, once for each combination of its matrix, with its possible names.

A job that calls a reusable workflow stands for the jobs of that, named ``caller / called``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice

from regreen.errors import RegreenError, UsageError
from regreen.jobs.calling import DEEPEST, Caller, Sight, called_path
from regreen.jobs.expressions import ExpressionError, Value, resolve, to_string
from regreen.jobs.expressions.values import equal
from regreen.jobs.matrix import Variant, names, variants
from regreen.jobs.needs import waits, wanted
from regreen.jobs.pieces import ANY, compare, pieces
from regreen.jobs.surroundings import contexts_of, strategy_of
from regreen.jobs.workflow import JobSpec, Workflow

MOST = 20_000
"""More combinations of more jobs than any run has; a file that asks for more is a mistake."""


@dataclass(frozen=True, slots=True)
class Leg:
    """One combination of one job; ``names`` are those a log may show, the likeliest first.

    ``caller`` is the job that calls its workflow. ``pending``: the combinations come from a job
    that was not run yet. ``problem`` says why what the job calls is not at hand.
    """

    workflow: Workflow
    job: JobSpec
    combination: Mapping[str, Value]
    names: tuple[str, ...]
    caller: Caller | None = None
    pending: bool = False
    problem: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """Which job it belongs to: the file that the event started, and the ids on the way."""
        root = self.caller.root if self.caller else self.workflow
        return (root.path, "/".join((*(self.caller.ids if self.caller else ()), self.job.id)))

    @property
    def known(self) -> Mapping[str, Value] | None:
        """The combination's values, ``None`` while they are not known."""
        return None if self.pending else self.combination

    @property
    def values(self) -> dict[str, Value]:
        """Its own combination, behind those of the jobs that call it."""
        found: dict[str, Value] = {}
        caller = self.caller
        while caller is not None:
            found = {**caller.combination, **found}
            caller = caller.outer
        return {**found, **self.combination}

    def described(self) -> str:
        """Return the combination as ``K=V, K=V``."""
        return ", ".join(f"{key}={shown(value)}" for key, value in self.values.items())


def shown(value: Value) -> str:
    """Return a matrix value as it is written on a command line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {shown(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(shown, value)) + "]"
    return to_string(value)


def legs_of(
    workflows: Iterable[Workflow], repository: str, commit: str, sight: Sight | None = None
) -> tuple[Leg, ...]:
    """Return all legs, in the order of the files. Raises UsageError where there are too many.

    ``sight`` is what is known of the run besides. A matrix that only another job can tell gives one
    leg without values; a workflow that is not at hand, one for the job that calls it.
    """
    seen = replace(sight or Sight(repository, commit), repository=repository, commit=commit)
    legs = (
        leg
        for workflow in workflows
        for job in workflow.jobs.values()
        for leg in _job_legs(workflow, job, None, seen)
    )
    found = tuple(islice(legs, MOST + 1))
    if len(found) > MOST:
        raise UsageError(
            f"the workflows have more than {MOST} combinations of jobs",
            "name one file with --workflow FILE",
        )
    return found


def variants_of(
    workflow: Workflow, job: JobSpec, caller: Caller | None, sight: Sight
) -> tuple[Variant, ...]:
    """Return the combinations of a job's matrix.

    Raises UsageError when it has none, ExpressionError for a wrong expression.
    """
    if job.strategy is None:
        return (Variant({}, {}),)
    return variants(resolve(job.strategy.matrix, contexts_of(workflow, job, caller, sight)))


def _job_legs(
    workflow: Workflow, job: JobSpec, caller: Caller | None, sight: Sight
) -> Iterator[Leg]:
    pending = waits(job, caller) and bool(wanted(workflow, job, caller, sight))
    found: tuple[Variant, ...] = (Variant({}, {}),)
    contexts: dict[str, Value] = {}
    try:
        contexts = contexts_of(workflow, job, caller, sight)
        if not pending:
            found = variants_of(workflow, job, caller, sight)
    except (RegreenError, ExpressionError):
        pass
    for index, variant in enumerate(found):
        own = _names(job, variant, contexts, index, len(found), pending)
        shown_as = tuple(f"{caller.name} / {name}" for name in own) if caller else own
        leg = Leg(workflow, job, variant.values, shown_as, caller, pending)
        if job.uses is None:
            yield leg
        else:
            yield from _called(leg, index, len(found), sight)


def _called(leg: Leg, index: int, total: int, sight: Sight) -> Iterator[Leg]:
    """Yield the legs of what a job calls; the job itself where that cannot be had."""
    workflow, job = leg.workflow, leg.job
    caller = Caller(workflow, job, leg.combination, leg.names[0], leg.caller, total, index)
    problem = ""
    if caller.depth > DEEPEST:
        problem = f"nested deeper than {DEEPEST}"
    else:
        try:
            called = sight.load(called_path(job.uses or "", workflow.path))
            if "workflow_call" not in called.on:
                problem = "workflow_call key is not defined in the referenced workflow"
        except RegreenError as error:
            problem = error.message
    if problem:
        yield Leg(workflow, job, leg.combination, leg.names, leg.caller, leg.pending, problem)
        return
    for inner in called.jobs.values():
        yield from _job_legs(called, inner, caller, sight)


def _names(
    job: JobSpec,
    variant: Variant,
    contexts: Mapping[str, Value],
    index: int,
    total: int,
    pending: bool,
) -> tuple[str, ...]:
    if pending:
        return (job.name or job.id,)
    try:
        known = {**contexts, "strategy": strategy_of(job, index, total, contexts)}
        return names(job, variant.values, known, variant.named)
    except ExpressionError:
        return (job.id,)


def of_workflow(
    legs: tuple[Leg, ...], workflows: Mapping[str, Workflow], wanted: str | None
) -> tuple[Leg, ...]:
    """Return the legs of the workflows that ``wanted`` (path, file name, or name) means.

    A workflow that is only called is there by the jobs that call it, where there are any.
    """
    chosen = _chosen(workflows, wanted)
    found = [leg for leg in legs if chosen & {leg.workflow.path, leg.key[0]}]
    called = {leg.workflow.path for leg in found if leg.caller is not None}
    return tuple(
        leg
        for leg in found
        if leg.caller is not None
        or leg.workflow.path not in called
        or set(leg.workflow.on) != {"workflow_call"}
    )


def _chosen(workflows: Mapping[str, Workflow], wanted: str | None) -> set[str]:
    if wanted is None:
        return {one.path for one in workflows.values()}
    by_path = [w for path, w in workflows.items() if wanted in {path, path.rsplit("/", 1)[-1]}]
    found = by_path or [one for one in workflows.values() if one.name == wanted]
    if not found:
        known = ", ".join(workflows) or "none"
        raise UsageError(
            f"there is no workflow {wanted!r}; the workflows are: {known}",
            "give one of them with --workflow",
        )
    return {one.path for one in found}


def of_job(legs: tuple[Leg, ...], wanted: str) -> tuple[Leg, ...]:
    """Return the legs that ``wanted`` means: a rendered name, a job's id, or its written name.

    A called job is also meant by ``caller/id``, and all that a job calls by the caller's id.
    """
    exact = tuple(leg for leg in legs if wanted in leg.names and not leg.pending)
    own = tuple(leg for leg in legs if wanted == leg.key[1])
    whole = own or tuple(leg for leg in legs if wanted in {leg.job.id, leg.job.name})
    found = exact if exact and not whole else whole
    folded = tuple(leg for leg in legs if fits_name(leg, wanted))
    within = tuple(leg for leg in legs if leg.caller is not None and wanted in leg.caller.ids)
    if not (found or folded or within):
        raise UsageError(
            f"there is no job {wanted!r}; the jobs are: {', '.join(job_names(legs))}",
            "give one of them with --job",
        )
    return found or folded or within


def has_name(leg: Leg, wanted: str) -> bool:
    """Return whether ``wanted`` is a name of ``leg`` as it stands."""
    return not leg.pending and _plain(wanted) in map(_plain, leg.names)


def fits_name(leg: Leg, wanted: str) -> bool:
    """Return whether a log that names the job ``wanted`` can be about ``leg``.

    The name may be cut (``...``) or stand behind the name of a calling job (``caller / name``).
    """
    if leg.pending and _fits_pending(leg, wanted):
        return True
    wanted = _plain(wanted)
    for name in map(_plain, leg.names):
        if name == wanted or wanted.endswith(f" / {name}"):
            return True
        for one, other in ((name, wanted), (wanted, name)):
            if one.endswith("...") and other.startswith(one[:-3]):
                return True
    return False


def _fits_pending(leg: Leg, wanted: str) -> bool:
    """Return whether ``wanted`` is what some combination of ``leg`` may be called."""
    name = leg.names[0]
    if "${{" in name:
        return bool(compare(pieces(name, None), wanted))
    parts: list[str | None] = [f"{name} (", ANY]
    return bool(compare(parts, wanted))


def _plain(name: str) -> str:
    return " ".join(name.split()).casefold()


def of_matrix(legs: tuple[Leg, ...], wanted: Mapping[str, str]) -> tuple[Leg, ...]:
    """Return the legs whose combination has the ``wanted`` values, or may come to have them."""
    found = tuple(
        leg
        for leg in legs
        if leg.pending or all(_has(leg, key, value) for key, value in wanted.items())
    )
    if not found:
        asked = " ".join(f"--matrix {key}={value}" for key, value in wanted.items())
        known = "; ".join(dict.fromkeys(leg.described() or "(no matrix)" for leg in legs))
        raise UsageError(f"no combination has {asked}; there are: {known}", "use one of them")
    return found


def _has(leg: Leg, key: str, value: str) -> bool:
    values = leg.values
    if key not in values:
        return False
    own = values[key]
    return shown(own) == value or equal(own, value)


def job_names(legs: Iterable[Leg]) -> list[str]:
    """Return the ids of the jobs, with their files where several have jobs of one id."""
    keys = list(dict.fromkeys(leg.key for leg in legs))
    ids = [job for _, job in keys]
    return [f"{job} ({path})" if ids.count(job) > 1 else job for path, job in keys]
