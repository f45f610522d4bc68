"""Logs: text to steps to a failure, with the proof.

``analyze`` and ``analyze_file`` read a raw log, ``classify`` the output of one step that ran in the
sandbox (by the same rules), ``mask`` hides secrets before a line is stored, printed or sent.
"""

from __future__ import annotations

from regreen.logs.analysis import analyze, analyze_file
from regreen.logs.classification import failures
from regreen.logs.excerpt import Excerpt
from regreen.logs.masking import mask, masked_values
from regreen.logs.text import clean
from regreen.model import Failure

__all__ = ["analyze", "analyze_file", "classify", "mask"]


def classify(
    script: str | None, step: str | None, output: str, exit_code: int | None
) -> tuple[Failure, ...]:
    """Return what failed in the output of one step, the cause of its exit first.

    ``script`` and ``step`` are the step's command and name, ``output`` its standard output and
    error as one text (terminal codes and workflow commands included). Never empty when
    ``exit_code`` is neither 0 nor ``None``; empty when it is 0.
    """
    if exit_code == 0:
        return ()
    pairs = list(clean(output, unescape=True))
    excerpt = Excerpt(
        [line for _, line in pairs],
        [offset + 1 for offset, _ in pairs],
        script=script,
        exit_code=exit_code,
    )
    secrets = masked_values(output)
    return failures(excerpt, step, failed=exit_code is not None, secrets=secrets)
