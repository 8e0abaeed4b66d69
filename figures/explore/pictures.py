"""Phase planes and planes of two parameters: pictures of lines, marks and a field."""

from __future__ import annotations

import numpy as np

from continuation.landscape import PhasePlane, PlaneDiagram
from figures.explore.plain import Document, number, numbers, rows

PIXELS = 120
"""Of an image of regions, each way."""

FIELD = 101
"""Most values of a field that are shown each way."""

SLOWEST = 1e-3
"""Of the speeds that are told apart, relative to the highest: points at rest are marked."""

DASHES = {"fold": "solid", "branch point": "dashdot", "arrival": "dash", "switch": "dot"}
"""Of the curves in a plane of parameters."""


def phase_document(phase: PhasePlane) -> Document:
    """Speed of the flow, manifolds and critical points."""
    step = max(1, phase.first.size // FIELD)
    speed = np.linalg.norm(phase.gradient, axis=2)[::step, ::step]
    return {
        "names": ["input weight w", "output weight v"],
        "limits": rows([phase.first[[0, -1]], phase.second[[0, -1]]]),
        "field": {
            "name": "log₁₀ |∇L|",
            "x": numbers(phase.first[::step]),
            "y": numbers(phase.second[::step]),
            "z": rows(np.log10(np.maximum(speed, SLOWEST * speed.max())), 4),
        },
        "lines": [
            {
                "name": "stable manifold" if stable else "unstable manifold",
                "dash": "dash" if stable else "solid",
                "x": numbers(curve[:, 0]),
                "y": numbers(curve[:, 1]),
            }
            for curve, stable in zip(phase.curves, phase.stable, strict=True)
        ],
        "marks": [
            {
                "name": "minimum" if k == 0 else f"saddle of index {k}",
                "filled": int(k) == 0,
                "x": number(x),
                "y": number(y),
            }
            for (x, y), k in zip(phase.points, phase.index, strict=True)
        ],
    }


def plane_document(plane: PlaneDiagram) -> Document:
    """Number of attracting sets in each region, curves by kind, points of codimension two."""
    middles = (np.arange(PIXELS) + 0.5) / PIXELS
    square = np.stack(np.meshgrid(middles, middles), axis=-1).reshape(-1, 2)
    faces = plane.arrangement.faces_at(square)
    counts = {face: region.attractors for face, region in plane.region_of_face.items()}
    found = [counts.get(int(face)) for face in faces]
    image = np.array([np.nan if n is None else n for n in found], dtype=np.float64)
    x, y = plane.from_square(np.stack([middles, middles], axis=-1)).T
    return {
        "names": [plane.x.replace("_", " "), plane.y.replace("_", " ")],
        "limits": rows(plane.limits),
        "field": {
            "name": "attracting sets",
            "x": numbers(x),
            "y": numbers(y),
            "z": rows(image.reshape(PIXELS, PIXELS)),
        },
        "lines": [
            {
                "name": f"{curve.kind}: {curve.text}",
                "dash": DASHES.get(curve.kind, "solid"),
                "x": numbers(curve.points[:, 0]),
                "y": numbers(curve.points[:, 1]),
            }
            for curve in plane.curves
        ],
        "marks": [
            {"name": f"{p.kind} {p.text}", "filled": True, "x": number(p.x), "y": number(p.y)}
            for p in (*plane.special, *plane.crossings)
        ],
    }
