"""Regular expressions that are compiled when they are first used.

Reading one log needs few of the hundreds of expressions that the rules hold, and compiling them all
takes longer than reading most logs.
"""

from __future__ import annotations

import re
from typing import Any, AnyStr, Generic, cast

_METHODS = ("search", "match", "fullmatch", "finditer", "findall", "sub", "subn", "split")
_FACTS = ("pattern", "flags", "groups", "groupindex")


class _Lazy(Generic[AnyStr]):
    """Stands for a pattern; becomes one at the first use of any of its attributes."""

    def __init__(self, source: AnyStr, flags: int) -> None:
        self._source: AnyStr = source
        self._flags = flags

    def __getattr__(self, name: str) -> Any:
        if name not in _METHODS and name not in _FACTS:
            raise AttributeError(name)
        compiled = re.compile(self._source, self._flags)
        self.__dict__.update({known: getattr(compiled, known) for known in (*_METHODS, *_FACTS)})
        return self.__dict__[name]


def expression(source: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """Return what ``re.compile`` returns, compiled at its first use.

    It has the methods and attributes of a pattern, but is not an instance of ``re.Pattern``. A
    wrong expression is only found out when it is used: ``tests/logs/test_rules.py`` uses them all.
    """
    return cast("re.Pattern[AnyStr]", _Lazy(source, flags))
