"""One pipeline's definition with everything that GitLab fills in filled in: jobs by their names.

``extends`` and ``!reference`` are resolved. Where files that are not read could hold what a job
lacks, that job is remembered as lacking; without such files it is GitLab's error.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from regreen.jobs.gitlab.checks import check_globals, check_job
from regreen.jobs.gitlab.includes import Outside, read_whole
from regreen.jobs.gitlab.merging import Extender, Lacking, resolved
from regreen.jobs.gitlab.rules import Circumstances
from regreen.jobs.gitlab.tree import Listing, Node, Place, Scalar, Table
from regreen.jobs.gitlab.variables import Declared, declared

FILE = ".gitlab-ci.yml"
EARLIEST, LATEST = ".pre", ".post"
DEFAULT_STAGES = ("build", "test", "deploy")
GLOBALS = frozenset(
    [
        *("default", "include", "before_script", "image", "services", "after_script"),
        *("variables", "stages", "types", "cache", "workflow", "spec"),
    ]
)
"""Top-level names that are no jobs."""

INHERITED = (
    *("after_script", "artifacts", "before_script", "cache", "hooks", "id_tokens", "image"),
    *("interruptible", "retry", "services", "tags", "timeout"),
)
"""What a job takes from ``default``."""

_OLD_DEFAULTS = ("image", "services", "cache", "before_script", "after_script")
_MISSING = "config should implement the script:, run:, or trigger: keyword"


@dataclass(frozen=True, slots=True)
class Config:
    """A definition as GitLab sees it; ``jobs`` are the visible ones, their defaults filled in.

    ``lacking`` says of a job what it needs of the files that are not read (``outside``), and
    where.
    """

    file: str
    stages: tuple[str, ...]
    variables: Mapping[str, Declared]
    workflow: Table | None
    jobs: Mapping[str, Table]
    outside: tuple[Outside, ...] = ()
    lacking: Mapping[str, Lacking] = field(default_factory=dict)


def read_config(text: str, file: str, given: Circumstances) -> Config:
    """Return the definition ``text`` of the file ``file``.

    ``given`` are the commit's files and the pipeline's variables, for ``include``. Raises
    WorkflowError for what GitLab refuses.
    """
    whole = read_whole(text, file, given)
    table, lacking = _resolved(whole.table, partial=bool(whole.outside))
    check_globals(table)
    stages = _stages(table)
    jobs = _jobs(table, lacking, partial=bool(whole.outside))
    if not jobs and not lacking and not whole.outside:
        raise whole.table.place.error("jobs config should contain at least one visible job")
    for name, job in jobs.items():
        try:
            check_job(name, job, stages, jobs, partial=bool(whole.outside))
        except Lacking as lack:
            if not whole.outside:
                raise lack.error() from lack
            lacking[name] = lack
    default = _default(table)
    workflow = table.get("workflow")
    return Config(
        file=file,
        stages=stages,
        variables=declared(table.get("variables"), ""),
        workflow=workflow if isinstance(workflow, Table) else None,
        jobs={n: inheriting(job, default) for n, job in jobs.items() if n not in lacking},
        outside=whole.outside,
        lacking=lacking,
    )


def _resolved(table: Table, *, partial: bool) -> tuple[Table, dict[str, Lacking]]:
    extender = Extender(table.entries)
    lacking: dict[str, Lacking] = {}
    entries: dict[str, Node] = {}
    for name, node in table.entries.items():
        try:
            entries[name] = extender.of(name) if isinstance(node, Table) else node
        except Lacking as lack:
            lacking[name] = lack
    root = replace(table, entries=entries)
    for name, node in list(entries.items()):
        try:
            entries[name] = resolved(node, root)
        except Lacking as lack:
            lacking[name] = lack
    for name, missing in lacking.items():
        if not partial:
            raise missing.error()
        entries.pop(name, None)
    return replace(table, entries=entries), lacking


def _stages(table: Table) -> tuple[str, ...]:
    node = table.get("stages") or table.get("types")
    names: tuple[str, ...] = DEFAULT_STAGES
    if isinstance(node, Listing):
        names = tuple(item.text for item in node.items if isinstance(item, Scalar))
    inner = dict.fromkeys(name for name in names if name not in (EARLIEST, LATEST))
    return (EARLIEST, *inner, LATEST)


def _jobs(table: Table, lacking: dict[str, Lacking], *, partial: bool) -> dict[str, Table]:
    found: dict[str, Table] = {}
    for name, node in table.entries.items():
        if name.startswith(".") or name in GLOBALS:
            continue
        if isinstance(node, Table) and {"script", "run", "trigger"} & set(node.entries):
            found[name] = node
            continue
        lack = Lacking(f"jobs {name} {_MISSING}", table.at(name))
        if not partial:
            raise lack.error()
        lacking[name] = lack
    return found


def _default(table: Table) -> Table:
    """Return ``default``, with what older files say at the top level."""
    node = table.get("default")
    default = node if isinstance(node, Table) else Table({}, Place("", 1, 1), {})
    entries = dict(default.entries)
    for key in _OLD_DEFAULTS:
        value = table.get(key)
        if value is None:
            continue
        if key in entries:
            reason = f"{key} is defined in top-level and `default:` entry"
            raise table.at(key).error(reason)
        entries[key] = value
    return replace(default, entries=entries)


def inheriting(job: Table, default: Table) -> Table:
    """Return ``job`` with what it takes from ``default``, as its ``inherit`` allows."""
    wanted = _inherited(job, "default")
    entries = dict(job.entries)
    for key in INHERITED:
        value = default.get(key)
        if value is not None and key not in entries and (wanted is None or key in wanted):
            entries[key] = value
    return replace(job, entries=entries)


def _inherited(job: Table, what: str) -> frozenset[str] | None:
    """Return which names of ``what`` the job inherits; ``None`` for all of them."""
    inherit = job.get("inherit")
    node = inherit.get(what) if isinstance(inherit, Table) else None
    if isinstance(node, Listing):
        return frozenset(item.text for item in node.items if isinstance(item, Scalar))
    if isinstance(node, Scalar) and node.value is False:
        return frozenset()
    return None


def global_variables(config: Config, job: Table) -> dict[str, Declared]:
    """Return the file's variables that ``job`` inherits."""
    wanted = _inherited(job, "variables")
    return {name: one for name, one in config.variables.items() if wanted is None or name in wanted}
