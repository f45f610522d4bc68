"""Logs out of the zip of a whole run, in each of its layouts, and out of zips that mean harm."""

from __future__ import annotations

import io
import struct
import warnings
import zipfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regreen.runs import archive
from regreen.runs.provider import LogMissing
from tests.runs import bodies
from tests.runs.conftest import SECRET, Fetch
from tests.runs.hub import ACTIONS, Hub, Reply, ranged, refused, told

MOST = 8 << 20
STEPS = {1: "Set up job", 2: "Run tests"}
Entries = Sequence[tuple[str | zipfile.ZipInfo, bytes]]


def packed(entries: Entries) -> bytes:
    """Return a zip of these names and contents, in order."""
    file = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        warnings.simplefilter("ignore")  # the same name twice is the point of one
        for name, content in entries:
            made.writestr(name, content, zipfile.ZIP_DEFLATED)
    return file.getvalue()


def log(data: bytes, name: str, steps: Mapping[int, str] = STEPS, most: int = MOST) -> bytes:
    """Read the log of the job called ``name``."""
    with archive.opened(io.BytesIO(data), most) as found:
        return b"".join(found.log(name, steps))


OLD = [
    ("build/10_Complete job.txt", b"ten\n"),
    ("build/2_Run tests.txt", b"\xef\xbb\xbf2024-05-01T12:00:00.0000000Z two\r\nno end"),
    ("build/1_Set up job.txt", b"one\n"),
]
JOINED = (
    b"##[section]Starting: Set up job\none\n"
    b"##[section]Starting: Run tests\n\xef\xbb\xbf2024-05-01T12:00:00.0000000Z two\r\nno end\n"
    b"##[section]Starting: Complete job\nten\n"
)


def test_one_file_a_job() -> None:
    data = packed([("0_lint.txt", b"red\n"), ("1_build.txt", b"green\n"), ("-7_old.txt", b"old\n")])
    assert [log(data, name) for name in ("lint", "build", "old")] == [
        b"red\n",
        b"green\n",
        b"old\n",
    ]


def test_one_file_a_step_is_joined_in_the_order_of_their_numbers() -> None:
    assert log(packed(OLD), "build") == JOINED


def test_of_both_layouts_the_whole_file_is_taken() -> None:
    data = packed([*OLD, ("build/system.txt", b"system\n"), ("3_build.txt", b"whole\n")])
    assert log(data, "build") == b"whole\n"


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("build / test", "0_build  test.txt"),
        ("test (3.12, a/b)", "0_test (3.12, ab).txt"),
        ("a:b", "0_ab.txt"),
        ('say "<hi>" | *?', "0_say hi  .txt"),
        ("build\\win", "0_build_win.txt"),
        ("Bau ünd Täst", "4_Bau ünd Täst.txt"),
        ("x" * 120, f"0_{'x' * 90}.txt"),
        ("🙂" * 60, f"0_{'🙂' * 45}.txt"),
        ("c++", "0_c++.txt"),
        ("lint", "lint/1_all.txt"),
    ],
)
def test_names_as_the_server_writes_them(name: str, file: str) -> None:
    assert b"found\n" in log(packed([(file, b"found\n"), ("9_other.txt", b"other\n")]), name)


@pytest.mark.parametrize(
    "entries",
    [
        [("0_build.txt", b"a"), ("1_build.txt", b"b")],
        [("0_bu_ild.txt", b"a"), ("1_bu-ild.txt", b"b")],
    ],
)
def test_where_several_could_be_meant_none_is_taken(entries: Entries) -> None:
    with pytest.raises(LogMissing, match="several logs that may be"):
        log(packed(entries), "build")


def test_a_job_that_is_not_in_it() -> None:
    with pytest.raises(LogMissing, match="none of this job"):
        log(packed([("0_lint.txt", b"")]), "build")


