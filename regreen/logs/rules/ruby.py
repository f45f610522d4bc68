"""Ruby: bundler, rspec, minitest, rubocop and its family, rake, Rails."""

from __future__ import annotations

from regreen.logs.excerpt import Excerpt
from regreen.logs.rules.base import Weight, pattern, verdict
from regreen.logs.rules.shapes import Shape, checker
from regreen.model import AutoFixable, Category


def _correctable(excerpt: Excerpt) -> AutoFixable:
    if "correctable" not in excerpt:
        return AutoFixable.NO
    return AutoFixable.PARTIAL


RULES = (
    checker(
        "rspec",
        "rspec",
        r"^\d+ examples?, (?:[1-9]\d* failures?|0 failures, (?:\d+ pending, )?[1-9]\d* errors? "
        r"occurred).*$",
        (
            Shape(
                r"^rspec (?:')?\.?/?(?P<file>[^\s:\[']+)(?:\[[\d:]+\])?'?(?::(?P<line>\d+))? # "
                r"(?P<message>.+)$",
                ("rspec ",),
            ),
        ),
        triggers=(" examples, ", " example, "),
        category=Category.TEST_FAILURE,
        matches="2 examples, 1 failure",
        ignores="2 examples, 0 failures",
    ),
    checker(
        "minitest",
        "minitest",
        r"^\d+ (?:runs|tests), \d+ assertions, (?:[1-9]\d* failures|0 failures, [1-9]\d* errors)"
        r".*$",
        (
            Shape(
                r"^ *(?:(?:Failure|Error):\s*)?(?P<code>[\w:]+#test_\w+)(?P<message>)(?: "
                r"\[(?P<file>[^\]:]+):"
                r"(?P<line>\d+)\])?:?$",
                ("#test_",),
            ),
        ),
        triggers=(" assertions, ",),
        category=Category.TEST_FAILURE,
        matches="3 runs, 3 assertions, 1 failures, 0 errors, 0 skips",
        ignores="3 runs, 3 assertions, 0 failures, 0 errors, 0 skips",
    ),
    verdict(
        "cucumber",
        "cucumber",
        Category.TEST_FAILURE,
        r"^(?P<message>\d+ scenarios? \(.*\b[1-9]\d{0,6} (?:failed|undefined)\b.*\))$",
        (" scenario",),
        "3 scenarios (1 failed, 2 passed)",
        "3 scenarios (3 passed)",
    ),
    checker(
        "rubocop",
        "rubocop",
        r"^\d+ files? inspected, [1-9]\d* offenses? detected.*$|^standard: Use Ruby Standard "
        r"Style.*$",
        (
            Shape(
                r"^(?P<file>[^\s:][^:\n]{0,250}):(?P<line>\d+):(?P<column>\d+): [CWEFRI]: "
                r"(?:\[(?:Corr|C)\w*\] )?"
                r"(?P<code>[A-Z]\w+(?:/\w+)+): (?:\[Correctable\] )?(?P<message>.+)$",
                (": C: ", ": W: ", ": E: ", ": F: ", ": R: ", ": I: "),
            ),
            Shape(
                r"^(?P<file>[^\s:][^:\n]{0,250}):(?P<line>\d+):(?P<column>\d+): [CWEFRI]: "
                r"(?:\[Correctable\] )?"
                r"(?P<code>[A-Z]\w+(?:/\w+)+): (?P<message>.+)$",
                (": [Correctable] ",),
            ),
        ),
        triggers=(" inspected, ", "standard: Use Ruby", ": C: ", ": W: ", ": E: ", "[Correctable]"),
        alone=Weight.SIGN,
        needs_rows=True,
        fixable=_correctable,
        matches="a.rb:2:3: W: Lint/UselessAssignment: Useless assignment.\n\n"
        "3 files inspected, 1 offense detected",
        ignores="3 files inspected, no offenses detected",
    ),
    pattern(
        "ruby-lint-syntax",
        r"^(?P<file>[^\s:][^:\n]{0,250}\.(?:rb|rake|gemspec)):(?P<line>\d+)(?::(?P<column>\d+))?: "
        r"(?:[EF]: (?P<code>"
        r"Lint/Syntax): |(?=syntax error|.*\(SyntaxError\)))(?P<message>.+)$",
        triggers=("Lint/Syntax", "syntax error", "(SyntaxError)"),
        category=Category.SYNTAX_ERROR,
        tool="ruby",
        weight=Weight.VERDICT,
        beats=frozenset({"rubocop"}),
        matches="a.rb:3:1: F: Lint/Syntax: unexpected token kEND",
        ignores="a.rb:3:1: C: Style/StringLiterals: Prefer single-quoted strings",
    ),
    verdict(
        "rubocop-configuration",
        "rubocop",
        Category.CONFIGURATION_ERROR,
        r"^(?:Error: )?(?P<message>RuboCop found unknown Ruby version .*|[Uu]nrecognized cop(?: or "
        r"department)?s?:? .*"
        r"|The following cops were added to RuboCop, but are not configured.*"
        r"|Configuration file not found: .*|The `\S+` cop has been (?:removed|moved|split).*"
        r"|An error occurred while \S+ cop was inspecting .*|obsolete parameter .*"
        r"|Unknown Ruby version .*|RuboCop::ValidationError.*)$",
        (
            "RuboCop found unknown",
            "nrecognized cop",
            "Configuration file not found",
            " cop has been ",
            " cop was inspecting",
            "obsolete parameter",
            "Unknown Ruby version",
            "ValidationError",
        ),
        "Error: unrecognized cop Style/Nope found in .rubocop.yml",
        "RuboCop ran",
        weight=Weight.SIGN,
    ),
    verdict(
        "bundler",
        "bundler",
        Category.DEPENDENCY_ISSUE,
        r"^(?P<message>Bundler could not find compatible versions for gem .*|Could not find gem "
        r"'.*' in .*"
        r"|Could not find \S+ in (?:any of the sources|locally installed gems|cached gems).*"
        r"|Your bundle only supports platforms .*|Bundler can't satisfy your Gemfile's "
        r"dependencies\.|Could not find compatible versions.*"
        r"|The gemspecs? for .*|Your Ruby version is .*, but your Gemfile specified .*"
        r"|(?:You are trying to install in deployment mode after changing|The dependencies in your "
        r"gemfile "
        r"changed.*|.*frozen mode is set|The lockfile can't be updated because frozen mode).*"
        r"|Your lockfile (?:is missing|does not satisfy|was created by).*|Bundler::GemNotFound.*"
        r"|.*\(Bundler::GemNotFound\).*|.*can't activate \S+.*\(Gem::LoadError\).*"
        r"|ERROR: +Could not find a valid gem '.*'.*|\S+ requires ruby version .*, which is "
        r"incompatible.*"
        r"|cannot load such file -- (?!\.?/)\S+|.*cannot load such file -- (?!/)\S+ \(LoadError\)"
        r".*)$",
        (
            "Bundler could not",
            "Bundler can't satisfy",
            "Could not find ",
            "Your bundle only",
            "The gemspec",
            "Your Ruby version is",
            "deployment mode",
            "dependencies in your gemfile",
            "frozen mode",
            "Your lockfile",
            "GemNotFound",
            "(Gem::LoadError)",
            "requires ruby version",
            "cannot load such file",
        ),
        "Could not find gem 'nope' in locally installed gems.",
        "Could not find anything",
        weight=Weight.SIGN,
        fixable=AutoFixable.PARTIAL,
    ),
    verdict(
        "bundler-network",
        "bundler",
        Category.NETWORK_ERROR,
        r"^(?P<message>(?:Could not reach host .*|Network error while fetching .*|Could not fetch "
        r"specs from .*"
        r"|Retrying fetcher due to error \(4/4\).*|Bundler::HTTPError.*|"
        r"Gem::RemoteFetcher::FetchError.*))$",
        (
            "Could not reach host",
            "Network error while fetching",
            "Could not fetch specs",
            "(4/4)",
            "Bundler::HTTPError",
            "RemoteFetcher",
        ),
        "Could not reach host rubygems.example.org. Check your network connection and try again.",
        "Fetching gem metadata",
    ),
    verdict(
        "gem-extension",
        "bundler",
        Category.BUILD_ERROR,
        r"^(?:ERROR: +)?(?P<message>(?:Gem::Ext::BuildError: .*|Error installing \S+:|An error "
        r"occurred while "
        r"installing \S+ .*))$",
        ("Gem::Ext::BuildError", "Error installing", "An error occurred while installing"),
        "An error occurred while installing nokogiri (1.10.0), and Bundler cannot continue.",
        "installing nokogiri",
        weight=Weight.SIGN,
    ),
    verdict(
        "rake",
        "rake",
        Category.CONFIGURATION_ERROR,
        r"^(?P<message>Don't know how to build task '.*'.*|No Rakefile found .*|Could not locate "
        r"Gemfile.*"
        r"|bundler: command not found: .*)$",
        (
            "Don't know how to build",
            "No Rakefile found",
            "Could not locate Gemfile",
            "bundler: command not",
        ),
        "Don't know how to build task 'nope' (See the list of available tasks with `rake --tasks`)",
        "rake done",
        weight=Weight.SIGN,
    ),
    verdict(
        "ruby-security",
        "bundler-audit",
        Category.SECURITY_SCAN,
        r"^(?P<message>Vulnerabilities found!|Security Warnings: [1-9]\d*)$",
        ("Vulnerabilities found!", "Security Warnings: "),
        "Vulnerabilities found!",
        "No vulnerabilities found",
    ),
)
