"""The check against an API server."""
