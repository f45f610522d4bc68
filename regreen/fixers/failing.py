"""What a fixer's exception says, with the place: whose code it is has to find it."""

from __future__ import annotations

import inspect
import traceback
from pathlib import Path
from types import TracebackType

_HERE = Path(__file__).parent
_PARTS = 2
_WORDS = 300


def words_of(error: BaseException, code: object = None) -> str:
    """Return kind, message and ``file:line`` of an exception.

    The place is the deepest one in the folder of ``code`` (a function of the fixer's), else the
    deepest of all.
    """
    said = f"{type(error).__name__}: {error}"[:_WORDS]
    place = _place(error.__traceback__, _folder(code))
    return f"{said} ({place})" if place else said


def _place(trace: TracebackType | None, folder: Path | None) -> str:
    frames = [
        one
        for one in traceback.extract_tb(trace)
        if Path(one.filename).parent != _HERE and not one.filename.startswith("<")
    ]
    own = [one for one in frames if folder is not None and Path(one.filename).parent == folder]
    if not frames:
        return ""
    frame = (own or frames)[-1]
    return f"{'/'.join(Path(frame.filename).parts[-_PARTS:])}:{frame.lineno}"


def _folder(code: object) -> Path | None:
    try:
        return Path(inspect.getfile(inspect.unwrap(code))).parent  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
