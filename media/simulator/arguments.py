"""The words of `sightline drone …`, apart from what they do, so that the command line stays light."""

import argparse

_LINES = """\
While it runs it reads lines (N is a drone's number, or all):
  break N FAULT [SECONDS]   link, gps, battery, gauge (a lying battery), motor, parachute, gimbal, video
  mend N FAULT              what broke works again
  service N                 on the ground: a full battery, whole again, back in its dock
  wind M_S FROM_DEG [GUST]  the weather from now on
  list                      where each is and what it does
Any MAVLink ground station connects to a drone's UDP or TCP port. MAV_CMD_INJECT_FAILURE breaks things too.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The commands, for `sightline drone`."""
    commands = parser.add_subparsers(required=True, metavar="what", dest="what")
    simulate = commands.add_parser(
        "simulate",
        help="fly drones that are none, over MAVLink 2",
        description="Fly drones that are none: MAVLink 2 as an autopilot speaks it, pictures over RTSP.",
        epilog=_LINES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = simulate.add_argument
    add("--drones", type=int, metavar="COUNT", help="one for each dock when left out; 250 at the most")
    add("--dock", action="append", metavar="LAT,LON[,NAME]", help="may be repeated; else six in Helsinki")
    add(
        "--host",
        default="127.0.0.1",
        help="where to listen; else 127.0.0.1, which others cannot reach",
    )
    add("--port", type=int, default=0, help="MAVLink of the first drone, UDP and TCP; the next have the next")
    add("--to", action="append", default=[], metavar="HOST:PORT", help="a ground station to speak to, by UDP")
    add("--key-file", help="a file with 64 hexadecimal digits: only what is signed with it is heard")
    add("--rtsp-port", type=int, default=0, help="of the pictures of all drones")
    add("--no-picture", action="store_true", help="no cameras")
    add("--picture", default="960x540@15", metavar="WxH@FPS", help="of the colour camera; 960x540@15")
    add(
        "--wind",
        default="4,250,1",
        metavar="M_S,FROM_DEG,GUST",
        help="at 10 m; one sigma of gusts",
    )
    add("--ground", type=float, default=10.0, metavar="M", help="the ground's height above mean sea level")
    add("--charge", type=float, default=1.0, help="of the batteries, 0 up to 1")
    add("--seed", type=int, default=0, help="the same seed has the same gusts")
    add(
        "--speed",
        type=float,
        default=1.0,
        help="so many times faster than real time, if the machine can",
    )
    add("--json", action="store_true", help="say where they listen as one line of JSON")
    add("--until-closed", action="store_true", help="end when standard input does")
    _replay_arguments(commands)


def _replay_arguments(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    replay = commands.add_parser(
        "replay",
        help="play a recorded flight again, over MAVLink",
        description="Play a telemetry log (.tlog) again, to whoever connects: connectors, ground stations.",
    )
    add = replay.add_argument
    add("file", help="a .tlog, of a connector or of any ground station")
    add("--host", default="127.0.0.1", help="where to listen; else 127.0.0.1, which others cannot reach")
    add("--port", type=int, default=0, help="UDP and TCP; else any that is free")
    add("--to", action="append", default=[], metavar="HOST:PORT", help="whom to speak to, by UDP")
    add("--speed", type=float, default=1.0, help="so many times faster than it was")
    add("--json", action="store_true", help="say where it listens as one line of JSON")
