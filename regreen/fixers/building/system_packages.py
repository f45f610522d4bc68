"""A header, program or library of the system that a build lacks: install it before the step.

Which Debian package has what is data (``data/headers.toml``). The new step goes right before the
one that fails, or the package joins an ``apt-get install`` that the job has.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import resources

from regreen.fixers.building.steps import insert_before, joined_install
from regreen.model import Edit, Failure, Idea, Severity
from regreen.scene import Scene

ID = "system packages"
DOCS = "https://packages.debian.org/"

_HEADER = re.compile(
    r"fatal error: ['\"]?(?P<a>[\w./+-]+\.h(?:pp)?)['\"]?(?:: No such file| file not found)"
    r"|cannot find (?:header file )?['\"]?(?P<b>[\w./+-]+\.h(?:pp)?)"
    r"|(?<![\w./+-])(?P<c>[\w./+-]+\.h(?:pp)?): No such file or directory"
)
_PROGRAM = re.compile(
    r"(?<![\w.+-])(?P<a>[\w.+-]+) executable not found"
    r"|(?:^|[\s:])(?P<b>[\w.+-]+): (?:command )?not found"
    r"|No such file or directory: '(?P<c>[\w.+-]+)'"
    r"|(?:unable to execute|[Cc]ould not find|[Cc]an't find|Program) '?(?P<d>[\w.+-]+)'?"
    r"(?:: No such file| (?:not found|executable|compiler))"
    r"|Unknown compiler\(s\):? \[+'(?P<e>[\w.+-]+)'"
    r"|(?P<f>pkg-config) (?:is required|not found|could not be found)",
    re.MULTILINE,
)
_LIBRARY = re.compile(
    r"cannot find -l(?P<a>[\w.+-]+)"
    r"|lib(?P<b>[\w+-]+\.so(?:\.\d+)*): cannot open shared object file"
    r"|(?P<c>sndfile|magic|portaudio) library not found"
)
_PKGCONFIG = re.compile(
    r"(?:Package|Dependency) [\"'`]?(?P<a>[\w.+-]+)['\"]?(?:,[^\n]*)? (?:was not found|not found)"
    r"|No package '(?P<b>[\w.+-]+)' found"
)


def propose(failure: Failure, scene: Scene) -> Iterable[Idea]:
    """Yield an edit of the workflow that installs all that the output misses."""
    if scene.place is None or scene.place.provider != "github":
        return
    said = "\n".join([scene.output, *(d.message for d in failure.diagnostics)])
    packages = tuple(dict.fromkeys(_missing(said)))
    text = scene.files.text(scene.place.workflow)
    if not packages or text is None:
        return
    words = f"the build needs {', '.join(packages)} of the system"
    for made in (
        joined_install(text, scene.place, packages),
        insert_before(text, scene.place, "Install system packages", _script(packages)),
    ):
        if made is not None:
            files = {scene.place.workflow: made}
            yield Edit(ID, words, files, from_start=True, severity=Severity.MEDIUM)


def _missing(said: str) -> Iterator[str]:
    for kind, expression in (
        ("headers", _HEADER),
        ("pkgconfig", _PKGCONFIG),
        ("programs", _PROGRAM),
        ("libraries", _LIBRARY),
    ):
        table = _table()[kind]
        for match in expression.finditer(said):
            name = next(group for group in match.groups() if group)
            package = table.get(name) or table.get("/".join(name.split("/")[-2:]))
            package = package or table.get(name.rsplit("/", 1)[-1])
            if package is not None:
                yield package


def _script(packages: Iterable[str]) -> str:
    return f"sudo apt-get update\nsudo apt-get install -y {' '.join(packages)}"


@cache
def _table() -> dict[str, dict[str, str]]:
    data = resources.files("regreen.fixers.building").joinpath("data/headers.toml")
    return tomllib.loads(data.read_text("utf-8"))
