"""Tools that regreen brings itself, for jobs that do not have them.

They go into a virtual environment outside the repository and outside the job's own, at fixed
versions, so that the same failure gets the same patch.
"""

from __future__ import annotations

import shlex

_VERSIONS = {"ruff": "0.14.5", "black": "25.9.0", "autopep8": "2.3.2"}
_TODAY = "http://127.0.0.1:3141/today/simple/"
_FOLDER = '"${RUNNER_TEMP:-/tmp}"/regreen-tools'


def with_tool(name: str, *calls: str) -> str:
    """Return a script that installs the tool ``name`` and then runs ``calls``.

    The calls find the tool as ``"$tool"``. The fixed version comes from today's index; where that
    lacks it, the newest one serves that the index as of the run shows.
    """
    wanted = shlex.quote(f"{name}=={_VERSIONS[name]}")
    install = f"{_FOLDER}/bin/python -m pip install -q --disable-pip-version-check"
    return "\n".join(
        [
            "PY=/usr/bin/python3; [ -x $PY ] || PY=python3",
            f"env -u PYTHONPATH -u PYTHONHOME $PY -m venv {_FOLDER} || exit 1",
            f"{install} --index-url {_TODAY} {wanted} || {install} {name} || exit 1",
            f"tool={_FOLDER}/bin/{name}",
            *calls,
        ]
    )
