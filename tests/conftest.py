"""Keeps every test away from the real home: git's configuration, caches, credentials."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest_plugins = ["tests.engine"]

# What runs in the background, or under nohup, ignores these, and so would all that a test starts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)

_REAL_HOME = Path.home()
# Not the caches: another regreen or pre-commit may be at work in them meanwhile.
_WATCHED = (".gitconfig", ".config/git", ".config/regreen", ".config/pre-commit")
_HIDDEN = ("GIT_", "PRE_COMMIT_", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME")
# What a test may still read there: where packages come from, and other Pythons.
_STILL_READ = {
    "NPM_CONFIG_USERCONFIG": ".npmrc",
    "PIP_CONFIG_FILE": ".config/pip/pip.conf",
    "PYENV_ROOT": ".pyenv",
    "UV_PYTHON_INSTALL_DIR": ".local/share/uv/python",
}


@pytest.fixture(scope="session", autouse=True)
def _home_of_the_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Point ``HOME`` and git at a folder of the test run."""
    home = tmp_path_factory.mktemp("home")
    gitconfig = home / ".gitconfig"
    gitconfig.write_text(
        "[user]\n\tname = A Tester\n\temail = tester@example.invalid\n"
        "[init]\n\tdefaultBranch = main\n"
    )
    with pytest.MonkeyPatch.context() as patch:
        for variable in [name for name in os.environ if name.startswith(_HIDDEN)]:
            patch.delenv(variable)
        for variable, name in _STILL_READ.items():
            if variable not in os.environ and (_REAL_HOME / name).exists():
                patch.setenv(variable, str(_REAL_HOME / name))
        patch.setenv("HOME", str(home))
        patch.setenv("GIT_CONFIG_GLOBAL", str(gitconfig))
        patch.setenv("GIT_CONFIG_NOSYSTEM", "1")
        patch.setenv(
            "REGREEN_HISTORY", "false"
        )  # what one test taught would order another's search
        yield


@pytest.fixture(autouse=True)
def _real_home_untouched() -> Iterator[None]:
    """Fail the test that changes something in the real home."""
    before = _state()
    yield
    touched = [name for name, state in _state().items() if state != before[name]]
    assert not touched, f"the test touched the real home: {touched}"


def _state() -> dict[str, tuple[int, int] | None]:
    """Return what identifies each watched path's content, ``None`` where nothing is."""
    found: dict[str, tuple[int, int] | None] = {}
    for name in _WATCHED:
        path = _REAL_HOME / name
        stat = path.stat() if path.exists() else None
        found[name] = (stat.st_mtime_ns, stat.st_size) if stat else None
    return found
