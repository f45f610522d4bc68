"""Diffs that would cost the host more than they look, and files too large to read."""

from __future__ import annotations

import subprocess
import time
import zlib
from base64 import b85encode
from collections.abc import Iterator
from pathlib import Path

import pytest

from regreen.errors import UsageError
from regreen.git import Repository, Scratch, Tree
from tests.repositories import commit, git

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_MIB = 1 << 20


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    commit(folder, {"a.txt": "a\n", "bin": bytes(range(256)) * 256})
    return folder


@pytest.fixture
def base(folder: Path) -> Iterator[Tree]:
    repository = Repository.open(folder)
    with Scratch.borrow(repository) as scratch:
        yield scratch.tree(repository.commit("HEAD"))


def _zeros(size: int) -> bytes:
    """Return ``size`` zeros as one zlib stream, made in little memory."""
    pack = zlib.compressobj(9)
    block = bytes(_MIB)
    return b"".join(pack.compress(block) for _ in range(size // _MIB)) + pack.flush()


def _hunk(header: str, stream: bytes) -> str:
    lines = [header]
    for start in range(0, len(stream), 52):
        piece = stream[start : start + 52]
        lines.append(_LETTERS[len(piece) - 1] + b85encode(piece, pad=True).decode())
    return "\n".join(lines) + "\n\n"


def _binary(folder: Path, *hunks: str) -> bytes:
    old = git(folder, "rev-parse", "HEAD:bin")
    head = f"diff --git a/bin b/bin\nindex {old}..{'1' * 40} 100644\nGIT binary patch\n"
    return (head + "".join(hunks)).encode()


def _number(value: int) -> bytes:
    out = b""
    while value > 0x7F:
        out, value = out + bytes([value & 0x7F | 0x80]), value >> 7
    return out + bytes([value])


def _delta(result: int, copies: int) -> bytes:
    """Return a delta that copies the first 64 KiB of ``bin`` again and again."""
    return _number(65536) + _number(result) + b"\x80" * copies


def test_a_small_diff_that_stands_for_a_large_file_is_refused_at_once(
    folder: Path, base: Tree
) -> None:
    bomb = _binary(folder, _hunk(f"literal {600 * _MIB}", _zeros(600 * _MIB)))
    assert len(bomb) < _MIB
    began = time.monotonic()
    with pytest.raises(UsageError, match="50 MiB"):
        base.scratch.apply(base, bomb)
    assert time.monotonic() - began < 1


def test_many_files_that_are_large_together_are_refused(folder: Path, base: Tree) -> None:
    one = _binary(folder, _hunk(f"literal {45 * _MIB}", _zeros(45 * _MIB)))
    with pytest.raises(UsageError, match="200 MiB"):
        base.scratch.apply(base, one * 5)


def test_a_delta_is_judged_by_what_comes_of_it(folder: Path, base: Tree) -> None:
    delta = _delta(100 * _MIB, 1600)
    bomb = _binary(folder, _hunk(f"delta {len(delta)}", zlib.compress(delta)))
    assert len(bomb) < 1000
    with pytest.raises(UsageError, match="50 MiB"):
        base.scratch.apply(base, bomb)


@pytest.mark.parametrize("header", ["literal -1", "literal  99", "delta +1", "literal 1x"])
def test_a_size_that_git_reads_otherwise_than_it_writes_is_refused(
    folder: Path, base: Tree, header: str
) -> None:
    with pytest.raises(UsageError, match="as git writes it"):
        base.scratch.apply(base, _binary(folder, _hunk(header, zlib.compress(b"x"))))


@pytest.mark.parametrize(
    "stream", [b"no zlib", zlib.compress(b""), zlib.compress(b"\xff" * 30)], ids=["no", "0", "30"]
)
def test_a_broken_delta_is_refused(folder: Path, base: Tree, stream: bytes) -> None:
    with pytest.raises(UsageError, match="as git writes it"):
        base.scratch.apply(base, _binary(folder, _hunk("delta 30", stream)))


def test_binary_files_of_usual_sizes_go_through(folder: Path, base: Tree) -> None:
    for content in (b"\0" * (3 * _MIB), bytes(range(256)) * 255 + b"\0literal 99999999999\n", b""):
        commit(folder, {"bin": content, "a.txt": "literal 999999999999\ndelta 5\n"})
        after = base.scratch.tree(git(folder, "rev-parse", "HEAD"))
        diff = base.scratch.diff(base, after)
        assert b"GIT binary patch" in diff
        assert base.scratch.apply(base, diff) == after


def test_a_file_that_is_patched_again_and_again_does_not_eat_the_memory(
    folder: Path, base: Tree
) -> None:
    commit(folder, {"large.txt": "x\n" * (10 * _MIB)})
    base = base.scratch.tree(git(folder, "rev-parse", "HEAD"))
    piece = "diff --git a/large.txt b/{}.txt\n--- a/large.txt\n+++ b/{}.txt\n@@ -1 +1 @@\n-x\n+y\n"
    with pytest.raises(UsageError, match=r"(?i)memory|mmap|alloc"):
        base.scratch.apply(base, "".join(piece.format(n, n) for n in range(400)).encode())


def test_a_file_too_large_to_read_is_not_read(folder: Path) -> None:
    head = commit(folder, {"large.txt": "x" * (20 * _MIB + 1), "fits.txt": "x" * (20 * _MIB)})
    with Scratch.borrow(Repository.open(folder)) as scratch:
        tree = scratch.tree(head)
        assert tree.read("large.txt") is None
        assert tree.text("large.txt") is None
        assert len(tree.text("fits.txt") or "") == 20 * _MIB


def test_a_real_bomb_of_git_itself_is_refused(folder: Path, base: Tree) -> None:
    with (folder / "a.txt").open("wb") as file:
        for _ in range(120):
            file.write(bytes(_MIB))
    diff = subprocess.run(
        ["git", "diff", "--binary", "--full-index"], cwd=folder, capture_output=True, check=True
    ).stdout
    with pytest.raises(UsageError, match="50 MiB"):
        base.scratch.apply(base, diff)
