"""Installers, lock files, build back ends: what each says when it fails, and when it does not."""

from __future__ import annotations

import pytest

from regreen.logs import classify
from regreen.model import AutoFixable, Category, Failure

DEPENDENCY = Category.DEPENDENCY_ISSUE
BUILD = Category.BUILD_ERROR
CONFIGURATION = Category.CONFIGURATION_ERROR
NETWORK = Category.NETWORK_ERROR
PERMISSION = Category.PERMISSION_ERROR
RESOURCES = Category.RESOURCE_EXHAUSTION


def cause(script: str | None, output: str, code: int = 1) -> Failure:
    return classify(script, None, output, code)[0]


NEW_PIP = (
    "  error: subprocess-exited-with-error\n  \n"
    "  \u00d7 Getting requirements to build wheel did not run successfully.\n"
    "  \u2502 exit code: 1\n  \u2570\u2500> [3 lines of output]\n"
    "      Traceback (most recent call last):\n"
    '        File "<string>", line 1, in <module>\n'
    "      {said}\n      [end of output]\n  \n"
    "  note: This error originates from a subprocess, and is likely not a problem with pip.\n"
    "ERROR: Failed to build 'file:///w/demo' when getting requirements to build wheel\n"
)
OLD_PIP = (
    "    ERROR: Command errored out with exit status 1:\n     command: /usr/bin/python -c 'x'\n"
    "         cwd: /tmp/pip-req-build-1/\n    Complete output (3 lines):\n"
    "    Traceback (most recent call last):\n"
    '      File "<string>", line 1, in <module>\n'
    "    {said}\n    ----------------------------------------\n"
    "ERROR: Command errored out with exit status 1: python setup.py egg_info Check the logs\n"
)
UV_FRAMED = (
    "  \u00d7 Failed to build `demo==1`\n  \u251c\u2500\u25b6 The build backend returned an error\n"
    "  \u2570\u2500\u25b6 Call to `setuptools.build_meta.build_wheel` failed (exit status: 1)\n\n"
    "      [stderr]\n      Traceback (most recent call last):\n      {said}\n\n"
    "      hint: This usually indicates a problem with the package.\n"
)
UV_OLD = (
    "error: Failed to prepare distributions\n  Caused by: Failed to fetch wheel: demo==1\n"
    "  Caused by: Build backend failed to build wheel through `build_wheel()` with exit status: 1\n"
    "--- stdout:\n\n--- stderr:\nTraceback (most recent call last):\n{said}\n---\n"
)
UV_NEW = (
    "error: Failed to build `demo==1`\n  cause: The build backend returned an error\n"
    "  cause: Call to `setuptools.build_meta.build_wheel` failed (exit status: 1)\n\n"
    "         [stderr]\n         Traceback (most recent call last):\n         {said}\n\n"
    "hint: Build failures usually indicate a problem with the package\n"
)
BUILD_MODULE = (
    "* Getting build dependencies for wheel...\nTraceback (most recent call last):\n{said}\n\n"
    "ERROR Backend subprocess exited when trying to invoke get_requires_for_build_wheel\n"
)
POETRY = (
    "  ChefBuildError\n\n  Backend subprocess exited when trying to invoke build_wheel\n  \n"
    "  Traceback (most recent call last):\n  {said}\n\n  at poetry/installation/chef.py:164\n\n"
    "Note: This error originates from the build backend, and is likely not a problem with poetry.\n"
)
WRAPPERS = {
    "pip 22+": ("pip install .", NEW_PIP, "pip"),
    "pip to 21": ("pip install .", OLD_PIP, "pip"),
    "uv framed": ("uv sync", UV_FRAMED, "uv"),
    "uv old": ("uv pip install .", UV_OLD, "uv"),
    "uv new": ("uv sync", UV_NEW, "uv"),
    "build": ("python -m build", BUILD_MODULE, "build"),
    "poetry": ("poetry install", POETRY, "poetry"),
}
SAID = {
    "RuntimeError: no compiler here": BUILD,
    "ModuleNotFoundError: No module named 'numpy'": DEPENDENCY,
    "a.c:1:11: error: expected declaration specifiers": BUILD,
    "src/a.c:4:10: fatal error: ffi.h: No such file or directory": BUILD,
    "error in demo setup command: use_2to3 is invalid.": BUILD,
    "ValueError: invalid pyproject.toml config: `project.license`.": CONFIGURATION,
    "OSError: [Errno 28] No space left on device": RESOURCES,
    "c++: fatal error: Killed signal terminated program cc1plus": RESOURCES,
    "ERROR: No matching distribution found for setuptools>=99": DEPENDENCY,
    "urllib.error.URLError: <urlopen error timed out>": NETWORK,
}


