"""Release 0.2, expand: what an address is known by; that release's code writes it and goes on reading `email`."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("users", "0005_phone_index")]

    operations = [
        migrations.AddField("user", "email_key", models.CharField(max_length=254, null=True)),
    ]
