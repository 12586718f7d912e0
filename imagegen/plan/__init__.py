"""Profile to facts: what is true of a healthy node, how it is baked and how it is proven."""
