"""Read the texts of a patch as data. Nothing is raised: ``None`` is what cannot be read."""

from __future__ import annotations

import ast
import configparser
import gc
import json
import tomllib
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import yaml

_LARGEST = 2 << 20
_MOST_NODES = 100_000
_DEEPEST = 100
_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


@lru_cache(maxsize=32)
def python(text: str) -> ast.Module | None:
    """Return the syntax tree of a Python file. It is shared: nobody may change it."""
    return own_python(text)


def own_python(text: str) -> ast.Module | None:
    """Return a syntax tree that the caller may change."""
    if len(text) > _LARGEST:
        return None
    try:
        with warnings.catch_warnings(), uncollected():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


@contextmanager
def uncollected() -> Iterator[None]:
    """Keep Python from looking for rings of garbage meanwhile.

    A tree is many objects at once and no ring: the searches that it sets off find nothing, and take
    three quarters of the time.
    """
    on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if on:
            gc.enable()


def fault_line(text: str) -> int | None:
    """Return the line in which a text stops being Python; ``None`` where it is Python."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)
    except SyntaxError as error:
        return error.lineno or 1
    except (ValueError, RecursionError, MemoryError):
        return 1
    return None


class _Plain(configparser.RawConfigParser):
    def optionxform(self, optionstr: str) -> str:
        return optionstr


def _toml(text: str) -> Any:
    return tomllib.loads(text)


def _ini(text: str) -> Any:
    parser = _Plain(strict=False, allow_no_value=True, delimiters=("=", ":"))
    parser.read_string(text)
    sections = {name: dict(parser.items(name)) for name in parser.sections()}
    return {"DEFAULT": dict(parser.defaults()), **sections} if parser.defaults() else sections


def _yaml(text: str) -> Any:
    """Read YAML with the C loader, which recurses without a bound of its own."""
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            raise ValueError("nested too deeply")
    loader = _LOADER(text)
    try:
        return loader.get_single_data()
    finally:
        loader.dispose()


def has_twins(text: str) -> bool:
    """Whether a mapping of a YAML text has a key twice, which GitHub refuses."""
    if len(text) > _LARGEST:
        return False
    try:
        root = yaml.compose(text, Loader=_LOADER)
    except (yaml.YAMLError, RecursionError, MemoryError, ValueError):
        return False
    stack, seen = [root], 0
    while stack and seen < _MOST_NODES:
        node, seen = stack.pop(), seen + 1
        if isinstance(node, yaml.MappingNode):
            keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
            if len(keys) > len(set(keys)):
                return True
            stack += [value for _, value in node.value]
        elif isinstance(node, yaml.SequenceNode):
            stack += node.value
    return False


_UNREADABLE = (
    ValueError,
    configparser.Error,
    yaml.YAMLError,
    RecursionError,
    MemoryError,
    TypeError,
    AttributeError,
)
"""What the readers raise; configparser AttributeError for a continuation behind a bad line."""


def _json(text: str) -> Any:
    return json.loads(text)


def data(path: str, text: str) -> Any:
    """Return what a file of data holds; in YAML every scalar stays the text that it is written as.

    ``None`` when it cannot be read, is empty, or unfolds to more than people write.
    """
    if len(text) > _LARGEST:
        return None
    try:
        found = _reader(path)(text)
        return found if _modest(found) else None
    except _UNREADABLE:
        return None


def _reader(path: str) -> Callable[[str], Any]:
    if path.endswith((".toml", "Pipfile", ".lock")):
        return _toml
    if path.endswith((".yml", ".yaml", ".yamllint")):
        return _yaml
    return _json if path.endswith(".json") else _ini


def _modest(value: Any) -> bool:
    """Count what is there with aliases written out, so that a bomb of aliases does not go off."""
    stack, seen = [value], 0
    while stack:
        item = stack.pop()
        seen += 1
        if seen > _MOST_NODES:
            return False
        if isinstance(item, dict):
            stack.extend(item.values())
        elif isinstance(item, list):
            stack.extend(item)
    return True
