"""Rust: rustc through cargo, tests, nextest, clippy, rustfmt, cargo-deny, cargo-audit, rustup.

rustc prints ``error[E0425]: message`` and below it `` --> file:line:column``; a lint's name stands
in a note of the same block. ``could not compile`` ends every such failure, clippy's as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from regreen.logs.excerpt import Excerpt
from regreen.logs.expressions import expression
from regreen.logs.rules.base import Finding, Rule, Weight, diagnostic, unique, verdict
from regreen.logs.rules.shapes import Shape, checker, compiled
from regreen.model import AutoFixable, Category, Diagnostic

_ERROR = r"^\s{0,4}error(?:\[(?P<code>E\d{4}|clippy::\w+)\])?: (?P<message>.+)$"
_PLACE = expression(r"^ *(?:--> |::: )(?P<file>.+?):(?P<line>\d+):(?P<column>\d+)$")
_SHORT = (
    r"^(?P<file>[\w./\\@+-]+\.rs):(?P<line>\d+):(?P<column>\d+): error(?:\[(?P<code>\w+)\])?: "
    r"(?P<message>.+)$"
)
_LINT = expression(
    r"`-D (?P<flag>[\w:-]+)` implied|`#\[deny\((?P<deny>[\w:]+)\)\]`|rust-clippy/.*#(?P<page>\w+)"
    r"|requested on the command line with `-D (?P<asked>[\w:-]+)`"
)
_SYNTAX = expression(
    r"expected (?:one of|`|expression|identifier|item|type|pattern|\S+, found)|unexpected "
    r"(?:closing|token)"
    r"|this file contains an unclosed|mismatched closing|unterminated |unknown start of token"
    r"|missing (?:`|condition)|unclosed "
)
_BLOCK = 40
"""Lines of one message in which its place and its lint are looked for."""


def _rustc(excerpt: Excerpt) -> Iterable[Finding]:
    """Every error of rustc or clippy that names a place, told apart by its lint or wording."""
    kinds: dict[tuple[str, Category], list[tuple[int, Diagnostic]]] = {}
    for index, match in excerpt.grep(compiled(_ERROR), "error: ", "error["):
        place, lint = _around(excerpt, index)
        if place is None:
            continue
        made = diagnostic(
            place["file"], match["code"] or lint, match["message"], place["line"], place["column"]
        )
        key = _kind(excerpt, match["code"], lint, match["message"])
        kinds.setdefault(key, []).append((index, made))
    for index, made in Shape(_SHORT, (".rs:",)).read(excerpt):
        key = ("cargo", Category.BUILD_ERROR)
        kinds.setdefault(key, []).append((index, made))
    if ("cargo", Category.BUILD_ERROR) in kinds and ("cargo", Category.SYNTAX_ERROR) in kinds:
        kinds[("cargo", Category.SYNTAX_ERROR)] += kinds.pop(("cargo", Category.BUILD_ERROR))
    stops = tuple(i for i, _ in excerpt.grep(compiled(_STOP), "could not compile", "aborting due"))
    for (tool, category), rows in kinds.items():
        linted = category is Category.LINTING_ERROR
        yield Finding(
            tool,
            category,
            Weight.VERDICT if stops else Weight.SIGN,
            (*(i for i, _ in rows), *stops),
            unique(one for _, one in rows),
            AutoFixable.PARTIAL if linted else AutoFixable.NO,
            collected=True,
        )


def _around(excerpt: Excerpt, index: int) -> tuple[re.Match[str] | None, str | None]:
    place: re.Match[str] | None = None
    for line in excerpt.lines[index + 1 : index + _BLOCK]:
        if not line.strip() or line.startswith(("error", "warning: ")):
            break
        place = place or _PLACE.match(line)
        if found := _LINT.search(line):
            lint = found["flag"] or found["deny"] or found["asked"] or f"clippy::{found['page']}"
            return place, lint.replace("-", "_")
    return place, None


def _kind(excerpt: Excerpt, code: str | None, lint: str | None, said: str) -> tuple[str, Category]:
    if lint is not None and (lint.startswith("clippy") or excerpt.mentions("clippy")):
        return "clippy", Category.LINTING_ERROR
    if code is None and lint is None and _SYNTAX.match(said):
        return "cargo", Category.SYNTAX_ERROR
    return "cargo", Category.BUILD_ERROR


_STOP = r"^\s*error: (?:could not compile|aborting due to|could not document).*$"


_DEPENDENCY = Category.DEPENDENCY_ISSUE
_CONFIGURATION = Category.CONFIGURATION_ERROR

RULES = (
    checker(
        "cargo-test",
        "cargo",
        r"^ *(?:test result: FAILED\..*|error: test run failed.*|error: (?:doc)?test failed, to "
        r"rerun"
        r" pass.*|error: doctest failed.*|error: \d+ targets? failed:.*)$",
        (
            Shape(
                r"^test (?P<code>\S.*?)(?P<message>) (?:- should panic )?\.\.\. FAILED$",
                (" ... FAILED",),
            ),
            Shape(
                r"^ +(?:FAIL|TIMEOUT|SIG\w+|ABORT) \[ *>?[\d.]+s\] (?:\( *\d+/\d+\) )"
                r"?(?P<message>\S.+)$",
                ("s] ",),
            ),
        ),
        triggers=(
            "test result: FAILED",
            "test run failed",
            "test failed, to rerun",
            "targets failed",
        ),
        category=Category.TEST_FAILURE,
        matches="test result: FAILED. 3 passed; 1 failed",
        ignores="test result: ok. 3 passed",
    ),
    Rule(
        "rustc",
        ("\n --> ", "\n  --> ", "\n   --> ", "\n    --> ", ".rs:"),
        _rustc,
        "error[E0425]: cannot find value `x` in this scope\n --> src/main.rs:3:5\n  |\n"
        "3 |     x\n  |     ^ not found in this scope\n\n"
        'error: could not compile `a` (bin "a") due to 1 previous error',
        "warning: unused variable: `x`\n --> src/main.rs:3:5",
    ),
    verdict(
        "cargo-build",
        "cargo",
        Category.BUILD_ERROR,
        r"^ *(?P<message>error(?:\[E\d+\])?: (?:could not compile .*|failed to run custom build "
        r"command"
        r" for .*|linking with `.*` failed.*|could not document .*)|error: Could not compile .*)$",
        (
            "could not compile",
            "Could not compile",
            "custom build command",
            "linking with",
            "could not document",
        ),
        "error: could not compile `a` (lib) due to 1 previous error",
        "Compiling a v0.1.0",
        weight=Weight.SIGN,
    ),
    verdict(
        "cargo-resolve",
        "cargo",
        _DEPENDENCY,
        r"^ *(?:error: )?(?P<message>failed to select a version for .*|no matching package "
        r"(?:named|found).*"
        r"|the lock file .* needs to be updated.*|cannot update the lock file .*"
        r"|(?:error\[E0463\]|can't find crate): .*|package `.*` cannot be built because it "
        r"requires rustc.*"
        r"|rustc \S+ is not supported by the following packages?.*|failed to select a version.*"
        r"|failed to parse lock file.*|lock file version .* (?:requires|was found).*"
        r"|checksum for `.*` changed between lock files"
        r"|cannot install package `.*`, it requires rustc .*|no such (?:sub)?command: `.*`"
        r"|package ID specification `.*` did not match any packages"
        r"|could not find `\S+` in registry `.*|there is nothing to install in .*)$",
        (
            "failed to select a version",
            "no matching package",
            "lock file",
            "can't find crate",
            "requires rustc",
            "is not supported by the following",
            "no such command: `",
            "no such subcommand: `",
            "did not match any packages",
            "` in registry `",
            "nothing to install in",
        ),
        "error: no matching package named `b` found",
        "Updating crates index",
    ),
    verdict(
        "cargo-network",
        "cargo",
        Category.NETWORK_ERROR,
        r"^ *(?:error: )?(?P<message>download of \S+ failed|failed to download from `.*"
        r"|failed to (?:download|fetch) `?\S+`?.*|could not download file from .*"
        r"|\[(?:6|7|16|28|35|52|55|56|92)\] .*)$",
        (
            "download of ",
            "failed to download",
            "failed to fetch",
            "could not download file",
            "\n  [",
            "\n    [",
        ),
        "  download of co/nf/config.json failed",
        "warning: spurious network error (3 tries remaining): [28] Timeout was reached",
        weight=Weight.SIGN,
    ),
    verdict(
        "cargo-configuration",
        "cargo",
        _CONFIGURATION,
        r"^ *error: (?P<message>failed to parse manifest at .*|could not find `Cargo\.toml` in .*"
        r"|failed to (?:load|read) .*Cargo\.toml.*|no (?:bin|example|test|bench|library) targets? "
        r".*"
        r"|(?:the package|package) .* does not (?:have|contain) (?:these|this|the) features?.*"
        r"|could not parse (?:configuration|TOML).*|Package `.*` does not have .*feature.*"
        r"|manifest path `.*` does not exist|invalid (?:character|feature|target).*|override "
        r"toolchain .*"
        r"|current package believes it's in a workspace.*|virtual manifest.*"
        r"|could not load Cargo configuration|none of the selected packages contains .*)$",
        ("error: ",),
        "error: could not find `Cargo.toml` in `/home/runner/work/a/a` or any parent directory",
        "error: could not compile `a`",
    ),
)
