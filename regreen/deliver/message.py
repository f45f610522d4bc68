"""The commit message of a patch: what it mends and by what, in git's own form."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from regreen.model import Failure

_WIDTH = 72
_LONGEST = 200


def commit_message(failure: Failure, fixers: Sequence[str], why: Sequence[str]) -> str:
    """Return a commit message: a subject of at most 72 characters and the reasons below it."""
    tools = ", ".join(dict.fromkeys(fixers))
    subject = textwrap.shorten(f"Mend CI: {tools}", _WIDTH, placeholder="…")
    step = f"The step {_tame(failure.step)!r} failed" if failure.step else "The job failed"
    kind = f"{failure.category} ({failure.tool})" if failure.tool else str(failure.category)
    lines = textwrap.wrap(f"{step}: {kind}.", _WIDTH, subsequent_indent="  ")
    for reason in dict.fromkeys(why):
        lines += textwrap.wrap(f"- {_tame(reason)}", _WIDTH, subsequent_indent="  ")
    return f"{subject}\n\n" + "\n".join(lines) + "\n"


def _tame(text: str) -> str:
    """Return outside text on one line and short, so that it cannot pose as part of a mail.

    git takes what looks like a diff for one, wherever in the message it begins a line.
    """
    plain = "".join(c if c.isprintable() else " " for c in text)
    return textwrap.shorten(" ".join(plain.split()), _LONGEST, placeholder="…")
