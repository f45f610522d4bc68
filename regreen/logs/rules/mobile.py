"""Swift, Xcode, Dart, Flutter and Elixir."""

from __future__ import annotations

from regreen.logs.rules.base import Weight, pattern, verdict
from regreen.logs.rules.shapes import Shape, checker
from regreen.model import AutoFixable, Category

_TEST = Category.TEST_FAILURE
_BUILD = Category.BUILD_ERROR

RULES = (
    pattern(
        "swift-build",
        r"^(?P<file>[^\s:][^:\n]{0,250}\.(?:swift|m|mm|h)):(?P<line>\d+):(?P<column>\d+): error: "
        r"(?!\(\w+\) |"
        r".* Violation: |.* : XCTAssert)(?P<message>.+)$",
        triggers=(".swift:",),
        category=_BUILD,
        tool="swift",
        matches="/Users/runner/work/a/a/Sources/A.swift:3:5: error: cannot find 'x' in scope",
        ignores="/Users/runner/work/a/a/Sources/A.swift:3:5: warning: unused",
    ),
    checker(
        "xctest",
        "xctest",
        r"^\s*(?:Executed \d+ tests?, with (?:\d+ tests? skipped and )?[1-9]\d* failures?.*|\*\* "
        r"TEST FAILED \*\*"
        r"|Failing tests:|[✘􀢄] Test run with \d+ tests? .*failed after .*)$",
        (
            Shape(
                r"^(?P<file>[^\s:]+\.swift):(?P<line>\d+): error: (?P<code>-?\[?[\w.]+[ .]\w+\]?) "
                r": "
                r"(?P<message>.+)$",
                (": error: ",),
            ),
            Shape(r"^[✘􀢄] Test (?P<message>.+) failed after .*$", (" failed after ",)),
        ),
        triggers=(
            " failures",
            " failure (",
            "** TEST FAILED **",
            "Failing tests:",
            " failed after ",
        ),
        category=_TEST,
        matches="Executed 5 tests, with 1 failure (0 unexpected) in 0.01 (0.02) seconds",
        ignores="Executed 5 tests, with 0 failures (0 unexpected) in 0.01 (0.02) seconds",
    ),
    verdict(
        "xcodebuild",
        "xcodebuild",
        _BUILD,
        r"^(?P<message>\*\* (?:BUILD|ARCHIVE|TEST BUILD|CLEAN|INSTALL) FAILED \*\*|The following "
        r"build commands "
        r"failed:|error: (?:no such module|Build input file cannot be found|Signing for|fatalError|"
        r"link command"
        r" failed).*|error: emit-module command failed.*)$",
        ("FAILED **", "build commands failed", "error: "),
        "** BUILD FAILED **",
        "** BUILD SUCCEEDED **",
        weight=Weight.HINT,
    ),
    verdict(
        "xcode-destination",
        "xcodebuild",
        Category.CONFIGURATION_ERROR,
        r"^.{0,40}?(?P<message>xcodebuild: error: .*|Unable to find a (?:destination|device) "
        r"matching .*"
        r"|xcode-select: error: .*|No such scheme.*)$",
        ("xcodebuild: error: ", "Unable to find a de", "xcode-select: error"),
        'xcodebuild: error: The project named "A" does not contain a scheme named "B".',
        "xcodebuild: note",
    ),
    verdict(
        "swift-packages",
        "swift",
        Category.DEPENDENCY_ISSUE,
        r"^(?:xcodebuild: )?error: (?P<message>Dependencies could not be resolved.*|(?:Could not "
        r"resolve package"
        r" dependencies|failed to (?:clone|resolve) ).*|package '.*' is using Swift tools version "
        r".*"
        r"|.*no versions of '.*' match the requirement.*|\[!\] CocoaPods could not find .*)$"
        r"|^\[!\] (?:CocoaPods could not find compatible versions|Unable to find a specification|"
        r"No podspec).*$",
        ("error: ", "[!] "),
        "error: Dependencies could not be resolved because root depends on 'a' 1.0.0",
        "error: other",
    ),
    checker(
        "swiftlint",
        "swiftlint",
        r"^Done linting! Found \d+ violations?, [1-9]\d* serious in \d+ files?\.$",
        (
            Shape(
                r"^(?P<file>[^\s:][^:\n]{0,250}):(?P<line>\d+)(?::(?P<column>\d+))?: error: "
                r"(?P<message>.+) "
                r"\((?P<code>\w+)\)$",
                (" Violation: ",),
            ),
        ),
        triggers=("Done linting! Found", " Violation: "),
        alone=Weight.VERDICT,
        needs_rows=True,
        fixable=AutoFixable.PARTIAL,
        matches="/a/A.swift:3:1: error: Line Length Violation: too long (line_length)",
        ignores="/a/A.swift:3:1: warning: Line Length Violation: too long (line_length)",
    ),
    checker(
        "swiftformat",
        "swiftformat",
        r"^(?:Source input did not pass lint check\.|SwiftFormat completed.*[1-9]\d*/\d+ files "
        r"require formatting.*)$",
        (
            Shape(
                r"^(?P<file>[^\s:]+\.swift):(?P<line>\d+):(?P<column>\d+): (?:error|warning): "
                r"\((?P<code>\w+)\) "
                r"(?P<message>.+)$",
                (".swift:",),
            ),
        ),
        triggers=("did not pass lint check", "require formatting"),
        fixable=AutoFixable.YES,
        matches="Source input did not pass lint check.",
        ignores="SwiftFormat completed in 0.1s.",
    ),
    checker(
        "dart-analyze",
        "dart analyze",
        r"^(?:Analyzing .*)?\s*[1-9]\d* issues? found\b.*$",
        (
            Shape(
                r"^ *(?:error|warning|info) [•-] (?P<file>[\w./\\-]+\.dart):(?P<line>\d+)"
                r":(?P<column>\d+) [•-] "
                r"(?P<message>.+) [•-] (?P<code>\w+)$",
                (".dart:",),
            ),
            Shape(
                r"^ *(?:error|warning|info) [•-] (?P<message>.+) [•-] (?P<file>[\w./\\-]+\.dart)"
                r":(?P<line>\d+):"
                r"(?P<column>\d+) [•-] (?P<code>\w+)$",
                (".dart:",),
            ),
        ),
        triggers=(" found.", " found (", " found"),
        needs_rows=True,
        fixable=AutoFixable.PARTIAL,
        matches=(
            "  info • Unused import • lib/a.dart:1:8 • unused_import\n\n1 issue found. (ran in "
            "2.1s)"
        ),
        ignores="No issues found! (ran in 2.1s)",
    ),
    checker(
        "dart-format",
        "dart format",
        r"^Formatted \d+ files? \([1-9]\d* changed\) in .*$",
        (Shape(r"^Changed (?P<file>\S+\.dart)$", ("Changed ",)),),
        triggers=("Formatted ",),
        needs_rows=True,
        fixable=AutoFixable.YES,
        matches="Changed lib/a.dart\nFormatted 3 files (1 changed) in 0.2 seconds.",
        ignores="Formatted 3 files (0 changed) in 0.2 seconds.",
    ),
    checker(
        "dart-test",
        "dart test",
        r"^(?:\S+ \+\d+ (?:~\d+ )?-[1-9]\d*: Some tests failed\."
        r"|.{0,80}?\b\d{1,6} tests? passed, [1-9]\d* "
        r"failed.*)$",
        (Shape(r"^\S+ \+\d+ (?:~\d+ )?-\d+: (?P<message>(?!Some tests).+) \[E\]$", (" [E]",)),),
        triggers=("Some tests failed.", " failed"),
        category=_TEST,
        matches="00:02 +3 -1: Some tests failed.",
        ignores="00:02 +4: All tests passed!",
    ),
    verdict(
        "dart-pub",
        "dart pub",
        Category.DEPENDENCY_ISSUE,
        r"^(?P<message>(?:Because .*|So, because .*|And because .*)version solving failed\.|"
        r"version solving failed\."
        r"|The current (?:Dart|Flutter) SDK version is .*|.*pubspec\.lock.* would (?:have )"
        r"?change.*"
        r"|Could not find package \S+ at .*)$",
        ("version solving failed", "SDK version is", "pubspec.lock", "Could not find package"),
        "So, because a depends on b ^2.0.0, version solving failed.",
        "Resolving dependencies...",
    ),
    verdict(
        "flutter-build",
        "flutter",
        _BUILD,
        r"^(?:(?P<file>(?:\S{1,250}/)?lib/\S+\.dart):(?P<line>\d+):(?P<column>\d+): Error: )"
        r"(?P<message>.*)$"
        r"|^(?:Target kernel_snapshot\S* failed: .*|Gradle task \S+ failed with exit code \d+)$",
        (".dart:", "Target kernel_snapshot", "Gradle task "),
        "lib/a.dart:3:5: Error: Undefined name 'x'.",
        "lib/a.dart:3:5: Warning: unused",
        weight=Weight.SIGN,
    ),
    checker(
        "mix-test",
        "mix test",
        r"^(?:\d+ doctests?, )?(?:\d+ propert\w+, )?\d+ tests?, (?:[1-9]\d* failures?).*$",
        (
            Shape(
                r"^ {2}\d+\) test (?P<message>.+)\n {5}(?P<file>[^\s:]+):(?P<line>\d+)$",
                (") test ",),
                spans=True,
            ),
        ),
        triggers=(" failure",),
        category=_TEST,
        matches="3 tests, 1 failure",
        ignores="3 tests, 0 failures",
    ),
    verdict(
        "mix-compile",
        "mix",
        _BUILD,
        r"^(?:== Compilation error in file (?P<file>\S+) ==|\*\* \((?P<code>CompileError|"
        r"UndefinedFunctionError)\) "
        r"(?P<message>.*)|Compilation failed due to warnings while using the --warnings-as-errors "
        r"option)$",
        ("== Compilation error", "** (", "--warnings-as-errors option"),
        "== Compilation error in file lib/a.ex ==",
        "== Compiled ==",
    ),
    verdict(
        "mix-syntax",
        "mix",
        Category.SYNTAX_ERROR,
        r"^\*\* \((?P<code>SyntaxError|TokenMissingError|MismatchedDelimiterError)\) "
        r"(?P<message>.*)$",
        ("** (SyntaxError", "** (TokenMissing", "** (Mismatched"),
        "** (SyntaxError) lib/a.ex:3:1: unexpected reserved word: end",
        "** (RuntimeError) no",
    ),
    verdict(
        "mix-format",
        "mix format",
        Category.LINTING_ERROR,
        r"^\*\* \(Mix\) (?P<message>mix format failed due to --check-formatted\.?.*)$",
        ("--check-formatted",),
        "** (Mix) mix format failed due to --check-formatted.",
        "mix format --check-formatted",
        fixable=AutoFixable.YES,
    ),
    verdict(
        "mix-task",
        "mix",
        Category.CONFIGURATION_ERROR,
        r"^\*\* \(Mix\) (?P<message>The task \".*\" could not be found.*|Could not find a "
        r"Mix\.Project.*)$",
        ("** (Mix) ",),
        '** (Mix) The task "nope" could not be found',
        "** (Mix) other",
    ),
    verdict(
        "credo",
        "credo",
        Category.LINTING_ERROR,
        r"^(?P<message>\d+ mods/funs, found (?!no issues).*)$",
        (" mods/funs, found",),
        "12 mods/funs, found 1 refactoring opportunity.",
        "12 mods/funs, found no issues.",
    ),
    verdict(
        "dialyzer",
        "dialyzer",
        Category.TYPE_ERROR,
        r"^(?P<message>Total errors: [1-9]\d*, Skipped: \d+.*|Halting VM with exit status 2)$",
        ("Total errors: ", "Halting VM"),
        "Total errors: 2, Skipped: 0, Unnecessary Skips: 0",
        "Total errors: 0, Skipped: 0, Unnecessary Skips: 0",
    ),
    verdict(
        "hex",
        "hex",
        Category.DEPENDENCY_ISSUE,
        r"^(?:\*\* \(Mix\) )?(?P<message>Hex dependency resolution failed.*|Can't continue due to "
        r"errors on "
        r"dependencies|Your mix\.lock is out of date .*|No package with name .*|Unchecked "
        r"dependencies for "
        r"environment .*|You're trying to run :\S+ on Elixir .*)$",
        (
            "Hex dependency",
            "errors on dependencies",
            "mix.lock is out",
            "No package with name",
            "Unchecked dependencies",
            "You're trying to run",
        ),
        "** (Mix) Can't continue due to errors on dependencies",
        "Resolving Hex dependencies...",
    ),
)
