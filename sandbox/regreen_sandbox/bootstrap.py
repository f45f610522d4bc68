"""A root file system from Debian packages, for machines that reach no image registry.

mmdebstrap (its manual: mmdebstrap(1)) makes it as a tar file, the engine imports it; what is done
to it afterwards is the Dockerfile's business, as with a pulled base.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path

from regreen_sandbox.engine import Engine
from regreen_sandbox.errors import DiskFull, ImageUnavailable, ProgramMissing
from regreen_sandbox.labels import Kind, Owner
from regreen_sandbox.process import Completed, run
from regreen_sandbox.programs import find_program, search_path
from regreen_sandbox.trees import temporary_tree

REPOSITORY = "regreen/rootfs"
BOOTSTRAP_SECONDS = 1800.0
_QUESTION_SECONDS = 30.0
# What official images leave out too; licences stay.
_LEFT_OUT = (
    "--dpkgopt=path-exclude=/usr/share/man/*",
    "--dpkgopt=path-exclude=/usr/share/locale/*",
    "--dpkgopt=path-exclude=/usr/share/doc/*",
    "--dpkgopt=path-include=/usr/share/doc/*/copyright",
)
# As root, mmdebstrap mounts into the tree it makes. In namespaces of its own, mounts and processes
# go when it ends, however it ends, and what is left can be removed without a thought.
_APART = ("unshare", "--mount", "--pid", "--fork", "--kill-child")
_PASSED_ON = ("HOME", "TMPDIR", "http_proxy", "https_proxy", "no_proxy")


def ensure_rootfs(
    engine: Engine,
    packages: Sequence[str],
    suite: str,
    *,
    fresh: bool,
    report: Callable[[str], None],
) -> str:
    """Return the reference of an imported root file system of ``suite`` that holds ``packages``.

    One that is there already is taken, unless ``fresh``. The caller holds the image lock. Raises
    `ImageUnavailable` when mmdebstrap is missing or fails, `DiskFull`.
    """
    sources = host_sources(suite)
    text = "\0".join((suite, *packages, *sources, *_LEFT_OUT))
    tag = f"{suite}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"
    reference = f"{REPOSITORY}:{tag}"
    with engine.guard("looking for an image"):
        known = engine.client.images.list(name=reference)
    if known and not fresh:
        return reference
    with temporary_tree("rootfs") as folder:
        tar = folder / "rootfs.tar"
        report(f"bootstrapping {suite} from packages with mmdebstrap (about a minute)")
        done = _mmdebstrap(packages, suite, tar, sources)
        megabytes = tar.stat().st_size / 1e6
        report(f"bootstrapped {suite}: {megabytes:.0f} MB in {done.seconds:.0f} s; importing it")
        _import(engine, tar, tag)
    return reference


def host_sources(suite: str) -> tuple[str, ...]:
    """Return apt source lines for ``suite`` as the host's own apt has them; none if it has not.

    Only the distributions' own archives count: a third party's repository may bear the same suite.
    """
    question = "$(ORIGIN)|$(RELEASE)|$(COMPONENT)|$(REPO_URI)|$(CREATED_BY)"
    try:
        answer = run(["apt-get", "indextargets", "--format", question], timeout=_QUESTION_SECONDS)
    except ProgramMissing:
        return ()
    suites = (suite, f"{suite}-updates", f"{suite}-security")
    found: dict[tuple[str, str], set[str]] = {}
    for line in answer.stdout.decode(errors="replace").splitlines():
        origin, release, component, uri, kind = (line.split("|") + [""] * 5)[:5]
        if origin in {"Debian", "Ubuntu"} and kind == "Packages" and release in suites:
            found.setdefault((uri, release), set()).add(component)
    if not any(release == suite for _, release in found):
        return ()
    return tuple(
        f"deb {uri} {release} {' '.join(sorted(components))}"
        for (uri, release), components in sorted(found.items(), key=lambda item: item[0][1])
    )


def _mmdebstrap(
    packages: Sequence[str], suite: str, tar: Path, sources: Sequence[str]
) -> Completed:
    if find_program("mmdebstrap") is None:
        raise ImageUnavailable(
            "the base image cannot be bootstrapped: mmdebstrap is not installed",
            next_step="sudo apt-get install mmdebstrap",
        )
    env = _environment()
    apart: tuple[str, ...] = ()
    if os.geteuid() == 0:
        apart = _APART
        env["TMPDIR"] = str(tar.parent)
    argv = [
        *apart,
        "mmdebstrap",
        "--variant=minbase",
        "--format=tar",
        "--dpkgopt=force-unsafe-io",
        *_LEFT_OUT,
        f"--include={','.join(packages)}",
        suite,
        str(tar),
        *sources,
    ]
    done = run(argv, timeout=BOOTSTRAP_SECONDS, env=env)
    if done.ok:
        return done
    words = done.stderr.decode(errors="replace")
    if "no space left on device" in words.lower():
        raise DiskFull(
            "the disk is full: mmdebstrap could not write the base image",
            next_step="free 2 GB in the temporary folder, or name a larger one with TMPDIR",
        )
    raise ImageUnavailable(
        f"mmdebstrap could not bootstrap {suite}: {_cause(words)}",
        next_step=f"sudo apt-get update, then: sudo mmdebstrap --variant=minbase {suite} /dev/null",
    )


def _environment() -> dict[str, str]:
    """What mmdebstrap needs of this environment, and the proxy that the host's apt uses."""
    env = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    env |= {"PATH": search_path(), "LC_ALL": "C.UTF-8"}
    try:
        dump = run(["apt-config", "dump", "Acquire::http::Proxy"], timeout=_QUESTION_SECONDS)
    except ProgramMissing:
        return env
    proxy = re.search(rb'^Acquire::http::Proxy "(\S+)";', dump.stdout, re.MULTILINE)
    if proxy and proxy[1] != b"DIRECT":
        env.setdefault("http_proxy", proxy[1].decode())
    return env


def _cause(words: str) -> str:
    """The first error lines: what comes after them is mmdebstrap falling over."""
    lines = [line.strip() for line in words.splitlines() if re.match(r"\s*(E:|Err:|.*rror:)", line)]
    return "; ".join(lines[:3]) or "it gave no reason"


def _import(engine: Engine, tar: Path, tag: str) -> None:
    labels = Owner.current().labels(Kind.BASE)
    changes = [f'LABEL "{name}"="{value}"' for name, value in labels.items()]
    with engine.guard("importing the base image"):
        answer = engine.client.api.import_image_from_file(
            str(tar), repository=REPOSITORY, tag=tag, changes=changes
        )
    if '"error"' in str(answer):
        raise ImageUnavailable(f"the engine could not import the base image: {answer}")
