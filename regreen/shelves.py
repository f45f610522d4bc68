"""What a command keeps and fetches on the host for the jobs that it runs."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from regreen.config import Settings
from regreen.jobs.actions.store import GITHUB, Store
from regreen.jobs.elsewhere import Elsewhere
from regreen.jobs.stores import Stores
from regreen.model import Analysis
from regreen.report import Reporter
from regreen.request import Request

if TYPE_CHECKING:
    from regreen.origin import Origin


def shelved(
    request: Request,
    settings: Settings,
    analysis: Analysis | None,
    origin: Origin | None,
    reporter: Reporter,
) -> Request:
    """Return ``request`` with where actions and workflows of other repositories come from."""
    asked = request.sandbox
    server = origin.run.server if origin and origin.run.provider == "github" else GITHUB
    actions = Store(
        settings.cache,
        servers=tuple(dict.fromkeys((server, GITHUB))),
        folder=asked.actions_dir,
        offline=asked.offline,
        pins=dict(analysis.facts.actions) if analysis else {},
        report=reporter.note,
    )
    fetch = Elsewhere(settings.cache, server, asked.actions_dir, asked.offline, reporter.note)
    return replace(request, fetch=fetch, actions=actions)


def stores(
    request: Request, settings: Settings, clone: Path, artifacts: Path, identity: str
) -> Stores:
    """Return the stores of one command.

    ``artifacts`` is a folder that goes with it; ``identity`` tells the repository from any other. A
    run with secrets keeps no caches.
    """
    offline = request.sandbox.offline
    own = hashlib.sha256(identity.encode()).hexdigest()[:32]
    return Stores(
        artifacts=artifacts,
        caches=None if request.given.secrets else settings.cache / "actions-cache" / own,
        packages=settings.cache / "index",
        clone=clone,
        repositories=None if offline else settings.cache / "repositories",
        offline=offline,
        actions=request.actions,
    )
