"""What a person finds where they land: the step's environment, ``rerun``, the history, the prompt.

Everything lies in one folder inside the runner's own temporary folder, outside the repository.
"""

from __future__ import annotations

import os
import re
import shlex
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

from regreen.jobs.commands import FILES
from regreen.jobs.expressions import ExpressionError
from regreen.jobs.layout import TEMP
from regreen.jobs.shells import command_line
from regreen.model import Unsupported
from regreen.shell.landing import Landing

PLACE = f"{TEMP}/_regreen_shell"
_BIN = f"{PLACE}/bin"
_RC = f"{PLACE}/rc"
_PIPED = f"{PLACE}/command"
_SCRIPT = f"{PLACE}/step"
_HISTORY = f"{PLACE}/history"
_SHELL_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_TERMINAL = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+_-]{0,63}")
_PROMPT_LENGTH = 24

# A terminal that the container knows nothing of is treated as the most common one.
_ENTER = """\
cd -- "$1" 2>/dev/null || cd -- "$2" 2>/dev/null || cd /
rest=${TERM#?}
for place in /etc/terminfo /lib/terminfo /usr/share/terminfo; do
  [ ! -e "$place/${TERM%"$rest"}/$TERM" ] || known=yes
done
[ "$known" ] || TERM=xterm-256color
unset rest place known
bash=$(command -v bash) || { export ENV="$3"; exec sh -i; }
exec "$bash" --noprofile --rcfile "$3" -i
"""
_RUN = """\
cd -- "$1" 2>/dev/null || cd -- "$2" 2>/dev/null || cd /
exec "$(command -v bash || command -v sh)" "$3"
"""
_RERUN = """\
#!/bin/sh
# The step again, as the runner starts it: its variables, its folder, its shell.
for file in {files}; do rm -rf "$file"; : > "$file"; done
{exports}
cd -- {folder} || exit 1
exec {command}
"""
_NO_RERUN = """\
#!/bin/sh
echo {words} >&2
exit 1
"""
_BASH_RC = """\
HISTFILE={history}
HISTTIMEFORMAT=
HISTCONTROL=
PROMPT_COMMAND=
PS1={prompt}
{options}
"""


@dataclass(frozen=True, slots=True)
class Room:
    """A furnished landing: how to start its shell or a command in it, and with what variables.

    ``rerun`` is the step's command line as the runner has it; empty when it cannot be run again.
    """

    environment: Mapping[str, str]
    folder: str
    workspace: str
    rerun: str

    def shell(self) -> tuple[str, ...]:
        """Return the command that starts the shell of a person."""
        return ("/bin/sh", "-c", _ENTER, "sh", self.folder, self.workspace, _RC)

    def command(self) -> tuple[str, ...]:
        """Return the command that runs what `put_command` put there."""
        return ("/bin/sh", "-c", _RUN, "sh", self.folder, self.workspace, _PIPED)


def furnish(landing: Landing) -> Room:
    """Put ``rerun``, the history and the shell's start-up file into the sandbox."""
    run, step, view = landing.run, landing.step, landing.view
    environment = _environment(landing)
    folder = view.workspace
    with suppress(ExpressionError):
        folder = view.directory(step)
    script, argv = _script(landing)
    room = Room(_of_person(environment), folder, view.workspace, shlex.join(argv))
    if argv:
        run.sandbox.write(_SCRIPT, script.encode())
        again = _rerun(landing, environment, folder, argv)
    else:
        words = "this step cannot be run again from here: it is no command"
        again = _NO_RERUN.format(words=shlex.quote(words))
    history = f"#{time.time():.0f}\n{script.rstrip()}\n" if script.strip() else ""
    run.sandbox.write(f"{_BIN}/rerun", again.encode(), 0o755)
    run.sandbox.write(_HISTORY, history.encode())
    run.sandbox.write(_RC, _start_up(view.name(step), argv).encode())
    return room


def put_command(landing: Landing, command: str) -> None:
    """Put the commands of somebody who is no person at a terminal into the sandbox."""
    landing.run.sandbox.write(_PIPED, command.encode("utf-8", "surrogateescape"))


def _environment(landing: Landing) -> dict[str, str]:
    """Return the step's variables; without its own where an expression in them is wrong."""
    step, view = landing.step, landing.view
    with suppress(ExpressionError):
        return view.environment(step)
    return view.environment(replace(step, env={}))


def _of_person(environment: Mapping[str, str]) -> dict[str, str]:
    """Add what a person's shell needs; of the host's variables only the terminal's kind goes in."""
    kind = os.environ.get("TERM", "")
    return {
        **environment,
        "PATH": f"{environment['PATH']}:{_BIN}",
        "TERM": kind if _TERMINAL.fullmatch(kind) else "xterm-256color",
    }


def _script(landing: Landing) -> tuple[str, tuple[str, ...]]:
    """Return the step's script and the argument list that runs it; empty for an action."""
    step, view = landing.step, landing.view
    if step.run is None:
        return "", ()
    with suppress(ExpressionError):
        argv = command_line(view.shell(step), _SCRIPT)
        if not isinstance(argv, Unsupported):
            return view.script(step), argv
    return "", ()


def _rerun(
    landing: Landing, environment: Mapping[str, str], folder: str, argv: tuple[str, ...]
) -> str:
    commands = landing.run.job.layout.file_commands
    named = {name: value for name, value in environment.items() if _SHELL_NAME.fullmatch(name)}
    odd = tuple(f"{name}={value}" for name, value in environment.items() if name not in named)
    return _RERUN.format(
        files=" ".join(shlex.quote(f"{commands}/{name}") for name in FILES),
        exports="\n".join(f"export {n}={shlex.quote(v)}" for n, v in named.items()),
        folder=shlex.quote(folder),
        command=shlex.join(("/usr/bin/env", *odd, *argv) if odd else argv),
    )


def _start_up(name: str, argv: tuple[str, ...]) -> str:
    """Return the start-up file. The step's name is the repository's: nothing of it is obeyed."""
    plain = re.sub(r"[^\w .,:/+-]", "", name, flags=re.ASCII)[:_PROMPT_LENGTH].strip() or "step"
    bash = _BASH_RC.format(
        history=shlex.quote(_HISTORY),
        prompt=shlex.quote(f"regreen:{plain} \\w\\$ "),
        options="set -o pipefail" if "pipefail" in argv else "",
    )
    other = f"PS1={shlex.quote(f'regreen:{plain} $ ')}"
    return f'if [ "$BASH_VERSION" ]; then\n{bash}\nelse\n{other}\nfi\n'
