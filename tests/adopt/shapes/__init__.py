"""Old nodes as people have them: each a module with FILES, and what its owner knows beside them."""
