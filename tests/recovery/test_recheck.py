"""``regreen verify``: a delivered patch is proven again elsewhere, and forged evidence is not."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from regreen.cli import app
from regreen_sandbox.engine import Engine
from tests.recovery.conftest import Ended
from tests.recovery.hosted import log_of
from tests.repositories import commit, fingerprint, git

pytestmark = pytest.mark.docker

WORKFLOW = """\
on: push
jobs:
  check:
    runs-on: ubuntu-latest
    strategy:
      matrix: {kind: [one, two]}
    steps:
      - uses: actions/checkout@v4
      - name: Spaces
        run: "! grep -n '  ' a.txt"
      - name: Other
        run: test "${{ matrix.kind }}" = two && test -f b.txt
"""
LOG = log_of("! grep -n '  ' a.txt", "1:x  = 1").replace("check", "check (two)", 1)
Verify = Callable[..., Ended]
Forge = Callable[[dict[str, Any]], object]


def called(cwd: Path, *words: str | Path) -> Ended:
    """Call the command in this process: most of these calls end before any container."""
    cwd.mkdir(exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(cwd)
        for name in [name for name in os.environ if name.startswith("REGREEN_")]:
            patch.delenv(name)
        done = CliRunner().invoke(app, [str(word) for word in words])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return Ended(done.exit_code, done.stdout, done.stderr)


@pytest.fixture(scope="module")
def delivered(tmp_path_factory: pytest.TempPathFactory, engine: Engine) -> Path:
    """A folder with a clone, and a patch that was proven for CI's log, which is gone since."""
    folder = tmp_path_factory.mktemp("delivered")
    files = {".github/workflows/ci.yml": WORKFLOW, "a.txt": "x  = 1\n", "b.txt": "b\n"}
    commit(folder / "r", files)
    (folder / "log.txt").write_text(LOG)
    ended = called(
        folder / "cwd", "shell", "--repo", folder / "r", "--log", folder / "log.txt",
        "-c", "sed -i 's/  / /' a.txt", "--verify", "--repeat", "1", "--out", folder / "out",
    )  # fmt: skip
    assert ended.code == 0, ended.err
    (folder / "log.txt").unlink()
    git(folder, "clone", "-q", str(folder / "r"), str(folder / "clone"))
    shutil.rmtree(folder / "r")
    return folder


@pytest.fixture
def verify(delivered: Path, tmp_path: Path) -> Verify:
    """Verifies the patch in another folder and clone, its evidence forged as a test wants it."""

    def run(*words: str, forge: Forge | None = None, patch: bytes | None = None) -> Ended:
        out = tmp_path / "out"
        shutil.copytree(delivered / "out", out, dirs_exist_ok=True)
        if patch is not None:
            (out / "regreen.patch").write_bytes(patch)
        if forge is not None:
            found = json.loads((out / "evidence.json").read_text())
            forge(found)
            (out / "evidence.json").write_text(json.dumps(found))
        named = (out / "regreen.patch", "--evidence", out / "evidence.json")
        return called(
            tmp_path / "cwd", "verify", *named, "--repo", delivered / "clone", *words, "--json"
        )

    return run


def test_a_patch_is_proven_again_from_its_evidence_alone(verify: Verify, delivered: Path) -> None:
    before = fingerprint(delivered / "clone")
    ended = verify()
    assert ended.code == 0, ended.err
    found = ended.json
    assert (found["status"], found["job"]) == ("verified", "check (two)")
    assert found["verification"]["green"] is True
    assert found["verification"]["runs"] == 2
    assert found["verification"]["as_of"].startswith("2025-07-01")
    assert found["tree"] == found["verification"]["tree"]
    evidence = json.loads((delivered / "out" / "evidence.json").read_text())
    assert found["severity"] == evidence["patch"]["severity"]
    assert fingerprint(delivered / "clone") == before


def test_a_job_that_is_not_red_as_is_claimed_is_not_reproduced(verify: Verify) -> None:
    def forge(evidence: dict[str, Any]) -> None:
        evidence["failures"][0]["signature"]["category"] = "test_failure"

    ended = verify(forge=forge)
    assert (ended.code, ended.json["status"]) == (3, "not-reproduced")


def test_that_github_refuses_the_workflow_is_not_believed(verify: Verify) -> None:
    ended = verify(forge=lambda evidence: evidence["proof"].update(refused="line 3", before=[]))
    assert (ended.code, ended.json["status"]) == (3, "not-reproduced")
    assert "would start" in ended.json["reason"]


