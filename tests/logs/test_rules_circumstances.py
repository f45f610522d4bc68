"""What no tool of the job says: the runner, the network, rights, resources, shells, last words."""

from __future__ import annotations

import pytest

from regreen.logs import analyze, classify
from regreen.model import Category, Failure, Severity

TIMEOUT = Category.TIMEOUT
NETWORK = Category.NETWORK_ERROR
PERMISSION = Category.PERMISSION_ERROR
RESOURCES = Category.RESOURCE_EXHAUSTION
SETTINGS = Category.CONFIGURATION_ERROR
DEPENDENCY = Category.DEPENDENCY_ISSUE
BUILD = Category.BUILD_ERROR
TESTS = Category.TEST_FAILURE
SYNTAX = Category.SYNTAX_ERROR
LINT = Category.LINTING_ERROR
UNKNOWN = Category.UNKNOWN


def first(output: str, script: str | None = None, code: int | None = 1) -> Failure:
    return classify(script, "a step", output, code)[0]


RUNNER = [
    (
        SETTINGS,
        "Unable to resolve action `demo/tool@v9`, unable to find version `v9`",
    ),
    (SETTINGS, "Unable to resolve action demo/tool, repository not found"),
    (
        SETTINGS,
        (
            "Can't find 'action.yml', 'action.yaml' or 'Dockerfile' under "
            "'/home/runner/work/a/a/.github"
            "/actions/x'. Did you forget to run actions/checkout before running your local action?"
        ),
    ),
    (
        SETTINGS,
        (
            "Error: This request has been automatically failed because it uses a deprecated "
            "version of"
            " `actions/upload-artifact: v3`. Learn more: https://example.org"
        ),
    ),
    (SETTINGS, "Error: Missing download info for actions/upload-artifact@v2"),
    (
        SETTINGS,
        (
            "Error: The `set-output` command is disabled. Please upgrade to using Environment "
            "Files or"
            " opt into unsecure command execution"
        ),
    ),
    (SETTINGS, "Error: Input required and not supplied: path"),
    (SETTINGS, "Error: Unable to process file command 'output' successfully."),
    (
        SETTINGS,
        (
            "Error: The template is not valid. .github/workflows/ci.yml (Line: 9, Col: 5): "
            "Unexpected"
            " value ''"
        ),
    ),
    (SETTINGS, "The workflow is not valid. In .github/workflows/ci.yml (Line: 3): Invalid"),
    (SETTINGS, "Error: Container action is only supported on Linux"),
    (NETWORK, "Failed to download archive 'https://api.example.org/tarball/v1' after 1 attempts."),
    (NETWORK, "Action 'https://api.example.org/a' download has timed out. Error: The request was"),
    (
        RESOURCES,
        (
            "The hosted runner: GitHub Actions 12 lost communication with the server. Anything in "
            "your"
            " workflow that terminates the runner process can cause this error."
        ),
    ),
    (
        RESOURCES,
        (
            "The runner has received a shutdown signal. This can happen when the runner service is"
            " stopped, or a manually started runner is canceled."
        ),
    ),
    (
        RESOURCES,
        "System.IO.IOException: No space left on device : '/home/runner/runners/_diag/Worker.log'",
    ),
    (RESOURCES, "We stopped hearing from agent Azure Pipelines 3. Verify the agent machine is up."),
    (RESOURCES, "The agent worker exited with code 137, which means it ran out of memory."),
    (RESOURCES, "Error: Artifact storage quota has been hit. Unable to upload any new artifacts."),
    (TIMEOUT, "The action 'Run tests' has timed out after 10 minutes."),
    (
        TIMEOUT,
        (
            "The job running on runner GitHub Actions 3 has exceeded the maximum execution time of "
            "360"
            " minutes."
        ),
    ),
    (
        TIMEOUT,
        (
            "The job running on agent Hosted Agent ran longer than the maximum time of 60 minutes. "
            "For"
            " more information, see https://example.org"
        ),
    ),
    (TIMEOUT, "The task has timed out."),
    (TIMEOUT, "ERROR: Job failed: execution took longer than 1h0m0s seconds"),
    (TIMEOUT, "ERROR: Job failed (system failure): timed out waiting for pod to start"),
    (
        TIMEOUT,
        (
            "ERROR: Job failed (system failure): prepare environment: waiting for pod running: "
            "timed out"
            " waiting for pod to start. Check https://example.org for more information"
        ),
    ),
    (
        PERMISSION,
        (
            "ERROR: Job failed (system failure): prepare environment: secrets is forbidden: User"
            ' "x" cannot create resource "secrets" in API group "" in the namespace "dev"'
        ),
    ),
    (
        NETWORK,
        (
            "ERROR: Job failed (system failure): prepare environment: Error response from daemon: "
            "Get"
            ' "https://registry.example.org/v2/": dial tcp: lookup example.org: no such host'
        ),
    ),
    (
        SETTINGS,
        (
            "ERROR: Job failed (system failure): prepare environment: exit status 1. Check"
            " https://example.org for more information"
        ),
    ),
    (
        TIMEOUT,
        (
            "No output has been received in the last 10m0s, this potentially indicates a stalled "
            "build"
            " or something wrong with the build itself.\n\nThe build has been terminated"
        ),
    ),
    (TIMEOUT, "Too long with no output (exceeded 10m0s): context deadline exceeded"),
    (TIMEOUT, "Cancelling nested steps due to timeout\nSending interrupt signal to process"),
    (SETTINGS, "WorkflowScript: 12: Expected a step @ line 12, column 9.\n   echo"),
    (NETWORK, "java.io.IOException: hudson.remoting.ChannelClosedException: Channel closed"),
    (SETTINGS, "ERROR: Could not find credentials entry with ID 'demo'"),
    (PERMISSION, "##[error]No hosted parallelism has been purchased or granted. To request one"),
]


