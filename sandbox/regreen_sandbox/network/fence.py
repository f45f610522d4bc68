"""Fences a network namespace in, then gives up every right and becomes the relay.

Runs by itself as the carrier's main process, in a base image, with the standard library only. Its
one argument is JSON: ``rules`` are what ``iptables-restore`` (``4``) and ``ip6tables-restore``
(``6``) read, ``never`` are addresses that must not be reachable afterwards, which is tried,
``beside`` and ``main`` the commands of the DNS carrier and the relay. It ends without the relay's
"ready" when anything fails, so a sandbox is never let into a namespace that is open.

Why a filter and not routes: since Linux 5.7 anybody may bind a socket to an interface, and the
kernel then takes a destination without a route to be a neighbour (``ip_route_output_key_hash_rcu``
in net/ipv4/route.c says so); broadcast and multicast need no route at all. The filter sees every
packet.
"""

from __future__ import annotations

import json
import os
import socket
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

NOBODY = 65534
KINDS = ("nft", "legacy")  # the two that Debian and Ubuntu ship; a kernel may know one only
INTERFACE = b"eth0"


def restore(program: str, rules: str) -> bool:
    """Give ``rules`` to a program of ``/usr/sbin``; its words go to the carrier's log."""
    path = f"/usr/sbin/{program}-restore"
    source = os.memfd_create("rules")
    os.write(source, rules.encode())
    os.lseek(source, 0, os.SEEK_SET)
    try:
        process = os.posix_spawn(path, [path], {}, file_actions=[(os.POSIX_SPAWN_DUP2, source, 0)])
    except OSError as error:
        print(f"{path}: {error.strerror}", flush=True)  # noqa: T201
        return False
    finally:
        os.close(source)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 0


def fence(rules: Mapping[str, str], kind: str) -> bool:
    """Load the rules of both families with one kind of program; whether it worked."""
    six = Path("/proc/net/if_inet6").exists()
    return restore(f"iptables-{kind}", rules["4"]) and (
        not six or restore(f"ip6tables-{kind}", rules["6"])
    )


def reachable(address: str) -> bool:
    """Whether a datagram to ``address`` leaves, also from a socket bound to the interface."""
    for device in (b"", INTERFACE):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            with suppress(OSError):  # an older kernel lets nobody do it, a job neither
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device)
            try:
                sock.sendto(b"", (address, 9))  # the discard port
            except OSError:
                continue
            return True
    return False


def gateways() -> list[str]:
    """The addresses of this namespace's gateways: the host's own, on its bridge (see proc(5))."""
    rows = [line.split() for line in Path("/proc/net/route").read_text().splitlines()[1:]]
    return [socket.inet_ntoa(bytes.fromhex(row[2])[::-1]) for row in rows if int(row[2], 16)]


def surrender() -> None:
    """Become nobody, for good."""
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)
    status = Path("/proc/self/status").read_text().splitlines()
    held = [line for line in status if line.startswith(("CapPrm", "CapEff", "CapInh", "CapAmb"))]
    if any(int(line.split()[1], 16) for line in held):
        raise SystemExit(f"the carrier could not give up its rights: {held}")


def main() -> None:
    """Fence in, prove it, surrender, carry."""
    order = json.loads(sys.argv[1])
    if not any(fence(order["rules"], kind) for kind in KINDS):
        raise SystemExit("the packet filter could not be set")
    if through := [a for a in order["never"] + gateways() if reachable(a)]:
        raise SystemExit(f"the packet filter lets through to {', '.join(through)}")
    surrender()
    os.posix_spawn(order["beside"][0], order["beside"], {})
    os.execv(order["main"][0], order["main"])


if __name__ == "__main__":
    main()
