"""Packages that did not build: what pip and ``build`` say of a build back end that failed.

The installer's own last words make the verdict, the back end's output above them the category and
the diagnostic. A wheel that was not built counts for nothing where pip installed the package all
the same (pip before 23.1 falls back to ``setup.py install``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from regreen.logs.excerpt import Excerpt
from regreen.logs.expressions import expression
from regreen.logs.rules.base import Finding, Rule, Weight, diagnostic, is_final, unique
from regreen.logs.rules.causes import Cause, cause
from regreen.model import AutoFixable, Category, Diagnostic

_FATAL = expression(
    r"^[ \t]*(?:ERROR: )?(?:Command errored out with exit status \d+: (?!git )\S"
    r"|Command \".*(?:setup\.py|pip|_in_process).*\" failed with error code \d+"
    r"|Failed to build '(?P<wanted>[^'\n]+)' when (?!git )|Could not build wheels for (?P<some>\S+)"
    r"|Failed to build installable wheels for |Failed to build one or more wheels"
    r"|Cannot import build backend |ERROR: Failed to build one)"
    r"|^error: (?:subprocess-exited-with-error|metadata-generation-failed|legacy-install-failure"
    r"|failed-wheel-build-for-install|backend-unavailable|failed-build-dependency-install)"
    r"|^  error: backend-unavailable"
)
_PACKAGE = expression(
    r"^[ \t]*(?:ERROR: )?Failed building (?:wheel|editable) for (?P<package>[\w.\[\]-]+)"
)
_BLOCK = expression(
    r"^[ \t]*(?:\u2570\u2500> |\u2514\u2500> |\S{1,3}> )?\[\d+ lines of output\]$"
    r"|^[ \t]*Complete output(?: \(\d+ lines\))?(?: from command .*)?:?"
)
_BLOCK_END = expression(r"^[ \t]*(?:\[end of output\]|-{20,})\s*$")
_GIT = expression(r"^[ \t]*\S git \w+ .* did not run successfully")
_BLOCKS = 20
"""Framed outputs that are looked into, counted from the end."""
_GIT_REPORT = 15
"""Lines that pip says of a git command that failed, its last word included."""
_TRIGGERS = (
    "Failed building ",
    "Failed to build '",
    "ould not build wheels",
    "installable wheels",
    "errored out with exit status",
    "failed with error code",
    "subprocess-exited-with-error",
    "metadata-generation-failed",
    "legacy-install-failure",
    "failed-wheel-build",
    "backend-unavailable",
    "failed-build-dependency",
    "Cannot import build backend",
)
_BUILD = expression(
    r"^(?:ERROR +)?(?P<message>Backend (?:subprocess exited when trying to invoke \w+"
    r"|operation failed: .*|'[^'\n]+' is not available.*)|Failed to create venv.*"
    r"|Source \S+ does not appear to be a Python project.*|Missing dependencies:"
    r"|Failed to parse \S*pyproject\.toml.*|Command '\[.*'pip', 'install'.*)"
)
_STAGE = expression(r"^\* ")
_BUILD_WORDS = (
    "Backend ",
    "Failed to create venv",
    "ERROR Source ",
    "Missing dependencies:",
    "ERROR Failed to parse",
    "ERROR Command '[",
)


def blocks(excerpt: Excerpt) -> list[tuple[int, int]]:
    """The last outputs that pip frames, first line included, last excluded."""
    begins = [begin for begin, _ in excerpt.grep(_BLOCK, "lines of output]", "Complete output")]
    begins = begins[-_BLOCKS:]
    found: list[tuple[int, int]] = []
    ends = [*begins[1:], len(excerpt)]
    for begin, following in zip(begins, ends, strict=False):
        end = begin + 1
        while end < following and not _BLOCK_END.match(excerpt.lines[end]):
            end += 1
        found.append((begin + 1, end))
    return found


def _pip(excerpt: Excerpt) -> Iterable[Finding]:
    cloned = [i for i, _ in excerpt.grep(_GIT, "did not run successfully")][-_BLOCKS:]
    fatal = [
        i
        for i, _ in excerpt.grep(_FATAL, *_TRIGGERS)
        if not any(c - 3 <= i < c + _GIT_REPORT for c in cloned)
    ]
    wheels = list(excerpt.grep(_PACKAGE, "Failed building "))
    said = sorted({*fatal, *(i for i, _ in wheels)})
    if not said or (not fatal and _installed_after(excerpt, said[-1])):
        return
    framed = blocks(excerpt) or [(max(said[0] - 40, 0), min(said[0] + 6, len(excerpt)))]
    known: list[tuple[int, Cause]] = []
    for begin, end in framed:
        found = cause(excerpt, begin, end)
        if found is not None:
            known.append((begin, found))
    named = {_before(known, i): m["package"] for i, m in wheels[-_BLOCKS:]}
    last = known[-1][1] if known else None
    yield Finding(
        "pip",
        last.category if last else Category.BUILD_ERROR,
        Weight.VERDICT if fatal else Weight.SIGN,
        tuple(sorted({*said, *(c.index for _, c in known)})),
        unique(_told(c, named.get(begin)) for begin, c in known) or _untold(excerpt, said[-1]),
        _mendable(last),
        confidence=0.93,
    )


def _before(known: list[tuple[int, Cause]], index: int) -> int:
    """The block that stands last above line ``index``; -1 without one."""
    return max((begin for begin, _ in known if begin <= index), default=-1)


def _told(found: Cause, package: str | None) -> Diagnostic:
    return diagnostic(None, found.code or package, found.message)


def _untold(excerpt: Excerpt, index: int) -> tuple[Diagnostic, ...]:
    return (diagnostic(None, None, excerpt.lines[index]),)


def _mendable(found: Cause | None) -> AutoFixable:
    missing = found is not None and found.category is Category.DEPENDENCY_ISSUE
    return AutoFixable.PARTIAL if missing else AutoFixable.NO


def _installed_after(excerpt: Excerpt, index: int) -> bool:
    return excerpt.text.find("Successfully installed ", excerpt.starts[index]) >= 0


def _build(excerpt: Excerpt) -> Iterable[Finding]:
    """``python -m build``: the back end's output stands between its stages and its last word."""
    hits = list(excerpt.grep(_BUILD, *_BUILD_WORDS))
    hits = [hit for hit in hits if excerpt.lines[hit[0]].startswith(("ERROR", "\x1b"))]
    if not hits:
        return
    index, match = hits[-1]
    stages = [i for i, _ in excerpt.grep(_STAGE, "* ") if i < index]
    begin = stages[-1] if stages else max(index - 200, 0)
    found = cause(excerpt, begin, index)
    category = found.category if found else Category.BUILD_ERROR
    if match["message"].startswith(("Source", "Failed to parse")):
        category = Category.CONFIGURATION_ERROR
    elif match["message"].startswith("Missing"):
        category = Category.DEPENDENCY_ISSUE
    yield Finding(
        "build",
        category,
        Weight.VERDICT,
        (found.index, index) if found else (index,),
        (_told(found, None) if found else diagnostic(None, None, match["message"]),),
        _mendable(found),
        confidence=0.93,
    )


