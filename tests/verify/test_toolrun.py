"""What a tool changed, as the host sees it: exact for an honest one, harmless for a hostile one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from regreen.git import Tree
from regreen.model import ToolRun
from regreen.verify.toolrun import Refused, run_tool
from regreen_sandbox.engine import Engine
from tests.verify.support import Red, red_job
from tests.verify.test_brought import entry, tar

pytestmark = pytest.mark.docker

FILES: dict[str, str | bytes] = {
    ".gitattributes": "*.txt text=auto eol=crlf\n*.bat -text\n"
    "*.utf16 text working-tree-encoding=UTF-16LE\n"
    "*.id ident\n*.big filter=large\n",
    ".gitignore": "made/\n",
    "a.py": "a = 1\nb = 2\n",
    "stamped.py": "version = 0\n\n\n\nx=1\n",
    "dos.txt": "one\ntwo\n",
    "kept.bat": "one\r\ntwo\r\n",
    "wide.utf16": "wide\n".encode("utf-16-le"),
    "who.id": "$Id$\nx\n",
    "thing.big": "pointer\n",
    "gone.py": "",
    "naïve name\n.py": "n = 1\n",
    "sub/b.py": "b=1\n",
    "-dash.py": "d=1\n",
}
STEPS = """\
      - run: sed -i 's/version = 0/version = 42/' stamped.py && mkdir made && echo x > made/x
      - run: exit 1
