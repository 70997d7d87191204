"""English: the language that every other one is checked against."""

from backend.api.citizen.words import Words


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count:,} times")


def _in(count: int) -> str:
    return "one emergency" if count == 1 else f"{count:,} emergencies"


def _opened(month: str, openings: int, emergencies: int) -> str:
    kind = "a camera was" if openings == 1 else "cameras were"
    return f"In {month}, {kind} opened {_times(openings)}, in {_in(emergencies)}."


def _seconds(hours: int, minutes: int, seconds: int) -> str:
    if hours:
        return f"{hours:,} h {minutes} min"
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"


EN = Words(
    lang="en",
    name="English",
    dir="ltr",
    months=(
        *("January", "February", "March", "April", "May", "June", "July"),
        *("August", "September", "October", "November", "December"),
    ),
    date="{month} {day}, {year}",
    month_of=lambda month, year: f"{month} {year}",
    hour=lambda date, since, until: f"{date}, {since:02}:00 to {until:02}:00",
    title="Who opened cameras, and why",
    by=lambda agency: f"Published by {agency}",
    languages="Language",
    opened=_opened,
    none_opened=lambda month: f"In {month}, no camera has been opened.",
    take_part=lambda count: "One camera takes part." if count == 1 else f"{count:,} cameras take part.",
    helped=lambda time: f"In half of all emergencies, help was assigned within {time}.",
    promise="A camera opens only for an emergency, for a named person and for a reason. It is written down, in a "
    "log that nobody can quietly change, before anybody sees a picture. This page shows that log.",
    nothing_yet="Nothing is published yet. Entries appear here a few minutes after they are written.",
    as_of=lambda size: f"As of entry {size:,} of the log.",
    check="Is this page true?",
    off="Your browser can check this page against the signed log by itself, when JavaScript is on. Without it, "
    "anybody can check it with the commands at the end of this page.",
    checking="Your browser is checking this page against the signed log…",
    first="Yes. Your browser checked this page against the signed log: everything that is shown here stands in it.",
    come_back="Come back, and it will also see whether anything was changed or taken away since today.",
    same="Yes. Your browser checked this page against the signed log: nothing has been changed or taken away since your "
    "visit on {date}.",
    network="Your browser could not check this page: {what} did not load. It may be right or wrong.",
    cannot="This browser cannot check signatures. A newer one can, and so do the commands at the end of this page.",
    broken="No. This page does not hold; do not rely on it.",
    todo="What to do: keep both files below, they are the proof. Show them to somebody whom you trust: the "
    "agency’s auditor, your city council, a newspaper. They can be checked without this website.",
    by_signature="The log’s checkpoint is not signed by the log’s key.",
    by_key="The log has another key than on your visit on {date}. Ask the agency, by another way than this page, "
    "whether that is theirs.",
    by_rollback="The log has become shorter: on {date} it had {before} entries, and now {now}.",
    by_fork="The log was written anew: what stood in it on {date} is not in it any more.",
    by_beyond="The page shows {before} entries, and the signed log has {now}.",
    by_file="A file of the log is not what was signed: {what}.",
    by_entry="Entry {index} is not what stands in the signed log.",
    by_value="Entry {index} shows something else than what was written down: {field}.",
    by_figure="The page says {before} openings this month, and the log’s entries say {now}.",
    counting="It is counting this month’s openings…",
    counted="It counted this month’s openings in the entries themselves: {now}, as the page says.",
    uncounted="This month has too many entries to count them here; the files below have them all.",
    again="Check again",
    keep_then="Save the checkpoint of your last visit",
    keep_now="Save today’s checkpoint",
    forget="Forget my last visit and begin anew",
    mark_ok="checked",
    mark_bad="does not hold",
    mark_unknown="not checked",
    openings="Openings",
    emergencies="Emergencies",
    cameras="Cameras",
    watched="Time watched",
    sealed="Sealed now",
    contested="Contested",
    in_all="In all",
    this_month="This month",
    figures="In numbers",
    year="The last twelve months.",
    about_cameras="Openings of lent and city cameras.",
    by_month="Openings by month",
    by_day=lambda month: f"Days of {month}",
    by_category="What had happened",
    by_source="Whose pictures were watched",
    by_reason="Why a camera was opened",
    by_district="Where",
    by_level="What owners allow",
    about_sources="What callers show of themselves and what officers carry is written down too.",
    as_table="The same as a table",
    month="Month",
    merged_days=lambda count: f"{count:,} days with fewer than five emergencies, together",
    merged_districts=lambda count: f"{count:,} districts with fewer than five emergencies, together",
    hidden="not public yet",
    no_rows="Nothing to show yet.",
    response="How fast help came",
    response_of={
        "assigned": "From the emergency’s opening until a unit was assigned",
        "picture": "From the emergency’s opening until the first live picture",
    },
    too_few="too few to say",
    on_scene="How long until somebody is on the scene is not measured here yet: units do not report it by this "
    "system.",
    median="Half of them within",
    seconds=_seconds,
    latest="The latest entries",
    entry=lambda index: f"Entry {index}",
    details="Details",
    part_of=lambda entry: f"belongs to {entry}",
    search="Search",
    any="any",
    find="Search",
    everything="Show all",
    older="Older entries",
    newest="Newest entries",
    not_found="No entry is like that.",
    contests="Contested openings",
    no_contests="Nobody contests an opening.",
    contest_of=lambda who: f"Contested by {who}",
    not_answered="Not answered yet.",
    about_seals="A seal withholds the later part of an entry while an investigation is open. Who set it, why and "
    "until when is an entry itself.",
    sealed_now=lambda count: (
        "No opening is sealed now."
        if count == 0
        else "One opening is sealed now."
        if count == 1
        else f"{count:,} openings are sealed now."
    ),
    never="What is never published, and why",
    never_why=(
        "Addresses, positions and which camera it was: they would show where somebody needed help, and where cameras "
        "are that a thief could avoid.",
        "Names and telephone numbers. Officers stand under a pseudonym that changes each quarter.",
        "What people said or wrote, and the exact minute: either could tell a neighbour who called.",
        "What is too rare to be nobody’s: districts and days with fewer than five emergencies are shown together.",
        "The district, the officer’s pseudonym and how it ended are opened some days after the emergency is closed, "
        "so that nobody is in danger while it lasts.",
    ),
    how="How this works",
    how_it_works=(
        "Before a picture opens, an entry is added to a log that can only grow.",
        "Each entry is like a row of sealed envelopes: what is in them was fixed at that moment, and is opened when "
        "it may be shown.",
        "Every few minutes the log is signed, together with one number that depends on every entry in it.",
        "Your browser remembers that number, and sees on your next visit whether the log still contains all that it "
        "had.",
        "Anybody can do the same with a copy of the log, without this website and without trusting us.",
    ),
    experts="For experts",
    for_experts=(
        "The log is in C2SP’s formats (tlog-tiles, signed-note checkpoints), its tree RFC 6962’s; opened fields are "
        "salted SHA-256 commitments. Take its key from somewhere else than this page.",
        "Verify a copy, and that it grew from a checkpoint that you kept:",
        "Keep a mirror that any web server can hold:",
        "An independent reader in Node, which shares nothing with ours:",
    ),
    downloads="Take everything along",
    download={
        "entries.csv": "All entries as CSV",
        "entries.json": "All entries as JSON, with opened fields and salts",
        "statistics.csv": "The figures as CSV",
        "statistics.json": "The figures as JSON",
        "checkpoint": "The signed checkpoint",
        "key": "The log’s key",
    },
    cell_note="In CSV a cell that a spreadsheet would run begins with an apostrophe.",
    kinds={
        "open": "Opened",
        "renew": "Kept open",
        "end": "Watched",
        "close": "Closed",
        "seal": "Sealed",
        "unseal": "Seal lifted",
        "erase": "Erased",
        "contest": "Contested",
        "answer": "Answered",
        "break-glass": "Rules lifted by a supervisor",
    },
    fields={
        "use": "Use",
        "hour": "When",
        "source": "Whose picture",
        "category": "Emergency",
        "reason": "Reason",
        "level": "What its owner allows",
        "duration_s": "For how long",
        "viewers": "How many could see it",
        "district": "District",
        "officer": "Officer (pseudonym)",
        "role": "Role",
        "assigned": "Assigned to it",
        "distance": "Distance of the camera",
        "hours": "Within the owner’s hours",
        "basis": "Allowed by",
        "bytes": "Bytes",
        "stills": "Stills kept",
        "recorded": "Recorded",
        "outcome": "How it ended",
        "by": "By",
        "whom": "For",
        "why": "Why",
        "until": "Until",
        "what": "What",
        "contest": "Answers entry",
        "words": "Answer",
        "kind": "What happened",
    },
    codes={
        "source": {
            "caller": "The caller’s phone",
            "camera": "Lent and city cameras",
            "body-worn": "Body-worn cameras",
            "dash": "Dash cameras",
            "officer": "Officers’ phones",
            "drone": "Drones",
        },
        "category": {},
        "reason": {
            "see-scene": "To see what is happening",
            "find-person": "To find somebody",
            "follow-suspect": "To follow a suspect",
            "officer-safety": "For officers’ safety",
            "site-call": "The place itself called",
            "call": "The call itself",
        },
        "level": {
            "registry": "On the map only, no picture",
            "ask": "The owner is asked each time",
            "own-calls": "Only when the place itself calls",
            "nearby": "Emergencies nearby",
            "none": "–",
        },
        "district": {"none": "Outside the districts"},
        "role": {
            "dispatcher": "dispatcher",
            "officer": "officer",
            "supervisor": "supervisor",
            "owner": "its owner",
            "caller": "the caller",
            "auditor": "auditor",
        },
        "assigned": {"yes": "yes", "no": "no"},
        "hours": {"yes": "yes", "no": "no", "none": "–"},
        "recorded": {"yes": "yes", "no": "no", "none": "–"},
        "basis": {"rules": "the rules", "break-glass": "a supervisor, against the rules"},
        "distance": {
            "within 50 m": "within 50 m",
            "within 100 m": "within 100 m",
            "within 250 m": "within 250 m",
            "within 500 m": "within 500 m",
            "within 1000 m": "within 1000 m",
            "farther": "farther",
            "unknown": "unknown",
            "none": "–",
        },
        "outcome": {
            "closed": "closed by who had opened it",
            "expired": "its time was over",
            "incident-closed": "the emergency was over",
            "released": "the unit was released",
            "owner-stopped": "the owner stopped it",
            "owner-paused": "the owner paused the camera",
            "owner-changed": "the owner changed what is allowed",
            "connector-away": "the camera’s connection was lost",
            "camera-trouble": "the camera failed",
            "log-away": "it could not be written down, so nobody saw it",
            "hung-up": "the viewer left",
            "replaced": "the picture began anew",
            "revoked": "it was no longer allowed",
            "silent": "the viewer’s connection was lost",
            "failed": "it never connected",
            "shutdown": "the service was stopped",
            "upheld": "It should not have been opened like this",
            "partly": "Some of it was not right",
            "explained": "The rules allowed it",
        },
        "why": {
            "investigation": "an open investigation",
            "court": "ordered by a court",
            "law": "asked for by law",
            "safety": "somebody would be in danger",
            "mistake": "should never have been written",
            "no-emergency": "nothing happened near this camera",
            "not-allowed": "the owner’s settings did not allow it",
            "too-long": "it was watched for too long",
            "wrong-reason": "the reason given is not the real one",
            "misused": "what was seen was used for something else",
            "facts-wrong": "the receipt does not say what happened",
        },
    },
)
