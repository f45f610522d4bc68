"""What programs say of their settings, limits, needs and findings, and what a step was for."""

from __future__ import annotations

import pytest

from regreen.logs import analyze, classify
from regreen.logs.excerpt import Excerpt
from regreen.logs.rules import (
    answers,
    audits,
    deployments,
    documents,
    limits,
    outcomes,
    runtimes,
    variables,
    waits,
)
from regreen.logs.rules.base import is_final
from regreen.model import Category, Failure
from tests.logs.hosted import Ran, log

SAID = [
    (Category.CONFIGURATION_ERROR, "!!! Some repository secrets are either missing or empty."),
    (Category.CONFIGURATION_ERROR, "Could not find a secret named DEPLOY_KEY"),
    (Category.CONFIGURATION_ERROR, "Error: DEPLOY_TOKEN secret is not configured."),
    (Category.CONFIGURATION_ERROR, "Error: Missing required secret: NPM_TOKEN"),
    (Category.CONFIGURATION_ERROR, "Error: SLACK_WEBHOOK_URL is required"),
    (Category.CONFIGURATION_ERROR, "\u274c SUPABASE_ACCESS_TOKEN not found in secrets"),
    (
        Category.CONFIGURATION_ERROR,
        ("Error: [@octokit/auth-action] `GITHUB_TOKEN` variable is not set. It must be "
         "set on either `env:` or `with:`."),
    ),
    (
        Category.CONFIGURATION_ERROR,
        ("Error: either \"username\" or \"password\" input must be provided"),
    ),
    (Category.CONFIGURATION_ERROR, "KeyError: 'DATABASE_URL'"),
    (Category.CONFIGURATION_ERROR, "Error: supabaseUrl is required."),
    (Category.CONFIGURATION_ERROR, "Error: supabaseKey is required."),
    (
        Category.CONFIGURATION_ERROR,
        ("\u274c Invalid environment variables: { DATABASE_URL: [ 'Required' ] }"),
    ),
    (Category.CONFIGURATION_ERROR, "Error: Invalid environment variables"),
    (Category.CONFIGURATION_ERROR, "Please set the environment variable OPENAI_API_KEY"),
    (
        Category.CONFIGURATION_ERROR,
        ("openai.OpenAIError: The api_key client option must be set either by passing "
         "api_key to the client or by setting the OPENAI_API_KEY environment variable"),
    ),
    (
        Category.CONFIGURATION_ERROR,
        ("django.core.exceptions.ImproperlyConfigured: Set the SECRET_KEY environment "
         "variable"),
    ),
    (
        Category.CONFIGURATION_ERROR,
        ("decouple.UndefinedValueError: SECRET_KEY not found. Declare it as envvar or "
         "define a default value."),
    ),
    (
        Category.CONFIGURATION_ERROR,
        ("pydantic_settings.sources.SettingsError: error parsing value for field \"x\" "
         "from source \"EnvSettingsSource\""),
    ),
    (Category.CONFIGURATION_ERROR, "panic: required environment variable \"PORT\" is not set"),
    (
        Category.CONFIGURATION_ERROR,
        ("error: environment variable `DATABASE_URL` not defined at compile time"),
    ),
    (
        Category.CONFIGURATION_ERROR,
        ("services.web.depends_on contains an invalid type, it should be an object, or "
         "an array"),
    ),
    (Category.CONFIGURATION_ERROR, "The Compose file './docker-compose.yml' is invalid because:"),
    (
        Category.CONFIGURATION_ERROR,
        ("validating /w/a/docker-compose.yml: services.web Additional property foo is "
         "not allowed"),
    ),
    (
        Category.CONFIGURATION_ERROR,
        ("service \"web\" has neither an image nor a build context specified: invalid "
         "compose project"),
    ),
    (
        Category.CONFIGURATION_ERROR,
        ("service \"web\" refers to undefined network backend: invalid compose project"),
    ),
    (
        Category.CONFIGURATION_ERROR,
        ("service \"api\" depends on undefined service \"db\": invalid compose project"),
    ),
    (
        Category.CONFIGURATION_ERROR,
        ("env file /w/a/.env not found: stat /w/a/.env: no such file or directory"),
    ),
    (Category.CONFIGURATION_ERROR, "Couldn't find env file: /w/a/.env"),
    (
        Category.CONFIGURATION_ERROR,
        ("error while interpolating services.web.image: required variable TAG is "
         "missing a value: TAG is required"),
    ),
    (
        Category.CONFIGURATION_ERROR,
        ("invalid interpolation format for services.web.environment.X: \"${X\". You may "
         "need to escape any $ with another $"),
    ),
    (Category.CONFIGURATION_ERROR, "yaml: line 4: did not find expected key"),
    (
        Category.CONFIGURATION_ERROR,
        ("error: error parsing deploy.yaml: error converting YAML to JSON: yaml: line "
         "9: found character that cannot start any token"),
    ),
    (Category.CONFIGURATION_ERROR, "error: the path \"k8s/\" does not exist"),
    (
        Category.CONFIGURATION_ERROR,
        ("Error: INSTALLATION FAILED: Kubernetes cluster unreachable: Get "
         "\"http://localhost:8080/version\": dial tcp [::1]:8080: connect: connection "
         "refused"),
    ),
    (
        Category.CONFIGURATION_ERROR,
        ("Error: UPGRADE FAILED: another operation (install/upgrade/rollback) is in "
         "progress"),
    ),
    (
        Category.CONFIGURATION_ERROR,
        ("error: couldn't get current server API group list: Get "
         "\"http://localhost:8080/api?timeout=32s\""),
    ),
    (Category.CONFIGURATION_ERROR, "Error: Error acquiring the state lock"),
    (Category.CONFIGURATION_ERROR, "Error: No valid credential sources found"),
    (
        Category.CONFIGURATION_ERROR,
        ("Serverless: Error: Cannot resolve variable at \"provider.environment.X\": "
         "Value not found at \"env\" source"),
    ),
    (Category.CONFIGURATION_ERROR, "Error: Cannot find a Wrangler config"),
    (
        Category.CONFIGURATION_ERROR,
        ("Error! Project not found "
         "({\"VERCEL_PROJECT_ID\":\"x\",\"VERCEL_ORG_ID\":\"y\"})"),
    ),
    (
        Category.CONFIGURATION_ERROR,
        ("Error: Your Project was either deleted, transferred to a new Team, or you "
         "don't have access to it anymore."),
    ),
    (Category.CONFIGURATION_ERROR, "Error: No existing credentials found. Please log in:"),
    (Category.CONFIGURATION_ERROR, "Error: Project not found. Run `netlify link`"),
    (
        Category.CONFIGURATION_ERROR,
        ("Error: Failed to get Firebase project demo. Please make sure the project "
         "exists and your account has permission to access it."),
    ),
    (
        Category.CONFIGURATION_ERROR,
        ("Error: Assertion failed: resolving hosting target of a site with no site name "
         "or target name."),
    ),
    (Category.CONFIGURATION_ERROR, "Error: Hosting site or target x not detected in firebase.json"),
    (Category.CONFIGURATION_ERROR, "Error: Not a valid object name: 'origin/main'"),
    (
        Category.CONFIGURATION_ERROR,
        ("fatal: not a git repository (or any of the parent directories): .git"),
    ),
    (Category.CONFIGURATION_ERROR, "*** Please tell me who you are."),
    (
        Category.CONFIGURATION_ERROR,
        ("chmod: cannot access 'latest/bin/*': No such file or directory"),
    ),
    (Category.CONFIGURATION_ERROR, "chmod: cannot access 'gradlew': No such file or directory"),
    (Category.CONFIGURATION_ERROR, "mkdir: cannot create directory \u2018a\u2019: File exists"),
    (Category.CONFIGURATION_ERROR, "ln: failed to create symbolic link 'a': File exists"),
    (Category.CONFIGURATION_ERROR, "stat: cannot statx 'x': No such file or directory"),
    (Category.CONFIGURATION_ERROR, "touch: cannot touch 'a/b': No such file or directory"),
    (Category.CONFIGURATION_ERROR, "zip error: Nothing to do! (a.zip)"),
    (Category.CONFIGURATION_ERROR, "find: \u2018dist\u2019: No such file or directory"),
    (Category.CONFIGURATION_ERROR, "base64: invalid input"),
    (
        Category.CONFIGURATION_ERROR,
        ("jq: error: Could not open file a.json: No such file or directory"),
    ),
    (
        Category.CONFIGURATION_ERROR,
        ("jq: error (at <stdin>:1): Cannot index array with string \"name\""),
    ),
    (Category.CONFIGURATION_ERROR, "jq: parse error: Invalid numeric literal at line 1, column 10"),
    (Category.CONFIGURATION_ERROR, "parse error: Invalid numeric literal at line 1, column 10"),
    (
        Category.CONFIGURATION_ERROR,
        ("Error: ENOENT: no such file or directory, open '/w/a/config.json'"),
    ),
    (
        Category.CONFIGURATION_ERROR,
        ("FileNotFoundError: [Errno 2] No such file or directory: 'config.yml'"),
    ),
    (
        Category.CONFIGURATION_ERROR,
        ("json.decoder.JSONDecodeError: Expecting value: line 1 column 1 (char 0)"),
    ),
    (Category.CONFIGURATION_ERROR, "tomllib.TOMLDecodeError: Invalid value (at line 3, column 5)"),
    (Category.CONFIGURATION_ERROR, "configparser.NoSectionError: No section: 'a'"),
    (
        Category.CONFIGURATION_ERROR,
        ("jsonschema.exceptions.ValidationError: 'name' is a required property"),
    ),
    (Category.CONFIGURATION_ERROR, "Error: Cannot find configuration file: jest.config.js"),
    (Category.CONFIGURATION_ERROR, "Error: Could not find config file. Specify a config"),
    (Category.CONFIGURATION_ERROR, "error: config file not found: .golangci.yml"),
    (
        Category.CONFIGURATION_ERROR,
        ("ESLint couldn't find a configuration file. To set up a configuration file for "
         "this project, please run:"),
    ),
    (
        Category.CONFIGURATION_ERROR,
        ("error TS5058: The specified path does not exist: 'tsconfig.build.json'."),
    ),
    (Category.CONFIGURATION_ERROR, "Error: Multiple versions of pnpm specified:"),
    (Category.CONFIGURATION_ERROR, "Error: No pnpm version is specified."),
    (
        Category.CONFIGURATION_ERROR,
        ("Error: Dependencies lock file is not found in /w/a. Supported file patterns: "
         "package-lock.json"),
    ),
    (
        Category.CONFIGURATION_ERROR,
        ("usage Error: The project's package.json defines \"packageManager\": "
         "\"yarn@4.0.0\". However the current global version of Yarn is 1.22.22."),
    ),
    (Category.CONFIGURATION_ERROR, "Error: Unexpected input(s) 'foo', valid inputs are ['a']"),
    (Category.CONFIGURATION_ERROR, "Error: Invalid input: version"),
    (Category.CONFIGURATION_ERROR, "Error: Version 3.99 with arch x64 not found"),
    (Category.CONFIGURATION_ERROR, "Unrecognized VM option 'MaxPermSize=512m'"),
    (Category.CONFIGURATION_ERROR, "Error: Could not create the Java Virtual Machine."),
    (Category.CONFIGURATION_ERROR, "Error: Unable to access jarfile target/app.jar"),
    (Category.CONFIGURATION_ERROR, "Error: Could not find or load main class com.example.Main"),
    (Category.CONFIGURATION_ERROR, "no main manifest attribute, in app.jar"),
    (Category.CONFIGURATION_ERROR, "ERROR: JAVA_HOME is set to an invalid directory: /opt/java"),
    (
        Category.CONFIGURATION_ERROR,
        ("ERROR: JAVA_HOME is not set and no 'java' command could be found in your PATH."),
    ),
    (
        Category.CONFIGURATION_ERROR,
        ("Android SDK location not found. Define a valid SDK location with an "
         "ANDROID_HOME environment variable"),
    ),
    (
        Category.CONFIGURATION_ERROR,
        ("File google-services.json is missing. The Google Services Plugin cannot "
         "function without it."),
    ),
    (
        Category.CONFIGURATION_ERROR,
        ("Keystore file '/w/a/release.keystore' not found for signing config 'release'."),
    ),
    (Category.CONFIGURATION_ERROR, "xcodebuild: error: 'App.xcworkspace' does not exist."),
    (
        Category.CONFIGURATION_ERROR,
        ("xcodebuild: error: The workspace named \"App\" does not contain a scheme "
         "named \"App\"."),
    ),
    (
        Category.CONFIGURATION_ERROR,
        ("xcodebuild: error: Unable to find a destination matching the provided "
         "destination specifier:"),
    ),
    (Category.CONFIGURATION_ERROR, "error: No signing certificate \"iOS Distribution\" found"),
    (Category.CONFIGURATION_ERROR, "error: No profiles for 'com.example.app' were found"),
    (Category.CONFIGURATION_ERROR, "No provisioning profile"),
    (
        Category.CONFIGURATION_ERROR,
        ("error NETSDK1045: The current .NET SDK does not support targeting .NET 9.0."),
    ),
    (
        Category.CONFIGURATION_ERROR,
        ("poetry: Poetry could not find a pyproject.toml file in /w/a or its parents"),
    ),
    (
        Category.CONFIGURATION_ERROR,
        ("Could not find a version of Python that satisfies the requirement"),
    ),
    (Category.CONFIGURATION_ERROR, "Error: accepts 1 arg(s), received 0"),
    (Category.CONFIGURATION_ERROR, "flag provided but not defined: -foo"),
    (Category.CONFIGURATION_ERROR, "unknown shorthand flag: 'x' in -x"),
    (Category.CONFIGURATION_ERROR, "error: option '--port <n>' argument missing"),
    (Category.CONFIGURATION_ERROR, "Unknown argument: foo"),
    (Category.CONFIGURATION_ERROR, "Unknown arguments: foo, bar"),
    (Category.CONFIGURATION_ERROR, "Not enough non-option arguments: got 0, need at least 1"),
    (Category.CONFIGURATION_ERROR, "Error: Required option missing: --token"),
    (Category.CONFIGURATION_ERROR, "CI detected but no token provided"),
    (Category.CONFIGURATION_ERROR, "nox > Error: Sessions not found: lint"),
    (Category.CONFIGURATION_ERROR, "ERROR: unknown environment 'py399'"),
    (Category.CONFIGURATION_ERROR, "tox: ERROR: unknown environment 'lint'"),
    (Category.CONFIGURATION_ERROR, "hatch: Unknown environment: x"),
    (Category.CONFIGURATION_ERROR, "No such environment: docs"),
    (Category.CONFIGURATION_ERROR, "gradle: Task 'x' not found in root project 'a'."),
    (Category.CONFIGURATION_ERROR, "Could not determine java version from '17.0.1'."),
    (
        Category.CONFIGURATION_ERROR,
        ("Error: Could not find Prisma Schema that is required for this command."),
    ),
    (
        Category.CONFIGURATION_ERROR,
        ("ActiveRecord::NoDatabaseError: We could not find your database: app_test"),
    ),
    (
        Category.CONFIGURATION_ERROR,
        ("ActiveSupport::MessageEncryptor::InvalidMessage: "
         "ActiveSupport::MessageEncryptor::InvalidMessage"),
    ),
    (
        Category.CONFIGURATION_ERROR,
        ("Missing encryption key to decrypt file with. Ask your team for your master "
         "key and write it to config/master.key or put it in the "
         "ENV['RAILS_MASTER_KEY']."),
    ),
    (Category.CONFIGURATION_ERROR, "Missing `secret_key_base` for 'production' environment"),
    (Category.CONFIGURATION_ERROR, "No application encryption key has been specified."),
    (Category.CONFIGURATION_ERROR, "Could not find config/database.yml"),
    (Category.CONFIGURATION_ERROR, "Configuration Error: The theme \"x\" could not be found"),
    (Category.CONFIGURATION_ERROR, "Error: ansible: the playbook: site.yml could not be found"),
    (Category.CONFIGURATION_ERROR, "ERROR! the playbook: site.yml could not be found"),
    (Category.CONFIGURATION_ERROR, "ERROR! the role 'x' was not found in /a"),
    (
        Category.CONFIGURATION_ERROR,
        ("ERROR! couldn't resolve module/action 'x'. This often indicates a "
         "misspelling, missing collection, or incorrect module path."),
    ),
    (
        Category.CONFIGURATION_ERROR,
        ("Liquid Exception: Could not locate the included file 'x.html' in any of"),
    ),
    (
        Category.CONFIGURATION_ERROR,
        ("Error: module \"ananke\" not found; either add it as a Hugo Module or store "
         "it in \"/a/themes\"."),
    ),
    (
        Category.CONFIGURATION_ERROR,
        ("Error: Unable to locate config file or directory. Perhaps you need to create "
         "a new site."),
    ),
    (
        Category.CONFIGURATION_ERROR,
        ("error: failed to read dockerfile: open Dockerfile: no such file or directory"),
    ),
    (
        Category.CONFIGURATION_ERROR,
        ("ERROR: failed to solve: failed to read dockerfile: open Dockerfile: no such "
         "file or directory"),
    ),
    (
        Category.CONFIGURATION_ERROR,
        ("invalid argument \"Foo/Bar:latest\" for \"-t, --tag\" flag: invalid reference "
         "format: repository name must be lowercase"),
    ),
    (
        Category.CONFIGURATION_ERROR,
        ("ERROR: Multi-platform build is not supported for the docker driver."),
    ),
    (
        Category.CONFIGURATION_ERROR,
        ("Error: buildx failed with: ERROR: cache export is not supported for the "
         "docker driver"),
    ),
    (Category.CONFIGURATION_ERROR, "Error: Parameter token or opts.auth is required"),
    (
        Category.CONFIGURATION_ERROR,
        ("Error: Codecov token not found. Please provide Codecov token with -t flag."),
    ),
    (Category.CONFIGURATION_ERROR, "Error: Process completed with exit code 2: unknown locale"),
    (Category.CONFIGURATION_ERROR, "semantic-release: ENOGHTOKEN No GitHub token specified."),
    (Category.CONFIGURATION_ERROR, "error: The requested profile \"x\" is not defined"),
    (Category.CONFIGURATION_ERROR, "Load key \"/home/runner/.ssh/id_rsa\": error in libcrypto"),
    (Category.CONFIGURATION_ERROR, "Error: Can't load '/home/runner/.ssh/key': invalid format"),
    (Category.CONFIGURATION_ERROR, "Error loading key \"(stdin)\": error in libcrypto"),
    (
        Category.CONFIGURATION_ERROR,
        ("Error: The ssh-private-key argument is empty. Maybe the secret has not been "
         "configured, or you are using a wrong secret name in your workflow file."),
    ),
    (Category.CONFIGURATION_ERROR, "Error: missing server host"),
    (Category.CONFIGURATION_ERROR, "error: missing server host"),
    (Category.TIMEOUT, "backend healthz did not become ready in 60 seconds"),
    (Category.TIMEOUT, "service did not get healthy; failing"),
    (Category.TIMEOUT, "Deadline exceeded waiting for healthy endpoint"),
    (Category.TIMEOUT, "Error: Timed out waiting 60000ms from config.webServer."),
    (Category.TIMEOUT, "wait-for-it.sh: timeout occurred after waiting 15 seconds for db:5432"),
    (
        Category.TIMEOUT,
        ("2024/01/01 12:00:00 Timeout after 10s waiting on dependencies to become "
         "available: [tcp://db:5432]"),
    ),
    (Category.TIMEOUT, "Operation timed out"),
    (Category.TIMEOUT, "dependency failed to start: container a-db-1 is unhealthy"),
    (Category.TIMEOUT, "error: deployment \"web\" exceeded its progress deadline"),
    (Category.TIMEOUT, "Test run timed out"),
    (Category.TIMEOUT, "Error: The operation was canceled after 60 minutes"),
    (Category.TIMEOUT, "Waiter StackUpdateComplete failed: Max attempts exceeded"),
    (Category.TIMEOUT, "Resource creation cancelled / timed out"),
    (Category.TIMEOUT, "concurrent.futures._base.TimeoutError"),
    (Category.TIMEOUT, "asyncio.exceptions.TimeoutError"),
    (Category.TIMEOUT, "java.util.concurrent.TimeoutException"),
    (Category.TIMEOUT, "Emulator did not boot within 600 seconds"),
    (Category.TIMEOUT, "Quality Gate check timeout exceeded: Set timeoutInSeconds to wait longer."),
    (Category.TIMEOUT, "Timeout: 10 minutes exceeded"),
    (Category.TIMEOUT, "Maximum execution time exceeded"),
    (Category.TIMEOUT, "Max retries reached. Service is not healthy."),
    (Category.TIMEOUT, "Maximum number of attempts reached"),
    (Category.TIMEOUT, "Health check failed after 30 attempts"),
    (Category.TIMEOUT, "\u274c Health check failed after 10 attempts"),
    (Category.TIMEOUT, "Container failed to become healthy"),
    (Category.TIMEOUT, "Timed out after 300 seconds"),
    (Category.TIMEOUT, "timeout reached"),
    (Category.TIMEOUT, "Gave up waiting for the server"),
    (Category.TIMEOUT, "Giving up after 10 attempts"),
    (Category.TIMEOUT, "Could not connect to database after 30 attempts"),
    (Category.TIMEOUT, "Database did not become available"),
    (Category.TIMEOUT, "Lock wait timeout exceeded; try restarting transaction"),
    (Category.TIMEOUT, "Watchdog timeout"),
    (Category.TIMEOUT, "no output for 10 minutes"),
    (Category.TIMEOUT, "No output received for 15 minutes"),
    (
        Category.TIMEOUT,
        ("Execution Timeout Expired.  The timeout period elapsed prior to completion of "
         "the operation or the server is not responding."),
    ),
    (Category.TIMEOUT, "Timeout limit reached"),
    (Category.TIMEOUT, "Exceeded timeout of 600s"),
    (Category.TIMEOUT, "Exceeded max wait time"),
    (Category.TIMEOUT, "Deployment timed out"),
    (Category.TIMEOUT, "ERROR: deploy timed out"),
    (
        Category.TIMEOUT,
        ("Error: waiting for ECS Service (x) update: timeout while waiting for state to "
         "become 'tfSTABLE' (last state: 'tfPENDING', timeout: 20m0s)"),
    ),
    (Category.TIMEOUT, "Rollout did not complete in time"),
    (Category.TIMEOUT, "No response from server after 60 seconds"),
    (Category.TIMEOUT, "error: process didn't exit within timeout"),
    (Category.TIMEOUT, "Killed by timeout"),
    (Category.TIMEOUT, "Terminated by timeout"),
    (
        Category.DEPENDENCY_ISSUE,
        ("./app: error while loading shared libraries: libssl.so.1.1: cannot open "
         "shared object file: No such file or directory"),
    ),
    (
        Category.DEPENDENCY_ISSUE,
        ("ImportError: libGL.so.1: cannot open shared object file: No such file or "
         "directory"),
    ),
    (
        Category.DEPENDENCY_ISSUE,
        ("OSError: libcudart.so.11.0: cannot open shared object file: No such file or "
         "directory"),
    ),
    (
        Category.DEPENDENCY_ISSUE,
        ("node: /lib64/libm.so.6: version `GLIBC_2.27' not found (required by node)"),
    ),
    (
        Category.DEPENDENCY_ISSUE,
        ("./bin: /lib/x86_64-linux-gnu/libstdc++.so.6: version `GLIBCXX_3.4.29' not "
         "found (required by ./bin)"),
    ),
    (
        Category.DEPENDENCY_ISSUE,
        ("dyld: Library not loaded: /usr/local/opt/openssl/lib/libssl.1.0.0.dylib"),
    ),
    (Category.DEPENDENCY_ISSUE, "dyld[1234]: Library not loaded: @rpath/libfoo.dylib"),
    (Category.DEPENDENCY_ISSUE, "fatal error: Python.h: No such file or directory"),
    (Category.DEPENDENCY_ISSUE, "Package 'openssl', required by 'virtual:world', not found"),
    (Category.DEPENDENCY_ISSUE, "No package 'gtk+-3.0' found"),
    (Category.DEPENDENCY_ISSUE, "Package gtk+-3.0 was not found in the pkg-config search path."),
    (Category.DEPENDENCY_ISSUE, "error: linker `cc` not found"),
    (
        Category.DEPENDENCY_ISSUE,
        ("gyp ERR! find Python You need to install the latest version of Python."),
    ),
    (Category.DEPENDENCY_ISSUE, "Error: pg_config executable not found."),
    (Category.DEPENDENCY_ISSUE, "mysql_config: not found"),
    (
        Category.DEPENDENCY_ISSUE,
        ("You are using Node.js 18.16.0. Vite requires Node.js version 20.19+ or "
         "22.12+. Please upgrade your Node.js version."),
    ),
    (Category.DEPENDENCY_ISSUE, "The Angular CLI requires a minimum Node.js version of v18.13."),
    (
        Category.DEPENDENCY_ISSUE,
        ("Node.js version v16.20.0 detected. The Angular CLI requires a minimum Node.js "
         "version of v18.13."),
    ),
    (Category.DEPENDENCY_ISSUE, "ERROR: This version of pnpm requires at least Node.js v18.12"),
    (Category.DEPENDENCY_ISSUE, "ReferenceError: File is not defined"),
    (Category.DEPENDENCY_ISSUE, "TypeError: webidl.util.markAsUncloneable is not a function"),
    (Category.DEPENDENCY_ISSUE, "TypeError: crypto.hash is not a function"),
    (Category.DEPENDENCY_ISSUE, "TypeError: crypto$2.getRandomValues is not a function"),
    (Category.DEPENDENCY_ISSUE, "Error: Cannot find module '../lightningcss.linux-x64-gnu.node'"),
    (
        Category.DEPENDENCY_ISSUE,
        ("Error: Cannot find module @rollup/rollup-linux-x64-gnu. npm has a bug related "
         "to optional dependencies"),
    ),
    (
        Category.DEPENDENCY_ISSUE,
        ("Error: Cannot find native binding. npm has a bug related to optional "
         "dependencies"),
    ),
    (
        Category.DEPENDENCY_ISSUE,
        ("Error: Could not load the \"sharp\" module using the linux-x64 runtime"),
    ),
    (
        Category.DEPENDENCY_ISSUE,
        ("You installed esbuild for another platform than the one you're currently "
         "using."),
    ),
    (
        Category.DEPENDENCY_ISSUE,
        ("Error: The package \"@esbuild/linux-x64\" could not be found, and is needed "
         "by esbuild."),
    ),
    (Category.DEPENDENCY_ISSUE, "Error: Cannot find module '@swc/core-linux-x64-gnu'"),
    (Category.DEPENDENCY_ISSUE, "Error: Failed to load native binding"),
    (
        Category.DEPENDENCY_ISSUE,
        ("Error: The module '/a/b.node' was compiled against a different Node.js "
         "version using"),
    ),
    (Category.DEPENDENCY_ISSUE, "NODE_MODULE_VERSION 93. This version of Node.js requires"),
    (
        Category.DEPENDENCY_ISSUE,
        ("java.lang.UnsupportedClassVersionError: com/a/B has been compiled by a more "
         "recent version of the Java Runtime (class file version 61.0)"),
    ),
    (
        Category.DEPENDENCY_ISSUE,
        ("Error: Could not find Chrome (ver. 121.0.6167.85). This can occur if either"),
    ),
    (
        Category.DEPENDENCY_ISSUE,
        ("The cypress npm package is installed, but the Cypress binary is missing."),
    ),
    (Category.DEPENDENCY_ISSUE, "Your system is missing the dependency: Xvfb"),
    (
        Category.DEPENDENCY_ISSUE,
        ("selenium.common.exceptions.SessionNotCreatedException: Message: session not "
         "created: This version of ChromeDriver only supports Chrome version 114"),
    ),
    (Category.DEPENDENCY_ISSUE, "Error: Failed to launch the browser process!"),
    (Category.DEPENDENCY_ISSUE, "Cannot find a suitable version of ruby"),
    (
        Category.DEPENDENCY_ISSUE,
        ("Your bundle is locked to a (1.0), but that version can no longer be found in "
         "any source"),
    ),
    (Category.DEPENDENCY_ISSUE, "Your lockfile is unsatisfiable"),
    (
        Category.DEPENDENCY_ISSUE,
        ("npm ci can only install packages when your package.json and package-lock.json "
         "or npm-shrinkwrap.json are in sync."),
    ),
    (
        Category.DEPENDENCY_ISSUE,
        ("error Your lockfile needs to be updated, but yarn was run with "
         "`--frozen-lockfile`."),
    ),
    (
        Category.DEPENDENCY_ISSUE,
        ("\u27a4 YN0028: \u2502 The lockfile would have been modified by this install, "
         "which is explicitly forbidden."),
    ),
    (
        Category.DEPENDENCY_ISSUE,
        ("error: the lock file /a/Cargo.lock needs to be updated but --locked was "
         "passed to prevent this"),
    ),
    (Category.DEPENDENCY_ISSUE, "Could not resolve dependencies for project com.a:b:jar:1.0"),
    (Category.DEPENDENCY_ISSUE, "Could not find artifact com.a:b:jar:1.0 in central"),
    (
        Category.DEPENDENCY_ISSUE,
        ("error NU1101: Unable to find package X. No packages exist with this id in "
         "source(s): nuget.org"),
    ),
    (Category.DEPENDENCY_ISSUE, "error NU1605: Detected package downgrade"),
    (Category.DEPENDENCY_ISSUE, "hashes are required in --require-hashes mode"),
    (
        Category.DEPENDENCY_ISSUE,
        ("pkg_resources.DistributionNotFound: The 'x' distribution was not found and is "
         "required by the application"),
    ),
    (Category.DEPENDENCY_ISSUE, "AttributeError: module 'pkgutil' has no attribute 'ImpImporter'"),
    (Category.DEPENDENCY_ISSUE, "ImportError: cannot import name 'Mapping' from 'collections'"),
    (Category.DEPENDENCY_ISSUE, "AttributeError: module 'numpy' has no attribute 'float'."),
    (
        Category.DEPENDENCY_ISSUE,
        ("ValueError: numpy.dtype size changed, may indicate binary incompatibility. "
         "Expected 96 from C header, got 88 from PyObject"),
    ),
    (
        Category.DEPENDENCY_ISSUE,
        ("A module that was compiled using NumPy 1.x cannot be run in NumPy 2.0.0"),
    ),
    (
        Category.DEPENDENCY_ISSUE,
        ("ImportError: Missing optional dependency 'openpyxl'.  Use pip or conda to "
         "install openpyxl."),
    ),
    (
        Category.DEPENDENCY_ISSUE,
        ("RuntimeError: Form data requires \"python-multipart\" to be installed."),
    ),
    (Category.DEPENDENCY_ISSUE, "opam: No solution for x: "),
    (Category.DEPENDENCY_ISSUE, "Unable to find a specification for `X` depended upon by `Y`"),
    (Category.DEPENDENCY_ISSUE, "CocoaPods could not find compatible versions for pod \"X\":"),
    (
        Category.DEPENDENCY_ISSUE,
        ("Because a depends on b any which doesn't exist (could not find package b at "
         "https://pub.dev), version solving failed."),
    ),
    (
        Category.DEPENDENCY_ISSUE,
        ("PHP Fatal error:  Composer detected issues in your platform: Your Composer "
         "dependencies require a PHP version \">= 8.1.0\"."),
    ),
    (
        Category.DEPENDENCY_ISSUE,
        ("Composer detected issues in your platform: Your Composer dependencies require "
         "a PHP version \">= 8.2.0\". You are running 8.1.2."),
    ),
    (
        Category.DEPENDENCY_ISSUE,
        ("PHP Fatal error:  Uncaught Error: Failed opening required "
         "'/a/vendor/autoload.php'"),
    ),
    (Category.DEPENDENCY_ISSUE, "Error: Java 17 or higher is required"),
    (Category.DEPENDENCY_ISSUE, "This tool requires Java 17 or later"),
    (Category.DEPENDENCY_ISSUE, "error: this version of Rust is too old"),
    (Category.DEPENDENCY_ISSUE, "requires Python 3.10 or higher"),
    (Category.DEPENDENCY_ISSUE, "Python 3.10+ required"),
    (Category.DEPENDENCY_ISSUE, "Please install the missing package"),
    (Category.DEPENDENCY_ISSUE, "command 'x86_64-linux-gnu-gcc' failed: No such file or directory"),
    (
        Category.DEPENDENCY_ISSUE,
        ("clang: error while loading shared libraries: libtinfo.so.5: cannot open "
         "shared object file"),
    ),
    (Category.DEPENDENCY_ISSUE, "protoc: program not found or is not executable"),
    (Category.DEPENDENCY_ISSUE, "Could not find `protoc` installation"),
    (Category.DEPENDENCY_ISSUE, "protoc-gen-go: program not found or is not executable"),
    (
        Category.DEPENDENCY_ISSUE,
        ("error: tool 'xcodebuild' requires Xcode, but active developer directory "
         "'/Library/Developer/CommandLineTools' is a command line tools instance"),
    ),
    (Category.SECURITY_SCAN, "Warning: \ud83d\uded1 Leaks detected, see job summary for details"),
    (Category.SECURITY_SCAN, "Error: \ud83d\uded1 Leaks detected, see job summary for details"),
    (Category.SECURITY_SCAN, "11:02PM WRN leaks found: 3"),
    (Category.SECURITY_SCAN, "found 3 vulnerabilities (1 moderate, 2 high)"),
    (Category.SECURITY_SCAN, "3 vulnerabilities found"),
    (Category.SECURITY_SCAN, "Severity: 1 Moderate | 2 High"),
    (Category.SECURITY_SCAN, "error: 3 vulnerabilities found!"),
    (Category.SECURITY_SCAN, "error: Vulnerable crates found!"),
    (Category.SECURITY_SCAN, "advisories FAILED, bans ok, licenses ok, sources ok"),
    (Category.SECURITY_SCAN, "error[vulnerability]: Potential segfault in the time crate"),
    (Category.SECURITY_SCAN, "Dependency review detected vulnerable packages."),
    (Category.SECURITY_SCAN, "Error: Dependency review detected vulnerable packages."),
    (Category.SECURITY_SCAN, "Error: Dependency review detected incompatible licenses."),
    (
        Category.SECURITY_SCAN,
        ("Total 3 packages affected by 5 known vulnerabilities (1 Critical, 2 High, 2 "
         "Medium, 0 Low, 0 Unknown) from 1 ecosystem."),
    ),
    (Category.SECURITY_SCAN, "Your code is affected by 2 vulnerabilities from 1 module."),
    (
        Category.SECURITY_SCAN,
        ("Your code is affected by 1 vulnerability from the Go standard library."),
    ),
    (Category.SECURITY_SCAN, "Vulnerability #1: GO-2024-2687"),
    (
        Category.SECURITY_SCAN,
        ("[ERROR] One or more dependencies were identified with vulnerabilities that "
         "have a CVSS score greater than or equal to '7.0':"),
    ),
    (
        Category.SECURITY_SCAN,
        ("One or more dependencies were identified with known vulnerabilities in app:"),
    ),
    (
        Category.SECURITY_SCAN,
        ("Dependency-Analyze Failure: One or more dependencies were identified with "
         "vulnerabilities"),
    ),
    (Category.SECURITY_SCAN, "Found 2 vulnerabilities in 1 package"),
    (
        Category.SECURITY_SCAN,
        ("[/a/b.go:12] - G304 (CWE-22): Potential file inclusion via variable "
         "(Confidence: HIGH, Severity: MEDIUM)"),
    ),
    (Category.SECURITY_SCAN, "Brakeman: Security Warnings: 3"),
    (Category.SECURITY_SCAN, "Vulnerabilities found!"),
    (Category.SECURITY_SCAN, "Vulnerabilities found"),
    (Category.SECURITY_SCAN, "Name: rack  Version: 2.2.3  CVE: CVE-2022-30122  Criticality: High"),
    (Category.SECURITY_SCAN, "Found 3 security vulnerability advisories affecting 2 packages:"),
    (Category.SECURITY_SCAN, "Found 1 security vulnerability advisory affecting 1 package:"),
    (Category.SECURITY_SCAN, "Project has the following vulnerable packages"),
    (
        Category.SECURITY_SCAN,
        ("error NU1903: Warning As Error: Package 'x' 1.0 has a known high severity "
         "vulnerability"),
    ),
    (Category.SECURITY_SCAN, "zizmor: 3 findings: 0 informational, 0 low, 1 medium, 2 high"),
    (Category.SECURITY_SCAN, "Detected 3 secrets"),
    (Category.SECURITY_SCAN, "Secrets detected! Build failed."),
    (Category.SECURITY_SCAN, "\u274c Security scan failed: 3 critical vulnerabilities"),
    (Category.SECURITY_SCAN, "critical vulnerabilities found, failing the build"),
    (Category.SECURITY_SCAN, "Critical vulnerabilities found!"),
    (Category.SECURITY_SCAN, "ggshield: 1 incident detected"),
    (Category.SECURITY_SCAN, ">> Secret detected: Generic High Entropy Secret"),
    (
        Category.SECURITY_SCAN,
        ("FAIL-NEW: 0\tFAIL-INPROG: 0\tWARN-NEW: 3\tWARN-INPROG: 0\tINFO: 0\tIGNORE: 0\t"
         "PASS: 50"),
    ),
    (Category.SECURITY_SCAN, "\u26a0\ufe0f Threshold exceeded: 3 high vulnerabilities"),
    (Category.SECURITY_SCAN, "Docker scout: 3 vulnerabilities found in 2 packages"),
    (Category.SECURITY_SCAN, "  3 vulnerabilities found in 2 packages"),
    (Category.SECURITY_SCAN, "audited 300 packages: 1 critical severity vulnerability"),
    (
        Category.RESOURCE_EXHAUSTION,
        ("The Daemon will expire immediately since the JVM garbage collector is "
         "thrashing."),
    ),
    (Category.RESOURCE_EXHAUSTION, "g++: internal compiler error: Killed (program cc1plus)"),
    (Category.RESOURCE_EXHAUSTION, "RuntimeError: can't start new thread"),
    (
        Category.RESOURCE_EXHAUSTION,
        ("numpy.core._exceptions._ArrayMemoryError: Unable to allocate 12.0 GiB for an "
         "array"),
    ),
    (
        Category.RESOURCE_EXHAUSTION,
        ("A jest worker process (pid=123) was terminated by another process: "
         "signal=SIGKILL, exitCode=null. Operating system logs may contain more "
         "information on why this occurred."),
    ),
    (
        Category.RESOURCE_EXHAUSTION,
        ("ERROR: The build was terminated because it used too much memory"),
    ),
    (Category.RESOURCE_EXHAUSTION, "0/3 nodes are available: 3 Insufficient memory."),
    (Category.RESOURCE_EXHAUSTION, "exceeded quota: compute, requested: cpu=1"),
    (Category.RESOURCE_EXHAUSTION, "LimitExceededException: too many"),
    (Category.RESOURCE_EXHAUSTION, "Error: You have exceeded your storage quota"),
    (Category.RESOURCE_EXHAUSTION, "GitHub Actions has hit your storage limit"),
    (Category.RESOURCE_EXHAUSTION, "No more space"),
    (Category.RESOURCE_EXHAUSTION, "The build exceeded the memory limit"),
    (Category.RESOURCE_EXHAUSTION, "error C1060: compiler is out of heap space"),
    (Category.RESOURCE_EXHAUSTION, "fatal error C1002: compiler is out of heap space in pass 2"),
    (Category.PERMISSION_ERROR, "remote: Permission to a/b.git denied to github-actions[bot]."),
    (Category.PERMISSION_ERROR, "Error: Unable to assume role"),
    (
        Category.PERMISSION_ERROR,
        ("remote: error: GH006: Protected branch update failed for refs/heads/main."),
    ),
    (Category.PERMISSION_ERROR, "Unauthenticated request"),
    (Category.PERMISSION_ERROR, "Access token is invalid or expired"),
    (Category.PERMISSION_ERROR, "Your token is expired"),
    (Category.PERMISSION_ERROR, "Token has expired"),
    (Category.PERMISSION_ERROR, "The provided token is invalid"),
    (Category.PERMISSION_ERROR, "invalid authentication credentials"),
    (
        Category.PERMISSION_ERROR,
        ("ssh: handshake failed: ssh: unable to authenticate, attempted methods [none "
         "publickey], no supported methods remain"),
    ),
    (Category.PERMISSION_ERROR, "sudo: a password is required"),
    (Category.PERMISSION_ERROR, "remote: Repository not found."),
    (Category.PERMISSION_ERROR, "ERROR: Repository not found."),
    (Category.PERMISSION_ERROR, "remote: Invalid username or password."),
    (
        Category.PERMISSION_ERROR,
        ("remote: Support for password authentication was removed on August 13, 2021."),
    ),
    (Category.PERMISSION_ERROR, "Error: Forbidden"),
    (Category.PERMISSION_ERROR, "Insufficient privileges to complete the operation."),
    (
        Category.NETWORK_ERROR,
        ("requests.exceptions.ConnectionError: HTTPSConnectionPool(host='x', port=443): "
         "Max retries exceeded with url"),
    ),
    (Category.NETWORK_ERROR, "Error: Failed to download"),
    (Category.NETWORK_ERROR, "java.net.UnknownHostException: repo.example.org"),
    (
        Category.NETWORK_ERROR,
        ("aiohttp.client_exceptions.ClientConnectorError: Cannot connect to host x:443"),
    ),
    (Category.NETWORK_ERROR, "fetch failed"),
    (Category.NETWORK_ERROR, "TypeError: fetch failed"),
    (Category.NETWORK_ERROR, "rpc error: code = Unavailable desc = connection error"),
    (Category.NETWORK_ERROR, "rpc error: code = Unavailable desc = transport is closing"),
    (Category.NETWORK_ERROR, "Lost connection to MySQL server during query"),
    (Category.NETWORK_ERROR, "server closed the connection unexpectedly"),
    (Category.NETWORK_ERROR, "write EPIPE"),
    (Category.NETWORK_ERROR, "broken pipe"),
    (Category.NETWORK_ERROR, "net::ERR_CONNECTION_REFUSED at http://localhost:3000"),
    (
        Category.NETWORK_ERROR,
        ("Error: page.goto: net::ERR_CONNECTION_REFUSED at http://localhost:3000/"),
    ),
    (Category.NETWORK_ERROR, "Unable to connect to the remote server"),
    (Category.NETWORK_ERROR, "The SSL connection could not be established"),
    (Category.NETWORK_ERROR, "The request was aborted: Could not create SSL/TLS secure channel."),
    (Category.NETWORK_ERROR, "gpg: keyserver receive failed: No data"),
    (Category.NETWORK_ERROR, "gpg: keyserver receive failed: Server indicated a failure"),
    (Category.TEST_FAILURE, "Error: expected 3 but got 4"),
    (Category.TEST_FAILURE, "AssertionError: expected true to be false"),
    (Category.TEST_FAILURE, "AssertionError"),
    (Category.TEST_FAILURE, "assertion failed: left == right"),
    (Category.TEST_FAILURE, "Snapshot mismatch"),
    (Category.TEST_FAILURE, "Expected 200, got 500"),
    (Category.TEST_FAILURE, "==> 2 tests, 1 failed"),
    (Category.TEST_FAILURE, "Verification failed"),
    (Category.LINTING_ERROR, "3 problems (3 errors, 0 warnings)"),
    (Category.LINTING_ERROR, "Lint failed"),
    (Category.LINTING_ERROR, "\u274c Linting failed"),
    (Category.LINTING_ERROR, "The following files are not formatted:"),
    (Category.LINTING_ERROR, "Files need formatting"),
    (Category.LINTING_ERROR, "Found 3 lint errors"),
    (Category.LINTING_ERROR, "error: formatting check failed"),
    (Category.LINTING_ERROR, "3 style violations found"),
    (Category.LINTING_ERROR, "Commit message does not follow the conventional format"),
    (Category.LINTING_ERROR, "\u2716   subject may not be empty [subject-empty]"),
    (Category.LINTING_ERROR, "Trailing whitespace found"),
    (Category.LINTING_ERROR, "Broken links found"),
    (Category.LINTING_ERROR, "ERROR: 3 dead links found!"),
    (Category.LINTING_ERROR, "[ERROR] 2 dead links found"),
    (Category.LINTING_ERROR, "PR title does not match"),
    (
        Category.LINTING_ERROR,
        ("No release type found in pull request title \"x\". Add a prefix to indicate "
         "what kind of release this pull request corresponds to."),
    ),
    (Category.UNKNOWN, "Error: The operation was canceled."),
    (Category.UNKNOWN, "Process completed with exit code 1."),
    (Category.UNKNOWN, "Canceling since a higher priority waiting request for 'a' exists"),
    (Category.UNKNOWN, "Something went wrong"),
    (Category.UNKNOWN, "Error: undefined"),
    (Category.UNKNOWN, "Error"),
    (Category.UNKNOWN, "failed"),
    (Category.UNKNOWN, "exit status 1"),
    (Category.UNKNOWN, "404"),
    (Category.UNKNOWN, "TypeError: Cannot read properties of undefined (reading 'x')"),
    (Category.UNKNOWN, "Job was cancelled"),
]  # fmt: skip


