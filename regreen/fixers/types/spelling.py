"""Write types as a file would: ``Optional`` or ``| None``, ``List`` or ``list``, with the imports.

What decides is the oldest Python of the project, whether annotations are evaluated, and what the
file itself does already.
"""

from __future__ import annotations

import ast
import builtins
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from regreen.fixers.source import Source
from regreen.fixers.types.imports import Import, bound, imports_of
from regreen.fixers.types.reading import Type, read_type

_GENERIC = frozenset({"list", "dict", "set", "frozenset", "tuple", "type"})
_ABSTRACT = frozenset(
    [
        "Awaitable",
        "AsyncGenerator",
        "AsyncIterable",
        "AsyncIterator",
        "Callable",
        "Collection",
        "Container",
        "Coroutine",
        "Generator",
        "Hashable",
        "ItemsView",
        "Iterable",
        "Iterator",
        "KeysView",
        "Mapping",
        "MutableMapping",
        "MutableSequence",
        "MutableSet",
        "Reversible",
        "Sequence",
        "Sized",
        "ValuesView",
    ]
)
_TYPING = frozenset(
    ["Any", "IO", "TextIO", "BinaryIO", "NamedTuple", "Literal", "NoReturn", "Optional", "Union"]
)
_PUBLIC = {
    "_io": "io",
    "_typeshed": "",
    "_collections_abc": "collections.abc",
    "_asyncio": "asyncio",
    "asyncio.events": "asyncio",
    "asyncio.locks": "asyncio",
    "asyncio.queues": "asyncio",
    "asyncio.tasks": "asyncio",
    "pathlib._local": "pathlib",
    "unittest.case": "unittest",
    "concurrent.futures._base": "concurrent.futures",
}
"""Where what a private module of the standard library defines is to be had."""
_BUILTINS = frozenset(dir(builtins))
_EVALUATED = re.compile(r"\b(?:pydantic|BaseModel|typer|fastapi|attrs|msgspec|sqlmodel)\b")


@dataclass(frozen=True, slots=True)
class Spelled:
    """A type as it is to be written, and the imports that this needs."""

    text: str
    imports: tuple[Import, ...] = ()


@lru_cache(maxsize=64)
def classes(tree: ast.Module) -> frozenset[str]:
    """Return the names of all classes of a module, inner ones too."""
    return frozenset(n.name for n in ast.walk(tree) if isinstance(n, ast.ClassDef))


