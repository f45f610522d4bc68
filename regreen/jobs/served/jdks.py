"""The JDKs of this machine: where they lie, which version and whose build each one is.

``release`` in a JDK's folder says so (JEP 223). Debian's packages and those of Adoptium, Azul and
others install below ``/usr/lib/jvm``; SDKMAN and IntelliJ below the home folder.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_ROOTS = ("/usr/lib/jvm", "~/.sdkman/candidates/java", "~/.jdks", "/opt/java")
_ENTRY = re.compile(r'^([A-Z_]+)="(.*)"$', re.MULTILINE)
_UNWANTED = re.compile(r"(?:lib/)?src\.zip|(?:demo|sample|man)/.*")


@dataclass(frozen=True, slots=True)
class Jdk:
    """A JDK of this machine; ``version`` as it names itself (``17.0.9``), ``maker`` whose it is."""

    root: Path
    version: str
    maker: str

    @property
    def major(self) -> int:
        """8 for ``1.8.0_392``, 17 for ``17.0.9``."""
        numbers = [int(text) for text in re.findall(r"\d+", self.version)[:2]]
        return numbers[1] if numbers[0] == 1 and len(numbers) > 1 else numbers[0]


def find_jdks(roots: Iterable[str] = _ROOTS) -> tuple[Jdk, ...]:
    """Return the JDKs with a compiler that lie below ``roots``, each once, newest first."""
    found: dict[Path, Jdk] = {}
    for root in roots:
        folder = Path(root).expanduser()
        for place in sorted(folder.iterdir()) if folder.is_dir() else ():
            jdk = _jdk(place)
            if jdk is not None:
                found.setdefault(jdk.root, jdk)
    return tuple(sorted(found.values(), key=_age, reverse=True))


def is_wanted(name: str) -> bool:
    """Say whether a file of a JDK is one that jobs use: not its sources, examples and manuals."""
    return _UNWANTED.fullmatch(name) is None


def _age(jdk: Jdk) -> tuple[int, ...]:
    return (jdk.major, *(int(text) for text in re.findall(r"\d+", jdk.version)))


def _jdk(place: Path) -> Jdk | None:
    release = place / "release"
    try:
        if not (place / "bin" / "javac").is_file() or not release.is_file():
            return None
        told = dict(_ENTRY.findall(release.read_text(encoding="utf-8", errors="replace")))
        root = place.resolve()
    except OSError:
        return None
    version = told.get("JAVA_VERSION", "")
    return Jdk(root, version, told.get("IMPLEMENTOR", "")) if re.match(r"\d", version) else None
