"""The base images: what stands for ``ubuntu-24.04`` and its like in the sandbox.

An image is built from ``sandbox/images`` on a pulled Ubuntu base or, where no registry can be
reached, on a root file system made from Debian packages. Which of the two it was, and what stands
in for what, is written in the image's labels and comes back in `BaseImage`.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, assert_never

from docker.models.images import Image

from regreen_sandbox import uses
from regreen_sandbox.bootstrap import ensure_rootfs
from regreen_sandbox.engine import Engine
from regreen_sandbox.errors import ImageUnavailable, SandboxError
from regreen_sandbox.imagebuild import identify, run_build
from regreen_sandbox.labels import Kind, Owner
from regreen_sandbox.locks import exclusive
from regreen_sandbox.npm import fetch_npm
from regreen_sandbox.recipe import Recipe, read_recipe
from regreen_sandbox.registry import pull
from regreen_sandbox.runners import MOVING, settled

Report = Callable[[str], None]
Source = Literal["auto", "registry", "bootstrap"]
Origin = Literal["registry", "bootstrap", "named"]

RELEASES = ("26.04", "24.04", "22.04")
LOCK = "images"

ORIGIN = "regreen.origin"
SYSTEM = "regreen.system"
BASE = "regreen.base"
PYTHONS = "regreen.pythons"
_PYTHON = "regreen.python"
_FALLBACK = "regreen.fallback"
_DATED = "regreen.dated"


@dataclass(frozen=True, slots=True)
class ImageSettings:
    """Where base images come from.

    ``registry`` stands before the base's name (``localhost:5000/`` gives
    ``localhost:5000/ubuntu:24.04``); ``suite`` is what a bootstrap installs; ``silence`` is how
    many seconds a registry may say nothing before it counts as unreachable.
    """

    source: Source = "auto"
    registry: str = ""
    suite: str = "bookworm"
    silence: float = 20.0


@dataclass(frozen=True, slots=True)
class BaseImage:
    """A base image that is here.

    ``label`` is the runner label it serves; ``substitution`` says in words what stands in for it,
    and ``fallback`` why no registry was used; ``python`` is the version of ``/usr/bin/python3``;
    ``base`` names what it was built on (with the registry's digest, where one was given), ``dated``
    the day of its packages.
    """

    reference: str
    id: str
    label: str
    origin: Origin
    substitution: str | None
    python: str
    system: str
    base: str
    fallback: str | None = None
    dated: str = ""


def ensure_base(
    engine: Engine, label: str, *, settings: ImageSettings, report: Report
) -> BaseImage:
    """Return the base image for a runner label, built if it is not here yet.

    Raises `ImageUnavailable` for a label that has none, or when it cannot be made.
    """
    wanted = _Wanted.of(label, settings)
    found = wanted.find(engine)
    if found is None:
        with exclusive(LOCK, report=report):
            found = wanted.find(engine) or _make(engine, wanted, fresh=False, report=report)
    uses.note(found.id)
    return found


def find_base(engine: Engine, label: str, *, settings: ImageSettings) -> BaseImage | None:
    """Return the base image for a runner label if it is here. Raises as `ensure_base` does."""
    return _Wanted.of(label, settings).find(engine)


def pulled_base(label: str, settings: ImageSettings) -> str:
    """Return the image that would be pulled for a runner label. Raises `ImageUnavailable`."""
    return _Wanted.of(label, settings).pulled


def current_references(settings: ImageSettings) -> frozenset[str]:
    """Return the names of the base images that today's recipe and ``settings`` make."""
    wanted = [_Wanted.of(f"ubuntu-{release}", settings) for release in RELEASES]
    return frozenset(one.reference(origin) for one in wanted for origin in one.origins)


def build(engine: Engine, label: str, *, settings: ImageSettings, report: Report) -> BaseImage:
    """Build the base image for a runner label anew, from today's base and packages.

    Raises as `ensure_base` does. The image it replaces goes, unless something still uses it.
    """
    wanted = _Wanted.of(label, settings)
    with exclusive(LOCK, report=report):
        old = wanted.find(engine)
        new = _make(engine, wanted, fresh=True, report=report)
        if old is not None and old.id != new.id:
            try:
                with engine.guard("removing the old base image"):
                    engine.client.images.remove(old.id)
            except SandboxError as error:
                report(f"the old base image stays: {error}")
    return new


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What was asked for: the label, the Ubuntu release that serves it, and where from."""

    label: str
    release: str
    settings: ImageSettings
    recipe: Recipe

    @classmethod
    def of(cls, label: str, settings: ImageSettings) -> _Wanted:
        name = settled(label)
        match = re.fullmatch(r"ubuntu-(\d\d\.\d\d)", name)
        if match and match[1] in RELEASES:
            return cls(name, match[1], settings, read_recipe())
        if match and match[1] < RELEASES[-1]:
            return cls(name, RELEASES[-1], settings, read_recipe())
        existing = ", ".join([MOVING, *(f"ubuntu-{release}" for release in RELEASES)])
        raise ImageUnavailable(
            f"there is no base image for the runner label {label!r}; there are: {existing}",
            next_step=f"choose a job that runs on one of: {existing}",
        )

    @property
    def origins(self) -> tuple[Origin, ...]:
        match self.settings.source:
            case "auto":
                return ("registry", "bootstrap")
            case "registry":
                return ("registry",)
            case "bootstrap":
                return ("bootstrap",)
            case other:
                assert_never(other)

    @property
    def pulled(self) -> str:
        return f"{self.settings.registry}ubuntu:{self.release}"

    def reference(self, origin: Origin) -> str:
        part = self.pulled if origin == "registry" else self.settings.suite
        return f"regreen/ubuntu-{self.release}:{self.recipe.key(origin, part)}"

    def find(self, engine: Engine) -> BaseImage | None:
        """Return the image if it is here; a registry is not asked again as long as one is."""
        for origin in self.origins:
            try:
                with engine.guard("looking for a base image"):
                    return self.describe(engine.client.images.get(self.reference(origin)), origin)
            except ImageUnavailable:
                continue
        return None

    def describe(self, image: Image, origin: Origin) -> BaseImage:
        labels = image.labels
        system = labels.get(SYSTEM, "")
        right = self.label == f"ubuntu-{self.release}" and system.startswith(
            f"Ubuntu {self.release} "
        )
        return BaseImage(
            reference=self.reference(origin),
            id=str(image.id),
            label=self.label,
            origin=origin,
            substitution=None if right else f"{self.label} is stood in by {system}",
            python=labels.get(_PYTHON, ""),
            system=system,
            base=labels.get(BASE, ""),
            fallback=labels.get(_FALLBACK) or None,
            dated=labels.get(_DATED, ""),
        )


@dataclass(frozen=True, slots=True)
class _Ground:
    """What an image is built on: its reference, its name for people, and why it is not another."""

    origin: Origin
    reference: str
    name: str
    fallback: str = ""


def _make(engine: Engine, wanted: _Wanted, *, fresh: bool, report: Report) -> BaseImage:
    fallback = ""
    if "registry" in wanted.origins:
        try:
            digest = pull(engine, wanted.pulled, silence=wanted.settings.silence, report=report)
            name = f"{wanted.pulled}@{digest}" if digest else wanted.pulled
            # The digest, and not the tag, which another pull may move meanwhile.
            exact = f"{wanted.pulled.rpartition(':')[0]}@{digest}" if digest else wanted.pulled
            ground = _Ground("registry", exact, name)
            return _build(engine, wanted, ground, fresh=fresh, report=report)
        except ImageUnavailable as error:
            if "bootstrap" not in wanted.origins:
                raise
            fallback = error.message
            report(f"{fallback}; bootstrapping from Debian packages instead")
    suite = wanted.settings.suite
    rootfs = ensure_rootfs(engine, wanted.recipe.packages, suite, fresh=fresh, report=report)
    ground = _Ground("bootstrap", rootfs, suite, fallback)
    return _build(engine, wanted, ground, fresh=fresh, report=report)


def _npm(recipe: Recipe, report: Report) -> tuple[tuple[str, bytes], ...]:
    """Return npm as a file of the build context; nothing where it cannot be had."""
    try:
        return (("npm.tgz", fetch_npm(recipe.npm)),)
    except ImageUnavailable as error:
        report(f"{error.message}; the image is without it until it is built anew")
        return ()


def _build(
    engine: Engine, wanted: _Wanted, ground: _Ground, *, fresh: bool, report: Report
) -> BaseImage:
    """Build the image, find out what is in it, and write that into its labels."""
    started = time.monotonic()
    reference = wanted.reference(ground.origin)
    report(f"building {reference} on {ground.name}")
    labels = Owner.current().labels(Kind.BASE)
    draft = run_build(
        engine,
        wanted.recipe.context(*_npm(wanted.recipe, report)),
        {"BASE": ground.reference},
        labels,
        fresh=fresh,
        # A bootstrapped base has every package already, a pulled one gets them from its mirrors.
        network="none" if ground.origin == "bootstrap" else None,
        report=report,
    )
    facts = identify(engine, draft)
    labels |= {
        ORIGIN: ground.origin,
        SYSTEM: facts.system,
        _PYTHON: facts.python,
        _DATED: facts.dated,
        BASE: ground.name,
        _FALLBACK: ground.fallback,
    }
    labelled = Recipe((("Dockerfile", f"FROM {draft}\n".encode()),)).context()
    run_build(engine, labelled, {}, labels, tag=reference, report=report)
    with engine.guard("looking for the new base image"):
        image = wanted.describe(engine.client.images.get(reference), ground.origin)
    report(f"built {reference} in {time.monotonic() - started:.0f} s")
    return image
