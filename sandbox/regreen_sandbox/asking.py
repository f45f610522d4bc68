"""What a tool of this machine answered about its settings, remembered for a while.

Asking pip or npm takes longer than a small job. An answer is good for an hour, and only as long as
the program, the files it reads and the variables that it heeds are as they were. One that holds a
login is never written down.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path

_GOOD_SECONDS = 3600.0
_LOGIN = re.compile(r"//[^/\s]*@|(?i:token|password|_auth)")


def remembered(
    command: Sequence[str],
    ask: Callable[[], str | None],
    *,
    files: Iterable[Path],
    variables: Sequence[str],
) -> str | None:
    """Return what ``command`` answers: as remembered, or as ``ask`` gives it (``None``: nothing).

    ``files`` are what the answer rests on, those too that are not there; ``variables`` are the
    beginnings of the names of variables that count, in any case of letters.
    """
    place = _folder() / f"{_key(command, files, variables)}.json"
    with suppress(OSError, ValueError, KeyError, TypeError):
        kept = json.loads(place.read_text(encoding="utf-8"))
        if 0 <= time.time() - float(kept["asked"]) < _GOOD_SECONDS:
            return str(kept["answer"])
    answer = ask()
    if answer is not None and not _LOGIN.search(answer):
        with suppress(OSError):
            place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            part = place.with_suffix(f".{os.getpid()}")
            part.write_text(json.dumps({"asked": time.time(), "answer": answer}), encoding="utf-8")
            part.replace(place)
    return answer


def _folder() -> Path:
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "regreen" / "asked"


def _key(command: Sequence[str], files: Iterable[Path], variables: Sequence[str]) -> str:
    prefixes = tuple(name.lower() for name in variables)
    told = sorted((n, v) for n, v in os.environ.items() if n.lower().startswith(prefixes))
    states = [_state(Path(command[0])), *(_state(path) for path in files)]
    text = json.dumps([list(command), told, states])
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:32]


def _state(path: Path) -> list[str | int]:
    try:
        found = path.stat()
    except OSError:
        return [str(path)]
    return [str(path), found.st_mtime_ns, found.st_size, found.st_ino]
