"""Actions that regreen serves itself, since a local run must not need their servers.

Each becomes a shell script for the sandbox plus what the action tells the runner. One module a
family, with ``serve(call)``; what the actions set is taken from their own documentation.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from regreen.jobs.served.call import Call, Script
    from regreen.model import Unsupported

__all__ = [
    "CHECKOUT",
    "CHECKS",
    "COMPOSITE",
    "READ_ANYTHING",
    "SERVED",
    "name_of",
    "serve",
]

CHECKOUT = "actions/checkout"

_LINTERS = {
    "pre-commit/action": "linters.pre_commit",
    "psf/black": "linters.black",
    "astral-sh/ruff-action": "linters.ruff",
    "chartboost/ruff-action": "linters.chartboost_ruff",
    "isort/isort-action": "linters.isort",
    "jamescurtin/isort-action": "linters.isort",
    "py-actions/flake8": "linters.flake8",
    "codespell-project/actions-codespell": "linters.codespell",
    "crate-ci/typos": "linters.typos",
}
_FILES = {
    "actions/cache": "cache.serve",
    "actions/cache/restore": "cache.serve_restore",
    "actions/cache/save": "cache.serve_save",
    "actions/upload-artifact": "upload_artifact.serve",
    "actions/upload-artifact/merge": "upload_artifact.serve_merge",
    "actions/download-artifact": "download_artifact.serve",
    "actions/setup-node": "setup_node.serve",
    "actions/setup-go": "setup_go.serve",
    "actions/setup-java": "setup_java.serve",
    "pnpm/action-setup": "installers.setup_pnpm",
}
SERVED: Mapping[str, str] = {
    CHECKOUT: "checkout.serve",
    "actions/setup-python": "setup_python.serve",
    "astral-sh/setup-uv": "setup_uv.serve",
    "snok/install-poetry": "installers.install_poetry",
    "abatilo/actions-poetry": "installers.actions_poetry",
    "pdm-project/setup-pdm": "installers.setup_pdm",
    "pypa/hatch": "installers.hatch",
    **_FILES,
    **_LINTERS,
}
"""The function that serves an action, by the action's name in lower case, with its path.

A family's module is imported when a job uses it: most jobs use two or three.
"""
CHECKS = frozenset(_LINTERS)
"""Those that check the repository, and are no part of a job's set-up."""
COMPOSITE = frozenset({*_LINTERS, "snok/install-poetry", "abatilo/actions-poetry"}) - {
    "astral-sh/ruff-action",
    "codespell-project/actions-codespell",
}
"""Those that have steps of their own on GitHub, which its logs show in the place of theirs."""
READ_ANYTHING = frozenset(_FILES)
"""Those that may read any file of the workspace, or what other jobs left."""


def name_of(uses: str) -> str:
    """Return an action's name in lower case without its version (``actions/checkout``)."""
    return uses.split("@", 1)[0].strip().lower()


def serve(call: Call) -> Script | Unsupported:
    """Return what serves one use of an action in `SERVED`, its files put into the sandbox."""
    module, _, function = SERVED[call.name].partition(".")
    served: Script | Unsupported = getattr(import_module(f"{__name__}.{module}"), function)(call)
    return served
