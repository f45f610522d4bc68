"""Everything that can go wrong in the sandbox room, in words for a person.

::

    SandboxError
    ├── EngineMissing      no Docker engine answers
    ├── EngineDied         it answered before and does so no more
    ├── EngineRefused      it answered and said no (the engine's own words are in the message)
    ├── ImageUnavailable   an image is neither here nor can it be made
    ├── FileTooLarge       a container's file or folder is over what is read of it
    ├── UnsafeArchive      a tar holds what must not go in or come out
    ├── DiskFull           no space is left where the engine or regreen writes
    │   └── DiskLimitReached   a job wrote more to its disk than it may
    ├── SandboxGone        a container ended while it was still needed
    ├── SandboxTimeout     something of the engine or the host took longer than it may
    ├── ProgramMissing     a host program is not installed
    └── ProgramTimeout     a host program took longer than it may (it has been killed)

A command that fails *inside* a container is no error: it is an `ExecResult`.
"""

from __future__ import annotations


class SandboxError(Exception):
    """What happened and why; ``next_step`` is the command to run or the thing to do next."""

    default_next_step = "regreen doctor"

    def __init__(self, message: str, *, next_step: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.next_step = self.default_next_step if next_step is None else next_step


class EngineMissing(SandboxError):
    """No Docker engine answers on this machine."""


class EngineDied(SandboxError):
    """The Docker engine stopped answering in the middle of the work."""


class EngineRefused(SandboxError):
    """The engine answered a request with an error."""


class ImageUnavailable(SandboxError):
    """An image is not here and could not be fetched or built."""

    default_next_step = "regreen image build"


class FileTooLarge(SandboxError):
    """A file or folder in a container is over what is read of it; the words name the limit."""

    default_next_step = "look at what the job writes there"


class DiskFull(SandboxError):
    """No space is left on a disk that the engine or regreen writes to."""

    default_next_step = "free disk space (regreen clean removes what regreen left), then run again"


class DiskLimitReached(DiskFull):
    """A job wrote more to its sandbox's disk than its limit; the sandbox was ended."""

    default_next_step = "look at what the job writes, or set a larger sandbox.disk_gib"


class UnsafeArchive(SandboxError):
    """A tar holds an entry that must not go into a container or come out; it is named."""

    default_next_step = "look at what the job writes there"


class SandboxGone(SandboxError):
    """A container ended, or was removed, while it was still needed."""

    default_next_step = "run the command again"


class SandboxTimeout(SandboxError):
    """The engine or the host took longer than it may."""

    default_next_step = "run the command again"


class ProgramMissing(SandboxError):
    """A program that must run on the host is not installed."""


class ProgramTimeout(SandboxTimeout):
    """A program on the host took longer than it may; it and its children were killed."""
