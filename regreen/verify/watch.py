"""Runs in the sandbox, within every Python of a job: which changed statements are reached?

The text of this module, with a call of `watch` behind it, is executed when a Python starts. From
3.12 on the interpreter tells of each line of a changed file once (``sys.monitoring``). Before that
a call is put in front of each changed statement when its file is imported, so that the job's own
tracer, such as coverage.py's, is left alone. Lines are added to a file: ``tests`` by a Python that
has a test runner, ``loaded FILE``, ``reached FILE LINE``, and ``unseen FILE`` where a changed file
is in use and was not loaded in a way that can be watched. Standard library only, from Python 3.7.
"""

from __future__ import annotations

import atexit
import builtins
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ast
    from types import CodeType
    from typing import Any

    Span = tuple[int, int, int]

_CALL = "__regreen_reached__"
_RUNNERS = ("pytest", "unittest", "nose", "nose2", "behave", "twisted.trial")
_TOOLS = (4, 3, 2)
"""Tool ids of ``sys.monitoring`` that debuggers, coverage.py and optimisers do not take."""


class Watch:
    """What one Python has seen of the changed files, which are known by their numbers."""

    def __init__(self, root: str, out: str, files: list[tuple[str, list[Span]]]) -> None:
        """Begin; ``files`` are paths below ``root`` with (line, first, last) of each statement."""
        self.out = out
        self.paths = [os.path.join(root, path) for path, _ in files]
        self.spans = [spans for _, spans in files]
        self.names: dict[str, list[int]] = {}
        for number, (path, _) in enumerate(files):
            self.names.setdefault(os.path.basename(path), []).append(number)
        self.known: dict[str, int | None] = {}
        self.said: set[str] = set()
        # Tests replace these; what is held here stays.
        self.open, self.write, self.close = os.open, os.write, os.close

    def say(self, words: str) -> None:
        """Write a line, the first time only. One small write: several Pythons write at once."""
        if words in self.said:
            return
        self.said.add(words)
        try:
            handle = self.open(self.out, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
            try:
                self.write(handle, (words + "\n").encode())
            finally:
                self.close(handle)
        except OSError:
            pass

    def find(self, name: str) -> int | None:
        """Return which changed file ``name`` is, or is a copy of; ``None`` for any other."""
        if name not in self.known:
            self.known[name] = self._found(name)
        return self.known[name]

    def _found(self, name: str) -> int | None:
        numbers = self.names.get(os.path.basename(name))
        if not numbers:
            return None
        whole = os.path.realpath(name)
        for number in numbers:
            if whole == os.path.realpath(self.paths[number]):
                return number
        content = _content(whole)
        same = [n for n in numbers if content is not None and content == _content(self.paths[n])]
        return same[0] if same else None

    def reached(self, number: int, line: int, value: object = None) -> object:
        """Note a statement by its line; give ``value`` back."""
        self.say(f"reached {number} {line}")
        return value

    def at_line(self, number: int, line: int) -> None:
        """Note the statements that stand on ``line``."""
        for known, first, last in self.spans[number]:
            if first <= line <= last:
                self.reached(number, known)

    def at_exit(self) -> None:
        """Say what has been loaded here in another way, and whether tests are run here."""
        if any(name in sys.modules for name in _RUNNERS):
            self.say("tests")
        files = [getattr(module, "__file__", None) for module in list(sys.modules.values())]
        for path in [*files, *sys.argv[:1]]:  # by now a script's module does not say its file
            number = self._in_use(path) if isinstance(path, str) else None
            if number is not None and f"loaded {number}" not in self.said:
                self.say(f"unseen {number}")

    def _in_use(self, path: str) -> int | None:
        """Return which changed file a module's file is or, a compiled one, may be made from."""
        if not path.endswith((".so", ".pyd")):
            return self.find(path)
        folder, name = os.path.split(path)
        source = name.split(".")[0] + ".py"
        for number in self.names.get(source, ()):
            around = os.path.basename(os.path.dirname(self.paths[number]))
            if around == os.path.basename(folder):
                return number
        return None


def _content(path: str) -> bytes | None:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return None


def monitor(seen: Watch, monitoring: Any) -> bool:
    """Let the interpreter tell of lines; return whether it can (another tool may have it)."""
    for tool in _TOOLS:
        try:
            monitoring.use_tool_id(tool, "regreen")
            break
        except ValueError:
            continue
    else:
        return False
    events = monitoring.events

    def on_start(code: CodeType, offset: int) -> object:
        number = seen.find(code.co_filename)
        if number is not None:
            if code.co_name == "<module>":
                seen.say(f"loaded {number}")
            monitoring.set_local_events(tool, code, events.LINE)
        return monitoring.DISABLE

    def on_line(code: CodeType, line: int) -> object:
        number = seen.find(code.co_filename)
        if number is not None:
            seen.at_line(number, line)
        return monitoring.DISABLE

    monitoring.register_callback(tool, events.PY_START, on_start)
    monitoring.register_callback(tool, events.LINE, on_line)
    monitoring.set_events(tool, events.PY_START)
    return True


def probe(seen: Watch) -> None:
    """Put the calls into changed files as they are imported."""
    machinery: Any = sys.modules["_frozen_importlib_external"]
    loader_class = machinery.SourceFileLoader
    usual = loader_class.get_code

    def get_code(loader: Any, fullname: str) -> CodeType | None:
        path = getattr(loader, "path", "")
        number = seen.find(path)
        if number is None:
            return usual(loader, fullname)  # type: ignore[no-any-return]
        try:
            code = probed(loader.get_data(path), path, number, seen.spans[number])
        except (OSError, SyntaxError, ValueError, RecursionError):  # it fails as it would without
            return usual(loader, fullname)  # type: ignore[no-any-return]
        seen.say(f"loaded {number}")
        return code

    setattr(builtins, _CALL, seen.reached)
    loader_class.get_code = get_code


def probed(source: bytes, path: str, number: int, spans: list[Span]) -> CodeType:
    """Return the code of a file with a call ahead of each of these statements."""
    import ast  # only where a changed file is imported

    tree = ast.parse(source, path)
    lines = {first: line for line, first, _ in spans}
    for node in list(ast.walk(tree)):
        for name in ("body", "orelse", "finalbody"):
            inside = getattr(node, name, None)
            if isinstance(inside, list):
                setattr(node, name, _with_calls(inside, number, lines))
        for one in getattr(node, "handlers", ()):
            if one.lineno in lines:
                _watch_handler(one, number, lines[one.lineno])
        for one in getattr(node, "cases", ()):
            at = getattr(one.pattern, "lineno", 0)
            if at in lines:
                one.body.insert(0, _call(one.body[0], number, lines[at]))
    code: CodeType = compile(ast.fix_missing_locations(tree), path, "exec", dont_inherit=True)
    return code


def _with_calls(body: list[ast.stmt], number: int, lines: dict[int, int]) -> list[ast.stmt]:
    found: list[ast.stmt] = []
    late: list[ast.stmt] = []
    for node in body:
        above = [one.lineno for one in getattr(node, "decorator_list", ())]
        first = min([node.lineno, *above])
        calls = [_call(node, number, lines[first])] if first in lines else []
        if getattr(node, "module", None) == "__future__":
            late += calls
            found.append(node)
            continue
        if _is_text(node):  # it may be the docstring, and must then stay the first
            found.append(node)
            continue
        found += [*late, *calls, node]
        late = []
    return found + late


def _is_text(node: ast.stmt) -> bool:
    value: Any = getattr(node, "value", None)
    return type(node).__name__ == "Expr" and type(value).__name__ in ("Str", "Constant")


def _watch_handler(handler: Any, number: int, line: int) -> None:
    """Note when an exception is held against the handler; of a bare one, when it is caught."""
    if handler.type is None:
        handler.body.insert(0, _call(handler.body[0], number, line))
        return
    call = _call(handler.type, number, line).value
    call.args.append(handler.type)
    handler.type = call


def _call(node: Any, number: int, line: int) -> Any:
    import ast

    call: Any = ast.parse(f"{_CALL}({number}, {line})").body[0]
    for one in ast.walk(call):
        ast.copy_location(one, node)
    return call


def watch(root: str, out: str, files: list[tuple[str, list[Span]]]) -> None:
    """Begin to watch, once in each Python."""
    if hasattr(sys, "_regreen_watch"):
        return
    seen = Watch(root, out, files)
    sys._regreen_watch = seen  # type: ignore[attr-defined]
    monitoring = getattr(sys, "monitoring", None)
    if monitoring is None or not monitor(seen, monitoring):
        probe(seen)
    atexit.register(seen.at_exit)
