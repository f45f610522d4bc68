"""What regreen needs of a machine, what of it is here, and the command that mends the rest.

Nothing is changed, pulled or built.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from regreen_sandbox.engine import Engine, connect
from regreen_sandbox.errors import EngineMissing, SandboxError
from regreen_sandbox.hostpython import find_pythons
from regreen_sandbox.images import ImageSettings, find_base, pulled_base
from regreen_sandbox.install import has_systemd, is_debian
from regreen_sandbox.process import run
from regreen_sandbox.programs import find_program
from regreen_sandbox.runners import MOVING, settled

API_VERSION = (1, 41)
GIT_VERSION = (2, 25)
DISK_BYTES = 5_000_000_000
TEMPORARY_BYTES = 2_500_000_000
_SOCKET = Path("/var/run/docker.sock")
_QUESTION_SECONDS = 10.0
_REGISTRY_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: whether it is as regreen needs it, and the command to mend it if not."""

    name: str
    ok: bool
    detail: str
    mend: str | None = None


def check(settings: ImageSettings | None = None) -> list[Finding]:
    """Look at everything that `reproduce` and `fix` need, most important first."""
    settings = settings or ImageSettings()
    findings = [_git()]
    try:
        engine = connect()
    except EngineMissing as missing:
        findings.insert(0, _no_engine(missing))
        findings += [_bootstrap(None)]
    else:
        with engine:
            findings = [*_engine(engine), *findings]
            try:
                findings += _images(engine, settings)
            except SandboxError as error:
                findings.append(Finding("base image", False, error.message, error.next_step))
    return [*findings, _temporary(), _pythons(), _uv()]


def _no_engine(missing: EngineMissing) -> Finding:
    """Say why nothing answers: no engine, one that is not running, or one we may not talk to."""
    if os.environ.get("DOCKER_HOST"):
        mend = "unset DOCKER_HOST, or start the engine it names"
    elif find_program("dockerd") is None and not _SOCKET.exists():
        mend = "sudo apt-get install docker.io mmdebstrap"
        if not is_debian():
            mend = "install Docker, or Podman with its Docker API"
    elif _SOCKET.exists() and not os.access(_SOCKET, os.R_OK | os.W_OK):
        mend = "sudo usermod -aG docker $USER, then log in again"
    else:
        mend = "sudo systemctl start docker" if has_systemd() else "sudo dockerd &"
    return Finding("engine", False, missing.message, mend)


def _engine(engine: Engine) -> Iterator[Finding]:
    with engine.guard("asking its version"):
        answer = engine.client.version()
    api = str(answer.get("ApiVersion", "0"))
    good = _numbers(api) >= API_VERSION
    wanted = ".".join(map(str, API_VERSION))
    detail = f"Docker {engine.version}, API {api}"
    mend = None if good else "install Docker 20.10 or later"
    yield Finding("engine", good, detail if good else f"{detail}; {wanted} is needed", mend)
    yield _socket()
    yield _limits(engine)
    free = engine.free_bytes()
    if free is None:
        yield Finding("engine's disk", True, f"{engine.root} is not on this machine")
    else:
        mend = "regreen image prune && regreen cache prune && regreen clean"
        yield _space("engine's disk", engine.root, free, DISK_BYTES, mend)


def _socket() -> Finding:
    """Say who else can command the engine: whoever can write to its socket is root."""
    try:
        mode = _SOCKET.stat().st_mode
    except OSError:
        return Finding("engine's socket", True, os.environ.get("DOCKER_HOST", "elsewhere"))
    if mode & stat.S_IWOTH:
        detail = f"{_SOCKET} can be written by everybody, who are thereby root"
        return Finding("engine's socket", False, detail, f"sudo chmod o-rwx {_SOCKET}")
    return Finding("engine's socket", True, f"{_SOCKET} ({stat.filemode(mode)})")


