"""What GitHub refuses although the file is right, and since when."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from regreen.jobs.refusals import RETIRED, refusals, removed, retired_on
from regreen.jobs.yamltree import read


def on(day: str) -> datetime:
    return datetime.fromisoformat(day).replace(tzinfo=UTC)


def found(job: str, day: str, labels: list[str] | None = None) -> list[tuple[int, int, str]]:
    text = f"on: push\njobs:\n  j:\n{job}"
    return [
        (fault.line, fault.column, fault.reason)
        for fault in refusals(read(text, "ci.yml"), "j", on(day), labels)
    ]


def test_a_retired_label_counts_from_its_day() -> None:
    job = "    runs-on: ubuntu-20.04\n"
    assert found(job, "2025-04-14") == []
    ((line, column, reason),) = found(job, "2025-04-15")
    assert (line, column) == (4, 14)
    assert "ubuntu-20.04 was retired on 2025-04-15" in reason


@pytest.mark.parametrize("label", ["ubuntu-latest", "ubuntu-24.04", "macos-15", "windows-2022"])
def test_labels_in_service(label: str) -> None:
    assert found(f"    runs-on: {label}\n", "2026-06-01") == []


def test_labels_of_ones_own_runners_and_sizes() -> None:
    assert found("    runs-on: [self-hosted, ubuntu-20.04]\n", "2026-01-01") == []
    assert len(found("    runs-on: {group: g, labels: [macos-12-xlarge]}\n", "2026-01-01")) == 1
    root = read("on: push\njobs: {j: {runs-on: Ubuntu-20.04}}\n", "ci.yml")
    assert len(refusals(root, "j", None)) == 1
    assert refusals(root, "j", None, served=["ubuntu-20.04"]) == ()
    assert retired_on("MacOS-13-large") == RETIRED["macos-13"]


MATRIX = """\
    runs-on: ${{ matrix.os }}
    strategy:
      matrix:
        os: [ubuntu-24.04]
        include:
          - os: ubuntu-20.04
          - os: macos-12
"""


def test_the_combination_decides() -> None:
    places = [one[:2] for one in found(MATRIX, "2025-06-01")]
    assert places == [(9, 17), (10, 17)]
    assert found(MATRIX, "2025-06-01", ["ubuntu-24.04"]) == []
    assert [one[0] for one in found(MATRIX, "2025-06-01", ["macos-12"])] == [10]


STEPS = "    runs-on: ubuntu-latest\n    steps:\n      - run: a\n      - uses: {}\n"


@pytest.mark.parametrize(
    ("uses", "before", "since"),
    [
        ("actions/upload-artifact@v1", "2024-06-29", "2024-06-30"),
        ("actions/download-artifact@v2.1.0", "2024-06-29", "2024-06-30"),
        ("actions/upload-artifact@v3", "2025-01-29", "2025-01-30"),
        ("Actions/Cache@v2", "2025-02-28", "2025-03-01"),
        ("actions/cache@v4.1.2", "2025-02-28", "2025-03-01"),
        ("actions/cache/restore@v3.3.1", "2025-02-28", "2025-03-01"),
    ],
)
def test_a_removed_version_counts_from_its_day(uses: str, before: str, since: str) -> None:
    assert found(STEPS.format(uses), before) == []
    ((line, column, reason),) = found(STEPS.format(uses), since)
    assert (line, column) == (7, 15)
    name, version = uses.lower().split("@")
    spoken = f"deprecated version of `{'/'.join(name.split('/')[:2])}: {version}`"
    assert reason.startswith("This request has been automatically failed because it uses a ")
    assert spoken in reason


@pytest.mark.parametrize(
    "uses",
    [
        "actions/upload-artifact@v4",
        "actions/cache@v3",
        "actions/cache@v4.2.0",
        "actions/cache@v3.4.0",
        "actions/checkout@v1",
        "other/cache@v2",
        "./cache",
    ],
)
def test_versions_in_service(uses: str) -> None:
    assert removed(uses) is None


def test_all_jobs_are_asked_without_a_name() -> None:
    text = "on: push\njobs:\n  a: {runs-on: ubuntu-18.04}\n  b: {runs-on: ubuntu-16.04}\n"
    root = read(text, "ci.yml")
    assert len(refusals(root, None, None)) == 2
    assert [fault.line for fault in refusals(root, "b", None)] == [4]
