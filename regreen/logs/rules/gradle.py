"""Gradle, Android, Kotlin and sbt: what task failed says what kind of failure it is.

Gradle ends with ``* What went wrong:`` and below it ``Execution failed for task ':path:name'.``
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from regreen.logs.excerpt import Excerpt
from regreen.logs.expressions import expression
from regreen.logs.rules.base import Finding, Rule, Weight, diagnostic, unique, verdict
from regreen.logs.rules.shapes import Shape, checker, compiled
from regreen.model import AutoFixable, Category

_TASK = r"^(?:Execution failed for task ':?(?P<task>[^'\n]+)'.*|> Task :?(?P<failed>\S+) FAILED)$"
_LINTS = (
    r"(?i)^(?:spotless|ktlint|lintKotlin|detekt|checkstyle|pmd|spotbugs|codenarc|license|rat$"
    r"|format|lint|verifyGoogleJavaFormat|runKtlint|apiCheck)"
)
_TESTS = (
    r"(?i)(?:^|[a-z])(?:test|allTests|jacoco\w*Verification|koverVerify|screenshotTest"
    r"|verifyPaparazzi)"
)
_BUILDS = (
    r"(?i)^(?:compile|process|generate|ksp|kapt|assemble|bundle|package|merge|link|dex|jar|javadoc"
    r"|dokka|war|minify|transform|shadowJar)"
)
_KINDS: tuple[tuple[str, str | None, Category], ...] = (
    (_BUILDS, "gradle", Category.BUILD_ERROR),
    (_LINTS, None, Category.LINTING_ERROR),
    (r"(?i)dependencyCheck", "dependency-check", Category.SECURITY_SCAN),
    (_TESTS, "gradle", Category.TEST_FAILURE),
)
_RESOLVE = r"^\s*> (?P<message>Could not (?:resolve|find|download|get|GET|HEAD) .*)$"
_NET = expression(
    r"Read timed out|Connection (?:reset|refused|timed out)|connect timed out"
    r"|Remote host terminated|status code 5\d\d|Could not (?:GET|HEAD) .*(?:50\d|timed)"
    r"|No such host|Received status code (?:5\d\d|429)"
)


def _tasks(excerpt: Excerpt) -> Iterable[Finding]:
    hits = list(excerpt.grep(compiled(_TASK), "Execution failed for task", " FAILED"))
    causes = list(excerpt.grep(compiled(_RESOLVE), "> Could not "))
    if causes and (hits or "A problem occurred" in excerpt or "What went wrong" in excerpt):
        network = any(
            _NET.search(line) for line in excerpt.lines[causes[0][0] : causes[-1][0] + 12]
        )
        yield Finding(
            "gradle",
            Category.NETWORK_ERROR if network else Category.DEPENDENCY_ISSUE,
            Weight.VERDICT,
            tuple(i for i, _ in causes),
            unique(diagnostic(None, None, m["message"]) for _, m in causes),
            AutoFixable.PARTIAL,
            confidence=0.9,
        )
        return
    for index, match in hits:
        name = (match["task"] or match["failed"]).rsplit(":", 1)[-1]
        made = diagnostic(None, match["task"] or match["failed"], f"task {name} failed")
        fixable = AutoFixable.YES if name.lower().startswith("spotless") else AutoFixable.NO
        tool, category, weight = _kind(name)
        yield Finding(tool, category, weight, (index,), (made,), fixable, confidence=0.9)


def _kind(task: str) -> tuple[str, Category, Weight]:
    """What a task's name says of its failure; of an unknown one only that it failed."""
    for wording, tool, category in _KINDS:
        if found := re.search(wording, task):
            return tool or _named(found[0]), category, Weight.VERDICT
    return "gradle", Category.BUILD_ERROR, Weight.HINT


def _named(word: str) -> str:
    low = word.lower()
    return {
        "lintkotlin": "ktlint",
        "runktlint": "ktlint",
        "lint": "android lint",
        "format": "gradle",
        "verifygooglejavaformat": "spotless",
        "apicheck": "gradle",
    }.get(low, low)


