"""What GitHub's refusals mean, in words, each with the next step."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from regreen.errors import UsageError
from regreen.plain import visible
from regreen.runs.tokens import Token

PERMISSION = "actions: read"
PROXY = "check the address, and whether a proxy stands in between"
A_MINUTE = 60.0
"""GitHub: without a time in the headers, wait at least one minute (its best practices)."""


class Refused(Exception):
    """An answer with an error status; ``storage`` when it came from where the logs lie."""

    def __init__(self, status: int, headers: Mapping[str, str], body: bytes, storage: bool) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status
        self.headers = headers
        self.body = body
        self.storage = storage


class Absent(Exception):
    """The server says that there is none (404), or none any more (410)."""

    def __init__(self, status: int) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asked which server, as messages need to know."""

    server: str
    token: Token | None
    variable: str

    @property
    def host(self) -> str:
        """The server's host."""
        return urlsplit(self.server).netloc

    @property
    def name(self) -> str:
        """What people call the server."""
        return "GitHub" if self.host == "github.com" else f"GitHub on {self.host}"

    @property
    def ask_for_token(self) -> str:
        """The next step that mends a missing token."""
        return f"export {self.variable}=… with a token that has the permission `{PERMISSION}`"


def rate_limit(refused: Refused, now: float) -> float | None:
    """Return the seconds to wait when this is a rate limit (primary or secondary), else ``None``.

    Source: https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api
    """
    if refused.status not in (403, 429):
        return None
    after = retry_after(refused.headers, now)
    if after is not None:
        return after
    if refused.headers.get("x-ratelimit-remaining") == "0":
        reset = _whole(refused.headers.get("x-ratelimit-reset", ""))
        return A_MINUTE if reset is None else max(reset - now, 0.0) + 1.0
    secondary = "secondary rate" in _message(refused.body).lower()
    return A_MINUTE if refused.status == 429 or secondary else None


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Read ``Retry-After``: seconds or a date; ``None`` when it is neither."""
    text = headers.get("retry-after", "").strip()
    seconds = _whole(text)
    if seconds is not None or not text:
        return seconds
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    return max(moment.timestamp() - now, 0.0)


def packing(headers: Mapping[str, str]) -> str:
    """How an answer's body is packed, empty when it is not: nothing packed was asked for.

    A few kilobytes can unpack to gigabytes, and twice packed they do so before anybody counts.
    """
    told = headers.get("content-encoding", "").strip().lower()
    return "" if told == "identity" else visible(told[:80])


def packed(host: str, how: str) -> UsageError:
    """Return the error for an answer that is packed."""
    return UsageError(
        f"{visible(host)} packs its answer ({how}), and was asked not to",
        PROXY,
    )


def limited(caller: Caller, wait: float, now: float) -> UsageError:
    """Return the error for a rate limit that lasts longer than one waits."""
    try:
        until = datetime.fromtimestamp(now + wait, UTC)
    except (OverflowError, ValueError, OSError):
        until = None
    again = f"at {until:%Y-%m-%d %H:%M:%S} UTC" if until else "later"
    if caller.token is None:
        more = f"{caller.ask_for_token} (the limit without one is 60 an hour), or run it {again}"
        return UsageError(f"{caller.name}'s rate limit is used up; it works again {again}", more)
    return UsageError(
        f"{caller.name}'s rate limit is used up; it works again {again}",
        f"run the command again {again}; what was fetched stays",
    )


def refusal(refused: Refused, caller: Caller, what: str) -> UsageError:
    """Return the error for an answer that no waiting mends; ``what`` was asked for."""
    words = said(refused, caller)
    if refused.storage:
        return UsageError(
            f"the storage of {what} answered {refused.status}{words}", "run the command again"
        )
    if refused.status == 401:
        source = f" from {caller.token.source}" if caller.token else ""
        return UsageError(
            f"{caller.name} does not accept the token{source}: it is wrong or has expired{words}",
            caller.ask_for_token,
        )
    if refused.status == 403:
        return _forbidden(refused, caller, what, words)
    if refused.status in (404, 410):
        hidden = "is one that this token may not see" if caller.token else "is private"
        return UsageError(
            f"{caller.name} does not find {what}: there is none, or its repository {hidden}",
            "check the address"
            + (" and the token" if caller.token else f", or {caller.ask_for_token}"),
        )
    if refused.status >= 500 or refused.status == 408:
        return UsageError(
            f"{caller.name} answered {refused.status} again and again for {what}{words}",
            "run the command again later; what was fetched stays",
        )
    return UsageError(
        f"{caller.name} answered {refused.status} for {what}{words}", "check the address"
    )


def _forbidden(refused: Refused, caller: Caller, what: str, words: str) -> UsageError:
    if caller.token is None:
        return UsageError(f"{caller.name} wants a token for {what}{words}", caller.ask_for_token)
    if "required" in refused.headers.get("x-github-sso", ""):
        return UsageError(
            f"the organisation of {what} wants the token to be authorised for its single sign-on",
            f"authorise it on {caller.server}/settings/tokens and run the command again",
        )
    needed = visible(refused.headers.get("x-accepted-github-permissions", ""))[:200]
    needed = needed.replace("=", ": ") or PERMISSION
    return UsageError(
        f"the token from {caller.token.source} may not read {what}: it lacks the permission "
        f"`{needed}`{words}",
        f"export {caller.variable}=… with a token that has the permission `{needed}`",
    )


def said(refused: Refused, caller: Caller) -> str:
    """The server's own words in brackets, one harmless line without the token."""
    words = _message(refused.body)
    if caller.token is not None:
        words = words.replace(caller.token.value, "***")
    return f" ({visible(words[:200])})" if words else ""


def _message(body: bytes) -> str:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    message = found.get("message") if isinstance(found, dict) else None
    return message if isinstance(message, str) else ""


def _whole(text: str) -> float | None:
    return float(text) if text.isascii() and text.isdigit() and len(text) < 16 else None