@pytest.mark.parametrize(("category", "output"), RUNNER, ids=[text[:48] for _, text in RUNNER])
def test_the_runner_says_so_itself(category: Category, output: str) -> None:
    failure = first(f"Getting ready\n{output}")
    assert failure.category == category
    assert failure.confidence >= 0.7


SUPERSEDED = [
    "Canceling since a higher priority waiting request for 'ci-refs/heads/main' exists",
    'The job was canceled because "test (3.12)" failed.',
    "The run was canceled by @demo.",
]


@pytest.mark.parametrize("said", SUPERSEDED)
def test_a_job_that_somebody_cancelled_has_no_failure_of_its_own(said: str) -> None:
    failure = first(f"collecting ...\nConnection timed out, retrying\n{said}")
    assert (failure.category, failure.severity) == (UNKNOWN, Severity.LOW)
    assert failure.confidence > 0.8
    assert failure.evidence[-1].text == said


WORLD = [
    (PERMISSION, 'psql: error: FATAL:  password authentication failed for user "demo"'),
    (NETWORK, "Error: P1001: Can't reach database server at `localhost`:`5432`"),
    (SETTINGS, "Error: Prisma Migrate has detected that the environment is non-interactive"),
    (SETTINGS, 'psql: error: FATAL:  database "demo" does not exist'),
    (PERMISSION, "HttpError: Resource not accessible by integration"),
    (PERMISSION, "gh: Resource not accessible by personal access token (HTTP 403)"),
    (PERMISSION, "Error: Unable to get ACTIONS_ID_TOKEN_REQUEST_URL env variable"),
    (
        PERMISSION,
        (
            "Error: Credentials could not be loaded, please check your action inputs: Could not "
            "load"
            " credentials from any providers"
        ),
    ),
    (
        PERMISSION,
        (
            "Error: Could not assume role with OIDC: Not authorized to perform"
            " sts:AssumeRoleWithWebIdentity"
        ),
    ),
    (
        PERMISSION,
        "An error occurred (AccessDenied) when calling the PutObject operation: Access Denied",
    ),
    (
        PERMISSION,
        (
            "Error: Login failed with Error: Using auth-type: SERVICE_PRINCIPAL. Not all values are"
            " present."
        ),
    ),
    (
        PERMISSION,
        "ERROR: (gcloud.run.deploy) PERMISSION_DENIED: The caller does not have permission",
    ),
    (PERMISSION, "Error: Request had HTTP Error: 403, The caller does not have permission"),
    (PERMISSION, "error saving credentials: error storing credentials - err: exit status 1"),
    (PERMISSION, "npm error code E403\nnpm error 403 403 Forbidden - PUT https://example.org/a"),
    (SETTINGS, "An error occurred (ValidationError) when calling the CreateStack operation: no"),
    (
        SETTINGS,
        (
            "Failed to create the changeset: Waiter ChangeSetCreateComplete failed: Status: FAILED."
            " Reason: Template format error: Unresolved resource dependencies [A]"
        ),
    ),
    (NETWORK, "curl: (6) Could not resolve host: example.org"),
    (NETWORK, "curl: (35) OpenSSL SSL_connect: SSL_ERROR_SYSCALL in connection to example.org:443"),
    (NETWORK, "Error: Unexpected HTTP response: 504"),
    (NETWORK, "HttpError: API rate limit exceeded for installation ID 1."),
    (NETWORK, "Error: connect ETIMEDOUT 192.0.2.1:443"),
    (NETWORK, "x509: certificate signed by unknown authority"),
    (
        NETWORK,
        (
            "--2024-05-01 12:00:00--  https://example.org/a\nHTTP request sent, awaiting "
            "response... 404"
            " Not Found\n2024-05-01 12:00:00 ERROR 404: Not Found.\n"
        ),
    ),
    (PERMISSION, "2024-05-01 12:00:00 ERROR 403: Forbidden."),
    (PERMISSION, "./build.sh: line 3: ./tool: Permission denied"),
    (TIMEOUT, "Error: Timed out waiting for: http://127.0.0.1:3001"),
    (TIMEOUT, "The API did not become ready in time."),
    (TIMEOUT, "  attempt 59/60: 000\n  attempt 60/60: 000\ngiving up"),
    (TIMEOUT, "error: timed out waiting for the condition on deployments/demo"),
    (RESOURCES, "FATAL ERROR: Reached heap limit - JavaScript heap out of memory"),
    (RESOURCES, "java.lang.OutOfMemoryError: Java heap space"),
    (RESOURCES, "/tmp/a.sh: line 3:  1234 Killed                  python train.py"),
    (RESOURCES, "tar: a: Cannot write: No space left on device"),
]


