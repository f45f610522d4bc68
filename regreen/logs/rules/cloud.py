"""Clouds and deploy tools: AWS, Google Cloud, Azure, Firebase, Heroku, Kubernetes, registries."""

from __future__ import annotations

from regreen.logs.rules.base import Rule, Weight
from regreen.logs.rules.spoken import spoken
from regreen.model import Category


def _cloud(
    rule_id: str,
    category: str,
    message: str,
    triggers: tuple[str, ...],
    matches: str,
    ignores: str,
    *,
    confidence: float = 0.88,
    weight: Weight = Weight.SIGN,
    final: Weight = Weight.VERDICT,
) -> Rule:
    return spoken(
        rule_id,
        rf"^.{{0,300}}?(?P<message>(?:{message}).*)$",
        triggers=triggers,
        category=category,
        weight=weight,
        final=final,
        tail=40,
        confidence=confidence,
        matches=matches,
        ignores=ignores,
    )


RULES = (
    _cloud(
        "cloud-rights",
        Category.PERMISSION_ERROR,
        r"Credentials could not be loaded, please check your action inputs|Could not load "
        r"credentials from any providers|Could not assume role with OIDC"
        r"|Not authorized to perform sts:|is not authorized to perform: |Unable to locate "
        r"credentials|\((?:AccessDenied\w*|UnauthorizedOperation|ExpiredToken\w*|InvalidClientToken"
        r"Id|UnrecognizedClientException|SignatureDoesNotMatch|InvalidAccessKeyId|AuthFailure"
        r"|Forbidden(?:Exception)?|403)\)|NoCredentialProviders|NoCredentialsError"
        r"|The security token included in the request is (?:invalid|expired)"
        r"|\bAADSTS\d+|\(AuthorizationFailed\)|AuthorizationFailed\b|does not have authorization to"
        r" perform action|No subscriptions found for|Az CLI Login failed|Login failed with Error"
        r"|Please run 'az login'|google-github-actions/auth failed with"
        r"|The caller does not have permission|Permission '.*' denied on resource"
        r"|PERMISSION_DENIED: |IAM_PERMISSION_DENIED|You do not currently have an active account"
        r"|Request had (?:invalid|insufficient) authentication|could not find default credentials"
        r"|Could not load the default credentials|had HTTP Error: 40[13]|Reauthentication (?:is "
        r")?needed|error (?:saving|storing) credentials|Failed to authenticate, have you run "
        r"firebase login|Authentication Error: Your credentials are no longer valid"
        r"|cannot (?:create|get|list|patch|update|delete) resource \"|You must be logged in to the "
        r"server|No Vercel credentials|The token provided via .* is not valid"
        r"|Authentication error \[code: 10000\]|non-interactive environment, it's necessary to set"
        r" a CLOUDFLARE_API_TOKEN|Invalid API [Tt]oken|Invalid access token|JWT .* (?:expired"
        r"|invalid)|invalid_grant|invalid_client|Code: AuthenticationFailed",
        (
            "redentials",
            "OIDC",
            "uthorized to perform",
            "(AccessDenied",
            "(UnauthorizedOperation",
            "(ExpiredToken",
            "(InvalidClientToken",
            "(UnrecognizedClient",
            "(SignatureDoes",
            "(InvalidAccessKey",
            "(AuthFailure",
            "(Forbidden",
            "(403)",
            "NoCredential",
            "security token included",
            "AADSTS",
            "AuthorizationFailed",
            "authorization to perform",
            "No subscriptions found",
            "Login failed",
            "az login",
            "actions/auth failed",
            "does not have permission",
            "denied on resource",
            "PERMISSION_DENIED",
            "active account",
            "authentication",
            "Reauthentication",
            "HTTP Error: 40",
            "Failed to authenticate",
            "Authentication ",
            ' resource "',
            "must be logged in",
            "token provided via",
            "CLOUDFLARE_API_TOKEN",
            "Invalid API ",
            "Invalid access token",
            "JWT ",
            "invalid_grant",
            "invalid_client",
            "AuthenticationFailed",
        ),
        "Error: Credentials could not be loaded, please check your action inputs: no provider",
        "Credentials loaded",
        confidence=0.9,
    ),
    _cloud(
        "cloud-template",
        Category.CONFIGURATION_ERROR,
        r"Template format error: |Template validation error: |\(ValidationError\) when calling"
        r"|Failed to create the changeset: |No changes to deploy\. Stack|\((?:InvalidParameter\w*"
        r"|ValidationException|ResourceNotFoundException|NoSuchBucket|NoSuchEntity"
        r"|ParameterNotFound|RepositoryNotFoundException)\) when calling"
        r"|InvalidTemplate(?:Deployment)?\b|You must specify a region|The specified bucket does not"
        r" exist|is in ROLLBACK_\w+ state|ROLLBACK_COMPLETE state|error validating \"|error: unable"
        r" to recognize \"|error: no objects passed to apply|unknown field \"|The connection to the"
        r" server localhost:8080 was refused|current-context is not set|Invalid value: .*is invalid"
        r"|ERROR: \(gcloud\.\S+\) (?:INVALID_ARGUMENT|NOT_FOUND|unrecognized arguments|Invalid)"
        r"|\(gcloud\.\S+\) The required property \[|Error: No currently active project"
        r"|Not in a Firebase app directory|Must supply (?:a public|either)|Couldn't find that app"
        r"|Project not found\. If this|Could not find (?:a )?(?:wrangler|serverless|netlify)"
        r"|You did not provide an? .*(?:token|key)|Missing required (?:input|argument|parameter)",
        (
            "Template ",
            "when calling",
            "create the changeset",
            "No changes to deploy",
            "InvalidTemplate",
            "specify a region",
            "specified bucket",
            "ROLLBACK_",
            "error validating",
            "unable to recognize",
            "no objects passed",
            "unknown field",
            "localhost:8080 was refused",
            "current-context",
            "is invalid",
            "(gcloud.",
            "active project",
            "Firebase app directory",
            "Must supply",
            "find that app",
            "Project not found",
            "ould not find ",
            "did not provide",
            "Missing required",
        ),
        "An error occurred (ValidationError) when calling the CreateChangeSet operation: no",
        "the template is fine",
        confidence=0.8,
    ),
    _cloud(
        "cloud-build",
        Category.BUILD_ERROR,
        r"Push rejected, failed to compile|remote: -----> Build failed|Build failed; check build "
        r"logs|Deployment failed\.? *$|Error: Command \"(?:npm|yarn|pnpm|bun) run .*\" exited with"
        r"|ERROR: \(gcloud\.(?:builds\.submit|run\.deploy|app\.deploy|functions\.deploy)\) .*"
        r"(?:[Bb]uild failed|Build failure|build .* completed with status \"FAILURE\")"
        r"|Failed during stage 'building site'|Build script returned non-zero exit code",
        (
            "failed to compile",
            "Build failed",
            "Deployment failed",
            'Error: Command "',
            "(gcloud.",
            "building site",
            "Build script returned",
        ),
        "remote:  !     Push rejected, failed to compile Node.js app.",
        "remote: -----> Build succeeded!",
        confidence=0.8,
    ),
)
