"""The base image: what is in it, what it says it is, and how quickly it is at hand."""

from __future__ import annotations

import json
import re
import ssl
import threading
import time
from pathlib import Path

import pytest

from regreen_sandbox import recipe
from regreen_sandbox.bootstrap import ensure_rootfs
from regreen_sandbox.engine import Engine
from regreen_sandbox.errors import ImageUnavailable
from regreen_sandbox.imagebuild import run_build
from regreen_sandbox.images import BaseImage, ImageSettings, ensure_base
from regreen_sandbox.labels import Kind, Owner
from regreen_sandbox.runners import settled
from regreen_sandbox.stored import list_images
from regreen_sandbox.workbench import execute, scratch

pytestmark = pytest.mark.docker

BOOTSTRAP = ImageSettings(source="bootstrap")
PEM = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)


@pytest.fixture(scope="module")
def base(engine: Engine) -> BaseImage:
    return ensure_base(engine, "ubuntu-latest", settings=ImageSettings(), report=print)


def _says(engine: Engine, base: BaseImage, script: str) -> str:
    with scratch(engine, base.reference) as container:
        done = execute(engine, container, ["bash", "-c", script])
    assert done.ok, done.output
    return done.output


def test_it_looks_like_the_hosted_runner(engine: Engine, base: BaseImage) -> None:
    said = _says(
        engine,
        base,
        """
        id -u; id -g; id -un; echo $HOME; stat -c %U /home/runner /home/runner/work \
            /opt/hostedtoolcache
        python --version; python3 -m venv /tmp/v && /tmp/v/bin/pip --version >/dev/null && echo venv
        for tool in git curl wget gcc make jq unzip zip xz file ps pkg-config; do
            command -v $tool >/dev/null || echo missing $tool
        done
        echo $LANG; touch /home/runner/work/x /opt/hostedtoolcache/x && echo writable
        """,
    )
    assert said.split("\n")[:7] == ["1001", "1001", "runner", "/home/runner", *["runner"] * 3]
    assert f"Python {base.python}" in said
    assert "venv\n" in said
    assert "missing" not in said
    assert "C.UTF-8\nwritable" in said


def test_packages_install_without_updating_lists_or_asking(engine: Engine, base: BaseImage) -> None:
    asked = """
        apt-config dump APT::Get::Assume-Yes; apt-get install --simulate graphviz
        du -sk /var/lib/apt/lists 2>&-; true
    """
    said = _says(engine, base, asked)
    assert said.startswith('APT::Get::Assume-Yes "true";')
    assert "\nInst graphviz " in said
    assert int(said.splitlines()[-1].split()[0]) < 100_000, "they lie there compressed"


def test_every_package_of_the_list_is_installed(engine: Engine, base: BaseImage) -> None:
    packages = " ".join(recipe.read_recipe().packages)
    said = _says(engine, base, f"dpkg-query -W -f '${{db:Status-Status}}\\n' {packages}")
    assert set(said.split()) == {"installed"}


def test_installers_are_pointed_at_the_relay_only(engine: Engine, base: BaseImage) -> None:
    said = _says(engine, base, "pip config list; env -u PIP_INDEX_URL pip config list; env")
    relay = "http://127.0.0.1:3141/simple/"
    assert said.count(f"global.index-url='{relay}'") == 2
    assert f"UV_INDEX_URL={relay}" in said
    assert "UV_PYTHON_DOWNLOADS=never" in said


def test_the_hosts_authorities_are_trusted_once_each(engine: Engine, base: BaseImage) -> None:
    bundle = recipe.ca_bundle()
    assert bundle is not None
    said = _says(engine, base, "cat $SSL_CERT_FILE $PIP_CERT | head -c 4000000")
    inside = [ssl.PEM_cert_to_DER_cert(block) for block in PEM.findall(said)]
    trusted = set(inside)
    assert len(inside) == 2 * len(trusted), "printed twice, so twice as many, and no more"
    assert {ssl.PEM_cert_to_DER_cert(block) for block in PEM.findall(bundle.read_text())} <= trusted


def test_a_second_call_takes_no_time_and_asks_nobody(engine: Engine, base: BaseImage) -> None:
    said: list[str] = []
    started = time.monotonic()
    again = ensure_base(
        engine, settled("ubuntu-latest"), settings=ImageSettings(), report=said.append
    )
    assert time.monotonic() - started < 0.2
    assert again == base
    assert said == []


def test_what_stands_in_is_said_in_words(engine: Engine) -> None:
    stood_in = ensure_base(engine, "ubuntu-24.04", settings=BOOTSTRAP, report=print)
    assert stood_in.origin == "bootstrap"
    assert stood_in.substitution == "ubuntu-24.04 is stood in by Debian 12 (bookworm)"
    old = ensure_base(engine, "ubuntu-20.04", settings=BOOTSTRAP, report=print)
    assert old.label == "ubuntu-20.04"
    assert old.substitution == "ubuntu-20.04 is stood in by Debian 12 (bookworm)"


@pytest.mark.parametrize(
    "label", ["windows-latest", "macos-14", "ubuntu-24.04-arm", "ubuntu-99.10"]
)
def test_other_labels_name_those_that_exist(engine: Engine, label: str) -> None:
    with pytest.raises(ImageUnavailable, match=label) as caught:
        ensure_base(engine, label, settings=ImageSettings(), report=print)
    assert "ubuntu-22.04" in str(caught.value)
    assert caught.value.next_step


def test_callers_at_once_get_one_image(engine: Engine, base: BaseImage) -> None:
    found: list[str] = []

    def ask() -> None:
        image = ensure_base(engine, "ubuntu-22.04", settings=BOOTSTRAP, report=print)
        found.append(image.id)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=200)
    assert len(found) == 4
    assert len(set(found)) == 1


