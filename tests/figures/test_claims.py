"""Verdicts on the claims from data made by hand, and the page that prints them."""

import json
import re
from dataclasses import asdict

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from docs import claims as evidence
from figures import collapse, optimum, scenario
from figures.apart import asides
from figures.claims import (
    CLAIMS,
    FAILS,
    HOLDS,
    MISSING,
    MOST,
    READINGS,
    UNDECIDED,
    as_markdown,
    contents,
    measure,
    verdict,
    write,
)
from figures.settings import Budget
from figures.shares import SUMMARY, sampled

ABOVE, ACROSS, BELOW = (0.96, 1.0), (0.9, 0.99), (0.1, 0.9)
VERDICTS = [(ABOVE, HOLDS), (ACROSS, UNDECIDED), (BELOW, FAILS), ((MOST, 1.0), HOLDS)]
DECIDING = {reading.figure for reading in READINGS}
PRESET = "fukumizu_amari"


def summary(interval, shape, dims):
    """Numbers of shares with one interval everywhere."""
    lower, upper = interval
    values = dict(zip(SUMMARY, (0.5 * (lower + upper), 0.25, lower, upper), strict=True))
    return {name: (dims, np.full(shape, value)) for name, value in values.items()}


def grid(interval=ABOVE):
    places = {"preset": [PRESET, "single_unit"], "size": [10, 1000], "noise": [0.1, 1.0]}
    coords = places | {"share": [collapse.SADDLES, collapse.SINGLE, collapse.ALONE]}
    counts = {name: (tuple(places), np.full((2, 2, 2), n)) for name, n in COUNTS.items()}
    return xr.Dataset(summary(interval, (2, 2, 2, 3), tuple(coords)) | counts, coords)


COUNTS = {"draws": 40, "budget": 150}
SEARCHED = [
    (PRESET, scenario.ITINERARY, 0.0, 1.0),
    ("best of 2", scenario.BEST, 0.0, 0.01),
    (PRESET, scenario.PASSAGE, 0.0, 0.1),
    ("alike", scenario.ARRIVAL, 0.0, 0.01),
    ("alike", scenario.DECIDED, 0.0, 1.0),
    ("alike", scenario.SINGLE, 0.0, 1.0),
    (PRESET, scenario.SINGLE, 0.0, 1.0),
    ("alike", scenario.TOGETHER, 0.01, 1.0),
    ("alike", scenario.USEFUL, 0.01, 1.0),
]


def searched(interval=ABOVE):
    names = ("family", "share", "weight_decay", "scale")
    columns = dict(zip(names, map(list, zip(*SEARCHED, strict=True)), strict=True))
    columns |= {"size": [100] * len(SEARCHED), "noise": [0.1] * len(SEARCHED)}
    columns |= {name: [n] * len(SEARCHED) for name, n in COUNTS.items()}
    rows = {name: ("row", column) for name, column in columns.items()}
    crossing = {
        "subject": 1,
        "size": 30,
        "threshold": 0.5,
        "text": "crosses 0.5 at noise = 0.3 to 0.7",
    }
    probes = {"subject": [1, 1], "size": [30, 30], "threshold": [0.5, 0.5], "data_sets": [50, 25]}
    rows |= {f"crossing_{name}": ("crossing", [value]) for name, value in crossing.items()}
    rows |= {f"probe_{name}": ("probe", column) for name, column in probes.items()}
    return xr.Dataset(summary(interval, len(SEARCHED), ("row",)) | rows)


def proofs(interval=ABOVE):
    """Shares of proofs, beside distances and gradients."""
    dims, coords = ("preset", "share"), {"preset": [PRESET], "share": [optimum.NEVER]}
    spread = np.linspace(1.0, 2.0, 12).reshape(4, 3)
    return xr.Dataset(
        summary(interval, (1, 1), dims)
        | {name: ("preset", [n]) for name, n in COUNTS.items()}
        | {
            f"{name}_by_{axis}": (("seed", axis), 0.2 * spread)
            for name in ("gradient", "distance")
            for axis in ("noise", "size")
        }
        | {f"distance_exponent_{axis}": ("fit", [k, 0.03, 4.0])
           for axis, k in (("noise", 1.02), ("size", -0.49))},
        coords,
    )  # fmt: skip


