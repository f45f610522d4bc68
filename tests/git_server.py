"""A real git server over HTTP for tests: git's own ``http-backend`` behind pytest-httpserver."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response


def serve(server: HTTPServer, root: Path, *, authorization: str | None = None) -> None:
    """Serve the repositories below ``root``; with ``authorization`` only to who sends it."""
    backend = Path(_git("--exec-path")) / "git-http-backend"

    def answer(request: Request) -> Response:
        if authorization and request.headers.get("Authorization") != authorization:
            return Response("who are you?", 401, {"WWW-Authenticate": "Basic realm=git"})
        environment = {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": str(root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": request.path,
            "QUERY_STRING": request.query_string.decode(),
            "REQUEST_METHOD": request.method,
            "CONTENT_TYPE": request.headers.get("Content-Type", ""),
            "HTTP_CONTENT_ENCODING": request.headers.get("Content-Encoding", ""),
            "HTTP_GIT_PROTOCOL": request.headers.get("Git-Protocol", ""),
            "GIT_CONFIG_COUNT": "2",
            "GIT_CONFIG_KEY_0": "uploadpack.allowAnySHA1InWant",
            "GIT_CONFIG_VALUE_0": "true",
            "GIT_CONFIG_KEY_1": "safe.directory",
            "GIT_CONFIG_VALUE_1": "*",
        }
        done = subprocess.run(
            [backend], input=request.get_data(), env=environment, capture_output=True
        )
        head, _, body = done.stdout.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        status = int(headers.pop("Status", "200").split()[0])
        return Response(body, status, headers)

    server.expect_request(re.compile("/.*")).respond_with_handler(answer)


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], capture_output=True, text=True, check=True)
    return done.stdout.strip()
