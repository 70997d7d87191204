"""The figures as Prometheus reads them: one family for each, named in docs/operations.md.

Labels are ids of what lives now (engine, feed, session, grant) and words from fixed lists. Both are bounded
by the engine's own bounds, and a series is gone with what it counts.
"""

from collections.abc import Callable, Iterable, Iterator
from importlib.metadata import version
from itertools import accumulate
from typing import Generic, NamedTuple, TypeVar

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from backend.api.traffic import EDGES_S, UNANSWERED, Traffic
from backend.services.engines import Reading
from backend.services.figures import Report
from media.ports import EngineStats, FeedStats, Level, PublisherStats, SubscriberStats

CONTENT_TYPE = "text/plain; version=0.0.4"  # the charset is added to every text
T = TypeVar("T")
_LEVELS = {level: place for place, level in enumerate(Level)}  # 0 is all of the picture
_STATUSES = ("1xx", "2xx", "3xx", "4xx", "5xx", UNANSWERED)


class Figure(NamedTuple, Generic[T]):
    """One family: a name, what it means, and where its number comes from; None is left out."""

    name: str
    meaning: str
    of: Callable[[T], float | None]
    counts: bool = False


def _seconds(ms: float | None) -> float | None:
    return None if ms is None else ms / 1000


_ENGINE: tuple[Figure[EngineStats], ...] = (
    Figure("sightline_engine_sessions", "Publishers and viewers now", lambda e: e.sessions),
    Figure("sightline_engine_feeds", "Feeds now", lambda e: len(e.feeds)),
    Figure("sightline_engine_packets_in", "Packets received", lambda e: e.packets_in, counts=True),
    Figure("sightline_engine_packets_out", "Packets sent", lambda e: e.packets_out, counts=True),
    Figure("sightline_engine_cpu_seconds", "CPU time, user and system", lambda e: e.cpu_s, counts=True),
    Figure(
        "sightline_engine_loop_lag_seconds",
        "The longest that the loop was late in the last second",
        lambda e: e.loop_lag_ms / 1000,
    ),
    Figure("sightline_engine_restarts", "Times that it was started again", lambda e: e.restarts, counts=True),
)
_FEED: tuple[Figure[FeedStats], ...] = (
    Figure("sightline_feed_live", "1 while packets arrive", lambda f: float(f.live)),
    Figure("sightline_feed_viewers", "Viewers now", lambda f: len(f.subscribers)),
    Figure("sightline_feed_packets_in", "Packets received", lambda f: f.packets_in, counts=True),
    Figure("sightline_feed_packets_out", "Packets sent to its viewers", lambda f: f.packets_out, counts=True),
    Figure("sightline_feed_bytes_in", "Bytes received", lambda f: f.bytes_in, counts=True),
    Figure("sightline_feed_bytes_out", "Bytes sent to its viewers", lambda f: f.bytes_out, counts=True),
    Figure(
        "sightline_feed_keyframe_requests",
        "Keyframes asked of its publishers",
        lambda f: f.keyframe_requests,
        counts=True,
    ),
)
_PUBLISHER: tuple[Figure[PublisherStats], ...] = (
    Figure("sightline_publisher_bitrate_bps", "Bits received in the last second", lambda p: p.bitrate_bps),
    Figure("sightline_publisher_loss_ratio", "Packets lost before repeats, 0 to 1", lambda p: p.loss),
    Figure(
        "sightline_publisher_unrepaired_ratio", "Packets no repeat brought, 0 to 1", lambda p: p.unrepaired
    ),
    Figure("sightline_publisher_rtt_seconds", "Round trip", lambda p: _seconds(p.rtt_ms)),
    Figure("sightline_publisher_freezes", "Half seconds without a frame", lambda p: p.freezes, counts=True),
    Figure("sightline_publisher_packets", "Packets received", lambda p: p.packets, counts=True),
    Figure("sightline_publisher_bytes", "Bytes received", lambda p: p.bytes, counts=True),
    Figure(
        "sightline_publisher_repeats_asked", "Packets asked again", lambda p: p.repeats_asked, counts=True
    ),
    Figure(
        "sightline_publisher_keyframe_requests", "Keyframes asked", lambda p: p.keyframe_requests, counts=True
    ),
)
_VIEWER: tuple[Figure[SubscriberStats], ...] = (
    Figure(
        "sightline_viewer_level",
        "0 full picture, 1 half and 2 a quarter of its frames, 3 keyframes only, 4 stills",
        lambda s: _LEVELS[s.level],
    ),
    Figure("sightline_viewer_bitrate_bps", "Bits sent in the last second", lambda s: s.bitrate_bps),
    Figure("sightline_viewer_estimate_bps", "Estimate of its downlink", lambda s: s.estimate_bps),
    Figure("sightline_viewer_loss_ratio", "Packets that it reports lost, 0 to 1", lambda s: s.loss),
    Figure("sightline_viewer_rtt_seconds", "Round trip", lambda s: _seconds(s.rtt_ms)),
    Figure(
        "sightline_viewer_freezes",
        "Half seconds without a packet of a live feed",
        lambda s: s.freezes,
        counts=True,
    ),
    Figure("sightline_viewer_sheds", "Times that the level went down", lambda s: s.sheds, counts=True),
    Figure("sightline_viewer_packets", "Packets sent", lambda s: s.packets, counts=True),
    Figure("sightline_viewer_bytes", "Bytes sent", lambda s: s.bytes, counts=True),
    Figure("sightline_viewer_repeats", "Packets sent again", lambda s: s.repeats, counts=True),
    Figure(
        "sightline_viewer_keyframe_requests",
        "Keyframes that it asked for",
        lambda s: s.keyframe_requests,
        counts=True,
    ),
)


