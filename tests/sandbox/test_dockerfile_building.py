"""Dockerfiles built in sandboxes: what comes of each instruction, and nothing left behind."""

from __future__ import annotations

import io
import tarfile
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from regreen_sandbox.actioncontainer import ActionRun, run_container
from regreen_sandbox.container import Sandbox, start
from regreen_sandbox.dockerfile import (
    Builder,
    BuildFailed,
    BuiltImage,
    Context,
    DockerfileError,
    UnsupportedInstruction,
    build,
)
from regreen_sandbox.engine import Engine
from regreen_sandbox.images import ImageSettings
from regreen_sandbox.keep import Keep
from regreen_sandbox.labels import OWNER, Owner
from regreen_sandbox.limits import Limits

pytestmark = pytest.mark.docker


@pytest.fixture(scope="module")
def job(engine: Engine, base_image: str) -> Iterator[Sandbox]:
    with start(engine, base_image, limits=Limits(), owner=Owner.current()) as sandbox:
        yield sandbox


@pytest.fixture
def builder(engine: Engine) -> Builder:
    return Builder(engine, Limits(), Owner.current(), ImageSettings())


def made(
    builder: Builder, image: str, text: str, folder: Path | None = None, **more: object
) -> BuiltImage:
    context = Context({}) if folder is None else Context.of_folder(folder)
    text = text.replace("BASE", image)
    return build(builder, text, context, report=print, **more)  # type: ignore[arg-type]


def run(job: Sandbox, built: BuiltImage, *command: str) -> str:
    config = built.config
    wanted = ActionRun(
        built.id,
        entrypoint=config.entrypoint,
        command=command or config.command,
        env=config.env,
        workdir=config.workdir,
        user=config.user,
    )
    done = run_container(job, wanted)
    return done.output.decode()


def ours(engine: Engine) -> set[str]:
    for thread in threading.enumerate():  # what removes the containers of actions
        if not thread.daemon and thread is not threading.main_thread():
            thread.join()
    label = {"label": f"{OWNER}={Owner.current()}"}
    with engine.guard():
        images = engine.client.api.images(filters=label)
        containers = engine.client.api.containers(all=True, filters=label)
    return {one["Id"] for one in (*images, *containers)}


def test_an_action_as_they_are_written(
    engine: Engine, base_image: str, builder: Builder, job: Sandbox, tmp_path: Path
) -> None:
    (tmp_path / "entrypoint.sh").write_text('#!/bin/sh -l\necho "$GREETING $1 $(pwd) $(cat /v)"\n')
    before = ours(engine)
    text = """\
        ARG IMAGE=BASE
        FROM $IMAGE
        LABEL maintainer="me" version=1
        ARG WHO=world
        ENV GREETING="hello $WHO" OTHER=x
        USER root
        RUN echo $WHO > /v \\
            && echo "$GREETING" >> /v
        COPY entrypoint.sh /entrypoint.sh
        RUN ["chmod", "+x", "/entrypoint.sh"]
        WORKDIR /a
        WORKDIR b
        EXPOSE 80
        HEALTHCHECK --interval=1s CMD false
        ENTRYPOINT ["/entrypoint.sh"]
        CMD ["default"]
    """
    with made(builder, base_image, text, tmp_path) as built:
        assert run(job, built) == "hello world default /a/b world\nhello world\n"
        assert run(job, built, "given").startswith("hello world given")
        assert not built.cached
        with engine.guard():
            config = engine.client.images.get(built.id).attrs["Config"]
        assert (config["Entrypoint"], config["Cmd"]) == (["/entrypoint.sh"], ["default"])
        assert config["WorkingDir"] == "/a/b"
    assert ours(engine) == before


