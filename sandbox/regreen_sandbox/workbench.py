"""A container for making images: our own commands in it, never a repository's, and no network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from docker.models.containers import Container

from regreen_sandbox.engine import Engine
from regreen_sandbox.labels import Kind, Owner

RUNNER = "1001:1001"
ROOT = "0:0"


@dataclass(frozen=True, slots=True)
class Done:
    """What a command in a scratch container did."""

    exit_code: int
    output: str

    @property
    def ok(self) -> bool:
        """Whether the command ended with 0."""
        return self.exit_code == 0


@contextmanager
def scratch(engine: Engine, image: str) -> Iterator[Container]:
    """Start a container of ``image`` that waits for commands; remove it on the way out."""
    with engine.guard(f"starting a container of {image}"):
        container = engine.client.containers.create(
            image,
            ["sleep", "infinity"],
            entrypoint=[],
            user=ROOT,
            network_mode="none",
            cap_drop=["ALL"],
            security_opt=["no-new-privileges"],
            labels=Owner.current().labels(Kind.BUILD),
            use_config_proxy=False,
        )
    try:
        with engine.guard(f"starting a container of {image}"):
            container.start()
        yield container
    finally:
        with engine.guard("removing a container"):
            container.remove(force=True, v=True)


def execute(
    engine: Engine, container: Container, argv: Sequence[str], *, user: str = RUNNER
) -> Done:
    """Run ``argv`` in the container as ``user``; output and errors come back together."""
    with engine.guard(f"running {argv[0]} in a container"):
        code, output = container.exec_run(list(argv), user=user, workdir="/")
    text = output.decode(errors="replace") if isinstance(output, bytes) else ""
    return Done(-1 if code is None else int(code), text)
