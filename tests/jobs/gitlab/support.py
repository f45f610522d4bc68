"""A commit's files and a definition, read as a pipeline of a push to ``main`` would read them."""

from __future__ import annotations

from collections.abc import Mapping

from regreen.jobs.gitlab.config import FILE, Config, read_config
from regreen.jobs.gitlab.find import FoundJob, find_gitlab_job
from regreen.jobs.gitlab.pipeline import Pipeline, of_pipeline
from regreen.jobs.gitlab.rules import Circumstances
from regreen.model import Analysis, Selection

PIPELINE = Pipeline(path="group/app", commit="a" * 40)


class Files:
    """Files that are only text."""

    def __init__(self, files: Mapping[str, str] | None = None) -> None:
        self.files = dict(files or {})

    def paths(self) -> tuple[str, ...]:
        return tuple(sorted(self.files))

    def text(self, path: str) -> str | None:
        return self.files.get(path)


def config(text: str, files: Mapping[str, str] | None = None) -> Config:
    """Read a definition."""
    return read_config(text, FILE, Circumstances(of_pipeline(PIPELINE), Files(files)))


def job(
    text: str,
    name: str | None = None,
    files: Mapping[str, str] | None = None,
    *,
    pipeline: Pipeline = PIPELINE,
    matrix: Mapping[str, str] | None = None,
    analysis: Analysis | None = None,
) -> FoundJob:
    """Find a job of a definition."""
    selection = Selection(job=name, matrix=matrix or {})
    return find_gitlab_job(text, FILE, Files(files), selection, analysis, pipeline)
