"""The rules of ``on``: the events that start a workflow, with their filters and inputs.

``ON`` is what GitHub checks before it starts a run; ``STRICT_ON`` is what its editor extension
knows of each event's own fields; ``RELAXED_ON`` is what its reader of the jobs asks for: no more
than that a call of the workflow is right.
"""

from __future__ import annotations

from regreen.jobs.schema import Fields, Shape, Text
from regreen.jobs.schema_parts import (
    ANYTHING,
    OUTPUT,
    ROOT,
    any_keys,
    flag,
    mapping,
    maybe,
    text,
    texts,
    words,
)

_STRINGS = texts()
_FILTER_NAMES = (
    "branches",
    "branches-ignore",
    "tags",
    "tags-ignore",
    "paths",
    "paths-ignore",
    "types",
    "workflows",
    "names",
    "versions",
)
_FILTERS = maybe(mapping(dict.fromkeys(_FILTER_NAMES, maybe(_STRINGS))))
_SCALAR = frozenset({"String", "Number", "Boolean"})
_INPUT = mapping(
    {
        "description": text(),
        "type": words("boolean", "number", "string"),
        "required": flag(),
        "default": Shape(text=Text(), scope=ROOT),
    },
    ("type",),
)
_OUTPUT = mapping({"description": text(), "value": text(OUTPUT)}, ("value",))
_SECRET = maybe(mapping({"description": text(), "required": flag()}))
_CALLED = maybe(
    mapping(
        {"inputs": any_keys(_INPUT), "outputs": any_keys(_OUTPUT), "secrets": any_keys(_SECRET)}
    )
)
_SCHEDULE = Shape(
    items=mapping({"cron": text(empty=False), "timezone": text(empty=False)}, ("cron",)),
    no_items="Unexpected value ''",
)

_PULL = (
    "assigned unassigned labeled unlabeled opened edited closed reopened synchronize "
    "converted_to_draft locked unlocked enqueued dequeued milestoned demilestoned "
    "ready_for_review review_requested review_request_removed auto_merge_enabled "
    "auto_merge_disabled stacked"
)
_CHANGED = "created edited deleted"
_TYPES = {
    "branch_protection_rule": _CHANGED,
    "check_run": "completed created rerequested requested_action",
    "check_suite": "completed",
    "discussion": (
        "created edited deleted transferred pinned unpinned labeled unlabeled locked unlocked "
        "category_changed answered unanswered"
    ),
    "discussion_comment": _CHANGED,
    "image_version": "created ready deleted",
    "issue_comment": _CHANGED,
    "issues": (
        "opened edited deleted transferred pinned unpinned closed reopened assigned unassigned "
        "labeled unlabeled locked unlocked milestoned demilestoned field_added field_removed "
        "typed untyped"
    ),
    "label": _CHANGED,
    "merge_group": "checks_requested",
    "milestone": "created closed opened edited deleted",
    "project": "created closed reopened edited deleted",
    "project_card": "created moved converted edited deleted",
    "project_column": "created updated moved deleted",
    "pull_request": _PULL,
    "pull_request_comment": _CHANGED,
    "pull_request_review": "submitted edited dismissed",
    "pull_request_review_comment": _CHANGED,
    "pull_request_target": _PULL,
    "push": "",
    "registry_package": "published updated",
    "release": "published unpublished created edited deleted prereleased released",
    "repository_dispatch": "",
    "watch": "started",
    "workflow_run": "requested completed in_progress",
}
_BRANCHES = ("branches", "branches-ignore")
_PATHS = ("paths", "paths-ignore")
_EXTRA = {
    "image_version": ("names", "versions"),
    "merge_group": _BRANCHES,
    "pull_request": (*_BRANCHES, *_PATHS),
    "pull_request_target": (*_BRANCHES, *_PATHS),
    "push": (*_BRANCHES, *_PATHS, "tags", "tags-ignore"),
    "workflow_run": (*_BRANCHES, "workflows"),
}
_PLAIN = (
    "create",
    "delete",
    "deployment",
    "deployment_status",
    "fork",
    "gollum",
    "page_build",
    "public",
    "status",
)
_OTHERS = ("schedule", "workflow_call", "workflow_dispatch")
_EVENT_NAMES = frozenset({*_TYPES, *_PLAIN, *_OTHERS})


def _event(name: str) -> Shape:
    """Return the rule of one event with the fields that are its own."""
    known = dict.fromkeys(_EXTRA.get(name, ()), _STRINGS)
    if name == "repository_dispatch":
        known["types"] = Shape(items=text(empty=False))
    elif _TYPES[name]:
        one = words(*_TYPES[name].split())
        known["types"] = Shape(text=one.text, items=one)
    return maybe(mapping(known))


_DISPATCH_INPUT = mapping(
    {
        "description": text(),
        "type": words("boolean", "number", "string", "environment", "choice"),
        "required": flag(),
        "default": Shape(text=Text(kinds=_SCALAR)),
        "options": Shape(items=text()),
    }
)
_RELAXED_INPUT = maybe(
    Shape(mappings=(Fields({"type": text(), "required": flag()}, other=ANYTHING),))
)
_EVENT = Shape(text=Text(kinds=frozenset({"String"}), only=_EVENT_NAMES))


def _on(events: dict[str, Shape]) -> Shape:
    return Shape(
        text=_EVENT.text,
        items=_EVENT,
        mappings=(Fields(events, empty=False),),
        no_items="Unexpected value ''",
    )


ON = _on(
    {
        **dict.fromkeys(sorted(_EVENT_NAMES), _FILTERS),
        "schedule": _SCHEDULE,
        "workflow_dispatch": maybe(
            Shape(mappings=(Fields({"inputs": maybe(any_keys(_RELAXED_INPUT))}, other=ANYTHING),))
        ),
        "workflow_call": _CALLED,
    }
)
STRICT_ON = _on(
    {
        **{name: _event(name) for name in _TYPES},
        **dict.fromkeys(_PLAIN, Shape(text=Text(kinds=frozenset({"Null"})))),
        "schedule": _SCHEDULE,
        "workflow_dispatch": maybe(mapping({"inputs": any_keys(_DISPATCH_INPUT)})),
        "workflow_call": _CALLED,
    }
)
RELAXED_ON = Shape(
    text=Text(), items=ANYTHING, mappings=(Fields({"workflow_call": _CALLED}, other=ANYTHING),)
)
