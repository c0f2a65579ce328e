"""Pages and API on threads: gunicorn sla_support.wsgi."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sla_support.settings")

application = get_wsgi_application()
