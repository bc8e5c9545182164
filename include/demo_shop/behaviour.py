"""The true story: who comes, how often each buys, when each is gone for good.

A customer buys at a rate of their own (gamma over customers) and after each order, the first
one too, leaves with a probability of their own (beta over customers): the MBG/NBD model of
Batislam, Denizel and Filiztekin (2007), on a clock that follows the season. No files, no mess.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
from scipy.special import betaincinv, gammaincinv

from include.demo_shop.draws import Flags, Floats, Ints, choose, uniform
from include.demo_shop.season import Clock, clocks, seconds_to

RATE_SHAPE, RATE_MEAN = 2.0, 0.105  # orders a week while alive
DROPOUT_CONCENTRATION = 0.75  # a + b of the beta draw


@dataclass(frozen=True)
class AcquisitionChannel:
    """Where customers come from: share of them, mean dropout after an order, BRL to win one."""

    name: str
    share: float
    mean_dropout: float
    cost: float


ACQUISITION_CHANNELS = (
    AcquisitionChannel("organic", 0.28, 0.20, 0),
    AcquisitionChannel("google_ads", 0.24, 0.28, 54),
    AcquisitionChannel("instagram", 0.20, 0.33, 42),
    AcquisitionChannel("referral", 0.10, 0.16, 6),
    AcquisitionChannel("email", 0.06, 0.20, 25),
    AcquisitionChannel("marketplace", 0.12, 0.37, 34),
)


@dataclass(frozen=True)
class Story:
    """What truly happened before the as-of date; times in seconds from the opening."""

    # one value a person, in the order of acquisition
    acquired: Ints
    channel: Ints
    """Index into ACQUISITION_CHANNELS."""
    rate: Floats
    """Orders a week."""
    dropout: Floats
    """Probability of leaving after each order."""
    dropped_out: Ints
    """Time of the order after which the person was gone, -1 while alive."""

    # one value an order, in the order of time
    person: Ints
    number: Ints
    """1 for a person's first order."""
    ordered: Ints

    @property
    def order_keys(self) -> Ints:
        """A number for each order that no longer history changes, for draws."""
        return (self.person << 20) + self.number


def tell(customers: int, seed: int, as_of: date) -> Story:
    """Simulate people and their orders strictly before `as_of`; `customers` by the birthday."""
    end = seconds_to(as_of)
    purchases, acquisitions = clocks(as_of)
    acquired = _acquire(customers, seed, acquisitions, end)
    people = np.arange(len(acquired))

    channel = choose([c.share for c in ACQUISITION_CHANNELS], uniform(seed, "channel", people))
    mean_dropout = np.array([c.mean_dropout for c in ACQUISITION_CHANNELS])[channel]
    a, b = DROPOUT_CONCENTRATION * mean_dropout, DROPOUT_CONCENTRATION * (1 - mean_dropout)
    rate = gammaincinv(RATE_SHAPE, uniform(seed, "rate", people)) * (RATE_MEAN / RATE_SHAPE)
    dropout = betaincinv(a, b, uniform(seed, "dropout", people))

    dropped_out, person, number, ordered = _buy(seed, purchases, end, acquired, rate, dropout)
    return Story(acquired, channel, rate, dropout, dropped_out, person, number, ordered)


def _acquire(customers: int, seed: int, acquisitions: Clock, end: int) -> Ints:
    """Times at which people register, ascending.

    Each turn of the acquisition clock brings exactly `customers` people, whole turns are drawn:
    so the order of people does not depend on where history is cut.
    """
    turns = range(int(np.ceil(acquisitions.read(np.array([end - 1]))[0])))
    readings = [
        turn + np.sort(uniform(seed, "acquired", np.arange(customers) + turn * customers))
        for turn in turns
    ]
    moments = acquisitions.moment(np.concatenate(readings))
    return moments[moments < end]


def _buy(
    seed: int, purchases: Clock, end: int, acquired: Ints, rate: Floats, dropout: Floats
) -> tuple[Ints, Ints, Ints, Ints]:
    """Let everyone buy until they leave or history ends: round n is everyone's nth order."""
    dropped_out = np.full(len(acquired), -1)
    people, numbers, times = [np.empty(0, np.int64)], [0], [np.empty(0, np.int64)]

    active = np.arange(len(acquired))
    # The first order follows within the hour.
    ordered = acquired + 60 + np.floor(3540 * uniform(seed, "first order", active)).astype(int)
    ordered, active = _before(end, ordered, active)
    while len(active):
        people.append(active)
        numbers.append(numbers[-1] + 1)
        times.append(ordered)
        keys = (active << 20) + numbers[-1]
        leaves: Flags = uniform(seed, "leaves", keys) < dropout[active]
        dropped_out[active[leaves]] = ordered[leaves]
        active, ordered, keys = active[~leaves], ordered[~leaves], keys[~leaves]
        gap = -np.log1p(-uniform(seed, "gap", keys)) / rate[active]
        ordered, active = _before(end, purchases.moment(purchases.read(ordered) + gap), active)

    person, ordered = np.concatenate(people), np.concatenate(times)
    number = np.repeat(numbers, [len(group) for group in people])
    by_time = np.lexsort((number, person, ordered))
    return dropped_out, person[by_time], number[by_time], ordered[by_time]


def _before(end: int, moments: Ints, people: Ints) -> tuple[Ints, Ints]:
    known = moments < end
    return moments[known], people[known]
