"""The pipeline that a job is taken to be of, and the variables that GitLab gives its jobs.

Names: https://docs.gitlab.com/ci/variables/predefined_variables/. Numbers of the run are made up,
since no job may depend on them; tokens are empty.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

BUILDS = "/builds"
_LONGEST_SLUG = 63


@dataclass(frozen=True, slots=True)
class Pipeline:
    """What started the pipeline, and of what it is.

    ``source`` is GitLab's ``CI_PIPELINE_SOURCE``; ``ref`` the branch or tag (of a merge request its
    source branch), ``target`` where a merge request would go, ``number`` its number, ``default``
    the default branch. ``path`` is the project's, ``server`` the instance's address.
    """

    path: str = "group/project"
    commit: str = "0" * 40
    source: str = "push"
    ref: str = "main"
    tag: bool = False
    target: str = ""
    number: int | None = None
    default: str = "main"
    server: str = "https://gitlab.com"
    id: str = "1"
    created: str = "1970-01-01T00:00:00Z"
    message: str = ""

    @property
    def folder(self) -> str:
        """Where the project is checked out."""
        return f"{BUILDS}/{self.path}"


def slug(text: str) -> str:
    """Return ``text`` as GitLab writes it into names of hosts."""
    found = re.sub(r"[^a-z0-9]", "-", text.lower()).strip("-")
    return found[:_LONGEST_SLUG].strip("-")


def of_pipeline(pipeline: Pipeline) -> dict[str, str]:
    """Return the variables that all jobs of ``pipeline`` see, and its rules."""
    return {**_server(pipeline), **_project(pipeline), **_commit(pipeline), **_request(pipeline)}


def of_job(pipeline: Pipeline, name: str, stage: str) -> dict[str, str]:
    """Return the variables that only the job ``name`` sees."""
    page = f"{pipeline.server}/{pipeline.path}/-/jobs/1"
    return {
        "CI_JOB_ID": "1",
        "CI_JOB_NAME": name,
        "CI_JOB_NAME_SLUG": slug(name),
        "CI_JOB_STAGE": stage,
        "CI_JOB_URL": page,
        "CI_JOB_TOKEN": "",
        "CI_JOB_STATUS": "running",
        "CI_JOB_TIMEOUT": "3600",
        "CI_JOB_STARTED_AT": pipeline.created,
        "CI_JOB_GROUP_NAME": re.sub(r":? \[.*\]$|[ :/]+\d+[ :/]+\d+$", "", name),
        "CI_NODE_TOTAL": "1",
        "CI_BUILDS_DIR": BUILDS,
        "CI_PROJECT_DIR": pipeline.folder,
        "CI_CONCURRENT_ID": "0",
        "CI_CONCURRENT_PROJECT_ID": "0",
        "CI_SHARED_ENVIRONMENT": "true",
        "CI_DISPOSABLE_ENVIRONMENT": "true",
        "CI_RUNNER_ID": "1",
        "CI_RUNNER_DESCRIPTION": "",
        "CI_RUNNER_TAGS": "[]",
        "CI_RUNNER_VERSION": "18.0.0",
        "CI_RUNNER_EXECUTABLE_ARCH": "linux/amd64",
        "GITLAB_USER_ID": "1",
        "GITLAB_USER_LOGIN": "user",
        "GITLAB_USER_NAME": "User",
        "GITLAB_USER_EMAIL": "user@example.com",
    }


def _server(pipeline: Pipeline) -> dict[str, str]:
    parts = urlsplit(pipeline.server)
    host = parts.hostname or "gitlab.com"
    port = parts.port or (80 if parts.scheme == "http" else 443)
    return {
        "CI": "true",
        "GITLAB_CI": "true",
        "CI_API_V4_URL": f"{pipeline.server}/api/v4",
        "CI_API_GRAPHQL_URL": f"{pipeline.server}/api/graphql",
        "CI_SERVER": "yes",
        "CI_SERVER_HOST": host,
        "CI_SERVER_NAME": "GitLab",
        "CI_SERVER_PORT": str(port),
        "CI_SERVER_PROTOCOL": parts.scheme,
        "CI_SERVER_FQDN": parts.netloc,
        "CI_SERVER_URL": pipeline.server,
        "CI_SERVER_VERSION": "18.0.0",
        "CI_SERVER_VERSION_MAJOR": "18",
        "CI_SERVER_VERSION_MINOR": "0",
        "CI_SERVER_VERSION_PATCH": "0",
        "CI_TEMPLATE_REGISTRY_HOST": "registry.gitlab.com",
        "CI_DEPENDENCY_PROXY_SERVER": f"{host}:{port}",
        "CI_PAGES_DOMAIN": "gitlab.io",
    }


def _project(pipeline: Pipeline) -> dict[str, str]:
    group, _, name = pipeline.path.rpartition("/")
    host = urlsplit(pipeline.server).hostname or "gitlab.com"
    return {
        "CI_CONFIG_PATH": ".gitlab-ci.yml",
        "CI_DEFAULT_BRANCH": pipeline.default,
        "CI_DEFAULT_BRANCH_SLUG": slug(pipeline.default),
        "CI_PROJECT_ID": "1",
        "CI_PROJECT_NAME": name,
        "CI_PROJECT_TITLE": name,
        "CI_PROJECT_NAMESPACE": group,
        "CI_PROJECT_ROOT_NAMESPACE": group.partition("/")[0],
        "CI_PROJECT_PATH": pipeline.path,
        "CI_PROJECT_PATH_SLUG": slug(pipeline.path),
        "CI_PROJECT_URL": f"{pipeline.server}/{pipeline.path}",
        "CI_PROJECT_VISIBILITY": "public",
        "CI_REPOSITORY_URL": f"{pipeline.server}/{pipeline.path}.git",
        "CI_REGISTRY": f"registry.{host}",
        "CI_REGISTRY_IMAGE": f"registry.{host}/{pipeline.path.lower()}",
        "CI_DEPENDENCY_PROXY_GROUP_IMAGE_PREFIX": f"{host}/{group}/dependency_proxy/containers",
    }


def _commit(pipeline: Pipeline) -> dict[str, str]:
    title, _, rest = pipeline.message.partition("\n")
    named = "CI_COMMIT_TAG" if pipeline.tag else "CI_COMMIT_BRANCH"
    found = {
        "CI_COMMIT_SHA": pipeline.commit,
        "CI_COMMIT_SHORT_SHA": pipeline.commit[:8],
        "CI_COMMIT_BEFORE_SHA": "0" * 40,
        "CI_COMMIT_REF_NAME": pipeline.ref,
        "CI_COMMIT_REF_SLUG": slug(pipeline.ref),
        "CI_COMMIT_REF_PROTECTED": "false",
        "CI_COMMIT_MESSAGE": pipeline.message,
        "CI_COMMIT_TITLE": title,
        "CI_COMMIT_DESCRIPTION": rest.strip(),
        "CI_COMMIT_TIMESTAMP": pipeline.created,
        "CI_PIPELINE_ID": pipeline.id,
        "CI_PIPELINE_IID": "1",
        "CI_PIPELINE_SOURCE": pipeline.source,
        "CI_PIPELINE_URL": f"{pipeline.server}/{pipeline.path}/-/pipelines/{pipeline.id}",
        "CI_PIPELINE_CREATED_AT": pipeline.created,
    }
    return found if pipeline.number is not None else found | {named: pipeline.ref}


def _request(pipeline: Pipeline) -> dict[str, str]:
    if pipeline.number is None:
        return {}
    return {
        "CI_MERGE_REQUEST_ID": str(pipeline.number),
        "CI_MERGE_REQUEST_IID": str(pipeline.number),
        "CI_MERGE_REQUEST_EVENT_TYPE": "detached",
        "CI_MERGE_REQUEST_REF_PATH": f"refs/merge-requests/{pipeline.number}/head",
        "CI_MERGE_REQUEST_PROJECT_ID": "1",
        "CI_MERGE_REQUEST_PROJECT_PATH": pipeline.path,
        "CI_MERGE_REQUEST_PROJECT_URL": f"{pipeline.server}/{pipeline.path}",
        "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": pipeline.ref,
        "CI_MERGE_REQUEST_SOURCE_PROJECT_PATH": pipeline.path,
        "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": pipeline.target or pipeline.default,
        "CI_MERGE_REQUEST_TITLE": "",
        "CI_MERGE_REQUEST_LABELS": "",
    }
