"""A model of healthchecks' method, run in a process of its own: python -m benchmarks.peer_flips N.

Checks that are overdue go down one by one: the oldest is found, its state compared and set, its
flip saved; three statements, each its own transaction, through Django's ORM. Prints flips a second.
"""

import sys
import time
from datetime import timedelta

import django

django.setup()

from django.db import connection, models  # noqa: E402
from django.utils import timezone  # noqa: E402


class Check(models.Model):
    status = models.CharField(max_length=6)
    alert_after = models.DateTimeField(null=True, db_index=True)

    class Meta:
        app_label = "benchmarks"

    def __str__(self) -> str:
        return self.status


class Flip(models.Model):
    owner = models.ForeignKey(Check, models.CASCADE)
    created = models.DateTimeField()
    processed = models.DateTimeField(null=True, db_index=True)
    old_status = models.CharField(max_length=8)
    new_status = models.CharField(max_length=8)

    class Meta:
        app_label = "benchmarks"

    def __str__(self) -> str:
        return f"{self.old_status} to {self.new_status}"


def main(count: int) -> None:
    with connection.schema_editor() as editor:
        editor.create_model(Check)
        editor.create_model(Flip)
    due_at = timezone.now() - timedelta(seconds=1)
    Check.objects.bulk_create(Check(status="up", alert_after=due_at) for _ in range(count))
    start = time.perf_counter()
    while flip_next():
        pass
    print(count / (time.perf_counter() - start))
    assert Flip.objects.count() == count
    with connection.schema_editor() as editor:
        editor.delete_model(Flip)
        editor.delete_model(Check)


def flip_next() -> bool:
    """Takes one check down; False when none is due."""
    now = timezone.now()
    overdue = Check.objects.filter(alert_after__lt=now, status="up")
    check = overdue.order_by("alert_after").first()
    if check is None:
        return False
    unchanged = Check.objects.filter(pk=check.pk, status="up")
    if unchanged.update(status="down", alert_after=None):
        Flip.objects.create(owner=check, created=now, old_status="up", new_status="down")
    return True


if __name__ == "__main__":
    main(int(sys.argv[1]))
