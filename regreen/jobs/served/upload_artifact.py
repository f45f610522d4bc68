"""actions/upload-artifact, with its ``merge``: between the jobs that run here, not to a server.

Inputs, outputs, messages and the rule for the root of the names: the action's README, its
``src/upload/upload-artifact.ts`` and ``src/shared/search.ts``. Files lose their modes, as there.
"""

from __future__ import annotations

import io
import posixpath
import re
import tarfile
from collections.abc import Iterable
from pathlib import Path

from regreen.jobs.commands import Effects
from regreen.jobs.globs import (
    chosen,
    common_root,
    name_pattern,
    read_patterns,
    search_paths,
    without_hidden,
)
from regreen.jobs.served import artifactstore
from regreen.jobs.served.artifactstore import Artifact
from regreen.jobs.served.call import Call, Script, failing, saying
from regreen.model import Unsupported
from regreen_sandbox.errors import FileTooLarge

_SIGNS = {
    '"': "Double quote",
    ":": "Colon",
    "<": "Less than",
    ">": "Greater than",
    "|": "Vertical bar",
    "*": "Asterisk",
    "?": "Question mark",
    "\r": "Carriage return",
    "\n": "Line feed",
    "\\": "Backslash",
    "/": "Forward slash",
}
_LIST_BYTES = 64 << 20
_FIND = """\
out=$1
shift
for path; do if [ -e "$path" ]; then find -L "$path" -type f -print0 2> /dev/null; fi; done > "$out"
true
"""
_PACK = """\
tar -chf "$2" -C "$1" --hard-dereference --null --no-recursion --mode=u=rw,go=r --files-from="$3" &&
rm -f -- "$3"
"""
_NONE_FOUND = ("warn", "error", "ignore")
_HIDDEN_SINCE = {3: (3, 2), 4: (4, 4)}
"""From when on hidden files are left out unless they are asked for."""


def serve(call: Call) -> Script | Unsupported:
    """Keep the files that the patterns name, and return what the action says and sets."""
    name = call.given("name", "artifact")
    wrong = _wrong(call, name)
    if wrong is not None:
        return wrong
    patterns = read_patterns(call.given("path"), call.layout.workspace, call.layout.home)
    roots = search_paths(patterns)
    files = chosen(_files(call, roots), patterns)
    if not call.flag("include-hidden-files") and _leaves_hidden_out(call):
        files = without_hidden(files, roots)
    if not files:
        return _nothing(call)
    if not call.flag("archive", True):
        return Unsupported("upload-artifact with archive: false")
    many = f"there will be {len(files)} file{'s' if len(files) > 1 else ''} uploaded"
    said = [f"With the provided path, {many}"]
    content = _packed(call, files, common_root(files, roots))
    if isinstance(content, Unsupported):
        return content
    return _kept(call, name, content, said)


def serve_merge(call: Call) -> Script | Unsupported:
    """Make one artifact of those that the pattern names."""
    name, folder = call.given("name", "merged-artifacts"), call.stores.artifacts
    if folder is None:
        return Unsupported("artifacts of other jobs, which do not run here")
    wanted = name_pattern(call.given("pattern", "*"))
    known = artifactstore.visible(folder, call.origin, call.sandbox.name)
    parts = [known[one] for one in sorted(known) if wanted.fullmatch(one) and one != name]
    if not parts:
        return failing(
            f"No artifacts were found matching the pattern '{call.given('pattern', '*')}'"
        )
    content = _merged(folder, parts, separate=call.flag("separate-directories"))
    script = _kept(call, name, content, [f"Merging {len(parts)} artifact(s)"])
    for one in parts if call.flag("delete-merged") else ():
        artifactstore.remove(folder, one)
    return script


def _wrong(call: Call, name: str) -> Script | None:
    for sign, word in _SIGNS.items():
        if sign in name:
            said = f"The artifact name is not valid: {name}. Contains the following character: "
            return failing(f"{said} {word} {sign}")
    if not call.given("path"):
        return failing("Input required and not supplied: path")
    if (asked := call.given("if-no-files-found", "warn")) not in _NONE_FOUND:
        options = ",".join(_NONE_FOUND)
        said = f"Unrecognized if-no-files-found input. Provided: {asked}. Available options:"
        return failing(f"{said} {options}")
    return None


def _leaves_hidden_out(call: Call) -> bool:
    least = _HIDDEN_SINCE.get(call.major)
    numbers = [int(text) for text in re.findall(r"\d+", call.version)[:2]]
    if least is None or len(numbers) < 2 or not call.version.lstrip("v")[:1].isdigit():
        return call.major > 2
    return tuple(numbers) >= least


