"""conda, mamba, micromamba and pixi: specs without a solution, channels, environments.

conda names the class of its error (``UnsatisfiableError: …``), micromamba writes
``error    libmamba …``, pixi a framed report.
"""

from __future__ import annotations

from regreen.logs.rules.base import Weight, pattern
from regreen.model import AutoFixable, Category

RULES = (
    pattern(
        "conda",
        r"^[ \t]*(?:ERROR: |\[error\s+|error +(?:libmamba )?|critical libmamba )?(?P<message>"
        r"(?:LibMamba)?UnsatisfiableError\b.*|PackagesNotFound(?:InChannels)?Error\b.*"
        r"|ResolvePackageNotFound\b.*|Could not solve for environment specs.*"
        r"|SpecsConfigurationConflictError\b.*|DependencyNeedsBuildingError\b.*"
        r"|conda_build\.exceptions\.DependencyNeedsBuildingError.*|CondaEnvException: Pip failed.*"
        r"|CondaEnvException: Unable to .*|ChecksumMismatchError\b.*|InvalidMatchSpec\b.*"
        r"|Could not lock the environment for platform .*"
        r"|The following (?:packages|specs) (?:are not available from current channels"
        r"|are incompatible|could not be).*|nothing provides .* needed by .*"
        r"|Multi-download failed.*checksum.*)$",
        triggers=(
            "UnsatisfiableError",
            "PackagesNotFoundError",
            "PackagesNotFoundInChannels",
            "ResolvePackageNotFound",
            "Could not solve for environment",
            "SpecsConfigurationConflict",
            "DependencyNeedsBuilding",
            "CondaEnvException",
            "ChecksumMismatchError",
            "InvalidMatchSpec",
            "Could not lock the environment",
            "not available from current channels",
            "The following packages are incompatible",
            "nothing provides",
        ),
        category=Category.DEPENDENCY_ISSUE,
        tool="conda",
        weight=Weight.VERDICT,
        fixable=AutoFixable.PARTIAL,
        matches="PackagesNotFoundError: The following packages are not available",
        ignores="Solving environment: done",
    ),
    pattern(
        "conda-network",
        r"^[ \t]*(?:ERROR: |error +libmamba |critical libmamba )?(?P<message>CondaHTTPError: .*"
        r"|Conda(?:SSL|Dependency)Error: .*|CondaError: Downloaded bytes did not match .*"
        r"|CondaMultiError: .*(?:HTTP|Connection|Downloaded bytes).*"
        r"|ProxyError: Conda .*|(?:Multiple errors occured:? ?)?Download error \(\d+\) .*"
        r"|Multiple errors occured:?|Transfer finalized, status: 5\d\d.*"
        r"|(?:Could not|failed to) (?:fetch|load) repodata.*|ConnectionFailed: .*"
        r"|Couldn't (?:connect to|resolve host).*|Subdir \S+ not loaded!.*)$",
        triggers=(
            "CondaHTTPError",
            "CondaSSLError",
            "CondaError: Downloaded",
            "CondaMultiError",
            "ProxyError: Conda",
            "Download error (",
            "Multiple errors occured",
            "Transfer finalized, status",
            "repodata",
            "ConnectionFailed",
        ),
        category=Category.NETWORK_ERROR,
        tool="conda",
        weight=Weight.SIGN,
        final=Weight.VERDICT,
        fixable=AutoFixable.YES,
        matches="CondaHTTPError: HTTP 000 CONNECTION FAILED for url <https://example.org/a.json>",
        ignores="warning  libmamba Download will be tried again",
    ),
    pattern(
        "conda-settings",
        r"^[ \t]*(?:ERROR: |error +libmamba |critical libmamba )?(?P<message>"
        r"(?:EnvironmentFile(?:NotFound|Empty|NotDownloaded|TypeMismatchError"
        r"|ExtensionNotValid)\w*|EnvironmentLocationNotFound|EnvironmentNameNotFound"
        r"|DirectoryNotACondaEnvironmentError|SpecNotFound|InvalidVersionSpec|InvalidSpec"
        r"|InvalidEnvironmentFile|CondaValueError|CondaToSNonInteractiveError|CondaSystemExit"
        r"|(?:Unavailable)?InvalidChannel(?:Error)?|UnavailableInvalidChannel|ChannelNotAllowed"
        r"|ChannelDenied|NoChannelsConfiguredError|NoBaseEnvironmentError|CouldntParseError"
        r"|CommandNotFoundError|ConfigurationLoadError|InvalidInstaller"
        r"): ?.*|Your shell has not been properly configured to use 'conda .*"
        r"|Run 'conda init' before 'conda activate'|(?:YAML|Yaml) (?:spec )?file .* (?:not"
        r" found|does not exist).*|'(?:micro)?mamba' is running as a subprocess.*)$"
        r"|^[ \t]*critical libmamba (?P<critical>Error parsing .*|Found invalid .*|Invalid .*"
        r"|Error (?:opening|reading) .*|Unknown .*|Expected .*)$",
        triggers=(
            "EnvironmentFile",
            "EnvironmentLocationNotFound",
            "EnvironmentNameNotFound",
            "NotACondaEnvironment",
            "SpecNotFound",
            "InvalidVersionSpec",
            "InvalidSpec",
            "CondaValueError",
            "CondaToSNonInteractive",
            "InvalidChannel",
            "ChannelNotAllowed",
            "ChannelDenied",
            "NoChannelsConfigured",
            "NoBaseEnvironment",
            "CommandNotFoundError: ",
            "ConfigurationLoadError",
            "'conda init'",
            "properly configured to use 'conda",
            "running as a subprocess",
            "critical libmamba ",
        ),
        category=Category.CONFIGURATION_ERROR,
        tool="conda",
        weight=Weight.SIGN,
        final=Weight.VERDICT,
        matches="EnvironmentFileNotFound: '/builds/a/b/environment.yml' file not found",
        ignores="EnvironmentFile found",
    ),
    pattern(
        "conda-denied",
        r"^[ \t]*(?P<message>(?:EnvironmentNotWritable|NotWritable|NoWritable(?:Envs|Pkgs)Dir)"
        r"Error: ?.*)$",
        triggers=("NotWritable", "NoWritable"),
        category=Category.PERMISSION_ERROR,
        tool="conda",
        weight=Weight.VERDICT,
        matches="NotWritableError: The current user does not have write permissions to a path.",
        ignores="Writable",
    ),
    pattern(
        "conda-disk",
        r"^[ \t]*(?P<message>NoSpaceLeftError: .*)$",
        triggers=("NoSpaceLeftError",),
        category=Category.RESOURCE_EXHAUSTION,
        tool="conda",
        weight=Weight.VERDICT,
        matches="NoSpaceLeftError: No space left on devices.",
        ignores="space left",
    ),
    pattern(
        "pixi",
        r"^(?:Error: +|[ \t]*)\u00d7 (?P<message>failed to solve (?:the )?(?:conda|pypi"
        r"|requirements)[^\n]*(?:\n[^\n]+){0,6}|lock[- ]?file not up-?to-?date[^\n]*"
        r"|Cannot solve the request because of[^\n]*(?:\n[^\n]+){0,6})",
        triggers=("\u00d7 failed to solve", "\u00d7 lock", "\u00d7 Cannot solve the request"),
        spans=True,
        category=Category.DEPENDENCY_ISSUE,
        tool="pixi",
        weight=Weight.VERDICT,
        fixable=AutoFixable.PARTIAL,
        matches="Error:   \u00d7 failed to solve the conda requirements of 'default' 'linux-64'",
        ignores="The default environment has been installed.",
    ),
    pattern(
        "pixi-network",
        r"^(?:Error: +|[ \t]*)\u00d7 (?P<message>failed to (?:fetch|download|get)[^\n]*"
        r"(?:\n[^\n]+){0,6})",
        triggers=("\u00d7 failed to fetch", "\u00d7 failed to download", "\u00d7 failed to get"),
        spans=True,
        category=Category.NETWORK_ERROR,
        tool="pixi",
        weight=Weight.VERDICT,
        fixable=AutoFixable.YES,
        matches="Error:   \u00d7 failed to fetch repodata.json.zst",
        ignores="failed to fetch",
    ),
    pattern(
        "pixi-settings",
        r"^(?:Error: +|[ \t]*)\u00d7 (?P<message>could not find (?:a )?pixi\.toml[^\n]*"
        r"|(?:failed to parse|unable to parse)[^\n]*|(?:unknown|the) environment '[^'\n]+'[^\n]*"
        r"|[^\n]*(?:the project|the workspace) (?:doesn't|does not) (?:contain|support)[^\n]*)",
        triggers=("\u00d7 ",),
        category=Category.CONFIGURATION_ERROR,
        tool="pixi",
        weight=Weight.VERDICT,
        matches="Error:   \u00d7 could not find pixi.toml or pyproject.toml",
        ignores="\u00d7 something else",
    ),
)
