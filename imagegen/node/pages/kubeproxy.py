"""The pages of kube-proxy's own word."""

from __future__ import annotations

from . import Page

PAGES: dict[str, Page] = {
    "proxy_mode": Page(
        "kube-proxy runs in the profile's mode",
        "kube-proxy's /proxyMode, port 10249 unless it was moved",
        "kube-proxy up to 1.25 falls back to iptables where IPVS is impossible, and only its log "
        "says so; with --config a --proxy-mode flag has no effect.",
        "Set `mode: {mode}` in kube-proxy's configuration and restart it; its log says why it "
        "fell back.",
        "kubernetes cmd/kube-proxy/app/server.go",
    ),
    "proxy_sync": Page(
        "kube-proxy has written its rules at least once",
        "kube-proxy's /metrics, kubeproxy_sync_proxy_rules_last_timestamp_seconds",
        "A kube-proxy that cannot reach the API server writes nothing, and its /healthz answers "
        "200 all the same.",
        "Read kube-proxy's log: a wrong kubeconfig, a certificate or a version that the API "
        "server does not speak to.",
        "kubernetes pkg/proxy/metrics/metrics.go",
    ),
    "proxy_command": Page(
        "kube-proxy runs with its baked command line",
        "/proc/*/cmdline; the unit's main process by `systemctl show`",
        "A drop-in, an EnvironmentFile or a hand changes what runs, and the unit's own file does "
        "not show it. With --config every flag but a few (--hostname-override, --v) has no effect, "
        "and kube-proxy says so in its log only.",
        "Say it in the configuration file; `systemctl cat kube-proxy` shows every file that has a "
        "word in it.",
        "kubernetes cmd/kube-proxy/app/options.go, Complete; issue 107156",
    ),
}
