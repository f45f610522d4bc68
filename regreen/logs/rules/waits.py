"""Waiting that came to nothing: health checks, roll-outs, emulators, locks, silent programs.

Wordings of docker compose, kubectl, helm, Terraform, AWS waiters, wait-for-it, dockerize, mocha's
and Playwright's servers, Azure's and GitLab's own limits, and of the loops that projects write.
"""

from __future__ import annotations

from regreen.logs.rules.base import Weight
from regreen.logs.rules.phrases import told
from regreen.model import AutoFixable, Category

_AGAIN = AutoFixable.YES
_SERVICE = (
    r"(?:server|service|services|container|containers|database|db|api|app|application|backend"
    r"|frontend"
    r"|cluster|node|pod|pods|deployment|endpoint|healthz?|emulator|simulator|device|daemon|stack"
    r"|gateway"
    r"|postgres\w*|mysql\w*|redis|mongo\w*|kafka|elasticsearch|rabbitmq|minio|nginx|broker|proxy"
    r"|worker"
    r"|instance|site|website|port|url|system|vm|runner|agent|job|process|command|environment|host)"
)

RULES = (
    told(
        "wait-service",
        Category.TIMEOUT,
        {
            "ealthy": rf"(?i:\b(?:did not|didn't|never|failed to|could not|not) (?:become|became"
            rf"|get|got|turn"
            rf"|come up|be|report(?:ed)?|reach) healthy|\b{_SERVICE}\b.{{0,40}}(?:is"
            rf"|are) (?:still )?"
            rf"(?:not healthy|unhealthy))",
            "ealth check": r"(?i:health ?checks? (?:has |have )?(?:failed|timed out|timeout"
            r"|did not|exceeded"
            r"|never)(?! with (?:status|http)).{0,80})",
            "ealthcheck": r"(?i:health ?checks? (?:has |have )?(?:failed|timed out|timeout|did not"
            r"|exceeded"
            r"|never))",
            "ready": rf"(?i:\b{_SERVICE}\b.{{0,40}}?\b(?:did not|didn't|never|failed to|could not"
            rf"|not|is not|"
            rf"was not|isn't|wasn't) (?:become|became|get|got|be|come)? ?ready\b)",
            " up": rf"(?i:\b{_SERVICE}\b.{{0,40}}?\b(?:did not|didn't|never|failed to) (?:come"
            rf"|came|get) up\b)",
            "available": rf"(?i:\b{_SERVICE}\b.{{0,40}}?\b(?:did not|didn't|never"
            rf"|failed to) (?:become|be|"
            rf"became|was) (?:available|reachable|accessible|responsive))",
            " in time": r"(?i:\b(?:did not|didn't|not|never|failed to"
            r"|could not) .{1,60}? in time\b)",
            "within": r"(?i:\b(?:did not|didn't|not|never|failed to|could not|no response|hasn't"
            r"|has not)\b.{1,"
            r"80}? within (?:the )?(?:\d|timeout|time|expected|allotted|allowed|specified|given))",
            " after ": r"(?i:\b(?:did not|didn't|not|never|failed to|could not|couldn't"
            r"|no response|failed|"
            r"giving up|gave up|unable to|still)\b.{0,80}? after (?:waiting )?(?:for "
            r")?~?\$?\d+ ?(?:s\b|sec|m\b|"
            r"min|ms\b|attempts?|tries|retries|checks|polls|iterations|h\b|hours?))",
            "Gave up": r"(?i:gave up (?:waiting|after|on)|giving up (?:waiting|after))",
            "iving up": r"(?i:giving up (?:waiting|after|on))",
            "attempts": r"(?i:(?:maximum|max)(?:imum)? (?:number of )?(?:attempts|tries"
            r"|wait(?:ing)? time)"
            r" (?:reached|exceeded|exhausted)|(?:all|every|after \d+) (?:\d+ )?attempts? (?:failed|"
            r"exhausted|were)|max attempts exceeded|attempts exhausted)",
            "retries": r"(?i:(?:maximum|max) (?:number of )?retries (?:reached|exceeded"
            r"|exhausted)(?! with url)"
            r"|retries (?:exhausted|exceeded)\b)",
            "boot": r"(?i:(?:emulator|simulator|device|vm|system) .{0,40}?(?:did not|didn't"
            r"|failed to|never) "
            r"(?:finish )?boot)",
        },
        "Server did not become healthy",
        "the server is healthy, and ready within 3 seconds",
        lead=r".{0,120}?",
        fixable=_AGAIN,
        confidence=0.72,
        tail=14,
    ),
    told(
        "wait-limit",
        Category.TIMEOUT,
        {
            "imeout reached": r"(?i:timeout reached)",
            "imeout limit": r"(?i:timeout limit (?:reached|exceeded|hit))",
            "imeout exceeded": r"(?i:timeout (?:was )?exceeded)",
            "imeout was exceeded": r"(?i:timeout was exceeded)",
            "imeout occurred": r"(?i:timeout occurred after waiting)",
            "imeout after": r"(?i:timeout after \d+ ?\w* waiting|timeout after \d+)",
            "imeout waiting": r"(?i:timeout (?:while )?waiting)",
            "imeout while waiting": r"(?i:timeout while waiting)",
            "IMEOUT": r"\bTIMEOUT\b(?:: | (?:after|waiting|reached|exceeded|expired|ERROR))",
            "imeout: ": r"(?i:^\W{0,6}(?:error: )?timeout: .{0,120}(?:exceeded|waiting|did not"
            r"|not ))",
            "xecution Timeout": r"Execution Timeout Expired",
            "imed out": r"(?i:(?:test run|deployment|deploy|rollout|release|waiting|wait|polling"
            r"|workflow|"
            r"pipeline|upload|installation|boot|startup|migration|query|script|hook|run|execution"
            r"|scan|"
            r"check|connection to the emulator|emulator|simulator) (?:has |have )?timed out\b"
            r"|timed out (?:after|waiting|while waiting) |^\W{0,6}(?:error:? )?timed out\W{0,3}$"
            r"|^\W{0,6}(?:error:? )?(?:operation|request) timed out\W{0,3}$|/ timed out)",
            "eadline exceeded": r"(?i:deadline exceeded (?:waiting|while))",
            "progress deadline": r"exceeded its progress deadline",
            "by timeout": r"(?i:(?:killed|terminated|stopped|aborted|cancell?ed) (?:by|due to"
            r"|because of|after)"
            r" (?:a )?timeout)",
            "to timeout": r"(?i:(?:killed|terminated|stopped|aborted|cancell?ed|failed"
            r"|failing) (?:by|due to) "
            r"(?:a )?timeout)",
            "within timeout": r"(?i:\b(?:not|n't) .{1,60}? within (?:the )?timeout)",
            "max wait": r"(?i:(?:exceeded|reached) (?:the )?max(?:imum)? wait)",
            "time exceeded": r"(?i:(?:execution|run|build|wait|waiting|maximum|max) time exceeded)",
            "xceeded timeout": r"(?i:exceeded (?:the )?(?:configured )?timeout)",
            "xceeded the": r"(?i:exceeded the (?:configured |maximum |allowed |time "
            r"|given )?(?:timeout|time "
            r"limit|time allowed|run ?time))",
            "minutes exceeded": r"(?i:\d+ ?minutes exceeded)",
            "ck wait timeout": r"(?i:lock wait timeout exceeded|could not obtain lock "
            r".{0,60}timeout)",
            "lock request": r"(?i:lock request time out)",
            "inactivity": r"(?i:(?:after|due to|for) .{0,40}?inactivity)",
            "o output": r"(?i:no output (?:has been |was )?(?:received )?(?:for"
            r"|in) .{0,30}?\d+ ?(?:m|s|h))",
            "stalled": r"(?i:(?:build|job|test|process|run|command) (?:has |appears? )?(?:to (?:be"
            r"|have) )?"
            r"(?:stalled|hung)\b)",
            "atchdog": r"(?i:watchdog .{0,40}?(?:timeout|timed out|expired|killed|triggered|fired"
            r"|bark))",
            "state to become": r"timeout while waiting for state to become",
            "Waiter ": r"Waiter \S{1,60} failed: (?:Max attempts exceeded|.{0,40}timeout)",
            "TimeoutError": r"^(?:[\w.]{1,80}\.)?(?:asyncio\.|futures\."
            r"|builtins\.)?(?:exceptions\.)?"
            r"(?:_base\.)?TimeoutError$",
            "TimeoutException": r"(?:^|: )(?:java\.util\.concurrent\.)?TimeoutException\b",
            "canceled after": r"(?i:cancell?ed after \d+)",
        },
        "Timeout reached: the endpoint said nothing",
        "timeout: 5\nthe timeout is 5 seconds",
        lead=r".{0,200}?",
        fixable=_AGAIN,
        confidence=0.72,
        tail=14,
    ),
    told(
        "wait-release",
        Category.TIMEOUT,
        {
            "FAILED: ": r"(?:UPGRADE|INSTALLATION|ROLLBACK) FAILED: .{0,200}?(?:timed out"
            r"|deadline exceeded)",
        },
        "Error: UPGRADE FAILED: timed out waiting for the condition",
        "Error: UPGRADE FAILED: cannot patch",
        tool="helm",
        weight=Weight.VERDICT,
        final=Weight.VERDICT,
        fixable=_AGAIN,
        confidence=0.9,
        beats=frozenset({"helm"}),
        tail=40,
    ),
)
