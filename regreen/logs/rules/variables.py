"""Secrets, variables, inputs and arguments that a step should have been given.

The wordings are those of common libraries (envalid, t3-env, decouple, pydantic-settings, Prisma,
Supabase, OpenAI), of GitHub's own actions, of argument parsers (yargs, commander, cobra, getopt)
and of the checks that projects write themselves.
"""

from __future__ import annotations

from regreen.logs.rules.phrases import told
from regreen.model import Category

_CONFIGURATION = Category.CONFIGURATION_ERROR
_NAME = r"[`'\"\[]?[A-Z][A-Z0-9]*_[A-Z0-9_]+[`'\"\]]?"

RULES = (
    told(
        "secret-missing",
        _CONFIGURATION,
        {
            "ecret": r"(?i:could not find (?:a )?(?:repository )?secret|secrets? .{0,80}?"
            r"\b(?:missing or empty|(?:is|are|was|were) (?:missing|empty|blank|unset|required"
            r"|undefined|absent|unavailable)|(?:not|never|n't) (?:been )?(?:set|configured|found"
            r"|provided|defined|available|exist|present|supplied)\b)"
            r"|(?:add|set|configure|provide|create) .{0,60}?"
            r"(?:to|in|as|under) .{0,30}?secrets?\b|(?:missing|empty|undefined|no) .{0,40}?secrets?"
            r"\b(?!.{0,20}?(?:found|detected|leak)))",
            "redential": r"(?i:(?:missing|no|empty|without) (?:\w+ ){0,3}credentials? (?:provided"
            r"|set|given|configured|supplied)|credentials? .{0,60}?\b(?:is|are|were) (?:missing"
            r"|not set|not configured|empty|invalid or incomplete))",
            "oken": r"(?i:no (?:\w+ ){0,3}token (?:provided|specified|given|set|supplied|available)"
            r"|(?:\w+ )?token (?:is )?(?:not (?:found|provided|set|specified|supplied|configured)"
            r"|missing|required|undefined|empty)\b|token or opts\.auth is required"
            r"|missing (?:\w+ ){0,3}token\b)",
            "PI key": r"(?i:(?:no|missing) (?:\w+ ){0,2}api keys?\b|api key .{0,30}?(?:not|n't) "
            r"(?:set|found|provided|configured))",
            "_key": r"(?:api_key|secret_key\w*)\b.{0,20}? (?:must be set|is required|not set"
            r"|is missing|for '\w+' environment)|Missing `secret_key_base`",
            "-key ": r"The ssh-private-key argument is empty|ssh-private-key .{0,40}?(?:required"
            r"|empty|missing)",
            "ncryption key": r"Missing encryption key to decrypt|No application encryption key",
        },
        "Error: DEPLOY_KEY: could not find a secret named so",
        "No secrets found\n0 leaks, no secrets detected",
        tail=12,
        confidence=0.7,
    ),
    told(
        "variable-absent",
        _CONFIGURATION,
        {
            "ariable": rf"{_NAME} variable is (?:not set|missing|empty|required|undefined)"
            r"|(?i:(?:repository|required|env(?:ironment)?|missing|ci) variables? .{0,80}?"
            r"(?:missing|empty|not set|undefined|unset|not (?:been )?(?:defined|provided|found))"
            r"|(?:invalid|missing|bad|incorrect|undefined) env(?:ironment)? variables?\b"
            r"|set (?:the|an|your) .{0,40}?\benv(?:ironment)? variable|necessary to set (?:a|the)"
            r" .{1,60}? environment variable|no value for required variable"
            r"|required variable \S+ is missing)",
            "environment": rf"{_NAME} .{{0,40}}?environment (?:is|was) (?:not set|missing)",
            "envvar": r"not found\. Declare it as envvar or define a default value",
            "SettingsError: ": r"SettingsError: error (?:parsing|getting) value for field",
            "is required": r"(?i:^(?:error|typeerror|uncaught error): \[?\w{1,40}(?:url|key|token|"
            r"secret|dsn|host|id)\]? is required\.?$)|(?:Error: )?Parameter [\w ]{1,60} is "
            r"required",
            "must be ": rf"{_NAME} must be (?:set|defined|provided|specified|configured|a |an )"
            r"|(?i:\b(?:api|access|client|secret|auth)[_ -]?(?:key|token|id) .{0,60}?must be set)",
            "not set": rf"{_NAME}(?: secret| variable| env var)?:? (?:is )?not set\b",
            "is missing": rf"{_NAME} is missing|(?i:config(?:uration)? (?:value|key"
            rf"|option)) .{{1,60}}"
            r"? is missing",
            "Missing ": rf"Missing (?:required )?(?:\w+ ){{0,3}}{_NAME}",
        },
        "Error: Invalid environment variables",
        "the variable is set",
        tail=20,
        confidence=0.7,
    ),
    told(
        "variable-of-environ",
        _CONFIGURATION,
        {"KeyError: '": r"KeyError: '[A-Z][A-Z0-9]*_[A-Z0-9_]+'$"},
        "KeyError: 'DATABASE_URL'",
        "KeyError: 'name'",
        lead="",
        tail=8,
        confidence=0.65,
    ),
    told(
        "input-missing",
        _CONFIGURATION,
        {
            "nput": r"(?i:missing (?:required )?input|required input .{0,60}?(?:missing|not |empty)"
            r"|input .{1,80}? (?:is required|must be (?:provided|set|specified|one of)"
            r"|(?:is|was) (?:not (?:supplied|provided|set)|missing|empty))"
            r"|(?:either|one of) .{1,120}? inputs? (?:must|is|are)|unexpected input\(s\)"
            r"|invalid (?:value for )?input\b|no input (?:files?|was) (?:given|provided"
            r"|specified))",
            "missing server host": r"missing server host",
            "private SSH key": r"can't connect without a private SSH key or password",
            "repository": r"(?i:You must provide a repository|repository .{1,80}? is not "
            r"configured)",
            "is not configured": r"(?i:\w+ is not configured for (?:this|the) )",
        },
        'Error: either "username" or "password" input must be provided',
        "input provided",
        tail=12,
        confidence=0.7,
    ),
    told(
        "arguments-wrong",
        _CONFIGURATION,
        {
            "rgument": r"(?:Error: |error: |ERROR: )?(?:[Uu]nknown (?:or unexpected )?arguments?:? "
            r"|[Nn]ot enough (?:non-option )?arguments|[Mm]issing required arguments?\b"
            r"|[Tt]oo (?:many|few) arguments\b|[Ii]nvalid argument(?:s| '|: | \"| value)"
            r"|option '.{1,80}' argument (?:missing|.{1,40} is invalid)|[Ii]llegal argument:? "
            r"|missing required argument '|[Uu]nrecognized argument)",
            "arg(s)": r"(?:requires|accepts) (?:at least |at most |between \d+ and )?\d+ arg\(s\)",
            "option": r"(?i:error: unknown option '|error: required option '"
            r"|required option missing"
            r"|unknown or unexpected option|unsupported option\b|unknown options?: "
            r"|option .{1,60}? (?:requires (?:a value|an argument)|is mandatory|does not take)"
            r"|no such option:)|not a valid option\b",
            "flag": r"required flag\(s\) \"|flag (?:provided but not defined|needs an argument)"
            r"|unknown (?:shorthand )?flag: |unknown long flag '|[Uu]nrecognized flag",
            "ommand": r"(?:Error: |error: )unknown command:? |[Uu]nknown command:? ['\"`]"
            r"|[Ii]nvalid subcommand\b|is not a known command"
            r"|[Cc]ommand \".{1,60}\" is not defined",
            "VM option": r"Unrecognized VM option '|Conflicting collector combinations",
            "Java Virtual": r"Could not create the Java Virtual Machine",
        },
        "Error: accepts 1 arg(s), received 0",
        "1 argument was given",
        lead=r".{0,80}?",
        tail=14,
        confidence=0.7,
    ),
)
