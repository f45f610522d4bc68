"""Which Node.js, Go, Java and pnpm a step means."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from packaging.version import Version

from regreen.jobs.served import installers, jdks, setup_go, setup_java
from regreen.jobs.served.noderelease import Unserved, bundled_npm, choose, of_file, usual_npm

NODES = ("16.20.2", "18.12.0", "18.20.8", "20.1.0", "20.9.0", "22.10.0", "22.11.0", "23.0.0-rc.1")


@pytest.mark.parametrize(
    ("asked", "chosen"),
    [
        ("18", "18.20.8"),
        ("v18.12", "18.12.0"),
        ("20.x", "20.9.0"),
        (">=18 <20", "18.20.8"),
        ("16 || 18", "18.20.8"),
        ("*", "22.11.0"),
        ("latest", "22.11.0"),
        ("node", "22.11.0"),
        ("lts/*", "22.11.0"),
        ("lts/-1", "20.9.0"),
        ("lts/-9", None),
        ("lts/Hydrogen", "18.20.8"),
        ("lts/nobody", None),
        ("99", None),
        ("what?", None),
    ],
)
def test_a_node_request_means_the_newest_release_of_its_kind(
    asked: str, chosen: str | None
) -> None:
    assert choose(asked, NODES) == chosen


def test_a_line_is_no_long_term_one_before_it_became_that() -> None:
    assert choose("lts/*", ("20.9.0", "22.10.0")) == "20.9.0"
    assert choose("lts/iron", ("20.1.0",)) is None


def test_nightly_builds_are_named_and_not_replaced() -> None:
    assert isinstance(choose("21.0.0-nightly", NODES), Unserved)


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("v20.1\n", "20.1"),
        ("lts/iron", "lts/iron"),
        ("nodejs 18.2.0\nruby 3\n", "18.2.0"),
        ('{"engines": {"node": ">=18"}}', ">=18"),
        ('{"volta": {"node": "18.1.0"}, "engines": {"node": "20"}}', "18.1.0"),
        ('{"devEngines": {"runtime": [{"name": "node", "version": "22"}]}}', "22"),
        ('{"volta": {"extends": "base.json"}}', "16.1.0"),
        ('{"name": "x"}', None),
    ],
)
def test_files_name_the_node_as_the_action_reads_them(text: str, asked: str | None) -> None:
    base = json.dumps({"volta": {"node": "16.1.0"}})
    assert of_file("package.json", text, {"base.json": base}.get) == asked


def test_npm_goes_with_its_node() -> None:
    log = "## 20.2\n* **deps**: upgrade npm to 10.2.4 (x)\n## 20.1\n* upgrade npm to 9.8.1\n"
    assert bundled_npm(log) == "10.2.4"
    assert bundled_npm("nothing of it") is None
    known = ("6.14.18", "8.19.4", "10.9.1", "11.0.0")
    assert [usual_npm(major, known) for major in (12, 16, 22, 24)] == [*known]


GO = setup_go.releases(("1.21.13", "1.22.10", "1.23.4.4", "1.23.4.1", "1.24rc1", "1.24.3"))


@pytest.mark.parametrize(
    ("asked", "chosen"),
    [
        ("1.23", "1.23.4"),
        ("1.23.1", "1.23.4"),
        ("^1.21", "1.24.3"),
        ("~1.22.3", "1.22.10"),
        ("stable", "1.24.3"),
        ("oldstable", "1.23.4"),
        ("go1.22.10", "1.22.10"),
        ("1.18", None),
    ],
)
def test_a_go_request_means_a_release_of_its_minor(asked: str, chosen: str | None) -> None:
    assert setup_go.choose(asked, GO) == (Version(chosen) if chosen else None)


def test_go_files_and_what_no_go_can_satisfy() -> None:
    module = "module x\n\ngo 1.22.0\ntoolchain go1.23.4\n"
    assert setup_go.of_file("a/go.mod", module, 5) == "1.22.0"
    assert setup_go.of_file("a/go.mod", module, 6) == "1.23.4"
    assert setup_go.of_file(".tool-versions", "golang 1.21.0\n") == "1.21.0"
    assert setup_go.possible("1.18")
    assert not setup_go.possible("3.1")
    assert not setup_go.possible("one")


def test_jdks_are_found_by_what_they_say_of_themselves(tmp_path: Path) -> None:
    for name, version in (("new", "21.0.2"), ("eight", "1.8.0_392"), ("jre", "17.0.1")):
        (tmp_path / name / "bin").mkdir(parents=True)
        (tmp_path / name / "release").write_text(f'JAVA_VERSION="{version}"\nIMPLEMENTOR="X"\n')
        if name != "jre":
            (tmp_path / name / "bin" / "javac").touch()
    (tmp_path / "link").symlink_to("new")
    here = jdks.find_jdks((str(tmp_path), str(tmp_path / "absent")))
    assert [(jdk.major, jdk.maker) for jdk in here] == [(21, "X"), (8, "X")]
    chosen = [setup_java.choose(asked, here) for asked in ("21", "21-ea", "1.8", "8", "17")]
    assert [jdk.major if jdk else None for jdk in chosen] == [21, 21, 8, 8, None]


@pytest.mark.parametrize(
    ("path", "text", "version"),
    [
        (".java-version", "17\n", "17"),
        (".tool-versions", "nodejs 1\njava temurin-21.0.1+12\n", "21.0.1+12"),
        (".sdkmanrc", "# x\njava=17.0.7-tem\n", "17.0.7"),
        (".java-version", "none", None),
    ],
)
def test_files_name_the_java(path: str, text: str, version: str | None) -> None:
    assert setup_java.of_file(path, text) == version


def test_a_pnpm_request_means_the_newest_of_its_range() -> None:
    known = ("8.15.0", "9.1.0", "9.15.9", "10.0.0-rc.1")
    chosen = [installers.choose(asked, known) for asked in ("9", "latest", "9.1.0", "7")]
    assert chosen == ["9.15.9", "9.15.9", "9.1.0", None]
