"""Names of other people's modules that are the same thing elsewhere: backports, moves, renames."""

from __future__ import annotations

import sys

from regreen.removals import renames

KNOWN = frozenset(
    tuple(pair.split(">"))
    for pair in [
        "getargspec>getfullargspec",
        "warn>warning",
        "isAlive>is_alive",
        "tostring>tobytes",
        "fromstring>frombytes",
        "readfp>read_file",
        "SafeConfigParser>ConfigParser",
        "encodestring>encodebytes",
        "decodestring>decodebytes",
        "clock>perf_counter",
        "currentThread>current_thread",
        "activeCount>active_count",
        "isSet>is_set",
        "notifyAll>notify_all",
        "getName>name",
        "product>prod",
        "cumproduct>cumprod",
        "alltrue>all",
        "sometrue>any",
        "in1d>isin",
        "trapz>trapezoid",
        "row_stack>vstack",
        "float>float64",
        "float>float",
        "int>int",
        "int>int64",
        "bool>bool",
        "bool>bool_",
        "object>object",
        "str>str",
        "complex>complex",
        "NaN>nan",
        "Inf>inf",
        "infty>inf",
        "float_>float64",
        "unicode_>str_",
        "iteritems>items",
        "as_matrix>to_numpy",
        "soft_unicode>soft_str",
        "contextfunction>pass_context",
        "contextfilter>pass_context",
        "force_text>force_str",
        "smart_text>smart_str",
        "ugettext>gettext",
        "ugettext_lazy>gettext_lazy",
        "url_quote>quote",
        "url_unquote>unquote",
        "url_encode>urlencode",
        "url_decode>parse_qs",
        "assertEquals>assertEqual",
    ]
)
"""Names that Python or a big library removed, with what took their place: "What's New" since 3.9,
numpy 1.24 and 2.0, pandas 2.0, MarkupSafe 2.1, Jinja 3.1, Django 4.0, Werkzeug 3.0."""

_TWINS = (
    ("typing_extensions", "typing"),
    ("typing_extensions", "warnings"),
    ("typing_extensions", "collections.abc"),
    ("mypy_extensions", "typing"),
    ("typing", "collections.abc"),
    ("typing", "re"),
    ("typing", "contextlib"),
    ("mock", "unittest.mock"),
    ("mock.mock", "unittest.mock"),
    ("unittest2", "unittest"),
    ("importlib_metadata", "importlib.metadata"),
    ("importlib_resources", "importlib.resources"),
    ("tomli", "tomllib"),
    ("backports.zoneinfo", "zoneinfo"),
    ("backports.strenum", "enum"),
    ("strenum", "enum"),
    ("backports.cached_property", "functools"),
    ("cached_property", "functools"),
    ("backports.functools_lru_cache", "functools"),
    ("contextlib2", "contextlib"),
    ("async_generator", "contextlib"),
    ("pathlib2", "pathlib"),
    ("async_timeout", "asyncio"),
    ("exceptiongroup", "builtins"),
    ("taskgroup", "asyncio"),
    ("graphlib_backport", "graphlib"),
    ("dataclasses_json.core", "dataclasses"),
    ("pickle5", "pickle"),
    ("futures", "concurrent.futures"),
    ("ordereddict", "collections"),
    ("simplejson", "json"),
    ("six.moves", "builtins"),
    ("io", "builtins"),
    ("past.builtins", "builtins"),
    ("attr", "attrs"),
    ("_pytest", "pytest"),
    ("py.test", "pytest"),
    ("asynctest", "unittest.mock"),
    ("asynctest.mock", "unittest.mock"),
    ("distutils", "setuptools._distutils"),
    ("distutils.version", "looseversion"),
    ("Crypto", "Cryptodome"),
    ("ruamel_yaml", "ruamel.yaml"),
    ("sklearn.externals.joblib", "joblib"),
    ("toml", "tomli_w"),
)
"""Modules of which either stands for the other, where a name is in both.

Sources: the pages of the backports on PyPI, and "What's New in Python" for what they bring back.
"""
_BUILT_IN = frozenset(vars(__import__("builtins")))


def related(old: str, new: str) -> bool:
    """Whether ``new`` is what ``old`` was, both full names of modules that are not the project's.

    Either the module is the same and the name too, or a catalogue says that it moved or is a
    backport.
    """
    first, second = _plain(old), _plain(new)
    if first == second or _moved(first, second):
        return True
    last = first.rpartition(".")[2], second.rpartition(".")[2]
    named_alike = last[0] == last[1] or last in KNOWN
    if named_alike and first.partition(".")[0] == second.partition(".")[0]:
        return True
    return any(_twins(first, second, *pair) or _twins(second, first, *pair) for pair in _TWINS)


def is_shadowed_by(name: str, source: str) -> bool:
    """Whether an import of ``name`` hides a builtin that it is no backport of."""
    return name in _BUILT_IN and not related(f"builtins.{name}", source)


def is_standard(name: str) -> bool:
    """Whether a full name is one of the standard library, or a builtin."""
    root = name.partition(".")[0]
    return root in sys.stdlib_module_names or ("." not in name and name in _BUILT_IN)


def _plain(name: str) -> str:
    return name.removeprefix("builtins.").removeprefix("__builtin__.")


def _moved(old: str, new: str) -> bool:
    """Whether the catalogue of removals leads from one to the other, by the longest name known."""
    parts = old.split(".")
    for size in range(len(parts), 0, -1):
        rest = parts[size:]
        for place in renames().get(".".join(parts[:size]), ()):
            if ".".join([place, *rest]) == new:
                return True
    return False


def _twins(one: str, other: str, first: str, second: str) -> bool:
    """Whether two names are the same one in two modules that stand for one another."""
    if one == first and other == second:
        return True
    if not one.startswith(f"{first}."):
        return False
    rest = one.removeprefix(f"{first}.")
    if second == "builtins":
        return other == rest
    return other.startswith(f"{second}.") and rest.rpartition(".")[2] == other.rpartition(".")[2]