def test_it_is_listed_and_labelled(engine: Engine, base: BaseImage) -> None:
    listed = {image.reference: image for image in list_images(engine)}
    assert listed[base.reference].kind is Kind.BASE
    assert listed[base.reference].system == base.system
    assert not any("rootfs" in reference for reference in listed)


def test_the_key_follows_recipe_and_authorities(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = recipe.read_recipe().key("x")
    bundle = tmp_path / "ca.crt"
    bundle.write_text("other authorities")
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    assert recipe.read_recipe().key("x") != before
    assert recipe.read_recipe().key("y") != recipe.read_recipe().key("x")


def test_a_step_that_fails_says_what_it_said(engine: Engine, base: BaseImage) -> None:
    dockerfile = f"FROM {base.id}\nRUN echo the very reason >&2 && exit 3\n".encode()
    context = recipe.Recipe((("Dockerfile", dockerfile),)).context()
    labels = Owner.current().labels(Kind.BUILD)
    with pytest.raises(ImageUnavailable, match="the very reason"):
        run_build(engine, context, {}, labels, report=print)


def test_nothing_is_left_in_the_engine(engine: Engine, base: BaseImage) -> None:
    with scratch(engine, base.reference) as container:
        name = str(container.id)
        facts = json.dumps(container.attrs["HostConfig"]["CapDrop"])
    assert facts == '["ALL"]'
    assert name not in {c.id for c in engine.client.containers.list(all=True)}


SUDO = ["SETUID", "SETGID", "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER"]


def test_sudo_is_noted_where_nobody_may_gain_privileges(engine: Engine, base: BaseImage) -> None:
    asked = 'exec 2>&1; sudo -n apt-get install "one\ntwo"; echo $?; sudo; cat /tmp/.regreen-sudo'
    said = _says(engine, base, asked)
    assert said.count("not allowed in this sandbox") == 2
    assert "\n1\n" in said
    assert said.endswith("-n apt-get install one two\n\n"), "a line for each time it was asked for"


@pytest.mark.parametrize(
    ("user", "options", "script", "expected"),
    [
        ("1001", [], "sudo -n id -u; sudo -u nobody id -un", "0\nnobody\n"),
        ("1001", [], "sudo printenv PIP_INDEX_URL", "http://127.0.0.1:3141/simple/\n"),
        ("0", ["no-new-privileges"], "sudo id -u", "0\n"),
    ],
)
def test_sudo_is_the_real_one_where_it_can_be(
    engine: Engine, base: BaseImage, user: str, options: list[str], script: str, expected: str
) -> None:
    said = engine.client.containers.run(
        base.id,
        ["bash", "-c", f"{script}; ls /tmp/.regreen-sudo 2>/dev/null || true"],
        user=user,
        cap_drop=["ALL"],
        cap_add=SUDO,
        security_opt=options,
        network_mode="none",
        hostname="regreen",
        labels=Owner.current().labels(Kind.BUILD),
        stderr=True,
        remove=True,
    )
    assert said.decode() == expected, "no note, and nothing about a host that is not known"


def test_node_and_the_most_missed_tools_are_there(engine: Engine, base: BaseImage) -> None:
    tools = "node shellcheck parallel ninja bc gettext xmllint ping dig brotli pigz bison flex swig"
    said = _says(
        engine,
        base,
        f"for tool in {tools}; do command -v $tool >/dev/null || echo missing $tool; done; "
        "touch /usr/local/bin/x /opt/x && echo writable; test ! -e /usr/local/bin/npm || npm -v",
    )
    assert "missing" not in said
    assert said.startswith("writable\n")


# What the engine itself puts into a container, and npm, which is no part of what is built here.
NOT_OURS = (
    r"^/\(etc\|etc/mtab\|etc/hosts\|etc/hostname\|etc/resolv.conf\|.dockerenv"
    r"\|usr/local/.*np[mx].*\) "
)
LISTING = (
    r"find / -xdev -mindepth 1 \( -path /proc -o -path /sys -o -path /dev \) -prune -o"
    rf" -printf '%p %y %m %U %G %s %T@ %l\n' | grep -v '{NOT_OURS}' | sort;"
    " sha256sum /etc/passwd /etc/shadow /etc/ssl/certs/ca-certificates.crt"
)


def test_a_second_build_of_one_recipe_gives_the_same_files(engine: Engine, base: BaseImage) -> None:
    """On what a bootstrap made; that two bootstraps are the same byte by byte takes minutes."""
    if base.origin != "bootstrap":
        pytest.skip("a pulled base gets its packages from mirrors, as they are that day")
    again = run_build(
        engine,
        recipe.read_recipe().context(),
        {"BASE": _ground(engine)},
        Owner.current().labels(Kind.BUILD),
        fresh=True,
        report=print,
    )
    try:
        first, second = _listing(engine, base.id), _listing(engine, again)
        assert first ^ second == set()
        assert len(first) > 10_000
    finally:
        engine.client.images.remove(again, force=True)


def _listing(engine: Engine, image: str) -> set[str]:
    """Every file of an image with its rights, owner, size, time and target."""
    with scratch(engine, image) as container:
        done = execute(engine, container, ["sh", "-c", LISTING], user="0:0")
    return {*done.output.splitlines()}


def _ground(engine: Engine) -> str:
    """The imported root file system that the base image was made from: nothing is bootstrapped."""
    packages = recipe.read_recipe().packages
    return ensure_rootfs(engine, packages, BOOTSTRAP.suite, fresh=False, report=print)
