"""A sandbox of each profile that a job may get, shared by the attacks of a module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from regreen_sandbox.container import start
from regreen_sandbox.engine import Engine
from regreen_sandbox.labels import Owner
from regreen_sandbox.limits import Limits
from regreen_sandbox.profiles import Profile
from tests.sandbox.attacks.attack_support import ATTACKERS, Attacker


@pytest.fixture(scope="module", params=ATTACKERS)
def attacker(request: pytest.FixtureRequest, engine: Engine, base_image: str) -> Iterator[Attacker]:
    profile: Profile = request.param
    with start(
        engine, base_image, limits=Limits(), owner=Owner.current(), profile=profile
    ) as sandbox:
        yield Attacker(sandbox)
