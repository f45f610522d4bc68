"""C and C++: gcc, clang, MSVC, linkers, CMake, meson, ninja, ctest, bazel, clang tools."""

from __future__ import annotations

from regreen.logs.rules.base import Rule, Weight, pattern, verdict
from regreen.logs.rules.shapes import Shape, checker
from regreen.model import AutoFixable, Category

_SOURCE = (
    r"(?P<file>(?:[A-Za-z]:)?[^\s:()'\"]{1,250}\.(?:c|cc|cpp|cxx|c\+\+|h|hh|hpp|hxx|ipp|inl|m|mm|"
    r"cu|cuh"
    r"|f|f90|F90|pyx|pxd|S|s|asm|proto|metal|glsl|ino))"
)
_BUILD = Category.BUILD_ERROR
_LINT = Category.LINTING_ERROR


def _tidy(rule_id: str, tool: str, expression: str, matches: str, fixable: AutoFixable) -> Rule:
    return pattern(
        rule_id,
        expression,
        triggers=("-Wclang-format-violations]", ",-warnings-as-errors]"),
        category=_LINT,
        tool=tool,
        weight=Weight.VERDICT,
        fixable=fixable,
        matches=matches,
        ignores="a.c:3:1: warning: unused variable 'x' [-Wunused-variable]",
    )


