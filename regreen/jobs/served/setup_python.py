"""actions/setup-python: the Pythons that the image holds, on the search path.

Inputs, outputs, variables and messages: the action's README and its ``src/find-python.ts``.
PyPy, GraalPy and free-threaded builds are not to be had here; the plan names them. The package
caches are no-ops, save that what makes the action fail there makes it fail here.
"""

from __future__ import annotations

import shlex

from regreen.jobs.commands import Effects
from regreen.jobs.layout import python_prefix
from regreen.jobs.pythonreleases import is_known
from regreen.jobs.pythons import DEFAULT_FILE, asked_for
from regreen.jobs.served.call import Call, Script, failing, needed_program
from regreen.model import Unsupported

_MANIFEST = "https://raw.githubusercontent.com/actions/python-versions/main/versions-manifest.json"
_NOT_SET = (
    "::warning::The `python-version` input is not set.  The version of Python currently in `PATH`"
    " will be used."
)
_LOCKS = {
    "pip": "**/requirements.txt or **/pyproject.toml",
    "pipenv": "**/Pipfile.lock",
    "poetry": "**/poetry.lock",
}
_NO_LOCK = """\
cd "$GITHUB_WORKSPACE"
found=
while IFS= read -r pattern; do
  [ -n "$pattern" ] || continue
  shopt -s globstar nullglob dotglob
  for file in $pattern; do [ -f "$file" ] && found=1 && break; done
done <<< "$regreen_patterns"
if [ -z "$found" ]; then
  echo "::error::No file in $PWD matched to [$regreen_words], make sure you have checked out the \
target repository"
  exit 1
fi
cd /
"""


def serve(call: Call) -> Script | Unsupported:
    """Return the script that shows the Pythons that are asked for, and what the action sets."""
    file = call.given("python-version-file")
    if file and not call.given("python-version") and call.read(file.removeprefix("./")) is None:
        return failing(f"The specified python version file at: {file} doesn't exist.")
    wanted = asked_for(call.inputs, call.read)
    if call.asked is None or set(call.asked) <= set(wanted):  # and not what a log says was there
        unheard = next((one for one in wanted if not is_known(one, call.image)), None)
        if unheard is not None:
            return _not_found(call, unheard)
    asked = wanted if call.asked is None else call.asked
    if not asked:
        return Script(_of_path(call))
    missing = [version for version in asked if version not in call.pythons]
    if missing:
        return Unsupported(f"Python {missing[0]}, which only the running job could tell")
    return _script(call, tuple(call.pythons[version] for version in asked))


def _not_found(call: Call, version: str) -> Script:
    architecture = call.given("architecture", "x64")
    if version.endswith(("t", "t-dev")):
        architecture += "-freethreaded"
    system = call.image.replace("ubuntu-", "Ubuntu ") or "this operating system"
    return failing(
        f"The version '{version}' with architecture '{architecture}' was not found for {system}.\n"
        f"The list of all available versions can be found here: {_MANIFEST}",
        "::group::Installed versions",
        f"Version {version} was not found in the local cache",
    )


def _of_path(call: Call) -> str:
    neither = "[warning]Neither 'python-version' nor 'python-version-file' inputs were supplied."
    said = (
        f"{neither} Attempting to find '{DEFAULT_FILE}' file.",
        f"[warning]{DEFAULT_FILE} doesn't exist.",
        _NOT_SET,
    )
    lines = [f"echo {shlex.quote(line)}" for line in said]
    return "\n".join([*lines, *_cache(call), "python3 --version"])


def _script(call: Call, versions: tuple[str, ...]) -> Script:
    """Return what setup-python does for exact ``versions`` that the image holds."""
    prefixes = [python_prefix(version) for version in versions]
    lines = ["set -e", "echo '::group::Installed versions'"]
    for version, place in zip(versions, prefixes, strict=True):
        lines += [f"test -x {place}/bin/python", f"echo 'Successfully set up CPython ({version})'"]
    lines += ["echo '::endgroup::'", *_pip(call, prefixes[-1]), *_cache(call)]
    place = prefixes[-1]
    outputs = {"python-version": versions[-1], "python-path": f"{place}/bin/python"}
    if call.given("cache"):
        outputs["cache-hit"] = "false"
    if not call.flag("update-environment", True):
        return Script("\n".join(lines), effects=Effects({}, (), outputs))
    path = tuple(part for one in prefixes for part in (one, f"{one}/bin"))
    effects = Effects(_environment(call, prefixes), path, outputs)
    return Script("\n".join(lines), effects=effects)


def _environment(call: Call, prefixes: list[str]) -> dict[str, str]:
    place = prefixes[-1]
    libraries = [p for p in call.env.get("LD_LIBRARY_PATH", "").split(":") if p]
    for one in prefixes:
        if f"{one}/lib" not in libraries:
            libraries.insert(0, f"{one}/lib")
    return {
        "pythonLocation": place,
        "PKG_CONFIG_PATH": f"{place}/lib/pkgconfig",
        "Python_ROOT_DIR": place,
        "Python2_ROOT_DIR": place,
        "Python3_ROOT_DIR": place,
        "LD_LIBRARY_PATH": ":".join(libraries),
    }


def _pip(call: Call, place: str) -> list[str]:
    """Return what ``pip-version`` and ``pip-install`` ask for."""
    lines = []
    if version := call.given("pip-version"):
        wanted = shlex.quote(f"pip=={version}")
        lines.append(f"{place}/bin/python -m pip install --upgrade {wanted}")
    if packages := call.given("pip-install"):
        words = " ".join(map(shlex.quote, packages.split()))
        run = f"{place}/bin/python -m pip install {words}"
        lines.append(f'( cd "$GITHUB_WORKSPACE" && PATH={place}/bin:"$PATH" {run} )')
    return lines


def _cache(call: Call) -> list[str]:
    """Return what of ``cache`` can fail: no file to make a key of, no tool to ask for its place."""
    tool = call.given("cache")
    if not tool:
        return []
    if tool not in _LOCKS:
        return [f"echo {shlex.quote(f'::error::Caching for {tool!r} is not supported')}; exit 1"]
    named = call.given("cache-dependency-path")
    words = ",".join(named.splitlines()) if named else _LOCKS[tool].split(" or ")[0]
    patterns = named.splitlines() if named else _LOCKS[tool].split(" or ")
    if tool == "pip" and named:
        patterns = [*patterns, "**/pyproject.toml"]
    words = f"{words} or **/pyproject.toml" if tool == "pip" else words
    lines = [
        f"regreen_words={shlex.quote(words)}",
        f"regreen_patterns={shlex.quote(chr(10).join(patterns))}",
        _NO_LOCK,
    ]
    return [*lines, needed_program(tool)] if tool == "poetry" else lines
