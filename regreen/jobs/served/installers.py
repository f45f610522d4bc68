"""Actions that install a project tool: Poetry, PDM, Hatch, pnpm, from the package index.

Inputs, outputs and places: the README of snok/install-poetry, abatilo/actions-poetry,
pdm-project/setup-pdm, pypa/hatch and pnpm/action-setup.
"""

from __future__ import annotations

import json
import re
import shlex

from packaging.version import InvalidVersion, Version

from regreen.jobs.commands import Effects
from regreen.jobs.layout import python_prefix
from regreen.jobs.served.call import Call, Script, failing
from regreen.jobs.served.placing import from_tarball, link, repacked
from regreen.jobs.served.tools import requirement
from regreen.model import Unsupported
from regreen_sandbox.index.download import npm_tarball, npm_versions
from regreen_sandbox.pythonspec import Request, RequestUnreadable

_TODAY = "http://127.0.0.1:3141/today/simple/"
_QUIET = "-m pip install --quiet --disable-pip-version-check"


def _environment(root: str, program: str, wanted: list[str], target: str, python: str) -> list[str]:
    """Return what makes an environment with ``program``, linked into the folder ``target``."""
    install = f"{root}/bin/python {_QUIET} {shlex.join(wanted)}"
    return [
        "set -e",
        f"{python} -m venv {root}",
        f"{install} || {install} --index-url {_TODAY}",
        f"mkdir -p {target}",
        f"ln -sfn {root}/bin/{program} {target}/{program}",
    ]


def install_poetry(call: Call) -> Script:
    """snok/install-poetry: Poetry in the home folder, and its settings for environments."""
    home, wanted = call.layout.home, [requirement("poetry", call.given("version"))]
    wanted += call.given("plugins").split()
    target = f"{home}/.local/bin"
    lines = _environment(f"{home}/.local/share/pypoetry/venv", "poetry", wanted, target, "python3")
    settings = {
        "virtualenvs.create": call.given("virtualenvs-create", "true"),
        "virtualenvs.in-project": call.given("virtualenvs-in-project", "false"),
        "virtualenvs.path": call.given("virtualenvs-path", "{cache-dir}/virtualenvs"),
        "installer.parallel": call.given("installer-parallel", "true"),
    }
    lines += [
        f"{target}/poetry config {name} {shlex.quote(value)}" for name, value in settings.items()
    ]
    lines.append(f"{target}/poetry --version")
    env = {"VENV": ".venv/bin/activate"} if settings["virtualenvs.in-project"] == "true" else {}
    return Script("\n".join(lines), effects=Effects(env, (target,)))


def actions_poetry(call: Call) -> Script:
    """abatilo/actions-poetry: Poetry and its plug-ins, as pipx installs them."""
    wanted = [requirement("poetry", call.given("poetry-version")), *_plugins(call)]
    home = call.layout.home
    root, target = f"{home}/.local/share/pipx/venvs/poetry", f"{home}/.local/bin"
    lines = _environment(root, "poetry", wanted, target, "python3")
    lines.append(f"{target}/poetry --version")
    return Script("\n".join(lines), effects=Effects(path=(target,)))


def _plugins(call: Call) -> list[str]:
    return call.given("poetry-plugins").split()


def setup_pdm(call: Call) -> Script | Unsupported:
    """pdm-project/setup-pdm: PDM, with the Python that is asked for on the search path."""
    asked = call.given("python-version")
    exact = call.pythons.get(asked) if asked else None
    if asked and exact is None:
        return Unsupported(f"setup-pdm with Python {asked}, which only the running job could tell")
    python = f"{python_prefix(exact)}/bin/python" if exact else "python3"
    home = call.layout.home
    root, target = f"{home}/.local/share/regreen/pdm", f"{home}/.local/bin"
    wanted = [requirement("pdm", call.given("version"))]
    lines = [
        *_environment(root, "pdm", wanted, target, python),
        f"{target}/pdm --version",
        f'echo "pdm-version=$({target}/pdm --version | tr -dc 0-9.)" >> "$GITHUB_OUTPUT"',
        f'echo "pdm-bin={target}/pdm" >> "$GITHUB_OUTPUT"',
    ]
    env, path, outputs = dict[str, str](), [target], dict[str, str]()
    if exact:
        place = python_prefix(exact)
        env = {"pythonLocation": place} if call.flag("update-python", True) else {}
        path += [place, f"{place}/bin"] if call.flag("update-python", True) else []
        outputs = {"python-version": exact, "python-path": f"{place}/bin/python"}
    if call.given("cache"):
        outputs["cache-hit"] = "false"
    return Script("\n".join(lines), effects=Effects(env, tuple(path), outputs))


