"""The node's check: reads a booted node and judges it by its expectations.

It stands alone: Python 3.9, the standard library and a pyroute2 of its own that only the functional
probe imports. Under software emulation an import costs some fifteen times what it costs
elsewhere, so the usual path is kept off dataclasses, typing, pathlib and subprocess.
"""
