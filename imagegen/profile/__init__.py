"""The cluster profile: its model, and how it is read with line and column."""
