"""Pieces of figures on small data made by hand."""

from dataclasses import replace

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import networkx as nx
import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.patches import FancyArrowPatch

from continuation.errors import InvalidInputError, StoreError
from continuation.landscape import FlowGraph
from figures import evolution, job, motorcycle
from figures.arrays import join_presets, of_preset, padded
from figures.graph_data import EDGE_NUMBERS, NODE_NUMBERS, NODE_TEXTS, graph_arrays
from figures.plots import (
    BAND,
    KIND_NAMES,
    draw_graph,
    height_of,
    joined,
    median_and_band,
    node_texts,
    region_legend,
    unfollowed,
)
from figures.settings import OF_DATA, Budget, Settings
from figures.style import COLUMN, KIND_MARKERS, PAPER, REGION_COLOURS, Style
from figures.subjects import (
    UNTAUGHT,
    Subject,
    caption_of,
    conditions,
    heading,
    subjects,
    with_remark,
)
from symbolic import PRESETS

losses = st.lists(st.floats(1e-6, 10.0), min_size=1, max_size=20).map(np.array)


@pytest.fixture
def axes():
    canvas, panel = plt.subplots()
    yield panel
    plt.close(canvas)


def edges(*rows):
    """Rows of source, target, multiplicity, source_parameter."""
    columns = zip(*rows, strict=True)
    names = ("source", "target", "multiplicity", "source_parameter")
    return xr.Dataset({n: ("edge", np.array(c)) for n, c in zip(names, columns, strict=True)})


def nodes(loss, kind=None, region=None):
    k = len(loss)
    return xr.Dataset({
        "label": ("node", [f"set {i}" for i in range(k)]),
        "kind": ("node", kind or ["point"] * k),
        "region": ("node", region or ["other"] * k),
        "loss": ("node", np.asarray(loss, dtype=float)),
        "attracting": ("node", np.arange(k) == 0),
    })  # fmt: skip


def test_rows_are_padded_with_nan():
    out = padded([[1.0, 2.0, 3.0], [], [4.0]])
    np.testing.assert_array_equal(out, [[1.0, 2.0, 3.0], [np.nan] * 3, [4.0, np.nan, np.nan]])


@given(st.lists(st.integers(0, 6), min_size=1, max_size=6), st.integers(1, 3))
def test_padded_rows_come_back(lengths, width):
    rng = np.random.default_rng(0)
    rows = [rng.normal(size=(n, width)) for n in lengths]
    out = padded(rows)
    assert out.shape == (len(rows), max(lengths), width)
    for row, place in zip(rows, out, strict=True):
        np.testing.assert_array_equal(place[: len(row)], row)
        assert np.isnan(place[len(row) :]).all()


def test_settings_choose_and_refuse():
    assert Settings().choose(60, 20, 12) == 20
    assert Settings(budget=Budget.THOROUGH).choose(60, 20, 12) == 60
    assert Settings(budget=Budget.QUICK).choose(60, 20, 12) == 12
    assert Settings(3) == Settings(3) != Settings(3, Budget.QUICK)
    with pytest.raises(InvalidInputError, match="non-negative"):
        Settings(-1)


def test_models_sizes_and_noise_reach_the_parts_of_figures():
    asked = Settings(preset=("maleknia_sato",), n=30, noise=0.4)
    for name in ("training", "landscape", "graph", "noise", "size", "basins"):
        for part in job.figure_module(name).parts(asked):
            assert part.subject == Subject("maleknia_sato")
            assert part.samples == (1000 if name == "size" else 30)
            assert part.noise == (0.0 if name == "noise" else 0.4)
    assert asked.stated == {
        "seed": 0, "budget": "usual", "preset": ("maleknia_sato",), "n": 30, "noise": 0.4,
    }  # fmt: skip
    assert Settings(2).stated == {"seed": 2, "budget": "usual"}
    with pytest.raises(InvalidInputError, match="need two units"):
        job.figure_module("landscape").parts(Settings(preset=("single_unit",)))


