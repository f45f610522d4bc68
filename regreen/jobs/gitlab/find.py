"""Finds the job that is meant: by the name the user or the run gives, by the commands of a log.

GitLab's logs do not name their job, so without a name the job whose commands the log printed is
taken. Which pipeline it is of decides its variables and rules; what is not known of that is taken
to be as it must have been for the job to run, and ``why`` says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from regreen.errors import UnsupportedError, UsageError
from regreen.jobs.gitlab.config import Config, read_config
from regreen.jobs.gitlab.jobs import GitlabJob, job_of_config, known_variables
from regreen.jobs.gitlab.parallel import Instance, instances
from regreen.jobs.gitlab.pipeline import Pipeline, of_pipeline
from regreen.jobs.gitlab.rules import Chosen, Circumstances, by_rules, chosen
from regreen.jobs.gitlab.script import commands, shown
from regreen.jobs.gitlab.variables import Declared, values
from regreen.model import Analysis, Segment, Selection
from regreen.scene import Files

_KINDS = {"push": "a push", "merge_request_event": "a merge request", "tag": "a tag"}


@dataclass(frozen=True, slots=True)
class Leg:
    """One job that ``parallel`` may have made of several; ``lines`` are what its log shows."""

    key: str
    instance: Instance
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FoundJob:
    """The job that is meant, the pipeline it is taken to be of, and ``why`` it was taken."""

    job: GitlabJob
    pipeline: Pipeline
    why: str


def find_gitlab_job(
    text: str,
    file: str,
    files: Files,
    selection: Selection,
    analysis: Analysis | None,
    pipeline: Pipeline,
) -> FoundJob:
    """Return the job of ``file`` that ``selection`` and the log mean.

    ``pipeline`` is what is known of the pipeline. Raises UsageError when there is none or more than
    one, WorkflowError for what GitLab refuses, UnsupportedError for a job that lies in files which
    are not read.
    """
    given = Circumstances(of_pipeline(pipeline), files)
    config = read_config(text, file, given)
    name = selection.job or (analysis.facts.job if analysis else None)
    legs = _of_matrix(_named(config, legs_of(config), name), selection.matrix)
    leg, why = _chosen_leg(config, legs, name, analysis, given)
    image = analysis.facts.image if analysis else None
    return of_leg(
        lambda now: read_config(text, file, now), config, leg, given, pipeline, image, why
    )


def of_leg(
    read: Callable[[Circumstances], Config],
    config: Config,
    leg: Leg,
    given: Circumstances,
    pipeline: Pipeline,
    image: str | None = None,
    why: Sequence[str] = (),
) -> FoundJob:
    """Return the job that ``leg`` is, in the first pipeline that has it.

    ``config`` is the definition under the circumstances ``given``, ``read`` gives it under others;
    ``image`` is what a log names. Raises WorkflowError.
    """
    found, setting = _setting(read, config, leg, given, pipeline)
    job = job_of_config(
        found, leg.key, leg.instance, setting.pipeline, setting.chosen, setting.workflow, image
    )
    return FoundJob(job, setting.pipeline, "; ".join((*why, *setting.words)))


def legs_of(config: Config) -> tuple[Leg, ...]:
    """Return all jobs of a definition that can be read, in the order of the file."""
    return tuple(
        Leg(key, instance, lines)
        for key, job in config.jobs.items()
        for lines in [
            tuple(
                shown(line)
                for part in ("before_script", "script", "after_script")
                for line in commands(job.get(part))
            )
        ]
        for instance in instances(key, job.get("parallel"))
    )


def _named(config: Config, legs: tuple[Leg, ...], name: str | None) -> tuple[Leg, ...]:
    if name is None:
        return legs
    exact = tuple(leg for leg in legs if leg.instance.name == name)
    found = exact or tuple(leg for leg in legs if leg.key == name)
    folded = name.strip().casefold()
    found = found or tuple(
        leg for leg in legs if folded in (leg.instance.name.casefold(), leg.key.casefold())
    )
    if found:
        return found
    key = next((k for k in config.lacking if name == k or name.startswith((f"{k}:", f"{k} "))), "")
    if key or config.outside:
        what = f" ({config.lacking[key].what})" if key else ""
        place = config.lacking[key].place if key else config.outside[0].place
        others = ", ".join(f"{one.what} ({one.place})" for one in config.outside)
        raise UnsupportedError(
            f"the job {name!r} needs files that are not read: {others}{what} ({place})",
            "put those files into the repository and include them with local:, or name another job",
        )
    raise UsageError(
        f"there is no job {name!r} in {config.file}; the jobs are: {', '.join(config.jobs)}",
        "give one of them with --job, or the file that defines the job with --workflow",
    )


def _of_matrix(legs: tuple[Leg, ...], wanted: Mapping[str, str]) -> tuple[Leg, ...]:
    found = tuple(leg for leg in legs if wanted.items() <= leg.instance.values.items())
    if legs and not found:
        asked = " ".join(f"--matrix {key}={value}" for key, value in wanted.items())
        names = "; ".join(leg.instance.name for leg in legs)
        raise UsageError(f"no combination has {asked}; there are: {names}", "use one of them")
    return found


def _chosen_leg(
    config: Config,
    legs: tuple[Leg, ...],
    name: str | None,
    analysis: Analysis | None,
    given: Circumstances,
) -> tuple[Leg, list[str]]:
    if not legs:
        raise UsageError(f"{config.file} has no job that can be read", "name another file")
    keys = dict.fromkeys(leg.key for leg in legs)
    if name is not None:
        if len(keys) > 1:
            raise _ambiguous("several jobs are meant", keys)
        return legs[0], ["named", *_first_of(legs)]
    if analysis is not None:
        return _by_log(legs, analysis)
    own = {key for key in keys if _added(config, key, given)}
    left = tuple(leg for leg in legs if leg.key in own) or legs
    if len({leg.key for leg in left}) > 1:
        raise _ambiguous("several jobs are meant", dict.fromkeys(leg.key for leg in left))
    return left[0], ["the only job", *_first_of(left)]


def _first_of(legs: Sequence[Leg]) -> list[str]:
    if len(legs) < 2:
        return []
    return [f"the first of {len(legs)}, {legs[0].instance.name!r} (--matrix or --job chooses)"]


def _added(config: Config, key: str, given: Circumstances) -> bool:
    return chosen(config.jobs[key], key, given, workflow=config.workflow is not None).added


def _by_log(legs: tuple[Leg, ...], analysis: Analysis) -> tuple[Leg, list[str]]:
    """Return the leg whose commands the log printed."""
    fits = [_fit(leg, analysis) for leg in legs]
    best = max(fits)
    equals = [leg for leg, fit in zip(legs, fits, strict=True) if fit == best]
    if best[1] == 0:
        raise UsageError(
            f"no job has the log's commands; the jobs are: "
            f"{', '.join(dict.fromkeys(leg.key for leg in legs))}",
            "name the job with --job, or the commit that the log belongs to with --commit",
        )
    if len(keys := dict.fromkeys(leg.key for leg in equals)) > 1:
        raise _ambiguous("the log fits several jobs alike", keys)
    return equals[0], [f"{best[1]} of the log's commands are its own", *_first_of(equals)]


def _fit(leg: Leg, analysis: Analysis) -> tuple[bool, int, int]:
    """Whether the failing command is the leg's; how many commands are; how many were not seen."""
    seen = [_command(one) for one in analysis.segments if one.command is not None]
    failing = analysis.failing
    ours = failing is not None and failing.command is not None and _command(failing) in leg.lines
    return ours, sum(line in leg.lines for line in seen), -len(set(leg.lines) - set(seen))


