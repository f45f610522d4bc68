"""Links, pipes and worse where regreen reads or writes a job's files."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from pathlib import Path

import pytest

from regreen.jobs.commands import CommandFileError, effects, unpacked
from regreen.jobs.layout import EVENT, FILE_COMMANDS, TEMP
from regreen.logs import mask
from regreen.logs.masking import LiveMask
from regreen_sandbox.container import Sandbox
from regreen_sandbox.errors import EngineRefused, FileTooLarge, SandboxError
from regreen_sandbox.profiles import SUDO_RECORD
from tests.sandbox.attacks.attack_support import Attacker
from tests.sandbox.sandbox_support import Start, shell

pytestmark = pytest.mark.docker
SECRET = "hunter2-of-the-host"
_FILE = f"{FILE_COMMANDS}/env"


@pytest.fixture(scope="module")
def secret(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("host") / "secret"
    path.write_text(f"TAKEN={SECRET}\n")
    path.chmod(0o644)
    return path


@pytest.fixture(scope="module")
def commands(attacker: Attacker) -> Attacker:
    assert attacker(f"mkdir -p {FILE_COMMANDS}").ok
    return attacker


@pytest.mark.parametrize(
    "trick",
    [
        "ln -s {secret} {file}",
        "ln -s /proc/1/root{secret} {file}",
        "ln -s ../../../../../../../../../..{secret} {file}",
        "ln -s /etc/passwd {file}",
        "echo 'TAKEN=inside' > /tmp/other; ln /tmp/other {file}; ln {file} {file}2",
        "mkfifo {file}",
        "mkdir -p {file}/env; echo x=1 > {file}/env/env",
        "python3 -c \"import socket; socket.socket(socket.AF_UNIX).bind('{file}')\"",
        "truncate -s 8G {file}",
        "head -c 20000000 /dev/zero > {file}",
        "printf 'A<<X\\n%.0s' $(seq 50000) > {file}",
        "printf '\\377\\376\\0NODE_OPTIONS=x\\nnode_options=x\\nGITHUB_SHA=x\\n' > {file}",
        "rm -rf $(dirname {file}); ln -s / $(dirname {file})",
        "rm -rf $(dirname {file}); mkfifo $(dirname {file})",
        "chmod 000 $(dirname {file})",
        "for i in $(seq 300); do mkdir d; cd d; done; touch env; cd $(dirname {file})",
    ],
)
def test_the_runner_s_files_tell_nothing_but_what_the_job_wrote(
    commands: Attacker, secret: Path, trick: str
) -> None:
    begin = f"rm -rf {FILE_COMMANDS}; mkdir -p {FILE_COMMANDS}; cd {FILE_COMMANDS}; "
    commands(begin + trick.format(secret=secret, file=_FILE))
    began = time.monotonic()
    with suppress(CommandFileError, FileTooLarge, EngineRefused):
        files = unpacked(commands.sandbox.read_tree(FILE_COMMANDS, limit=16 << 20) or b"")
        kept = effects(files, "")
        assert SECRET not in json.dumps(files)
        assert "root:x:0" not in json.dumps(files)
        assert not {"NODE_OPTIONS", "node_options", "GITHUB_SHA"} & kept.env.keys()
    assert time.monotonic() - began < 20


@pytest.mark.timeout(60)
def test_a_flood_of_masks_neither_hangs_nor_shows_anything(sandbox: Sandbox) -> None:
    flood = "for i in $(seq 20000); do echo ::add-mask::word$i-$i; done; echo ::add-mask::; exit 3"
    text = shell(sandbox, flood).output.decode()
    kept = effects({}, text)
    assert len(kept.masks) == 20_000
    assert "word777-777" not in mask(f"{text}\nsaid word777-777 here", kept.masks)
    live = LiveMask(kept.masks)
    assert b"word777-777" not in live.feed(b"said word777-777 here\n") + live.finish()


@pytest.mark.parametrize(
    ("trick", "asked"),
    [
        (f"ln -s /etc/passwd {SUDO_RECORD}", False),
        (f"mkfifo {SUDO_RECORD}", False),
        (f"mkdir {SUDO_RECORD}", False),
        (f"truncate -s 8G {SUDO_RECORD}", True),
    ],
)
def test_the_note_of_sudo_may_be_anything(attacker: Attacker, trick: str, asked: bool) -> None:
    attacker(f"rm -rf {SUDO_RECORD}; {trick}")
    assert attacker.sandbox.needs_sudo() is asked
    attacker(f"rm -rf {SUDO_RECORD}")


def test_what_is_written_in_goes_through_no_link_to_what_is_not_the_job_s(
    start_sandbox: Start,
) -> None:
    sandbox = start_sandbox()
    shell(
        sandbox,
        f"mkdir -p {TEMP}/_github_workflow; ln -s /etc/passwd {EVENT}; ln -s /etc {TEMP}/etc; "
        f"ln -s /usr/bin {TEMP}/bin",
    )
    sandbox.write(EVENT, b"{}")
    assert sandbox.read(EVENT) == b"{}"
    with suppress(SandboxError):
        sandbox.make_folders(f"{TEMP}/etc/evil")
    look = "head -1 /etc/passwd; ls -d /etc/evil 2>&1"
    assert shell(sandbox, look).output.startswith(b"root:x:0")
    assert b"No such file" in shell(sandbox, look).output


def test_a_snapshot_of_links_leads_nowhere(start_sandbox: Start, secret: Path) -> None:
    sandbox = start_sandbox()
    shell(
        sandbox,
        f"rm -rf ~/work/_temp; ln -s {secret.parent} ~/work/_temp; ln -s {secret} ~/leaf; "
        f"ln -s /proc/1/root{secret} ~/proc; mkfifo ~/pipe",
    )
    with sandbox.snapshot() as snapshot, snapshot.start() as again:
        for path in (f"{TEMP}/secret", "/home/runner/leaf", "/home/runner/proc"):
            assert again.read(path) is None
            assert shell(again, f"cat {path}").exit_code != 0
        assert again.read("/home/runner/pipe") is None
    assert secret.read_text() == f"TAKEN={SECRET}\n"
