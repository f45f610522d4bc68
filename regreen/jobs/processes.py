"""How a step's process is started: its folder, its script, the runner's files emptied before."""

from __future__ import annotations

import posixpath

from regreen.jobs.commands import FILES
from regreen.jobs.layout import Layout
from regreen_sandbox.container import Sandbox
from regreen_sandbox.errors import SandboxError

_IN_FOLDER = """\
for f in $2; do /bin/rm -rf "$f"; : > "$f"; done
[ -z "$3" ] || printf %s "$4" > "$3"
cd -- "$1" || exit 1
shift 4
exec "$@"
"""
_LAY_OUT = """\
file=$1 content=$2
shift 2
mkdir -p -- "$@" && printf %s "$content" > "$file" || exit
"""
_HAND_OVER = """\
for path; do
  while [ "$path" != / ] && [ "$path" != /root ]; do
    chown "$OWNER" "$path" || exit
    path=$(dirname "$path")
  done
done
chown "$OWNER" "$file"
"""
_LONGEST_ARGUMENT = 100_000
"""Bytes that go to a command as one argument; Linux takes 128 KiB (MAX_ARG_STRLEN)."""
_LONG = 600.0


def in_folder(
    sandbox: Sandbox,
    layout: Layout,
    argv: tuple[str, ...],
    folder: str,
    script: tuple[str, str] | None,
) -> tuple[str, ...]:
    """Return the command that runs ``argv`` in ``folder`` with the runner's files emptied before.

    ``script`` is a file to write first, its path and content: by the command itself, or now where
    it is too long for that. Raises `SandboxError`.
    """
    path, content = script or ("", "")
    if len(content.encode()) > _LONGEST_ARGUMENT or "\0" in content:
        sandbox.write(path, content.encode())
        path, content = "", ""
    emptied = " ".join(f"{layout.file_commands}/{name}" for name in FILES)
    return ("/bin/sh", "-c", _IN_FOLDER, "sh", folder, emptied, path, content, *argv)


def lay_out(sandbox: Sandbox, layout: Layout, event: bytes) -> None:
    """Make the runner's folders and the file of the ``event`` that started the run."""
    named = (layout.file_commands, layout.workspace, layout.home, layout.temp)
    small = event if len(event) <= _LONGEST_ARGUMENT else b""
    folders = (posixpath.dirname(layout.event), *named)
    words = (layout.event, small.decode(), *folders)
    env = {"PATH": "/usr/bin:/bin"}
    done = sandbox.run(("/bin/sh", "-c", _LAY_OUT, "sh", *words), env=env, cwd="/", timeout=_LONG)
    if not done.ok and layout.user == "root":
        owner = str(sandbox.inside.owner)
        argv = ("/bin/sh", "-c", _LAY_OUT + _HAND_OVER, "sh", *words)
        env |= {"OWNER": owner}
        done = sandbox.run(argv, env=env, cwd="/", timeout=_LONG, user="0:0")
    if not done.ok:
        said = done.output.decode("utf-8", "replace").strip()[-500:]
        raise SandboxError(
            f"the job's folders cannot be made in the container: {said}",
            next_step="choose an image whose user may write to /, or no --user in its options",
        )
    if not small:
        sandbox.write(layout.event, event)
