import numpy as np
import pytest

from symbolic import Model, kernel_functions, kernel_passes, load_kernels
from tests.symbolic.networks_by_hand import LossByHand, Perceptron, Saturation, complex_step

PERCEPTRONS = {
    "tanh": {"hidden": 2},
    "tanh, all options": {"hidden": 2, "bias": True, "offset": True},
    "erf": {"hidden": 2, "activation": "erf", "bias": True},
    "logistic": {"hidden": 2, "activation": "logistic", "offset": True},
    "softplus": {"hidden": 1, "activation": "softplus", "bias": True},
    "sin, fixed": {"hidden": 3, "activation": "sin", "output_weights": (1.0, -0.5, 2.0)},
    "formula": {"hidden": 1, "activation": "u/(1 + u**2)"},
    "tiled": {"hidden": 6, "activation": "erf", "bias": True, "offset": True},
}
COMPILED = ("tanh", "tanh, all options", "expression")
"""Compiling a model takes some ten seconds: the others run with the slow tests."""


def cases(names):
    return [
        pytest.param(name, marks=[] if name in COMPILED else [pytest.mark.slow]) for name in names
    ]


CASES = cases([*PERCEPTRONS, "expression"])
SIGMA, RHO, SAMPLES = 0.3, 0.05, 1500  # more than one block


def case(name):
    """A model and the same network by hand."""
    if name == "expression":
        model = Model.from_expression("b1*(1 - exp(-b2*x))", parameters=["b1", "b2"])
        return model, Saturation()
    options = PERCEPTRONS[name]
    model = Model.perceptron(**options)
    return model, Perceptron(**{**options, "activation": model.activation})


class Setup:
    """Data, constants and output arrays of a kernel call."""

    def __init__(self, name, samples=SAMPLES, weighted=False, seed=0):
        self.model, self.network = case(name)
        self.kernels = load_kernels(self.model)
        rng = np.random.default_rng(seed)
        self.x, self.noise = rng.normal(size=(2, samples))
        self.target = np.tanh(self.x)
        self.theta = rng.normal(size=self.model.dimension)
        rows = [self.x, self.target, self.noise]
        if weighted:
            rows.append(rng.dirichlet(np.ones(samples)))
        self.data = np.array(rows)
        self.work = np.full(self.kernels.work_shape, np.nan)

    def constants(self, code=0, size=None, s=1.0, nodes=0, schedule=(), sigma=SIGMA, rho=RHO):
        size = self.data.shape[1] if size is None else size
        return np.array([code, sigma, rho, size, s, nodes, *schedule], dtype=float)

    def call(self, kind, constants, theta=None, direction=None):
        d = self.model.dimension
        p = constants[(1, 3, 2, 4)[int(constants[0])]]
        theta = self.theta if theta is None else theta
        F, J, Fp = np.full(d, 7.0), np.full((max(d, 3), d), 7.0), np.full(max(d, 5), 7.0)
        if direction is None:
            J, Fp = J[:d], Fp[:d]
        else:
            J[0] = direction
        hidden = constants.copy()
        hidden[(1, 3, 2, 4)[int(constants[0])]] = np.nan  # p must be used in its place
        value = getattr(self.kernels, kind)(theta, p, hidden, self.data, self.work, F, J, Fp)
        return value, F, J, Fp

    def by_hand(self, omega, sigma=SIGMA, rho=RHO):
        return LossByHand(self.network, self.x, self.target, self.noise, omega, sigma, rho)


def close(actual, expected, scale=None):
    scale = np.max(np.abs(expected)) if scale is None else scale
    np.testing.assert_allclose(actual, expected, rtol=0, atol=1e-13 * max(scale, 1e-3))


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("weighted", [False, True])
def test_evaluate_agrees_with_the_network_by_hand(name, weighted):
    setup = Setup(name, weighted=weighted)
    omega = setup.data[3] if weighted else np.full(SAMPLES, 1 / SAMPLES)
    loss = setup.by_hand(omega)
    close(complex_step(loss.value, setup.theta), loss.gradient(setup.theta))
    value, F, J, Fp = setup.call("evaluate", setup.constants())
    close(value, loss.value(setup.theta))
    close(F, loss.gradient(setup.theta))
    close(J, loss.hessian(setup.theta))
    assert np.array_equal(J, J.T)
    jacobian = setup.network.jacobian(setup.theta, setup.x)
    close(Fp, -jacobian @ (omega * setup.noise))


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("weighted", [False, True])
def test_gradient_fills_the_gradient_only(name, weighted):
    setup = Setup(name, weighted=weighted)
    value, F, _, _ = setup.call("evaluate", setup.constants())
    same, G, J, Fp = setup.call("gradient", setup.constants())
    close(same, value)
    close(G, F)
    assert np.all(J == 7.0)
    assert np.all(Fp == 7.0)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("weighted", [False, True])
