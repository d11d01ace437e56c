"""The table of accounts and profiles."""

from django.db import models
from django.db.models import Q

from shared.db.models import Entity
from shared.db.sealed import SealedField
from users.domain import emails
from users.domain.ages import OLDEST, YOUNGEST

EMAIL_UNIQUE = "users_email_key_unique"


class User(Entity):
    """An account; a deactivated one keeps its row and its id, never its personal data."""

    class Type(models.TextChoices):
        """What kind of customer the user is."""

        REGULAR = "regular"
        PREMIUM = "premium"

    email = models.EmailField(max_length=emails.LONGEST)
    email_key = models.CharField(max_length=emails.LONGEST, null=True)  # noqa: DJ001 (unique, and many have none)
    username = models.CharField(max_length=150, blank=True)
    password = models.CharField(max_length=256)
    user_type = models.CharField(max_length=10, choices=Type, default=Type.REGULAR)
    is_active = models.BooleanField(default=True)
    verified_at = models.DateTimeField(null=True)
    is_staff = models.BooleanField(default=False)
    epoch = models.PositiveIntegerField(default=0)
    age = models.PositiveSmallIntegerField(null=True)
    bio = models.CharField(max_length=500, blank=True, default="")
    avatar_url = models.CharField(max_length=500, blank=True, default="")
    location = models.CharField(max_length=100, blank=True, default="")
    phone_number = SealedField(null=True)
    phone_index = models.BinaryField(max_length=32, null=True)
    last_login_at = models.DateTimeField(null=True)
    deactivated_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "users"
        constraints = [
            models.UniqueConstraint(fields=["email_key"], name=EMAIL_UNIQUE),
            models.CheckConstraint(
                condition=Q(is_active=False) | Q(email_key__isnull=False), name="users_active_has_email_key"
            ),
            models.CheckConstraint(
                condition=Q(email__regex=r"^[^@[:space:]]+@[^@[:space:]]+\.[^@[:space:]]+$"),
                name="users_email_pattern",
            ),
            models.CheckConstraint(
                condition=Q(age__isnull=True) | Q(age__range=(YOUNGEST, OLDEST)), name="users_age_range"
            ),
            models.CheckConstraint(condition=Q(user_type__in=["regular", "premium"]), name="users_user_type_known"),
            models.CheckConstraint(
                condition=Q(is_active=True, deactivated_at__isnull=True)
                | Q(is_active=False, deactivated_at__isnull=False),
                name="users_deactivated_at_iff_inactive",
            ),
            models.CheckConstraint(
                condition=Q(phone_number__isnull=True, phone_index__isnull=True)
                | Q(phone_number__isnull=False, phone_index__isnull=False),
                name="users_phone_iff_index",
            ),
            models.CheckConstraint(
                condition=~Q(user_type="premium") | Q(is_active=False) | Q(phone_index__isnull=False),
                name="users_premium_has_phone",
            ),
        ]
        indexes = [
            models.Index(fields=["created_at", "id"], name="users_by_created_at"),
            models.Index(fields=["email", "id"], name="users_by_email"),
            models.Index(fields=["username", "id"], name="users_by_username"),
            models.Index(fields=["phone_index"], condition=Q(phone_index__isnull=False), name="users_by_phone_index"),
        ]

    @property
    def is_verified(self) -> bool:
        """Whether the user has proved to read the address's mail."""
        return self.verified_at is not None

    def __str__(self) -> str:
        return str(self.id)
