"""Files that a step needs and that are not there, and files of settings that cannot be read.

The wordings are those of the C library behind the POSIX tools, of Node's and Python's own errors,
of the readers of YAML, JSON, TOML and INI, and of JSON schema validators.
"""

from __future__ import annotations

from regreen.logs.rules.phrases import told
from regreen.model import Category

_CONFIGURATION = Category.CONFIGURATION_ERROR
_FILE = r"[\w./@~*${}\\:-]{1,200}"
_PROGRAM = (
    r"(?:cat|cd|chmod|chown|cp|cut|diff|du|file|find|grep|head|install|ln|ls|md5sum|mkdir|mv"
    r"|openssl|patch|readlink|realpath|rm|rmdir|rsync|scp|sed|sha256sum|sort|source|stat|tail|tar"
    r"|tee|touch|unzip|wc|xargs|zip)"
)

RULES = (
    told(
        "path-missing",
        _CONFIGURATION,
        {
            "No such file": rf"^(?:.{{0,120}}: )?{_PROGRAM}: (?:.{{1,200}}: |cannot .{{1,200}}: "
            rf"|can't"
            r" read .{1,200}: )No such file or directory|^.{0,80}?: line \d+: .{1,200}: No such "
            r"file or directory|rsync: .{1,60} failed: No such file or directory"
            r"|Could not open file .{1,200}: No such file|^patch: \*\*\*",
            "File exists": rf"^(?:.{{0,120}}: )?{_PROGRAM}: (?:cannot create"
            rf"|failed to create) .{{1,200}}"
            r": File exists",
            "Not a directory": rf"^{_PROGRAM}: .{{1,200}}: Not a directory",
            "Is a directory": rf"^{_PROGRAM}: .{{1,200}}: Is a directory",
            "zip error": r"zip error: (?:Nothing to do|Could not create|Missing or)",
            "ENOENT": r"ENOENT: no such file or directory, (?:open|stat|lstat|scandir|access"
            r"|copyfile"
            r"|rename|unlink|chdir|readlink|mkdir|watch|copyfile) '",
            "o such file": r"[Ff]ailed to (?:open|read|load|find|stat) .{1,200}: [Nn]o such file",
            "no such file": r"(?:open|stat|lstat|chdir|read|CreateFile) \S{1,200}: no such file or "
            r"directory|unable to (?:open|read|stat) .{1,200}: no such file",
            "system cannot find": r": The system cannot find the (?:file|path) specified",
            "Could not find a part": r"Could not find a part of the path",
            "oes not exist": rf"(?i:^(?:error:? |fatal:? |\S{{1,60}}: )?(?:the )?(?:specified "
            rf")?(?:input "
            rf"|config(?:uration)? |source |target |output |working )?(?:file|path|directory"
            rf"|folder)"
            rf"(?: ['\"`]?{_FILE}['\"`]?)? does not exist)|(?i:path does not exist: )"
            r"|The directory \S{1,200} does not exist|(?i:asset|artifact) .{1,120} does not exist",
            "jarfile": r"Error: Unable to access jarfile ",
            "main class": r"Error: Could not find or load main class ",
            "main manifest": r"no main manifest attribute, in ",
            "could not be found": r"(?i:(?:playbook|theme|template|role|input file"
            r"|config(?:uration)? "
            r"file|working directory|preset|plugin):? .{1,120}? could not be found)",
            "ould not locate": r"[Cc]ould not locate (?:the included file|Gemfile|config"
            r"|\S{1,80}\.\w)",
            "No files": r"No files (?:were )?(?:found )?match(?:ed|ing|es)?\b(?!.{0,60}lint)"
            r"|No files found for the|No files to (?:upload|deploy|package)\b",
            "did not match": r"(?:pattern|glob|path)s? .{1,120}? did not match any files",
            "not found": r"(?i:^(?:error:? |fatal:? |\W{1,6})?(?:config(?:uration)?(?: file)?"
            r"|\.env(?: "
            r"file)?|settings file|env file|dockerfile|makefile|manifest|keystore file) .{0,120}?"
            r"not found\b)",
            "ind config": r"(?i:(?:could not|cannot|can't|unable to|failed to) find (?:a |the "
            r"|any )?"
            r"(?:valid )?config(?:uration)?(?: file)?\b)",
            "ind a config": r"(?i:(?:could not|couldn't|cannot|can't"
            r"|unable to) find a (?:\w+ )?config)",
            "ind env file": r"Couldn't find env file: ",
            "onfig file": r"(?i:(?:unable to|cannot|could not|can't|failed to) (?:locate|read|open"
            r"|load|"
            r"parse) (?:the )?config(?:uration)? file|config(?:uration)? file (?:does not exist|is "
            r"(?:missing|invalid|not valid)|cannot|could not))",
            "onfiguration file": r"(?i:(?:unable to|cannot|could not|can't|failed to"
            r"|error) (?:locate|"
            r"read|open|load|find|parse|loading|reading|parsing) (?:the )?configuration file)",
            "is missing.": r"File \S{1,120} is missing\. ",
        },
        "chmod: cannot access 'bin/*': No such file or directory",
        "the file exists; not found in cache",
        lead=r".{0,120}?",
        tail=16,
        confidence=0.7,
    ),
    told(
        "document-invalid",
        _CONFIGURATION,
        {
            "yaml: ": r"yaml: (?:line \d+: |unmarshal errors|unknown anchor|mapping values|control "
            r"characters|invalid)",
            "YAML": r"(?i:yaml(?:exception|parseerror|syntaxerror|semanticerror): "
            r"|(?:error|failed|invalid|unable|could not|cannot) .{0,40}?yaml\b"
            r"|yaml (?:syntax|parse|parsing|validation) error)",
            "found character": r"found character .{1,40} that cannot start any token",
            "did not find expected": r"did not find expected (?:key|alphabetic|'-'|node|',')",
            "JSONDecodeError: ": r"JSONDecodeError: ",
            "in JSON at": r"SyntaxError: Unexpected .{1,80} in JSON at position \d+",
            "is not valid JSON": r"is not valid JSON\b",
            "JSON input": r"Unexpected end of JSON input|unexpected end of JSON input",
            "looking for beginning": r"invalid character .{1,12} looking for beginning of",
            "nvalid JSON": r"(?i:invalid json\b)",
            "jq: ": r"^jq: (?:error|parse error|\d+ compile error)",
            "parse error: ": r"^parse error: (?:Invalid|Unfinished|Expected|Unmatched"
            r"|Objects must)",
            "yq: ": r"^(?:Error: |yq: )(?:bad|error|open|yaml)",
            "TOML": r"TOMLDecodeError: |(?i:(?:invalid|failed to parse|could not parse"
            r"|error parsing) "
            r"toml)|TOML parse error",
            "configparser.": r"configparser\.(?:No(?:Section|Option)|Parsing|Duplicate\w+|Missing"
            r"SectionHeader|Interpolation\w*)Error: ",
            "ValidationError: '": r"ValidationError: '.{1,80}' is (?:a required property|not )",
            "Additional propert": r"Additional propert(?:y|ies) .{0,120}?(?:not allowed"
            r"|unexpected)",
            "dditional propert": r"must NOT have additional properties",
            "required property": r"must have required property '|is a required property",
            "not match the": r"(?i:does not match (?:the )?(?:json )?schema\b)",
            "fails to match": r"(?i:fails to match (?:the )?schema|schema validation (?:failed"
            r"|errors?))",
            "chema": r"(?i:(?:invalid|failed) .{0,40}?schema\b|schema (?:validation"
            r"|check) (?:failed|"
            r"error))|does not match the API schema|Could not find Prisma Schema",
            "xpected config": r"(?i:unexpected config(?:uration)? (?:key|option|value))",
            "onfiguration": r"(?i:(?:error|failure|failed|problem)s? .{0,30}?(?:in|with|loading"
            r"|parsing|"
            r"reading|validating) .{0,30}?configuration\b|configuration (?:error|is invalid|is not"
            r" valid|problem|validation failed)\b|invalid configuration\b|unknown configuration)",
            "onfig ": r"(?i:(?:unknown|invalid|unsupported|unrecognized) config (?:key|option"
            r"|value|file"
            r"|setting|property)|config (?:is invalid|validation (?:failed|error)|error\b))",
            "nknown key": r"(?i:unknown keys? .{0,60}?(?:in|config|found))",
            "base64": r"base64: (?:invalid input|stdin: |error)|base64: .{0,40}invalid",
            "envsubst": r"envsubst: .{1,80}",
            "locale": r"(?:cannot change|unsupported|unknown|not a valid) locale|Cannot set LC_",
        },
        "jq: parse error: Invalid numeric literal at line 1, column 10",
        "yaml is fine\nthe configuration is valid",
        lead=r".{0,160}?",
        tail=16,
        confidence=0.72,
    ),
    told(
        "traced-file",
        _CONFIGURATION,
        {
            "FileNotFoundError: ": r"FileNotFoundError: (?:\[Errno 2\] No such file or directory: "
            r")?.+",
            "NotADirectoryError: ": r"NotADirectoryError: ",
            "IsADirectoryError: ": r"IsADirectoryError: ",
            "FileExistsError: ": r"FileExistsError: ",
        },
        "FileNotFoundError: [Errno 2] No such file or directory: 'config.yml'",
        "the error is FileNotFoundError",
        lead="",
        tail=6,
        confidence=0.6,
    ),
)
