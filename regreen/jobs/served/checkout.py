"""actions/checkout: the commit's files, as much of its history as is asked for, submodules, LFS.

Inputs and outputs: the action's README. Credentials, keys and ``safe.directory`` leave nothing
behind in a folder of the job's own user, and are left out.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Sequence

from regreen.git import Export, Inside, Wanted
from regreen.jobs.commands import Effects
from regreen.jobs.served.call import Call, Script, failing
from regreen.jobs.served.othercommits import of_clone, of_server, under_test
from regreen.model import Unsupported

_DEPTH_DIGITS = 9
_BRANCH = re.compile(r"(?!-)[\w./+@-]+")
_SERVER = "https://github.com"
_CLEAN = """\
[ -e "$1" ] || exit 0
cd -- "$1" || exit 0
if [ -d .git ]; then
  [ "$2" ] || exit 0
  git clean -ffdxq; git reset --hard -q
elif [ ! -e "$3" ]; then
  find . -mindepth 1 -maxdepth 1 -exec rm -rf -- {} +
fi
true
"""
"""What is in the way of a checkout: a folder that no checkout made, changes to one that did."""
_CHECKOUT = """\
set -e
cd "$1"
if [ "$4" ]; then
  if [ "$5" ]; then
    git sparse-checkout set --cone --stdin < "$4"
  else
    git config core.sparseCheckout true
    git config core.sparseCheckoutCone false
    mkdir -p .git/info
    cp "$4" .git/info/sparse-checkout
  fi
  git read-tree -m -u HEAD
else
  git read-tree HEAD
fi
git update-index -z --skip-worktree --stdin < "$2"
git checkout-index --all --force --index
if [ "$3" ]; then
  tar -xf "$3"
  tar --quoting-style=literal -tf "$3" | git update-index --assume-unchanged --stdin
fi
if [ "$7" ]; then
  git update-ref "refs/remotes/origin/$7" HEAD
  git update-ref "refs/heads/$7" HEAD
  git symbolic-ref HEAD "refs/heads/$7"
  git config "branch.$7.remote" origin
  git config "branch.$7.merge" "refs/heads/$7"
fi
: > "$6"
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
        return failing(f"Repository path '{folder}' is not under '{call.layout.workspace}'")
    if call.given("github-server-url", _SERVER).rstrip("/") != _SERVER:
        return Unsupported(f"checkout from another server ({call.given('github-server-url')})")
    packed = _packed(call)
    if isinstance(packed, Unsupported):
        return packed
    if packed.lacking:
        return Unsupported("; ".join(packed.lacking))
    arguments = _placed(call, folder, packed)
    ref = call.given("ref", str(call.github.get("ref") or ""))
    outputs = {"ref": ref, "commit": packed.commit}
    return _script(folder, arguments, packed.inside, Effects(outputs=outputs))


def _packed(call: Call) -> Export | Unsupported:
    """Pack what is asked for: the commit under test, another ref, or another repository."""
    repository, ref, wanted = call.given("repository"), call.given("ref"), wanted_of(call.inputs)
    if repository and repository.lower() != call.repository.lower():
        return of_server(call.stores, _SERVER, repository, ref, wanted)
    if under_test(ref, call.github):
        return call.source(wanted)
    return of_clone(call.stores, ref, wanted, f"{_SERVER}/{call.repository}")


def _placed(call: Call, folder: str, packed: Export) -> tuple[str, ...]:
    """Put what was packed into the sandbox; return the script's arguments behind the folder."""
    temp, sandbox = call.layout.temp, call.sandbox
    missing, large, sparse = (f"{temp}/_regreen_{n}" for n in ("missing", "large.tar", "sparse"))
    marker = f"{temp}/_regreen_checkout_{folder.replace('/', '_')}"
    if call.index:  # the first step of a job finds its workspace empty
        clean = "1" if call.flag("clean", True) else ""
        call.inside(_CLEAN, folder, clean, marker)
    sandbox.write_tree(folder, packed.tar)
    names = "".join(f"{path}\0" for path in packed.missing)
    sandbox.write(missing, names.encode("utf-8", "surrogateescape"))
    if packed.large:
        sandbox.write(large, packed.large)
    for module in packed.inside:
        sandbox.write_tree(f"{folder}/{module.path}", module.packed.tar)
    patterns = call.lines("sparse-checkout")
    if patterns:
        sandbox.write(sparse, "".join(f"{line}\n" for line in patterns).encode())
    cone = "1" if call.flag("sparse-checkout-cone-mode", True) else ""
    return (
        missing,
        large if packed.large else "",
        sparse if patterns else "",
        cone,
        marker,
        _branch(call),
    )


def _branch(call: Call) -> str:
    """Return the branch that is checked out by name; empty where a commit is, or a tag."""
    own = call.given("repository", call.repository).lower() == call.repository.lower()
    ref = str(call.github.get("ref") or "")
    if not own or call.given("ref") not in ("", ref) or not ref.startswith("refs/heads/"):
        return ""
    name = ref.removeprefix("refs/heads/")
    return name if _BRANCH.fullmatch(name) and ".." not in name else ""


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
    folder: str, rest: tuple[str, ...], inside: Sequence[Inside], effects: Effects
) -> Script:
    """Return the script that fills ``folder`` from its ``.git``, save what the latter lacks.

    ``rest`` are its arguments behind the folder; ``inside`` are the submodules, whose ``.git``
    folders are there already.
    """
    text, arguments = _CHECKOUT, [folder, *rest]
    for module in inside:
        first = len(arguments) + 1
        arguments += [folder, module.path, module.parent or ".", module.name, module.url]
        given = " ".join(f'"${{{number}}}"' for number in range(first, first + 5))
        text += f'set -- {given} "$@"\n{_SUBMODULE}shift 5\n'
    return Script(text, tuple(arguments), effects)
