"""A server that speaks GitHub's endpoints, and a pull from it as a person would do it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from regreen.model import Run
from regreen.runs import Access, parse, pull
from tests.runs.hub import Hub, hub

TOKEN = "planted-token-of-the-tests"
SECRET = "planted-secret"
KEY = bytes(32)
"""Seals what the tests pull."""


@dataclass
class Told:
    """A progress that remembers."""

    notes: list[str] = field(default_factory=list)
    got: list[tuple[str, int, int | None]] = field(default_factory=list)

    def note(self, text: str) -> None:
        self.notes.append(text)

    def received(self, name: str, got: int, total: int | None) -> None:
        self.got.append((name, got, total))


@dataclass
class Clock:
    """A clock that only sleeping moves."""

    time: float = 1_700_000_000.0
    slept: list[float] = field(default_factory=list)

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds


def hide(chunks: Iterable[bytes], secrets: Sequence[str]) -> Iterator[bytes]:
    """A mask that hides the values it is given, and tokens by their form."""
    text = b"".join(chunks)
    for secret in secrets:
        text = text.replace(secret.encode(), b"***")
    yield text.replace(SECRET.encode(), b"***")


@pytest.fixture
def github() -> Iterator[Hub]:
    with hub() as server:
        yield server


@pytest.fixture
def blobs() -> Iterator[Hub]:
    """Another server: where the logs lie."""
    with hub() as server:
        yield server


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "runs"


@pytest.fixture
def environment(github: Hub) -> dict[str, str]:
    return {"GH_HOST": github.server.removeprefix("http://"), "GITHUB_TOKEN": TOKEN, "PATH": ""}


@pytest.fixture
def access(environment: dict[str, str], clock: Clock) -> Access:
    return Access(environment, clock.now, clock.sleep, silence=5.0)


Fetch = Callable[..., Run]


@pytest.fixture
def fetch(github: Hub, access: Access, store: Path, told: Told) -> Fetch:
    """Pull a run of the server by its path there."""

    def call(path: str = "/octo/app/actions/runs/100", **more: object) -> Run:
        reference = parse(github.server + path, remote=None, environment=access.environment)
        given: dict[str, object] = {"mask": hide, "key": KEY, "reporter": told, "access": access}
        given |= more
        return pull(reference, store, **given)  # type: ignore[arg-type]

    return call
