"""Which image a hosted runner's label meant on which day.

Dates: GitHub's announcements in actions/runner-images. ``ubuntu-latest`` moved to 20.04 by March
2021 (pull request 2852), to 22.04 from 2022-10-03 to 2022-12-01 (issue 6399), to 24.04 from
2024-12-05 to 2025-01-17 (issue 10636) and to 26.04 from 2026-10-19 to 2026-11-19 (issue 14748).
While it moves a job may get either; here the new one counts from the announced last day on. A log
names the image that the job really had, and is to be asked first.
"""

from __future__ import annotations

from datetime import UTC, datetime

MOVING = "ubuntu-latest"
_LATEST = (
    (datetime(2026, 11, 19, tzinfo=UTC), "ubuntu-26.04"),
    (datetime(2025, 1, 17, tzinfo=UTC), "ubuntu-24.04"),
    (datetime(2022, 12, 1, tzinfo=UTC), "ubuntu-22.04"),
    (datetime(2021, 3, 16, tzinfo=UTC), "ubuntu-20.04"),
)
_BEFORE = "ubuntu-18.04"


def settled(label: str, day: datetime | None = None) -> str:
    """Return ``label``, and for ``ubuntu-latest`` what that meant on ``day`` (``None``: today)."""
    if label.lower() != MOVING:
        return label
    moment = day or datetime.now(UTC)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return next((name for since, name in _LATEST if moment >= since), _BEFORE)
