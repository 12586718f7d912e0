"""The cluster profile: its model, and how it is read with line and column."""

import os

# pydantic looks through every installed distribution for plugins, a tenth of a cold render; and a
# profile must mean the same whatever else is installed.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
