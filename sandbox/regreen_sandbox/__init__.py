"""What turns a plan into processes in a container: engine, images, containers, index.

This room imports nothing else of regreen's. It is the only one that talks to Docker
(`regreen_sandbox.engine`, `regreen_sandbox.container`) and the only one that starts processes on
the host (`regreen_sandbox.process`). Import from the modules; the package itself loads nothing.
"""
