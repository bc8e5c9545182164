"""Chance, as a pure function of (seed, purpose, counter).

A draw does not depend on how many others were made before it, so a longer history repeats a
shorter one exactly. It is no source of secrets and no general random library.
"""

from collections.abc import Sequence
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


def uniform(seed: int, purpose: str, counters: Ints) -> Floats:
    """Uniform draws in [0, 1), one a counter; counters have to be different from each other.

    SplitMix64 (Steele, Lea, Flood 2014) at position `counter` of the stream (seed, purpose).
    """
    stream = blake2b(f"{seed}/{purpose}".encode(), digest_size=8).digest()
    x = counters.astype(np.uint64)
    x *= np.uint64(0x9E3779B97F4A7C15)
    x += np.uint64(int.from_bytes(stream, "little"))
    x ^= x >> np.uint64(30)
    x *= np.uint64(0xBF58476D1CE4E5B9)
    x ^= x >> np.uint64(27)
    x *= np.uint64(0x94D049BB133111EB)
    x ^= x >> np.uint64(31)
    draws: Floats = (x >> np.uint64(11)).astype(float) * 2.0**-53
    return draws


def choose(weights: Sequence[float] | Floats, u: Floats) -> Ints:
    """Indexes into `weights`, each as likely as its weight, from uniform draws."""
    cumulative = np.cumsum(np.asarray(weights, dtype=float))
    return np.searchsorted(cumulative[:-1] / cumulative[-1], u, side="right")
