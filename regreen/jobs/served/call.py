"""What a served action is given and gives back: values, and the sandbox it may put files into."""

from __future__ import annotations

import shlex
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
    it; ``stores`` is what is kept outside of the sandbox. ``index`` is the step's, ``job`` the name
    of its job with the combination.
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
    index: int = 0
    job: str = ""

    def given(self, name: str, default: str = "") -> str:
        """Return an input without the spaces around it, ``default`` where it is empty."""
        return self.inputs.get(name, "").strip() or default

    def flag(self, name: str, default: bool = False) -> bool:
        """Return an input that is true or false."""
        text = self.given(name).lower()
        return text == "true" if text else default

    def lines(self, name: str) -> tuple[str, ...]:
        """Return the lines of an input that are not empty."""
        return tuple(line.strip() for line in self.given(name).splitlines() if line.strip())

    @property
    def major(self) -> int:
        """The action's major version (``v4``, ``v4.1.7``, ``4``); 99 for a branch or a commit."""
        head = self.version.strip().lstrip("vV").split(".")[0].split("-")[0]
        return int(head) if head.isascii() and head.isdigit() and len(head) < 4 else 99

    @property
    def origin(self) -> str:
        """The job that the step belongs to, its combination included as far as that is known."""
        return self.job or str(self.github.get("job") or "")

    @property
    def image(self) -> str:
        """The runner's label as far as steps see it (``ubuntu-24.04``); empty when unknown."""
        digits = self.env.get("ImageOS", "").removeprefix("ubuntu")
        return f"ubuntu-{digits}.04" if digits.isascii() and digits.isdigit() else ""

    def inside(self, script: str, *arguments: str, seconds: float = 600.0) -> str | None:
        """Run a small shell script in the sandbox as the step would; its output, ``None`` if red.

        ``arguments`` are the script's ``$1`` and on. For what an action must know beforehand.
        """
        argv = ("/bin/sh", "-c", script, "sh", *arguments)
        done = self.sandbox.run(argv, env=self.env, cwd="/", timeout=seconds)
        return done.output.decode("utf-8", "replace") if done.ok else None


def failing(message: str, *before: str) -> Script:
    """Return the script of an action that fails with ``message``, as an action's own code would."""
    lines = [*before, f"::error::{_escaped(message)}"]
    return Script("\n".join(f"echo {shlex.quote(line)}" for line in lines) + "\nexit 1")


def saying(*lines: str, effects: Effects | None = None, posts: tuple[Post, ...] = ()) -> Script:
    """Return the script of an action whose work is done, and which has only this left to say."""
    text = "\n".join(f"echo {shlex.quote(line)}" for line in lines) or ":"
    return Script(text, effects=effects or Effects(), posts=posts)


def needed_program(name: str) -> str:
    """Return the script that fails as @actions/exec does where there is no program ``name``."""
    said = (
        f"Unable to locate executable file: {name}. Please verify either the file path exists or"
        " the file can be found within a directory specified by the PATH environment variable."
        " Also check the file mode to verify the file is executable."
    )
    return f"command -v {name} > /dev/null || {{ echo {shlex.quote(f'::error::{said}')}; exit 1; }}"


def _escaped(message: str) -> str:
    return message.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
