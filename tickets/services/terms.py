"""Publishing versions of the terms (TERMS §2.4, §2.11, §2.13)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from tickets.domain.errors import DomainError
from tickets.domain.terms import Metric
from tickets.models import Calendar, Customer, Level, Target, Terms
from tickets.services.errors import Unable
from tickets.services.promises import check_targets_fall_due
from tickets.services.refusals import in_words


class UnableToPublishTerms(Unable):
    pass


@dataclass(frozen=True)
class TargetDraft:
    minutes: int
    hours: str = Target.Hours.BUSINESS


@dataclass(frozen=True, kw_only=True)
class LevelDraft:
    """An urgency level to publish; `targets` by metric code, ACTION and RESPONSE at least."""

    code: str
    rank: int
    name: str
    name_fr: str = ""
    targets: Mapping[str, TargetDraft] = field(default_factory=dict)


@transaction.atomic
def publish_terms(
    *,
    name: str,
    levels: Iterable[LevelDraft],
    default_level: str,
    thresholds: Sequence[int] = (50, 75, 90),
    make_default: bool = False,
    calendar: Calendar | None = None,
    now: datetime,
) -> Terms:
    """Write the next version of the terms `name`; tickets keep the version they have.

    Every target is tried against `calendar` (None: the desk's default) for starts from `now` on.
    Customers on an earlier version, and the desk's default if that was one, go on with the new one.

    Raises:
        UnableToPublishTerms: unknown metric or hours, ACTION or RESPONSE without a target, ranks
            that do not count up from 0, thresholds not ascending between 1 and 99, a negative
            target, or one that never falls due.
    """
    levels = sorted(levels, key=lambda level: level.rank)
    _check_drafts(name, levels, thresholds)
    # Held to the end, so that two publishers of the same terms follow one another.
    earlier = list(Terms.objects.select_for_update().filter(name=name).order_by("-version"))
    is_default = make_default or any(version.is_default for version in earlier)
    if is_default:
        Terms.objects.filter(is_default=True).update(is_default=False)
    terms = Terms.objects.create(
        name=name,
        version=earlier[0].version + 1 if earlier else 1,
        default_level=default_level,
        thresholds=list(thresholds),
        is_default=is_default,
    )
    for level in levels:
        _write_level(terms, level)
    calendar = calendar or Calendar.objects.get(is_default=True)
    try:
        check_targets_fall_due(terms.to_domain(calendar=calendar, zone=calendar.timezone), now=now)
    except DomainError as error:
        raise UnableToPublishTerms(error.code, in_words(error)) from error
    Customer.objects.filter(terms__in=earlier).update(terms=terms)
    return terms


def _check_drafts(name: str, levels: list[LevelDraft], thresholds: Sequence[int]) -> None:
    if not name.strip():
        raise UnableToPublishTerms("name_missing", _("Give the terms a name."))
    if any(type(share) is not int for share in thresholds):
        raise UnableToPublishTerms("bad_thresholds", _("Warnings are whole percentages."))
    # What the tables themselves would refuse; the domain checks all else.
    codes = [level.code for level in levels]
    if len(set(codes)) < len(codes):
        raise UnableToPublishTerms(
            "level_twice", _("Two urgency levels have the same code. Give each its own.")
        )
    if [level.rank for level in levels] != list(range(len(levels))):
        raise UnableToPublishTerms(
            "bad_rank", _("Ranks count up from 0, the most urgent level first.")
        )
    for level in levels:
        _check_targets(level)


def _check_targets(level: LevelDraft) -> None:
    known = {metric.value for metric in Metric}
    for metric in sorted(level.targets.keys() - known):
        raise UnableToPublishTerms(
            "unknown_metric",
            _("“%(metric)s” is not timed. Use %(known)s.")
            % {"metric": metric, "known": ", ".join(known)},
        )
    for metric in (Metric.ACTION, Metric.RESPONSE):
        if metric.value not in level.targets:
            raise UnableToPublishTerms(
                "target_missing",
                _("“%(level)s” has no %(metric)s target. Both promises need one.")
                % {"level": level.name, "metric": metric.value},
            )
    for target in level.targets.values():
        if type(target.minutes) is not int or not 0 <= target.minutes < 2**31:
            raise UnableToPublishTerms(
                "negative_target", _("A target is a whole number of minutes, zero or more.")
            )
        if target.hours not in Target.Hours.values:
            raise UnableToPublishTerms(
                "unknown_hours", _("Targets count round the clock or in business hours.")
            )


def _write_level(terms: Terms, draft: LevelDraft) -> None:
    level = Level.objects.create(
        terms=terms, code=draft.code, rank=draft.rank, name=draft.name, name_fr=draft.name_fr
    )
    Target.objects.bulk_create(
        Target(level=level, metric=metric, minutes=target.minutes, hours=target.hours)
        for metric, target in draft.targets.items()
    )