def test_a_file_of_data_reaches_the_figure_of_observed_data(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("t,a_b,c\n" + "".join(f"{k},{k * k},{-k}\n" for k in range(9)))
    settings = Settings(data=str(path), columns="t, c")
    seen = motorcycle.observations(settings)
    assert (seen.x.name, seen.y.name) == ("t", "c")
    assert np.allclose(seen.y.measured(seen.data.target), -np.arange(9.0))
    assert settings.figures(job.NAMES, None) == list(OF_DATA)
    assert settings.stated["data"] == str(path)
    before = job.figure_key("motorcycle", settings)
    path.write_text(path.read_text() + "9,81,-9\n")
    assert job.figure_key("motorcycle", settings) != before


@pytest.mark.parametrize(
    ("given", "only", "error"),
    [
        ({"columns": "x,y"}, None, "--columns goes with --data"),
        ({"data": "mine.csv"}, ["noise", "graph"], "^noise: drawn of data that a teacher gives"),
        ({"data": "mine.csv", "n": 9}, None, "measured data have their own"),
    ],
)
def test_what_does_not_go_with_a_file_of_data(given, only, error):
    with pytest.raises(InvalidInputError, match=error):
        Settings(**given).figures(job.NAMES, only)


@pytest.fixture
def measured(tmp_path):
    """Settings of a file of 30 rows."""
    x = np.linspace(-2.0, 2.0, 30)
    y = np.tanh(3.0 * x) + 0.1 * np.cos(40.0 * x)
    path = tmp_path / "mine_0.csv"
    path.write_text("a,b\n" + "".join(f"{s},{t}\n" for s, t in zip(x, y, strict=True)))
    return Settings(budget=Budget.QUICK, data=str(path))


def test_figures_of_one_data_set_show_measured_data(measured):
    """Of each network once, without a noise, at sizes of the file."""
    assert [one.preset for one in subjects(measured)] == ["overparameterised"]
    many = replace(measured, preset=tuple(PRESETS))
    assert [one.model.hidden for one in subjects(many)] == [2, 1, 3]
    loss = subjects(measured)[0].loss(7, 0)
    assert (loss.data.size, loss.model.teacher, loss.data.kind) == (30, None, "observed")
    assert abs(loss.data.x.mean()) < 1e-12
    for name in OF_DATA[:-1]:
        for part in job.figure_module(name).parts(measured):
            assert part.subject.file == measured.data
            assert getattr(part, "noise", 0.0) == 0.0
    (size,) = job.figure_module("size").parts(measured)
    assert (size.schedule, size.limits) == ((10, 20, 30), (10.0, 30.0))
    assert [p.parameter for p in job.figure_module("basins").parts(measured)] == ["size"]
    assert [p.parameter for p in job.figure_module("evolution").parts(measured)] == ["size"]


def test_pictures_and_captions_of_measured_data_name_file_and_network(measured):
    of = xr.Dataset(attrs=subjects(measured)[0].facts(7, 0.0))
    assert heading(of) == with_remark(of) + ", $n=30$" == "mine_0, 2 units, $n=30$"
    assert (conditions(of, "n"), conditions(of, "σ")) == ("$n=30$", "")
    caption = caption_of([of], ["all"], ["one more"], noise="0.1 to 0.2")
    assert caption.models == ["f(x; θ) = v_1*tanh(w_1*x) + v_2*tanh(w_2*x)"]
    assert (caption.samples, caption.noise) == ("30", "that of the measurements")
    assert caption.data_sets == "1 data set, mine_0.csv, standardised"
    assert caption.notes == ("one more", UNTAUGHT)


def test_pictures_and_captions_of_presets_name_teacher_and_noise():
    of = xr.Dataset(attrs=Subject("overparameterised").facts(7, 0.5))
    assert heading(of) == "over-parameterised, $n=7$, $\\sigma=0.5$\nthe scenario happens"
    assert caption_of([of], ["all"]).noise == "0.5"
    assert caption_of([of], ["all"], noise="0.1 to 0.2").noise == "0.1 to 0.2"


def test_a_file_of_data_that_is_not_there_is_named(tmp_path):
    with pytest.raises(StoreError, match=r"nowhere\.csv"):
        job.all_parts("motorcycle", Settings(data=str(tmp_path / "nowhere.csv")), tmp_path)


@settings(deadline=None)
@given(losses)
def test_heights_keep_the_order_of_the_losses(loss):
    height = height_of(loss)
    assert height.min() == 0.0
    assert height.max() <= 1.0
    order = np.argsort(loss, kind="stable")
    gaps, steps = np.diff(loss[order]), np.diff(height[order])
    assert (steps >= 0.0).all()
    assert (steps[gaps > 1e-8 * np.ptp(loss)] > 0.0).all()
    assert (steps[gaps == 0.0] == 0.0).all()


@settings(deadline=None)
@given(losses, st.floats(0.1, 10.0), st.floats(-3.0, 3.0))
def test_heights_do_not_depend_on_unit_and_zero_of_the_loss(loss, scale, shift):
    apart = np.unique(np.round(loss, 3))
    np.testing.assert_allclose(height_of(apart), height_of(scale * apart + shift), atol=1e-6)


def test_larger_gaps_are_drawn_larger():
    steps = np.diff(height_of(np.array([0.0, 1e-4, 1e-4 + 1e-2, 1.0])))
    assert steps[0] < steps[1] < steps[2]
    # Logarithmic: the factors of about 100 between the gaps are equal steps of the steps.
    assert np.diff(steps)[0] == pytest.approx(np.diff(steps)[1], rel=0.02)


@given(st.permutations(range(6)))
def test_heights_belong_to_their_nodes(order):
    loss = np.array([0.1, 0.1001, 0.3, 0.31, 0.9, 2.0])
    np.testing.assert_array_equal(height_of(loss[list(order)]), height_of(loss)[list(order)])


def test_multiplicities_from_one_place_add_up():
    nan = np.nan
    links = joined(edges((0, 1, 2, nan), (0, 1, 3, nan), (0, 2, 1, nan), (1, 0, 7, nan)))
    assert links == {(0, 1): 5, (0, 2): 1, (1, 0): 7}


def test_of_the_places_of_a_line_the_largest_number_is_shown():
    links = joined(edges((0, 1, 2, 0.3), (0, 1, 2, 0.3), (0, 1, 3, 0.5), (0, 1, 1, 2.0)))
    assert links == {(0, 1): 4}


@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(1, 8)), min_size=1, max_size=12
    )
)
def test_no_multiplicity_is_lost_between_points(rows):
    links = joined(edges(*((a, b, m, np.nan) for a, b, m in rows)))
    assert sum(links.values()) == sum(m for _, _, m in rows)
    assert set(links) == {(a, b) for a, b, _ in rows}


