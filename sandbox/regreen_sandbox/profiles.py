"""What a sandbox's processes may do inside their container: one profile for each need.

``RUNNER`` is the default, and what a hosted runner's steps get save for ``sudo``. The others are
used only where a job was seen to need them; none of them reaches anything outside the container.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

UID = 1001
"""The uid and gid of a hosted runner's user ``runner``."""

HOME = "/home/runner"
WORK = "/home/runner/work"

SUDO_RECORD = "/tmp/.regreen-sudo"
"""Where the image's ``sudo`` stand-in notes, a line each, what it was asked for and refused."""

_BUILDING = ("AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID")


class Profile(StrEnum):
    """Whose processes run in a sandbox, and with what rights."""

    RUNNER = "runner"
    SUDO = "sudo"
    ROOT = "root"
    SERVICE = "service"

    @property
    def rights(self) -> Rights:
        """What the profile gives."""
        return _RIGHTS[self]


@dataclass(frozen=True, slots=True)
class Rights:
    """What the processes of one profile are started with.

    ``uid`` is whose they are, and the gid with it; ``None`` means the image's own user.
    ``capabilities`` (names of capabilities(7) without ``CAP_``) are all that any process of the
    container can ever have. With ``no_new_privileges`` a set-uid program gives nothing (see
    ``PR_SET_NO_NEW_PRIVS`` in prctl(2)).
    """

    uid: int | None
    capabilities: tuple[str, ...]
    no_new_privileges: bool

    @property
    def user(self) -> str:
        """The user as the engine wants it; empty for the image's own."""
        return "" if self.uid is None else f"{self.uid}:{self.uid}"

    @property
    def owner(self) -> int:
        """The uid that files put into the container belong to."""
        return self.uid or 0

    @property
    def home(self) -> str | None:
        """The ``HOME`` that hosted runners give such a user; ``None`` for the image's own."""
        return None if self.uid is None else HOME if self.uid else "/root"


_RIGHTS = {
    Profile.RUNNER: Rights(UID, (), no_new_privileges=True),
    Profile.SUDO: Rights(UID, _BUILDING, no_new_privileges=False),
    Profile.ROOT: Rights(0, _BUILDING, no_new_privileges=True),
    Profile.SERVICE: Rights(None, (*_BUILDING, "NET_BIND_SERVICE"), no_new_privileges=True),
}
