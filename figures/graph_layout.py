"""Where nodes, arrows and numbers of a drawn graph stand: no arrow through a foreign node.

Heights are given by the losses. Places across and the bends of arrows are chosen one after the
other, each as good as the others allow, until nothing improves: coordinate descent on what a reader
stumbles over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from continuation.arrays import Array

COLUMNS = 17
"""Places across that a node may have."""

MANY, FINER = 40, 2
"""Nodes beyond which there are so many times more places: between neighbours there is room."""

SWEEPS = 6
"""Times that every node is moved at most; most graphs rest after three."""

NEAR = 13.0
"""Points within which an arrow touches a foreign node."""

LEAST_OVERLAP = 0.3
"""What boxes that just meet cost, as a share of boxes on each other: any overlap is read badly."""

TOUCHING = 5.0
"""Points within which an arrow and a node are seen as one."""

LEAST_SLOPE = 1e-9
"""Points: an arrow that is upright or level to rounding is taken as so much inclined."""

ALONG = np.linspace(0.0, 1.0, 25)
"""Where an arrow is looked at."""

BENDS = (0.0, 0.12, -0.12, 0.25, -0.25, 0.4, -0.4)
"""Bends of an arrow as Matplotlib's "arc3" has them, the straight one first."""

NUMBER_PLACES = np.linspace(0.14, 0.86, 37)
"""Shares of an arrow at which its number may stand."""

LETTER, LINE = 4.2, 9.0
"""Size in points of a letter and a line of a label (of 6.7 points)."""

OVERLAP, THROUGH, OVER_LABEL, CROSSING, LENGTH, OUTSIDE = 300.0, 8.0, 4.0, 0.6, 0.5, 1e3
"""Costs: of two nodes or labels on each other, of an arrow through a node, over a label, of two
arrows that cross, of an arrow across the panel, and of one that leaves it."""


@dataclass(frozen=True, eq=False)
class Scene:
    """What is placed.

    Attributes
    ----------
    height : ndarray, shape (n,)
        In points.
    width : float
        Of the panel, in points.
    labels : ndarray, shape (n,)
        Widths of the labels below the nodes, in points.
    links : ndarray, shape (m, 2)
        From and to.
    """

    height: Array
    width: float
    labels: Array
    links: NDArray[np.int64]


def places_across(scene: Scene) -> Array:
    """Places of the nodes in points, shape (n,), each within the panel with its label."""
    n = scene.height.size
    across = np.full(n, 0.5 * scene.width)
    for k in np.argsort(scene.height, kind="stable"):
        across[k] = _columns(scene, k)[0]
    placed: list[int] = []
    for k in np.argsort(scene.height, kind="stable"):
        placed.append(int(k))
        across[k] = _best(scene, across, int(k), np.array(placed))
    everyone = np.arange(n)
    for _ in range(SWEEPS):
        before = across.copy()
        for k in everyone:
            across[k] = _best(scene, across, int(k), everyone)
        for j, k in _on_each_other(scene, across):
            across[[j, k]] = _best_two(scene, across, j, k)
        if (across == before).all():
            break
    return across


def _columns(scene: Scene, k: int) -> Array:
    edge = min(0.5 * scene.labels[k] + 2.0, 0.5 * scene.width)
    finer = FINER if scene.height.size > MANY else 1
    return np.linspace(edge, scene.width - edge, finer * (COLUMNS - 1) + 1)


def _best(scene: Scene, across: Array, k: int, placed: NDArray[np.int64]) -> float:
    """The cheapest place of one node, beside those that are placed."""
    places = _columns(scene, k)
    return float(places[int(np.argmin(np.round(_costs(scene, across, k, placed, places), 9)))])


def _best_two(scene: Scene, across: Array, j: int, k: int) -> tuple[float, float]:
    """The cheapest places of two nodes, of which neither finds a better one alone."""
    everyone = np.arange(across.size)
    places, beside, costs = _columns(scene, j), _columns(scene, k), []
    for place, cost in zip(
        places, _costs(scene, across, j, everyone[everyone != k], places), strict=True
    ):
        tried = across.copy()
        tried[j] = place
        costs.append(cost + _costs(scene, tried, k, everyone, beside))
    first, second = np.divmod(int(np.argmin(np.round(costs, 9))), beside.size)
    return float(places[first]), float(beside[second])


def _on_each_other(scene: Scene, across: Array) -> list[tuple[int, int]]:
    """Pairs of nodes whose boxes or labels overlap."""
    points = np.column_stack([across, scene.height])
    everyone = np.arange(across.size)
    return [
        (k, int(j))
        for k in range(across.size)
        for j in everyone[k + 1 :][
            _crowding(scene, points[[k]], points, k, everyone[k + 1 :])[0] > 0
        ]
    ]


