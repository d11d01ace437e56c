"""Release 0.3, tighten: a phone number has its index, and an active premium user has a phone number (NOT VALID).

A check that is not valid yet still stops every change of a row that breaks it, a login too. Premium accounts of before
the rule must therefore have their number first: while there are any, this changes nothing and names them by id.
"""

from typing import Any

from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models
from django.db.models import Q

WITHOUT = """
SELECT id::text FROM users
 WHERE user_type = 'premium' AND is_active AND phone_index IS NULL ORDER BY id LIMIT 20
"""


class PremiumWithoutPhone(Exception):
    """There are premium accounts that the new rule would lock."""


def refuse_without_phone(apps: Any, schema_editor: Any) -> None:
    del apps
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(WITHOUT)
        ids = [row[0] for row in cursor.fetchall()]
    if ids:
        raise PremiumWithoutPhone(
            "These premium accounts have no phone number; enter one or make them regular, and migrate again: "
            + ", ".join(ids)
        )


class Migration(migrations.Migration):
    dependencies = [("users", "0013_verified_at_filled")]

    operations = [
        migrations.RunPython(refuse_without_phone, migrations.RunPython.noop),
        AddConstraintNotValid(
            "user",
            models.CheckConstraint(
                condition=Q(phone_number__isnull=True, phone_index__isnull=True)
                | Q(phone_number__isnull=False, phone_index__isnull=False),
                name="users_phone_iff_index",
            ),
        ),
        AddConstraintNotValid(
            "user",
            models.CheckConstraint(
                condition=~Q(user_type="premium") | Q(is_active=False) | Q(phone_index__isnull=False),
                name="users_premium_has_phone",
            ),
        ),
    ]
