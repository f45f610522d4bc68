"""YAML as GitLab reads it, and definitions put together from anchors, extends and references."""

from __future__ import annotations

import pytest

from regreen.errors import WorkflowError
from regreen.jobs.gitlab.scalars import plain, said
from regreen.jobs.gitlab.script import commands
from tests.jobs.gitlab.support import config, job


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("on", True), ("No", False), ("~", None), ("3.10", 3.1), ("010", 8), ("0x1F", 31),
        ("1_000", 1000), ("1,000", 1000), ("1:30", 90), ("0b11", 3), ("1e3", "1e3"),
        ("1.5e+3", 1500.0), (".5", 0.5), (".", "."), ("-", "-"), ("v1.0", "v1.0"), ("08", "08"),
        ("1.2.3", "1.2.3"), ("n", "n"), ("+7", 7),
    ],
)  # fmt: skip
def test_an_unquoted_word_means_what_ruby_reads(written: str, meant: object) -> None:
    found = plain(written)
    assert (found, type(found)) == (meant, type(meant))


def test_a_date_is_refused_as_gitlab_does() -> None:
    with pytest.raises(WorkflowError, match=r":2:10: .*unspecified class: Date"):
        config("a:\n  image: 2024-05-01\n  script: x\n")


def test_numbers_are_written_as_ruby_writes_them() -> None:
    assert [said(one) for one in (3.1, 7, True, None, "x")] == ["3.1", "7", "true", "", "x"]


def test_a_merge_key_overrides_what_stands_before_and_gives_way_behind() -> None:
    text = """\
.base: &base {image: base, script: base, tags: [one]}
before: {script: own, <<: *base}
behind:
  <<: *base
  script: own
several:
  <<: [*base, {image: second, timeout: 1h}]
"""
    found = config(text).jobs
    assert commands(found["before"].get("script")) == ("base",)
    assert commands(found["behind"].get("script")) == ("own",)
    assert {"image", "script", "tags", "timeout"} == set(found["several"].entries)
    assert commands(found["several"].get("image")) == ("base",)


def test_extends_merges_mappings_and_replaces_lists() -> None:
    text = """\
.a:
  variables: {ONE: a, TWO: a}
  script: [a1, a2]
  tags: [a]
.b:
  extends: .a
  variables: {TWO: b}
.c: {image: c, script: [c]}
own:
  extends: [.b, .c]
  variables: {THREE: own}
"""
    found = job(text, "own").job
    assert found.script == ("c",)
    assert [found.variables[name] for name in ("ONE", "TWO", "THREE")] == ["a", "b", "own"]
    assert found.image is not None
    assert found.image.name == "c"


def test_extends_goes_eleven_levels_deep_and_no_deeper() -> None:
    chain = "\n".join(f".l{n}:\n  extends: .l{n + 1}" for n in range(1, 11))
    end = "\n.l11:\n  image: deep\n.l12:\n  image: deeper\n"
    text = f"own:\n  extends: .l1\n  script: x\n{chain}{end}"
    image = job(text, "own").job.image
    assert image is not None
    assert image.name == "deep"
    deeper = text.replace("  image: deep\n", "  extends: .l12\n", 1)
    with pytest.raises(WorkflowError, match="nesting too deep in `extends`"):
        config(deeper)