def test_jet_agrees_with_the_network_by_hand(name, weighted):
    setup = Setup(name, samples=400, weighted=weighted)
    omega = setup.data[3] if weighted else np.full(400, 1 / 400)
    loss = setup.by_hand(omega)
    e = np.random.default_rng(5).normal(size=setup.model.dimension)
    e /= np.linalg.norm(e)
    status, F, J, Fp = setup.call("jet", setup.constants(), direction=e)
    assert status == 0.0
    assert np.array_equal(J[0], e)
    close(F, loss.gradient(setup.theta))
    values = loss.along(loss.value, setup.theta, e, 4)
    gradients = loss.along(loss.gradient, setup.theta, e, 3)
    # the Cauchy integral loses k!/r^k of its digits
    np.testing.assert_allclose(Fp[:5], values, rtol=1e-8, atol=1e-9)
    np.testing.assert_allclose(J[1], gradients[2], rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(J[2], gradients[3], rtol=1e-8, atol=1e-9)
    _, _, H, _ = setup.call("evaluate", setup.constants())
    close(Fp[2], e @ H @ e, np.abs(H).max())


@pytest.mark.parametrize("name", CASES)
def test_network_function(name):
    setup = Setup(name)
    out = np.empty(SAMPLES)
    setup.kernels.network(setup.theta, setup.x, out)
    close(out, setup.network.outputs(setup.theta, setup.x))


@pytest.mark.slow
def test_names_of_an_expression_may_be_those_of_the_kernel_text():
    names = ["u", "a", "e_a", "x_i", "q0"]
    text = "u*sin(a*r) + e_a*exp(-x_i*r**2) + q0*r"
    hidden = Model.from_expression(text, names, input="r")
    x, theta, out = np.linspace(-1, 1, 5), np.arange(1.0, 6.0), np.empty(5)
    load_kernels(hidden).network(theta, x, out)
    expected = np.sin(2 * x) + 3 * np.exp(-4 * x**2) + 5 * x
    close(out, expected)
    kernels = load_kernels(hidden)
    data, work = np.array([x, 0 * x, 0 * x]), np.empty(kernels.work_shape)
    constants = np.array([0, 0.0, 0.0, 5, 1.0, 0.0])
    J, F, Fp = np.zeros((5, 5)), np.zeros(5), np.zeros(5)
    J[0] = np.arange(5.0)
    kernels.jet(theta, 0.0, constants, data, work, F, J, Fp)
    slope = np.array([np.sin(2 * x), x * np.cos(2 * x), np.exp(-4 * x**2),
                      -3 * x**2 * np.exp(-4 * x**2), x])  # fmt: skip
    close(F, slope @ expected / 5)


# -- the continued parameters ----------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 7, 1024, 1025, 1499, 1500])
@pytest.mark.parametrize("name", cases(["tanh", "tiled"]))
def test_at_whole_sizes_it_is_exactly_the_mean_of_the_first_samples(name, size):
    whole = Setup(name)
    value, F, J, _ = whole.call("evaluate", whole.constants(code=1, size=size))
    part = Setup(name)
    part.theta, part.data = whole.theta, np.ascontiguousarray(whole.data[:, :size])
    same, G, K, _ = part.call("evaluate", part.constants(code=0))
    assert value == same
    assert np.array_equal(F, G)
    assert np.array_equal(J, K)
    scheduled = whole.constants(code=1, size=size, schedule=(size, 1500))
    assert whole.call("evaluate", scheduled)[0] == value


@pytest.mark.parametrize(("size", "schedule"), [(7.3, ()), (1030.5, ()), (100.0, (20, 50, 1200))])
def test_between_sizes_the_block_carries_the_smoothstep(size, schedule):
    setup = Setup("tanh")
    lower, upper = (50, 1200) if schedule else (int(size), int(size) + 1)
    t = (size - lower) / (upper - lower)
    mu = 6 * t**5 - 15 * t**4 + 10 * t**3
    omega = np.where(np.arange(SAMPLES) < lower, 1.0, mu) * (np.arange(SAMPLES) < upper)
    loss = setup.by_hand(omega / omega.sum())
    _, F, J, _ = setup.call("evaluate", setup.constants(code=1, size=size, schedule=schedule))
    close(F, loss.gradient(setup.theta))
    close(J, loss.hessian(setup.theta))


@pytest.mark.parametrize(
    ("code", "entry", "p", "options"),
    [
        (0, "sigma", 0.3, {}),
        (2, "rho", 0.3, {}),
        (1, "size", 100.4, {}),
        (1, "size", 100.4, {"schedule": (20, 50, 1200)}),
        (3, "s", 0.3, {"nodes": 200}),
    ],
)
@pytest.mark.parametrize("name", cases(["tanh, all options", "tiled"]))
def test_parameter_derivative_against_differences(name, code, entry, p, options):
    setup = Setup(name, weighted="nodes" in options)

    def gradient(p):
        return setup.call("evaluate", setup.constants(code=code, **{**options, entry: p}))

    h = 1e-4
    stencil = [gradient(p + m * h)[1] for m in (-2, -1, 1, 2)]
    slope = (stencil[0] - 8 * stencil[1] + 8 * stencil[2] - stencil[3]) / (12 * h)
    np.testing.assert_allclose(gradient(p)[3], slope, rtol=1e-9, atol=1e-10)


def test_population_homotopy():
    setup = Setup("tanh", weighted=True)
    s, nodes = 0.3, 200
    factor = np.where(np.arange(SAMPLES) < nodes, 1 - s, s)
    loss = setup.by_hand(setup.data[3] * factor)
    value, F, J, _ = setup.call("evaluate", setup.constants(code=3, s=s, nodes=nodes))
    close(value, loss.value(setup.theta))
    close(F, loss.gradient(setup.theta))
    close(J, loss.hessian(setup.theta))


@pytest.mark.parametrize("size", [-5.0, 0.5, 1500.2, 1e9])
def test_sizes_out_of_range_touch_no_memory(size):
    setup = Setup("tanh")
    _, F, _, _ = setup.call("evaluate", setup.constants(code=1, size=size))
    assert F.shape == (4,)


def test_constants_have_names():
    names = ("CODE", "NOISE", "WEIGHT_DECAY", "SIZE", "HOMOTOPY", "NODES", "SCHEDULE")
    assert [getattr(kernel_passes, name) for name in names] == list(range(7))


# -- elementary functions --------------------------------------------------------------------


def test_tanh_is_accurate_odd_and_right_at_the_edges():
    u = np.concatenate([np.linspace(-25, 25, 4001), np.logspace(-320, 2, 2001)])
    ours = np.array([kernel_functions.tanh(value) for value in u])
    spacing = np.spacing(np.abs(np.tanh(u)))
    assert np.all(np.abs(ours - np.tanh(u)) <= 4 * spacing)
    assert np.array_equal(np.array([kernel_functions.tanh(-value) for value in u]), -ours)
    edges = [np.inf, -np.inf, 0.0, -0.0]
    assert [kernel_functions.tanh(value) for value in edges] == [1.0, -1.0, 0.0, 0.0]
    assert np.signbit(kernel_functions.tanh(-0.0))
    assert np.isnan(kernel_functions.tanh(np.nan))


@pytest.mark.parametrize("u", [-1000.0, -30.0, 0.0, 3.0, 1000.0])
def test_logistic_and_softplus_do_not_overflow(u):
    assert kernel_functions.logistic(u) == pytest.approx(0.5 + 0.5 * np.tanh(u / 2), abs=1e-16)
    assert kernel_functions.softplus(u) == pytest.approx(np.logaddexp(0, u), rel=1e-15)
