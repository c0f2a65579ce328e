"""The people of the demonstration: agents, customers, and the hours they keep."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth.hashers import make_password

from tickets.models import Agent, Calendar, Contact, Customer, Team, Terms, User
from tickets.services.calendars import import_holidays, publish_calendar
from tickets.services.demo.topics import read_cast
from tickets.services.terms import LevelDraft, TargetDraft, publish_terms

#: For every sign-in of the demonstration, printed when it is made; only trial desks have it.
PASSWORD = "paper-boat-lantern"
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri")
ALL_WEEK = (*WEEKDAYS, "sat", "sun")

#: Customers with their own terms: the agreement's two promises, and a solution on top.
WITH_CARE_TERMS = ("Harbour Trust Bank", "Banque du Léman Sud", "Juniper Pay")


@dataclass(frozen=True)
class Colleague:
    """An agent and when they work, in local time."""

    agent: Agent
    zone: ZoneInfo
    begins: time
    ends: time

    def is_on_shift(self, at: datetime) -> bool:
        return self.begins <= at.astimezone(self.zone).time() < self.ends


@dataclass(frozen=True)
class Promise:
    """What a customer's tickets are promised under."""

    terms: Terms
    calendar: Calendar


@dataclass(frozen=True)
class House:
    """A customer with what the stories need to know of it."""

    customer: Customer
    place: Mapping[str, Any]
    contacts: tuple[Contact, ...]
    promise: Promise


@dataclass(frozen=True)
class Cast:
    colleagues: tuple[Colleague, ...]
    houses: tuple[House, ...]
    teams: Mapping[str, Team]

    def agent(self, first_name: str) -> Agent:
        wanted = f"{first_name}@desk.example"
        return next(c.agent for c in self.colleagues if c.agent.user.email == wanted)

    def team_agents(self, team: Team) -> list[Agent]:
        return [c.agent for c in self.colleagues if c.agent.team_id == team.pk]


def assemble(*, now: datetime) -> Cast:
    """Make the agents, teams, calendars, terms, customers and contacts."""
    teams = _make_teams()
    colleagues = _make_colleagues(teams, now=now)
    houses = _make_houses(now=now)
    for row in read_cast()["team"]:
        team = teams[row["name"]]
        team.lead = next(c.agent for c in colleagues if c.agent.user.email == row["lead"])
        team.save(update_fields=["lead"])
    return Cast(colleagues=colleagues, houses=houses, teams=teams)


def default_promise() -> Promise:
    return Promise(
        terms=Terms.objects.get(is_default=True), calendar=Calendar.objects.get(is_default=True)
    )


def _make_teams() -> dict[str, Team]:
    """The shipped team is one of them."""
    names = [row["name"] for row in read_cast()["team"]]
    return {name: Team.objects.get_or_create(name=name)[0] for name in names}


def _make_colleagues(teams: Mapping[str, Team], *, now: datetime) -> tuple[Colleague, ...]:
    shifts = {row["name"]: _make_shift(row, now=now) for row in read_cast()["shift"]}
    # One hash for all: making ten takes longer than the rest of the demonstration.
    password = make_password(PASSWORD)
    rows = read_cast()["agent"]
    users = [_make_user(row, password) for row in rows]
    User.objects.bulk_create(users)
    agents = [
        Agent(
            user=user,
            team=teams.get(row.get("team", "")),
            role=row.get("role", Agent.Role.AGENT),
            shift_calendar=shifts.get(row.get("shift", "")),
        )
        for user, row in zip(users, rows, strict=True)
    ]
    Agent.objects.bulk_create(agents)
    return tuple(
        _colleague(agent, row) for agent, row in zip(agents, rows, strict=True) if "shift" in row
    )


def _make_user(row: Mapping[str, Any], password: str) -> User:
    is_administrator = row.get("role") == Agent.Role.ADMINISTRATOR
    return User(
        email=row["email"],
        name=row["name"],
        password=password,
        timezone=_shift_of(row).get("timezone", "Europe/Paris"),
        is_staff=is_administrator,
        is_superuser=is_administrator,
    )


def _colleague(agent: Agent, row: Mapping[str, Any]) -> Colleague:
    shift = _shift_of(row)
    return Colleague(
        agent=agent,
        zone=ZoneInfo(shift["timezone"]),
        begins=time.fromisoformat(shift["from"]),
        ends=time.fromisoformat(shift["until"]),
    )


def _shift_of(row: Mapping[str, Any]) -> Mapping[str, Any]:
    return next((s for s in read_cast()["shift"] if s["name"] == row.get("shift")), {})


