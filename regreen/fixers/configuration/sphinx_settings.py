"""Mends ``conf.py`` where Sphinx refuses a setting, or warns of one and warnings are errors.

Sources: https://www.sphinx-doc.org/en/master/changes/index.html (4.0: ``add_css_file``; 5.0:
``language``; 6.0: captions of ``extlinks``; 8.0: the form of ``intersphinx_mapping``).
"""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

from regreen.fixers.source import Source, parse, replace_spans
from regreen.model import Edit, Failure, Idea, Severity
from regreen.scene import Scene

ID = "Sphinx settings"
DOCS = "https://www.sphinx-doc.org/en/master/usage/configuration.html"

_STATIC = re.compile(
    r"(?:html_static_path|html_extra_path|templates_path) entry '(?P<path>[^']+)' does not exist"
)
_CAPTION = re.compile(
    r"extlinks: Sphinx-6\.0 will require|caption.{0,40}exactly one '%s'|caption % part", re.DOTALL
)
_MAPPING = re.compile(
    r"Invalid `intersphinx_mapping`|Invalid [^\n]*intersphinx_mapping|intersphinx identifier"
    r"|old intersphinx_mapping"
)
_OPTION = re.compile(r"unsupported theme option '(?P<name>[^']+)' given")
_LANGUAGE = re.compile(r"Invalid configuration value found: 'language = None'")
_NO_METHOD = re.compile(r"'Sphinx' object has no attribute '(?P<name>\w+)'")
_EXTENSION = re.compile(r"Could not import extension (?P<name>[\w.]+)")
_METHODS = {"add_stylesheet": "add_css_file", "add_javascript": "add_js_file"}
_EXTENSIONS = {
    "sphinx.ext.pngmath": "sphinx.ext.imgmath",
    "sphinxcontrib.napoleon": "sphinx.ext.napoleon",
    "sphinx.ext.jsmath": "sphinx.ext.mathjax",
}
Change = tuple[ast.expr, str]


def propose(failure: Failure, scene: Scene, /) -> Iterator[Idea]:
    """Yield one edit of each ``conf.py`` that has what is refused."""
    said = "\n".join([scene.output, *(d.message for d in failure.diagnostics)])
    kinds = [kind for kind in _KINDS if kind[0].search(said)]
    if not kinds:
        return
    for path in scene.files.paths():
        if posixpath.basename(path) != "conf.py":
            continue
        source = parse(scene.files.text(path) or "")
        if source is None:
            continue
        changes = [change for _, find, _ in kinds for change in find(source, said, scene, path)]
        whys = dict.fromkeys(why for _, find, why in kinds if [*find(source, said, scene, path)])
        if changes:
            made = replace_spans(source, changes)
            why = "; ".join(whys)
            yield Edit(ID, why, {path: made}, from_start=True, severity=Severity.MEDIUM)


def _assigned(source: Source, name: str) -> Iterator[ast.expr]:
    """Yield what is assigned to ``name`` on the module's own level."""
    for node in source.tree.body:
        if not isinstance(node, ast.Assign | ast.AnnAssign) or node.value is None:
            continue
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        if any(isinstance(one, ast.Name) and one.id == name for one in targets):
            yield node.value


def _text(source: Source, node: ast.expr) -> str:
    begin, end = source.span(node)
    return source.text[begin:end]


def _static(source: Source, said: str, scene: Scene, path: str) -> Iterator[Change]:
    """Leave out folders that are not there."""
    missing = {posixpath.basename(m["path"]) for m in _STATIC.finditer(said)}
    folder = posixpath.dirname(path)
    for key in ("html_static_path", "html_extra_path", "templates_path"):
        for value in _assigned(source, key):
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                yield value, f"[{_text(source, value)}]"
            if not isinstance(value, ast.List | ast.Tuple):
                continue
            kept = []
            for one in value.elts:
                name = one.value if isinstance(one, ast.Constant) else None
                there = posixpath.normpath(posixpath.join(folder, str(name)))
                gone = isinstance(name, str) and posixpath.basename(name.rstrip("/")) in missing
                if not gone or any(p.startswith(f"{there}/") for p in scene.files.paths()):
                    kept.append(_text(source, one))
            if len(kept) < len(value.elts):
                yield value, f"[{', '.join(kept)}]"


def _captions(source: Source, said: str, scene: Scene, path: str) -> Iterator[Change]:
    """Put the place for the link's text at the end of captions that have none."""
    del said, scene, path
    for value in _assigned(source, "extlinks"):
        for one in value.values if isinstance(value, ast.Dict) else ():
            if not isinstance(one, ast.Tuple | ast.List) or len(one.elts) != 2:
                continue
            caption = one.elts[1]
            text = caption.value if isinstance(caption, ast.Constant) else None
            if isinstance(text, str) and text.count("%s") != 1 and "%s" not in text:
                written = _text(source, caption)
                made = f"{written[:-1]}%s{written[-1]}" if text else "None"
                yield caption, made


