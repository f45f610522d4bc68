"""Sandboxes of the real engine for the tests of this room."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from regreen_sandbox.container import ExecResult, Sandbox, start
from regreen_sandbox.engine import Engine
from regreen_sandbox.labels import Owner
from regreen_sandbox.limits import Limits
from regreen_sandbox.profiles import Profile
from tests.sandbox.sandbox_support import Start, shell


@pytest.fixture
def start_sandbox(engine: Engine, base_image: str) -> Iterator[Start]:
    with ExitStack() as stack:

        def begin(
            limits: Limits | None = None,
            index_socket: Path | None = None,
            profile: Profile = Profile.RUNNER,
            image: str = base_image,
        ) -> Sandbox:
            sandbox = start(
                engine,
                image,
                limits=limits or Limits(),
                owner=Owner.current(),
                index_socket=index_socket,
                profile=profile,
            )
            return stack.enter_context(sandbox)

        yield begin


@pytest.fixture(scope="module")
def sandbox(engine: Engine, base_image: str) -> Iterator[Sandbox]:
    """One sandbox for the tests of a module that leave it as it was."""
    with start(
        engine, base_image, limits=Limits(), owner=Owner.current(), index_socket=None
    ) as started:
        yield started


@pytest.fixture
def sh(sandbox: Sandbox) -> Callable[[str], ExecResult]:
    """Runs a script in the module's sandbox."""
    return lambda script: shell(sandbox, script)