@pytest.mark.parametrize(("category", "output"), WORLD, ids=[text[:48] for _, text in WORLD])
def test_the_world_around_the_job(category: Category, output: str) -> None:
    assert first(f"some work\n{output}").category == category


GIT = [
    (
        PERMISSION,
        (
            "remote: Permission to demo/demo.git denied to github-actions[bot].\nfatal: unable to "
            "access"
            " 'https://example.org/demo/demo/': The requested URL returned error: 403"
        ),
    ),
    (
        PERMISSION,
        (
            "remote: Write access to repository not granted.\nfatal: unable to access"
            " 'https://example.org/demo/demo/': The requested URL returned error: 403"
        ),
    ),
    (
        PERMISSION,
        (
            "ERROR: The key you are authenticating with has been marked as read only.\nfatal: "
            "Could not"
            " read from remote repository.\n\nPlease make sure you have the correct access "
            "rights\nand"
            " the repository exists."
        ),
    ),
    (
        PERMISSION,
        "fatal: could not read Username for 'https://example.org': terminal prompts disabled",
    ),
    (
        PERMISSION,
        (
            "remote: error: GH006: Protected branch update failed for refs/heads/main.\n ! [remote"
            " rejected] main -> main (protected branch hook declined)\nerror: failed to push some "
            "refs"
            " to 'https://example.org/a'"
        ),
    ),
    (
        BUILD,
        (
            "remote: -----> Build failed\nremote:  !     Push rejected, failed to compile Node.js "
            "app."
            "\nremote: \n ! [remote rejected] main -> main (pre-receive hook declined)\nerror: "
            "failed to"
            " push some refs to 'https://example.org/a'"
        ),
    ),
    (
        NETWORK,
        "fatal: unable to access 'https://example.org/a/': Could not resolve host: example.org",
    ),
    (
        NETWORK,
        "fatal: unable to access 'https://example.org/a/': The requested URL returned error: 503",
    ),
    (
        NETWORK,
        (
            "error: RPC failed; curl 56 GnuTLS recv error (-9)\nfatal: early EOF\nfatal: index-pack"
            " failed"
        ),
    ),
    (
        NETWORK,
        (
            "ssh: connect to host example.org port 22: Connection timed out\nfatal: Could not read "
            "from"
            " remote repository."
        ),
    ),
    (
        SETTINGS,
        (
            " ! [rejected]        main -> main (fetch first)\nerror: failed to push some refs to"
            " 'https://example.org/a'\nhint: Updates were rejected because the remote contains work"
        ),
    ),
    (
        SETTINGS,
        (
            "fatal: ambiguous argument 'origin/main': unknown revision or path not in the working "
            "tree."
            "\nUse '--' to separate paths from revisions, like this:\n'git <command> "
            "[<revision>...] --"
            " [<file>...]'"
        ),
    ),
    (SETTINGS, "fatal: couldn't find remote ref refs/heads/gone"),
    (SETTINGS, "On branch main\nnothing to commit, working tree clean"),
]


