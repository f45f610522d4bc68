"""What a served action is given and gives back: values, and the sandbox it may put files into."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from regreen.git import Export, Wanted
from regreen.jobs.commands import Effects
from regreen.jobs.layout import Layout
from regreen.jobs.stores import Stores
from regreen.jobs.work import Post
from regreen_sandbox.container import Sandbox


@dataclass(frozen=True, slots=True)
class Script:
    """A served action as the shell script that does its work, and what follows from success.

    ``text`` is for bash, ``arguments`` its ``$1`` and on. What the script writes to the runner's
    files (``GITHUB_OUTPUT`` and the others) counts too. ``command`` is what is shown as the step's
    command, for actions that run a tool which may fail: the tool's own command line. ``folder`` is
    where it runs (empty: ``/``). ``posts`` are done at the job's end.
    """

    text: str
    arguments: tuple[str, ...] = ()
    effects: Effects = field(default_factory=Effects)
    command: str | None = None
    folder: str = ""
    posts: tuple[Post, ...] = ()


@dataclass(frozen=True, slots=True)
class Call:
    """One use of a served action.

    ``name`` is the action's in lower case (``actions/checkout``), ``version`` what stands behind
    the ``@``, ``inputs`` its ``with``, rendered. ``title`` is the step's name, ``env`` its
    variables. ``asked`` are the Pythons that the plan found the step to ask for (``None``: it could
    not tell), ``pythons`` maps requests to the exact versions that the image holds, ``read`` gives
    the text of a file of the workspace. ``source`` packs the commit as a checkout wants
    it; ``stores`` is what is kept outside of the sandbox.
    """

    name: str
    version: str
    inputs: Mapping[str, str]
    title: str
    env: Mapping[str, str]
    layout: Layout
    repository: str
    github: Mapping[str, object]
    asked: tuple[str, ...] | None
    pythons: Mapping[str, str]
    read: Callable[[str], str | None]
    sandbox: Sandbox
    source: Callable[[Wanted], Export]
    stores: Stores

    def given(self, name: str, default: str = "") -> str:
        """Return an input without the spaces around it, ``default`` where it is empty."""
        return self.inputs.get(name, "").strip() or default

    def flag(self, name: str, default: bool = False) -> bool:
        """Return an input that is true or false."""
        text = self.given(name).lower()
        return text == "true" if text else default
