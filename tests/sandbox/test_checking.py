"""Tars as a hostile job makes them: each trick is refused, and plain trees pass."""

from __future__ import annotations

import io
import tarfile
from typing import IO, cast

import pytest

from regreen_sandbox.archives import checked
from regreen_sandbox.errors import UnsafeArchive

Entry = tuple[str, bytes, str]
FILE, FOLDER = tarfile.REGTYPE, tarfile.DIRTYPE
LINK, HARD = tarfile.SYMTYPE, tarfile.LNKTYPE


def tar_of(*entries: Entry) -> bytes:
    """A tar of (name, type, link's target or file's content)."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, kind, what in entries:
            entry = tarfile.TarInfo(name)
            entry.type, entry.mode = kind, 0o7755
            if kind == FILE:
                entry.size = len(what)
            else:
                entry.linkname = what
            tar.addfile(entry, io.BytesIO(what.encode()))
    return buffer.getvalue()


def read(tar: bytes, files: int = 100, size: int = 1000, root: str = "") -> dict[str, object]:
    found: dict[str, object] = {}
    for entry, content in checked(tar, files=files, bytes=size, root=root):
        found[entry.name] = content.read() if content else entry.linkname or None
        assert entry.mode == 0o755
    return found


def test_a_plain_tree_passes() -> None:
    tar = tar_of(
        ("./t", FOLDER, ""),
        ("t/file", FILE, "content"),
        ("t/d/e/up", LINK, "../../file"),
        ("t/side", LINK, "d/e"),
        ("t/same", HARD, "t/file"),
        ("t/file", FILE, "again"),
    )
    assert read(tar, root="t") == {
        "t": None,
        "t/file": b"again",
        "t/d/e/up": "../../file",
        "t/side": "d/e",
        "t/same": "t/file",
    }


@pytest.mark.parametrize(
    "entries",
    [
        [("/etc/evil", FILE, "")],
        [("../evil", FILE, "")],
        [("t/../../evil", FILE, "")],
        [("other", FILE, "")],
        [("tx", FILE, "")],
        [(".", FILE, "")],
        [("t/dev", tarfile.BLKTYPE, "")],
        [("t/dev", tarfile.CHRTYPE, "")],
        [("t/pipe", tarfile.FIFOTYPE, "")],
        [("t/l", LINK, "/etc/passwd")],
        [("t/l", LINK, "..")],
        [("t/l", LINK, "../x")],
        [("t/d/l", LINK, "../../x")],
        [("t/a/b/up", LINK, "../.."), ("t/out", LINK, "a/b/up/..")],
        [("t/l", LINK, "d"), ("t/l/below", FILE, "")],
        [("t/l", LINK, "."), ("t/l", FOLDER, ""), ("t/l/below", FILE, "")],
        [("t/f", FILE, ""), ("t/f/below", FILE, "")],
        [("t/d/f", FILE, ""), ("t/d", LINK, "..")],
        [("t/d/f", FILE, ""), ("t/d", LINK, "x")],
        [("t/h", HARD, "/etc/shadow")],
        [("t/h", HARD, "../../etc/shadow")],
        [("t/h", HARD, "t/later"), ("t/later", FILE, "")],
        [("t/l", LINK, "f"), ("t/h", HARD, "t/l")],
    ],
)
def test_a_trick_is_refused_by_name(entries: list[Entry]) -> None:
    with pytest.raises(UnsafeArchive) as refused:
        read(tar_of(*entries), root="t")
    assert any(repr(name) in str(refused.value) for name, _, _ in entries)
    assert refused.value.next_step


def test_too_many_and_too_much() -> None:
    many = tar_of(*((f"f{i}", FILE, "") for i in range(11)))
    with pytest.raises(UnsafeArchive, match=r"'f10'.*one file too many"):
        read(many, files=10)
    with pytest.raises(UnsafeArchive, match=r"'big'.*too large"):
        read(tar_of(("small", FILE, "x" * 600), ("big", FILE, "x" * 600)), size=1000)
    assert len(read(many, files=11)) == 11


def test_names_of_gigabytes_do_not_fill_the_memory() -> None:
    long = tarfile.TarInfo("././@LongLink")
    long.type, long.size = tarfile.GNUTYPE_LONGNAME, 1 << 33

    class Endless(io.RawIOBase):
        given = 0

        def read(self, size: int = -1, /) -> bytes:
            head = long.tobuf(tarfile.GNU_FORMAT)[self.given : self.given + size]
            self.given += size
            return head.ljust(size, b"a")

    source = Endless()
    with pytest.raises(UnsafeArchive, match="longer than"):
        for _ in checked(cast("IO[bytes]", source), files=10, bytes=1000):
            pass
    assert source.given < 1 << 20


@pytest.mark.parametrize(
    "junk", [b"no tar at all" * 1000, tar_of(("f", FILE, "x" * 600))[:700], b"\xff" * 2048]
)
def test_what_is_no_tar_is_refused(junk: bytes) -> None:
    with pytest.raises(UnsafeArchive):
        read(junk)