def first(output: str, script: str | None = "./run.sh", step: str | None = None) -> Failure:
    return classify(script, step, output, 1)[0]


@pytest.mark.parametrize(("category", "said"), SAID)
def test_a_last_word_tells_the_kind(category: Category, said: str) -> None:
    assert first(f"working\n{said}").category is category


@pytest.mark.parametrize(("category", "said"), [row for row in SAID if row[0] != Category.UNKNOWN])
def test_a_word_that_the_program_went_on_after_is_no_cause(category: Category, said: str) -> None:
    lines = "\n".join(f"step {n} of 200 went well" for n in range(200))
    later = first(f"{said}\n{lines}")
    assert later.category != category or later.evidence[0].line == 1


@pytest.mark.parametrize(
    "output",
    [
        "test_timeout_reached PASSED",
        "warning: config file not found, going on",
        "12 |   throw new Error('DATABASE_URL is not set')",
        "   expect(health).toBe('not ready')",
        "3 vulnerabilities (1 moderate, 2 high)",
        "0 blocking findings",
        "no leaks found",
        "secrets: none detected",
        "INFO the server is ready",
        "retrying: fetch failed, attempt 1 of 3",
    ],
)
def test_words_that_are_only_shown_say_nothing(output: str) -> None:
    assert first(f"{output}\nbye").category is Category.UNKNOWN


