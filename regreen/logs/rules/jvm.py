"""Maven and Gradle, by their own verdict lines."""

from __future__ import annotations

from regreen.logs.rules.base import Weight, verdict
from regreen.model import Category

RULES = (
    verdict(
        "maven-compile",
        "maven",
        Category.BUILD_ERROR,
        r"^\[ERROR\] (?P<message>COMPILATION ERROR).*$"
        r"|^\[ERROR\] (?P<file>\S+\.(?:java|kt)):\[(?P<line>\d+),(?P<column>\d+)\] .*$",
        ("[ERROR] ",),
        "[ERROR] COMPILATION ERROR : ",
        "[ERROR] Tests are bad",
    ),
    verdict(
        "maven-tests",
        "maven",
        Category.TEST_FAILURE,
        r"^(?:\[ERROR\] )?(?P<message>Tests run: \d+, (?:Failures: [1-9]"
        r"|Failures: 0, Errors: [1-9]).*|There (?:are|were) test failures\.?)$",
        ("Tests run: ", "test failures"),
        "[ERROR] Tests run: 9, Failures: 1, Errors: 0, Skipped: 0",
        "Tests run: 9, Failures: 0, Errors: 0, Skipped: 0",
    ),
    verdict(
        "maven-resolve",
        "maven",
        Category.DEPENDENCY_ISSUE,
        r"^\[ERROR\] .*?(?P<message>Could not (?:resolve dependencies"
        r"|find artifact) .*|Non-resolvable (?:parent|import) POM.*)$",
        ("Could not resolve dependencies", "Could not find artifact", "Non-resolvable"),
        "[ERROR] Failed: Could not resolve dependencies for project a",
        "[INFO] resolve",
    ),
    verdict(
        "java-style",
        "checkstyle",
        Category.LINTING_ERROR,
        r"^.*?(?P<message>Execution failed for task '\S*:(?:checkstyle|spotless|pmd"
        r"|ktlint|detekt)\w*.*|You have \d+ Checkstyle violations?.*"
        r"|Undefined reference: .*|Checkstyle rule violations were found.*"
        r"|There (?:is|are) \d+ errors? reported by Checkstyle.*)$",
        ("Execution failed for task", "Checkstyle", "Undefined reference"),
        "Execution failed for task ':a:checkstyleMain'.",
        "> Task :a:checkstyleMain",
    ),
    verdict(
        "gradle-tests",
        "gradle",
        Category.TEST_FAILURE,
        r"^(?P<message>> Task :?\S*[tT]est\S* FAILED|\S.* > \S.* FAILED"
        r"|\d+ tests completed, [1-9]\d* failed.*)$",
        (" FAILED", "tests completed"),
        "> Task :a:test FAILED",
        "> Task :a:compileJava",
    ),
    verdict(
        "gradle-build",
        "gradle",
        Category.BUILD_ERROR,
        r"^(?P<message>> Task :?\S*(?:compile|assemble|jar|bundle|link)\S* FAILED"
        r"|Execution failed for task ':?\S*(?:compile|assemble|jar|link)\w*'.*)$",
        (" FAILED", "Execution failed"),
        "> Task :a:compileJava FAILED",
        "> Task :a:compileJava",
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
