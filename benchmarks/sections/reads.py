"""HTTP reads of products: hot and uncached, against a bare WSGI application, an ordinary DRF service and FastAPI."""

import subprocess
from collections.abc import Mapping
from contextlib import AbstractContextManager, ExitStack
from functools import partial

import psycopg

from benchmarks import figures, products, wrk
from benchmarks.results import Section
from benchmarks.rooms import inside
from benchmarks.stage import Server, Stage, program
from benchmarks.turns import Contender, in_turn

NAME = "reads"
STORES = ("postgres", "rabbitmq", "valkey")
_PRODUCTS = 10_000
# In a path: what nobody has asked for just now, one product after the other, or the same list in one more spelling.
_EACH, _ANEW = "{slug}", "{zeros}"
_SPELLINGS = 900
_LIMITED, _RATE = "limited", "999999999/h"
_BARE, _DRF, _FAST = "bare WSGI, gunicorn", "ordinary DRF", "FastAPI + SQLAlchemy"

_WHERE = (
    "Where the CPU of an uncached detail goes (thread time in one process without a server, 0.32 ms): PostgreSQL's"
    " answer 0.09, of which 0.04 in psycopg and libpq; its line of log, metrics and trace 0.05; the generation, asked"
    " for once in 15 ms, 0.03; the body, its tag and headers 0.05; connection, limits, context and the wait for others"
    " that make the same 0.10, of which no part is more than 0.02. gunicorn comes on top with 0.25, as much as the bare"
    " application has, and waking the thread that PostgreSQL has answered with the rest. Five times DRF would be 0.5 ms"
    " in all. Tried: one thread instead of four (dearer), a C parser (none without a compiler), all of it without"
    " Django (done, 0.4 ms less), statements prepared (done), the second level asked first (dearer: three round trips)."
)
_QUICK = {
    *(f"{_BARE}, detail's size", f"{_BARE}, list's size"),
    *("hot detail", "hot detail, token", "hot list of 20", "304", "uncached detail", "uncached list of 20"),
    *(f"{_DRF}, detail", f"{_DRF}, list of 20"),
}


def measure(stage: Stage) -> Section:
    """Measure all reads of products in turn."""
    stage.migrate("catalog")
    slug = loaded(stage)
    section = Section(name=NAME, title="Reads of products")
    with ExitStack() as running:
        customers = running.enter_context(inside(stage, "catalog", "customers"))
        stage.trust(customers("jwks"))
        customer = customers("signed", count=1)[0]
        servers = {"ours": running.enter_context(stage.web("catalog"))}
        servers |= {_BARE: running.enter_context(bare(stage)), _DRF: running.enter_context(ordinary(stage, "catalog"))}
        if not stage.quick:
            servers[_FAST] = running.enter_context(_fast(stage))
            servers[_LIMITED] = running.enter_context(stage.web("catalog", "limited", RATE_ANONYMOUS=_RATE))
        tokens = {"ours": customer["token"], "peers": token(stage, "catalog", customer["id"])}
        contenders = _contenders(stage, servers, slug, tokens)
        samples = in_turn(contenders, rounds=stage.rounds, warm_up=not stage.quick)
    section.contenders(samples, unit="requests")
    _ratios(section, {name: [each.per_core for each in taken] for name, taken in samples.items()})
    section.notes.append(
        "One gunicorn worker of four threads each (uvicorn: one process) has a core, wrk with 16 connections and the"
        " stores another. The peers, the bare application too, run on gunicorn's own threaded worker, ours on the one"
        " that gives what is ready from its loop. Hot: given from ready bytes; limited: as production is without other"
        " settings, a thread charges the caller in Valkey first; uncached: read from PostgreSQL, each time another of"
        " 10,000 products, or the list asked for in another spelling. With a token ours verifies it and its revocation,"
        " DRF looks up the user, FastAPI verifies it only. DRF's list counts all rows, as its page numbers need;"
        " FastAPI's does not."
    )
    section.notes.append(_WHERE)
    return section


def _contenders(
    stage: Stage, servers: Mapping[str, Server], slug: str, tokens: Mapping[str, str]
) -> dict[str, Contender]:
    bearer = {name: {"Authorization": f"Bearer {text}"} for name, text in tokens.items()}
    listed = "/api/v2/products/"
    detail, each, anew = f"{listed}{slug}/", f"{listed}{_EACH}/", f"{listed}?limit={_ANEW}20"
    size, list_size = (len(stage.answer(servers["ours"].url + path, {})) for path in (detail, listed))
    asked = {
        f"{_BARE}, detail's size": (_BARE, f"/{size}", {}),
        f"{_BARE}, list's size": (_BARE, f"/{list_size}", {}),
        "hot detail": ("ours", detail, {}),
        "hot detail, token": ("ours", detail, bearer["ours"]),
        "hot detail, limited by Valkey": (_LIMITED, detail, {}),
        "hot list of 20": ("ours", listed, {}),
        "304": ("ours", detail, {"If-None-Match": "*"}),
        "uncached detail": ("ours", each, {}),
        "uncached list of 20": ("ours", anew, {}),
        "uncached detail, token": ("ours", each, bearer["ours"]),
        "uncached list of 20, token": ("ours", anew, bearer["ours"]),
        f"{_DRF}, detail": (_DRF, f"/products/{_EACH}/", {}),
        f"{_DRF}, detail, token": (_DRF, f"/products/{_EACH}/", bearer["peers"]),
        f"{_DRF}, list of 20": (_DRF, "/products/", {}),
        f"{_DRF}, list of 20, token": (_DRF, "/products/", bearer["peers"]),
        f"{_FAST}, detail": (_FAST, f"/products/{_EACH}/", {}),
        f"{_FAST}, detail, token": (_FAST, f"/products/{_EACH}/", bearer["peers"]),
        f"{_FAST}, list of 20": (_FAST, "/products/", {}),
    }
    if stage.quick:
        asked = {name: each for name, each in asked.items() if name in _QUICK}
    return {
        name: load(stage, servers[server], path, headers)
        for name, (server, path, headers) in asked.items()
        if server in servers
    }


