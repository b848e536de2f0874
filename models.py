"""What the panel reads and writes, typed: people, roles and permissions, salons."""

from __future__ import annotations

from datetime import datetime, time
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class Model(BaseModel):
    """Read-only value; a column that a newer database adds is ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Role(StrEnum):
    """What a person is in a salon, or (platform_admin) in the whole installation."""

    PLATFORM_ADMIN = "platform_admin"
    OWNER = "owner"
    ADMIN = "admin"
    OPERATOR = "operator"


class Permission(StrEnum):
    """One thing that a role may do; `dashboard.role_permissions` holds the same table."""

    OVERVIEW_READ = "overview.read"
    DIALOGUES_READ = "dialogues.read"
    DIALOGUES_ANNOTATE = "dialogues.annotate"
    CLIENTS_READ = "clients.read"
    WISHLIST_READ = "wishlist.read"
    WISHLIST_MANAGE = "wishlist.manage"
    RUNS_READ = "runs.read"
    RUNS_CONTROL = "runs.control"
    USERS_READ = "users.read"
    USERS_MANAGE = "users.manage"
    TENANT_CONFIGURE = "tenant.configure"
    AUDIT_READ = "audit.read"
    JOBS_READ = "jobs.read"
    JOBS_RUN = "jobs.run"
    PLATFORM_MANAGE = "platform.manage"


_EVERYTHING = frozenset(Permission)

PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.PLATFORM_ADMIN: _EVERYTHING,
    Role.OWNER: _EVERYTHING - {Permission.PLATFORM_MANAGE},
    Role.ADMIN: _EVERYTHING - {Permission.PLATFORM_MANAGE, Permission.RUNS_CONTROL},
    Role.OPERATOR: frozenset(
        {
            Permission.OVERVIEW_READ,
            Permission.DIALOGUES_READ,
            Permission.DIALOGUES_ANNOTATE,
            Permission.RUNS_READ,
            Permission.RUNS_CONTROL,
            Permission.JOBS_READ,
        }
    ),
}

LocaleName = Literal["en", "ru"]
ThemeName = Literal["light", "dark", "system"]


class Membership(Model):
    """A role in one tenant; a platform admin's has no tenant."""

    tenant_id: UUID | None
    role: Role


class SessionTimes(Model):
    """When a sign-in began and when it will end by itself."""

    created_at: datetime
    last_seen_at: datetime
    idle_expires_at: datetime
    expires_at: datetime


class Identity(Model):
    """A signed-in person, as `dashboard.auth_session` tells it."""

    user_id: UUID
    email: str
    full_name: str
    locale: LocaleName | None = None
    theme: ThemeName | None = None
    last_tenant_id: UUID | None = None
    password_changed_at: datetime | None = None
    session: SessionTimes
    memberships: tuple[Membership, ...] = ()

    def role_in(self, tenant_id: UUID) -> Role | None:
        """The person's role in a tenant, or None for an outsider."""
        by_tenant = {membership.tenant_id: membership.role for membership in self.memberships}
        return by_tenant.get(None) or by_tenant.get(tenant_id)


class Tenant(Model):
    """A salon that the reader may enter, and in which role."""

    tenant_id: UUID
    name: str
    slug: str | None = None
    role: Role
    time_zone: str
    currency: str
    is_active: bool
    opens_at: time = time(10)
    closes_at: time = time(20)
    """Local working hours; closing before opening is past midnight, both the same is around the clock."""


class TenantUser(Model):
    """A person with a membership in the tenant."""

    user_id: UUID
    email: str
    full_name: str
    role: Role
    is_active: bool
    last_seen_at: datetime | None = None
    created_at: datetime


class AuditEntry(Model):
    """Who did what, when."""

    audit_id: int
    actor_id: UUID | None = None
    actor_name: str | None = None
    action: str
    subject: str | None = None
    details: dict[str, Any] = Field(default_factory=dict)
    address: str | None = None
    occurred_at: datetime
