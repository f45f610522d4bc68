"""Says how a job gets by with the runner's memory, disk and processors, as advice.

The sandbox has the runner's own limits where this machine has as much, so that what does not fit
there does not fit here either; a larger runner or less work is for people to decide.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from regreen.fixers.surroundings.asking import job_text, name_of, said, script_of, where
from regreen.model import Advice, Category, Failure, Idea, Severity
from regreen.scene import Scene

ID = "room on the runner"
DOCS = "https://docs.github.com/en/actions/using-github-hosted-runners/using-github-hosted-runners/about-github-hosted-runners"

_DISK = re.compile(
    r"[Nn]o space left|ENOSPC|[Nn]ot enough (?:free )?(?:disk )?space|is not enough space|"
    r"[Dd]isk quota|[Ll]ow disk space|out of disk space"
)
_QUOTA = re.compile(r"storage quota|Too Large")
_HANDLES = re.compile(r"[Tt]oo many open files|EMFILE")
_NODE = re.compile(r"JavaScript heap|Reached heap limit")
_LOST = re.compile(r"lost communication|shutdown signal|encountered an (?:error|internal)|lost its")
_PARALLEL = re.compile(
    r"(?P<option>(?:(?<=\s)-n|--numprocesses|(?<=\s)-j|--jobs|--parallel|--workers|--max-workers))"
    r"(?P<mark>[ =]?)(?P<count>auto|logical|\d+|\$\(nproc\))"
)
_FREE = """\
- name: Free disk space
  run: |
    sudo rm -rf /usr/share/dotnet /usr/local/lib/android /opt/ghc /opt/hostedtoolcache/CodeQL
    df -h /"""
"""The largest folders of the hosted images that a Python job does not need (their own lists of
installed software name what lies in them)."""


def propose(failure: Failure, scene: Scene) -> Iterable[Idea]:
    """Yield what makes room, by what ran out."""
    if failure.category != Category.RESOURCE_EXHAUSTION:
        return
    whole = "\n".join(said(failure))
    text, script = job_text(scene), script_of(failure, scene)
    if _LOST.search(whole):
        words = "the runner itself went away: run the job again; if it goes each time, the job "
        yield Advice(
            f"{words}takes more memory than the runner has", ID, Severity.LOW, action="rerun"
        )
    elif _QUOTA.search(whole):
        yield _advice("the storage of the account is full: keep artifacts and caches for less long")
    elif _DISK.search(whole):
        yield _advice(f"make room before the first step of {where(text)}", _FREE)
        if re.search(r"(?<![\w-])pip3? install", script) and "--no-cache-dir" not in script:
            words = "have pip keep no copy of what it installs: add --no-cache-dir"
            yield _advice(words, "env:\n  PIP_NO_CACHE_DIR: '1'")
    elif _HANDLES.search(whole):
        yield _advice("allow the step more open files", 'run: |\n  ulimit -n "$(ulimit -Hn)"\n  …')
    else:
        yield from _memory(whole, script, name_of(text))


def _memory(whole: str, script: str, job: str) -> Iterable[Idea]:
    if _NODE.search(whole):
        words = "allow Node more memory than its default"
        yield _advice(words, "env:\n  NODE_OPTIONS: --max-old-space-size=6144")
    if (match := _PARALLEL.search(script)) is not None and match["count"] != "1":
        fewer = f"{match['option']}{match['mark']}{_fewer(match['count'])}"
        changed = script[: match.start()] + fewer + script[match.end() :]
        yield _advice(
            f"let fewer processes run at once: {match[0].strip()} becomes {fewer.strip()}",
            "run: |\n" + "\n".join(f"  {line}" for line in changed.strip().splitlines()),
        )
    elif not _NODE.search(whole):
        yield _advice(
            "the job takes more memory than the runner has (16 GB on GitHub's standard Linux "
            "runners): let it do less at once, split it into several jobs, or name a larger runner",
            f"jobs:\n  {job}:\n    runs-on: LARGER-RUNNER",
        )


def _fewer(count: str) -> str:
    return str(max(int(count) // 2, 1)) if count.isdigit() else "2"


def _advice(text: str, change: str = "") -> Advice:
    return Advice(text, ID, Severity.MEDIUM, change)
