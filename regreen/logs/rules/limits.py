"""What ran out, in other words than the kernel's: threads, quotas, compilers' heaps, a killed part.

Wordings of glibc's shells, the JVM, Gradle, Maven's Surefire, jest, NumPy, GCC, MSVC, Kubernetes
and of hosted services' quotas.
"""

from __future__ import annotations

from regreen.logs.rules.base import Weight
from regreen.logs.rules.phrases import told
from regreen.model import Category

RULES = (
    told(
        "limit-reached",
        Category.RESOURCE_EXHAUSTION,
        {
            "collector is thrashing": r"garbage collector is thrashing",
            "compiler error: Killed": r"internal compiler error: Killed",
            "signal 9 [Killed]": r"terminated with signal 9 \[Killed\]",
            "start new thread": r"can't start new thread",
            "native thread": r"unable to create (?:new )?native thread",
            "temporarily unavailable": r"fork: (?:retry: )?Resource temporarily unavailable"
            r"|(?:pthread_create|"
            r"thread) .{0,60}Resource temporarily unavailable",
            "_ArrayMemoryError": r"_ArrayMemoryError: ",
            "Unable to allocate": r"Unable to allocate [\d.]+ [GMK]iB",
            "nsufficient memory": r"(?i:insufficient memory)",
            "Insufficient cpu": r"Insufficient cpu",
            "oo much memory": r"(?i:used too much memory)",
            "emory limit": r"(?i:(?:exceeded|exceeding|exceeds|reached|reaching|over) (?:the |its "
            r"|a )?memory "
            r"limit|memory limit (?:was |of .{1,30})?(?:exceeded|reached))",
            "exceeded quota": r"exceeded quota: ",
            "torage quota": r"(?i:(?:exceeded|hit|reached|over) .{0,40}?storage quota)",
            "torage limit": r"(?i:(?:exceeded|hit|reached|over) .{0,40}?storage limit)",
            "out of heap space": r"compiler is out of heap space",
            "LNK1102": r"LNK1102: ",
            "LimitExceeded": r"LimitExceededException\b|\(LimitExceeded",
            "spending limit": r"(?i:spending limit)",
            "disk full": r"(?i:\bdisk (?:is )?full\b)",
            "file watchers": r"number of file watchers reached",
            "being terminated": r"(?i:worker process .{0,60}terminated by another process: "
            r"signal=SIGKILL)",
            "signal=SIGKILL": r"terminated by another process: signal=SIGKILL",
            "No more space": r"(?i:no (?:more|free) (?:disk )?space)",
            "shm": r"(?i:(?:/dev/shm|shared memory) .{0,60}(?:too small|full|exhausted"
            r"|insufficient))",
        },
        "RuntimeError: can't start new thread",
        "the limit is 4 GiB",
        weight=Weight.SIGN,
        confidence=0.85,
        tail=80,
    ),
)
