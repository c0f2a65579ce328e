import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tickets", "0009_ticket_search")]

    operations = [
        migrations.CreateModel(
            name="SavedView",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="saved_views",
                        to="tickets.agent",
                    ),
                ),
                ("name", models.CharField(max_length=60, verbose_name="name")),
                ("query", models.CharField(max_length=500, verbose_name="search")),
                (
                    "is_shared",
                    models.BooleanField(default=False, verbose_name="shared with everybody"),
                ),
                ("position", models.PositiveSmallIntegerField(default=0)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=["owner", "name"], name="saved_view_name_once"),
                    models.CheckConstraint(
                        condition=~models.Q(name=""), name="saved_view_has_a_name"
                    ),
                    models.CheckConstraint(
                        condition=~models.Q(query=""), name="saved_view_asks_for_something"
                    ),
                ],
                "indexes": [
                    models.Index(
                        fields=["name"],
                        name="saved_view_shared",
                        condition=models.Q(is_shared=True),
                    )
                ],
            },
        ),
    ]
