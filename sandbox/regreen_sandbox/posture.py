"""What a container may do: every protection of the sandbox in one place.

A profile's user and capabilities (none, by default) and no way to gain more, a filter of system
calls, the engine's masked paths and namespaces, the network that its wiring says and no other,
nothing mounted but the wiring's folder and the caches, and bounds on memory, processes, processors,
files, disk and log.
"""

from __future__ import annotations

import base64
import io
import resource
import tarfile
import time
import zlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from docker.types import LogConfig, Mount, Ulimit

from regreen_sandbox.caches import CacheMount
from regreen_sandbox.engine import Engine
from regreen_sandbox.imagefacts import FACTS, MAIN_LOOP, ImageFacts
from regreen_sandbox.labels import Kind, Owner
from regreen_sandbox.limits import GIB, Limits
from regreen_sandbox.network.wiring import Connector, Wiring
from regreen_sandbox.profiles import HOME, UID, WORK, Profile
from regreen_sandbox.seccomp import security_options

HOSTNAME = "regreen"


@dataclass(frozen=True, slots=True)
class Posture:
    """What one container is started with; ``runtime`` is the engine's own when it is empty.

    ``facts`` is ``None`` until it is found out what the image has.
    """

    engine: Engine
    limits: Limits
    owner: Owner
    network: Connector
    profile: Profile = Profile.RUNNER
    caches: tuple[CacheMount, ...] = ()
    runtime: str = ""
    facts: ImageFacts | None = None

    def options(self, image: str, name: str, wiring: Wiring, *, quota: bool) -> dict[str, Any]:
        """Return the arguments of the engine's create call.

        With ``quota`` the engine itself is to bound the container's disk.
        """
        rights, facts = self.profile.rights, self.facts or ImageFacts()
        environment = {} if rights.home is None else {"HOME": rights.home}
        for mount in self.caches:
            environment |= mount.environment
        return {
            "image": image,
            "name": name,
            "entrypoint": main_process(facts, wiring.relay),
            "command": [],
            "user": rights.user,
            # A network namespace that is another container's comes with that one's host name.
            "hostname": None if wiring.network_mode.startswith("container:") else HOSTNAME,
            "working_dir": "/",
            "environment": environment | dict(wiring.environment),
            "labels": self.owner.labels(Kind.SANDBOX) | {FACTS: str(facts)},
            "healthcheck": {"test": ["NONE"]},
            "stdin_open": not facts.python3,
            "host_config": self._host_config(wiring, quota=quota),
            # The client would copy the host's proxy settings, passwords and all, into it.
            "use_config_proxy": False,
        }

    def _host_config(self, wiring: Wiring, *, quota: bool) -> dict[str, Any]:
        limits, rights = self.limits, self.profile.rights
        memory = min(limits.memory_bytes, self.engine.memory_bytes or limits.memory_bytes)
        files_open = _at_most_ours(limits.open_files)
        config: dict[str, Any] = self.engine.client.api.create_host_config(
            cap_drop=["ALL"],
            cap_add=list(rights.capabilities),
            security_opt=[
                *(["no-new-privileges"] if rights.no_new_privileges else []),
                *security_options(self.engine),
            ],
            privileged=False,
            runtime=self.runtime or None,
            network_mode=wiring.network_mode,
            ipc_mode="private",
            cgroupns="private",
            mounts=[*wiring.mounts, *(Mount(c.path, c.volume, type="volume") for c in self.caches)],
            mem_limit=memory,
            memswap_limit=memory,
            pids_limit=limits.pids,
            nano_cpus=int(min(limits.cpus, self.engine.cpus) * 1e9),
            shm_size=min(GIB, memory // 4),
            storage_opt={"size": str(limits.disk_bytes)} if quota else None,
            ulimits=[
                Ulimit(name="core", soft=0, hard=0),
                Ulimit(name="nofile", soft=files_open, hard=files_open),
                # Podman raises it unless told, which it may not without CAP_SYS_RESOURCE.
                Ulimit(name="nproc", soft=32768, hard=32768),
                Ulimit(name="fsize", soft=limits.file_bytes, hard=limits.file_bytes),
            ],
            # A job can write to the main process's output, which the engine stores on the host.
            log_config=LogConfig(type="json-file", config={"max-size": "1m", "max-file": "1"}),
            restart_policy={"Name": "no"},
        )
        return config


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
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for path, mode, uid in (("/tmp", 0o1777, 0), (HOME, 0o755, UID), (WORK, 0o755, UID)):
            entry = tarfile.TarInfo(path.lstrip("/"))
            entry.type, entry.mode, entry.uid, entry.gid = tarfile.DIRTYPE, mode, uid, uid
            entry.mtime = int(time.time())
            tar.addfile(entry)
    return buffer.getvalue()


def _at_most_ours(wanted: int) -> int:
    """Cut a number of open files to this host's own bound, beyond which the engine cannot go."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    return wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
