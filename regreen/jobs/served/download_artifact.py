"""actions/download-artifact: what other jobs that ran here have uploaded.

Inputs, outputs, messages and where the files go: the action's README of v3, v4 and v5, and its
``src/download-artifact.ts``.
"""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from pathlib import Path

from regreen.jobs.commands import Effects
from regreen.jobs.globs import name_pattern
from regreen.jobs.served import artifactstore
from regreen.jobs.served.artifactstore import Artifact
from regreen.jobs.served.call import Call, Script, failing, saying
from regreen.model import Unsupported

_FAQ = "https://github.com/actions/toolkit/blob/main/packages/artifact/docs/faq.md"
_ABSENT = (
    "Unable to download artifact(s): Artifact not found for name: {}\n"
    "        Please ensure that your artifact is not expired and the artifact was uploaded using a"
    " compatible version of toolkit/upload-artifact.\n"
    f"        For more information, visit the GitHub Artifacts FAQ: {_FAQ}"
)


def serve(call: Call) -> Script | Unsupported:
    """Put the artifacts that are asked for into the sandbox; return what the action says."""
    name, ids, folder = call.given("name"), call.given("artifact-ids"), call.stores.artifacts
    elsewhere = _elsewhere(call)
    if elsewhere is not None:
        return elsewhere
    if name and ids:
        said = "Inputs 'name' and 'artifact-ids' cannot be used together. Please specify only one."
        return failing(f"Unable to download artifact(s): {said}")
    if folder is None:
        return Unsupported(
            f"the artifact {name or '(all)'} of another job, which does not run here"
        )
    known = artifactstore.visible(folder, call.origin, call.sandbox.name)
    if name:
        if name not in known:
            return _absent(call, name, known)
        return _brought(call, folder, [known[name]], alone=True)
    wanted = _wanted(call, ids, [known[one] for one in sorted(known)])
    if isinstance(wanted, Script):
        return wanted
    return _brought(call, folder, wanted, alone=len(wanted) == 1 and call.major >= 5)


def _elsewhere(call: Call) -> Unsupported | Script | None:
    """Say that artifacts of another run or repository are not to be had, if they are asked for."""
    run, repository = call.given("run-id"), call.given("repository", call.repository)
    other = run not in ("", str(call.github.get("run_id"))) or repository != call.repository
    if call.given("github-token") and other:
        return Unsupported(f"artifacts of another run ({repository} {run}".rstrip() + ")")
    if call.flag("skip-decompress"):
        return Unsupported("download-artifact with skip-decompress")
    return None


def _absent(call: Call, name: str, known: dict[str, Artifact]) -> Script:
    if call.major >= 4:
        return failing(_ABSENT.format(name))
    if not known:
        return failing("Unable to find any artifacts for the associated workflow")
    return failing(f"Unable to find an artifact with the name: {name}")


def _wanted(call: Call, ids: str, known: Sequence[Artifact]) -> list[Artifact] | Script:
    if ids:
        asked = {text.strip() for text in ids.split(",") if text.strip()}
        found = [one for one in known if str(one.id) in asked]
        if not found:
            none = "None of the provided artifact IDs were found"
            return failing(f"Unable to download artifact(s): {none}")
        return found
    pattern = call.given("pattern") if call.major >= 4 else ""
    wanted = name_pattern(pattern) if pattern else None
    return [one for one in known if wanted is None or wanted.fullmatch(one.name)]


def _brought(call: Call, folder: Path, parts: Sequence[Artifact], *, alone: bool) -> Script:
    asked = call.given("path", call.layout.workspace)
    if asked.startswith("~"):
        asked = f"{call.layout.home}{asked[1:]}"
    place = posixpath.normpath(posixpath.join(call.layout.workspace, asked))
    said = []
    for one in parts:
        direct = alone or call.flag("merge-multiple")
        target = place if direct else posixpath.join(place, one.name)
        with artifactstore.archive(folder, one).open("rb") as tar:
            call.sandbox.write_tree(target, tar)
        said.append(f"- {one.name} (ID: {one.id}, Size: {one.size})")
    done = f"Total of {len(parts)} artifact(s) downloaded"
    effects = Effects(outputs={"download-path": place})
    return saying(*said, done, "Download artifact has finished successfully", effects=effects)
