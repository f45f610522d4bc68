"""Getting a Docker engine onto a Debian or Ubuntu machine, and getting it to run.

Nothing here asks anybody: the caller has the user's consent, or its absence, and hands it in.
"""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from regreen_sandbox.engine import Engine, connect
from regreen_sandbox.errors import EngineMissing, ProgramMissing, SandboxError
from regreen_sandbox.process import Completed, run, start_daemon
from regreen_sandbox.programs import find_program, search_path

Report = Callable[[str], None]

PACKAGES = ("docker.io", "mmdebstrap", "debian-archive-keyring")
CGROUP_PACKAGE = "cgroupfs-mount"
APT_SECONDS = 900.0
SERVICE_SECONDS = 90.0
ANSWER_SECONDS = 60.0
PID_FILES = (
    Path("/var/run/docker.pid"),
    Path("/var/run/docker/containerd/containerd.pid"),
)
LOG = Path("/var/log/regreen-dockerd.log")
_WITHOUT_NETWORK = ("--iptables=false", "--ip6tables=false", "--bridge=none")
_INSTALL = "sudo apt-get install docker.io mmdebstrap"


class InstallFailed(EngineMissing):
    """An engine could not be installed or started; the message has the tool's last words."""


def ensure_engine(*, consent: bool, report: Report) -> Engine:
    """Return an engine that answers, installed and started here if need be and if ``consent``.

    Raises `EngineMissing` when none answers and none may or can be installed, `InstallFailed`
    when that was tried and failed.
    """
    try:
        return connect()
    except EngineMissing as missing:
        _may_install(missing, consent=consent)
    if find_program("dockerd") is None:
        install_engine(report)
    start_engine(report)
    return connect()


def install_engine(report: Report) -> None:
    """Install the engine and mmdebstrap with apt-get, as root. Raises `InstallFailed`."""
    packages = [*PACKAGES] if _cgroups() else [*PACKAGES, CGROUP_PACKAGE]
    report("apt-get update")
    _apt(["update"])
    report(f"apt-get install {' '.join(packages)}")
    _apt(["install", "--yes", "--no-install-recommends", *packages])


def start_engine(report: Report) -> None:
    """Start the installed engine and wait until it answers. Raises `InstallFailed`.

    systemd is asked where it runs, else the init script; where neither helps (a container, a
    policy that forbids starting services), the daemon is started directly and outlives us.
    """
    for argv in _service_commands():
        report(" ".join(argv))
        try:
            done = run(argv, timeout=SERVICE_SECONDS)
        except SandboxError as error:
            report(str(error))
            continue
        if done.ok and _wait(_answers, ANSWER_SECONDS / 4):
            return
    start_daemon_directly(report)


def forget_dead_daemons(files: Sequence[Path] = PID_FILES) -> None:
    """Remove the pid files of daemons that were killed.

    Once such a number is another process's, dockerd takes itself to be running and will not start.
    """
    for file in files:
        try:
            pid = int(file.read_text(encoding="ascii"))
        except (OSError, ValueError):
            continue
        try:
            name = Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").strip()
        except OSError:
            name = ""
        if name not in {"dockerd", "containerd"}:
            file.unlink(missing_ok=True)


def start_daemon_directly(
    report: Report,
    *,
    arguments: Sequence[str] = (),
    log: Path = LOG,
    answers: Callable[[], bool] | None = None,
) -> int:
    """Start dockerd in the background, detached from us, and return its process id.

    Where it may not set up a network (``regreen`` needs none), it is started without. Raises
    `InstallFailed` with the last lines of ``log`` when it does not answer in time.
    """
    daemon = find_program("dockerd")
    if daemon is None:
        raise InstallFailed("dockerd is not installed", next_step=_INSTALL)
    mount = find_program("cgroupfs-mount")
    if mount is not None and not _cgroups():
        run([mount], timeout=SERVICE_SECONDS)
    forget_dead_daemons()
    env = {**os.environ, "PATH": search_path()}
    for extra in ((), _WITHOUT_NETWORK):
        argv = [daemon, *arguments, *extra]
        report(f"starting {' '.join(argv)} (its log: {log})")
        offset = log.stat().st_size if log.exists() else 0
        pid = start_daemon(argv, log=log, env=env)
        if _wait(answers or _answers, ANSWER_SECONDS, pid):
            return pid
        words = log.read_bytes()[offset:].decode(errors="replace")
        if not any(word in words.lower() for word in ("iptables", "bridge", "network controller")):
            break
    raise InstallFailed(
        f"dockerd does not answer; its log ends: {' | '.join(words.splitlines()[-3:])[-800:]}",
        next_step=f"read {log}, or use a machine where a container engine may run",
    )


