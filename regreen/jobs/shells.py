"""How the runner starts a ``run`` step's script: the argument list of each shell.

Source: GitHub's workflow syntax, ``jobs.<job_id>.steps[*].shell``.
"""

from __future__ import annotations

import shlex

from regreen.model import Unsupported

_BUILT_IN = {
    "bash": "bash --noprofile --norc -eo pipefail {0}",
    "sh": "sh -e {0}",
    "python": "python {0}",
    "pwsh": "pwsh -command \". '{0}'\"",
}
_UNSET = "bash -e {0}"
_FOREIGN = frozenset({"powershell", "cmd"})
_PWSH = "pwsh"
_STOP = "$ErrorActionPreference = 'stop'"
_EXIT = "if ((Test-Path -LiteralPath variable:\\LASTEXITCODE)) { exit $LASTEXITCODE }"
"""What the runner puts around a PowerShell script (actions/runner, ScriptHandlerHelpers.cs)."""


def is_pwsh(shell: str | None) -> bool:
    """Return whether ``shell`` is PowerShell, which not every image has."""
    return (shell or "").strip().lower() == _PWSH


def script_file(shell: str | None, script: str) -> tuple[str, str]:
    """Return the suffix and the text of the file that a script is written to."""
    return (".ps1", f"{_STOP}\n{script}\n{_EXIT}") if is_pwsh(shell) else (".sh", script)


def command_line(shell: str | None, script: str) -> tuple[str, ...] | Unsupported:
    """Return the argument list that runs the file ``script`` in ``shell`` (``None``: not set).

    ``shell`` is a name or a command with ``{0}`` where the file goes. ``Unsupported`` for shells
    that the sandbox does not have and for what is neither name nor command.
    """
    name = (shell or "").strip()
    template = _BUILT_IN.get(name.lower(), name) if name else _UNSET
    if "{0}" not in template:
        if name.lower() in _FOREIGN:
            return Unsupported(f"shell: {name}")
        return Unsupported(f"shell: {name} (neither a known shell nor a command with {{0}})")
    try:
        words = shlex.split(template)
    except ValueError as error:
        return Unsupported(f"shell: {name} ({error})")
    return tuple(word.replace("{0}", script) for word in words)
