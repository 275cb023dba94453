"""The web server of a worker: ``/healthz``, ``/readyz``, ``/metrics`` and a page for people.

``/healthz`` is for the supervisor that restarts a dead worker, ``/readyz`` for whoever waits for it
to work: a recovering worker is alive but not ready.

========  =====================================  ===============  =================
endpoint  starting, recovering, stopping         ready            dead or stuck
========  =====================================  ===============  =================
healthz   200                                    200              500
readyz    503, with what remains to be read      200              500
========  =====================================  ===============  =================
"""

import asyncio
import html
import threading

import structlog
from aiohttp import web

from app import __version__, metrics
from app.health import Health
from app.metric_catalogue import CONTENT_TYPE

log = structlog.get_logger(__name__)

START_SECONDS = 10.0
_READY_STATUS = {"ready": 200, "dead": 500}


class HealthServer:
    """Serves ``health`` from a thread of its own, from ``start`` to ``stop``."""

    def __init__(self, health: Health, host: str, port: int) -> None:
        self._health = health
        self._host = host
        self._wish = port
        self._thread: threading.Thread | None = None
        self._loop = asyncio.new_event_loop()
        self._started = threading.Event()
        self._stop = asyncio.Event()
        self._error: OSError | None = None
        self.port = 0

    def start(self) -> int:
        """Listen; returns the port, which is the one that was free if 0 was asked for.

        Raises:
            OSError: the address or port cannot be had.
        """
        self._thread = threading.Thread(target=self._run, name="health", daemon=True)
        self._thread.start()
        if not self._started.wait(START_SECONDS):
            raise OSError(f"the health server did not start in {START_SECONDS:g} s")
        if self._error is not None:
            raise self._error
        log.info("health and metrics are served", host=self._host, port=self.port)
        return self.port

    def stop(self) -> None:
        """Close the port and end the thread; idempotent."""
        if self._thread is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join(START_SECONDS)
        self._thread = None

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._serve())
        finally:
            self._loop.close()

    async def _serve(self) -> None:
        runner = web.AppRunner(application(self._health), access_log=None)
        try:
            await runner.setup()
            await web.TCPSite(runner, self._host, self._wish).start()
            self.port = runner.addresses[0][1]
            self._started.set()
            await self._stop.wait()
        except OSError as exc:
            self._error = exc
        finally:
            self._started.set()
            await runner.cleanup()


def application(health: Health) -> web.Application:
    """The endpoints over ``health``."""

    async def healthz(_request: web.Request) -> web.Response:
        report = health.report()
        return web.json_response(report, status=500 if report["state"] == "dead" else 200)

    async def readyz(_request: web.Request) -> web.Response:
        report = health.report()
        return web.json_response(report, status=_READY_STATUS.get(report["state"], 503))

    async def exposition(_request: web.Request) -> web.Response:
        body = metrics.CATALOGUE.render()
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE})

    async def page(_request: web.Request) -> web.Response:
        return web.Response(text=_page(health), content_type="text/html")

    app = web.Application()
    app.router.add_get("/", page)
    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
    app.router.add_get("/metrics", exposition)
    return app


def _page(health: Health) -> str:
    report = health.report()
    rows = "".join(
        f"<tr><td>{html.escape(name)}</td><td>{count:,} records to read</td></tr>"
        for name, count in report.get("remaining", {}).items()
    )
    table = f"<table>{rows}</table>" if rows else ""
    reason = f"<p>{html.escape(report['reason'])}</p>" if "reason" in report else ""
    return (
        "<!doctype html><html lang=en><meta charset=utf-8><title>Reflux worker</title>"
        "<style>body{font:16px/1.5 system-ui;margin:3em auto;max-width:40em}"
        "td{padding-right:2em}</style>"
        f"<h1>Reflux worker: {html.escape(report['state'])}</h1>{reason}"
        f"{table}"
        '<p><a href="/metrics">metrics</a> · <a href="/healthz">healthz</a> ·'
        f' <a href="/readyz">readyz</a></p><p>version {html.escape(__version__)}</p></html>'
    )
