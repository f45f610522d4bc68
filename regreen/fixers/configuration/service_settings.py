"""Mends ``.readthedocs.yaml`` and ``codecov.yml`` where a validator refuses their keys.

Sources: https://docs.readthedocs.com/platform/stable/config-file/v2.html (``build.os`` and
``build.tools`` are required, ``build.image``, ``python.version`` and ``python.system_packages`` are
gone), https://docs.codecov.com/docs/codecovyml-reference.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

from regreen.fixers.configuration.marks import block_end, indent_of, is_blank, lines_of
from regreen.fixers.configuration.settings_forms import YAML
from regreen.model import Edit, Failure, Idea, Severity
from regreen.scene import Scene

ID = "service settings"
DOCS = "https://docs.readthedocs.com/platform/stable/config-file/v2.html"

_READTHEDOCS = re.compile(r"^(?:docs?/)?\.?readthedocs\.ya?ml$")
_CODECOV = re.compile(r"^(?:\.github/|dev/)?\.?codecov\.ya?ml$")
_OS = "ubuntu-24.04"
_PYTHON = "3.12"
_TOP = (
    "codecov", "coverage", "comment", "ignore", "fixes", "flags", "flag_management", "parsers",
    "component_management", "github_checks", "slack_app", "profiling", "cli", "bundle_analysis",
    "test_analytics", "beta_groups",
)  # fmt: skip
_COVERAGE = ("precision", "round", "range", "status", "notify")
_STATUS = ("project", "patch", "changes", "default_rules", "no_upload_behavior")
_RULES = (
    "target", "threshold", "base", "branches", "if_ci_failed", "if_not_found", "informational",
    "only_pulls", "flags", "paths", "carryforward", "carryforward_behavior", "disable_approx",
    "enabled", "if_no_uploads", "flag_coverage_not_uploaded_behavior", "removed_code_behavior",
    "include_changes", "against",
)  # fmt: skip


def propose(failure: Failure, scene: Scene, /) -> Iterator[Idea]:
    """Yield an edit of the service's file, where a validator speaks of it."""
    said = "\n".join([scene.output, *(d.message for d in failure.diagnostics), scene.script])
    for words, name, made_of, why in _SERVICES:
        if not re.search(words, said, re.IGNORECASE):
            continue
        for path in scene.files.paths():
            text = scene.files.text(path) if name.match(path) else None
            if text is None or YAML.read(text).fault is not None:
                continue
            made = made_of(text)
            if made != text and YAML.read(made).fault is None:
                yield Edit(ID, why, {path: made}, from_start=True, severity=Severity.MEDIUM)


def readthedocs(text: str) -> str:
    """Return Read the Docs' settings as its second version has them."""
    data = YAML.read(text).data
    if not isinstance(data, dict):
        return text
    python, build = _mapping(data.get("python")), _mapping(data.get("build"))
    conda = _mapping(data.get("conda"))
    if "file" in conda and "environment" not in conda:
        text = _renamed(text, ("conda",), "file", "environment")
    version = str(python.get("version", _PYTHON))
    tool = (
        "mambaforge-23.11" if data.get("conda") else version if version not in {"2", "3"} else "3"
    )
    for key, inner in (("build", "image"), *(("python", one) for one in _GONE)):
        text = _without(text, key, inner)
    if "install" not in python and str(python.get("pip_install", "")).lower() == "true":
        text = _with(text, "python", ["install:", "  - method: pip", "    path: ."])
    tools = "commands" not in build and "tools" not in build
    rows = [*([f"os: {_OS}"] if "os" not in build else [])]
    rows += ["tools:", f'  python: "{tool}"'] if tools else []
    if rows:
        text = _with(text, "build", rows)
    if str(data.get("version", "")) != "2":
        text = re.sub(r"^version:.*\n", "", text, flags=re.MULTILINE)
        text = f"version: 2\n\n{text}"
    return text


_GONE = (
    "version",
    "system_packages",
    "use_system_site_packages",
    "pip_install",
    "setup_py_install",
)


