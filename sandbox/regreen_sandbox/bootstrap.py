"""A root file system from Debian's or Ubuntu's packages, for machines that reach no image registry.

mmdebstrap (its manual: mmdebstrap(1)) makes it as a tar file, the engine imports it; what is done
to it afterwards is the Dockerfile's business, as with a pulled base. The tar is kept until it is
imported, so that an interrupted build goes on from there. Two runs on the same package lists give
the same tar: every time in it is at most that of the lists.
"""

from __future__ import annotations

import hashlib
import os
import re
import shlex
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from email.utils import parsedate_to_datetime
from pathlib import Path

from regreen_sandbox.engine import Engine
from regreen_sandbox.errors import DiskFull, ImageUnavailable, ProgramMissing
from regreen_sandbox.labels import Kind, Owner
from regreen_sandbox.process import run
from regreen_sandbox.programs import find_program, search_path
from regreen_sandbox.ticking import ticking
from regreen_sandbox.trees import temporary_tree

REPOSITORY = "regreen/rootfs"
BOOTSTRAP_SECONDS = 1800.0
KEPT_SECONDS = 86_400.0
"""How long the tar of an interrupted build is good for: packages are to be recent."""
_QUESTION_SECONDS = 30.0
_DAY = 86_400
# What official images leave out too; licences stay.
_LEFT_OUT = (
    "--dpkgopt=path-exclude=/usr/share/man/*",
    "--dpkgopt=path-exclude=/usr/share/locale/*",
    "--dpkgopt=path-exclude=/usr/share/doc/*",
    "--dpkgopt=path-include=/usr/share/doc/*/copyright",
)
# A runner's image has package lists (actions/runner-images, cleanup.sh), so that a job installs
# without updating them first.
_LISTS = ("--skip=cleanup/apt/lists", '--aptopt=Acquire::GzipIndexes "true"')
# As root, mmdebstrap mounts into the tree it makes. In namespaces of its own, mounts and processes
# go when it ends, however it ends, and what is left can be removed without a thought.
_APART = ("unshare", "--mount", "--pid", "--fork", "--kill-child")
_PASSED_ON = ("HOME", "TMPDIR", "http_proxy", "https_proxy", "no_proxy")
_UBUNTU = frozenset({"jammy", "noble", "resolute"})
_FORMAT = "3"
"""Part of every name, to be raised when the same packages are put together differently."""


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
    text = "\0".join((_FORMAT, suite, *packages, *sources, *_LEFT_OUT))
    tag = f"{suite}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"
    reference = f"{REPOSITORY}:{tag}"
    with engine.guard("looking for an image"):
        known = engine.client.images.list(name=reference)
    if known and not fresh:
        return reference
    tar = kept_tar(tag)
    if not _usable(tar):
        make_tar(packages, suite, tar, sources, report=report)
    report(f"importing {tar.stat().st_size / 1e6:.0f} MB into the engine")
    _import(engine, tar, tag)
    tar.unlink(missing_ok=True)
    return reference


