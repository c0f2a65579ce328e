"""What a ticket's clocks are, said a second time and another way.

Each clock is worked out alone: first when it was met, then how often the level that governs changed
before that, each time from the beginning of the list. No state is carried from event to event, no
clock knows of another. Events are dicts as the machine door takes them; `due(level, metric, start)`
is handed in.
"""

from dataclasses import dataclass
from datetime import datetime

ACTS = {"agent_acted", "solved", "agent_replied", "call_logged"}


@dataclass
class NaiveTicket:
    events: list
    now: datetime
    due: object
    ranks: dict
    default: str

    def clocks(self):
        found = []
        for cycle, begin in enumerate(self.cycle_starts(), start=1):
            for metric in ("ACTION", "RESPONSE"):
                found.append(self.clock(metric, cycle, begin))
        return found

    def known(self):
        """Up to now, and nothing behind the end."""
        known = [event for event in self.events if event["at"] <= self.now]
        for position, event in enumerate(known):
            if event["type"] == "cancelled":
                return known[: position + 1]
        return known

    def ended_at(self):
        latest = self.known()[-1]
        return latest["at"] if latest["type"] == "cancelled" else None

    def cycle_starts(self):
        """Positions of the receipt and of every message that found the ticket solved."""
        starts = [0]
        for position, event in enumerate(self.known()):
            if event["type"] != "customer_wrote" or event.get("automatic"):
                continue
            since = self.known()[starts[-1] : position]
            if any(each["type"] == "solved" for each in since):
                starts.append(position)
        return starts

    def clock(self, metric, cycle, begin):
        start = self.known()[begin]["at"]
        meeting = self.meeting(metric, begin)
        met_at = self.known()[meeting]["at"] if meeting is not None else None
        end = len(self.known()) if meeting is None else meeting
        due = self.deadline(metric, begin, end)
        judged_at = met_at or self.ended_at() or self.now
        is_breached = due < judged_at
        cancelled_at = None if met_at or is_breached else self.ended_at()
        return {
            "metric": metric,
            "cycle": cycle,
            "start": start,
            "due": due,
            "met_at": met_at,
            "breached_at": due if is_breached else None,
            "cancelled_at": cancelled_at,
        }

    def meeting(self, metric, begin):
        bounced = {e["message"] for e in self.known() if e["type"] == "reply_bounced"}
        for position in range(begin + 1, len(self.known())):
            event = self.known()[position]
            kind = event["type"]
            is_response = (kind == "agent_replied" and event["message"] not in bounced) or (
                kind == "call_logged" and event["outcome"] == "reached"
            )
            if is_response if metric == "RESPONSE" else kind in ACTS:
                return position
        return None

    def deadline(self, metric, begin, end):
        start = self.known()[begin]["at"]
        level = self.governing_after(begin)
        if begin == 0:
            at_receipt = [p for p, e in enumerate(self.known()) if e["at"] == start]
            level = self.governing_after(at_receipt[-1])
        due = self.due(level, metric, start)
        for position in range(begin + 1, end):
            at = self.known()[position]["at"]
            if (begin == 0 or self.cycle_starts_at_receipt(begin)) and at == self.receipt():
                continue
            new = self.governing_after(position)
            if new == level:
                continue
            if at <= due:
                if self.ranks[new] < self.ranks[level]:
                    due = min(due, self.due(new, metric, at))
                else:
                    due = max(due, self.due(new, metric, start))
            level = new
        return due

    def receipt(self):
        return self.known()[0]["at"]

    def cycle_starts_at_receipt(self, begin):
        return self.known()[begin]["at"] == self.receipt()

    def governing_after(self, position):
        """The level that governs once the event at that position has happened."""
        if self.known()[position]["at"] == self.receipt():
            same = [p for p, e in enumerate(self.known()) if e["at"] == self.receipt()]
            position = same[-1]
        agreed, table = None, {}
        for event in self.known()[: position + 1]:
            if event["type"] in ("urgency_proposed", "urgency_countered"):
                table[event["by"]] = event["level"]
            elif event["type"] == "urgency_withdrawn":
                del table[event["by"]]
            elif event["type"] == "urgency_agreed":
                other = {"customer": "provider", "provider": "customer"}[event["by"]]
                agreed, table = table[other], {}
        if agreed:
            return agreed
        return min(table.values(), key=self.ranks.get, default=self.default)