RULES = (
    Rule(
        "gradle-task",
        ("Execution failed for task", "> Task ", "> Could not "),
        _tasks,
        "* What went wrong:\nExecution failed for task ':a:compileJava'.",
        "> Task :a:compileJava",
    ),
    checker(
        "gradle-tests",
        "gradle",
        r"^(?:\d+ tests? completed, [1-9]\d* failed.*|> There were failing tests\..*)$",
        (Shape(r"^(?P<message>\S.* > \S.*) FAILED$", (" FAILED",)),),
        triggers=("completed, ", "There were failing tests", " FAILED"),
        category=Category.TEST_FAILURE,
        alone=Weight.VERDICT,
        matches="ATest > adds() FAILED\n\n2 tests completed, 1 failed",
        ignores="> Task :a:compileJava",
    ),
    checker(
        "javac",
        "javac",
        r"^(?:[1-9]\d* errors?|error: compilation failed.*|e: .*)$",
        (
            Shape(
                r"^\s*(?P<file>\S+\.(?:java|groovy)):(?P<line>\d+): error: (?P<message>.+)$",
                (": error: ",),
            ),
            Shape(
                r"^e: (?:file://)?(?P<file>\S+?\.kts?):(?: \(|)(?P<line>\d+)[:,] ?(?P<column>\d+)\)"
                r"?:? "
                r"(?P<message>.+)$",
                ("e: ",),
            ),
        ),
        triggers=(".java:", "e: ", ".groovy:"),
        category=Category.BUILD_ERROR,
        alone=Weight.SIGN,
        needs_rows=True,
        matches="src/main/java/A.java:3: error: cannot find symbol\n1 error",
        ignores="src/main/java/A.java:3: warning: deprecated",
    ),
    verdict(
        "gradle-configuration",
        "gradle",
        Category.CONFIGURATION_ERROR,
        r"^\s*(?:> )?(?P<message>Task '\S+' not found in (?:root )?project .*"
        r"|Could not compile (?:build|settings) file .*|Plugin \[id: '.*'.*\] was not found.*"
        r"|(?:Could not open (?:cp_|init |settings |build )?generic class cache.*|Unsupported "
        r"class file major "
        r"version \d+)|SDK location not found\..*|Directory '.*' does not contain a Gradle build\."
        r"|Cannot locate tasks that match .*|Project '.*' not found in root project .*"
        r"|.*requires Java \d+ (?:or later )?to run.*|Android Gradle plugin requires Java \d+.*"
        r"|Minimum supported Gradle version is .*|No matching toolchains found.*"
        r"|Cannot find a Java installation on your machine.*|Error: Could not find or load main "
        r"class org"
        r"\.gradle\.wrapper.*|Cannot query the value of .*)$",
        (
            "Task '",
            "Could not compile ",
            "Plugin [id: ",
            "generic class cache",
            "Unsupported class file",
            "SDK location not found",
            "does not contain a Gradle",
            "Cannot locate tasks",
            " not found in root",
            "requires Java",
            "Minimum supported Gradle",
            "No matching toolchains",
            "Cannot find a Java installation",
            "gradle.wrapper",
            "Cannot query the value",
        ),
        "Task 'nope' not found in root project 'a'.",
        "> Task :a:nope",
        weight=Weight.SIGN,
    ),
    verdict(
        "gradle-daemon",
        "gradle",
        Category.RESOURCE_EXHAUSTION,
        r"^(?P<message>.*Gradle build daemon disappeared unexpectedly.*"
        r"|> (?:Java heap space|GC overhead limit exceeded|Metaspace))$",
        ("daemon disappeared", "Java heap space", "GC overhead", "Metaspace"),
        "Gradle build daemon disappeared unexpectedly (it may have been killed or may have "
        "crashed)",
        "Starting a Gradle Daemon",
    ),
    checker(
        "sbt-tests",
        "sbt",
        r"^\[error\] (?:Failed: Total .*|\(.{0,80}\b(?:test|Test / \w+)\) "
        r"sbt\.TestsFailedException.*"
        r"|Failed tests:)$",
        (Shape(r"^\[error\] \t(?P<code>[\w.$]+)(?P<message>)$", ("[error] \t",)),),
        triggers=("[error] Failed: Total", "TestsFailedException", "[error] Failed tests"),
        category=Category.TEST_FAILURE,
        matches="[error] (Test / test) sbt.TestsFailedException: Tests unsuccessful",
        ignores="[error] warning",
    ),
    checker(
        "sbt-compile",
        "sbt",
        r"^\[error\] \(.{0,120}\b(?:compile|compileIncremental|doc)\w*\) Compilation failed$",
        (
            Shape(
                r"^\[error\] (?:-- \[?\w*\]? ?.*?Error: )?(?P<file>\S+\.scala):(?P<line>\d+)"
                r":(?P<column>\d+):? ?"
                r"(?P<message>.*)$",
                (".scala:",),
            ),
        ),
        triggers=("Compilation failed", ".scala:"),
        category=Category.BUILD_ERROR,
        alone=Weight.SIGN,
        matches="[error] (Compile / compileIncremental) Compilation failed",
        ignores="[info] compiling",
    ),
    verdict(
        "sbt-resolve",
        "sbt",
        Category.DEPENDENCY_ISSUE,
        r"^\[error\] (?P<message>(?:sbt\.librarymanagement\.ResolveException: )?(?:Error "
        r"downloading \S+"
        r"|unresolved dependency: ).*|\(update\) .*|\(.*\bupdate\) .*ResolveException.*)$",
        ("[error] ",),
        "[error] sbt.librarymanagement.ResolveException: Error downloading a:b:1",
        "[error] (Compile / compileIncremental) Compilation failed",
    ),
    verdict(
        "scalafmt",
        "scalafmt",
        Category.LINTING_ERROR,
        r"^(?:\[error\] )?(?P<message>\(.{0,80}scalafmt\w*\) .*(?:must be formatted|unformatted).*"
        r"|error: --test failed|.*\b\d+ files? must be formatted.*|\(.{0,80}scalafix\w*\) .*)$",
        ("must be formatted", "scalafmt", "--test failed", "scalafix"),
        "[error] (Compile / scalafmtCheck) 1 files must be formatted",
        "[info] scalafmt: Formatting 3 files",
        fixable=AutoFixable.YES,
    ),
)