RULES = (
    pattern(
        "native-build",
        rf"^{_SOURCE}:(?P<line>\d+)(?::(?P<column>\d+))?: (?:fatal )?error: (?!code should be "
        r"clang-formatted)(?P<message>.+)(?<!,-warnings-as-errors\])$",
        triggers=(": error: ", ": fatal error: "),
        category=_BUILD,
        tool="cc",
        matches="src/a.c:3:1: error: expected ';'",
        ignores="src/a.c:3:1: warning: unused",
    ),
    pattern(
        "msvc",
        r"^\s*(?P<file>[^\s(][^(\n]{0,250}\.\w{1,5})\((?P<line>\d+)(?:,(?P<column>\d+))?\) ?: "
        r"(?:fatal )?"
        r"error (?P<code>C\d{4}): (?P<message>.+?)(?: \[[^\]\n]+\])?$",
        triggers=(" error C",),
        category=_BUILD,
        tool="cl",
        matches="D:\\a\\a\\a\\src\\b.cpp(12,5): error C2065: 'x': undeclared identifier",
        ignores="b.cpp(12,5): warning C4101: 'x': unreferenced local variable",
    ),
    verdict(
        "linker",
        "ld",
        _BUILD,
        r"^.{0,250}?(?P<message>undefined reference to .*|collect2: (?:fatal )?error: .*"
        r"|ld(?:\.lld)?: (?:error: .*|library .*not found.*|symbol.*not found.*|cannot find "
        r"-l\S+.*)"
        r"|clang(?:\+\+)?(?:-\d+)?: error: linker command failed.*|Undefined symbols for "
        r"architecture .*"
        r"|(?:LINK : fatal )?error LNK\d{4}: .*|\bcannot find -l\S+.*|multiple definition of .*)$",
        (
            "undefined reference",
            "collect2: ",
            "ld: ",
            "ld.lld: ",
            "linker command failed",
            "Undefined symbols",
            "error LNK",
            "cannot find -l",
            "multiple definition of",
        ),
        "collect2: error: ld returned 1 exit status",
        "collect2: warning",
        weight=Weight.SIGN,
    ),
    checker(
        "cmake",
        "cmake",
        r"^(?:CMake Error(?: in \S+)?(?:: .*|:)$|CMake Error at .*|-- Configuring incomplete, "
        r"errors "
        r"occurred!.*|CMake Error: .*)",
        (
            Shape(
                r"^CMake Error at (?P<file>[^\s:]+):(?P<line>\d+) \((?P<code>\w+)\):\n"
                r"(?P<message>(?:  .+\n?){1,3})",
                ("CMake Error at ",),
                spans=True,
            ),
        ),
        triggers=("CMake Error", "Configuring incomplete"),
        category=_BUILD,
        weight=Weight.SIGN,
        matches="CMake Error at CMakeLists.txt:3 (find_package):\n  Could not find Nope.",
        ignores="CMake Warning at CMakeLists.txt:3 (find_package):",
    ),
    verdict(
        "cmake-usage",
        "cmake",
        Category.CONFIGURATION_ERROR,
        r"^CMake Error: (?P<message>The source directory .* does not (?:exist|appear to contain).*"
        r"|Could not create named generator.*|Unknown argument .*|Could not read presets .*)$",
        ("CMake Error: ",),
        'CMake Error: The source directory "/a" does not appear to contain CMakeLists.txt.',
        "CMake Error: other",
    ),
    verdict(
        "build-stopped",
        "ninja",
        _BUILD,
        r"^(?P<message>ninja: (?:error: .*|fatal: .*)"
        r"|(?P<file>\S+meson\.build|meson\.build):(?P<line>\d+):(?P<column>\d+): ERROR: .*"
        r"|configure: error: .*|error: command '\S+' failed.* exit (?:status|code) \d+"
        r"|The (?:C|CXX) compiler identification is unkn"
        r".*)$",
        (
            "ninja: ",
            "meson.build:",
            "configure: error: ",
            "compiler identification",
        ),
        "ninja: error: 'a.c', needed by 'a.o', missing and no known rule to make it",
        "ninja: no work to do.",
        weight=Weight.SIGN,
    ),
    verdict(
        "ninja",
        "ninja",
        _BUILD,
        r"^(?:ninja: build stopped: .*|FAILED: \S+.*)$",
        ("ninja: build stopped", "FAILED: "),
        "ninja: build stopped: subcommand failed.",
        "ninja: no work to do.",
        weight=Weight.HINT,
    ),
    checker(
        "ctest",
        "ctest",
        r"^(?:\d+% tests passed, [1-9]\d* tests? failed out of \d+|The following tests FAILED:"
        r"|Errors while running CTest)$",
        (
            Shape(
                r"^\s+\d+ - (?P<message>.+) \((?:Failed|Timeout|SEGFAULT|Subprocess|ILLEGAL|Not "
                r"Run|Child|"
                r"Exit|Bad).*\)(?: +.*)?$",
                (" - ",),
            ),
        ),
        triggers=(
            " tests passed, ",
            " test passed, ",
            "tests FAILED",
            "Errors while running CTest",
        ),
        category=Category.TEST_FAILURE,
        matches="67% tests passed, 1 tests failed out of 3",
        ignores="100% tests passed, 0 tests failed out of 3",
    ),
    checker(
        "googletest",
        "googletest",
        r"^(?:\[  FAILED  \] \S+.*|test cases: +\d+ \|.* [1-9]\d* failed.*"
        r"|\[doctest\] (?:test cases|Status): .*(?:[1-9]\d* failed.*|FAILURE!)"
        r"|\*\*\* [1-9]\d* failures? (?:is|are) detected in the test module .*"
        r"|(?:Fail|Unexpected Pass|Timeout): +[1-9]\d*)$",
        (
            Shape(
                r"^\[  FAILED  \] (?P<code>[\w/.:<>-]+)(?P<message>)(?:,.*|\s\(.*)?$",
                ("[  FAILED  ]",),
            ),
        ),
        triggers=(
            "[  FAILED  ]",
            "test cases: ",
            "[doctest]",
            "detected in the test module",
            "Fail: ",
        ),
        category=Category.TEST_FAILURE,
        matches="[  FAILED  ] Math.adds (0 ms)",
        ignores="[       OK ] Math.adds (0 ms)",
    ),
    verdict(
        "sanitizer",
        "sanitizer",
        Category.TEST_FAILURE,
        r"^(?:==\d+==)?(?P<message>(?:ERROR|WARNING|SUMMARY): (?:\w+Sanitizer): .*"
        r"|ERROR SUMMARY: [1-9]\d* errors? from .*)$",
        ("Sanitizer: ", "ERROR SUMMARY: "),
        "==12==ERROR: AddressSanitizer: heap-use-after-free on address 0x1",
        "==12== ERROR SUMMARY: 0 errors from 0 contexts",
        weight=Weight.SIGN,
    ),
    _tidy(
        "clang-format",
        "clang-format",
        r"^(?P<file>[^\s:]+):(?P<line>\d+):(?P<column>\d+): (?:error|warning): (?P<message>code "
        r"should be "
        r"clang-formatted) \[(?P<code>-Wclang-format-violations)\]$",
        "a.c:3:1: error: code should be clang-formatted [-Wclang-format-violations]",
        AutoFixable.YES,
    ),
    _tidy(
        "clang-tidy",
        "clang-tidy",
        r"^(?P<file>[^\s:]+):(?P<line>\d+):(?P<column>\d+): error: (?P<message>.+) "
        r"\[(?P<code>[a-z][\w.,-]*?),-warnings-as-errors\]$",
        "a.c:3:1: error: use nullptr [modernize-use-nullptr,-warnings-as-errors]",
        AutoFixable.PARTIAL,
    ),
    pattern(
        "cppcheck",
        r"^(?:\[)?(?P<file>[^\s:\[\]]+\.\w{1,4}):(?P<line>\d+)(?::(?P<column>\d+))?(?:\])?: "
        r"\(?(?:error|"
        r"warning|style|performance|portability)[:)] (?P<message>.+?)(?: "
        r"\[(?P<code>[a-z]\w+[A-Z]\w*"
        r"|syntaxError)\])$",
        triggers=("rror: ", "arning: ", "tyle: ", "rformance: ", "rtability: "),
        category=_LINT,
        tool="cppcheck",
        weight=Weight.SIGN,
        matches="a.c:3:5: error: Array 'a[2]' accessed at index 5 [arrayIndexOutOfBounds]",
        ignores="a.c:3:5: error: 'x' undeclared",
        beats=frozenset({"cc"}),
    ),
    checker(
        "cpplint",
        "cpplint",
        r"^Total errors found: [1-9]\d*$",
        (
            Shape(
                r"^(?P<file>[^\s:]+):(?P<line>\d+):  (?P<message>.+?)  \[(?P<code>[\w/+]+)\] "
                r"\[\d\]$",
                ("] [",),
            ),
        ),
        triggers=("Total errors found: ",),
        matches="a.cc:1:  No copyright  [legal/copyright] [5]\nTotal errors found: 1",
        ignores="Total errors found: 0",
    ),
    checker(
        "bazel-test",
        "bazel",
        r"^Executed \d+ out of \d+ tests?: .*[1-9]\d* fails? (?:locally|remotely|to build)?.*$"
        r"|^//\S+ +(?:\(cached\) )?(?:FAILED|TIMEOUT) in .*$",
        (Shape(r"^(?P<code>//\S+)(?P<message>) +(?:FAILED|TIMEOUT) in .*$", (" in ",)),),
        triggers=("Executed ", " FAILED in ", " TIMEOUT in "),
        category=Category.TEST_FAILURE,
        matches="//a:test                FAILED in 1.2s",
        ignores="//a:test                PASSED in 1.2s",
    ),
    verdict(
        "bazel",
        "bazel",
        _BUILD,
        r"^(?P<message>(?:ERROR|FAILED): (?:Build did NOT complete successfully|Analysis of target "
        r".* "
        r"failed.*|\S+BUILD(?:\.bazel)?:\d+:\d+: .*|no such (?:package|target) .*"
        r"|Error computing the main repository mapping.*))$",
        (
            "Build did NOT complete",
            "Analysis of target",
            "BUILD:",
            "BUILD.bazel:",
            "no such package",
            "no such target",
            "repository mapping",
        ),
        "ERROR: Build did NOT complete successfully",
        "INFO: Build completed successfully, 3 total actions",
        weight=Weight.SIGN,
    ),
    verdict(
        "mozilla",
        "mozharness",
        Category.TEST_FAILURE,
        r"TEST-UNEXPECTED-\w+ \| (?P<message>[^|\n]+)",
        ("TEST-UNEXPECTED-",),
        "INFO - TEST-UNEXPECTED-FAIL | a/b.js | no",
        "TEST-PASS | a/b.js",
    ),
)
