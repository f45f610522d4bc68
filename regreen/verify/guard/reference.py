"""What the patched repository says of names: which are gone, moved or renamed, what they take."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from regreen.verify.guard.change import Files
from regreen.verify.guard.kinds import is_tested_with

_FORGIVING = frozenset(
    ["success_codes", "warn", "ignore_errors", "raise_server_exceptions", "raise_app_exceptions"]
)
"""Arguments with which a failure is none: nox, invoke, shutil, Starlette's test client."""


KNOWN = frozenset(
    tuple(pair.split(">"))
    for pair in [
        "getargspec>getfullargspec",
        "warn>warning",
        "isAlive>is_alive",
        "tostring>tobytes",
        "fromstring>frombytes",
        "readfp>read_file",
        "SafeConfigParser>ConfigParser",
        "encodestring>encodebytes",
        "decodestring>decodebytes",
        "clock>perf_counter",
        "currentThread>current_thread",
        "activeCount>active_count",
        "isSet>is_set",
        "notifyAll>notify_all",
        "getName>name",
        "product>prod",
        "cumproduct>cumprod",
        "alltrue>all",
        "sometrue>any",
        "in1d>isin",
        "trapz>trapezoid",
        "row_stack>vstack",
        "float>float64",
        "float>float",
        "int>int",
        "int>int64",
        "bool>bool",
        "bool>bool_",
        "object>object",
        "str>str",
        "complex>complex",
        "NaN>nan",
        "Inf>inf",
        "infty>inf",
        "float_>float64",
        "unicode_>str_",
        "iteritems>items",
        "as_matrix>to_numpy",
        "soft_unicode>soft_str",
        "contextfunction>pass_context",
        "contextfilter>pass_context",
        "force_text>force_str",
        "smart_text>smart_str",
        "ugettext>gettext",
        "ugettext_lazy>gettext_lazy",
        "url_quote>quote",
        "url_unquote>unquote",
        "url_encode>urlencode",
        "url_decode>parse_qs",
        "assertEquals>assertEqual",
    ]
)
"""Names that Python or a big library removed, with what took their place: "What's New" since 3.9,
numpy 1.24 and 2.0, pandas 2.0, MarkupSafe 2.1, Jinja 3.1, Django 4.0, Werkzeug 3.0."""


@dataclass(slots=True)
class Reference:
    """What is known while one test file is compared."""

    patched: Files
    own: frozenset[str]
    old_imports: dict[str, str]
    new_imports: dict[str, str]
    renamed: dict[str, str] = field(default_factory=dict)
    _definitions: dict[str, list[ast.arguments]] = field(default_factory=dict)

    def may_rename(self, old: str, new: str) -> bool:
        """Whether the product no longer knows ``old``, and ``new`` is no invention of the tests."""
        if old == new or self.renamed.get(old) == new or (old, new) in KNOWN:
            return True
        if old in self.renamed or new in self.own:
            return False
        product = [p for p in self.patched.using(old) if not is_tested_with(p)]
        if product:
            return False
        uses = self.patched.using(new)
        if new in self.new_imports and is_of_tests(self.new_imports[new], self.patched):
            return False
        if new in self.new_imports or any(not is_tested_with(p) for p in uses):
            self.renamed[old] = new
            return True
        return False

    def definitions(self, name: str) -> list[ast.arguments]:
        """Return the parameters of the product's functions and classes of this name."""
        if name not in self._definitions:
            found: list[ast.arguments] = []
            for path in [p for p in self.patched.using(name) if not is_tested_with(p)][:8]:
                try:
                    tree = ast.parse(self.patched.text(path) or "")
                except (SyntaxError, ValueError, RecursionError, MemoryError):
                    continue
                found += _definitions(tree, name)
            self._definitions[name] = found
        return self._definitions[name]


def _definitions(tree: ast.AST, name: str) -> list[ast.arguments]:
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name:
            found.append(node.args)
        elif isinstance(node, ast.ClassDef) and node.name == name:
            found += [
                n.args for n in node.body if isinstance(n, ast.FunctionDef) and n.name == "__init__"
            ]
    return found


def gone(module: str, reference: Reference) -> bool:
    """Whether no file of the patched tree is the module, nor defines that class."""
    parts = module.split(".")
    tail = "/".join(parts)
    for path in reference.patched.paths():
        if path.removeprefix("src/") in {f"{tail}.py", f"{tail}/__init__.py"}:
            return False
    return not parts[-1][:1].isupper() or not reference.patched.using(parts[-1])


def same_import(name: str, reference: Reference) -> bool:
    """Whether a name is still imported from where it was, or from where that has moved."""
    old, new = reference.old_imports.get(name), reference.new_imports.get(name)
    if old == new or old is None:
        return True
    if new is None:
        return name not in reference.own
    return moved(old, new, reference)


def moved(old: str, new: str, reference: Reference) -> bool:
    """Whether a module's thing may be taken from elsewhere: its old place is gone, or foreign."""
    if new.lstrip(".").split(".")[0] in {"mock", "tests", "test", "conftest"} or ".mock" in new:
        return old.split(".")[-1] == new.split(".")[-1] and ("mock" in old)
    module, _, name = old.rpartition(".")
    if is_of_tests(new, reference.patched) and not is_of_tests(old, reference.patched):
        return False
    if not module or old.lstrip(".") == new.lstrip("."):
        return True
    tail = module.lstrip(".").replace(".", "/")
    for path in reference.patched.paths():
        plain = path.removesuffix("/__init__.py").removesuffix(".py")
        if path.endswith(".py") and tail and (plain == tail or plain.endswith(f"/{tail}")):
            return path not in reference.patched.using(name)
    return True


def is_of_tests(name: str, patched: Files) -> bool:
    """Whether a full name is found in a file of the tests."""
    parts = [part for part in name.split(".") if part]
    tails = {f"{'/'.join(parts[:size])}.py" for size in range(1, len(parts) + 1)}
    tails |= {tail.removesuffix(".py") + "/__init__.py" for tail in tails}
    return any(
        is_tested_with(path) and any(path == t or path.endswith(f"/{t}") for t in tails)
        for path in patched.paths()
    )


def asked_for(
    name: str, old: ast.Call, new: ast.Call, rest: tuple[int, int], reference: Reference
) -> bool:
    """Whether the product's definition takes the new arguments, and would not take the old ones."""
    if any(k.arg in _FORGIVING for k in new.keywords):
        return False
    definitions = reference.definitions(name)
    if not definitions:
        return (not reference.patched.using(f"def {name}") and rest[0] == 0) or (
            bool(old.keywords) and rest[1] == 0
        )
    return any(_fits(new, d) and not _fits(old, d) for d in definitions)


def _fits(call: ast.Call, definition: ast.arguments) -> bool:
    if any(k.arg is None for k in call.keywords) or any(
        isinstance(a, ast.Starred) for a in call.args
    ):
        return True
    names = [a.arg for a in (*definition.posonlyargs, *definition.args)]
    if names[:1] in (["self"], ["cls"]):
        names = names[1:]
    required = names[: len(names) - len(definition.defaults)] if definition.defaults else names
    needed = {
        a.arg
        for a, d in zip(definition.kwonlyargs, definition.kw_defaults, strict=True)
        if d is None
    }
    known = {*names, *(a.arg for a in definition.kwonlyargs)}
    given = {k.arg for k in call.keywords if k.arg}
    if len(call.args) > len(names) and definition.vararg is None:
        return False
    if not given <= known and definition.kwarg is None:
        return False
    filled = {*names[: len(call.args)], *given}
    return set(required) <= filled and needed <= filled
