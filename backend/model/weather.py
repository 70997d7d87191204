"""Weather: what is measured, and what a drone may fly in.

Weather that is not known is none to fly in. Rules only; who measures it is told elsewhere.
"""

import math
from collections.abc import Iterator
from datetime import datetime, timedelta

import msgspec

from backend.model.groundings import Grounded, Grounding, in_words

FRESH = timedelta(minutes=15)  # an older report says nothing of gusts
AHEAD = timedelta(minutes=1)  # of our clock: beyond it the station's is wrong


class Wind(msgspec.Struct, frozen=True, kw_only=True):
    """Metres a second, and where it comes from: degrees clockwise from true north."""

    speed_mps: float
    from_deg: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.speed_mps) and 0 <= self.speed_mps <= 100):
            raise ValueError("speed_mps is 0 to 100 metres a second")
        if not (math.isfinite(self.from_deg) and 0 <= self.from_deg <= 360):
            raise ValueError("from_deg is 0 to 360 degrees")


class Weather(msgspec.Struct, frozen=True, kw_only=True):
    """One report, for the heights that drones fly at. No cloud base: no clouds that bear on them."""

    wind: Wind
    gust_mps: float
    rain_mmph: float
    visibility_m: float
    temperature_c: float
    at: datetime
    cloud_base_m: float | None = None  # above the ground

    def __post_init__(self) -> None:
        """Raises ValueError for what no station can have measured."""
        bounds = {
            "gust_mps": (self.gust_mps, 0, 150),
            "rain_mmph": (self.rain_mmph, 0, 1000),
            "visibility_m": (self.visibility_m, 0, 1_000_000),
            "temperature_c": (self.temperature_c, -90, 60),
            "cloud_base_m": (self.cloud_base_m or 0, 0, 20_000),
        }
        for name, (value, least, most) in bounds.items():
            if not (math.isfinite(value) and least <= value <= most):
                raise ValueError(f"{name} is {least} to {most}")

    @property
    def gusts(self) -> Wind:
        """The wind while a gust lasts."""
        return Wind(speed_mps=max(self.gust_mps, self.wind.speed_mps), from_deg=self.wind.from_deg)


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What a drone withstands, by its maker; visibility and clouds by the waiver or 14 CFR 107.51."""

    wind_mps: float = 12.0
    gust_mps: float = 15.0
    rain_mmph: float = 2.5  # light rain
    coldest_c: float = -10.0
    hottest_c: float = 45.0
    visibility_m: float = 4828.0  # three statute miles
    below_clouds_m: float = 152.0  # five hundred feet


def groundings(
    limits: Limits, weather: Weather | None, height_m: float, now: datetime
) -> Iterator[Grounding]:
    """Every way in which this weather is none to fly in at that height."""
    if weather is None:
        yield Grounding(Grounded.NO_WEATHER, "Nobody has reported the weather.")
        return
    age = now - weather.at
    if not -AHEAD <= age <= FRESH:
        old = f"{age.total_seconds() / 60:.0f} minutes old" if age > FRESH else "from the future"
        yield Grounding(Grounded.NO_WEATHER, f"The last weather report is {old}.")
    if weather.wind.speed_mps > limits.wind_mps or weather.gust_mps > limits.gust_mps:
        yield Grounding(
            Grounded.WIND,
            f"Wind {weather.wind.speed_mps:.0f} m/s, gusts {weather.gusts.speed_mps:.0f}; it may fly in"
            f" {limits.wind_mps:.0f} and {limits.gust_mps:.0f}.",
        )
    if weather.rain_mmph > limits.rain_mmph:
        yield Grounding(
            Grounded.RAIN, f"Rain {weather.rain_mmph:.1f} mm/h; it may fly in {limits.rain_mmph:.1f}."
        )
    if weather.temperature_c < limits.coldest_c:
        yield Grounding(
            Grounded.COLD, f"{weather.temperature_c:.0f} °C; it may fly down to {limits.coldest_c:.0f}."
        )
    if weather.temperature_c > limits.hottest_c:
        yield Grounding(
            Grounded.HEAT, f"{weather.temperature_c:.0f} °C; it may fly up to {limits.hottest_c:.0f}."
        )
    if weather.visibility_m < limits.visibility_m:
        yield Grounding(
            Grounded.VISIBILITY,
            f"One sees {in_words(weather.visibility_m)} far, and must see {in_words(limits.visibility_m)}.",
        )
    if weather.cloud_base_m is not None and height_m > weather.cloud_base_m - limits.below_clouds_m:
        yield Grounding(
            Grounded.CLOUDS,
            f"Clouds from {weather.cloud_base_m:.0f} m; it keeps {limits.below_clouds_m:.0f} m below them and"
            f" flies at {height_m:.0f}.",
        )