PAIRS = [
    (wrapper, said)
    for wrapper in WRAPPERS
    for said in SAID
    if not (wrapper.startswith("uv") and "matching distribution" in said)
]


@pytest.mark.parametrize(("wrapper", "said"), PAIRS)
def test_the_back_end_says_why_and_the_installer_who(wrapper: str, said: str) -> None:
    script, form, tool = WRAPPERS[wrapper]
    failure = cause(script, form.replace("{said}", said))
    assert (failure.category, failure.tool) == (SAID[said], tool)
    assert any(said in evidence.text for evidence in failure.evidence)


def test_a_missing_module_of_a_build_is_named() -> None:
    failure = cause("pip install .", NEW_PIP.replace("{said}", "ImportError: No module named 'a'"))
    assert failure.diagnostics[0].code == "a"
    assert failure.auto_fixable is AutoFixable.PARTIAL


def test_the_compiler_speaks_before_the_wrapper_of_its_command() -> None:
    said = (
        "src/a.c:1:2: error: unknown type name 'x'\n      error: command '/usr/bin/gcc' failed with"
        " exit code 1"
    )
    failure = cause("pip install .", NEW_PIP.replace("{said}", said))
    assert failure.diagnostics[0].message == "src/a.c:1:2: error: unknown type name 'x'"


def test_a_wheel_that_failed_but_was_installed_is_no_failure() -> None:
    output = (
        "  Building wheel for demo (setup.py): finished with status 'error'\n"
        "  ERROR: Failed building wheel for demo\n  Running setup.py clean for demo\n"
        "Failed to build demo\nSuccessfully installed demo-1.0\nsomething went wrong\n"
    )
    assert cause("pip install demo\nmake all", output).category is Category.UNKNOWN
    lost = output.replace("Successfully installed demo-1.0\n", "")
    assert cause("pip install demo\nmake all", lost).category is BUILD


def test_retries_that_succeed_do_not_win() -> None:
    output = (
        "WARNING: Retrying (Retry(total=4)) after connection broken by 'ReadTimeoutError(\"x\")'\n"
        "Successfully installed demo-1.0\nwould reformat a.py\n\nOh no! \n"
        "1 file would be reformatted.\n"
    )
    assert cause("pip install demo\nblack --check .", output).tool == "black"