def _costs(scene: Scene, across: Array, k: int, placed: NDArray[np.int64], places: Array) -> Array:
    """What each place of one node costs: itself, and the arrows that touch it."""
    others = placed[placed != k]
    points = np.column_stack([across, scene.height])
    tried = np.column_stack([places, np.full(places.size, scene.height[k])])
    links = scene.links[np.isin(scene.links, placed).all(axis=1)]
    own = (links == k).any(axis=1)
    rest, ends = links[~own], links[own].sum(axis=1) - k
    costs = OVERLAP * _crowding(scene, tried, points, k, others).sum(axis=1)
    foreign = (points[rest[:, 0]], points[rest[:, 1]])
    costs += THROUGH * _touches(_distances(*foreign, tried)).sum(axis=0)
    costs += LENGTH * np.abs(places[:, None] - across[ends]).sum(axis=1) / scene.width
    if not ends.size:
        return np.asarray(costs)
    mine = (np.repeat(tried, ends.size, axis=0), np.tile(points[ends], (places.size, 1)))
    over = OVER_LABEL * _over_labels(*mine, label_boxes(scene, points)[others])
    over = (over + THROUGH * _touches(_distances(*mine, points[others]))).reshape(
        places.size, ends.size, others.size
    )
    costs += (over * (ends[:, None] != others)).sum(axis=(1, 2))
    free = (rest[None] != ends[:, None, None]).all(axis=2)
    crossed = _crossings(*mine, *foreign).reshape(places.size, ends.size, len(rest))
    return np.asarray(costs + CROSSING * (crossed & free).sum(axis=(1, 2)))


def _distances(start: Array, end: Array, nodes: Array) -> Array:
    """Distance of every straight arrow (m, 2) to every node (k, 2), shape (m, k)."""
    along = end - start
    to = nodes[None] - start[:, None]
    length = np.maximum((along**2).sum(axis=1), 1e-9)[:, None]
    share = np.clip((to * along[:, None]).sum(axis=2) / length, 0.0, 1.0)
    return np.asarray(np.linalg.norm(to - share[..., None] * along[:, None], axis=2))


def _touches(distance: Array) -> Array:
    """How much arrows at these distances touch a node: the nearer the more."""
    return np.asarray(np.maximum(1.0 - distance / NEAR, 0.0) + (distance < 0.7 * NEAR))


def _over_labels(start: Array, end: Array, boxes: Array) -> NDArray[np.bool_]:
    """Whether each straight arrow (m, 2) runs over each box (k, 2, 2), shape (m, k)."""
    along = end - start
    along = np.where(np.abs(along) < LEAST_SLOPE, LEAST_SLOPE, along)[:, None, None]
    shares = (boxes[None] - start[:, None, None]) / along  # of the arrow, where it meets a side
    first, last = shares.min(axis=2).max(axis=2), shares.max(axis=2).min(axis=2)
    return np.asarray(np.maximum(first, 0.0) < np.minimum(last, 1.0))


def _crowding(
    scene: Scene, tried: Array, points: Array, k: int, others: NDArray[np.int64]
) -> Array:
    """How far a node and its label reach into others (c, k) at places (c, 2), 0 to 1."""
    widths = np.maximum(scene.labels, NEAR)
    apart = 0.5 * (widths[k] + widths[others]) + 3.0
    between = np.abs(tried[:, None] - points[others])
    beside, above = 1.0 - between[..., 0] / apart, 1.0 - between[..., 1] / (NEAR + LINE)
    meets = (beside > 0.0) & (above > 0.0)
    return np.asarray(meets * (LEAST_OVERLAP + beside * above))


def _hits(curve: Array, nodes: Array) -> float:
    """How many nodes a curve touches, the nearer the more."""
    if not len(nodes):
        return 0.0
    return float(_touches(np.linalg.norm(curve[:, None] - nodes[None], axis=2).min(axis=0)).sum())


def _over(curve: Array, boxes: Array) -> float:
    """How many boxes (k, 2, 2) a curve (m, 2) runs over."""
    within = (curve[:, None] > boxes[:, 0]) & (curve[:, None] < boxes[:, 1])
    return float(within.all(axis=2).any(axis=0).sum())


def label_boxes(scene: Scene, points: Array) -> Array:
    """Lower left and upper right corners (n, 2, 2) of the labels below the nodes (n, 2)."""
    half = 0.5 * scene.labels
    x, y = points.T
    lower, upper = np.column_stack([x - half, y - 7.0 - LINE]), np.column_stack([x + half, y - 7.0])
    return np.stack([lower, upper], axis=1)


