"""Who may do what: authenticated by default, the rest by name."""

from typing import Any

from rest_framework.permissions import SAFE_METHODS, AllowAny, BasePermission
from rest_framework.request import Request

from shared.auth.principal import Principal

__all__ = ["AllowAny", "IsAuthenticated", "IsOwnerOrReadOnly", "IsStaff", "IsStaffOrReadOnly"]


def _principal(request: Request) -> Principal | None:
    """Return who is asking, or None."""
    return request.user if isinstance(request.user, Principal) else None


class IsAuthenticated(BasePermission):
    """Anyone with a valid token."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Return whether somebody is known to be asking."""
        del view
        return _principal(request) is not None


class IsStaff(BasePermission):
    """Staff only."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Return whether staff is asking."""
        del view
        principal = _principal(request)
        return principal is not None and principal.is_staff


class IsStaffOrReadOnly(BasePermission):
    """Anyone may read; only staff may write."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Return whether the method is safe or staff is asking."""
        return request.method in SAFE_METHODS or IsStaff().has_permission(request, view)


class IsOwnerOrReadOnly(IsAuthenticated):
    """Any user may read a thing; only its owner (its `user_id`) may write it."""

    def has_object_permission(self, request: Request, view: Any, obj: Any) -> bool:
        """Return whether the method is safe or the owner is asking."""
        del view
        principal = _principal(request)
        return request.method in SAFE_METHODS or (principal is not None and obj.user_id == principal.id)