_COMMAND = expression(
    r"^(?:error: command '?[^\n]{1,200}? failed(?: with exit (?:code|status) \d+|: .*)"
    r"|error: (?:Microsoft Visual C\+\+ .*|invalid command '.*|\[Errno \d+\] .*)"
    r"|error in \S+ setup command: .*|ERROR: The autodetected|error: Command .* returned non-zero"
    r" exit status \d+\.?)",
    re.MULTILINE,
)


def _setup_py(excerpt: Excerpt) -> Iterable[Finding]:
    """``python setup.py``: distutils' own last word, and the compiler's above it."""
    hits = [i for i, _ in excerpt.grep(_COMMAND, "error: ", "error in ", "ERROR: The ")]
    if not hits:
        return
    index = hits[-1]
    found = cause(excerpt, max(index - 400, 0), index + 1)
    final = is_final(excerpt, index)
    yield Finding(
        "setuptools",
        found.category if found else Category.BUILD_ERROR,
        Weight.VERDICT if final else Weight.SIGN,
        (found.index, index) if found and found.index != index else (index,),
        (_told(found, None),) if found else _untold(excerpt, index),
        confidence=0.9,
    )


_FRAME = expression(
    r"^[ \t]*File \"[^\"\n]*(?:[\\/](?P<tool>hatchling|flit_core|mesonpy|scikit_build_core"
    r"|poetry/core"
    r"|pdm/backend|setuptools/build_meta)\b[^\"\n]*|\bsetup\.py)\", line \d+",
    re.MULTILINE,
)
_TRACEBACK = "Traceback (most recent call last):"


def _traceback(excerpt: Excerpt) -> Iterable[Finding]:
    """A back end, or setup.py, that broke off with an exception of its own."""
    begin = excerpt.at(max(excerpt.text.rfind(_TRACEBACK), 0))
    frames = [(i, m) for i, m in excerpt.grep(_FRAME, "File ", first=begin)]
    found = cause(excerpt, begin, len(excerpt)) if frames else None
    if found is None or found.category is not Category.BUILD_ERROR or found.index < frames[-1][0]:
        return
    if is_final(excerpt, found.index):
        yield Finding(
            "setuptools",
            Category.BUILD_ERROR,
            Weight.SIGN,
            (frames[-1][0], found.index),
            (_told(found, None),),
            confidence=0.87,
        )


RULES = (
    Rule(
        "back-end-traceback",
        (
            "hatchling/",
            "flit_core/",
            "mesonpy",
            "scikit_build_core",
            "poetry/core",
            "pdm/backend",
            "build_meta.py",
            'setup.py", line',
        ),
        _traceback,
        _TRACEBACK + '\n  File "/builds/a/b/setup.py", line 1, in <module>\nRuntimeError: no',
        _TRACEBACK + '\n  File "/builds/a/b/c.py", line 1, in <module>\nRuntimeError: no',
    ),
    Rule(
        "pip-build",
        _TRIGGERS,
        _pip,
        "  \u2570\u2500> [2 lines of output]\n      a.c:1:2: error: no\n      [end of output]\n"
        "  ERROR: Failed building wheel for a\nERROR: Failed to build installable wheels for some",
        "  Building wheel for a (setup.py): finished with status 'done'",
        frozenset({"build", "setuptools"}),
    ),
    Rule(
        "python-build",
        _BUILD_WORDS,
        _build,
        "* Building wheel...\nValueError: no\n\nERROR Backend subprocess exited when trying to"
        " invoke build_wheel",
        "* Building wheel...\nSuccessfully built a-1.0-py3-none-any.whl",
        frozenset({"setuptools"}),
    ),
    Rule(
        "setup-py",
        (
            "error: command ",
            "setup command: ",
            "error: Microsoft",
            "error: invalid command '",
            "error: Command ",
            "error: [Errno ",
        ),
        _setup_py,
        "a.c:1:2: error: no\nerror: command '/usr/bin/gcc' failed with exit code 1",
        "running build_ext",
    ),
)