def _inside(curve: Array, box: Array) -> bool:
    within = (curve > box[0]) & (curve < box[1])
    return bool(np.any(np.all(within, axis=1)))


def _crossings(p: Array, q: Array, a: Array, b: Array) -> NDArray[np.bool_]:
    """Whether straight arrows from p to q (m, 2) cross those from a to b (k, 2), shape (m, k)."""

    def side(start: Array, end: Array, at: Array) -> Array:
        u, v = end - start, at - start
        return np.asarray(np.sign(u[..., 0] * v[..., 1] - u[..., 1] * v[..., 0]))

    p, q, a, b = p[:, None], q[:, None], a[None], b[None]
    return np.asarray((side(p, q, a) * side(p, q, b) < 0) & (side(a, b, p) * side(a, b, q) < 0))


def bezier(start: Array, end: Array, bend: float) -> Array:
    """Points of an arrow (25, 2), bent as Matplotlib's "arc3" bends it."""
    along = end - start
    control = 0.5 * (start + end) + bend * np.array([along[1], -along[0]])
    t = ALONG[:, None]
    return np.asarray((1 - t) ** 2 * start + 2 * t * (1 - t) * control + t**2 * end)


def bends(scene: Scene, across: Array) -> list[float]:
    """The least bend of each arrow with which it touches the fewest nodes and labels."""
    points = np.column_stack([across, scene.height])
    lowest = np.array([0.0, scene.height.min(initial=0.0) - LINE])
    highest = np.array([scene.width, scene.height.max(initial=0.0) + 0.5 * LINE])
    boxes = label_boxes(scene, points)
    chosen = []
    for a, b in scene.links:
        foreign = np.array([j for j in range(len(points)) if j not in (a, b)], dtype=np.int64)
        costs = []
        for bend in BENDS:
            curve = bezier(points[a], points[b], bend)
            outside = (np.clip(curve, lowest, highest) != curve).any()
            costs.append(
                THROUGH * _hits(curve, points[foreign])
                + OVER_LABEL * _over(curve, boxes[foreign])
                + abs(bend)
                + OUTSIDE * outside
            )
        chosen.append(BENDS[int(np.argmin(costs))])
    return chosen


def number_places(
    scene: Scene, across: Array, bent: Sequence[float], texts: Sequence[str]
) -> Array:
    """Where the number of each arrow stands, shape (m, 2): clear of nodes, labels and numbers.

    Nowhere, that is at nan, where it is empty.
    """
    points = np.column_stack([across, scene.height])
    boxes = list(label_boxes(scene, points))
    boxes += [np.array([point - 5.0, point + 5.0]) for point in points]
    curves = _curves(scene, points, bent)
    found: list[Array] = []
    for own, (curve, text) in enumerate(zip(curves, texts, strict=True)):
        if not text:
            found.append(np.full(2, np.nan))
            continue
        half = np.array([0.5 * LETTER * len(text) + 1.5, 0.5 * LINE])
        others = np.vstack([c for k, c in enumerate(curves) if k != own] or [np.empty((0, 2))])
        costs = []
        tried = [_at(curve, share) for share in NUMBER_PLACES]
        for share, place in zip(NUMBER_PLACES, tried, strict=True):
            box = np.array([place - half, place + half])
            covered = sum(_meets(box, other) for other in boxes)
            crossed = _inside(others, box) if len(others) else False
            costs.append(10.0 * covered + 2.0 * crossed + abs(share - 0.4))
        best = tried[int(np.argmin(costs))]
        found.append(best)
        boxes.append(np.array([best - half, best + half]))
    return np.array(found).reshape(-1, 2)


def _at(curve: Array, share: float) -> Array:
    places = share * (len(curve) - 1)
    return np.array([np.interp(places, np.arange(len(curve)), curve[:, j]) for j in (0, 1)])


def _meets(one: Array, other: Array) -> bool:
    """Whether two boxes overlap."""
    return bool((one[0] < other[1]).all() and (other[0] < one[1]).all())


def touched(scene: Scene, across: Array, bent: Sequence[float]) -> list[tuple[int, int]]:
    """Arrows and the foreign nodes that they run through, of a graph that is placed."""
    points = np.column_stack([across, scene.height])
    curves = _curves(scene, points, bent)
    return [
        (m, j)
        for m, (link, curve) in enumerate(zip(scene.links, curves, strict=True))
        for j in range(len(points))
        if j not in link and np.linalg.norm(curve - points[j], axis=1).min() < TOUCHING
    ]


def _curves(scene: Scene, points: Array, bent: Sequence[float]) -> list[Array]:
    return [
        bezier(points[a], points[b], bend) for (a, b), bend in zip(scene.links, bent, strict=True)
    ]
