"""The public page as one document: first the answer, then the evidence. It needs no script.

What a script may add, the check in the visitor's browser, finds its words in a template here, so that each
language is in one place. pwa/src/transparency/ reads the `data-` attributes.
"""

import re
from collections.abc import Iterable, Mapping
from urllib.parse import urlencode

import msgspec

from backend.api.citizen.ar import AR
from backend.api.citizen.charts import Line, bars, columns
from backend.api.citizen.elements import Html, h
from backend.api.citizen.en import EN
from backend.api.citizen.es import ES
from backend.api.citizen.words import Words
from backend.model.cameras import ParticipationLevel
from backend.model.incidents import INCIDENT_TYPES, PANIC, FeedKind
from backend.model.openings import Reason
from backend.model.transparency import HIDDEN, MERGED, By, Contest, Count, Found, PublicEntry, Report, Search
from backend.model.uses import LeafKind

LANGUAGES: Mapping[str, Words] = {words.lang: words for words in (EN, ES, AR)}
PATH = "/transparency"
_HOUR = re.compile(r"(\d{4})-(\d{2})-(\d{2})T(\d{2})", re.ASCII)
_FIRST = (
    "category",
    "source",
    "reason",
    "duration_s",
    "why",
    "outcome",
    "words",
)  # of an entry, without a press
_SAID = (
    *(
        "checking",
        "first",
        "come_back",
        "same",
        "network",
        "cannot",
        "broken",
        "todo",
        "by_signature",
        "by_key",
    ),
    *(
        "by_rollback",
        "by_fork",
        "by_beyond",
        "by_file",
        "by_entry",
        "by_value",
        "by_figure",
        "counting",
        "counted",
    ),
    *("uncounted", "again", "keep_then", "keep_now", "forget", "mark_ok", "mark_bad", "mark_unknown"),
)
_ICONS = {
    "off": "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18m0 5v5m0 3v.01",
    "wait": "M12 3a9 9 0 1 0 9 9M12 7v5l3 2",
    "ok": "M12 3l8 3v6c0 5-3.5 8-8 9-4.5-1-8-4-8-9V6zM8.5 12l2.5 2.5 4.5-5",
    "bad": "M12 3l10 18H2zM12 10v5m0 3v.01",
}


class Assets(msgspec.Struct, frozen=True):
    """Where the built script and style are; None where nothing is built."""

    script: str | None
    style: str | None


class View(msgspec.Struct, frozen=True, kw_only=True):
    """All that the page is made of."""

    agency: str
    words: Words
    chosen: bool  # the language, by the address: links keep it
    report: Report | None
    found: Found
    search: Search
    key: str  # the log's, empty while nobody can say
    public_url: str
    assets: Assets


def choose(asked: str | None, accepted: str) -> Words:
    """By `?lang=`, else the first of the browser's that we have (RFC 9110, section 12.5.4), else English."""
    if asked is not None and asked in LANGUAGES:
        return LANGUAGES[asked]
    weighed = []
    for at, part in enumerate(accepted[:200].split(",")):
        tag, _, parameter = part.strip().partition(";")
        try:
            weight = float(parameter.strip().removeprefix("q=")) if parameter else 1.0
        except ValueError:
            weight = 0.0
        weighed.append((-weight, at, tag[:2].lower()))
    return next((LANGUAGES[tag] for weight, _, tag in sorted(weighed) if weight and tag in LANGUAGES), EN)


def page(view: View) -> str:
    """The document."""
    words, report = view.words, view.report
    body = [_header(view)]
    if report is None:
        body += [_answer(view, None), h("p", None, words.nothing_yet), _check(view)]
    else:
        body += [_answer(view, report), _check(view), _numbers(words, report), _charts(words, report)]
    body += [_latest(view), _contests(words, report), _downloads(view), _never(words), _how(view)]
    return "<!doctype html>\n" + h(
        "html",
        {"lang": words.lang, "dir": words.dir},
        h("head", None, *_head(view)),
        h("body", None, _icons(), *_main(view, body)),
    )