@pytest.mark.parametrize(("category", "output"), GIT, ids=[text[:48] for _, text in GIT])
def test_git_is_asked_for_the_reason(category: Category, output: str) -> None:
    failure = first(f"[main 1234567] update\n{output}", code=128)
    assert (failure.category, failure.tool) == (category, "git")


SHELLS = [
    (DEPENDENCY, "/home/runner/work/_temp/a.sh: line 1: tox: command not found", "tox"),
    (DEPENDENCY, "/bin/sh: 1: tox: not found", "tox"),
    (DEPENDENCY, "/bin/sh: tox: not found", "tox"),
    (DEPENDENCY, "sh: tox: not found", "tox"),
    (DEPENDENCY, "zsh:1: command not found: tox", "tox"),
    (DEPENDENCY, "fish: Unknown command: tox", "tox"),
    (DEPENDENCY, "sudo: tox: command not found", "tox"),
    (DEPENDENCY, "env: 'tox': No such file or directory", "tox"),
    (DEPENDENCY, "env: tox: No such file or directory", "tox"),
    (
        DEPENDENCY,
        "make: tox: No such file or directory\nmake: *** [Makefile:3: a] Error 127",
        "tox",
    ),
    (
        DEPENDENCY,
        (
            "'tox' is not recognized as an internal or external command,\noperable program or batch"
            " file."
        ),
        "tox",
    ),
    (
        DEPENDENCY,
        'docker: Error response from daemon: exec: "tox": executable file not found in $PATH',
        "tox",
    ),
    (
        DEPENDENCY,
        "Error: Unable to locate executable file: tox. Please verify either the file path exists",
        "tox",
    ),
    (DEPENDENCY, "Error: spawn tox ENOENT", "tox"),
    (
        SETTINGS,
        "a.sh: ./run.py: /usr/bin/python2: bad interpreter: No such file or directory",
        None,
    ),
    (SETTINGS, "./tool: cannot execute binary file: Exec format error", None),
    (SETTINGS, "The system cannot find the path specified.", None),
    (SETTINGS, "error: Justfile does not contain recipe `tset`.", None),
]


@pytest.mark.parametrize(
    ("category", "output", "program"), SHELLS, ids=[s[:48] for _, s, _ in SHELLS]
)
def test_every_shell_has_its_words(category: Category, output: str, program: str | None) -> None:
    failure = first(f"$ build\n{output}", code=127 if category is DEPENDENCY else 126)
    assert failure.category == category
    if program is not None:
        assert program in {d.code for d in failure.diagnostics}


def test_a_recipe_runner_behind_the_shell_changes_nothing() -> None:
    output = "sh: tox: not found\nerror: Recipe `test` failed on line 4 with exit code 127"
    assert first(output, "just test").category == DEPENDENCY


