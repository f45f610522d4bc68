"""Maven: compilation, surefire, dependency resolution, checkstyle, spotless, PMD, enforcer.

Maven ends with ``[ERROR] Failed to execute goal GROUP:PLUGIN:VERSION:GOAL (ID) on project P: why``:
the plug-in there is what failed, whatever else was printed with ``[ERROR]``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from regreen.logs.excerpt import Excerpt
from regreen.logs.expressions import expression
from regreen.logs.rules.base import Finding, Rule, Weight, verdict
from regreen.logs.rules.shapes import Shape, checker, compiled
from regreen.model import AutoFixable, Category

_GOAL = (
    r"^\[?(?:ERROR|FATAL)\]? (?:\[?ERROR\]? )?Failed to execute goal (?:(?P<plugin>[\w.-]+:[\w.-]+)"
    r":[\w.-]+:"
    r"(?P<goal>[\w.-]+)(?: \([^)\n]*\))? )?on project (?P<project>[\w.-]+): (?P<message>.*)$"
)
_PLUGINS: tuple[tuple[str, str, Category], ...] = (
    (
        "compiler-plugin|kotlin-maven-plugin|scala-maven|gmavenplus|aspectj",
        "maven",
        Category.BUILD_ERROR,
    ),
    ("surefire|failsafe|tycho-surefire|karma|scalatest-maven", "maven", Category.TEST_FAILURE),
    ("checkstyle", "checkstyle", Category.LINTING_ERROR),
    (
        "spotless|fmt-maven|formatter-maven|googleformatter|git-code-format",
        "spotless",
        Category.LINTING_ERROR,
    ),
    ("license-maven|apache-rat|rat-plugin", "license", Category.LINTING_ERROR),
    ("pmd", "pmd", Category.LINTING_ERROR),
    ("spotbugs|findbugs", "spotbugs", Category.LINTING_ERROR),
    (
        "impsort|sortpom|detekt|ktlint|revapi|japicmp|errorprone",
        "maven",
        Category.LINTING_ERROR,
    ),
    ("animal-sniffer", "animal-sniffer", Category.LINTING_ERROR),
    ("enforcer", "enforcer", Category.CONFIGURATION_ERROR),
    ("dependency-check", "dependency-check", Category.SECURITY_SCAN),
    ("jacoco", "jacoco", Category.TEST_FAILURE),
    ("dependency-plugin", "maven", Category.DEPENDENCY_ISSUE),
    ("deploy-plugin|nexus-staging|central-publishing|gpg", "maven", Category.PERMISSION_ERROR),
)
_CHECKED = frozenset({"spotless", "jacoco"})
"""Plug-ins of which only the checking goal fails for what it checks."""
_UNREACHABLE = expression(
    r"Could not transfer (?:artifact|metadata) (?!.*(?:status: 40[0134]|Not authorized|"
    r"authentication|Blocked"
    r"|status code: 40[134]|Unauthorized|Forbidden|40[13] ))|Connection (?:reset|refused|timed out)"
    r"|timed out"
    r"|Unknown host|Temporary failure|status code: 5\d\d|50[0-4] "
)
_DENIED = expression(
    r"Not authorized|authentication failed|40[13] |Unauthorized|Forbidden|status: 40[13]"
)
_MISSING = expression(r"Could not (?:resolve|find|transfer)|could not be resolved|Failure to find")
_COMPILER = (
    r"^(?:\[ERROR\] )?(?P<file>\S+\.(?:java|kt|scala|groovy)):\[(?P<line>\d+),(?P<column>\d+)\] "
    r"(?:error: )?(?P<message>.+)$"
)
_TEST_OLD = r"^(?P<code>\w+\([\w.$]+\))(?P<message>)  Time elapsed: .*<<< (?:FAILURE|ERROR)!$"
_TEST_NEW = (
    r"^(?:\[ERROR\] )?(?P<code>[\w.$]+[.#]\w+)(?P<message>)(?:\(.*\))? (?: ?Time elapsed:|-- "
    r"Time elapsed:) .*<<< (?:FAILURE|ERROR)!$"
)


def _goal(excerpt: Excerpt) -> Iterable[Finding]:
    for index, match in excerpt.grep(compiled(_GOAL), "Failed to execute goal"):
        tool, category = _judge(match["plugin"] or "", match["goal"] or "", match["message"])
        yield Finding(
            tool,
            Category.BUILD_ERROR if category is Category.UNKNOWN else category,
            Weight.HINT if category is Category.UNKNOWN else Weight.VERDICT,
            (index,),
            (),
            AutoFixable.YES if tool == "spotless" else AutoFixable.NO,
            confidence=0.9,
        )


def _judge(plugin: str, goal: str, message: str) -> tuple[str, Category]:
    if _MISSING.search(message):
        if _DENIED.search(message):
            return "maven", Category.PERMISSION_ERROR
        if _UNREACHABLE.search(message):
            return "maven", Category.NETWORK_ERROR
        return "maven", Category.DEPENDENCY_ISSUE
    for names, tool, category in _PLUGINS:
        if re.search(names, plugin):
            if tool in _CHECKED and goal not in ("check", "validate", "verify"):
                break
            return tool, category
    return "maven", Category.UNKNOWN


RULES = (
    Rule(
        "maven-goal",
        ("Failed to execute goal",),
        _goal,
        "[ERROR] Failed to execute goal org.apache.maven.plugins:maven-compiler-plugin:3.1:compile"
        " (default-compile) on project a: Compilation failure",
        "[INFO] --- compiler:3.11.0:compile (default-compile) @ a ---",
    ),
    checker(
        "maven-compile",
        "maven",
        r"^\[ERROR\] COMPILATION ERROR.*$",
        (Shape(_COMPILER, (".java:[", ".kt:[", ".scala:[", ".groovy:[")),),
        triggers=("[ERROR] COMPILATION ERROR", ".java:[", ".kt:["),
        category=Category.BUILD_ERROR,
        alone=Weight.SIGN,
        matches="[ERROR] COMPILATION ERROR : ",
        ignores="[ERROR] Tests are bad",
    ),
    checker(
        "maven-tests",
        "maven",
        r"^(?:\[(?:ERROR|WARNING)\] +)?(?:Tests run: \d+, (?:Failures: [1-9]|Failures: 0, Errors: "
        r"[1-9]).*"
        r"|.{0,80}There (?:are|were) test failures\.?.*)$",
        (
            Shape(_TEST_OLD, ("<<< ",)),
            Shape(_TEST_NEW, ("<<< ",)),
        ),
        triggers=("Tests run: ", "test failures"),
        category=Category.TEST_FAILURE,
        matches="[ERROR] Tests run: 9, Failures: 1, Errors: 0, Skipped: 0",
        ignores="Tests run: 9, Failures: 0, Errors: 0, Skipped: 0",
    ),
    verdict(
        "animal-sniffer",
        "animal-sniffer",
        Category.LINTING_ERROR,
        r"^\[ERROR\] (?P<file>\S+?):(?P<line>\d+): (?P<message>Undefined reference: .*)$",
        ("Undefined reference: ",),
        "[ERROR] /home/runner/work/a/a/A.java:348: Undefined reference: int a.B.c(int)",
        "Undefined reference: x",
    ),
    verdict(
        "maven-fork",
        "maven",
        Category.TEST_FAILURE,
        r"^\[ERROR\] (?P<message>The forked VM terminated without properly saying goodbye.*"
        r"|.*There was a timeout or other error in the fork)$",
        ("The forked VM terminated", "error in the fork"),
        "[ERROR] The forked VM terminated without properly saying goodbye. VM crash or System.exit "
        "called?",
        "[ERROR] The forked VM",
    ),
    verdict(
        "maven-model",
        "maven",
        Category.CONFIGURATION_ERROR,
        r"^\[(?:ERROR|FATAL)\] (?P<message>(?:Non-(?:parse|read)able POM|Malformed POM|"
        r"'dependencies\.dependency\..*"
        r"|.*'\w[\w.]*' .* is (?:missing|duplicated)|Child module .* does not exist"
        r"|The goal you specified requires a project|Unknown lifecycle phase|No plugin found for "
        r"prefix"
        r"|Could not find the selected project in the reactor|The requested (?:required )"
        r"?profiles? "
        r"|Rule \d+: \S+ failed with message).*)$",
        ("[ERROR] ", "[FATAL] "),
        "[FATAL] Non-parseable POM /home/runner/work/a/a/pom.xml: end tag",
        "[ERROR] COMPILATION ERROR",
        weight=Weight.SIGN,
    ),
    verdict(
        "maven-parent",
        "maven",
        Category.DEPENDENCY_ISSUE,
        r"^\[(?:ERROR|FATAL)\] .*?(?P<message>Non-resolvable (?:parent|import) POM (?!.*(?:Could "
        r"not transfer|"
        r"timed out|Connection)).*|Plugin \S+ or one of its dependencies could not be resolved: "
        r"(?!.*Could not"
        r" transfer).*|Unresolveable build extension.*)$",
        ("Non-resolvable", "could not be resolved", "Unresolveable build"),
        "[FATAL] Non-resolvable parent POM for a:b:1: Could not find artifact a:p:pom:1",
        "[INFO] resolve",
    ),
    verdict(
        "maven-transfer",
        "maven",
        Category.NETWORK_ERROR,
        r"^\[(?:ERROR|FATAL)\] .*?(?P<message>(?:Non-resolvable (?:parent|import) POM|Plugin \S+ "
        r"or one of its"
        r" dependencies could not be resolved): .*Could not transfer .*)$",
        ("Could not transfer",),
        "[ERROR] Plugin a:b:1 or one of its dependencies could not be resolved: Could not transfer"
        " artifact a:b:1 from/to central: Connect timed out",
        "[WARNING] Could not transfer metadata",
    ),
    verdict(
        "maven",
        "maven",
        Category.BUILD_ERROR,
        r"^(?:\[INFO\] )?(?P<message>BUILD FAILURE|BUILD FAILED.*)$",
        ("BUILD FAIL",),
        "[INFO] BUILD FAILURE",
        "[INFO] BUILD SUCCESS",
        weight=Weight.HINT,
    ),
)