def _main(view: View, body: Iterable[Html]) -> list[Html]:
    report, held = view.report, list(body)
    told: dict[str, str | int] = {
        "id": "page",
        "data-size": report.size if report else 0,
        "data-month": report.month if report else "",
        "data-openings": report.this_month.openings if report else 0,
    }
    return [held[0], h("main", told, *held[1:])]


def _head(view: View) -> list[Html]:
    words, assets = view.words, view.assets
    return [
        h("meta", {"charset": "utf-8"}),
        h("meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"}),
        h("meta", {"name": "color-scheme", "content": "light dark"}),
        h("title", None, f"{words.title} – {view.agency}"),
        h("link", {"rel": "icon", "href": "/icons/sightline.svg", "type": "image/svg+xml"}),
        *([h("link", {"rel": "stylesheet", "href": assets.style})] if assets.style else []),
        *([h("script", {"type": "module", "src": assets.script})] if assets.script else []),
    ]


def _icons() -> Html:
    symbols = [
        h("symbol", {"id": f"icon-{name}", "viewBox": "0 0 24 24"}, h("path", {"d": drawn}))
        for name, drawn in _ICONS.items()
    ]
    return h("svg", {"class": "symbols", "aria-hidden": "true"}, *symbols)


def _header(view: View) -> Html:
    words = view.words
    links = [
        h(
            "a",
            {
                "href": _address(view, lang=each.lang),
                "lang": each.lang,
                "hreflang": each.lang,
                "aria-current": "true" if each is words else None,
            },
            each.name,
        )
        for each in LANGUAGES.values()
    ]
    return h(
        "header",
        None,
        h("p", {"class": "who"}, words.by(view.agency)),
        h("nav", {"aria-label": words.languages}, *links),
    )


def _answer(view: View, report: Report | None) -> Html:
    words = view.words
    said: list[Html] = []
    if report is not None:
        month, count = _month(words, report.month), report.this_month
        first = (
            words.opened(month, count.openings, count.emergencies)
            if count.openings
            else words.none_opened(month)
        )
        said.append(h("p", {"class": "answer"}, first, " ", words.take_part(report.cameras)))
        assigned = next((each.seconds for each in report.response if each.name == "assigned"), None)
        if assigned is not None:
            said.append(h("p", {"class": "second"}, words.helped(_seconds(words, assigned))))
    return h(
        "div",
        {"class": "top"},
        h("h1", None, words.title),
        *said,
        h("p", {"class": "promise"}, words.promise),
    )


def _promise(words: Words) -> Html:
    return h("p", {"class": "promise"}, words.promise)


def _check(view: View) -> Html:
    words = view.words
    said = [h("p", {"data-said": name}, getattr(words, name)) for name in _SAID]
    fields = [h("p", {"data-field": name}, called) for name, called in words.fields.items()]
    months = [h("p", {"data-month": at}, name) for at, name in enumerate(words.months, 1)]
    date = h("p", {"data-said": "date"}, words.date)
    icons = [
        h("svg", {"class": f"icon {name}", "aria-hidden": "true"}, h("use", {"href": f"#icon-{name}"}))
        for name in _ICONS
    ]
    return h(
        "section",
        {"id": "check", "data-state": "off", "aria-labelledby": "check-title"},
        *icons,
        h(
            "div",
            {"class": "told"},
            h("h2", {"id": "check-title"}, words.check),
            h("div", {"id": "said", "role": "status"}, h("p", None, words.off)),
            h("div", {"id": "acts"}),
            h("p", {"class": "more"}, h("a", {"href": "#how"}, words.how)),
        ),
        h("template", {"id": "words"}, *said, date, *fields, *months),
    )


