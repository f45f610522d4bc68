"""A real HTTP server on this machine that speaks GitHub's endpoints, well or badly."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.git_server import backend
from tests.runs import bodies

API = "/api/v3"
ACTIONS = f"{API}/repos/octo/app/actions"


@dataclass(frozen=True)
class Asked:
    """One request that came in."""

    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Reply:
    """One answer. ``cut``: how many bytes are sent before the connection ends."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: int | None = None
    endless: bool = False


Answer = Reply | Callable[[Asked], Reply]


def told(kind: str, content: Any, **headers: str) -> Reply:
    """An answer in JSON, held against GitHub's description."""
    bodies.check(kind, content)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(json.dumps(content).encode(), headers={"Content-Type": "application/json"} | named)


def refused(status: int, message: str = "no", **headers: str) -> Reply:
    """An error as GitHub words it."""
    reply = told("error", {"message": message, "documentation_url": "https://x"}, **headers)
    return Reply(reply.body, status, reply.headers)


class Hub:
    """What the server answers, by path, and what it was asked."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.routes: dict[str, list[Answer]] = {}
        self.server = ""
        self.repositories: Path | None = None

    def on(self, path: str, *answers: Answer) -> None:
        """Answer ``path`` with these in turn, and with the last one from then on."""
        self.routes[path] = list(answers)

    def paths(self) -> list[str]:
        """What was asked for, in order."""
        return [asked.path for asked in self.asked]

    def count(self, path: str) -> int:
        """How often ``path`` was asked for."""
        return self.paths().count(path)

    def reply(self, asked: Asked) -> Reply:
        """Find the answer."""
        self.asked.append(asked)
        answers = self.routes.get(asked.path)
        if not answers:
            return refused(404, "Not Found")
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        return answer if isinstance(answer, Reply) else answer(asked)

    def serve_run(self, run: dict[str, Any], *jobs: dict[str, Any]) -> None:
        """Answer for a run, its attempt and its jobs."""
        path = f"{ACTIONS}/runs/{run['id']}"
        self.on(path, told("run", run))
        self.on(f"{path}/attempts/{run['run_attempt']}", told("run", run))
        self.on(f"{path}/attempts/{run['run_attempt']}/jobs", told("jobs", bodies.jobs(*jobs)))
        for job in jobs:
            self.on(f"{ACTIONS}/jobs/{job['id']}", told("job", job))

    def serve_log(self, job: int, text: bytes, storage: str | None = None) -> None:
        """Answer for a job's log: a redirect, and the file behind it."""
        self.on(
            f"{ACTIONS}/jobs/{job}/logs",
            Reply(status=302, headers={"Location": f"{storage or self.server}/blob/{job}?sig=s3"}),
        )
        if storage is None:
            self.on(f"/blob/{job}", ranged(text))


def ranged(text: bytes, *cuts: int) -> Callable[[Asked], Reply]:
    """A file that can be asked for in parts; the first answers break off after ``cuts`` bytes."""
    left = list(cuts)

    def answer(asked: Asked) -> Reply:
        cut = left.pop(0) if left else None
        kind = {"Content-Type": "text/plain; charset=utf-8"}
        wanted = asked.headers.get("range", "")
        if wanted.startswith("bytes="):
            start = int(wanted[6:].partition("-")[0])
            span = f"bytes {start}-{len(text) - 1}/{len(text)}"
            return Reply(text[start:], 206, kind | {"Content-Range": span}, cut)
        return Reply(text, 200, kind, cut)

    return answer


@contextmanager
def hub() -> Iterator[Hub]:
    """Start a server on a free port and end it."""
    found = Hub()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(parts.path, dict(parse_qsl(parts.query)), headers)
            if found.repositories is not None and ".git/" in parts.path:
                found.asked.append(asked)
                size = int(headers.get("content-length", "0"))
                body = self.rfile.read(size)
                status, given, answer = backend(
                    found.repositories, self.command, parts.path, parts.query, headers, body
                )
                send(self, Reply(answer, status, given))
            else:
                send(self, found.reply(asked))

        do_POST = do_GET  # noqa: N815 - the name that http.server calls

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        found.server = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield found
        finally:
            server.shutdown()
            thread.join()


def send(handler: BaseHTTPRequestHandler, reply: Reply) -> None:
    """Write an answer to the socket, whole or as badly as it says."""
    handler.send_response(reply.status)
    for name, value in reply.headers.items():
        handler.send_header(name, value)
    if not reply.endless:
        handler.send_header("Content-Length", str(len(reply.body)))
    if reply.endless or reply.cut is not None:
        handler.close_connection = True
    handler.end_headers()
    try:
        handler.wfile.write(reply.body if reply.cut is None else reply.body[: reply.cut])
        while reply.endless:
            handler.wfile.write(reply.body)
    except OSError:
        handler.close_connection = True
