"""What building needs: declared for the isolated build, held back there, or not built at all."""

from __future__ import annotations

from dataclasses import replace

import pytest

from regreen.fixers.dependencies import build_requirements, unbuildable
from regreen.fixers.dependencies.unbuildable import fits, unbuilt
from regreen.model import Category, Diagnostic, Edit
from regreen.scene import Release, Scene
from tests.fixers.indexes import LONG_AGO, NOW, Memory, has
from tests.fixers.support import context, failure

NO_NUMPY = """\
  Getting requirements to build editable: finished with status 'error'
  error: subprocess-exited-with-error
      ModuleNotFoundError: No module named 'numpy'
"""
OLD_YAML = """\
Collecting PyYAML==5.4.1
  Downloading PyYAML-5.4.1.tar.gz (175 kB)
  Getting requirements to build wheel: finished with status 'error'
      AttributeError: cython_sources
ERROR: Failed to build 'PyYAML' when getting requirements to build wheel
"""


class Wheels(Memory):
    """An index whose releases have wheels."""

    def releases(self, name: str) -> tuple[Release, ...]:
        return tuple(
            Release(version, LONG_AGO, "", False, tuple(wheels))
            for version, wheels in {
                "5.4.1": ["PyYAML-5.4.1-cp39-cp39-manylinux1_x86_64.whl"],
                "6.0": ["PyYAML-6.0-cp310-cp310-manylinux_2_12_x86_64.whl"],
                "6.0.1": ["PyYAML-6.0.1-cp312-cp312-manylinux_2_17_x86_64.whl"],
            }.items()
            if name == "pyyaml"
        )


def where(output: str, files: dict[str, str], command: str = "pip install .") -> Scene:
    scene = context(command, files, output=output, installs=(command,))
    return replace(scene, index=Memory({"numpy": has("numpy")}), as_of=NOW, python="3.12")


def built(output: str, files: dict[str, str], *messages: str) -> list[dict[str, str]]:
    diagnostics = [Diagnostic(None, None, text) for text in messages]
    failed = failure(Category.BUILD_ERROR, "pip", *diagnostics)
    ideas = build_requirements.propose(failed, where(output, files))
    return [dict(idea.files) for idea in ideas if isinstance(idea, Edit)]


def test_what_set_up_imports_is_declared_for_the_build() -> None:
    before = '[build-system]\nrequires = ["setuptools"]\n[project]\nname = "p"\n'
    [edit] = built(NO_NUMPY, {"pyproject.toml": before}, "No module named 'numpy'")
    assert 'requires = ["setuptools", "numpy"]' in edit["pyproject.toml"]


def test_a_project_without_a_build_table_gets_the_one_it_has_unsaid() -> None:
    files = {"pyproject.toml": "[tool.x]\na = 1\n", "setup.py": "import numpy\n"}
    [edit] = built(NO_NUMPY, files, "No module named 'numpy'")
    assert 'build-backend = "setuptools.build_meta:__legacy__"' in edit["pyproject.toml"]
    assert 'requires = ["setuptools", "numpy"]' in edit["pyproject.toml"]


def test_what_a_build_tool_dropped_holds_it_back() -> None:
    files = {"pyproject.toml": '[build-system]\nrequires = ["setuptools>=40"]\n', "setup.py": ""}
    output = "Getting requirements to build wheel\n  error in x setup command: use_2to3 is invalid."
    [edit] = built(output, files)
    assert 'requires = ["setuptools>=40,<58"]' in edit["pyproject.toml"]


def test_dashes_in_keys_of_setup_cfg_become_underscores() -> None:
    before = "[metadata]\nname = x\ndescription-file = README\nauthor-email = a\n[tool]\na-b = 1\n"
    output = "InvalidConfigError: Invalid dash-separated key 'description-file' in 'metadata'"
    [edit] = built(output, {"setup.cfg": before})
    assert edit["setup.cfg"] == (
        "[metadata]\nname = x\ndescription_file = README\nauthor_email = a\n[tool]\na-b = 1\n"
    )


def test_a_pin_that_cannot_be_built_moves_up_to_the_next_release_with_a_wheel() -> None:
    scene = where(OLD_YAML, {"r.txt": "PyYAML==5.4.1\n"}, "pip install -r r.txt")
    failed = failure(Category.BUILD_ERROR, "pip")
    ideas = list(unbuildable.propose(failed, replace(scene, index=Wheels({}))))
    assert isinstance(ideas[0], Edit)
    assert ideas[0].files == {"r.txt": "PyYAML==6.0.1\n"}


def test_the_release_is_read_from_what_was_downloaded() -> None:
    assert unbuilt(OLD_YAML) == [("pyyaml", "5.4.1")]
    assert unbuilt(OLD_YAML.rpartition("ERROR")[0]) == [("pyyaml", "5.4.1")]  # pip before 25.2
    assert (
        unbuilt(OLD_YAML.replace("Collecting PyYAML==5.4.1", "Processing /w").rpartition("E")[0])
        == []
    )


@pytest.mark.parametrize(
    ("wheel", "python", "fit"),
    [
        ("a-1-py3-none-any.whl", "3.12", True),
        ("a-1-py2-none-any.whl", "3.12", False),
        ("a-1-cp38-abi3-manylinux2014_x86_64.whl", "3.12", True),
        ("a-1-cp38-cp38-manylinux2014_x86_64.whl", "3.12", False),
        ("a-1-cp312-cp312-macosx_11_0_arm64.whl", "3.12", False),
        ("a-1-cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64.whl", "3.12", True),
        ("no wheel", "3.12", False),
    ],
)
def test_which_wheels_fit(wheel: str, python: str, fit: bool) -> None:
    assert fits(wheel, python) is fit


def test_a_project_without_pyproject_gets_one_that_holds_its_build_tools_back() -> None:
    output = "Getting requirements to build wheel\nNo module named 'pkg_resources'\n"
    [edit] = built(output, {"setup.py": "import pkg_resources\n"})
    assert edit == {
        "pyproject.toml": (
            '[build-system]\nrequires = ["setuptools<81"]\n'
            'build-backend = "setuptools.build_meta:__legacy__"\n'
        )
    }
