"""Which images go: those that nothing needs, and never anything else."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tarfile
import time
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import docker.errors
import pytest

from regreen_sandbox import prune, uses
from regreen_sandbox.engine import Engine
from regreen_sandbox.images import ImageSettings
from regreen_sandbox.labels import KIND, OWNER, Kind, Owner
from regreen_sandbox.prune import Pruned

pytestmark = pytest.mark.docker

SETTINGS = ImageSettings()


class Images:
    """Tiny images that look like regreen's, in a group of their own, removed at the end."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.group = uuid.uuid4().hex[:12]
        self.ids: list[str] = []

    def base(self, tag: str, owner: str = "") -> str:
        """Import a base image; of two the later one is the newer."""
        time.sleep(0.05)
        labels = {KIND: Kind.BASE.value, "regreen.system": "Test", "regreen.base": self.group}
        labels |= {OWNER: owner or str(Owner.current()), "regreen.origin": "bootstrap"}
        changes = [f'LABEL "{name}"="{value}"' for name, value in labels.items()]
        self.engine.client.api.import_image_from_data(
            _tar(f"{self.group}{tag}"),
            repository=f"regreen/test-{self.group}",
            tag=tag,
            changes=changes,
        )
        return self._keep(f"regreen/test-{self.group}:{tag}")

    def tool(self, parent: str, tag: str) -> str:
        """Make an image with one more layer on ``parent``, as a Python is put into one."""
        container = self.engine.client.containers.create(parent, ["/x"], network_mode="none")
        try:
            container.put_archive("/", _tar(f"tool{tag}"))
            container.commit(
                repository=f"regreen/test-{self.group}",
                tag=tag,
                changes=f'LABEL "{KIND}"="{Kind.TOOL.value}"',
            )
        finally:
            container.remove()
        return self._keep(f"regreen/test-{self.group}:{tag}")

    def _keep(self, reference: str) -> str:
        identity = str(self.engine.client.images.get(reference).id)
        self.ids.append(identity)
        return identity

    def stale(self, older_than: float | None = None) -> dict[str, str]:
        found = prune.find_stale(self.engine, SETTINGS, older_than=older_than)
        return {image.id: image.reason for image in found if image.id in self.ids}


def _tar(content: str) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        member = tarfile.TarInfo(content)
        member.size = 100_000
        tar.addfile(member, io.BytesIO(content.encode().ljust(100_000)))
    return buffer.getvalue()


@pytest.fixture
def images(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Images]:
    made = Images(engine)
    found = prune.find_stale

    def ours(*args: object, **options: object) -> tuple[prune.Stale, ...]:
        """Whatever else is stale on this machine is its user's to prune."""
        return tuple(s for s in found(*args, **options) if s.id in made.ids)  # type: ignore[arg-type]

    monkeypatch.setattr(prune, "find_stale", ours)
    yield made
    for identity in reversed(made.ids):
        uses.forget(identity)
        with suppress(docker.errors.APIError):
            engine.client.images.remove(identity, force=True)


def _prune(images: Images, *, dry_run: bool = False) -> Pruned:
    return prune.prune(images.engine, SETTINGS, dry_run=dry_run, report=print)


def test_a_replaced_base_goes_with_its_pythons(engine: Engine, images: Images) -> None:
    old = images.base("old")
    its_python = images.tool(old, "oldpython")
    second_python = images.tool(its_python, "second")
    new = images.base("new")
    kept = images.tool(new, "python")
    assert images.stale() == {
        old: "made by an older recipe",
        its_python: "its base image is stale or gone",
        second_python: "its base image is stale or gone",
    }
    told = _prune(images, dry_run=True)
    assert engine.client.images.get(old).id == old, "a dry run removes nothing"
    pruned = _prune(images)
    assert pruned == told
    assert pruned.size_bytes == pytest.approx(300_000, rel=0.1)
    left = {str(image.id) for image in engine.client.images.list()}
    assert {new, kept} <= left
    assert not {old, its_python, second_python} & left
    assert _prune(images).images == ()


def test_an_image_that_lost_its_name_goes(engine: Engine, images: Images) -> None:
    first = images.base("one")
    engine.client.images.get(first).tag(f"regreen/test-{images.group}", "two")
    assert images.stale() == {}
    for tag in ("one", "two"):
        engine.client.images.get(first).tag("regreen-test-anchor", images.group)
        engine.client.images.remove(f"regreen/test-{images.group}:{tag}")
    assert first not in images.stale(), "somebody gave it a name, so it is that person's"
    engine.client.images.remove(f"regreen-test-anchor:{images.group}")


def test_what_was_not_used_for_long_goes_when_asked_for(images: Images) -> None:
    base = images.base("one")
    assert images.stale(older_than=3600) == {}
    assert "not used" in images.stale(older_than=0)[base]
    uses.note(base)
    time.sleep(0.1)
    assert images.stale(older_than=3600) == {}
    old = time.time() - 7200
    os.utime(uses._file(base), (old, old))
    assert images.stale(older_than=3600) == {}, "it was made since"


def test_what_a_living_process_uses_stays(engine: Engine, images: Images) -> None:
    old = images.base("old")
    its_python = images.tool(old, "python")
    images.base("new")
    code = f"from regreen_sandbox import uses; uses.note({its_python!r}); input()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        for _ in range(100):
            if uses.last(its_python) is not None:
                break
            time.sleep(0.1)
        assert images.stale() == {}, "the Python is used, and so is the base that it stands on"
        other.communicate(b"\n")
    assert set(images.stale()) == {old, its_python}


def test_what_a_container_or_another_maker_holds_stays(engine: Engine, images: Images) -> None:
    old = images.base("old")
    images.base("new")
    container = engine.client.containers.create(old, ["/x"], network_mode="none")
    try:
        assert images.stale() == {}
    finally:
        container.remove()
    assert set(images.stale()) == {old}
    with subprocess.Popen(["sleep", "60"]) as other:
        start = Path(f"/proc/{other.pid}/stat").read_text().rpartition(")")[2].split()[19]
        own = Owner.current()
        living = f"{other.pid}/{start}/{own.boot}/{own.machine}/{own.namespace}"
        busy = images.base("busy", owner=living)
        images.base("newest")
        assert busy not in images.stale()
        other.kill()
    assert busy in images.stale()


def test_what_is_not_regreens_stays(engine: Engine, images: Images) -> None:
    engine.client.api.import_image_from_data(
        _tar("strange"), repository=f"strange-{images.group}", tag="one"
    )
    strange = images._keep(f"strange-{images.group}:one")
    assert strange not in images.stale(older_than=0)


def test_what_the_engine_does_not_let_go_is_said(
    engine: Engine, images: Images, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = images.base("old")
    images.base("new")
    container = engine.client.containers.create(old, ["/x"], network_mode="none")
    monkeypatch.setattr(prune, "_held", lambda *_: set())
    try:
        pruned = _prune(images)
        assert pruned.images == ()
        assert "container" in pruned.busy[0]
        assert engine.client.images.get(old).id == old
    finally:
        container.remove()