def _command(segment: Segment) -> str:
    return (segment.command or "").strip()


def _ambiguous(reason: str, keys: Mapping[str, None]) -> UsageError:
    return UsageError(f"{reason}: {', '.join(keys)}", "choose one with --job")


@dataclass(frozen=True, slots=True)
class _Setting:
    """Under what a job is added to a pipeline, and what of that had to be assumed."""

    pipeline: Pipeline
    chosen: Chosen
    workflow: Mapping[str, Declared]
    words: tuple[str, ...] = ()


def _setting(
    read: Callable[[Circumstances], Config],
    first: Config,
    leg: Leg,
    known: Circumstances,
    pipeline: Pipeline,
) -> tuple[Config, _Setting]:
    """Return the first circumstances under which the job is added, and the file read under them.

    ``first`` is the file as it was read under those that are ``known``.
    """
    last: tuple[Config, _Setting] | None = None
    for assumed, changes, words in _assumptions(pipeline):
        given = replace(known, variables=of_pipeline(assumed), changes=changes)
        config = first if given == known else read(given)
        if leg.key not in config.jobs:
            continue
        rules = config.workflow.get("rules") if config.workflow is not None else None
        started = Chosen("always")
        if rules is not None:
            started = by_rules(rules, "workflow:rules:rule", given, "always")
        parts = known_variables(config, leg.key, leg.instance, assumed, started.variables)
        given = replace(given, variables=values(parts))
        job = chosen(config.jobs[leg.key], leg.key, given, workflow=rules is not None)
        found = config, _Setting(assumed, job, started.variables, words)
        if job.added and started.added:
            return found
        last = last or found
    assert last is not None
    words = ("its rules add it to no pipeline that is known here",)
    return last[0], replace(last[1], chosen=Chosen(), words=words)


def _assumptions(pipeline: Pipeline) -> Iterator[tuple[Pipeline, bool, tuple[str, ...]]]:
    yield pipeline, True, ()
    yield pipeline, False, ("taken to be a pipeline whose changes its rules do not name",)
    branch = replace(pipeline, source="push", tag=False, number=None)
    others = [
        branch,
        replace(
            pipeline,
            source="merge_request_event",
            tag=False,
            number=pipeline.number or 1,
            ref=pipeline.ref if pipeline.ref != pipeline.default else "feature",
            target=pipeline.target or pipeline.default,
        ),
        replace(branch, ref="feature"),
        replace(branch, ref="master", default="master"),
        replace(branch, tag=True, ref="v1.0.0"),
        replace(branch, source="schedule"),
        replace(branch, source="web"),
    ]
    for other in others:
        if other != pipeline:
            kind = _KINDS["tag"] if other.tag else _KINDS.get(other.source, other.source)
            yield other, True, (f"taken to be of {kind} pipeline ({other.ref})",)
