"""``regreen shell``: a person in the sandbox at the failing step, and what they change there."""

from regreen.shell.visit import Stay, Visit, visit

__all__ = ["Stay", "Visit", "visit"]
