"""Containers of Docker actions: they see the job's files and network, and leave what they did."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from regreen_sandbox import actioncontainer, transfer
from regreen_sandbox.actioncontainer import ActionRun, Shared, run_container
from regreen_sandbox.container import ExecResult, Sandbox, start
from regreen_sandbox.engine import Engine
from regreen_sandbox.errors import EngineRefused, ImageUnavailable, SandboxError
from regreen_sandbox.labels import OWNER, Owner
from regreen_sandbox.limits import Limits
from tests.sandbox.sandbox_support import WORK, shell

pytestmark = pytest.mark.docker

PLACE = f"{WORK}/r/r"
THERE = "/github/workspace"


@pytest.fixture(scope="module")
def job(engine: Engine, base_image: str) -> Iterator[Sandbox]:
    with start(engine, base_image, limits=Limits(), owner=Owner.current()) as sandbox:
        yield sandbox


def act(job: Sandbox, script: str, user: str = "0:0", **more: object) -> ExecResult:
    wanted = ActionRun(
        job.image_id,
        entrypoint=("/bin/sh", "-c", script, "entry"),
        workdir=THERE,
        user=user,
        folders=(Shared(PLACE, THERE),),
        **more,  # type: ignore[arg-type]
    )
    return run_container(job, wanted)


def test_what_it_did_is_brought_back(engine: Engine, job: Sandbox) -> None:
    assert shell(
        job,
        f"""mkdir -p {PLACE}/src/deep {PLACE}/gone/sub {PLACE}/turned && cd {PLACE}
        echo old > src/deep/changed; echo same > src/same; echo x > gone/sub/x; echo x > removed
        ln -s /etc/hostname link; ln src/same hard; chmod 750 src; chmod +x removed
        echo f > 'odd name'; touch -d 2020-01-01 src/same; mkfifo pipe; echo x > $'new\\nline'""",
    ).ok
    done = act(
        job,
        """id -u; pwd; cat src/deep/changed src/same hard; readlink link; ls
        echo new > src/deep/changed; rm -r gone removed; mkdir -p made/by; echo a > made/by/root
        chmod 700 src/deep; chown 1001 made; rmdir turned; echo file > turned
        ln -s made/by/root to; ln made/by/root twice; ln src/same third; mkfifo fifo
        echo to-stderr >&2; exit 3""",
    )
    assert (done.exit_code, done.timed_out) == (3, False)
    assert done.output.startswith(b"0\n/github/workspace\nold\nsame\nsame\n/etc/hostname\n")
    assert b"to-stderr" in done.output
    found = shell(
        job,
        f"""cd {PLACE}; cat src/deep/changed turned to twice third; ls -d gone removed fifo 2>&1
        stat -c '%n %a %u %F' src src/deep src/deep/changed src/same made made/by made/by/root
        stat -c '%h' made/by/root; stat -c %Y src/same; ls -A | wc -l; cat 'odd name'""",
    ).output.decode()
    for words in (
        "new\nfile\na\na\nsame\n",
        "'gone': No such file",
        "'removed': No such file",
        "'fifo': No such file",
        "src 750 1001 directory",
        "src/deep 700 1001 directory",
        "src/deep/changed 644 1001 regular file",
        "src/same 644 1001 regular file",
        "made 755 1001 directory",
        "made/by 755 0 directory",
        "made/by/root 644 0 regular file",
        "\n2\n1577836800\n",
    ):
        assert words in found


def test_what_it_did_not_touch_stays_as_it_is(
    job: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell(
        job, f"mkdir -p {PLACE}/many; cd {PLACE}/many; for i in $(seq 300); do echo $i > $i; done"
    )
    counts = []
    real = transfer.bring_back
    monkeypatch.setattr(
        "regreen_sandbox.actioncontainer.bring_back",
        lambda *given: counts.append(real(*given)),
    )
    before = shell(job, f"cd {PLACE}; find . -printf '%p %i %C@\\n' | sort").output
    assert act(job, "cat many/300").output == b"300\n"
    assert shell(job, f"cd {PLACE}; find . -printf '%p %i %C@\\n' | sort").output == before
    assert act(job, "echo changed > many/7").ok
    assert counts == [0, 1]
    assert job.read(f"{PLACE}/many/7") == b"changed\n"


def test_it_is_in_the_jobs_network_with_its_env(job: Sandbox) -> None:
    script = (
        "import http.server as h; h.HTTPServer(('127.0.0.1', 8123), h.SimpleHTTPRequestHandler)"
    )
    shell(job, f"mkdir -p {PLACE}")
    assert shell(job, f'python3 -c "{script}.serve_forever()" > /dev/null 2>&1 & sleep 0.5').ok
    ask = "python3 -c \"import urllib.request as u; print(u.urlopen('http://localhost:8123').status)\""
    done = act(job, f"{ask}; echo $INPUT_WHO $1", command=("arg",), env={"INPUT_WHO": "me"})
    assert done.output == b"200\nme arg\n"
    capabilities = act(job, "grep CapBnd /proc/self/status").output
    assert int(capabilities.split()[1], 16).bit_count() == 7


def test_it_ends_in_time_and_what_it_did_till_then_counts(job: Sandbox) -> None:
    done = act(job, "echo till then > then; echo begun; sleep 60", timeout=1)
    assert (done.exit_code, done.timed_out, done.output) == (137, True, b"begun\n")
    assert job.read(f"{PLACE}/then") == b"till then\n"


def meanwhile(job: Sandbox, script: str, patch: pytest.MonkeyPatch) -> None:
    """Have the job run a script between the copy to the action and the way back."""
    real = transfer.copy_in

    def copy_in(*given: object) -> object:
        copied = real(*given)  # type: ignore[arg-type]
        assert shell(job, script).ok
        return copied

    patch.setattr("regreen_sandbox.actioncontainer.copy_in", copy_in)


def test_a_link_of_the_job_is_not_followed_back(
    job: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell(job, f"mkdir -p {PLACE}/way; echo x > {PLACE}/way/x")
    meanwhile(job, f"cd {PLACE}; rm -r way; ln -s /etc way", monkeypatch)
    assert act(job, "echo evil > way/evil").ok
    assert not shell(job, "ls /etc/evil").ok
    assert job.read(f"{PLACE}/way/evil") == b"evil\n"


def test_a_link_in_place_of_the_folder_is_refused(
    job: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell(job, f"mkdir -p {PLACE}")
    meanwhile(job, f"mv {PLACE} {PLACE}.away; ln -s /etc {PLACE}", monkeypatch)
    with pytest.raises(SandboxError, match="no folder"):
        act(job, "echo evil > evil")
    assert not shell(job, "ls /etc/evil").ok
    assert shell(job, f"rm {PLACE}; mv {PLACE}.away {PLACE}").ok


def test_what_cannot_be_run_is_said(engine: Engine, job: Sandbox) -> None:
    with pytest.raises(EngineRefused, match="no such file"):
        run_container(job, ActionRun(job.image_id, entrypoint=("/no/such",)))
    with pytest.raises(ImageUnavailable):
        run_container(job, ActionRun("sha256:" + "0" * 64))
    with pytest.raises(SandboxError, match="environment"):
        run_container(job, ActionRun(job.image_id, env={"A=B": "c"}))


def test_it_is_gone_when_the_sandbox_is(
    engine: Engine, base_image: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = actioncontainer._removed

    def later(made: Any) -> None:
        time.sleep(0.5)
        real(made)

    monkeypatch.setattr(actioncontainer, "_removed", later)
    label = {"label": f"{OWNER}={Owner.current()}"}
    before = len(engine.client.api.containers(all=True, filters=label))
    with start(engine, base_image, limits=Limits(), owner=Owner.current()) as sandbox:
        assert act(sandbox, "true").ok
        with pytest.raises(EngineRefused):
            run_container(sandbox, ActionRun(sandbox.image_id, entrypoint=("/no/such",)))
    assert len(engine.client.api.containers(all=True, filters=label)) == before


def test_this_machines_authorities_are_known_in_it(
    job: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "own.pem").write_text("the authorities")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "own.pem"))
    monkeypatch.setattr("regreen_sandbox.actioncontainer.is_ours", lambda _: False)
    assert act(job, "cat $REQUESTS_CA_BUNDLE").output == b"the authorities"


def test_a_change_within_the_second_that_leaves_the_size_counts(job: Sandbox) -> None:
    shell(job, f"mkdir -p {PLACE}; echo one > {PLACE}/quick; touch -d 2020-01-01 {PLACE}/quick")
    assert act(job, "echo two > quick; touch -d 2020-01-01 quick").ok
    assert job.read(f"{PLACE}/quick") == b"two\n"


def test_a_folder_that_is_not_there_is_made(job: Sandbox) -> None:
    wanted = ActionRun(
        job.image_id,
        entrypoint=("/bin/sh", "-c", "echo x > $HOME/file; ls -ld $HOME"),
        env={"HOME": "/github/home"},
        folders=(Shared(f"{WORK}/_temp/_github_home", "/github/home"),),
    )
    assert run_container(job, wanted).ok
    assert job.read(f"{WORK}/_temp/_github_home/file") == b"x\n"