def _limits(engine: Engine) -> Finding:
    """Say which bounds of a sandbox the engine takes and does not keep."""
    if not engine.unkept:
        return Finding("limits", True, "the engine keeps a sandbox's bounds")
    detail = f"the engine keeps no bound on a sandbox's {', '.join(engine.unkept)}"
    mend = "let the engine have control groups of its own (cgroup v2), or run it as root"
    return Finding("limits", False, detail, mend)


def _images(engine: Engine, settings: ImageSettings) -> Iterator[Finding]:
    base = find_base(engine, MOVING, settings=settings)
    if base is not None:
        words = f"{base.reference}: {base.substitution or base.system}"
        yield Finding("base image", True, words)
    else:
        yield Finding("base image", False, f"none for {settled(MOVING)} yet", "regreen image build")
    registry = _registry(engine, settings) if settings.source != "bootstrap" else None
    if registry is not None:
        yield registry
    if settings.source != "registry":
        yield _bootstrap(registry)


def _registry(engine: Engine, settings: ImageSettings) -> Finding:
    """Ask the engine to ask the registry about the base; it pulls nothing."""
    reference = pulled_base(MOVING, settings)
    patient = engine.client.api.timeout
    engine.client.api.timeout = _REGISTRY_SECONDS
    try:
        with engine.guard("it"):
            engine.client.api.inspect_distribution(reference)  # type: ignore[no-untyped-call]
    except SandboxError as error:
        enough = settings.source == "auto" and find_program("mmdebstrap") is not None
        detail = f"{reference} cannot be had: {error.message}"
        if enough:
            return Finding("image registry", True, f"{detail}; mmdebstrap stands in for it")
        return Finding("image registry", False, detail, "sudo apt-get install mmdebstrap")
    finally:
        engine.client.api.timeout = patient
    return Finding("image registry", True, f"it has {reference}")


def _bootstrap(registry: Finding | None) -> Finding:
    program = find_program("mmdebstrap")
    if program is not None:
        return Finding("mmdebstrap", True, program)
    needed = registry is None or not registry.ok
    words = "not installed" if needed else "not installed, and not needed: a registry answers"
    mend = "sudo apt-get install mmdebstrap" if needed else None
    return Finding("mmdebstrap", not needed, words, mend)


def _temporary() -> Finding:
    folder = Path(tempfile.gettempdir())
    free = shutil.disk_usage(folder).free
    return _space("temporary folder", folder, free, TEMPORARY_BYTES, "TMPDIR=/var/tmp regreen …")


def _space(name: str, folder: Path, free: int, wanted: int, mend: str) -> Finding:
    good = free >= wanted
    words = f"{free / 1e9:.1f} GB free in {folder}"
    if good:
        return Finding(name, True, words)
    return Finding(name, False, f"{words}; {wanted / 1e9:.1f} GB are needed", mend)


def _git() -> Finding:
    try:
        said = run(["git", "--version"], timeout=_QUESTION_SECONDS).stdout.decode().strip()
    except SandboxError as error:
        return Finding("git", False, error.message, "sudo apt-get install git")
    good = _numbers(said) >= GIT_VERSION
    if good:
        return Finding("git", True, said)
    wanted = ".".join(map(str, GIT_VERSION))
    return Finding("git", False, f"{said}; {wanted} is needed", "sudo apt-get install git")


def _pythons() -> Finding:
    found = [f"{python.version} ({python.source})" for python in find_pythons()]
    if found:
        return Finding("Pythons", True, ", ".join(found))
    detail = (
        "none of pyenv's or uv's; jobs get the base image's own Python, if its version is right"
    )
    return Finding("Pythons", False, detail, "uv python install 3.12")


def _uv() -> Finding:
    """Name uv, a convenience: only its Pythons are used."""
    program = find_program("uv")
    return Finding("uv", True, program or "not installed (it would fetch Pythons: pipx install uv)")


def _numbers(text: str) -> tuple[int, ...]:
    match = re.search(r"\d+(?:\.\d+)*", text)
    return tuple(int(number) for number in match[0].split(".")) if match else ()
