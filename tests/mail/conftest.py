import pytest
from aiosmtpd.controller import Controller

from tests.mail.smtp_server import MailServer
from tests.processes import free_port


@pytest.fixture
def mail_server(settings):
    """A mail server that the desk is configured to send to."""
    server = MailServer(port=free_port())
    controller = Controller(server, hostname="127.0.0.1", port=server.port)
    controller.start()
    server.connections = 0  # the controller says hello to see that it runs
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
    yield server
    controller.stop()


@pytest.fixture
def alice(db):
    """The only agent of the team that new tickets come to."""
    # Models cannot be imported while the tests are being collected.
    from tests.mail.scene import make_support_agent

    return make_support_agent()
