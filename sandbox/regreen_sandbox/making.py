"""Making things in the engine so that none is lost when the wait for it is broken off."""

from __future__ import annotations

import concurrent.futures
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from regreen_sandbox.errors import SandboxError

_T = TypeVar("_T")


def finish(make: Callable[[], _T], *, otherwise: Callable[[], None]) -> _T:
    """Call ``make`` to its end even when interrupted, so that there is something to remove.

    The engine goes on with a request whose client is gone; what it then makes would have no owner
    to take it away. On any exception ``otherwise`` is called.
    """
    with concurrent.futures.ThreadPoolExecutor(1) as pool:  # leaving it waits
        try:
            return pool.submit(make).result()
        except BaseException:
            pool.shutdown(wait=True)
            with suppress(SandboxError):
                otherwise()
            raise
