"""A model of the whole saga: the real `decide` between two small participants and a network that reorders and repeats.

`explore` visits every state that is reachable, breadth first. Messages lie in a bag: any of them may arrive next, and
again later, as often as it likes; users and clock may interfere anywhere; in a lossy world some messages never arrive.
Participants are written from the contract, not imported: what is proved here is the agreement.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

import saga_participants as honest
from saga_participants import CATALOG, HOLDS, MONEY_ANSWERS, ORDERS, RECEIVERS, STOCK_ANSWERS

from orders import domain
from orders.domain import Decision, Message, Question, Reason, Status, Story

REASONS = {
    Message.STOCK_REJECTED: Reason.INSUFFICIENT_STOCK,
    Message.PAYMENT_DECLINED: Reason.INSUFFICIENT_FUNDS,
    Message.CANCEL: Reason.BY_CUSTOMER,
}
MOVES = {
    (Status.PENDING, Status.PROCESSING),
    (Status.PENDING, Status.CANCELLED),
    (Status.PROCESSING, Status.COMPLETED),
    (Status.PROCESSING, Status.CANCELLED),
    (Status.COMPLETED, Status.CANCELLED),
}


class Token(NamedTuple):
    """A message that was sent; a fresh one has yet to arrive, another may arrive again."""

    order: int
    to: str
    text: str
    fresh: bool


class State(NamedTuple):
    """All there is: orders, what the participants really hold, the bag, and what may still interfere."""

    stories: tuple[Story, ...]
    stock: tuple[str, ...]
    money: tuple[str, ...]
    charges: tuple[int, ...]
    bag: frozenset[Token]
    cancels: int
    timeouts: int
    asks: int
    losses: int

    @property
    def is_quiet(self) -> bool:
        """Return whether nothing new is under way."""
        return not any(token.fresh for token in self.bag)


class Violation(Exception):
    """The saga broke a promise."""


@cache
def decide_honestly(story: Story, message: Message) -> Decision:
    return domain.decide(story, message, REASONS.get(message, Reason.NONE))


@dataclass(frozen=True, kw_only=True)
class World:
    """The rules of all parties (each replaceable by a mutant) and how much may interfere."""

    decide: Callable[[Story, Message], Decision] = decide_honestly
    question: Callable[[Story], Question | None] = domain.pending_question
    receivers: Callable[[Question, Story], tuple[str, ...]] = lambda asked, _: RECEIVERS[asked]
    catalog: Callable[..., list[str]] = honest.catalog
    users: Callable[..., list[str]] = honest.users
    charged: Callable[[str, str, Question], int] = honest.charged
    answers_known: bool = True
    expires: bool = False
    orders: int = 1
    items: int = 1
    cancels: int = 1
    timeouts: int = 1
    asks: int = 0
    losses: int = 0


@dataclass
class Explored:
    """How far the exploration came."""

    states: int = 0
    quiet: int = 0
    endings: set[tuple[tuple[Status, str, str], ...]] = field(default_factory=set)


def explore(world: World) -> Explored:
    """Visit every reachable state; raises Violation at the first broken promise."""
    first = _start(world)
    seen, edge, found = {first}, [first], Explored()
    while edge:
        following = []
        for state in edge:
            _check(state, world)
            if state.is_quiet:
                found.quiet += 1
                found.endings.add(_ending(_healed(state, world)))
            for after in _steps(state, world):
                if after is not state and after not in seen:
                    seen.add(after)
                    following.append(after)
        edge = following
    found.states = len(seen)
    return found


def _start(world: World) -> State:
    """Return the state in which every order has just been placed."""
    nothing = ("none",) * world.orders
    state = State(
        stories=(Story(),) * world.orders,
        stock=nothing,
        money=nothing,
        charges=(0,) * world.orders,
        bag=frozenset(),
        cancels=world.cancels,
        timeouts=world.timeouts,
        asks=world.asks,
        losses=world.losses,
    )
    for order in range(world.orders):
        state = _say(state, world, order, Question.ORDER_PLACED)
    return state


def _steps(state: State, world: World) -> Iterator[State]:
    """Yield every state that may come next."""
    for token in state.bag:
        arrived = state._replace(bag=_known(state.bag, token)) if token.fresh else state
        yield from _arrives(arrived, world, token)
        if token.fresh and state.losses:
            yield state._replace(bag=state.bag - {token}, losses=state.losses - 1)
    for order in range(world.orders):
        yield from _interferences(state, world, order)


def _interferences(state: State, world: World, order: int) -> Iterator[State]:
    """Yield what users, staff, the clock and a careless participant may do to an order."""
    if state.cancels:
        for wish in (Message.CANCEL, Message.CANCEL_BY_STAFF):
            yield _happens(state._replace(cancels=state.cancels - 1), world, order, wish)
    if state.timeouts:
        yield _happens(state._replace(timeouts=state.timeouts - 1), world, order, Message.TIMEOUT)
    question = world.question(state.stories[order])
    if state.asks and question:
        yield _say(state._replace(asks=state.asks - 1), world, order, question)
    if world.expires and state.stock[order] == "held":
        yield state._replace(stock=_put(state.stock, order, "released"))


def _arrives(state: State, world: World, token: Token) -> Iterator[State]:
    """Yield what may come of a message's arrival."""
    if token.to == ORDERS:
        yield _happens(state, world, token.order, Message(token.text))
    elif token.to == CATALOG:
        yield from _at_catalog(state, world, token.order, Question(token.text))
    else:
        yield from _at_users(state, world, token.order, Question(token.text))


