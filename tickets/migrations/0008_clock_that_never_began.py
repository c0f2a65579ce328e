from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tickets", "0007_event_ticket_unchecked")]

    operations = [
        migrations.AlterField(
            model_name="clock",
            name="cancel_reason",
            field=models.CharField(
                blank=True,
                choices=[
                    ("MERGED", "Merged"),
                    ("SPAM", "Spam"),
                    ("DUPLICATE", "Duplicate"),
                    ("VOID", "Never began"),
                ],
                max_length=16,
            ),
        ),
    ]
