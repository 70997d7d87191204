"""Signed notes and checkpoints: other people's vectors, and each way in which they can be wrong."""

import pytest

from backend.tlog import checkpoints, notes
from backend.tlog.checkpoints import Checkpoint
from backend.tlog.faults import Malformed, Unproven
from backend.tlog.notes import COSIGNATURE, Signer, Verifier

# golang.org/x/mod/sumdb/note, note_test.go
PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETER_KEY = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
ENOCH = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"
TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
PETER_SIG = """\
— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=
"""
ENOCH_SIG = """\
— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=
"""
# c2sp.org/signed-note's own vector
EXAMPLE = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
EXAMPLE_NOTE = """\
This is an example message.

— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=
"""
# A checkpoint of a public log, with an RFC 6962 signature, an Ed25519 one and four witnesses' cosignatures.
ARCHE = "arche2025h1.staging.ct.transparency.dev+ba2f06c0+AU0vHmlGCS/PdN8b2OaGmKprLI8HKM+dJ472xgFYh15f"
REMORA = "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2"
ARCHE_CHECKPOINT = """\
arche2025h1.staging.ct.transparency.dev
1432088532
U7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=

— arche2025h1.staging.ct.transparency.dev zTM8sQAAAZ5W0WdjBAMARjBEAiBjW5IQf9pvsYLfQFX6hoGREPMHbdQ3urbllzalApkptQIgIpwtEroeW2BXaHAI4kJXFbon5Ch9MNL5zRNZ55lvGt0=
— arche2025h1.staging.ct.transparency.dev ui8GwCF1+kWqZrxGdhj4aX3gcw7XUlXQQabg/27lefwhUkzbC3NygNI75MdhL1bfTW9g8Ei59RA23oHP7Ry1k3ZFWwQ=
— transparency.dev/DEV:witness-little-garden 2AQqhwAAAABqEiEgzgFIqqhbUoDwjMWE6UP8nd8/KYTzwZ2rhIgcqoXHAwVkjZr4AscylP3v7sEodkRAErumC2q44vdgJY096st5BQ==
— witness1.smartit.nu/witness1 pIyCDwAAAABqEiEghIp82KWebrw7/oHQwlTAm3g2RKS4+eebl8eO0WH+/iEcxZ75W3u5hNI7TOQtmJbqmNWVuE0tgh0XwzdZsDsUAQ==
— remora.n621.de 2net5wAAAABqEiEgPlfF3V06o0Y+fHM+J5J9s27wgxxcOVSpZ/2g/KSiXCg9DEZI+aVCIobWX9sXTynk5XeU/zZ0WBxtqB0DrAWfBw==
— witness.stagemole.eu Z/euoAAAAABqEiEgw0i+7g2ENfDAWHmtRzCfKTHSDwYDJA2NmKeGi9Y8FtEyOUvVr+AJmIY/2TUFucgKi7lI7cUiOvKFYe/TmN9DAg==
"""  # noqa: E501
LITTLE_GARDEN = (
    "transparency.dev/DEV:witness-little-garden+d8042a87+BCtusOxINQNUTN5Oj8HObRkh2yHf/MwYaGX4CPdiVEPM"
)


def test_a_note_is_signed_as_go_signs_it() -> None:
    assert notes.sign(TEXT, [Signer.parse(PETER_KEY)]).decode() == TEXT + "\n" + PETER_SIG
    assert Signer.parse(PETER_KEY).private_text() == PETER_KEY
    assert Signer.parse(PETER_KEY).verifier.vkey == PETER


def test_the_specifications_own_note_is_verified() -> None:
    key = Verifier.parse(EXAMPLE)
    assert (key.name, key.key_id, key.vkey) == ("example.com/foo", 0x530D903A, EXAMPLE)
    assert notes.open_note(EXAMPLE_NOTE.encode(), [key]).text == "This is an example message.\n"


def test_signatures_by_known_keys_are_verified_and_others_passed_over() -> None:
    peter, enoch = Verifier.parse(PETER), Verifier.parse(ENOCH)
    note = (TEXT + "\n" + PETER_SIG + ENOCH_SIG).encode()
    opened = notes.open_note(note, [peter])
    assert [each.name for each in opened.verified] == ["PeterNeumann"]
    assert [each.name for each in opened.unknown] == ["EnochRoot"]
    assert len(notes.open_note(note, [peter, enoch]).verified) == 2
    with pytest.raises(Unproven, match="no key that is known"):
        notes.open_note(note, [])
    wrong = (TEXT + "\n" + PETER_SIG + ENOCH_SIG).replace("answer", "Answer").encode()
    with pytest.raises(Unproven, match="PeterNeumann does not hold"):
        notes.open_note(wrong, [peter])


