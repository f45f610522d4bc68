"""Go: build, vet, test, modules, gofmt, golangci-lint 1 and 2, staticcheck, govulncheck.

``go build`` and ``go test`` print ``# package`` and below it ``./file.go:line:column: message``;
``go vet`` prints the same, since Go 1.21 with a second heading ``# [package]``.
"""

from __future__ import annotations

from collections.abc import Iterable

from regreen.logs.excerpt import Excerpt
from regreen.logs.expressions import expression
from regreen.logs.rules.base import Finding, Rule, Weight, diagnostic, unique, verdict
from regreen.logs.rules.shapes import Shape, checker, compiled
from regreen.model import AutoFixable, Category, Diagnostic

_ROW = (
    r"^(?P<vet>vet: )?(?P<file>(?:\.{0,2}/|[A-Za-z]:[\\/])?[\w./@+\\-]+\.go):(?P<line>\d+)"
    r"(?::(?P<column>\d+))?: (?P<message>\S.*)$"
)
_COMPILER = expression(
    r"undefined: |.* redeclared|cannot use |(?:expected|found) |too many |not enough |.*imported "
    r"and"
    r" not used|declared (?:and|but) not used|missing (?:return|',')|invalid |.* undefined \(|"
    r".*does not"
    r" implement |cannot |undeclared name|assignment mismatch|no new variables|unknown field|"
    r"import "
    r"cycle|impossible |mismatched types|.* is not a type|non-name |duplicate |unexpected |"
    r".*\(no value\) used|.* is not used$|multiple-value|label .* defined|"
    r"could not import|method .* already|use of .* not allowed"
)
_SYNTAX = expression(
    r"syntax error: |expected '|expected \w+, found |illegal character|.*not terminated"
)
_LINTED = expression(r"^.+ \((?P<code>[a-z][\w-]+|[A-Z]{1,3}\d{4})\)$|^[A-Z]{1,2}\d{4}: ")
_IN_TEST = expression(r"\s{4,}")


def _build(excerpt: Excerpt) -> Iterable[Finding]:
    """Compile errors, syntax errors and vet's complaints: rows that a ``# package`` line heads."""
    kinds: dict[Category, list[tuple[int, Diagnostic]]] = {}
    heading = vetting = False
    for index, line in enumerate(excerpt.lines):
        if line.startswith("# "):
            vetting = line.startswith("# [") or (vetting and not heading)
            heading = True
            continue
        if ".go:" not in line or _IN_TEST.match(line):
            heading = heading and line.startswith(("\t", "    "))
            continue
        match = compiled(_ROW).match(line)
        if match is None or _LINTED.match(match["message"]):
            continue
        message = match["message"]
        category = _category(message, heading, vetting and match["vet"] is None)
        if category is not None:
            made = diagnostic(match["file"], None, message, match["line"], match["column"])
            kinds.setdefault(category, []).append((index, made))
    for category, rows in kinds.items():
        yield Finding(
            "go vet" if category is Category.LINTING_ERROR else "go",
            category,
            Weight.VERDICT,
            tuple(index for index, _ in rows),
            unique(one for _, one in rows),
        )


def _category(message: str, heading: bool, vetting: bool) -> Category | None:
    if _SYNTAX.match(message):
        return Category.SYNTAX_ERROR
    if (
        "module providing package" in message
        or "no required module provides" in message
        or "cannot find package" in message
    ):
        return None
    if vetting:
        return Category.LINTING_ERROR
    if _COMPILER.match(message):
        return Category.BUILD_ERROR
    if not heading:
        return None
    return Category.LINTING_ERROR if _VET.match(message) else Category.BUILD_ERROR


_VET = expression(
    r"(?:\S+\.)?(?:Printf|Sprintf|Errorf|Fatalf|Logf|Println|Print|Printf-like|Wrapf)\b|call of .* "
    r"copies"
    r"|.* (?:copies|passes) lock|composite literal|struct field|unreachable code|result of |"
    r"self-assign"
    r"|method \w+\(|the cancel |possible |loop (?:variable|closure)|non-constant format|"
    r"unusedresult"
    r"|.* format %|.*arg list|test .* has|\w+ has malformed|using \w+ before checking|.*should "
    r"have sig"
)


def _unformatted(excerpt: Excerpt) -> Iterable[Finding]:
    """``gofmt -l`` prints bare names: they count only when the script runs such a formatter."""
    diffs = list(excerpt.grep(compiled(_DIFF), "diff "))
    listed = []
    if any(excerpt.mentions(name) for name in ("gofmt", "goimports", "gofumpt", "gci", "go fmt")):
        listed = list(excerpt.grep(compiled(_LISTED), ".go"))
    hits = diffs or listed
    if hits:
        yield Finding(
            "gofmt",
            Category.LINTING_ERROR,
            Weight.VERDICT if diffs else Weight.SIGN,
            tuple(index for index, _ in hits),
            unique(diagnostic(m["file"], None, "is not formatted") for _, m in hits),
            AutoFixable.YES,
            confidence=0.9,
        )


_DIFF = r"^diff (?:-u )?(?P<file>\S+\.go)(?:\.orig)? \S+\.go(?:\.orig)?$"
_LISTED = r"^(?:\./)?(?P<file>[\w./@+-]+\.go)$"
_DEPENDENCY = Category.DEPENDENCY_ISSUE

