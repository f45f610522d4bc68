"""Whether a command still runs, asked without waiting for the answer."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable

from regreen_sandbox.errors import SandboxError

_ANSWER_SECONDS = 0.05  # the pieces of output that arrive meanwhile have room in their queue


class Look:
    """Asks whether a command still runs, while its output is read on.

    Docker 23 and later hold back that answer about a command that has ended until what its
    children write has somewhere to go.
    """

    def __init__(self, running: Callable[[str], bool]) -> None:
        self._running = running
        self._answers: queue.SimpleQueue[bool | SandboxError] = queue.SimpleQueue()
        self._asking = False

    def ended(self, identity: str) -> bool:
        """Say whether the newest answer is that it ended. Raises what asking ran into."""
        if not self._asking:
            self._asking = True
            threading.Thread(target=self._ask, args=(identity,), daemon=True).start()
        try:
            answer = self._answers.get(timeout=_ANSWER_SECONDS)
        except queue.Empty:
            return False
        self._asking = False
        if isinstance(answer, SandboxError):
            raise answer
        return not answer

    def _ask(self, identity: str) -> None:
        try:
            self._answers.put(self._running(identity))
        except SandboxError as error:
            self._answers.put(error)