def test_copy_and_add(base_image: str, builder: Builder, job: Sandbox, tmp_path: Path) -> None:
    for name in ("a.txt", "b.txt", "c.md", "d/e/deep", "d/.hidden", "ignored"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    (tmp_path / "d" / "link").symlink_to("e/deep")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "tool").write_text("tool")
    (tmp_path / ".dockerignore").write_text("ignored\n.dockerignore\n")
    with tarfile.open(tmp_path / "some.tar.gz", "w:gz") as tar:
        entry = tarfile.TarInfo("packed/file")
        entry.size = 1
        tar.addfile(entry, io.BytesIO(b"p"))
    text = r"""
        FROM BASE
        USER root
        WORKDIR /w
        COPY a.txt renamed
        COPY *.txt c.md into/
        COPY d d
        COPY --chown=runner:root --chmod=640 a.txt /w/owned
        COPY --chown=1001 d/e /x/y
        COPY ["a.txt", "/with space/"]
        COPY bin/tool /bin/
        COPY bin /bin
        ADD some.tar.gz /packed/
        ADD --chown=7:8 a.txt .
        COPY no*match /w/
        COPY <<EOF <<'Q' /heres/
        $PATH
        EOF
        $PATH
        Q
        COPY . /all
    """.replace("\n        ", "\n")
    look = (
        "cd /w; cat renamed into/* d/e/deep d/.hidden d/link; readlink d/link;"
        "stat -c '%n %u %g %a' owned /x /x/y /x/y/deep a.txt; cat '/with space/a.txt';"
        "ls -ld /bin | cut -c1; cat /usr/bin/tool /packed/packed/file; cat /heres/Q;"
        "cat /heres/EOF; ls -A /all"
    )
    with made(builder, base_image, text, tmp_path) as built:
        said = run(job, built, "sh", "-c", look)
    assert said.startswith("a.txta.txtb.txtc.mdd/e/deepd/.hiddend/e/deepe/deep\n")
    for words in (
        "owned 1001 0 640\n/x 1001 1001 755\n/x/y 1001 1001 755\n/x/y/deep 1001 1001 644\n",
        "a.txt 7 8 644\na.txtl\ntoolp$PATH\n/",
    ):
        assert words in said
    assert said.endswith("\na.txt\nb.txt\nbin\nc.md\nd\nsome.tar.gz\n")


def test_runs_of_every_form(base_image: str, builder: Builder, job: Sandbox) -> None:
    text = r"""
        FROM BASE
        SHELL ["/bin/bash", "-o", "pipefail", "-c"]
        USER root
        RUN [[ 1 == 1 ]] && echo bash > /said
        RUN <<EOF
        set -e
        # a comment
        echo "two $HOME" >> /said
        EOF
        RUN <<EOF
        #!/usr/bin/python3
        print("three", file=open("/said", "a"))
        EOF
        RUN cat <<A >> /said && cat <<'B' >> /said
        four $((2 + 2))
        A
        five $x
        B
        RUN --mount=type=cache,target=/c --mount=type=tmpfs,target=/t ls -d /t /c
        RUN --mount=target=/src,source=. ls -A /src; sleep 100 > /dev/null 2>&1 &
        RUN ! [ -e /src ] && ! grep -qx sleep /proc/[0-9]*/comm
        USER runner
        RUN id -un >> /tmp/said; echo $HOME >> /tmp/said
        CMD cat /said /tmp/said; ls -d /src
    """.replace("\n        ", "\n")
    with made(builder, base_image, text) as built:
        said = run(job, built)
    assert said.startswith("bash\ntwo /home/runner\nthree\nfour 4\nfive $x\nrunner\n/home/runner\n")


def test_stages(engine: Engine, base_image: str, builder: Builder, job: Sandbox) -> None:
    text = """\
        FROM BASE AS build
        USER root
        RUN mkdir -p /out/bin && echo t > /out/bin/t
        RUN cd /out && echo made > made && ln -s made link
        RUN chown 1001 /out/made
        ENV KEPT=1
        FROM BASE AS unused
        RUN false
        FROM build AS next
        RUN echo "$KEPT" >> /out/made
        FROM BASE
        COPY --from=next /out /from
        COPY --from=0 /out/m* /out/bin/t /some/
        COPY --from=BASE /etc/os-release /release
        CMD ["sh", "-c", "cat /from/link /some/made /some/t; stat -c %u /from/made; ls -s /release"]
    """
    before = ours(engine)
    with made(builder, base_image, text) as built:
        said = run(job, built)
    assert said.startswith("made\n1\nmade\nt\n1001\n")
    assert ours(engine) == before


