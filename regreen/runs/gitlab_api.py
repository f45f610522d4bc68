"""GitLab's REST interface: projects, objects, pages and logs, retried within bounds.

Errors of python-gitlab, requests and urllib3 end here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar
from urllib.parse import quote

import requests
import urllib3

from regreen.errors import UsageError
from regreen.runs.github_errors import Absent, Refused, retry_after
from regreen.runs.gitlab_download import BROKEN, Download
from regreen.runs.gitlab_errors import (
    limited,
    not_as_promised,
    rate_limit,
    refusal,
    unreachable,
    untrusted,
)
from regreen.runs.gitlab_tokens import PUBLIC, Caller, root_named
from regreen.runs.gitlab_wire import Params, Wire, api_base
from regreen.runs.provider import Access, LogStream, Progress
from regreen.runs.watch import TooSlow

T = TypeVar("T")

PER_PAGE = 100
MOST_PAGES = 100
_TRIES = 4
_DEEPEST_ROOT = 2


class Api:
    """One GitLab server. Use it in the thread that made it, and close it."""

    def __init__(self, caller: Caller, access: Access, progress: Progress) -> None:
        """Speak to ``caller.server``; where GitLab lies there is found out when it is asked."""
        self.caller = caller
        self._access = access
        self._progress = progress
        self._waited = 0.0
        self._wire = Wire(caller, access)
        known = "" if caller.server == PUBLIC else root_named(caller.server, access.environment)
        self._root: str | None = known

    def close(self) -> None:
        """End all connections."""
        self._wire.close()

    def project(self, repository: str) -> str:
        """Return the address of a project's interface, by its path on the server or by its id."""
        root = self.root(repository)
        inside = repository.removeprefix(f"{root[1:]}/") if root else repository
        return f"{api_base(self.caller.server, root)}projects/{quote(inside, safe='')}"

    def root(self, repository: str) -> str:
        """Return the path under which GitLab lies on the server: "", or with a slash before it.

        A path of three parts can be a group's, or begin with a relative URL root
        (https://docs.gitlab.com/install/relative_url/): then the server is asked, without a token.
        """
        if self._root is None:
            parts = repository.split("/")
            deepest = min(len(parts) - 2, _DEEPEST_ROOT)
            roots = ["/" + "/".join(parts[:n]) if n else "" for n in range(deepest + 1)]
            found = roots[:1] if len(roots) == 1 else [r for r in roots if self._wire.is_gitlab(r)]
            self._root = found[0] if found else ""
        return self._root

    @property
    def home(self) -> str:
        """The address that the token goes to, and below."""
        return api_base(self.caller.server, self._root or "")

    def settle(self, root: str) -> None:
        """Take ``root`` for known."""
        self._root = root

    def get(
        self, url: str, what: str, params: Params | None = None, *, tries: int = _TRIES
    ) -> Mapping[str, Any]:
        """Return the JSON object at ``url``; ``what`` names it in messages.

        Raises UsageError for every refusal and for what is no JSON object.
        """
        found, _ = self._present(url, what, tries, params or {})
        if not isinstance(found, dict):
            raise self.not_as_promised(what)
        return found

    def rows(
        self, url: str, what: str, params: Params | None = None, *, pages: int = MOST_PAGES
    ) -> Iterator[Mapping[str, Any]]:
        """Yield the objects of the list at ``url``, on all pages. Raises as ``get`` does.

        The next page is what ``Link`` or ``X-Next-Page`` says, by number or by keyset; of its
        address only the parameters are taken (https://docs.gitlab.com/api/rest/#pagination).
        """
        asked: dict[str, str | int] = {"per_page": PER_PAGE, **(params or {})}
        for _ in range(pages):
            found, more = self._present(url, what, _TRIES, asked)
            if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
                raise self.not_as_promised(what)
            yield from found
            if not found or not more:
                return
            asked = {**asked, **more}
        if pages == MOST_PAGES:
            raise UsageError(
                f"{self.caller.name} lists more than {MOST_PAGES * PER_PAGE} of {what}",
                "name one job by its own address",
            )

    @contextmanager
    def stream(self, url: str, what: str) -> Iterator[LogStream]:
        """Open a log, to be read piece by piece.

        Raises Absent on entering when there is none; the chunks raise UsageError.
        """
        download = Download(
            lambda at: self._ask(lambda: self._wire.follow(url, self.home, at), what),
            what,
            self._access,
            lambda seconds: self._pause(seconds, None),
            self._wire.watch,
        )
        try:
            yield LogStream(download.total, download.chunks())
        finally:
            download.close()

    def not_as_promised(self, what: str) -> UsageError:
        """Return the error for an answer that is not what GitLab's description promises."""
        return not_as_promised(self.caller, what)

    def _present(self, url: str, what: str, tries: int, params: Params) -> tuple[Any, Params]:
        try:
            return self._ask(lambda: self._wire.json(url, self.home, params), what, tries=tries)
        except Absent as absent:
            refused = Refused(absent.status, {}, b"", False)
            raise refusal(refused, self.caller, what) from None

    def _ask(self, send: Callable[[], T], what: str, *, tries: int = _TRIES) -> T:
        """Call ``send`` until it works, waiting for rate limits and failures that pass.

        Raises Absent for 404 and 410, UsageError for all that stays.
        """
        for turn in range(tries):
            last = turn == tries - 1
            cause: Exception
            try:
                return send()
            except TooSlow:
                raise unreachable(self.caller, what, "it does not answer in time") from None
            except Refused as refused:
                cause = refused
            except BROKEN as broken:
                cause = broken
            if isinstance(cause, Refused):
                self._pause(self._after(cause, what, turn, last), cause)
            elif isinstance(cause, requests.exceptions.SSLError | urllib3.exceptions.SSLError):
                raise untrusted(self.caller)
            elif last or isinstance(cause, ValueError):  # an address that requests cannot read
                raise unreachable(self.caller, what, _reason(cause))
            else:
                self._pause(2.0**turn, None)
        raise AssertionError("the last turn returns or raises")

    def _after(self, refused: Refused, what: str, turn: int, last: bool) -> float:
        """Return how long to wait after a refusal, or raise it."""
        now = self._access.now()
        wait = rate_limit(refused, now)
        if wait is not None and not refused.storage:
            if last:
                raise limited(self.caller, wait, now)
            return max(wait, 1.0)
        if refused.status in (404, 410):
            raise Absent(refused.status)
        passing = refused.status >= 500 or refused.status in (408, 429) or refused.storage
        if last or not passing:
            raise refusal(refused, self.caller, what)
        return max(2.0**turn, retry_after(refused.headers, now) or 0.0)

    def _pause(self, seconds: float, refused: Refused | None) -> None:
        """Wait, saying so; raises UsageError when that is longer than the patience."""
        if self._waited + seconds > self._access.patience:
            now = self._access.now()
            if refused is not None and rate_limit(refused, now) is not None:
                raise limited(self.caller, seconds, now)
            raise UsageError(
                f"{self.caller.host} keeps failing"
                + (f" (it answered {refused.status})" if refused else " (connections break off)"),
                "run the command again later; what was fetched stays",
            )
        self._waited += seconds
        if seconds >= 5:
            self._progress.note(f"waiting {seconds:.0f} s for {self.caller.host}")
        self._access.sleep(seconds)


def _reason(error: BaseException) -> str:
    """A connection's failure in words that hold neither headers nor signed addresses."""
    if isinstance(error, requests.exceptions.Timeout | urllib3.exceptions.TimeoutError):
        return "it does not answer in time"
    if isinstance(error, requests.exceptions.ConnectionError):
        return "no connection"
    return f"the connection broke off ({type(error).__name__})"
