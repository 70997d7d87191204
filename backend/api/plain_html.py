"""The caller's page for a browser that runs no script, as HTML. Knows no request.

Its words are those of the page with script, in the same tables. It carries its secrets in hidden fields of
its own forms, so that no cookie and no address has them.
"""

import base64
import hashlib
from collections.abc import Mapping

import msgspec

from backend.api.citizen.elements import Child, Html, Value, h, together
from backend.model.links import LinkKind, Manner
from backend.model.refusals import Refusal
from backend.model.talk import TEXT_CHARS, CallerWord
from backend.model.uploads import UploadState
from backend.services.plain import PlainView

STYLE = (
    ":root{color-scheme:light dark}*{box-sizing:border-box}"
    "body{max-width:30rem;margin:auto;padding:1rem;font:100%/1.45 system-ui,sans-serif}"
    "h1{font-size:1.25rem;line-height:1.3}form{margin:1rem 0}label{display:block}"
    "textarea,input,button{width:100%;min-height:3rem;margin:.25rem 0;padding:.5rem;border:2px solid #64748b;"
    "border-radius:.75rem;font:inherit}button{border-color:#1d4ed8;font-weight:600}"
    "button.main{min-height:4rem;background:#1d4ed8;color:#fff;font-size:1.25rem}"
    "ol{padding:0;list-style:none}li{margin:.25rem 0;overflow-wrap:anywhere}small{display:block}"
    "[role=alert]{font-weight:600}"
)
POLICY = (
    "default-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; img-src data:; "
    f"style-src 'sha256-{base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()}'"
)


class Speech(msgspec.Struct, frozen=True):
    """Everything that is said in one language."""

    code: str
    dir: str
    words: Mapping[str, str]
    phrases: Mapping[str, str]


class Filled(msgspec.Struct, frozen=True, kw_only=True):
    """What a form brought and the next one keeps; secrets as they stand in hidden fields."""

    token: str = ""
    page: str = ""  # its own secret
    word: str = ""  # the id of what is written next: sent twice it is one
    text: str = ""


# What a refusal says, and what can be done about it. Digits help where the link does not.
_SAID = {
    Refusal.LINK_UNKNOWN: ("linkUnknown", "askNewLink"),
    Refusal.LINK_EXPIRED: ("linkOver", "askNewLink"),
    Refusal.LINK_REVOKED: ("linkOver", "askNewLink"),
    Refusal.LINK_BOUND: ("otherPhone", "stayOnPhone"),
    Refusal.CODE_UNKNOWN: ("wrongDigits", ""),
    Refusal.TOO_MANY_TRIES: ("tooManyTries", ""),
    Refusal.INCIDENT_CLOSED: ("over", "mayClose"),
    Refusal.GRANT_REVOKED: ("takenOver", "mayClose"),
    Refusal.GRANT_EXPIRED: ("takenOver", "mayClose"),
    Refusal.TOO_LARGE: ("fileTooLarge", ""),
    Refusal.BAD_PICTURE: ("fileRefused", ""),
    Refusal.TOO_MANY: ("talk.full", ""),
    Refusal.FULL: ("noConnection", ""),
}
_BY_DIGITS = (
    *(Refusal.LINK_UNKNOWN, Refusal.LINK_EXPIRED, Refusal.LINK_REVOKED),
    *(Refusal.CODE_UNKNOWN, Refusal.TOO_MANY_TRIES),
)
_PHOTO = {
    UploadState.RECEIVING: "fileChecked",
    UploadState.CHECKING: "fileChecked",
    UploadState.READY: "fileThere",
    UploadState.REFUSED: "fileRefused",
    UploadState.EXPIRED: "noConnection",
}