def test_a_traceback_says_where_and_its_last_line_what() -> None:
    output = (
        'Traceback (most recent call last):\n  File "/home/runner/work/a/a/pkg/run.py", line 3, in'
        " <module>\n    go()\nopenai.OpenAIError: The api_key client option must be set either by"
        " passing api_key to the client or by setting the OPENAI_API_KEY environment variable"
    )
    failure = first(output)
    assert failure.category is Category.CONFIGURATION_ERROR
    (found,) = failure.diagnostics
    assert (found.file, found.line, found.code) == ("pkg/run.py", 3, "OpenAIError")


def test_frames_below_a_message_do_not_hide_it() -> None:
    frames = "\n".join(f"    at go (/w/a/node_modules/b/{n}.js:1:{n})" for n in range(30))
    said = f"TypeError: webidl.util.markAsUncloneable is not a function\n{frames}"
    assert first(said).category is Category.DEPENDENCY_ISSUE


def test_what_ant_starts_is_read_like_any_program() -> None:
    said = "     [exec] fatal: Authentication failed for 'https://example.org/a.git'"
    assert first(f"{said}\n     [exec] bye").category is Category.PERMISSION_ERROR


@pytest.mark.parametrize(
    ("step", "script", "output", "category"),
    [
        ("Run unit tests", "./ci.sh test", "odd words\nfailed: moon", Category.TEST_FAILURE),
        ("Run unit tests", "./ci.sh", "the tests saw the moon: failed", Category.TEST_FAILURE),
        ("Lint", "npm run lint", "an error: the moon", Category.LINTING_ERROR),
        ("Type check", "make types", "an error: the moon", Category.TYPE_ERROR),
        ("Install dependencies", "./install.sh", "failed: moon", Category.DEPENDENCY_ISSUE),
        ("Security scan", "./scan", "failed: moon", Category.SECURITY_SCAN),
        ("Run unit tests", "./ci.sh", "odd words: the moon", Category.UNKNOWN),
        ("Run unit tests", "./ci.sh", "failed: moon", Category.UNKNOWN),
        ("Upload test results", "./up test", "the tests: moon, failed", Category.UNKNOWN),
        ("Deploy", "./deploy", "failed: moon", Category.UNKNOWN),
        ("Build and test", "make test", "failed: moon", Category.UNKNOWN),
        (None, "./ci.sh test", "failed: moon", Category.UNKNOWN),
        ("./ci.sh test", "./ci.sh test", "failed: moon", Category.UNKNOWN),
    ],
)
def test_what_a_step_was_for_is_a_guess_that_needs_support(
    step: str | None, script: str, output: str, category: Category
) -> None:
    failure = first(output, script, step)
    assert failure.category == category
    assert failure.confidence <= 0.5


