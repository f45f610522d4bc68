"""What the engine, HTTP and the system say when something fails, as `SandboxError`."""

from __future__ import annotations

import errno

import docker.errors
import requests
import urllib3.exceptions

from regreen_sandbox.errors import (
    DiskFull,
    EngineDied,
    EngineRefused,
    ImageUnavailable,
    SandboxError,
    SandboxTimeout,
)

_FULL = "no space left on device"
_LOST = (
    requests.RequestException,
    urllib3.exceptions.HTTPError,
    docker.errors.DockerException,
    ConnectionError,
)


def translate(error: Exception, what: str) -> SandboxError | None:
    """Return ``error`` in words, ``what`` being the request that failed.

    ``None`` when it is not of docker's, requests', urllib3's or a full disk's making.
    """
    text = reason(error)
    full = isinstance(error, OSError) and error.errno == errno.ENOSPC
    if full or (isinstance(error, _LOST) and _FULL in text.lower()):
        return DiskFull(f"the disk is full: {what} failed ({text})")
    if isinstance(error, docker.errors.ImageNotFound):
        return ImageUnavailable(f"{what} failed: {text}")
    if isinstance(error, docker.errors.APIError):
        return EngineRefused(f"the Docker engine refused {what}: {text}")
    if isinstance(error, (requests.Timeout, urllib3.exceptions.TimeoutError)):
        return SandboxTimeout(f"the Docker engine took too long over {what}")
    if isinstance(error, _LOST):
        return EngineDied(f"the Docker engine stopped answering during {what}: {text}")
    return None


def reason(error: BaseException) -> str:
    """Return the innermost words of ``error``: urllib3 and requests wrap a cause many times."""
    if isinstance(error, docker.errors.APIError) and error.explanation:
        return str(error.explanation)
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    inner = error.__cause__ or error.__context__
    return reason(inner) if inner is not None else str(error) or type(error).__name__
