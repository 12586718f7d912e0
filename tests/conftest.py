"""What holds for all tests: hypothesis gives no test a deadline, since no test asserts a time."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

settings.register_profile("imagegen", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("imagegen")
