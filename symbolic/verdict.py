"""Verdicts: statements about a model with what is proved of them."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

PROVED, REFUTED, UNDECIDED = "PROVED", "REFUTED", "UNDECIDED"


def canonical(content: Mapping[str, Any]) -> str:
    """Canonical JSON text: sorted keys, no spaces."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


@dataclass(frozen=True)
class Verdict:
    """One statement and what is known of it.

    Attributes
    ----------
    theorem : str
        Name of the theorem: that of its file in `symbolic.theorems`.
    statement : str
    verdict : str
        "PROVED": SymPy reduced every identity to zero and the checker accepts the certificate.
        "REFUTED": the certificate holds a point where an identity fails.
        "UNDECIDED": neither; `reason` says why.
    assumptions : tuple of str
    certificate : str
        Canonical JSON, for `symbolic.check`.
    reason : str
        What was not reduced, where it fails, or why the checker refused; "" if proved.
    seconds : float
        Time of the proof and of its check.
    """

    theorem: str
    statement: str
    verdict: str
    assumptions: tuple[str, ...]
    certificate: str
    reason: str = ""
    seconds: float = 0.0

    def to_json(self) -> str:
        """Canonical JSON."""
        return canonical(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Verdict":
        """The verdict of a JSON text.

        Raises
        ------
        ValueError
            The text is no verdict.
        """
        try:
            fields = json.loads(text)
            return cls(**{**fields, "assumptions": tuple(fields["assumptions"])})
        except (TypeError, KeyError) as error:
            raise ValueError(f"not the JSON text of a verdict: {error}") from error
