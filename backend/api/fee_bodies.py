"""Requests and answers about prices, invoices and payments."""

from datetime import date
from typing import Annotated

import msgspec

from backend.api.bodies import LINE
from backend.model.cameras import ParticipationLevel
from backend.model.fees import MOST_PRICE_CENTS

Cents = Annotated[int, msgspec.Meta(ge=0, le=MOST_PRICE_CENTS)]


class SetPrices(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The new price of each level that changes; the others stay."""

    cents: dict[ParticipationLevel, Cents]


class IssueInvoices(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    year: Annotated[int, msgspec.Meta(ge=2000, le=2999)]


class IssuedInvoices(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many were missing and are there now."""

    issued: int


class PayInvoice(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`paid_on` is null when it turns out not to be paid."""

    paid_on: date | None
    note: Annotated[str, msgspec.Meta(max_length=200, pattern=LINE)] = ""
