"""A location in words: one sentence for each question."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from continuation.arrays import Array
from continuation.landscape.diagnosis.channels import Channel
from continuation.landscape.diagnosis.columns import in_columns, readings
from continuation.landscape.diagnosis.redundancy import COPY, OPPOSITE, NearEmbedding, shown_by
from continuation.landscape.diagnosis.saddles import SaddlePassage
from continuation.landscape.infinity import SEPARATED
from continuation.landscape.network import Layout
from continuation.landscape.sets import KINK, CriticalSet
from symbolic import Model

if TYPE_CHECKING:
    from continuation.landscape.diagnosis.location import Location

AT_A_SET, CONVERGING, PASSING, IN_CHANNEL, DESCENDING = (
    "at a set", "converging", "passing a saddle", "in a channel", "descending",
)  # fmt: skip
"""Stages of a training."""


SEPARATION = (
    "The gradient flow runs to infinity: the classes are separated, the margins grow like log t, "
    "and the loss falls to 0 like 1/t (up to powers of log t)."
)
"""Of flows whose loss is below that of one sample on the wrong side."""


def told(location: Location) -> tuple[str, ...]:
    """The content of `Location.sentences`."""
    sentences = [_slope(location), _stage(location), _end(location)]
    if location.embedding is not None:
        sentences.append(_embedding(location.embedding, location.layers))
    sentences.append(readings(location))
    sentences.append(f"Sets: {location.method}.")
    if location.unanswered:
        sentences.append(f"Not answered: {'; '.join(location.unanswered)}.")
    return tuple(sentence for sentence in sentences if sentence)


def _slope(location: Location) -> str:
    if location.inertia is None:
        lowest = "".join(f", lowest eigenvalue {value:.3g}" for value in location.eigenvalues)
        return f"Loss {location.loss:.6g}, |∇L| = {location.gradient_norm:.2g}{lowest}."
    negative, zero, positive = location.inertia
    flat = f", {zero} flat to rounding" if zero else ""
    bend = "curves" if negative == 1 else "curve"
    return (
        f"Loss {location.loss:.6g}, |∇L| = {location.gradient_norm:.2g} "
        f"({location.gradient_cosine:.1g} of what residual and slopes allow); of "
        f"{location.theta.size} directions {negative} {bend} down{flat}, {positive} up."
    )


def _stage(location: Location) -> str:
    there = location.nearest_theta
    near = "" if location.nearest is None else _named(location.nearest, there)
    if location.stage == IN_CHANNEL and location.channel is not None:
        return _channel(location.loss_of.model, location.channel, location.columns)
    what = "a minimum" if location.index == 0 else f"a saddle of index {location.index}"
    if location.nearest is not None and location.nearest.subkind == KINK:
        what = "on kinks of units, no critical point"
    elif location.nearest is not None and location.nearest.dimension and location.inertia:
        what += f", flat along {location.inertia[1]} of its directions"
    if location.stage == AT_A_SET and location.nearest is None:
        return f"The gradient is zero to rounding: the weights are at {what}."
    if location.stage == AT_A_SET:
        stays = "" if location.passage is None else f" {_passage(location.passage, 'It')}"
        return f"The weights are at {near} (distance {location.distance:.1e}), {what}.{stays}"
    if location.stage == CONVERGING:
        return f"They converge to {near}, at distance {location.distance:.2g}."
    if location.passage is not None:
        passage = location.passage
        saddle = _named(passage.saddle, passage.theta)
        return (
            f"They pass the saddle {saddle}, index {passage.rates.size} there, at distance "
            f"{passage.distance:.2g}. {_passage(passage, 'The flow')}"
        )
    if not near:
        met = "" if location.flow is None else "; no critical set at finite weights was met"
        return f"They are still descending{met}."
    return f"They are still descending; the nearest set is {near}, at {location.distance:.3g}."


def _passage(passage: SaddlePassage, who: str) -> str:
    if not math.isfinite(passage.time):
        return f"{who} does not leave it: push the weights along `direction`."
    integrated = passage.flow_time
    really = "" if math.isnan(integrated) else f" (integrated: {integrated:.3g})"
    return (
        f"{who} leaves its neighbourhood of radius {passage.radius:.2g} after {passage.time:.3g} "
        f"of flow time{really}; unstable rates {_numbers(passage.rates)}."
    )


def _channel(model: Model, channel: Channel, columns: tuple[str, ...]) -> str:
    groups = "; ".join(_together(model, group) for group in channel.units)
    law = "" if channel.law is None else f", |v| ≈ {channel.law.weight_factor:.3g} t^(1/4)"
    limit = in_columns(channel.limit, columns).text()
    return (
        f"They are in a channel to infinity ({channel.subkind}: {groups}){law}. Its limit has "
        f"{limit}; the function is {channel.function_gap:.1%} of the targets away "
        f"from that, the loss {channel.loss_gap:.2g} above."
    )


def _together(model: Model, group: tuple[int, ...]) -> str:
    """Units by the names of their input weights; those of a layer have several, and a number."""
    if model.is_network:
        return ", ".join(f"unit {unit + 1}" for unit in group)
    layout, names = Layout.of(model), model.parameter_names
    return ", ".join(names[layout.input_places(unit)[0]] for unit in group)


def _end(location: Location) -> str:
    if location.flow is None:
        return ""
    if location.basin is None:
        why = location.loss_of.model.continua(decays=location.conditions.decays)
        more = f" No minimum is isolated here: {'; '.join(why)}." if why else ""
        return f"Where the gradient flow ends is not decided ({location.flow.message}).{more}"
    found = location.basin
    if found.subkind == SEPARATED.name:
        return SEPARATION
    if found.subkind == KINK:
        return (
            f"The gradient flow ends on kinks, at loss {found.loss:.6g}, where there is no "
            f"gradient ({location.flow.message})."
        )
    if location.ends_at_nearest and location.stage in (AT_A_SET, CONVERGING):
        return f"The gradient flow ends there, at loss {found.loss:.6g}."
    if found.limit is not None and location.channel is None:
        limit = in_columns(found.limit, location.columns).text()
        return (
            f"The gradient flow runs to infinity, to {_named(found)}, at loss {found.loss:.6g}; "
            f"its limit has {limit}."
        )
    last = None if location.flow is None else location.flow.representative
    return f"The gradient flow ends in {_named(found, last)}, at loss {found.loss:.6g}."


def _embedding(near: NearEmbedding, layers: int) -> str:
    where = f" of layer {near.layer + 1}" if layers > 1 else ""
    who = " and ".join(f"unit {k + 1}" for k in near.units) + where
    cancels = ", outputs cancelling" if near.cancelling else ""
    return f"Nearest smaller network: {who} {_state(near)}, {near.distance:.2g} away{cancels}."


def _state(near: NearEmbedding) -> str:
    """What the units of an embedding are, as an adjective."""
    return {COPY: "equal", OPPOSITE: "opposite"}.get(near.kind, near.kind.split()[0])


def _relation(near: NearEmbedding) -> str:
    """What the units of a set are to each other."""
    who = " and ".join(f"unit {k + 1}" for k in near.units)
    layer = f" of layer {near.layer + 1}" if near.layer else ""
    return f"{who}{layer} {'are' if len(near.units) > 1 else 'is'} {_state(near)}"


def _named(found: CriticalSet, theta: Array | None = None) -> str:
    """Label and region, and at its point θ (d,) what units are no units of their own."""
    region = "" if found.region == "unlabelled" else f" ({found.region})"
    shown = [] if theta is None else [_relation(one) for one in shown_by(found.model, theta)]
    units = f", where {'; '.join(shown)}" if shown else ""
    return f"{found.label}{region}{units}"


def _numbers(values: np.ndarray) -> str:
    return ", ".join(f"{value:.3g}" for value in values)
