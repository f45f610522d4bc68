"""What no code change mends: network, time-outs, permissions, memory, disk, the runner."""

from __future__ import annotations

from collections.abc import Iterable

from regreen.logs.excerpt import Excerpt
from regreen.logs.rules.base import Finding, Rule, Weight, diagnostic, pattern
from regreen.model import AutoFixable, Category

_KILLED = {
    124: (Category.TIMEOUT, "the command was stopped by a time limit"),
    137: (Category.RESOURCE_EXHAUSTION, "the process was killed, most likely for its memory"),
}


def _cancelled(excerpt: Excerpt) -> Iterable[Finding]:
    if excerpt.cancelled:
        last = max((i for i, line in enumerate(excerpt.lines) if line.strip()), default=-1)
        made = diagnostic(None, None, "the runner cancelled the step")
        yield Finding(
            None,
            Category.TIMEOUT,
            Weight.SIGN,
            (last,) if last >= 0 else (),
            (made,),
            AutoFixable.YES,
            confidence=0.6,
        )


def _killed(excerpt: Excerpt) -> Iterable[Finding]:
    known = _KILLED.get(excerpt.exit_code or 0)
    if known is not None:
        last = max((i for i, line in enumerate(excerpt.lines) if line.strip()), default=-1)
        made = diagnostic(None, f"exit {excerpt.exit_code}", known[1])
        yield Finding(
            None, known[0], Weight.SIGN, (last,) if last >= 0 else (), (made,), confidence=0.75
        )


