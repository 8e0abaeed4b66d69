"""Activations of which nothing is known but smoothness, a parity or a zero."""

import sympy as sp


class Smooth(sp.Function):
    """phi^(m)(u) of any smooth phi, as Smooth(m, u)."""

    nargs = 2
    parity: int | None = None
    vanishing = False

    @classmethod
    def eval(cls, order: sp.Expr, u: sp.Expr) -> sp.Expr | None:
        """Rules of parity, and the values at 0 that are known to vanish."""
        if cls.vanishing and order == 0 and u == 0:
            return sp.Integer(0)
        if cls.parity is None:
            return None
        if u == 0 and cls.parity != (-1) ** int(order):
            return sp.Integer(0)
        if u != 0 and u.could_extract_minus_sign():
            return cls.parity * sp.Integer(-1) ** int(order) * cls(order, -u)
        return None

    def fdiff(self, argindex: int = 2) -> sp.Expr:
        """Derivative by u: the next order."""
        if argindex != 2:
            raise sp.ArgumentIndexError(self, argindex)
        order, u = self.args
        return self.func(order + 1, u)


class Vanishing(Smooth):
    """Derivatives of any smooth phi with phi(0) = 0."""

    vanishing = True


class Odd(Smooth):
    """Derivatives of any smooth odd phi."""

    parity = -1
    vanishing = True


class Even(Smooth):
    """Derivatives of any smooth even phi."""

    parity = 1


OF_PARITY = {None: Smooth, -1: Odd, 1: Even}