def _files(call: Call, roots: Iterable[str]) -> list[str]:
    out = f"{call.layout.temp}/_regreen_found"
    call.inside(_FIND, out, *roots)
    found = call.sandbox.read(out, _LIST_BYTES) or b""
    return sorted(found.decode("utf-8", "surrogateescape").split("\0")[:-1])


def _nothing(call: Call) -> Script:
    said = (
        f"No files were found with the provided path: {call.given('path')}."
        " No artifacts will be uploaded."
    )
    match call.given("if-no-files-found", "warn"):
        case "error":
            return failing(said)
        case "ignore":
            return saying(said)
        case _:
            return saying(f"::warning::{said}".replace("\n", "%0A"))


def _packed(call: Call, files: Iterable[str], root: str) -> bytes | Unsupported:
    names, out = f"{call.layout.temp}/_regreen_names", f"{call.layout.temp}/_regreen_artifact.tar"
    listed = "".join(f"./{posixpath.relpath(path, root)}\0" for path in files)
    call.sandbox.write(names, listed.encode("utf-8", "surrogateescape"))
    call.inside(_PACK, root, out, names)
    try:
        content = call.sandbox.read(out, artifactstore.ENTRY_BYTES)
    except FileTooLarge:
        return Unsupported(f"an artifact of more than {artifactstore.ENTRY_BYTES >> 20} MiB")
    call.inside('rm -f -- "$1"', out)
    return content if content is not None else Unsupported("an artifact that cannot be packed")


def _kept(call: Call, name: str, content: bytes, said: list[str]) -> Script:
    folder, job, sandbox = call.stores.artifacts, call.origin, call.sandbox.name
    if folder is None:
        return saying(*said, f"Artifact {name} is not kept: no other job runs here.")
    before = artifactstore.visible(folder, job, sandbox).get(name)
    own = before is not None and (before.job, before.sandbox) == (job, sandbox)
    if before is not None and (own or before.job != job):
        if call.major < 4:
            content = _together(artifactstore.archive(folder, before).read_bytes(), content)
        elif call.flag("overwrite"):
            artifactstore.remove(folder, before)
        else:
            return failing(
                "Failed to CreateArtifact: Received non-retryable error: Failed request: (409)"
                " Conflict: an artifact with this name already exists on the workflow run",
                *said,
            )
    artifact = artifactstore.put(folder, name, job, sandbox, content)
    size = f"Final size is {artifact.size} bytes. Artifact ID is {artifact.id}"
    url = _address(call, artifact)
    outputs = {
        "artifact-id": str(artifact.id),
        "artifact-url": url,
        "artifact-digest": artifact.digest,
    }
    done = f"Artifact {name} has been successfully uploaded! {size}"
    return saying(*said, done, f"Artifact download URL: {url}", effects=Effects(outputs=outputs))


def _address(call: Call, artifact: Artifact) -> str:
    server, run = call.github.get("server_url"), call.github.get("run_id")
    return f"{server}/{call.repository}/actions/runs/{run}/artifacts/{artifact.id}"


def _together(first: bytes, second: bytes) -> bytes:
    """Return two archives as one; of two files of a name the later one counts."""
    return _joined([("", first), ("", second)])


def _merged(folder: Path, parts: Iterable[Artifact], *, separate: bool) -> bytes:
    contents = ((one, artifactstore.archive(folder, one).read_bytes()) for one in parts)
    return _joined([(f"{one.name}/" if separate else "", data) for one, data in contents])


def _joined(parts: Iterable[tuple[str, bytes]]) -> bytes:
    buffer = io.BytesIO()
    files: dict[str, tuple[tarfile.TarInfo, bytes]] = {}
    for prefix, data in parts:
        with tarfile.open(fileobj=io.BytesIO(data), errors="surrogateescape") as tar:
            for entry in tar:
                whole = entry.isreg() and not entry.issparse()
                content = tar.extractfile(entry) if whole else None
                if content is not None:
                    name = f"{prefix}{posixpath.normpath(entry.name)}"
                    files[name] = (entry, content.read())
    with tarfile.open(fileobj=buffer, mode="w", errors="surrogateescape") as tar:
        for name, (entry, body) in files.items():
            entry.name = name
            entry.size = len(body)
            tar.addfile(entry, io.BytesIO(body))
    return buffer.getvalue()
