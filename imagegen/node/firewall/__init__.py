"""The packet filter around IPVS: what is read of it, and which connections it loses.

`read` reads the rules into the classes of `model`, by `iptables` and `nftables`; `places` finds
clients on the node and around it, `services` what they connect to; `paths` knows the hooks that a
connection through IPVS passes, and `walk` sends one packet through the chains of a hook.
"""
