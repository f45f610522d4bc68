"""GitHub's REST interface through githubkit: bounded, retried, and the token kept at home.

githubkit's own retries, cache and redirects are off: waiting is bounded and told here, nothing is
kept on disk, and a redirect decides by itself whether the token goes along. Errors of githubkit
and httpx end here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any, TypeVar

import httpx
from githubkit import GitHub
from githubkit.exception import RequestError
from githubkit.response import Response

from regreen.errors import UsageError
from regreen.runs.bounded import MOST_BYTES, from_text
from regreen.runs.github_client import api_address, client, reason
from regreen.runs.github_download import Download
from regreen.runs.github_errors import (
    PROXY,
    Absent,
    Caller,
    Refused,
    limited,
    packed,
    packing,
    rate_limit,
    refusal,
    retry_after,
)
from regreen.runs.provider import Access, LogStream, Progress, Unreachable
from regreen.runs.servers import is_loopback
from regreen.runs.watch import TooSlow, Watch

T = TypeVar("T")
Params = Mapping[str, str | int]

API_VERSION = "2022-11-28"
"""The version that every GitHub Enterprise Server with versions knows."""

PER_PAGE = 100
MOST_PAGES = 100
MOST_JSON = MOST_BYTES
_JSON_SECONDS = 300.0
_TRIES = 4
_HOPS = 5


class Api:
    """One GitHub server. Use it in the thread that made it, and close it."""

    def __init__(self, caller: Caller, access: Access, progress: Progress) -> None:
        """Speak to ``caller.server``, whose interface's address follows from it."""
        self.caller = caller
        self._access = access
        self._progress = progress
        self._base = httpx.URL(api_address(caller.server) + "/")
        self._waited = 0.0
        self._watch = Watch(access.answer)
        self._open_clients = ExitStack()
        self._home = self._opened(caller.token.value if caller.token else None, storage=False)
        self._away = self._opened(None, storage=True)

    def _opened(self, token: str | None, *, storage: bool) -> GitHub[Any]:
        made = client(self._base, token, self._access, self._watch, storage=storage)
        return self._open_clients.enter_context(made)

    def close(self) -> None:
        """End all connections."""
        self._open_clients.close()

    def get(
        self, path: str, what: str, params: Params | None = None, *, tries: int = _TRIES
    ) -> Mapping[str, Any]:
        """Return the JSON object at ``path``; ``what`` names it in messages.

        Raises UsageError for every refusal and for what is no JSON object.
        """
        found = self._present(path, what, tries, params or {})
        if not isinstance(found, dict):
            raise self.not_as_promised(what)
        return found

    def rows(self, path: str, what: str, params: Params) -> list[Mapping[str, Any]]:
        """Return the objects of the first page of the plain list at ``path``, asked for once."""
        found = self._present(path, what, 1, params)
        if not isinstance(found, list):
            raise self.not_as_promised(what)
        return [row for row in found if isinstance(row, dict)]

    def pages(self, path: str, key: str, what: str) -> Iterator[Mapping[str, Any]]:
        """Yield the objects of the list ``key`` on all pages. Raises as ``get`` does."""
        for page in range(1, MOST_PAGES + 1):
            found = self.get(path, what, {"per_page": PER_PAGE, "page": page})
            rows, total = found.get(key), found.get("total_count")
            if not isinstance(rows, list) or not isinstance(total, int):
                raise self.not_as_promised(what)
            if not all(isinstance(row, dict) for row in rows):
                raise self.not_as_promised(what)
            yield from rows
            if not rows or total <= page * PER_PAGE:
                return
        raise UsageError(
            f"{self.caller.name} lists more than {MOST_PAGES * PER_PAGE} of {what}",
            "name one job by its own address",
        )

    def _present(self, path: str, what: str, tries: int, params: Params) -> Any:
        try:
            return self.ask(lambda: self._json_at(path, params), what, tries=tries)
        except Absent as absent:
            refused = Refused(absent.status, {}, b"", False)
            raise refusal(refused, self.caller, what) from None

    @contextmanager
    def stream(self, path: str, what: str) -> Iterator[LogStream]:
        """Open what ``path`` redirects to, a log or an archive, to be read piece by piece.

        Raises Absent on entering when there is none; the chunks raise UsageError.
        """
        download = Download(
            lambda at: self.ask(lambda: self._follow(path, at), what),
            what,
            self._access,
            self._pause,
            self._watch,
        )
        try:
            yield LogStream(download.total, download.chunks())
        finally:
            download.close()

    def not_as_promised(self, what: str) -> UsageError:
        """Return the error for an answer that is not what GitHub's description promises."""
        return UsageError(
            f"{self.caller.host} answered for {what} with something that is not GitHub's",
            PROXY,
        )

    def ask(self, send: Callable[[], T], what: str, *, tries: int = _TRIES) -> T:
        """Call ``send`` until it works, waiting for rate limits and failures that pass.

        Raises Absent for 404 and 410, UsageError for all that stays.
        """
        for turn in range(tries):
            last = turn == tries - 1
            try:
                return send()
            except TooSlow:
                raise self._unreachable(what, "it does not answer in time") from None
            except (RequestError, httpx.HTTPError) as error:
                cause = error.exc if isinstance(error, RequestError) else error
            if isinstance(cause, Refused):
                self._pause(self._after(cause, what, turn, last), cause)
            elif isinstance(cause, httpx.InvalidURL | UnicodeError) or last:
                raise self._unreachable(what, reason(cause))
            else:
                self._pause(2.0**turn, None)
        raise AssertionError("the last turn returns or raises")

    def _unreachable(self, what: str, why: str) -> Unreachable:
        return Unreachable(
            f"cannot reach {self.caller.host} for {what}: {why}",
            "check the network and run the command again; what was fetched stays",
        )

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
            if refused is not None and rate_limit(refused, self._access.now()) is not None:
                raise limited(self.caller, seconds, self._access.now())
            raise UsageError(
                f"{self.caller.host} keeps failing"
                + (f" (it answered {refused.status})" if refused else " (connections break off)"),
                "run the command again later; what was fetched stays",
            )
        self._waited += seconds
        if seconds >= 5:
            self._progress.note(f"waiting {seconds:.0f} s for {self.caller.host}")
        self._access.sleep(seconds)

    def _json_at(self, path: str, params: Params) -> Any:
        """Ask for JSON, following redirects on the same server only."""
        url: str | httpx.URL = path
        for _ in range(_HOPS):
            response = self._send(self._home, url, params if url == path else None, {})
            try:
                if not response.raw_response.has_redirect_location:
                    return self._json(response)
                url = self._next(response)
            finally:
                response.raw_response.close()
            if not self._at_home(url):
                raise UsageError(
                    f"{self.caller.host} redirects to {url.host}; the token does not go there",
                    PROXY,
                )
        raise self._endless()

    def _json(self, response: Response[Any, Any]) -> Any:
        deadline = self._access.now() + _JSON_SECONDS
        body = bytearray()
        try:
            for chunk in self._watch.paced(response.raw_response.iter_raw()):
                body += chunk
                if len(body) > MOST_JSON or self._access.now() > deadline:
                    raise self._unending()
        except TooSlow:
            raise self._unending() from None
        try:
            return from_text(body)
        except ValueError:
            return None

    def _unending(self) -> UsageError:
        return UsageError(f"{self.caller.host} does not come to the end of its answer", PROXY)

    def _follow(self, path: str, at: int) -> Response[Any, Any]:
        """Open a log: at home with the token, everywhere else without it."""
        headers = {"Range": f"bytes={at}-"} if at else {}
        response = self._send(self._home, path, None, {})
        for _ in range(_HOPS):
            if not response.raw_response.has_redirect_location:
                return response
            try:
                url = self._next(response)
            finally:
                response.raw_response.close()
            self._require_safe(url)
            through = self._home if self._at_home(url) else self._away
            more = headers if through is self._home else headers | {"Accept": "*/*"}
            response = self._send(through, url, None, more)
        response.raw_response.close()
        raise self._endless()

    def _send(
        self,
        through: GitHub[Any],
        url: str | httpx.URL,
        params: Params | None,
        headers: Mapping[str, str],
    ) -> Response[Any, Any]:
        if through is self._home:
            headers = {"X-GitHub-Api-Version": API_VERSION, **headers}
        with self._watch.head():
            found = through.request("GET", url, params=params, headers=dict(headers), stream=True)
        answer = found.raw_response
        if (how := packing(answer.headers)) and not answer.has_redirect_location:
            answer.close()
            raise packed(answer.url.host, how)
        return found

    def _next(self, response: Response[Any, Any]) -> httpx.URL:
        try:
            return response.raw_response.url.join(response.headers["location"])
        except (httpx.InvalidURL, UnicodeError, ValueError):
            raise self._endless() from None

    def _endless(self) -> UsageError:
        return UsageError(f"{self.caller.host} redirects without coming to an end", PROXY)

    def _at_home(self, url: httpx.URL) -> bool:
        same = (url.scheme, url.host, url.port) == (
            self._base.scheme,
            self._base.host,
            self._base.port,
        )
        return same and url.path.startswith(self._base.path)

    def _require_safe(self, url: httpx.URL) -> None:
        """Logs come over https; over http only where this very machine is the server."""
        local = self._base.scheme == "http" and is_loopback(url.host)
        if url.scheme != "https" and not (url.scheme == "http" and local):
            raise UsageError(
                f"{self.caller.host} redirects to an address that is not encrypted", PROXY
            )
