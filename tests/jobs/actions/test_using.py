"""Steps that use actions of others, in a real sandbox."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from regreen.git import Repository, Scratch, export
from regreen.jobs import find_job, plan, read_workflow
from regreen.jobs.actions.container import run_post
from regreen.jobs.actions.store import Store
from regreen.jobs.performing import Watch
from regreen.jobs.premises import Standing
from regreen.jobs.runner import JobRun, Setting, UnsupportedStep
from regreen.jobs.stores import Stores
from regreen.logs import classify, mask
from regreen.logs.masking import LiveMask
from regreen.model import JobOutcome, Selection, StepOutcome
from regreen.report import Silent
from regreen_sandbox.container import start
from regreen_sandbox.engine import Engine
from regreen_sandbox.labels import Owner
from regreen_sandbox.limits import Limits
from tests.repositories import commit

pytestmark = pytest.mark.docker

Run = Callable[[str], tuple[JobOutcome, dict[str, StepOutcome]]]
HEAD = """\
on: push
env: {LEVEL: workflow}
jobs:
  job:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
"""
GREET = """\
name: Greet
inputs:
  who to greet: {default: "${{ github.repository }}"}
  How: {required: true}
  old: {deprecationMessage: use How}
outputs:
  said: {value: "${{ steps.say.outputs.said }}"}
runs:
  using: composite
  steps:
    - id: say
      shell: bash
      working-directory: sub
      env: {OWN: "${{ inputs.how }}"}
      run: |
        test "$PWD" = "$GITHUB_WORKSPACE/sub"
        test "$OWN/$OUTER/$LEVEL" = loudly/outer/workflow
        test -z "${INPUT_HOW-}"
        test "$GITHUB_ACTION_PATH" = "${{ github.action_path }}"
        cat "$GITHUB_ACTION_PATH/words.txt"
        echo "said=hello ${{ inputs['who to greet'] }}" >> "$GITHUB_OUTPUT"
        echo "LATER=later" >> "$GITHUB_ENV"
        echo "$GITHUB_ACTION_PATH/bin" >> "$GITHUB_PATH"
        echo "::warning file=a.py,line=3::mind this"
        echo "::add-mask::hunter2secret"
    - {run: echo it is hunter2secret, shell: bash}
    - run: test "$LATER" = later && test "${{ steps.say.outcome }}" = success
      shell: sh
"""
FAILING = """\
runs:
  using: composite
  steps:
    - {id: soft, run: exit 3, shell: bash, continue-on-error: true}
    - {run: "test ${{ steps.soft.outcome }}/${{ steps.soft.conclusion }} = failure/success", shell: sh}
    - {id: hard, run: "echo the reason; exit 7", shell: bash}
    - {run: echo never, shell: bash}
    - {if: failure(), run: "echo cleaned after ${{ steps.hard.outcome }}", shell: bash}
"""  # noqa: E501 - a manifest's line
NODE = """\
inputs: {my input: {default: a}, other: {default: b}, a-b.c: {default: d}}
runs: {using: node20, pre: pre.js, main: dist/main.js, post: post.js, post-if: always()}
"""
MAIN = """\
set -e
test "$INPUT_MY_INPUT/$INPUT_OTHER" = given/b
tr '\\0' '\\n' < /proc/$$/environ | grep -qx INPUT_A-B.C=d
test "$GITHUB_ACTION_REPOSITORY@$GITHUB_ACTION_REF" = octo/node@v1
test "$PWD" = "$GITHUB_WORKSPACE"
test "$STATE_before" = yes
test -z "${ACTIONS_RUNTIME_TOKEN-}${ACTIONS_CACHE_URL-}"
echo "mine=$MINE" >> "$GITHUB_STATE"
echo "::set-output name=old::1"
echo "new=2" >> "$GITHUB_OUTPUT"
"""
POST = """\
test "$STATE_mine/$STATE_before/$INPUT_MY_INPUT/$MINE" = kept/yes/given/kept || exit 1
echo "post of $GITHUB_ACTION_REF"
"""

BOXED = """\
inputs: {in put: {required: true}}
runs:
  using: docker
  image: docker://IMAGE
  entrypoint: /bin/sh
  env: {FROM: "${{ inputs['in put'] }} from image", LEVEL: not this}
  args:
    - -c
    - |
      set -e
      test "$1/$INPUT_IN_PUT/$LEVEL/$HOME" = "given/given/workflow//github/home"
      test "$GITHUB_WORKSPACE" = /github/workspace && test -d sub
      test -s "$GITHUB_EVENT_PATH" && test -z "${ImageOS-}"
      echo "made in a box" > made
      echo "a=$FROM" >> "$GITHUB_OUTPUT"
      echo "LATER=later" >> "$GITHUB_ENV"
    - sh
    - ${{ inputs['in put'] }}
