"""The root of the exception tree, and the exceptions about models, formulas and kernels.

`continuation.errors` has the other branches.
"""

__all__ = ["FormulaError", "KernelCacheError", "MlpcontError", "ModelError"]


class MlpcontError(Exception):
    """Base of every exception raised on purpose by these packages."""


class ModelError(MlpcontError, ValueError):
    """A model that makes no sense; the message says what was expected and what came."""


class FormulaError(MlpcontError, ValueError):
    """A formula that is not accepted.

    Attributes
    ----------
    position : int
        Index of the offending character in the text.
    """

    def __init__(self, reason: str, text: str, position: int) -> None:
        self.reason = reason
        self.text = text
        self.position = position
        before, shown = text[max(0, position - 60) : position], text[max(0, position - 60) :][:80]
        line = "".join(c if c.isprintable() else " " for c in shown)
        super().__init__(f"{reason}\n  {line}\n  {' ' * len(before)}^")

    def __reduce__(self) -> tuple[type["FormulaError"], tuple[str, str, int]]:
        return FormulaError, (self.reason, self.text, self.position)


class KernelCacheError(MlpcontError, OSError):
    """The folder of kernel files cannot be used."""
