"""What GitHub's hosted runner prints around the output of a job's steps.

The form is that of a job's log as GitHub serves it: a byte order mark, then lines that begin with
a time of seven decimals; groups; a step's script in cyan; the exit code after ``##[error]``.
The lines of actions are those of checkout v4 and setup-python v5 in November 2024, runner 2.320.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

_IMAGE = "20241117.1"
_GIT = "2.47.0"
_HOME = "/home/runner/work/_temp/5d1f2c0e-77a4-4b0a-9f63-2f8f4e1f7c55"
_CHECKOUT = (
    "ssh-strict: true",
    "ssh-user: git",
    "persist-credentials: true",
    "clean: true",
    "sparse-checkout-cone-mode: true",
    "fetch-depth: 1",
    "fetch-tags: false",
    "show-progress: true",
    "lfs: false",
    "submodules: false",
    "set-safe-directory: true",
)
_HINT = """hint: Using 'master' as the name for the initial branch. This default branch name
hint: is subject to change. To configure the initial branch name to use in all
hint: of your new repositories, which will suppress this warning, call:
hint:
hint: \tgit config --global init.defaultBranch <name>
hint:
hint: Names commonly chosen instead of 'master' are 'main', 'trunk' and
hint: 'development'. The just-created branch can be renamed via this command:
hint:
hint: \tgit branch -m <name>""".splitlines()
_FOREACH = "[command]/usr/bin/git submodule foreach --recursive sh -c"


class RunnerLog:
    """A job's log as it grows; times are made up from ``started`` on, the same at every call."""

    def __init__(
        self, started: datetime, repository: str, workspace: str, environment: Mapping[str, str]
    ) -> None:
        self._now = started
        self._random = random.Random(started.isoformat())
        self._repository = repository
        self._workspace = workspace
        self._environment = dict(environment)
        self._lines: list[str] = []

    def text(self) -> str:
        """Return the log so far."""
        return "".join(f"{line}\n" for line in self._lines)

    def preamble(self, job: str) -> None:
        """Write what comes before the first step."""
        self._say("Current runner version: '2.320.0'")
        self._group("Operating System", ["Ubuntu", "24.04.1", "LTS"])
        docs = f"https://github.com/actions/runner-images/blob/ubuntu24/{_IMAGE}/images/ubuntu"
        self._group(
            "Runner Image",
            [
                "Image: ubuntu-24.04",
                f"Version: {_IMAGE}.0",
                f"Included Software: {docs}/Ubuntu2404-Readme.md",
                (
                    "Image Release: https://github.com/actions/runner-images/releases/tag/"
                    f"ubuntu24%2F{_IMAGE}"
                ),
            ],
        )
        self._group("Runner Image Provisioner", ["2.0.385.1"])
        self._group("GITHUB_TOKEN Permissions", ["Contents: read", "Metadata: read"])
        self._say("Secret source: Actions", "Prepare workflow directory")
        self._wait(0.04)
        self._say("Prepare all required actions", "Getting action download info")
        self._wait(0.3)
        self._say(
            "Download action repository 'actions/checkout@v4' "
            "(SHA:11bd71901bbe5b1630ceea73d27597364c9af683)",
            "Download action repository 'actions/setup-python@v5' "
            "(SHA:0b93645e9fea7318ecaed2b359559ac225c90a2b)",
        )
        self._wait(0.2)
        self._say(f"Complete job name: {job}")

    def checkout(self, commit: str) -> None:
        """Write the checkout of ``commit``, pushed to ``main``."""
        git = "[command]/usr/bin/git"
        header = "http.https://github.com/.extraheader"
        url = f"https://github.com/{self._repository}"
        self._action("actions/checkout@v4", [f"repository: {self._repository}", "token: ***"])
        self._wait(0.1)
        self._say(f"Syncing repository: {self._repository}")
        self._git_version("##[group]Getting Git version info", "##[endgroup]")
        self._safe_directory()
        self._say(f"Deleting the contents of '{self._workspace}'")
        self._group(
            "Initializing the repository",
            [
                f"{git} init {self._workspace}",
                *_HINT,
                f"Initialized empty Git repository in {self._workspace}/.git/",
                f"{git} remote add origin {url}",
            ],
        )
        self._group("Disabling automatic garbage collection", [f"{git} config --local gc.auto 0"])
        self._group(
            "Setting up auth",
            [
                *self._without_credentials(),
                f"{git} config --local {header} AUTHORIZATION: basic ***",
            ],
        )
        self._wait(0.3)
        self._group(
            "Fetching the repository",
            [
                (
                    f"{git} -c protocol.version=2 fetch --no-tags --prune --no-recurse-submodules "
                    f"--depth=1 origin +{commit}:refs/remotes/origin/main"
                ),
                f"From {url}",
                f" * [new ref]         {commit} -> origin/main",
            ],
        )
        self._group("Determining the checkout info", [])
        self._say(
            f"{git} sparse-checkout disable",
            f"{git} config --local --unset-all extensions.worktreeConfig",
        )
        self._group(
            "Checking out the ref",
            [
                f"{git} checkout --progress --force -B main refs/remotes/origin/main",
                "Switched to a new branch 'main'",
                "branch 'main' set up to track 'origin/main'.",
            ],
        )
        self._say(f"{git} log -1 --format=%H", commit)

    def setup_python(self, requested: str, version: str) -> None:
        """Write the set-up of Python ``version``; later steps show what it put into their env."""
        self._wait(0.2)
        self._action(
            "actions/setup-python@v5",
            [
                f"python-version: {requested}",
                "check-latest: false",
                "token: ***",
                "update-environment: true",
                "allow-prereleases: false",
                "freethreaded: false",
            ],
            defaults=(),
        )
        self._wait(0.15)
        self._group("Installed versions", [f"Successfully set up CPython ({version})"])
        prefix = f"/opt/hostedtoolcache/Python/{version}/x64"
        self._environment |= {
            "pythonLocation": prefix,
            "PKG_CONFIG_PATH": f"{prefix}/lib/pkgconfig",
            "Python_ROOT_DIR": prefix,
            "Python2_ROOT_DIR": prefix,
            "Python3_ROOT_DIR": prefix,
            "LD_LIBRARY_PATH": f"{prefix}/lib",
        }

    def run(self, script: str, output: str, seconds: float, exit_code: int = 0) -> None:
        """Write a ``run`` step: its script, its environment, what it printed, how it ended."""
        lines = script.splitlines()
        self._say(f"##[group]Run {lines[0]}", *(f"\x1b[36;1m{line}\x1b[0m" for line in lines))
        self._say("shell: /usr/bin/bash -e {0}", *self._env_block(), "##[endgroup]")
        self._wait(seconds)
        self._say(*output.splitlines())
        if exit_code:
            self._say(f"##[error]Process completed with exit code {exit_code}.")

    def cleanup(self) -> None:
        """Write what the runner does after the last step."""
        self._wait(0.1)
        self._say("Post job cleanup.")
        self._wait(0.1)
        self._git_version()
        self._safe_directory()
        self._say(*self._without_credentials(found=True), "Cleaning up orphan processes")

    def _git_version(self, before: str = "", after: str = "") -> None:
        opening = [before, f"Working directory is '{self._workspace}'"] if before else []
        closing = [after] if after else []
        self._say(*opening, "[command]/usr/bin/git version", f"git version {_GIT}", *closing)

    def _safe_directory(self) -> None:
        self._say(
            f"Temporarily overriding HOME='{_HOME}' before making global git config changes",
            "Adding repository directory to the temporary git global config as a safe directory",
            f"[command]/usr/bin/git config --global --add safe.directory {self._workspace}",
        )

    def _without_credentials(self, *, found: bool = False) -> list[str]:
        """Return the lines with which checkout takes credentials out of git's configuration."""
        lines = []
        for name, pattern in (
            ("core.sshCommand", r"core\.sshCommand"),
            (
                "http.https://github.com/.extraheader",
                r"http\.https\:\/\/github\.com\/\.extraheader",
            ),
        ):
            get = f"config --local --name-only --get-regexp {pattern}"
            get_quoted = f"config --local --name-only --get-regexp '{pattern}'"
            lines.append(f"[command]/usr/bin/git {get}")
            if found and name.startswith("http"):
                lines += [name, f"[command]/usr/bin/git config --local --unset-all {name}"]
            unset = f"git config --local --unset-all '{name}'"
            lines.append(f'{_FOREACH} "git {get_quoted} && {unset} || :"')
        return lines

    def _action(
        self, uses: str, inputs: Sequence[str], defaults: Sequence[str] = _CHECKOUT
    ) -> None:
        """Write an action's heading with its inputs and the environment."""
        self._say(f"##[group]Run {uses}", "with:", *(f"  {line}" for line in (*inputs, *defaults)))
        self._say(*self._env_block(), "##[endgroup]")

    def _env_block(self) -> list[str]:
        return ["env:", *(f"  {name}: {value}" for name, value in self._environment.items())]

    def _group(self, title: str, lines: Sequence[str]) -> None:
        self._say(f"##[group]{title}", *lines, "##[endgroup]")

    def _say(self, *lines: str) -> None:
        """Write ``lines``, each with a time of its own."""
        for line in lines:
            self._wait(self._random.uniform(0.0002, 0.0019))
            tenths_of_microseconds = self._random.randrange(10)
            self._lines.append(f"{self._now:%Y-%m-%dT%H:%M:%S.%f}{tenths_of_microseconds}Z {line}")

    def _wait(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)
