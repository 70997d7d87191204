"""The page's entries, the search among them, and what is contested."""

from urllib.parse import urlencode

from backend.api.citizen import saying
from backend.api.citizen.elements import Html, h
from backend.api.citizen.view import PATH, View, address, bare
from backend.api.citizen.words import Words
from backend.model.incidents import INCIDENT_TYPES, PANIC, FeedKind
from backend.model.openings import Reason
from backend.model.transparency import HIDDEN, MERGED, By, Contest, PublicEntry, Report
from backend.model.uses import LeafKind

_FIRST = (
    "category",
    "source",
    "reason",
    "duration_s",
    "why",
    "outcome",
    "words",
)  # without a press


def latest(view: View) -> Html:
    words, found = view.words, view.found
    listed: Html = (
        h("ol", {"class": "entries"}, *[_entry(view, entry) for entry in found.entries])
        if found.entries
        else h("p", {"class": "soft"}, words.not_found)
    )
    links = []
    if view.search.before is not None:
        links.append(
            h("a", {"class": "button", "href": address(view, before=None) + "#entries"}, words.newest)
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
    return h("a", {"class": "button", "href": f"{address(view, before=before)}#entries"}, said)


def _form(view: View) -> Html:
    words, report, asked = view.words, view.report, view.search
    districts = [each.name for each in report.counts[By.DISTRICT]] if report else []
    months = [each.name for each in report.counts[By.MONTH]][::-1] if report else []
    choices: list[tuple[str, str, str | None, list[tuple[str, str]]]] = [
        ("kind", words.fields["kind"], asked.kind, [(kind.value, words.kinds[kind]) for kind in LeafKind]),
        ("month", words.month, asked.month, [(month, saying.month(words, month)) for month in months]),
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
            h("a", {"class": "button", "href": bare(view) + "#entries"}, words.everything)
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
        h("span", {"class": f"of-{name}", "dir": "auto"}, saying.value(words, name, said))
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
                h("bdi", None, saying.value(words, name, field.value)),
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
            h("span", None, saying.hour(words, hour) if hour else ""),
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


def contests(words: Words, report: Report | None) -> Html:
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
        said.append(saying.hour(words, hour))
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
