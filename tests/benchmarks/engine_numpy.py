"""Pseudo-arclength in sixty lines of NumPy: what one would write oneself."""

import numpy as np


def trace(residual, jacobian, by_parameter, x0, p0, ds, steps, tolerance=1e-10, iterations=8):
    """Follow F(x, p) = 0; eigenvalues at every step; folds and changes of inertia are noted."""
    n = x0.size

    def bordered(x, p, tangent):
        matrix = np.empty((n + 1, n + 1))
        matrix[:n, :n] = jacobian(x, p)
        matrix[:n, n] = by_parameter(x, p)
        matrix[n] = tangent
        return matrix

    def tangent_at(x, p, previous):
        right = np.zeros(n + 1)
        right[n] = 1.0
        t = np.linalg.solve(bordered(x, p, previous), right)
        t /= np.linalg.norm(t)
        return t if t @ previous > 0 else -t

    def correct(z, base, tangent):
        for _ in range(iterations):
            right = np.append(residual(z[:n], z[n]), tangent @ (z - base))
            step = np.linalg.solve(bordered(z[:n], z[n], tangent), right)
            z = z - step
            if np.linalg.norm(step) < tolerance:
                return z
        return None

    z = np.append(x0, p0)
    start = np.zeros(n + 1)
    start[n] = 1.0
    tangent = tangent_at(x0, p0, start)
    points, eigenvalues, events = [z], [np.linalg.eigvalsh(jacobian(x0, p0))], []
    while len(points) <= steps:
        base = z + ds * tangent
        new = correct(base.copy(), base, tangent)
        if new is None:
            ds /= 2
            if ds < 1e-10:
                break
            continue
        turned = tangent_at(new[:n], new[n], tangent)
        w = np.linalg.eigvalsh(jacobian(new[:n], new[n]))
        if turned[n] * tangent[n] < 0:
            events.append(("fold", len(points)))
        elif (w < 0).sum() != (eigenvalues[-1] < 0).sum():
            events.append(("branch point", len(points)))
        z, tangent = new, turned
        points.append(z)
        eigenvalues.append(w)
    return np.array(points), np.array(eigenvalues), events