class Paper:
    """One answer in one language. `covered` looks like a page for notes, and says nothing else."""

    def __init__(self, speech: Speech, agency: str, filled: Filled, *, covered: bool) -> None:
        self._speech, self._agency, self._filled, self._covered = speech, agency, filled, covered
        self._action = "/n/plain" if covered else "/c/plain"

    def digits(self, refusal: Refusal | None = None) -> str:
        """For whoever has no link, or one that does not work."""
        field = h(
            "input",
            {
                "id": "code",
                "name": "code",
                "inputmode": "numeric",
                "autocomplete": "one-time-code",
                "dir": "ltr",
            },
        )
        form = self._form(
            h("label", {"for": "code"}, self._say("sixDigits")),
            field,
            # what was written before goes with them
            h("input", {"type": "hidden", "name": "text", "value": self._filled.text}),
            h("button", {"class": "main"}, self._say("save" if self._covered else "goOn")),
            token=False,
        )
        if self._covered:
            return self._covering(form, saved=None if refusal is None else False)
        said, advice = self._of(refusal)
        return self._whole(Manner.SILENT, h("h1", None, self._say("typeDigits")), _alert(said, advice), form)

    def refused(self, refusal: Refusal) -> str:
        """What this page cannot say now, and what it can do about that; what was written stays."""
        if refusal in _BY_DIGITS:
            return self.digits(refusal)
        if self._covered:
            return self._notes(refusal)
        said, advice = self._of(refusal)
        over = refusal is Refusal.INCIDENT_CLOSED
        return self._whole(
            Manner.SILENT,
            h("h1", None, said),
            h("p", None, advice),
            None if over else self._form(self._writing(), self._button("goOn")),
        )

    def thread(self, view: PlainView, refusal: Refusal | None = None) -> str:
        """What was said, and a form to say more."""
        if self._covered or view.link.manner is Manner.COVERT:
            return self._notes(refusal)
        photo = _PHOTO.get(view.photo) if view.photo is not None else None
        return self._whole(
            view.link.manner,
            h("h1", None, self._say("talk.nothing")),
            _alert(*self._of(refusal)),
            h("ol", None, [self._word(word) for word in view.words]),
            self._form(
                self._choices(view.words),
                self._writing(),
                self._button("talk.send"),
                h("button", {"name": "look", "value": "1"}, self._say("lookForAnswer")),
            ),
            photo and h("p", {"role": "status"}, self._say(photo)),
            None if view.link.kind is LinkKind.POSITION else self._photo(),
            self._back(view),
        )

    def _notes(self, refusal: Refusal | None) -> str:
        """A page for notes; it says whether they were saved, and that is the truth."""
        named: dict[str, Value] = {
            "name": "text",
            "aria-label": self._say("notes"),
            "maxlength": TEXT_CHARS,
            "rows": 8,
        }
        form = self._form(
            h("textarea", named, self._filled.text), h("button", {"class": "main"}, self._say("save"))
        )
        return self._covering(form, saved=refusal is None)

    def _covering(self, form: Html, *, saved: bool | None) -> str:
        said = "" if saved is None else self._say("saved" if saved else "notSaved")
        return self._whole(Manner.COVERT, h("h1", None, self._say("notes")), _alert(said, ""), form)

    def _writing(self) -> Html:
        return together(
            h("label", {"for": "text"}, self._say("talk.write")),
            h(
                "textarea",
                {"id": "text", "name": "text", "maxlength": TEXT_CHARS, "rows": 4},
                self._filled.text,
            ),
        )

    def _button(self, key: str) -> Html:
        return h("button", {"class": "main"}, self._say(key))

    def _word(self, word: CallerWord) -> Html:
        who = self._say("talk.desk" if word.id is None else "talk.you")
        text = word.text if word.phrase is None else self._say(word.phrase)
        machine = word.translated and h("small", None, word.translated, " · ", self._say("talk.machine"))
        return h("li", None, h("b", None, who), " ", h("bdi", None, text), machine or None)

    def _choices(self, words: tuple[CallerWord, ...]) -> Child:
        """The buttons of what was asked last and has no answer yet."""
        answered = {word.answers for word in words}
        asked = next((word for word in reversed(words) if word.choices and word.number not in answered), None)
        if asked is None or asked.phrase is None:
            return None
        return h(
            "fieldset",
            None,
            h("legend", None, self._say(asked.phrase)),
            [
                h("button", {"name": "answer", "value": f"{asked.number} {key}"}, self._say(key))
                for key in asked.choices
            ],
        )

    def _photo(self) -> Html:
        return self._form(
            h("label", {"for": "file"}, self._say("sendFile")),
            h("input", {"id": "file", "type": "file", "name": "file", "accept": "image/*,video/*"}),
            h("button", None, self._say("talk.send")),
            action=f"{self._action}/photo",
            enctype="multipart/form-data",
        )

    def _back(self, view: PlainView) -> Html:
        """The page with the camera again; of a silent link also a way out."""
        key = {LinkKind.LIVE: "shareBoth", LinkKind.POSITION: "sharePlace"}.get(view.link.kind, "tryAgain")
        leave = h("p", None, h("a", {"href": "/leave"}, self._say("leaveNow")))
        return together(
            self._form(h("button", None, self._say(key)), action=f"{self._action}/back"),
            leave if view.link.manner is Manner.SILENT else None,
        )

    def _form(
        self, *children: Child, action: str = "", enctype: str | None = None, token: bool = True
    ) -> Html:
        kept = self._filled
        hidden = {"token": kept.token if token else "", "page": kept.page, "word": kept.word}
        return h(
            "form",
            {"method": "post", "action": action or self._action, "enctype": enctype},
            [
                h("input", {"type": "hidden", "name": name, "value": text})
                for name, text in hidden.items()
                if text
            ],
            *children,
        )

    def _whole(self, manner: Manner, *children: Child) -> str:
        speech = self._speech
        is_open = manner is Manner.OPEN
        head = h(
            "head",
            None,
            h("meta", {"charset": "utf-8"}),
            h("meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"}),
            h("meta", {"name": "robots", "content": "noindex"}),
            h("title", None, self._say("title" if is_open else "notes")),
            h("link", {"rel": "icon", "href": "data:,"}),
            Html(f"<style>{STYLE}</style>"),
        )
        whose = h("p", None, f"{self._agency} · {self._say('call')}") if is_open else None
        body = h("body", None, h("main", None, whose, *children))
        return "<!doctype html>" + h("html", {"lang": speech.code, "dir": speech.dir}, head, body)

    def _of(self, refusal: Refusal | None) -> tuple[str, str]:
        """A refusal as a sentence and advice; of one without words of its own that nothing was sent."""
        if refusal is None:
            return "", ""
        said, advice = _SAID.get(refusal, ("talk.unsent", ""))
        return self._say(said), self._say(advice) if advice else ""

    def _say(self, key: str) -> str:
        return self._speech.phrases.get(key) or self._speech.words[key]


def _alert(said: str, advice: str) -> Html | None:
    return h("p", {"role": "alert"}, f"{said} {advice}".strip()) if said else None
