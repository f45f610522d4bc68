"""What can go wrong with a Dockerfile; every message says in which line of it."""

from __future__ import annotations

from regreen_sandbox.errors import SandboxError


class DockerfileError(SandboxError):
    """A Dockerfile says what Docker refuses; ``line`` counts from 1."""

    default_next_step = "mend the Dockerfile"

    def __init__(self, line: int, what: str, *, next_step: str | None = None) -> None:
        super().__init__(f"Dockerfile line {line}: {what}", next_step=next_step)
        self.line = line
        self.what = what


class UnsupportedInstruction(DockerfileError):
    """A Dockerfile asks for what regreen cannot do."""

    default_next_step = (
        "run the job without this action (see regreen plan), or build it with Docker"
    )


class BuildFailed(DockerfileError):
    """A command of a Dockerfile failed; ``log`` is what it said, ``command`` what was run."""

    def __init__(self, line: int, command: str, exit_code: int, log: bytes) -> None:
        super().__init__(
            line,
            f'process "{command}" did not complete successfully: exit code: {exit_code}',
            next_step="look at the log of the build above",
        )
        self.command = command
        self.exit_code = exit_code
        self.log = log