"""

BUILT = """\
inputs: {who: {default: me}, entrypoint: {default: ""}}
runs:
  using: docker
  image: Dockerfile
  args: ["${{ inputs.who }}"]
  post-entrypoint: /after.sh
"""
DOCKERFILE = """\
FROM IMAGE
USER 0
COPY entry.sh /entry.sh
RUN echo built in a box > /built && echo '#!/bin/sh' > /after.sh
RUN echo 'echo after $1, $STATE_s' >> /after.sh
RUN chmod 755 /after.sh
ENTRYPOINT ["/entry.sh"]
"""
ENTRY = """\
#!/bin/sh
echo "said=hello $1, $(cat /built)" >> "$GITHUB_OUTPUT"
echo "s=kept" >> "$GITHUB_STATE"
"""


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Checkouts of other repositories' actions, and a stand-in for Node.js that runs a shell."""
    folder = tmp_path_factory.mktemp("elsewhere")
    files = {
        "octo/greet@v1/action.yml": GREET,
        "octo/greet@v1/words.txt": "words of greet\n",
        "octo/greet@v1/bin/mytool": "#!/bin/sh\necho tool of greet\n",
        "octo/red@v1/sub/action.yml": FAILING,
        "octo/node@v1/action.yml": NODE,
        "octo/node@v1/pre.js": 'echo "before=yes" >> "$GITHUB_STATE"; echo pre\n',
        "octo/node@v1/dist/main.js": MAIN,
        "octo/node@v1/post.js": POST,
        "octo/deep@v1/action.yml": (
            "runs: {using: composite, steps: [{uses: ./nested}, {uses: octo/node@v1, "
            "with: {my input: given}, env: {MINE: kept}}]}"
        ),
        "octo/wrong@v1/action.yml": "runs:\n  using: composite\n  steps: [{run: x}]\n",
    }
    for name, text in files.items():
        path = folder / "actions" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)
    machine = "arm64" if platform.machine() == "aarch64" else "x64"
    program = folder / "cache" / "actions" / "node" / f"node-linux-{machine}-20.0.0"
    program.parent.mkdir(parents=True)
    program.write_text('#!/bin/bash\nexec /bin/bash "$@"\n')
    return folder


@pytest.fixture
def runs() -> list[JobRun]:
    """What `run` made, in its order."""
    return []


@pytest.fixture
def shown() -> list[str]:
    """What was shown of the steps while they ran."""
    return []


class Showing(Silent):
    """Keeps what it is told of a running step."""

    def __init__(self, shown: list[str]) -> None:
        self.shown = shown

    def output(self, text: str) -> None:
        self.shown.append(text)


