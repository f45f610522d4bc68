"""What services answer in words of their own: refusals, and connections that came to nothing.

Wordings of git's hosts, ssh, sudo, token checks, gRPC, browsers, the JVM, .NET, aiohttp, databases.
"""

from __future__ import annotations

from regreen.logs.rules.phrases import told
from regreen.model import AutoFixable, Category

RULES = (
    told(
        "refused",
        Category.PERMISSION_ERROR,
        {
            "denied to ": r"Permission to \S{1,120} denied to ",
            "assume role": r"(?i:(?:unable|failed|could not) (?:to )?assume role)",
            "GH00": r"GH0(?:06|13): ",
            "Protected branch": r"Protected branch update failed",
            "nauthenticated": r"(?i:unauthenticated (?:request|user|call))",
            "oken": r"(?i:tokens? (?:provided )?(?:is|are|was|has"
            r"|have)(?: been)? (?:either )?(?:invalid"
            r"|expired|revoked|not valid|rejected|incorrect|malformed)|(?:expired|revoked|bad"
            r"|wrong|"
            r"rejected) (?:\w+ )?token\b)",
            "uthentication credentials": r"(?i:invalid authentication credentials)",
            "unable to authenticate": r"ssh: unable to authenticate",
            "password is required": r"sudo: a (?:terminal|password) is required",
            "Repository not found": r"(?:remote|ERROR|fatal): Repository not found",
            "repository not found": r"(?:remote|ERROR|fatal): .{0,80}repository not found",
            "username or password": r"(?i:(?:invalid|incorrect|wrong) username or password)",
            "password authentication": r"Support for password authentication was removed",
            "Forbidden": r"(?i:^(?:\w+: )?(?:error: )?forbidden\b)",
            "privileges to": r"(?i:insufficient privileges)",
            "uthorization failed": r"(?i:authorization failed)",
            "ogin failed": r"(?i:login failed)",
            "ogin incorrect": r"(?i:login incorrect)",
            "not allowed to": r"(?i:(?:you|user|account|token|bot|actor) .{0,60}?(?:is"
            r"|are) not allowed to)",
        },
        "remote: Permission to a/b.git denied to demo-bot.",
        "the token is valid",
        confidence=0.8,
        tail=14,
    ),
    told(
        "connection-lost",
        Category.NETWORK_ERROR,
        {
            "UnknownHostException": r"UnknownHostException: ",
            "Cannot connect to host": r"Cannot connect to host ",
            "fetch failed": r"(?i:^(?:typeerror: )?fetch failed\b)",
            "= Unavailable desc": r"rpc error: code = Unavailable desc = ",
            "Lost connection": r"Lost connection to (?:MySQL )?server",
            "connection unexpectedly": r"closed the connection unexpectedly",
            "net::ERR_": r"net::ERR_(?:CONNECTION|NAME|INTERNET|NETWORK|ADDRESS|TIMED|EMPTY|SSL"
            r"|CERT)",
            "remote server": r"[Uu]nable to connect to the remote server",
            "SSL connection": r"The SSL connection could not be established",
            "SSL/TLS secure": r"Could not create SSL/TLS secure channel",
            "keyserver receive": r"gpg: keyserver receive failed",
            "EPIPE": r"\b(?:write )?EPIPE\b",
            "roken pipe": r"(?i:^(?:\S{1,80}: )?(?:write: |\[errno 32\] )?broken pipe$)",
            "ServerSelectionTimeout": r"ServerSelectionTimeoutError: .{0,200}refused",
            "(28) ": r"curl: \(28\) ",
            "rror: Failed to download": r"Error: Failed to download\b",
            "nternal server error": r"(?i:^(?:\w+: )?(?:http )?(?:error )?(?:500 )?internal "
            r"server error)",
        },
        "TypeError: fetch failed",
        "fetched, nothing failed",
        fixable=AutoFixable.YES,
        confidence=0.8,
        beats=frozenset({"timeout", "wait-limit"}),
        tail=14,
    ),
)
