"""What was refused: tokens, rights, credentials, files; whatever no retry mends."""

from __future__ import annotations

from regreen.logs.rules.base import Weight, pattern
from regreen.logs.rules.spoken import spoken
from regreen.model import Category

RULES = (
    pattern(
        "token-rights",
        r"^.{0,300}?(?P<message>(?:Resource not accessible by (?:integration|personal access token)"
        r"|refusing to allow (?:a|an) .{1,60} (?:to create or update|without) .*"
        r"|GitHub Actions is not permitted to (?:create|approve).*"
        r"|Unable to get ACTIONS_ID_TOKEN_REQUEST_(?:URL|TOKEN) env variable"
        r"|Unable to get OIDC token|did you mean to set the `id-token` permission.*"
        r"|Failed to get ID [Tt]oken.*|Response json body do not have ID Token field"
        r"|Error: Bad credentials|HttpError: Bad credentials|HTTP 401: Bad credentials"
        r"|HttpError: (?:Requires authentication|Must have admin rights.*|Forbidden)"
        r"|Your token has not been granted the required scopes.*"
        r"|Upgrade to .* or make this repository public.*"
        r"|RequestError \[HttpError\]: (?:Resource not|Bad cred).*).*)$",
        triggers=(
            "Resource not accessible by",
            "refusing to allow a",
            "is not permitted to",
            "ACTIONS_ID_TOKEN_REQUEST",
            "OIDC token",
            "`id-token` permission",
            "ID token",
            "ID Token",
            "Bad credentials",
            "HttpError: ",
            "required scopes",
            "make this repository public",
        ),
        category=Category.PERMISSION_ERROR,
        weight=Weight.SIGN,
        tail=40,
        confidence=0.93,
        matches="RequestError [HttpError]: Resource not accessible by integration",
        ignores="Resource accessible by integration",
    ),
    spoken(
        "permission",
        r"^.{0,400}?(?P<message>(?:[Pp]ermission denied|[Aa]ccess(?: is|) [Dd]enied|AccessDenied"
        r"|40[13] (?:Forbidden|Unauthorized|Client Error)|(?<!\d)40[13] \([^)\n]*\)"
        r"|[Ss]tatus(?: code)?:? ?40[13]\b|returned error: 40[13]\b|ERROR 40[13]: "
        r"|HTTP(?: Error| status|/[\d.]+)?:? 40[13]\b|unauthorized: |E40[13]\b|\bEACCES\b"
        r"|[Aa]uthentication failed|[Aa]uthentication required|requires authentication"
        r"|Bad credentials|[Ii]nvalid (?:credentials|token|api key|access token)\b"
        r"|(?:does not|doesn't) have (?:the )?(?:required )?(?:permission|access|authorization)"
        r"|insufficient (?:permission|scope|privilege)|[Nn]ot authorized|not authorised"
        r"|must have admin|[Oo]peration not permitted|\bdenied: |PERMISSION_DENIED|UNAUTHENTICATED"
        r"|has a shebang but is not marked executable|Host key verification failed"
        r"|error (?:saving|storing) credentials|You are not (?:logged in|allowed|permitted)"
        r"|[Pp]lease (?:log in|login) (?:to|first)|requires? (?:root|superuser|sudo)\b"
        r"|are you root\?|must be (?:run )?(?:as )?root|Could not load credentials"
        r"|only users with|running scripts is disabled).*)$",
        triggers=(
            "ermission denied",
            "ccess denied",
            "ccess Denied",
            "ccess is denied",
            "AccessDenied",
            "401",
            "403",
            "nauthorized",
            "uthentication ",
            "requires auth",
            "credentials",
            "nvalid token",
            "nvalid api key",
            "nvalid access token",
            "not have ",
            "n't have ",
            "insufficient ",
            "ot authori",
            "must have admin",
            "EACCES",
            "not permitted",
            "denied: ",
            "PERMISSION_DENIED",
            "UNAUTHENTICATED",
            "marked executable",
            "Host key",
            "You are not ",
            "log in ",
            "login ",
            "require",
            "root",
            "only users with",
            "scripts is disabled",
        ),
        category=Category.PERMISSION_ERROR,
        confidence=0.82,
        matches="error: failed to write: Permission denied (os error 13)",
        ignores='test_permission_denied PASSED\n 12 |   expect(x, "401 Unauthorized")',
    ),
)
