"""prettier, stylelint, biome, oxlint, standard and deno's linter and formatter."""

from __future__ import annotations

from collections.abc import Iterable

from regreen.logs.excerpt import Excerpt
from regreen.logs.expressions import expression
from regreen.logs.rules.base import Finding, Rule, Weight, pattern, unique, verdict
from regreen.logs.rules.shapes import Shape, checker, compiled
from regreen.model import AutoFixable, Category, Severity

_CONFIGURATION = Category.CONFIGURATION_ERROR


def _prettier(excerpt: Excerpt) -> Iterable[Finding]:
    """``[warn] FILE`` rows and the closing word; ``[error] FILE: SyntaxError`` ends it with 2."""
    said = [i for i, _ in excerpt.grep(compiled(_STYLE), "Code style issues", "prettier/format")]
    rows = list(Shape(r"^\[warn\] (?P<file>\S.*\.\w+)$", ("[warn] ",), says=_SAYS).read(excerpt))
    if not said and _LISTS.search(excerpt.script or ""):
        rows = list(Shape(_LISTED, (".",), says=_SAYS).read(excerpt))
        said = [i for i, _ in rows]
    broken = list(Shape(_PRETTIER_BROKEN, ("[error] ",)).read(excerpt))
    if broken:
        yield Finding(
            "prettier",
            Category.SYNTAX_ERROR,
            Weight.VERDICT,
            tuple(i for i, _ in broken),
            unique(one for _, one in broken),
            severity=Severity.HIGH,
            collected=True,
        )
    if said:
        yield Finding(
            "prettier",
            Category.LINTING_ERROR,
            Weight.VERDICT,
            (*(i for i, _ in rows), *said),
            unique(one for _, one in rows),
            AutoFixable.YES,
            Severity.LOW,
            collected=True,
        )


_SAYS = "is not formatted"
_LISTED = (
    r"^(?P<file>[^\s:()\[\]]{1,250}\.(?:[cm]?[jt]sx?|json5?|css|s[ac]ss|less|md|mdx|ya?ml|vue|"
    r"html))$"
)
_LISTS = expression(r"prettier\b.* (?:-l|--list-different)\b")
_STYLE = (
    r"^(?:\[(?:warn|error)\] )?(?:Code style issues (?:found|were found)"
    r"|Error occurred when checking code style in).*$"
)
_PRETTIER_BROKEN = r"^\[error\] (?P<file>\S.*?): (?P<message>SyntaxError: .*)$"


