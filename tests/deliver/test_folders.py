"""Where is written: never through a link that the repository may hold."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from regreen.deliver import deliver, prepare, state_folder
from regreen.errors import UsageError
from regreen.model import Patch, Severity, VerifiedPatch
from tests.deliver.test_summary import proof


@pytest.fixture
def verified() -> VerifiedPatch:
    patch = Patch(b"diff", ("black",), ("because",), ("a.py",))
    return VerifiedPatch(patch, b"mail\n", "c" * 40, Severity.LOW, proof())


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that no repository may write to; the current folder is another."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "clone").mkdir()
    monkeypatch.chdir(tmp_path / "clone")
    return tmp_path / "elsewhere"


def linked(elsewhere: Path) -> None:
    Path("out").symlink_to(elsewhere)


def dangling(elsewhere: Path) -> None:
    Path("out").symlink_to(elsewhere / "missing")


def looping(elsewhere: Path) -> None:
    Path("out").symlink_to("out")


def beside(elsewhere: Path) -> None:
    Path("other").mkdir()
    Path("out").symlink_to("other")


def a_file(elsewhere: Path) -> None:
    Path("out").write_text("in the way")


IN_THE_WAY = [linked, dangling, looping, beside, a_file]


@pytest.mark.parametrize("make", IN_THE_WAY)
@pytest.mark.parametrize("name", ["out", "out/fixes/x", "./out/../out", "../clone/out", "{}/out"])
def test_no_output_goes_through_what_is_no_folder(
    make: Callable[[Path], None], name: str, elsewhere: Path, verified: VerifiedPatch
) -> None:
    make(elsewhere)
    folder = Path(name.format(Path.cwd()))
    with pytest.raises(UsageError, match="cannot write") as caught, prepare(folder):
        pytest.fail("the work began")
    assert "--out DIR" in caught.value.next_step
    with pytest.raises(UsageError, match="cannot write"):
        deliver(verified, folder, about={}, rejected=())
    assert list(elsewhere.iterdir()) == []
    assert not (elsewhere.parent / "clone" / "other" / "evidence.json").exists()


def test_links_outside_the_current_folder_are_the_machine_s(
    elsewhere: Path, verified: VerifiedPatch
) -> None:
    (elsewhere.parent / "disk").symlink_to(elsewhere)
    folder = elsewhere.parent / "disk" / "fixes"
    with prepare(folder):
        deliver(verified, folder, about={}, rejected=())
    assert (elsewhere / "fixes" / "evidence.json").exists()


def test_a_name_that_is_no_text_is_evidence(verified: VerifiedPatch, tmp_path: Path) -> None:
    name = b"caf\xe9.py".decode("utf-8", "surrogateescape")
    named = replace(verified, patch=replace(verified.patch, files=(name, "日.py")))
    files = deliver(named, tmp_path / "out", about={"job": "\ud800"}, rejected=())
    text = files.evidence.read_text(encoding="utf-8")
    assert r'"caf\udce9.py"' in text
    assert "日" in text
    evidence = json.loads(text)
    assert evidence["patch"]["files"] == [name, "日.py"]
    assert evidence["job"] == "\ud800"


def test_the_state_folder_is_made_and_hides_itself(tmp_path: Path) -> None:
    state = state_folder(tmp_path)
    assert state == tmp_path / ".regreen"
    assert (state / ".gitignore").read_text() == "*\n"
    (state / ".gitignore").write_text("own\n")
    assert state_folder(tmp_path) == state
    assert (state / ".gitignore").read_text() == "own\n"


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (make, name)
        for make in IN_THE_WAY
        for name in (".regreen", ".regreen/.gitignore")
        if (make, name) != (a_file, ".regreen/.gitignore")  # that is what belongs there
    ],
)
def test_a_state_folder_that_is_a_trap_is_refused(
    make: Callable[[Path], None], name: str, elsewhere: Path
) -> None:
    make(elsewhere)
    Path(name).parent.mkdir(exist_ok=True)
    Path("out").rename(name)
    with pytest.raises(UsageError, match="cannot write") as caught:
        state_folder(Path.cwd())
    assert "remove it" in caught.value.next_step
    assert "--out DIR" in caught.value.next_step
    assert list(elsewhere.iterdir()) == []


def test_a_folder_named_gitignore_is_refused(tmp_path: Path) -> None:
    (tmp_path / ".regreen" / ".gitignore").mkdir(parents=True)
    with pytest.raises(UsageError, match="no file"):
        state_folder(tmp_path)
