"""An existing node's files to the profile that reproduces it."""
