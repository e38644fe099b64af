"""Computes the reference that the tests hold the stages' numbers against (1e-8), by another road.

It starts from the shipped sources, not from any file that a stage made, and shares no code with the stages:
features by plain loops, least squares by numpy's SVD solver (the stages solve normal equations), kernel ridge
regression by numpy's LU, quantiles and means by numpy. What both share is only what is written down: the
definitions of the features, the split, the folds, and the random numbers (mulberry32) that choose rows.

Made with Python 3.11 and numpy 2. From the project's folder:

    python3 -m venv /tmp/reference && /tmp/reference/bin/pip install numpy
    /tmp/reference/bin/python test/stages/reference/reference.py

It writes reference.json beside itself. The sources are complete, so cleaning must not change them; that is part of
what is tested.
"""

import csv
import datetime
import json
import math
import pathlib

import numpy as np

HERE = pathlib.Path(__file__).parent
SOURCES = HERE.parents[2] / "data" / "sources"
TEST_FROM = datetime.date(2015, 1, 1)
FOLDS, SEED, KERNEL_ROWS, CLIMATOLOGY_DAYS, LEVEL = 4, 7, 300, 7, 0.9
ONE_DAY = datetime.timedelta(days=1)


def read_days():
    days = {}
    for file in ("new-york.csv", "seattle.csv"):
        with open(SOURCES / file, newline="") as source:
            for row in csv.DictReader(source):
                values = {name: float(row[name]) for name in ("temp_max", "temp_min", "precipitation", "wind")}
                days[row["location"], datetime.date.fromisoformat(row["date"])] = values
    return days


def features(days, place, date):
    back = [days.get((place, date - ONE_DAY * n)) for n in range(14)]
    if None in back:
        return None
    today, tomorrow = back[0], date + ONE_DAY
    year_start = datetime.date(tomorrow.year, 1, 1)
    angle = 2 * math.pi * (tomorrow - year_start).days / (datetime.date(tomorrow.year + 1, 1, 1) - year_start).days
    row = {"temp_max": today["temp_max"], "temp_min": today["temp_min"]}
    for lag in (1, 2, 3, 7):
        row[f"temp_max_lag_{lag}"] = back[lag]["temp_max"]
    for length in (3, 7, 14):
        row[f"temp_mid_mean_{length}"] = float(np.mean([(day["temp_max"] + day["temp_min"]) / 2 for day in back[:length]]))
    row["season_sin"], row["season_cos"] = math.sin(angle), math.cos(angle)
    row["precipitation_log"] = math.log(1 + today["precipitation"])
    row["wind"] = today["wind"]
    here = 1.0 if place == "Seattle" else 0.0
    row["place_seattle"] = here
    for name in ("season_sin", "season_cos", "temp_max", "temp_min", "wind"):
        row[f"place_seattle_x_{name}"] = here * row[name]
    return row


def random_numbers(seed):
    """mulberry32, in 32-bit arithmetic."""
    mask = 0xFFFFFFFF
    state = seed & mask
    while True:
        state = (state + 0x6D2B79F5) & mask
        t = ((state ^ (state >> 15)) * (state | 1)) & mask
        t ^= (t + (((t ^ (t >> 7)) * (t | 61)) & mask)) & mask
        yield ((t ^ (t >> 14)) & mask) / 2**32


def choose_rows(size):
    order, numbers = list(range(size)), random_numbers(SEED)
    for at in range(min(KERNEL_ROWS, size)):
        other = at + int(next(numbers) * (size - at))
        order[at], order[other] = order[other], order[at]
    return sorted(order[:KERNEL_ROWS])


class Scale:
    def __init__(self, x):
        self.mean, self.deviation = x.mean(axis=0), x.std(axis=0)

    def __call__(self, x):
        return (x - self.mean) / self.deviation


def fit_linear(x, y):
    scale = Scale(x)
    design = np.column_stack([scale(x), np.ones(len(x))])
    weights = np.linalg.lstsq(design, y, rcond=None)[0]
    variance = np.sum((y - design @ weights) ** 2) / (len(y) - design.shape[1])
    errors = np.sqrt(variance * np.diag(np.linalg.inv(design.T @ design)))
    return scale, weights, errors, lambda z: np.column_stack([scale(z), np.ones(len(z))]) @ weights


def fit_polynomial(x, y):
    scale = Scale(x[:, :1])
    weights = np.linalg.lstsq(np.vander(scale(x[:, :1])[:, 0], 4), y, rcond=None)[0]
    return lambda z: np.polyval(weights, scale(z[:, :1])[:, 0])


