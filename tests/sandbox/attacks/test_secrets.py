"""What lies in the host's environment, home folder and settings is nowhere to be found inside."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from regreen_sandbox.container import start
from regreen_sandbox.engine import Engine, connect
from regreen_sandbox.index import IndexProxy, Upstream
from regreen_sandbox.index.upstream import upstream_index
from regreen_sandbox.labels import Owner
from regreen_sandbox.limits import Limits
from regreen_sandbox.network import Access, Network, Policy
from regreen_sandbox.profiles import Profile
from tests.sandbox.attacks.attack_support import Attacker

pytestmark = pytest.mark.docker
SECRET = "hunter2-of-the-host"
_LOGIN = f"http://user:{SECRET}@proxy.invalid:1"


@dataclass(frozen=True)
class Inside:
    """A sandbox that was made while the host was full of secrets."""

    attacker: Attacker
    engine: Engine
    upstream: Upstream
    image: str


@pytest.fixture(scope="module", params=[Policy.PACKAGES, Policy.ON])
def inside(
    request: pytest.FixtureRequest, base_image: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Inside]:
    home = tmp_path_factory.mktemp("home")
    files = {
        ".netrc": f"machine proxy.invalid login user password {SECRET}\n",
        ".git-credentials": f"https://user:{SECRET}@example.invalid\n",
        ".ssh/id_ed25519": SECRET,
        ".aws/credentials": f"[default]\naws_secret_access_key = {SECRET}\n",
        ".npmrc": f"//registry.invalid/:_authToken={SECRET}\n",
        ".pypirc": f"[pypi]\npassword = {SECRET}\n",
        ".config/pip/pip.conf": f"[global]\nindex-url = http://user:{SECRET}@127.0.0.1:9/simple/\n",
        ".config/gh/hosts.yml": f"github.com:\n  oauth_token: {SECRET}\n",
        ".docker/config.json": json.dumps(
            {
                "proxies": {"default": {"httpProxy": _LOGIN, "httpsProxy": _LOGIN}},
                "auths": {"https://index.docker.io/v1/": {"username": "user", "password": SECRET}},
                "HttpHeaders": {"X-Secret": SECRET},
            }
        ),
    }
    for name, text in files.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(text)
    policy: Policy = request.param
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(home))
        patch.delenv("PIP_CONFIG_FILE", raising=False)
        patch.delenv("PIP_INDEX_URL", raising=False)
        patch.setenv("DOCKER_CONFIG", str(home / ".docker"))
        for name in ("AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN", "PIP_PASSWORD", "SSH_AUTH_SOCK"):
            patch.setenv(name, SECRET)
        for name in ("HTTP_PROXY", "https_proxy", "ALL_PROXY"):
            patch.setenv(name, _LOGIN)
        upstream, owner = upstream_index(), Owner.current()
        with (
            connect() as engine,
            IndexProxy(upstream, tmp_path_factory.mktemp("cache"), None) as proxy,
            Network(
                engine,
                Access(policy, ("named.invalid",)),
                proxy.socket,
                owner=owner,
                carrier_image=base_image,
            ) as network,
            start(
                engine,
                base_image,
                limits=Limits(),
                owner=owner,
                network=network,
                profile=Profile.ROOT,
            ) as sandbox,
        ):
            yield Inside(Attacker(sandbox), engine, upstream, sandbox.image_id)


def test_the_planted_secrets_were_there_to_be_taken(inside: Inside) -> None:
    assert inside.upstream.credentials == ("user", SECRET)


def test_no_process_has_one(inside: Inside) -> None:
    script = "cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline /proc/[0-9]*/mountinfo | tr '\\0' '\\n'"
    said = inside.attacker(f"env; {script}").output
    assert b"HOME=/root" in said
    assert SECRET.encode() not in said
    assert b"proxy.invalid" not in said


def test_no_file_has_one(inside: Inside) -> None:
    folders = "/etc /home /root /run /tmp /var /opt /dev/shm /srv /mnt /media"
    hidden = SECRET.replace("h", "[h]", 1)  # so that the search does not find itself
    found = inside.attacker(f"grep -rlE --devices=skip '{hidden}' {folders}; ls -A /root")
    assert SECRET not in found.output.decode()
    assert b"/" not in found.output


def test_no_answer_through_a_door_has_one(inside: Inside) -> None:
    script = (
        "curl -sSv -m 20 http://127.0.0.1:3141/simple/nothing/;"
        "curl -sSv -m 20 http://named.invalid/; curl -sSv -m 20 https://named.invalid/;"
        "curl -sSv -m 20 http://unnamed.invalid/; pip download -vv --no-deps nothing"
    )
    said = inside.attacker(script, timeout=100).output
    assert b"HTTP/1.1 " in said
    assert SECRET.encode() not in said
    assert b"proxy.invalid" not in said


def test_neither_container_nor_snapshot_is_labelled_or_made_with_one(inside: Inside) -> None:
    api: Any = inside.engine.client.api
    sandbox = inside.attacker.sandbox
    own = {"label": f"regreen.owner={Owner.current()}"}
    seen = [api.inspect_container(c["Id"]) for c in api.containers(all=True, filters=own)]
    assert sandbox.name in {str(one["Name"]).lstrip("/") for one in seen}
    with sandbox.snapshot() as snapshot:
        seen.append(api.inspect_image(snapshot.image_id))
        seen.append({"history": api.history(snapshot.image_id)})
        assert SECRET not in json.dumps(seen)
        assert "proxy.invalid" not in json.dumps(seen)
