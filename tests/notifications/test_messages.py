"""The words: always one segment of GSM-7, always with the agency's name and the whole link."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from notifications.messages import (
    PAIR_UNITS,
    SEGMENT_SEPTETS,
    NotGsm7,
    fits,
    invitation,
    letter,
    misfit,
    plain_name,
    quiet_words,
    septets,
)
from notifications.templates import LANGUAGES, Ask, Reader

# 3GPP TS 23.038 by hand, not from the module: what a plain phone of 1997 shows.
BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = "\f^{}\\[~]|€"
TOKEN = "0Az" * 7 + "9"
BASE = "https://sightline.example.gov"
URL = f"{BASE}/c#{TOKEN}"

OTHER_LETTERS = {"zh-Hans", "zh-Hant", "ar", "ko", "ru", "hi", "ur", "fa", "bn", "ja", "am", "uk"}

gsm = st.text(alphabet=BASIC + EXTENSION)


def test_the_alphabet_has_127_characters_and_ten_more_that_count_twice() -> None:
    assert len(set(BASIC)) == 127
    assert [septets(c) for c in BASIC] == [1] * 127
    assert [septets(c) for c in EXTENSION] == [2] * 10


@given(gsm, gsm)
def test_lengths_add_up(one: str, other: str) -> None:
    assert septets(one + other) == septets(one) + septets(other)


@given(gsm)
def test_every_text_is_as_long_as_its_characters_and_its_escapes(text: str) -> None:
    assert septets(text) == len(text) + sum(text.count(c) for c in EXTENSION)


@given(st.characters())
def test_any_other_character_is_refused_by_name(character: str) -> None:
    assume(character not in BASIC + EXTENSION)
    with pytest.raises(NotGsm7) as refused:
        septets(f"a{character}b")
    assert refused.value.character == character


@pytest.mark.parametrize("character", "`´’“–…áíóúçëŁжع中😀\t\x1b\u200f\ud800")
def test_what_keyboards_slip_in_is_not_in_the_alphabet(character: str) -> None:
    with pytest.raises(NotGsm7):
        septets(character)


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("Springfield County 911", "Springfield County 911"),
        ("  St. John’s \n Fire – Rescue ", "St. John's Fire - Rescue"),
        ("São Paulo", "Sao Paulo"),
        ("Québec", "Québec"),
        ("Que\u0301bec", "Québec"),
        ("Łódź", "Lodz"),
        ("Cañon City", "Cañon City"),
        ("Kraków “112”", 'Krakow "112"'),
        ("№ 1", "No 1"),
        ("Ōtautahi", "Otautahi"),
    ],
)
def test_an_agencys_name_keeps_every_accent_that_the_alphabet_has(name: str, plain: str) -> None:
    assert plain_name(name) == plain


@pytest.mark.parametrize("name", ["", " \n\t", "警察", "الشرطة", "911 🚓", "A\x00B", "A\u202eB", "\u0301"])
def test_a_name_without_a_plain_form_is_refused(name: str) -> None:
    with pytest.raises(ValueError):
        plain_name(name)
    assert misfit(name, BASE) is not None


@pytest.mark.parametrize("ask", list(Ask))
@pytest.mark.parametrize("language", [*LANGUAGES, "es-MX", "tlh"])
def test_an_invitation_names_the_agency_first_and_ends_with_the_link(ask: Ask, language: str) -> None:
    text = invitation("Springfield County 911", URL, ask, language)
    assert text.startswith("Springfield County 911: ")
    assert text.endswith(f" {URL}")
    assert fits(text)
    if language not in OTHER_LETTERS:
        assert septets(text) <= SEGMENT_SEPTETS


def test_the_words_say_what_is_asked_for_in_the_language_asked_for() -> None:
    assert "live video" in invitation("A", URL, Ask.LIVE)
    assert "No video" in invitation("A", URL, Ask.POSITION)
    assert "en vivo" in invitation("A", URL, Ask.LIVE, "es-419")
    assert "відео" in invitation("A", URL, Ask.LIVE, "uk")
    assert invitation("A", URL, Ask.LIVE, "xx") == invitation("A", URL, Ask.LIVE, "en")


def test_accents_that_the_alphabet_lacks_are_left_out_of_a_text_and_stand_in_an_email() -> None:
    text = invitation("A", URL, Ask.LIVE, "vi")
    assert "bam vào day" in text
    assert "bấm vào đây" in letter("A", URL, Ask.LIVE, "vi").text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("reader", Reader)
@pytest.mark.parametrize("quiet", [False, True])
def test_every_language_has_words_for_every_reader(language: str, reader: Reader, quiet: bool) -> None:
    text = invitation("Dearborn Police", URL, Ask.LIVE, language, reader=reader, quiet=quiet)
    mail = letter("Dearborn Police", URL, Ask.LIVE, language, reader=reader, quiet=quiet)
    english = invitation("Dearborn Police", URL, Ask.LIVE, reader=reader, quiet=quiet)
    assert (text == english) == (language == "en")
    assert f'lang="{language}"' in mail.html
    assert ('dir="rtl"' in mail.html) == (language in ("ar", "ur", "fa"))
    for words in (text, mail.subject, mail.text, mail.html):
        assert "{" not in words.replace("body{", "")
        assert not quiet or "Dearborn" not in words, "a quiet one names nobody"
    assert not quiet or quiet_words(language) == text.replace(URL, "…")


def test_two_segments_hold_what_one_of_other_letters_does_not() -> None:
    text = invitation("Dearborn Police", URL, Ask.LIVE, "uk")
    assert 70 < len(text) <= PAIR_UNITS
    long = "Metropolitan Area Regional Emergency Communications Center"
    assert invitation(long, URL, Ask.LIVE, "uk") == invitation(long, URL, Ask.LIVE), "then it is in English"


@given(
    st.text(min_size=1, max_size=80),
    st.integers(min_value=0, max_value=90),
    st.sampled_from(list(Ask)),
    st.sampled_from(["en", "es", "ar", "vi", "ja", "xx"]),
)
def test_whatever_configuration_accepts_is_sent_in_one_segment_or_in_two_of_other_letters(
    name: str, host_chars: int, ask: Ask, language: str
) -> None:
    base = f"https://{'h' * host_chars}.gov"
    if misfit(name, base) is not None:
        return
    text = invitation(name, f"{base}/c#{TOKEN}", ask, language)
    assert fits(text)
    assert text.isprintable()
    assert text.startswith(plain_name(name) + ":")
    assert text.endswith(f"{base}/c#{TOKEN}")
    assert len(text) > len(plain_name(name)) + len(base) + 25 + 2  # a word is said about the link


def test_a_name_that_leaves_no_room_is_told_at_start_with_the_excess() -> None:
    reason = misfit("A" * 120, BASE)
    assert reason is not None
    assert "characters too long" in reason
    fitting = next(n for n in range(120, 0, -1) if misfit("A" * n, BASE) is None)
    assert fitting >= 70
    assert misfit("A" * (fitting + 1), BASE) is not None


def test_an_address_that_is_none_is_told_at_start() -> None:
    assert misfit("A", "https://x .gov") is not None
    assert misfit("A", "https://bücher.gov/ж") is not None


def test_braces_in_a_name_are_only_braces() -> None:
    assert invitation("{url} {0}", URL, Ask.LIVE).count(URL) == 1


@pytest.mark.parametrize("url", ["https://x.gov/c#a b", "https://x.gov/\nc", "https://x.gov/c#" + "a" * 160])
def test_a_link_that_cannot_stand_in_one_text_is_refused(url: str) -> None:
    with pytest.raises(ValueError) as refused:
        invitation("A", url, Ask.LIVE)
    assert url not in str(refused.value)