def hatch(call: Call) -> Script:
    """pypa/hatch: Hatch itself."""
    home = call.layout.home
    root, target = f"{home}/.local/share/regreen/hatch", f"{home}/.local/bin"
    lines = _environment(
        root, "hatch", [requirement("hatch", call.given("version"))], target, "python3"
    )
    return Script("\n".join([*lines, f"{target}/hatch --version"]), effects=Effects(path=(target,)))


def setup_pnpm(call: Call) -> Script | Unsupported:
    """pnpm/action-setup: pnpm of the version that the input or ``packageManager`` names.

    Raises SandboxError when the registry cannot be asked.
    """
    asked, pinned = call.given("version"), _package_manager(call)
    if asked and pinned and asked != pinned:
        return failing(
            "Multiple versions of pnpm specified:\n"
            f'  - version {asked} in the GitHub Action config with the key "version"\n'
            f'  - version pnpm@{pinned} in the package.json with the key "packageManager"\n'
            "Remove one of these versions to avoid version mismatch errors like"
            " ERR_PNPM_BAD_PM_VERSION"
        )
    wanted = asked or pinned
    if not wanted:
        return failing(
            "No pnpm version is specified.\nPlease specify it by one of the following ways:\n"
            '  - in the GitHub Action config with the key "version"\n'
            '  - in the package.json with the key "packageManager"'
        )
    version = choose(wanted, npm_versions("pnpm", cache=call.stores.packages))
    if version is None:
        return failing(f"No matching version found for pnpm@{wanted}")
    if call.given("run_install") not in ("", "null", "false"):
        return Unsupported("pnpm/action-setup with run_install; run pnpm install in a step")
    home = call.given("dest", f"{call.layout.home}/setup-pnpm").replace("~", call.layout.home, 1)
    tarball = npm_tarball("pnpm", version, cache=call.stores.packages)

    def inside(name: str) -> str | None:
        below = name.partition("/")[2]
        return f"node_modules/pnpm/{below}" if below else None

    links = [link(f"node_modules/.bin/{one}", f"../pnpm/bin/{one}.cjs") for one in ("pnpm", "pnpx")]
    with repacked(from_tarball(tarball, inside), *links) as tar:
        call.sandbox.write_tree(home, tar)
    bins = f"{home}/node_modules/.bin"
    outputs = {"dest": home, "bin_dest": bins}
    effects = Effects({"PNPM_HOME": bins}, (bins,), outputs)
    return Script(f'PATH={shlex.quote(bins)}:"$PATH"\npnpm --version', effects=effects)


def choose(asked: str, versions: tuple[str, ...]) -> str | None:
    """Return the newest of ``versions`` that an npm range asks for; ``latest`` is the newest."""
    known = []
    for text in versions:
        try:
            version = Version(text)
        except InvalidVersion:
            continue
        if not version.is_prerelease:
            known.append(version)
    if asked in ("latest", "next"):
        return str(max(known)) if known else None
    try:
        request = Request.parse(asked)
    except RequestUnreadable:
        return None
    found = [version for version in known if request.admits(version)]
    return str(max(found)) if found else None


def _package_manager(call: Call) -> str:
    text = call.read(call.given("package_json_file", "package.json").removeprefix("./"))
    try:
        data = json.loads(text) if text is not None else None
    except ValueError:
        return ""
    named = data.get("packageManager") if isinstance(data, dict) else None
    found = re.match(r"pnpm@([^+]+)", named) if isinstance(named, str) else None
    return found[1] if found else ""