RULES = (
    checker(
        "go-test",
        "go test",
        r"^\s*--- FAIL: .*$|^FAIL\t\S+(?:\t[\d.]+s)?$|^DONE \d+ tests?,.* [1-9]\d* failures?.*$"
        r"|^Found \d+ data race\(s\)$|^\{.*\"Action\":\"fail\".*$",
        (
            Shape(r"^\s*--- FAIL: (?P<code>\S+)(?P<message>) .*$", ("--- FAIL: ",), says="failed"),
            Shape(
                r'^\{.*"Action":"fail",.*"Test":"(?P<code>[^"]+)"(?P<message>).*$',
                ('"Action":"fail"',),
                says="failed",
            ),
            Shape(r"^panic: (?!test timed out)(?P<message>.+?)(?: \[recovered\])?$", ("panic: ",)),
        ),
        triggers=("--- FAIL: ", "FAIL\t", "DONE ", "data race(s)", '"Action":"fail"'),
        category=Category.TEST_FAILURE,
        matches="--- FAIL: TestA (0.00s)",
        ignores="--- PASS: TestA (0.00s)",
    ),
    verdict(
        "go-test-timeout",
        "go",
        Category.TIMEOUT,
        r"^(?P<message>panic: test timed out after .*)$",
        ("panic: test timed out after",),
        "panic: test timed out after 10m0s",
        "panic: test failed",
        beats=frozenset({"go test"}),
    ),
    Rule(
        "go-build",
        (".go:",),
        _build,
        "# example.org/a\n./b.go:21:2: undefined: X",
        "a/b.go:21:2: should have comment (revive)",
        frozenset({"go test"}),
    ),
    verdict(
        "go-build-failed",
        "go",
        Category.BUILD_ERROR,
        r"^FAIL\t(?P<message>\S+ \[build failed\])$",
        ("[build failed]",),
        "FAIL\texample.org/a [build failed]",
        "ok  \texample.org/a\t0.01s",
        weight=Weight.SIGN,
    ),
    Rule(
        "gofmt",
        (".go",),
        _unformatted,
        "diff a.go.orig a.go",
        "a.go",
    ),
    verdict(
        "go-mod",
        "go",
        _DEPENDENCY,
        r"^.{0,300}?(?P<message>(?:no matching versions for query|missing go\.sum entry"
        r"|updates to go\.(?:mod|sum|work) needed|requires go ?>= ?|cannot find module providing "
        r"package"
        r"|[^\s@]{1,200}@\S{1,200}: .{0,200}?unknown revision"
        r"|at revision \S{1,100}: unknown revision"
        r"|no required module provides|verifying module: checksum mismatch"
        r"|verifying \S+: checksum mismatch|unrecognized import path|inconsistent vendoring"
        r"|invalid version: |module declares its path as|ambiguous import: |cannot find package \""
        r"|is not in (?:GOROOT|std)\b|reading \S+: 4(?:04 Not Found|10 Gone)"
        r"|requires newer Go version|note: module requires Go"
        r"|does not contain package|go\.mod file indicates go .*, but maximum).*)$",
        (
            "no matching versions",
            "go.sum",
            "go.mod",
            "requires go",
            "module provid",
            "unknown revision",
            "checksum mismatch",
            "unrecognized import path",
            "inconsistent vendoring",
            ": invalid version: ",
            "module declares its path",
            "ambiguous import",
            "cannot find package",
            "is not in GOROOT",
            "is not in std",
            "requires newer Go",
            "module requires Go",
            "does not contain package",
            "go.work",
        ),
        'a.com/b: no matching versions for query "latest"',
        "go: downloading a.com/b v1",
        weight=Weight.SIGN,
    ),
    verdict(
        "go-mod-untidy",
        "go",
        _DEPENDENCY,
        r"^diff --git a/(?P<file>\S*go\.(?:mod|sum)) b/\S+$",
        ("diff --git a/",),
        "diff --git a/go.mod b/go.mod",
        "diff --git a/a.go b/a.go",
        weight=Weight.SIGN,
        fixable=AutoFixable.PARTIAL,
    ),
    verdict(
        "go-command",
        "go",
        Category.CONFIGURATION_ERROR,
        r"^(?P<message>go: (?:errors parsing \S*go\.(?:mod|work)|go\.mod file not found in|cannot "
        r"find"
        r" main module|no packages loaded from|no (?:Go files|modules specified)|unknown "
        r"(?:command|subcommand)|cannot find"
        r" GOROOT|directory prefix \S+ does not contain|download go1\S+ for \S+: toolchain not "
        r"avail|"
        r"toolchain not available|no such tool).*|no Go files in .*|stat \S+: directory not found"
        r"|pattern \S+: (?:directory prefix|no matching files).*"
        r"|flag provided but not defined: .*|go \S+: unknown command)$",
        (
            "go: ",
            "no Go files in",
            "directory not found",
            "pattern ",
            "flag provided but not",
            ": unknown command",
        ),
        "go: go.mod file not found in current directory or any parent directory; see 'go help'",
        "go: downloading a.com/b v1",
        weight=Weight.SIGN,
    ),
    verdict(
        "go-private",
        "go",
        Category.PERMISSION_ERROR,
        r"^\s*fatal: (?P<message>could not read Username for .*)$",
        ("fatal: could not read Username",),
        "\tfatal: could not read Username for 'https://github.com': terminal prompts disabled",
        "fatal: not a git repository",
    ),
)
