"""The weather, from Open-Meteo (https://open-meteo.com/en/docs and .../geocoding-api): a place first, then its days."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from bot.action import Json, Outcome
from bot.codec import encode
from bot.ports import Context
from skills.api import Api
from skills.sorry import Sorry
from skills.wording import bullets, day_in_words, plain

PLACES = "https://geocoding-api.open-meteo.com/v1/search"
FORECAST = "https://api.open-meteo.com/v1/forecast"
DAILY = ("weather_code", "temperature_2m_max", "temperature_2m_min", "precipitation_probability_max")
UNREADABLE = (AttributeError, KeyError, TypeError, ValueError)
STRANGE = "The weather service sent something I cannot read. Please try again later."
# WMO code table 4677 as Open-Meteo uses it: the first code of each range and what it means.
SKIES = (
    (0, "clear sky"),
    (1, "mainly clear"),
    (2, "partly cloudy"),
    (3, "overcast"),
    (45, "fog"),
    (51, "drizzle"),
    (56, "freezing drizzle"),
    (61, "rain"),
    (66, "freezing rain"),
    (71, "snow"),
    (80, "rain showers"),
    (85, "snow showers"),
    (95, "thunderstorm"),
    (96, "thunderstorm with hail"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    name: str
    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    day: date
    sky: str
    high: float | None  # °C
    low: float | None
    rain: float | None  # chance in %


async def forecast(context: Context, place: str, days: int, *, api: Api) -> Outcome:
    found = _place(await api.get(PLACES, {"name": place, "count": 1}))
    if found is None:
        raise Sorry(f"I do not know a place called “{plain(place)}”. Is it spelled like that?")
    where: Mapping[str, str | float] = {"latitude": found.latitude, "longitude": found.longitude, "timezone": "auto"}
    ahead = _days(await api.get(FORECAST, {**where, "daily": ",".join(DAILY), "forecast_days": days}))
    today = context.user.local(context.now).date()
    lines = bullets([f"{day_in_words(day.day, today)}: {_line(day)}" for day in ahead])
    data = {"place": found.name, "days": [encode(day) for day in ahead]}
    return Outcome(ok=True, text=f"**{plain(found.name)}**\n\n{lines}", data=data)


def _place(answer: Json) -> Place | None:
    try:
        first = next(iter(answer.get("results", ())), None)
        if first is None:
            return None
        name = ", ".join(str(first[key]) for key in ("name", "admin1", "country") if first.get(key))
        return Place(name=name, latitude=float(first["latitude"]), longitude=float(first["longitude"]))
    except UNREADABLE as error:
        raise Sorry(STRANGE) from error


def _days(answer: Json) -> list[Day]:
    try:
        daily = answer["daily"]
        columns = [daily["time"], *(daily[name] for name in DAILY)]
        return [_day(*row) for row in zip(*columns, strict=True)]
    except UNREADABLE as error:
        raise Sorry(STRANGE) from error


def _day(day: str, code: Json, high: Json, low: Json, rain: Json) -> Day:
    return Day(day=date.fromisoformat(day), sky=_sky(code), high=_number(high), low=_number(low), rain=_number(rain))


def _number(value: Json) -> float | None:
    return None if value is None else float(value)


def _sky(code: Json) -> str:
    return next((words for first, words in reversed(SKIES) if code is not None and code >= first), "unknown sky")


def _line(day: Day) -> str:
    heat = "" if day.low is None or day.high is None else f", {day.low:.0f} to {day.high:.0f} °C"
    rain = "" if day.rain is None else f", {day.rain:.0f} % chance of rain"
    return f"{day.sky}{heat}{rain}"