def test_a_guess_from_the_name_leaves_the_signature_as_it_was() -> None:
    output = "odd words\nfailed: moon"
    named = first(output, "./ci.sh test", "Run unit tests")
    assert named.category is Category.TEST_FAILURE
    assert named.signature == first(output, "./ci.sh test").signature
    ran = Ran(script="./ci.sh test", output=output, exit_code=1)
    logged = analyze(log(ran)).failure
    assert logged is not None
    assert logged.signature == named.signature


@pytest.mark.parametrize("code", [124, 130, 137, 143])
def test_a_step_that_was_stopped_is_not_guessed_by_its_name(code: int) -> None:
    found = classify("./ci.sh test", "Run unit tests", "a test failed: moon", code)[0]
    assert found.confidence > 0.5 or found.category is not Category.TEST_FAILURE


def test_lines_of_blanks_are_farewells() -> None:
    excerpt = Excerpt(["error: moon", " " * 200_000, "\t" * 200_000])
    assert is_final(excerpt, 0)
    assert not is_final(Excerpt(["error: moon", f"{' ' * 200_000}x"]), 0)


def test_no_phrase_is_woken_by_a_common_word() -> None:
    common = {"error", "Error", "failed", "test", "warning", "file", "run", "build", "found"}
    modules = (
        answers,
        audits,
        deployments,
        documents,
        limits,
        outcomes,
        runtimes,
        variables,
        waits,
    )
    rules = [rule for module in modules for rule in module.RULES]
    assert [rule.id for rule in rules if common & {*rule.triggers}] == []
