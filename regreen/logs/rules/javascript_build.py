"""Bundlers and Node itself: webpack, vite, rollup, next, esbuild, angular; crashes of node."""

from __future__ import annotations

from regreen.logs.rules.base import Weight, pattern, verdict
from regreen.logs.rules.shapes import Shape, checker
from regreen.model import Category

_BUILD = Category.BUILD_ERROR

RULES = (
    checker(
        "esbuild",
        "esbuild",
        r"^(?:Build failed with \d+ errors?:?|[1-9]\d* errors?|.*Error: Build failed with .*)$",
        (
            Shape(
                r"^[✘X] \[ERROR\] (?P<message>.+)\n\n {4}(?P<file>[^\s:]+):(?P<line>\d+)"
                r":(?P<column>\d+):$",
                ("[ERROR]",),
                spans=True,
            ),
        ),
        triggers=("Build failed with", " [ERROR] "),
        category=_BUILD,
        alone=Weight.SIGN,
        needs_rows=True,
        matches='✘ [ERROR] Could not resolve "./nope"\n\n    a.js:1:7:\n\n1 error',
        ignores="▲ [WARNING] unused\n\n    a.js:1:7:",
    ),
    verdict(
        "vite",
        "vite",
        _BUILD,
        r"^(?!\[!\]|.*\[cause\])(?:.{0,40}?(?P<message>error during build:.*|\[vite\]: Rollup "
        r"failed to resolve import .*"
        r"|\[vite:[\w-]+\] .*|Could not resolve \".*\" from \".*\"|RollupError: .*"
        r"|\[commonjs--resolver\] .*))$",
        ("error during build", "[vite", "RollupError: ", "Could not resolve", "[commonjs--"),
        "error during build:",
        "vite v5.0.0 building for production...",
        weight=Weight.SIGN,
    ),
    verdict(
        "rollup",
        "rollup",
        _BUILD,
        r"^\[!\] (?P<message>(?:\(plugin .*\) )?(?:RollupError|Error|TypeError|ParseError).*)$",
        ("[!] ",),
        '[!] RollupError: Could not resolve "./nope" from "a.js"',
        "(!) Unresolved dependencies",
        weight=Weight.SIGN,
    ),
    verdict(
        "webpack",
        "webpack",
        _BUILD,
        r"^\s*(?:[\u00d7x] )?(?P<message>Module (?:not found: (?:Error: )?.*|build failed.*"
        r"|parse failed.*)|ERROR in .*|webpack [\d.]+ compiled with [1-9]\d* errors?.*"
        r"|Failed to compile\.?|Build failed (?:with|because).*|> Build failed .*"
        r"|Compilation failed\.?|Error: Build failed with errors\."
        r"|Build error occurred|We were unable to automatically build your code.*"
        r"|Error occurred prerendering page .*|🚨 Build failed\.)$",
        (
            "Module not found",
            "Module build failed",
            "Module parse failed",
            "ERROR in ",
            " compiled with ",
            "ailed to compile",
            "Build failed",
            "Build error occurred",
            "Compilation failed",
            "unable to automatically build",
            "prerendering page",
        ),
        "Failed to compile.",
        "Compiled successfully.",
        weight=Weight.SIGN,
    ),
    verdict(
        "node-heap",
        "node",
        Category.RESOURCE_EXHAUSTION,
        r"^.{0,20}?(?P<message>FATAL ERROR: .*(?:heap out of memory|Allocation failed).*)$",
        ("FATAL ERROR: ",),
        "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory",
        "FATAL ERROR: other",
    ),
    verdict(
        "javascript-syntax",
        "node",
        Category.SYNTAX_ERROR,
        r"^\s*(?:\[\w+\] )?(?P<message>SyntaxError: (?:(?:\S+: )?(?:Unexpected|Invalid or "
        r"unexpected"
        r"|[Mm]issing|Cannot use import|Identifier|Unterminated|Illegal|Expected|Unexpected end"
        r"|await is only|Octal|Invalid (?:regular|left-hand|shorthand|destructuring)"
        r"|The requested module|Expecting).*))$",
        ("SyntaxError: ",),
        "SyntaxError: Unexpected token 'export'",
        "SyntaxError: invalid syntax",
        weight=Weight.SIGN,
    ),
    pattern(
        "node-module",
        r"^\s*(?:node:internal.*)?(?:Error(?: \[ERR_MODULE_NOT_FOUND\])?: )"
        r"(?P<message>Cannot find (?:module|package) '(?![./~]|[A-Za-z]:\\|@/)(?!node:)[^']+'.*)$",
        triggers=("Cannot find module '", "Cannot find package '"),
        category=Category.DEPENDENCY_ISSUE,
        tool="node",
        weight=Weight.SIGN,
        confidence=0.85,
        matches="Error: Cannot find module 'lodash'",
        ignores="Error: Cannot find module './lodash'",
    ),
    verdict(
        "node-missing-file",
        "node",
        Category.CONFIGURATION_ERROR,
        r"^\s*(?:Error(?: \[ERR_MODULE_NOT_FOUND\])?: )"
        r"(?P<message>Cannot find module '(?:[./~]|[A-Za-z]:\\)[^']*'.*)$",
        ("Cannot find module '",),
        "Error: Cannot find module '/home/runner/work/a/a/dist/index.js'",
        "Error: Cannot find module 'lodash'",
        weight=Weight.SIGN,
    ),
    verdict(
        "node-openssl",
        "node",
        Category.CONFIGURATION_ERROR,
        r"^\s*(?P<message>(?:Error: error:0308010C:|opensslErrorStack: .*).*"
        r"|.*ERR_OSSL_EVP_UNSUPPORTED.*|error .* requires Node(?:\.js)? .*"
        r"|You are using Node\.js .* (?:is required|or later).*"
        r"|Node\.js version .* detected\.)$",
        ("0308010C", "ERR_OSSL", "requires Node", "You are using Node.js", "Node.js version"),
        "Error: error:0308010C:digital envelope routines::unsupported",
        "Node.js v20.0.0",
        weight=Weight.SIGN,
    ),
)