def test_a_stage_upon_a_stage_and_from_nothing(
    engine: Engine, base_image: str, builder: Builder, job: Sandbox, tmp_path: Path
) -> None:
    keep = Keep(engine, tmp_path / "kept", worth_seconds=0.0)
    before = ours(engine)
    chain = "FROM BASE AS a\nUSER root\nRUN echo a > /a\nFROM a\nRUN echo b >> /a\nCMD cat /a"
    with made(replace(builder, keep=keep), base_image, chain) as built:
        assert run(job, built) == "a\nb\n"
    assert ours(engine) == before
    empty = """\
        FROM BASE AS a
        USER root
        RUN mkdir -p /out && for f in $(ldd /bin/cat | grep -o '/[^ ]*'); do \\
            mkdir -p /out$(dirname $f) && cp -L $f /out$f; done; cp -L /bin/cat /out/cat
        FROM scratch
        COPY --from=a /out /
        COPY --from=a /etc/hostname /hostname
        ENTRYPOINT ["/cat", "/hostname"]
    """
    with made(builder, base_image, empty) as built:
        assert run(job, built) != ""
        assert "/cat: /none: No such file or directory\n" in run(job, built, "/none")
    assert ours(engine) == before


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ("FROM BASE\nRUN exit 3", BuildFailed, 'line 2: process "/bin/sh -c exit 3" did not'),
        ("FROM BASE\nCOPY none /x", DockerfileError, 'line 2: .*"/none": not found'),
        ("FROM BASE\nCOPY --chown=nobody-here a /x", DockerfileError, "not found"),
        ("FROM BASE\nENV A='x", DockerfileError, "line 2: unexpected end"),
        ("FROM BASE\n\nADD https://example.invalid/x /x", UnsupportedInstruction, "line 3: ADD of"),
        ("FROM BASE\nRUN --mount=type=secret,id=x y", UnsupportedInstruction, "type=secret"),
        ("FROM BASE\nCOPY --parents a /x", UnsupportedInstruction, "COPY --parents"),
        ("FROM BASE\nSHELL bash", DockerfileError, "JSON form"),
    ],
)
def test_failures_name_the_line_and_leave_nothing(
    engine: Engine, base_image: str, builder: Builder, text: str, error: type, words: str
) -> None:
    before = ours(engine)
    with pytest.raises(error, match=words):
        made(builder, base_image, text)
    assert ours(engine) == before


def test_a_failed_command_tells_what_it_said(base_image: str, builder: Builder) -> None:
    heard: list[bytes] = []
    with pytest.raises(BuildFailed) as failed:
        made(builder, base_image, "FROM BASE\nRUN echo why; exit 3", on_output=heard.append)
    assert (failed.value.exit_code, failed.value.log) == (3, b"why\n")
    assert b"".join(heard) == b"why\n"


def test_a_build_is_kept_and_found_again(
    engine: Engine, base_image: str, job: Sandbox, tmp_path: Path
) -> None:
    keep = Keep(engine, tmp_path / "kept", worth_seconds=0.0)
    builder = Builder(engine, Limits(), Owner.current(), ImageSettings(), keep=keep)
    text = 'FROM BASE\nUSER root\nRUN date +%N > /when\nENV A=b\nENTRYPOINT ["cat", "/when"]'
    try:
        with made(builder, base_image, text) as first:
            when = run(job, first)
        with made(builder, base_image, text) as second:
            assert second.cached
            assert run(job, second) == when
            assert second.config.env["A"] == "b"
        with made(builder, base_image, text, args={"X": "y"}) as third:
            assert not third.cached
    finally:
        for key in keep.environments.names():
            keep.forget(key)


def test_the_time_is_bounded(engine: Engine, base_image: str, builder: Builder) -> None:
    before = ours(engine)
    with pytest.raises(Exception, match="longer than it may"):
        made(builder, base_image, "FROM BASE\nRUN sleep 60", seconds=1.5)
    assert ours(engine) == before
