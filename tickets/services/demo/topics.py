"""What tickets of the demonstration are about, and the words for it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

FOLDER = Path(__file__).parent

#: Topic -> team, how often the customer calls it urgent, tags.
TOPICS: dict[str, tuple[str, float, tuple[str, ...]]] = {
    "receipts": ("Delivery", 0.45, ("delivery", "receipts")),
    "sender": ("Delivery", 0.25, ("sender-id",)),
    "keys": ("Integration", 0.5, ("api", "sign-in")),
    "webhooks": ("Integration", 0.2, ("api", "webhooks")),
    "billing": ("Support", 0.02, ("invoice",)),
    "porting": ("Support", 0.1, ("numbers",)),
    "privacy": ("Support", 0.05, ("gdpr",)),
    "optout": ("Support", 0.2, ("compliance", "opt-out")),
    "latency": ("Delivery", 0.7, ("delivery", "latency")),
    "dlt": ("Delivery", 0.35, ("india", "dlt")),
    "codes": ("Delivery", 0.8, ("delivery", "two-factor")),
    "encoding": ("Integration", 0.05, ("encoding",)),
    "smpp": ("Integration", 0.5, ("smpp",)),
    "inbound": ("Delivery", 0.35, ("inbound",)),
    "sdk": ("Integration", 0.0, ("api", "sdk")),
    "account": ("Support", 0.15, ("account",)),
}


#: Something does not work: it can come back, and there is traffic that suffers.
TROUBLE = frozenset(
    ("receipts", "sender", "keys", "webhooks", "latency", "dlt", "codes", "encoding", "smpp")
) | {"inbound"}

#: Parts whose phrases belong together by their place in the list: one case of the topic.
OF_ONE_CASE = ("subjects", "openings", "questions", "details", "notes", "answers")


@cache
def read_words(language: str) -> Mapping[str, Any]:
    words = tomllib.loads((FOLDER / f"{language}.toml").read_text("utf-8"))
    return {**words, "topic": {topic["code"]: topic for topic in words["topic"]}}


@cache
def read_cast() -> Mapping[str, Any]:
    return tomllib.loads((FOLDER / "cast.toml").read_text("utf-8"))


@dataclass
class Voice:
    """The words of one ticket: the same operator, numbers and names all through it."""

    rng: Random
    language: str
    topic: str
    slots: dict[str, str]

    def __post_init__(self) -> None:
        self._said: set[str] = set()
        self._case = self.rng.randrange(len(self._topic["openings"]))

    @property
    def is_trouble(self) -> bool:
        return self.topic in TROUBLE

    @property
    def team(self) -> str:
        return TOPICS[self.topic][0]

    @property
    def tags(self) -> list[str]:
        return list(TOPICS[self.topic][2])

    def knows(self, topic: str) -> bool:
        return topic in read_words(self.language)["topic"]

    def subject(self) -> str:
        return self._fill(self._choose("subjects"))

    def spoken(self) -> str:
        return self._fill(self._topic["spoken"])

    def line(self, part: str) -> str:
        """One of the general or topical phrases of that kind, none twice while others are left."""
        return self._fill(self._choose(part))

    def letter(self, part: str) -> str:
        """A phrase of the customer's with greeting, an aside and a name below."""
        return self._letter("greetings", part, "closings", aside=True)

    def word(self, part: str) -> str:
        """A short message of the customer's, signed or not."""
        name = self.rng.choice(("", "\n\n{person}", "\n\n{first}", "\n{person}, {company}"))
        return self.line(part) + self._fill(name)

    def meet(self, agent: str) -> None:
        """From now on `agent` is whom the customer deals with."""
        self.slots |= {"agent": agent, "agent_first": agent.split()[0]}

    def answer(self, part: str, *, agent: str) -> str:
        self.meet(agent)
        return self._letter("agent_greetings", part, "agent_closings", aside=False)

    def _letter(self, greeting: str, part: str, closing: str, *, aside: bool) -> str:
        hello = self.line(greeting)
        body = self.line(part)
        body = body if hello.endswith(",") else body[0].upper() + body[1:]
        added = self.line("trouble_asides" if self.is_trouble else "asides") if aside else ""
        return "\n\n".join(
            text for text in (hello, f"{body} {added}".strip(), self.line(closing)) if text
        )

    def _choose(self, part: str) -> str:
        if part in OF_ONE_CASE:
            of_topic: list[str] = self._topic[part]
            return of_topic[self._case % len(of_topic)]
        phrases = self._topic[part] if part in self._topic else read_words(self.language)[part]
        fresh = [phrase for phrase in phrases if phrase not in self._said]
        phrase: str = self.rng.choice(fresh or phrases)
        self._said.add(phrase)
        return phrase

    @property
    def _topic(self) -> Mapping[str, Any]:
        topic: Mapping[str, Any] = read_words(self.language)["topic"][self.topic]
        return topic

    def _fill(self, phrase: str) -> str:
        self.slots["spoken"] = self._topic["spoken"].format_map(self.slots)
        return phrase.format_map(self.slots)


def topics_of(language: str) -> list[str]:
    return list(read_words(language)["topic"])


def make_slots(rng: Random, place: Mapping[str, Any], customer: str, domain: str) -> dict[str, str]:
    """What the phrases name: operators of the customer's own market mostly, else of another."""
    market = place if rng.random() < 0.7 else rng.choice(read_cast()["place"])
    digits = f"{rng.randrange(1000, 10000)}"
    short = customer.split()[0].upper().replace("É", "E")[:11]
    return {
        "operator": rng.choice(market["operators"]),
        "country": market["country_name_fr" if place["language"] == "fr" else "country_name"],
        "company": customer,
        "sender": rng.choice([short, short[:6] + "INFO", short[:8]]),
        "number": f"{market['dial']} {rng.randrange(1000, 10000)}",
        "count": str(
            rng.choice([37, 84, 140, 212, 380, 650, 1200, 2300, 4700]) + rng.randrange(30)
        ),
        "minutes": str(rng.randrange(4, 40)),
        "parts": str(rng.randrange(2, 5)),
        "seconds": str(rng.randrange(14, 58)),
        "time": f"{rng.randrange(7, 19):02}:{rng.randrange(5, 60, 5):02}",
        "code": rng.choice(["E1107", "E2031", "E3340", "30007", "63015", "21610"]),
        "digits": digits,
        "invoice": f"INV-{rng.randrange(20500, 29900)}",
        "amount": f"{rng.randrange(180, 4200)}.{rng.randrange(100):02} {place['currency']}",
        "message": f"msg_{rng.randrange(16**7, 16**8):x}",
        "message2": f"msg_{rng.randrange(16**7, 16**8):x}",
        "host": f"{rng.choice(('api', 'hooks', 'sms', 'gateway', 'edge'))}.{domain}",
        "ip": f"203.0.113.{rng.randrange(2, 250)}",
    }
