"""Release 0.5, contract: no running code knows `is_verified` any more, and the column goes.

Backwards it comes back empty, and 0013 fills it from `verified_at`.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("users", "0017_is_verified_forgotten")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE users DROP COLUMN is_verified",
            "ALTER TABLE users ADD COLUMN is_verified boolean NOT NULL DEFAULT false",
        ),
    ]
