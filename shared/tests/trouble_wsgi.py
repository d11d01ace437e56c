"""The WSGI application of a real web process under test."""

from django.core.wsgi import get_wsgi_application

from shared.health.wsgi import Service

application = Service(get_wsgi_application())
