"""The page's numbers and charts."""

from collections.abc import Sequence

from backend.api.citizen import saying
from backend.api.citizen.charts import Line, bars, columns
from backend.api.citizen.elements import Html, h
from backend.api.citizen.words import Words
from backend.model.cameras import ParticipationLevel
from backend.model.transparency import HIDDEN, MERGED, By, Count, Report
from backend.model.uses import LeafKind


def numbers(words: Words, report: Report) -> Html:
    count = report.this_month
    month = saying.month(words, report.month)
    shown = [
        (words.openings, month, f"{count.openings:,}"),
        (words.emergencies, month, f"{count.emergencies:,}"),
        (words.watched, month, saying.seconds(words, report.watched_s)),
        (words.openings, words.in_all, f"{report.in_all.openings:,}"),
        (words.sealed, words.openings, f"{report.sealed:,}"),
        (words.contested, words.in_all, f"{report.kinds.get(LeafKind.CONTEST, 0):,}"),
    ]
    flights = next((each for each in report.counts[By.SOURCE] if each.name == "drone"), None)
    if flights is not None:  # a row only where there are such feeds
        shown.append((words.code("source", "drone"), words.year, f"{flights.openings:,}"))
    return h(
        "section",
        {"aria-labelledby": "numbers"},
        h("h2", {"id": "numbers"}, words.figures),
        h(
            "dl",
            {"class": "numbers"},
            [
                h("div", None, h("dt", None, what), h("dd", None, number), h("dd", {"class": "soft"}, when))
                for what, when, number in shown
            ],
        ),
    )


def charts(words: Words, report: Report) -> Html:
    rows = report.counts
    months = [
        (saying.short(words, each.name), saying.month(words, each.name), each.openings)
        for each in rows[By.MONTH]
    ]
    told = "; ".join([f"{name}: {value:,}" for _, name, value in months])
    table = bars(
        words.by_month,
        (words.openings, words.emergencies),
        [
            Line(saying.month(words, each.name), each.openings, (f"{each.emergencies:,}",))
            for each in rows[By.MONTH]
        ],
        "months-table",
        words.no_rows,
    )
    months_chart = h(
        "figure",
        {"class": "months"},
        h(
            "figcaption",
            None,
            h("h3", {"id": "months"}, words.by_month),
            h("p", {"class": "soft"}, words.about_cameras),
        ),
        columns(f"{words.by_month}. {told}", months, rtl=words.dir == "rtl"),
        h("details", None, h("summary", None, words.as_table), table),
    )
    captions = {
        By.CATEGORY: words.by_category,
        By.REASON: words.by_reason,
        By.DISTRICT: words.by_district,
        By.SOURCE: words.by_source,
        By.DAY: words.by_day(saying.month(words, report.month)),
    }
    numbers = (words.openings, words.emergencies)
    shown = [
        bars(caption, numbers, [_line(words, by, count) for count in rows[by]], f"by-{by}", words.no_rows)
        for by, caption in captions.items()
    ]
    levels = [
        Line(words.code("level", level.value), report.levels.get(level.value, 0))
        for level in reversed(ParticipationLevel)
    ]
    shown.append(bars(words.by_level, (words.cameras,), levels, "by-level", words.no_rows))
    shown.append(_response(words, report))
    if report.drones:
        shown.append(_drones(words, report))
    if report.callers:
        shown.append(_callers(words, report))
    return h(
        "section",
        {"aria-labelledby": "year"},
        h("h2", {"id": "year"}, words.year),
        months_chart,
        h("div", {"class": "charts"}, *shown),
        h("p", {"class": "soft"}, words.about_sources),
    )


def _line(words: Words, by: By, count: Count) -> Line:
    if count.name == HIDDEN:
        name = words.hidden
    elif count.name == MERGED:
        name = (words.merged_days if by is By.DAY else words.merged_districts)(count.names)
    elif by is By.DAY:
        name = saying.day(words, count.name)
    else:
        name = saying.month(words, count.name) if by is By.MONTH else words.code(by.value, count.name)
    quiet = count.name in (HIDDEN, MERGED)
    return Line(name, count.openings, (f"{count.emergencies:,}",), quiet=quiet)


def _response(words: Words, report: Report) -> Html:
    rows = [(words.response_of[each.name], (each.seconds,), each.measured) for each in report.response]
    return _waits("response", words, words.response, (words.median,), rows, words.about_on_scene)


def _drones(words: Words, report: Report) -> Html:
    rows = [
        (words.drones_of[each.name], (each.median_s, each.p90_s), each.measured) for each in report.drones
    ]
    return _waits("drones", words, words.drones, (words.median, words.ninetieth), rows, words.about_drones)


def _callers(words: Words, report: Report) -> Html:
    rows = [(words.callers_of[each.name], (each.median_s, each.p90_s), each.links) for each in report.callers]
    columns_of = (words.median, words.ninetieth)
    return _waits("callers", words, words.callers, columns_of, rows, words.about_callers, words.links)


def _waits(
    name: str,
    words: Words,
    title: str,
    columns_of: tuple[str, ...],
    rows: Sequence[tuple[str, Sequence[float | None], int | None]],
    about: str,
    counted: str = "",
) -> Html:
    """How long things took: a row for each, in words where too few were measured."""
    heads = [h("th", {"scope": "col"}, column) for column in (*columns_of, counted or words.emergencies)]
    body = [
        h(
            "tr",
            None,
            h("th", {"scope": "row"}, called),
            *(
                h("td", None, words.too_few if seconds is None else saying.seconds(words, seconds))
                for seconds in waits
            ),
            h("td", None, words.too_few if measured is None else f"{measured:,}"),
        )
        for called, waits, measured in rows
    ]
    first = h("th", {"scope": "col"}, h("span", {"class": "sr"}, title))
    return h(
        "section",
        {"class": "chart", "aria-labelledby": name},
        h("h3", {"id": name}, title),
        h(
            "table",
            {"aria-labelledby": name},
            h("thead", None, h("tr", None, first, *heads)),
            h("tbody", None, *body),
        ),
        h("p", {"class": "soft"}, about),
    )
