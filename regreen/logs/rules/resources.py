"""Too little memory or disk, too many files; what the kernel or the runner stopped for it."""

from __future__ import annotations

from regreen.logs.rules.base import Weight, pattern
from regreen.logs.rules.spoken import spoken
from regreen.model import Category

RULES = (
    pattern(
        "runner-lost",
        r"^.{0,80}?(?P<message>(?:The (?:hosted|self-hosted) runner\b.* lost communication .*"
        r"|The (?:runner|agent) has received a shutdown signal\b.*"
        r"|We stopped hearing from agent .*|The agent: .* lost communication with the server.*"
        r"|The agent worker exited with code 137.*|.* unexpectedly lost its connection.*"
        r"|The hosted runner encountered an error while running your job.*"
        r"|The job was not acquired by Runner .*|GitHub Actions has encountered an internal error.*"
        r"|The job was not started because (?:recent account payments|your account is locked).*"
        r"|Agent (?:lost|went offline during the build).*"
        r"|The log length has exceeded the limit of \d+ MB.*))$",
        triggers=(
            "lost communication",
            "shutdown signal",
            "stopped hearing from agent",
            "worker exited with code",
            "lost its connection",
            "hosted runner encountered",
            "was not acquired by",
            "encountered an internal",
            "job was not started",
            "Agent lost",
            "went offline during",
            "log length has exceeded",
        ),
        category=Category.RESOURCE_EXHAUSTION,
        tool="runner",
        weight=Weight.DECISIVE,
        tail=25,
        confidence=0.85,
        matches="The hosted runner: GitHub Actions 9 lost communication with the server.",
        ignores="the runner communicates with the server",
    ),
    pattern(
        "resources",
        r"^(?![^\n]{0,200}(?:\.\.\. ok|PASSED)|\s*\d+ *\| ).{0,400}?(?P<message>(?:[Nn]o space left"
        r" on (?:the )?device|[Nn]ot enough (?:free )?(?:disk )?space|There is not enough space on"
        r"|Disk quota exceeded|[Ll]ow disk space on"
        r"|You are running out of disk space|\bENOSPC\b|[Oo]ut of memory|OutOfMemoryError"
        r"|[Cc]annot allocate memory|JavaScript heap out of memory|OOMKilled|oom-kill|OOM killer"
        r"|std::bad_alloc|[Tt]oo many open files|(?<![^\s:])Killed(?: {2,}\S.*)?$|[Kk]illed signal"
        r"|fatal error: runtime: out of memory|GC overhead limit exceeded"
        r"|virtual memory exhausted|memory allocation of \d+ bytes failed"
        r"|Received \"killed\" signal|MemoryError$|System\.OutOfMemoryException"
        r"|[Aa]rtifact storage quota has been hit|Cache storage quota has been hit"
        r"|413 Request Entity Too Large|The node was low on resource|Evicted$).*)$",
        triggers=(
            "space left",
            "ot enough ",
            "is not enough",
            "quota",
            "disk space",
            "ENOSPC",
            "ut of memory",
            "OutOfMemory",
            "llocate memory",
            "OOM",
            "oom-kill",
            "bad_alloc",
            "open files",
            "Killed",
            "illed signal",
            "overhead limit",
            "memory exhausted",
            "memory allocation of",
            '"killed" signal',
            "MemoryError",
            "Too Large",
            "low on resource",
            "Evicted",
        ),
        category=Category.RESOURCE_EXHAUSTION,
        weight=Weight.SIGN,
        final=Weight.VERDICT,
        confidence=0.88,
        matches="ERROR: failed to copy files: no space left on device",
        ignores="space left: 4 GB\ntest_out_of_memory_is_said ... ok",
    ),
    spoken(
        "killed-child",
        r"^.{0,300}?(?P<message>(?:exit status 137|exited? with (?:code|status) 137"
        r"|exit code:? 137|signal 9\b|SIGKILL\b).*)$",
        triggers=("137", "signal 9", "SIGKILL"),
        category=Category.RESOURCE_EXHAUSTION,
        weight=Weight.HINT,
        final=Weight.HINT,
        tail=12,
        confidence=0.6,
        matches='error: process "/bin/sh -c make" did not complete: exit code: 137',
        ignores="exit code: 1",
    ),
)
