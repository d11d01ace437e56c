"""Release 0.3, tighten: from now on every written row of an active account has its key (NOT VALID: no scan)."""

from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("users", "0010_email_key_unique")]

    operations = [
        AddConstraintNotValid(
            "user",
            models.CheckConstraint(
                condition=Q(is_active=False) | Q(email_key__isnull=False), name="users_active_has_email_key"
            ),
        ),
    ]
