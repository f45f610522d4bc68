"""Actions that regreen serves itself, since a local run must not need their servers.

Each becomes a shell script for the sandbox plus what the action tells the runner. One module a
family, with ``serve(call)``; what the actions set is taken from their own documentation.
"""

from __future__ import annotations

from collections.abc import Callable

from regreen.jobs.served import checkout, setup_python, setup_uv
from regreen.jobs.served.call import Call, Script
from regreen.model import Unsupported

__all__ = ["CHECKOUT", "SERVED", "Call", "Script", "name_of"]

CHECKOUT = "actions/checkout"

SERVED: dict[str, Callable[[Call], Script | Unsupported]] = {
    CHECKOUT: checkout.serve,
    "actions/setup-python": setup_python.serve,
    "astral-sh/setup-uv": setup_uv.serve,
}
"""By the action's name in lower case, with its path."""


def name_of(uses: str) -> str:
    """Return an action's name in lower case without its version (``actions/checkout``)."""
    return uses.split("@", 1)[0].strip().lower()