SEVEN = (
    "{who}: D:\\a\\demo\\demo\\build.ps1:3\nLine |\n   3 |  {source}\n     |  ~~~~~~~~~~~~\n"
    "     | {message}\n"
)
POWERSHELL = [
    (
        DEPENDENCY,
        SEVEN.format(
            who="redis-server",
            source="redis-server --version",
            message="The term 'redis-server' is not recognized as a name of a cmdlet, function,\n"
            "     | script file, or executable program.",
        ),
    ),
    (
        SETTINGS,
        SEVEN.format(
            who="Compress-Archive",
            source="Compress-Archive dist\\* out.zip",
            message="The path 'dist\\*' either does not exist or is not a valid file system path.",
        ),
    ),
    (SYNTAX, SEVEN.format(who="ParserError", source="if (1) {", message="Missing closing '}' in")),
    (
        PERMISSION,
        SEVEN.format(
            who="Set-Content", source="x", message="Access to the path 'C:\\a' is denied."
        ),
    ),
    (
        NETWORK,
        SEVEN.format(
            who="Invoke-WebRequest",
            source="iwr x",
            message="No such host is known. (example.org:443)",
        ),
    ),
    (
        DEPENDENCY,
        (
            "Get-Demo : The term 'Get-Demo' is not recognized as the name of a cmdlet, function, "
            "script"
            " file, or operable program.\nAt C:\\a\\build.ps1:3 char:1\n+ Get-Demo\n+ ~~~~~~~~\n"
            "    + CategoryInfo          : ObjectNotFound: (Get-Demo:String) [], "
            "ParentContainsErr\n"
            "    + FullyQualifiedErrorId : CommandNotFoundException\n "
        ),
    ),
    (
        PERMISSION,
        (
            "build.ps1 : File C:\\a\\build.ps1 cannot be loaded because running scripts is "
            "disabled on"
            " this system.\nAt line:1 char:1\n+ .\\build.ps1\n+ ~~~~\n    + CategoryInfo          :"
            " SecurityError: (:) [], PSSecurityException\n    + FullyQualifiedErrorId :"
            " UnauthorizedAccess"
        ),
    ),
]


@pytest.mark.parametrize(("category", "output"), POWERSHELL)
def test_powershell_blocks(category: Category, output: str) -> None:
    failure = first(f"building\n{output}")
    assert failure.category == category
    assert failure.confidence >= 0.7


def test_a_powershell_block_names_the_line_of_the_script() -> None:
    failure = first(POWERSHELL[1][1])
    assert [(d.file, d.line, d.code) for d in failure.diagnostics] == [
        ("build.ps1", 3, "Compress-Archive")
    ]


def test_a_powershell_block_at_the_end_is_the_cause() -> None:
    above = "fatal: unable to access 'https://example.org/a/': Could not resolve host: example.org"
    assert first(f"{above}\nusing the copy\n{POWERSHELL[1][1]}").tool == "powershell"


def test_a_thrown_message_is_no_verdict() -> None:
    output = SEVEN.format(who="Exception", source="throw 'no'", message="the release is frozen")
    failure = first(output)
    assert (failure.category, failure.evidence[-1].text) == (UNKNOWN, "| the release is frozen")


GUESSES = [
    (TESTS, "./run", "nn/test_a 1/1 failed! Received signal: SIGBUS"),
    (
        TESTS,
        "python manage.py test --parallel",
        (
            'Traceback (most recent call last):\n  File "/v/django/test/runner.py", line 9'
            ", in run\n    go()\nTypeError: cannot pickle 'traceback' object"
        ),
    ),
    (TESTS, "./run", "[FAIL] Some tests failed!"),
    (TESTS, "./run", "TESTS FAILED WITH: 3"),
    (TESTS, "./run", "3 of 10 tests failed"),
    (TESTS, "make test", "12 passed, 3 failed"),
    (DEPENDENCY, "./run", "Missing demo library. Install it with:\npython3 -m pip install demo"),
    (SETTINGS, "./run", "Error: DATABASE_URL is not set"),
    (SETTINGS, "./run", "Environment variable DATABASE_URL is required but missing"),
    (LINT, "./x tidy", "tidy error: src/a.rs:3: trailing whitespace"),
    (LINT, "make lint", "2 files are not formatted"),
    (BUILD, "make dist", "demo: packaging failed"),
]


@pytest.mark.parametrize(("category", "script", "output"), GUESSES)
def test_last_words_are_a_guess(category: Category, script: str, output: str) -> None:
    failure = first(f"working\n{output}", script)
    assert failure.category == category
    assert failure.confidence <= 0.7


def test_a_coverage_gate_of_the_projects_own() -> None:
    failure = first("Test coverage (72.8%) is below the required 90%", "./coverage.sh")
    assert failure.category == TESTS
    assert failure.confidence >= 0.7


