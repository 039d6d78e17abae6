"""Two machines under one name: which of them keeps it."""

from dataclasses import dataclass

from sqlalchemy import Connection, case, select, update

from collector.store.tables.fleet import alarm, robot, stream

_OF_THE_MACHINE = ("epoch", "timezone", "model", "rom", "agent", "started_at", "configuration")


@dataclass(frozen=True, slots=True)
class Twins:
    """`of`: the robot under whose name this one sends too. `others`: robots that send under this one's name."""

    of: str | None = None
    others: tuple[str, ...] = ()


def of_robot(connection: Connection, robot_id: int) -> Twins:
    """The other machines under one name with it."""
    s, r = stream.c, robot.c
    parent = select(r.name).where(r.id.in_(select(s.robot_id).where(s.books_to == robot_id))).limit(1)
    others = select(r.name).where(r.id.in_(select(s.books_to).where(s.robot_id == robot_id))).order_by(r.name)
    return Twins(connection.execute(parent).scalar_one_or_none(), tuple(connection.execute(others).scalars()))


def parent_of(connection: Connection, twin_id: int) -> int | None:
    """The robot under whose name the twin sends; None: it is no twin."""
    found = select(stream.c.robot_id).where(stream.c.books_to == twin_id).limit(1)
    return connection.execute(found).scalar_one_or_none()


def swap(connection: Connection, named_id: int, twin_id: int) -> tuple[str, str | None, str, str | None]:
    """From now on the twin's files count as the named robot's, and the other way round. What was counted stays.

    Returns the name and the file that has it now, the twin's name and its file.
    """
    r, s = robot.c, stream.c
    both = select(robot).where(r.id.in_([named_id, twin_id])).order_by(r.id).with_for_update()
    rows = {row.id: row for row in connection.execute(both)}
    named, twin = rows[named_id], rows[twin_id]
    sends = (s.books_to == twin_id) | (s.books_to.is_(None) & (s.epoch == named.epoch))
    other = case((s.books_to == twin_id, None), else_=twin_id)
    connection.execute(update(stream).where(s.robot_id == named_id, sends).values(books_to=other))
    for row, machine in ((named, twin), (twin, named)):
        told = {column: getattr(machine, column) for column in _OF_THE_MACHINE}
        connection.execute(update(robot).where(r.id == row.id).values(about=None, **told))
    text = f"{twin.epoch} keeps the name {named.name}; {named.epoch} counts as {twin.name} from now on (swapped)"
    a = alarm.c
    connection.execute(update(alarm).where(a.robot_id == named_id, a.kind == "two_epochs").values(detail=text))
    return named.name, twin.epoch, twin.name, named.epoch