def _numbers(words: Words, report: Report) -> Html:
    count = report.this_month
    month = _month(words, report.month)
    shown = [
        (words.openings, month, f"{count.openings:,}"),
        (words.emergencies, month, f"{count.emergencies:,}"),
        (words.watched, month, _seconds(words, report.watched_s)),
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


def _charts(words: Words, report: Report) -> Html:
    rows = report.counts
    months = [(_short(words, each.name), _month(words, each.name), each.openings) for each in rows[By.MONTH]]
    told = "; ".join([f"{name}: {value:,}" for _, name, value in months])
    table = bars(
        words.by_month,
        (words.openings, words.emergencies),
        [
            Line(_month(words, each.name), each.openings, (f"{each.emergencies:,}",))
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
        By.DAY: words.by_day(_month(words, report.month)),
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
        name = _day(words, count.name)
    else:
        name = _month(words, count.name) if by is By.MONTH else words.code(by.value, count.name)
    quiet = count.name in (HIDDEN, MERGED)
    return Line(name, count.openings, (f"{count.emergencies:,}",), quiet=quiet)


def _response(words: Words, report: Report) -> Html:
    rows = [
        h(
            "tr",
            None,
            h("th", {"scope": "row"}, words.response_of[each.name]),
            h("td", None, words.too_few if each.seconds is None else _seconds(words, each.seconds)),
            h("td", None, f"{each.measured:,}"),
        )
        for each in report.response
    ]
    return h(
        "section",
        {"class": "chart", "aria-labelledby": "response"},
        h("h3", {"id": "response"}, words.response),
        h(
            "table",
            {"aria-labelledby": "response"},
            h(
                "thead",
                None,
                h(
                    "tr",
                    None,
                    h("th", {"scope": "col"}, h("span", {"class": "sr"}, words.response)),
                    h("th", {"scope": "col"}, words.median),
                    h("th", {"scope": "col"}, words.emergencies),
                ),
            ),
            h("tbody", None, *rows),
        ),
        h("p", {"class": "soft"}, words.on_scene),
    )


def _latest(view: View) -> Html:
    words, found = view.words, view.found
    listed: Html = (
        h("ol", {"class": "entries"}, *[_entry(view, entry) for entry in found.entries])
        if found.entries
        else h("p", {"class": "soft"}, words.not_found)
    )
    links = []
    if view.search.before is not None:
        links.append(
            h("a", {"class": "button", "href": _address(view, before=None) + "#entries"}, words.newest)
        )
    if found.older is not None:
        links.append(_page_link(view, found.older, words.older))
    return h(
        "section",
        {"id": "entries", "aria-labelledby": "latest"},
        h("h2", {"id": "latest"}, words.latest),
        h("p", {"class": "soft"}, words.as_of(view.report.size)) if view.report else None,
        _form(view),
        listed,
        h("nav", {"class": "pages", "aria-label": words.latest}, *links) if links else None,
    )


def _page_link(view: View, before: int | None, said: str) -> Html:
    return h("a", {"class": "button", "href": f"{_address(view, before=before)}#entries"}, said)


def _form(view: View) -> Html:
    words, report, asked = view.words, view.report, view.search
    districts = [each.name for each in report.counts[By.DISTRICT]] if report else []
    months = [each.name for each in report.counts[By.MONTH]][::-1] if report else []
    choices: list[tuple[str, str, str | None, list[tuple[str, str]]]] = [
        ("kind", words.fields["kind"], asked.kind, [(kind.value, words.kinds[kind]) for kind in LeafKind]),
        ("month", words.month, asked.month, [(month, _month(words, month)) for month in months]),
        (
            "category",
            words.fields["category"],
            asked.category,
            [(each, words.code("category", each)) for each in (*INCIDENT_TYPES, PANIC)],
        ),
        (
            "source",
            words.fields["source"],
            asked.source,
            [(each.value, words.code("source", each)) for each in FeedKind],
        ),
        (
            "reason",
            words.fields["reason"],
            asked.reason,
            [(each, words.code("reason", each)) for each in (*Reason, "call")],
        ),
        (
            "district",
            words.fields["district"],
            asked.district,
            [(each, words.code("district", each)) for each in districts if each not in (HIDDEN, MERGED)],
        ),
    ]
    fields = [
        h(
            "label",
            None,
            h("span", None, label),
            h(
                "select",
                {"name": name},
                h("option", {"value": ""}, words.any),
                *[h("option", {"value": value, "selected": value == held}, said) for value, said in options],
            ),
        )
        for name, label, held, options in choices
        if options
    ]
    searched = any(held for _, _, held, _ in choices)
    return h(
        "details",
        {"class": "search", "open": searched},
        h("summary", None, words.search),
        h(
            "form",
            {"action": f"{PATH}#entries", "method": "get"},
            h("input", {"type": "hidden", "name": "lang", "value": words.lang}) if view.chosen else None,
            *fields,
            h("button", None, words.find),
            h("a", {"class": "button", "href": _bare(view) + "#entries"}, words.everything)
            if searched
            else None,
        ),
    )


def _only(view: View, index: int) -> str:
    """What leads to the page that begins with this entry."""
    asked = {"lang": view.words.lang} if view.chosen else {}
    return urlencode({**asked, "before": index + 1}) + f"#entry-{index}"


def _entry(view: View, entry: PublicEntry) -> Html:
    words, hour = view.words, entry.said("hour")
    first = [
        h("span", {"class": f"of-{name}", "dir": "auto"}, _value(words, name, said))
        for name in _FIRST
        if (said := entry.said(name)) is not None
    ]
    every = [
        h(
            "div",
            None,
            h("dt", None, words.fields.get(name, name)),
            h(
                "dd",
                {"data-field": name, "data-value": field.value},
                h("bdi", None, _value(words, name, field.value)),
            ),
        )
        for name, field in entry.fields.items()
    ]
    return h(
        "li",
        {"data-index": entry.index, "data-kind": entry.kind, "id": f"entry-{entry.index}"},
        h(
            "p",
            {"class": "head"},
            h("strong", {"class": f"kind kind-{entry.kind}"}, words.kinds.get(entry.kind, entry.kind)),
            *first,
        ),
        h(
            "p",
            {"class": "when soft"},
            h("span", None, _hour(words, hour) if hour else ""),
            h("span", None, words.entry(entry.index)),
            h("a", {"href": f"{PATH}?{_only(view, entry.of)}"}, words.part_of(words.entry(entry.of)))
            if entry.of is not None
            else None,
            h("span", {"class": "mark"}),
        ),
        h(
            "details",
            None,
            h("summary", None, words.details, h("span", {"class": "sr"}, f" ({words.entry(entry.index)})")),
            h("dl", None, *every),
        ),
    )


def _contests(words: Words, report: Report | None) -> Html:
    held = report.contests if report else ()
    return h(
        "section",
        {"aria-labelledby": "contests"},
        h("h2", {"id": "contests"}, words.contests),
        h("ul", {"class": "contests"}, *[_contest(words, each) for each in held])
        if held
        else h("p", None, words.no_contests),
        h(
            "p",
            {"class": "soft"},
            words.sealed_now(report.sealed) if report else None,
            " ",
            words.about_seals,
        ),
    )


def _contest(words: Words, contest: Contest) -> Html:
    entry, answer = contest.entry, contest.answer
    hour = entry.said("hour")
    said = [words.code("why", entry.said("why") or "")]
    if hour:
        said.append(_hour(words, hour))
    answered = (
        [
            h("strong", None, words.code("outcome", answer.said("outcome") or "")),
            h("q", {"dir": "auto"}, answer.said("words") or ""),
            h("span", {"class": "soft"}, words.entry(answer.index)),
        ]
        if answer is not None
        else [h("em", None, words.not_answered)]
    )
    return h(
        "li",
        None,
        h(
            "p",
            None,
            h("strong", None, words.contest_of(words.code("role", entry.said("by") or ""))),
            *[h("span", None, each) for each in said],
            h("span", {"class": "soft"}, words.entry(entry.index)),
        ),
        h("p", {"class": "answered"}, *answered),
    )


def _downloads(view: View) -> Html:
    words = view.words
    where = {
        name: f"{PATH}/{name}"
        for name in ("entries.csv", "entries.json", "statistics.csv", "statistics.json")
    }
    where |= {"checkpoint": "/log/checkpoint", "key": "/log/key"}
    return h(
        "section",
        {"aria-labelledby": "downloads"},
        h("h2", {"id": "downloads"}, words.downloads),
        h(
            "ul",
            {"class": "downloads"},
            *[
                h("li", None, h("a", {"href": where[name], "download": True}, words.download[name]))
                for name in where
            ],
        ),
        h("p", {"class": "soft"}, words.cell_note),
    )


def _never(words: Words) -> Html:
    return h(
        "section",
        {"aria-labelledby": "never"},
        h("h2", {"id": "never"}, words.never),
        h("ul", {"class": "plain"}, *[h("li", None, each) for each in words.never_why]),
    )


def _how(view: View) -> Html:
    words, key = view.words, view.key or "KEY"
    commands = (
        None,
        f"sightline audit verify --log COPY --key '{key}' --since OLD-CHECKPOINT",
        f"sightline audit mirror MIRROR --log COPY --key '{key}'",
        f"node reader.mjs log '{key}' COPY --remember FILE",
    )
    expert: list[Html] = []
    for text, command in zip(words.for_experts, commands, strict=True):
        expert.append(h("p", None, text))
        if command is not None:
            expert.append(h("pre", {"dir": "ltr", "tabindex": 0}, h("code", None, command)))
    address = h("a", {"href": "/log/checkpoint", "dir": "ltr"}, f"{view.public_url}/log/checkpoint")
    return h(
        "section",
        {"id": "how", "aria-labelledby": "how-title"},
        h("h2", {"id": "how-title"}, words.how),
        h("ol", {"class": "plain"}, *[h("li", None, each) for each in words.how_it_works]),
        h("details", {"class": "experts"}, h("summary", None, words.experts), h("p", None, address), *expert),
    )


def _address(view: View, **changed: str | int | None) -> str:
    """The same page with something else asked of it."""
    asked: dict[str, str | int | None] = {
        "lang": view.words.lang if view.chosen else None,
        **{name: getattr(view.search, name) for name in view.search.__struct_fields__},
        **changed,
    }
    said = urlencode({name: value for name, value in asked.items() if value is not None})
    return f"{PATH}?{said}" if said else PATH


def _bare(view: View) -> str:
    return f"{PATH}?lang={view.words.lang}" if view.chosen else PATH


def _month(words: Words, month: str) -> str:
    year, _, at = month.partition("-")
    return words.month_of(words.months[int(at) - 1], int(year))


def _short(words: Words, month: str) -> str:
    """As much of a month's name as stands under a column."""
    name = words.months[int(month[5:]) - 1]
    return name if words.lang == "ar" else name[:3]


def _day(words: Words, day: str) -> str:
    year, month, at = day.split("-")
    return words.date.format(day=int(at), month=words.months[int(month) - 1], year=int(year))


def _hour(words: Words, hour: str) -> str:
    found = _HOUR.fullmatch(hour)
    if found is None or not 1 <= int(found[2]) <= 12:
        return hour
    since = int(found[4])
    return words.hour(_day(words, hour[:10]), since, (since + 1) % 24)


def _seconds(words: Words, seconds: float) -> str:
    whole = round(seconds)
    return words.seconds(whole // 3600, whole // 60 % 60, whole % 60)


def _value(words: Words, name: str, value: str) -> str:
    """A field's value as people read it."""
    if name == "hour":
        return _hour(words, value)
    if name == "duration_s":
        try:
            return _seconds(words, float(value))
        except (ValueError, OverflowError):
            return value
    if name == "bytes" and value.isascii() and value.isdigit():
        return f"{int(value):,}"
    return words.code(name, value)
