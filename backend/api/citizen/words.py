"""What the public page says, by name. One file for each language; nothing starts unless each has all of it.

A word that a code has not been given yet is shown as the code: `code` says how.
"""

from collections.abc import Callable, Mapping

import msgspec

Say = Callable[[str], str]
Count = Callable[[int], str]
Codes = Mapping[str, str]


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """One language. Texts with something in them are functions of it; numbers come written out."""

    lang: str
    name: str  # of the language, in itself
    dir: str
    months: tuple[str, ...]
    date: str  # of {day}, {month} and {year}
    month_of: Callable[[str, int], str]
    hour: Callable[[str, int, int], str]  # a date, from, until
    # the answer
    title: str
    by: Say  # who publishes
    languages: str
    opened: Callable[[str, int, int], str]
    none_opened: Say
    take_part: Count
    helped: Say
    promise: str
    nothing_yet: str
    as_of: Count
    # the check, as the visitor's browser says it; {…} is filled in there
    check: str
    off: str
    checking: str
    first: str
    come_back: str
    same: str
    network: str
    cannot: str
    broken: str
    todo: str
    by_signature: str
    by_key: str
    by_rollback: str
    by_fork: str
    by_beyond: str
    by_file: str
    by_entry: str
    by_value: str
    by_figure: str
    counting: str
    counted: str
    uncounted: str
    again: str
    keep_then: str
    keep_now: str
    forget: str
    mark_ok: str
    mark_bad: str
    mark_unknown: str
    # figures
    openings: str
    emergencies: str
    cameras: str
    watched: str
    sealed: str
    contested: str
    in_all: str
    this_month: str
    # charts
    figures: str
    year: str
    about_cameras: str
    by_month: str
    by_day: Say
    by_category: str
    by_source: str
    by_reason: str
    by_district: str
    by_level: str
    about_sources: str
    as_table: str
    month: str
    merged_days: Count
    merged_districts: Count
    hidden: str
    no_rows: str
    response: str
    response_of: Mapping[str, str]
    drones: str
    drones_of: Mapping[str, str]
    about_drones: str
    ninetieth: str
    callers: str
    callers_of: Mapping[str, str]
    about_callers: str
    links: str
    too_few: str
    about_on_scene: str
    median: str
    seconds: Callable[[int, int, int], str]  # hours, minutes, seconds
    # entries
    latest: str
    entry: Count
    details: str
    part_of: Say
    search: str
    any: str
    find: str
    everything: str
    older: str
    newest: str
    not_found: str
    # contests and seals
    contests: str
    no_contests: str
    contest_of: Say
    not_answered: str
    about_seals: str
    sealed_now: Count
    # the small print
    never: str
    never_why: tuple[str, ...]
    how: str
    how_it_works: tuple[str, ...]
    experts: str
    for_experts: tuple[str, ...]
    downloads: str
    download: Mapping[str, str]
    cell_note: str
    # codes
    kinds: Codes
    fields: Codes
    codes: Mapping[str, Codes]  # by field

    def code(self, field: str, value: str) -> str:
        """A field's value in words; the value itself where it is one, or a code that is new."""
        return self.codes.get(field, {}).get(value, value)
