"""What deploy and infrastructure tools refuse: compose files, manifests, charts, hosting projects.

Wordings of docker compose, kubectl, helm, Terraform, Serverless, wrangler, Vercel, Netlify,
Firebase, ansible, Xcode, Gradle's Android plug-in, databases and ssh.
"""

from __future__ import annotations

from regreen.logs.rules.base import Weight
from regreen.logs.rules.phrases import told
from regreen.model import Category

_CONFIGURATION = Category.CONFIGURATION_ERROR

RULES = (
    told(
        "compose-file",
        _CONFIGURATION,
        {
            "services.": r"services\.[\w.-]{1,120} (?:contains|must be|Additional|must not|is not)"
            r"|validating \S{1,200}: ",
            "Compose file": r"The Compose file '.{1,200}' is invalid",
            "while interpolating": r"error while interpolating ",
            "interpolation format": r"(?:[Ii]nvalid interpolation format|invalid interpolation)",
            "compose project": r"invalid compose project",
            "undefined volume": r"refers to undefined (?:volume|network|config|secret)",
        },
        'invalid interpolation format for services.web.image: "${TAG"',
        "services started",
        tool="docker compose",
        confidence=0.85,
    ),
    told(
        "manifest-refused",
        _CONFIGURATION,
        {
            "Error from server (": r"Error from server \((?:NotFound|BadRequest|Invalid|Conflict"
            r"|AlreadyExists|UnprocessableEntity)\): (?!container )",
            "no matches for kind": r"no matches for kind \"",
            "server API group": r"couldn't get current server API group list",
            "the server could not find": r"the server could not find the requested resource",
            "the server doesn't have": r"the server doesn't have a resource type",
            "cluster unreachable": r"Kubernetes cluster unreachable: ",
            "nvalid kubeconfig": r"(?i:invalid kubeconfig|invalid configuration: no configuration)",
            "context was not": r"context was not found for specified context",
            "another operation (": r"another operation \(install/upgrade/rollback\) is in progress",
        },
        'error: no matches for kind "Ingress" in version "extensions/v1beta1"',
        "deployment.apps/web configured",
        tool="kubectl",
        final=Weight.SIGN,
        confidence=0.8,
    ),
    told(
        "infrastructure-state",
        _CONFIGURATION,
        {
            "state lock": r"Error acquiring the state lock|Error locking state",
            "credential sources": r"No valid credential sources found",
            "resolve variable": r"Cannot resolve (?:serverless\.yml|variable)"
            r"|Cannot resolve variable at ",
            "resource already exists": r"(?i:resource already exists)",
            "already exists": r"(?i:\b(?:stack|bucket|function|repository|release|tag|version"
            r"|package|"
            r"resource|namespace) .{1,120}? already exists\b)",
            "already been": r"(?i:(?:version|release|tag|package) .{0,80}? (?:has )?already been "
            r"(?:published|taken|uploaded|released))",
        },
        "Error: Error acquiring the state lock",
        "the lock was acquired",
        final=Weight.SIGN,
        tail=40,
        confidence=0.78,
    ),
    told(
        "hosting-project",
        _CONFIGURATION,
        {
            "Wrangler config": r"(?i:cannot find a wrangler config)",
            "entry-point": r"Missing entry-point",
            "non-interactive": r"In a non-interactive environment, ",
            "roject not found": r"(?:Error[!:] )?Project not found\b",
            "Your Project was": r"Your Project was either deleted",
            "our project": r"(?:codebase|directory) isn't linked to a project"
            r"|Could not retrieve Project"
            r" Settings",
            "Project Settings": r"Could not retrieve Project Settings",
            "existing credentials": r"No existing credentials found",
            "Firebase project": r"Failed to (?:get|list|find) Firebase project",
            "firebase.json": r"not detected in firebase\.json|(?:Error: "
            r")?.{0,80}firebase\.json\b.{0,60}"
            r"(?:invalid|missing|must|no )",
            "hosting target": r"hosting target|Assertion failed: resolving hosting",
            "Site not found": r"Site not found\b|NotFoundError: Site",
            "app not found": r"(?i:(?:app|application|space|project|site|pages project"
            r"|distribution|"
            r"cluster|instance|service) not found\b)",
            "pages project": r"(?i:pages project .{0,60}(?:not|does)"
            r"|project .{1,60} does not exist)",
            "Publish directory": r"(?i:publish directory .{0,80}(?:not found|does not exist))",
            "deploy directory": r"(?i:the deploy directory .{1,120} (?:has not been found"
            r"|does not))",
            "environment is not": r"(?i:environment .{0,40}is not (?:defined|configured|found))",
            "Unable to process template": r"Unable to process template language expressions",
            "task definition": r"(?i:(?:invalid|unable to (?:find|describe)"
            r"|failed to register) .{0,40}"
            r"task definition)",
            "ImagePull": r"(?:ImagePullBackOff|ErrImagePull)",
            "CreateContainerConfig": r"CreateContainerConfigError",
        },
        'Error! Project not found ({"VERCEL_PROJECT_ID":"x","VERCEL_ORG_ID":"y"})',
        "Project found",
        tail=14,
        confidence=0.75,
    ),
    told(
        "playbook",
        _CONFIGURATION,
        {
            "ERROR! ": r"ERROR! (?:the (?:playbook|role|file)|couldn't resolve|no action detected"
            r"|conflicting|.{1,80} is not a valid|.{0,40}Syntax Error|We were unable"
            r"|Unable to parse"
            r"|Unexpected Exception|Invalid|Failed to|no module|.{0,60} (?:not found|is required))",
            "inventory": r"(?i:unable to parse .{1,200} as an inventory source"
            r"|no inventory was parsed)",
        },
        "ERROR! the playbook: site.yml could not be found",
        "PLAY RECAP",
        tool="ansible",
        final=Weight.VERDICT,
        confidence=0.85,
    ),
    told(
        "mobile-signing",
        _CONFIGURATION,
        {
            "signing certificate": r"No signing certificate \"|(?i:no (?:valid )?signing "
            r"certificates?)",
            "profiles for": r"No profiles for '",
            "rovisioning profile": r"(?i:(?:no|missing|invalid|requires a|doesn't (?:include"
            r"|match)) .{0,"
            r"60}?provisioning profile|provisioning profile .{0,120}?(?:doesn't|does not|expired"
            r"|not found|is missing))",
            "google-services.json": r"File google-services\.json is missing"
            r"|(?i:google-services\.json.{0,"
            r"40}(?:missing|not found|no matching))",
            "SDK location": r"SDK location not found|Android SDK (?:location )?not found",
            "eystore": r"(?i:keystore (?:file )?.{0,160}?(?:not found|not set|was tampered"
            r"|missing))",
            "GoogleService-Info": r"(?i:GoogleService-Info\.plist.{0,60}(?:missing|not found"
            r"|no such))",
            "development team": r"requires a development team",
            "xcodebuild: error": r"xcodebuild: error: ",
            "does not contain a scheme": r"does not contain a scheme",
            "icenses have not": r"licenses have not been accepted",
        },
        'error: No signing certificate "iOS Distribution" found',
        "signed",
        final=Weight.SIGN,
        tail=40,
        confidence=0.82,
    ),
    told(
        "database-absent",
        _CONFIGURATION,
        {
            "NoDatabaseError": r"NoDatabaseError\b",
            "could not find your database": r"(?i:we could not find your database)",
            "MessageEncryptor": r"InvalidMessage$|InvalidMessage: ",
            "no such table": r"no such table: ",
            "UndefinedTable": r"UndefinedTable\b.{0,200}",
            'relation "': r"relation \"[\w.]{1,80}\" does not exist",
            "function ": r"function [\w.]{1,80}\(.{0,120}\) does not exist",
            "Unknown database": r"Unknown database '",
            "Table '": r"Table '[\w.]{1,120}' doesn't exist",
            "config/database": r"Could not (?:find|load) (?:\S{0,40})?config/database",
        },
        "Error running checks: function public.f() does not exist",
        "function f exists",
        tail=10,
        confidence=0.6,
    ),
    told(
        "key-unreadable",
        _CONFIGURATION,
        {
            "error in libcrypto": r"(?:Load(?:ing)? key|Error loading key) .{1,160}: error in "
            r"libcrypto",
            "invalid format": r"(?:Load(?:ing)? key|Error loading key|load pubkey"
            r"|Can't load) .{1,160}: "
            r"invalid format",
            "private key": r"(?i:(?:invalid|malformed|unable to (?:load|parse|read)"
            r"|could not (?:read|"
            r"parse)|failed to (?:parse|read|load|decode)) .{0,30}?private key)",
            "PEM": r"(?i:(?:invalid|no|bad|failed to (?:find|decode|parse)"
            r"|not a valid) .{0,30}?\bPEM\b)"
            r"|PEM routines",
            "DECODER routines": r"DECODER routines::",
            "gpg: ": r"gpg: (?:signing failed|no valid OpenPGP|no default secret key"
            r"|decryption failed"
            r"|keydata|skipped \")|gpg: .{1,60}: No secret key",
            "nvalid header": r"(?i:invalid (?:character in )?header (?:content|value))",
        },
        'Load key "/home/runner/.ssh/id": error in libcrypto',
        "Identity added",
        tail=14,
        confidence=0.75,
    ),
    told(
        "packagers-settings",
        _CONFIGURATION,
        {
            "versions of pnpm": r"Multiple versions of pnpm specified",
            "pnpm version": r"No pnpm version is specified",
            "lock file is not": r"Dependencies lock file is not found",
            '"packageManager"': r"defines \"packageManager\": ",
            "with arch ": r"(?:Error: )?Version .{1,60} with arch \S{1,20} not found",
            "JAVA_HOME": r"JAVA_HOME (?:is (?:not set|set to an invalid)"
            r"|environment variable is not)",
            "java version": r"Could not determine java version from '",
            "version of Python that": r"Could not find a version of Python that satisfies",
            "pyproject.toml": r"could not find a pyproject\.toml",
            "nvironment": r"(?:[Uu]nknown environment:?|[Nn]o such environment:?"
            r"|environment not found:?)"
            r" ['\"`]?[\w.-]{1,60}['\"`]?$",
            "essions not found": r"Sessions not found: ",
            "not found in root project": r"Task '.{1,80}' not found in (?:root )?project",
            "config name": r"(?i:fatal: empty ident name|Please tell me who you are)",
            "ull with rebase": r"cannot pull with rebase: ",
            "be overwritten by": r"(?:local changes|working tree files) .{0,80}would be "
            r"overwritten by",
            "ot a git repository": r"(?i:fatal: not a git repository)",
            "tell me who you are": r"\*\*\* Please tell me who you are",
            "Not a valid object": r"(?:[Ff]atal|[Ee]rror): [Nn]ot a valid object name",
            "valid object name": r"[Nn]ot a valid object name:? '",
            "themes": r"(?:module|theme) \".{1,80}\" not found",
            "config file or dir": r"Unable to locate config file or (?:config )?directory",
            "export is not": r"(?:cache export|OCI exporter|docker exporter) (?:is not|does not)",
            "for the docker driver": r"is not supported for the docker driver",
            "requested profile": r"requested profile \".{1,80}\" is not",
            "NETSDK1045": r"NETSDK1045: ",
            "No GitHub token": r"No GitHub token specified",
            "unctions directory": r"(?i:functions directory .{0,80}not exist)",
        },
        "Error: No pnpm version is specified.",
        "pnpm version 9",
        tail=16,
        confidence=0.78,
    ),
)
