"""A run as people name it: one that lies here already, or one to be fetched."""

from __future__ import annotations

import os
from pathlib import Path

from regreen.errors import UsageError
from regreen.runs.reference import ProviderName, Reference, parse
from regreen.runs.servers import read_remote, require_known
from regreen.runs.store import find, load


def named(text: str, store: Path, remote: str | None) -> Reference:
    """Return the run that ``text`` names: a pulled run by its folder or id, or as ``parse`` reads.

    ``remote`` is the clone's, if there is one. What lies in ``store`` may have come with a
    stranger's repository, so its server is held against the known ones too. Raises UsageError.
    """
    folder = Path(text) if (Path(text) / "run.json").is_file() else find(store, text)
    if folder is None:
        return parse(text, remote=remote)
    try:
        run = load(folder)
    except UsageError:
        return parse(text, remote=remote)
    require_known(run.server, read_remote(remote), os.environ)
    provider: ProviderName = "gitlab" if run.provider == "gitlab" else "github"
    older = folder.name.startswith("attempt-")
    return Reference(provider, run.server, run.repository, run.id, run.attempt if older else None)