@pytest.fixture
def run(
    engine: Engine,
    base_image: str,
    tmp_path: Path,
    elsewhere: Path,
    runs: list[JobRun],
    shown: list[str],
) -> Iterator[Run]:
    """Runs the steps that a test writes, after a checkout of a repository with local actions."""
    local = "runs: {using: composite, steps: [{run: 'echo local', shell: bash}]}"
    loop = "runs: {using: composite, steps: [{uses: ./loop}]}"
    nested = "runs: {using: composite, steps: [{run: 'echo nested', shell: bash}]}"
    files = {"sub/a": "", ".github/x/action.yaml": local, "loop/action.yml": loop}
    broken = f"FROM {base_image}\nRUN exit 3\n"
    more = {"nested/action.yml": nested, "broken/Dockerfile": broken}
    head = commit(tmp_path / "r", {**files, **more})
    store = Store(elsewhere / "cache", folder=elsewhere / "actions", offline=True)
    with Scratch.borrow(Repository.open(tmp_path / "r")) as scratch, ExitStack() as stack:

        def steps(text: str) -> tuple[JobOutcome, dict[str, StepOutcome]]:
            workflow = read_workflow(HEAD + text, "ci.yml")
            found = find_job({"ci.yml": workflow}, Selection(), None)
            job = plan(found, repository="owner/name", commit=head)
            sandbox = stack.enter_context(
                start(engine, base_image, limits=Limits(), owner=Owner.current())
            )
            stores = Stores(actions=store)
            setting = Setting(
                job, {}, Limits(), mask, classify, Showing(shown), LiveMask, stores=stores
            )
            one = JobRun(setting, Standing(sandbox), lambda w: export(scratch, head, w), head)
            runs.append(one)
            # Posts of Docker actions are left for the test that wants them.
            until = None if "octo/built" not in text else len(job.steps)
            outcome = one.proceed(stop_at_failure=False, until=until)
            return outcome, {step.name: step for step in outcome.steps}

        yield steps


def test_a_composite_action_has_inputs_outputs_and_steps_of_its_own(
    run: Run, shown: list[str]
) -> None:
    outcome, steps = run(
        """\
      - id: greet
        name: greet
        uses: octo/greet@v1
        env: {OUTER: outer}
        with: {how: loudly, old: x, strange: y}
      - run: |
          test "${{ steps.greet.outputs.said }}" = "hello owner/name"
          test "$LATER" = later && test -z "${OUTER-}${GITHUB_ACTION_PATH-}"
          test -z "${{ steps.say.outputs.said }}${{ inputs.how }}${{ github.action_path }}"
          test "$(mytool)" = "tool of greet"
          test -f /home/runner/work/_actions/octo/greet/v1/words.txt
      - name: local
        run: sed -i s/local/changed/ .github/x/action.yaml
      - uses: ./.github/x
"""
    )
    assert outcome.green, outcome.failed
    log = steps["greet"].log
    assert "words of greet" in log
    assert "it is ***\n" in log
    assert any("it is ***" in line for line in shown)
    assert not any("it is hunter2secret" in line for line in shown)
    assert [(one.file, one.message) for one in steps["greet"].annotations] == [
        ("a.py", "mind this")
    ]
    assert (
        "##[warning]Unexpected input(s) 'strange', valid inputs are ['who to greet', 'How'" in log
    )
    assert "Input 'old' has been deprecated with message: use How" in log
    assert "changed" in steps["Run ./.github/x"].log


def test_a_composite_action_fails_as_on_github(run: Run) -> None:
    outcome, steps = run(
        """\
      - name: red
        uses: octo/red/sub@v1
      - {name: skipped, run: "true"}
      - {name: endless, if: always(), uses: ./loop}
      - {name: wrong, if: always(), uses: octo/wrong@v1}
      - {name: missing, if: always(), uses: ./none}
"""
    )
    assert not outcome.green
    red = steps["red"]
    assert (red.conclusion, red.exit_code) == ("failure", 7)
    assert red.command == "echo the reason; exit 7"
    assert "the reason" in red.log
    assert "never" not in red.log
    assert "cleaned after failure" in red.log
    assert steps["skipped"].conclusion == "skipped"
    assert "Composite action depth exceeded max depth 9" in steps["endless"].log
    assert "octo/wrong@v1/action.yml:3:11: Required property is missing: shell" in (
        steps["wrong"].log
    )
    assert "Can't find 'action.yml', 'action.yaml' or 'Dockerfile' under" in steps["missing"].log


