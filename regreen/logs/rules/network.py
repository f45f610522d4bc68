"""What the network or a service on it did: no address, no connection, TLS, HTTP 429 and 5xx."""

from __future__ import annotations

from regreen.logs.rules.base import Weight
from regreen.logs.rules.spoken import spoken
from regreen.model import AutoFixable, Category

_BROKEN = (
    r"Could not resolve (?:host|proxy)|[Tt]emporary failure (?:in name resolution|resolving)"
    r"|Name or service not known|nodename nor servname provided|Could not resolve '\S+'"
    r"|bad address '\S+'|unable to resolve host address|[Nn]o such host"
    r"|getaddrinfo (?:ENOTFOUND|EAI_AGAIN)|lookup \S+(?: on \S+)?: (?:i/o|server misbehaving)"
    r"|The remote name could not be resolved|No address associated with hostname"
    r"|[Cc]onnection timed out|[Cc]onnection reset by peer|[Cc]onnection refused"
    r"|[Cc]onnection (?:was )?aborted|[Cc]onnection (?:was )?closed (?:unexpectedly|by)"
    r"|[Nn]etwork is unreachable|No route to host|[Cc]ould not connect to (?:server|http|\S+:\d)"
    r"|\b(?:ECONNRESET|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|EHOSTUNREACH|ENETUNREACH)\b"
    r"|Remote end closed connection|IncompleteRead|ChunkedEncodingError"
    r"|[Mm]ax retries exceeded with url|Read timed out|Connect timed out|connect timeout"
    r"|TLS handshake timeout|tls: (?:handshake|failed to verify)|x509: certificate"
    r"|CERTIFICATE_VERIFY_FAILED|SSL certificate problem|SSL_ERROR_SYSCALL|SSL routines:"
    r"|unable to (?:get local issuer|verify the first) certificate|PKIX path building failed"
    r"|SSLHandshakeException|gnutls_handshake\(\) failed|schannel: "
    r"|Error in the HTTP2 framing layer|stream (?:\d+ )?was not closed cleanly"
    r"|stream error: stream ID \d+"
    r"|early EOF|RPC failed; |unexpected disconnect|fetch-pack: |unexpected EOF$"
    r"|socket hang up|network (?:timeout|error)\b|request to \S+ failed, reason: |i/o timeout"
    r"|remote end hung up|error sending request for url|Failure when receiving data"
    r"|The (?:remote )?server (?:is temporarily|returned an error: \(5)|upstream connect error"
    r"|Unable to make request: E"
)
_ANSWERS = (
    r"The requested URL returned error: (?:5\d\d|429)|(?<![\d.])50[0-4] (?:Server Error|Service "
    r"(?:Temporarily )?Unavailable|Bad Gateway|Gateway Time-?out|Internal Server Error"
    r"|Backend fetch failed)|Unexpected HTTP response: (?:5\d\d|429)"
    r"|(?:status code|[Ss]tatus|HTTP error|HTTP Error|HTTP status|response code|HTTP/[\d.]+"
    r"|responded with|StatusCode)[:= ]{0,3}\(?(?:5[0-2]\d|429)\b|ERROR (?:5\d\d|429): "
    r"|429 (?:Client Error|Too Many Requests)|\(HTTP (?:5\d\d|429)\)|toomanyrequests"
    r"|TOOMANYREQUESTS"
    r"|[Rr]ate limit (?:was )?exceeded|rate limit has been (?:reached|exceeded)"
    r"|exceeded a secondary rate limit|ThrottlingException|Throttling: Rate exceeded"
    r"|RequestLimitExceeded|Rate exceeded|EGRESS_LIMIT|ServiceUnavailable"
)
_FETCHES = (
    r"Failed to fetch (?:http|\S+://)|Unable to fetch|[Ff]ailed to download (?:http|\"|'|from"
    r"|\S+:/)"
    r"|Failed to download archive|Could not transfer artifact|Couldn't download|Error downloading "
    r"|[Dd]ownload (?:of \S+ )?failed|unable to download|Unable to download"
    r"|Failed to (?:CreateArtifact|FinalizeArtifact|ListArtifacts|GetSignedArtifactURL)"
    r"|Artifact download failed after \d+ retries|Failed to make request after \d+ attempts"
    r"|Cache service responded with 5\d\d|Action '\S+' download has timed out"
    r"|curl: \((?:5|6|7|16|18|28|35|52|55|56|60|92)\)|aria2c?.*errorCode="
)
_GONE = r"curl: \(22\) .*: 4(?:04|10)\b|ERROR 4(?:04|10): |Unexpected HTTP response: 4(?:04|10)\b"

RULES = (
    spoken(
        "network",
        rf"^.{{0,400}}?(?P<message>(?:{_BROKEN}|{_ANSWERS}|{_FETCHES}).*)$",
        triggers=(
            "esolve ",
            "resolving",
            "name resolution",
            "ame or service",
            "servname",
            "could not be resolved",
            "No address associated",
            "bad address",
            "o such host",
            "lookup ",
            "server misbehaving",
            "onnection ",
            "connect to ",
            "etwork is",
            "No route to",
            "ECONN",
            "ETIMEDOUT",
            "ENOTFOUND",
            "EAI_AGAIN",
            "EHOSTUNREACH",
            "ENETUNREACH",
            "IncompleteRead",
            "ChunkedEncoding",
            "returned error: ",
            "returned an error: (5",
            "500 ",
            "501 ",
            "502",
            "503",
            "504",
            "429",
            "tatus 5",
            "tatus code",
            "tatus: 5",
            "rror 5",
            "HTTP 5",
            "toomanyrequests",
            "TOOMANYREQUESTS",
            "ate limit",
            "hrottling",
            "RequestLimitExceeded",
            "Rate exceeded",
            "ServiceUnavailable",
            "ax retries exceeded",
            "timed out",
            "timeout",
            "handshake",
            "Handshake",
            "x509: ",
            "tls: ",
            "CERTIFICATE_VERIFY",
            "SSL",
            "certificate",
            "PKIX path",
            "schannel: ",
            "HTTP2",
            "closed cleanly",
            "stream error: ",
            "early EOF",
            "unexpected EOF",
            "RPC failed",
            "disconnect",
            "fetch-pack: ",
            "hang up",
            "hung up",
            "network error",
            "failed, reason: ",
            "temporarily",
            "upstream connect",
            "nable to make request",
            "to fetch",
            "ailed to download",
            "transfer artifact",
            "rtifact",
            "n't download",
            "rror downloading",
            "ownload ",
            "nable to download",
            "make request after",
            "Cache service",
            "curl: (",
            "errorCode=",
            "sending request",
            "receiving data",
        ),
        category=Category.NETWORK_ERROR,
        fixable=AutoFixable.YES,
        confidence=0.82,
        matches="curl: (6) Could not resolve host: example.org",
        ignores="Downloading black-24.4.2",
    ),
    spoken(
        "not-there",
        rf"^.{{0,200}}?(?P<message>(?:{_GONE}).*)$",
        triggers=("curl: (22) ", "ERROR 404: ", "ERROR 410: ", "HTTP response: 4"),
        category=Category.NETWORK_ERROR,
        weight=Weight.HINT,
        tail=12,
        confidence=0.6,
        matches="2024-05-01 12:00:00 ERROR 404: Not Found.",
        ignores="curl: (22) The requested URL returned error: 403",
    ),
)
