"""What a container may do: every protection of the sandbox in one place.

A profile's user and capabilities (none, by default) and no way to gain more, a filter of system
calls, the engine's masked paths and namespaces, the network that its wiring says and no other,
nothing mounted but the wiring's folder and the caches, and bounds on memory, processes, processors,
files, disk and log.
"""

from __future__ import annotations

import base64
import io
import posixpath
import resource
import tarfile
import time
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from docker.types import LogConfig, Mount, Ulimit

from regreen_sandbox.authorities import PLACE, VARIABLES, own_bundle
from regreen_sandbox.caches import CacheMount
from regreen_sandbox.containeroptions import CreateOptions
from regreen_sandbox.engine import Engine
from regreen_sandbox.imagefacts import FACTS, MAIN_LOOP, ImageFacts
from regreen_sandbox.jobcontainer import JobContainer
from regreen_sandbox.labels import Kind, Owner
from regreen_sandbox.limits import GIB, Limits
from regreen_sandbox.network.wiring import Connector, Wiring
from regreen_sandbox.profiles import HOME, UID, WORK, Profile, Rights
from regreen_sandbox.seccomp import security_options

HOSTNAME = "regreen"


@dataclass(frozen=True, slots=True)
class Posture:
    """What one container is started with; ``runtime`` is the engine's own when it is empty.

    ``facts`` is ``None`` until it is found out what the image has. ``asked`` is what the workflow
    wants of its container; ``bundle`` says that this machine's authorities are put into it.
    """

    engine: Engine
    limits: Limits
    owner: Owner
    network: Connector
    profile: Profile = Profile.RUNNER
    caches: tuple[CacheMount, ...] = ()
    runtime: str = ""
    facts: ImageFacts | None = None
    asked: JobContainer = field(default_factory=JobContainer)
    bundle: bool = False

    def options(self, image: str, name: str, wiring: Wiring, *, quota: bool) -> dict[str, Any]:
        """Return the arguments of the engine's create call.

        With ``quota`` the engine itself is to bound the container's disk.
        """
        rights, facts = self.profile.rights, self.facts or ImageFacts()
        environment = {} if rights.home is None else {"HOME": rights.home}
        for mount in self.caches:
            environment |= mount.environment
        environment |= VARIABLES if self.bundle else {}
        environment |= {**wiring.environment, **self.asked.env, **self.asked.options.env}
        named = self.asked.options.hostname or HOSTNAME
        return {
            "image": image,
            "name": name,
            "entrypoint": main_process(facts, wiring.relay),
            "command": [],
            "user": rights.user,
            # A network namespace that is another container's comes with that one's host name.
            "hostname": None if wiring.network_mode.startswith("container:") else named,
            "working_dir": "/",
            "environment": environment,
            "labels": self.owner.labels(Kind.SANDBOX) | {FACTS: str(facts)},
            "healthcheck": {"test": ["NONE"]},
            "stdin_open": not facts.python3,
            "host_config": host_config(
                self.engine,
                self.limits,
                rights,
                wiring,
                options=self.asked.options,
                mounts=[Mount(c.path, c.volume, type="volume") for c in self.caches],
                runtime=self.runtime,
                quota=quota,
            ),
            # The client would copy the host's proxy settings, passwords and all, into it.
            "use_config_proxy": False,
        }


