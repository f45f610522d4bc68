"""The Node.js of JavaScript actions as a layer of an image."""

from __future__ import annotations

from pathlib import Path

import pytest

from regreen_sandbox.container import start
from regreen_sandbox.engine import Engine
from regreen_sandbox.labels import Owner
from regreen_sandbox.limits import Limits
from regreen_sandbox.nodes import COMPLETE, program, with_nodes

pytestmark = pytest.mark.docker
EXTERNALS = "/home/runner/externals"


def test_every_version_lies_in_one_layer_that_is_made_once(
    engine: Engine, base_image: str, tmp_path: Path
) -> None:
    binaries = {major: tmp_path / f"node-{major}" for major in (20, 24)}
    for major, path in binaries.items():
        path.write_text(f"#!/bin/sh\necho {tmp_path.name} {major}\n")
    assert with_nodes(engine, base_image, {}, EXTERNALS, print) == base_image
    said: list[str] = []
    image = with_nodes(engine, base_image, binaries, EXTERNALS, said.append)
    try:
        assert with_nodes(engine, base_image, binaries, EXTERNALS, said.append) == image
        made = [words.partition(":")[0] for words in said if words.startswith("added")]
        assert made == ["added Node.js 20, Node.js 24 to the image"]
        before, after = (
            engine.client.images.get(one).attrs["Config"] for one in (base_image, image)
        )
        for name in ("User", "Entrypoint", "Cmd", "Env", "WorkingDir"):
            assert (after.get(name) or None) == (before.get(name) or None), name
        with start(engine, image, limits=Limits(), owner=Owner.current()) as sandbox:
            argv = ("/bin/sh", "-c", f"{program(EXTERNALS, 24)} && touch {EXTERNALS}/own")
            assert sandbox.run(argv, env={}, cwd="/", timeout=60).output.split()[-1] == b"24"
            assert sandbox.read(f"{EXTERNALS}/node20/{COMPLETE}") == b""
    finally:
        engine.client.images.remove(image, force=True)
