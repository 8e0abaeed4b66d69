"""Verdicts on the claims from data sets made by hand."""

import json
from dataclasses import asdict

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from figures.claims import (
    CLAIMS,
    FAILS,
    HOLDS,
    LOCAL,
    MISSING,
    MOST,
    UNDECIDED,
    Finding,
    as_markdown,
    measure,
    verdict,
    write,
)

PRESETS = ("fukumizu_amari", "overparameterised")
WHOLE = "plateau → near-optimal → overfitting"
FIGURES = ("collapse", "graph", "training", "uniqueness", "optimum")
SHARES = {"probability": [1.0, 0.0], "lower": [0.34, 0.0], "upper": [1.0, 0.66]}
ABOVE, ACROSS, BELOW = (0.96, 1.0), (0.9, 0.99), (0.1, 0.9)
VERDICTS = [(ABOVE, HOLDS), (ACROSS, UNDECIDED), (BELOW, FAILS), ((MOST, 1.0), HOLDS)]


def training(rows, starts=100):
    """Rows of scale, itinerary, fraction, lower, upper, the same for both presets."""
    names = ("scale", "itinerary", "fraction", "lower", "upper")
    columns = dict(zip(names, zip(*rows, strict=True), strict=True))
    return xr.Dataset(
        {f"{p}_{n}": (f"{p}_way", np.array(c)) for p in PRESETS for n, c in columns.items()},
        attrs={f"{p}_preset": p for p in PRESETS} | {f"{p}_starts": starts for p in PRESETS},
    )


def graph(region, attracting, chains=""):
    """Nodes of one preset."""
    return xr.Dataset(
        {
            "one_region": ("one_node", region),
            "one_attracting": ("one_node", np.array(attracting, dtype=np.int8)),
            "one_label": ("one_node", [f"set {k}" for k in range(len(region))]),
        },
        attrs={"one_preset": "one", "one_complete_chains": chains},
    )


def collapse(interval=ABOVE, plateaus=(0,) * 100):
    """The same interval and the same attracting plateaus at every size and noise."""
    corners = {"preset": list(PRESETS), "size": [10, 1000], "noise": [0.1, 1.0]}
    shape, dims = (2, 2, 2), tuple(corners)
    lower, upper = interval
    counts = np.broadcast_to(np.array(plateaus)[:, None], (*shape, len(plateaus), 1))
    singles = [np.full((*shape, 2), value) for value in (0.5 * (lower + upper), lower, upper)]
    return xr.Dataset(
        {
            name: ((*dims, "single"), values)
            for name, values in zip(("probability", "lower", "upper"), singles, strict=True)
        }
        | {"number": ((*dims, "seed", "count"), counts)},
        corners | {"single": ["overfitting", "attracting"], "count": ["plateau"]},
    )


def optimum(gradient=0.3, distance=0.2):
    """Four data sets at three levels each; the smallest values are those given."""
    spread = np.linspace(1.0, 2.0, 12).reshape(4, 3)
    return xr.Dataset(
        {
            f"{name}_by_{axis}": (("seed", axis), value * spread)
            for name, value in (("gradient", gradient), ("distance", distance))
            for axis in ("noise", "size")
        }
        | {
            "distance_exponent_noise": ("fit", [1.02, 0.03, 4.0]),
            "distance_exponent_size": ("fit", [-0.49, 0.02, 4.0]),
        }
    )


def uniqueness():
    """Two data sets of one preset, both certified at the smaller noise, none at the larger."""
    corners = {"preset": ["one"], "size": [10, 30], "noise": [0.01, 0.1]}
    return xr.Dataset(
        {name: (tuple(corners), np.array([[values, values]])) for name, values in SHARES.items()}
        | {"holds": ((*corners, "seed"), np.ones((1, 2, 2, 2), dtype=bool))},
        corners,
    )


def everything():
    return {
        "uniqueness": uniqueness(),
        "collapse": collapse(),
        "graph": graph(["plateau", "near-optimal", "overfitting"], [0, 0, 1], "set 0 → set 2"),
        "training": training([(1.0, WHOLE, 0.6, 0.5, 0.7), (1.0, "other", 0.4, 0.3, 0.5)]),
        "optimum": optimum(),
    }


def of_claim(findings, number):
    return [finding for finding in findings if finding.claim == number]


