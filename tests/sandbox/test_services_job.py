"""A workflow's ``container:``: what it asks for besides its image."""

from __future__ import annotations

from pathlib import Path

import pytest

from regreen_sandbox import starting
from regreen_sandbox.authorities import PLACE
from regreen_sandbox.container import Sandbox, start
from regreen_sandbox.engine import Engine
from regreen_sandbox.errors import EngineRefused
from regreen_sandbox.imagefacts import NOTHING
from regreen_sandbox.jobcontainer import JobContainer, plan_job_container
from regreen_sandbox.labels import OWNER, Owner
from regreen_sandbox.limits import Limits
from regreen_sandbox.profiles import Profile

pytestmark = pytest.mark.docker


def begin(engine: Engine, image: str, **asked: object) -> Sandbox:
    plan = plan_job_container(**asked)  # type: ignore[arg-type]
    assert isinstance(plan, JobContainer)
    return start(
        engine,
        image,
        limits=Limits(),
        owner=Owner.current(),
        profile=Profile.ROOT,
        job_container=plan,
    )


def sh(sandbox: Sandbox, script: str) -> str:
    done = sandbox.run(["/bin/sh", "-c", script], env={}, cwd="/", timeout=20)
    return done.output.decode().strip()


@pytest.fixture(params=["ours", "bare"])
def image(request: pytest.FixtureRequest, base_image: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The base image, as it is and as one of which nothing is known but its shell."""
    if request.param == "bare":
        monkeypatch.setattr(starting, "known", lambda _: NOTHING)
    return base_image


def test_env_options_and_volumes(engine: Engine, image: str) -> None:
    options = "--shm-size 8m --hostname box -e C=d --entrypoint /no/such --ulimit nofile=99"
    volumes = ("data:/data", "/deep/er", "/usr/local")
    with begin(engine, image, env={"A": "b c"}, volumes=volumes, options=options) as job:
        assert sh(job, "echo $A $C; hostname; ulimit -n; id -u") == "b c d\nbox\n99\n0"
        assert " 8M " in sh(job, "df -h /dev/shm | tail -1").replace("8.0M", "8M")
        assert sh(job, "cd /data && echo kept > x; [ -d /deep/er ] && ls /usr/local/bin/sudo; :")
        for folder in ("/__w/r/r", "/__w/_temp", "/__t", "/github/home", "/github/workflow"):
            job.make_folders(folder)
            job.write(f"{folder}/file", b"x")
        assert sh(job, "cat /__w/r/r/file /github/home/file") == "xx"
        with job.snapshot() as snapshot, snapshot.start() as again:
            assert sh(again, "cat /data/x; echo $A") == "kept\nb c"


@pytest.mark.parametrize("user", ["runner", "1001", "1001:1001"])
def test_another_user(engine: Engine, image: str, user: str) -> None:
    with begin(engine, image, options=f"--user {user}") as job:
        assert sh(job, "id -u") == "1001"
        job.write("/tmp/file", b"x")
        assert sh(job, "[ -O /tmp/file ] && echo mine") == "mine"
        done = job.run(["id", "-u"], env={}, cwd="/", timeout=20, user="0:0")
        assert done.output == b"0\n"


def test_a_user_that_the_image_lacks(engine: Engine, base_image: str) -> None:
    with pytest.raises(EngineRefused, match="no user 'nobody-of-that-name'"):
        begin(engine, base_image, options="--user nobody-of-that-name")
    label = {"label": f"{OWNER}={Owner.current()}"}
    assert engine.client.api.containers(all=True, filters=label) == []


def test_this_machines_authorities_are_known_in_a_strange_image(
    engine: Engine, base_image: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "own.pem").write_text("the authorities")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "own.pem"))
    with begin(engine, base_image) as ours:
        assert ours.read(PLACE) is None
    monkeypatch.setattr(starting, "is_ours", lambda _: False)
    with begin(engine, base_image) as job:
        script = "cat $SSL_CERT_FILE; echo; echo $NODE_EXTRA_CA_CERTS; stat -c %a%u $PIP_CERT"
        assert sh(job, script) == f"the authorities\n{PLACE}\n6440"
