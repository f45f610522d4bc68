"""PHP: composer, phpunit, pest, phpstan, psalm, php-cs-fixer, phpcs, pint."""

from __future__ import annotations

from regreen.logs.rules.base import Weight, pattern, verdict
from regreen.logs.rules.shapes import Shape, checker
from regreen.model import AutoFixable, Category

RULES = (
    checker(
        "phpunit",
        "phpunit",
        r"^(?:FAILURES!|ERRORS!|Tests: \d+, Assertions: \d+, .*(?:Failures|Errors): [1-9]\d*.*"
        r"|There (?:was|were) [1-9]\d* (?:failures?|errors?):"
        r"| *Tests: +.*[1-9]\d* failed.*\(\d+ assertions?\))$",
        (
            Shape(r"^\d+\) (?P<message>[\w\\]+::\w+.*)$", (") ",)),
            Shape(r"^ *(?:FAILED|\u2a2f) +(?P<message>Tests\\\S+ > .*)$", ("Tests\\",)),
        ),
        triggers=(
            "FAILURES!",
            "ERRORS!",
            "Assertions: ",
            "There was ",
            "There were ",
            " assertion",
        ),
        category=Category.TEST_FAILURE,
        matches="FAILURES!\nTests: 3, Assertions: 3, Failures: 1.",
        ignores="OK (3 tests, 3 assertions)",
    ),
    checker(
        "phpstan",
        "phpstan",
        r"^\s*\[ERROR\] Found \d+ errors?\s*$",
        (
            Shape(
                r"^ {2}(?:(?P<line>\d+)|:\d+) {2,}(?P<message>\S.+)$",
                ("  ",),
                r"^ {2}Line +(?P<file>\S+\.php).*$",
            ),
        ),
        triggers=("[ERROR] Found",),
        category=Category.TYPE_ERROR,
        matches=" [ERROR] Found 3 errors",
        ignores=" [OK] No errors",
    ),
    checker(
        "psalm",
        "psalm",
        r"^[1-9]\d* errors found$|^(?:ERROR: \w+ - .*)$",
        (
            Shape(
                r"^ERROR: (?P<code>\w+) - (?P<file>[^\s:]+):(?P<line>\d+):(?P<column>\d+) - "
                r"(?P<message>.+)$",
                ("ERROR: ",),
            ),
        ),
        triggers=(".php:",),
        category=Category.TYPE_ERROR,
        needs_rows=True,
        matches="ERROR: UndefinedMethod - src/A.php:3:5 - Method B::c does not exist",
        ignores="No errors found!",
    ),
    checker(
        "php-cs-fixer",
        "php-cs-fixer",
        r"^(?:Found [1-9]\d* of \d+ files? that can be fixed in .*|Checked all files in .*|Fixed "
        r"\d+ of \d+ files.*"
        r"| *(?:FAIL|\u2a2f).*\d+ files, [1-9]\d* style issues?.*)$",
        (
            Shape(
                r"^ +\d+\) (?P<file>\S+\.php)(?: \((?P<code>[\w, ]+)\))?(?P<message>)$", (".php",)
            ),
            Shape(r"^ +\u2a2f (?P<file>\S+\.php) +(?P<code>\S.*)$", ("\u2a2f ",)),
        ),
        triggers=("that can be fixed", "style issue", "Checked all files in"),
        needs_rows=True,
        fixable=AutoFixable.YES,
        matches="   1) src/A.php (braces)\n\nFound 1 of 3 files that can be fixed in 0.1 seconds",
        ignores="Found 0 of 3 files that can be fixed in 0.1 seconds",
    ),
    checker(
        "phpcs",
        "phpcs",
        r"^FOUND [1-9]\d* ERRORS? (?:AND|AFFECTING) .*$",
        (
            Shape(
                r"^ +(?P<line>\d+) \| ERROR +\| (?:\[[x ]\] )?(?P<message>.+)$",
                (" | ERROR",),
                r"^FILE: (?P<file>\S+)$",
            ),
        ),
        triggers=("FOUND ",),
        fixable=AutoFixable.PARTIAL,
        matches="FOUND 2 ERRORS AFFECTING 2 LINES",
        ignores="FOUND 0 ERRORS AND 1 WARNING AFFECTING 1 LINE",
    ),
    verdict(
        "composer",
        "composer",
        Category.DEPENDENCY_ISSUE,
        r"^\s*(?P<message>Your requirements could not be resolved to an installable set of "
        r"packages\."
        r"|Your lock file does not contain a compatible set of packages.*"
        r"|(?:- )?Required package \"\S+\" is not present in the lock file\."
        r"|- Root composer\.json requires .*(?:could not be found|not found|is not|does not).*"
        r"|Could not find (?:a matching version of )?package .*"
        r"|Composer detected issues in your platform: .*|No composer\.lock file present\. .*"
        r"|The lock file is not up to date with the latest changes in composer\.json.*)$",
        (
            "Your requirements could not",
            "Your lock file does not",
            "is not present in the lock file",
            "- Root composer.json requires",
            "Could not find ",
            "Composer detected issues",
            "not up to date with",
        ),
        "Your requirements could not be resolved to an installable set of packages.",
        "Installing dependencies from lock file",
        fixable=AutoFixable.PARTIAL,
        weight=Weight.SIGN,
    ),
    verdict(
        "composer-configuration",
        "composer",
        Category.CONFIGURATION_ERROR,
        r"^\s*(?P<message>Composer could not find a composer\.json file in .*|"
        r"\"\./composer\.json\" does not "
        r"contain valid JSON|\./composer\.json is (?:not )?valid.*errors?.*|Command \"\S+\" is not "
        r"defined\. *|strict errors that make it unable to be published.*|.*composer\.json is "
        r"invalid.*"
        r"|\S+ contains a Composer plugin which is blocked by your allow-plugins config.*"
        r"|Script \S+ was called via .*: not found)$",
        (
            "Composer could not find",
            "composer.json",
            "is not defined.",
            "strict errors that",
            "allow-plugins",
        ),
        "Composer could not find a composer.json file in /home/runner/work/a/a",
        "composer.json",
        weight=Weight.SIGN,
    ),
    pattern(
        "php-syntax",
        r"^(?:PHP )?(?P<message>Parse error: {1,4}\S.+) in (?P<file>\S+) on line (?P<line>\d+)$",
        triggers=("Parse error: ",),
        category=Category.SYNTAX_ERROR,
        tool="php",
        weight=Weight.VERDICT,
        matches='PHP Parse error:  syntax error, unexpected token "}" in src/A.php on line 3',
        ignores="Parse error",
    ),
)
