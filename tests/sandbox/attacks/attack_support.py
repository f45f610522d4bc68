"""Sandboxes to attack from, and many attacks run by one command: starting each takes longer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from regreen_sandbox.container import ExecResult, Sandbox
from regreen_sandbox.profiles import Profile

ATTACKERS = (Profile.RUNNER, Profile.SUDO, Profile.ROOT)
_ALL = """\
import json, subprocess, sys
done = {}
for name, script in json.load(sys.stdin).items():
    try:
        ended = subprocess.run(["bash", "-c", script], capture_output=True, timeout=10)
        done[name] = ended.returncode, (ended.stdout + ended.stderr)[-300:].decode(errors="replace")
    except subprocess.TimeoutExpired:
        done[name] = 124, "it hung"
print(json.dumps(done))
"""


@dataclass(frozen=True)
class Attacker:
    """Runs scripts with all the rights that a job can get in its sandbox."""

    sandbox: Sandbox

    def __call__(self, script: str, *, timeout: float = 60) -> ExecResult:
        sudo = ("sudo", "-n") if self.sandbox.profile is Profile.SUDO else ()
        argv = (*sudo, "bash", "-c", script)
        return self.sandbox.run(argv, env={}, cwd="/", timeout=timeout)

    def python(self, program: str, *arguments: str, timeout: float = 60) -> ExecResult:
        """Run a program of Python's."""
        sudo = ("sudo", "-n") if self.sandbox.profile is Profile.SUDO else ()
        argv = (*sudo, "/usr/bin/python3", "-c", program, *arguments)
        return self.sandbox.run(argv, env={}, cwd="/", timeout=timeout)

    def all(self, scripts: Mapping[str, str]) -> dict[str, tuple[int, str]]:
        """Run each script; return its exit code and the end of what it said, by its name."""
        self.sandbox.write("/tmp/attacks", json.dumps(scripts).encode())
        self.sandbox.write("/tmp/attack.py", _ALL.encode())
        result = self("/usr/bin/python3 /tmp/attack.py < /tmp/attacks", timeout=120)
        assert result.ok, result.output
        done: dict[str, tuple[int, str]] = json.loads(result.output.splitlines()[-1])
        return done