def _make_shift(row: Mapping[str, Any], *, now: datetime) -> Calendar:
    hours = {"week": {day: [[row["from"], row["until"]]] for day in ALL_WEEK}}
    return publish_calendar(name=row["name"], timezone=row["timezone"], hours=hours, now=now)


def _make_houses(*, now: datetime) -> tuple[House, ...]:
    places = {place["code"]: place for place in read_cast()["place"]}
    calendars = {code: _make_office_hours(place, now=now) for code, place in places.items()}
    own = {row["customer"]: row for row in read_cast()["own_hours"]}
    care = _publish_care_terms(now=now)
    customers, contacts = [], []
    for code, rows in read_cast()["customers"].items():
        place = places[code]
        for name, domain, people in rows:
            calendar: Calendar | None = calendars[code]
            if name in own:
                calendar = _make_own_hours(own[name], place, now=now)
            customer = _customer(name, domain, place, calendar)
            customer.terms = care if name in WITH_CARE_TERMS else None
            customers.append((customer, place))
            contacts.append(
                [_contact(customer, person, place, n) for n, person in enumerate(people)]
            )
    Customer.objects.bulk_create(customer for customer, _ in customers)
    Contact.objects.bulk_create(contact for people in contacts for contact in people)
    standard = default_promise()
    return tuple(
        House(
            customer=customer,
            place=place,
            contacts=tuple(people),
            promise=Promise(
                terms=customer.terms or standard.terms,
                calendar=customer.calendar or standard.calendar,
            ),
        )
        for (customer, place), people in zip(customers, contacts, strict=True)
    )


def _customer(
    name: str, domain: str, place: Mapping[str, Any], calendar: Calendar | None
) -> Customer:
    return Customer(
        name=name,
        timezone=place["timezone"],
        language=place["language"],
        currency=place["currency"],
        domains=[f"{domain}.example"],
        calendar=calendar,
    )


def _contact(customer: Customer, name: str, place: Mapping[str, Any], serial: int) -> Contact:
    ascii_name = name.lower().translate(str.maketrans("éèêç", "eeec")).split()
    return Contact(
        customer=customer,
        name=name,
        email=f"{ascii_name[0]}.{ascii_name[-1]}@{customer.domains[0]}",
        phone=f"{place['dial']} {4100 + sum(map(ord, customer.name)) % 5000 + serial}",
        language=place["language"],
    )


def _make_office_hours(place: Mapping[str, Any], *, now: datetime) -> Calendar:
    hours = {"week": {day: [["09:00", "17:00"]] for day in WEEKDAYS}}
    return _with_holidays(place["calendar"], hours, {}, place, now=now)


def _make_own_hours(row: Mapping[str, Any], place: Mapping[str, Any], *, now: datetime) -> Calendar:
    """With a day of their own in the week told, so that a deadline that skips it can be seen."""
    day = now.astimezone(ZoneInfo(place["timezone"])).date() - timedelta(days=1)
    while ALL_WEEK[day.weekday()] not in row["days"]:
        day -= timedelta(days=1)
    hours = {
        "week": dict.fromkeys(row["days"], row["openings"]),
        "closed": [day.isoformat()],
    }
    return _with_holidays(row["name"], hours, {day.isoformat(): row["closed_for"]}, place, now=now)


def _with_holidays(
    name: str,
    hours: Mapping[str, Any],
    names: Mapping[str, str],
    place: Mapping[str, Any],
    *,
    now: datetime,
) -> Calendar:
    calendar = publish_calendar(
        name=name, timezone=place["timezone"], hours=hours, holiday_names=names, now=now
    )
    return import_holidays(
        calendar=calendar,
        country=place["country"],
        subdivision=place.get("subdivision", ""),
        years=range((now - timedelta(days=40)).year, now.year + 2),
        language=place.get("names_in", ""),
        now=now,
    )


def _publish_care_terms(*, now: datetime) -> Terms:
    """The agreement's own numbers, and a time for the solution that rests while they are asked."""
    always, business = "ALWAYS", "BUSINESS"
    urgent = {"ACTION": (30, always), "RESPONSE": (120, always), "RESOLUTION": (960, always)}
    calm = {"ACTION": (480, business), "RESPONSE": (480, business), "RESOLUTION": (2400, business)}
    return publish_terms(
        name="Care terms",
        levels=[
            LevelDraft(
                code=code,
                rank=rank,
                name=name,
                name_fr=name_fr,
                targets={
                    metric: TargetDraft(minutes, hours)
                    for metric, (minutes, hours) in targets.items()
                },
            )
            for code, rank, name, name_fr, targets in (
                ("URGENT", 0, "Urgent", "Urgent", urgent),
                ("NON_URGENT", 1, "Non-urgent", "Non urgent", calm),
            )
        ],
        default_level="NON_URGENT",
        now=now,
    )
