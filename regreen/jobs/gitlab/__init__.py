"""``.gitlab-ci.yml`` to a job that can be run: reading, includes, rules, variables, choice, script.

The rest of regreen sees the same ``Job`` as for GitHub's workflows. What the words mean follows
GitLab's "CI/CD YAML syntax reference" (https://docs.gitlab.com/ci/yaml/).
"""
