"""Accounts, sign-in failures and sessions."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from backend.model.ids import SessionId, UserId
from backend.model.people import Role, StaffSession, User
from backend.model.sessions import SignedIn
from backend.store.rows import columns, value, values
from backend.store.tables import sessions, sign_in_failures, users
from backend.store.tables_units import duties

_NOW = select(duties.c.unit_id).where(duties.c.user_id == users.c.id, duties.c.ended_at.is_(None))
_USER = (
    *(users.c.id, users.c.name, users.c.display_name, users.c.role),
    users.c.usual_unit_id.label("usual_unit_id"),
    _NOW.scalar_subquery().label("unit_id"),
)


class Users:
    def __init__(self, connection: AsyncConnection) -> None:
        self._db = connection

    async def add(self, user: User, password_hash: str) -> None:
        """Raises sqlalchemy.exc.IntegrityError when the name is taken."""
        row = columns(user)
        del row["unit_id"]  # nobody is on duty by having an account
        await self._db.execute(insert(users).values(**row, password_hash=password_hash))

    async def set_password(self, user: UserId, password_hash: str) -> None:
        await self._db.execute(update(users).where(users.c.id == user).values(password_hash=password_hash))

    async def by_name(self, name: str) -> tuple[User, str] | None:
        """The account and its password hash."""
        row = (
            await self._db.execute(select(*_USER, users.c.password_hash).where(users.c.name == name))
        ).one_or_none()
        user = value(row, User)
        return (user, row.password_hash) if row is not None and user is not None else None

    async def get(self, user: UserId) -> User | None:
        return value((await self._db.execute(select(*_USER).where(users.c.id == user))).one_or_none(), User)

    async def all(self) -> list[User]:
        return values(await self._db.execute(select(*_USER).order_by(users.c.name)), User)

    async def in_roles(self, roles: Sequence[Role]) -> list[User]:
        rows = await self._db.execute(
            select(*_USER).where(users.c.role.in_(roles)).order_by(users.c.display_name, users.c.id)
        )
        return values(rows, User)

    async def names(self) -> dict[str, str]:
        """Display names by id."""
        rows = await self._db.execute(select(users.c.id, users.c.display_name))
        return {row.id: row.display_name for row in rows}

    async def failures_since(self, name: str, since: datetime) -> list[datetime]:
        """Moments of failed sign-ins under this name, oldest first."""
        rows = await self._db.scalars(
            select(sign_in_failures.c.at)
            .where(sign_in_failures.c.name == name, sign_in_failures.c.at > since)
            .order_by(sign_in_failures.c.at)
        )
        return list(rows)

    async def add_failure(self, name: str, at: datetime, forget_before: datetime) -> None:
        await self._db.execute(delete(sign_in_failures).where(sign_in_failures.c.at < forget_before))
        await self._db.execute(insert(sign_in_failures).values(name=name, at=at))

    async def clear_failures(self, name: str) -> None:
        await self._db.execute(delete(sign_in_failures).where(sign_in_failures.c.name == name))


class Sessions:
    def __init__(self, connection: AsyncConnection) -> None:
        self._db = connection

    async def add(self, session: StaffSession, cookie_hash: str, now: datetime) -> None:
        await self._db.execute(
            insert(sessions).values(
                id=session.id,
                user_id=session.user.id,
                cookie_hash=cookie_hash,
                expires_at=session.expires_at,
                device=session.device,
                since=now,
                seen_at=now,
            )
        )

    async def by_cookie(self, cookie_hash: str, now: datetime) -> StaffSession | None:
        row = (
            await self._db.execute(
                select(
                    *(sessions.c.id.label("session_id"), sessions.c.expires_at),
                    *(sessions.c.device, sessions.c.locked_at, *_USER),
                )
                .join(users, users.c.id == sessions.c.user_id)
                .where(sessions.c.cookie_hash == cookie_hash, sessions.c.expires_at > now)
            )
        ).one_or_none()
        user = value(row, User)
        if row is None or user is None:
            return None
        return StaffSession(
            id=SessionId(row.session_id),
            user=user,
            expires_at=row.expires_at,
            device=row.device,
            locked_at=row.locked_at,
        )

    async def is_open(self, session: SessionId, now: datetime) -> bool:
        """Neither over nor locked."""
        found = await self._db.scalar(
            select(sessions.c.id).where(
                sessions.c.id == session, sessions.c.expires_at > now, sessions.c.locked_at.is_(None)
            )
        )
        return found is not None

    async def signed_in(self, now: datetime) -> list[SignedIn]:
        """All that are not over, locked or not: by name, the last used first."""
        found = await self._db.execute(
            select(
                *(sessions.c.id, sessions.c.user_id, users.c.display_name.label("name"), users.c.role),
                _NOW.scalar_subquery().label("unit_id"),
                *(sessions.c.device, sessions.c.since, sessions.c.seen_at, sessions.c.locked_at),
            )
            .join(users, users.c.id == sessions.c.user_id)
            .where(sessions.c.expires_at > now)
            .order_by(users.c.display_name, users.c.id, sessions.c.seen_at.desc(), sessions.c.id)
        )
        return values(found, SignedIn)

    async def saw(self, used: Sequence[tuple[SessionId, datetime]]) -> None:
        """When somebody last used these."""
        change = update(sessions).where(sessions.c.id == bindparam("session")).values(seen_at=bindparam("at"))
        await self._db.execute(change, [{"session": session, "at": at} for session, at in used])

    async def lock(self, session: SessionId, at: datetime) -> bool:
        """Whether it was open until now."""
        found = await self._db.execute(
            update(sessions)
            .where(sessions.c.id == session, sessions.c.locked_at.is_(None), sessions.c.expires_at > at)
            .values(locked_at=at)
        )
        return bool(found.rowcount)

    async def unlock(self, session: SessionId, at: datetime) -> bool:
        """False when it is over."""
        found = await self._db.execute(
            update(sessions)
            .where(sessions.c.id == session, sessions.c.expires_at > at)
            .values(locked_at=None, seen_at=at)
        )
        return bool(found.rowcount)

    async def any_of(self, user: UserId, now: datetime) -> bool:
        """Whether this person is signed in anywhere."""
        found = await self._db.scalar(
            select(sessions.c.id).where(sessions.c.user_id == user, sessions.c.expires_at > now).limit(1)
        )
        return found is not None

    async def user_of(self, session: SessionId) -> UserId | None:
        """Whose session it is, also after it ran out."""
        found: str | None = await self._db.scalar(select(sessions.c.user_id).where(sessions.c.id == session))
        return UserId(found) if found is not None else None

    async def expired(self, now: datetime) -> list[SessionId]:
        rows = await self._db.scalars(select(sessions.c.id).where(sessions.c.expires_at <= now))
        return [SessionId(row) for row in rows]

    async def expire_all(self, user: UserId, now: datetime) -> None:
        await self._db.execute(update(sessions).where(sessions.c.user_id == user).values(expires_at=now))

    async def remove(self, session: SessionId) -> None:
        await self._db.execute(delete(sessions).where(sessions.c.id == session))
