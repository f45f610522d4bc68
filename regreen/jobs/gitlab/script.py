"""The shell script that GitLab's runner makes of a job's commands, and what it prints of them.

The runner puts ``before_script`` and ``script`` into one script that stops at the first command
that fails, and prints each command in bold green before it runs, of one with several lines only the
first. ``after_script`` is a script of its own. Source: https://docs.gitlab.com/ci/yaml/script/ and
``shells/bash.go`` of gitlab-runner, whose shells are tried in its order.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Sequence

from regreen.jobs.gitlab.tree import Listing, Node, Scalar
from regreen.model import Failure

Classify = Callable[[str | None, str | None, str, int | None], tuple[Failure, ...]]

_COLLAPSED = " # collapsed multi-line command"
_GREEN, _PLAIN = r"\033[32;1m", r"\033[0;m"
_HEAD = (
    "if set -o | grep pipefail > /dev/null; then set -o pipefail; fi; set -o errexit",
    "set +o noclobber",
)
_SHELLS = "/usr/local/bin/bash /usr/bin/bash /bin/bash /usr/local/bin/sh /usr/bin/sh /bin/sh"
_MARK = re.compile(r"^printf '\\033\[32;1m%s\\033\[0;m\\n' '\$ ", re.MULTILINE)
_ECHO = re.compile(r"^\x1b\[32;1m\$ (?P<command>.*?)(?:\x1b\[0;?m)?\r?$", re.MULTILINE)

SHELL = "/bin/sh -c " + shlex.quote(
    f'for s in {_SHELLS}; do [ -x "$s" ] && exec "$s" "$1" < /dev/null; done; '
    "echo shell not found; exit 1"
)
SHELL += " sh {0}"
"""How a script is started: by the first shell that the image has, with nothing to read."""


def commands(node: Node | None) -> tuple[str, ...]:
    """Return the commands of a ``script``, nested lists opened."""
    if isinstance(node, Listing):
        return tuple(one for item in node.items for one in commands(item))
    if isinstance(node, Scalar) and node.value is not None:
        return (node.text,)
    return ()


def script_of(lines: Sequence[str]) -> str:
    """Return the script that runs ``lines`` in turn, each printed before it runs."""
    body = (part for line in lines for part in (_echo(line), line.rstrip("\n")))
    return "\n".join((*_HEAD, *body, ""))


def shown(command: str) -> str:
    """Return what the runner prints of ``command``, behind the ``$``."""
    first, separator, rest = command.strip().partition("\n")
    return f"{first}{_COLLAPSED}" if separator and rest else first


def _echo(command: str) -> str:
    return f"printf '{_GREEN}%s{_PLAIN}\\n' {shlex.quote('$ ' + shown(command))}"


def last_command(classify: Classify) -> Classify:
    """Return what classifies a script's output by its last command, which is the one that failed.

    A log of GitLab's is read in the same way, so that failures compare. Output without a printed
    command is classified whole.
    """

    def narrowed(
        text: str | None, step: str | None, output: str, code: int | None
    ) -> tuple[Failure, ...]:
        echoes = list(_ECHO.finditer(output))
        if not echoes:
            return classify(text, step, output, code)
        last = echoes[-1]
        return classify(last["command"], step, output[last.end() + 1 :], code)

    return narrowed


def ahead(script: str, output: str) -> str:
    """Return the part of ``script`` that ran before the last command that ``output`` shows."""
    count = len(_ECHO.findall(output))
    starts = [match.start() for match in _MARK.finditer(script)]
    return script[: starts[count - 1]] if 0 < count <= len(starts) else ""
