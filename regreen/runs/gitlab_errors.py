"""What GitLab's refusals mean, in words, each with the next step."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from regreen.errors import UsageError
from regreen.plain import visible
from regreen.runs.github_errors import Refused, retry_after
from regreen.runs.gitlab_tokens import SCOPE, TOKEN, Caller
from regreen.runs.provider import Unreachable

A_MINUTE = 60.0
"""GitLab's limits count by the minute; without a time in the headers one minute is waited."""

AGAIN = "run the command again; what was fetched stays"
PROXY = "check the address, and whether a proxy stands in between"
TRUST = (
    "export REQUESTS_CA_BUNDLE=… (or SSL_CERT_FILE=…) with the PEM file of the authority that "
    "signed the server's certificate"
)
_REASONS = {
    "script_failure": "its script failed",
    "runner_system_failure": "the runner failed, not the job's script",
    "stuck_or_timeout_failure": "no runner took it or it timed out",
    "job_execution_timeout": "it ran longer than its time-out",
    "runner_unsupported": "the runner does not support it",
    "api_failure": "GitLab's own interface failed it",
    "missing_dependency_failure": "artifacts that it needs are missing",
    "stale_schedule": "it was scheduled too late",
    "unmet_prerequisites": "its environment could not be prepared",
    "ci_quota_exceeded": "no compute minutes are left",
    "no_matching_runner": "no runner matches its tags",
    "downstream_pipeline_creation_failed": "its downstream pipeline could not be created",
    "downstream_bridge_project_not_found": "its downstream project does not exist",
    "insufficient_bridge_permissions": "it may not start its downstream pipeline",
}
"""GitLab's ``failure_reason`` in words; the names are those of its job model's enumeration."""


def why(failure_reason: object) -> str:
    """Return ``failure_reason`` with what it means, ready for a sentence; empty when unknown."""
    if not isinstance(failure_reason, str) or not failure_reason or len(failure_reason) > 80:
        return ""
    shown = visible(failure_reason)
    return f"{shown}: {_REASONS[shown]}" if shown in _REASONS else shown


def rate_limit(refused: Refused, now: float) -> float | None:
    """Return the seconds to wait when this is a rate limit, else ``None``.

    Source: https://docs.gitlab.com/administration/settings/user_and_ip_rate_limits/ (``429`` with
    ``Retry-After`` and ``RateLimit-Reset``, the latter in seconds since 1970).
    """
    if refused.status != 429:
        return None
    after = retry_after(refused.headers, now)
    if after is not None:
        return after
    reset = refused.headers.get("ratelimit-reset", "").strip()
    if reset.isascii() and reset.isdigit() and len(reset) < 16:
        return max(float(reset) - now, 0.0) + 1.0
    return A_MINUTE


def limited(caller: Caller, wait: float, now: float) -> UsageError:
    """Return the error for a rate limit that lasts longer than one waits."""
    try:
        again = f"at {datetime.fromtimestamp(now + wait, UTC):%Y-%m-%d %H:%M:%S} UTC"
    except (OverflowError, ValueError, OSError):
        again = "later"
    more = "" if caller.token else f"{caller.ask_for_token} (the limit is higher with one), or "
    return UsageError(
        f"{caller.name}'s rate limit is used up; it works again {again}",
        f"{more}run the command again {again}; what was fetched stays",
    )


def refusal(refused: Refused, caller: Caller, what: str) -> UsageError:
    """Return the error for an answer that no waiting mends; ``what`` was asked for."""
    words = said(refused, caller)
    if refused.storage:
        return UsageError(f"the storage of {what} answered {refused.status}{words}", AGAIN)
    if refused.status == 401:
        return _unauthorised(caller, what, words)
    if refused.status == 403:
        return _forbidden(refused, caller, what, words)
    if refused.status in (404, 410):
        return _not_found(caller, what)
    if refused.status >= 500 or refused.status == 408:
        return UsageError(
            f"{caller.name} answered {refused.status} again and again for {what}{words}",
            "run the command again later; what was fetched stays",
        )
    return UsageError(
        f"{caller.name} answered {refused.status} for {what}{words}", "check the address"
    )


def unreachable(caller: Caller, what: str, reason: str) -> Unreachable:
    """Return the error for a server that no connection can be had to."""
    return Unreachable(
        f"cannot reach {caller.host} for {what}: {reason}",
        "check the network and run the command again; what was fetched stays",
    )


def untrusted(caller: Caller) -> UsageError:
    """Return the error for a certificate that nobody known has signed."""
    return UsageError(f"the certificate of {caller.host} is not to be trusted", TRUST)


def not_as_promised(caller: Caller, what: str) -> UsageError:
    """Return the error for an answer that is not what GitLab's description promises."""
    return UsageError(
        f"{caller.host} answered for {what} with something that is not GitLab's", PROXY
    )


def said(refused: Refused, caller: Caller) -> str:
    """The server's own words in brackets, one harmless line without the token."""
    words = _message(refused.body)
    if caller.token is not None:
        words = words.replace(caller.token.value, "***")
    return f" ({visible(words[:200])})" if words else ""


def _unauthorised(caller: Caller, what: str, words: str) -> UsageError:
    if caller.token is None:
        return UsageError(f"{caller.name} wants a token for {what}{words}", caller.ask_for_token)
    if caller.of_job:
        return UsageError(
            f"{caller.name} does not accept the token from {caller.token.source} for {what}: a "
            f"job's token ends with its job and reads little{words}",
            caller.ask_for_token,
        )
    return UsageError(
        f"{caller.name} does not accept the token from {caller.token.source}: it is wrong, revoked "
        f"or has expired{words}",
        caller.ask_for_token,
    )


def _forbidden(refused: Refused, caller: Caller, what: str, words: str) -> UsageError:
    if caller.token is None:
        return UsageError(f"{caller.name} wants a token for {what}{words}", caller.ask_for_token)
    if caller.of_job:
        return UsageError(
            f"the token from {caller.token.source} may not read {what}: a job's token reaches few "
            f"parts of the interface{words}",
            caller.ask_for_token,
        )
    if _field(refused.body, "error") == "insufficient_scope":
        return UsageError(
            f"the token from {caller.token.source} may not read {what}: it lacks the scope "
            f"`{SCOPE}`{words}",
            f"export {TOKEN}=… with an access token that has the scope `{SCOPE}`",
        )
    return UsageError(
        f"the token from {caller.token.source} may not read {what}: it lacks the scope `{SCOPE}`, "
        f"or its owner's role in the project is too low{words}",
        f"export {TOKEN}=… with the scope `{SCOPE}`, of somebody who may see the project's "
        "pipelines (Reporter; Developer for jobs that ran with CI_DEBUG_TRACE)",
    )


def _not_found(caller: Caller, what: str) -> UsageError:
    if caller.token is None:
        hidden, more = "is private", f", or {caller.ask_for_token}"
    elif caller.of_job:
        hidden, more = "is one that a job's token may not see", f", or {caller.ask_for_token}"
    else:
        hidden, more = "is one that this token may not see", " and the token"
    return UsageError(
        f"{caller.name} does not find {what}: there is none, or its project {hidden}",
        f"check the address{more}",
    )


def _message(body: bytes) -> str:
    for key in ("error_description", "message", "error"):
        found = _field(body, key)
        if isinstance(found, str) and found:
            return found
    return ""


def _field(body: bytes, key: str) -> Any:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return found.get(key) if isinstance(found, dict) else None
