"""Sandboxes of the real engine for the tests of this room."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from regreen_sandbox.container import ExecResult, Sandbox, start
from regreen_sandbox.engine import Engine
from regreen_sandbox.labels import Owner
from regreen_sandbox.limits import Limits
from regreen_sandbox.network.wiring import UNCONNECTED, Connector
from regreen_sandbox.profiles import Profile
from tests.sandbox.sandbox_support import Start, shell


@pytest.fixture
def start_sandbox(engine: Engine, base_image: str) -> Iterator[Start]:
    with ExitStack() as stack:

        def begin(
            limits: Limits | None = None,
            network: Connector = UNCONNECTED,
            profile: Profile = Profile.RUNNER,
            image: str = base_image,
        ) -> Sandbox:
            sandbox = start(
                engine,
                image,
                limits=limits or Limits(),
                owner=Owner.current(),
                network=network,
                profile=profile,
            )
            return stack.enter_context(sandbox)

        yield begin


@pytest.fixture(scope="module")
def sandbox(engine: Engine, base_image: str) -> Iterator[Sandbox]:
    """One sandbox for the tests of a module that leave it as it was."""
    with start(engine, base_image, limits=Limits(), owner=Owner.current()) as started:
        yield started


@pytest.fixture
def sh(sandbox: Sandbox) -> Callable[[str], ExecResult]:
    """Runs a script in the module's sandbox."""
    return lambda script: shell(sandbox, script)
