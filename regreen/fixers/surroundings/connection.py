"""Says how a job gets on with a server that does not always answer: again, retries, a cache.

Whether the server answers is not in the commit, so nothing here can be proven.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from regreen.fixers.surroundings.asking import JobText, job_text, said, script_of, where
from regreen.jobs.expressions import Value, to_string
from regreen.model import Advice, Category, Failure, Idea, Severity
from regreen.scene import Scene

ID = "connection"
DOCS = "https://github.com/actions/setup-python#caching-packages-dependencies"

_PERMANENT = re.compile(
    r"(?<![\w.:/-])(?:40[0134]|405|410|422|451)(?![\w.:-])|[Nn]ot [Ff]ound|does not exist"
)
_NAME = re.compile(r"(?:https?|ssh|git)://(?:[^/\s'\"@]*@)?(?P<host>[\w.-]+)")
_PIP = re.compile(r"(?<![\w-])(?:pip3?|uv pip|pipenv|poetry)(?![\w-])")
_MANAGERS = {"pipenv": "pipenv", "poetry": "poetry"}
_LONGEST = 200


def propose(failure: Failure, scene: Scene) -> Iterable[Idea]:
    """Yield a new run, then what makes the next outage harmless."""
    if failure.category != Category.NETWORK_ERROR:
        return
    whole = "\n".join(said(failure))
    host = next((m["host"] for m in _NAME.finditer(whole)), "the server")
    if _PERMANENT.search(whole):
        yield _advice(f"{host} answers, and refuses: correct the address, or what is asked for")
        return
    yield Advice(
        f"run the job again when {host} answers: the commit cannot change that",
        ID,
        Severity.LOW,
        action="rerun",
    )
    script, text = script_of(failure, scene).strip(), job_text(scene)
    if script and "\n" not in script and len(script) <= _LONGEST and "@" not in script:
        yield _advice("have the step try three times before it fails", _again(script))
    if (found := _cached(script, text)) is not None:
        yield found


def _again(script: str) -> str:
    lines = ("for try in 1 2 3; do", f"  {script} && exit 0", "  sleep $((try * 10))", "done")
    return "\n".join(["run: |", *(f"  {line}" for line in (*lines, "exit 1"))])


def _cached(script: str, text: JobText | None) -> Advice | None:
    """Return the advice to keep downloads between runs, where the job does not do so yet."""
    setup = text.uses("actions/setup-python") if text else None
    match = _PIP.search(script)
    if match is None or (text is not None and setup is None):
        return None
    given = setup.get("with") if setup else None
    options = dict(given) if isinstance(given, Mapping) else {}
    if "cache" in options:
        return None
    entries = {**options, "cache": _MANAGERS.get(match[0], "pip")}
    uses = setup["uses"] if setup else "actions/setup-python@v5"
    lines = [f"- uses: {uses}", "  with:"]
    lines += [f"    {name}: {_scalar(value)}" for name, value in entries.items()]
    words = f"keep what {where(text)} downloads between its runs: fewer downloads fail less often"
    return _advice(words, "\n".join(lines))


def _scalar(value: Value) -> str:
    text = to_string(value)
    plain = re.fullmatch(r"[A-Za-z][\w./-]*", text) is not None or "${{" in text
    return text if plain else "'" + text.replace("'", "''") + "'"


def _advice(text: str, change: str = "") -> Advice:
    return Advice(text, ID, Severity.MEDIUM, change)
