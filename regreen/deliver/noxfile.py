"""A planned job as a ``noxfile.py`` that stands alone: its session runs the job again with nox.

The file needs nox and what the steps call, and nothing of regreen. All that comes from the
repository stands in it as literals.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from importlib.resources import files

from regreen.deliver.equivalents import script_of
from regreen.model.planned import Fate, PlannedJob, PlannedStep
from regreen.plain import visible

_BASH = ("bash", "-e", "{0}")
_VERSION = re.compile(r"(?:(?P<kind>pypy)-?|cpython-)?(?P<version>\d+\.\d+)")
_MACHINE_S = frozenset(
    {"HOME", "USER", "LANG", "DEBIAN_FRONTEND", "ImageOS", "RUNNER_TOOL_CACHE"}
    | {"AGENT_TOOLSDIRECTORY", "RUNNER_WORKSPACE", "PATH"}
    | {f"GITHUB_{name}" for name in ("ENV", "PATH", "OUTPUT", "STATE", "STEP_SUMMARY")}
    | {"GITHUB_EVENT_PATH"}
)
"""Variables that this machine, or each step, has its own of."""


def noxfile(job: PlannedJob) -> str:
    """Return the text of the file."""
    name = re.sub(r"[^\w.-]+", "-", job.name).strip("-") or "job"
    version = _python(job)
    python = f", python={version!r}" if version else ""
    parts = [
        _docstring(job),
        _runtime(),
        "",
        "nox.options.error_on_missing_interpreters = True",
        "",
        f"VARIABLES = {_mapping(_variables(job), '')}",
        f"FOLDERS = {_mapping(_folders(job), '')}",
        "",
        "",
        f"@nox.session(name={name!r}{python})",
        "def job(session):",
        '    """Run the steps of the job."""',
        "    with tempfile.TemporaryDirectory() as temp:",
        "        run = Run(session, temp, FOLDERS, VARIABLES)",
        *_around(job),
    ]
    for step in job.steps:
        parts += _step(step, job)
    return "\n".join(parts) + "\n"


def _docstring(job: PlannedJob) -> str:
    title = f"The job {job.name} of {job.workflow} at {job.commit[:12]} of {job.repository}."
    return "\n".join(
        (
            f'"""{_harmless(title)}',
            "",
            "Made by `regreen plan`. It runs on this machine and in the folder that nox is called",
            "from, or in the one that follows `--`; no sandbox holds anything back. The first step",
            "that fails ends it.",
            "",
            "    nox -f THIS_FILE [-- FOLDER]",
            '"""',
            "",
        )
    )


def _harmless(text: str) -> str:
    return visible(text).replace("\\", "/").replace('"', "'")


def _runtime() -> str:
    """Return what runs the steps, without the docstring of its own."""
    text = files("regreen.deliver").joinpath("noxrun.py").read_text(encoding="utf-8")
    body = text.partition('"""\n\n')[2]
    body = body.replace("import re\n", "import re\nimport tempfile\n", 1)
    return body.replace("from typing import Any\n", "from typing import Any\n\nimport nox\n", 1)


def _python(job: PlannedJob) -> str:
    """Return the Python that the job's last set-up asks for, as nox names it."""
    asked = [version for step in job.steps if _happens(step) for version in step.pythons]
    found = _VERSION.search(asked[-1]) if asked else None
    return f"{found['kind'] or ''}{found['version']}" if found else ""


def _happens(step: PlannedStep) -> bool:
    return step.fate in (Fate.RUN, Fate.SERVED, Fate.ACTION)


def _variables(job: PlannedJob) -> dict[str, str]:
    shared = {name: value for name, value in job.variables.items() if name not in _MACHINE_S}
    return {**shared, **job.env}


def _folders(job: PlannedJob) -> dict[str, str]:
    temp = job.variables.get("RUNNER_TEMP")
    return {job.workspace: "workspace"} | ({temp: "temp"} if temp else {})


def _around(job: PlannedJob) -> Iterator[str]:
    if job.container is not None:
        words = f"CI runs the job in the container {job.container.image}; here it is this machine"
        yield f"        session.warn({words!r})"
    for name, service in job.services.items():
        ports = ", ".join(service.ports) or "its own ports"
        words = f"the service {name} ({service.image}) is to be here already, at {ports}"
        yield f"        session.warn({words!r})"


def _step(step: PlannedStep, job: PlannedJob) -> Iterator[str]:
    yield f"        # {step.number}. {visible(step.name)} ({visible(step.place)})"
    note = _note(step)
    script = step.script if step.uses is None else script_of(step.uses, step.inputs)
    if note or script is None:
        yield f"        run.note({step.name!r}, {(note or 'it is not run here')!r})"
        return
    if step.condition:
        words = f"only the running job can tell whether it runs: {step.condition}"
        yield f"        run.note({step.name!r}, {words!r})"
    yield from _call(step, script, job)


def _note(step: PlannedStep) -> str:
    """Return why a step is not run by the file, empty where it is."""
    if step.fate in (Fate.SKIPPED, Fate.REFUSED, Fate.NOTHING, Fate.UNSUPPORTED):
        return f"{step.fate}: {step.why}"
    name = (step.uses or "").partition("@")[0].lower()
    if name == "actions/checkout":
        return "the folder is the checkout"
    if name == "actions/setup-python":
        return f"this session's Python ({', '.join(step.pythons) or 'the default'})"
    if step.uses is not None and script_of(step.uses, step.inputs) is None:
        return f"{step.uses} is not run here: what it sets up is to be on this machine"
    return ""


def _call(step: PlannedStep, script: str, job: PlannedJob) -> Iterator[str]:
    shell = step.shell if step.uses is None else _BASH
    folder = step.folder if step.uses is None else job.workspace
    yield "        run.step("
    yield f"            {step.name!r},"
    yield f"            {shell!r},"
    yield from _literal(script)
    yield f"            folder={folder!r},"
    if step.id:
        yield f"            id={step.id!r},"
    if step.env:
        yield f"            env={_mapping(step.env, ' ' * 12)},"
    if step.tolerated:
        yield "            tolerated=True,"
    yield "        )"


def _literal(text: str) -> Iterator[str]:
    """Yield a script as literals, a line of it each."""
    lines = text.splitlines(keepends=True) or [""]
    yield "            ("
    yield from (f"                {line!r}" for line in lines)
    yield "            ),"


def _mapping(values: Mapping[str, str], indent: str) -> str:
    rows = (f"{indent}    {name!r}: {value!r},\n" for name, value in values.items())
    return "{\n" + "".join(rows) + f"{indent}}}" if values else "{}"
