"""The loss landscape of a network: data, critical sets, gradient flow, heteroclinic graph."""

from continuation.landscape.dataset import Dataset
from continuation.landscape.loss import Jet, Loss, LossAt

__all__ = ["Dataset", "Jet", "Loss", "LossAt"]
