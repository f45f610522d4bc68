"""What workflows write of containers and services, read: options, ports, volumes, who listens."""

from __future__ import annotations

import pytest

from regreen_sandbox.containeroptions import CreateOptions, Health, Refused, parse_options
from regreen_sandbox.jobcontainer import JobContainer, Volume, plan_job_container
from regreen_sandbox.services import ServicePlan, plan_service
from regreen_sandbox.services.arranging import Arrangement, Door, arrange
from regreen_sandbox.services.plan import Port


def test_what_services_in_the_wild_ask_for() -> None:
    text = """
      --health-cmd "pg_isready -U \\"me\\"" --health-interval=1m30s
      --health-timeout 500ms --health-retries 5 --health-start-period 0
      -e A=b=c -eD=e -e HOST --init -u 1001:1 -w=/w --shm-size=1.5gb --memory 512M --cpus .5
      --tmpfs /t:size=1m --tmpfs /u --ulimit nofile=1:2 --ulimit memlock=-1 --name x -it
      --cap-drop cap_kill --cap-add SETUID --network-alias other --stop-signal SIGINT
    """
    assert parse_options(text) == CreateOptions(
        env={"A": "b=c", "D": "e"},
        user="1001:1",
        workdir="/w",
        shm_bytes=3 << 29,
        memory_bytes=512 << 20,
        cpus=0.5,
        tmpfs={"/t": "size=1m", "/u": ""},
        ulimits={"nofile": (1, 2), "memlock": (-1, -1)},
        dropped=frozenset({"KILL"}),
        aliases=("other",),
        stop_signal="SIGINT",
        init=True,
        health=Health('pg_isready -U "me"', 90.0, 0.5, 0.0, 5),
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("--privileged", "--privileged would reach this machine"),
        ("--cap-add=SYS_ADMIN", "--cap-add SYS_ADMIN"),
        ("--device /dev/fuse", "--device would reach"),
        ("--pid=host", "--pid would reach"),
        ("--ipc host", "--ipc would reach"),
        ("--net host", "--network is not to be had"),
        ("--security-opt seccomp=unconfined", "--security-opt would"),
        ("--mount type=bind,src=/,dst=/h", "--mount is not"),
        ("--frobnicate 3", "--frobnicate is none that regreen knows"),
        ("-x 1", "--x is none"),
        ("--health-cmd 'redis-cli ping'", 'takes "ping\'" for the name of an image'),
        ("--health-cmd", "--health-cmd needs a value"),
        ("--health-interval 10", "'10' is no duration"),
        ("--health-retries many", "no whole number"),
        ("--memory lots", "'lots' is no size"),
        ("--cpus many", "no number"),
        ("--init=perhaps", "neither true nor false"),
        ("--ulimit nofile", "name=soft:hard"),
    ],
)
def test_what_no_sandbox_gets_is_named(text: str, words: str) -> None:
    refused = parse_options(text)
    assert isinstance(refused, Refused)
    assert words in refused.what


def test_a_job_containers_volumes_are_folders() -> None:
    plan = plan_job_container(
        env={"A": "b"}, volumes=("data:/data", "/cache/"), options="-v x:/x:ro -p 80:80"
    )
    assert isinstance(plan, JobContainer)
    assert (plan.folders, plan.env) == (("/data", "/cache", "/x"), {"A": "b"})


@pytest.mark.parametrize(
    "volume", ["/var/run/docker.sock:/var/run/docker.sock", "./x:/y", "a:/b:/c", "data", "~/x:/y"]
)
def test_no_folder_of_this_machine_is_mounted(volume: str) -> None:
    assert isinstance(plan_job_container(volumes=(volume,)), Refused)
    assert isinstance(plan_service("db", "i", volumes=(volume,)), Refused)
    assert isinstance(plan_service("db", "i", options=f"-v {volume}"), Refused)


@pytest.mark.parametrize(
    ("written", "ports"),
    [
        ("80", (Port(80),)),
        ("8080:80", (Port(80, 8080),)),
        ("5432:5432/tcp", (Port(5432, 5432),)),
        ("127.0.0.1:53:53/udp", (Port(53, 53, "udp"),)),
        ("[::1]:1:2", (Port(2, 1),)),
        ("127.0.0.1::80", (Port(80),)),
        ("1-2:3-4", (Port(3, 1), Port(4, 2))),
        ("7000-7001", (Port(7000), Port(7001))),
    ],
)
def test_ports(written: str, ports: tuple[Port, ...]) -> None:
    plan = plan_service("s", "i", ports=(written, written))
    assert isinstance(plan, ServicePlan)
    assert plan.ports == ports


@pytest.mark.parametrize("port", ["", "a", "80:", "0", "70000", "1:70000", "1-3:1-2", "53:54/udp"])
def test_ports_that_are_none(port: str) -> None:
    assert isinstance(plan_service("s", "i", ports=(port,)), Refused)


def plans(**ports: tuple[str, ...]) -> tuple[ServicePlan, ...]:
    found = [plan_service(name, "i", ports=written) for name, written in ports.items()]
    assert all(isinstance(plan, ServicePlan) for plan in found)
    return tuple(plan for plan in found if isinstance(plan, ServicePlan))


def test_a_port_that_is_the_same_outside_needs_no_door() -> None:
    found = arrange(plans(db=("5432:5432",)), {}, by_name=False)
    assert found == Arrangement({"db": {"5432": "5432"}}, (), frozenset(), {"db": "127.0.0.1"})


def test_free_ports_are_like_dockers_and_never_taken() -> None:
    found = arrange(plans(a=("80", "32768:1"), b=("81",)), {}, by_name=False)
    assert found.published == {"a": {"80": "32769", "1": "32768"}, "b": {"81": "32770"}}
    assert Door("127.0.0.1", 32770, "b", 81) in found.doors


def test_services_at_the_same_port_live_apart() -> None:
    found = arrange(plans(a=("1:80",), b=("2:80",), c=("3:3",)), {}, by_name=False)
    assert found.apart == {"a", "b"}
    assert found.doors == (Door("127.0.0.1", 1, "a", 80), Door("127.0.0.1", 2, "b", 80))


def test_an_images_own_ports_count() -> None:
    exposed = {"a": frozenset({80}), "b": frozenset({80, 81}), "c": frozenset({9})}
    found = arrange(plans(a=(), b=(), c=()), exposed, by_name=True)
    assert found.apart == {"a", "b"}
    assert {door.address: door.inside for door in found.doors if door.name == "a"} == {
        "127.0.0.2": 80
    }
    assert found.addresses == {"a": "127.0.0.2", "b": "127.0.0.3", "c": "127.0.0.1"}


def test_a_door_is_not_where_a_service_listens() -> None:
    found = arrange(plans(a=("8080:80",), b=("80:8080",)), {}, by_name=False)
    assert found.apart == {"a", "b"}


@pytest.mark.parametrize("ports", [{"a": ("1:2",), "b": ("1:3",)}, {"a": ("1:2", "1:3")}])
def test_an_outer_port_asked_for_twice(ports: dict[str, tuple[str, ...]]) -> None:
    assert "port 1 is already allocated" in arrange(plans(**ports), {}, by_name=False).problem


def test_volumes_keep_their_names() -> None:
    plan = plan_service("s", "i", volumes=("d:/d:ro,z", "/e"))
    assert isinstance(plan, ServicePlan)
    assert plan.volumes == (Volume("d", "/d", read_only=True), Volume("", "/e"))
