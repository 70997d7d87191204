"""The battery: charge, the voltage that sags under load, and what it says of itself, which can be a lie."""

import math

import msgspec

# Open-circuit volts of a lithium-polymer cell, from empty to full.
_CELL_V = (3.20, 3.57, 3.66, 3.71, 3.75, 3.79, 3.84, 3.90, 3.98, 4.07, 4.20)


class Pack(msgspec.Struct, frozen=True):
    capacity_ah: float = 12.0
    cells: int = 6
    resistance_ohm: float = 0.025

    @property
    def energy_wh(self) -> float:
        """From full to empty, without what the resistance takes."""
        mean = (sum(_CELL_V) - (_CELL_V[0] + _CELL_V[-1]) / 2) / (len(_CELL_V) - 1)
        return self.capacity_ah * self.cells * mean


class Battery:
    def __init__(self, pack: Pack, charge: float = 1.0, cycles: int = 0) -> None:
        self.pack, self.charge, self.cycles = pack, charge, cycles  # charge: 0 up to 1
        self.current_a = 0.0
        self.voltage_v = self._open_v()
        self.used_ah = self.used_wh = 0.0
        self.frozen: float | None = None  # a gauge that is stuck says this

    @property
    def said(self) -> float:
        """The charge that its gauge tells, 0 up to 1."""
        return self.charge if self.frozen is None else self.frozen

    @property
    def empty(self) -> bool:
        return self.charge <= 0

    def step(self, dt: float, power_w: float) -> None:
        open_v, ohm = self._open_v(), self.pack.resistance_ohm
        most = open_v * open_v / (4 * ohm)  # more cannot be drawn through the resistance
        power = 0.0 if self.empty else min(power_w, 0.9 * most)
        self.current_a = (open_v - math.sqrt(open_v * open_v - 4 * ohm * power)) / (2 * ohm)
        self.voltage_v = open_v - self.current_a * ohm
        self.used_ah += self.current_a * dt / 3600
        self.used_wh += self.current_a * open_v * dt / 3600
        self.charge = max(0.0, self.charge - self.current_a * dt / 3600 / self.pack.capacity_ah)

    def left_wh(self) -> float:
        """By what its gauge tells."""
        return self.said * self.pack.energy_wh

    def _open_v(self) -> float:
        at = max(0.0, min(1.0, self.charge)) * (len(_CELL_V) - 1)
        low = min(int(at), len(_CELL_V) - 2)
        return self.pack.cells * (_CELL_V[low] + (_CELL_V[low + 1] - _CELL_V[low]) * (at - low))
