"""The public page as one document: first the answer, then the evidence. It needs no script.

What a script may add, the check in the visitor's browser, finds its words in a template here, so that each
language is in one place. pwa/src/transparency/ reads the `data-` attributes.
"""

from collections.abc import Iterable, Mapping

from backend.api import tongue
from backend.api.citizen import saying
from backend.api.citizen.ar import AR
from backend.api.citizen.elements import Html, h
from backend.api.citizen.en import EN
from backend.api.citizen.es import ES
from backend.api.citizen.figures import charts, numbers
from backend.api.citizen.listing import contests, latest
from backend.api.citizen.view import PATH, View, address
from backend.api.citizen.words import Words
from backend.model.transparency import Report

LANGUAGES: Mapping[str, Words] = {words.lang: words for words in (EN, ES, AR)}
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


def choose(asked: str | None, accepted: str) -> Words:
    """By `?lang=`, else the first of the browser's that we have (RFC 9110, section 12.5.4), else English."""
    if asked is not None and asked in LANGUAGES:
        return LANGUAGES[asked]
    return LANGUAGES[tongue.choose(accepted, LANGUAGES, EN.lang)]


def page(view: View) -> str:
    """The document."""
    words, report = view.words, view.report
    body = [_header(view)]
    if report is None:
        body += [_answer(view, None), h("p", None, words.nothing_yet), _check(view)]
    else:
        body += [_answer(view, report), _check(view), numbers(words, report), charts(words, report)]
    body += [latest(view), contests(words, report), _downloads(view), _never(words), _how(view)]
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
                "href": address(view, lang=each.lang),
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
        month, count = saying.month(words, report.month), report.this_month
        first = (
            words.opened(month, count.openings, count.emergencies)
            if count.openings
            else words.none_opened(month)
        )
        said.append(h("p", {"class": "answer"}, first, " ", words.take_part(report.cameras)))
        assigned = next((each.seconds for each in report.response if each.name == "assigned"), None)
        if assigned is not None:
            said.append(h("p", {"class": "second"}, words.helped(saying.seconds(words, assigned))))
    return h(
        "div",
        {"class": "top"},
        h("h1", None, words.title),
        *said,
        h("p", {"class": "promise"}, words.promise),
    )


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