@pytest.mark.parametrize(
    "note",
    [
        TEXT,
        TEXT + "\n",
        TEXT + "\n" + PETER_SIG[:-1],
        "\x01" + TEXT + "\n" + PETER_SIG,
        TEXT + "\n" + "— Bad Name " + PETER_SIG.split(" ")[2],
        TEXT + "\n" + PETER_SIG + "Unexpected line.\n",
        TEXT + "\n" + PETER_SIG * 101,
        TEXT + "\n" + PETER_SIG.replace("AM=", "AN="),  # the same bytes, spelled otherwise
        TEXT + "\n" + PETER_SIG.replace("AM=", "AM"),
        TEXT + "\n" + PETER_SIG.replace("— ", "- "),
        TEXT + "\n" + "— PeterNeumann AAAA\n",
        TEXT + "\n" + "— Peter+Neumann x08go/ZJ\n",
        TEXT.replace("\n", "\r\n") + "\n" + PETER_SIG,
        "x" * 1_000_000 + "\n\n" + PETER_SIG,
    ],
)
def test_a_note_that_is_malformed_is_refused(note: str) -> None:
    with pytest.raises(Malformed):
        notes.open_note(note.encode(), [Verifier.parse(PETER)])


def test_a_note_that_is_not_utf_8_is_refused() -> None:
    with pytest.raises(Malformed):
        notes.open_note(b"\xff" + (TEXT + "\n" + PETER_SIG).encode(), [Verifier.parse(PETER)])


def test_a_verifier_key_is_refused_when_any_of_it_is_changed() -> None:
    for start in range(len(PETER)):
        for end in range(start + 1, len(PETER) + 1):
            if (start, end) != (0, len(PETER)):
                with pytest.raises(Malformed):
                    Verifier.parse(PETER[start:end])
    for at in range(len(PETER)):
        with pytest.raises(Malformed):
            Verifier.parse(PETER[:at] + chr(ord(PETER[at]) + 1) + PETER[at + 1 :])
    for other in ("PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
                  "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"):  # fmt: skip
        with pytest.raises(Malformed):
            Verifier.parse(other)


def test_a_signing_key_is_never_shown() -> None:
    signer = Signer.parse(PETER_KEY)
    assert repr(signer) == "Signer(PeterNeumann+c74f20a3, …)"
    for at in range(len(PETER_KEY)):
        with pytest.raises(Malformed) as refusal:
            Signer.parse(PETER_KEY[:at] + chr(ord(PETER_KEY[at]) + 1) + PETER_KEY[at + 1 :])
        assert PETER_KEY[-40:-2] not in str(refusal.value)


def test_a_public_logs_checkpoint_and_its_witness_are_verified() -> None:
    arche, remora, garden = (Verifier.parse(each) for each in (ARCHE, REMORA, LITTLE_GARDEN))
    signed = checkpoints.read(ARCHE_CHECKPOINT.encode(), arche, [remora, garden])
    assert signed.checkpoint.size == 1432088532
    assert signed.checkpoint.origin == "arche2025h1.staging.ct.transparency.dev"
    assert signed.cosigned_by == ("remora.n621.de", "transparency.dev/DEV:witness-little-garden")
    assert "witness.stagemole.eu" in signed.unknown
    assert notes.parse(signed.raw).text == signed.checkpoint.text
    with pytest.raises(Unproven, match="remora"):
        checkpoints.read(ARCHE_CHECKPOINT.replace("AABqEiEgPlfF", "AABqEiEhPlfF").encode(), arche, [remora])


def test_a_checkpoint_is_signed_and_cosigned() -> None:
    log, witness = Signer.generate("log.example/one"), Signer.generate("witness.example/w", COSIGNATURE)
    checkpoint = Checkpoint(origin="log.example/one", size=7, root=bytes(32))
    raw = checkpoints.sign(checkpoint, log)
    assert checkpoints.read(raw, log.verifier).checkpoint == checkpoint
    cosignature = witness.sign(checkpoint.text, time=1_790_000_000)
    both = checkpoints.cosign(raw, [cosignature, cosignature])
    assert checkpoints.cosign(both, [cosignature]) == both
    signed = checkpoints.read(both, log.verifier, [witness.verifier])
    assert signed.cosigned_by == ("witness.example/w",)
    assert cosignature.time == 1_790_000_000
    assert notes.parse_signatures(cosignature.line) == [cosignature]
    with pytest.raises(Unproven):
        checkpoints.read(witness_only(checkpoint, witness), log.verifier, [witness.verifier])
    other = Checkpoint(origin="log.example/two", size=7, root=bytes(32))
    with pytest.raises(Unproven, match="not of log"):
        checkpoints.read(checkpoints.sign(other, log), log.verifier)


def witness_only(checkpoint: Checkpoint, witness: Signer) -> bytes:
    return notes.Note(checkpoint.text, (witness.sign(checkpoint.text, time=1),)).to_bytes()


@pytest.mark.parametrize(
    "text",
    [
        "a\n1\n", "a\n01\n" + "A" * 43 + "=\n", "a\n-1\n" + "A" * 43 + "=\n", "a\n1\n" + "A" * 42 + "==\n",
        "a\n1\nAAAA\n", "\n1\n" + "A" * 43 + "=\n", "a\n1\n" + "A" * 43 + "=\n\n", "a\n1\n" + "A" * 43 + "=",
        "a\n9999999999999999999\n" + "A" * 43 + "=\n", "a\n1\n" + "A" * 42 + "B=\n",
        "a\n١\n" + "A" * 43 + "=\n",
        "a\n+1\n" + "A" * 43 + "=\n",
    ],
)  # fmt: skip
def test_a_checkpoint_that_is_malformed_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        checkpoints.parse_text(text)


def test_extension_lines_are_kept() -> None:
    text = "a\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\nmore\n"
    assert checkpoints.parse_text(text).extensions == ("more",)
    assert checkpoints.parse_text(text).text == text
