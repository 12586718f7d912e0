"""The API server's side: what kube-proxy should have made of it, and telling it of the verdict.

None of this is imported on a node whose profile does not ask for it.
"""
