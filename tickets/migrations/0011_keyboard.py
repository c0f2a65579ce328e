"""Somebody may switch single-key shortcuts off."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tickets", "0010_saved_view")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="keyboard_shortcuts",
            field=models.BooleanField(
                db_default=True, default=True, verbose_name="keyboard shortcuts"
            ),
        ),
    ]
