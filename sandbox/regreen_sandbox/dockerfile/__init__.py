"""Dockerfiles: read, and built in sandboxes, without the engine's own builder."""

from regreen_sandbox.dockerfile.building import Builder, build, check
from regreen_sandbox.dockerfile.built import BuiltImage
from regreen_sandbox.dockerfile.config import Config
from regreen_sandbox.dockerfile.context import Context
from regreen_sandbox.dockerfile.errors import BuildFailed, DockerfileError, UnsupportedInstruction
from regreen_sandbox.dockerfile.parsing import parse

__all__ = [
    "BuildFailed",
    "Builder",
    "BuiltImage",
    "Config",
    "Context",
    "DockerfileError",
    "UnsupportedInstruction",
    "build",
    "check",
    "parse",
]
