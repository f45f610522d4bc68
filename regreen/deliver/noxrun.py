"""How a generated noxfile runs its steps. Its text is copied into the file, from here on down."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

_OUTPUT = re.compile(r"\$\{\{ *steps\.([\w-]+)\.outputs\.([\w-]+) *\}\}")
_VARIABLE = re.compile(r"\$\{\{ *env\.([\w-]+) *\}\}")
_SECRET = re.compile(r"\$\{\{ *secrets\.([\w-]+) *\}\}")
_FILES = ("env", "path", "output", "state", "step_summary")


class Run:
    """One run of the job: what its steps leave behind for those after them."""

    def __init__(
        self, session: Any, temp: str, folders: Mapping[str, str], env: Mapping[str, str]
    ) -> None:
        """Begin in the folder nox was called from, or in the one that follows ``--``.

        ``folders`` maps what CI's folders are called in the steps to ``workspace`` or ``temp``.
        """
        named = session.posargs[0] if session.posargs else session.invoked_from
        self.session = session
        self.temp = Path(temp)
        here = {"workspace": str(Path(named).resolve()), "temp": temp}
        self.folders = {name: here[meant] for name, meant in folders.items()}
        self.outputs: dict[str, dict[str, str]] = {}
        self.path: list[str] = []
        self.env = {name: self.filled(value) for name, value in env.items()}

    def step(
        self,
        name: str,
        argv: Sequence[str],
        script: str,
        *,
        folder: str,
        id: str = "",
        env: Mapping[str, str] | None = None,
        tolerated: bool = False,
    ) -> None:
        """Run a script as the job does; where it fails the session ends, unless ``tolerated``."""
        self.session.log(f"== {name}")
        own = {key: self.filled(value) for key, value in (env or {}).items()}
        files = {key: self.temp / f"file_{key}" for key in _FILES}
        for file in files.values():
            file.write_text("")
        written = self.temp / "script"
        written.write_text(self.filled(script, own), encoding="utf-8")
        told = {f"GITHUB_{key.upper()}": str(file) for key, file in files.items()}
        before = self.session.env.get("PATH") or os.environ.get("PATH", "")
        search = os.pathsep.join([*self.path, before])
        words = [word.replace("{0}", str(written)) for word in argv]
        with self.session.chdir(self.filled(folder, own)):
            self.session.run(
                *words,
                env={**self.env, **told, **own, "PATH": search},
                external=True,
                success_codes=range(256) if tolerated else [0],
            )
        self.env.update(_assigned(files["env"].read_text(encoding="utf-8")))
        added = [line for line in files["path"].read_text(encoding="utf-8").splitlines() if line]
        self.path = [*reversed(added), *self.path]
        if id:
            self.outputs[id] = dict(_assigned(files["output"].read_text(encoding="utf-8")))

    def note(self, name: str, words: str) -> None:
        """Say why a step is not run as CI runs it."""
        self.session.log(f"== {name}: {words}")

    def filled(self, text: str, own: Mapping[str, str] | None = None) -> str:
        """Return ``text`` with this machine's folders and with what earlier steps gave out."""
        for name, meant in self.folders.items():
            text = text.replace(name, meant)
        known = {**getattr(self, "env", {}), **(own or {})}
        text = _OUTPUT.sub(lambda found: self.outputs.get(found[1], {}).get(found[2], ""), text)
        text = _VARIABLE.sub(lambda found: known.get(found[1], ""), text)
        text = _SECRET.sub(lambda found: os.environ.get(found[1], ""), text)
        if "${{" in text:
            self.session.error(f"only the running job can tell what this is: {text}")
        return text


def _assigned(text: str) -> Iterator[tuple[str, str]]:
    """Yield what a step wrote into one of the runner's files: ``name=value``, or a heredoc."""
    lines = iter(text.splitlines())
    for line in lines:
        name, heredoc, end = line.partition("<<")
        if heredoc and "=" not in name:
            held = []
            for inner in lines:
                if inner == end:
                    break
                held.append(inner)
            yield name, "\n".join(held)
        elif "=" in line:
            yield line.split("=", 1)[0], line.split("=", 1)[1]
