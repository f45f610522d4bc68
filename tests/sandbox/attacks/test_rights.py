"""What a job must not be able to do in its container, with the most rights that it can have."""

from __future__ import annotations

from pathlib import Path

import pytest

from regreen_sandbox.profiles import Profile
from tests.sandbox.attacks.attack_support import Attacker

pytestmark = pytest.mark.docker

NOTHING = "0" * 16
_CALL = (
    "python3 -c 'import ctypes, sys; c = ctypes.CDLL(None, use_errno=True); "
    "sys.exit(c.syscall({}) == -1 and ctypes.get_errno() in (1, 38))'"
)
# By number on x86-64 (asm/unistd_64.h), refused before the kernel looks at the arguments.
CALLS = {
    "add_key": "248, 0, 0, 0, 0, 0",
    "request_key": "249, 0, 0, 0, 0",
    "keyctl": "250, 0, 0",
    "init_module": "175, 0, 0, 0",
    "finit_module": "313, -1, 0, 0",
    "delete_module": "176, 0, 0",
    "kexec_load": "246, 0, 0, 0, 0",
    "bpf": "321, 0, 0, 0",
    "perf_event_open": "298, 0, 0, -1, -1, 0",
    "userfaultfd": "323, 0",
    "io_uring_setup": "425, 8, 0",
    "process_vm_readv": "310, 1, 0, 0, 0, 0, 0",
    "open_by_handle_at": "304, 0, 0, 0",
    "mount": "165, 0, 0, 0, 0, 0",
    "umount2": "166, 0, 0",
    "pivot_root": "155, 0, 0",
    "fsopen": "430, 0, 0",
    "open_tree": "428, 0, 0, 0",
    "move_mount": "429, 0, 0, 0, 0, 0",
    "setns": "308, -1, 0",
    "quotactl": "179, 0, 0, 0, 0",
    "swapon": "167, 0, 0",
    "reboot": "169, 0, 0, 0, 0",
    "settimeofday": "164, 0, 0",
    "iopl": "172, 3",
    "acct": "163, 0",
}
# Each must fail, whoever tries it.
ATTACKS = {
    "mount tmpfs": "mount -t tmpfs none /mnt",
    "mount proc": "mount -t proc none /mnt",
    "bind": "mount --bind / /mnt",
    "remount sys": "mount -o remount,rw /sys",
    "remount proc/sys": "mount -o remount,rw /proc/sys",
    "unmount masks": "umount /sys/firmware",
    "new user namespace": "unshare --user true",
    "new mount namespace": "unshare --mount true",
    "new network namespace": "unshare --net true",
    "new cgroup namespace": "unshare --cgroup true",
    "the main process's namespaces": "nsenter --target 1 --mount true",
    "block device": "mknod /tmp/disk b 8 0",
    "character device": "mknod /tmp/mem c 1 1",
    "chroot": "chroot / true",
    "core_pattern": "echo '|/tmp/x' > /proc/sys/kernel/core_pattern",
    "modprobe": "echo /tmp/x > /proc/sys/kernel/modprobe",
    "ip_forward": "echo 1 > /proc/sys/net/ipv4/ip_forward",
    "sysrq": "echo b > /proc/sysrq-trigger",
    "uevent_helper": "echo /tmp/x > /sys/kernel/uevent_helper",
    "ksm": "echo 1 > /sys/kernel/mm/ksm/run",
    "release_agent": (
        "for f in $(find /sys/fs/cgroup -name release_agent -o -name devices.allow); "
        "do echo /tmp/x > $f && exit 0; done; exit 1"
    ),
    "cgroup of its own": "d=/sys/fs/cgroup; test -d $d/pids && d=$d/pids; mkdir $d/evil",
    "more memory": "echo -1 > $(find /sys/fs/cgroup -name memory.limit_in_bytes -o "
    "-name memory.max | head -1)",
    "out of the cgroup": "test \"$(tail -1 /proc/1/cgroup | grep -o '/$')\" != /",
    "firmware": "ls /sys/firmware | grep -q .",
    "kcore": "head -c 1 /proc/kcore | grep -q .",
    "keys": "grep -q . /proc/keys",
    "dmesg": "dmesg",
    "kernel addresses": "grep -qv ^0000000000000000 /proc/kallsyms",
    "host's memory": "ls /dev/mem /dev/kmem /dev/kmsg /dev/port",
    "host's disks": "ls -d /dev/sd* /dev/vd* /dev/nvme* /dev/dm-* /dev/loop*",
    "other devices": "ls -d /dev/kvm /dev/fuse /dev/net/tun /dev/vhost* /dev/vsock /dev/dri",
    "hostname": "hostname evil",
    "clock": "date -s 2001-01-01",
    "priority": "! nice -n -5 true 2>&1 | grep -q .",
    "raw sockets": "python3 -c 'import socket; socket.socket(2, socket.SOCK_RAW, 1)'",
    "packet sockets": "python3 -c 'import socket; socket.socket(17, socket.SOCK_RAW)'",
    "routes": "ip route add unreachable 198.51.100.0/24",
    "interfaces": "ip link add evil type dummy",
    "packet filter": "/usr/sbin/iptables-nft -F OUTPUT",
    "more open files": "ulimit -Hn 2000000",
    "core dumps": "ulimit -Hc unlimited",
    "larger files": "ulimit -Hf unlimited",
    "docker's socket": "ls /var/run/docker.sock || ls /run/docker.sock",
    "docker's sockets anywhere": "find / -xdev -type s 2>/dev/null | grep -q .",
    "main process ends by SIGKILL": "kill -9 1 && sleep 0.2 && ! test -e /proc/1/status",
    "sched": "chrt --fifo 10 true",
}
# The plain user may not do these either.
RUNNER = {
    "setuid": "python3 -c 'import os; os.setuid(0)'",
    "setgroups": "python3 -c 'import os; os.setgroups([0])'",
    "passwd": "touch /etc/passwd",
    "programs": "touch /usr/bin/evil || touch /usr/bin/python3",
    "shadow": "cat /etc/shadow",
    "hosts": "echo 127.0.0.1 example.org >> /etc/hosts",
    "resolv.conf": "echo nameserver 127.0.0.1 >> /etc/resolv.conf",
    "the index's folder": "ls /run/regreen",
    "sudo set aside": "/usr/lib/regreen/sudo -n true",
    "su": "test \"$(/usr/bin/su -c 'id -u' root < /dev/null)\" = 0",
}
_CALLS = {f"call {name}": _CALL.format(words) for name, words in CALLS.items()}


