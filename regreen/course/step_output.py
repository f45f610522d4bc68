"""The last lines of a log's failing step: what a plan looks at besides the failure itself."""

from __future__ import annotations

import re
from collections import deque
from itertools import islice
from pathlib import Path

from regreen.deliver.analyses import Spot
from regreen.logs import LogReader

_LAST = 300
"""Lines that are looked at: what names a missing header or a hanging test stands near the end."""
_LONGEST = 2000
_STAMP = re.compile(r"^(?:[^\t\n]*\t[^\t\n]*\t)?\ufeff?\d{4}-\d\d-\d\dT[\d:.]+Z ?")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def step_output(spot: Spot, reader: LogReader) -> str:
    """Return the end of the failing step's output, masked; empty where it cannot be read again."""
    failing = spot.analysis.failing
    if failing is None or spot.path is None:
        return ""
    try:
        with Path(spot.path).open(encoding="utf-8", errors="replace", newline="\n") as file:
            lines = deque(islice(file, failing.first - 1, failing.last), maxlen=_LAST)
    except OSError:
        return ""
    text = "\n".join(_STAMP.sub("", line.rstrip("\r\n"))[:_LONGEST] for line in lines)
    return reader.mask(_COLOUR.sub("", text))
