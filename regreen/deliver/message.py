"""The commit message of a patch: what it mends and by what, in git's own form."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from regreen.model import Failure

_WIDTH = 72


def commit_message(failure: Failure, fixers: Sequence[str], why: Sequence[str]) -> str:
    """Return a commit message: a subject of at most 72 characters and the reasons below it."""
    tools = ", ".join(dict.fromkeys(fixers))
    subject = textwrap.shorten(f"Mend CI: {tools}", _WIDTH, placeholder="…")
    step = f"The step {failure.step!r} failed" if failure.step else "The job failed"
    kind = f"{failure.category} ({failure.tool})" if failure.tool else str(failure.category)
    lines = textwrap.wrap(f"{step}: {kind}.", _WIDTH)
    for reason in dict.fromkeys(why):
        lines += textwrap.wrap(
            f"- {reason}", _WIDTH, subsequent_indent="  ", break_long_words=False
        )
    return f"{subject}\n\n" + "\n".join(lines) + "\n"
