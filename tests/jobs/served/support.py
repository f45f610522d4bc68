"""A served action's call made by hand, and what came of running it in a sandbox."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import cast

from regreen.git import Export, Wanted
from regreen.jobs.commands import FILES, Effects, effects, unpacked
from regreen.jobs.layout import SYSTEM_PATH, hosted
from regreen.jobs.served import name_of, serve
from regreen.jobs.served.call import Call, Script
from regreen.jobs.stores import Stores
from regreen_sandbox.container import Sandbox

LAYOUT = hosted("owner/name")
GITHUB: dict[str, object] = {
    "ref": "refs/heads/main",
    "repository": "owner/name",
    "run_id": "1",
    "server_url": "https://github.com",
    "job": "job",
}


def no_commit(_wanted: Wanted) -> Export:
    """Pack nothing: for actions that check nothing out."""
    raise AssertionError("no checkout is asked for")


def call(
    uses: str,
    inputs: Mapping[str, str] | None = None,
    *,
    sandbox: Sandbox | None = None,
    files: Mapping[str, str] | None = None,
    **more: object,
) -> Call:
    """Return a call of the action ``uses``; ``files`` are the workspace's for what reads it."""
    made = Call(
        name=name_of(uses),
        version=uses.rpartition("@")[2],
        inputs=inputs or {},
        title=f"Run {uses}",
        env=environment("ubuntu24"),
        layout=LAYOUT,
        repository="owner/name",
        github=GITHUB,
        asked=None,
        pythons={},
        read=(files or {}).get,
        sandbox=cast("Sandbox", sandbox),
        source=no_commit,
        stores=Stores(),
    )
    return replace(made, **more)  # type: ignore[arg-type]


def script(made: Call) -> Script:
    """Serve a call that can be served."""
    served = serve(made)
    assert isinstance(served, Script), served
    return served


def environment(image: str) -> dict[str, str]:
    """Return the variables that served actions rely on."""
    files = {f"GITHUB_{name.upper()}": f"{LAYOUT.file_commands}/{name}" for name in FILES}
    return {
        "HOME": LAYOUT.home,
        "PATH": ":".join(SYSTEM_PATH),
        "GITHUB_WORKSPACE": LAYOUT.workspace,
        "RUNNER_TEMP": LAYOUT.temp,
        "ImageOS": image,
        **files,
    }


@dataclass(frozen=True)
class Ran:
    """What a served action did: exit code, output, all that it told the runner."""

    exit_code: int
    output: str
    effects: Effects
    served: Script = field(default_factory=lambda: Script(""))


def run(made: Call) -> Ran:
    """Serve a call and run its script as the runner does, in the call's own sandbox."""
    served, sandbox = script(made), made.sandbox
    folders = (LAYOUT.file_commands, LAYOUT.workspace)
    emptied = " ".join(f": > {LAYOUT.file_commands}/{name};" for name in FILES)
    setup = f"mkdir -p {' '.join(folders)}; {emptied}"
    assert sandbox.run(("/bin/sh", "-c", setup), env={}, cwd="/", timeout=60).ok
    argv = ("/bin/bash", "-c", served.text, "bash", *served.arguments)
    done = sandbox.run(argv, env=made.env, cwd=served.folder or "/", timeout=120)
    said = done.output.decode("utf-8", "replace")
    told = effects(unpacked(sandbox.read_tree(LAYOUT.file_commands) or b""), said)
    outputs = {**served.effects.outputs, **told.outputs}
    return Ran(done.exit_code, said, replace(served.effects, outputs=outputs), served)


def shell(sandbox: Sandbox, text: str) -> str:
    """Run a script in the workspace and return what it printed; it must go well."""
    argv = ("/bin/bash", "-ec", text)
    done = sandbox.run(argv, env=environment("ubuntu24"), cwd=LAYOUT.workspace, timeout=60)
    assert done.ok, done.output
    return done.output.decode()
