"""actions/setup-java: a JDK of this machine with the major version that is asked for.

No package registry holds whole JDKs, so they come from where this machine has them. Any build of
the same major version stands in for the distribution that is named, which is said. Inputs, outputs,
variables and files: the action's README and ``action.yml``.
"""

from __future__ import annotations

import re
import shlex

from regreen.jobs.commands import Effects
from regreen.jobs.served.call import Call, Script, failing
from regreen.jobs.served.jdks import Jdk, find_jdks, is_wanted
from regreen.jobs.served.placing import from_folder, repacked
from regreen.model import Unsupported

_DISTRIBUTIONS = frozenset(
    [
        "adopt",
        "adopt-hotspot",
        "adopt-openj9",
        "corretto",
        "dragonwell",
        "graalvm",
        "graalvm-community",
        "jdkfile",
        "jetbrains",
        "kona",
        "liberica",
        "microsoft",
        "oracle",
        "sapmachine",
        "semeru",
        "temurin",
        "zulu",
    ]
)
_TOOL_VERSION = re.compile(r"^java\s+(?:\S*?-)?v?(?P<version>\d\S*)\s*$", re.MULTILINE)
_SDKMAN = re.compile(r"^java=(?P<version>\d[\w.+]*)(?:-\w+)?\s*$", re.MULTILINE)
_PLAIN = re.compile(r"^(?:[A-Za-z-]+-)?v?(?P<version>\d\S*)", re.MULTILINE)
_LOCKS = {
    "gradle": "**/*.gradle* **/gradle-wrapper.properties buildSrc/**/Versions.kt"
    " buildSrc/**/Dependencies.kt gradle/*.versions.toml **/versions.properties",
    "maven": "**/pom.xml",
    "sbt": "**/*.sbt **/project/build.properties **/project/**.scala **/project/**.sbt",
}
_CACHE = """\
cd "$GITHUB_WORKSPACE"; found=; shopt -s globstar nullglob
for file in $regreen_patterns; do found=1; break; done
if [ -z "$found" ]; then
  echo "::error::No file in $PWD matched to [${regreen_patterns// /,}], make sure you have checked \
out the target repository"
  exit 1
fi
cd /
"""


def serve(call: Call) -> Script | Unsupported:
    """Put JDKs into the sandbox and return the script that shows them, and what the action sets."""
    distribution = call.given("distribution", "zulu" if call.major == 1 else "").lower()
    if not distribution:
        return failing("Input required and not supplied: distribution")
    if distribution not in _DISTRIBUTIONS:
        return failing(f"No supported distribution was found for input {distribution}")
    asked = _asked(call)
    if isinstance(asked, Script):
        return asked
    for name in ("jdk-file", "gpg-private-key"):
        if call.given(name):
            return Unsupported(f"setup-java with {name}")
    kind, architecture = call.given("java-package", "jdk"), call.given("architecture", "x64")
    if architecture != "x64" or "fx" in kind:
        return Unsupported(f"setup-java with {kind} for {architecture}")
    here = find_jdks()
    chosen = [(one, jdk) for one in asked for jdk in [choose(one, here)] if jdk is not None]
    if len(chosen) < len(asked):
        lacking = next(one for one in asked if choose(one, here) is None)
        return Unsupported(_lacking(lacking, here))
    return _script(call, distribution, chosen)


def _lacking(asked: str, here: tuple[Jdk, ...]) -> str:
    major = major_of(asked)
    has = ", ".join(dict.fromkeys(str(jdk.major) for jdk in here)) or "none"
    wanted = f"openjdk-{major}-jdk" if major else "a JDK"
    return (
        f"Java {asked}: this machine has {has}; install one below /usr/lib/jvm"
        f" (apt-get install {wanted})"
    )


def _asked(call: Call) -> list[str] | Script:
    versions = list(call.lines("java-version"))
    if versions:
        return versions
    path = call.given("java-version-file")
    if not path:
        return failing("java-version or java-version-file input expected")
    text = call.read(path.removeprefix("./"))
    found = of_file(path, text) if text is not None else None
    if found is None:
        return failing(f"No supported version was found in file {path}")
    return [found]


