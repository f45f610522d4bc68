"""Images that the user names: ``--image``, the setting ``image``, and a job's ``container:``.

Any image will do, also one without Python, bash or a known system. What is found out of it is found
without relying on a program in it.
"""

from __future__ import annotations

import io
import re
import tarfile
from collections.abc import Callable, Mapping
from contextlib import suppress

from docker.models.containers import Container
from docker.models.images import Image

from regreen_sandbox import uses
from regreen_sandbox.engine import Engine
from regreen_sandbox.errors import ImageUnavailable, SandboxError
from regreen_sandbox.images import BaseImage, ImageSettings
from regreen_sandbox.labels import Kind, Owner
from regreen_sandbox.registry import parts, pull
from regreen_sandbox.workbench import execute, scratch

_RELEASE_FILES = ("/etc/os-release", "/usr/lib/os-release")
_NAME = re.compile(r"(?!\.)[\w.-]+(?::\d+)?(?:/\w[\w.-]*)*(?::\w[\w.-]*)?(?:@sha256:[0-9a-f]{64})?")
_LOADER_BYTES = 1 << 20


def custom_image(
    engine: Engine, name: str, *, settings: ImageSettings, report: Callable[[str], None]
) -> BaseImage:
    """Return the image called ``name`` (a tag, a digest or an id), pulled if it is not here.

    Of ``settings`` only the patience with a registry counts: a name that the user gives is whole.
    ``base`` is the name with the registry's digest. Raises `ImageUnavailable`.
    """
    image = _found(engine, name, settings, report)
    return _described(engine, image, name)


def named_image(
    engine: Engine, name: str, *, settings: ImageSettings, report: Callable[[str], None]
) -> str:
    """Return the id of the image called ``name``, as `custom_image` finds it, and look no further.

    Raises `ImageUnavailable`.
    """
    return str(_found(engine, name, settings, report).id)


def _found(
    engine: Engine, name: str, settings: ImageSettings, report: Callable[[str], None]
) -> Image:
    if not _NAME.fullmatch(name):
        raise ImageUnavailable(
            f"{name!r} is not the name of an image", next_step="docker images lists those here"
        )
    image = _here(engine, name)
    if image is None:
        reference = name if "@" in name else ":".join(parts(name))
        try:
            pull(engine, reference, silence=settings.silence, report=report)
        except ImageUnavailable as error:
            step = f"docker pull {name}, or name an image that is here (docker images)"
            raise ImageUnavailable(error.message, next_step=step) from error
        image = _here(engine, name)
    if image is None:
        raise ImageUnavailable(
            f"{name} was pulled and is not there", next_step=f"docker pull {name}"
        )
    uses.note(str(image.id))
    return image


def _here(engine: Engine, name: str) -> Image | None:
    try:
        with engine.guard("looking for an image"):
            return engine.client.images.get(name)
    except ImageUnavailable:
        return None


def _described(engine: Engine, image: Image, name: str) -> BaseImage:
    facts = _system(engine, str(image.id))
    system = f"{facts.get('NAME', 'an unknown system').split()[0]} {facts.get('VERSION_ID', '')}"
    digests = image.attrs.get("RepoDigests") or [""]
    known = "@" not in name and not name.startswith("sha256:")
    digest = str(digests[0]).partition("@")[2]
    return BaseImage(
        reference=name,
        id=str(image.id),
        label=name,
        origin="named",
        substitution=None,
        python=_python(engine, str(image.id)),
        system=system.strip() if facts else "an unknown system",
        base=f"{name}@{digest}" if digest and known else name,
    )


def _system(engine: Engine, image: str) -> Mapping[str, str]:
    """Return what ``/etc/os-release`` says (os-release(5)); nothing is started for that."""
    with engine.guard(f"looking into {image[:19]}"):
        container = engine.client.containers.create(
            image,
            ["/"],
            entrypoint=[],
            network_mode="none",
            labels=Owner.current().labels(Kind.BUILD),
            use_config_proxy=False,
        )
    try:
        text = next((t for path in _RELEASE_FILES if (t := _read(engine, container, path))), "")
    finally:
        with engine.guard("removing a container"):
            container.remove(force=True, v=True)
    pairs = (line.partition("=") for line in text.splitlines() if "=" in line)
    return {key.strip(): value.strip().strip("\"'") for key, _, value in pairs}


def _read(engine: Engine, container: Container, path: str) -> str:
    """Return a small file of a container, empty where there is none (a link is none)."""
    try:
        with engine.guard(f"reading {path}"):
            chunks, _ = container.get_archive(path)
            content = b""
            for chunk in chunks:
                content += chunk
                if len(content) > _LOADER_BYTES:
                    return ""
    except SandboxError:
        return ""
    with suppress(tarfile.TarError), tarfile.open(fileobj=io.BytesIO(content)) as tar:
        member = tar.next()
        file = tar.extractfile(member) if member is not None and member.isreg() else None
        return file.read().decode(errors="replace") if file is not None else ""
    return ""


def _python(engine: Engine, image: str) -> str:
    """Return the version of the image's own ``python3``, empty where none runs."""
    script = "import platform, venv; print(platform.python_version())"
    try:
        with scratch(engine, image) as container:
            done = execute(engine, container, ["python3", "-c", script])
    except SandboxError:
        return ""
    found = re.fullmatch(r"(3\.\d+\.\d+)\s*", done.output)
    return found[1] if done.ok and found else ""