def test_graphs_are_drawn_with_all_nodes_and_arrows(axes):
    kinds = ["point", "line", "infinity"]
    data = nodes([0.1, 0.4, 0.4000001], kinds, ["overfitting", "plateau", "near-optimal"])
    draw_graph(axes, data, edges((1, 0, 2, np.nan), (2, 0, 1, np.nan), (2, 0, 1, np.nan)))
    lines = axes.get_lines()
    assert [line.get_marker() for line in lines] == [KIND_MARKERS[k] for k in kinds]
    assert lines[0].get_markerfacecolor() == REGION_COLOURS["overfitting"]
    assert [line.get_markerfacecolor() for line in lines[1:]] == ["white", "white"]
    heights = [float(line.get_ydata()[0]) for line in lines]
    np.testing.assert_allclose(heights, height_of(data["loss"].to_numpy()))
    assert sum(isinstance(p, FancyArrowPatch) for p in axes.patches) == 2
    texts = [text.get_text() for text in axes.texts]
    assert sorted(texts) == sorted(["2", "2", "set 0", "set 1", "set 2"])
    axes.figure.canvas.draw()


def test_what_no_flow_was_followed_out_of_is_said(axes):
    data = nodes([0.1, 0.4, 0.5, 0.7])
    links = joined(edges((2, 0, 1, np.nan)))
    assert unfollowed(data, links) == {1, 3}
    draw_graph(axes, data, edges((2, 0, 1, np.nan)))
    styles = {text.get_text(): text.get_fontstyle() for text in axes.texts}
    italic = {name for name, style in styles.items() if style == "italic"}
    assert italic == {"set 1", "set 3"}


def test_a_single_node_is_drawn(axes):
    empty = {
        n: ("edge", np.empty(0)) for n in ("source", "target", "multiplicity", "source_parameter")
    }
    draw_graph(axes, nodes([0.1]), xr.Dataset(empty))
    axes.figure.canvas.draw()
    assert len(axes.get_lines()) == 1


def test_tick_labels_are_losses_at_the_heights_of_nodes(axes):
    loss = [0.1, 0.2, 0.2 + 1e-10, 0.7]
    draw_graph(axes, nodes(loss), edges((3, 0, 1, np.nan)))
    height = height_of(np.array(loss))
    labels = [t.get_text() for t in axes.get_yticklabels()]
    assert labels == ["0.1", "0.2", "0.7"]
    np.testing.assert_allclose(axes.get_yticks(), height[[0, 1, 3]])


def test_median_and_band_of_the_data_sets(axes):
    rng = np.random.default_rng(0)
    levels, values = np.array([1.0, 2.0, 4.0]), rng.uniform(1.0, 2.0, (11, 3))
    values[2, 1] = np.nan
    median_and_band(axes, levels, values, "distance")
    dots, middle = axes.get_lines()
    for column in range(3):
        there = values[np.isfinite(values[:, column]), column]
        assert middle.get_ydata()[column] == pytest.approx(np.median(there))
        low, high = np.quantile(there, BAND)
        band = axes.collections[0].get_paths()[0].vertices
        heights = band[np.isclose(band[:, 0], levels[column]), 1]
        assert [heights.min(), heights.max()] == pytest.approx([low, high])
    assert np.isfinite(dots.get_ydata()).sum() == 32
    assert middle.get_label() == "distance"
    axes.figure.canvas.draw()


