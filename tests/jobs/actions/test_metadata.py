"""An action's manifest as a value, and its faults where they stand."""

from __future__ import annotations

import pytest

from regreen.errors import WorkflowError
from regreen.jobs.actions.metadata import (
    Composite,
    Container,
    Input,
    Node,
    NotFound,
    find_action,
    read_action,
)

COMPOSITE = """\
name: Say
inputs:
  who: {description: whom, required: true}
  how: {default: "${{ github.actor }} loudly", deprecationMessage: use who}
  times: {default: 3}
outputs:
  said: {description: what, value: "${{ steps.say.outputs.said }}"}
runs:
  using: composite
  steps:
    - id: say
      if: inputs.who != ''
      run: echo hello
      shell: bash
      env: {A: 1}
      continue-on-error: true
    - uses: actions/setup-python@v5
      with: {python-version: 3.12}
branding: {icon: x, color: blue}
"""

TWICE = """\
runs:
  using: composite
  steps:
    - {run: a, shell: sh, id: a}
    - {run: b, shell: sh, id: A}
"""


def test_a_composite_action_is_read() -> None:
    action = read_action(COMPOSITE, "a/action.yml")
    assert action.name == "Say"
    assert action.inputs == {
        "who": Input("who", required=True),
        "how": Input("how", "${{ github.actor }} loudly", deprecated="use who"),
        "times": Input("times", "3"),
    }
    assert action.outputs == {"said": "${{ steps.say.outputs.said }}"}
    assert isinstance(action.runs, Composite)
    first, second = action.runs.steps
    assert (first.id, first.run, first.shell, first.line) == ("say", "echo hello", "bash", 11)
    assert (first.env, first.continue_on_error) == ({"A": "1"}, True)
    assert (second.uses, second.inputs) == ("actions/setup-python@v5", {"python-version": "3.12"})


def test_a_javascript_action_is_read() -> None:
    text = "runs: {using: Node20, main: dist/index.js, post: dist/post.js, post-if: success()}"
    runs = read_action(text, "action.yml").runs
    assert runs == Node(20, "dist/index.js", post="dist/post.js", post_if="success()")


def test_a_docker_action_is_read() -> None:
    text = "runs: {using: docker, image: Dockerfile, args: [a, '${{ inputs.b }}'], env: {C: d}}"
    action = read_action(text.encode("utf-8-sig"), "action.yml")
    assert action.runs == Container("Dockerfile", args=("a", "${{ inputs.b }}"), env={"C": "d"})
    assert action.accepted == ("entryPoint", "args")
    bare = read_action("runs: {using: docker, image: 'docker://alpine'}", "action.yml").runs
    assert isinstance(bare, Container)
    assert bare.args is None


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        ("name: x\n", 1, 1, "Top level 'runs:' section is required"),
        ("runs: {main: x.js}", 1, 7, "Missing 'using' value"),
        ("runs:\n  using: node8\n  main: x", 2, 10, "'using: node8' is not supported"),
        ("runs: {using: node20}", 1, 7, "not an entry JavaScript file"),
        ("runs: {using: composite}", 1, 7, "there are no steps provided"),
        ("runs: {using: docker}", 1, 7, "an image is not provided"),
        ("runs: {using: docker, image: alpine}", 1, 30, "'alpine' should be either"),
        (
            "runs:\n  using: composite\n  steps:\n    - run: x\n",
            4,
            7,
            "Required property is missing: shell",
        ),
        (
            "runs:\n  using: composite\n  steps:\n    - {run: x, shell: sh, timeout-minutes: 1}\n",
            4,
            27,
            "Unexpected value 'timeout-minutes'",
        ),
        (
            "runs:\n  using: composite\n  steps:\n    - {run: '${{ secrets.X }}', shell: sh}\n",
            4,
            13,
            "Unrecognized named-value: 'secrets'",
        ),
        (
            "runs:\n  using: composite\n  steps:\n    - {run: x, shell: sh, if: secrets.X}\n",
            4,
            31,
            "Unrecognized named-value: 'secrets'",
        ),
        ("runs:\n  using: composite\n  steps:\n    - uses: x@v1\n", 4, 13, "Expected format"),
        (
            TWICE,
            5,
            31,
            "may not be used more than once",
        ),
        ("inputs: {a: {default: '${{ inputs.b }}'}}\nruns: {using: node20, main: x}", 1, 23, "in"),
        ("- a\n", 1, 1, "A sequence was not expected"),
        ("", 1, 1, "empty"),
    ],
)
def test_a_fault_is_named_where_it_stands(text: str, line: int, column: int, words: str) -> None:
    with pytest.raises(WorkflowError) as fault:
        read_action(text, "x/action.yml")
    assert words in fault.value.reason
    assert (fault.value.file, fault.value.line, fault.value.column) == (
        "x/action.yml",
        line,
        column,
    )


def test_the_manifest_is_looked_for_as_the_runner_does() -> None:
    node = b"runs: {using: node20, main: x.js}"
    docker = b"runs: {using: docker, image: Dockerfile}"
    files = {
        "a/action.yml": node,
        "a/action.yaml": docker,
        "b/action.yaml": node,
        "c/Dockerfile": b"",
    }
    kinds = []
    for folder in ("a", "b", "c"):
        found = find_action(files.get, folder, f"o/r/{folder}@v1")
        assert not isinstance(found, NotFound)
        kinds.append((found.path, found.runs))
    assert kinds == [
        ("o/r/a@v1/action.yml", Node(20, "x.js")),
        ("o/r/b@v1/action.yaml", Node(20, "x.js")),
        ("o/r/c@v1/Dockerfile", Container("Dockerfile")),
    ]
    missing = find_action(files.get, "", "o/r@v1")
    assert isinstance(missing, NotFound)
    assert missing.reason.startswith("Can't find 'action.yml', 'action.yaml' or 'Dockerfile' under")