def host_config(
    engine: Engine,
    limits: Limits,
    rights: Rights,
    wiring: Wiring,
    *,
    options: CreateOptions,
    mounts: Sequence[Mount] = (),
    runtime: str = "",
    quota: bool = False,
) -> dict[str, Any]:
    """Return how the engine bounds a container that strangers' code runs in.

    ``options`` can narrow the bounds and not widen them.
    """
    memory = min(limits.memory_bytes, engine.memory_bytes or limits.memory_bytes)
    memory = min(memory, options.memory_bytes or memory)
    cpus = min(limits.cpus, engine.cpus, options.cpus or limits.cpus)
    config: dict[str, Any] = engine.client.api.create_host_config(
        cap_drop=["ALL"],
        cap_add=_capabilities(rights, options),
        security_opt=[
            *(["no-new-privileges"] if rights.no_new_privileges else []),
            *security_options(engine),
        ],
        privileged=False,
        runtime=runtime or None,
        network_mode=wiring.network_mode,
        **wiring.names,
        ipc_mode="private",
        cgroupns="private",
        mounts=[*wiring.mounts, *mounts],
        tmpfs=dict(options.tmpfs),
        init=options.init or None,
        read_only=options.read_only,
        mem_limit=memory,
        memswap_limit=memory,
        pids_limit=limits.pids,
        nano_cpus=int(cpus * 1e9),
        shm_size=min(options.shm_bytes or GIB, memory if options.shm_bytes else memory // 4),
        storage_opt={"size": str(limits.disk_bytes)} if quota else None,
        ulimits=_ulimits(limits, options),
        # A job can write to the main process's output, which the engine stores on the host.
        log_config=LogConfig(type="json-file", config={"max-size": "1m", "max-file": "1"}),
        restart_policy={"Name": "no"},
    )
    return config


def _capabilities(rights: Rights, options: CreateOptions) -> list[str]:
    if "ALL" in options.dropped:
        return []
    return [name for name in rights.capabilities if name not in options.dropped]


def _ulimits(limits: Limits, options: CreateOptions) -> list[Ulimit]:
    """Return our bounds, with those of ``options`` that are not above them."""
    files_open = _at_most_ours(limits.open_files)
    ours = {
        "core": (0, 0),
        "nofile": (files_open, files_open),
        # Podman raises it unless told, which it may not without CAP_SYS_RESOURCE.
        "nproc": (32768, 32768),
        "fsize": (limits.file_bytes, limits.file_bytes),
    }
    asked = {name: pair for name, pair in options.ulimits.items() if name not in ours}
    for name, (soft, hard) in ours.items():
        wanted = options.ulimits.get(name, (soft, hard))
        bound = [hard if value < 0 else min(value, hard) for value in wanted]
        asked[name] = (min(bound), bound[1])
    return [Ulimit(name=name, soft=soft, hard=hard) for name, (soft, hard) in asked.items()]


def main_process(facts: ImageFacts, relay: tuple[str, ...] | None) -> list[str]:
    """Return the command of a container's main process; ``relay`` is the relay's arguments.

    It is absolute, isolated (``-I``) and carries its program with it: a job can write to folders on
    the image's ``PATH`` and to the user's site-packages, and a snapshot keeps what it wrote.
    """
    if not facts.python3:
        return ["/bin/sh", "-c", MAIN_LOOP]
    arguments = ("--no-index",) if relay is None else relay
    return [facts.python3, "-I", "-c", _relay_program(), "--ready-file", "/dev/null", *arguments]


@cache
def _relay_program() -> str:
    """Return the relay as a line of Python, short and of no words that a job could look for."""
    source = files("regreen_sandbox").joinpath("index/relay.py").read_bytes()
    packed = base64.b85encode(zlib.compress(source, 9)).decode("ascii")
    return f"import base64,zlib;exec(zlib.decompress(base64.b85decode('{packed}')))"


def furniture() -> bytes:
    """Return the tar, for ``/``, of the folders that a job needs and a strange image may lack."""
    return laid((("/tmp", 0o1777, 0, None), (HOME, 0o755, UID, None), (WORK, 0o755, UID, None)))


def bundle_tar() -> bytes:
    """Return the tar, for ``/``, of this machine's own authorities; empty when it has none."""
    content = own_bundle()
    if content is None:
        return b""
    return laid(((posixpath.dirname(PLACE), 0o755, 0, None), (PLACE, 0o644, 0, content)))


def laid(entries: Iterable[tuple[str, int, int, bytes | None]]) -> bytes:
    """Return a tar for ``/`` of entries: path, mode, owner, content (``None``: a folder)."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for path, mode, uid, content in entries:
            entry = tarfile.TarInfo(path.lstrip("/"))
            entry.type = tarfile.DIRTYPE if content is None else tarfile.REGTYPE
            entry.mode, entry.uid, entry.gid = mode, uid, uid
            entry.size, entry.mtime = len(content or b""), int(time.time())
            tar.addfile(entry, io.BytesIO(content or b""))
    return buffer.getvalue()


def _at_most_ours(wanted: int) -> int:
    """Cut a number of open files to this host's own bound, beyond which the engine cannot go."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    return wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
