"""Accounts: made by an operator on the machine itself, never over the network."""

from backend.model.entries import Action
from backend.model.ids import UnitId, UserId, new_id
from backend.model.people import Role, Unit, User
from backend.services.credentials import (
    AccountError,
    Passwords,
    check_display_name,
    check_name,
    check_password,
)
from backend.services.steps import Steps

CALL_SIGN_CHARS = 40


class Accounts:
    """`sightline user …`."""

    def __init__(self, steps: Steps, passwords: Passwords) -> None:
        self._steps, self._passwords = steps, passwords

    async def add(
        self, *, name: str, display_name: str, role: Role, call_sign: str | None, password: str
    ) -> User:
        """Make an account, and its unit when there is none of that call sign. Raises AccountError."""
        name = check_name(name)
        check_display_name(display_name)
        check_password(password)
        if call_sign is not None and not (1 <= len(call_sign) <= CALL_SIGN_CHARS and call_sign.isprintable()):
            raise AccountError(f"a call sign is 1 to {CALL_SIGN_CHARS} characters that can be seen")
        if (role is Role.OFFICER) != (call_sign is not None):
            raise AccountError("an officer rides in a unit (--unit), and nobody else does")
        kept = await self._passwords.hash(password)
        async with self._steps.begin() as step:
            if await step.tx.users.by_name(name):
                raise AccountError(f"there is an account named {name} already")
            unit = None
            if call_sign is not None:
                unit = await step.tx.units.by_call_sign(call_sign)
                if unit is None:
                    unit = Unit(id=UnitId(new_id("unt")), call_sign=call_sign)
                    await step.tx.units.add(unit)
            user = User(
                id=UserId(new_id("usr")),
                name=name,
                display_name=display_name,
                role=role,
                usual_unit_id=unit.id if unit else None,
            )
            await step.tx.users.add(user, kept)
            await step.record(Action.USER_ADD, actor="operator", subject=user.id, role=role.value)
        return user

    async def change_password(self, name: str, password: str) -> None:
        """Set it anew; within seconds every session of the account is over. Raises AccountError."""
        check_password(password)
        kept = await self._passwords.hash(password)
        async with self._steps.begin() as step:
            account = await step.tx.users.by_name(name.strip().lower())
            if account is None:
                raise AccountError(f"there is no account named {name}")
            user, _ = account
            await step.tx.users.set_password(user.id, kept)
            await step.tx.users.clear_failures(user.name)
            await step.tx.sessions.expire_all(user.id, step.now)
            await step.record(Action.USER_PASSWORD, actor="operator", subject=user.id)

    async def supervisor(self, name: str) -> User:
        """The account of somebody who may decide. Raises AccountError."""
        async with self._steps.read() as tx:
            account = await tx.users.by_name(name.strip().lower())
        if account is None or account[0].role is not Role.SUPERVISOR:
            raise AccountError(f"{name} is not the account of a supervisor")
        return account[0]

    async def all(self) -> list[User]:
        """Every account, by name."""
        async with self._steps.read() as tx:
            return await tx.users.all()
