"""Arguments that a library took away, with what its documentation names in their place."""

from __future__ import annotations

import ast
import re

from regreen.verify.guard.names import Sources, last, places

_TRANSPORTS = {"Client": "WSGITransport", "AsyncClient": "ASGITransport"}
"""httpx 0.28: https://github.com/encode/httpx/blob/master/CHANGELOG.md (``app`` removed)."""

_FREQUENCIES = {
    "M": "ME",
    "BM": "BME",
    "CBM": "CBME",
    "SM": "SME",
    "Q": "QE",
    "BQ": "BQE",
    "A": "YE",
    "Y": "YE",
    "BA": "BYE",
    "BY": "BYE",
    "AS": "YS",
    "BAS": "BYS",
    "H": "h",
    "BH": "bh",
    "CBH": "cbh",
    "T": "min",
    "S": "s",
    "L": "ms",
    "U": "us",
    "N": "ns",
}
"""pandas 2.2: https://pandas.pydata.org/docs/whatsnew/v2.2.0.html, "Deprecate aliases"."""

_OFFSETS = {
    "ME": "MonthEnd()",
    "BME": "BMonthEnd()",
    "QE": "QuarterEnd(startingMonth=12)",
    "YE": "YearEnd()",
    "YS": "YearBegin()",
    "h": "Hour()",
    "min": "Minute()",
    "s": "Second()",
    "ms": "Milli()",
    "us": "Micro()",
    "ns": "Nano()",
}
"""The offset that each alias stands for, in every release of pandas:
https://pandas.pydata.org/docs/user_guide/timeseries.html#dateoffset-objects."""

_TAKING = frozenset(
    [
        "date_range",
        "bdate_range",
        "timedelta_range",
        "period_range",
        "interval_range",
        "resample",
        "asfreq",
        "Grouper",
        "to_offset",
        "floor",
        "ceil",
        "round",
        "DatetimeIndex",
        "TimedeltaIndex",
        "Timedelta",
        "to_timedelta",
        "shift",
        "rolling",
        "set_freq",
    ]
)
_MODULES = frozenset(["pandas.offsets", "pandas.tseries.offsets"])
_FREQUENCY = re.compile(r"(?P<count>-?\d*)(?P<name>[A-Za-z]+)(?P<anchor>-[A-Z]{3})?")


def modern(call: ast.Call, new: ast.Call, sources: Sources) -> ast.Call:
    """Return ``call`` with the arguments of today, as far as ``new`` has them.

    ``sources`` tells what the names in ``new`` are imported from.
    """
    return _with_frequencies(_with_transport(call, new), new, sources)


def _with_transport(call: ast.Call, new: ast.Call) -> ast.Call:
    kind = _TRANSPORTS.get(last(call.func))
    app = next((k for k in call.keywords if k.arg == "app"), None)
    there = next((k.value for k in new.keywords if k.arg == "transport"), None)
    if kind is None or app is None or not isinstance(there, ast.Call) or last(there.func) != kind:
        return call
    if len(there.args) == 1 and not there.keywords:
        made = ast.Call(there.func, [app.value], [])
    else:
        made = ast.Call(there.func, [], [app])
    keywords = [ast.keyword("transport", made) if k is app else k for k in call.keywords]
    return ast.copy_location(ast.Call(call.func, call.args, keywords), call)


def _with_frequencies(call: ast.Call, new: ast.Call, sources: Sources) -> ast.Call:
    if last(call.func) not in _TAKING:
        return call
    given = _values(new)

    def renamed(node: ast.expr) -> ast.expr:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            newer = frequency(node.value)
            return next((v for v in given if _stands_for(v, newer, sources)), node)
        return node

    keywords = [
        ast.keyword(k.arg, renamed(k.value) if k.arg in {"freq", "rule", "unit"} else k.value)
        for k in call.keywords
    ]
    return ast.copy_location(ast.Call(call.func, [renamed(a) for a in call.args], keywords), call)


def _values(call: ast.Call) -> list[ast.expr]:
    return [*call.args, *(k.value for k in call.keywords)]


def _stands_for(value: ast.expr, alias: str, sources: Sources) -> bool:
    """Whether ``value`` is the alias itself, or pandas' own offset of that meaning."""
    if not isinstance(value, ast.Call):
        return isinstance(value, ast.Constant) and value.value == alias
    found = places(value.func, sources)
    if not found:
        return False
    modules = {place.rpartition(".")[0] for place in found}
    made = ast.unparse(ast.Call(ast.Name(found[-1].rpartition(".")[2]), value.args, value.keywords))
    return modules <= _MODULES and made == _OFFSETS.get(alias)


def frequency(text: str) -> str:
    """Return the alias of today for a frequency of pandas: ``2M`` is ``2ME``."""
    match = _FREQUENCY.fullmatch(text)
    if match is None or match["name"] not in _FREQUENCIES:
        return text
    return f"{match['count']}{_FREQUENCIES[match['name']]}{match['anchor'] or ''}"
