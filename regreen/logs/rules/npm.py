"""JavaScript package managers: npm 6 to 11, yarn classic and berry, pnpm, bun.

A failed script is only an echo of what the script ran, so ``ELIFECYCLE`` and its like find nothing
here. npm's codes are those of its documentation (``npm ERR! code …`` up to 9, ``npm error`` since).
"""

from __future__ import annotations

from regreen.logs.rules.base import Rule, Weight, pattern
from regreen.model import AutoFixable, Category

_NPM = ("npm ERR!", "npm error")
_PNPM = ("ERR_PNPM_",)


def _rule(
    rule_id: str,
    tool: str,
    category: Category,
    expression: str,
    triggers: tuple[str, ...],
    matches: str,
    ignores: str,
    weight: Weight = Weight.VERDICT,
) -> Rule:
    return pattern(
        rule_id,
        expression,
        triggers=triggers,
        category=category,
        tool=tool,
        weight=weight,
        fixable=AutoFixable.PARTIAL if category is Category.DEPENDENCY_ISSUE else AutoFixable.NO,
        confidence=0.93,
        matches=matches,
        ignores=ignores,
    )


def _npm(rule_id: str, category: Category, said: str, matches: str, ignores: str) -> Rule:
    expression = rf"^npm (?:ERR!|error) (?P<message>{said})$"
    return _rule(f"npm-{rule_id}", "npm", category, expression, _NPM, matches, ignores)


def _pnpm(rule_id: str, category: Category, codes: str, matches: str) -> Rule:
    expression = rf"^.{{0,200}}?\bERR_PNPM_(?P<code>{codes})\b *(?P<message>.*)$"
    triggers = tuple(f"{_PNPM[0]}{code}" for code in codes.replace("(?:", "").split("|"))
    plain = tuple(code for code in triggers if code.replace("_", "").isalnum()) or _PNPM
    ignores = " ERR_PNPM_RECURSIVE_RUN_FIRST_FAIL  a@1.0.0 test: `jest`"
    return _rule(
        f"pnpm-{rule_id}",
        "pnpm",
        category,
        expression,
        _PNPM if len(plain) != len(triggers) else plain,
        matches,
        ignores,
    )


_DEPENDENCY = Category.DEPENDENCY_ISSUE
_CONFIGURATION = Category.CONFIGURATION_ERROR
_NETWORK = Category.NETWORK_ERROR
_PERMISSION = Category.PERMISSION_ERROR

