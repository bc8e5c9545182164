"""What Gamma-Gamma expects a customer to spend, beside what dbt computes."""

from typing import Any

import numpy as np
import numpy.typing as npt

from include.churn_model.spend import GammaGamma


def expected_spend(
    model: GammaGamma, frequency: npt.ArrayLike, mean_repeat_spend: npt.ArrayLike
) -> Any:
    """Mean spend on an order day to come, p(gamma + xz)/(px + q - 1).

    Takes frequency x and mean repeat spend z of each customer. Where x is 0, z does not matter and
    the answer is the mean of all customers, p*gamma/(q - 1).
    """
    x = np.asarray(frequency, dtype=float)
    spent = np.where(x > 0, x * np.asarray(mean_repeat_spend, dtype=float), 0)
    return model.p * (model.gamma + spent) / (model.p * x + model.q - 1)
