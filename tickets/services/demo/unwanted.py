"""Tickets that are closed without an answer: sent twice, or thrown away."""

from __future__ import annotations

from datetime import timedelta

from tickets.models import Contact, Ticket
from tickets.services.demo.cast import default_promise
from tickets.services.demo.life import Channel, Life, Opening
from tickets.services.demo.telling import Week
from tickets.services.demo.topics import read_words


def add_copies(week: Week, count: int) -> None:
    """The same report sent again by the same person: merged, or closed as a duplicate."""
    originals = [
        life
        for life in week.lives
        if life.ticket.channel in (Channel.EMAIL, Channel.PORTAL)
        and life.ticket.received_at < week.now - timedelta(hours=3)
    ]
    for number, original in enumerate(week.rng.sample(originals, count)):
        _add_copy(week, original, is_merged=number % 3 != 2)


def _add_copy(week: Week, original: Life, *, is_merged: bool) -> None:
    ticket = original.ticket
    house = next(house for house in week.cast.houses if house.customer == ticket.customer)
    opening = Opening(
        contact=ticket.requester,
        channel=Channel.EMAIL,
        received_at=ticket.received_at + timedelta(minutes=week.rng.uniform(8, 25)),
        subject=f"{'TR' if house.customer.language == 'fr' else 'Fwd'}: {ticket.subject}",
        text=original.messages[0].text,
        tags=ticket.tags,
    )
    assert ticket.team is not None
    copy = Life.begin(opening, rng=week.rng, now=week.now, team=ticket.team, promise=house.promise)
    agent = week.on_shift(opening.received_at)
    slots = {"person": ticket.requester.name, "company": house.customer.name}
    note = read_words(house.customer.language)["merge_note" if is_merged else "duplicate_note"]
    copy.note(
        agent, note.format_map(slots), copy.latest + timedelta(minutes=week.rng.uniform(3, 20))
    )
    reason = Ticket.CancelReason.MERGED if is_merged else Ticket.CancelReason.DUPLICATE
    copy.cancel(reason, agent, copy.latest, into=original if is_merged else None)
    week.lives.append(copy)


def count_spam() -> int:
    return len(_spam_letters())


def _spam_letters() -> list[tuple[str, str]]:
    return [letter for language in ("en", "fr") for letter in read_words(language)["spam"]]


def add_spam(week: Week) -> None:
    """Mail from strangers, one of each kind."""
    letters = _spam_letters()
    senders = [Contact(email=f"offers{number}@bulk-mail.example") for number in range(len(letters))]
    Contact.objects.bulk_create(senders)
    for sender, (subject, text) in zip(senders, letters, strict=True):
        opening = Opening(
            contact=sender,
            channel=Channel.EMAIL,
            received_at=week.now - timedelta(hours=week.rng.uniform(5, 160)),
            subject=subject,
            text=text,
            tags=[],
        )
        life = Life.begin(
            opening,
            rng=week.rng,
            now=week.now,
            team=week.cast.teams["Support"],
            promise=default_promise(),
        )
        at = life.latest + timedelta(minutes=week.rng.uniform(2, 100))
        life.cancel(Ticket.CancelReason.SPAM, week.on_shift(at), at)
        week.lives.append(life)
