"""A server can neither fill the memory nor hold a pull for ever."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from regreen.errors import UsageError
from regreen.runs import Access, parse, pull
from regreen.runs.bounded import MOST_DEPTH, from_text
from tests.runs import bodies
from tests.runs.conftest import KEY, Clock, hide
from tests.runs.gitlab import lab
from tests.runs.gitlab.asking import serving
from tests.runs.hub import ACTIONS, Asked, Hub, Reply, send

RUN = f"{ACTIONS}/runs/100"
PLACES = {
    "run": RUN,
    "jobs": f"{RUN}/attempts/1/jobs",
    "log": f"{ACTIONS}/jobs/1/logs",
    "storage": "/blob/1",
}
GITLAB_PLACES = {"pipeline": lab.PIPELINE, "jobs": lab.JOBS, "trace": lab.TRACE}


def github_run(github: Hub) -> str:
    github.serve_run(bodies.run(), bodies.job(1, "lint"))
    github.serve_log(1, b"red\n")
    return "/octo/app/actions/runs/100"


def gitlab_run(gitlab: Hub) -> str:
    lab.serve(gitlab, lab.pipeline(), lab.job(1))
    lab.serve_log(gitlab, 1, b"red\n")
    return f"/{lab.REPOSITORY}/-/pipelines/100"


EVERYWHERE = [
    *((github_run, "GH_HOST", place) for place in PLACES.values()),
    *((gitlab_run, "GITLAB_HOST", place) for place in GITLAB_PLACES.values()),
]


def bomb() -> bytes:
    """4 GiB of blanks in gzip, packed once more."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    piece = b" " * (1 << 20)
    inner = b"".join(packer.compress(piece) for _ in range(4 << 10)) + packer.flush()
    return gzip.compress(inner, 9)


BOUNDED = """
import resource, sys
from pathlib import Path
from regreen.errors import UsageError
from regreen.runs import Access, parse, pull
address, variable, host, store = sys.argv[1:]
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
env = {variable: host, "PATH": ""}
reference = parse(address, remote=None, environment=env)
access = Access(env, sleep=lambda _: None)
try:
    run = pull(reference, Path(store), mask=lambda c, _: c, key=bytes(32), access=access)
    print("no log:", run.jobs[0].log_missing)
except UsageError as error:
    print("refused:", error.message)
"""


@pytest.fixture(scope="module")
def packed() -> bytes:
    return bomb()


@pytest.mark.parametrize("status", [200, 404])
@pytest.mark.parametrize(("serve", "variable", "place"), EVERYWHERE)
def test_a_bomb_is_never_unpacked(
    github: Hub,
    store: Path,
    packed: bytes,
    serve: Callable[[Hub], str],
    variable: str,
    place: str,
    status: int,
) -> None:
    path = serve(github)
    github.on(place, Reply(packed, status, {"Content-Encoding": "gzip, gzip"}))
    host = github.server.removeprefix("http://")
    done = subprocess.run(
        [sys.executable, "-c", BOUNDED, github.server + path, variable, host, str(store)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(("refused:", "no log:"))
    assert github.count(place)


@pytest.mark.parametrize(("serve", "variable", "place"), EVERYWHERE)
@pytest.mark.parametrize("part", ["head", "body"])
def test_a_server_that_trickles_is_left(
    github: Hub,
    store: Path,
    clock: Clock,
    serve: Callable[[Hub], str],
    variable: str,
    place: str,
    part: str,
) -> None:
    """Every read is in time; without an end to the whole, the answer would come and be taken."""
    path = serve(github)
    held: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = Asked(self.path.partition("?")[0], {}, {})
            if asked.path != place:
                send(self, github.reply(asked))
                return
            reply = github.reply(asked)
            rest = b"".join(f"{n}: {v}\r\n".encode() for n, v in reply.headers.items())
            body = b" " * 1000 + reply.body
            head = b"HTTP/1.1 %d Fine\r\nContent-Length: %d\r\n" % (reply.status, len(body)) + rest
            if part == "head":
                self.trickle(head + b"X-Long: " + b"x" * 1000 + b"\r\n", b"\r\n" + body)
            else:
                self.trickle(body[:1000], body[1000:], head + b"\r\n")

        def trickle(self, slow: bytes, fast: bytes, before: bytes = b"") -> None:
            with suppress(OSError):
                self.wfile.write(before)
                for at in range(len(slow)):
                    self.wfile.write(slow[at : at + 1])
                    time.sleep(0.005)
                held.append(self.path)
                self.wfile.write(fast)

        def log_message(self, *_: object) -> None:
            pass

    if part == "body" and place == PLACES["log"]:
        github.on(place, Reply(b"red\n"))
    with serving(Handler) as server:
        home = f"http://127.0.0.1:{server.server_address[1]}"
        github.server = home
        if place == PLACES["storage"]:
            github.serve_log(1, b"red\n")
        env = {variable: home, "PATH": ""}
        reference = parse(home + path, remote=None, environment=env)
        access = Access(env, clock.now, clock.sleep, silence=5.0, answer=0.3)
        with pytest.raises(UsageError, match=r"answer|too slowly"):
            pull(reference, store, mask=hide, key=KEY, access=access)
    assert held == []
    assert not list(store.rglob("*.log"))


def test_what_is_slow_for_our_own_sake_is_not_left(
    github: Hub, store: Path, environment: dict[str, str], clock: Clock
) -> None:
    path = github_run(github)
    text = b"x" * (1 << 20)
    github.serve_log(1, text)
    reference = parse(github.server + path, remote=None, environment=environment)
    access = Access(environment, clock.now, clock.sleep, silence=5.0, answer=0.3)

    def slow(chunks: Iterable[bytes], _: object) -> Iterator[bytes]:
        waited = False
        for chunk in chunks:
            if len(chunk) > 1000 and not waited:
                time.sleep(1.0)
                waited = True
            yield chunk

    run = pull(reference, store, mask=slow, key=KEY, access=access)
    assert run.jobs[0].log is not None
    assert run.jobs[0].log.read_bytes() == text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"[" * (MOST_DEPTH + 1) + b"]" * (MOST_DEPTH + 1), "nested too deeply"),
        (b'{"a":' * 100 + b"1" + b"}" * 100, "nested too deeply"),
        (b" " * (8 << 20) + b"[]", "more than 8 MiB"),
        (b'"' + b'\\"' * 1_000_000, "Unterminated"),
        (b"\xff", "decode"),
        (b"9" * 10_000, "digits"),
    ],
    ids=["lists", "objects", "long", "no end", "no text", "number"],
)
def test_json_out_of_bounds_is_none(text: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        from_text(text)


def test_brackets_in_texts_are_no_nesting() -> None:
    inside = "[" * 100 + '"' + "{" * 100
    assert from_text(json.dumps([inside]).encode()) == [inside]
    assert from_text(b"[" * MOST_DEPTH + b"]" * MOST_DEPTH)