def test_a_patch_that_does_not_mend_the_job_is_not_verified(
    verify: Verify, delivered: Path
) -> None:
    mail = (delivered / "out" / "regreen.patch").read_bytes().replace(b"+x = 1", b"+x  = 2")
    clone = delivered / "clone"
    base = git(clone, "rev-parse", "HEAD")
    (clone / "a.txt").write_text("x  = 2\n")
    git(clone, "commit", "-q", "-am", "forged")
    tree = git(clone, "rev-parse", "HEAD^{tree}")
    git(clone, "reset", "-q", "--hard", base)

    def forge(evidence: dict[str, Any]) -> None:
        evidence["tree"] = evidence["subject"][1]["digest"]["gitTree"] = tree
        sha256 = hashlib.sha256(mail).hexdigest()
        evidence["patch"]["sha256"] = evidence["subject"][0]["digest"]["sha256"] = sha256

    ended = verify(forge=forge, patch=mail)
    assert (ended.code, ended.json["status"]) == (1, "not-verified")
    assert "not green" in ended.json["reason"]


def test_another_patch_than_the_evidence_is_of_is_not_run(verify: Verify, delivered: Path) -> None:
    mail = (delivered / "out" / "regreen.patch").read_bytes()
    ended = verify(patch=mail.replace(b"+x = 1", b"+x = 3"))
    assert (ended.code, ended.json["status"]) == (1, "not-verified")
    assert "digests differ" in ended.json["reason"]


def _with(**more: Any) -> Forge:
    return lambda evidence: evidence["environment"].update(more)


def _given(**more: Any) -> Forge:
    return lambda evidence: evidence["environment"]["given"].update(more)


def _run(evidence: dict[str, Any]) -> None:
    names = ("provider", "server", "id", "repository", "head", "workflow", "url")
    run = dict.fromkeys(names, "https://evil.example.org")
    evidence["environment"]["run"] = {**run, "attempt": 1}


@pytest.mark.parametrize(
    ("forge", "words"),
    [
        (_with(hosts=["evil.example.org"]), "--allow-host evil.example.org"),
        (_with(image={"label": "ubuntu-24.04", "id": "", "named": "evil/image"}), "--image"),
        (_with(index={"which": "today", "extra": ["https://evil.example.org/"]}), "--extra-index"),
        (_given(allowed=["actions/github-script"]), "--allow-action actions/github-script"),
        (_given(secrets=["TOKEN"]), "--secret TOKEN"),
        (_given(payload=None, payload_sha256="0" * 64), "--event-file"),
        (_run, "--repo"),
        (_with(network="everything"), "evidence.json"),
        (_with(profile="god"), "evidence.json"),
        (_with(repeat=0), "evidence.json"),
        (_with(step={"index": 999, "name": ""}), "use the regreen"),
        (_with(matrix={"kind": "three"}), "use one of them"),
        (lambda evidence: evidence.update(base="f" * 40), "fetch"),
        (lambda evidence: evidence.pop("environment"), "evidence.json"),
    ],
)
def test_what_evidence_asks_for_is_for_its_reader_to_grant(
    forge: Forge, words: str, verify: Verify
) -> None:
    ended = verify(forge=forge)
    assert ended.code == 2, ended.err
    assert ended.json["status"] == "error"
    assert words in ended.json["next"]


def test_sudo_and_the_network_are_not_given_where_they_are_forbidden(verify: Verify) -> None:
    for forge, option in (
        (_with(network="on"), "--network=off"),
        (_with(profile="sudo"), "--no-sudo"),
    ):
        ended = verify(option, forge=forge)
        assert ended.code == 2
        assert "which only you can grant" in ended.json["reason"]


def test_another_workflow_than_was_run_proves_nothing(verify: Verify) -> None:
    forge = _with(
        workflow={"path": ".github/workflows/ci.yml", "sha256": "0" * 64, "of_commit": True}
    )
    ended = verify(forge=forge)
    assert (ended.code, ended.json["status"]) == (1, "not-verified")
    outside = _with(workflow={"path": "x.yml", "sha256": "0" * 64, "of_commit": False})
    ended = verify(forge=outside)
    assert (ended.code, "--workflow" in ended.json["next"]) == (2, True)