class Speller:
    """Writes types for one file, whose dotted name is ``module``."""

    def __init__(self, source: Source, module: str, oldest: tuple[int, int]) -> None:
        """Look at what the file binds; ``oldest`` is the oldest Python that it must run on."""
        self.source = source
        self.module = module
        self.oldest = oldest
        self._bound = bound(source.tree)
        self._classes = classes(source.tree)
        future = self._bound.get("annotations")
        self.lazy = future is not None and future.module == "__future__"

    @property
    def evaluated(self) -> bool:
        """Whether something may evaluate the file's annotations, even lazy ones."""
        return bool(_EVALUATED.search(self.source.text))

    @property
    def bars(self) -> bool:
        """Whether unions are written with ``|`` here."""
        able = self.oldest >= (3, 10) or (self.lazy and not self.evaluated)
        spelled = any(name in self._bound for name in ("Optional", "Union"))
        return able and not spelled

    @property
    def builtins(self) -> bool:
        """Whether ``list[int]`` may be written here."""
        return self.oldest >= (3, 9) or (self.lazy and not self.evaluated)

    def at_run_time(self, annotation: ast.expr) -> bool:
        """Whether an annotation of the file can be evaluated where its oldest Python runs it."""
        checked = {
            one.binds
            for node in self.source.tree.body
            if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
            for _, one in imports_of(node)
        }
        for node in ast.walk(annotation):
            if isinstance(node, ast.BinOp) and self.oldest < (3, 10):
                return False
            if (
                isinstance(node, ast.Subscript)
                and self.oldest < (3, 9)
                and isinstance(node.value, ast.Name)
                and node.value.id in _GENERIC
            ):
                return False
            if isinstance(node, ast.Name) and node.id in checked:
                return False
        return not isinstance(annotation, ast.Constant) or annotation.value is None

    def typing(self, name: str) -> Spelled:
        """Return a name of ``typing`` (or of ``collections.abc``) as the file would write it."""
        for as_name, one in self._bound.items():
            if one.name == name and one.module in {"typing", "collections.abc"}:
                return Spelled(as_name)
        for as_name, one in self._bound.items():
            if one.name is None and one.module == "typing":
                return Spelled(f"{as_name}.{name}")
        abstract = name in _ABSTRACT and self.oldest >= (3, 9)
        module = "collections.abc" if abstract else "typing"
        return Spelled(name, (Import(module, name),))

    def optional(self, text: str) -> Spelled:
        """Return ``text`` or ``None``; ``text`` is an annotation of this file."""
        if re.search(r"\bNone\b|\bOptional\[", _outside(text)) or text in {"Any", "object"}:
            return Spelled(text)
        if text.startswith(('"', "'")) and text.endswith(text[0]):
            inner = self.optional(text[1:-1]) if self.oldest >= (3, 10) else None
            if inner is not None and not inner.imports and "[" not in inner.text:
                return Spelled(f"{text[0]}{inner.text}{text[0]}")
        elif self.bars:
            return Spelled(f"{text} | None")
        found = self.typing("Optional")
        return Spelled(f"{found.text}[{text}]", found.imports)

    def union(self, texts: Sequence[str]) -> Spelled:
        """Return the union of annotations of this file."""
        flat = list(dict.fromkeys(texts))
        if "None" in flat:
            rest = [text for text in flat if text != "None"]
            inner = self.union(rest)
            made = self.optional(inner.text)
            return Spelled(made.text, (*inner.imports, *made.imports))
        if len(flat) == 1:
            return Spelled(flat[0])
        if self.bars and not any(text.startswith(('"', "'")) for text in flat):
            return Spelled(" | ".join(flat))
        found = self.typing("Union")
        return Spelled(f"{found.text}[{', '.join(flat)}]", found.imports)

    def generic(self, name: str, arguments: Sequence[str]) -> Spelled:
        """Return a builtin container of something."""
        inner = ", ".join(arguments)
        old = name.title() if name != "frozenset" else "FrozenSet"
        if self.builtins and old not in self._bound:
            return Spelled(f"{name}[{inner}]")
        found = self.typing(old)
        return Spelled(f"{found.text}[{inner}]", found.imports)

    def knows(self, name: str) -> bool:
        """Whether a name without a module says enough here."""
        return name in _BUILTINS or name in {"|", "[]", "..."} or self._short(name) is not None

    def spell(self, said: str) -> Spelled | None:
        """Return what a checker calls ``said`` as an annotation; ``None`` where there is none."""
        read = read_type(said)
        return None if read is None else self.write(read)

    def write(self, kind: Type) -> Spelled | None:
        """Return a type as an annotation; ``None`` when it cannot be written."""
        parts = [self.write(one) for one in kind.arguments]
        if any(part is None for part in parts):
            return None
        known = [part for part in parts if part is not None]
        texts = [part.text for part in known]
        imports = tuple(i for part in known for i in part.imports)
        made = self._whole(kind, texts)
        if made is None:
            return None
        return Spelled(made.text, tuple(dict.fromkeys((*imports, *made.imports))))

    def _whole(self, kind: Type, texts: list[str]) -> Spelled | None:
        if kind.name in {"None", "..."}:
            return Spelled(kind.name)
        if kind.name == "[]":
            return Spelled(f"[{', '.join(texts)}]")
        if kind.name == "|":
            return self.union(texts)
        if kind.literal:
            found = self.typing("Literal")
            return Spelled(f"{found.text}[{kind.literal}]", found.imports)
        short = kind.name.removeprefix("builtins.")
        if short in _GENERIC and texts:
            return self.generic(short, texts)
        found_name = self._named(kind.name)
        if found_name is None or not texts:
            return found_name
        return Spelled(f"{found_name.text}[{', '.join(texts)}]", found_name.imports)

    def _named(self, name: str) -> Spelled | None:
        module, _, last = name.rpartition(".")
        module = _PUBLIC.get(module, module)
        if module == "builtins" or (not module and last in _BUILTINS):
            return Spelled(last) if last not in self._bound else None
        if last in {"<nothing>", "Never", "_"} or not last.isidentifier():
            return None
        if not module:
            return self._short(last)
        if module in {"typing", "typing_extensions"} or module == "collections.abc":
            return self.typing(last)
        return self._qualified(module, last)

    def _short(self, name: str) -> Spelled | None:
        if name in self._classes or name in self._bound:
            return Spelled(name)
        if name in _ABSTRACT or name in _TYPING or name in {t.title() for t in _GENERIC}:
            return self.typing(name)
        return None

    def _qualified(self, module: str, name: str) -> Spelled | None:
        own = self.module
        if (module == own or module.startswith(f"{own}.")) and name in self._classes:
            return Spelled(name)
        there = self._bound.get(name)
        if there is not None:
            same = there.name == name and _ends(module, there.module)
            return Spelled(name) if same else None
        if name in self._classes or name.startswith("_"):
            return None
        top = module.split(".")[0]
        if top in sys.stdlib_module_names:
            if (whole := self._bound.get(module)) is not None and whole.name is None:
                return Spelled(f"{module}.{name}")
            return Spelled(name, (Import(module, name),))
        one = Import(module, name, checked=True)
        return Spelled(name if self.lazy else f'"{name}"', (one,))


def _ends(module: str, said: str) -> bool:
    """Whether ``said`` (relative, or a package that passes names on) may be ``module``."""
    tail = said.lstrip(".")
    return (
        module == tail or module.endswith(f".{tail}") or module.startswith(f"{tail}.") or not tail
    )


def _outside(text: str) -> str:
    """Return an annotation's outermost level: what stands in no brackets, and ``Optional[``."""
    depth, kept = 0, ""
    for character in text.removeprefix("typing."):
        depth -= character == "]"
        kept += (
            character if depth == 0 or (depth == 1 and kept.endswith(("Union", "Union["))) else ""
        )
        depth += character == "["
    return kept


def merged(parts: Iterable[Spelled]) -> tuple[Import, ...]:
    """Return the imports of all of these, each once."""
    return tuple(dict.fromkeys(i for part in parts for i in part.imports))
