"""``hashFiles()``: one digest over the files of the workspace that match some patterns.

Computed inside the sandbox, on the files as they are at that moment. Source: GitHub's documentation
"Evaluate expressions in workflows and actions", ``hashFiles``: the SHA-256 of the matched files'
SHA-256 digests; the empty text when nothing matches.
"""

from __future__ import annotations

from collections.abc import Sequence

from regreen_sandbox.container import Sandbox

_SECONDS = 300.0
_SCRIPT = """\
import glob, hashlib, os, sys
chosen = []
for pattern in sys.argv[1:]:
    drop = pattern.startswith("!")
    found = glob.glob(pattern.lstrip("!"), recursive=True)
    files = [os.path.abspath(p) for p in found if os.path.isfile(p)]
    if drop:
        chosen = [p for p in chosen if p not in files]
    else:
        chosen += [p for p in files if p not in chosen]
total = hashlib.sha256()
for path in sorted(chosen):
    with open(path, "rb") as file:
        total.update(hashlib.sha256(file.read()).digest())
print(total.hexdigest() if chosen else "")
"""


def hash_files(sandbox: Sandbox, folder: str, patterns: Sequence[str]) -> str:
    """Return the digest of the files below ``folder`` that match ``patterns``."""
    lines = [line.strip() for text in patterns for line in text.splitlines() if line.strip()]
    argv = ("/usr/bin/python3", "-I", "-c", _SCRIPT, *lines)
    done = sandbox.run(argv, env={}, cwd=folder, timeout=_SECONDS)
    return done.output.decode("ascii", "replace").strip() if done.ok else ""
