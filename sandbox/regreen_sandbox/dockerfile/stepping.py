"""One stage of a Dockerfile, step by step."""

from __future__ import annotations

import posixpath
import re
import stat
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from regreen_sandbox.dockerfile.config import Config
from regreen_sandbox.dockerfile.context import Context, Item
from regreen_sandbox.dockerfile.copying import copy, order
from regreen_sandbox.dockerfile.errors import BuildFailed, DockerfileError
from regreen_sandbox.dockerfile.mounts import RunMount, run_mounts
from regreen_sandbox.dockerfile.parsing import Instruction
from regreen_sandbox.dockerfile.rooms import Room
from regreen_sandbox.dockerfile.stages import Plan, Stage, arguments
from regreen_sandbox.dockerfile.words import WordError, expanded, json_form, pairs, word, words
from regreen_sandbox.errors import SandboxTimeout

Sources = Callable[[str, Stage, Instruction, tuple[str, ...]], Context]
"""Gives what a ``--from`` names: its name, in which stage and step, and the files asked for."""

_FOLDER = stat.S_IFDIR | 0o755
_ALONE = re.compile(r"<<-?\S+")
_REMOVE = 'rm -rf -- "$@"'


class Stepping:
    """Builds one stage in its room; ``config`` and ``room`` are what came of it."""

    def __init__(
        self,
        plan: Plan,
        stage: Stage,
        room: Room,
        config: Config,
        context: Context,
        sources: Sources,
        args: Mapping[str, str],
        on_output: Callable[[bytes], None],
        until: float,
    ) -> None:
        self._plan = plan
        self._stage = stage
        self.room = room
        self.config = config
        self._context = context
        self._sources = sources
        self._given = args
        self._tell = on_output
        self._until = until
        self._args: dict[str, str] = {}
        self._own_command = False

    def step(self, step: Instruction) -> None:
        """Carry out one instruction. Raises `DockerfileError`, `SandboxError`."""
        act = getattr(self, f"_{step.name.lower()}", None)
        if act is None:  # what changes nothing that a build or an action's run can see
            return
        try:
            act(step)
        except WordError as error:
            raise DockerfileError(step.line, str(error)) from error

    @property
    def _values(self) -> dict[str, str]:
        return {**self._args, **self.config.env}

    def _word(self, text: str) -> str:
        return word(text, self._values, self._plan.escape)

    def _arg(self, step: Instruction) -> None:
        for name, default in arguments(step, self._values, self._plan.escape):
            inherited = self._plan.values.get(name) if default is None else default
            value = self._given.get(name, inherited)
            if value is not None:
                self._args[name] = value

    def _env(self, step: Instruction) -> None:
        found = dict(pairs(step.text, self._values, self._plan.escape))
        self.config = replace(self.config, env={**self.config.env, **found})

    def _workdir(self, step: Instruction) -> None:
        folder = posixpath.normpath(posixpath.join(self.config.workdir, self._word(step.text)))
        self.config = replace(self.config, workdir=folder)
        self._make_folder(folder, step)

    def _make_folder(self, folder: str, step: Instruction) -> None:
        lacking = []
        while folder != "/":
            found = self.room.at(folder)[1]
            if found is not None:
                if not found.isdir():
                    raise DockerfileError(step.line, f"{folder} is no folder")
                break
            lacking.append((folder, Item(_FOLDER)))
            folder = posixpath.dirname(folder)
        self.room.put(reversed(lacking))

    def _user(self, step: Instruction) -> None:
        self.config = replace(self.config, user=self._word(step.text))

    def _shell(self, step: Instruction) -> None:
        found = json_form(step.text)
        if not found:
            raise DockerfileError(step.line, "SHELL requires the arguments to be in JSON form")
        self.config = replace(self.config, shell=found)

    def _cmd(self, step: Instruction) -> None:
        self._own_command = True
        self.config = replace(self.config, command=self._program(step.text))

    def _entrypoint(self, step: Instruction) -> None:
        self.config = replace(self.config, entrypoint=self._program(step.text))
        if not self._own_command:
            self.config = replace(self.config, command=())

    def _program(self, text: str) -> tuple[str, ...]:
        found = json_form(text)
        if found is None:
            return (*self.config.shell, text) if text.strip() else ()
        return found

    def _copy(self, step: Instruction) -> None:
        given = json_form(step.text)
        values, escape = self._values, self._plan.escape
        if given is None:
            given = words(step.text, values, escape)
        else:
            given = tuple(word(one, values, escape) for one in given)
        inline = {
            doc.word: (expanded(doc.text, values, escape) if doc.expands else doc.text).encode()
            for doc in step.heredocs
        }
        if inline:
            given = tuple(re.sub(r"^<<-?", "", one) for one in given)
        flags = tuple((name, word(value, values, escape)) for name, value in step.flags)
        asked = order(replace(step, flags=flags), given, self.config.workdir, inline)
        source, origin = self._context, asked.flags.get("from", "")
        if origin:
            source = self._sources(origin, self._stage, step, asked.sources)
        copy(self.room, source, asked)

    _add = _copy

    def _run(self, step: Instruction) -> None:
        sandbox = self.room.sandbox
        assert sandbox is not None
        argv, name = self._command(step)
        env = self._values
        user = self.config.user
        if "HOME" not in env:
            found = self.room.user(user.partition(":")[0]) if user else None
            env["HOME"] = found[2] if found else "/root"
        left = self._until - time.monotonic()
        if left <= 0:
            raise SandboxTimeout("the build of a Dockerfile took longer than it may")
        with self._mounted(step):
            done = sandbox.run(
                argv,
                env=env,
                cwd=self.config.workdir,
                timeout=left,
                on_output=self._tell,
                user=user,
            )
            self.room.settle()
        if done.timed_out:
            raise SandboxTimeout(f"Dockerfile line {step.line}: RUN took longer than it may")
        if not done.ok:
            raise BuildFailed(step.line, name, done.exit_code, done.output)

    def _command(self, step: Instruction) -> tuple[tuple[str, ...], str]:
        """Return what a RUN runs, and how Docker names it when it fails."""
        exec_form = json_form(step.text)
        if exec_form is not None:
            return exec_form, " ".join(exec_form)
        text = step.text
        if len(step.heredocs) == 1 and _ALONE.fullmatch(text.strip()):
            text = step.heredocs[0].text
            if text.startswith("#!"):
                return self._script(text), f"/{step.heredocs[0].word}"
        elif step.heredocs:
            text += "".join(f"\n{doc.text}{doc.word}" for doc in step.heredocs) + "\n"
        argv = (*self.config.shell, text)
        return argv, " ".join(argv)

    def _script(self, text: str) -> tuple[str, ...]:
        path = f"/tmp/.regreen-{uuid.uuid4().hex}"
        data = text.encode()
        mode = stat.S_IFREG | 0o755
        assert self.room.sandbox is not None
        self.room.sandbox.write(path, data, mode & 0o777)
        return ("/bin/sh", "-c", '"$1"; code=$?; rm -f "$1"; exit $code', "sh", path)

    @contextmanager
    def _mounted(self, step: Instruction) -> Iterator[None]:
        """Make what ``--mount`` asks for; a copy of a source goes again after the command."""
        copies: list[str] = []
        for mount in run_mounts(step, self.config.workdir):
            if mount.source is None:
                self._make_folder(mount.target, step)
            elif self.room.at(mount.target)[1] is None or self._is_empty(mount.target):
                copies.append(mount.target)
                self._bind(step, mount)
            else:
                raise DockerfileError(
                    step.line, f"RUN --mount: {mount.target} is there, and cannot be covered"
                )
        yield
        if copies and self.room.sandbox is not None:
            argv = ("/bin/sh", "-c", _REMOVE, "sh", *copies)
            self.room.sandbox.run(argv, env={}, cwd="/", timeout=60)

    def _is_empty(self, folder: str) -> bool:
        found = self.room.tree(folder)
        return found is not None and not found.items

    def _bind(self, step: Instruction, mount: RunMount) -> None:
        assert mount.source is not None
        source, wanted = self._context, mount.source.lstrip("/") or "."
        if mount.origin:
            source = self._sources(mount.origin, self._stage, step, (mount.source,))
        asked = order(replace(step, name="COPY", flags=()), (wanted, mount.target), "/", {})
        copy(self.room, source, asked)
