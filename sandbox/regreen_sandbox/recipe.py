"""What the base image is made from: the files of ``sandbox/images`` and the host's authorities.

In a checkout the recipe lies beside this package (``sandbox/images``); in an installed wheel it
lies inside it, as ``regreen_sandbox/_images``.
"""

from __future__ import annotations

import hashlib
import io
import os
import ssl
import tarfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from regreen_sandbox.errors import ImageUnavailable

_HERE = Path(__file__).resolve().parent
_FOLDERS = (_HERE / "_images", _HERE.parent / "images")
_FILES = (
    "Dockerfile",
    "packages.txt",
    "install.sh",
    "npm.txt",
    "settle.sh",
    "setup.sh",
    "sudo.sh",
    "trust.py",
)
_CA_FILE = "host-ca.crt"
_CA_VARIABLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_CA_PLACES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt")


@dataclass(frozen=True, slots=True)
class Recipe:
    """The build context of the base image: file names and their content."""

    files: tuple[tuple[str, bytes], ...]

    @property
    def packages(self) -> tuple[str, ...]:
        """The Debian packages that the image holds."""
        lines = dict(self.files)["packages.txt"].decode("ascii").splitlines()
        return tuple(line for line in lines if line and not line.startswith("#"))

    @property
    def npm(self) -> str:
        """The release of npm that goes with Node.js: name, version and integrity."""
        return dict(self.files)["npm.txt"].decode("ascii").strip()

    def key(self, *parts: str) -> str:
        """Return a content key of the recipe and of whatever else shapes the image."""
        digest = hashlib.sha256()
        for name, content in self.files:
            digest.update(f"{name}\0{len(content)}\0".encode())
            digest.update(content)
        digest.update("\0".join(parts).encode())
        return digest.hexdigest()[:16]

    def context(self, *more: tuple[str, bytes]) -> io.BytesIO:
        """Return the build context as a tar file, the same bytes for the same files.

        ``more`` are files beside the recipe's own: names and content.
        """
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as tar:
            for name, content in (*self.files, *more):
                member = tarfile.TarInfo(name)
                member.size = len(content)
                member.mode = 0o644
                tar.addfile(member, io.BytesIO(content))
        buffer.seek(0)
        return buffer


def read_recipe() -> Recipe:
    """Return the recipe of this installation. Raises `ImageUnavailable` if its files are gone."""
    folder = next((folder for folder in _FOLDERS if (folder / "Dockerfile").is_file()), None)
    if folder is None:
        raise ImageUnavailable(
            "the base image's recipe (Dockerfile and its files) is missing from this installation",
            next_step="install regreen again",
        )
    files = [(name, (folder / name).read_bytes()) for name in _FILES]
    bundle = ca_bundle()
    if bundle is not None:
        files.append((_CA_FILE, bundle.read_bytes()))
    return Recipe(tuple(files))


def ca_bundle() -> Path | None:
    """Return the host's bundle of certificate authorities: the one its tools are told to use."""
    named = [os.environ.get(variable) for variable in _CA_VARIABLES]
    for candidate in (*named, ssl.get_default_verify_paths().cafile, *_CA_PLACES):
        if candidate and Path(candidate).is_file():
            return Path(candidate)
    return None


@cache
def architecture() -> str:
    """Return this machine's name in the runner's tool cache: ``x64`` or ``arm64``."""
    machine = os.uname().machine
    return {"x86_64": "x64", "aarch64": "arm64"}.get(machine, machine)