def test_certified_uniqueness_is_told_and_decides_nothing():
    small, large = measure({"uniqueness": uniqueness()})[-3:-1]
    assert (small.setting, large.setting) == ("one, n = 30, σ = 0.01", "one, n = 30, σ = 0.1")
    assert small.measured == "P(one certified minimum near θ*) ≥ 1.00 [0.34, 1.00]"
    assert (small.samples, small.verdict, large.verdict) == (2, LOCAL, LOCAL)


@pytest.mark.parametrize(("interval", "expected"), VERDICTS)
def test_a_verdict_needs_the_whole_interval(interval, expected):
    assert verdict(*interval) == expected


@given(st.floats(0.0, 1.0), st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_verdicts_follow_the_interval(a, b, wanted):
    lower, upper = min(a, b), max(a, b)
    found = verdict(lower, upper, wanted)
    assert (found == HOLDS) == (lower >= wanted)
    assert (found == FAILS) == (upper < wanted)
    assert (found == UNDECIDED) == (lower < wanted <= upper)


def test_without_data_nothing_is_measured():
    findings = measure({})
    assert {f.claim for f in findings} == set(CLAIMS)
    assert {(f.verdict, f.samples) for f in findings} == {(MISSING, 0)}
    assert {f.setting.removeprefix("figure ") for f in findings} == set(FIGURES)


@pytest.mark.parametrize("left_out", FIGURES)
def test_what_is_missing_is_named_and_the_rest_is_measured(left_out):
    data = everything()
    whole = measure(data)
    assert all(f.verdict != MISSING for f in whole)
    del data[left_out]
    partial = measure(data)
    missing = [f for f in partial if f.verdict == MISSING]
    assert missing
    assert {f.setting for f in missing} == {f"figure {left_out}"}
    assert set(partial) - set(missing) < set(whole)


def test_figures_that_bear_on_no_claim_change_nothing():
    data = everything()
    assert measure(data | {"phase_plane": xr.Dataset(), "motorcycle": xr.Dataset()}) == measure(
        data
    )


@pytest.mark.parametrize(("interval", "expected"), VERDICTS)
def test_trajectories_are_judged_by_the_whole_route(interval, expected):
    rows = [(1.0, WHOLE, 0.95, *interval), (1.0, "plateau → overfitting", 0.97, 0.96, 1.0)]
    findings = measure({"training": training(rows, starts=40)})
    rated = [f for f in of_claim(findings, 2) if f.measured.startswith(WHOLE)]
    assert [f.verdict for f in rated] == [expected] * len(PRESETS)
    assert {f.samples for f in rated} == {40}
    low, high = interval
    assert all(f"95.0% [{low:.1%}, {high:.1%}]" in f.measured for f in rated)
    others = [f for f in of_claim(findings, 2) if f.measured.startswith("plateau → overfitting")]
    assert {f.verdict for f in others} == {"—"}


def test_without_any_whole_route_the_claim_does_not_hold():
    rows = [(1.0, "other", 1.0, 0.9, 1.0), (0.1, WHOLE, 0.99, 0.96, 1.0)]
    findings = of_claim(measure({"training": training(rows)}), 2)
    found = {f.setting: f.verdict for f in findings if f.measured.startswith(WHOLE)}
    for preset in PRESETS:
        assert {found[s] for s in found if s.startswith(preset) and "N(0, 1²)" in s} == {FAILS}
        assert {found[s] for s in found if s.startswith(preset) and "N(0, 0.1²)" in s} == {HOLDS}


def test_itineraries_are_listed_by_their_share():
    rows = [(1.0, f"way {k}", share, 0.0, 1.0) for k, share in enumerate((0.1, 0.6, 0.3))]
    findings = of_claim(measure({"training": training(rows)}), 2)
    listed = [f.measured.split(":")[0] for f in findings if f.setting.startswith("overparam")]
    assert listed[:3] == ["way 1", "way 2", "way 0"]


@pytest.mark.parametrize(
    ("attracting", "expected"),
    [
        ([0, 0, 0, 1], (HOLDS, HOLDS)),
        ([1, 0, 0, 1], (FAILS, HOLDS)),
        ([0, 0, 1, 0], (HOLDS, FAILS)),
    ],
)
def test_an_attractor_in_the_plateau_or_near_the_optimum_speaks_against(attracting, expected):
    regions = ["plateau", "plateau", "near-optimal", "overfitting"]
    findings = of_claim(measure({"graph": graph(regions, attracting)}), 1)
    rated = [f for f in findings if f.setting.startswith("one, ")]
    assert tuple(f.verdict for f in rated) == expected
    for f in rated:
        assert ("of which attracting: set" in f.measured) == (f.verdict == FAILS)


def test_an_empty_region_decides_nothing():
    findings = of_claim(measure({"graph": graph(["plateau", "overfitting"], [0, 1])}), 1)
    assert [f.verdict for f in findings if f.measured == "the region is empty"] == [UNDECIDED]


def test_chains_are_counted():
    none, two = (graph(["plateau"], [0], text) for text in ("", "a → b → c\na → d → c"))
    for data, expected, number in ((none, FAILS, "0 chains"), (two, HOLDS, "2 chains")):
        (found,) = (f for f in of_claim(measure({"graph": data}), 2) if f.verdict != MISSING)
        assert found.verdict == expected
        assert found.measured.startswith(number)
    assert "a → b → c" in found.measured


@pytest.mark.parametrize(("interval", "expected"), VERDICTS)
def test_single_attractors_are_judged_by_their_interval(interval, expected):
    findings = of_claim(measure({"collapse": collapse(interval)}), 3)
    rated = [f for f in findings if "overfitting attractor" in f.measured]
    assert len({f.setting for f in rated}) == 8  # presets times corners
    assert {f.verdict for f in rated} == {expected}
    assert {f.samples for f in rated} == {100}
    assert {f.verdict for f in findings if f not in rated} == {"—", MISSING}


@pytest.mark.parametrize(
    ("attracting", "expected"), [(0, HOLDS), (5, UNDECIDED), (50, FAILS), (100, FAILS)]
)
def test_plateaus_are_judged_over_all_data_sets(attracting, expected):
    """Of 100 data sets, so many with an attracting plateau."""
    data = collapse(plateaus=[1] * attracting + [0] * (100 - attracting))
    findings = of_claim(measure({"collapse": data}), 1)
    rated = [f for f in findings if f.verdict != MISSING]
    assert {f.verdict for f in rated} == {expected}
    assert all(f"= {1 - attracting / 100:.2f} [" in f.measured for f in rated)


@pytest.mark.parametrize(
    ("gradient", "distance", "expected"),
    [(0.3, 0.2, HOLDS), (0.0, 0.2, FAILS), (0.3, 0.0, FAILS), (1e-12, 1e-9, HOLDS)],
)
def test_the_optimum_is_no_critical_point(gradient, distance, expected):
    findings = of_claim(measure({"optimum": optimum(gradient, distance)}), 4)
    assert [f.verdict for f in findings] == [expected, expected]
    assert "σ^(1.020 ± 0.030)" in findings[0].measured
    assert "n^(-0.490 ± 0.020)" in findings[1].measured
    assert {f.samples for f in findings} == {4}


def test_data_sets_without_an_overfitting_attractor_are_left_out():
    data = optimum()
    data["distance_by_noise"][0] = np.nan
    first, _ = of_claim(measure({"optimum": data}), 4)
    assert first.verdict == HOLDS
    assert "nan" not in first.measured


def table_rows(text):
    """Findings as a reader of the page takes them down."""
    number, rows = 0, []
    for line in text.splitlines():
        if line.startswith("## "):
            number = int(line[3:].split(".")[0])
            assert line == f"## {number}. {CLAIMS[number]}"
        elif line.startswith("| ") and not line.startswith(("| setting ", "| --- ")):
            cells = line.replace("\\|", "|").removeprefix("| ").removesuffix(" |").split(" | ")
            setting, measured, samples, result = cells
            rows.append(Finding(number, setting, measured, int(samples), result.strip("*")))
    return rows


@pytest.mark.parametrize("names", [(), ("graph",), FIGURES])
def test_page_and_json_say_the_same(tmp_path, names):
    data = {name: part for name, part in everything().items() if name in names}
    paths = write(data, tmp_path / "new")
    assert [path.name for path in paths] == ["claims.md", "claims.json"]
    page, report = paths[0].read_text(encoding="utf-8"), json.loads(paths[1].read_text("utf-8"))
    assert report["claims"] == {str(k): text for k, text in CLAIMS.items()}
    findings = measure(data)
    assert report["findings"] == [asdict(f) for f in findings]
    assert table_rows(page) == sorted(findings, key=lambda f: f.claim)
    assert page == as_markdown(findings)


def test_writing_again_changes_nothing(tmp_path):
    first = [path.read_bytes() for path in write(everything(), tmp_path)]
    assert [path.read_bytes() for path in write(everything(), tmp_path)] == first
    assert sorted(path.name for path in tmp_path.iterdir()) == ["claims.json", "claims.md"]