@pytest.fixture(scope="module")
def outcomes(attacker: Attacker) -> dict[str, tuple[int, str]]:
    more = RUNNER if attacker.sandbox.profile is Profile.RUNNER else {}
    return attacker.all(ATTACKS | _CALLS | more)


@pytest.mark.parametrize("attack", [*ATTACKS, *_CALLS, *RUNNER])
def test_it_fails(attacker: Attacker, outcomes: dict[str, tuple[int, str]], attack: str) -> None:
    if attack not in outcomes:
        assert attacker.sandbox.profile is not Profile.RUNNER
        return
    code, said = outcomes[attack]
    assert code not in (0, 124, 127), said


def test_the_attackers_are_who_they_should_be(attacker: Attacker) -> None:
    own = attacker("id -u").output.split()[-1]
    assert own == (b"1001" if attacker.sandbox.profile is Profile.RUNNER else b"0")


@pytest.mark.parametrize("process", ["self", "1"])
def test_no_right_beyond_the_profile_s(attacker: Attacker, process: str) -> None:
    lines = attacker(f"cat /proc/{process}/status").output.decode().splitlines()
    status = {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}
    rights = attacker.sandbox.profile.rights
    assert status["Seccomp"] == "2"
    assert status["NoNewPrivs"] == ("1" if rights.no_new_privileges else "0")
    assert (status["CapBnd"] == NOTHING) is not bool(rights.capabilities)
    # Of capabilities(7): the module, raw device, ptrace, admin, boot, network and device ones.
    for number in (12, 13, 16, 17, 19, 21, 22, 27, 38, 39):
        assert not int(status["CapBnd"], 16) >> number & 1, number
    if attacker.sandbox.profile is Profile.RUNNER:
        assert {status[f"Cap{kind}"] for kind in ("Inh", "Prm", "Eff", "Bnd", "Amb")} == {NOTHING}
        assert status["Uid"].split() == status["Gid"].split() == ["1001"] * 4


# Where anybody may write: the layer, memory that counts as the job's, and, for root, the engine's
# three files, which count as its disk.
_WRITABLE = {"/dev/mqueue", "/dev/shm", "/proc/keys", "/proc/timer_list"}
_ROOT_S = {"/", "/dev", "/sys/fs/cgroup", "/etc/hosts", "/etc/hostname", "/etc/resolv.conf"}


def test_no_other_mount_can_be_written(attacker: Attacker) -> None:
    script = (
        "for m in $(awk '{print $2}' /proc/mounts); do t=$m; [ -d $m ] && t=${m%/}/.written; "
        "(: >> $t) 2> /dev/null && echo $m; [ -d $m ] && rm -f $t; done; true"
    )
    found = set(attacker(script).output.decode().split())
    assert found <= (
        _WRITABLE if attacker.sandbox.profile is Profile.RUNNER else _WRITABLE | _ROOT_S
    )


def test_nothing_of_the_host_is_mounted_but_the_engine_s_three_files(attacker: Attacker) -> None:
    mounts = [line.split() for line in attacker("cat /proc/mounts").output.decode().splitlines()]
    of_disks = {place for device, place, *_ in mounts if device.startswith("/")}
    assert of_disks == {"/etc/resolv.conf", "/etc/hostname", "/etc/hosts"}


def test_the_host_s_files_are_not_seen(attacker: Attacker, tmp_path: Path) -> None:
    secret = tmp_path / "of-the-host"
    secret.write_text("secret")
    ways = (
        str(secret),
        f"/proc/1/root{secret}",
        f"/proc/self/root{secret}",
        f"/proc/1/cwd/../../../..{secret}",
        f"/run/regreen/../../../..{secret}",
    )
    for way in ways:
        assert not attacker(f"cat {way}").ok, way
    assert not attacker("find / -xdev -name of-the-host 2> /dev/null | grep -q .").ok


def test_the_main_process_holds_nothing_of_worth(attacker: Attacker) -> None:
    """It is the job's own user's, who may trace it."""
    seen = attacker("ls -l /proc/1/fd").output.decode()
    targets = [line.rpartition(" -> ")[2] for line in seen.splitlines() if " -> " in line]
    assert all(target.startswith(("/dev/null", "pipe:", "anon_inode:")) for target in targets)
    status = attacker("grep -h -E '^Cap(Prm|Bnd)' /proc/1/status /proc/self/status").output.split()
    assert int(status[1], 16) & ~int(status[-1], 16) == 0
