"""A week of tickets: who wrote when about what, and how it went."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise
from random import Random

from tickets.domain.urgency import Side
from tickets.models import Agent
from tickets.services.demo import stories
from tickets.services.demo.cast import Cast, House
from tickets.services.demo.clocks import rings_within
from tickets.services.demo.life import Channel, Life, Opening, Unwritten
from tickets.services.demo.stories import Teller, choose_story
from tickets.services.demo.topics import TOPICS, Voice, make_slots, topics_of

#: A desk that has just been filled takes this long to be watched by its timers.
QUIET = timedelta(seconds=25)

CHANNELS = {
    Channel.EMAIL: 40,
    Channel.PHONE: 17,
    Channel.PORTAL: 16,
    Channel.FORM: 10,
    Channel.VOICEMAIL: 9,
    Channel.API: 8,
}

#: What a newcomer should be able to find, whatever the dice say: story, urgent.
CERTAIN: tuple[tuple[Callable[[Teller], None], bool], ...] = (
    (stories.acted_late, True),
    (stories.acted_late, False),
    (stories.answered_late, True),
    (stories.answered_late, False),
    (stories.came_back, True),
    (stories.came_back, False),
    (stories.bounced, True),
    (stories.settled_calmer, True),
    (stories.settled_urgent, True),
    (stories.withdrawn, True),
    (stories.raised_later, False),
)

#: What slipped through lately, and where in the week: a desk that is worked on has nothing old
#: that nobody looked at.
SLIPPED: dict[float, tuple[Callable[[Teller], None], bool]] = {
    0.58: (stories.ignored, False),
    0.60: (stories.unanswered, False),
    0.75: (stories.ignored, True),
    0.78: (stories.unanswered, True),
}
LATELY = timedelta(hours=36)


@dataclass
class Week:
    """Tells lives; no topic or customer comes up twice in a row."""

    cast: Cast
    rng: Random
    now: datetime
    lives: list[Life] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._topics: deque[str] = deque(maxlen=5)
        self._houses: deque[str] = deque(maxlen=6)
        self._subjects: deque[str] = deque(maxlen=12)

    def tell(self, count: int) -> None:
        """Add `count` lives, oldest first."""
        certain = dict(zip(self._places_for_certain(count), CERTAIN, strict=True))
        certain |= {int(share * count): slipped for share, slipped in SLIPPED.items()}
        for place, age in enumerate(self._ages(count)):
            story, urgent = certain.get(place, (None, None))
            self.add(self.now - age, story=story, urgent=urgent)

    def _ages(self, count: int) -> list[timedelta]:
        """More of them lately, so that there is something to do; the oldest first."""
        recent = [self.rng.uniform(0.006, 0.9) for _ in range(count // 4)]
        others = [self.rng.uniform(0.006, 7) for _ in range(count - len(recent))]
        return [timedelta(days=days) for days in sorted(recent + others, reverse=True)]

    def _places_for_certain(self, count: int) -> list[int]:
        # In the older part, where every story has had the time to go to its end.
        return [count // 8 + step * (count // 40) for step in range(len(CERTAIN))]

    def add(
        self,
        received_at: datetime,
        *,
        story: Callable[[Teller], None] | None = None,
        urgent: bool | None = None,
    ) -> Life:
        house = self.choose_house()
        voice = self.voice_of(house)
        while story in stories.OF_TROUBLE and not voice.is_trouble:
            voice = self.voice_of(house)
        if urgent is None:
            urgent = self.rng.random() < TOPICS[voice.topic][1]
        channel = self._choose_channel(only_written=story is not None)
        if not urgent and self.rng.random() < 0.85:
            received_at = self._in_office_hours(house, received_at)
        story = story or choose_story(
            self.rng, channel=channel, urgent=urgent, is_trouble=voice.is_trouble
        )
        if story in stories.SLIPPED and self.now - received_at > LATELY:
            story = stories.answered_late
        received_at = received_at.replace(microsecond=0)
        if channel in (Channel.PHONE, Channel.VOICEMAIL):
            received_at = received_at.replace(second=0)  # typed in to the minute
        opening = self.opening(house, voice, channel, received_at)
        life = self._tell_quietly(opening, house, voice, story, urgent=urgent)
        self.lives.append(life)
        return life

    def _tell_quietly(
        self,
        opening: Opening,
        house: House,
        voice: Voice,
        story: Callable[[Teller], None],
        *,
        urgent: bool,
    ) -> Life:
        while True:
            told = self.begin(opening, house, voice, urgent=urgent)
            self.go_on(told, story)
            if not rings_within(told.life, QUIET):
                return told.life
            opening = replace(opening, received_at=opening.received_at - 4 * QUIET)

    def begin(self, opening: Opening, house: House, voice: Voice, *, urgent: bool) -> Teller:
        life = Life.begin(
            opening,
            rng=self.rng,
            now=self.now,
            team=self.cast.teams[voice.team],
            promise=house.promise,
        )
        if urgent:
            reason = voice.line("urgent_reasons")
            life.propose(
                Side.CUSTOMER,
                "URGENT",
                opening.received_at,
                agent=opening.typed_by,
                reason=reason,
                opening=True,
            )
        return Teller(life=life, voice=voice, cast=self.cast, rng=self.rng)

    def go_on(self, told: Teller, story: Callable[[Teller], None]) -> None:
        """Assign it, as the desk does with half of them, and tell the story up to the present."""
        try:
            if self.rng.random() < 0.5:
                agent = told.agent(told.life.latest)
                told.life.assign(agent, told.soon(0.03, 0.1), agent=None)
            story(told)
        except Unwritten:
            pass

    def keep_neighbours_apart(self, lives: Iterable[Life]) -> None:
        """No subject twice in a row, in the order in which the desk came to know the tickets."""
        ordered = sorted(lives, key=lambda life: life.ticket.recorded_at)
        for one, other in pairwise(ordered):
            if one.ticket.subject == other.ticket.subject:
                other.ticket.subject += f" – {other.ticket.customer}"
        self._subjects.extend(life.ticket.subject for life in ordered[-3:])

    def choose_house(self) -> House:
        houses = [h for h in self.cast.houses if h.customer.name not in self._houses]
        house = self.rng.choice(houses)
        self._houses.append(house.customer.name)
        return house

    def voice_of(self, house: House, topic: str | None = None) -> Voice:
        """The words of a new ticket, with a subject that none near it has."""
        voice = self._any_voice(house, topic)
        while voice.subject() in self._subjects:
            voice = self._any_voice(house, topic)
        self._topics.append(voice.topic)
        self._subjects.append(voice.subject())
        return voice

    def _any_voice(self, house: House, topic: str | None) -> Voice:
        customer = house.customer
        topics = [code for code in topics_of(customer.language) if code not in self._topics]
        return Voice(
            rng=self.rng,
            language=customer.language,
            topic=topic or self.rng.choice(topics),
            slots=make_slots(self.rng, house.place, customer.name, customer.domains[0]),
        )

    def opening(
        self, house: House, voice: Voice, channel: Channel, received_at: datetime
    ) -> Opening:
        contact = self.rng.choice(house.contacts)
        voice.slots |= {
            "person": contact.name,
            "first": contact.name.split()[0],
            "phone": contact.phone,
        }
        is_spoken = channel in (Channel.PHONE, Channel.VOICEMAIL)
        return Opening(
            contact=contact,
            channel=channel,
            received_at=received_at,
            subject=voice.subject(),
            text=self._text(voice, channel),
            tags=voice.tags,
            typed_by=self.on_shift(received_at) if is_spoken else None,
        )

    def on_shift(self, at: datetime) -> Agent:
        there = [c.agent for c in self.cast.colleagues if c.is_on_shift(at)]
        return self.rng.choice(there or [c.agent for c in self.cast.colleagues])

    def _text(self, voice: Voice, channel: Channel) -> str:
        if channel == Channel.VOICEMAIL:
            return voice.line("voicemails")
        if channel == Channel.PHONE:
            return voice.line("phoned")
        return voice.letter("openings")

    def _choose_channel(self, *, only_written: bool) -> Channel:
        spoken = (Channel.PHONE, Channel.VOICEMAIL)
        weights = {c: w for c, w in CHANNELS.items() if not (only_written and c in spoken)}
        return self.rng.choices(list(weights), list(weights.values()))[0]

    def _in_office_hours(self, house: House, at: datetime) -> datetime:
        """When they are there, some days earlier where that lies ahead."""
        calendar = house.promise.calendar
        hours = calendar.to_domain(zone=calendar.zone_for(house.customer.timezone))
        wait = timedelta(minutes=self.rng.uniform(0, 240))
        for days in range(5):
            moved = hours.due(at - timedelta(days=days), wait)
            if moved < self.now - timedelta(minutes=10):
                return moved
        return at