def _mapping(source: Source, said: str, scene: Scene, path: str) -> Iterator[Change]:
    """Write each project as ``name: (address, inventory)``."""
    del said, scene, path
    for value in _assigned(source, "intersphinx_mapping"):
        if not isinstance(value, ast.Dict):
            continue
        for key, one in zip(value.keys, value.values, strict=True):
            name = key.value if isinstance(key, ast.Constant) else None
            if key is None or not isinstance(name, str):
                continue
            if "://" in name:
                inventory = _text(source, one)
                yield key, _quoted(_text(source, key), _project(name))
                yield one, f"({_text(source, key)}, {inventory})"
            elif isinstance(one, ast.Constant) and isinstance(one.value, str):
                yield one, f"({_text(source, one)}, None)"


def _quoted(written: str, text: str) -> str:
    """Return ``text`` in the quotes that ``written`` has."""
    sign = written[-1:] if written[-1:] in {'"', "'"} else '"'
    return f"{sign}{text}{sign}"


def _project(address: str) -> str:
    """Return a name for the project whose documentation is at ``address``."""
    parts = urlsplit(address)
    host = [part for part in (parts.hostname or "").split(".") if part]
    folders = [
        part for part in parts.path.split("/") if part and not re.match(r"v?\d|en$|latest", part)
    ]
    if (
        host[-2:] in (["readthedocs", "io"], ["readthedocs", "org"], ["github", "io"])
        and len(host) > 2
    ):
        return folders[0] if host[-2] == "github" and folders else host[-3]
    names = [part for part in host[:-1] if part not in {"docs", "www", "doc", "documentation"}]
    return names[-1] if names else "docs"


def _options(source: Source, said: str, scene: Scene, path: str) -> Iterator[Change]:
    """Leave out options that the theme does not have (any more)."""
    del scene, path
    gone = {found["name"] for found in _OPTION.finditer(said)}
    for value in _assigned(source, "html_theme_options"):
        if not isinstance(value, ast.Dict):
            continue
        pairs = list(zip(value.keys, value.values, strict=True))
        kept = [(k, v) for k, v in pairs if not (isinstance(k, ast.Constant) and k.value in gone)]
        if len(kept) == len(pairs):
            continue
        rows = [
            f"{_text(source, k)}: {_text(source, v)}" if k is not None else f"**{_text(source, v)}"
            for k, v in kept
        ]
        inner = "".join(f"\n    {row}," for row in rows)
        yield value, "{" + (f"{inner}\n" if inner else "") + "}"


def _language(source: Source, said: str, scene: Scene, path: str) -> Iterator[Change]:
    """Name the language that Sphinx falls back to."""
    del said, scene, path
    for value in _assigned(source, "language"):
        if isinstance(value, ast.Constant) and value.value is None:
            yield value, '"en"'


def _methods(source: Source, said: str, scene: Scene, path: str) -> Iterator[Change]:
    """Call methods of the application by their new names."""
    del scene, path
    old = {found["name"] for found in _NO_METHOD.finditer(said)} & set(_METHODS)
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Attribute) and node.attr in old:
            yield node, f"{_text(source, node.value)}.{_METHODS[node.attr]}"


def _extensions(source: Source, said: str, scene: Scene, path: str) -> Iterator[Change]:
    """Name extensions as they are called now."""
    del scene, path
    old = {found["name"] for found in _EXTENSION.finditer(said)} & set(_EXTENSIONS)
    for value in _assigned(source, "extensions"):
        for node in ast.walk(value):
            if isinstance(node, ast.Constant) and node.value in old:
                yield node, _quoted(_text(source, node), _EXTENSIONS[str(node.value)])


_KINDS: tuple[
    tuple[re.Pattern[str], Callable[[Source, str, Scene, str], Iterator[Change]], str], ...
] = (
    (_STATIC, _static, "a folder that is not there is not named"),
    (_CAPTION, _captions, "a caption of extlinks has a place for the link's text"),
    (_MAPPING, _mapping, "intersphinx_mapping has a name, an address and an inventory"),
    (_OPTION, _options, "options that the theme does not have are not given"),
    (_LANGUAGE, _language, "the language has a name"),
    (_NO_METHOD, _methods, "Sphinx calls these methods otherwise now"),
    (_EXTENSION, _extensions, "extensions are called otherwise now"),
)