def test_settings_that_do_not_validate_are_no_bug_of_the_program() -> None:
    output = (
        'Traceback (most recent call last):\n  File "/home/runner/work/a/a/b.py", line 3, in <m>\n'
        "    Settings()\npydantic_core._pydantic_core.ValidationError: 2 validation errors for"
        " Settings\napi_key\n  Field required [type=missing, input_value={}, input_type=dict]\n"
        "    For further information visit https://example.org/missing"
    )
    assert first(output, "python run.py").category == SETTINGS


@pytest.mark.parametrize("mark", ["\u0393\u00a3\u00fb", "\u00e2\u0153\u2013"])
def test_a_mark_that_a_code_page_damaged(mark: str) -> None:
    output = (
        "/home/runner/work/demo/demo/src/a.ts\n"
        "  3:7   error    'x' is never used  no-unused-vars\n"
        "  4:1   warning  Unexpected console  no-console\n\n"
        f"{mark} 2 problems (1 error, 1 warning)\n"
    )
    failure = first(output, "npm run lint")
    assert (failure.category, failure.tool) == (LINT, "eslint")
    assert [(d.file, d.line, d.column, d.code) for d in failure.diagnostics] == [
        ("src/a.ts", 3, 7, "no-unused-vars")
    ]


INNOCENT = {
    "a compiler shows source": (
        '  12 |     #expect(code == 401, "Should return 401 Unauthorized")\n'
        "     |             ^ warning: comparison\nwasm trap: out of bounds memory access"
    ),
    "an assertion's text": 'assert "permission denied" in str(e)\ndone\nbye',
    "a test's name": "test_net.py::test_it[Connection refused] PASSED [ 50%]\ndone\nbye",
    "another test's name": "  \u2713 says 403 Forbidden to strangers\ndone\nbye",
    "a name in mocha": "test connection timed out waiting for x ... ok\ndone\nbye",
    "a try made again": "Connection timed out, retrying (2/3)\nfetched\nwork\nbye",
    "a warning": "WARNING: Connection timed out\nok\nbye",
    "far above": "error: 503 Service Unavailable\n" + "working\n" * 60 + "bye",
    "no error message, and above": "it said 503 Service Unavailable\n" + "working\n" * 15 + "bye",
    "a traced command": "+ echo 'permission denied'\ndone\nbye",
    "an option's name": "using --timeout 30 and retries 5\nbye",
    "no test failed": "0 tests failed\nbye",
    "a rate": "coverage: 92.8% of statements\nbye",
}


@pytest.mark.parametrize("case", INNOCENT)
def test_words_that_nobody_said_in_earnest(case: str) -> None:
    failure = first(INNOCENT[case], "./run")
    assert failure.category == UNKNOWN
    assert failure.confidence < 0.5


def test_a_retry_that_succeeded_is_not_the_cause_of_a_later_failure() -> None:
    output = (
        "curl: (28) Connection timed out\nretrying\ndownloaded\n"
        "src/a.py:1:8: F401 [*] `os` imported but unused\nFound 1 error."
    )
    assert first(output, "curl -f x || curl -f x\nruff check .").tool == "ruff"


@pytest.mark.parametrize(
    ("code", "category"), [(124, TIMEOUT), (137, RESOURCES), (139, UNKNOWN), (143, UNKNOWN)]
)
def test_exit_codes_that_say_something(code: int, category: Category) -> None:
    assert first("working", "./run", code).category == category


def test_a_crash_where_tests_ran_is_a_tests_failure() -> None:
    failure = first("suite a\nsuite b", "./run-tests", 139)
    assert failure.category == TESTS
    assert failure.confidence < 0.6


def test_an_error_above_a_cancellation_is_the_cause() -> None:
    output = (
        'Traceback (most recent call last):\n  File "/home/runner/work/a/a/t.py", line 1, in <m>\n'
        "    import yaml\nModuleNotFoundError: No module named 'yaml'"
    )
    log = (
        "2024-05-01T12:00:00.0000000Z ##[group]Run python t.py\n"
        "2024-05-01T12:00:00.0000000Z shell: /usr/bin/bash -e {0}\n"
        "2024-05-01T12:00:00.0000000Z ##[endgroup]\n"
        + "".join(f"2024-05-01T12:00:01.0000000Z {line}\n" for line in output.split("\n"))
        + "2024-05-01T12:00:02.0000000Z ##[error]The operation was canceled.\n"
    )

    found = analyze(log.encode())
    assert found.failure is not None
    assert found.failure.category == DEPENDENCY
