"""Whose something is: a dead owner is known to be dead, and a living one never taken for it."""

from __future__ import annotations

import subprocess
from dataclasses import replace

import pytest

from regreen_sandbox.labels import KIND, OWNER, Kind, Life, Owner, alive, judge, start_tick


def test_an_owner_survives_being_written_down() -> None:
    owner = Owner.current()
    assert Owner.parse(str(owner)) == owner
    assert Owner.parse(owner.labels(Kind.SANDBOX)[OWNER]) == owner
    assert owner.labels(Kind.SNAPSHOT)[KIND] == "snapshot"


@pytest.mark.parametrize("text", ["", "1", "a/b/c/d/e", "1/2/3", "-1/2/b/m/n", "1/2/b/m/n/o"])
def test_what_is_no_owner_is_none(text: str) -> None:
    assert Owner.parse(text) is None


def test_this_process_lives() -> None:
    assert judge(Owner.current()) is Life.LIVING


def test_a_number_used_again_is_another_process() -> None:
    owner = Owner.current()
    assert judge(replace(owner, start=owner.start - 1)) is Life.DEAD


def test_before_the_last_boot_everyone_is_dead() -> None:
    assert judge(replace(Owner.current(), boot="another")) is Life.DEAD


@pytest.mark.parametrize("place", ["machine", "namespace"])
def test_who_cannot_be_seen_from_here_counts_as_living(place: str) -> None:
    here = Owner.current()
    there = Owner(
        999_999_999,
        1,
        "another" if place == "machine" else here.boot,
        "another" if place == "machine" else here.machine,
        "another" if place == "namespace" else here.namespace,
    )
    assert judge(there) is Life.ELSEWHERE
    assert alive(there)


def test_a_killed_process_is_dead_before_and_after_it_is_reaped() -> None:
    child = subprocess.Popen(["sleep", "30"])
    start = start_tick(child.pid)
    assert start is not None
    owner = replace(Owner.current(), pid=child.pid, start=start)
    assert alive(owner)
    child.kill()
    while start_tick(child.pid) is not None:  # a zombie until it is waited for
        pass
    assert not alive(owner)
    child.wait()
    assert not alive(owner)


def test_a_name_with_brackets_and_spaces_does_not_mislead() -> None:
    child = subprocess.Popen(
        ["bash", "-c", "echo -n ') Z 1 (' > /proc/$$/comm; echo; read x"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert child.stdout is not None
        child.stdout.readline()
        start = start_tick(child.pid)
        assert start is not None
        assert start >= Owner.current().start
    finally:
        child.communicate(b"\n", timeout=10)
