"""What the commands' options say of actions reaches the pipeline."""

from __future__ import annotations

from pathlib import Path

from regreen.cli.options import FixOptions


def test_where_actions_come_from_is_asked_for_with_flags() -> None:
    asked = FixOptions(offline=True, actions_dir=Path("mine")).sandbox()
    assert (asked.offline, asked.actions_dir) == (True, Path("mine"))
    plain = FixOptions().sandbox()
    assert (plain.offline, plain.actions_dir) == (False, None)
