"""Runs on the node: standard library and pyroute2 only, nothing of the rest of the house."""
