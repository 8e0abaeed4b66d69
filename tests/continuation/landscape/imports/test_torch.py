"""Networks of PyTorch, where it is installed."""

import numpy as np
import pytest

from continuation.errors import InvalidInputError
from continuation.landscape.imports import from_torch

torch = pytest.importorskip("torch")
nn = torch.nn

RNG = np.random.default_rng(0)
X, Y = RNG.standard_normal((30, 3)), RNG.standard_normal((30, 2))
LABELS = RNG.integers(0, 2, 30)


def sequential(*modules):
    torch.manual_seed(1)
    return nn.Sequential(*modules).double()


@pytest.mark.parametrize(
    "activation",
    [nn.Tanh(), nn.ReLU(), nn.Sigmoid(), nn.SiLU(), nn.GELU(), nn.LeakyReLU(0.2), nn.Softplus(2.0)],
    ids=lambda module: type(module).__name__,
)
def test_a_sequential_has_its_function_and_its_loss(activation):
    network = sequential(nn.Linear(3, 4), activation, nn.Linear(4, 2))
    found = from_torch(network, torch.tensor(X), torch.tensor(Y))
    x, y = torch.tensor(X), torch.tensor(Y)
    with torch.no_grad():
        np.testing.assert_allclose(
            found.loss.predict(found.theta, X), network(x).numpy(), rtol=1e-10, atol=1e-12
        )
        theirs = float(nn.MSELoss()(network(x), y))
    assert found.value() == pytest.approx(theirs, rel=1e-12)


def test_losses_of_classes_are_theirs():
    network = sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
    x, labels = torch.tensor(X), torch.tensor(LABELS)
    with torch.no_grad():
        cross = float(nn.CrossEntropyLoss()(network(x), labels))
        logits = float(nn.BCEWithLogitsLoss()(network(x), torch.tensor(Y > 0.0).double()))
        huber = float(nn.HuberLoss()(network(x), torch.tensor(Y)))
    assert from_torch(network, X, LABELS, loss="softmax").value() == pytest.approx(cross, rel=1e-12)
    found = from_torch(network, X, (Y > 0.0).astype(float), loss="logistic")
    assert found.value() == pytest.approx(logits, rel=1e-12)
    assert from_torch(network, X, Y, loss="huber").value() == pytest.approx(huber, rel=1e-12)
    ended = nn.Sequential(*network, nn.LogSoftmax(dim=1))
    assert from_torch(ended, X, LABELS).value() == pytest.approx(cross, rel=1e-12)


def test_a_state_dict_is_the_same_network():
    network = sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 3), nn.Tanh(), nn.Linear(3, 2))
    whole = from_torch(network, X, Y)
    state = from_torch(network.state_dict(), X, Y, activation="tanh")
    assert whole.model == state.model
    np.testing.assert_array_equal(whole.theta, state.theta)
    with pytest.raises(InvalidInputError, match="holds no activations"):
        from_torch(network.state_dict())
    with pytest.raises(InvalidInputError, match="leave out"):
        from_torch(network, activation="tanh")


@pytest.mark.parametrize(
    ("modules", "said"),
    [
        ((nn.Conv1d(1, 1, 1),), "Conv1d"),
        ((nn.Linear(3, 2), nn.BatchNorm1d(2), nn.Linear(2, 1)), "BatchNorm1d"),
        ((nn.Linear(3, 2), nn.GELU(approximate="tanh"), nn.Linear(2, 1)), "GELU"),
    ],
)
def test_unknown_modules_are_named(modules, said):
    with pytest.raises(InvalidInputError, match=said):
        from_torch(nn.Sequential(*modules))
    with pytest.raises(InvalidInputError, match="no weight or bias"):
        from_torch(nn.Conv1d(1, 1, 1).state_dict(), activation="tanh")
