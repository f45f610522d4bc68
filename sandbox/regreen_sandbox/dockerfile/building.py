"""A Dockerfile built in sandboxes: repository code runs only there, with the job's network.

What Docker's own builder would make of it comes out as an image of the engine, a stage's steps in
one layer. A build that was kept is found again by what went into it.
"""

from __future__ import annotations

import hashlib
import io
import json
import posixpath
import stat
import tarfile
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass

from regreen_sandbox.custom import named_image
from regreen_sandbox.dockerfile.built import BuiltImage, remove_image
from regreen_sandbox.dockerfile.config import Config, config_of
from regreen_sandbox.dockerfile.context import Context, Item
from regreen_sandbox.dockerfile.copying import require_known
from regreen_sandbox.dockerfile.errors import UnsupportedInstruction
from regreen_sandbox.dockerfile.mounts import run_mounts
from regreen_sandbox.dockerfile.parsing import Instruction, parse
from regreen_sandbox.dockerfile.rooms import Room, gathered, open_room
from regreen_sandbox.dockerfile.stages import SCRATCH, Plan, Stage, plan
from regreen_sandbox.dockerfile.stepping import Stepping
from regreen_sandbox.engine import Engine
from regreen_sandbox.errors import SandboxTimeout
from regreen_sandbox.images import ImageSettings
from regreen_sandbox.keep import Keep
from regreen_sandbox.labels import Kind, Owner, label_changes
from regreen_sandbox.limits import Limits
from regreen_sandbox.making import finish
from regreen_sandbox.network.wiring import UNCONNECTED, Connector
from regreen_sandbox.posture import Posture
from regreen_sandbox.profiles import Profile

_FORMAT = "1"
_FOLDER = stat.S_IFDIR | 0o755


@dataclass(frozen=True, slots=True)
class Builder:
    """With what Dockerfiles are built; the same for every build of a job.

    ``keep`` is where builds are kept (``None``: nowhere); ``salt`` is what else tells one build
    from another, such as the day that the package index is served as of.
    """

    engine: Engine
    limits: Limits
    owner: Owner
    settings: ImageSettings
    network: Connector = UNCONNECTED
    runtime: str = ""
    keep: Keep | None = None
    salt: str = ""

    @property
    def posture(self) -> Posture:
        """What its sandboxes are started with."""
        return Posture(
            self.engine,
            self.limits,
            self.owner,
            self.network,
            Profile.ROOT,
            runtime=self.runtime,
        )


def build(
    builder: Builder,
    text: str,
    context: Context,
    *,
    report: Callable[[str], None],
    on_output: Callable[[bytes], None] | None = None,
    args: Mapping[str, str] | None = None,
    target: str = "",
    name: str = "Dockerfile",
    seconds: float = 3600.0,
) -> BuiltImage:
    """Build the Dockerfile ``text``, called ``name`` in its ``context``, and return the image.

    ``report`` is told of every step, ``on_output`` gets what commands say; ``args`` set ARGs.
    Raises `DockerfileError`, `UnsupportedInstruction` or `BuildFailed` with the line, and
    other `SandboxError`.
    """
    todo = check(text, args=args, target=target)
    with ExitStack() as resources:
        work = _Work(
            builder,
            todo,
            context.less(name),
            resources,
            report,
            on_output or (lambda _: None),
            args or {},
            time.monotonic() + seconds,
        )
        return work.build(text)


def check(text: str, *, args: Mapping[str, str] | None = None, target: str = "") -> Plan:
    """Return what is to be built, as far as that can be told without building.

    Raises `DockerfileError`, and `UnsupportedInstruction` for what would only come to light later.
    """
    todo = plan(parse(text), args or {}, target)
    for stage in todo.needed:
        for step in stage.steps:
            if step.name == "RUN":
                tuple(run_mounts(step, "/"))
            elif step.name in ("ADD", "COPY"):
                require_known(step)
    return todo


