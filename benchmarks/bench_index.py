"""An install of forty packages: straight from the index, and through the index proxy.

The proxy's first run has an empty cache, its second one a full one; ``secure`` is the door where
the index stands under its own name. pip, uv and npm get no cache of their own. Prints medians and
their ratio to the straight install, and appends them to ``results/index.jsonl``. Names after the
command choose tools: ``pip uv npm``.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.sandbox.measure import Figures, command, in_turn, keep, show
from regreen_sandbox.index import IndexProxy, Sources, machine_sources
from regreen_sandbox.index.names import Names
from tests.sandbox.index_support import relayed

ROUNDS = 3
PYTHON = (
    "aiohttp attrs beautifulsoup4 black boto3 click coverage cryptography django fastapi flake8 "
    "flask httpx hypothesis isort jinja2 jsonschema lxml mypy networkx numpy packaging pandas "
    "pillow pluggy pydantic pygments pylint pytest pytest-cov pytest-xdist pyyaml requests rich "
    "ruff sqlalchemy tox tqdm typer werkzeug"
)
NODE = (
    "acorn ajv async axios babel-loader body-parser chalk chokidar classnames commander cors debug "
    "dotenv ejs eslint express fs-extra glob inquirer jest js-yaml jsonwebtoken lodash minimist "
    "mkdirp mocha moment morgan nodemon ora prettier react react-dom rimraf semver typescript uuid "
    "webpack ws yargs"
)
AS_OF = datetime.now(UTC) - timedelta(days=1)
Run = Callable[[str | None, Path | None], float]
"""Installs from an address (``None``: the machine's own), trusting a file of authorities."""


def main() -> None:
    """Measure the tools that are named, or all."""
    tools: Mapping[str, Callable[[Sources], Run]] = {"pip": _pip, "uv": _uv, "npm": _npm}
    figures: dict[str, Figures] = {}
    with tempfile.TemporaryDirectory() as folder:
        sources = machine_sources(Path(folder))
        for name in sys.argv[1:] or [*tools]:
            title = f"{name}, 40 packages"
            figures[title] = _measured(sources, tools[name](sources), npm=name == "npm")
            show(title, figures[title], "straight")
    keep(figures, "none", "index.jsonl")


def _measured(sources: Sources, run: Run, *, npm: bool) -> Figures:
    place = "/npm/" if npm else "/simple/"
    with tempfile.TemporaryDirectory() as kept:
        filled = Path(kept)

        def through(cache: Path | None, *, secure: bool) -> float:
            with ExitStack() as stack:
                fresh = Path(stack.enter_context(tempfile.TemporaryDirectory()))
                address, trusted = stack.enter_context(_served(sources, cache or fresh, secure))
                return run(address + ("/" if npm and secure else place), trusted)

        return in_turn(
            {
                "straight": lambda: run(None, None),
                "first run": lambda: through(None, secure=False),
                "first run, secure": lambda: through(None, secure=True),
                "second run": lambda: through(filled, secure=False),
                "second run, secure": lambda: through(filled, secure=True),
            },
            ROUNDS,
        )


@contextmanager
def _served(sources: Sources, cache: Path, secure: bool) -> Iterator[tuple[str, Path | None]]:
    """Serve at an address of this machine's loopback, through the relay as in a sandbox."""
    names = Names(("localhost",), (), ("localhost",)) if secure else Names()
    with (
        tempfile.TemporaryDirectory() as folder,
        IndexProxy(
            sources.upstream, cache, AS_OF, others=replace(sources.others, indexes=()), names=names
        ) as proxy,
        relayed(
            proxy.directory / proxy.front.socket if proxy.front else proxy.socket, Path(folder)
        ) as base,
    ):
        address = base.replace("http://127.0.0.1", "https://localhost") if secure else base
        yield address, proxy.front.authorities if proxy.front else None
        if proxy.errors:
            raise SystemExit(f"the proxy had trouble: {proxy.errors[0]}")


def _pip(sources: Sources) -> Run:
    return _python(sources, [sys.executable, "-m", "pip", "install", "--no-cache-dir"])


def _uv(sources: Sources) -> Run:
    import uv

    base = [uv.find_uv_bin(), "pip", "install", "--no-cache", "--python", sys.executable]
    return _python(sources, base)


def _python(sources: Sources, base: list[str]) -> Run:
    def run(address: str | None, trusted: Path | None) -> float:
        with tempfile.TemporaryDirectory() as folder:
            index = ["--index-url", address or sources.upstream.simple_url]
            options = [*index, "-q", "--only-binary", ":all:", "--target", folder]
            extra = {"PIP_CONFIG_FILE": os.devnull, "UV_NO_CONFIG": "1", "UV_FIND_LINKS": ""}
            return _command([*base, *options, *PYTHON.split()], trusted, extra, Path(folder))

    return run


def _npm(sources: Sources) -> Run:
    def run(address: str | None, trusted: Path | None) -> float:
        with tempfile.TemporaryDirectory() as folder:
            registry = sources.others.registry
            if registry is None:
                raise SystemExit("no npm registry is configured on this machine")
            extra = {"npm_config_cache": f"{folder}/cache"}
            if trusted:
                extra["npm_config_cafile"] = str(trusted)
            npm = shutil.which("npm") or "npm"
            quiet = ["--no-audit", "--no-fund", "--ignore-scripts", "--no-save", "--force"]
            chosen = ["--prefix", folder, "--registry", address or registry.simple_url]
            return _command([npm, "install", *quiet, *chosen, *NODE.split()], trusted, extra,
                            Path(folder))  # fmt: skip

    return run


def _command(argv: list[str], trusted: Path | None, extra: dict[str, str], folder: Path) -> float:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PIP_", "UV_"))}
    if trusted:
        names = ("SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")
        extra = {**extra, **dict.fromkeys(names, str(trusted))}
    return command(argv, folder, environment={**kept, **extra})


if __name__ == "__main__":
    main()