def link(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = 0o120777 << 16
    return info


@pytest.mark.parametrize(
    "name",
    [
        "../0_build.txt",
        "/0_build.txt",
        "..\\0_build.txt",
        "C:\\0_build.txt",
        "../build/1_x.txt",
        "../1_build.txt",
        "a/b/1_build.txt",
        link("0_build.txt"),
        link("build/1_x.txt"),
        "0_build.txt/",
    ],
)
def test_names_that_lead_out_and_links_are_no_logs(name: str | zipfile.ZipInfo) -> None:
    with pytest.raises(LogMissing, match="none of this job"):
        log(packed([(name, b"/etc/passwd")]), "build")


def test_a_bomb_stops_at_the_limit() -> None:
    with pytest.raises(LogMissing, match="more than 8 MiB"):
        log(packed([("0_build.txt", bytes(MOST + 1))]), "build")


def test_a_bomb_of_many_steps_stops_at_the_limit() -> None:
    steps = [(f"build/{number}_x.txt", bytes(MOST // 4)) for number in range(1, 9)]
    with pytest.raises(LogMissing, match="more than 8 MiB"):
        log(packed(steps), "build")


def test_a_bomb_stops_by_its_ratio() -> None:
    data = packed([("0_build.txt", bytes(archive.FREE_BYTES + (1 << 20)))])
    with pytest.raises(LogMissing, match="packed too tightly"):
        log(data, "build", most=1 << 40)


def test_a_size_that_lies_changes_nothing() -> None:
    data = bytearray(packed([("0_build.txt", bytes(MOST + 1))]))
    at = data.rindex(b"PK\x01\x02")
    data[at + 24 : at + 28] = struct.pack("<L", 10)
    with pytest.raises(LogMissing, match=r"damaged|more than"):
        log(bytes(data), "build")


def test_too_many_entries(monkeypatch: pytest.MonkeyPatch) -> None:
    data = packed([(f"{number}_x.txt", b"") for number in range(200)])
    monkeypatch.setattr(archive, "MOST_ENTRIES", 100)
    with pytest.raises(LogMissing, match="too many entries"):
        log(data, "x")


def test_a_directory_that_would_fill_the_memory_is_not_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data = packed([(f"{number}_x.txt", b"") for number in range(200)])
    monkeypatch.setattr(archive, "MOST_DIRECTORY", 100)
    with pytest.raises(LogMissing, match="too many entries"):
        log(data, "x")


def test_an_encrypted_log_is_none() -> None:
    data = bytearray(packed([("0_build.txt", b"red\n")]))
    data[data.rindex(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(LogMissing, match="none of this job"):
        log(bytes(data), "build")


@pytest.mark.parametrize("packing", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_packings_whose_reading_is_not_bounded_are_not_read(packing: int) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", packing) as made:
        made.writestr("0_build.txt", b"red\n")
    with pytest.raises(LogMissing, match="none of this job"):
        log(file.getvalue(), "build")


@pytest.mark.parametrize("data", [b"", b"<html>", b"PK\x05\x06", packed(OLD)[:-30]])
def test_what_is_no_archive(data: bytes) -> None:
    with pytest.raises(LogMissing, match="damaged or none"):
        log(data, "build")


def test_a_damaged_log_is_found_out_by_its_checksum() -> None:
    data = bytearray(packed([("0_build.txt", b"red, and so on\n" * 9)]))
    data[40] ^= 0xFF
    with pytest.raises(LogMissing, match="damaged"):
        log(bytes(data), "build")


def test_an_entry_without_a_name_is_no_log() -> None:
    data = packed([("nameless", b"red\n")]).replace(b"nameless", b"\0ameless")
    with pytest.raises(LogMissing, match="none of this job"):
        log(data, "build")


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_no_damage_does_harm(data: st.DataObject) -> None:
    whole = bytearray(packed([*OLD, ("0_lint.txt", b"red\n" * 50)]))
    for _ in range(data.draw(st.integers(1, 6))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    for name in ("build", "lint"):
        with suppress(LogMissing):
            log(bytes(whole), name)


# As part of a pull

RUN = f"{ACTIONS}/runs/100"
ZIP = packed([("0_lint.txt", f"zipped {SECRET}\n".encode()), ("1_test.txt", b"tested\n")])


def serve(github: Hub, *paths: str, data: bytes = ZIP) -> None:
    github.serve_run(bodies.run(), bodies.job(1, "lint"), bodies.job(2, "test"))
    for number in (1, 2):
        github.on(f"{ACTIONS}/jobs/{number}/logs", refused(404, "Not Found"))
    for path in paths:
        github.on(path, Reply(status=302, headers={"Location": f"{github.server}/zip"}))
    github.on("/zip", ranged(data))


@pytest.mark.parametrize("path", [f"{RUN}/attempts/1/logs", f"{RUN}/logs"])
def test_without_a_log_of_the_job_the_archive_is_fetched_once(
    github: Hub, fetch: Fetch, store: Path, path: str
) -> None:
    serve(github, path)
    run = fetch()
    assert [job.log.read_bytes() for job in run.jobs if job.log] == [b"zipped ***\n", b"tested\n"]
    assert github.count("/zip") == 1
    files = sorted(path.name for path in store.rglob("*") if path.is_file())
    assert files == [".lock", "1.log", "2.log", "run.json"]


def test_an_archive_that_breaks_off_goes_on(github: Hub, fetch: Fetch) -> None:
    serve(github, f"{RUN}/attempts/1/logs")
    github.on("/zip", ranged(ZIP, 20, 20))
    assert all(job.log for job in fetch().jobs)


def test_the_archive_of_another_attempt_is_not_taken(github: Hub, fetch: Fetch) -> None:
    serve(github, f"{RUN}/logs")
    github.on(RUN, told("run", bodies.run(run_attempt=2)))
    run = fetch("/octo/app/actions/runs/100/attempts/1")
    assert [job.log for job in run.jobs] == [None, None]
    assert run.jobs[0].log_missing == "GitHub has no log of this job"
    assert github.count("/zip") == 0


def test_an_expired_archive(github: Hub, fetch: Fetch) -> None:
    serve(github)
    github.on(f"{RUN}/attempts/1/logs", refused(410, "Gone"))
    assert {(job.log_missing or "")[:7] for job in fetch().jobs} == {"expired"}


def test_a_damaged_archive_leaves_the_run_readable(github: Hub, fetch: Fetch, store: Path) -> None:
    serve(github, f"{RUN}/attempts/1/logs", data=ZIP[:-40])
    run = fetch()
    assert {job.log_missing for job in run.jobs} == {
        "the archive of the run's logs is damaged or none"
    }
    assert not list(store.rglob("*.log"))
