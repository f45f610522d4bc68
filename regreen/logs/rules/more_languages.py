"""Languages met less often: Solidity, Zig, Nix, R, Julia, Lua, Perl, Deno, chainsaw."""

from __future__ import annotations

from regreen.logs.rules.base import Weight, pattern, verdict
from regreen.logs.rules.shapes import Shape, checker
from regreen.model import AutoFixable, Category

_BUILD = Category.BUILD_ERROR
_TESTS = Category.TEST_FAILURE
_DEPENDENCY = Category.DEPENDENCY_ISSUE

RULES = (
    checker(
        "solidity",
        "solc",
        r"^(?:Error: *)?Compiler run failed:?$|^Error HH600: .*$",
        (
            Shape(
                r"^(?:\w*Error(?: \((?P<code>\d+)\))?|Note): (?P<message>[^\n]+)\n(?: *\n)?"
                r" *--> (?P<file>\S+\.sol):(?P<line>\d+):(?P<column>\d+):?$",
                (".sol:",),
                spans=True,
            ),
            Shape(
                r"^(?P<code>ParserError|TypeError|DeclarationError)(?: \(\d+\))?: (?P<message>"
                r"Source \"[^\"\n]+\" not found.*)$",
                ('Source "',),
            ),
        ),
        triggers=("Compiler run failed", "Error HH600"),
        category=_BUILD,
        matches="Error: \nCompiler run failed:\nError (7576): Undeclared identifier.\n"
        "   --> contracts/A.sol:7:5:\n",
        ignores="Compiler run successful!",
    ),
    checker(
        "forge-test",
        "forge",
        r"^Encountered (?:a total of )?[1-9]\d* failing tests?\b.*$",
        (
            Shape(
                r"^\[FAIL(?P<code>[.:] [^\n\]]{0,300})?\]? (?P<message>\w+\([^)\n]*\))",
                ("[FAIL",),
            ),
        ),
        triggers=("Encountered ",),
        category=_TESTS,
        matches="[FAIL: assertion failed] testAdd() (gas: 1234)\n\n"
        "Encountered a total of 1 failing tests, 3 tests succeeded",
        ignores="Ran 2 test suites: 4 tests passed, 0 failed, 0 skipped (4 total tests)",
        beats=frozenset({"node-tests"}),
    ),
    pattern(
        "forge-fmt",
        r"^Diff in (?P<file>\S+\.sol):$",
        triggers=("Diff in ",),
        category=Category.LINTING_ERROR,
        tool="forge fmt",
        weight=Weight.VERDICT,
        fixable=AutoFixable.YES,
        matches="Diff in src/Counter.sol:",
        ignores="Diff in /home/runner/work/a/a/src/lib.rs:12:",
    ),
    checker(
        "zig",
        "zig",
        r"^(?:error: the following command failed with [1-9]\d* compilation errors:"
        r"|Build Summary: .*\b[1-9]\d* failed\b.*|error: the following build command failed .*)$",
        (
            Shape(
                r"^(?P<file>[^\s:]+\.zig):(?P<line>\d+):(?P<column>\d+): error: (?P<message>.+)$",
                (".zig:",),
            ),
        ),
        triggers=("compilation errors", "Build Summary: ", ".zig:"),
        category=_BUILD,
        alone=Weight.SIGN,
        matches="src/main.zig:6:26: error: use of undeclared identifier 'self'",
        ignores="Build Summary: 3/3 steps succeeded",
    ),
    verdict(
        "nix-hash",
        "nix",
        _DEPENDENCY,
        r"^ *error: (?P<message>hash mismatch in fixed-output derivation)"
        r" '/nix/store/\w{32}-(?P<code>[^'\n]+)'",
        ("hash mismatch in fixed-output",),
        "error: hash mismatch in fixed-output derivation"
        " '/nix/store/ssmwixlg89pc8v4jsrzp6v5v655jq0n4-a.drv':",
        "error: hash mismatch",
    ),
    verdict(
        "nix-build",
        "nix",
        _BUILD,
        r"^ *error: (?P<message>builder for|Cannot build|build of) '/nix/store/\w{32}-"
        r"(?P<code>[^'\n]+)'(?: failed.*|\.)?$",
        ("error: builder for '/nix", "error: Cannot build '/nix", "error: build of '/nix"),
        "error: builder for '/nix/store/ssmwixlg89pc8v4jsrzp6v5v655jq0n4-a.drv' failed with exit"
        " code 1;",
        "building '/nix/store/ssmwixlg89pc8v4jsrzp6v5v655jq0n4-a.drv'...",
        weight=Weight.SIGN,
    ),
    verdict(
        "nix-flake",
        "nix",
        Category.CONFIGURATION_ERROR,
        r"^ *error: (?P<message>flake '[^'\n]+' does not provide attribute .*"
        r"|attribute '[^'\n]+' missing|undefined variable '[^'\n]+'|experimental Nix feature .*)$",
        ("does not provide attribute", "' missing", "error: undefined variable", "Nix feature"),
        "error: attribute 'hello' missing",
        "attribute 'hello' is there",
    ),
    checker(
        "testthat",
        "testthat",
        r"^\[ FAIL [1-9]\d* \| WARN \d+ \| SKIP \d+ \| PASS \d+ \]$|^Error: Test failures$",
        (
            Shape(
                r"^\u2500\u2500 (?:Failure|Error) \('?(?P<file>[^':)\n]+):(?P<line>\d+)"
                r"(?::\d+)?'?\): (?P<message>.+?) *\u2500+$",
                ("\u2500\u2500 Failure (", "\u2500\u2500 Error ("),
            ),
        ),
        triggers=("[ FAIL ", "Error: Test failures"),
        category=_TESTS,
        matches="\u2500\u2500 Failure ('test-a.R:3:3'): adds \u2500\u2500\u2500\u2500\n\n"
        "[ FAIL 1 | WARN 0 | SKIP 0 | PASS 10 ]",
        ignores="[ FAIL 0 | WARN 0 | SKIP 0 | PASS 10 ]",
        beats=frozenset({"r-check"}),
    ),
    verdict(
        "r-check",
        "R CMD check",
        _BUILD,
        r"^(?P<message>(?:Error(?: in [^\n]{1,80})?: )?(?:Error: )?R CMD check found .*"
        r"|Status: [1-9]\d* ERRORs?\b.*|\* checking .{1,120} \.\.\. ERROR)$",
        ("R CMD check found", "Status: ", " ... ERROR"),
        "Error: R CMD check found ERRORs",
        "Status: OK",
        weight=Weight.SIGN,
    ),
    verdict(
        "r-package",
        "R",
        _DEPENDENCY,
        r"^.{0,200}?(?P<message>there is no package called [\u2018'`].+?[\u2019'`]"
        r"|ERROR: dependenc(?:y|ies) .* (?:is|are) not available for package .*).*$",
        ("there is no package called", "not available for package"),
        "Error in library(a) : there is no package called \u2018a\u2019",
        "there is a package called a",
        weight=Weight.SIGN,
    ),
    verdict(
        "julia-tests",
        "julia",
        _TESTS,
        r"^(?:ERROR: )?(?:LoadError: )?(?P<message>Some tests did not pass)\b.*"
        r"|^ERROR: Package (?P<code>\w+) errored during testing.*$",
        ("Some tests did not pass", "errored during testing"),
        "ERROR: LoadError: Some tests did not pass: 3 passed, 1 failed, 0 errored, 0 broken.",
        "Testing A tests passed",
    ),
    verdict(
        "julia-packages",
        "julia",
        _DEPENDENCY,
        r"^ERROR: (?:LoadError: )?(?P<message>Unsatisfiable requirements detected for package \S+"
        r"|ArgumentError: Package \S+ not found in current path).*$",
        ("Unsatisfiable requirements", "not found in current path"),
        "ERROR: Unsatisfiable requirements detected for package A [7876af07]:",
        "Resolving package versions...",
    ),
    checker(
        "busted",
        "busted",
        r"^\d+ success(?:es)? / (?:[1-9]\d* failures? / \d+ errors?"
        r"|\d+ failures? / [1-9]\d* errors?) / \d+ pending .*$",
        (
            Shape(
                r"^(?:Failure|Error) \u2192 (?P<file>\S+) @ (?P<line>\d+)\n(?P<message>\S.*)$",
                (" \u2192 ",),
                spans=True,
            ),
        ),
        triggers=(" successes / ", " success / "),
        category=_TESTS,
        matches="5 successes / 1 failure / 0 errors / 0 pending : 0.003 seconds",
        ignores="5 successes / 0 failures / 0 errors / 0 pending : 0.003 seconds",
    ),
    checker(
        "prove",
        "prove",
        r"^Result: FAIL$",
        (
            Shape(
                r"^(?P<file>\S+\.t) +\(Wstat: (?P<code>\d+)[^)\n]*\)(?P<message>)$",
                ("(Wstat: ",),
                says="failed",
            ),
        ),
        triggers=("Result: FAIL",),
        category=_TESTS,
        matches="t/a.t (Wstat: 256 Tests: 3 Failed: 1)\nResult: FAIL",
        ignores="Result: PASS",
    ),
    verdict(
        "perl-module",
        "perl",
        _DEPENDENCY,
        r"^(?:# )?(?P<message>Can't locate (?P<code>[\w/]+\.pm) in @INC).*$",
        (" in @INC",),
        "Can't locate Try/Tiny.pm in @INC (you may need to install the Try::Tiny module)",
        "the path is in @INC",
        weight=Weight.SIGN,
    ),
    verdict(
        "deno-test",
        "deno",
        _TESTS,
        r"^(?P<message>FAILED) \| \d+ passed.* \| [1-9]\d* failed.*$",
        ("FAILED | ",),
        "FAILED | 1 passed | 1 failed (5ms)",
        "ok | 2 passed | 0 failed (5ms)",
    ),
    checker(
        "chainsaw",
        "chainsaw",
        r"^Error: some tests failed$",
        (
            Shape(
                r"^(?:[\d/]+ [\d:.]+ +)? *--- FAIL: (?P<message>chainsaw/\S+) \([\d.]+s\)$",
                ("FAIL: chainsaw/",),
            ),
        ),
        triggers=("FAIL: chainsaw/",),
        category=_TESTS,
        alone=Weight.VERDICT,
        matches="    --- FAIL: chainsaw/apply (1218.59s)\nError: some tests failed",
        ignores="    --- PASS: chainsaw/apply (12.59s)",
    ),
)
