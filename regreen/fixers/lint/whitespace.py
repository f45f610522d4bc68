"""White space at the ends of lines and files that are no Python: YAML, Markdown, what people write.

Python files are left to the tools that know what stands inside a string.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from regreen.model import Category, Diagnostic, Edit, Failure, Idea
from regreen.scene import Scene

ID = "white space"
DOCS = "https://yamllint.readthedocs.io/en/stable/rules.html"

_TRAILING = re.compile(r"trailing[- ](?:spaces|white ?space)|MD009", re.IGNORECASE)
_END = re.compile(
    r"new-?line(?:-| character )at(?:-| the )end-?(?:of-file)?|final newline|MD047"
    r"|too many blank lines|blank line at EOF|end[- ]of[- ]file",
    re.IGNORECASE,
)
_START = re.compile(r"document-start|missing document start", re.IGNORECASE)
_LEFT = (".py", ".pyi", ".patch", ".diff", ".snap")
_MARKDOWN = (".md", ".markdown")
_WHY = "white space at the ends of lines and of the file, as the checker asks for"


def propose(failure: Failure, scene: Scene) -> Iterable[Idea]:
    """Yield one edit of all files in which such white space is reported."""
    if failure.category is not Category.LINTING_ERROR:
        return
    edits: dict[str, str] = {}
    for pattern, mend in ((_TRAILING, _stripped), (_END, _ended), (_START, _begun)):
        reported = tuple(d for d in failure.diagnostics if _says(pattern, d))
        for path in scene.named_files(replace(failure, diagnostics=reported)) if reported else ():
            text = edits.get(path, scene.files.text(path))
            if text is not None and not path.endswith(_LEFT):
                edits[path] = mend(text, path)
    changed = {path: text for path, text in edits.items() if text != scene.files.text(path)}
    if changed:
        yield Edit(ID, _WHY, changed)


def _says(pattern: re.Pattern[str], diagnostic: Diagnostic) -> bool:
    return bool(pattern.search(diagnostic.message) or pattern.search(diagnostic.code or ""))


def _stripped(text: str, path: str) -> str:
    """Take white space off the ends of lines; in Markdown two spaces are a line break and stay."""
    if path.endswith(_MARKDOWN):
        return re.sub(r"(?<![ \t])[ \t]$|[ \t]{3,}(?=\r?$)|\t+(?=\r?$)", "", text, flags=re.M)
    return re.sub(r"[ \t]+(?=\r?$)", "", text, flags=re.M)


def _ended(text: str, _path: str) -> str:
    ending = "\r\n" if "\r\n" in text else "\n"
    return f"{text.rstrip()}{ending}" if text.strip() else ""


def _begun(text: str, path: str) -> str:
    yaml = path.endswith((".yml", ".yaml")) and not re.search(r"^---", text, re.MULTILINE)
    return f"---\n{text}" if yaml else text
