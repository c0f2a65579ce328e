"""Two recipients a flag: checking that they exist took a fifth of a burst."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tickets", "0004_clock_storage")]
    operations = [
        migrations.AlterField(
            model_name="alert",
            name="recipient",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="alerts",
                to="tickets.agent",
            ),
        )
    ]
