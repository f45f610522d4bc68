"""The forms in which requirements are declared, each with its way to read, change and add them."""

from __future__ import annotations
