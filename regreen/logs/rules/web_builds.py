"""Builders of web pages and programs: Next.js, plug-ins of vite, Storybook, Chromatic, Tauri."""

from __future__ import annotations

from regreen.logs.rules.base import Weight, pattern, verdict
from regreen.model import Category

_BUILD = Category.BUILD_ERROR

RULES = (
    verdict(
        "next-build",
        "next",
        _BUILD,
        r"^(?:> |\u2a2f )?(?P<message>Build failed because of (?:webpack|[Tt]urbopack) errors"
        r"|Error occurred prerendering page .*|Export encountered (?:an )?errors? on .*"
        r"|Error: Turbopack build failed with \d+ errors?:?|Failed to collect page data for .*)$",
        (
            "Build failed because of ",
            "occurred prerendering page",
            "Export encountered",
            "Turbopack build failed",
            "collect page data for",
        ),
        'Error occurred prerendering page "/about". Read more: https://example.org',
        "Compiled successfully",
        weight=Weight.SIGN,
    ),
    pattern(
        "vite-configuration",
        r"^(?P<message>[A-Z]\w{0,40}Error: .+)\n(?: +at [^\n]*\n){0,12}?"
        r" +at [^\n]*node_modules/(?:rolldown|rollup|vite)/[^\n]*$",
        triggers=("node_modules/rolldown/", "node_modules/rollup/", "node_modules/vite/"),
        spans=True,
        category=_BUILD,
        tool="vite",
        weight=Weight.SIGN,
        confidence=0.75,
        matches="TypeError: chunks is not a function\n    at file:///a/vite.config.js:3:5\n"
        "    at build (file:///a/node_modules/rolldown/dist/index.mjs:12:5)",
        ignores="    at build (file:///a/node_modules/rolldown/dist/index.mjs:12:5)",
    ),
    verdict(
        "storybook",
        "storybook",
        _BUILD,
        r"^.{0,60}?(?P<message>(?P<code>SB_[A-Z_-]{3,40}_\d{4}) \(\w+\):?.*"
        r"|Storybook exited with an error.*|Broken build, fix the error above\..*"
        r"|Failed to build the (?:preview|manager)\b.*)$",
        ("SB_", "Storybook exited with", "Broken build, fix", "Failed to build the "),
        "SB_CORE-SERVER_0007 (MainFileEvaluationError): Storybook couldn't evaluate your main file",
        "storybook was built",
        weight=Weight.SIGN,
    ),
    verdict(
        "chromatic",
        "chromatic",
        Category.TEST_FAILURE,
        r"^.{0,20}?\u2716 (?P<message>Found [1-9]\d* visual changes?|Build \d+ has [1-9]\d* change|"
        r"Failed to extract stories from your Storybook).*$",
        ("visual change", "Failed to extract stories", "\u2716 Build "),
        "\u2716 Found 3 visual changes: Review the changes at https://example.org",
        "\u2714 Build 3 passed!",
        weight=Weight.SIGN,
    ),
    verdict(
        "tauri",
        "tauri",
        _BUILD,
        r"^ *(?:Error:? )?(?P<message>failed to bundle project\b.*|failed to build app\b.*"
        r"|before(?:Build|Dev|Bundle)Command .* failed .*|Unable to find your web assets.*"
        r"|Command \"tauri \[.*\]\" failed with exit code \d+)$",
        (
            "failed to bundle project",
            "failed to build app",
            "BuildCommand ",
            "BundleCommand ",
            "find your web assets",
            'Command "tauri [',
        ),
        "failed to bundle project: could not find a suitable icon",
        "Finished 1 bundle at: /a/b.deb",
        weight=Weight.SIGN,
    ),
)
