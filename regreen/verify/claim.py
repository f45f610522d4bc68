"""What is to be proven, and why it was not."""

from __future__ import annotations

from dataclasses import dataclass

from regreen.jobs.workshop import Workshop
from regreen.model import Failure, FlakyTest, Patch


@dataclass(frozen=True, slots=True)
class NotProven:
    """Why a patch is not delivered.

    ``flaky`` when the runs contradict one another, ``refused`` when the patch is not honest or
    makes other jobs redder, ``spent`` when the time for the verification was over, ``unlike`` when
    already the first run without the patch was not red as it is claimed to be. Of a flaky one
    ``commit``, ``step`` (an index) and ``failures`` say what comes and goes, ``tests`` what is
    known of that.
    """

    reason: str
    flaky: bool = False
    refused: bool = False
    spent: bool = False
    unlike: bool = False
    commit: str = ""
    step: int = 0
    failures: tuple[Failure, ...] = ()
    tests: tuple[FlakyTest, ...] = ()


@dataclass(frozen=True, slots=True)
class Claim:
    """What is to be proven: the mail as it would be delivered, and the failure that it mends.

    ``tree`` is the id of the files as they were found to be mended; ``failures`` are those that the
    job showed when it was reproduced, at step ``step`` (an index).

    ``patched`` is what the patched commit's job runs in, where the patch changes the definition
    that the job is made from (``None``: it is the same job). ``refused`` says why GitHub starts no
    job at all of the base: then the base is not run (``step`` and ``failures`` say nothing of
    runs), ``patched`` is needed, and the job must be green in it.
    """

    patch: Patch
    mail: bytes
    base: str
    tree: str
    step: int
    failures: tuple[Failure, ...]
    patched: Workshop | None = None
    refused: str = ""
