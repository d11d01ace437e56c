"""An application that says which thread gives an answer, and has one ready for every path but a few."""

import threading

LARGE = 8 * 1024 * 1024


class Application:
    """Answers by the environment's values that the loop and gunicorn must agree on."""

    def __call__(self, environ, start):
        status, headers, body = answer(environ, environ["wsgi.input"].read())
        start(status, headers)
        return [body]

    def at_once(self, environ):
        if environ["PATH_INFO"] == "/defect":
            raise ValueError("not this one")
        return None if environ["PATH_INFO"] == "/slow" else answer(environ, b"")


def answer(environ, sent):
    by = b"loop" if threading.current_thread() is threading.main_thread() else b"thread"
    shown = {name: value for name, value in environ.items() if name.startswith(("HTTP_", "REQUEST_", "PATH_"))}
    for name in ("QUERY_STRING", "REMOTE_ADDR", "SERVER_PORT", "wsgi.url_scheme"):
        shown[name] = environ[name]
    body = repr(sorted(shown.items())).encode() + sent
    body += b"x" * LARGE if environ["PATH_INFO"] == "/large" else b""
    headers = [("Content-Type", "text/plain"), ("Content-Length", str(len(body))), ("X-By", by.decode())]
    return "200 OK", headers, b"" if environ["REQUEST_METHOD"] == "HEAD" else body


application = Application()
