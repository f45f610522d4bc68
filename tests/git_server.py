"""A real git server over HTTP for tests: git's own ``http-backend``, behind any HTTP server."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response


def serve(server: HTTPServer, root: Path, *, authorization: str | None = None) -> None:
    """Serve the repositories below ``root``; with ``authorization`` only to who sends it."""

    def answer(request: Request) -> Response:
        if authorization and request.headers.get("Authorization") != authorization:
            return Response("who are you?", 401, {"WWW-Authenticate": "Basic realm=git"})
        query = request.query_string.decode()
        given = {name.lower(): value for name, value in request.headers.items()}
        status, headers, body = backend(
            root, request.method, request.path, query, given, request.get_data()
        )
        return Response(body, status, headers)

    server.expect_request(re.compile("/.*")).respond_with_handler(answer)


def backend(
    root: Path, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes
) -> tuple[int, dict[str, str], bytes]:
    """Ask git for its answer; ``headers`` by their names in small letters."""
    environment = {
        "PATH": os.environ["PATH"],
        "GIT_PROJECT_ROOT": str(root),
        "GIT_HTTP_EXPORT_ALL": "1",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "REQUEST_METHOD": method,
        "CONTENT_TYPE": headers.get("content-type", ""),
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_CONTENT_ENCODING": headers.get("content-encoding", ""),
        "HTTP_GIT_PROTOCOL": headers.get("git-protocol", ""),
        "GIT_CONFIG_COUNT": "2",
        "GIT_CONFIG_KEY_0": "uploadpack.allowAnySHA1InWant",
        "GIT_CONFIG_VALUE_0": "true",
        "GIT_CONFIG_KEY_1": "safe.directory",
        "GIT_CONFIG_VALUE_1": "*",
    }
    program = Path(_git("--exec-path")) / "git-http-backend"
    done = subprocess.run([program], input=body, env=environment, capture_output=True, check=False)
    head, _, content = done.stdout.partition(b"\r\n\r\n")
    found = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
    return int(found.pop("Status", "200").split()[0]), found, content


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], capture_output=True, text=True, check=True)
    return done.stdout.strip()
