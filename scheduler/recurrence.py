"""When something that repeats happens next, right on the days when the clocks change.

Rules are cron's five fields, read in a time zone the way Debian's cron reads them: what falls into the hour that spring
skips happens right after it, what falls into the hour that autumn repeats happens once; "every 15 minutes" goes on
evenly.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

EXAMPLE = 'A rule has five fields: minute, hour, day, month, weekday; "0 9 * * mon-fri" is 9:00 on working days.'
LONGEST = 200


class CronRecurrence:
    """Fulfils `bot.ports.Recurrence`."""

    def next(self, rule: str, zone: str, after: datetime) -> datetime | None:
        """The first moment later than `after`, in UTC; None when there is none in the next fifty years.

        Raises ValueError, in a person's words, for a rule or a zone that cannot be read."""
        from cronsim import CronSim, CronSimError

        if len(rule) > LONGEST or len(rule.split()) != 5:
            raise ValueError(EXAMPLE)
        try:
            moments = CronSim(rule, after.astimezone(_zone(zone)))
        except (CronSimError, AssertionError, TypeError) as error:
            what = str(error).removeprefix("Bad ") or "rule"
            raise ValueError(f'The {what} in "{rule}" is not possible. {EXAMPLE}') from error
        for moment in moments:
            found = moment.astimezone(UTC)
            if found > after:  # in the repeated hour the first hit may be the one an hour ago
                return found
        return None


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f'I do not know the time zone "{name}". Names look like "Europe/Berlin".') from error
