"""A run as people name it: one that lies here already, or one to be fetched."""

from __future__ import annotations

import os
from pathlib import Path

from regreen.runs import store as place
from regreen.runs.own import believed, not_own
from regreen.runs.reference import ProviderName, Reference, parse
from regreen.runs.servers import read_remote, require_known


def named(text: str, store: Path, remote: str | None, key: bytes | None) -> Reference:
    """Return the run that ``text`` names: a pulled run by its folder or id, or as ``parse`` reads.

    ``remote`` is the clone's, if there is one. What lies in ``store`` may have come with a
    stranger's repository: it is only believed when ``key`` sealed it, and its server is held
    against the known ones too. Raises UsageError, also for a folder that nobody here pulled.
    """
    if "://" in text:  # an address says more: the job, the attempt
        return parse(text, remote=remote)
    folder = Path(text) if (Path(text) / "run.json").is_file() else place.find(store, text)
    if folder is None:
        return parse(text, remote=remote)
    run = believed(folder, key)
    if run is None:
        raise not_own(folder)
    require_known(run.server, read_remote(remote), os.environ)
    provider: ProviderName = "gitlab" if run.provider == "gitlab" else "github"
    older = place.is_attempt(folder.absolute())
    return Reference(provider, run.server, run.repository, run.id, run.attempt if older else None)
