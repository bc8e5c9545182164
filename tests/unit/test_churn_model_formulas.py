"""The formulas against sums on paper and against the story they tell, integrated numerically."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats
from scipy.special import betaln, expit, gammaln

from include.churn_model.purchases import BgNbd, MbgNbd, fit_bg_nbd, fit_mbg_nbd
from include.churn_model.spend import GammaGamma, fit_gamma_gamma
from include.churn_model.table import Floats
from tests.support.gamma_gamma import expected_spend

FitPurchases = Callable[[npt.ArrayLike, npt.ArrayLike, npt.ArrayLike], BgNbd]

BG = BgNbd(r=1, alpha=10, a=1, b=2)
MBG = MbgNbd(r=1, alpha=10, a=1, b=2)


# --- Sums on paper


@pytest.mark.parametrize(
    ("model", "frequency", "recency", "age", "expected"),
    [
        (MBG, 0, 0, 0, 2 / 3),  # 1 / (1 + 1/2): came for the first time just now
        (MBG, 0, 0, 10, 1 / 2),  # 1 / (1 + 1/2 · 20/10)
        (MBG, 1, 10, 20, 4 / 7),  # 1 / (1 + 1/3 · (30/20)²)
        (MBG, 2, 5, 5, 4 / 5),  # 1 / (1 + 1/4): came the third time just now
        (BG, 1, 10, 20, 8 / 17),  # 1 / (1 + 1/2 · (30/20)²)
        (BG, 2, 5, 5, 3 / 4),  # 1 / (1 + 1/3)
    ],
)
def test_the_probability_to_be_alive_by_hand(
    model: BgNbd, frequency: float, recency: float, age: float, expected: float
) -> None:
    assert model.probability_alive(frequency, recency, age) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("age", [0, 1, 50, 500])
def test_only_in_bg_nbd_everyone_who_came_once_is_alive(age: float) -> None:
    assert BG.probability_alive(0, 0, age) == 1
    assert MBG.probability_alive(0, 0, age) < 1


def test_a_longer_silence_never_makes_anyone_more_alive() -> None:
    alive = MBG.probability_alive(3, 20, np.arange(20, 3000))

    assert (np.diff(alive) < 0).all()
    assert alive[-1] < 0.001


def test_the_probability_to_return_by_hand() -> None:
    # 4/7 are alive, of whom (30/34)² have not come after four weeks
    assert MBG.return_probability(4, 1, 10, 20) == pytest.approx(4 / 7 * (1 - (30 / 34) ** 2))
    assert MBG.return_probability(0, 1, 10, 20) == 0
    assert MBG.return_probability(1e12, 1, 10, 20) == pytest.approx(4 / 7)


def test_expected_spend_lies_between_the_customers_own_and_that_of_all() -> None:
    model = GammaGamma(p=6, q=4, gamma=15)  # the mean of all is 6 · 15 / 3 = 30

    spend = expected_spend(model, [0, 1, 3, 1000], [np.nan, 60, 60, 60])

    # 6 (15 + 60) / (6 + 3), 6 (15 + 180) / (18 + 3)
    assert spend[:3] == pytest.approx([30, 50, 390 / 7])
    assert spend[3] == pytest.approx(60, rel=1e-3)


# --- Limits


@pytest.mark.parametrize("model", [BG, MBG])
def test_nobody_comes_in_no_time(model: BgNbd) -> None:
    assert model.expected_purchases(0, 3, 20, 30) == 0


@pytest.mark.parametrize("model", [BG, MBG, BgNbd(0.243, 4.414, 0.793, 2.426)])
def test_in_a_moment_those_alive_come_at_their_rate(model: BgNbd) -> None:
    rate = (model.r + 3) / (model.alpha + 30)  # the mean of the gamma after 3 purchases in 30 weeks

    in_a_moment = model.expected_purchases(1e-4, 3, 20, 30) / 1e-4

    assert in_a_moment == pytest.approx(model.probability_alive(3, 20, 30) * rate, rel=1e-4)


def test_who_never_leaves_comes_at_the_same_rate_for_ever() -> None:
    model = MbgNbd(r=1, alpha=10, a=1e-9, b=2)

    assert model.expected_purchases([1, 100], 3, 20, 30) == pytest.approx([0.1, 10], rel=1e-6)


# --- The story integrated: over the customers' rates, and their chances to leave

LOG_RATE = np.linspace(-70, 6, 1521)
LOGIT = np.linspace(-70, 70, 1401)
RATE, LEAVE, STAY = np.exp(LOG_RATE), expit(LOGIT), expit(-LOGIT)


def rates(model: BgNbd, purchases: float, weeks: float) -> Floats:
    """Likelihood of so many purchases in so many weeks, times the gamma density, a rate each."""
    shape, rate = model.r + purchases, model.alpha + weeks
    logs = shape * LOG_RATE - rate * RATE + model.r * np.log(model.alpha) - gammaln(model.r)
    weights: Floats = np.exp(logs) * (LOG_RATE[1] - LOG_RATE[0])
    return weights


def leaves(model: BgNbd, stayed: float, left: float) -> Floats:
    """Likelihood of so many stays and leaves, times the beta density, a chance to leave each."""
    logs = (model.a + left) * np.log(LEAVE) + (model.b + stayed) * np.log(STAY)
    weights: Floats = np.exp(logs - betaln(model.a, model.b)) * (LOGIT[1] - LOGIT[0])
    return weights


def chances_to_leave(model: BgNbd, x: float) -> float:
    return x + 1 if isinstance(model, MbgNbd) else x


def story(model: BgNbd, x: float, t_x: float, age: float) -> tuple[float, float]:
    """Likelihoods of x purchases, the last at t_x: and alive since, and gone since."""
    chances = chances_to_leave(model, x)
    alive = rates(model, x, age).sum() * leaves(model, chances, 0).sum()
    gone = rates(model, x, t_x).sum() * leaves(model, chances - 1, 1).sum() if chances else 0.0
    return float(alive), float(gone)


MODELS = [
    BgNbd(0.243, 4.414, 0.793, 2.426),
    MbgNbd(0.525, 6.183, 0.891, 1.614),
    MbgNbd(2.1, 20.8, 0.4, 0.9),
    BgNbd(0.8, 8, 1, 2),  # a gap in the formula of expected purchases
    MbgNbd(0.8, 8, 1, 2),
    BgNbd(0.8, 8, 0.4, 0.6),  # another, for who came once
    BgNbd(0.5, 3, 7, 2),
]
CUSTOMERS = [
    (0, 0, 0),
    (0, 0, 38.86),
    (1, 1.71, 38.86),
    (2, 30.43, 38.86),
    (29, 30, 38),
    (300, 99, 99),
]


@pytest.mark.parametrize("model", MODELS, ids=str)
@pytest.mark.parametrize(("x", "t_x", "age"), CUSTOMERS)
def test_the_probability_to_be_alive_is_the_storys(
    model: BgNbd, x: float, t_x: float, age: float
) -> None:
    alive, gone = story(model, x, t_x, age)

    expected = alive / (alive + gone)
    assert model.probability_alive(x, t_x, age) == pytest.approx(expected, rel=1e-7)


@pytest.mark.parametrize("model", MODELS, ids=str)
@pytest.mark.parametrize(("x", "t_x", "age"), CUSTOMERS)
def test_the_expected_purchases_are_the_storys(
    model: BgNbd, x: float, t_x: float, age: float
) -> None:
    """Who is alive comes (1 - e^(-rate * leave * weeks)) / leave times in the weeks to come."""
    weeks = 39
    to_come = -np.expm1(-np.outer(RATE, LEAVE) * weeks) / LEAVE
    alive = rates(model, x, age), leaves(model, chances_to_leave(model, x), 0)

    expected = alive[0] @ to_come @ alive[1] / sum(story(model, x, t_x, age))
    assert model.expected_purchases(weeks, x, t_x, age) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("model", MODELS, ids=str)
@pytest.mark.parametrize(("x", "t_x", "age"), CUSTOMERS)
def test_the_probability_to_return_is_the_storys(
    model: BgNbd, x: float, t_x: float, age: float
) -> None:
    """Who is alive has come by then with a chance of 1 - e^(-rate * weeks)."""
    alive = rates(model, x, age), leaves(model, chances_to_leave(model, x), 0)

    expected = alive[0] @ -np.expm1(-RATE * 4) * alive[1].sum() / sum(story(model, x, t_x, age))
    assert model.return_probability(4, x, t_x, age) == pytest.approx(expected, rel=1e-5)


def simulated(model: BgNbd, customers: int, seed: int) -> tuple[Floats, Floats, Floats]:
    """Customers who behave as the model says, first seen 10 to 100 weeks ago."""
    chance = np.random.default_rng(seed)
    rate = chance.gamma(model.r, 1 / model.alpha, customers)
    leave = chance.beta(model.a, model.b, customers)
    age = chance.uniform(10, 100, customers)
    x, t_x = np.zeros(customers), np.zeros(customers)
    here = np.arange(customers)
    if isinstance(model, MbgNbd):
        here = here[chance.random(customers) >= leave]
    while len(here):
        next_at = t_x[here] + chance.exponential(1 / rate[here])
        seen = next_at < age[here]
        here, next_at = here[seen], next_at[seen]
        x[here] += 1
        t_x[here] = next_at
        here = here[chance.random(len(here)) >= leave[here]]
    return x, t_x, age


@pytest.mark.parametrize("fit", [fit_bg_nbd, fit_mbg_nbd])
def test_the_fit_is_the_likeliest_story(fit: FitPurchases) -> None:
    customers = simulated(MbgNbd(0.8, 4, 0.6, 1.5), 150, seed=1)
    model = fit(*customers)

    def log_likelihood(r: float, alpha: float, a: float, b: float) -> float:
        candidate = type(model)(r, alpha, a, b)
        rows = np.column_stack(customers)
        return sum(float(np.log(sum(story(candidate, *row)))) for row in rows)

    parameters = np.array([model.r, model.alpha, model.a, model.b])
    assert model.log_likelihood == pytest.approx(log_likelihood(*parameters), abs=1e-5)
    for step in np.eye(4) * 0.02:
        assert log_likelihood(*parameters * (1 + step)) < model.log_likelihood
        assert log_likelihood(*parameters * (1 - step)) < model.log_likelihood


def test_the_fit_of_spend_is_the_likeliest_story() -> None:
    chance = np.random.default_rng(6)
    x = chance.geometric(0.4, 80) * 1.0
    z = np.round(chance.lognormal(3, 0.6, 80), 2)
    model = fit_gamma_gamma(x, z)
    log_scale = np.linspace(-30, 12, 2101)
    scale = np.exp(log_scale)

    def log_likelihood(p: float, q: float, g: float) -> float:
        """The mean of x gamma draws of shape p, their scale a gamma draw over customers."""
        weights = stats.gamma.pdf(scale, q, scale=1 / g) * scale * (log_scale[1] - log_scale[0])
        means = stats.gamma.pdf(z[:, None], p * x[:, None], scale=1 / (scale * x[:, None]))
        return float(np.log(means @ weights).sum())

    parameters = np.array([model.p, model.q, model.gamma])
    assert model.log_likelihood == pytest.approx(log_likelihood(*parameters), abs=1e-5)
    for step in np.eye(3) * 0.02:
        assert log_likelihood(*parameters * (1 + step)) < model.log_likelihood
        assert log_likelihood(*parameters * (1 - step)) < model.log_likelihood


# --- What must make no difference


@pytest.mark.parametrize("fit", [fit_bg_nbd, fit_mbg_nbd])
def test_the_order_of_customers_makes_no_difference(
    fit: FitPurchases,
) -> None:
    x, t_x, age = simulated(MbgNbd(0.8, 4, 0.6, 1.5), 500, seed=2)

    assert fit(x[::-1], t_x[::-1], age[::-1]) == fit(x, t_x, age)


def test_time_in_days_changes_only_alpha() -> None:
    x, t_x, age = simulated(MbgNbd(0.8, 4, 0.6, 1.5), 500, seed=2)
    in_weeks, in_days = fit_mbg_nbd(x, t_x, age), fit_mbg_nbd(x, 7 * t_x, 7 * age)

    assert in_days.alpha == pytest.approx(7 * in_weeks.alpha, rel=1e-4)
    assert (in_days.r, in_days.a, in_days.b) == pytest.approx(
        (in_weeks.r, in_weeks.a, in_weeks.b), rel=1e-4
    )


def test_spend_in_cents_changes_only_gamma() -> None:
    x, z = np.array([1, 2, 1, 5, 3, 2]), np.array([20, 35.5, 90, 31, 12.3, 55])
    in_units, in_cents = fit_gamma_gamma(x, z), fit_gamma_gamma(x, 100 * z)

    assert in_cents.gamma == pytest.approx(100 * in_units.gamma, rel=1e-3)
    assert (in_cents.p, in_cents.q) == pytest.approx((in_units.p, in_units.q), rel=1e-3)


# --- Customers simulated with known parameters


@pytest.mark.parametrize(
    ("fit", "truth"),
    [(fit_bg_nbd, BgNbd(0.8, 8, 0.6, 2)), (fit_mbg_nbd, MbgNbd(0.8, 8, 0.6, 2))],
)
def test_known_parameters_are_recovered(fit: FitPurchases, truth: BgNbd) -> None:
    model = fit(*simulated(truth, 40_000, seed=3))

    assert (model.r, model.alpha) == pytest.approx((truth.r, truth.alpha), rel=0.05)
    assert (model.a, model.b) == pytest.approx((truth.a, truth.b), rel=0.15)


def test_known_parameters_of_spend_are_recovered() -> None:
    chance = np.random.default_rng(4)
    x = chance.geometric(0.4, 200_000) * 1.0
    scale = chance.gamma(3.74, 1 / 15.44, 200_000)
    z = chance.gamma(6.25 * x, 1 / (scale * x))

    model = fit_gamma_gamma(x, z)

    assert (model.p, model.q, model.gamma) == pytest.approx((6.25, 3.74, 15.44), rel=0.05)
