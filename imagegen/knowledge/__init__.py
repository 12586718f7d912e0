"""Tables of what the field knows: distributions, Kubernetes versions, modules. Data, no logic."""
