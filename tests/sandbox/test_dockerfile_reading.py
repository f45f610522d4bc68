"""Dockerfiles as they are read: lines, words, stages, what is left out of a context."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from regreen_sandbox.dockerfile import (
    Context,
    DockerfileError,
    UnsupportedInstruction,
    check,
    parse,
)
from regreen_sandbox.dockerfile.patterns import Ignored, matcher
from regreen_sandbox.dockerfile.stages import plan
from regreen_sandbox.dockerfile.words import WordError, json_form, pairs, word, words


def test_lines_comments_flags_and_heredocs() -> None:
    file = parse(
        "# syntax=docker/dockerfile:1\n"
        "# a comment\n"
        "\n"
        "  from --platform=linux/amd64 a:1 as Base\n"
        "RUN one \\\n"
        "  # not a part of it\n"
        "\n"
        "  && two \\  \n"
        "  && three\n"
        "COPY --from=Base --chown=1:2 <<EOF <<-'Two' /there/\n"
        "# kept \\\n"
        "EOF\n"
        "\ttabs\n"
        "\tTwo\n"
        "RUN cat <<< word\n"
        'CMD ["a", "b"]\r\n'
    )
    first, run, copy, here, command = file.instructions
    assert (first.line, first.name, first.text) == (4, "FROM", "a:1 as Base")
    assert first.flags == (("platform", "linux/amd64"),)
    assert (run.line, run.text) == (5, "one   && two   && three")
    assert (copy.line, copy.flags) == (10, (("from", "Base"), ("chown", "1:2")))
    assert [(d.word, d.text, d.expands) for d in copy.heredocs] == [
        ("EOF", "# kept \\\n", True),
        ("Two", "tabs\n", False),
    ]
    assert (here.line, here.heredocs) == (15, ())
    assert (command.line, json_form(command.text)) == (16, ("a", "b"))


def test_another_escape_character() -> None:
    file = parse("# escape=`\nFROM a\nRUN one `\n two\nRUN c:\\\nUSER x")
    assert [i.text for i in file.instructions] == ["a", "one  two", "c:\\", "x"]
    assert file.escape == "`"


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("FROM a\nFETCH b", 2, "unknown instruction: FETCH"),
        ("\n\nRUN x\nFROM a", 3, "no build stage"),
        ("ARG A", 1, "there is no FROM"),
        ("FROM a\n\nCOPY", 3, "COPY requires at least one argument"),
        ("FROM a\nRUN <<EOF\nx\n", 2, "unterminated heredoc EOF"),
        ("# escape=x\nFROM a", 1, "invalid ESCAPE"),
    ],
)
def test_what_docker_refuses_is_told_with_its_line(text: str, line: int, what: str) -> None:
    with pytest.raises(DockerfileError, match=what) as error:
        parse(text)
    assert error.value.line == line
    assert f"Dockerfile line {line}: " in error.value.message


VALUES = {"A": "1", "B": "two words", "EMPTY": "", "P": "a/b/c"}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("$A ${B} x", "1 two words x"),
        (r"\$A '$A' \"x\" \a", '$A $A "x" a'),
        (r'"$A \a \$ \" \\"', '1 \\a $ " \\'),
        ("${NONE:-x$A} ${EMPTY:-y} ${EMPTY-z}", "x1 y "),
        ("${A:+yes}${NONE:+no}${EMPTY:+no}${EMPTY+yes}", "yesyes"),
        ("${A:-${NONE:-never}}$", "1$"),
        ("$NONE", ""),
        ("${P#*/} ${P##*/} ${P%/*} ${P%%/*}", "b/c c a/b a"),
        ("${P/b*/x} ${P//b/-} ${P/a?/} ${P#x}", "a/x a/-/c b/c a/b/c"),
    ],
)
def test_variables_and_quotes(text: str, found: str) -> None:
    assert word(text, VALUES, "\\") == found


@pytest.mark.parametrize("text", ["'x", '"x', "${A", "${1}", "${A:=x}", "${NONE:?must be}"])
def test_words_that_docker_refuses(text: str) -> None:
    with pytest.raises(WordError):
        word(text, VALUES, "\\")


def test_words_and_pairs() -> None:
    assert words(' a "b c"$B\td ', VALUES, "\\") == ("a", "b ctwo words", "d")
    assert pairs("A=1 B='2 3' C=$A\\ x", VALUES, "\\") == (("A", "1"), ("B", "2 3"), ("C", "1 x"))
    assert pairs("NAME all the  rest=", VALUES, "\\") == (("NAME", "all the  rest="),)
    with pytest.raises(WordError, match="must have a value"):
        pairs("NAME", VALUES, "\\")
    assert json_form("echo") is None
    assert json_form("[ 'a' ]") is None


def test_stages_and_what_the_last_one_needs() -> None:
    file = parse(
        "ARG TAG=1\nFROM a:${TAG} AS one\nFROM b AS two\nFROM c AS unused\n"
        "FROM Two\nCOPY --from=one /x /x\nCOPY --from=other:1 /x /x\nRUN --mount=from=0,target=/y z"
    )
    found = plan(file, {"TAG": "2"})
    assert [stage.base for stage in found.stages] == ["a:2", "b", "c", 1]
    assert [stage.number for stage in found.needed] == [0, 1, 3]
    assert [stage.number for stage in plan(file, {}, "two").needed] == [1]
    with pytest.raises(DockerfileError, match="target stage"):
        plan(file, {}, "none")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("FROM a\nONBUILD RUN x", "ONBUILD"),
        ("FROM --platform=linux/arm64 a", "platform"),
        ("FROM a\nADD --checksum=x http://a/b /c", "ADD --checksum"),
        ("FROM a\nADD https://a.invalid/b /c", "ADD of https"),
        ("FROM a\nADD git@a.invalid:b/c.git /c", "ADD of git@"),
        ("FROM a\nCOPY --exclude=*.x a /c", "COPY --exclude"),
        ("FROM a\nRUN --mount=type=ssh x", "type=ssh"),
        ("FROM a\nRUN --network=host x", "--network=host"),
        ("FROM a\nRUN --frob x", "RUN --frob"),
    ],
)
def test_what_is_not_to_be_had(text: str, what: str) -> None:
    with pytest.raises(UnsupportedInstruction, match=what):
        check(text)


@pytest.mark.parametrize(
    ("pattern", "name", "fits"),
    [
        ("*.py", "a.py", True),
        ("*.py", "a/b.py", False),
        ("**/*.py", "b.py", True),
        ("**/*.py", "a/b/c.py", True),
        ("a/**", "a/b/c", True),
        ("a?[b-d]", "axc", True),
        ("a?[^b-d]", "axc", False),
        ("a[", "a[", True),
        (r"a\*", "a*", True),
        ("a.c", "abc", False),
    ],
)
def test_patterns(pattern: str, name: str, fits: bool) -> None:
    assert bool(matcher(pattern).fullmatch(name)) is fits


def test_what_dockerignore_leaves_out(tmp_path: Path) -> None:
    ignored = Ignored(["# no", "", "/build/", "*.log", "!keep.log", "docs", "!docs/a.md", "**/x"])
    names = ["build/a", "a.log", "keep.log", "docs/b.md", "docs/a.md", "q/x/y", "src/a.log", "# no"]
    assert [name for name in names if ignored(name)] == ["build/a", "a.log", "docs/b.md", "q/x/y"]
    for name in ("a.log", "b", ".dockerignore", "Other.dockerignore"):
        (tmp_path / name).write_text("*.log")
    (tmp_path / "Other.dockerignore").write_text("b")
    (tmp_path / ".git").mkdir()
    context = Context.of_folder(tmp_path)
    assert set(context.less("Dockerfile").items) == {"b", ".dockerignore", "Other.dockerignore"}
    assert set(context.less("Other").items) == {"a.log", ".dockerignore", "Other.dockerignore"}


def test_a_contexts_key_tells_what_matters(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("1")
    key = Context.of_folder(tmp_path).digest()
    (tmp_path / "a").touch()
    assert Context.of_folder(tmp_path).digest() == key
    (tmp_path / "a").chmod(0o755)
    other = Context.of_folder(tmp_path).digest()
    (tmp_path / "a").write_text("2")
    assert len({key, other, Context.of_folder(tmp_path).digest()}) == 3


def test_links_are_followed_inside_the_context_only(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "f").write_text("x")
    (tmp_path / "way").symlink_to("/real")
    (tmp_path / "up").symlink_to("../../etc/passwd")
    (tmp_path / "loop").symlink_to("loop")
    context = Context.of_folder(tmp_path)
    assert context.followed("way/f") == "real/f"
    assert context.followed("up") == "etc/passwd"
    assert context.followed("loop") == "loop"


def test_a_tar_as_a_context() -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, kind in (("top", tarfile.DIRTYPE), ("top/f", tarfile.REGTYPE)):
            entry = tarfile.TarInfo(name)
            entry.type, entry.uid = kind, 5
            tar.addfile(entry)
        entry = tarfile.TarInfo("top/hard")
        entry.type, entry.linkname = tarfile.LNKTYPE, "top/f"
        tar.addfile(entry)
    items = Context.of_tar(buffer.getvalue(), strip=1).items
    assert set(items) == {"f", "hard"}
    assert items["hard"] == items["f"]
    assert items["f"].uid == 0