def test_the_legend_shows_what_occurs(axes):
    region_legend(axes.figure, ["plateau", "plateau", "other"], ["line"])
    (legend,) = axes.figure.legends
    texts = {text.get_text() for text in legend.get_texts()}
    assert texts == {"plateau", "other", KIND_NAMES["line"], "filled: attracting"}


def test_the_style_is_restored():
    before = matplotlib.rcParams["font.size"], matplotlib.rcParams["figure.dpi"]
    with Style(font_size=5.5, more={"figure.dpi": 33}).used():
        assert matplotlib.rcParams["font.size"] == 5.5
        assert matplotlib.rcParams["figure.dpi"] == 33
    assert before == (matplotlib.rcParams["font.size"], matplotlib.rcParams["figure.dpi"])


def test_regions_are_told_apart_in_grey():
    """In luminance (Rec. 709): what has one meaning may have one colour."""
    shown = {matplotlib.colors.to_rgb(colour) for colour in REGION_COLOURS.values()}
    grey = np.sort(np.array(list(shown)) @ [0.2126, 0.7152, 0.0722])
    assert len(grey) == 4
    assert (np.diff(grey) > 0.1).all()


def test_a_style_needs_room_and_all_regions():
    with pytest.raises(InvalidInputError, match="at least 60"):
        Style(width=10.0)
    with pytest.raises(InvalidInputError, match="near-optimal"):
        Style(regions={k: "red" for k in REGION_COLOURS if k != "near-optimal"})


def test_panels_stand_below_each_other_in_a_column_and_keep_their_labels():
    for style, rows in ((PAPER, 2), (Style(width=COLUMN), 6)):
        canvas, axes = style.panels(2, 3, 0.6, share="xy")
        for panel in axes[-1]:
            panel.set_xlabel("across")
        for row in axes:
            row[0].set_ylabel("up")
        axes[0, 1].set_title("named")
        axes[1, 0].set_axis_off()
        style.finished(canvas, axes)
        assert axes.shape == (2, 3)
        assert axes[0, 0].get_subplotspec().get_gridspec().nrows == rows
        assert canvas.get_size_inches()[0] == pytest.approx(style.width / 25.4)
        labelled = [panel.get_xlabel() for panel in axes[0]] == ["across"] * 3
        assert labelled == style.is_narrow
        texts = [panel.get_title() or panel.get_title(loc="left") for panel in axes.ravel()]
        letters = [text[len(r"$\mathbf{")] if text else "" for text in texts]
        assert letters == ["a", "b", "c", "", "d", "e"]
        assert texts[1].endswith("named")
        plt.close(canvas)


def small_graph():
    graph = nx.MultiDiGraph()
    common = {"subkind": "isolated", "found_by": "search", "nullity": 0, "orbit_size": 8}
    graph.add_node(
        "low", kind="point", region="overfitting", index=0, attracting=True, loss=0.1, **common
    )
    graph.add_node(
        "end", kind="infinity", region="other", index=0, attracting=True, loss=0.2, **common
    )
    graph.add_node(
        "high", kind="line", region="plateau", index=1, attracting=False, loss=0.5, **common
    )
    edge = {"status": "point", "departure": "unstable direction"}
    graph.add_edge("high", "end", multiplicity=1, loss_drop=0.3, duration=50.0, **edge)
    graph.add_edge(
        "high", "low", multiplicity=4, loss_drop=0.4, duration=9.0, source_parameter=0.25, **edge
    )
    return FlowGraph(graph)


def test_arrays_hold_what_the_graph_holds():
    graph = small_graph()
    data = graph_arrays(graph)
    labels = data["label"].to_numpy().tolist()
    assert labels == list(graph.nx.nodes)
    for k, label in enumerate(labels):
        for name in NODE_TEXTS:
            assert data[name].to_numpy()[k] == graph.nx.nodes[label][name]
        for name in NODE_NUMBERS:
            assert data[name].to_numpy()[k] == graph.nx.nodes[label][name]
    found = {
        (labels[a], labels[b], *numbers)
        for a, b, *numbers in zip(
            *(data[n].to_numpy() for n in ("source", "target", *EDGE_NUMBERS)), strict=True
        )
    }
    assert found == {
        (a, b, *(edge[n] for n in EDGE_NUMBERS)) for a, b, edge in graph.nx.edges(data=True)
    }
    np.testing.assert_array_equal(np.sort(data["source_parameter"]), [0.25, np.nan])


