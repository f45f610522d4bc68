"""One job of a pipeline with everything about it decided: what runs, in which image, with what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from regreen.jobs.gitlab.config import Config, global_variables
from regreen.jobs.gitlab.durations import seconds_of
from regreen.jobs.gitlab.parallel import Instance
from regreen.jobs.gitlab.pipeline import Pipeline, of_job, of_pipeline
from regreen.jobs.gitlab.rules import Chosen
from regreen.jobs.gitlab.script import commands
from regreen.jobs.gitlab.tree import Listing, Node, Place, Scalar, Table
from regreen.jobs.gitlab.variables import Declared, declared, expanded, values

_DEPLOYS = frozenset({"start", "stop"})
_DOCKER = "docker:"


@dataclass(frozen=True, slots=True)
class Image:
    """A container image, and what is started in it where that is not its own choice."""

    name: str
    entrypoint: tuple[str, ...] | None = None
    command: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Service:
    """What runs beside a job; ``names`` are the hosts that it answers to."""

    image: Image
    names: tuple[str, ...]
    variables: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class GitlabJob:
    """One job, ready to be run.

    ``name`` is the rendered one (``test: [3.12]``), ``key`` the one in the file. ``before`` and
    ``script`` are one script for the runner, ``after`` another; ``hook`` runs ahead of the
    checkout. ``variables`` are all that the job sees, filled in; ``matrix`` are its own of them.
    ``image`` is ``None`` where the file names none. ``seconds`` is its time limit.
    ``artifacts`` names the earlier jobs whose artifacts it gets. ``unsupported`` says what it needs
    and cannot have here, with file and line; ``notes`` what is done differently.
    """

    name: str
    key: str
    stage: str
    place: Place
    lines: Mapping[str, Place]
    before: tuple[str, ...]
    script: tuple[str, ...]
    after: tuple[str, ...]
    hook: tuple[str, ...]
    image: Image | None
    services: tuple[Service, ...]
    variables: Mapping[str, str]
    matrix: Mapping[str, str] = field(default_factory=dict)
    seconds: float | None = None
    allow_failure: bool = False
    artifacts: tuple[str, ...] = ()
    unsupported: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def job_of_config(
    config: Config,
    key: str,
    instance: Instance,
    pipeline: Pipeline,
    chosen: Chosen,
    workflow: Mapping[str, Declared],
    found_image: str | None = None,
) -> GitlabJob:
    """Return ``instance`` of the job ``key`` as ``pipeline`` would run it.

    ``chosen`` is what its rules made of it, ``workflow`` the variables that ``workflow: rules``
    sets, ``found_image`` the image that a log names. Raises WorkflowError.
    """
    job = config.jobs[key]
    stage = _text(job.get("stage")) or "test"
    variables = values(
        [*known_variables(config, key, instance, pipeline, workflow), chosen.variables]
    )
    image = _image(job.get("image"), variables)
    if found_image and (image is None or image.name != found_image):
        image = Image(found_image, image.entrypoint if image else None)
    if image is not None:
        variables["CI_JOB_IMAGE"] = image.name
    hooks = job.get("hooks")
    keys = ("before_script", "script", "after_script", "image", "services")
    return GitlabJob(
        name=instance.name,
        key=key,
        stage=stage,
        place=job.place,
        lines={key: job.at(key) for key in keys},
        before=commands(job.get("before_script")),
        script=commands(job.get("script")),
        after=commands(job.get("after_script")),
        hook=commands(hooks.get("pre_get_sources_script") if isinstance(hooks, Table) else None),
        image=image,
        services=tuple(_services(job.get("services"), variables)),
        variables=variables,
        matrix=instance.values,
        seconds=seconds_of(_text(job.get("timeout"))),
        allow_failure=_allowed(job, chosen),
        artifacts=tuple(_artifacts(config, key)),
        unsupported=tuple(_unsupported(config, key)),
        notes=tuple(_notes(job, image)),
    )


def known_variables(
    config: Config,
    key: str,
    instance: Instance,
    pipeline: Pipeline,
    workflow: Mapping[str, Declared],
) -> list[Mapping[str, Declared]]:
    """Return the variables of a job before its rules set any, the strongest last."""
    job = config.jobs[key]
    stage = _text(job.get("stage")) or "test"
    return [
        _given(of_pipeline(pipeline)),
        _given(of_job(pipeline, instance.name, stage)),
        global_variables(config, job),
        workflow,
        declared(job.get("variables"), f"jobs:{key}"),
        _given(instance.variables()),
    ]


def _given(variables: Mapping[str, str]) -> dict[str, Declared]:
    return {name: Declared(name, value, raw=True) for name, value in variables.items()}


def _text(node: Node | None) -> str:
    return node.text if isinstance(node, Scalar) else ""


def _words(node: Node | None) -> tuple[str, ...] | None:
    if isinstance(node, Listing):
        return tuple(_text(item) for item in node.items)
    return (_text(node),) if isinstance(node, Scalar) and node.value is not None else None


def _image(node: Node | None, variables: Mapping[str, str]) -> Image | None:
    name = expanded(_text(node.get("name") if isinstance(node, Table) else node), variables)
    if not name.strip():
        return None
    if not isinstance(node, Table):
        return Image(name.strip())
    return Image(name.strip(), _words(node.get("entrypoint")), _words(node.get("command")))


def _services(node: Node | None, variables: Mapping[str, str]) -> Iterator[Service]:
    for item in node.items if isinstance(node, Listing) else ():
        image = _image(item, variables)
        if image is None:
            continue
        own = item.get("variables") if isinstance(item, Table) else None
        alias = _text(item.get("alias")) if isinstance(item, Table) else ""
        given = values([_given(variables), declared(own, "services")])
        yield Service(image, (*_hosts(image.name), *alias.replace(",", " ").split()), given)


def _hosts(image: str) -> tuple[str, ...]:
    """Return the names of a service by its image: ``tutum/wordpress`` answers to two."""
    head, slash, last = image.partition("@")[0].rpartition("/")
    path = f"{head}{slash}{last.partition(':')[0]}"
    path = path.partition("/")[2] if ":" in path.partition("/")[0] else path
    return tuple(dict.fromkeys((path.replace("/", "__"), path.replace("/", "-"))))


def _allowed(job: Table, chosen: Chosen) -> bool:
    if chosen.allow_failure is not None:
        return chosen.allow_failure
    node = job.get("allow_failure")
    if isinstance(node, Scalar):
        return node.value is True
    return node is None and chosen.when == "manual" and job.get("rules") is None


def _artifacts(config: Config, key: str) -> Iterator[str]:
    """Name the earlier jobs whose artifacts GitLab would bring: needed ones, or all before."""
    job = config.jobs[key]
    wanted = job.get("dependencies") or job.get("needs")
    if isinstance(wanted, Listing):
        names = [_needed(item) for item in wanted.items]
    else:
        at = config.stages.index(_text(job.get("stage")) or "test")
        before = set(config.stages[:at])
        names = [
            n for n, one in config.jobs.items() if (_text(one.get("stage")) or "test") in before
        ]
    for name in names:
        other = config.jobs.get(name)
        artifacts = other.get("artifacts") if other is not None else None
        if isinstance(artifacts, Table) and {"paths", "untracked", "reports"} & set(
            artifacts.entries
        ):
            reports = artifacts.get("reports")
            dotenv = isinstance(reports, Table) and reports.get("dotenv") is not None
            if dotenv or {"paths", "untracked"} & set(artifacts.entries):
                yield name


def _needed(item: Node) -> str:
    if not isinstance(item, Table):
        return _text(item)
    brings = item.get("artifacts")
    refused = isinstance(brings, Scalar) and brings.value is False
    return "" if refused else _text(item.get("job"))


def _unsupported(config: Config, key: str) -> Iterator[str]:
    """Say what the job needs and regreen does not do or refuses to, with the place."""
    job = config.jobs[key]
    for name, why in (
        ("trigger", "trigger: a job that starts another pipeline"),
        ("run", "run: GitLab's steps"),
        ("id_tokens", "id_tokens: a token of GitLab's"),
        ("secrets", "secrets: values from a vault"),
    ):
        node = job.get(name)
        if node is not None and not (isinstance(node, Scalar) and node.value is None):
            yield f"{why} ({job.at(name)})"
    environment = job.get("environment")
    action = _text(environment.get("action")) if isinstance(environment, Table) else ""
    if environment is not None and (action or "start") in _DEPLOYS:
        yield f"environment: a job that deploys is not run ({job.at('environment')})"
    services = job.get("services")
    for item in services.items if isinstance(services, Listing) else ():
        name = _text(item.get("name") if isinstance(item, Table) else item)
        if name.rpartition("/")[2].startswith(_DOCKER):
            yield f"services: {name}, a Docker daemon ({item.place})"
    if job.get("image") is None and config.outside:
        one = config.outside[0]
        yield f"the job's image may come from {one.what}, which is not read ({one.place})"


def _notes(job: Table, image: Image | None) -> Iterator[str]:
    asked = job.get("image")
    written = _text(asked.get("name") if isinstance(asked, Table) else asked)
    if written and image is None:
        yield f"image: {written} is empty here, its variables are not known; --image names one"
    if job.get("release") is not None:
        yield "no release is made"
    if job.get("pages") is not None or job.get("publish") is not None:
        yield "no pages are published"