"""
Tool = Callable[[str], Tree | Refused]


@pytest.fixture(scope="module")
def red(engine: Engine, base_image: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Red]:
    folder = tmp_path_factory.mktemp("tool")
    with red_job(engine, base_image, folder, FILES, STEPS) as red:
        yield red


@pytest.fixture(scope="module")
def tool(red: Red) -> Iterator[Tool]:
    """Runs a command in the sandbox as it stood before the failing step, and undoes it all."""
    checkpoint, failed = red.attempt.checkpoint, red.attempt.failed
    assert checkpoint is not None
    assert failed is not None
    step = red.workshop.job.steps[failed.index]
    with red.workshop.resume(checkpoint) as run:
        place = run.view.repository

        def sh(script: str) -> None:
            done = run.sandbox.run(("bash", "-ec", script), env={}, cwd=place, timeout=60)
            assert done.ok, done.output

        sh("cp -a . ../saved")

        def call(command: str) -> Tree | Refused:
            try:
                return run_tool(run, step, ToolRun("t", "", command), checkpoint.tree, seconds=60)
            finally:
                sh("chmod -R u+w .; find . -mindepth 1 -delete; cp -a ../saved/. .")

        yield call


def test_what_a_tool_changes_is_exactly_what_comes_out(tool: Tool, red: Red) -> None:
    tree = tool(
        "sed -i s/1/3/ a.py sub/b.py -- -dash.py 'na\u00efve name\n.py'; rm gone.py; chmod +x a.py;"
        "echo new > new.py; echo y > made/x; ln -sf a.py sub/b.py"
    )
    base = red.scratch.tree(red.commit)
    assert isinstance(tree, Tree)
    assert tree.changed(base) == ("-dash.py", "a.py", "gone.py", "naïve name\n.py", "sub/b.py")
    assert tree.text("a.py") == "a = 3\nb = 2\n"
    assert tree.text("naïve name\n.py") == "n = 3\n"
    assert tree.entries["a.py"].mode == "100755"
    assert tree.entries["sub/b.py"].mode == "120000"
    assert "gone.py" not in tree.entries


def test_of_what_set_up_changed_only_the_tool_s_part_is_taken(tool: Tool, red: Red) -> None:
    tree = tool("sed -i s/x=1/x=2/ stamped.py")
    assert isinstance(tree, Tree)
    assert tree.text("stamped.py") == "version = 0\n\n\n\nx=2\n"
    assert tool("true") == red.scratch.tree(red.commit)
    both = tool("sed -i s/42/43/ stamped.py")
    assert isinstance(both, Refused)
    assert "does not fit the commit" in both.reason


def test_line_ends_and_encodings_are_kept_as_git_keeps_them(tool: Tool, red: Red) -> None:
    tree = tool(
        "test \"$(od -An -c dos.txt | tr -d ' ')\" = 'one\\r\\ntwo\\r\\n' || exit 1\n"
        "printf 'three\\r\\n' >> dos.txt; printf 'three\\r\\n' >> kept.bat;"
        "printf 'more\\n' | iconv -t UTF-16LE >> wide.utf16; echo y >> who.id"
    )
    assert isinstance(tree, Tree)
    assert tree.read("dos.txt") == b"one\ntwo\nthree\n"
    assert tree.read("kept.bat") == b"one\r\ntwo\r\nthree\r\n"
    assert tree.read("wide.utf16") == b"wide\nmore\n"
    assert tree.read("who.id") == b"$Id$\nx\ny\n"


def test_a_file_behind_a_filter_is_not_taken(tool: Tool) -> None:
    refused = tool("echo more > thing.big")
    assert isinstance(refused, Refused)
    assert "thing.big" in refused.reason
    assert "filter" in refused.reason


def test_settings_inside_decide_nothing(tool: Tool, red: Red) -> None:
    tree = tool(
        "git config filter.evil.clean 'sed s/a/EVIL/'; git config core.autocrlf true;"
        "git config core.fsmonitor 'touch /tmp/ran'; git config core.attributesFile /tmp/at;"
        "printf '* filter=evil\\n' | tee /tmp/at .git/info/attributes >> .gitattributes;"
        "sed -i s/1/3/ a.py"
    )
    assert isinstance(tree, Tree)
    assert tree.text("a.py") == "a = 3\nb = 2\n"
    assert tree.changed(red.scratch.tree(red.commit)) == (".gitattributes", "a.py")


@pytest.mark.parametrize("target", ["/etc/passwd", "../../../outside", "sub/../../x"])
def test_a_link_that_leads_out_is_refused(tool: Tool, target: str) -> None:
    refused = tool(f"ln -sf {target} a.py")
    assert isinstance(refused, Refused)
    assert "leads out" in refused.reason


@pytest.mark.parametrize(
    "command",
    [
        "mkfifo p; mv p a.py",
        "truncate -s 70M a.py",
        "rm a.py; mkdir a.py; touch a.py/b",
        "rm -rf .git /tmp/.regreen-git-*",
        "for f in /tmp/.regreen-git-*/; do rm -rf $f/objects; done; chmod 500 sub",
    ],
)
def test_whatever_a_tool_does_the_host_goes_on(tool: Tool, command: str) -> None:
    assert isinstance(tool(command), Tree | Refused)


def test_programs_that_a_job_replaced_are_not_believed(red: Red, engine: Engine) -> None:
    """With sudo a job may: what git and tar then say is a stranger's word."""
    checkpoint, failed = red.attempt.checkpoint, red.attempt.failed
    assert checkpoint is not None
    assert failed is not None
    forged = tar(entry("a.py", b"a = 9\n"), entry("new.py", b"n"), entry(".git/config", b"x"))
    git = r"""#!/bin/sh
case $1 in diff-tree) printf 'a.py\0../../etc/passwd\0new.py\0gone.py\0';; esac
"""
    programs = {"git": git, "tar": '#!/bin/sh\ncp /tmp/forged "${2#--file=}"\n'}
    with red.workshop.resume(checkpoint) as run:
        run.sandbox.write("/tmp/forged", forged)
        for name, text in programs.items():
            run.sandbox.write(f"/tmp/{name}", text.encode(), 0o755)
        script = "mv /tmp/git /tmp/tar /usr/bin/ && touch /tmp/done"
        api = engine.client.api
        made = api.exec_create(run.sandbox.name, ["/bin/sh", "-c", script], user="0:0")
        api.exec_start(made["Id"])
        assert run.sandbox.read("/tmp/done") == b""
        step = red.workshop.job.steps[failed.index]
        tree = run_tool(run, step, ToolRun("t", "", "true"), checkpoint.tree, seconds=60)
    assert isinstance(tree, Tree)
    base = red.scratch.tree(red.commit)
    assert set(tree.changed(base)) <= {"a.py", "gone.py"}


def test_a_tool_that_the_step_brings_itself_is_found(
    engine: Engine, base_image: str, tmp_path: Path
) -> None:
    wrapper = (
        "mkdir -p .tox/lint/bin && cd .tox/lint/bin && "
        "printf '#!/bin/sh\\necho mended > a.py\\n' > mender && chmod +x mender && exit 1"
    )
    files: dict[str, str | bytes] = {"a.py": "broken\n", ".gitignore": ".tox/\n"}
    with red_job(engine, base_image, tmp_path, files, f"      - run: {wrapper}\n") as red:
        checkpoint, failed = red.attempt.checkpoint, red.attempt.failed
        assert checkpoint is not None
        assert failed is not None
        step = red.workshop.job.steps[failed.index]
        with red.workshop.resume(checkpoint) as run:
            found = run_tool(run, step, ToolRun("t", "", "mender"), checkpoint.tree, seconds=60)
        assert isinstance(found, Tree)
        assert found.changed(checkpoint.tree) == ("a.py",)