def _ratios(section: Section, rates: Mapping[str, list[float]]) -> None:
    pairs = {
        "hot detail / bare WSGI": ("hot detail", f"{_BARE}, detail's size"),
        "hot detail with a token / bare WSGI": ("hot detail, token", f"{_BARE}, detail's size"),
        "hot detail / ordinary DRF": ("hot detail", f"{_DRF}, detail"),
        "hot detail / ordinary DRF, both with a token": ("hot detail, token", f"{_DRF}, detail, token"),
        "hot detail / FastAPI": ("hot detail", f"{_FAST}, detail"),
        "hot detail / FastAPI, both with a token": ("hot detail, token", f"{_FAST}, detail, token"),
        "hot list / bare WSGI": ("hot list of 20", f"{_BARE}, list's size"),
        "hot list / ordinary DRF": ("hot list of 20", f"{_DRF}, list of 20"),
        "304 / bare WSGI": ("304", f"{_BARE}, detail's size"),
        "uncached detail / ordinary DRF": ("uncached detail", f"{_DRF}, detail"),
        "uncached list / ordinary DRF": ("uncached list of 20", f"{_DRF}, list of 20"),
        "uncached detail / ordinary DRF, both with a token": ("uncached detail, token", f"{_DRF}, detail, token"),
        "uncached list / ordinary DRF, both with a token": ("uncached list of 20, token", f"{_DRF}, list of 20, token"),
        "uncached detail / FastAPI": ("uncached detail", f"{_FAST}, detail"),
        "uncached list / FastAPI": ("uncached list of 20", f"{_FAST}, list of 20"),
    }
    for name, (one, other) in pairs.items():
        if one in rates and other in rates:
            section.ratio(name, figures.ratio(rates[one], rates[other]))


def load(stage: Stage, server: Server, path: str, headers: Mapping[str, str]) -> Contender:
    """Return what asks a server for a path, or for that of each product, for a second or two; it has answered once."""
    asked = wrk.Load(url=server.url + path, headers=headers)
    if mark := next((each for each in (_EACH, _ANEW) if each in path), ""):
        names, chosen = stage.scratch / mark.strip("{}"), path.replace(mark, "*")
        asked = wrk.Load(url=server.url, headers=headers, script="each.lua", arguments=[str(names), chosen])
        path = path.replace(mark, names.read_text(encoding="utf-8").split()[0])
    stage.answer(server.url + path, headers)
    return partial(wrk.run, asked, seconds=1 if stage.quick else 2, server=[server.pid])


def bare(stage: Stage) -> AbstractContextManager[Server]:
    """Run the bare application on plain gunicorn."""
    return stage.peer(_BARE, *_gunicorn("benchmarks.peers.bare:application"))


def ordinary(stage: Stage, name: str) -> AbstractContextManager[Server]:
    """Run the ordinary service on a service's database."""
    environment = stage.environment(name)
    own = {key: environment[key] for key in ("DATABASE_URL", "SECRET_KEY")}
    return stage.peer(_DRF, *_gunicorn("benchmarks.peers.ordinary.wsgi"), **own)


def token(stage: Stage, name: str, user_id: str) -> str:
    """Return a token of the ordinary service for a user, who is made there."""
    command = [program("python3"), "-m", "benchmarks.peers.ordinary.prepare", user_id]
    done = subprocess.run(  # noqa: S603 (our own)
        command,
        env={**stage.environment(name), "DJANGO_SETTINGS_MODULE": "benchmarks.peers.ordinary.settings"},
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return done.stdout.strip()


def _fast(stage: Stage) -> AbstractContextManager[Server]:
    environment = stage.environment("catalog")
    own = {key: environment[key] for key in ("DATABASE_URL", "SECRET_KEY")}
    command = ("uvicorn", "benchmarks.peers.fast:app", "--port", "PORT", "--loop", "uvloop", "--http", "httptools")
    return stage.peer(_FAST, *command, "--no-access-log", **own)


def _gunicorn(application: str) -> tuple[str, ...]:
    threads = ("-k", "gthread", "-w", "1", "--threads", "4", "--keep-alive", "75")
    return ("gunicorn", "-b", "127.0.0.1:PORT", *threads, application)


def loaded(stage: Stage) -> str:
    """Fill the catalog unless it is full, write what `load` asks for into files, and return the slug of a product."""
    with psycopg.connect(stage.database("catalog")) as connection, connection.cursor() as cursor:
        if cursor.execute("SELECT NOT EXISTS (SELECT FROM product)").fetchone() == (True,):
            products.load(cursor, count=_PRODUCTS)
        slugs = [row[0] for row in cursor.execute("SELECT slug FROM product WHERE is_active ORDER BY random()")]
    names = {_EACH: slugs, _ANEW: ["0" * count for count in range(1, _SPELLINGS)]}
    for mark, each in names.items():
        (stage.scratch / mark.strip("{}")).write_text("\n".join(each) + "\n", encoding="utf-8")
    return str(slugs[0])