def is_debian() -> bool:
    """Whether this machine is Debian, Ubuntu or one that names them as its like."""
    try:
        system = platform.freedesktop_os_release()
    except OSError:
        return False
    names = {system.get("ID", ""), *system.get("ID_LIKE", "").split()}
    return bool(names & {"debian", "ubuntu"})


def has_systemd() -> bool:
    """Whether systemd really runs here (its own test, see sd_booted(3))."""
    return Path("/run/systemd/system").is_dir()


def _may_install(missing: EngineMissing, *, consent: bool) -> None:
    """Raise `EngineMissing` with the reason why no engine is to be installed here."""
    why = None
    step = _INSTALL
    if os.environ.get("DOCKER_HOST"):
        why = f"DOCKER_HOST names {os.environ['DOCKER_HOST']}, which is not ours to start"
        step = "unset DOCKER_HOST, or start the engine it names"
    elif not is_debian():
        why = "regreen can install one on Debian and Ubuntu only"
        step = "install Docker, or Podman with its Docker API, and set DOCKER_HOST if need be"
    elif os.geteuid() != 0:
        why = "only root can install and start one"
        step = f"{_INSTALL}; sudo systemctl start docker; sudo usermod -aG docker $USER"
    elif not consent:
        why = "nobody agreed to installing one"
        step = f"REGREEN_INSTALL_ENGINE=1 nox -s reproduce, or: {_INSTALL}"
    if why is not None:
        raise EngineMissing(f"{missing.message}; {why}", next_step=step) from missing


def _apt(arguments: Sequence[str]) -> Completed:
    env = {
        **os.environ,
        "DEBIAN_FRONTEND": "noninteractive",
        "NEEDRESTART_SUSPEND": "1",
        "PATH": search_path(),
    }
    # Another apt (unattended upgrades) may be at work on a fresh machine: wait for it.
    argv = ["apt-get", "--quiet", "-o", "DPkg::Lock::Timeout=120", *arguments]
    try:
        done = run(argv, timeout=APT_SECONDS, env=env)
    except ProgramMissing as error:
        raise InstallFailed(str(error), next_step=_INSTALL) from error
    if not done.ok:
        lines = (done.stderr or done.stdout).decode(errors="replace").strip().splitlines()
        raise InstallFailed(
            f"{' '.join(argv)} failed ({done.exit_code}): {' | '.join(lines[-3:])}",
            next_step=f"mend what apt-get says, then: {_INSTALL}",
        )
    return done


def _service_commands() -> list[list[str]]:
    if has_systemd():
        return [["systemctl", "start", "docker"]]
    service = find_program("service")
    if service is not None and Path("/etc/init.d/docker").exists():
        return [[service, "docker", "start"]]
    return []


def _answers() -> bool:
    try:
        connect().close()
    except EngineMissing:
        return False
    return True


def _wait(answers: Callable[[], bool], seconds: float, pid: int | None = None) -> bool:
    """Ask until the engine answers; give up after ``seconds`` or when process ``pid`` has gone."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if answers():
            return True
        if pid is not None and _ended(pid):
            return False
        time.sleep(0.3)
    return False


def _ended(pid: int) -> bool:
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    except ChildProcessError:
        return True


def _cgroups() -> bool:
    """Whether control groups are mounted, in either version's layout."""
    root = Path("/sys/fs/cgroup")
    return root.is_dir() and any(root.iterdir())
