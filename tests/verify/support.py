"""A red job on a real engine, and ideas for it whose length and worth a test decides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from regreen.git import Repository, Scratch
from regreen.jobs import find_job, plan, read_workflow
from regreen.jobs.runner import Setting
from regreen.jobs.workshop import Workshop, open_workshop
from regreen.logs import classify, mask
from regreen.logs.masking import LiveMask
from regreen.model import Selection
from regreen.report import Silent
from regreen.verify import Attempt, reproduce
from regreen_sandbox.engine import Engine
from regreen_sandbox.index import Upstream
from regreen_sandbox.limits import Limits
from tests.repositories import commit

HEAD = """\
on: push
jobs:
  job:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
"""


@dataclass(frozen=True)
class Red:
    """A job that was reproduced, and what it may be mended with."""

    workshop: Workshop
    scratch: Scratch
    commit: str
    attempt: Attempt


NO_INDEX = Upstream("http://127.0.0.1:9/simple/")


@contextmanager
def red_job(
    engine: Engine,
    image: str,
    folder: Path,
    files: Mapping[str, str | bytes],
    steps: str,
    *,
    upstream: Upstream = NO_INDEX,
    as_of: datetime | None = None,
) -> Iterator[Red]:
    """Yield a job of ``steps`` (YAML below ``HEAD``) as it failed over ``files``.

    It installs from ``upstream`` as it was at ``as_of``.
    """
    head = commit(folder / "r", files)
    with Scratch.borrow(Repository.open(folder / "r")) as scratch, ExitStack() as stack:
        workflow = read_workflow(HEAD + steps, "ci.yml")
        found = find_job({"ci.yml": workflow}, Selection(), None)
        job = plan(found, repository="owner/name", commit=head)
        assert job.unsupported == ()
        workshop = stack.enter_context(
            open_workshop(
                Setting(job, {}, Limits(), mask, classify, Silent(), LiveMask),
                scratch,
                engine=engine,
                image=image,
                carrier_image=image,
                upstream=upstream,
                cache=folder / "index",
                as_of=as_of,
                remote=None,
            )
        )
        attempt = reproduce(
            workshop,
            commit=head,
            tree=scratch.tree(head),
            step=None,
            expected=(),
            snapshots=stack,
        )
        yield Red(workshop, scratch, head, attempt)
