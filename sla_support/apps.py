from django.apps import AppConfig


class DeskConfig(AppConfig):
    """The wiring of the desk: its commands and the Celery app that tasks bind to."""

    name = "sla_support"

    def ready(self) -> None:
        import sla_support.celery  # noqa: F401