def everything(interval=ABOVE):
    return {
        "collapse": grid(interval), "scenario": searched(interval), "optimum": proofs(interval),
        "graph": graph(), "training": training(), "uniqueness": uniqueness(),
    }  # fmt: skip


def graph():
    return xr.Dataset(
        {
            "one_region": ("one_node", ["plateau", "plateau", "overfitting"]),
            "one_attracting": ("one_node", np.array([0, 1, 1], dtype=np.int8)),
            "one_label": ("one_node", ["origin 1", "line 1", "isolated 1"]),
        },
        attrs={"one_preset": "one", "one_complete_chains": "a → b → c\na → d → c",
               "one_samples": 100, "one_noise": 0.1},
    )  # fmt: skip


def training():
    rows = [(1.0, "way 0", 0.1), (0.1, "way 1", 0.4), (1.0, "way 2", 0.6), (1.0, "way 3", 0.3)]
    scales, ways, shares = map(list, zip(*rows, strict=True))
    columns = {"scale": scales, "itinerary": ways, "fraction": shares}
    columns |= {"lower": [0.0] * 4, "upper": [1.0] * 4}
    return xr.Dataset(
        {f"one_{name}": ("one_way", column) for name, column in columns.items()},
        attrs={"one_preset": "one", "one_starts": 40, "one_samples": 100, "one_noise": 0.1},
    )


def uniqueness():
    places = {"preset": ["one"], "size": [10, 30], "noise": [0.01, 0.1]}
    shares = {"estimate": [1.0, 0.0], "lower": [0.34, 0.0], "upper": [1.0, 0.66]}
    return xr.Dataset(
        {name: (tuple(places), np.array([[values, values]])) for name, values in shares.items()}
        | {"holds": ((*places, "seed"), np.ones((1, 2, 2, 2), dtype=bool))},
        places,
    )


def of_reading(findings, reading):
    return [f for f in findings if (f.claim, f.reading) == (reading.claim, reading.name)]


