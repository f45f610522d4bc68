"""The volumes of one job's services, which go with the job."""

from __future__ import annotations

import uuid
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field

import docker.errors

from regreen_sandbox.engine import Engine
from regreen_sandbox.errors import SandboxError
from regreen_sandbox.labels import Kind, Owner


@dataclass(slots=True)
class Volumes:
    """Makes volumes when they are first asked for; they are removed with ``resources``."""

    engine: Engine
    owner: Owner
    resources: ExitStack
    _known: dict[str, str] = field(default_factory=dict)

    def of(self, name: str) -> str:
        """Return the volume that stands for ``name`` in this job, a new one for no name.

        Raises `SandboxError`.
        """
        if name and name in self._known:
            return self._known[name]
        volume = f"regreen-{uuid.uuid4().hex}"
        self.resources.callback(self._remove, volume)
        with self.engine.guard("making a volume"):
            labels = self.owner.labels(Kind.SANDBOX)
            self.engine.client.api.create_volume(volume, labels=labels)
        if name:
            self._known[name] = volume
        return volume

    def _remove(self, volume: str) -> None:
        with (
            suppress(SandboxError),
            self.engine.guard("removing a volume"),
            suppress(docker.errors.APIError),
        ):
            self.engine.client.api.remove_volume(volume, force=True)
