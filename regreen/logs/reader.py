"""How logs are read: by which rules, and with which of the user's own values hidden.

What only an analysis needs, the rules above all, is imported when the first one is made.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from regreen.logs.excerpt import Excerpt
from regreen.logs.layout import Choice
from regreen.logs.masking import LiveMask, mask, masked_chunks, masked_values
from regreen.logs.raw import RawLog
from regreen.logs.text import clean
from regreen.model import Analysis, Failure, RunJob

if TYPE_CHECKING:
    from regreen.logs.explaining import Explanation
    from regreen.logs.rules import RuleSet


@dataclass(frozen=True, slots=True)
class LogReader:
    """Reads logs by ``rules`` (``None``: regreen's own).

    ``secrets`` are hidden besides all that looks like a secret.

    Understood are the logs of the hosted runner as GitHub's API and ``gh run view --log`` give
    them, those of other providers (``regreen.logs.formats``), and the plain output of a command.
    """

    rules: RuleSet | None = None
    secrets: tuple[str, ...] = ()

    def analyze(self, data: bytes, *, step: str | None = None, job: str | None = None) -> Analysis:
        """Return what ``data``, one raw log, says of its run and of its failure.

        ``step`` chooses a step by its heading, its name or the first line of its script, where the
        log holds them; ``job`` one of the jobs of a log that names several.

        Raises ``LogUnreadable`` when ``data`` is empty, blank or binary, and ``UsageError`` when a
        log that names its steps or jobs has none called so.
        """
        with RawLog(data) as log:
            return self._read(log, Choice(step, job))

    def analyze_file(
        self,
        path: Path,
        *,
        step: str | None = None,
        job: str | None = None,
        ran: tuple[str, RunJob] | None = None,
    ) -> Analysis:
        """Do as ``analyze`` with the file at ``path``, in memory that does not grow with it.

        ``ran`` is the log's provider, and what that tells of the job.

        Raises ``OSError`` when the file cannot be read.
        """
        with RawLog.open(path) as log:
            return self._read(
                log, Choice.of_job(ran[1], ran[0], step) if ran else Choice(step, job)
            )

    def explain_file(
        self, path: Path, *, step: str | None = None, job: str | None = None
    ) -> Explanation:
        """Return how a log comes to its classification; raises what ``analyze_file`` raises."""
        from regreen.logs.explaining import explain

        with RawLog.open(path) as log:
            return explain(log, Choice(step, job), self.rule_set(), self.secrets)

    def classify(
        self, script: str | None, step: str | None, output: str, exit_code: int | None
    ) -> tuple[Failure, ...]:
        """Return what failed in the output of one step, the cause of its exit first.

        ``script`` and ``step`` are the step's command and name, ``output`` its standard output and
        error as one text (terminal codes and workflow commands included). Never empty when
        ``exit_code`` is neither 0 nor ``None``; empty when it is 0.
        """
        if exit_code == 0:
            return ()
        from regreen.logs.classification import failures

        pairs = list(clean(output, unescape=True))
        excerpt = Excerpt(
            [line for _, line in pairs],
            [offset + 1 for offset, _ in pairs],
            script=script,
            exit_code=exit_code,
            step=step,
        )
        secrets = (*self.secrets, *masked_values(output))
        known = exit_code is not None
        return failures(excerpt, step, failed=known, secrets=secrets, rules=self.rule_set())

    def rule_set(self) -> RuleSet:
        """Return the rules that are asked."""
        from regreen.logs.rules import BUILTIN

        return self.rules or BUILTIN

    def mask(self, text: str, secrets: Sequence[str] = ()) -> str:
        """Return ``text`` with every secret replaced by ``***``, ``secrets`` among them."""
        return mask(text, (*self.secrets, *secrets))

    def live(self, secrets: Sequence[str] = ()) -> LiveMask:
        """Return what masks the output of a running program, ``secrets`` among the rest."""
        return LiveMask((*self.secrets, *secrets))

    def masked_chunks(
        self, chunks: Iterable[bytes], secrets: Sequence[str] = ()
    ) -> Iterator[bytes]:
        """Yield a log, which comes in ``chunks``, with every secret replaced by ``***``."""
        return masked_chunks(chunks, (*self.secrets, *secrets))

    def _read(self, log: RawLog, choice: Choice) -> Analysis:
        from regreen.logs.analysis import read

        return read(log, choice, self.rule_set(), self.secrets)