def kept_tar(tag: str) -> Path:
    """Return where the tar of a root file system lies until the engine has it."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "regreen" / "rootfs" / f"{tag}.tar"


def make_tar(
    packages: Sequence[str],
    suite: str,
    tar: Path,
    sources: Sequence[str],
    *,
    report: Callable[[str], None],
) -> None:
    """Bootstrap ``suite`` into ``tar``, which is there only when it is whole.

    ``sources`` are apt's source lines (none: mmdebstrap's own). Raises as `ensure_rootfs` does.
    """
    report(f"bootstrapping {suite} from packages with mmdebstrap (one or two minutes)")
    started = time.monotonic()
    tar.parent.mkdir(parents=True, exist_ok=True)
    part = tar.with_suffix(".part")
    with temporary_tree("rootfs") as folder:
        try:
            _mmdebstrap(packages, suite, part, sources, folder, report)
            part.rename(tar)
        finally:
            part.unlink(missing_ok=True)
    report(f"bootstrapped {suite} in {time.monotonic() - started:.0f} s")


def _usable(tar: Path) -> bool:
    """Whether an earlier build left its tar, and that is recent; an old one goes."""
    try:
        if time.time() - tar.stat().st_mtime < KEPT_SECONDS:
            return True
    except OSError:
        return False
    tar.unlink(missing_ok=True)
    return False


def host_sources(suite: str) -> tuple[str, ...]:
    """Return apt source lines for ``suite`` as the host's own apt has them; none if it has not.

    Only the distributions' own archives count: a third party's repository may bear the same suite.
    """
    found: dict[tuple[str, str], set[str]] = {}
    for release, component, uri, _ in _lists(suite):
        found.setdefault((uri, release), set()).add(component)
    if not any(release == suite for _, release in found):
        return ()
    return tuple(
        f"deb {uri} {release} {' '.join(sorted(components))}"
        for (uri, release), components in sorted(found.items(), key=lambda item: item[0][1])
    )


def _lists(suite: str) -> list[tuple[str, str, str, str]]:
    """Return release, component, address and file of each package list of ``suite`` here."""
    question = "$(ORIGIN)|$(RELEASE)|$(COMPONENT)|$(REPO_URI)|$(CREATED_BY)|$(FILENAME)"
    try:
        answer = run(["apt-get", "indextargets", "--format", question], timeout=_QUESTION_SECONDS)
    except ProgramMissing:
        return []
    suites = (suite, f"{suite}-updates", f"{suite}-security")
    rows = (line.split("|") for line in answer.stdout.decode(errors="replace").splitlines())
    return [
        (row[1], row[2], row[3], row[5])
        for row in rows
        if len(row) == 6 and row[0] in {"Debian", "Ubuntu"} and row[4] == "Packages"
        if row[1] in suites
    ]


def dated(suite: str) -> int:
    """Return the time of the newest package list that apt has of ``suite``, in seconds.

    Where it has none it is the start of the day in UTC: all that can be said before they are read.
    """
    times = []
    for release, _, _, name in _lists(suite):
        head = name.partition(f"_dists_{release}_")[0]
        with suppress(OSError, ValueError):
            text = Path(f"{head}_dists_{release}_InRelease").read_text(encoding="utf-8")
            said = re.search(r"^Date: (.+)$", text, re.MULTILINE)
            if said:
                times.append(int(parsedate_to_datetime(said[1]).timestamp()))
    return max(times, default=int(time.time()) // _DAY * _DAY)


def _mmdebstrap(
    packages: Sequence[str],
    suite: str,
    tar: Path,
    sources: Sequence[str],
    folder: Path,
    report: Callable[[str], None],
) -> None:
    """Run mmdebstrap with its temporary files in ``folder``, telling which step it is at."""
    if find_program("mmdebstrap") is None:
        raise ImageUnavailable(
            "the base image cannot be bootstrapped: mmdebstrap is not installed",
            next_step="sudo apt-get install mmdebstrap",
        )
    env = _environment() | {"SOURCE_DATE_EPOCH": str(dated(suite))}
    apart: tuple[str, ...] = ()
    if os.geteuid() == 0:
        apart = _APART
        env["TMPDIR"] = str(folder)
    log = folder / "log"
    components = ("--components=main,universe",) if suite in _UBUNTU and not sources else ()
    argv = [
        *apart,
        "mmdebstrap",
        "--variant=minbase",
        "--format=tar",
        "--dpkgopt=force-unsafe-io",
        f"--logfile={log}",
        *_LEFT_OUT,
        *_LISTS,
        *components,
        f"--include={','.join(packages)}",
        suite,
        str(tar),
        *sources,
    ]
    with ticking(lambda: _step(log), report):
        done = run(argv, timeout=BOOTSTRAP_SECONDS, env=env)
    if done.ok:
        return
    words = log.read_text(errors="replace") if log.exists() else ""
    words += done.stderr.decode(errors="replace")
    if "no space left on device" in words.lower():
        raise DiskFull(
            "the disk is full: mmdebstrap could not write the base image",
            next_step="free 4 GB in the temporary folder, or name a larger one with TMPDIR",
        )
    check = ["sudo", "mmdebstrap", "--variant=minbase", suite, "/dev/null"]
    raise ImageUnavailable(
        f"mmdebstrap could not bootstrap {suite}: {_cause(words)}",
        next_step=f"sudo apt-get update, then: {shlex.join(check)}",
    )


def _step(log: Path) -> str:
    """Return the last step that mmdebstrap began, in its own words."""
    try:
        words = log.read_text(errors="replace")
    except OSError:
        return ""
    steps = re.findall(r"^I: (?!removing tempdir|using |chroot )(.+?)\.*$", words, re.MULTILINE)
    return steps[-1] if steps else ""


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
    if "no space left on device" in str(answer).lower():
        raise DiskFull(f"the disk is full: importing the base image failed ({answer})")
    if '"error"' in str(answer):
        raise ImageUnavailable(f"the engine could not import the base image: {answer}")
