"""Files and lines of a program that no rule knows, where its last words name them."""

from __future__ import annotations

import pytest

from regreen.logs import analyze
from regreen.model import Category, Failure

END = "##[error]Process completed with exit code 1.\n"
HEAD = "##[group]Run python tools/x.py\npython tools/x.py\nshell: bash -e {0}\n##[endgroup]\n"


def read(output: str) -> Failure:
    found = analyze(f"{HEAD}{output}\n{END}".encode()).failure
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("row", "place"),
    [
        ("src/a.py:3: no licence header", ("src/a.py", 3, None, "no licence header")),
        ("./a.toml:3:14: key is late", ("a.toml", 3, 14, "key is late")),
        ("/home/runner/work/r/r/docs/x.rst:7: too shy", ("docs/x.rst", 7, None, "too shy")),
        ("Makefile:9: tabs are missed", ("Makefile", 9, None, "tabs are missed")),
    ],
)
def test_rows_of_an_unknown_program_name_file_and_line(
    row: str, place: tuple[str, int, int | None, str]
) -> None:
    for output in (f"checking\n{row}\n", f"{row}\n2 files looked at\n"):
        found = read(output)
        said = [(d.file, d.line, d.column, d.message) for d in found.diagnostics if d.file]
        assert said == [place]
        assert found.files == (place[0],)
        assert (found.category, found.confidence) == (Category.UNKNOWN, 0.2)


def test_all_rows_count_so_that_mending_one_is_progress() -> None:
    rows = [f"src/f{number}.py:{number}: is wrong" for number in range(1, 60)]
    assert len(read("\n".join(rows)).diagnostics) == 59
    assert len(read("\n".join(rows * 20)).diagnostics) == 59


@pytest.mark.parametrize(
    "row",
    [
        "12:30:45: it is late",
        "example.com:443: no answer",
        "https://localhost:80: no answer",
        "src/a.py:3: DeprecationWarning: old",
        "src/a.py:3: note: see there",
        "/usr/lib/python3/dist-packages/x.py:3: not ours",
        "step one:3: nothing",
        "src/a.py:0: nowhere",
    ],
)
def test_what_only_looks_like_a_row_names_no_file(row: str) -> None:
    assert read(row).files == ()