class Exposition(Collector):
    """Turns one report at a time into text. One for each application; it has a registry of its own."""

    def __init__(self, traffic: Traffic) -> None:
        self._traffic = traffic
        self._report: Report | None = None
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(self)
        ProcessCollector(registry=self._registry)  # the web process: CPU, memory, file descriptors

    def text(self, report: Report) -> bytes:
        """The figures in the text format, version 0.0.4, which every Prometheus reads."""
        self._report = report
        return generate_latest(self._registry)

    def describe(self) -> Iterable[Metric]:
        """Nothing to announce: families come and go with what they count."""
        return ()

    def collect(self) -> Iterator[Metric]:
        if self._report is None:
            return
        yield _build_info()
        yield from _web(self._report, self._traffic)
        yield from _engines(self._report.engines)


def _build_info() -> Metric:
    info = GaugeMetricFamily("sightline_build_info", "The version that runs", labels=["version"])
    info.add_metric([version("sightline")], 1)
    return info


def _web(report: Report, traffic: Traffic) -> Iterator[Metric]:
    answered = CounterMetricFamily(
        "sightline_http_requests", "Requests, by kind of answer", labels=["status"]
    )
    for status in _STATUSES:
        answered.add_metric([status], traffic.answered[status])
    yield answered
    counts = list(accumulate(traffic.within))
    edges = [*(str(edge) for edge in EDGES_S), "+Inf"]
    yield HistogramMetricFamily(
        "sightline_http_request_seconds",
        "From a request's head to the end of its answer",
        buckets=list(zip(edges, counts, strict=True)),
        sum_value=traffic.seconds,
    )
    yield GaugeMetricFamily("sightline_sockets", "Open event sockets", value=report.sockets)
    stored = report.outbox_waiting is not None and report.audit_entries is not None
    yield GaugeMetricFamily("sightline_database_up", "1 when the database answered", value=float(stored))
    if report.outbox_waiting is not None:
        yield GaugeMetricFamily("sightline_outbox_waiting", "Texts not sent yet", value=report.outbox_waiting)
    if report.audit_entries is not None:
        yield CounterMetricFamily(
            "sightline_audit_entries", "Entries of the audit log", value=report.audit_entries
        )


def _engines(reading: Reading | None) -> Iterator[Metric]:
    engines = reading.engines if reading else ()
    yield GaugeMetricFamily("sightline_engines", "Media engines that answered", value=len(engines))
    if reading is None:
        return
    yield from _families(_ENGINE, ("engine",), ((e, [str(e.index)]) for e in engines))
    cost = GaugeMetricFamily(
        "sightline_engine_cpu_per_packet_seconds",
        "CPU time for each packet sent, over about 15 s",
        labels=["engine"],
    )
    for index, seconds in reading.cpu_per_packet_s.items():
        cost.add_metric([str(index)], seconds)
    yield cost
    drops = CounterMetricFamily("sightline_engine_drops", "Packets dropped", labels=["engine", "reason"])
    for engine in engines:
        for reason, count in engine.drops.items():
            drops.add_metric([str(engine.index), reason], count)
    yield drops
    ungranted = CounterMetricFamily(
        "sightline_engine_ungranted",
        "Subscribers and renewals that were refused for want of a grant",
        labels=["engine", "reason"],
    )
    for engine in engines:
        for reason, count in engine.ungranted.items():
            ungranted.add_metric([str(engine.index), reason], count)
    yield ungranted
    feeds = [(feed, [str(engine.index), feed.feed]) for engine in engines for feed in engine.feeds]
    yield from _families(_FEED, ("engine", "feed"), feeds)
    publishers = [(feed.publisher, labels) for feed, labels in feeds if feed.publisher is not None]
    yield from _families(
        _PUBLISHER,
        ("engine", "feed", "session", "codec"),
        ((publisher, [*labels, publisher.session, publisher.codec]) for publisher, labels in publishers),
    )
    yield from _families(
        _VIEWER,
        ("engine", "feed", "session", "grant"),
        ((one, [*labels, one.session, one.holder]) for feed, labels in feeds for one in feed.subscribers),
    )


def _families(
    figures: tuple[Figure[T], ...], labels: tuple[str, ...], things: Iterable[tuple[T, list[str]]]
) -> Iterator[Metric]:
    held = list(things)
    for figure in figures:
        kind = CounterMetricFamily if figure.counts else GaugeMetricFamily
        family = kind(figure.name, figure.meaning, labels=labels)
        for thing, values in held:
            value = figure.of(thing)
            if value is not None:
                family.add_metric(values, value)
        yield family
