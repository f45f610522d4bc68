"""Workflows, compared as data: jobs, triggers, conditions and commands may not become fewer."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from regreen.verify.guard import checkers, parsing, shell
from regreen.verify.guard.dockerfile import same_image
from regreen.verify.guard.jobkeys import environment, permissions, tolerant
from regreen.verify.guard.matrices import missing_legs, more_keys
from regreen.verify.guard.renamed_keys import as_meant
from regreen.verify.guard.scalars import family, is_repaired
from regreen.verify.guard.standins import NOWHERE, Ground
from regreen.verify.guard.steps import compare_steps, condition_reasons
from regreen.verify.guard.triggers import fewer_triggers

_FREE = frozenset(
    ["name", "run-name", "concurrency", "outputs", "description", "author", "branding"]
)

_NEAR_JOB = 0.6


def objections(path: str, old: str, new: str, ground: Ground = NOWHERE) -> list[str]:
    """Return why the definition of CI in ``new`` checks less than in ``old``."""
    if not path.endswith((".yml", ".yaml")):
        return [] if old.split() == new.split() else [f"it changes CI's own definition: {path}"]
    after = parsing.data(path, new)
    if not isinstance(after, dict):
        return [f"it leaves CI's definition unreadable: {path}"]
    before = parsing.data(path, old)
    if not isinstance(before, dict):
        return _repaired_text(path, old, new)
    before = as_meant(before, after)
    if before == after or (_is_refused(old, before) and _in_order(old) == _in_order(new)):
        return []
    if "runs" in before or "runs" in after:
        return _action(path, before, after, ground)
    if isinstance(before.get("jobs"), dict) or isinstance(after.get("jobs"), dict):
        return _workflow(path, before, after, ground)
    return _other(path, before, after)


def _repaired_text(path: str, old: str, new: str) -> list[str]:
    """A text that could not be read is compared by its words, comments and layout aside."""
    before, after = (Counter(re.findall(r"[\w./@|&;!*$-]+", _plain(t))) for t in (old, new))
    less = [w for w in before - after if re.search(r"\w", w)]
    more = [w for w in after - before if re.search(r"\w", w) or w in {"||", "&", ";", "!"}]
    strange = [w for w in (*less, *more) if not _only_signs(w, before, after)]
    if not strange:
        return []
    return [f"it changes more than how CI's definition is written ({strange[0][:30]}): {path}"]


def _in_order(text: str) -> list[str]:
    return [w for w in re.findall(r"[^\s,:\[\]{}\"']+", _plain(text)) if w != "-" and w != "with"]


def _is_refused(text: str, data: Mapping[str, Any]) -> bool:
    """Whether GitHub takes no workflow of this text: a key twice, or a step that is two."""
    jobs = [j for j in _mapping(data.get("jobs")).values() if isinstance(j, dict)]
    steps = [s for j in jobs for s in _list(j.get("steps")) if isinstance(s, dict)]
    return any("uses" in s and "run" in s for s in steps) or parsing.has_twins(text)


def _plain(text: str) -> str:
    return re.sub(r"(?m)(?:^|\s)#.*$", "", text)


def _only_signs(word: str, before: Counter[str], after: Counter[str]) -> bool:
    """Whether a word differs from one on the other side by signs such as ``$`` and ``-`` alone."""
    bare = re.sub(r"[^\w]", "", word)
    if "|" in word or "&" in word or "!" in word:
        return False
    others = (after - before) if before[word] > after[word] else (before - after)
    return any(re.sub(r"[^\w]", "", w) == bare for w in others)


def _workflow(
    path: str, before: Mapping[str, Any], after: Mapping[str, Any], ground: Ground
) -> list[str]:
    reasons = fewer_triggers(before.get("on"), after.get("on"), path)
    words = repr(after.get("jobs"))
    reasons += permissions(before.get("permissions"), after.get("permissions"), words, path)
    reasons += environment(before.get("env"), after.get("env"), path)
    reasons += _defaults(before.get("defaults"), after.get("defaults"), path)
    known = {"on", "jobs", "permissions", "env", "defaults", *_FREE}
    reasons += _unknown(before, after, known, path)
    old_jobs, new_jobs = _mapping(before.get("jobs")), _mapping(after.get("jobs"))
    for name, job in old_jobs.items():
        if name not in new_jobs:
            reasons.append(f"it removes the job {name!r}: {path}")
        elif job != new_jobs[name]:
            where, now = f"{path}, job {name!r}", _mapping(new_jobs[name])
            reasons += _job(where, _needing(_mapping(job), now, old_jobs, new_jobs), now, ground)
    for name in new_jobs.keys() - old_jobs.keys():
        reasons.append(f"it adds the job {name!r}: {path}")
    return reasons


def _needing(
    before: Mapping[str, Any], after: Mapping[str, Any], jobs: Mapping[str, Any], now: Any
) -> Mapping[str, Any]:
    """Return a job with the near names of jobs that there are, as ``after`` has, in its needs."""
    rows = [[n] if isinstance(n := j.get("needs"), str) else _list(n) for j in (before, after)]
    lost = [name for name in rows[0] if name not in rows[1]]
    more = [name for name in rows[1] if name not in rows[0]]
    near = len(rows[0]) == len(rows[1]) and all(
        isinstance(a, str)
        and isinstance(b, str)
        and a not in jobs
        and b in jobs
        and b in now
        and difflib.SequenceMatcher(None, a.lower(), b.lower(), False).ratio() >= _NEAR_JOB
        for a, b in zip(lost, more, strict=False)
    )
    return {**before, "needs": after["needs"]} if lost and near else before


def _job(
    where: str, before: Mapping[str, Any], after: Mapping[str, Any], ground: Ground
) -> list[str]:
    reasons = condition_reasons(before.get("if"), after.get("if"), where)
    reasons += tolerant(before, after, where)
    reasons += permissions(before.get("permissions"), after.get("permissions"), repr(after), where)
    reasons += environment(before.get("env"), after.get("env"), where)
    reasons += _defaults(before.get("defaults"), after.get("defaults"), where)
    strategies = before.get("strategy"), after.get("strategy")
    reasons += missing_legs(*strategies, where)
    reasons += more_keys(*strategies, repr(before), where)
    old_label, new_label = before.get("runs-on"), after.get("runs-on")
    if not _same_machine(old_label, new_label):
        reasons.append(
            f"it runs on another kind of machine, {new_label!r} instead of {old_label!r}: {where}"
        )
    image = after.get("container")
    if before.get("container") != image and not _same_image(before.get("container"), image):
        reasons.append(f"it changes the container: {where}")
    reasons += _services(_mapping(before.get("services")), _mapping(after.get("services")), where)
    reasons += compare_steps(_list(before.get("steps")), _list(after.get("steps")), where, ground)
    known = {
        *(
            "if",
            "continue-on-error",
            "timeout-minutes",
            "permissions",
            "env",
            "defaults",
            "strategy",
        ),
        *("runs-on", "container", "services", "steps", *_FREE),
    }
    return reasons + _unknown(before, after, known, where)


def _defaults(before: Any, after: Any, where: str) -> list[str]:
    return [] if before == after else [f"it changes what all commands run in: {where}"]


def _same_machine(old: Any, new: Any) -> bool:
    if isinstance(old, list) and isinstance(new, list):
        return [family(str(x)) for x in old] == [family(str(x)) for x in new]
    if old == new or old is None:
        return True
    return family(str(old)) == family(str(new)) or is_repaired(str(old), str(new))


def _same_image(old: Any, new: Any) -> bool:
    images, rests = [], []
    for side in (old, new):
        images.append(str(side.get("image") if isinstance(side, dict) else side))
        rests.append(
            {k: v for k, v in side.items() if k != "image"} if isinstance(side, dict) else {}
        )
    return rests[0] == rests[1] and (images[0] == images[1] or same_image(*images))


def _services(before: Mapping[str, Any], after: Mapping[str, Any], where: str) -> list[str]:
    gone = [f"it removes the service {name!r}: {where}" for name in before.keys() - after.keys()]
    return gone + [
        f"it changes the service {name!r}: {where}"
        for name in before.keys() & after.keys()
        if before[name] != after[name] and not _same_image(before[name], after[name])
    ]


def _unknown(
    before: Mapping[str, Any], after: Mapping[str, Any], known: set[str], where: str
) -> list[str]:
    keys = sorted((before.keys() | after.keys()) - known)
    return [
        f"it changes {key!r}: {where}"
        for key in keys
        if before.get(key) != after.get(key)
        and (key in before or key in {"needs", "uses", "with", "secrets", "environment"})
    ]


def _action(
    path: str, before: Mapping[str, Any], after: Mapping[str, Any], ground: Ground
) -> list[str]:
    old, new = _mapping(before.get("runs")), _mapping(after.get("runs"))
    reasons = compare_steps(_list(old.get("steps")), _list(new.get("steps")), path, ground)
    for key in sorted((old.keys() | new.keys()) - {"steps"}):
        node = (
            key == "using"
            and str(old.get(key)).startswith("node")
            and str(new.get(key)).startswith("node")
        )
        if old.get(key) != new.get(key) and not node:
            reasons.append(f"it changes what the action runs, {key!r}: {path}")
    return reasons + _unknown(before, after, {"runs", *_FREE}, path)


def services(path: str, old: str, new: str) -> list[str]:
    """Return what the tasks of a Taskfile, or the services of a compose file, no longer do."""
    if not checkers.are_named(old):
        return []
    before, after = parsing.data(path, old), parsing.data(path, new)
    if after is None or before is None:
        return [] if old.split() == new.split() else [f"it leaves unreadable tasks: {path}"]
    return _other(path, before, after)


_SCRIPTS = frozenset(
    [
        *("script", "before_script", "after_script", "install", "before_install", "commands"),
        *("cmds", "cmd", "command", "entrypoint", "run"),
    ]
)
_HARMLESS = frozenset(
    [
        *("cache", "artifacts", "tags", "stages", "description", "interruptible", "image"),
        *("desc", "summary", "labels", "container_name"),
    ]
)


def _other(path: str, before: Any, after: Any, where: str = "") -> list[str]:
    """CI definitions of other providers: scripts command by command, all else must stay."""
    place = f"{path}{where}"
    if before == after:
        return []
    if not (isinstance(before, dict) and isinstance(after, dict)):
        return [f"it changes CI's own definition: {place}"]
    reasons = []
    for key in sorted(before.keys() | after.keys(), key=str):
        old, new = before.get(key), after.get(key)
        if old == new or key in _HARMLESS - {"image"}:
            continue
        if key == "image" and _same_image(old, new):
            continue
        if key in _SCRIPTS and old is not None:
            reasons += shell.weaker(_script(old), _script(new), f"{place}, {key}")
        elif key in _SCRIPTS:
            reasons += shell.added(_script(new), f"{place}, {key}")
        elif key in {"variables", "env", "environment"} and isinstance(old or new, dict):
            reasons += environment(old, new, place)
        elif key == "allow_failure":
            reasons.append(f"it lets a failure pass with allow_failure: {place}")
        elif new is None:
            reasons.append(f"it removes {key!r} from CI's definition: {place}")
        elif old is None:
            reasons.append(f"it adds {key!r} to CI's definition: {place}")
        else:
            reasons += _other(path, old, new, f"{where}, {key}")
    return reasons


def _script(value: Any) -> str:
    rows: Sequence[Any] = value if isinstance(value, list) else [value]
    return "\n".join(_script(r) if isinstance(r, list) else str(r) for r in rows if r is not None)


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
