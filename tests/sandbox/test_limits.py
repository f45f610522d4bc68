"""A sandbox has a hosted runner's own limits, as far as the machine has as much."""

from __future__ import annotations

import os

import pytest

from regreen_sandbox.limits import GIB, MIB, Limits, host_memory, memory_for


@pytest.mark.parametrize(
    ("machine", "given"),
    [(64 * GIB, 16 * GIB), (20 * GIB, 16 * GIB), (16 * GIB, 8 * GIB), (512 * MIB, 512 * MIB)],
)
def test_memory_is_the_runner_s_where_it_can_be_spared(machine: int, given: int) -> None:
    assert memory_for(machine) == given


def test_the_rest_is_the_runner_s_too() -> None:
    usual = Limits()
    assert usual.disk_bytes == 14 * GIB
    assert usual.cpus == min(os.cpu_count() or 1, 4)
    assert usual.memory_bytes == memory_for(host_memory())
