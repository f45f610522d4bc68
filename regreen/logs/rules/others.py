"""Other languages' tools, by their own verdict lines."""

from __future__ import annotations

from regreen.logs.rules.base import Rule, Weight, pattern
from regreen.model import AutoFixable, Category

_V = Weight.VERDICT


def _p(
    rule_id: str,
    tool: str,
    category: Category,
    expression: str,
    triggers: tuple[str, ...],
    matches: str,
    ignores: str,
    weight: Weight = _V,
    fixable: AutoFixable = AutoFixable.NO,
    beats: frozenset[str] = frozenset(),
) -> Rule:
    return pattern(
        rule_id,
        expression,
        triggers=triggers,
        category=category,
        tool=tool,
        weight=weight,
        fixable=fixable,
        beats=beats,
        confidence=0.9,
        matches=matches,
        ignores=ignores,
    )


_TEST, _LINT = Category.TEST_FAILURE, Category.LINTING_ERROR
_TYPE, _BUILD = Category.TYPE_ERROR, Category.BUILD_ERROR
_DEPENDENCY, _CONFIG = Category.DEPENDENCY_ISSUE, Category.CONFIGURATION_ERROR

RULES = (
    _p(
        "jest",
        "jest",
        _TEST,
        r"^.{0,200}?(?P<message>Tests:? +(?:.*, )?[1-9]\d* failed\b|Test (?:Files"
        r"|Suites):? +(?:.*, )?[1-9]\d* failed\b|Failed: +\S+#test).*$",
        (" failed", "#test"),
        "Tests:       1 failed, 5 passed, 6 total",
        "Tests:       6 passed, 6 total",
    ),
    _p(
        "node-tests",
        "node",
        _TEST,
        r"^\s*(?P<message>[1-9]\d* (?:failing|fail)|[1-9]\d* failed|# fail [1-9]\d*"
        r"|\u2139 fail [1-9]\d*)$",
        ("fail",),
        "  2 failing",
        "  2 passing",
    ),
    _p(
        "tsc",
        "tsc",
        _TYPE,
        r"^.{0,200}?(?P<file>[\w./@+-]+\.[cm]?[jt]sx?)(?:\((?P<line>\d+),(?P<column>"
        r"\d+)\)|:\d+:\d+)(?::| -) error (?P<code>TS\d+): (?P<message>.+)$",
        ("error TS",),
        "src/a.ts(4,26): error TS2307: Cannot find module 'b'.",
        "error TSX",
    ),
    _p(
        "eslint",
        "eslint",
        _LINT,
        r"^\S? ?(?P<message>✖ \d+ problems? \([1-9]\d* errors?.*)$",
        ("problem",),
        "✖ 3 problems (1 error, 2 warnings)",
        "✖ 2 problems (0 errors, 2 warnings)",
        fixable=AutoFixable.PARTIAL,
    ),
    _p(
        "prettier",
        "prettier",
        _LINT,
        r"^\[(?:warn|error)\] (?P<message>Code style issues (?:found|were found).*)$",
        ("Code style issues",),
        "[warn] Code style issues found in 2 files. Run Prettier to fix.",
        "All matched files use Prettier code style!",
        fixable=AutoFixable.YES,
    ),
    _p(
        "npm",
        "npm",
        _DEPENDENCY,
        r"^npm (?:ERR!|error) (?:code )?(?P<message>(?:ERESOLVE|ETARGET|E404|EUSAGE"
        r"|EBADENGINE|notarget"
        r"|.*can only install packages when your package\.json).*)$",
        ("npm ERR!", "npm error"),
        "npm ERR! code ERESOLVE",
        "npm ERR! Test failed.",
        fixable=AutoFixable.PARTIAL,
    ),
    _p(
        "go-test",
        "go test",
        _TEST,
        r"^\s*(?P<message>--- FAIL: (?P<code>\S+)) .*$",
        ("--- FAIL: ",),
        "--- FAIL: TestA (0.00s)",
        "--- PASS: TestA (0.00s)",
    ),
    _p(
        "golangci-lint",
        "golangci-lint",
        _LINT,
        r"^(?P<file>[\w./@+-]+\.go):(?P<line>\d+)(?::(?P<column>\d+))?:"
        r" (?P<message>.+ \((?P<code>[a-z][\w]+)\))$",
        (".go:",),
        "a/b.go:45:1: File is not properly formatted (gofmt)",
        "a/b.go:45:1: undefined: x",
        fixable=AutoFixable.PARTIAL,
    ),
    _p(
        "go-build",
        "go",
        _BUILD,
        r"^(?:\./|vet: )?(?P<file>[\w./@+-]+\.go):(?P<line>\d+):(?P<column>\d+):"
        r" (?P<message>(?:undefined: |.* redeclared|cannot use |syntax error"
        r"|too many |not enough |declared and not used|\".*\" imported and not used"
        r"|missing return|invalid |.* undefined \().*)$"
        r"|^FAIL\\t\\S+ \\[build failed\\]$",
        (".go:", "[build failed]"),
        "a/b.go:21:2: undefined: X",
        "a/b.go:21:2: should have comment (revive)",
        beats=frozenset({"go test"}),
    ),
    _p(
        "go-mod",
        "go",
        _DEPENDENCY,
        r"^.*?(?P<message>(?:no matching versions for query|missing go\.sum entry"
        r"|updates to go\.mod needed|requires go >= "
        r"|cannot find module providing package|unknown revision"
        r"|no required module provides).*)$",
        (
            "no matching versions",
            "go.sum",
            "go.mod",
            "requires go",
            "module provid",
            "unknown revision",
        ),
        'a.com/b: no matching versions for query "latest"',
        "go: downloading a.com/b v1",
        weight=Weight.SIGN,
    ),
    _p(
        "cargo-test",
        "cargo",
        _TEST,
        r"^(?P<message>test result: FAILED\..{0,40}|error: test run failed"
        r"|error: test failed, to rerun pass).*$",
        ("test result: FAILED", "test run failed", "test failed, to rerun"),
        "test result: FAILED. 3 passed; 1 failed",
        "test result: ok. 3 passed",
    ),
    _p(
        "clippy",
        "clippy",
        _LINT,
        r"^ *= (?:note|help): (?P<message>.*(?:`-D (?P<code>clippy::[\w-]+)`"
        r"|rust-clippy/).*)$|^error: (?:.*\bclippy\b.*)$",
        ("clippy",),
        "    = note: `-D clippy::doc-markdown` implied by `-D warnings`",
        "Checking clippy",
        fixable=AutoFixable.PARTIAL,
    ),
    _p(
        "rustfmt",
        "rustfmt",
        _LINT,
        r"^Diff in (?P<file>\S+?)(?::| at line )(?P<line>\d+):?$",
        ("Diff in ",),
        "Diff in /home/runner/work/a/a/src/lib.rs:12:",
        "Diff in",
        fixable=AutoFixable.YES,
    ),
    _p(
        "cargo-build",
        "cargo",
        _BUILD,
        r"^(?P<message>error(?:\[E\d+\])?: could not compile .*)$",
        ("could not compile",),
        "error: could not compile `a` (lib) due to 1 previous error",
        "Compiling a v0.1.0",
        weight=Weight.SIGN,
    ),
    _p(
        "cargo-resolve",
        "cargo",
        _DEPENDENCY,
        r"^error: (?P<message>failed to select a version for .*"
        r"|no matching package named .*|the lock file .* needs to be updated.*)$",
        ("failed to select a version", "no matching package", "the lock file"),
        "error: no matching package named `b` found",
        "Updating crates index",
    ),
    _p(
        "maven-compile",
        "maven",
        _BUILD,
        r"^\[ERROR\] (?P<message>COMPILATION ERROR).*$"
        r"|^\[ERROR\] (?P<file>\S+\.(?:java|kt)):\[(?P<line>\d+),(?P<column>\d+)\] .*$",
        ("[ERROR] ",),
        "[ERROR] COMPILATION ERROR : ",
        "[ERROR] Tests are bad",
    ),
    _p(
        "maven-tests",
        "maven",
        _TEST,
        r"^(?:\[ERROR\] )?(?P<message>Tests run: \d+, (?:Failures: [1-9]"
        r"|Failures: 0, Errors: [1-9]).*|There (?:are|were) test failures\.?)$",
        ("Tests run: ", "test failures"),
        "[ERROR] Tests run: 9, Failures: 1, Errors: 0, Skipped: 0",
        "Tests run: 9, Failures: 0, Errors: 0, Skipped: 0",
    ),
    _p(
        "maven-resolve",
        "maven",
        _DEPENDENCY,
        r"^\[ERROR\] .*?(?P<message>Could not (?:resolve dependencies"
        r"|find artifact) .*|Non-resolvable (?:parent|import) POM.*)$",
        ("Could not resolve dependencies", "Could not find artifact", "Non-resolvable"),
        "[ERROR] Failed: Could not resolve dependencies for project a",
        "[INFO] resolve",
    ),
    _p(
        "java-style",
        "checkstyle",
        _LINT,
        r"^.*?(?P<message>Execution failed for task '\S*:(?:checkstyle|spotless|pmd"
        r"|ktlint|detekt)\w*.*|You have \d+ Checkstyle violations?.*"
        r"|Undefined reference: .*|Checkstyle rule violations were found.*"
        r"|There (?:is|are) \d+ errors? reported by Checkstyle.*)$",
        ("Execution failed for task", "Checkstyle", "Undefined reference"),
        "Execution failed for task ':a:checkstyleMain'.",
        "> Task :a:checkstyleMain",
    ),
    _p(
        "gradle-tests",
        "gradle",
        _TEST,
        r"^(?P<message>> Task :?\S*[tT]est\S* FAILED|\S.* > \S.* FAILED"
        r"|\d+ tests completed, [1-9]\d* failed.*)$",
        (" FAILED", "tests completed"),
        "> Task :a:test FAILED",
        "> Task :a:compileJava",
    ),
    _p(
        "gradle-build",
        "gradle",
        _BUILD,
        r"^(?P<message>> Task :?\S*(?:compile|assemble|jar|bundle|link)\S* FAILED"
        r"|Execution failed for task ':?\S*(?:compile|assemble|jar|link)\w*'.*)$",
        (" FAILED", "Execution failed"),
        "> Task :a:compileJava FAILED",
        "> Task :a:compileJava",
    ),
    _p(
        "maven",
        "maven",
        _BUILD,
        r"^(?:\[INFO\] )?(?P<message>BUILD FAILURE|BUILD FAILED.*)$",
        ("BUILD FAIL",),
        "[INFO] BUILD FAILURE",
        "[INFO] BUILD SUCCESS",
        weight=Weight.HINT,
    ),
    _p(
        "native-build",
        "cc",
        _BUILD,
        r"^(?P<message>CMake Error at .*"
        r"|-- Configuring incomplete, errors occurred!.*|.*undefined reference to .*"
        r"|collect2: error: .*|ninja: build stopped: .*|ld: (?:library"
        r"|symbol).*not found.*)$"
        r"|^(?P<file>[\w./@+-]+\.(?:c|cc|cpp|cxx|h|hpp|m|mm|swift|f90"
        r"|pyx)):(?P<line>\d+):(?P<column>\d+): (?:fatal )?error: .*$",
        (
            "CMake Error",
            "Configuring incomplete",
            "undefined reference",
            "collect2",
            "ninja: ",
            "ld: ",
            "error: ",
        ),
        "src/a.c:3:1: error: expected ';'",
        "src/a.c:3:1: warning: unused",
        weight=Weight.SIGN,
    ),
    _p(
        "docker-build",
        "docker",
        _BUILD,
        r"^.*?(?P<message>failed to solve: process .* did not complete successfully:"
        r" exit code: \d+|The command '.*' returned a non-zero code: \d+"
        r"|failed to solve: .*(?:not found|failed to compute cache key"
        r"|dockerfile parse error).*)$",
        ("failed to solve", "returned a non-zero code"),
        'error: failed to solve: process "/bin/sh -c make" did not complete'
        " successfully: exit code: 1",
        "#5 DONE 1.2s",
        weight=Weight.SIGN,
    ),
    _p(
        "webpack",
        "bundler",
        _BUILD,
        r"^\s*(?P<message>Module not found: Error: .*|ERROR in .*"
        r"|Failed to compile\.?|error during build:|Build failed (?:with|because).*"
        r"|ERR_PNPM\S+.*|We were unable to automatically build your code.*)$",
        (
            "Module not found",
            "ERROR in ",
            "Failed to compile",
            "error during build",
            "Build failed",
            "ERR_PNPM",
            "unable to automatically build",
        ),
        "Failed to compile.",
        "Compiled successfully.",
        weight=Weight.SIGN,
    ),
    _p(
        "terraform",
        "terraform",
        _CONFIG,
        r"^[│╷ ]*Error: (?P<message>(?:Unsupported argument|Missing required argument"
        r"|Invalid (?:reference|function|expression)|Reference to undeclared"
        r"|Argument or block).*)$",
        ("Error: ",),
        "│ Error: Unsupported argument",
        "Error: other",
        weight=Weight.SIGN,
    ),
    _p(
        "shell-linters",
        "shellcheck",
        _LINT,
        r"^(?P<message>In (?P<file>\S+) line (?P<line>\d+):)$|^ *\^-+\^? (?P<code>SC\d{4}) .*$",
        ("SC1", "SC2", "SC3"),
        "In a.sh line 3:\n  ^-- SC2086 (info): Double quote",
        "In a line 3",
    ),
    _p(
        "yamllint",
        "yamllint",
        _LINT,
        r"^ +(?P<line>\d+):(?P<column>\d+) +error +(?P<message>.+?) +\((?P<code>[\w-]+)\)$",
        ("  error  ",),
        "  3:81      error    line too long (90 > 80 characters)  (line-length)",
        "  3:81      warning  line too long  (line-length)",
    ),
    _p(
        "mozilla",
        "mozharness",
        _TEST,
        r"TEST-UNEXPECTED-\w+ \| (?P<message>[^|\n]+)",
        ("TEST-UNEXPECTED-",),
        "INFO - TEST-UNEXPECTED-FAIL | a/b.js | no",
        "TEST-PASS | a/b.js",
    ),
    _p(
        "javascript-syntax",
        "node",
        Category.SYNTAX_ERROR,
        r"^\s*(?P<message>SyntaxError: (?:Unexpected|Invalid or unexpected|missing"
        r"|Cannot use import|Identifier).*)$",
        ("SyntaxError: ",),
        "SyntaxError: Unexpected token 'export'",
        "SyntaxError: invalid syntax",
    ),
)
