"""Checkers of scripts, workflows and prose, each by its rows or its closing word.

shellcheck, shfmt, yamllint, actionlint, markdownlint, hadolint, commitlint, lychee, cspell,
licence headers, editorconfig, super-linter.
"""

from __future__ import annotations

from regreen.logs.rules.base import Weight, pattern, verdict
from regreen.logs.rules.shapes import Shape, checker
from regreen.model import AutoFixable, Category

_FILE = r"(?P<file>[^\s:][^:\n]{0,250})"

RULES = (
    checker(
        "shellcheck",
        "shellcheck",
        None,
        (
            Shape(
                r"^ *\^-*\^? (?P<code>SC\d{4})(?: \(\w+\))?: (?P<message>.+)$",
                ("SC1", "SC2", "SC3"),
                r"^In (?P<file>.+) line (?P<line>\d+):$",
            ),
            Shape(
                rf"^{_FILE}:(?P<line>\d+):(?P<column>\d+): (?:error|warning|note|style|info): "
                r"(?P<message>.+) "
                r"\[(?P<code>SC\d{4})\]$",
                ("[SC",),
            ),
            Shape(
                r'\{"file":"(?P<file>[^"]+)","line":(?P<line>\d+),[^{}]*?"column":(?P<column>\d+)'
                r",[^{}]*?"
                r'"level":"\w+","code":(?P<code>\d{4}),"message":"(?P<message>[^"]*)"',
                ('"code":',),
                spans=True,
            ),
        ),
        triggers=("SC1", "SC2", "SC3", '"code":'),
        alone=Weight.VERDICT,
        matches=(
            "In a.sh line 3:\necho $x\n     ^-- SC2086 (info): Double quote to prevent globbing."
        ),
        ignores="In a line 3",
    ),
    verdict(
        "shellcheck-usage",
        "shellcheck",
        Category.CONFIGURATION_ERROR,
        r"^(?P<message>\S+: \S+: openBinaryFile: does not exist .*|No files specified\.)$",
        ("openBinaryFile: ", "No files specified"),
        "a.sh: a.sh: openBinaryFile: does not exist (No such file or directory)",
        "a.sh was read",
    ),
    checker(
        "shfmt",
        "shfmt",
        r"^--- \S+\.(?:sh|bash|bats|zsh|ksh)\.orig$",
        (Shape(r"^--- (?P<file>\S+)\.orig$", (".orig",), says="is not formatted"),),
        triggers=(".orig",),
        fixable=AutoFixable.YES,
        matches="diff a.sh.orig a.sh\n--- a.sh.orig\n+++ a.sh",
        ignores="cp a.sh.orig a.sh",
    ),
    checker(
        "yamllint",
        "yamllint",
        None,
        (
            Shape(
                r"^ +(?P<line>\d+):(?P<column>\d+) +error +(?P<message>.+?)(?: +\((?P<code>[\w-]+)"
                r"\))?$",
                (" error ",),
                r"^(?P<file>[^\s:]\S*\.ya?ml|[^\s:]\S*)$",
            ),
            Shape(
                rf"^{_FILE}:(?P<line>\d+):(?P<column>\d+): \[error\] (?P<message>.+?)(?: "
                r"\((?P<code>[\w-]+)\))?$",
                ("[error] ",),
            ),
            Shape(
                r"^(?P<line>\d+):(?P<column>\d+) \[(?P<code>[\w-]+)\] (?P<message>.+)$",
                ("] ",),
                r"^(?P<file>[^\s:]\S*\.ya?ml)$",
            ),
        ),
        triggers=(
            "(line-length)",
            "(indentation)",
            "(trailing-spaces)",
            "(new-line-at-end-of-file)",
            "(empty-lines)",
            "(truthy)",
            "(colons)",
            "(commas)",
            "(braces)",
            "(brackets)",
            "(comments)",
            "(comments-indentation)",
            "(document-start)",
            "(document-end)",
            "(key-duplicates)",
            "(key-ordering)",
            "(hyphens)",
            "(new-lines)",
            "(quoted-strings)",
            "(syntax)",
            "(octal-values)",
            "(empty-values)",
            "(float-values)",
            "(anchors)",
            "[trailing-spaces]",
            "[line-length]",
            "[indentation]",
        ),
        alone=Weight.VERDICT,
        fixable=AutoFixable.NO,
        matches="a.yaml\n  3:81      error    line too long (90 > 80 characters)  (line-length)",
        ignores="a.yaml\n  3:81      warning  line too long  (line-length)",
    ),
    pattern(
        "actionlint",
        r"^(?P<file>\S*\.ya?ml):(?P<line>\d+):(?P<column>\d+): (?P<message>.+) "
        r"\[(?P<code>[a-z][\w-]+)\]$",
        triggers=(".yml:", ".yaml:"),
        category=Category.LINTING_ERROR,
        tool="actionlint",
        weight=Weight.VERDICT,
        matches=(
            '.github/workflows/a.yml:9:5: unexpected key "step" for "job" section [syntax-check]'
        ),
        ignores=".github/workflows/a.yml:9:5: ok",
    ),
    checker(
        "markdownlint",
        "markdownlint",
        None,
        (
            Shape(
                rf"^{_FILE}:(?P<line>\d+)(?::(?P<column>\d+))? (?:error )?(?P<code>MD\d{{3}})/\S+ "
                r"(?P<message>.+)$",
                (" MD0",),
            ),
            Shape(
                rf"^{_FILE}:(?P<line>\d+): (?P<code>MD\d{{3}}) (?P<message>.+)$",
                (" MD0",),
            ),
        ),
        triggers=(" MD0",),
        alone=Weight.VERDICT,
        fixable=AutoFixable.PARTIAL,
        matches="README.md:3:81 MD013/line-length Line length [Expected: 80; Actual: 90]",
        ignores="see MD013 there",
    ),
    checker(
        "hadolint",
        "hadolint",
        None,
        (
            Shape(
                rf"^{_FILE}:(?P<line>\d+) (?P<code>(?:DL|SC)\d{{4}}) (?:\w+: )?(?P<message>.+)$",
                (" DL",),
            ),
        ),
        triggers=(" DL",),
        alone=Weight.VERDICT,
        matches="Dockerfile:3 DL3008 warning: Pin versions in apt get install.",
        ignores="see DL3008",
    ),
    checker(
        "commitlint",
        "commitlint",
        r"^✖ +found [1-9]\d* problems?, \d+ warnings?$",
        (Shape(r"^✖ +(?P<message>(?!found ).+?) \[(?P<code>[\w-]+)\]$", ("✖",)),),
        triggers=("problems, ", "problem, "),
        matches="✖   subject may not be empty [subject-empty]\n\n✖   found 2 problems, 0 warnings",
        ignores="✔   found 0 problems, 0 warnings",
    ),
    verdict(
        "commit-message",
        "commitlint",
        Category.LINTING_ERROR,
        r"^(?:Error: )?(?P<message>No release type found in pull request title .*|Unknown release "
        r"type \".*\" found in"
        r" pull request title .*|The subject \".*\" found in the pull request title .*|commit "
        r"validation: failed!"
        r"|Linting of commits failed.*|You have commit messages with errors)$",
        (
            "pull request title",
            "commit validation: failed",
            "Linting of commits",
            "commit messages with errors",
        ),
        'Error: No release type found in pull request title "Add a thing".',
        "the pull request title is fine",
    ),
    checker(
        "lychee",
        "lychee",
        r"^(?:🔍 \d+ Total.*🚫 [1-9]\d* Errors?.*|ERROR: \d+ dead links? found!?|.*🚫 Errors +\| "
        r"[1-9].*)$",
        (
            Shape(
                r"^\s*\[(?P<code>\d{3}|ERROR|TIMEOUT|ERR)\] <?(?P<message>(?:https?|file):\S+?)"
                r">?(?: .*)?$",
                ("[4", "[5", "[ERR", "[TIMEOUT]"),
            ),
            Shape(r"^\s*\[✖\] (?P<message>\S+)(?: → Status: (?P<code>\d+))?$", ("[✖] ",)),
        ),
        triggers=("🚫 ", "dead link"),
        matches="🔍 12 Total (in 2s) ✅ 11 OK 🚫 1 Errors",
        ignores="🔍 12 Total (in 2s) ✅ 12 OK 🚫 0 Errors",
    ),
    checker(
        "cspell",
        "cspell",
        r"^CSpell: Files checked: \d+, Issues found: [1-9]\d* in .*$",
        (
            Shape(
                rf"^{_FILE}:(?P<line>\d+):(?P<column>\d+) - (?P<message>Unknown word \(.+?\)).*$",
                ("Unknown word",),
            ),
        ),
        triggers=("Issues found: ",),
        matches="CSpell: Files checked: 12, Issues found: 1 in 1 file.",
        ignores="CSpell: Files checked: 12, Issues found: 0 in 0 files.",
    ),
    verdict(
        "licence-headers",
        "license headers",
        Category.LINTING_ERROR,
        r"^.{0,200}?(?P<message>the following files don't have a valid license header:.*|ERROR one "
        r"or more files does not"
        r" have a valid license header.*|[Mm]issing (?:license|copyright) header.*|Too many "
        r"files with unapproved "
        r"license: .*|Unfortunately, your project is not compliant with version .* of the REUSE.*)"
        r"$",
        (
            "valid license header",
            "license header",
            "copyright header",
            "unapproved license",
            "of the REUSE",
        ),
        "ERROR one or more files does not have a valid license header",
        "the license is MIT",
        fixable=AutoFixable.PARTIAL,
    ),
    verdict(
        "editorconfig",
        "editorconfig-checker",
        Category.LINTING_ERROR,
        r"^(?P<message>[1-9]\d* errors? found)$",
        (" error found", " errors found"),
        "3 errors found",
        "0 errors found",
        weight=Weight.HINT,
        fixable=AutoFixable.PARTIAL,
    ),
    verdict(
        "super-linter",
        "super-linter",
        Category.LINTING_ERROR,
        r"^.{0,60}?(?P<message>(?:ERROR|FATAL).{0,30}? (?:Found errors when linting \S+.*|"
        r"Super-linter detected linting "
        r"errors|Exiting with errors found!|ERRORS FOUND in \S+.*)|Errors found in \S+|❌ Linted "
        r"\[\S+\] files with.*)$",
        (
            "Found errors when linting",
            "detected linting errors",
            "Exiting with errors found",
            "ERRORS FOUND in",
            "Errors found in",
            "❌ Linted [",
        ),
        "2024-05-01 10:00:00 [ERROR]   Found errors when linting YAML. Exit code: 1.",
        "2024-05-01 10:00:00 [INFO]   No errors when linting YAML.",
        weight=Weight.SIGN,
    ),
)
