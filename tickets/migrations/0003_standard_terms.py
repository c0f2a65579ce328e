"""The published agreement, as data: another company loads its own."""

from django.conf import settings
from django.db import migrations

OFFICE = [["09:00", "17:00"]]
#: TERMS T5, T6: minutes to act and to respond, and the hours they are counted in.
LEVELS = [
    ("URGENT", 0, "Urgent", "Urgent", "ALWAYS", 30, 120),
    ("NON_URGENT", 1, "Non-urgent", "Non urgent", "BUSINESS", 480, 480),
]


def ship(apps, schema_editor):
    model = apps.get_model
    model("tickets", "Calendar").objects.create(
        name="Business hours",
        timezone=settings.DESK_TIMEZONE,
        is_in_customer_zone=True,
        hours={"week": {day: OFFICE for day in ("mon", "tue", "wed", "thu", "fri")}},
        is_default=True,
    )
    terms = model("tickets", "Terms").objects.create(
        name="Standard terms", default_level="NON_URGENT", is_default=True
    )
    for code, rank, name, name_fr, hours, action, response in LEVELS:
        level = model("tickets", "Level").objects.create(
            terms=terms, code=code, rank=rank, name=name, name_fr=name_fr
        )
        for metric, minutes in (("ACTION", action), ("RESPONSE", response)):
            model("tickets", "Target").objects.create(
                level=level, metric=metric, minutes=minutes, hours=hours
            )
    model("tickets", "Team").objects.create(name="Support")


class Migration(migrations.Migration):
    dependencies = [("tickets", "0002_history_stays")]

    operations = [migrations.RunPython(ship, migrations.RunPython.noop)]
