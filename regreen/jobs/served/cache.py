"""actions/cache, with its ``restore`` and ``save``: kept on this machine, for each repository.

No proof is given any (`regreen.jobs.stores.Stores.uncached`): there every look-up misses and
nothing is kept. Inputs, outputs, messages: the action's README and its ``src/restoreImpl.ts`` and
``src/saveImpl.ts``.
"""

from __future__ import annotations

import json
import shlex
from dataclasses import asdict
from pathlib import Path

from regreen.jobs.commands import Effects
from regreen.jobs.served import cachestore
from regreen.jobs.served.cachestore import Entry
from regreen.jobs.served.call import Call, Script, failing, saying
from regreen.jobs.stores import Stores
from regreen.jobs.work import Post
from regreen_sandbox.container import Sandbox
from regreen_sandbox.errors import FileTooLarge

_ENTRY, _FILE = "REGREEN_CACHE_ENTRY", "REGREEN_CACHE_FILE"
_MOST_KEYS, _LONGEST_KEY = 10, 512
_PACK = """\
workspace=$1 out=$2
shift 2
shopt -s globstar nullglob dotglob
cd -- "$workspace" || exit 0
IFS=
declare -A taken=()
for pattern; do
  sign=${pattern%%[!\\!]*}
  pattern=${pattern#"$sign"}
  case $pattern in '~'|'~/'*) pattern=$HOME${pattern#'~'};; esac
  case $pattern in *[\\*?[]*) found=($pattern);; *) found=("$pattern");; esac
  for path in "${found[@]}"; do
    path=${path%/}
    if [ "$sign" ]; then unset "taken[$path]"
    elif [ -e "$path" ] || [ -L "$path" ]; then taken[$path]=1; fi
  done
done
if [ ${#taken[@]} = 0 ]; then
  echo '[warning]Path Validation Error: Path(s) specified in the action for caching do(es) not \
exist, hence no cache is being saved.'
  exit 0
fi
printf '%s\\0' "${!taken[@]}" > "$out.list"
tar --null --files-from="$out.list" -cPf "$out" --ignore-failed-read
rm -f -- "$out.list"
"""
_UNPACK = """\
set -e
tar -xPf "$2" -C "$1"
rm -f -- "$2"
"""


def serve(call: Call) -> Script:
    """Bring what is kept under the key, and keep what is there at the job's end."""
    return _restore(call, saves=True)


def serve_restore(call: Call) -> Script:
    """Bring what is kept under the key."""
    return _restore(call, saves=False)


def serve_save(call: Call) -> Script:
    """Keep what is there now under the key."""
    problem = _problem(call, (call.given("key"),))
    if problem is not None:
        return problem
    entry, out = _entry(call), _archive_path(call)
    folder = call.stores.caches
    if folder is None:
        return saying("No cache is kept here: this run must not depend on one.")
    if cachestore.find(folder, (entry.key,), entry.version, (entry.ref,)) == entry:
        words = f"Failed to save: Unable to reserve cache with key {entry.key}, another job may be"
        return saying(f"{words} creating this cache.", "::warning::Cache save failed.")
    argv = ("/bin/bash", "-c", _PACK, "bash", call.layout.workspace, out, *_paths(call))
    done = call.sandbox.run(argv, env=call.env, cwd="/", timeout=600)
    said = done.output.decode("utf-8", "replace").splitlines()
    return saying(*said, _take(call.sandbox, folder, entry, out))


def kept(sandbox: Sandbox, stores: Stores, post: Post) -> str:
    """Take over what a post step of actions/cache packed; return what is to be said of it.

    For any other post step, and where no caches are kept, nothing is done.
    """
    told, out = post.env.get(_ENTRY), post.env.get(_FILE)
    # Any action's variables are in its post step: only the very command of this one counts.
    served = post.argv[:4] == ("/bin/bash", "-c", _PACK, "bash") and not post.image
    if not served or told is None or out is None or stores.caches is None:
        return ""
    return f"{_take(sandbox, stores.caches, Entry(**json.loads(told)), out)}\n"