RULES = (
    Rule(
        "prettier",
        ("Code style issues", "[error] ", "Error occurred when checking code style", "."),
        _prettier,
        "[warn] src/a.js\n[warn] Code style issues found in 2 files. Run Prettier to fix.",
        "All matched files use Prettier code style!",
    ),
    verdict(
        "prettier-configuration",
        "prettier",
        _CONFIGURATION,
        r"^\[error\] (?P<message>Invalid configuration .*|No (?:files matching|parser could be|"
        r"matching files).*|Cannot find (?:package|module) .*|Couldn't resolve parser .*)$",
        ("[error] Invalid", "[error] No ", "[error] Cannot find", "[error] Couldn't resolve"),
        '[error] No files matching the pattern were found: "src/**".',
        "[error] src/a.js: SyntaxError: Unexpected token (1:2)",
    ),
    checker(
        "stylelint",
        "stylelint",
        r"^\s*(?:✖|\u00d7) \d+ problems? \([1-9]\d* errors?.*|^[1-9]\d* (?:problems?|errors?) "
        r"found$|^\s*severity: error: [1-9].*$",
        (
            Shape(
                r"^ +(?P<line>\d+):(?P<column>\d+) +[✖\u00d7] +(?P<message>\S.*?) {2,}"
                r"(?P<code>[\w/-]+)"
                r"$",
                ("✖", "\u00d7"),
                r"^(?P<file>[^\s:]\S{0,250}\.(?:css|s[ac]ss|less|vue|html|svelte|styl|tsx?|jsx?))$",
            ),
        ),
        triggers=("✖", "\u00d7", "severity: error"),
        needs_rows=True,
        fixable=AutoFixable.PARTIAL,
        matches="a.css\n  1:5  ✖  Unexpected unknown property  property-no-unknown\n\n"
        "✖ 1 problem (1 error, 0 warnings)",
        ignores="✖ 1 problem (1 error, 0 warnings)",
    ),
    verdict(
        "stylelint-configuration",
        "stylelint",
        _CONFIGURATION,
        r"^(?:\S*Error: )?(?P<message>(?<=FoundError: )No files matching the pattern .*|No "
        r"configuration provided for .*|Could not find \"stylelint"
        r"\S*\".*|No rules found within configuration.*)$",
        (
            "No configuration provided",
            'Could not find "stylelint',
            "No rules found",
            "FoundError: ",
        ),
        "Error: No configuration provided for /home/runner/work/a/a/a.css",
        "No files",
    ),
    checker(
        "biome",
        "biome",
        r"^\s*(?:Found [1-9]\d* errors?\.|(?:check|format|lint|ci) ━+.*"
        r"|[\u00d7✖] {1,4}Some errors were emitted while .*)$",
        (
            Shape(
                r"^(?P<file>\.{0,2}/?[\w@][\w@./+\\-]{0,250}\.\w{1,8})(?::(?P<line>\d+)"
                r":(?P<column>\d+))?"
                r" (?P<code>lint/[\w/]+|format|parse|assist/[\w/]+|organizeImports|assists?|"
                r"suppressions/\S+)"
                r"(?: +(?:FIXABLE|━).*)?.*$",
                (" lint/", " format ", " parse ", " assist", " organizeImports"),
            ),
        ),
        triggers=("Some errors were emitted while",),
        needs_rows=True,
        fixable=lambda excerpt: (
            AutoFixable.YES
            if " lint/" not in excerpt and " parse ━" not in excerpt
            else AutoFixable.PARTIAL
        ),
        matches="./a.js format ━━━━━━\n\n  \u00d7 Some errors were emitted while running checks.",
        ignores="Checked 3 files in 2ms. No fixes applied.",
    ),
    verdict(
        "biome-configuration",
        "biome",
        _CONFIGURATION,
        r"^\s*[\u00d7✖] (?P<message>Biome exited because the configuration resulted in errors.*"
        r"|The configuration schema version does not match.*|Found an unknown key .*"
        r"|No files were processed in the specified paths.*)$|^\S+ (?:internalError|fs)/\w+.*$",
        (
            "Biome exited because",
            "configuration schema version",
            "unknown key",
            "No files were",
            " internalError/",
            " fs/",
        ),
        "  \u00d7 Biome exited because the configuration resulted in errors. Please fix them.",
        "  \u00d7 Some errors were emitted",
        weight=Weight.SIGN,
    ),
    checker(
        "oxlint",
        "oxlint",
        r"^Found \d+ warnings? and [1-9]\d* errors?\.$",
        (
            Shape(
                r"^\s*[x\u00d7] (?P<code>[\w@-]+\([\w/-]+\)): (?P<message>.+)$",
                ("): ",),
            ),
        ),
        triggers=("Found ",),
        matches="  \u00d7 eslint(no-debugger): `debugger` statement is not allowed\n"
        "Found 0 warnings and 1 error.",
        ignores="Found 2 warnings and 0 errors.",
    ),
    pattern(
        "standard",
        r"^ +(?P<file>/\S+?|[A-Za-z]:\\\S+?):(?P<line>\d+):(?P<column>\d+): (?P<message>.+?) "
        r"\((?P<code>(?!warning\))[\w@/-]+)\)$",
        triggers=(".js:", ".ts:", ".mjs:", ".jsx:", ".tsx:"),
        category=Category.LINTING_ERROR,
        tool="standard",
        weight=Weight.SIGN,
        fixable=AutoFixable.PARTIAL,
        matches="  /home/runner/work/a/a/b.js:1:9: Extra semicolon. (semi)",
        ignores="    at f (/home/runner/work/a/a/b.js:1:9)",
    ),
    verdict(
        "xo-deno-lint",
        "deno lint",
        Category.LINTING_ERROR,
        r"^(?P<message>Found [1-9]\d* problems?|error: Found \d+ not formatted files? in .*)$",
        ("Found ",),
        "error: Found 1 not formatted file in 3 files",
        "Found 0 problems",
        fixable=AutoFixable.PARTIAL,
    ),
)
