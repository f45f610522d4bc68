"""What an image is run with: its program, environment, folder and user."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from regreen_sandbox.engine import Engine

DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True, slots=True)
class Config:
    """A part of the image's configuration (OCI image specification, "config")."""

    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    workdir: str = "/"
    user: str = ""
    shell: tuple[str, ...] = ("/bin/sh", "-c")
    onbuild: tuple[str, ...] = ()

    def data(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {
            "entrypoint": list(self.entrypoint),
            "command": list(self.command),
            "env": dict(self.env),
            "workdir": self.workdir,
            "user": self.user,
        }

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Config:
        """Read what `data` gave. Raises KeyError, TypeError or ValueError for anything else."""
        env = {str(name): str(value) for name, value in dict(data["env"]).items()}
        entrypoint, command = (tuple(map(str, data[key])) for key in ("entrypoint", "command"))
        return cls(entrypoint, command, env, str(data["workdir"]), str(data["user"]))

    def changes(self) -> list[str]:
        """Return it as the Dockerfile lines that a commit obeys."""
        env = [
            f"ENV {name}={_quoted(value)}"
            for name, value in self.env.items()
            if "\n" not in value and name.isidentifier()
        ]
        return [
            f"ENTRYPOINT {json.dumps(self.entrypoint)}",
            f"CMD {json.dumps(self.command)}",
            f"WORKDIR {_quoted(self.workdir)}",
            f"USER {_quoted(self.user or '0')}",
            *env,
        ]


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$")
    return f'"{escaped}"'


def config_of(engine: Engine, image: str) -> Config:
    """Return the configuration of an image that is here. Raises `SandboxError`."""
    with engine.guard("looking at an image"):
        found = engine.client.images.get(image).attrs.get("Config") or {}
    pairs = (str(one).partition("=") for one in found.get("Env") or ())
    return Config(
        entrypoint=tuple(found.get("Entrypoint") or ()),
        command=tuple(found.get("Cmd") or ()),
        env={"PATH": DEFAULT_PATH, **{name: value for name, _, value in pairs}},
        workdir=str(found.get("WorkingDir") or "/"),
        user=str(found.get("User") or ""),
        shell=tuple(found.get("Shell") or ("/bin/sh", "-c")),
        onbuild=tuple(found.get("OnBuild") or ()),
    )
