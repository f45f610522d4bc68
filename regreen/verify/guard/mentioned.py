"""Which distributions a repository speaks of: in what it declares, locks or imports.

A package that a patch installs beside the others must be one of these, or one that builds or
checks. What the patch itself writes does not count.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property

from packaging.utils import canonicalize_name

from regreen.verify.guard import declared, parsing, requirements
from regreen.verify.guard.change import Change
from regreen.verify.guard.kinds import Kind, kind_of

_DECLARING = frozenset(["pyproject.toml", "setup.cfg", "setup.py", "tox.ini", "noxfile.py"])
_MOST = 60
_SHORT = 4
"""Letters that say too little of a name whose first part they are."""
_MODULES = {
    "attrs": "attr",
    "beautifulsoup4": "bs4",
    "gitpython": "git",
    "importlib-metadata": "importlib_metadata",
    "opencv-python": "cv2",
    "opencv-python-headless": "cv2",
    "pillow": "PIL",
    "protobuf": "google",
    "pycryptodome": "Crypto",
    "pyjwt": "jwt",
    "pymongo": "bson",
    "pymupdf": "fitz",
    "pyopenssl": "OpenSSL",
    "pyqt5": "PyQt5",
    "pyserial": "serial",
    "python-dateutil": "dateutil",
    "python-docx": "docx",
    "python-dotenv": "dotenv",
    "python-magic": "magic",
    "pywin32": "win32api",
    "pyyaml": "yaml",
    "pyzmq": "zmq",
    "scikit-image": "skimage",
    "scikit-learn": "sklearn",
    "setuptools": "pkg_resources",
}
"""What one imports of distributions whose modules have other names, from their documentation."""


class Mentioned:
    """The names of distributions that the tree of a change speaks of, apart from the change."""

    def __init__(self, change: Change) -> None:
        self._change = change
        self._known: dict[str, bool] = {}

    def speaks_of(self, name: str) -> bool:
        """Whether the repository declares, locks or imports a distribution."""
        plain = canonicalize_name(name)
        if plain not in self._known:
            self._known[plain] = plain in self._declared or self._is_imported(plain)
        return self._known[plain]

    @cached_property
    def _declared(self) -> frozenset[str]:
        words = (w for _, text in self._texts() for w in re.findall(r"[A-Za-z0-9][\w.-]*", text))
        return frozenset(re.sub(r"[-_.]+", "-", word).lower().strip("-") for word in words)

    def declares(self, module: str) -> bool:
        """Whether the repository requires a distribution that a module belongs to."""
        names = {n for n, m in _MODULES.items() if m == module} | {canonicalize_name(module)}
        return not names.isdisjoint(self._required)

    @cached_property
    def _required(self) -> frozenset[str]:
        found: set[str] = set()
        for path, text in self._texts():
            if path.endswith((".toml", "setup.cfg", "Pipfile")):
                data = parsing.data(path, text)
                found |= declared.needs(data if isinstance(data, dict) else {}).names.keys()
            elif path.endswith((".txt", ".in")):
                found |= requirements.from_lines(text.split("\n")).names.keys()
        return frozenset(found)

    def runs_on(self, version: str) -> bool:
        """Whether CI's definition names a version of Python (``3.9``)."""
        return self.in_workflows(version)

    def in_workflows(self, word: str) -> bool:
        """Whether CI's definition has a word, or a number, that stands alone."""
        alone = re.compile(rf"(?<![\w.]){re.escape(word)}(?![\w])")
        return bool(word) and any(alone.search(text) for text in self._workflows)

    def is_own_name(self, name: str) -> bool:
        """Whether a distribution is the repository's own project."""
        return canonicalize_name(name) in self._own

    @cached_property
    def _own(self) -> frozenset[str]:
        found = set()
        for path, text in self._texts():
            data = parsing.data(path, text) if path in {"pyproject.toml", "setup.cfg"} else None
            for place in (("project",), ("tool", "poetry"), ("metadata",)):
                table = data
                for key in place:
                    table = table.get(key) if isinstance(table, dict) else None
                if isinstance(table, dict) and isinstance(table.get("name"), str):
                    found.add(canonicalize_name(table["name"]))
        return frozenset(found)

    @cached_property
    def _workflows(self) -> tuple[str, ...]:
        changed = {file.path: file.old for file in self._change.files}
        paths = sorted({*self._change.patched.paths(), *changed})
        known = [path for path in paths if kind_of(path, "") is Kind.WORKFLOW][:_MOST]
        return tuple(
            changed[path] if path in changed else self._change.patched.text(path) or ""
            for path in known
        )

    def _texts(self) -> Iterator[tuple[str, str]]:
        changed = {file.path: file.old for file in self._change.files}
        found = 0
        for path in sorted({*self._change.patched.paths(), *changed}):
            name = path.rpartition("/")[2]
            if name not in _DECLARING and kind_of(path, "") is not Kind.REQUIREMENTS:
                continue
            found += 1
            if found > _MOST:
                return
            text = changed[path] if path in changed else self._change.patched.text(path)
            yield path, text or ""

    def _is_imported(self, name: str) -> bool:
        changed = {file.path for file in self._change.files}
        words = {_MODULES.get(name, name.replace("-", "_"))}
        for pattern in (r"^python-?|^py-?", r"-?(?:python|py)$", r"-.*$"):
            bare = re.sub(pattern, "", name)
            if bare != "pytest" and len(bare) > _SHORT * (pattern == r"-.*$"):
                words.add(bare.replace("-", "_"))
        return any(
            path not in changed
            for word in sorted(words)
            if len(word) > 1
            for path in self._change.patched.using(word)
        )
