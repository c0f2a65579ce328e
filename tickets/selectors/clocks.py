"""A clock as pages show it: its state in a word, which promise it is, what it counts to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext_lazy as _

from tickets.domain.terms import Metric
from tickets.models import Clock
from tickets.selectors.levels import name_level

#: States in which something is still owed: the page counts to, or up from, the due instant.
COUNTING = (Clock.State.RUNNING, Clock.State.SOON, Clock.State.BREACHED)


@dataclass(frozen=True, kw_only=True)
class ClockView:
    pk: int
    #: `ACTION`, `RESPONSE`, …
    metric: str
    #: The metric in the reader's words.
    label: str
    #: 1 for the first report; a reopening starts the next.
    cycle: int
    state: Clock.State
    #: The state in a word.
    state_label: str
    level_name: str
    target: timedelta
    started_at: datetime
    due_at: datetime
    #: From when on it is due soon; at `due_at` when no warning is set.
    soon_at: datetime
    #: What a countdown shows the distance to; None when nothing is owed any more.
    counts_to: datetime | None
    met_at: datetime | None
    breached_at: datetime | None
    noticed_at: datetime | None
    cancelled_at: datetime | None
    #: Why it was cancelled, in words; empty unless it was.
    cancel_reason: str
    #: How long after the due instant the desk flagged the breach (noticed − due).
    lag: timedelta | None
    #: How late it was met (met − due); None unless it was met late.
    overshoot: timedelta | None

    @property
    def is_owed(self) -> bool:
        return self.counts_to is not None


#: What each metric is called on a page.
METRIC_LABELS = {
    Metric.ACTION.value: _("Action"),
    Metric.RESPONSE.value: _("Response"),
    Metric.NEXT_RESPONSE.value: _("Next response"),
    Metric.RESOLUTION.value: _("Resolution"),
}


def metric_label(metric: str) -> str:
    """What a metric is called on a page, in the reader's language."""
    return str(METRIC_LABELS.get(metric, metric))


def view_clock(clock: Clock, *, terms_id: int, now: datetime) -> ClockView:
    """`clock` at `now`; `terms_id` names the terms its ticket was promised under."""
    state = clock.state_at(now)
    is_late = clock.met_at is not None and clock.met_at > clock.due_at
    return ClockView(
        pk=clock.pk,
        metric=clock.metric,
        label=metric_label(clock.metric),
        cycle=clock.cycle,
        state=state,
        state_label=str(state.label),
        level_name=name_level(terms_id=terms_id, code=clock.level),
        target=timedelta(seconds=clock.target_seconds),
        started_at=clock.started_at,
        due_at=clock.due_at,
        soon_at=clock.soon_at,
        counts_to=clock.due_at if state in COUNTING else None,
        met_at=clock.met_at,
        breached_at=clock.breached_at,
        noticed_at=clock.noticed_at,
        cancelled_at=clock.cancelled_at,
        cancel_reason=clock.get_cancel_reason_display() if clock.cancel_reason else "",
        lag=clock.detection_lag,
        overshoot=clock.met_at - clock.due_at if clock.met_at and is_late else None,
    )
