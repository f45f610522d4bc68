"""``regreen jobs``: what the workflows hold, and what of it can be run here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from regreen.cli.app import app
from regreen.cli.options import CommitOption, JsonOption, RepoOption, WorkflowOption
from regreen.cli.output import show
from regreen.errors import ExitCode, UsageError, WorkflowError
from regreen.model.listing import ListedWorkflow, Support

if TYPE_CHECKING:
    from collections.abc import Iterator

    from regreen.git import Tree
    from regreen.jobs import ReadWorkflows
    from regreen.planning import About


@app.command("jobs")
def list_jobs(
    repo: RepoOption = Path(),
    workflow: WorkflowOption = None,
    commit: CommitOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the workflows' jobs and combinations, and what of each can be run here."""
    from regreen import config
    from regreen.deliver.listing import listing_json, print_listing
    from regreen.git import Repository, Scratch
    from regreen.jobs.given import Given
    from regreen.jobs.survey import survey
    from regreen.planning import About, sight_of

    repository = Repository.open(repo)
    sha = repository.commit(commit or "HEAD")
    name = repository.web_name() or f"local/{repository.path.name.removesuffix('.git')}"
    with Scratch.borrow(repository) as scratch:
        tree = scratch.tree(sha)
        about = About(name, sha, given=Given(runners=config.load(Path.cwd()).runners))
        sight = sight_of(about, tree, None)
        read = _read(tree, workflow)
        listed = survey(read, sight, tree.text) + _gitlab(tree, workflow, about)
    if as_json:
        show(json.dumps(listing_json(listed, name, sha), indent=2, ensure_ascii=False))
    else:
        print_listing(listed)
    raise typer.Exit(_code(listed))


def _gitlab(tree: Tree, named: str | None, about: About) -> tuple[ListedWorkflow, ...]:
    """Return GitLab's pipeline, where the commit defines one and no other file is named."""
    from regreen.jobs.gitlab.config import FILE
    from regreen.jobs.gitlab.survey import survey
    from regreen.planning import pipeline_of
    from regreen.request import decoded

    if FILE not in tree.entries or named not in (None, FILE):
        return ()
    try:
        text = decoded(tree.read(FILE), FILE)
    except WorkflowError as error:
        return (ListedWorkflow(FILE, FILE, faults=(error.message,)),)
    return (survey(text, FILE, tree, pipeline_of(about)),)


def _read(tree: Tree, named: str | None) -> ReadWorkflows:
    """Read the commit's workflows, or the one that is named: of the commit, or a file beside it.

    Raises UsageError where there is none.
    """
    from regreen.jobs import ReadWorkflows, Workflow, read_workflow
    from regreen.request import decoded

    workflows: dict[str, Workflow] = {}
    broken: dict[str, WorkflowError] = {}
    for path, content in _contents(tree, named):
        try:
            workflows[path] = read_workflow(decoded(content, path), path)
        except WorkflowError as error:
            broken[path] = error
    return ReadWorkflows(workflows, broken)


def _contents(tree: Tree, named: str | None) -> Iterator[tuple[str, bytes | None]]:
    from regreen.jobs.gitlab.config import FILE
    from regreen.request import workflow_paths

    paths = workflow_paths(tree, named)
    if FILE in tree.entries and named in (None, FILE) and not paths:
        return
    if named is None and not paths:
        raise UsageError(
            "the commit has no workflow in .github/workflows", "name a file with --workflow FILE"
        )
    if named is not None and not paths:
        if not Path(named).is_file():
            words = f"there is no workflow {named}, neither in the commit nor as a file"
            there = ", ".join(workflow_paths(tree, None)) or "none"
            raise UsageError(words, f"use one of the commit's workflows: {there}")
        yield named, Path(named).read_bytes()
    for path in paths:
        yield path, tree.read(path)


def _code(listed: tuple[ListedWorkflow, ...]) -> ExitCode:
    """Return 1 where GitHub refuses something, 4 where nothing at all can be run here."""
    supports = {support for workflow in listed for support in workflow.supports}
    if Support.REFUSED in supports:
        return ExitCode.NO_PATCH
    return ExitCode.UNSUPPORTED if supports == {Support.UNSUPPORTED} else ExitCode.DONE
