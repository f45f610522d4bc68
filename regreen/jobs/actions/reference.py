"""What a step's ``uses`` names: a folder of the workspace, an image, or an action on a server.

The forms and the words of the error are the runner's own (github.com/actions/runner,
PipelineTemplateConverter.cs).
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass

from regreen.model import Unsupported

_IMAGE = "docker://"
_NAME = re.compile(r"[A-Za-z0-9_.-]+")
_REF = re.compile(r"(?!-)[^\x00-\x20\x7f~^:?*\[\\]+")
"""A ref's name as git-check-ref-format(1) has it, save what concerns dots and slashes."""
_SHA = re.compile(r"[0-9a-fA-F]{40}|[0-9a-fA-F]{64}")


@dataclass(frozen=True, slots=True)
class Local:
    """An action below the job's workspace, as GitHub has it; ``path`` is relative to it.

    It may lead out (``../x``): where to is the reader's to judge.
    """

    path: str


@dataclass(frozen=True, slots=True)
class Image:
    """A container image to run as the step."""

    name: str


@dataclass(frozen=True, slots=True)
class Remote:
    """An action in the folder ``path`` (empty: the top) of a repository, at ``ref``."""

    owner: str
    name: str
    path: str
    ref: str

    @property
    def repository(self) -> str:
        """``owner/name``, as written."""
        return f"{self.owner}/{self.name}"

    @property
    def pinned(self) -> bool:
        """Whether ``ref`` is a commit's full id, which always means the same files."""
        return _SHA.fullmatch(self.ref) is not None

    def __str__(self) -> str:
        """Return it as a step names it."""
        return f"{self.repository}{f'/{self.path}' if self.path else ''}@{self.ref}"


Reference = Local | Image | Remote


def reference(uses: str) -> Reference | Unsupported:
    """Return what ``uses`` names; `Unsupported` with GitHub's words for what names nothing."""
    if uses.startswith(_IMAGE):
        image = uses.removeprefix(_IMAGE)
        return Image(image) if image.strip() else Unsupported(f"the image in uses: {uses!r}")
    if uses.startswith(("./", ".\\")):
        return _local(uses)
    wrong = Unsupported(f"Expected format {{org}}/{{repo}}[/path]@ref. Actual '{uses}'")
    place, _, ref = uses.partition("@")
    parts = [part for part in re.split(r"[/\\]", place) if part]
    if "@" in ref or not ref or len(parts) < 2:
        return wrong
    names = all(_NAME.fullmatch(part) and part.strip(".") for part in parts[:2])
    if not names or ".." in parts or not _is_ref(ref):
        return wrong
    inner = (part for part in parts[2:] if part != ".")
    return Remote(parts[0], parts[1], "/".join(inner), ref)


def _local(uses: str) -> Local:
    path = posixpath.normpath(uses.replace("\\", "/"))
    return Local("" if path == "." else path)


def _is_ref(ref: str) -> bool:
    parts = ref.split("/")
    return bool(_REF.fullmatch(ref)) and ".." not in ref and all(part.strip(".") for part in parts)
