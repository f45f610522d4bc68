"""Every form of manifest: found from the job's own commands, read, narrowed, added to."""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace

import pytest

from regreen.fixers.dependencies.constrain import Constraint, constrained
from regreen.fixers.dependencies.installs import manifests
from regreen.fixers.dependencies.manifests import Manifest, append, slots
from regreen.model import Edit, ToolRun
from regreen.scene import Place
from tests.fixers.support import Texts, context

HELD = Constraint("lib", "<2.3", "2.3.0: it broke", "2.2.5")


def held(
    files: dict[str, str], *installs: str, output: str = "", place: Place | None = None
) -> list[Edit | ToolRun]:
    scene = context(installs[-1], files, output=output, installs=installs)
    return list(constrained("fixer", "why", [HELD], replace(scene, place=place)))


def first(files: dict[str, str], *installs: str, output: str = "") -> dict[str, str]:
    idea = held(files, *installs, output=output)[0]
    assert isinstance(idea, Edit)
    return dict(idea.files)


@pytest.mark.parametrize(
    ("path", "before", "after", "command"),
    [
        ("r.txt", "lib\n", "lib<2.3  # 2.3.0: it broke\n", "pip install -r r.txt"),
        (
            "r.txt",
            "a\nlib[x] >=1 ; python_version > '3'  # why\n",
            "a\nlib[x] >=1,<2.3 ; python_version > '3'  # why; 2.3.0: it broke\n",
            "python -m pip install -qr r.txt -r r.txt",
        ),
        ("r.txt", "lib==2.3.1\n", "lib==2.2.5  # 2.3.0: it broke\n", "uv pip install -r r.txt"),
        (
            "setup.cfg",
            "[options]\ninstall_requires =\n    a\n    lib>=1\n",
            "[options]\ninstall_requires =\n    a\n    # 2.3.0: it broke\n    lib>=1,<2.3\n",
            "pip install .",
        ),
        (
            "setup.py",
            "setup(install_requires=[\n    'a',\n    'lib>=1',\n])\n",
            "setup(install_requires=[\n    'a',\n    'lib>=1,<2.3',  # 2.3.0: it broke\n])\n",
            "pip install -e .",
        ),
        (
            "tox.ini",
            "[testenv]\ndeps =\n    py38: lib\n    b\n",
            "[testenv]\ndeps =\n    # 2.3.0: it broke\n    py38: lib<2.3\n    b\n",
            "tox",
        ),
        (
            "noxfile.py",
            "@nox.session\ndef tests(session):\n    session.install('a', 'lib')\n",
            "@nox.session\ndef tests(session):\n    session.install('a', 'lib<2.3')\n",
            "nox -s tests",
        ),
        (
            "env.yml",
            "name: x\ndependencies:\n  - python\n  - pip:\n    - lib>=1\n",
            (
                "name: x\ndependencies:\n  - python\n  - pip:\n"
                '    - "lib>=1,<2.3"  # 2.3.0: it broke\n'
            ),
            "conda env create -f env.yml",
        ),
        (
            "Pipfile",
            '[packages]\nlib = "*"\n',
            '[packages]\nlib = "<2.3" # 2.3.0: it broke\n',
            "pipenv install",
        ),
        (
            "pyproject.toml",
            '[project]\nname = "p"\ndependencies = [\n  "a", # x\n  "lib>=1",\n]\n',
            (
                '[project]\nname = "p"\ndependencies = [\n  "a", # x\n'
                '  "lib>=1,<2.3",  # 2.3.0: it broke\n]\n'
            ),
            "pip install .",
        ),
        (
            "pyproject.toml",
            '[tool.poetry.dependencies]\npython = "^3.8"\nlib = "^2.0"\n',
            '[tool.poetry.dependencies]\npython = "^3.8"\nlib = "^2.0,<2.3" # 2.3.0: it broke\n',
            "poetry install",
        ),
        (
            "pyproject.toml",
            '[dependency-groups]\ndev = ["lib", "b"]\n',
            '[dependency-groups]\ndev = ["lib<2.3", "b"]\n',
            "uv sync",
        ),
        (
            "pyproject.toml",
            '[tool.hatch.envs.test]\ndependencies = [\n  "lib",\n]\n',
            '[tool.hatch.envs.test]\ndependencies = [\n  "lib<2.3",  # 2.3.0: it broke\n]\n',
            "hatch run test:all",
        ),
    ],
)
def test_a_declared_requirement_is_narrowed_in_its_own_form(
    path: str, before: str, after: str, command: str
) -> None:
    assert first({path: before}, command) == {path: after}


