"""``hashFiles()``: one digest over the files of the workspace that match some patterns.

The files are listed and hashed inside the sandbox, as they are at that moment; a shell and the
usual tools are enough for it. Source: GitHub's documentation "Evaluate expressions in workflows and
actions", ``hashFiles``: the SHA-256 of the matched files' SHA-256 digests; the empty text when
nothing matches.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from regreen.jobs.globs import chosen, read_patterns
from regreen.jobs.layout import Layout
from regreen_sandbox.container import Sandbox

_SECONDS = 300.0
_FOLLOW = "--follow-symbolic-links"
_LIST = 'find $2 "$1" \\( -type f -o -type l \\) -print0 2>/dev/null || :'
_HASH = 'xargs -0 sha256sum < "$1" 2>/dev/null || :'


def hash_files(sandbox: Sandbox, layout: Layout, wanted: Sequence[str]) -> str:
    """Return the digest of the files of the workspace that match the patterns ``wanted``."""
    lines = [line for text in wanted for line in text.splitlines()]
    follow = bool(lines) and lines[0].strip().lower() == _FOLLOW
    folder = layout.workspace
    named = read_patterns("\n".join(lines[1:] if follow else lines), folder, layout.home)
    listed = _sh(sandbox, _LIST, folder, "-L" if follow else "-P")
    inside = (path for path in listed.split("\0") if path.startswith(f"{folder}/"))
    paths = sorted(chosen(inside, named), key=lambda path: path.split("/"))
    if not paths:
        return ""
    names = f"{layout.temp}/_regreen_hashed"
    sandbox.write(names, "".join(f"{p}\0" for p in paths).encode("utf-8", "surrogateescape"))
    total = hashlib.sha256()
    for line in _sh(sandbox, _HASH, names).splitlines():
        digest = line.lstrip("\\").partition(" ")[0]  # a backslash: the name has odd characters
        total.update(bytes.fromhex(digest))
    return total.hexdigest()


def _sh(sandbox: Sandbox, script: str, *arguments: str) -> str:
    argv = ("/bin/sh", "-c", script, "sh", *arguments)
    env = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
    done = sandbox.run(argv, env=env, cwd="/", timeout=_SECONDS)
    return done.output.decode("utf-8", "surrogateescape")
