"""Services beside a job's sandbox: reached where GitHub has them, watched, and gone at the end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from regreen_sandbox.container import Sandbox, start
from regreen_sandbox.engine import Engine, sweep
from regreen_sandbox.errors import ImageUnavailable
from regreen_sandbox.images import ImageSettings
from regreen_sandbox.labels import OWNER, Owner
from regreen_sandbox.limits import Limits
from regreen_sandbox.profiles import Profile
from regreen_sandbox.services import (
    DeadService,
    ServiceFailed,
    ServicePlan,
    Services,
    plan_service,
    start_services,
)

pytestmark = pytest.mark.docker

SERVER = """\
import os, pathlib, socket, sys
listener = socket.create_server(("0.0.0.0", int(sys.argv[1])))
print("serving", os.environ.get("GREETING"), flush=True)
while True:
    client, _ = listener.accept()
    asked = client.recv(100)
    if asked == b"end":
        sys.exit(7)
    client.sendall(os.environ.get("GREETING", "hello").encode() + b" " + asked)
    client.close()
"""
ASK = """\
import socket, sys
with socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=5) as s:
    s.sendall(sys.argv[3].encode())
    print(s.recv(100).decode())
"""


def server(image: str, name: str = "db", port: int = 5432, **more: Any) -> ServicePlan:
    """A server that is healthy once it answers, if it is asked before the first minute is over."""
    code = f"import socket; socket.create_connection(('127.0.0.1', {port})).close()"
    options = f'--health-cmd "echo \\"{code}\\" | python3" --health-interval 60s'
    options += f" {more.pop('options', '')}"
    command = ("python3", "-c", SERVER, str(port))
    return planned(name, image, command=command, options=options, **more)


def planned(name: str, image: str, **more: Any) -> ServicePlan:
    plan = plan_service(name, image, **more)
    assert isinstance(plan, ServicePlan)
    return plan


def ended(services: Services) -> DeadService:
    until = time.monotonic() + 30
    while not (dead := services.dead()):
        assert time.monotonic() < until
        time.sleep(0.05)
    return dead[0]


@pytest.fixture(scope="module")
def job(engine: Engine, base_image: str) -> Iterator[Sandbox]:
    with start(engine, base_image, limits=Limits(), owner=Owner.current()) as sandbox:
        yield sandbox


def begin(job: Sandbox, image: str, *plans: ServicePlan, by_name: bool = False) -> Services:
    return start_services(
        job,
        plans,
        settings=ImageSettings(),
        carrier_image=image,
        report=print,
        by_name=by_name,
        seconds=30,
    )


def ask(job: Sandbox, host: str, port: int | str, word: str = "x") -> str:
    done = job.run(["python3", "-c", ASK, host, str(port), word], env={}, cwd="/", timeout=20)
    return done.output.decode().strip().rpartition("\n")[2]


def ours(engine: Engine) -> set[str]:
    """Everything that this very process has in the engine."""
    label = {"label": f"{OWNER}={Owner.current()}"}
    with engine.guard():
        containers = engine.client.api.containers(all=True, filters=label)
        volumes = engine.client.api.volumes(filters=label)["Volumes"] or []
    return {c["Id"] for c in containers} | {v["Name"] for v in volumes}


def test_ports_are_at_localhost_and_all_is_removed(
    engine: Engine, base_image: str, job: Sandbox
) -> None:
    before = ours(engine)
    db = server(base_image, ports=("5432:5432",), env={"GREETING": "db"}, volumes=("d:/d", "/e"))
    web = server(base_image, "web", 80, ports=("8080:80/tcp", "80"), env={"GREETING": "web"})
    with begin(job, base_image, db, web) as services:
        assert ask(job, "localhost", 5432) == "db x"
        assert ask(job, "127.0.0.1", 8080) == "web x"
        contexts = services.contexts
        assert contexts["db"].ports == {"5432": "5432"}
        assert ask(job, "localhost", contexts["web"].ports["80"]) == "web x"
        assert services.dead() == ()
        assert services.logs()["db"] == b"serving db\n"
        assert "gaierror" in ask(job, "db", 5432)  # as on a hosted runner
        assert len(ours(engine)) >= len(before) + 4
    assert ours(engine) == before
    assert services.logs()["web"] == b"serving web\n"


def test_services_know_each_other_by_name(engine: Engine, base_image: str, job: Sandbox) -> None:
    one = server(base_image, "one", 4001, options="--network-alias uno")
    two = planned("two", base_image, command=("python3", "-c", ASK, "uno", "4001", "hi"))
    with begin(job, base_image, one, two) as services:
        ended(services)
        assert services.logs()["two"] == b"hello hi\n"


def test_a_container_job_finds_them_by_name(engine: Engine, base_image: str) -> None:
    with (
        start(
            engine, base_image, limits=Limits(), owner=Owner.current(), profile=Profile.ROOT
        ) as job,
        begin(job, base_image, server(base_image), by_name=True) as services,
    ):
        assert ask(job, "db", 5432) == "hello x"
        assert services.contexts["db"].ports == {}


@pytest.mark.parametrize("by_name", [False, True])
def test_the_same_port_twice(engine: Engine, base_image: str, job: Sandbox, by_name: bool) -> None:
    one = server(base_image, "one", 7000, ports=("7000:7000",), env={"GREETING": "one"})
    two = server(base_image, "two", 7000, ports=("7001:7000",), env={"GREETING": "two"})
    before = ours(engine)
    with begin(job, base_image, one, two, by_name=by_name):
        if by_name:
            assert (ask(job, "one", 7000), ask(job, "two", 7000)) == ("one x", "two x")
        else:
            assert (ask(job, "localhost", 7000), ask(job, "localhost", 7001)) == ("one x", "two x")
    assert ours(engine) == before


def test_a_service_that_ends_is_told(engine: Engine, base_image: str, job: Sandbox) -> None:
    with begin(job, base_image, server(base_image, port=5001)) as services:
        ask(job, "localhost", 5001, "end")
        dead = ended(services)
        assert (dead.name, dead.exit_code, dead.why) == ("db", 7, "it ended with exit code 7")
        assert dead.log.startswith(b"serving")


@pytest.mark.parametrize(
    ("command", "interval", "words"),
    [
        ("sleep 1; echo no; exit 3", "60s", "ended with exit code 3 before it was healthy"),
        ("echo no; sleep 60", "1s", "is unhealthy"),
    ],
)
def test_an_unhealthy_service_fails_with_its_log(
    engine: Engine, base_image: str, job: Sandbox, command: str, interval: str, words: str
) -> None:
    before = ours(engine)
    options = f"--health-cmd false --health-interval {interval} --health-retries 1"
    plan = planned("db", base_image, command=("sh", "-c", command), options=options)
    with pytest.raises(ServiceFailed, match=words) as failed:
        begin(job, base_image, plan)
    assert failed.value.log == b"no\n"
    assert ours(engine) == before


def test_what_cannot_be_started_is_named(engine: Engine, base_image: str, job: Sandbox) -> None:
    before = ours(engine)
    missing = planned("db", base_image, entrypoint=("/no/such",))
    for plan in (
        missing,
        planned("db", base_image, options="--memory 1"),
        planned("db", base_image, options="--user nobody-here"),
        planned("db", base_image, volumes=("/",)),
    ):
        with pytest.raises(ServiceFailed, match="the service db cannot be started"):
            begin(job, base_image, plan)
    twice = [server(base_image, n, ports=(f"90:{p}",)) for n, p in (("a", 1), ("b", 2))]
    with pytest.raises(ServiceFailed, match="port 90 is already allocated"):
        begin(job, base_image, *twice)
    with pytest.raises(ImageUnavailable):
        begin(job, base_image, replace(missing, image="127.0.0.1:1/no/image"))
    assert ours(engine) == before


def test_options_narrow_and_never_widen(engine: Engine, base_image: str, job: Sandbox) -> None:
    options = (
        "--user 0 --workdir /tmp --shm-size 8m --memory 64m --ulimit nofile=100:200 --init"
        " --tmpfs /scratch --hostname h -e A=b --cap-drop ALL --read-only"
    )
    script = (
        "id -u; pwd; df -m /dev/shm | tail -1; ulimit -n; grep CapBnd /proc/self/status;"
        " echo $A $HOSTNAME; touch /scratch/x /y; cat /sys/fs/cgroup/memory.max"
        " /sys/fs/cgroup/memory/memory.limit_in_bytes 2> /dev/null"
    )
    plan = planned("db", base_image, command=("sh", "-c", script), options=options)
    with begin(job, base_image, plan) as services:
        ended(services)
        log = services.logs()["db"].decode()
    for words in (
        "0\n/tmp\n",
        " 8 ",
        "\n100\n",
        "CapBnd:\t0000000000000000\n",
        "\nb h\n",
        "67108864",
    ):
        assert words in log
    assert "cannot touch '/y'" in log
    assert "/scratch" not in log


KILLED = """\
import os, sys, time
from regreen_sandbox.container import start
from regreen_sandbox.engine import connect
from regreen_sandbox.images import ImageSettings
from regreen_sandbox.labels import Owner
from regreen_sandbox.limits import Limits
from regreen_sandbox.services import plan_service, start_services
image = sys.argv[1]
engine = connect()
job = start(engine, image, limits=Limits(), owner=Owner.current())
plan = plan_service("db", image, command=("sleep", "600"), ports=("81:80",), volumes=("d:/d",))
services = start_services(job, (plan,), settings=ImageSettings(), carrier_image=image,
                          report=print, by_name=False)