@given(st.floats(0.0, 1.0), st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_verdicts_follow_the_interval(a, b, wanted):
    lower, upper = min(a, b), max(a, b)
    found = verdict(lower, upper, wanted)
    assert (found == HOLDS) == (lower >= wanted)
    assert (found == FAILS) == (upper < wanted)
    assert (found == UNDECIDED) == (lower < wanted <= upper)


@pytest.mark.parametrize(("interval", "expected"), VERDICTS)
def test_every_reading_has_a_verdict_with_its_reason(interval, expected):
    findings = measure(everything(interval))
    for reading in READINGS:
        rows = of_reading(findings, reading)
        assert rows
        assert {f.verdict for f in rows} == {expected}
        assert {(f.samples, f.budget, f.lower, f.upper) for f in rows} == {(40, 150, *interval)}
        (why,) = {f.why for f in rows}
        assert why == {HOLDS: reading.holds, FAILS: reading.fails}.get(expected, why)
        assert ("budget of 150" in why) == (expected == UNDECIDED)


def test_both_readings_of_an_overfitting_solution_are_answered():
    assert {r.claim for r in READINGS} == set(CLAIMS)
    for claim in (2, 3):
        names = [r.name for r in READINGS if r.claim == claim]
        assert any(n.startswith("(a)") for n in names)
        assert any(n.startswith("(b)") for n in names)


def test_settings_name_what_was_trained_and_from_where():
    settings = {f.setting for f in measure(everything())}
    assert f"{PRESET}, n = 1000, σ = 0.1" in settings
    assert f"{PRESET}, n = 100, σ = 0.1, weights from N(0, 1²)" in settings
    assert "alike, n = 100, σ = 0.1, ρ = 0.01" in settings
    single = next(r for r in READINGS if (r.figure, r.share) == ("scenario", scenario.SINGLE))
    found = of_reading(measure(everything()), single)
    assert [f.setting for f in found] == ["alike, n = 100, σ = 0.1"]  # presets: figure collapse


def test_without_data_nothing_is_measured():
    findings = measure({})
    assert {f.claim for f in findings} == set(CLAIMS)
    assert {(f.verdict, f.samples) for f in findings} == {(MISSING, 0)}
    assert {f.setting.removeprefix("figure ") for f in findings} == DECIDING
    assert asides({}) == []


@pytest.mark.parametrize("left_out", sorted(DECIDING))
def test_what_is_missing_is_named_and_the_rest_is_measured(left_out):
    data = everything()
    whole = measure(data)
    assert all(f.verdict != MISSING for f in whole)
    del data[left_out]
    partial = measure(data)
    missing = {f for f in partial if f.verdict == MISSING}
    assert {f.setting for f in missing} == {f"figure {left_out}"}
    assert set(partial) - missing < set(whole)


def test_contents_list_every_setting_once():
    data = everything() | {"scenario": searched(BELOW), "optimum": proofs(ACROSS)}
    findings = measure(data)
    rows = contents(findings)
    assert [(r["claim"], r["reading"]) for r in rows] == [(r.claim, r.name) for r in READINGS]
    for row, reading in zip(rows, READINGS, strict=True):
        listed = [s for name in (HOLDS, FAILS, UNDECIDED, MISSING) for s in row[name]]
        assert sorted(listed) == sorted(f.setting for f in of_reading(findings, reading))
        expected = {"collapse": HOLDS, "scenario": FAILS, "optimum": UNDECIDED}[reading.figure]
        assert row[expected] == listed


def test_shares_apart_have_no_verdict_and_keep_their_numbers():
    rows = asides(everything())
    text = [f"{a.claim} {a.setting}: {a.measured} ({a.samples})" for a in rows]
    assert any("2 plateau sets, attracting: line 1 (1 data set)" in line for line in text)
    assert any("0 near-optimal sets, attracting: none" in line for line in text)
    ways = [a.measured.split(":")[0] for a in rows if "weights from" in a.setting]
    assert ways == ["way 2", "way 3", "way 0", "way 1"]
    assert any("2 chains" in line and "a → b → c" in line for line in text)
    assert any("P(one minimum near θ*, proved) ≥ 1.00 [0.34, 1.00]" in line for line in text)
    assert any("σ^(1.020 ± 0.030) (4 data sets)" in line for line in text)
    assert any("n^(-0.490 ± 0.030)" in line for line in text)
    assert any("3 single_unit, n = 30: share of data sets" in line for line in text)
    assert any("crosses 0.5 at noise = 0.3 to 0.7 (25 to 50 data sets" in line for line in text)


def test_distances_of_data_sets_without_an_attractor_are_left_out():
    data = proofs()
    data["distance_by_noise"][0] = np.nan
    assert all("nan" not in a.measured for a in asides({"optimum": data}))


def table_rows(text):
    """Cells of all tables under the headings of claims, as a reader takes them down."""
    number, rows = None, []
    for line in text.splitlines():
        if line.startswith("### "):
            number = line[4:].split(":")[0]
        elif line.startswith("## "):
            number = None
        elif number and line.startswith("| ") and not line.startswith(("| setting ", "| --- ")):
            cells = line.removeprefix("| ").removesuffix(" |").split(" | ")
            rows.append((number, *cells))
    return rows


@pytest.mark.parametrize("names", [(), ("collapse",), tuple(everything())])
def test_page_and_json_say_the_same(tmp_path, names):
    data = {name: part for name, part in everything().items() if name in names}
    paths = write(data, tmp_path / "new", Budget.THOROUGH)
    assert [path.name for path in paths] == ["claims.md", "claims.json"]
    page, report = paths[0].read_text(encoding="utf-8"), json.loads(paths[1].read_text("utf-8"))
    findings = measure(data)
    assert report["claims"] == {str(k): text for k, text in CLAIMS.items()}
    assert report["findings"] == [asdict(f) for f in findings]
    assert report["contents"] == contents(findings)
    assert report["intervals"]["source"] in page
    assert report["shares"] == [asdict(a) for a in asides(data)]
    read = [(row[0], row[1], row[2], row[4].strip("*"), row[5]) for row in table_rows(page)]
    assert read == [
        (f"{f.claim} {f.reading}", f.setting, f"{f.samples} of {f.budget}", f.verdict, f.why)
        for f in sorted(findings, key=lambda f: f.claim)
    ]
    assert "—" not in page
    assert page == as_markdown(findings, asides(data), Budget.THOROUGH)


@pytest.mark.parametrize(
    ("budget", "said"),
    [(Budget.QUICK, "A quick run"), (Budget.USUAL, "the usual budget"), (Budget.THOROUGH, "")],
)
def test_a_run_says_that_its_budgets_are_small(tmp_path, budget, said):
    page, report = (p.read_text("utf-8") for p in write({"collapse": grid()}, tmp_path, budget))
    assert said in page
    assert ("--thorough" in page) == bool(said)
    assert json.loads(report)["budget"] == budget
    assert json.loads(report)["quick"] == (budget == "quick")


def test_a_reading_of_thorough_runs_only_is_not_measured_by_others():
    data = searched()
    usual = data.isel(row=np.flatnonzero(data["share"].to_numpy() != scenario.BEST))
    (finding,) = (f for f in measure({"scenario": usual}) if "best of a search" in f.reading)
    assert finding.verdict == MISSING
    assert "--thorough" in finding.why


def test_writing_again_changes_nothing(tmp_path):
    first = [path.read_bytes() for path in write(everything(), tmp_path, Budget.USUAL)]
    assert [path.read_bytes() for path in write(everything(), tmp_path, Budget.USUAL)] == first
    assert sorted(path.name for path in tmp_path.iterdir()) == ["claims.json", "claims.md"]


def drawn(data):
    return {str(name): data.sel(share=name) for name in data["share"].to_numpy()}


@pytest.mark.parametrize(
    ("hit", "draws", "expected"),
    [((1.0, 1.0), 116, HOLDS), ((0.0, 0.0), 2, FAILS), ((0.0, 1.0), 150, UNDECIDED)],
)
def test_data_sets_are_drawn_until_their_share_is_decided(hit, draws, expected):
    """As many as the beta-binomial mixture needs; what is unknown is never decided."""
    data = sampled(lambda seed: {"share": hit}, 5, 150)
    at = drawn(data)["share"]
    assert (int(at["draws"]), int(at["budget"])) == (draws, 150)
    assert verdict(float(at["lower"]), float(at["upper"])) == expected
    assert (float(at["estimate"]), float(at["unknown"])) == (hit[0], hit[1] - hit[0])


def test_drawing_goes_on_for_the_last_share_and_to_the_least_number():
    seeds = []

    def draw(seed):
        seeds.append(seed)
        return {"never": (0.0, 0.0), "late": (float(seed > 12),) * 2}

    data = sampled(draw, 10, 40, least=7)
    assert seeds == list(range(10, 10 + int(data["draws"])))
    assert len(seeds) == 7
    assert float(drawn(data)["late"]["estimate"]) == pytest.approx(4 / 7)


def stamped(settings, **others):
    """Data as a run has stored them."""
    made = {"settings": json.dumps(settings), "versions": "{}", "key": "of the code"}
    return {name: data.assign_attrs(made) for name, data in (everything() | others).items()}


@pytest.mark.parametrize(
    "settings", [{"seed": 0, "budget": "thorough"}, {"seed": 0, "quick": False}]
)
def test_evidence_is_the_page_and_its_numbers(tmp_path, settings):
    table, report, page = evidence.write(stamped(settings), tmp_path)
    read, said = pd.read_csv(table), json.loads(report.read_text("utf-8"))
    findings = measure(everything())
    assert read["setting"].tolist() == [f.setting for f in findings]
    assert read["verdict"].tolist() == [f.verdict for f in findings]
    np.testing.assert_allclose(read["lower"], [f.lower for f in findings], atol=1e-4)
    assert said["findings"] == [asdict(f) for f in findings]
    assert said["budget"] == Budget.THOROUGH
    assert json.loads(said["made_by"]["scenario"]["settings"]) == settings
    text = as_markdown(findings, asides(everything()), Budget.THOROUGH)
    pictures, _, body = page.read_text("utf-8").partition("A claim about most cases")
    assert text.endswith(body)
    assert re.findall(r"pictures/claims_(\w+)\.png", pictures) == list(evidence.SHOWN)


def test_evidence_rests_on_one_budget(tmp_path):
    data = stamped({"budget": "usual"})
    data["scenario"] = stamped({"budget": "thorough"})["scenario"]
    with pytest.raises(SystemExit, match="of one budget"):
        evidence.write(data, tmp_path)
    assert list(tmp_path.iterdir()) == []
