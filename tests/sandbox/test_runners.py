"""Which image a hosted runner's label meant on a day."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from regreen_sandbox.runners import settled


@pytest.mark.parametrize(
    ("day", "label"),
    [
        ((2020, 6, 1), "ubuntu-18.04"),
        ((2022, 6, 7), "ubuntu-20.04"),
        ((2022, 12, 1), "ubuntu-22.04"),
        ((2024, 12, 1), "ubuntu-22.04"),
        ((2025, 1, 17), "ubuntu-24.04"),
        ((2026, 11, 18), "ubuntu-24.04"),
        ((2026, 11, 19), "ubuntu-26.04"),
    ],
)
def test_latest_is_what_it_was_on_the_day(day: tuple[int, int, int], label: str) -> None:
    assert settled("ubuntu-latest", datetime(*day, tzinfo=UTC)) == label
    assert settled("Ubuntu-Latest", datetime(*day)) == label  # noqa: DTZ001 - a naive one is UTC


def test_a_label_with_a_number_means_the_same_on_every_day() -> None:
    assert settled("ubuntu-22.04", datetime(2030, 1, 1, tzinfo=UTC)) == "ubuntu-22.04"
    assert settled("windows-latest") == "windows-latest"


def test_without_a_day_it_is_today() -> None:
    assert settled("ubuntu-latest") == settled("ubuntu-latest", datetime.now(UTC))
