"""A repository and a job whose set-up counts how often it ran, in workshops that keep it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from regreen.config import Settings
from regreen.git import Repository, Scratch
from regreen.jobs import find_job, plan, read_workflow
from regreen.jobs.runner import Setting
from regreen.jobs.workshop import Workshop, open_workshop
from regreen.model import Selection
from regreen.reading import reader
from regreen.report import Silent
from regreen_sandbox.engine import Engine
from regreen_sandbox.index import Upstream
from regreen_sandbox.keep import Keep
from regreen_sandbox.limits import Limits

COUNT = "echo again >> /home/runner/ran"
RED = "cat /home/runner/ran; exit 1"


def workflow(*steps: str) -> str:
    """Return a workflow of these steps; the first line of each may be more than ``run``."""
    lines = "".join(f"      - {step}\n" for step in steps)
    return f"on: push\njobs:\n  job:\n    runs-on: ubuntu-latest\n    steps:\n{lines}"


@dataclass
class Notes(Silent):
    """Remembers what it is told."""

    notes: list[str] = field(default_factory=list)

    def note(self, text: str) -> None:
        self.notes.append(text)


@dataclass
class Place:
    """Where one test's workshops work."""

    engine: Engine
    image: str
    folder: Path
    identity: str = field(default_factory=lambda: uuid.uuid4().hex)
    reporter: Notes = field(default_factory=Notes)

    @property
    def repository(self) -> Path:
        return self.folder / "r"

    def keep(self, *, fresh: bool = False) -> Keep:
        """Return what is kept, as another process would have it."""
        return Keep(
            self.engine,
            self.folder / "kept",
            identity=self.identity,
            repository="owner/name",
            fresh=fresh,
            worth_seconds=0.0,
        )

    @contextmanager
    def workshop(
        self, commit: str, text: str, *, step: str | None = None, fresh: bool = False
    ) -> Iterator[Workshop]:
        """Open a workshop for the job of ``text``, whose step ``step`` is known to fail."""
        with Scratch.borrow(Repository.open(self.repository)) as scratch:
            flow = {"ci.yml": read_workflow(text, "ci.yml")}
            job = plan(
                find_job(flow, Selection(step=step), None), repository="owner/name", commit=commit
            )
            assert job.unsupported == ()
            logs = reader(Settings())
            setting = Setting(job, {}, Limits(), logs.mask, logs.classify, self.reporter, logs.live)
            with open_workshop(
                setting,
                scratch,
                engine=self.engine,
                image=self.image,
                carrier_image=self.image,
                upstream=Upstream("http://127.0.0.1:9/simple/"),
                cache=self.folder / "index",
                as_of=None,
                remote=None,
                keep=self.keep(fresh=fresh),
            ) as workshop:
                yield workshop
