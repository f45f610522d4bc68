"""Patches that cheat and patches that do not, as data: see ``cases.py`` for the format."""
