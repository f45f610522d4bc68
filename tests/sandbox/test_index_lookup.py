"""What the host asks of the index: releases as of a moment, what their wheels hold and require."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from regreen.jobs.packages import Packages
from regreen_sandbox.index import Upstream as Address
from regreen_sandbox.index.lookup import Lookup
from tests.sandbox.index_support import Release, Upstream, wheel

OLD, NEW = "2022-01-01T00:00:00Z", "2024-01-01T00:00:00Z"
BETWEEN = datetime(2023, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def server() -> Iterator[HTTPServer]:
    with HTTPServer(threaded=True) as server:
        yield server


@pytest.fixture
def upstream(server: HTTPServer) -> Upstream:
    server.clear()
    made = Upstream(server)
    old = wheel("tool", "1.0", requires=["dep>=2", "extra; extra == 'x'"], padding=600_000)
    made.add("tool", Release("tool-1.0-py3-none-any.whl", old, OLD))
    made.add("tool", Release("tool-1.1.tar.gz", b"source", OLD))
    made.add("tool", Release("tool-2.0-py3-none-any.whl", wheel("tool", "2.0"), NEW))
    return made


def lookup(upstream: Upstream, cache: Path, moment: datetime | None = BETWEEN) -> Lookup:
    return Lookup(Address(upstream.url), cache, moment)


def test_releases_are_those_of_the_moment_the_lowest_first(
    upstream: Upstream, tmp_path: Path
) -> None:
    with lookup(upstream, tmp_path) as asked:
        found = Packages(asked).releases("Tool")
        assert [one.version for one in found] == ["1.0", "1.1"]
        assert found[0].uploaded == datetime(2022, 1, 1, tzinfo=UTC)
        assert found[0].wheels == ("tool-1.0-py3-none-any.whl",)
        assert Packages(asked).releases("nothing") == ()
    with lookup(upstream, tmp_path, None) as asked:
        assert [one.version for one in Packages(asked).releases("tool")][-1] == "2.0"


def test_what_a_wheel_holds_and_requires_is_read_from_its_end(
    upstream: Upstream, tmp_path: Path
) -> None:
    with lookup(upstream, tmp_path) as asked:
        packages = Packages(asked)
        assert "tool" in packages.modules("tool", "1.0")
        assert packages.requires("tool", "1.0") == ("dep>=2", "extra; extra == 'x'")
        assert packages.modules("tool", "1.1") == frozenset()
        assert packages.modules("tool", "2.0") == frozenset()  # it came later


def test_a_wheel_that_is_no_archive_tells_nothing(upstream: Upstream, tmp_path: Path) -> None:
    upstream.add("bad", Release("bad-1.0-py3-none-any.whl", b"no archive", OLD))
    with lookup(upstream, tmp_path) as asked:
        assert Packages(asked).modules("bad", "1.0") == frozenset()
        assert Packages(asked).requires("bad", "1.0") == ()


def test_names_are_those_that_an_import_finds(upstream: Upstream, tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in (
            "pkg/__init__.py",
            "pkg/sub/mod.py",
            "space/deep/fast.cpython-311-x86_64-linux-gnu.so",
            "single.py",
            "odd-1.0.data/purelib/moved.py",
            "odd-1.0.data/scripts/run.py",
            "odd-1.0.dist-info/METADATA",
        ):
            archive.writestr(name, "")
    upstream.add("odd", Release("odd-1.0-py3-none-any.whl", buffer.getvalue(), OLD))
    with lookup(upstream, tmp_path) as asked:
        assert Packages(asked).modules("odd", "1.0") == {
            *("pkg", "pkg.sub", "pkg.sub.mod", "space", "space.deep", "space.deep.fast"),
            *("single", "moved"),
        }