def test_arrays_are_stored_and_drawn(axes, tmp_path):
    data = graph_arrays(small_graph())
    data.to_netcdf(tmp_path / "graph.nc", engine="h5netcdf")
    back = xr.load_dataset(tmp_path / "graph.nc", engine="h5netcdf")
    xr.testing.assert_equal(back, data)
    draw_graph(axes, back, back)
    axes.figure.canvas.draw()
    assert len(axes.get_lines()) == 3


def test_a_graph_without_connections_has_arrays():
    graph = small_graph()
    graph.nx.remove_edges_from(list(graph.nx.edges(keys=True)))
    data = graph_arrays(graph)
    assert data["source"].size == data["departure"].size == 0
    assert data.sizes["node"] == 3


def test_presets_are_joined_and_parted_without_loss():
    parts = [
        xr.Dataset(
            {"value": ("k", np.arange(3.0) + k), "odd": (("k", "j"), np.ones((3, k + 1)))},
            {"k": [5, 6, 7 + k]},
            {"preset": name, "samples": k},
        )
        for k, name in enumerate(("first", "second"))
    ]
    joined = join_presets(parts)
    for part in parts:
        xr.testing.assert_identical(of_preset(joined, part.attrs["preset"]), part)


def test_a_level_that_no_data_set_reaches_is_left_out():
    canvas, axes = plt.subplots()
    median_and_band(
        axes, np.array([1.0, 2.0, 4.0]), np.array([[1, np.nan, 3], [2, np.nan, 5]]), "m"
    )
    np.testing.assert_array_equal(axes.lines[-1].get_xdata(), [1.0, 4.0])
    np.testing.assert_array_equal(axes.lines[-1].get_ydata(), [1.5, 4.0])
    plt.close(canvas)


def test_labels_of_crowded_graphs_are_abbreviated_without_loss():
    few = ["isolated 1", "split line 1"]
    assert node_texts(few) == (few, "")
    many = [
        f"{name} {k}" for name in ("isolated", "silent curve", "isolated (flow)") for k in range(9)
    ]
    texts, key = node_texts(many)
    assert len(set(texts)) == len(many)
    assert texts[9] == "sc0"
    assert key.replace("\n", " ") == (
        "i isolated, if isolated (flow), sc silent curve, arrows without a number: 1"
    )
    shared = [f"{name} {k}" for name in ("confluence", "corner", "step") for k in range(9)]
    texts, key = node_texts(shared)
    assert (texts[0], texts[9]) == ("con0", "cor0")
    assert key.startswith("con confluence, cor corner, s step")


def test_both_presets_have_their_timelines():
    """Parts of one strand, an event and a switch each, joined and drawn panel by panel."""
    settings = Settings(budget=Budget.QUICK)
    made = []
    for part in evolution.parts(settings):
        low, high = part.limits
        middle = 0.5 * (low + high)
        rows = {
            "bar": [
                (0.0, low, middle, "near-optimal", 1.0, 0.0),
                (0.0, middle, high, "other", 0.0, 1.0),
            ],
            "side": [(0.0, 0.0, low, high)],
            "mark": [(0.0, middle, "fold")],
            "switch": [(0.0, 0.0, 0.0, middle)],
            "interval": [(low, middle, 1.0), (middle, high, 2.0)],
        }
        columns = {
            "bar": ("lane", "lower", "upper", "region", "index", "attracting"),
            "side": ("source", "target", "lower", "upper"),
            "mark": ("lane", "p", "kind"),
            "switch": ("source", "before", "after", "p"),
            "interval": ("lower", "upper", "attractors"),
        }
        variables = {"label": ("lane", ["isolated 1"])}
        for name, names in columns.items():
            variables |= evolution._columns(name, names, rows[name])
        attributes = {"parameter": part.parameter, "lower": low, "upper": high, "notes": "sampled"}
        facts = part.subject.facts(part.samples, part.noise)
        made.append(xr.Dataset(variables, attrs=attributes | facts))
    data = evolution.assemble(settings, made)
    canvas = evolution.draw(data)
    titles = [axes.get_title(loc) for axes in canvas.axes for loc in ("left", "center")]
    for name in settings.preset:
        assert sum(PRESETS[name].title in title for title in titles) == 2
    assert evolution.caption(data).models == list(settings.preset)
    plt.close(canvas)
