"""Plaza without HTTP and broker: three real services, a network that the test rules, and people.

Every verb lets something happen, and then asks the databases whether all promises still hold. `settle` lets the
trouble end: within a bounded number of messages everything must come to rest.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import promises
from databases import SERVICES, Database
from network import Message, Network
from process import Answer, Gone, Process

Fault = Mapping[str, str]
Basket = Sequence[tuple[int, int]]

#: An order has at most so many messages to say and hear, twice over, until it is settled.
MESSAGES_PER_ORDER = 24
#: How often orders must ask again, at most, after messages were lost.
ROUNDS = 3


@dataclass(kw_only=True)
class Plaza:
    """The running services and their databases."""

    processes: Mapping[str, Process]
    databases: Mapping[str, Database]
    laws: Mapping[str, str]
    listeners: Mapping[str, Sequence[str]]


@dataclass
class Shop:
    """One history, from empty databases on."""

    plaza: Plaza
    buyers: list[str] = field(default_factory=list)
    products: list[str] = field(default_factory=list)
    network: Network = field(init=False)
    seen: "Counter[str]" = field(default_factory=Counter)
    """What has happened: steps, outcomes of messages, accidents, how orders ended."""

    def open(self, *, moneys: Sequence[str], shelves: Sequence[tuple[int, str]]) -> None:
        """Begin with customers who have some money, and products of which there are some units at a price."""
        for database in self.plaza.databases.values():
            database.clear()
        self.network = Network(self.plaza.listeners)
        self._rows = promises.read(self.plaza.databases)
        self.buyers = self._ask("users", "open_wallets", moneys=moneys).result
        self.products = self._ask("catalog", "stock_shelves", products=shelves).result
        # Who has registered is told to everybody; no order depends on it.
        self.network = Network(self.plaza.listeners)
        self._handled: set[tuple[str, str]] = set()

    # ------------------------------------------------------------ people

    def place(self, buyer: int, basket: Basket, *, fault: Fault | None = None) -> Answer:
        """Let a customer order pairs of product and quantity."""
        lines = [(self._product(product), quantity) for product, quantity in basket]
        user_id = self.buyers[buyer % len(self.buyers)]
        return self._ask("orders", "place", user_id=user_id, basket=lines, fault=fault)

    def cancel(self, order: int, *, is_staff: bool = False, fault: Fault | None = None) -> Answer:
        """Let the customer or staff cancel an order."""
        story = self.order(order)
        values = {"order_id": story.id, "actor": story.user_id, "is_staff": is_staff}
        return self._ask("orders", "cancel", **values, fault=fault)

    def leave(self, buyer: int) -> None:
        """Let a customer's account be deactivated; it happens once."""
        self._ask("users", "leave", user_id=self.buyers[buyer % len(self.buyers)])

    def restock(self, product: int, units: int) -> None:
        """Let staff count a product."""
        self._ask("catalog", "restock", product_id=self._product(product), units=units)

    def reprice(self, product: int, price: str) -> None:
        """Let staff change a price."""
        self._ask("catalog", "reprice", product_id=self._product(product), price=price)

    def put_on_sale(self, product: int, is_active: bool) -> None:  # noqa: FBT001 (one of three changes of a product)
        """Let staff put a product on sale, or take it off."""
        self._ask("catalog", "put_on_sale", product_id=self._product(product), is_active=is_active)

    def _product(self, number: int) -> str:
        return self.products[number % len(self.products)]

    # ------------------------------------------------------------ the clock

    def time_out(self, order: int, *, fault: Fault | None = None) -> Answer:
        """Let an order's time be over, and the clock tick."""
        self._now("deadline_at", self.order(order).id)
        return self._ask("orders", "sweep", fault=fault)

    def ask_again(self, order: int, *, fault: Fault | None = None) -> Answer:
        """Let the time come to ask again about an order, and the clock tick."""
        self._now("next_ask_at", self.order(order).id)
        return self._ask("orders", "sweep", fault=fault)

    def _now(self, column: str, order_id: str) -> None:
        orders = self.plaza.databases["orders"]
        orders.rows(f"UPDATE orders SET {column} = now() WHERE id = %s AND {column} IS NOT NULL", order_id)

    # ------------------------------------------------------------ the network

    def deliver(self, number: int = 0, *, fault: Fault | None = None) -> Message:
        """Let a message arrive; one whose receiver died comes again."""
        message = self.network.take(number)
        known = message.key in self._handled
        answer = self._ask(message.receiver, "deliver", message=message.body, fault=fault)
        if answer.died:
            self.network.put_back(message)
            if fault and fault["at"] == "after_commit":
                self._handled.add(message.key)
            elif answer.said:
                raise promises.Broken(f"{message}: rolled back, and told all the same")
        else:
            self._heard(message, answer, known=known, troubled=answer.fault_met)
        return message

    def _heard(self, message: Message, answer: Answer, *, known: bool, troubled: bool) -> None:
        """Check that a message had its effect exactly if it was the first of its kind."""
        self._handled.add(message.key)
        self.seen[answer.result["outcome"]] += 1
        outcome, error = answer.result["outcome"], answer.result["error"]
        if outcome not in ("handled", "duplicate"):
            raise promises.Broken(f"{message} failed: {error}")
        # After an outage the same delivery tries again, and may find that its lost commit was none.
        if not troubled and outcome != ("duplicate" if known else "handled"):
            raise promises.Broken(f"{message} is {outcome}, and was {'' if known else 'not '}handled before")
        if known and answer.said:
            raise promises.Broken(f"{message} came again and had an effect again")

    def double(self, number: int) -> None:
        """Let the broker send a message twice."""
        self.network.put_back(self.network.waiting[number % len(self.network.waiting)])

    def lose(self, number: int) -> None:
        """Let a message vanish, if orders would ask for it again: a restored broker, a queue purged by mistake."""
        message = self.network.take(number)
        if message.can_be_asked_for:
            self.network.losses += 1
            self.seen["lost"] += 1
        else:
            self.network.put_back(message)

    # ------------------------------------------------------------ the end

    def settle(self) -> None:
        """Let all trouble end: everything arrives, orders asks again only if something was lost, and all is well."""
        self.everything_arrives()
        for _ in range(ROUNDS if self.network.losses else 0):
            for number, story in enumerate(self.orders()):
                if not story.is_settled:
                    self.ask_again(number)
            self.everything_arrives()
        promises.hold_at_the_end(self.plaza.databases)
        self.seen.update(f"{story.status} {story.reason}".strip() for story in self.orders())

    def everything_arrives(self) -> None:
        """Let all messages arrive that are under way, and those that follow; they must come to an end."""
        left = MESSAGES_PER_ORDER * (len(self.orders()) + 1) + len(self.network.waiting)
        while self.network.waiting:
            left -= 1
            if left < 0:
                raise promises.Broken(f"it never ends: {list(map(str, self.network.waiting))}")
            self.deliver()

    # ------------------------------------------------------------ looking

    def orders(self) -> list[promises.Story]:
        """Return every order, the oldest first."""
        return promises.stories(self._rows)

    def order(self, number: int) -> promises.Story:
        """Return an order, any: they are counted around."""
        found = self.orders()
        return found[number % len(found)]

    def _ask(self, service: str, do: str, **values: Any) -> Answer:
        """Let a service do something, send what it says, and check every promise that this could break."""
        answer = self._answer(service, do, values)
        if answer.failed:
            raise promises.Broken(f"{service} failed to {do}: {answer.failed}")
        self.network.send(service, answer.said)
        self.seen["steps"] += 1
        if answer.fault_met:
            self.seen["{how} {at}".format(**values["fault"])] += 1
        if broken := self.plaza.databases[service].rows(self.plaza.laws[service]):
            raise promises.Broken(f"{service}: {broken}")
        self._rows |= promises.read({service: self.plaza.databases[service]})
        for story in self.orders():
            promises.hold_now(story)
        return answer

    def _answer(self, service: str, do: str, values: dict[str, Any]) -> Answer:
        """Return what a service answers; one that was killed is started again, as its supervisor would."""
        process, fault = self.plaza.processes[service], values.get("fault")
        if not (fault and fault["how"] == "killed"):
            return process.ask(do, **values)
        try:
            return process.ask(do, **values)
        except Gone:
            process.restart()
            return Answer(died=True, fault_met=True, said=process.ask("relay").said)


def open_plaza() -> Plaza:
    """Start the three services on their databases."""
    processes = {service: Process(service) for service in SERVICES}
    databases = {service: Database(service) for service in SERVICES}
    laws = {service: process.ask("laws").result for service, process in processes.items()}
    laws["orders"] |= promises.TOLD_ONCE
    return Plaza(
        processes=processes,
        databases=databases,
        laws={service: promises.one_question(each) for service, each in laws.items()},
        listeners={service: process.ask("listens_to").result for service, process in processes.items()},
    )
