"""Actions that regreen serves itself, since a local run must not need their servers.

Each becomes a shell script for the sandbox plus what the action tells the runner. One module a
family, with ``serve(call)``; what the actions set is taken from their own documentation.
"""

from __future__ import annotations

from collections.abc import Callable

from regreen.jobs.served import (
    cache,
    checkout,
    download_artifact,
    installers,
    linters,
    setup_go,
    setup_java,
    setup_node,
    setup_python,
    setup_uv,
    upload_artifact,
)
from regreen.jobs.served.cache import kept
from regreen.jobs.served.call import Call, Script
from regreen.model import Unsupported

__all__ = [
    "CHECKOUT",
    "CHECKS",
    "COMPOSITE",
    "READ_ANYTHING",
    "SERVED",
    "Call",
    "Script",
    "kept",
    "name_of",
]

CHECKOUT = "actions/checkout"

_LINTERS: dict[str, Callable[[Call], Script | Unsupported]] = {
    "pre-commit/action": linters.pre_commit,
    "psf/black": linters.black,
    "astral-sh/ruff-action": linters.ruff,
    "chartboost/ruff-action": linters.chartboost_ruff,
    "isort/isort-action": linters.isort,
    "jamescurtin/isort-action": linters.isort,
    "py-actions/flake8": linters.flake8,
    "codespell-project/actions-codespell": linters.codespell,
    "crate-ci/typos": linters.typos,
}
_FILES: dict[str, Callable[[Call], Script | Unsupported]] = {
    "actions/cache": cache.serve,
    "actions/cache/restore": cache.serve_restore,
    "actions/cache/save": cache.serve_save,
    "actions/upload-artifact": upload_artifact.serve,
    "actions/upload-artifact/merge": upload_artifact.serve_merge,
    "actions/download-artifact": download_artifact.serve,
    "actions/setup-node": setup_node.serve,
    "actions/setup-go": setup_go.serve,
    "actions/setup-java": setup_java.serve,
    "pnpm/action-setup": installers.setup_pnpm,
}
SERVED: dict[str, Callable[[Call], Script | Unsupported]] = {
    CHECKOUT: checkout.serve,
    "actions/setup-python": setup_python.serve,
    "astral-sh/setup-uv": setup_uv.serve,
    "snok/install-poetry": installers.install_poetry,
    "abatilo/actions-poetry": installers.actions_poetry,
    "pdm-project/setup-pdm": installers.setup_pdm,
    "pypa/hatch": installers.hatch,
    **_FILES,
    **_LINTERS,
}
"""By the action's name in lower case, with its path."""
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
