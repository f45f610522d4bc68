"""What to do about a failure, from its log alone: a plan of actions. Nothing of it is run."""

from __future__ import annotations

from regreen.course.action import SCHEMA, Action, Kind, Plan
from regreen.course.plan import plan_of

__all__ = ["SCHEMA", "Action", "Kind", "Plan", "plan_of"]