def _restore(call: Call, *, saves: bool) -> Script:
    keys = (call.given("key"), *call.lines("restore-keys"))
    problem = _problem(call, keys)
    if problem is not None:
        return problem
    wanted, folder = _entry(call), call.stores.caches
    found = cachestore.find(folder, keys, wanted.version, _refs(call)) if folder else None
    content = cachestore.archive(folder, found) if folder and found else None
    outputs = {} if saves else {"cache-primary-key": wanted.key}
    exact = found is not None and found.key.lower() == wanted.key.lower()
    posts = (_saving(call, wanted),) if saves and not exact else ()
    if found is None or content is None:
        if call.flag("fail-on-cache-miss"):
            said = "Failed to restore cache entry. Exiting as fail-on-cache-miss is set. Input key:"
            return failing(f"{said} {wanted.key}")
        words = f"Cache not found for input keys: {', '.join(keys)}"
        return saying(words, effects=Effects(outputs=outputs), posts=posts)
    outputs |= {"cache-hit": "true" if exact else "false"}
    if not saves:
        outputs["cache-matched-key"] = found.key
    effects = Effects(outputs=outputs)
    if call.flag("lookup-only"):
        said = f"Cache found and can be restored from key: {found.key}"
        return saying(said, effects=effects, posts=posts)
    out = _archive_path(call)
    call.sandbox.write(out, content)
    text = f"{_UNPACK}echo {shlex.quote(f'Cache restored from key: {found.key}')}"
    return Script(text, (call.layout.workspace, out), effects, posts=posts)


def _problem(call: Call, keys: tuple[str, ...]) -> Script | None:
    for name in ("key", "path"):
        if not call.given(name):
            return failing(f"Input required and not supplied: {name}")
    if len(keys) > _MOST_KEYS:
        return failing(f"Key Validation Error: Keys are limited to a maximum of {_MOST_KEYS}.")
    for key in keys:
        if len(key) > _LONGEST_KEY:
            limit = f"cannot be larger than {_LONGEST_KEY} characters."
            return failing(f"Key Validation Error: {key} {limit}")
        if "," in key:
            return failing(f"Key Validation Error: {key} cannot contain commas.")
    return None


def _paths(call: Call) -> tuple[str, ...]:
    return call.lines("path")


def _entry(call: Call) -> Entry:
    return Entry(call.given("key"), cachestore.version_of(_paths(call)), _refs(call)[0])


def _refs(call: Call) -> tuple[str, ...]:
    """Return the refs whose caches the run may use: its own, its base, the default branch."""
    event = call.github.get("event")
    about = event.get("repository") if isinstance(event, dict) else None
    default = about.get("default_branch") if isinstance(about, dict) else None
    own, base = str(call.github.get("ref") or ""), str(call.github.get("base_ref") or "")
    branches = [f"refs/heads/{name}" for name in (base, default or "main") if name]
    return tuple(dict.fromkeys((own, *branches)))


def _archive_path(call: Call) -> str:
    entry = _entry(call)
    return f"{call.layout.temp}/_regreen_cache_{entry.version[:12]}_{call.index}.tar"


def _saving(call: Call, entry: Entry) -> Post:
    out = _archive_path(call)
    argv = ("/bin/bash", "-c", _PACK, "bash", call.layout.workspace, out, *_paths(call))
    env = {_ENTRY: json.dumps(asdict(entry)), _FILE: out}
    return Post(call.index, f"Post {call.title}", argv, env, "success()")


def _take(sandbox: Sandbox, folder: Path, entry: Entry, out: str) -> str:
    try:
        content = sandbox.read(out, cachestore.ENTRY_BYTES)
    except FileTooLarge:
        limit = cachestore.ENTRY_BYTES >> 20
        return f"[warning]The cache is not kept: it has more than {limit} MiB."
    if content is None:
        return ""
    if not cachestore.put(folder, entry, content):
        return f"Cache hit occurred on the primary key {entry.key}, not saving cache."
    return f"Cache saved with key: {entry.key}"
