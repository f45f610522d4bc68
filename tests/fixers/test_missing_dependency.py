"""A missing module is declared where the job installs from, and nowhere else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from regreen.fixers.dependencies import missing_dependency
from regreen.model import Category, Diagnostic, Edit, Severity
from regreen.scene import Index, Scene
from tests.fixers.indexes import NOW, Known, Memory, has
from tests.fixers.support import Texts, context, failure

INDEX = Memory(
    {
        "httpx": has("httpx"),
        "pyyaml": has("yaml", "_yaml"),
        "flask-login": has("flask_login"),
        "setuptools": Known(
            {
                "60.0": frozenset({"setuptools", "pkg_resources", "distutils"}),
                "81.0": frozenset({"setuptools", "pkg_resources", "distutils"}),
                "82.0": frozenset({"setuptools", "distutils"}),
            }
        ),
        "space-part": has("space", "space.part"),
        "squatted": has("other"),
        "young": has("young", uploaded=NOW - timedelta(days=89)),
        "grown": has("grown", uploaded=NOW - timedelta(days=91)),
    }
)


def scene(files: dict[str, str], *installs: str, index: Index | None = INDEX) -> Scene:
    return replace(context("pytest", files, installs=installs), index=index, as_of=NOW)


def proposed(module: str, where: Scene, importer: str = "src/app.py") -> list[Edit]:
    missing = Diagnostic(importer, module, f"No module named '{module}'")
    failed = failure(Category.DEPENDENCY_ISSUE, None, missing)
    return [p for p in missing_dependency.propose(failed, where) if isinstance(p, Edit)]


def edits(
    module: str, files: dict[str, str], *installs: str, importer: str = "src/app.py"
) -> list[dict[str, str]]:
    return [dict(p.files) for p in proposed(module, scene(files, *installs), importer)]


def test_requirements_get_a_line_of_their_own() -> None:
    files = {"requirements.txt": "requests==2.31.0"}
    assert edits("yaml", files, "pip install -r requirements.txt") == [
        {"requirements.txt": "requests==2.31.0\nPyYAML\n"}
    ]


def test_a_project_s_dependencies_keep_their_form() -> None:
    before = '[project]\nname = "x" # keep me\ndependencies = [\n  "a", # first\n  "b",\n]\n'
    [edit] = edits("httpx", {"pyproject.toml": before}, "python -m pip install -e .")
    after = edit["pyproject.toml"]
    assert "# keep me" in after
    assert "# first" in after
    assert '"httpx"' in after.split("dependencies")[1]


def test_the_tests_import_goes_to_the_tests_extra_first() -> None:
    before = (
        '[project]\nname = "x"\ndependencies = []\n'
        '[project.optional-dependencies]\ntest = ["pytest"]\n'
    )
    first, *_ = edits(
        "httpx", {"pyproject.toml": before}, "uv pip install '.[test]'", importer="tests/test_a.py"
    )
    assert 'test = ["pytest", "httpx"]' in first["pyproject.toml"]


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        (
            "setup.py",
            "setup(\n    install_requires=[\n        'a',\n    ],\n)\n",
            "setup(\n    install_requires=[\n        'a',\n        \"httpx\",\n    ],\n)\n",
        ),
        ("setup.py", "setup(install_requires=[])\n", 'setup(install_requires=["httpx"])\n'),
        (
            "setup.py",
            "needs = [\n    'a',\n]\nsetup(install_requires=needs)\n",
            "needs = [\n    'a',\n    \"httpx\",\n]\nsetup(install_requires=needs)\n",
        ),
        (
            "setup.py",
            "needs = ['a', b]\nkw = {}\nkw['install_requires'] = needs\nsetup(**kw)\n",
            "needs = ['a', b, \"httpx\"]\nkw = {}\nkw['install_requires'] = needs\nsetup(**kw)\n",
        ),
        (
            "setup.cfg",
            "[options]\ninstall_requires =\n    a # why\n\n[flake8]\nx = 1\n",
            "[options]\ninstall_requires =\n    a # why\n    httpx\n\n[flake8]\nx = 1\n",
        ),
    ],
)
def test_older_manifests(name: str, before: str, after: str) -> None:
    assert edits("httpx", {name: before}, "pip install .") == [{name: after}]


@pytest.mark.parametrize("module", ["app", "json", "os.path"])
def test_own_modules_and_the_standard_library_are_never_declared(module: str) -> None:
    files = {"requirements.txt": "", "src/app/__init__.py": ""}
    assert edits(module, files, "pip install -r requirements.txt") == []


def test_what_is_declared_already_is_not_declared_again() -> None:
    files = {"requirements.txt": "pyyaml>=6 # config\n"}
    assert edits("yaml", files, "pip install -r requirements.txt") == []


def test_a_file_that_the_job_does_not_install_from_is_left_alone() -> None:
    files = {"requirements.txt": "a\n", "docs/requirements.txt": "b\n"}
    [edit] = edits("httpx", files, "pip install -r docs/requirements.txt")
    assert list(edit) == ["docs/requirements.txt"]


def test_the_repository_s_own_spelling_wins_over_the_module_s_name() -> None:
    files = {"requirements.txt": "", "extra/requirements-dev.txt": "Flask_Login==0.6\n"}
    [edit] = edits("flask_login", files, "pip install -r requirements.txt")
    assert edit["requirements.txt"] == "Flask_Login\n"


def test_a_module_that_left_the_standard_library_has_a_distribution() -> None:
    [edit] = edits("distutils", {"requirements.txt": "a\n"}, "pip install -r requirements.txt")
    assert edit["requirements.txt"] == "a\nsetuptools\n"


def test_a_module_that_the_newest_release_lacks_comes_from_an_older_one() -> None:
    [edit] = edits("pkg_resources", {"requirements.txt": "a\n"}, "pip install -r requirements.txt")
    assert edit["requirements.txt"] == "a\nsetuptools<82  # 82 has no pkg_resources\n"


@pytest.mark.parametrize("module", ["squatted", "young", "nowhere"])
def test_what_is_young_or_not_confirmed_by_its_wheel_is_never_proposed(module: str) -> None:
    files = {"requirements.txt": "a\n"}
    assert edits(module, files, "pip install -r requirements.txt") == []


def test_a_distribution_of_ninety_days_is_known_well_enough() -> None:
    [edit] = edits("grown", {"requirements.txt": ""}, "pip install -r requirements.txt")
    assert edit == {"requirements.txt": "grown\n"}


def test_without_an_index_only_what_the_project_and_the_table_say_counts() -> None:
    where = scene({"requirements.txt": ""}, "pip install -r requirements.txt", index=None)
    assert proposed("httpx", where) == []
    [edit] = proposed("yaml", where)
    assert edit.files == {"requirements.txt": "PyYAML\n"}


def test_what_the_commit_before_declared_comes_back_as_it_was() -> None:
    where = scene({"requirements.txt": "a\n"}, "pip install -r requirements.txt")
    where = replace(where, parent=Texts({"requirements.txt": "httpx<2\na\n"}))
    first, *_ = proposed("httpx", where)
    assert first.files == {"requirements.txt": "a\nhttpx<2\n"}


def test_a_new_dependency_always_asks_for_review() -> None:
    for idea in proposed(
        "httpx", scene({"requirements.txt": ""}, "pip install -r requirements.txt")
    ):
        assert idea.severity is Severity.MEDIUM


def test_a_part_of_a_namespace_has_a_distribution_of_its_own() -> None:
    [edit] = edits("space.part", {"requirements.txt": ""}, "pip install -r requirements.txt")
    assert edit == {"requirements.txt": "space-part\n"}


def test_a_module_that_later_releases_dropped_holds_back_what_is_declared() -> None:
    files = {"requirements.txt": "setuptools>=40\n"}
    [edit] = edits("pkg_resources", files, "pip install -r requirements.txt")
    assert edit["requirements.txt"] == "setuptools>=40,<82  # 82 has no pkg_resources\n"
