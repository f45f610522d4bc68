"""One long download that goes on where it broke off, and is never taken for whole too early."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import httpx
from githubkit.exception import RequestError
from githubkit.response import Response

from regreen.errors import UsageError
from regreen.runs.provider import Access, LogMissing
from regreen.runs.watch import TooSlow, Watch

_RESUMES = 8
_SECONDS = 3600.0
_RANGE = re.compile(r"bytes (\d{1,18})-\d{1,18}/(\d{1,18}|\*)")

Open = Callable[[int], Response[Any, Any]]
Pause = Callable[[float, None], None]


class Download:
    """A body that is opened anew from the byte where it broke off.

    ``total`` is the length in bytes when the server tells it.
    """

    def __init__(self, opened: Open, what: str, access: Access, pause: Pause, watch: Watch) -> None:
        """Open it now: ``opened(at)`` answers with the body, if it can from byte ``at`` on."""
        self._opened = opened
        self._what = what
        self._access = access
        self._pause = pause
        self._watch = watch
        self._got = 0
        self._response = opened(0)
        try:
            self.total = self._length()
            self._require_log()
        except BaseException:
            self.close()
            raise

    def chunks(self) -> Iterator[bytes]:
        """Yield the body's bytes in order, each once.

        Raises UsageError when they cannot be had, LogMissing when they are too many.
        """
        deadline = self._access.now() + _SECONDS
        skip = 0
        for turn in range(_RESUMES):
            try:
                for chunk in self._watch.paced(self._response.raw_response.iter_raw()):
                    piece, skip = chunk[skip:], max(skip - len(chunk), 0)
                    if not piece:
                        continue
                    self._got += len(piece)
                    self._require_bounds(deadline)
                    yield piece
                if self.total is None or self._got == self.total:
                    return
            except TooSlow:
                raise self._broken("comes too slowly") from None
            except (RequestError, httpx.HTTPError) as error:
                cause = error.exc if isinstance(error, RequestError) else error
                if isinstance(cause, UsageError):
                    raise cause from None
            if self.total is not None and self._got > self.total:
                raise self._broken("is longer than was said")
            self._pause(2.0 ** min(turn, 3), None)
            skip = self._resume()
        raise self._broken("breaks off again and again")

    def close(self) -> None:
        """Give the connection back."""
        self._response.raw_response.close()

    def _resume(self) -> int:
        """Open the body again; return how many bytes of it are known already."""
        self.close()
        self._response = self._opened(self._got if self.total is not None else 0)
        self._require_log()
        if self._response.status_code != 206:
            total, start = self._length(), 0
        else:
            match = _RANGE.fullmatch(self._response.headers.get("content-range", ""))
            start = int(match[1]) if match else -1
            total = int(match[2]) if match and match[2] != "*" else self.total
        if not 0 <= start <= self._got or total != self.total:
            raise self._broken("changed while it was fetched")
        return self._got - start

    def _length(self) -> int | None:
        text = self._response.headers.get("content-length", "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None

    def _require_log(self) -> None:
        """A page of a proxy is no log."""
        if self._response.headers.get("content-type", "").lower().startswith("text/html"):
            raise UsageError(
                f"instead of {self._what} came a web page",
                "check the address, and whether a proxy stands in between",
            )

    def _require_bounds(self, deadline: float) -> None:
        most = self._access.most_bytes
        if self._got > most:
            raise LogMissing(f"{self._what} has more than {most >> 20} MiB")
        if self._access.now() > deadline:
            raise self._broken(f"takes more than {_SECONDS / 60:.0f} minutes")

    def _broken(self, how: str) -> UsageError:
        return UsageError(f"{self._what} {how}", "run the command again; what was fetched stays")
