"""Which settings can change while the server runs, and what follows them."""

from __future__ import annotations

from functools import partial

from roomserver.api.dispatch import Dispatcher
from roomserver.chatfilter import make_filters
from roomserver.config import Config, rates_of
from roomserver.entrance import addresses_of, rules_of
from roomserver.gateway.gateway import Gateway
from roomserver.guard import Guard
from roomserver.people import People
from roomserver.reload import Apply, Reloader


def follow_requests(reloader: Reloader, dispatcher: Dispatcher, people: People) -> None:
    """Have rates and chat filters follow their settings."""

    def set_rates(config: Config) -> None:
        dispatcher.rates = rates_of(config.rates)
        people.set_rates(dispatcher.rates)

    def prepare_chat(config: Config) -> Apply:
        return partial(setattr, dispatcher, "filters", make_filters(config.chat))

    reloader.on("chat", prepare_chat)
    reloader.on("rates", lambda config: partial(set_rates, config))


def follow_doors(reloader: Reloader, gateway: Gateway, guard: Guard) -> None:
    """Have the door follow its settings; what the end of the server needs is looked up then."""

    def set_doors(config: Config) -> None:
        gateway.entrance.set_rules(rules_of(config.door), addresses_of(config.door), config.listen.origins)
        guard.set_rules(config.door)

    reloader.on("door", lambda config: partial(set_doors, config))
    reloader.on("listen.origins", lambda config: partial(set_doors, config))
    reloader.on("drain", lambda _config: lambda: None)
