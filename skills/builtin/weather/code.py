"""The weather, from Open-Meteo (https://open-meteo.com/en/docs and .../geocoding-api): a place first, then its days."""

from __future__ import annotations

from datetime import date
from typing import Any

from bot.action import Json, Outcome
from bot.ports import Context
from skills.api import Api
from skills.sorry import Sorry
from skills.wording import bullets, day_in_words, plain

PLACES = "https://geocoding-api.open-meteo.com/v1/search"
FORECAST = "https://api.open-meteo.com/v1/forecast"
DAILY = ("weather_code", "temperature_2m_max", "temperature_2m_min", "precipitation_probability_max")
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


async def forecast(context: Context, place: str, days: int, *, api: Api) -> Outcome:
    where = await _find_place(api, place)
    params = {
        "latitude": where["latitude"],
        "longitude": where["longitude"],
        "daily": ",".join(DAILY),
        "timezone": "auto",
        "forecast_days": days,
    }
    answer = await api.get(FORECAST, params)
    try:
        rows = [_row(answer["daily"], n) for n in range(len(answer["daily"]["time"]))]
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise Sorry("The weather service sent something I cannot read. Please try again later.") from error
    today = context.user.local(context.now).date()
    lines = bullets([f"{day_in_words(date.fromisoformat(row['day']), today)}: {_line(row)}" for row in rows])
    name = ", ".join(str(where[key]) for key in ("name", "admin1", "country") if where.get(key))
    return Outcome(ok=True, text=f"**{plain(name)}**\n\n{lines}", data={"place": name, "days": rows})


async def _find_place(api: Api, place: str) -> dict[str, Any]:
    answer = await api.get(PLACES, {"name": place, "count": 1})
    results = answer.get("results") if isinstance(answer, dict) else None
    if not results:
        raise Sorry(f"I do not know a place called “{plain(place)}”. Is it spelled like that?")
    found: dict[str, Any] = results[0]
    return found


def _row(daily: Json, n: int) -> dict[str, Any]:
    code, high, low, rain = (daily[name][n] for name in DAILY)
    return {"day": daily["time"][n], "sky": _sky(code), "high": high, "low": low, "rain": rain}


def _sky(code: int | None) -> str:
    return next((words for first, words in reversed(SKIES) if code is not None and code >= first), "unknown")


def _line(row: dict[str, Any]) -> str:
    heat = "" if row["low"] is None or row["high"] is None else f", {row['low']:.0f} to {row['high']:.0f} °C"
    rain = "" if row["rain"] is None else f", {row['rain']:.0f} % chance of rain"
    return f"{row['sky']}{heat}{rain}"