print(Owner.current(), flush=True)
time.sleep(600)
"""


def test_a_killed_owner_leaves_nothing(engine: Engine, base_image: str) -> None:
    path = os.pathsep.join(sys.path)
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, base_image],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": path},
        text=True,
    ) as process:
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(line.strip())
            if "/" in line and line[0].isdigit():
                break
        process.send_signal(signal.SIGKILL)
        process.wait()
    label = {"label": f"{OWNER}={lines[-1]}"}
    with engine.guard():
        assert len(engine.client.api.containers(all=True, filters=label)) == 3
        assert len(engine.client.api.volumes(filters=label)["Volumes"]) == 1
    sweep(engine)
    with engine.guard():
        assert engine.client.api.containers(all=True, filters=label) == []
        assert not engine.client.api.volumes(filters=label)["Volumes"]


def test_a_service_over_its_disk_is_ended(engine: Engine, base_image: str) -> None:
    limits = replace(Limits(), disk_bytes=40 << 20)
    script = "while :; do head -c 30000000 /dev/zero > /tmp/a$((n += 1)); sleep 0.2; done"
    plan = planned("db", base_image, command=("sh", "-c", script))
    with (
        start(engine, base_image, limits=limits, owner=Owner.current()) as job,
        begin(job, base_image, plan) as services,
    ):
        assert "may write 40 MiB" in ended(services).why
