"""The image of a Docker action: one with a name, or built from the action's Dockerfile.

The Dockerfile and what it copies are read from the sandbox, where they lie now; it is built in
sandboxes of its own, with the job's network and package index.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from regreen.jobs.performing import Watch
from regreen.jobs.unrun import UnsupportedStep
from regreen.jobs.workflow import StepSpec
from regreen_sandbox.custom import named_image
from regreen_sandbox.dockerfile import (
    Builder,
    BuildFailed,
    BuiltImage,
    Context,
    DockerfileError,
    UnsupportedInstruction,
    build,
)
from regreen_sandbox.errors import FileTooLarge, ImageUnavailable, UnsafeArchive
from regreen_sandbox.images import ImageSettings

if TYPE_CHECKING:
    from regreen.jobs.runner import JobRun

_SCHEME = "docker://"


@dataclass(frozen=True, slots=True)
class Ready:
    """An image that can be run, by its id; ``said`` is what building it printed."""

    id: str
    said: str = ""


@dataclass(frozen=True, slots=True)
class NotBuilt:
    """A Dockerfile that cannot be built: the step is red, and ``said`` is what it printed."""

    reason: str
    said: str


@contextmanager
def opened(run: JobRun, step: StepSpec, image: str, watch: Watch) -> Iterator[Ready | NotBuilt]:
    """Yield the image that ``image`` means: ``docker://NAME``, or a Dockerfile in the sandbox.

    One that is built for this goes at the end, unless it is kept for the next time. Raises
    UnsupportedStep, and what the sandbox raises.
    """
    try:
        made = _made(run, image, watch)
    except (ImageUnavailable, UnsupportedInstruction, UnsafeArchive, FileTooLarge) as error:
        words = f"the image of {step.uses}: {error.message}; {error.next_step}"
        raise UnsupportedStep(f"{words} ({run.job.where(step)})") from error
    if isinstance(made, _Built):
        with made.image:
            yield Ready(made.image.id, made.said)
    else:
        yield made


@dataclass(frozen=True, slots=True)
class _Built:
    image: BuiltImage
    said: str


def _made(run: JobRun, image: str, watch: Watch) -> Ready | NotBuilt | _Built:
    if image.lower().startswith(_SCHEME):
        return _named(run, image[len(_SCHEME) :])
    return _built(run, image, watch)


def _named(run: JobRun, name: str) -> Ready:
    engine, report = run.sandbox.posture.engine, run.setting.reporter.note
    return Ready(named_image(engine, name, settings=ImageSettings(), report=report))


def _built(run: JobRun, place: str, watch: Watch) -> _Built | NotBuilt:
    """Build the Dockerfile at ``place`` in the sandbox, its folder being the context."""
    folder, name = posixpath.split(place)
    text, tree = run.sandbox.read(place), run.sandbox.read_tree(folder)
    if text is None or tree is None:
        return NotBuilt(f"{place} is not there", "")
    said: list[bytes] = []

    def show(piece: bytes) -> None:
        said.append(piece)
        if watch.show is not None:
            watch.show(piece)

    show(f"##[group]Build container for action use: '{place}'.\n".encode())
    try:
        image = build(
            _builder(run),
            text.decode("utf-8", "replace"),
            Context.of_tar(tree, strip=1),
            report=lambda words: show(f"{words}\n".encode()),
            on_output=show,
            name=name,
            seconds=max(1.0, watch.seconds),
        )
    except UnsupportedInstruction:
        raise
    except DockerfileError as error:
        code = error.exit_code if isinstance(error, BuildFailed) else 1
        show(f"##[error]{error.message}\n".encode())
        reason = f"Docker build failed with exit code {code}: {error.message}"
        return NotBuilt(reason, _text(said))
    show(b"##[endgroup]\n")
    return _Built(image, _text(said))


def _builder(run: JobRun) -> Builder:
    posture = run.sandbox.posture
    return Builder(
        posture.engine,
        posture.limits,
        posture.owner,
        ImageSettings(),
        posture.network,
        posture.runtime,
    )


def _text(said: list[bytes]) -> str:
    return b"".join(said).decode("utf-8", "replace")
