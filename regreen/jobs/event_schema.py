"""The rules of ``on``: the events that start a workflow, with their filters and inputs."""

from __future__ import annotations

from regreen.jobs.schema import Fields, Shape, Text
from regreen.jobs.schema_parts import OUTPUT, flag, mapping, maybe, scope, text, texts

_FILTER = texts()
_FILTERS = maybe(
    mapping(
        dict.fromkeys(
            (
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
            ),
            _FILTER,
        )
    )
)
_INPUT = mapping(
    {
        "description": text(),
        "type": Shape(text=Text(only=frozenset({"boolean", "number", "string"}))),
        "required": flag(),
        "default": Shape(text=Text(scope=scope("github inputs vars"))),
    },
    ("type",),
)
_CALLED = maybe(
    mapping(
        {
            "inputs": maybe(Shape(mappings=(Fields(other=_INPUT),))),
            "outputs": maybe(
                Shape(
                    mappings=(
                        Fields(
                            other=mapping(
                                {"description": text(), "value": text(OUTPUT)}, ("value",)
                            )
                        ),
                    )
                )
            ),
            "secrets": maybe(
                Shape(
                    mappings=(
                        Fields(other=maybe(mapping({"description": text(), "required": flag()}))),
                    )
                )
            ),
        }
    )
)
_SCHEDULE = Shape(
    items=mapping({"cron": text(), "timezone": text()}, ("cron",)),
    no_items="Unexpected value ''",
)
_EVENT_NAMES = frozenset(
    {
        "branch_protection_rule",
        "check_run",
        "check_suite",
        "create",
        "delete",
        "deployment",
        "deployment_status",
        "discussion",
        "discussion_comment",
        "fork",
        "gollum",
        "image_version",
        "issue_comment",
        "issues",
        "label",
        "merge_group",
        "milestone",
        "page_build",
        "project",
        "project_card",
        "project_column",
        "public",
        "pull_request",
        "pull_request_comment",
        "pull_request_review",
        "pull_request_review_comment",
        "pull_request_target",
        "push",
        "registry_package",
        "release",
        "repository_dispatch",
        "schedule",
        "status",
        "watch",
        "workflow_call",
        "workflow_dispatch",
        "workflow_run",
    }
)
_EVENT = Shape(text=Text(kinds=frozenset({"String"}), only=_EVENT_NAMES))
_EVENTS: dict[str, Shape] = {
    **dict.fromkeys(sorted(_EVENT_NAMES), _FILTERS),
    "schedule": _SCHEDULE,
    "workflow_dispatch": Shape(anything=True),
    "workflow_call": _CALLED,
}
ON = Shape(
    text=_EVENT.text,
    items=_EVENT,
    mappings=(Fields(_EVENTS, empty=False),),
    no_items="Unexpected value ''",
)
