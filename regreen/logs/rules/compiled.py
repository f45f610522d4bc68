"""Go, Rust, C and C++, Docker builds, by their own verdict lines."""

from __future__ import annotations

from regreen.logs.rules.base import Weight, verdict
from regreen.model import AutoFixable, Category

RULES = (
    verdict(
        "go-test",
        "go test",
        Category.TEST_FAILURE,
        r"^\s*(?P<message>--- FAIL: (?P<code>\S+)) .*$",
        ("--- FAIL: ",),
        "--- FAIL: TestA (0.00s)",
        "--- PASS: TestA (0.00s)",
    ),
    verdict(
        "golangci-lint",
        "golangci-lint",
        Category.LINTING_ERROR,
        r"^(?P<file>[\w./@+-]+\.go):(?P<line>\d+)(?::(?P<column>\d+))?:"
        r" (?P<message>.+ \((?P<code>[a-z][\w]+)\))$",
        (".go:",),
        "a/b.go:45:1: File is not properly formatted (gofmt)",
        "a/b.go:45:1: undefined: x",
        fixable=AutoFixable.PARTIAL,
    ),
    verdict(
        "go-build",
        "go",
        Category.BUILD_ERROR,
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
    verdict(
        "go-mod",
        "go",
        Category.DEPENDENCY_ISSUE,
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
    verdict(
        "cargo-test",
        "cargo",
        Category.TEST_FAILURE,
        r"^(?P<message>test result: FAILED\..{0,40}|error: test run failed"
        r"|error: test failed, to rerun pass).*$",
        ("test result: FAILED", "test run failed", "test failed, to rerun"),
        "test result: FAILED. 3 passed; 1 failed",
        "test result: ok. 3 passed",
    ),
    verdict(
        "clippy",
        "clippy",
        Category.LINTING_ERROR,
        r"^ *= (?:note|help): (?P<message>.*(?:`-D (?P<code>clippy::[\w-]+)`"
        r"|rust-clippy/).*)$|^error: (?:.*\bclippy\b.*)$",
        ("clippy",),
        "    = note: `-D clippy::doc-markdown` implied by `-D warnings`",
        "Checking clippy",
        fixable=AutoFixable.PARTIAL,
    ),
    verdict(
        "rustfmt",
        "rustfmt",
        Category.LINTING_ERROR,
        r"^Diff in (?P<file>\S+?)(?::| at line )(?P<line>\d+):?$",
        ("Diff in ",),
        "Diff in /home/runner/work/a/a/src/lib.rs:12:",
        "Diff in",
        fixable=AutoFixable.YES,
    ),
    verdict(
        "cargo-build",
        "cargo",
        Category.BUILD_ERROR,
        r"^(?P<message>error(?:\[E\d+\])?: could not compile .*)$",
        ("could not compile",),
        "error: could not compile `a` (lib) due to 1 previous error",
        "Compiling a v0.1.0",
        weight=Weight.SIGN,
    ),
    verdict(
        "cargo-resolve",
        "cargo",
        Category.DEPENDENCY_ISSUE,
        r"^error: (?P<message>failed to select a version for .*"
        r"|no matching package named .*|the lock file .* needs to be updated.*)$",
        ("failed to select a version", "no matching package", "the lock file"),
        "error: no matching package named `b` found",
        "Updating crates index",
    ),
    verdict(
        "native-build",
        "cc",
        Category.BUILD_ERROR,
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
    verdict(
        "docker-build",
        "docker",
        Category.BUILD_ERROR,
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
)
