"""Tars from a stranger's sandbox."""

from __future__ import annotations

import io
import tarfile
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regreen.git import WorkFile
from regreen.verify.brought import FILES, Unfit, names_in, work_files


def tar(*entries: tuple[tarfile.TarInfo, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for info, content in entries:
            info.size = len(content) if info.isreg() else 0
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def entry(
    name: str,
    content: bytes = b"",
    kind: bytes = tarfile.REGTYPE,
    link: str = "",
    mode: int = 0o644,
) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.mode = kind, link, mode
    return info, content


def test_only_what_is_wanted_is_taken_and_with_git_s_modes_only() -> None:
    packed = tar(
        entry("a", b"a", mode=0o4711),
        entry("b", b"b", mode=0o666),
        entry("other", b"x"),
        entry("sub/l", kind=tarfile.SYMTYPE, link="../a"),
        entry("folder", kind=tarfile.DIRTYPE),
    )
    assert work_files(packed, {"a", "b", "sub/l", "folder"}) == {
        "a": WorkFile("100755", b"a"),
        "b": WorkFile("100644", b"b"),
        "sub/l": WorkFile("120000", b"../a"),
    }


@pytest.mark.parametrize(
    "packed",
    [
        tar(entry("a", b"1"), entry("a", b"2")),
        tar(entry("a", b"1"), entry("../x", b"x")),
        tar(entry("a", b"1"), entry("/etc/passwd", b"x")),
        tar(entry("a", kind=tarfile.LNKTYPE, link="/etc/passwd")),
        tar(entry("a", kind=tarfile.CHRTYPE)),
        tar(entry("a", kind=tarfile.FIFOTYPE)),
        tar(entry("a", kind=tarfile.GNUTYPE_SPARSE)),
        tar(entry("a", kind=tarfile.SYMTYPE, link="/etc/passwd")),
        tar(entry("a", kind=tarfile.SYMTYPE, link="..")),
        tar(entry("a", kind=tarfile.SYMTYPE, link="x/../../y")),
        tar(entry("a", b"x" * 5000))[:1024],
        b"no tar at all" * 100,
    ],
)
def test_what_is_not_as_it_must_be_is_refused(packed: bytes) -> None:
    with pytest.raises(Unfit):
        work_files(packed, {"a"})


def test_too_many_are_refused() -> None:
    with pytest.raises(Unfit, match="more than"):
        names_in(b"a\0" * (FILES + 2))
    empty = entry("x")[0].tobuf()
    with pytest.raises(Unfit, match="too many"):
        work_files(empty * (FILES + 1), {"a"})


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_no_bytes_do_more_than_be_refused(data: st.DataObject) -> None:
    packed = bytearray(
        tar(entry("a" * 120, b"1" * 600), entry("b", kind=tarfile.SYMTYPE, link="a"))
    )
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(0, len(packed) - 1))
        packed[at] = data.draw(st.integers(0, 255))
    with suppress(Unfit):
        work_files(bytes(packed), {"a" * 120, "b"})
    with suppress(Unfit):
        work_files(data.draw(st.binary(max_size=2000)), {"a"})