def _happens(state: State, world: World, order: int, message: Message) -> State:
    """Let an order decide; raises Violation for a forbidden move."""
    before = state.stories[order]
    decision = world.decide(before, message)
    move = (before.status, decision.story.status)
    if move[0] is not move[1] and move not in MOVES:
        raise Violation(f"{message} moves an order from {move[0]} to {move[1]}")
    if move == (Status.COMPLETED, Status.CANCELLED) and message is not Message.CANCEL_BY_STAFF:
        raise Violation(f"{message} takes back a sale")
    if decision.story is not before and decision.story != before:
        state = state._replace(stories=_put(state.stories, order, decision.story))
    return _say(state, world, order, decision.say) if decision.say else state


def _say(state: State, world: World, order: int, asked: Question) -> State:
    """Put a question into the bag, once for each receiver."""
    bag = state.bag
    for receiver in world.receivers(asked, state.stories[order]):
        bag = _sent(bag, order, receiver, asked.value)
    return state._replace(bag=bag)


def _at_catalog(state: State, world: World, order: int, asked: Question) -> Iterator[State]:
    """Yield what catalog may make of a question."""
    room = sum(each in HOLDS for each in state.stock) < world.items
    for after in world.catalog(state.stock[order], asked, room=room):
        is_known = state.stock[order] == after
        later = state if is_known else state._replace(stock=_put(state.stock, order, after))
        yield _answer(later, world, order, STOCK_ANSWERS.get(after, Message.STOCK_RELEASED), is_known=is_known)


def _at_users(state: State, world: World, order: int, asked: Question) -> Iterator[State]:
    """Yield what users may make of a question."""
    before = state.money[order]
    for after in world.users(before, asked):
        charges = state.charges[order] + world.charged(before, after, asked)
        later = state
        if (after, charges) != (before, state.charges[order]):
            later = state._replace(money=_put(state.money, order, after), charges=_put(state.charges, order, charges))
        yield _answer(later, world, order, MONEY_ANSWERS.get(after, Message.PAYMENT_VOIDED), is_known=before == after)


def _answer(state: State, world: World, order: int, message: Message, *, is_known: bool) -> State:
    """Put a participant's answer into the bag."""
    if is_known and not world.answers_known:
        return state
    bag = _sent(state.bag, order, ORDERS, message.value)
    return state if bag is state.bag else state._replace(bag=bag)


def _check(state: State, world: World) -> None:
    """Raise Violation for what must hold at every moment."""
    if sum(each in HOLDS for each in state.stock) > world.items:
        raise Violation("more is sold than there is")
    for story, stock, money, charges in zip(state.stories, state.stock, state.money, state.charges, strict=True):
        if charges > 1:
            raise Violation("charged twice")
        if story.status is Status.COMPLETED and not (stock in HOLDS and money == "captured"):
            raise Violation(f"completed with stock {stock} and money {money}")
        if story.is_settled and not _agree(story, stock, money):
            raise Violation(f"settled as {story.status} with stock {stock} and money {money}")


def _agree(story: Story, stock: str, money: str) -> bool:
    """Return whether the participants are where the order's final status wants them."""
    if story.status is Status.COMPLETED:
        return (stock, money) == ("committed", "captured")
    return stock in ("released", "rejected") and money in ("refunded", "declined", "voided")


def _healed(state: State, world: World) -> State:
    """Return a quiet state after asking again; raises Violation when an order stays unsettled.

    Where nothing was lost every order must be settled without asking again.
    """
    was_lossless = state.losses == world.losses
    for _ in range(0 if was_lossless else 3):
        for order, story in enumerate(state.stories):
            question = world.question(story)
            state = _say(state, world, order, question) if question else state
        while not state.is_quiet:
            state = _deliver_first(state, world)
    for story, stock, money in zip(state.stories, state.stock, state.money, strict=True):
        if not story.is_settled:
            raise Violation(f"stuck: {story.status} with stock {stock} and money {money}")
    _check(state, world)
    return state


def _deliver_first(state: State, world: World) -> State:
    """Let one fresh message arrive, once."""
    token = min(token for token in state.bag if token.fresh)
    return next(_arrives(state._replace(bag=_known(state.bag, token)), world, token))


def _ending(state: State) -> tuple[tuple[Status, str, str], ...]:
    """Return how the orders ended."""
    statuses = [story.status for story in state.stories]
    return tuple(zip(statuses, state.stock, state.money, strict=True))


def _put(values: tuple, place: int, value: object) -> tuple:  # type: ignore[type-arg]
    """Return a tuple with one value replaced."""
    return (*values[:place], value, *values[place + 1 :])


def _sent(bag: frozenset[Token], order: int, to: str, text: str) -> frozenset[Token]:
    """Return the bag with a message that must arrive (again)."""
    fresh = Token(order, to, text, True)
    return bag if fresh in bag else (bag - {Token(order, to, text, False)}) | {fresh}


def _known(bag: frozenset[Token], token: Token) -> frozenset[Token]:
    """Return the bag after a message has arrived: it may do so again."""
    return (bag - {token}) | {token._replace(fresh=False)}
