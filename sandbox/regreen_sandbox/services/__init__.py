"""The services of a workflow's job: containers of their own beside its sandbox, in its network."""

from regreen_sandbox.services.health import ServiceFailed
from regreen_sandbox.services.plan import ServicePlan, plan_service
from regreen_sandbox.services.running import (
    DeadService,
    ServiceContext,
    Services,
    start_services,
)

__all__ = [
    "DeadService",
    "ServiceContext",
    "ServiceFailed",
    "ServicePlan",
    "Services",
    "plan_service",
    "start_services",
]
