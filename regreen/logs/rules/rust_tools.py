"""Tools around cargo: rustfmt, rustup, cargo-deny, cargo-audit, wasm-pack."""

from __future__ import annotations

import re
from collections.abc import Iterable

from regreen.logs.excerpt import Excerpt
from regreen.logs.rules.base import Example, Finding, Rule, Weight, pattern, unique, verdict
from regreen.logs.rules.shapes import Shape, checker
from regreen.model import AutoFixable, Category


def _unformatted(excerpt: Excerpt) -> Iterable[Finding]:
    """``cargo fmt -- -l`` prints bare names: they count only when the script runs it."""
    if not re.search(r"(?:cargo fmt|rustfmt)\b.* (?:-l\b|--files-with-diff)", excerpt.script or ""):
        return
    rows = list(Shape(_LISTED, (".rs",), says="is not formatted").read(excerpt))
    if rows:
        yield Finding(
            "rustfmt",
            Category.LINTING_ERROR,
            Weight.VERDICT,
            tuple(i for i, _ in rows),
            unique(one for _, one in rows),
            AutoFixable.YES,
        )


_LISTED = r"^(?P<file>[^\s:]+\.rs)$"
_DEPENDENCY = Category.DEPENDENCY_ISSUE

RULES = (
    Rule(
        "rustfmt-list",
        (".rs",),
        _unformatted,
        "src/lib.rs",
        "src/lib.rs",
        example=Example("cargo fmt -- -l"),
    ),
    checker(
        "rustfmt",
        "rustfmt",
        r"^Diff in .*$",
        (
            Shape(
                r"^Diff in (?:\\\\\?\\)?(?P<file>\S+?)(?::| at line )(?P<line>\d+):?$",
                ("Diff in ",),
            ),
        ),
        triggers=("Diff in ",),
        needs_rows=True,
        fixable=AutoFixable.YES,
        matches="Diff in /home/runner/work/a/a/src/lib.rs:12:",
        ignores="Diff in",
    ),
    verdict(
        "rustfmt-internal",
        "rustfmt",
        Category.LINTING_ERROR,
        r"^(?P<message>error\[internal\]: (?:left behind trailing whitespace"
        r"|line formatted, but exceeded maximum width.*)"
        r"|warning: rustfmt has failed to format\. See previous \d+ errors\.)$",
        ("error[internal]: ", "rustfmt has failed to format"),
        "error[internal]: line formatted, but exceeded maximum width (maximum: 100)",
        "error[E0425]: cannot find value `x` in this scope",
    ),
    verdict(
        "rust-target",
        "rustup",
        _DEPENDENCY,
        r"^ *(?:error: |= note: )(?P<message>the `\S+` target may not be installed"
        r"|toolchain '.*' is not installed.*|'.*' is not installed for the (?:custom )?toolchain.*"
        r"|toolchain '.*' does not (?:support|contain) .*|component '.*' .*(?:unavailable|not "
        r"found).*"
        r"|some components (?:are )?unavailable for download.*|the '.*' (?:binary|component).*is "
        r"not .*)$",
        (
            "may not be installed",
            "is not installed",
            "toolchain '",
            "component '",
            "some components",
        ),
        "error: toolchain 'nightly-2020-01-01' is not installed",
        "info: installing component 'cargo'",
    ),
    checker(
        "cargo-deny",
        "cargo-deny",
        r"^(?=.*FAILED)(?:advisories|bans|licenses|sources) (?:ok|FAILED)(?:, \w+ (?:ok|FAILED))"
        r"{0,3}$|^error: "
        r"[1-9]\d* (?:vulnerabilit|denied warning).* found!?$",
        (
            Shape(
                r"^error\[(?P<code>vulnerability|unsound|yanked|unmaintained|rejected|unlicensed|"
                r"banned|"
                r"duplicate|source-not-allowed|notice)\]: (?P<message>.+)$",
                ("error[",),
            ),
            Shape(r"^ID: +(?P<code>RUSTSEC-\d{4}-\d{4})(?P<message>)$", ("RUSTSEC-",)),
        ),
        triggers=(" FAILED", " found!", "denied warning"),
        category=Category.SECURITY_SCAN,
        weight=Weight.VERDICT,
        matches="error: 1 vulnerability found!",
        ignores="advisories ok, bans ok",
    ),
    pattern(
        "wasm-pack",
        r"^Error: (?P<message>Compiling your crate to WebAssembly failed|failed to (?:execute|run|"
        r"build)"
        r" `?(?:wasm|cargo).*|Running Wasm tests with wasm-bindgen-test failed.*)$",
        triggers=("Error: Compiling your crate", "Error: failed to", "Error: Running Wasm tests"),
        category=Category.BUILD_ERROR,
        tool="wasm-pack",
        weight=Weight.HINT,
        matches="Error: Compiling your crate to WebAssembly failed",
        ignores="Error: other",
    ),
)
