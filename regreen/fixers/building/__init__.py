"""What is built: headers, tools, metadata and what a package holds."""

from __future__ import annotations

from regreen.fixers.building import contents, flat_layout, prose, system_packages
from regreen.fixers.fixer import Fixer

FIXERS: tuple[Fixer, ...] = (flat_layout, contents, system_packages, prose)