SINGLE = [
    ("pip install a", "ERROR: No matching distribution found for a==9", DEPENDENCY, "pip"),
    (
        "pip install a",
        (
            "WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError'\n"
            "ERROR: No matching distribution found for a==9"
        ),
        NETWORK,
        "pip",
    ),
    (
        "pip install a",
        (
            "ERROR: Could not install packages due to an OSError: HTTPSConnectionPool(host='a.org',"
            " port=443): Max retries exceeded with url: /a"
        ),
        NETWORK,
        "pip",
    ),
    (
        "pip install a",
        (
            "ERROR: Could not install packages due to an EnvironmentError: [Errno 13] Permission"
            " denied: '/usr/lib/a'"
        ),
        PERMISSION,
        "pip",
    ),
    (
        "pip install a",
        "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device",
        RESOURCES,
        "pip",
    ),
    ("pip install a", "ERROR: HTTP error 404 while getting https://a.org/a.whl", DEPENDENCY, "pip"),
    ("pip install a", "ERROR: HTTP error 503 while getting https://a.org/a.whl", NETWORK, "pip"),
    (
        "pip install a",
        (
            'Traceback (most recent call last):\n  File "a.py", line 1, in read\n'
            "pip._vendor.urllib3.exceptions.ReadTimeoutError: HTTPSConnectionPool(host='a.org',"
            " port=443): Read timed out."
        ),
        NETWORK,
        "pip",
    ),
    (
        "pip install a",
        "Double requirement given: a==2 (already in a==1, name='a')",
        DEPENDENCY,
        "pip",
    ),
    (
        "pip install a",
        "ERROR: a-1.0-cp27-cp27m-win32.whl is not a supported wheel on this platform.",
        DEPENDENCY,
        "pip",
    ),
    (
        "pip install git+https://a.org/b.git",
        (
            "  error: subprocess-exited-with-error\n  \n"
            "  \u00d7 git clone --quiet https://a.org/b.git /tmp/b did not run successfully.\n"
            "  \u2502 exit code: 128\n  \u2570\u2500> [1 lines of output]\n"
            "      fatal: could not read Username for 'https://a.org': terminal prompts disabled\n"
            "      [end of output]\nerror: subprocess-exited-with-error"
        ),
        PERMISSION,
        "pip",
    ),
    (
        "pip install -r a.txt",
        "ERROR: Could not open requirements file: [Errno 2] No such file or directory: 'a.txt'",
        CONFIGURATION,
        "pip",
    ),
    ("pip install a", "error: externally-managed-environment", CONFIGURATION, "pip"),
    ("pip check", "a 1.0 has requirement b<2, but you have b 2.0.", DEPENDENCY, "pip"),
    (
        "uv sync",
        "  \u00d7 Failed to download `a==1`\n  \u2570\u2500\u25b6 Hash mismatch for `a==1`",
        DEPENDENCY,
        "uv",
    ),
    (
        "uv sync",
        (
            "error: Failed to fetch: `https://a.org/simple/a/`\n"
            "  Caused by: Request failed after 3 retries\n  Caused by: dns error"
        ),
        NETWORK,
        "uv",
    ),
    (
        "uv sync",
        (
            "error: Failed to fetch: `https://a.org/simple/a/`\n"
            "  Caused by: HTTP status client error (403 Forbidden) for url (https://a.org/simple/a/)"
        ),
        PERMISSION,
        "uv",
    ),
    (
        "uv sync",
        (
            "error: Failed to install: a-1-py3-none-any.whl (a==1)\n"
            "  Caused by: failed to copy file from /a to /b: No space left on device (os error 28)"
        ),
        RESOURCES,
        "uv",
    ),
    ("uv sync --group a", "error: Group `a` is not defined in the project", CONFIGURATION, "uv"),
    ("uv venv", "  \u00d7 No interpreter found for Python 3.99 in PATH", CONFIGURATION, "uv"),
    ("uv pip install a", "error: No virtual environment found; run `uv venv`", CONFIGURATION, "uv"),
    (
        "uv sync --locked",
        (
            "Resolved 5 packages in 3ms\nerror: The lockfile at `uv.lock` needs to be updated, but"
            " `--locked` was provided."
        ),
        DEPENDENCY,
        "uv",
    ),
    (
        "uv sync",
        "error: Failed to parse: `pyproject.toml`\n  Caused by: TOML parse error at line 8",
        CONFIGURATION,
        "uv",
    ),
    (
        "uv tool install a",
        (
            "error: Because a was not found in the package registry and you require a, we can"
            " conclude that your requirements are unsatisfiable."
        ),
        DEPENDENCY,
        "uv",
    ),
    (
        "uv pip check",
        "Found 1 incompatibility\nThe package `a` requires `b>=2`, but `1.0` is installed",
        DEPENDENCY,
        "uv",
    ),
    (
        "poetry install",
        "Error: poetry.lock is not up to date with pyproject.toml",
        DEPENDENCY,
        "poetry",
    ),
    ("poetry install", '\nThe option "--no-dev" does not exist', CONFIGURATION, "poetry"),
    ("poetry install --with a", "\nGroup(s) not found: a (via --with)", CONFIGURATION, "poetry"),
    (
        "poetry install",
        (
            "The currently activated Python version 3.11 is not supported by the project (~3.9).\n"
            "Trying to find and use a compatible version. \n\n"
            'Poetry was unable to find a compatible version. If you have one, use "env use".'
        ),
        DEPENDENCY,
        "poetry",
    ),
    ("poetry install", "All attempts to connect to a.org failed.", NETWORK, "poetry"),
    (
        "poetry check",
        "\nThe Poetry configuration is invalid:\n  - 'version' is a required property\n",
        CONFIGURATION,
        "poetry",
    ),
    ("pdm install --check", "WARNING: Lockfile does not exist", DEPENDENCY, "pdm"),
    (
        "pdm install",
        "[VirtualenvCreateError]: Can't resolve python interpreter",
        CONFIGURATION,
        "pdm",
    ),
    (
        "pipenv install --deploy",
        "Your Pipfile.lock (ab12) is out of date. Expected: (cd34).\nERROR:: Aborting deploy",
        DEPENDENCY,
        "pipenv",
    ),
    (
        "conda env create",
        (
            "Solving environment: failed\n\nLibMambaUnsatisfiableError: Encountered problems while"
            " solving:\n  - nothing provides requested a 9.9*\n"
        ),
        DEPENDENCY,
        "conda",
    ),
    (
        "micromamba create -f a.yml",
        (
            "error    libmamba Could not solve for environment specs\n"
            "    The following package could not be installed\n"
            "    \u2514\u2500 a does not exist (perhaps a typo or a missing channel).\n"
            "critical libmamba Could not solve for environment specs"
        ),
        DEPENDENCY,
        "conda",
    ),
    (
        "conda install a",
        "CondaHTTPError: HTTP 000 CONNECTION FAILED for url <https://a.org/repodata.json>",
        NETWORK,
        "conda",
    ),
    (
        "conda env create -f a.yml",
        "EnvironmentFileNotFound: '/builds/a/b/a.yml' file not found",
        CONFIGURATION,
        "conda",
    ),
    (
        "micromamba create -f a.yml",
        'critical libmamba Found invalid version predicate in "#"',
        CONFIGURATION,
        "conda",
    ),
    (
        "pixi install --locked",
        "Error:   \u00d7 lock-file not up-to-date with the workspace",
        DEPENDENCY,
        "pixi",
    ),
    (
        "twine upload dist/*",
        "ERROR    HTTPError: 403 Forbidden from https://a.org/legacy/\n         Invalid token",
        PERMISSION,
        "twine",
    ),
    (
        "twine upload dist/*",
        (
            "ERROR    HTTPError: 400 Bad Request from https://a.org/legacy/\n"
            "         File already exists."
        ),
        CONFIGURATION,
        "twine",
    ),
    (
        "twine upload dist/*",
        "ERROR    HTTPError: 503 Service Unavailable from https://a.org/legacy/",
        NETWORK,
        "twine",
    ),
    (
        "python setup.py bdist_wheel",
        "a.c:1:2: error: no\nerror: command '/usr/bin/gcc' failed with exit code 1",
        BUILD,
        "setuptools",
    ),
    (
        "apt-get install -y a",
        "Reading package lists...\nE: Unable to locate package a",
        DEPENDENCY,
        "apt",
    ),
    (
        "apk add a",
        "ERROR: unable to select packages:\n  a (no such package):\n    required by: world[a]",
        DEPENDENCY,
        None,
    ),
]


