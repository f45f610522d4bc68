"""Names that are suspect where a repair adds them: what skips, ends, replaces or looks around."""

from __future__ import annotations

import re

RUNNERS = frozenset(
    ["pytest", "_pytest", "unittest", "nose", "nose2", "mock", "xdist", "pluggy", "doctest"]
)
TEST_ONLY = frozenset(["hypothesis", "coverage", "tox", "nox", "freezegun", "faker", "testtools"])
"""Libraries of which the tests alone make use."""
SKIPS = frozenset(
    [
        "skip",
        "skipIf",
        "skipUnless",
        "skipif",
        "xfail",
        "importorskip",
        "expectedFailure",
        "SkipTest",
        "skipTest",
        "fail_if_no_exit",
    ]
)
PATCHING = frozenset(
    [
        "patch",
        "setattr",
        "setitem",
        "delattr",
        "delitem",
        "setenv",
        "multiple",
        "create_autospec",
        "mock_open",
    ]
)
ENDING = {
    "os._exit": "it ends the process at once",
    "os.abort": "it ends the process at once",
    "os.kill": "it ends the process at once",
    "os.killpg": "it ends the process at once",
    "os.execv": "it replaces the process",
    "os.execvp": "it replaces the process",
    "pytest.exit": "it ends the test run",
    "atexit.register": "it runs something when the process ends",
    "signal.signal": "it catches signals",
    "sys.settrace": "it changes how Python runs the code",
    "threading.excepthook": "it changes how Python runs the code",
    "faulthandler.disable": "it changes how Python runs the code",
    "logging.disable": "it silences messages",
    "urllib3.disable_warnings": "it silences warnings",
    "builtins.exec": "it runs code that it makes itself",
    "builtins.eval": "it runs code that it makes itself",
    "builtins.compile": "it runs code that it makes itself",
    "gc.get_referrers": "it reaches into Python's own objects",
    "sys._getframe": "it looks at who calls it",
    "sys.gettrace": "it asks whether it is traced",
    "sys.getprofile": "it asks whether it is traced",
    "inspect.stack": "it looks at who calls it",
    "inspect.currentframe": "it looks at who calls it",
    "ctypes.pythonapi": "it reaches into Python's own objects",
}
AWARE = frozenset(
    [
        "PYTEST_CURRENT_TEST",
        "PYTEST_VERSION",
        "PYTEST_XDIST_WORKER",
        "_called_from_test",
        "CI",
        "GITHUB_ACTIONS",
        "GITLAB_CI",
        "TRAVIS",
        "TOX_ENV_NAME",
        "TOX_ENV_DIR",
        "NOX_CURRENT_SESSION",
        "PRE_COMMIT",
        "COVERAGE_RUN",
        "COVERAGE_PROCESS_START",
        "CIRCLECI",
        "GITHUB_WORKFLOW",
        "GITHUB_JOB",
        "RUNNER_OS",
        "BUILD_NUMBER",
        "TEAMCITY_VERSION",
    ]
)
PROGRAMS = frozenset(["pytest", "unittest", "_pytest", "nose", "coverage", "tox"])
REACHED = frozenset(["builtins", "__builtins__", "os", "sys", "pytest", "unittest"])
RUNNER = re.compile(r"^(?:_?pytest|_?PYTEST\w*|unittest|nose2?)$")
STEERED = re.compile(
    r"^(?:PYTEST_ADDOPTS|PYTEST_PLUGINS|PYTHONWARNINGS|PYTHONOPTIMIZE|COVERAGE_\w+)$"
)
NAMES = {
    "collect_ignore": "it keeps tests from being collected",
    "collect_ignore_glob": "it keeps tests from being collected",
    "__test__": "it keeps tests from being collected",
    "pytestmark": "it marks every test of a file",
    "pytest_plugins": "it loads a plug-in of the test runner",
    "__tracebackhide__": "it hides where a test failed",
}
ALWAYS = frozenset(
    [
        "__eq__",
        "__ne__",
        "__bool__",
        "__contains__",
        "__instancecheck__",
        "__subclasscheck__",
        "__exit__",
        "__lt__",
        "__le__",
        "__gt__",
        "__ge__",
        "__aexit__",
    ]
)
HOOK = re.compile(
    r"^(?:pytest_[a-z_]+|load_tests|setUpModule|tearDownModule|setup_module|teardown_module)$"
)
BROAD = frozenset(
    ["Exception", "BaseException", "AssertionError", "builtins.Exception", "SystemExit"]
)
SURROUNDINGS = {
    "an environment variable": ("os.environ", "os.environb", "os.getenv", "os.getenvb"),
    "its machine or user": (
        "socket.gethostname",
        "socket.getfqdn",
        "platform.node",
        "platform.uname",
        "os.uname",
        "getpass.getuser",
        "os.getlogin",
        "os.getuid",
        "os.geteuid",
        "pwd.getpwuid",
        "os.getppid",
        "os.getpid",
        "os.cpu_count",
        "uuid.getnode",
        "psutil",
    ),
    "how it was started": (
        "sys.argv",
        "sys.orig_argv",
        "sys.executable",
        "sys.modules",
        "sys.path",
        "sys.prefix",
        "sys.flags",
        "sys.stdin.isatty",
        "sys.stdout.isatty",
        "sys.stderr.isatty",
        "sys.meta_path",
        "sys.warnoptions",
        "__debug__",
        "__file__",
        "importlib.util.find_spec",
        "importlib.metadata",
        "threading.enumerate",
        "os.getcwd",
        "pathlib.Path.cwd",
    ),
    "the date": (
        "datetime.date.today",
        "datetime.datetime.now",
        "datetime.datetime.utcnow",
        "datetime.datetime.today",
        "time.time",
        "time.localtime",
        "time.gmtime",
        "time.strftime",
    ),
    "who calls it": (
        "inspect.stack",
        "inspect.currentframe",
        "inspect.trace",
        "inspect.getouterframes",
        "traceback.extract_stack",
        "traceback.format_stack",
        "traceback.walk_stack",
        "sys._getframe",
        "sys._current_frames",
        "sys.exc_info",
    ),
}
"""What product code may look at that differs between a test and the world, by what it tells."""
