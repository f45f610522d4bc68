"""The guard: checks that run in git hooks, before a failure can reach CI.

One small module a check. Nothing of the repository is imported or executed here.
"""
