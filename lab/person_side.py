"""What every stand-in has under `/lab/` beside the service's own API: the journal, faults, and what people do."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from lab.faults import Faults
from lab.journal import Journal, Json

Act = Callable[[Json], Awaitable[Json]]  # is given the body, and in it as `root` the stand-in's own address


class Refused(Exception):
    """What the service does not let somebody do."""

    def body(self) -> Json:
        """In the service's own words."""
        raise NotImplementedError


def person_side(journal: Journal, faults: Faults[Any], acts: Mapping[str, Act]) -> list[Route]:
    async def act(request: Request) -> Response:
        wanted = acts.get(request.path_params["act"])
        if wanted is None:
            return Response(status_code=404)
        body: Json = json.loads(await request.body() or b"{}") | {"root": str(request.base_url).rstrip("/")}
        try:
            return JSONResponse(await wanted(body))
        except Refused as refused:
            return JSONResponse(refused.body(), 400)

    return [
        Route("/lab/events", journal.shown),
        Route("/lab/fault", faults.add, methods=["POST"]),
        Route("/lab/forget_faults", faults.forget, methods=["POST"]),
        Route("/lab/{act}", act, methods=["POST"]),
    ]
