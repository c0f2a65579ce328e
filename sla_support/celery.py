"""The Celery app. The broker is a bell: every obligation is a row, so all it holds may be lost."""

import os
from typing import Any

from celery import Celery
from celery.schedules import crontab
from celery.signals import celeryd_init
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sla_support.settings")

app = Celery("sla_support")
app.conf.update(
    broker_url=settings.CELERY_BROKER_URL,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,  # a worker waits for its broker as long as it takes
    broker_transport_options={
        "visibility_timeout": 900,
        "unacked_restore_interval": 10,
        "unacked_restore_throttle": 1,
        "socket_connect_timeout": 1,
        "socket_timeout": 1,
        "socket_keepalive": True,
        "health_check_interval": 10,
    },
    accept_content=["json"],
    task_serializer="json",
    result_serializer="json",
    task_ignore_result=True,
    timezone="UTC",
    enable_utc=True,
    # A request that rings the bell gives up within 3 s; the next sweep rings again.
    task_publish_retry=True,
    task_publish_retry_policy={
        "max_retries": 1,
        "interval_start": 0,
        "interval_step": 0.1,
        "interval_max": 0.1,
    },
    task_default_queue="bulk",
    task_create_missing_queues=True,
    task_routes={
        "tickets.tasks.sweep_clocks": {"queue": "timers"},
        "tickets.tasks.sweep_deliveries": {"queue": "mail_out"},
        "tickets.tasks.send_deliveries": {"queue": "mail_out"},
        "tickets.tasks.receive_*": {"queue": "mail_in"},
        "tickets.tasks.recompute_clocks": {"queue": "bulk"},
    },
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_annotations={
        # The clock row is the obligation and the next sweep is 5 s away: no redelivery wanted.
        "tickets.tasks.sweep_clocks": {"acks_late": False, "reject_on_worker_lost": False},
    },
    task_time_limit=300,
    task_soft_time_limit=270,
    worker_prefetch_multiplier=1,
    worker_disable_prefetch=True,
    worker_eta_task_limit=None,
    worker_hijack_root_logger=False,
    worker_send_task_events=False,
    beat_max_loop_interval=1,
    beat_schedule_filename=str(settings.DESK_DATA / "beat" / "schedule"),
    beat_schedule={
        "sweep_clocks": {
            "task": "tickets.tasks.sweep_clocks",
            "schedule": 5.0,
            "options": {"queue": "timers", "expires": 5},
        },
        "sweep_deliveries": {
            "task": "tickets.tasks.sweep_deliveries",
            "schedule": 10.0,
            "options": {"queue": "mail_out", "expires": 10},
        },
        "receive_stored_mail": {
            "task": "tickets.tasks.receive_stored_mail",
            "schedule": 60.0,
            "options": {"queue": "mail_in", "expires": 60},
        },
        "recompute_clocks": {
            "task": "tickets.tasks.recompute_clocks",
            "schedule": crontab(hour=2, minute=30),
            "options": {"queue": "bulk"},
        },
        "index_tickets": {
            "task": "tickets.tasks.index_tickets",
            "schedule": 10.0,
            "options": {"queue": "bulk", "expires": 10},
        },
        "forget_answers": {
            "task": "tickets.tasks.forget_answers",
            "schedule": crontab(minute=10),
            "options": {"queue": "bulk", "expires": 3600},
        },
    },
)
app.autodiscover_tasks(["tickets"])
app.steps["worker"].add("sla_support.ticker:TickerStep")


@celeryd_init.connect
def be_patient_as_worker(conf: Any = None, **kwargs: Any) -> None:
    """A worker may wait longer for a slow broker than a request, which must answer within 3 s."""
    conf.broker_transport_options = {
        **conf.broker_transport_options,
        "socket_connect_timeout": 2,
        "socket_timeout": 5,
    }
