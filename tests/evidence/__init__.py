"""What runs on booted nodes saw, kept below docs/evidence/, and the documents computed from it.

`store` keeps and reads the files; `red_rules` is about rules that were seen red; `rule_sources`
gives the digest of a rule's source. The tables of docs/matrix.md, docs/immutable.md and
docs/examples.md are computed by tests/guests, which boots the nodes. Nothing here boots a node.
"""
