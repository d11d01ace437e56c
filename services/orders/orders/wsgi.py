"""The WSGI application of the orders service."""

import os

from django.core.wsgi import get_wsgi_application

from shared.health.wsgi import Service
from shared.http import prefer

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "orders.settings")
application = Service(prefer.turnstile(get_wsgi_application()))