@pytest.mark.parametrize(("script", "output", "category", "tool"), SINGLE)
def test_last_words(script: str, output: str, category: Category, tool: str | None) -> None:
    for known in (script, None):
        failure = cause(known, output)
        assert failure.category is category
        assert tool is None or failure.tool == tool


@pytest.mark.parametrize(
    "output",
    [
        "warning: `demo` has no lock file\nResolved 3 packages in 2ms\nInstalled 3 packages in 1ms",
        "Solving environment: failed with initial frozen solve. Retrying with flexible solve.",
        "W: Failed to fetch http://a.org/InRelease  Temporary failure resolving 'a.org'",
        "WARNING: Discarding file:///a. Command errored out with exit status 1: python setup.py",
        "warning  libmamba Could not parse mod/etag header",
    ],
)
def test_warnings_do_not_hide_a_later_failure(output: str) -> None:
    later = "\nmaking all\n" * 30 + "something went wrong\n"
    assert cause("make ci", output + later).category is Category.UNKNOWN


@pytest.mark.parametrize(
    ("output", "tool"),
    [
        ("ArgumentError: wrong number of arguments (given 1, expected 0)", "conda"),
        (
            (
                'Traceback (most recent call last):\n  File "a.py", line 1, in f\n'
                "requests.exceptions.HTTPError: 404 Client Error: Not Found for url: https://a.org/b"
            ),
            "twine",
        ),
        ("Running flutter pub get\nBecause a depends on b, version solving failed.", "poetry"),
        ("error: Failed to compile the sources", "uv"),
        ("tool: error: no such option: --nope", "pip"),
        ("PackageNotFoundError: No package metadata was found for a", "conda"),
        ("E: something the package manager never says", "apt"),
    ],
)
def test_words_of_other_programs_are_not_an_installer(output: str, tool: str) -> None:
    assert tool not in {failure.tool for failure in classify(None, None, output, 1)}


def test_poetry_is_not_taken_for_another_solver() -> None:
    output = "So, because demo depends on a (1.0) which depends on b, version solving failed."
    assert [f.tool for f in classify("poetry install", None, output, 1)] == ["poetry"]


def test_a_build_fails_in_the_same_way_here_and_there() -> None:
    there = NEW_PIP.replace("{said}", "RuntimeError: no compiler here")
    here = there.replace("file:///w/demo", "file:///home/runner/work/demo/demo")
    one, other = cause("pip install .", there), cause("pip install .", here)
    assert one.signature == other.signature
