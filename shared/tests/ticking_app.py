"""greeter_app with something for beat to send every half second."""

from greeter_app import app

__all__ = ["app"]

app.conf.beat_schedule = {"tick": {"task": "shared.nothing", "schedule": 0.5, "options": {"expires": 1}}}
app.conf.beat_max_loop_interval = 0.5
