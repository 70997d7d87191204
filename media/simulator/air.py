"""The wind: a mean that grows with height, and gusts that come and go. Determined by its seed.

Gusts are a first-order Gauss-Markov process, the simplest that has the length scale of the Dryden model's
(MIL-F-8785C); they are cut at three standard deviations.
"""

import math
import random

import msgspec

from media.simulator.earth import Vector

_GUST_S = 4.0  # how long a gust lasts
_SHEAR = 0.14  # over a town the wind grows with this power of the height; met offices give it at 10 m
_MOST = 3.0


class Weather(msgspec.Struct, frozen=True):
    """As met offices give it: at 10 m, and `from_deg` is where it comes from."""

    wind_m_s: float = 4.0
    from_deg: float = 250.0
    gust_m_s: float = 1.0  # one standard deviation
    temperature_c: float = 12.0


class Air:
    """`step` once per time step, then `at` any height."""

    def __init__(self, weather: Weather, seed: int) -> None:
        self.weather = weather
        self._random = random.Random(seed)  # noqa: S311  weather, not secrets
        self._gust = [0.0, 0.0, 0.0]

    def step(self, dt: float) -> None:
        keep = math.exp(-dt / _GUST_S)
        sigma = self.weather.gust_m_s
        if sigma <= 0:
            return
        fresh, most = sigma * math.sqrt(1 - keep * keep), _MOST * sigma
        for n in range(3):
            self._gust[n] = max(-most, min(most, self._gust[n] * keep + fresh * self._random.gauss(0, 1)))

    def at(self, height_m: float) -> Vector:
        """How the air moves there, m/s."""
        grown = (min(300.0, max(2.0, height_m)) / 10) ** _SHEAR
        speed, to = self.weather.wind_m_s * grown, math.radians(self.weather.from_deg + 180)
        near_ground = min(1.0, max(0.0, height_m) / 20)
        return (
            speed * math.sin(to) + self._gust[0],
            speed * math.cos(to) + self._gust[1],
            0.3 * self._gust[2] * near_ground,
        )
