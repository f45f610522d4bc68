"""How many candidates at once: as many as fit, and no limit is ever divided."""

from __future__ import annotations

import dataclasses

import pytest

from regreen.verify.room import peak_memory, side_by_side
from regreen_sandbox.container import start
from regreen_sandbox.engine import Engine
from regreen_sandbox.labels import Owner
from regreen_sandbox.limits import GIB, MIB, Limits

pytestmark = pytest.mark.docker


@pytest.mark.parametrize(
    ("jobs", "limit", "peak", "count"),
    [
        (4, 8, None, 2),  # nobody measured: the limit is what one may take
        (4, 8, 100 * MIB, 4),
        (4, 8, 4 * GIB, 3),  # and a quarter to spare
        (4, 8, 100 * GIB, 2),  # what the container says is held below its limit
        (100, 8, 0, 64),  # and above a least
        (4, 16, None, 1),
        (4, 64, None, 1),  # at least one, whatever is free
        (1, 64, None, 1),
        (0, 1, None, 1),
    ],
)
def test_as_many_as_fit_into_the_memory(
    engine: Engine, jobs: int, limit: int, peak: int | None, count: int
) -> None:
    # An engine on another machine: all of its memory counts, and this one's does not.
    elsewhere = dataclasses.replace(engine, memory_bytes=16 * GIB + 1)
    room = side_by_side(jobs, Limits(memory_bytes=limit * GIB), elsewhere, peak)
    assert room.count == count
    assert bool(room.note) == (count < jobs)
    if room.note:
        assert f"{count} of {jobs} candidates" in room.note
        assert "--jobs" in room.note


def test_what_a_job_took_at_most_is_read_from_its_container(
    engine: Engine, base_image: str
) -> None:
    with start(engine, base_image, limits=Limits(), owner=Owner.current()) as sandbox:
        take = "import sys; len(b'x' * (300 << 20))"
        assert sandbox.run(("python3", "-c", take), env={}, cwd="/", timeout=60).ok
        peak = peak_memory(sandbox)
        assert peak is None or 300 * MIB <= peak <= 2 * GIB
        sandbox.close()
        assert peak_memory(sandbox) is None