RULES = (
    _npm(
        "resolve",
        _DEPENDENCY,
        r"(?:code )?(?:ERESOLVE|ETARGET|EUSAGE|EBADENGINE|EBADPLATFORM|EINTEGRITY"
        r"|ENOVERSIONS|EPEERINVALID|EINVALIDPACKAGENAME|EUNSUPPORTEDPROTOCOL|EOVERRIDE|ELOCKVERIFY)"
        r"(?: .*)?|.*can only install packages when your package\.json.*"
        r"|Invalid: lock file's .*|Missing: \S+ from lock file|404 +'.*' is not in .*|notarget No "
        r"matching version .*"
        r"|(?:could not determine executable to run|cipm can only install .*)|.*Unsupported "
        r"engine.*",
        "npm ERR! code ERESOLVE",
        "npm ERR! Test failed.  See above for more details.",
    ),
    _npm(
        "not-found",
        _DEPENDENCY,
        r"(?:404 Not Found - GET .*|404 Not Found ?: .*|code ENOPACKAGE.*)",
        "npm error 404 Not Found - GET https://registry.example.org/nope - Not found",
        "npm error 404 Not Found - PUT https://registry.example.org/nope - Not found",
    ),
    _npm(
        "network",
        _NETWORK,
        r"(?:code (?:ECONNRESET|ECONNREFUSED|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|ESOCKETTIMEDOUT"
        r"|ERR_SOCKET_TIMEOUT|EIDLETIMEOUT|FETCH_ERROR|E429|E5\d\d|CERT_HAS_EXPIRED"
        r"|UNABLE_TO_\w+|SELF_SIGNED_\w+|DEPTH_ZERO_SELF_SIGNED_CERT|EPROTO|ERR_INVALID_CHAR)"
        r"|network (?:This is a problem related to network|request to) .*|(?:429|50\d) .*)",
        "npm ERR! code ECONNRESET",
        "npm ERR! code ELIFECYCLE",
    ),
    _npm(
        "permission",
        _PERMISSION,
        r"(?:code (?:EACCES|EPERM|E401|E403|ENEEDAUTH|EOTP)|404 Not Found - PUT .*)",
        "npm ERR! code EACCES",
        "npm ERR! code ELIFECYCLE",
    ),
    _npm(
        "space",
        Category.RESOURCE_EXHAUSTION,
        r"(?:code (?:ENOSPC|EMFILE|ENOMEM))",
        "npm ERR! code ENOSPC",
        "npm ERR! code ELIFECYCLE",
    ),
    _npm(
        "configuration",
        _CONFIGURATION,
        r"(?i:missing script: .*|code (?:EJSONPARSE|ENOLOCK|ENOWORKSPACES|EINVALIDTAGNAME"
        r"|EPRIVATE|ECONFIG|EPUBLISHCONFLICT)|no workspaces found.*|unknown command: .*"
        r"|enoent .*package\.json'?|(?:403 .*)?you cannot publish over the previously .*"
        r"|code EUNKNOWNCONFIG)",
        'npm ERR! Missing script: "lint"',
        "npm ERR! code ELIFECYCLE",
    ),
    _rule(
        "node-gyp",
        "node-gyp",
        Category.BUILD_ERROR,
        r"^(?:npm (?:ERR!|error) )?gyp ERR! (?P<message>build error|configure error"
        r"|stack Error: (?!not found).*)$",
        ("gyp ERR! ",),
        "npm ERR! gyp ERR! build error",
        "gyp info ok",
        Weight.SIGN,
    ),
    _rule(
        "npm-install-script",
        "npm",
        _DEPENDENCY,
        r"^npm (?:ERR!|error) (?P<message>path \S*node_modules/\S+)$",
        ("npm ERR! path", "npm error path"),
        "npm error path /home/runner/work/a/a/node_modules/sharp",
        "npm error path /home/runner/work/a/a/package.json",
        Weight.SIGN,
    ),
    _rule(
        "yarn-lock",
        "yarn",
        _DEPENDENCY,
        r"^(?:error |Error: )(?P<message>(?:Your lockfile needs to be updated"
        r"|Couldn't find (?:package|any versions for) |Found incompatible module"
        r"|\S+: The (?:engine|platform) \"\S+\" is incompatible"
        r"|Integrity check failed|.*Integrity check failed for "
        r"|An unexpected error occurred: \".*(?:404 Not Found|Not found)|Received malformed "
        r"response"
        r"|Lockfile does not satisfy|Lockfile does not contain pattern).*)$",
        ("error ", "Error: "),
        "error Your lockfile needs to be updated, but yarn was run with `--frozen-lockfile`.",
        "error Command failed with exit code 1.",
    ),
    _rule(
        "yarn-network",
        "yarn",
        _NETWORK,
        r"^error (?P<message>An unexpected error occurred: \".*(?:ESOCKETTIMEDOUT|ECONNRESET"
        r"|ECONNREFUSED|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|tunneling socket|network connection"
        r"|(?:50\d|429) ).*)$",
        ("error An unexpected error occurred",),
        'error An unexpected error occurred: "https://registry.example.org/a: ESOCKETTIMEDOUT".',
        'error An unexpected error occurred: "https://registry.example.org/a: Not found".',
    ),
    _rule(
        "yarn-usage",
        "yarn",
        _CONFIGURATION,
        r"^(?:error (?:Command \"\S+\" not found\.|No lockfile found|Couldn't find a package\.json"
        r"|This project's package\.json defines \"packageManager\")"
        r"|(?:Internal|Usage) Error: (?:Couldn't find a script|The nearest package directory"
        r"|Couldn't find the node_modules state|No project found|The project in |This project is"
        r" configured to use|Unrecognized or legacy configuration)).*$",
        (
            "error Command ",
            "error No lockfile",
            "error Couldn't find a package.json",
            "Usage Error: ",
            "Internal Error: ",
            "error This project's",
        ),
        'Usage Error: Couldn\'t find a script named "lint".',
        "error Command failed with exit code 1.",
    ),
    _rule(
        "yarn-berry",
        "yarn",
        _DEPENDENCY,
        r"^.{0,30}?(?P<code>YN00(?:18|28|35|82|27|16|20))(?:: │ |: )(?P<message>(?!.*┌|.*└|[-+@]|"
        r"\s*Re(?:sponse|quest) ).+)$"
        r"|^Internal Error: \S+: (?P<absent>This package doesn't seem to be present in your "
        r"lockfile.*)$",
        ("YN00", "Internal Error: "),
        "➤ YN0028: │ The lockfile would have been modified by this install, which is explicitly"
        " forbidden.",
        "➤ YN0000: │ Some peer dependencies are incorrectly met",
    ),
    _rule(
        "yarn-berry-build",
        "yarn",
        Category.BUILD_ERROR,
        r"^.{0,30}?(?P<code>YN0009)(?:: │ |: )(?P<message>.*couldn't be built successfully.*)$",
        ("YN0009",),
        "➤ YN0009: │ sharp@npm:0.32.1 couldn't be built successfully (exit code 1, logs can be"
        " found here: /tmp/build.log)",
        "➤ YN0007: │ sharp@npm:0.32.1 must be built because it never has been before",
        Weight.SIGN,
    ),
    _rule(
        "yarn-berry-access",
        "yarn",
        _PERMISSION,
        r"^.{0,30}?(?P<code>YN00(?:33|41))(?:: │ |: )(?P<message>.+)$",
        ("YN0033", "YN0041"),
        "➤ YN0041: │ @a/b@npm:1.0.0: Invalid authentication (as an anonymous user)",
        "➤ YN0013: │ @a/b@npm:1.0.0 can't be found in the cache and will be fetched",
    ),
    _pnpm(
        "resolve",
        _DEPENDENCY,
        "OUTDATED_LOCKFILE|NO_MATCHING_VERSION\\w*|FETCH_404|PEER_DEP_ISSUES|UNSUPPORTED_ENGINE"
        "|UNSUPPORTED_PLATFORM|LOCKFILE_CONFIG_MISMATCH|TARBALL_INTEGRITY|NO_LOCKFILE"
        "|BROKEN_LOCKFILE|LOCKFILE_BREAKING_CHANGE|LOCKFILE_MISSING_DEPENDENCY|NO_VERSIONS"
        "|WORKSPACE_PKG_NOT_FOUND|NO_MATURE_MATCHING_VERSION|FROZEN_LOCKFILE_WITH_OUTDATED_LOCKFILE"
        "|CATALOG_ENTRY_NOT_FOUND\\w*|SPEC_NOT_SUPPORTED_BY_ANY_RESOLVER|IGNORED_BUILDS",
        ' ERR_PNPM_OUTDATED_LOCKFILE  Cannot install with "frozen-lockfile"',
    ),
    _pnpm(
        "network",
        _NETWORK,
        "META_FETCH_FAIL|FETCH_(?:5\\d\\d|429)|TARBALL_FETCH\\w*|BAD_TARBALL_SIZE",
        " ERR_PNPM_META_FETCH_FAIL  GET https://registry.example.org/a: request failed",
    ),
    _pnpm(
        "permission",
        _PERMISSION,
        "FETCH_40[13]|GIT_CHECKS_FAILED",
        " ERR_PNPM_FETCH_403  GET https://registry.example.org/a: Forbidden - 403",
    ),
    _pnpm(
        "configuration",
        _CONFIGURATION,
        "NO_SCRIPT\\w*|BAD_PM_VERSION|NO_IMPORTER_MANIFEST_FOUND|NO_PKG_MANIFEST|JSON_PARSE"
        "|UNEXPECTED_STORE|INVALID_\\w+|RECURSIVE_RUN_NO_SCRIPT|RECURSIVE_EXEC_NO_PACKAGE"
        "|OTHER_PM_EXPECTED|UNEXPECTED_VIRTUAL_STORE|CATALOG_\\w+|PATCH_\\w+|UNUSED_PATCH"
        "|BAD_WORKSPACE_MANIFEST|UNSUPPORTED_WORKSPACE_PROTOCOL",
        " ERR_PNPM_NO_SCRIPT  Missing script: lint",
    ),
    _rule(
        "bun-install",
        "bun",
        _DEPENDENCY,
        r"^error: (?P<message>lockfile had changes, but lockfile is frozen.*"
        r"|No version matching .*|\S+ failed to resolve|Workspace dependency .* not found"
        r"|GET \S+ - 404.*|Package .* has no matching version.*|Integrity check failed.*)$",
        (
            "lockfile is frozen",
            "No version matching",
            " failed to resolve",
            "Workspace dependency",
            "error: GET ",
            "error: Package ",
            "error: Integrity",
        ),
        "error: lockfile had changes, but lockfile is frozen",
        'error: script "test" exited with code 1',
    ),
    _rule(
        "bun-script",
        "bun",
        _CONFIGURATION,
        r"^error: (?P<message>(?:Script|Module) not found \".*)$",
        ("error: Script not found", "error: Module not found"),
        'error: Script not found "lint"',
        'error: script "lint" exited with code 1',
    ),
)