@pytest.mark.parametrize(
    ("files", "command", "path"),
    [
        ({"r.txt": "-r base.txt\n", "base.txt": "a\n"}, "pip install -r r.txt", "r.txt"),
        ({"r.txt": "a\n", "c.txt": ""}, "pip install -r r.txt -c c.txt", "c.txt"),
        (
            {"setup.py": "setup(install_requires=['a'])\n", "tests.txt": "pytest\n"},
            "pip install . -r tests.txt",
            "tests.txt",
        ),
        (
            {"tox.ini": "[testenv]\nextras = t\ndeps =\n    -rdev.txt\n", "dev.txt": "pytest\n"},
            "tox -e py312",
            "tox.ini",
        ),
        (
            {"Makefile": "test: deps\n\tpytest\ndeps:\n\t@pip install -r d.txt\n", "d.txt": "a\n"},
            "make test",
            "d.txt",
        ),
        (
            {"scripts/setup.sh": "pip install -r d.txt\n", "d.txt": "a\n"},
            "scripts/setup.sh",
            "d.txt",
        ),
    ],
)
def test_what_comes_with_another_one_is_added_where_tests_install_from(
    files: dict[str, str], command: str, path: str
) -> None:
    assert list(first(files, command)) == [path]


def test_a_tox_environment_is_found_by_its_generated_name() -> None:
    files = {"tox.ini": "[testenv]\ndeps = a\n[testenv:{py38,py39}-lint]\ndeps = lib\n"}
    after = first(files, "tox -e py39-lint")["tox.ini"]
    assert "[testenv:{py38,py39}-lint]\ndeps = lib<2.3\n" in after


def test_a_workflow_s_own_install_command_is_changed_in_the_failing_job_only() -> None:
    workflow = (
        "jobs:\n  a:\n    steps:\n      - run: pip install lib\n"
        "  b:\n    steps:\n      - run: |\n          pip install lib other\n          lib .\n"
    )
    place = Place(".github/workflows/ci.yml", "b", 0, 7)
    [idea] = held({place.workflow: workflow}, "pip install lib other\nlib .", place=place)
    assert isinstance(idea, Edit)
    assert idea.files[place.workflow] == workflow.replace(
        "          pip install lib other\n",
        "          pip install 'lib<2.3' other # 2.3.0: it broke\n",
    )


@pytest.mark.parametrize(
    ("lock", "command"),
    [("uv.lock", "uv lock"), ("poetry.lock", "poetry lock"), ("pdm.lock", "pdm lock")],
)
def test_a_lock_is_made_anew_by_its_own_tool(lock: str, command: str) -> None:
    project = '[project]\nname = "p"\ndependencies = ["lib"]\n'
    [idea] = held({"pyproject.toml": project, lock: ""}, "pip install .")
    assert isinstance(idea, ToolRun)
    assert idea.from_start
    assert '"lib<2.3"' in idea.command
    assert command in idea.command


def test_a_compiled_file_is_compiled_from_its_source_by_the_command_in_its_head() -> None:
    compiled = (
        "#\n# This file is autogenerated by pip-compile with Python 3.11\n"
        "# by the following command:\n#\n#    pip-compile --output-file=r.txt r.in\n#\nlib==2.3.1\n"
    )
    ideas = held({"r.in": "lib\n", "r.txt": compiled}, "pip install -r r.txt -r r.in")
    runs = [idea.command for idea in ideas if isinstance(idea, ToolRun)]
    assert "pip-compile --output-file=r.txt r.in" in runs[0]
    assert "lib<2.3" in runs[0]


def test_two_releases_are_held_back_together() -> None:
    scene = context("pip install -r r.txt", {"r.txt": "lib\n"}, installs=("pip install -r r.txt",))
    both = [HELD, Constraint("other", "<5", "5.0: it broke, too")]
    [idea, *_] = constrained("fixer", "why", both, scene)
    assert isinstance(idea, Edit)
    assert idea.files == {"r.txt": "lib<2.3  # 2.3.0: it broke\nother<5  # 5.0: it broke, too\n"}


@pytest.mark.parametrize(
    "line", ["-e .", "git+https://example.org/a.git", "lib @ https://example.org/lib.whl", "# lib"]
)
def test_what_names_no_release_of_the_index_is_no_requirement(line: str) -> None:
    assert slots(Manifest("r.txt", "requirements"), Texts({"r.txt": f"{line}\n"})) == []


def test_hashed_requirements_are_left_alone() -> None:
    text = "lib==1 \\\n    --hash=sha256:0\n"
    assert slots(Manifest("r.txt", "requirements"), Texts({"r.txt": text})) == []


def test_windows_line_ends_stay() -> None:
    place, files = Manifest("r.txt", "requirements"), Texts({"r.txt": "a\r\n"})
    assert append(place, "b", files) == "a\r\nb\r\n"


def test_extras_and_groups_come_from_the_command() -> None:
    text = (
        '[project]\nname="p"\ndependencies=[]\n[project.optional-dependencies]\n'
        'Test_All = ["a"]\ndocs = ["b"]\n[dependency-groups]\nci = ["c"]\nother = ["d"]\n'
    )
    scene = context(
        "x", {"pyproject.toml": text}, installs=("uv sync --group ci --extra test-all",)
    )
    found = {place.section[-1] for place in manifests(scene)}
    assert found == {"ci", "dependencies", "Test_All"}
    assert tomllib.loads(text)
    assert not re.search("other|docs", " ".join(found))
