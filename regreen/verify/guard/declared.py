"""What a configuration declares to need, in whatever table its tool keeps that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from regreen.verify.guard import requirements


def needs(data: Mapping[str, Any]) -> requirements.Needs:
    """Return every distribution that a configuration declares, in whatever table."""
    lines: list[str] = []
    project = _table(data, "project")
    for value in (project.get("dependencies"), _table(data, "build-system").get("requires")):
        lines += [str(v) for v in value] if isinstance(value, list) else []
    for groups in (project.get("optional-dependencies"), data.get("dependency-groups")):
        for group in groups.values() if isinstance(groups, dict) else ():
            lines += (
                [str(v) for v in group if isinstance(v, str)] if isinstance(group, list) else []
            )
    tools = _table(data, "tool")
    poetry, uv, pdm = _table(tools, "poetry"), _table(tools, "uv"), _table(tools, "pdm")
    for table in (poetry.get("dependencies"), poetry.get("dev-dependencies")):
        lines += requirements.from_table(table)
    for group in _table(poetry, "group").values():
        lines += requirements.from_table(_table(group, "dependencies"))
    lines += (
        [str(v) for v in uv.get("dev-dependencies", []) if isinstance(v, str)]
        if isinstance(uv.get("dev-dependencies"), list)
        else []
    )
    for group in _table(pdm, "dev-dependencies").values():
        lines += [str(v) for v in group] if isinstance(group, list) else []
    options = _table(data, "options")
    for key in ("install_requires", "setup_requires", "tests_require"):
        lines += str(options.get(key) or "").split("\n")
    for value in _table(data, "options.extras_require").values():
        lines += str(value or "").split("\n")
    return requirements.from_lines(lines)


def _table(data: Any, key: str) -> Mapping[str, Any]:
    value = data.get(key) if isinstance(data, dict) else None
    return value if isinstance(value, dict) else {}
