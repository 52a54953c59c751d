"""The project as it would be served: its own settings and static files, under a policy that lets a page load nothing else.

`python -m tests.browser.site` makes the accounts, prints the port it has taken, and serves until it is ended.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

POLICY = "default-src 'self'; frame-ancestors 'none'"
ACCOUNT = "admin"


class Server(ThreadingMixIn, WSGIServer):
    """A browser asks for several files at once."""

    daemon_threads = True


class Handler(WSGIRequestHandler):
    """Says nothing of the requests."""

    def log_message(self, *args: Any) -> None:
        pass


def with_policy(application: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
    """The application, each of whose answers carries the policy."""

    def answer(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        def begin(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            return start(status, [*headers, ("Content-Security-Policy", POLICY)], *rest)

        return application(environ, begin)

    return answer


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings.base")
    import django

    django.setup()
    from django.contrib.auth.models import User
    from django.contrib.staticfiles.handlers import StaticFilesHandler
    from django.core.management import call_command
    from django.core.wsgi import get_wsgi_application

    call_command("migrate", database="admin", verbosity=0)
    if not User.objects.filter(username=ACCOUNT).exists():
        User.objects.create_superuser(ACCOUNT, password=ACCOUNT)
    application = with_policy(StaticFilesHandler(get_wsgi_application()))
    server = make_server("127.0.0.1", 0, application, server_class=Server, handler_class=Handler)
    print(server.server_port, flush=True)  # noqa: T201 - that is what is waited for
    server.serve_forever()


if __name__ == "__main__":
    main()
