"""The ticket of a line is held by whoever writes it; checking it took a sixth of a burst of flags."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tickets", "0006_api")]
    operations = [
        migrations.AlterField(
            model_name="event",
            name="ticket",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="events",
                to="tickets.ticket",
            ),
        )
    ]
