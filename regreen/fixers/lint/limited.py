"""A command of which only what it does to some files is kept."""

from __future__ import annotations

import posixpath
import shlex
from collections.abc import Sequence

_SCRIPT = """\
top=$(git rev-parse --show-toplevel 2>/dev/null)
kept=$(mktemp -d)
printf '%s\\n' {files} > "$kept/named"
git -C "$top" diff --name-only >> "$kept/named"
(
{command}
)
git -C "$top" diff --name-only | grep -vxF -f "$kept/named" > "$kept/others"
[ ! -s "$kept/others" ] || git -C "$top" checkout -q --pathspec-from-file="$kept/others"
"""


def limited(command: str, files: Sequence[str]) -> str:
    """Return a script that runs ``command`` and takes back what it did to others than ``files``.

    ``files`` are relative to the repository. What had been changed before stays as it is.
    """
    names = shlex.join(posixpath.normpath(path) for path in files)
    return _SCRIPT.format(files=names, command=command)
