"""An image that came of a Dockerfile."""

from __future__ import annotations

from contextlib import nullcontext, suppress
from dataclasses import dataclass

import docker.errors

from regreen_sandbox.dockerfile.config import Config
from regreen_sandbox.engine import Engine
from regreen_sandbox.errors import EngineDied, SandboxError, SandboxTimeout


@dataclass(frozen=True, slots=True)
class BuiltImage:
    """An image that was built, or found. Leaving it as a context manager removes one not kept.

    ``below`` are images that it was made from and that go with it, the nearest first.
    """

    engine: Engine
    id: str
    config: Config
    cached: bool = False
    kept: bool = False
    below: tuple[str, ...] = ()

    def close(self) -> None:
        """Remove it unless it is kept; one that is gone, or an engine that died, is no error."""
        for image in () if self.kept else (self.id, *self.below):
            remove_image(self.engine, image)

    def __enter__(self) -> BuiltImage:
        return self

    def __exit__(self, kind: type[BaseException] | None, *exc: object) -> None:
        with suppress(SandboxError) if kind else nullcontext():
            self.close()


def remove_image(engine: Engine, image: str) -> None:
    """Remove an image, unless another one is made from it."""
    with (
        suppress(EngineDied, SandboxTimeout),
        engine.guard("removing an image"),
        suppress(docker.errors.APIError),
    ):
        engine.client.api.remove_image(image, force=True, noprune=True)