def codecov(text: str) -> str:
    """Return Codecov's settings with misspelt keys as they are called, and numbers as numbers."""
    data = YAML.read(text).data
    if not isinstance(data, dict):
        return text
    for path, known in _levels(data):
        for key in list(_mapping(_at(data, path))):
            if key not in known and (near := difflib.get_close_matches(key, known, 1, 0.75)):
                text = _renamed(text, path, key, near[0])
    return re.sub(r"^(\s*range:\s*)([\"']?)(\d+)\s*-\s*(\d+)\2\s*$", r"\1\3...\4", text, flags=re.M)


def _levels(data: dict[str, object]) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Yield places whose keys are known, and these keys."""
    yield (), _TOP
    yield ("coverage",), _COVERAGE
    yield ("coverage", "status"), _STATUS
    for kind in ("project", "patch", "changes"):
        for name in _mapping(_at(data, ("coverage", "status", kind))):
            yield ("coverage", "status", kind, name), _RULES


def _at(data: object, path: tuple[str, ...]) -> object:
    for key in path:
        data = _mapping(data).get(key)
    return data


def _mapping(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


def _place(lines: list[str], path: tuple[str, ...]) -> int | None:
    """Return the line of the key that ``path`` leads to, in block style."""
    begin, end, column = 0, len(lines), -1
    found: int | None = None
    for key in path:
        found = None
        inner = [
            n for n in range(begin, end) if not is_blank(lines[n]) and indent_of(lines[n]) > column
        ]
        own = indent_of(lines[inner[0]]) if inner else 0
        for at in inner:
            if indent_of(lines[at]) == own and re.match(
                rf"\s*[\"']?{re.escape(key)}[\"']?\s*:", lines[at]
            ):
                found = at
                break
        if found is None:
            return None
        begin, end, column = found + 1, block_end(lines, found), own
    return found


def _without(text: str, key: str, inner: str) -> str:
    """Return the text without one key of a mapping, and without a mapping that is left empty."""
    lines = lines_of(text)
    at = _place(lines, (key, inner))
    if at is None:
        return text
    lines[at : block_end(lines, at)] = []
    top = _place(lines, (key,))
    if top is not None:
        inside = [row for row in lines[top + 1 : block_end(lines, top)] if not is_blank(row)]
        if not inside and lines[top].split("#")[0].rstrip().endswith(":"):
            lines[top : top + 1] = []
    return "".join(lines)


def _with(text: str, key: str, rows: list[str]) -> str:
    """Return the text with ``rows`` at the beginning of a mapping, which may be new."""
    lines = lines_of(text)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    top = _place(lines, (key,))
    if top is None:
        first = next((n for n, row in enumerate(lines) if row.startswith("version:")), -1) + 1
        new = [f"{key}:\n", *(f"  {row}\n" for row in rows)]
        return "".join([*lines[:first], *(["\n"] if first else []), *new, *lines[first:]])
    inner = [n for n in range(top + 1, block_end(lines, top)) if not is_blank(lines[n])]
    pad = " " * (indent_of(lines[inner[0]]) if inner else 2)
    return "".join([*lines[: top + 1], *(f"{pad}{row}\n" for row in rows), *lines[top + 1 :]])


def _renamed(text: str, path: tuple[str, ...], old: str, new: str) -> str:
    lines = lines_of(text)
    at = _place(lines, (*path, old))
    if at is None:
        return text
    lines[at] = re.sub(rf"{re.escape(old)}(?=[\"']?\s*:)", new, lines[at], count=1)
    return "".join(lines)


_SERVICES = (
    (
        r"\.?readthedocs\.ya?ml|check-readthedocs|schema[ =]\S*readthedocs",
        _READTHEDOCS,
        readthedocs,
        "Read the Docs has these keys now",
    ),
    (r"codecov\.ya?ml|codecov\.io/validate", _CODECOV, codecov, "Codecov has these keys"),
)