def of_file(path: str, text: str) -> str | None:
    """Return the version in a ``.java-version``, ``.tool-versions`` or ``.sdkmanrc``."""
    name = path.rpartition("/")[2]
    pattern = {".tool-versions": _TOOL_VERSION, ".sdkmanrc": _SDKMAN}.get(name, _PLAIN)
    found = pattern.search(text)
    return found["version"] if found else None


def major_of(asked: str) -> int | None:
    """Return the major version of a request: of ``1.8``, ``11.0.4``, ``17-ea``, ``21.x``."""
    numbers = re.findall(r"\d+", asked)
    if not numbers:
        return None
    return int(numbers[1]) if numbers[0] == "1" and len(numbers) > 1 else int(numbers[0])


def choose(asked: str, here: tuple[Jdk, ...]) -> Jdk | None:
    """Return the JDK that serves a request: its exact version, or the newest of its major one."""
    if asked.strip().lower() in ("latest", "x", "*"):
        return here[0] if here else None
    major = major_of(asked)
    same = [jdk for jdk in here if jdk.major == major]
    return next((jdk for jdk in same if jdk.version == asked.strip()), same[0] if same else None)


def _script(call: Call, distribution: str, chosen: list[tuple[str, Jdk]]) -> Script:
    lines, env = ["set -e"], dict[str, str]()
    home, version = "", ""
    for asked, jdk in chosen:
        version = jdk.version
        home = f"{call.layout.tool_cache}/Java_{distribution}_jdk/{jdk.version}/x64"
        _place(call, jdk, home)
        said = f"{distribution} {asked} is stood in by {jdk.maker or 'the JDK'} {jdk.version}"
        lines += [f"echo {shlex.quote(said)}", f"{home}/bin/java -version"]
        env[f"JAVA_HOME_{jdk.major}_X64"] = home
    outputs = {"distribution": distribution, "version": version, "path": home}
    if tool := call.given("cache"):
        outputs["cache-hit"] = "false"
        lines += _cache(call, tool)
    lines.append(_settings(call))
    default = call.flag("set-default", True)
    if default:
        env["JAVA_HOME"] = home
    path = (f"{home}/bin",) if default else ()
    return Script("\n".join(lines), effects=Effects(env, path, outputs))


def _place(call: Call, jdk: Jdk, root: str) -> None:
    if call.inside(f'test -x "{root}/bin/java"') is not None:
        return
    with repacked(from_folder(jdk.root, lambda name: name if is_wanted(name) else None)) as tar:
        call.sandbox.write_tree(root, tar)


def _cache(call: Call, tool: str) -> list[str]:
    if tool not in _LOCKS:
        said = f"::error::unknown package manager specified: {tool}"
        return [f"echo {shlex.quote(said)}; exit 1"]
    patterns = " ".join(call.lines("cache-dependency-path")) or _LOCKS[tool]
    return [f"regreen_patterns={shlex.quote(patterns)}", _CACHE]


def _settings(call: Call) -> str:
    """Return what writes Maven's settings, of which only the server's variables matter to a job."""
    server = call.given("server-id", "github")
    user = call.given("server-username", "GITHUB_ACTOR")
    password = call.given("server-password", "GITHUB_TOKEN")
    text = (
        "<settings><interactiveMode>false</interactiveMode><servers><server>"
        f"<id>{server}</id><username>${{env.{user}}}</username>"
        f"<password>${{env.{password}}}</password></server></servers></settings>"
    )
    folder = call.given("settings-path", f"{call.layout.home}/.m2")
    keeps = "" if call.flag("overwrite-settings", True) else '[ -e "$f" ] || '
    return (
        f"f={shlex.quote(folder)}/settings.xml; mkdir -p {shlex.quote(folder)};"
        f' {keeps}printf %s {shlex.quote(text)} > "$f"'
    )
