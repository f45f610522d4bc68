"""Haskell, OCaml and Elm: their compilers, test runners and package tools."""

from __future__ import annotations

from regreen.logs.rules.base import Weight, pattern, verdict
from regreen.logs.rules.shapes import Shape, checker
from regreen.model import Category

_BUILD = Category.BUILD_ERROR
_TESTS = Category.TEST_FAILURE
_DEPENDENCY = Category.DEPENDENCY_ISSUE

RULES = (
    checker(
        "haskell",
        "ghc",
        r"^Error: (?:\[(?:S|Cabal)-\d+\]|cabal: (?:Failed to build|Some packages failed)).*$",
        (
            Shape(
                r"^(?P<file>[^\s:]+\.l?hs):(?P<line>\d+):(?P<column>\d+)(?:-\d+)?: error:"
                r"(?: \[(?P<code>GHC-\d+)\])?(?:\s*\n +(?:\u2022 )?)?(?P<message>\S.*)$",
                (".hs:", ".lhs:"),
                spans=True,
            ),
        ),
        triggers=("s: Failed to build", ".hs:", "Error: [S-", "Error: [Cabal-"),
        category=_BUILD,
        alone=Weight.SIGN,
        matches="src/A.hs:12:5: error: [GHC-88464]\n    Variable not in scope: x",
        ignores="src/A.hs:12:5: warning: [-Wunused-imports]",
    ),
    verdict(
        "haskell-tests",
        "cabal",
        _TESTS,
        r"^(?:Test suite \S+: FAIL|Error: cabal: Tests failed for .*"
        r"|\d+ examples?, [1-9]\d* failures?(?:, \d+ pending)?"
        r"|[1-9]\d* out of \d+ tests failed \(.*)$",
        (": FAIL", "cabal: Tests failed", " failure", " tests failed ("),
        "Test suite a-test: FAIL",
        "Test suite a-test: PASS",
        weight=Weight.SIGN,
    ),
    verdict(
        "haskell-packages",
        "cabal",
        _DEPENDENCY,
        r"^(?:Error: )?(?:cabal: |\[\S+\] *)?(?P<message>Could not resolve dependencies:?"
        r"|While constructing the build plan.*)$",
        ("Could not resolve dependencies", "constructing the build plan"),
        "Error: cabal: Could not resolve dependencies:",
        "Resolving dependencies...",
        weight=Weight.SIGN,
    ),
    pattern(
        "ocaml",
        r'^File "(?P<file>[^"\n]+\.(?:mli?|mll|mly))", lines? (?P<line>\d+)(?:-\d+)?,'
        r" characters (?P<column>\d+)-\d+:\n(?:[^\n]*\n){0,14}?Error(?: \([^)\n]*\))?:"
        r" (?P<message>.+)$",
        triggers=("\nError: ", "\nError ("),
        spans=True,
        category=_BUILD,
        tool="ocaml",
        weight=Weight.SIGN,
        matches='File "src/a.ml", line 3, characters 5-8:\n3 | let x = y\n            ^\n'
        "Error: Unbound value y",
        ignores='File "src/a.ml", line 3, characters 5-8:\nWarning 32 [unused-value]: unused x.',
    ),
    pattern(
        "dune",
        r'^File "(?P<file>[^"\n]+)", lines? (?P<line>\d+)(?:-\d+)?,? ?(?:characters \S+:)?\n'
        r"(?:\S*git [^\n]*\n)?(?P<message>diff --git|--- )",
        triggers=("_build/.sandbox/", "_build/default/"),
        spans=True,
        category=_TESTS,
        tool="dune",
        weight=Weight.SIGN,
        confidence=0.85,
        matches='File "tests/a.t", line 1, characters 0-0:\n'
        "diff --git a/_build/.sandbox/1/default/tests/a.t b/_build/.sandbox/1/default/tests/a.t",
        ignores='File "tests/a.t", line 1, characters 0-0:\nWarning: _build/default/ is old',
    ),
    verdict(
        "opam",
        "opam",
        _DEPENDENCY,
        r"^\[ERROR\] (?P<message>Package conflict!|No solution (?:found|for).*"
        r"|The compilation of (?P<code>\S+) failed.*)$",
        ("[ERROR] ",),
        "[ERROR] Package conflict!",
        "[ERROR] other",
        weight=Weight.SIGN,
    ),
    checker(
        "elm",
        "elm",
        None,
        (
            Shape(
                r"^-- (?P<message>[A-Z][A-Z ]{2,40}[A-Z]) -+ (?P<file>\S+\.elm)$",
                (".elm",),
            ),
        ),
        triggers=(".elm",),
        category=_BUILD,
        alone=Weight.SIGN,
        matches="-- TYPE MISMATCH ---------------------------------- src/Main.elm",
        ignores="-- a comment ---- src/Main.elm",
    ),
)