RULES = (
    Rule("cancelled", ("",), _cancelled, "", ""),
    Rule("killed", ("",), _killed, "", ""),
    pattern(
        "timeout",
        r"^.{0,300}?(?P<message>(?:exceeded the maximum execution time"
        r"|has timed out after \d+|Timed out waiting for|timed out after \d+"
        r"|max run time exceeded|was terminated after \d+"
        r"|Timeout of \d+ ?\w* exceeded|attempts? of \d+s failed|Build timed out"
        r"|context deadline exceeded|deadline exceeded|Job timed out"
        r"|\+{3,} Timeout \+{3,}|Execution timed out|maximum time limit"
        r"|exceeded .{0,20}time(?:out| limit)).*)$",
        triggers=(
            "xecution time",
            "imed out",
            "max run time",
            "terminated after",
            "Timeout",
            "attempts of",
            "deadline exceeded",
            "time limit",
            "timeout",
        ),
        category=Category.TIMEOUT,
        weight=Weight.HINT,
        final=Weight.SIGN,
        fixable=AutoFixable.YES,
        tail=12,
        confidence=0.8,
        matches="Error: Timed out waiting for: http://127.0.0.1:3001",
        ignores="the timeout is 5 seconds",
    ),
    pattern(
        "time-limit",
        r"^.{0,200}?(?P<message>(?:Task aborted - max run time exceeded"
        r"|has exceeded the maximum execution time of .*"
        r"|execution took longer than .* seconds|Build timed out \(after .*"
        r"|The action '.*' has timed out after .*))$",
        triggers=(
            "max run time",
            "maximum execution time",
            "took longer than",
            "Build timed out",
            "has timed out after",
        ),
        category=Category.TIMEOUT,
        weight=Weight.DECISIVE,
        fixable=AutoFixable.YES,
        tail=25,
        confidence=0.95,
        matches="The action 'Run tests' has timed out after 10 minutes.",
        ignores="the request timed out",
    ),
    pattern(
        "network",
        r"^.{0,400}?(?P<message>(?:Could not resolve host"
        r"|Temporary failure in name resolution|Name or service not known"
        r"|no such host|Connection timed out|Connection reset by peer"
        r"|Connection refused|Network is unreachable|ECONNRESET|ETIMEDOUT|ENOTFOUND"
        r"|EAI_AGAIN|ECONNREFUSED|The requested URL returned error: (?:5\d\d|429)"
        r"|50[0-4] (?:Server Error|Service (?:Temporarily )?Unavailable|Bad Gateway"
        r"|Gateway Time-?out|Internal Server Error)|Unexpected HTTP response: 5\d\d"
        r"|(?:status code|HTTP error|HTTP status|response code)[: ]*(?:5\d\d|429)"
        r"|429 Too Many Requests|toomanyrequests|Max retries exceeded with url"
        r"|Read timed out|TLS handshake timeout|CERTIFICATE_VERIFY_FAILED"
        r"|SSL certificate problem|Error in the HTTP2 framing layer|curl: \((?:5|6|7"
        r"|16|18|22|28|35|52|55|56|92)\)|early EOF|RPC failed; |unexpected disconnect"
        r"|socket hang up|network (?:timeout|error)|i/o timeout|Failed to fetch"
        r"|Unable to fetch|Could not connect to|failed to download|Failed to download"
        r"|API rate limit exceeded|remote end hung up|Connection aborted"
        r"|error sending request for url|Could not transfer artifact"
        r"|Failure when receiving data).*)$",
        triggers=(
            "resolve host",
            "name resolution",
            "Name or service",
            "no such host",
            "onnection ",
            "Network is",
            "ECONN",
            "ETIMEDOUT",
            "ENOTFOUND",
            "EAI_AGAIN",
            "returned error: ",
            "50",
            "429",
            "toomanyrequests",
            "Max retries",
            "Read timed out",
            "handshake",
            "CERTIFICATE_VERIFY",
            "SSL certificate",
            "HTTP2",
            "curl: (",
            "early EOF",
            "RPC failed",
            "disconnect",
            "hang up",
            "hung up",
            "etwork",
            "i/o timeout",
            "fetch",
            "connect to",
            "download",
            "rate limit",
            "sending request",
            "transfer artifact",
            "receiving data",
        ),
        category=Category.NETWORK_ERROR,
        weight=Weight.HINT,
        final=Weight.SIGN,
        fixable=AutoFixable.YES,
        tail=25,
        confidence=0.8,
        matches="curl: (6) Could not resolve host: example.org",
        ignores="Downloading black-24.4.2",
    ),
    pattern(
        "git-remote",
        r"^(?:\S+: )?fatal: (?P<message>(?:unable to access"
        r"|Could not read from remote|the remote end hung up|unable to connect).*)$",
        triggers=("fatal: ",),
        category=Category.NETWORK_ERROR,
        tool="git",
        weight=Weight.SIGN,
        fixable=AutoFixable.YES,
        confidence=0.85,
        matches=(
            "fatal: unable to access 'https://example.org/a.git/': The requested URL"
            " returned error: 503"
        ),
        ignores="fatal: not a git repository",
    ),
    pattern(
        "permission",
        r"^.{0,400}?(?P<message>(?:Resource not accessible by integration"
        r"|Permission denied|permission denied|[Aa]ccess [Dd]enied|403 Forbidden"
        r"|401 Unauthorized|40[13] \([^)\n]*\)|unauthorized: "
        r"|[Aa]uthentication failed|Bad credentials|remote rejected|protected branch"
        r"|Permission to \S+ denied|could not read Username"
        r"|Write access to repository not granted|EACCES|denied: "
        r"|requires authentication|insufficient (?:permission|scope|privilege)"
        r"|not authorized|must have admin|Forbidden|E403|E401|Operation not permitted"
        r"|has a shebang but is not marked executable|invalid token"
        r"|Host key verification failed"
        r"|Error: Input required and not supplied: (?:token|password)).*)$",
        triggers=(
            "not accessible",
            "ermission",
            "ccess",
            "40",
            "nauthorized",
            "uthentication",
            "credentials",
            "remote rejected",
            "protected branch",
            "Username",
            "EACCES",
            "denied",
            "authoriz",
            "must have admin",
            "Forbidden",
            "E403",
            "E401",
            "not permitted",
            "marked executable",
            "invalid token",
            "Host key",
            "Input required",
        ),
        category=Category.PERMISSION_ERROR,
        weight=Weight.HINT,
        final=Weight.SIGN,
        tail=25,
        confidence=0.8,
        matches="Resource not accessible by integration",
        ignores="chmod done",
    ),
    pattern(
        "resources",
        r"^.{0,400}?(?P<message>(?:[Nn]o space left on device|Disk quota exceeded"
        r"|You are running out of disk space|ENOSPC|[Oo]ut of memory|OutOfMemoryError"
        r"|Cannot allocate memory|JavaScript heap out of memory|OOMKilled|oom-kill"
        r"|std::bad_alloc|Too many open files|Killed$"
        r"|fatal error: runtime: out of memory|The (?:hosted "
        r"|self-hosted )?runner.* lost communication"
        r"|The runner has received a shutdown signal).*)$",
        triggers=(
            "space left",
            "quota",
            "disk space",
            "ENOSPC",
            "ut of memory",
            "OutOfMemory",
            "allocate memory",
            "OOM",
            "oom-kill",
            "bad_alloc",
            "open files",
            "Killed",
            "lost communication",
            "shutdown signal",
        ),
        category=Category.RESOURCE_EXHAUSTION,
        weight=Weight.SIGN,
        final=Weight.VERDICT,
        confidence=0.88,
        matches="ERROR: failed to copy files: no space left on device",
        ignores="space left: 4 GB",
    ),
    pattern(
        "runner",
        r"^.{0,40}?(?P<message>(?:Unable to resolve action"
        r"|Unable to process file command|Invalid format '|Missing download info for"
        r"|Can't find 'action\.yml'"
        r"|This request has been automatically failed because it uses a deprecated"
        r" version|Input required and not supplied|Dependency review is not supported"
        r"|An action could not be found|The workflow is not valid"
        r"|The template is not valid|Unrecognized named-value|Get Pages site failed"
        r"|Trusted publishing exchange failure|Unable to process command '::"
        r"|Version .* was not found in the local cache"
        r"|The version '.*' with architecture '.*' was not found"
        r"|No file in .* matched to \[|Some specified paths were not resolved"
        r"|Path Validation Error|Container action is only supported on Linux"
        r"|Please verify that|got unexpected character .* while lexing"
        r"|[Tt]rusted publish(?:er|ing)\b).*)$",
        triggers=(
            "Unable to",
            "Invalid format",
            "Missing download info",
            "action.yml",
            "automatically failed",
            "Input required",
            "not supported",
            "could not be found",
            "not valid",
            "named-value",
            "Get Pages",
            "rusted publish",
            "was not found",
            "No file in",
            "not resolved",
            "Path Validation",
            "Container action",
            "Please verify",
            "while lexing",
        ),
        category=Category.CONFIGURATION_ERROR,
        tool="runner",
        weight=Weight.SIGN,
        final=Weight.VERDICT,
        tail=60,
        confidence=0.88,
        matches="Unable to resolve action `a/b@v9`, unable to find version `v9`",
        ignores="action resolved",
    ),
)
