"""The .NET SDK: MSBuild and Roslyn, NuGet restore, dotnet test, dotnet format.

MSBuild prints ``file(line,column): error CODE: message [project]``; CS and BC are compilers', NU is
NuGet's, NETSDK and MSB the build's own, CA, IDE, SA and xUnit analysers'.
"""

from __future__ import annotations

from collections.abc import Iterable

from regreen.logs.excerpt import Excerpt
from regreen.logs.expressions import expression
from regreen.logs.rules.base import Finding, Rule, Weight, diagnostic, unique, verdict
from regreen.logs.rules.shapes import Shape, checker, compiled
from regreen.model import AutoFixable, Category, Diagnostic

_ROW = (
    r"^\s*(?:\d+>)?(?:(?P<file>[^\s(:][^(\n]{0,300}?\.\w{2,8})(?:\((?P<line>\d+),(?P<column>\d+)"
    r"[\d,]*\))?"
    r"|MSBUILD|NUGET|CSC)? ?: ?error (?P<code>[A-Za-z]{2,8}\d{2,5}): (?P<message>.+?)(?: "
    r"\[[^\]\n]+\])?$"
)
_SYNTAX = expression(
    r"CS(?:1001|1002|1003|1022|1026|1513|1514|1519|1525|1529|1031|1056|1010|1039)$"
)
_KINDS = (
    (expression(r"NU(?:1301|1100(?=X))$"), Category.NETWORK_ERROR),
    (expression(r"NU190\d$"), Category.SECURITY_SCAN),
    (expression(r"NU\d+$"), Category.DEPENDENCY_ISSUE),
    (expression(r"(?:WHITESPACE|IMPORTS|ENDOFLINE|FINALNEWLINE|CHARSET)$"), Category.LINTING_ERROR),
    (
        expression(r"(?:CA|IDE|SA|S|RCS|xUnit|MA|RS|AD|SX|VSTHRD|StyleCop)\d+$"),
        Category.LINTING_ERROR,
    ),
    (expression(r"NETSDK(?:1045|1141|1147|1004)$"), Category.DEPENDENCY_ISSUE),
    (expression(r"MSB(?:1003|1009|1011|1008|1001|4025|4066|4067)$"), Category.CONFIGURATION_ERROR),
    (_SYNTAX, Category.SYNTAX_ERROR),
)


def _msbuild(excerpt: Excerpt) -> Iterable[Finding]:
    kinds: dict[Category, list[tuple[int, Diagnostic]]] = {}
    for index, match in excerpt.grep(compiled(_ROW), "error "):
        code = match["code"]
        if code.startswith("TS") or (code[0] == "C" and len(code) == 5 and code[1:].isdigit()):
            continue
        made = diagnostic(match["file"], code, match["message"], match["line"], match["column"])
        kinds.setdefault(_category(code), []).append((index, made))
    if Category.BUILD_ERROR in kinds and Category.SYNTAX_ERROR in kinds:
        kinds[Category.SYNTAX_ERROR] += kinds.pop(Category.BUILD_ERROR)
    for category, rows in kinds.items():
        linted = category is Category.LINTING_ERROR
        yield Finding(
            "dotnet",
            category,
            Weight.VERDICT,
            tuple(index for index, _ in rows),
            unique(one for _, one in rows),
            AutoFixable.PARTIAL if linted else AutoFixable.NO,
        )


def _category(code: str) -> Category:
    return next((kind for form, kind in _KINDS if form.match(code)), Category.BUILD_ERROR)


RULES = (
    Rule(
        "msbuild",
        (": error ", " error NU", " error MSB"),
        _msbuild,
        "/home/runner/work/a/a/B.cs(3,9): error CS0103: The name 'x' does not exist [/a/a.csproj]",
        "/home/runner/work/a/a/B.cs(3,9): warning CS0168: unused [/a/a.csproj]",
    ),
    checker(
        "dotnet-format",
        "dotnet format",
        r"^.{0,300}error (?:WHITESPACE|IMPORTS|ENDOFLINE|FINALNEWLINE|CHARSET): .*$",
        (
            Shape(
                r"^\s*(?P<file>[^\s(][^(\n]{0,300})\((?P<line>\d+),(?P<column>\d+)\): error "
                r"(?P<code>[A-Z]{6,12}): "
                r"(?P<message>.+?)(?: \[[^\]\n]+\])?$",
                (": error ",),
            ),
        ),
        triggers=(
            "error WHITESPACE",
            "error IMPORTS",
            "error ENDOFLINE",
            "error FINALNEWLINE",
            "error CHARSET",
        ),
        fixable=AutoFixable.YES,
        matches=(
            "/home/runner/work/a/a/B.cs(3,9): error WHITESPACE: Fix whitespace formatting. "
            "[/a/a.csproj]"
        ),
        ignores="Formatted 0 of 3 files.",
    ),
    checker(
        "dotnet-test",
        "dotnet test",
        r"^(?:Failed!  ?- Failed: +[1-9]\d*.*|Test Run Failed\.|\s+Failed: [1-9]\d*|Total tests: "
        r".* Failed: [1-9]"
        r".*|Test summary: total: \d+, failed: [1-9].*|.*error TESTERROR.*)$",
        (
            Shape(r"^ {2}(?:Failed|X) (?P<message>\S.*?) \[[^\]\n]+\]$", ("  Failed ", "  X ")),
            Shape(r"^ +(?P<code>[\w.]+)(?P<message>)(?:\(.*\))? \[FAIL\]$", (" [FAIL]",)),
        ),
        triggers=("Failed!", "Test Run Failed", "Failed: ", "failed: ", "TESTERROR"),
        category=Category.TEST_FAILURE,
        matches="Failed!  - Failed:     1, Passed:     4, Skipped:     0, Total:     5",
        ignores="Passed!  - Failed:     0, Passed:     5, Skipped:     0, Total:     5",
    ),
    verdict(
        "dotnet-crash",
        "dotnet test",
        Category.TEST_FAILURE,
        r"^(?P<message>The active test run was aborted\. Reason: .*)$",
        ("The active test run was aborted",),
        "The active test run was aborted. Reason: Test host process crashed",
        "The test run ended",
    ),
    verdict(
        "dotnet-sdk",
        "dotnet",
        Category.DEPENDENCY_ISSUE,
        r"^(?P<message>(?:A compatible (?:installed )?\.NET SDK .*(?:was )?not found.*|The command "
        r"could not be "
        r"loaded, possibly because:|You must install or update \.NET to run this application\."
        r"|Could not execute because the specified command or file was not found\.|It was not "
        r"possible to find "
        r"any (?:compatible framework|installed \.NET).*|Run \"dotnet tool restore\" to make .*))$",
        (
            "A compatible ",
            "The command could not be loaded",
            "You must install or update .NET",
            "Could not execute because",
            "It was not possible to find",
            "dotnet tool restore",
        ),
        "A compatible .NET SDK was not found.",
        "the .NET SDK was found",
        weight=Weight.SIGN,
    ),
)