def fit_kernel(x, y, sigma, penalty):
    scale, chosen = Scale(x), choose_rows(len(x))
    rows, center = scale(x[chosen]), y[chosen].mean()

    def kernel(a, b):
        return np.exp(-((a[:, None, :] - b[None, :, :]) ** 2).sum(axis=2) / (2 * sigma**2))

    alpha = np.linalg.solve(kernel(rows, rows) + penalty * np.eye(len(rows)), y[chosen] - center)
    return lambda z: kernel(scale(z), rows) @ alpha + center


CANDIDATES = {
    "polynomial": fit_polynomial,
    "linear": lambda x, y: fit_linear(x, y)[3],
    "kernel-6": lambda x, y: fit_kernel(x, y, 6, 0.1),
    "kernel-12": lambda x, y: fit_kernel(x, y, 12, 0.01),
}


def score(actual, forecast):
    error = forecast - actual
    return {
        "n": len(actual),
        "r2": float(1 - np.sum(error**2) / np.sum((actual - actual.mean()) ** 2)),
        "rmse": float(np.sqrt(np.mean(error**2))),
        "mae": float(np.mean(np.abs(error))),
        "bias": float(np.mean(error)),
    }


def common_day(date):
    return (datetime.date(2001, date.month, 28 if (date.month, date.day) == (2, 29) else date.day) - datetime.date(2001, 1, 1)).days


def climatology(train_places, train_dates, train_y, place, date):
    distance = np.array([abs(common_day(other) - common_day(date)) for other in train_dates])
    near = np.minimum(distance, 365 - distance) <= CLIMATOLOGY_DAYS
    return train_y[near & (train_places == place)].mean()


def main():
    days = read_days()
    rows = [(date + ONE_DAY, place, features(days, place, date)) for place, date in days]
    rows = sorted((row for row in rows if row[2] is not None), key=lambda row: row[:2])
    names = list(rows[0][2])
    known = [row for row in rows if (row[1], row[0]) in days]
    x = np.array([list(row[2].values()) for row in known])
    y = np.array([days[row[1], row[0]]["temp_max"] for row in known])
    dates, places = [row[0] for row in known], np.array([row[1] for row in known])
    ordinal = np.array([date.toordinal() for date in dates])
    train, test = ordinal < TEST_FROM.toordinal(), ordinal >= TEST_FROM.toordinal()

    first, end = ordinal[train].min(), ordinal[train].max() + 1
    middle = first + math.ceil((end - first) / 2)
    edges = [middle + (end - middle) * index // FOLDS for index in range(FOLDS + 1)]
    out_of_fold = {}
    for name, fit in CANDIDATES.items():
        forecast = np.full(len(y), np.nan)
        for start, stop in zip(edges, edges[1:]):
            past, check = ordinal < start, (ordinal >= start) & (ordinal < stop)
            forecast[check] = fit(x[past], y[past])(x[check])
        out_of_fold[name] = forecast
    checked = train & (ordinal >= middle)
    candidates = {name: score(y[checked], forecast[checked]) for name, forecast in out_of_fold.items()}
    best = min(candidates, key=lambda name: candidates[name]["rmse"])

    scale, weights, errors, predict = fit_linear(x[train], y[train])
    assert best == "linear"
    forecast = predict(x)
    usual = np.array([climatology(places[train], [d for d, t in zip(dates, train) if t], y[train], place, date) for place, date in zip(places[test], np.array(dates)[test])])
    misses = {place: (y - out_of_fold[best])[checked & (places == place)] for place in sorted(set(places))}
    interval = {place: [float(np.quantile(miss, (1 - LEVEL) / 2)), float(np.quantile(miss, (1 + LEVEL) / 2))] for place, miss in misses.items()}
    inside = [interval[place][0] <= actual - guess <= interval[place][1] for place, actual, guess in zip(places[test], y[test], forecast[test])]
    months = np.array([date.month for date in dates])
    tomorrow = {row[1]: float(predict(np.array([list(row[2].values())]))[0]) for row in rows if (row[1], row[0]) not in days}

    reference = {
        "features": names,
        "means": [float(value) for value in scale.mean],
        "deviations": [float(value) for value in scale.deviation],
        "weights": [float(value) for value in weights[:-1]],
        "intercept": float(weights[-1]),
        "standard_errors": [float(value) for value in errors[:-1]],
        "best": best,
        "candidates": candidates,
        "train": score(y[train], forecast[train]),
        "test": score(y[test], forecast[test]),
        "persistence": score(y[test], x[test, 0]),
        "climatology": score(y[test], usual),
        "by_location": {place: score(y[test & (places == place)], forecast[test & (places == place)]) for place in sorted(set(places))},
        "by_month": {str(month): score(y[test & (months == month)], forecast[test & (months == month)]) for month in range(1, 13)},
        "interval": interval,
        "interval_coverage": float(np.mean(inside)),
        "tomorrow": tomorrow,
    }
    (HERE / "reference.json").write_text(json.dumps(reference, indent=1) + "\n")


main()
