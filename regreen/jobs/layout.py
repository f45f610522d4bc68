"""Where things lie in the sandbox and which variables a step sees: as on a hosted runner.

Paths and variables: GitHub's documentation "Store information in variables" and "About
GitHub-hosted runners" (file systems); those of job containers as the runner mounts them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

HOME = "/home/runner"
TEMP = f"{HOME}/work/_temp"
TOOL_CACHE = "/opt/hostedtoolcache"
FILE_COMMANDS = f"{TEMP}/_runner_file_commands"
EVENT = f"{TEMP}/_github_workflow/event.json"
SYSTEM_PATH = (
    f"{HOME}/.local/bin",
    "/usr/local/sbin",
    "/usr/local/bin",
    "/usr/sbin",
    "/usr/bin",
    "/sbin",
    "/bin",
)


@dataclass(frozen=True, slots=True)
class Layout:
    """The absolute folders and files of one job; ``user`` is whose processes its steps are.

    ``event`` is the payload's file, ``file_commands`` the folder of the files by which a step talks
    to the runner, ``actions`` where actions lie that were fetched.
    """

    workspace: str
    home: str = HOME
    temp: str = TEMP
    tool_cache: str = TOOL_CACHE
    actions: str = f"{HOME}/work/_actions"
    event: str = EVENT
    file_commands: str = FILE_COMMANDS
    user: str = "runner"


def hosted(repository: str) -> Layout:
    """Return the layout of a job that runs on the runner itself."""
    return Layout(workspace(repository))


def contained(repository: str) -> Layout:
    """Return the layout of a job that runs in a container of its own (``container:``)."""
    name = repository.rsplit("/", 1)[-1]
    return Layout(
        workspace=f"/__w/{name}/{name}",
        home="/github/home",
        temp="/__w/_temp",
        tool_cache="/__t",
        actions="/__w/_actions",
        event="/github/workflow/event.json",
        file_commands="/__w/_temp/_runner_file_commands",
        user="root",
    )


def workspace(repository: str) -> str:
    """Return where the repository ``owner/name`` is checked out."""
    name = repository.rsplit("/", 1)[-1]
    return f"{HOME}/work/{name}/{name}"


def python_prefix(version: str) -> str:
    """Return where the runner keeps the Python of exactly this version."""
    return f"{TOOL_CACHE}/Python/{version}/x64"


def runner_env(github: Mapping[str, object], image: str, layout: Layout) -> dict[str, str]:
    """Return the variables that every step sees, from the ``github`` context and runner label."""
    names = (
        "action actor api_url base_ref event_name graphql_url head_ref job ref ref_name ref_type"
        " repository repository_owner run_attempt run_id run_number server_url sha workflow"
    )
    env = {f"GITHUB_{name.upper()}": _text(github.get(name)) for name in names.split()}
    files = {f"GITHUB_{name.upper()}": f"{layout.file_commands}/{name}" for name in _FILES}
    return env | {
        "CI": "true",
        "GITHUB_ACTIONS": "true",
        "GITHUB_WORKSPACE": layout.workspace,
        "GITHUB_EVENT_PATH": layout.event,
        **files,
        "HOME": layout.home,
        "USER": layout.user,
        "LANG": "C.UTF-8",
        "DEBIAN_FRONTEND": "noninteractive",
        "ImageOS": image.replace("-", "").replace(".04", ""),
        "RUNNER_OS": "Linux",
        "RUNNER_ARCH": "X64",
        "RUNNER_NAME": "GitHub Actions 1",
        "RUNNER_ENVIRONMENT": "github-hosted",
        "RUNNER_TEMP": layout.temp,
        "RUNNER_TOOL_CACHE": layout.tool_cache,
        "RUNNER_WORKSPACE": layout.workspace.rsplit("/", 1)[0],
        "AGENT_TOOLSDIRECTORY": layout.tool_cache,
    }


_FILES = ("env", "path", "output", "state", "step_summary")


def _text(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)