def test_references_take_values_from_anywhere_and_open_in_scripts() -> None:
    text = """\
.setup: {script: [one, two], rules: [{if: $CI}]}
.more: {script: [!reference [.setup, script], three]}
own:
  extends: .more
  variables: !reference [other, variables]
  rules: [!reference [.setup, rules]]
  script: [zero, !reference [.more, script]]
other: {variables: {A: b}, script: x}
"""
    found = job(text, "own").job
    assert found.script == ("zero", "one", "two", "three")
    assert found.variables["A"] == "b"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: {extends: .b, script: x}", ":1:5: a: unknown keys in `extends` (.b)"),
        ("a:\n  extends: b\n  script: x\nb: {extends: a, script: x}",
         "circular dependency detected in `extends`"),
        (".b: 1\na: {extends: .b, script: x}", "a: invalid base hashes in `extends` (.b)"),
        ("a:\n  script: !reference [.b, script]",
         ':2:11: !reference [".b", "script"] could not be found'),
        ("a: {script: !reference [b, script]}\nb: {script: !reference [a, script]}",
         "is part of a circular chain"),
        ("a:\n  script: !reference x", "!reference is not valid"),
        ("a: [", "Invalid YAML: "),
        ("a: *b", ":1:4: Unknown alias: b"),
        ("a: &a [*a]", "contains itself"),
        ("- a", "Invalid configuration format"),
        ("", "Please provide content of .gitlab-ci.yml"),
        (".a: {script: x}", "jobs config should contain at least one visible job"),
        ("a:\n  stage: x", ":1:1: jobs a config should implement the script:, run:, or trigger"),
        ("a: {script: x, steps: [], foo: 1}", "jobs:a config contains unknown keys: steps, foo"),
        ("a:\n  script:\n    - echo a\n    - echo \"a: b\"",
         ":4:7: jobs:a:script config should be a string or a nested array of strings up to 10"),
        ("a: {stage: x, script: x, image: long, tags: [enough]}",
         "a job: chosen stage x does not exist; available stages are .pre, build, test, deploy"),
        ("a: {script: x, needs: [b]}", "a job: undefined need: b"),
        ("a: {script: x, dependencies: [b]}", "a job: undefined dependency: b"),
        ("a: {script: x, needs: [b]}\nb: {stage: deploy, script: x}",
         "a job: need b is not defined in current or prior stages"),
        ("a: {script: x, rules: [], only: [main]}",
         "jobs:a config key may not be used with `rules`: only"),
        ("a: {script: x, rules: [{if: $A =}]}", "jobs:a:rules:rule if invalid expression syntax"),
        ("a: {script: x, rules: [{unless: x}]}",
         "jobs:a:rules:rule config contains unknown keys: unless"),
        ("a: {script: x, rules: [{when: sometimes}]}", "jobs:a:rules:rule when should be one of"),
        ("a: {script: x, when: never}", "jobs:a when should be one of: on_success, on_failure"),
        ("a: {script: x, timeout: soon}", "jobs:a:timeout config should be a duration"),
        ("a: {script: x, retry: 3}", "jobs:a:retry config must be less than or equal to 2"),
        ("a: {script: x, parallel: 0}", "must be greater than or equal to 1"),
        ("a: {script: x, parallel: 201}", "must be less than or equal to 200"),
        ("a: {script: x, parallel: {matrix: [{A: [1, 2], B: x}, 3]}}", "an array of hashes"),
        ("a: {script: x, variables: {B: [1]}}", "must be either a string or a hash"),
        ("a: {script: x, variables: {B: {valu: 1}}}", "uses invalid data keys: valu"),
        ("a: {script: x, image: [b]}", "jobs:a:image config should be a hash or a string"),
        ("a: {script: x, tags: b}", "jobs:a:tags config should be an array of strings"),
        ("default: {script: x}\na: {script: x}", "default config contains unknown keys: script"),
        ("default: {image: x}\nimage: y\na: {script: x}",
         ":2:1: image is defined in top-level and `default:` entry"),
        ("stages: build\na: {script: x}", "stages config should be an array of strings"),
        ("include: x.txt\na: {script: x}", "Included file `x.txt` does not have YAML extension!"),
        ("include: x.yml\na: {script: x}", ":1:10: Local file `x.yml` does not exist!"),
        ("include: {file: x.yml}\na: {script: x}", "does not have a valid subkey for type"),
    ],
)  # fmt: skip
def test_what_gitlab_refuses_is_refused_in_its_words_at_its_place(text: str, words: str) -> None:
    with pytest.raises(WorkflowError) as caught:
        config(text)
    assert words in caught.value.message
    assert caught.value.message.startswith(".gitlab-ci.yml:")
    assert caught.value.next_step


def test_aliases_that_would_fill_memory_are_refused() -> None:
    lines = ["a: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"b{n}: &a{n + 1} [{', '.join([f'*a{n}'] * 10)}]" for n in range(9)]
    with pytest.raises(WorkflowError, match="The parsed YAML is too big"):
        config("\n".join(lines))


def test_references_that_would_fill_memory_are_refused() -> None:
    lines = [".a0: {script: [x, x, x, x, x, x, x, x, x, x]}"]
    lines += [
        f".a{n + 1}: {{script: [{', '.join([f'!reference [.a{n}, script]'] * 10)}]}}"
        for n in range(8)
    ]
    with pytest.raises(WorkflowError, match="too big"):
        config("\n".join([*lines, "b: {script: !reference [.a8, script]}"]))
