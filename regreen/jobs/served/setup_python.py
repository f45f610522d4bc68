"""actions/setup-python: the Pythons that the image holds, on the search path."""

from __future__ import annotations

from regreen.jobs.commands import Effects
from regreen.jobs.layout import python_prefix
from regreen.jobs.pythons import requests
from regreen.jobs.served.call import Call, Script
from regreen.model import Unsupported


def serve(call: Call) -> Script | Unsupported:
    """Return the script that shows the Pythons that are asked for, and what the action sets."""
    asked = requests(call.inputs, call.read) if call.asked is None else call.asked
    missing = [version for version in asked if version not in call.pythons]
    if missing:
        return Unsupported(f"Python {missing[0]}, which only the running job could tell")
    return setup_python(tuple(call.pythons[version] for version in asked))


def setup_python(versions: tuple[str, ...]) -> Script:
    """Return what setup-python does for exact ``versions`` that the image holds."""
    lines = [f"test -x {python_prefix(v)}/bin/python" for v in versions]
    lines += [f"echo 'Successfully set up CPython ({v})'" for v in versions]
    if not versions:
        return Script("python3 --version")
    place = python_prefix(versions[-1])
    path = tuple(p for v in versions for p in (python_prefix(v), f"{python_prefix(v)}/bin"))
    env = {
        "pythonLocation": place,
        "PKG_CONFIG_PATH": f"{place}/lib/pkgconfig",
        "Python_ROOT_DIR": place,
        "Python2_ROOT_DIR": place,
        "Python3_ROOT_DIR": place,
        "LD_LIBRARY_PATH": f"{place}/lib",
    }
    outputs = {"python-version": versions[-1], "python-path": f"{place}/bin/python"}
    return Script("set -e\n" + "\n".join(lines), effects=Effects(env, path, outputs))
