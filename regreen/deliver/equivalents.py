"""What an action that checks files comes to on a command line, for a file that runs without it.

Inputs and their defaults are those of each action's own ``action.yml``.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping

Inputs = Mapping[str, str]


def script_of(uses: str, inputs: Inputs) -> str | None:
    """Return the script that does what the action does; ``None`` for an action without one."""
    make = _SCRIPTS.get(uses.partition("@")[0].strip().lower())
    return make(inputs) if make is not None else None


def _pre_commit(inputs: Inputs) -> str:
    arguments = inputs.get("extra_args", "").strip() or "--all-files"
    return (
        "python -m pip install pre-commit\n"
        f"pre-commit run --show-diff-on-failure --color=always {arguments}\n"
    )


def _black(inputs: Inputs) -> str:
    options = inputs.get("options", "").strip() or "--check --diff"
    source = inputs.get("src", "").strip() or "."
    wanted = shlex.quote(f"black{_version(inputs)}")
    return f"python -m pip install {wanted}\nblack {options} {source}\n"


def _ruff(inputs: Inputs) -> str:
    arguments = inputs.get("args", "").strip() or "check"
    source = inputs.get("src", "").strip() or "."
    wanted = shlex.quote(f"ruff{_version(inputs)}")
    return f"python -m pip install {wanted}\nruff {arguments} {source}\n"


def _isort(inputs: Inputs) -> str:
    options = inputs.get("configuration", "").strip() or "--check-only --diff"
    paths = inputs.get("sort-paths", "") or inputs.get("sortPaths", "")
    wanted = shlex.quote(f"isort{_version(inputs, 'isort-version')}")
    return f"python -m pip install {wanted}\nisort {options} {paths.strip() or '.'}\n"


def _uv(inputs: Inputs) -> str:
    return f"python -m pip install {shlex.quote(f'uv{_version(inputs)}')}\n"


def _version(inputs: Inputs, name: str = "version") -> str:
    """Return a requirement's version; none for the newest."""
    version = inputs.get(name, "").strip().lstrip("v")
    if version in ("", "latest"):
        return ""
    if not version[0].isdigit():
        return version
    return f"=={version}" if version.count(".") >= 2 else f"=={version}.*"


_SCRIPTS: Mapping[str, Callable[[Inputs], str]] = {
    "pre-commit/action": _pre_commit,
    "psf/black": _black,
    "astral-sh/ruff-action": _ruff,
    "chartboost/ruff-action": _ruff,
    "isort/isort-action": _isort,
    "astral-sh/setup-uv": _uv,
}
