"""All that a ``.gitlab-ci.yml`` could run here: each of its jobs planned, none of them run."""

from __future__ import annotations

from collections.abc import Callable

from regreen.errors import WorkflowError
from regreen.jobs.gitlab.config import Config, read_config
from regreen.jobs.gitlab.find import Leg, legs_of, of_leg
from regreen.jobs.gitlab.pipeline import Pipeline, of_pipeline
from regreen.jobs.gitlab.plan import job_of
from regreen.jobs.gitlab.rules import Circumstances
from regreen.jobs.gitlab.tree import Listing, Node, Scalar, Table
from regreen.model.listing import ListedJob, ListedLeg, ListedWorkflow, Support
from regreen.scene import Files


def survey(text: str, file: str, files: Files, pipeline: Pipeline) -> ListedWorkflow:
    """Return the jobs of the definition ``text``, those that need files elsewhere among them."""
    given = Circumstances(of_pipeline(pipeline), files)

    def read(now: Circumstances) -> Config:
        return read_config(text, file, now)

    try:
        config = read(given)
        legs: dict[str, list[Leg]] = {}
        for leg in legs_of(config):
            legs.setdefault(leg.key, []).append(leg)
        jobs = [
            _listed(config, key, tuple(_leg(read, config, leg, given, pipeline) for leg in those))
            for key, those in legs.items()
        ]
    except WorkflowError as error:
        return ListedWorkflow(file, file, faults=(error.message,))
    for key, lack in config.lacking.items():
        if not key.startswith("."):
            reason = f"needs a file that is not read: {lack.what} ({lack.place})"
            outside = ListedLeg(key, Support.UNSUPPORTED, {}, "", reasons=(reason,))
            jobs.append(ListedJob(key, lack.place.line, (), (outside,)))
    return ListedWorkflow(file, file, (pipeline.source,), tuple(jobs))


def _listed(config: Config, key: str, legs: tuple[ListedLeg, ...]) -> ListedJob:
    job = config.jobs[key]
    needs = job.get("needs")
    items = needs.items if isinstance(needs, Listing) else ()
    names = (_text(one.get("job") if isinstance(one, Table) else one) for one in items)
    return ListedJob(key, job.place.line, tuple(name for name in names if name), legs)


def _leg(
    read: Callable[[Circumstances], Config],
    config: Config,
    leg: Leg,
    given: Circumstances,
    pipeline: Pipeline,
) -> ListedLeg:
    job = job_of(of_leg(read, config, leg, given, pipeline), None)
    support = Support.DIFFERS if job.notes else Support.SUPPORTED
    return ListedLeg(
        leg.instance.name,
        Support.UNSUPPORTED if job.unsupported else support,
        dict(leg.instance.values),
        job.container.image if job.container is not None else job.image_label,
        job.notes,
        job.unsupported,
    )


def _text(node: Node | None) -> str:
    return node.text if isinstance(node, Scalar) else ""
