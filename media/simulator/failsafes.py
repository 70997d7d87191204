"""What the drone does when something is lost, whoever steers: its link, its GPS, its battery, its balance.

Beside the autopilot, which knows how; this knows when. `step` comes before the autopilot's own.
"""

from media.simulator.flying import Flying, Mode

_GPS_HOPE_S = 2.0  # how long a hole in the GPS is flown through
_TUMBLED_DEG, _FALLING_M_S, _FALLS_FOR_S = 60.0, 9.0, 0.3


class Failsafes:
    def __init__(self, pilot: Flying) -> None:
        self._pilot = pilot
        self._lost_gps_s = self._falls_s = 0.0
        self._told: set[str] = set()

    def step(self, dt: float) -> None:
        pilot = self._pilot
        if not pilot.armed:
            self._told.clear()
            return
        if pilot.flying and pilot.battery.empty:
            pilot.say(0, "The battery is empty")
            pilot.give_up("the battery is empty")
        elif pilot.flying and self._falls(dt):
            pilot.say(0, "Out of control")
            pilot.give_up("out of control")
        elif not self._blind(dt):
            self._battery()
            self._link()

    def _falls(self, dt: float) -> bool:
        body = self._pilot.body
        fell = body.tilt_deg > _TUMBLED_DEG or body.velocity[2] < -_FALLING_M_S
        self._falls_s = self._falls_s + dt if fell else 0.0
        return self._falls_s > _FALLS_FOR_S

    def _blind(self, dt: float) -> bool:
        pilot = self._pilot
        if not pilot.gps and pilot.flying:
            self._lost_gps_s += dt
            if self._lost_gps_s > _GPS_HOPE_S and pilot.mode is not Mode.DESCEND:
                pilot.mode = Mode.DESCEND
                pilot.say(1, "No GPS position: descending")
            return True
        self._lost_gps_s = 0.0
        if pilot.mode is Mode.DESCEND and pilot.flying:
            pilot.say(5, "GPS position again: holding")
            pilot.stop()
        return False

    def _battery(self) -> None:
        pilot, said = self._pilot, self._pilot.battery.said
        if said < pilot.parameters["BAT_LOW_THR"] and self._first("low"):
            pilot.say(4, f"Battery low: {said:.0%}")
        if not pilot.flying:
            return
        if said < pilot.parameters["BAT_EMERGEN_THR"]:
            pilot.spent = True
            if pilot.mode is not Mode.LAND and self._first("emergency"):
                pilot.say(0, "Battery almost empty: landing here")
                pilot.come_down()
        elif pilot.mode not in (Mode.RETURN, Mode.LAND):
            reserve = pilot.parameters["SIM_BAT_RESERVE"] * pilot.battery.pack.energy_wh
            if said < pilot.parameters["BAT_CRIT_THR"] and self._first("critical"):
                pilot.come_home("battery critical")
            elif pilot.battery.left_wh() - pilot.home_wh() < reserve and self._first("reserve"):
                pilot.come_home("the battery is just enough for the way back")

    def _link(self) -> None:
        pilot = self._pilot
        if pilot.link_s is None:
            return
        if pilot.link_s <= pilot.parameters["COM_DL_LOSS_T"]:
            if "link" in self._told:
                self._told.discard("link")
                pilot.say(5, "Link again")
            return
        if self._first("link"):
            pilot.say(4, "Link lost" + (": the mission goes on" if pilot.mode is Mode.MISSION else ""))
        if pilot.flying and pilot.mode in (Mode.HOLD, Mode.STICKS, Mode.OFFBOARD):
            pilot.come_home("link lost")

    def _first(self, what: str) -> bool:
        """Once a flight."""
        new = what not in self._told
        self._told.add(what)
        return new
