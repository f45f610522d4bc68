"""Where things lie in the sandbox and which variables a step sees: as on a hosted runner.

Paths and variables: GitHub's documentation "Store information in variables" and "About
GitHub-hosted runners" (file systems).
"""

from __future__ import annotations

from collections.abc import Mapping

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


def workspace(repository: str) -> str:
    """Return where the repository ``owner/name`` is checked out."""
    name = repository.rsplit("/", 1)[-1]
    return f"{HOME}/work/{name}/{name}"


def python_prefix(version: str) -> str:
    """Return where the runner keeps the Python of exactly this version."""
    return f"{TOOL_CACHE}/Python/{version}/x64"


def runner_env(github: Mapping[str, object], image: str) -> dict[str, str]:
    """Return the variables that every step sees, from the ``github`` context and runner label."""
    names = (
        "action actor api_url base_ref event_name graphql_url head_ref job ref ref_name ref_type"
        " repository repository_owner run_attempt run_id run_number server_url sha workflow"
    )
    env = {f"GITHUB_{name.upper()}": _text(github.get(name)) for name in names.split()}
    place = workspace(env["GITHUB_REPOSITORY"] or "repository")
    return env | {
        "CI": "true",
        "GITHUB_ACTIONS": "true",
        "GITHUB_WORKSPACE": place,
        "GITHUB_EVENT_PATH": EVENT,
        **{f"GITHUB_{name.upper()}": f"{FILE_COMMANDS}/{name}" for name in _FILES},
        "HOME": HOME,
        "USER": "runner",
        "LANG": "C.UTF-8",
        "DEBIAN_FRONTEND": "noninteractive",
        "ImageOS": image.replace("-", "").replace(".04", ""),
        "RUNNER_OS": "Linux",
        "RUNNER_ARCH": "X64",
        "RUNNER_NAME": "GitHub Actions 1",
        "RUNNER_ENVIRONMENT": "github-hosted",
        "RUNNER_TEMP": TEMP,
        "RUNNER_TOOL_CACHE": TOOL_CACHE,
        "RUNNER_WORKSPACE": place.rsplit("/", 1)[0],
        "AGENT_TOOLSDIRECTORY": TOOL_CACHE,
    }


_FILES = ("env", "path", "output", "state", "step_summary")


def _text(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)
