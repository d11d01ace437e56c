"""Release 0.2, expand: the phone number, encrypted, and what finds it.

Both columns are empty and nullable, so that the code of release 0.1 goes on writing rows without them.
"""

from django.db import migrations, models

from shared.db.sealed import SealedField


class Migration(migrations.Migration):
    dependencies = [("users", "0003_jobs")]

    operations = [
        migrations.AddField("user", "phone_number", SealedField(null=True)),
        migrations.AddField("user", "phone_index", models.BinaryField(max_length=32, null=True)),
    ]
