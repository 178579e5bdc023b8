"""Opens DBOS Transact, the durable engine's machinery, the way we use it: JSON instead of pickle, no queue polling of
its own, no logging of its own, its tables in the schema `dbos` of our database.

Every use of DBOS beyond its public interface is in this package and belongs to the pinned version.
"""

from __future__ import annotations

import logging
import select
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dbos import DBOS, DBOSClient
    from sqlalchemy import URL
    from sqlalchemy import Engine as Pool

NAME = "aurelius"
VERSION = "1"  # of the jobs' form: constant, so that every release goes on with what an older one began
SCHEMA = "dbos"
THREADS = 16


def address(url: str, driver: str = "postgresql") -> URL:
    """The database's address as libpq's family of drivers reads it; asyncpg's `ssl` is their `sslmode`."""
    import sqlalchemy

    found = sqlalchemy.make_url(url).set(drivername=driver)
    if "ssl" in found.query:
        mode = found.query["ssl"]
        found = found.difference_update_query(["ssl"]).update_query_dict({"sslmode": mode})
    return found


def pool(url: str, size: int) -> Pool:
    """DBOS's own connections: synchronous (psycopg), used from its threads only."""
    import sqlalchemy

    made = sqlalchemy.create_engine(
        address(url, "postgresql+psycopg"),
        pool_size=size,
        max_overflow=0,
        pool_timeout=30,
        hide_parameters=True,  # what people wrote stays out of error messages, and so out of logs
        connect_args={
            "connect_timeout": 10,
            "application_name": f"{NAME} engine",
            "options": "-c jit=off -c statement_timeout=60000 -c idle_in_transaction_session_timeout=60000",
        },
    )
    sqlalchemy.event.listen(made, "checkout", _refuse_closed)
    return made


def _refuse_closed(connection: Any, record: object, proxy: object) -> None:
    """A pooled connection whose server is gone is replaced before it is used, without asking the server: nobody speaks
    on an idle connection, so that there is something to read only when the other end has closed it."""
    from sqlalchemy.exc import DisconnectionError

    if connection.closed or select.select([connection.fileno()], [], [], 0)[0]:
        raise DisconnectionError


def client(connections: Pool) -> DBOSClient:
    """What enqueues, cancels and lists without running anything."""
    from dbos import DBOSClient
    from dbos._serialization import DBOSPortableJSON

    _quiet()
    return DBOSClient(
        system_database_engine=connections,
        dbos_system_schema=SCHEMA,
        serializer=DBOSPortableJSON,
        application_name=NAME,
        lazy=True,
    )


def machine(connections: Pool, executor: str) -> DBOS:
    """DBOS, made but not launched. There is one per process."""
    from dbos import DBOS
    from dbos import _dbos as inside
    from dbos._serialization import DBOSPortableJSON

    vars(inside)["queue_thread"] = _no_thread
    made = DBOS(
        config={
            "name": NAME,
            "system_database_engine": connections,
            "dbos_system_schema": SCHEMA,
            "serializer": DBOSPortableJSON,
            "application_version": VERSION,
            "executor_id": executor,
            "use_listen_notify": False,  # only for waits between workflows, of which we have none
            "notification_listener_polling_interval_sec": 0.25,  # a thread that sleeps so long; bounds our stop
            "max_executor_threads": THREADS,
            "log_level": "WARNING",
            "enable_otlp": False,
        }
    )
    DBOS.listen_queues([])
    _quiet()
    return made


def _no_thread(stop: object, dbos: object) -> None:
    """In place of the thread that asks for DBOS's own queues every second: nothing is ever in them."""


class _News(logging.Filter):
    """Drops what we log ourselves with more context, and the statements behind a message's first line."""

    OURS = ("Exception encountered in asynchronous workflow", "Asyncio task cancelled for workflow or step")

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = record.getMessage().partition("\n")[0], ()
        return not record.msg.startswith(self.OURS)


def _quiet() -> None:
    logger: Any = logging.getLogger("dbos")
    logger.setLevel(logging.WARNING)
    logger.handlers.clear()  # it brings a console handler; ours decide
    logger.propagate = True
    if not any(isinstance(one, _News) for one in logger.filters):
        logger.addFilter(_News())
