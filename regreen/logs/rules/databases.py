"""Databases a step talks to: refused, out of reach, not there; migrations that do not apply."""

from __future__ import annotations

from regreen.logs.rules.base import Rule, Weight
from regreen.logs.rules.spoken import spoken
from regreen.model import AutoFixable, Category


def _database(
    rule_id: str,
    category: str,
    message: str,
    triggers: tuple[str, ...],
    matches: str,
    ignores: str,
    *,
    fixable: AutoFixable = AutoFixable.NO,
) -> Rule:
    return spoken(
        rule_id,
        rf"^.{{0,200}}?(?P<message>(?:{message}).*)$",
        triggers=triggers,
        category=category,
        weight=Weight.SIGN,
        fixable=fixable,
        tail=30,
        confidence=0.85,
        matches=matches,
        ignores=ignores,
    )


RULES = (
    _database(
        "database-rights",
        Category.PERMISSION_ERROR,
        r"FATAL: +(?:password|Ident|Peer) authentication failed|FATAL: +no pg_hba\.conf entry"
        r"|ERROR 1045 \(28000\)|Access denied for user '|\bP1000\b.{0,20}Authentication failed"
        r"|(?:Mongo\w*Error|MongoServerError): (?:bad auth|Authentication failed)"
        r"|NOAUTH Authentication required|WRONGPASS|ORA-01017",
        (
            "authentication failed",
            "Authentication ",
            "pg_hba.conf",
            "ERROR 1045",
            "Access denied for user",
            "bad auth",
            "WRONGPASS",
            "ORA-01017",
        ),
        'psql: error: FATAL:  password authentication failed for user "demo"',
        "authentication is on",
    ),
    _database(
        "database-reach",
        Category.NETWORK_ERROR,
        r"\bP1001\b.{0,20}Can't reach database server|Can't connect to (?:local )?(?:MySQL"
        r"|server on)"
        r"|could not connect to server: |ERROR 200[23] \(HY000\)|MongoNetworkError|connection to "
        r"server at .{1,80} failed: (?:Connection|timeout)|MongooseServerSelectionError"
        r"|Error connecting to (?:Redis|redis)|ORA-12541",
        (
            "P1001",
            "Can't connect to",
            "could not connect to server",
            "ERROR 200",
            "MongoNetwork",
            "connection to server at",
            "ServerSelection",
            "Error connecting to",
            "ORA-12541",
        ),
        "Error: P1001: Can't reach database server at `localhost`:`5432`",
        "database reached",
        fixable=AutoFixable.YES,
    ),
    _database(
        "database-settings",
        Category.CONFIGURATION_ERROR,
        r"FATAL: +(?:database|role) \".{1,80}\" does not exist|ERROR 1049 \(42000\)"
        r"|Prisma Migrate has detected that the environment is non-interactive|Error: P[123]\d{3}\b"
        r"|Prisma schema validation|Environment variable not found: \w+|no such table: \w+"
        r"|(?:alembic\.util\.exc\.)?CommandError: (?:Target database|Multiple head|Can't locate)"
        r"|relation \"\w+\" does not exist|Conflicting migrations detected"
        r"|Your models in app\(s\): .* have changes that are not yet reflected",
        (
            "does not exist",
            "ERROR 1049",
            "Prisma ",
            "Error: P1",
            "Error: P2",
            "Error: P3",
            "Environment variable not found",
            "no such table",
            "CommandError: ",
            "Conflicting migrations",
            "Your models in app",
        ),
        'psql: error: FATAL:  database "demo" does not exist',
        "database exists",
    ),
)
