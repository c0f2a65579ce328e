from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from tests.factories import standard_calendar

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("import_holidays", *arguments, stdout=out)
    return out.getvalue()


class TestImportHolidays:
    def test_publishes_a_version_of_the_default_calendar(self) -> None:
        before = standard_calendar()

        text = run(before.name, "FR", "--years", "2026", "2027", "--language", "fr")

        calendar = standard_calendar()
        assert calendar.version == before.version + 1
        assert calendar.holiday_names["2027-05-06"] == "Ascension"
        assert "22 more public holidays" in text

    def test_says_when_there_is_nothing_to_do(self) -> None:
        name = standard_calendar().name
        run(name, "GB", "--subdivision", "ENG", "--years", "2026")

        text = run(name, "GB", "--subdivision", "ENG", "--years", "2026")

        assert "already" in text

    @pytest.mark.parametrize(
        ("name", "country", "told"),
        [("Opening times", "FR", "Business hours"), ("Business hours", "XX", "country code")],
    )
    def test_says_what_to_write_instead(self, name: str, country: str, told: str) -> None:
        with pytest.raises(CommandError, match=told):
            run(name, country, "--years", "2026")