class _Work:
    """One build under way."""

    def __init__(
        self,
        builder: Builder,
        todo: Plan,
        context: Context,
        resources: ExitStack,
        report: Callable[[str], None],
        on_output: Callable[[bytes], None],
        args: Mapping[str, str],
        until: float,
    ) -> None:
        self._builder = builder
        self._todo = todo
        self._context = context
        self._resources = resources
        self._report = report
        self._tell = on_output
        self._args = args
        self._until = until
        self._done: dict[int, Stepping] = {}
        self._foreign: dict[str, Room] = {}
        self._images: dict[str, str] = {}
        self._made: list[str] = []

    def build(self, text: str) -> BuiltImage:
        """Find it or make it."""
        keep, engine = self._builder.keep, self._builder.engine
        key = self._key(text)
        found = keep.find(key) if keep is not None else None
        if found is not None:
            with suppress(KeyError, TypeError, ValueError):
                config = Config.read(found.data)
                self._report("the image was built before")
                return BuiltImage(engine, found.image, config, cached=True, kept=True)
        began = time.monotonic()
        base = ""
        for stage in self._todo.needed:
            base = self._stage(stage)
        last = self._done[self._todo.stages[-1].number]
        seconds = time.monotonic() - began
        below = tuple(reversed(self._made))
        # An image of ours below it would have to be kept as long, and no record says so.
        if keep is not None and seconds >= keep.worth_seconds and base not in below:
            keep.put(
                key,
                last.room.container,
                base=base,
                job="Dockerfile",
                seconds=seconds,
                data=last.config.data(),
            )
            kept = keep.image(key)
            if kept is not None:
                return BuiltImage(engine, kept, last.config, kept=True)
        return BuiltImage(engine, self._commit(last), last.config, below=below)

    def _stage(self, stage: Stage) -> str:
        """Build one stage; return the image that it began with."""
        base = self._base(stage)
        before = self._done.get(stage.base) if isinstance(stage.base, int) else None
        config = before.config if before else config_of(self._builder.engine, base)
        if config.onbuild:
            raise UnsupportedInstruction(stage.opening.line, f"FROM {base}, which has ONBUILD")
        if stage.base == SCRATCH and stage.runs:
            raise UnsupportedInstruction(stage.opening.line, "RUN in a stage FROM scratch")
        room = open_room(self._builder.posture, base, self._resources, runs=stage.runs)
        stepping = Stepping(
            self._todo,
            stage,
            room,
            config,
            self._context,
            self._source,
            self._args,
            self._tell,
            self._until,
        )
        for number, step in enumerate(stage.steps, 1):
            if time.monotonic() > self._until:
                raise SandboxTimeout("the build of a Dockerfile took longer than it may")
            self._report(f"[{number}/{len(stage.steps)}] {str(step).strip()[:200]}")
            stepping.step(step)
        self._done[stage.number] = stepping
        return base

    def _base(self, stage: Stage) -> str:
        if stage.base == SCRATCH:
            image = self._empty()
        elif isinstance(stage.base, str):
            return self._image(stage.base)
        else:
            image = self._commit(self._done[stage.base])
        self._made.append(image)
        # At the end, save what the built image is made from.
        self._resources.callback(remove_image, self._builder.engine, image)
        return image

    def _empty(self) -> str:
        """Make an image without a single file."""
        engine, buffer = self._builder.engine, io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w"):
            pass
        changes = label_changes(self._builder.owner.labels(Kind.SNAPSHOT))

        def make() -> str:
            with engine.guard("making an empty image"):
                answer = engine.client.api.import_image_from_data(
                    buffer.getvalue(), changes=changes
                )
            return str(json.loads(str(answer).strip().splitlines()[-1])["status"])

        return finish(make, otherwise=lambda: None)

    def _image(self, name: str) -> str:
        if name not in self._images:
            self._images[name] = named_image(
                self._builder.engine, name, settings=self._builder.settings, report=self._report
            )
        return self._images[name]

    def _commit(self, stepping: Stepping) -> str:
        labels = self._builder.owner.labels(Kind.SNAPSHOT)
        return stepping.room.commit(labels, stepping.config.changes())

    def _source(
        self, name: str, stage: Stage, step: Instruction, wanted: tuple[str, ...]
    ) -> Context:
        """Return, of what ``--from`` names, the files that are asked for."""
        number = self._todo.source(name, stage.number)
        if number is not None:
            room = self._done[number].room
        else:
            image = self._image(name)
            if image not in self._foreign:
                posture = self._builder.posture
                self._foreign[image] = open_room(posture, image, self._resources, runs=False)
            room = self._foreign[image]
        items: dict[str, Item] = {}
        for path in wanted:
            items |= gathered(room, posixpath.normpath(posixpath.join("/", path)))
        return Context(items)

    def _key(self, text: str) -> str:
        """Return what tells this build from every other one."""
        bases = [stage.base for stage in self._todo.needed]
        named = [base for base in bases if isinstance(base, str) and base != SCRATCH]
        for stage in self._todo.needed:
            for step in stage.steps:
                origin = dict(step.flags).get("from", "")
                if origin and self._todo.source(origin, stage.number) is None:
                    named.append(origin)
        parts = [
            _FORMAT,
            text,
            str(len(self._todo.stages)),
            sorted(self._args.items()),
            self._context.digest(),
            [self._image(name) for name in named],
            self._builder.salt,
        ]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]