def test_a_javascript_action_sees_what_the_runner_would_show_it(run: Run) -> None:
    outcome, steps = run(
        """\
      - id: node
        uses: octo/node@v1
        with: {My Input: given}
        env: {MINE: kept}
      - uses: octo/deep@v1
      - run: test "${{ steps.node.outputs.old }}${{ steps.node.outputs.new }}" = 12
      - run: exit 1
"""
    )
    assert [step.name for step in outcome.steps if step.conclusion == "failure"] == ["Run exit 1"]
    posts = [step for step in outcome.steps if step.name.startswith("Post")]
    assert [(post.name, post.index, post.log) for post in posts] == [
        ("Post Run octo/node@v1", 2, "post of v1\n"),
        ("Post Run octo/node@v1", 1, "post of v1\n"),
    ]
    assert "nested" in steps["Run octo/deep@v1"].log


def test_a_docker_action_sees_the_runners_folders(
    run: Run, base_image: str, elsewhere: Path
) -> None:
    boxed = elsewhere / "actions" / "octo" / "box@v1"
    boxed.mkdir(exist_ok=True)
    (boxed / "action.yml").write_text(BOXED.replace("IMAGE", base_image))
    outcome, steps = run(
        f"""\
      - id: box
        uses: octo/box@v1
        with: {{in put: given}}
      - id: image
        uses: docker://{base_image}
        env: {{OWN: own}}
        with:
          entrypoint: /bin/sh
          args: -c 'test "$OWN/$LEVEL" = own/workflow && cat made && rm made && echo "b=$PWD" >> "$GITHUB_OUTPUT"'
      - run: |
          test ! -e made
          test "${{{{ steps.box.outputs.a }}}}" = "given from image"
          test "${{{{ steps.image.outputs.b }}}}" = /github/workspace
          test "$LATER" = later
      - {{name: red, uses: "docker://{base_image}", with: {{entrypoint: /bin/false}}}}
"""  # noqa: E501 - a script's line
    )
    failed = [(step.name, step.exit_code) for step in outcome.steps if step.conclusion == "failure"]
    assert failed == [("red", 1)], [step.log for step in outcome.steps]
    assert "made in a box" in steps[f"Run docker://{base_image}"].log


def test_a_docker_action_is_built_from_its_dockerfile(
    run: Run, base_image: str, elsewhere: Path, runs: list[JobRun]
) -> None:
    place = elsewhere / "actions" / "octo" / "built@v1"
    place.mkdir(exist_ok=True)
    (place / "action.yaml").write_text(BUILT)
    (place / "Dockerfile").write_text(DOCKERFILE.replace("IMAGE", base_image))
    (place / "entry.sh").write_text(ENTRY)
    (place / "entry.sh").chmod(0o755)
    outcome, steps = run(
        """\
      - {id: built, name: built, uses: octo/built@v1, with: {who: you}}
      - run: test "${{ steps.built.outputs.said }}" = "hello you, built in a box"
      - {name: local, uses: ./broken}
      - {name: nothing, if: always(), uses: octo/built@v1, with: {entrypoint: /no/such}}
"""
    )
    assert "Build container for action use" in steps["built"].log
    assert [(s.name, s.conclusion) for s in outcome.steps[1:]] == [
        ("built", "success"),
        (outcome.steps[2].name, "success"),
        ("local", "failure"),
        ("nothing", "failure"),
    ], [step.log for step in outcome.steps]
    *_, post = runs[-1].state.posts  # the last one is done first
    done = run_post(runs[-1], post, runs[-1].view.environment(runs[-1].job.steps[0]), Watch(60.0))
    assert (done.exit_code, done.output.splitlines()[-1]) == (0, "after you, kept"), done
    assert "Docker build failed with exit code 3" in steps["local"].reason
    assert (steps["nothing"].exit_code, "/no/such" in steps["nothing"].log) == (127, True)


def test_what_is_not_here_is_unsupported_and_says_where(run: Run) -> None:
    with pytest.raises(UnsupportedStep, match=r"octo/none@v1 is not in the cache.*ci.yml:8"):
        run("      - uses: octo/none@v1\n")
