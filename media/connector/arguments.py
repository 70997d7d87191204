"""The words of `sightline connector …`, apart from what they do, so that the command line stays light."""

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The commands, for `sightline connector`."""
    commands = parser.add_subparsers(required=True, metavar="what", dest="what")
    enrol = commands.add_parser("enrol", help="join a site, with the code from its owner's page")
    enrol.add_argument("url", help="the service, https://…")
    enrol.add_argument("code")
    enrol.add_argument("--name", default="", help="as its owner sees it; this machine's name when left out")
    enrol.add_argument(
        "--trust", default="", help="a file with certificates to trust, where the service has its own"
    )
    add = commands.add_parser("add", help="a camera: rtsp://… or, for its ONVIF service, onvif://…")
    add.add_argument("url")
    add.add_argument("--name", default="", help="as its owner sees it")
    add.add_argument("--user", default="", help="the camera's; its password is asked for")
    add.add_argument("--password-file", help="a file whose first line is the camera's password")
    remove = commands.add_parser("remove", help="forget a camera")
    remove.add_argument("name")
    allow = commands.add_parser("allow", help="let cameras be in a network that is not private")
    allow.add_argument("network", help="192.0.2.0/24, or one address")
    commands.add_parser("cameras", help="list them, with their state")
    locator = commands.add_parser("locator", help="say where this vehicle is, from its GPS receiver")
    locator.add_argument("url", help="the service, https://…")
    locator.add_argument("--token-file", required=True, help="a file whose first line is the token, dvc_…")
    locator.add_argument("--trust", default="", help="a file with certificates to trust")
    source = locator.add_mutually_exclusive_group(required=True)
    source.add_argument("--serial", metavar="DEVICE", help="/dev/ttyUSB0, COM3")
    source.add_argument("--udp", metavar="[ADDRESS:]PORT", help="where NMEA arrives; 127.0.0.1 when left out")
    locator.add_argument("--baud", type=int, default=4800, help="of the serial line; NMEA 0183's own is 4800")
    drone = commands.add_parser("drone", help="drones in docks beside this machine, by MAVLink")
    _drone_arguments(drone.add_subparsers(required=True, metavar="what", dest="drone"))
    commands.add_parser("discover", help="search the local network for ONVIF cameras")
    run = commands.add_parser("run", help="connect, and wait for orders")
    run.add_argument(
        "--until-closed",
        action="store_true",
        help="end when standard input does: for a program that starts it and may itself be ended anyhow",
    )


def _drone_arguments(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    add = commands.add_parser("add", help="a drone, or another address for one")
    add.add_argument("name", help="a short one: dock-3")
    add.add_argument(
        "address",
        help="udp://HOST:PORT, udpin://HOST:PORT to listen, tcp://HOST:PORT, serial:/dev/ttyX:57600",
    )
    add.add_argument("--label", default="", help="as people see it")
    add.add_argument(
        "--system", type=int, default=0, help="its MAVLink system id, where several share the link"
    )
    add.add_argument("--key-file", help="64 hexadecimal digits that sign what both say")
    add.add_argument(
        "--colour",
        metavar="URL",
        help="its picture: rtsp://…; udp://ADDRESS:PORT of this computer, where MPEG-TS or H.264 in RTP "
        "arrives; v4l2:/dev/video0, a camera of this computer",
    )
    add.add_argument("--record", action="store_true", help="keep each flight here, as a telemetry log")
    add.add_argument("--thermal", metavar="URL", help="its thermal picture, the same")
    add.add_argument("--user", default="", help="of its pictures; the password is asked for")
    add.add_argument("--password-file", help="a file whose first line is that password")
    commands.add_parser("list", help="all of them, with their state")
    remove = commands.add_parser("remove", help="forget a drone, its key and its pictures")
    remove.add_argument("name")
