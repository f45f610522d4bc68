"""Programs that lack what they run on: native libraries, headers, binaries, a newer language.

Wordings of the dynamic linker (glibc, musl, macOS), of Node's loader and of the packages that ship
compiled parts (esbuild, rollup, sharp, swc, lightningcss), of browsers' drivers, of CPython's
C extensions, and of checks of a language's version.
"""

from __future__ import annotations

from regreen.logs.rules.base import Weight
from regreen.logs.rules.phrases import told
from regreen.model import AutoFixable, Category

_DEPENDENCY = Category.DEPENDENCY_ISSUE
_PARTIAL = AutoFixable.PARTIAL

RULES = (
    told(
        "shared-library",
        _DEPENDENCY,
        {
            "cannot open shared object": r"(?P<code>[\w.+-]{1,80}\.so[\w.]{0,20}): cannot open "
            r"shared "
            r"object file",
            "GLIBC": r"version `?'?\"?(?:GLIBC|GLIBCXX)_[\d.]+['\"]? not found",
            "CXXABI": r"version `CXXABI_[\d.]+' not found",
            "Library not loaded": r"Library not loaded: ",
            "Error loading shared library": r"Error loading shared library ",
            "Error relocating": r"Error relocating ",
            "undefined symbol: ": r"undefined symbol: ",
            "0xc0000135": r"(?i:exit code.{0,20}0xc0000135)",
            "DLL load failed": r"DLL load failed",
            "libraries are missing": r"[Ss]hared libraries are missing",
        },
        "./app: error while loading shared libraries: liba.so.1: cannot open shared object file: No"
        " such file or directory",
        "libraries loaded",
        lead=r".{0,300}?",
        weight=Weight.SIGN,
        fixable=_PARTIAL,
        confidence=0.87,
        tail=60,
    ),
    told(
        "native-package",
        _DEPENDENCY,
        {
            ".node'": r"Cannot find module '\S{0,120}\.node'|The module '\S{1,300}\.node' was "
            r"compiled",
            "@rollup/rollup-": r"Cannot find module '?@rollup/rollup-",
            "@swc/core-": r"Cannot find module '?@swc/core-",
            "@next/swc-": r"Failed to load SWC binary",
            "SWC binary": r"Failed to load SWC binary",
            "native binding": r"(?i:(?:cannot find|failed to load|could not (?:load"
            r"|locate)) (?:the )?"
            r"(?:native )?bindings?\b)",
            "bindings file": r"Could not locate the bindings file",
            '"sharp" module': r"Could not load the \"sharp\" module",
            "esbuild": r"You installed esbuild for another platform"
            r"|The package \"@esbuild/.{1,40}\" "
            r"could not be found|Host version \".{1,20}\" does not match binary version",
            "NODE_MODULE_VERSION": r"NODE_MODULE_VERSION \d+",
            "for a different Node": r"was compiled for a different Node",
            "was compiled against a": r"was compiled against a different (?:Node|version)",
            "reinstall dependencies": r"(?i:(?:try|please) (?:removing"
            r"|reinstall).{0,80}node_modules)",
        },
        "Error: Cannot find module '../demo.linux-x64-gnu.node'",
        "compiled",
        tool="node",
        weight=Weight.SIGN,
        final=Weight.VERDICT,
        fixable=_PARTIAL,
        confidence=0.88,
        beats=frozenset({"node-missing-file", "node-module"}),
        tail=80,
    ),
    told(
        "plugin-missing",
        _DEPENDENCY,
        {
            "PostCSS": r"(?:Loading PostCSS [Pp]lugin failed|Failed to load PostCSS "
            r"config).{0,300}?"
            r"Cannot find module '",
            "oad plugin": r"(?i:(?:failed|unable|could not) (?:to )?load plugin ).{0,200}?Cannot "
            r"find "
            r"(?:module|package) '",
            "oad preset": r"(?i:(?:failed|unable|could not) (?:to )?load preset ).{0,200}?Cannot "
            r"find "
            r"(?:module|package) '",
        },
        "Error: Loading PostCSS Plugin failed: Cannot find module 'demo'",
        "Loading plugin 'demo'",
        tool="node",
        weight=Weight.SIGN,
        final=Weight.VERDICT,
        fixable=_PARTIAL,
        confidence=0.88,
        beats=frozenset({"vitest", "jest"}),
        tail=60,
    ),
    told(
        "compiled-extension",
        _DEPENDENCY,
        {
            "numpy.dtype size": r"numpy\.(?:dtype|ndarray) size changed, may indicate binary",
            "compiled using NumPy": r"A module that was compiled using NumPy 1",
            "_ARRAY_API not found": r"_ARRAY_API not found",
            "compiled against": r"module (?:was )?compiled against (?:ABI|API) version",
            "has no attribute 'ImpImporter'": r"module 'pkgutil' has no attribute 'ImpImporter'",
            "module 'numpy' has no": r"module 'numpy' has no attribute '",
            "from 'collections'": r"cannot import name '\w+' from 'collections'",
            "DistributionNotFound": r"DistributionNotFound: ",
            "VersionConflict": r"VersionConflict: ",
            "Missing optional dependency": r"Missing optional dependency '",
            "to be installed": r"(?i:requires? \"?[\w.-]{1,60}\"? to be installed)",
            "is required but": r"(?<![\w.@/-])[a-z][\w.@/-]{1,60} is required but (?:it(?:'s| is"
            r"| was) )?(?:not|missing)",
            "executable not found": r"(?i:(?:pg_config|mysql_config|\w{2,30}) executable not "
            r"found)",
            "_config: not found": r"\w+_config: not found",
            "vendor/autoload.php": r"(?i:failed opening required|failed to open stream).{0,200}"
            r"vendor/autoload\.php",
            "your Composer dep": r"(?:Composer detected issues in your platform|Your Composer "
            r"dependencies require)",
            "in your platform": r"Composer detected issues in your platform",
        },
        "ImportError: Missing optional dependency 'openpyxl'.",
        "installed",
        weight=Weight.SIGN,
        fixable=_PARTIAL,
        confidence=0.85,
        tail=60,
    ),
    told(
        "language-too-old",
        _DEPENDENCY,
        {
            "Node.js version": r"(?:requires|need|needs) (?:a minimum )?Node\.js version",
            "minimum Node": r"requires a minimum Node\.js",
            "at least Node": r"requires at least Node\.js",
            "nsupported Node": r"(?i:unsupported node(?:\.js)? version)",
            "webidl.util.mark": r"webidl\.util\.markAsUncloneable is not a function",
            "crypto.hash is": r"crypto\.hash is not a function",
            "getRandomValues is": r"crypto\$\d\.getRandomValues is not a function",
            "is not defined": r"ReferenceError: (?:File|CustomEvent|ReadableStream|Headers|fetch|"
            r"structuredClone|WebSocket|navigator|CloseEvent) is not defined",
            "styleText": r"does not provide an export named 'styleText'",
            "UnsupportedClassVersion": r"UnsupportedClassVersionError: ",
            "or higher": r"(?i:(?:python|node(?:\.?js)?|java|jdk|php|ruby|go|rustc?|dart|flutter"
            r"|xcode|"
            r"\.net(?: sdk)?|perl|swift|cmake|gradle|maven|bash) v?\d[\w.]* or (?:higher|newer"
            r"|later|"
            r"above|greater)\b.{0,40}(?:required|needed)|requires? (?:python|node(?:\.?js)?|java"
            r"|jdk|"
            r"php|ruby|go|rustc?|dart|perl|cmake|gradle|maven|bash)(?: version)? v?\d[\w.]* or "
            r"(?:higher|newer|later|above|greater))",
            "or later": r"(?i:requires? (?:python|node(?:\.?js)?|java|jdk|php|ruby|go|rustc?|dart"
            r"|perl|"
            r"cmake|gradle|maven|bash)(?: version)? v?\d[\w.]* or later)",
            "+ required": r"(?i:(?:python|node(?:\.?js)?|java|php|ruby"
            r"|go) v?\d[\w.]*\+ (?:is )?required)",
            "requires Go ": r"module requires Go \d",
            "Rust is too old": r"(?i:version of rust(?:c)? is too old)",
            "is too old": r"(?i:(?:python|node(?:\.?js)?|java|php|ruby|go|cmake|glibc|gcc|npm"
            r"|pip) (?:"
            r"version )?.{0,40}is too old)",
            "version of ruby": r"(?i:cannot find a suitable version of ruby)",
            "is not supported by": r"(?i:(?:python|node(?:\.?js)?|ruby"
            r"|php) v?\d[\w.]* is not supported)",
        },
        "TypeError: webidl.util.markAsUncloneable is not a function",
        "Python 3.12 or higher",
        weight=Weight.SIGN,
        fixable=_PARTIAL,
        confidence=0.8,
        tail=60,
    ),
    told(
        "browser-unfit",
        _DEPENDENCY,
        {
            "Could not find Chrom": r"Could not find (?:Chrome|Chromium|expected browser"
            r"|Firefox)\b",
            "Could not find expected": r"Could not find expected browser",
            "Cypress binary": r"the Cypress binary is missing",
            "missing the dependency: ": r"Your system is missing the dependency: ",
            "version of ChromeDriver": r"This version of (?:\w+ )?(?:ChromeDriver"
            r"|MSEdgeDriver) only",
            "launch the browser": r"Failed to launch (?:the )?browser process",
            "binary at": r"no (?:chrome|firefox) binary at|cannot find (?:Chrome|Firefox) binary",
            "Chrome binary": r"cannot find Chrome binary",
            "set CHROME_BIN": r"Please set env variable CHROME_BIN",
            "CHROME_BIN": r"(?i:(?:no binary for \w+ browser|CHROME_BIN))",
        },
        "Error: Could not find Chrome (ver. 121.0.6167.85).",
        "the browser was launched",
        tool="browser",
        weight=Weight.SIGN,
        fixable=_PARTIAL,
        confidence=0.85,
        beats=frozenset({"playwright"}),
        tail=120,
    ),
    told(
        "native-requirement",
        _DEPENDENCY,
        {
            "pkg-config": r"was not found in the pkg-config search path"
            r"|(?i:pkg-config .{0,60}(?:not found"
            r"|could not be found|exited with status code 1))",
            "required by 'virtual:world'": r"Package '.{1,60}', required by 'virtual:world', not "
            r"found",
            "No package '": r"No package '[^']{1,60}' found",
            "Python.h": r"fatal error: Python\.h: No such file",
            "`protoc`": r"Could not find `protoc`",
            "program not found or is not": r"program not found or is not executable",
            "linker `": r"linker `[^`]{1,40}` not found",
            "need to install the latest": r"You need to install the latest version of (?:Python"
            r"|Visual)",
            "gyp ERR! find": r"gyp ERR! find (?:Python|VS) .{0,40}(?:could not|not found|need)",
            "requires Xcode": r"tool 'xcodebuild' requires Xcode",
            "not be found in PATH": r"(?i:[\w.-]{1,40} (?:could not be|was not|is not"
            r"|not) found (?:in|on) "
            r"(?:your |the |\$)?PATH)",
            "in PATH": r"(?i:[\w.\"'`-]{1,40} (?:could not be|was not|is not|not) (?:found )?(?:in"
            r"|on) (?:"
            r"your |the |\$|%)?PATH\b|(?:unable|failed) to (?:find|locate) .{1,40} (?:in"
            r"|on) (?:your |the "
            r"|\$)?PATH\b|is it (?:installed and )?in (?:your )?PATH)",
            "lease install": r"(?i:\bplease install (?:it|the|a |an |[\w.@/-]{1,40}$"
            r"|[\w.@/-]{1,40} (?:and|"
            r"first|to|from|via|with|using|before)))",
            "not installed": r"(?i:(?:error|fatal|\u274c)\W{1,3}.{0,60}(?:is|are"
            r"|was) not installed)",
            "gcc' failed: No such": r"command '.{1,60}' failed: No such file or directory",
            "' failed: No such": r"command '.{1,60}' failed: No such file or directory",
        },
        "Package gtk+-3.0 was not found in the pkg-config search path.",
        "found in PATH",
        fixable=_PARTIAL,
        confidence=0.75,
        tail=40,
    ),
    told(
        "packages-unresolved",
        _DEPENDENCY,
        {
            "package-lock.json": r"(?i:`?npm ci`? can only install packages)",
            "Could not resolve dep": r"Could not resolve dependencies for project",
            "Could not resolve all": r"Could not resolve all (?:files|dependencies|artifacts"
            r"|task dep)",
            "Could not find artifact": r"Could not find artifact ",
            "Could not resolve ": r"Could not resolve [\w.-]{1,80}:[\w.-]{1,80}:",
            "error NU": r"error NU(?:1\d\d\d): (?!.{0,120}vulnerab)",
            "require-hashes": r"--require-hashes mode|require-hashes",
            "No solution for": r"(?i:no solution (?:for|found))",
            "specification for": r"Unable to find a specification for",
            "compatible versions for pod": r"could not find compatible versions for pod",
            "find any matching package": r"(?i:could(?: not|n't) find (?:any )?matching package)",
            "version solving failed": r"version solving failed",
            "has been yanked": r"(?i:(?:has been|was|is) yanked)",
            "is locked to": r"Your bundle is locked to .{1,120}, but that version",
            "unsatisfiable": r"lockfile is unsatisfiable|(?i:unsatisfiable (?:dep|requirement"
            r"|constraint))",
            "nresolved dependenc": r"(?i:unresolved dependenc(?:y|ies))",
            "nmet dependenc": r"(?i:unmet dependenc(?:y|ies)|unmet peer dependenc)",
            "onflicting dependenc": r"(?i:conflicting (?:peer )?dependenc(?:y|ies))",
            "ependency conflict": r"(?i:dependency conflicts?\b)",
            "lock file": r"(?i:lock ?file .{0,60}(?:out of (?:date|sync)|outdated"
            r"|not up[- ]to[- ]date|needs "
            r"(?:to be )?updat|does not match|is stale|would be (?:modified|updated)))",
            "lockfile": r"(?i:lock ?file .{0,60}(?:out of (?:date|sync)|outdated"
            r"|not up[- ]to[- ]date|needs "
            r"(?:to be )?updat|does not match|is stale|would (?:be|have been) (?:modified"
            r"|updated)))",
            ".lock": r"(?i:\S{1,40}\.lock .{0,40}(?:out of (?:date|sync)|outdated"
            r"|not up[- ]to[- ]date|needs "
            r"(?:to be )?updat|is stale|would be (?:modified|updated)))",
            "NoSuchModuleError": r"NoSuchModuleError: ",
            "nstall failed": r"(?i:(?:package|dependency|dependencies|npm|pip|yarn"
            r"|pnpm) install failed)",
            "nstall dependencies": r"(?i:failed to install (?:\w+ )?(?:dependencies|packages"
            r"|requirements))",
            "to install package": r"(?i:failed to install package)",
        },
        "Unable to find a specification for `X` depended upon by `Y`",
        "the lockfile is up to date",
        fixable=_PARTIAL,
        confidence=0.75,
        tail=40,
    ),
)
