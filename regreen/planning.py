"""The job that is meant, planned: of a workflow of GitHub's, or of GitLab's ``.gitlab-ci.yml``.

What comes out is the same value for both; nothing behind this knows whose job it is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from regreen.errors import UnsupportedError, UsageError
from regreen.git import Tree
from regreen.jobs import Job, Workflow, plan, read_workflow
from regreen.jobs.actions.store import Store
from regreen.jobs.calling import Sight, remote
from regreen.jobs.events import Told
from regreen.jobs.foreseen import foreseen
from regreen.jobs.given import Given
from regreen.model import Analysis, LogFacts, Run, Selection
from regreen.report import Reporter
from regreen.request import choose_job, decoded, has_workflows

if TYPE_CHECKING:
    from regreen.jobs.gitlab.pipeline import Pipeline

FILE = ".gitlab-ci.yml"
_GITLAB = "https://gitlab.com"
_SUFFIXES = (FILE, FILE.replace(".yml", ".yaml"))


@dataclass(frozen=True, slots=True)
class About:
    """What a job is of: the ``repository`` (``owner/name``), the commit, and the run if pulled.

    ``given`` is what the user tells of the run; ``fetch`` gives the text of a workflow of another
    repository, by that, its path and its ref; ``actions`` brings actions of others.
    """

    repository: str
    commit: str
    run: Run | None = None
    given: Given = field(default_factory=Given)
    fetch: Callable[[str, str, str], str] | None = None
    actions: Store | None = None


def plan_job(
    selection: Selection,
    tree: Tree,
    analysis: Analysis | None,
    about: About,
    reporter: Reporter,
) -> Job:
    """Find the job that is meant among the commit's files and return it ready to be run.

    Raises UsageError when there is none or more than one, WorkflowError for a file that its
    provider refuses.
    """
    facts = analysis.facts if analysis else None
    if is_gitlab(selection, tree, facts, about.run):
        return _gitlab(selection, tree, analysis, about)
    sight = sight_of(about, tree, facts)
    planned = plan(
        choose_job(selection, tree, analysis, reporter, sight),
        repository=about.repository,
        commit=about.commit,
        sight=sight,
        image=facts.image if facts else None,
        read=tree.text,
        installed=facts.pythons if facts else (),
    )
    return foreseen(planned, tree.read, about.actions)


def sight_of(about: About, tree: Tree, facts: LogFacts | None) -> Sight:
    """Return what is known of a run besides its workflow: its event, and other workflows."""
    given = replace(about.given, told=told_of(about.run, facts))
    known: dict[str, Workflow] = {}

    def load(path: str) -> Workflow:
        if path not in known:
            known[path] = read_workflow(_called(path, tree, about), path)
        return known[path]

    return Sight(about.repository, about.commit, given, load)


def _called(path: str, tree: Tree, about: About) -> str:
    """Return the text of a workflow that another one calls."""
    elsewhere = remote(path)
    if elsewhere is None:
        return decoded(tree.read(path), path)
    if about.fetch is None:
        raise UnsupportedError(f"{path} is in another repository", "choose another job with --job")
    return about.fetch(elsewhere.repository, elsewhere.path, elsewhere.ref)


def told_of(run: Run | None, facts: LogFacts | None) -> Told:
    """Return what the run, or else its log, tells of the event."""
    merged = facts.merged if facts else None
    head, base = merged or (None, None)
    if run is None:
        return Told("pull_request" if merged else None, head_sha=head, base_sha=base)
    return Told(
        event=run.event,
        branch=run.branch,
        number=run.pull_request,
        head_sha=run.head,
        base_sha=base,
        head_repository=run.head_repository,
    )


def is_gitlab(selection: Selection, tree: Tree, facts: LogFacts | None, run: Run | None) -> bool:
    """Return whether the job is one of GitLab's: by the run, the log, or the files there are."""
    provider = run.provider if run else facts.provider if facts else None
    if selection.workflow is not None and selection.workflow.endswith(_SUFFIXES):
        return True
    if provider is not None or selection.workflow is not None:
        return provider == "gitlab"
    return FILE in tree.entries and not has_workflows(tree)


def _gitlab(selection: Selection, tree: Tree, analysis: Analysis | None, about: About) -> Job:
    from regreen.jobs.gitlab.find import find_gitlab_job  # only where there is a pipeline of GitLab
    from regreen.jobs.gitlab.plan import job_of

    file = (selection.workflow or FILE).removeprefix("./")
    if file in tree.entries:
        text = decoded(tree.read(file), file)
    elif selection.workflow is not None and Path(selection.workflow).is_file():
        text = decoded(Path(selection.workflow).read_bytes(), file)
    else:
        raise UsageError(
            f"the commit has no {file}, where the pipeline would be defined",
            "name the file with --workflow FILE",
        )
    found = find_gitlab_job(text, file, tree, selection, analysis, pipeline_of(about))
    return job_of(found, analysis, selection.step)


def pipeline_of(about: About) -> Pipeline:
    """Return what is known of the pipeline; a push to the default branch where nothing is."""
    from regreen.jobs.gitlab.pipeline import Pipeline

    run = about.run
    if run is None or run.provider != "gitlab":
        return Pipeline(path=about.repository, commit=about.commit)
    tag = run.branch is None and run.pull_request is None
    ref = run.branch or ("tag" if tag else "branch")
    default = ref if ref in ("main", "master", "develop", "trunk") else "main"
    known = Pipeline(
        path=run.repository,
        commit=about.commit,
        source=run.event or "push",
        ref=ref,
        tag=tag,
        number=run.pull_request,
        target=default,
        default=default,
        server=run.server or _GITLAB,
        id=run.id,
    )
    when = run.started_at
    return replace(known, created=f"{when:%Y-%m-%dT%H:%M:%SZ}") if when else known
