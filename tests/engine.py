"""A real engine and a real base image, for every test that needs them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from regreen_sandbox.engine import Engine, connect
from regreen_sandbox.eviction import prune
from regreen_sandbox.images import ImageSettings, ensure_base
from regreen_sandbox.keep import FOLDER_NAME, Keep


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    with connect() as connected:
        yield connected
        own = Path(os.environ["HOME"]) / ".cache" / "regreen" / FOLDER_NAME
        prune(Keep(connected, own), everything=True)


@pytest.fixture(scope="session")
def base_image(engine: Engine) -> str:
    """The reference of a base image; ``REGREEN_TEST_IMAGE`` names one that is there already."""
    named = os.environ.get("REGREEN_TEST_IMAGE")
    if named:
        return named
    return ensure_base(engine, "ubuntu-latest", settings=ImageSettings(), report=print).reference
