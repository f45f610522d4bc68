"""What an image sets in the environment of its containers."""

from __future__ import annotations

from regreen_sandbox.engine import Engine


def search_path(engine: Engine, image: str) -> str:
    """Return the ``PATH`` that ``image`` (a name or id) sets, empty where it sets none.

    Raises `SandboxError` kinds.
    """
    with engine.guard("looking at an image"):
        config = engine.client.images.get(image).attrs.get("Config") or {}
    pairs = (str(text).partition("=") for text in config.get("Env") or ())
    return next((value for name, _, value in pairs if name == "PATH"), "")
