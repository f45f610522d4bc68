"""What lies outside of the commit: permissions, time, network, room. All of it is advice."""

from __future__ import annotations

from regreen.fixers.fixer import Fixer
from regreen.fixers.surroundings import access, connection, room, time_limit, token

FIXERS: tuple[Fixer, ...] = (token, access, time_limit, connection, room)
