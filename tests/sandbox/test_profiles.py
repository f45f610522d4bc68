"""What each profile can do, and what none of them can."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from regreen_sandbox import inside
from regreen_sandbox.container import ExecResult, Sandbox, start
from regreen_sandbox.engine import Engine
from regreen_sandbox.errors import EngineRefused, SandboxGone
from regreen_sandbox.labels import Owner
from regreen_sandbox.limits import Limits
from regreen_sandbox.profiles import SUDO_RECORD, Profile
from tests.sandbox.sandbox_support import Start, shell

pytestmark = pytest.mark.docker

# Bits of capabilities(7), from linux/capability.h.
_BITS = {
    "CHOWN": 0,
    "DAC_OVERRIDE": 1,
    "FOWNER": 3,
    "SETGID": 6,
    "SETUID": 7,
    "NET_BIND_SERVICE": 10,
    "AUDIT_WRITE": 29,
}
_STATUS = "grep -E '^(Uid|Gid|Groups|Cap|NoNewPrivs|Seccomp:)' /proc/self/status"


@pytest.fixture(scope="module", params=list(Profile))
def profiled(request: pytest.FixtureRequest, engine: Engine, base_image: str) -> Iterator[Sandbox]:
    profile: Profile = request.param
    with start(
        engine, base_image, limits=Limits(), owner=Owner.current(), profile=profile
    ) as sandbox:
        yield sandbox


@pytest.fixture
def run(profiled: Sandbox) -> Callable[[str], ExecResult]:
    return lambda script: profiled.run(["bash", "-c", script], env={}, cwd="/", timeout=20)


def status(output: bytes) -> dict[str, list[str]]:
    lines = output.decode().splitlines()
    return {name: rest.split() for name, _, rest in (line.partition(":") for line in lines)}


def test_a_profile_has_its_rights_and_no_more(
    profiled: Sandbox, run: Callable[[str], ExecResult]
) -> None:
    seen = status(run(_STATUS).output)
    rights = profiled.profile.rights
    mask = f"{sum(1 << _BITS[name] for name in rights.capabilities):016x}"
    assert seen["CapBnd"] == [mask]
    assert seen["CapAmb"] == ["0" * 16]
    assert seen["CapInh"] == ["0" * 16]
    assert seen["NoNewPrivs"] == ["1" if rights.no_new_privileges else "0"]
    assert seen["Seccomp"] == ["2"]
    uid = rights.owner if rights.uid is not None else int(seen["Uid"][0])
    assert seen["Uid"] == [str(uid)] * 4
    assert seen["CapEff"] == [mask if uid == 0 else "0" * 16]
    main = status(run("cat /proc/1/status").output)
    assert (main["CapBnd"], main["NoNewPrivs"]) == ([mask], seen["NoNewPrivs"])


@pytest.mark.parametrize(
    "attack",
    [
        "mount -t tmpfs none /mnt",
        "unshare --user true",
        "unshare --net true",
        "mknod /tmp/disk b 8 0",
        "chroot / true",
        "echo 1 > /proc/sys/kernel/core_pattern",
        "echo b > /proc/sysrq-trigger",
        "d=/sys/fs/cgroup; test -d $d/pids && d=$d/pids; mkdir $d/evil",
        "echo 1 > /sys/kernel/mm/ksm/run",
        "touch /sys/evil",
        "ls /sys/firmware | grep -q .",
        "head -c 1 /proc/kcore | grep -q .",
        "hostname evil",
        "dmesg",
        "date -s 2001-01-01",
        "nice -n -5 true 2>&1 | grep -q . && exit 1",
        "ls /var/run/docker.sock",
        "ls -d /dev/sd* /dev/vd* /dev/nvme* /dev/kvm /dev/fuse /dev/mem /dev/kmsg",
    ],
)
def test_no_profile_reaches_out_of_its_container(
    run: Callable[[str], ExecResult], attack: str
) -> None:
    result = run(attack)
    assert result.exit_code not in (0, 127), result.output.decode()


# Numbers of x86-64, which is what the tests run on; see asm/unistd_64.h.
@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("keyctl", "250, 0, 0"),
        ("perf_event_open", "298, 0, 0, -1, -1, 0"),
        ("bpf", "321, 0, 0, 0"),
        ("userfaultfd", "323, 0"),
    ],
)
def test_the_engines_filter_of_system_calls_stands(profiled: Sandbox, name: str, call: str) -> None:
    script = (
        "import ctypes; c = ctypes.CDLL(None, use_errno=True); "
        f"print(c.syscall({call}), ctypes.get_errno())"
    )
    result = profiled.run(["python3", "-c", script], env={}, cwd="/", timeout=20)
    assert result.output == b"-1 1\n", name


def test_only_folders_of_its_own_can_be_written_by_the_runner(
    profiled: Sandbox, run: Callable[[str], ExecResult]
) -> None:
    assert run("touch /etc/mine").ok is (run("id -u").output == b"0\n")


def test_files_belong_to_the_profiles_user(profiled: Sandbox) -> None:
    owner = str(profiled.profile.rights.owner)
    profiled.write("/tmp/given", b"x")
    profiled.make_folders("/tmp/made/deep")
    seen = profiled.run(
        ["stat", "-c", "%u:%g", "/tmp/given", "/tmp/made/deep"], env={}, cwd="/", timeout=9
    ).output.decode()
    if profiled.profile is not Profile.SERVICE:
        assert seen.split() == [f"{owner}:{owner}"] * 2


def test_ipc_and_hostname_are_private(profiled: Sandbox, run: Callable[[str], ExecResult]) -> None:
    assert run("hostname").output == b"regreen\n"
    mounts = run("cat /proc/mounts").output.decode().splitlines()
    places = {line.split()[1]: line.split() for line in mounts}
    assert places["/dev/shm"][0] == "shm"
    assert "ro" in places["/sys"][3].split(",")
    assert {place for place, words in places.items() if words[0].startswith("/")} == {
        "/etc/resolv.conf",
        "/etc/hostname",
        "/etc/hosts",
    }


def test_sudo_gives_root_under_its_profile_only(start_sandbox: Start) -> None:
    """The stand-in hands on to the real program, which is tried by itself, too."""
    script = "sudo -n id -u; /usr/lib/regreen/sudo -n id -u"
    allowed = shell(start_sandbox(profile=Profile.SUDO), script)
    assert allowed.output.split() == [b"0", b"0"]
    sandbox = start_sandbox()
    refused = shell(sandbox, script)
    assert b"0" not in refused.output.split()
    assert sandbox.needs_sudo()


def test_a_process_of_another_user_ends_at_the_time_out(start_sandbox: Start) -> None:
    sandbox = start_sandbox(profile=Profile.ROOT)
    script = "import os; os.setgid(1001); os.setuid(1001); os.execvp('sleep', ['sleep', '4321'])"
    result = shell(sandbox, f'python3 -c "{script}" & sleep 60', timeout=1)
    assert result.timed_out
    with pytest.raises(SandboxGone):
        shell(sandbox, "true")


def test_what_asked_for_sudo_is_known(start_sandbox: Start) -> None:
    sandbox = start_sandbox()
    assert not sandbox.needs_sudo()
    assert shell(sandbox, f"echo apt-get install x >> {SUDO_RECORD}").ok
    assert sandbox.needs_sudo()


@pytest.mark.parametrize("left", ["sleep 60 &", "setsid nohup sleep 60 > /dev/null 2>&1 &"])
def test_what_a_command_left_running_is_counted(start_sandbox: Start, left: str) -> None:
    sandbox = start_sandbox()
    assert sandbox.processes() == 0
    shell(sandbox, left)
    assert sandbox.processes() == 1
    shell(sandbox, "kill -9 -1")
    assert sandbox.processes() == 0


def test_processes_are_counted_inside_where_the_engine_cannot_see_them(
    start_sandbox: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inside, "_alive", lambda *_: None)
    sandbox = start_sandbox()
    assert sandbox.processes() == 0
    naming = "import ctypes, time; ctypes.CDLL(None).prctl(15, b') Z\\n'); time.sleep(60)"
    shell(sandbox, f'python3 -c "{naming}" & sleep 0.5')
    assert sandbox.processes() == 1


def test_a_snapshot_starts_with_other_rights_when_asked(start_sandbox: Start) -> None:
    first = start_sandbox()
    with (
        first.snapshot() as snapshot,
        snapshot.start() as same,
        snapshot.start(profile=Profile.ROOT) as other,
    ):
        assert shell(same, "id -u").output == b"1001\n"
        assert shell(other, "id -u").output == b"0\n"


def test_an_unknown_runtime_is_said_with_those_there_are(engine: Engine, base_image: str) -> None:
    with pytest.raises(EngineRefused, match=r"no runtime 'nosuch'; it has .*runc") as refused:
        start(engine, base_image, limits=Limits(), owner=Owner.current(), runtime="nosuch")
    assert "sandbox.runtime" in refused.value.next_step
    left = engine.client.api.containers(all=True, filters={"label": "regreen.owner"})
    own = str(Owner.current())
    assert not [c for c in left if c["Labels"]["regreen.owner"] == own and c["State"] == "created"]


def test_the_engines_own_runtime_can_be_named(engine: Engine, base_image: str) -> None:
    with start(
        engine, base_image, limits=Limits(), owner=Owner.current(), runtime="runc"
    ) as sandbox:
        assert shell(sandbox, "true").ok
