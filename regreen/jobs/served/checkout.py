"""actions/checkout: the commit's files, as much of its history as is asked for, submodules, LFS."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence

from regreen.git import Inside, Wanted
from regreen.jobs.served.call import Call, Script
from regreen.model import Unsupported

_DEPTH_DIGITS = 9
_CHECKOUT = """\
set -e
cd "$1"
git read-tree HEAD
git update-index -z --skip-worktree --stdin < "$2"
git checkout-index --all --force --index
if [ "$3" ]; then
  tar -xf "$3"
  tar --quoting-style=literal -tf "$3" | git update-index --assume-unchanged --stdin
fi
git log -1 --format=%H
"""
_SUBMODULE = """\
cd "$1/$2"
git read-tree HEAD
git checkout-index --all --force --index
git -C "$1/$3" config "submodule.$4.url" "$5"
git -C "$1/$3" config "submodule.$4.active" true
"""


def serve(call: Call) -> Script | Unsupported:
    """Put the repository into the sandbox and return the script that fills its folder."""
    folder = checkout_folder(call.inputs, call.layout.workspace)
    if not is_inside(folder, call.layout.workspace):
        text = "echo \"Repository path '$1' is not under '$2'\"; exit 1"
        return Script(text, (folder, call.layout.workspace))
    if call.given("repository", call.repository).lower() != call.repository.lower():
        return Unsupported(f"checkout of another repository ({call.given('repository')})")
    packed = call.source(wanted_of(call.inputs))
    if packed.lacking:
        return Unsupported("; ".join(packed.lacking))
    call.sandbox.write_tree(folder, packed.tar)
    temp = call.layout.temp
    missing, large = f"{temp}/_regreen_missing", f"{temp}/_regreen_large.tar"
    names = "".join(f"{path}\0" for path in packed.missing)
    call.sandbox.write(missing, names.encode("utf-8", "surrogateescape"))
    if packed.large:
        call.sandbox.write(large, packed.large)
    for module in packed.inside:
        call.sandbox.write_tree(f"{folder}/{module.path}", module.packed.tar)
    return _script(folder, missing, large if packed.large else "", packed.inside)


def depth_of(inputs: Mapping[str, str]) -> int:
    """Return how much history checkout's ``fetch-depth`` asks for (0: all of it).

    What is no number counts as 1, the action's default; one that no history reaches as all of it.
    """
    text = inputs.get("fetch-depth", "").strip()
    if not (text.isascii() and text.isdigit()):
        return 1
    digits = text.lstrip("0") or "0"
    return int(digits) if len(digits) <= _DEPTH_DIGITS else 0


def wanted_of(inputs: Mapping[str, str]) -> Wanted:
    """Return what checkout fetches: ``fetch-depth``, ``fetch-tags``, ``submodules``, ``lfs``."""
    asked = {
        name: inputs.get(name, "").strip().lower() for name in ("fetch-tags", "submodules", "lfs")
    }
    submodules = asked["submodules"] if asked["submodules"] in ("true", "recursive") else ""
    return Wanted(
        depth_of(inputs), asked["fetch-tags"] == "true", submodules, asked["lfs"] == "true"
    )


def is_inside(folder: str, workspace: str) -> bool:
    """Whether checkout may put the repository into ``folder``: GitHub keeps it in the workspace."""
    return folder == workspace or folder.startswith(f"{workspace}/")


def checkout_folder(inputs: Mapping[str, str], workspace: str) -> str:
    """Return where checkout puts the repository."""
    return posixpath.normpath(posixpath.join(workspace, inputs.get("path", "").strip() or "."))


def _script(
    folder: str, missing_list: str, large: str = "", inside: Sequence[Inside] = ()
) -> Script:
    """Return the script that fills ``folder`` from its ``.git``, save what the latter lacks.

    ``large`` is the path of a tar with the files of Git LFS; ``inside`` are the submodules, whose
    ``.git`` folders are there already.
    """
    text, arguments = _CHECKOUT, [folder, missing_list, large]
    for module in inside:
        first = len(arguments) + 1
        arguments += [folder, module.path, module.parent or ".", module.name, module.url]
        given = " ".join(f'"${{{number}}}"' for number in range(first, first + 5))
        text += f'set -- {given} "$@"\n{_SUBMODULE}shift 5\n'
    return Script(text, tuple(arguments))
