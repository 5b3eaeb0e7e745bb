"""Warp markers at random: straight pieces of different speed."""

import random


def random_markers(seed: int, seconds: float) -> list[dict[str, float]]:
    """From just before second 0 to just after `seconds`."""
    dice = random.Random(seed)
    second, beat, found = -0.2, dice.uniform(-2, 2), []
    while second < seconds + 0.5:
        found.append({"second": second, "beat": beat})
        step = dice.uniform(0.4, 1.2)
        second, beat = second + step, beat + step * dice.uniform(1.2, 3.0)
    return [*found, {"second": second, "beat": beat}]
