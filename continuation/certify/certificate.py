"""A certificate: one statement about one loss, its verdict, and what a checker needs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from continuation.errors import InvalidInputError
from continuation.landscape.network import Loss

PROVED, REFUTED, UNDECIDED = "PROVED", "REFUTED", "UNDECIDED"

FORMAT = "mlpcont-certificate"
COLLECTION = "mlpcont-certificates"
"""Marks of one certificate, and of several that share their problems."""

BALLS = "Arb's ball arithmetic encloses sums, products and elementary functions"
DATA = "inputs, noises, weights and parameters are the exact values of their doubles"
TEACHER = "the teacher's values are those of its formula, enclosed; observed targets are exact"
ASSUMPTIONS = (BALLS, DATA, TEACHER)
"""What every certificate rests on."""


@dataclass(frozen=True)
class Certificate:
    """A statement with its verdict.

    Attributes
    ----------
    kind : str
        "point", "line", "optimum", "basin", "infinity", "complete" or "branch".
    verdict : {"PROVED", "REFUTED", "UNDECIDED"}
    statement : str
        What is proved, refuted or left open, in words.
    reason : str
        Why it is refuted or undecided, and what to do; "" where it is proved.
    problem : mapping
        Model, data and parameters, exactly (see `problem_of`).
    claim : mapping
        Everything the checker of this kind needs; numbers as hexadecimal floats.
    radius : float or None
        Largest distance, in the maximum norm, of the true set from the stated one; of "optimum"
        the radius of the box around θ* that holds no critical point.
    uniqueness_radius : float or None
        Radius, in the maximum norm, of the box that holds no other critical point.
    inertia : tuple of int or None
        Negative, zero, positive.
    assumptions : tuple of str
    """

    kind: str
    verdict: str
    statement: str
    reason: str = ""
    problem: Mapping[str, Any] = field(default_factory=dict, repr=False)
    claim: Mapping[str, Any] = field(default_factory=dict, repr=False)
    radius: float | None = None
    uniqueness_radius: float | None = None
    inertia: tuple[int, int, int] | None = None
    assumptions: tuple[str, ...] = field(default=ASSUMPTIONS, repr=False)

    @property
    def proved(self) -> bool:
        """Whether the statement is proved."""
        return self.verdict == PROVED

    def __str__(self) -> str:
        return f"{self.verdict}: {self.statement}" + (f" ({self.reason})" if self.reason else "")

    def to_json(self) -> str:
        """Canonical JSON text; `from_json` gives the same certificate back."""
        return _dumps({"format": FORMAT, "problem": self.problem, **self._record()})

    @classmethod
    def from_json(cls, text: str) -> Certificate:
        """Read what `to_json` wrote.

        Raises
        ------
        InvalidInputError
            If the text is no certificate.
        """
        record = _loads(text, FORMAT)
        return cls._from_record(record, record.get("problem", {}))

    def _record(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "verdict": self.verdict,
            "statement": self.statement,
            "reason": self.reason,
            "claim": self.claim,
            "radius": hexadecimal(self.radius),
            "uniqueness_radius": hexadecimal(self.uniqueness_radius),
            "inertia": None if self.inertia is None else list(self.inertia),
            "assumptions": list(self.assumptions),
        }

    @classmethod
    def _from_record(cls, record: Mapping[str, Any], problem: Mapping[str, Any]) -> Certificate:
        try:
            inertia = record["inertia"]
            return cls(
                kind=str(record["kind"]),
                verdict=str(record["verdict"]),
                statement=str(record["statement"]),
                reason=str(record["reason"]),
                problem=problem,
                claim=record["claim"],
                radius=from_hexadecimal(record["radius"]),
                uniqueness_radius=from_hexadecimal(record["uniqueness_radius"]),
                inertia=None if inertia is None else (inertia[0], inertia[1], inertia[2]),
                assumptions=tuple(record["assumptions"]),
            )
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise InvalidInputError(f"this is no certificate: {error!r}") from error


def problem_of(
    loss: Loss, *, noise: float = 0.0, size: float | None = None, weight_decay: float = 0.0
) -> dict[str, Any]:
    """The problem a certificate speaks of: model, data and parameters, all exact.

    Floats are hexadecimal. Targets are given only where there is no teacher's formula to take
    them from.
    """
    data, model = loss.data, loss.model
    given = data.kind == "observed" or model.teacher is None
    return {
        "model": model.to_json(),
        "x": hexadecimals(data.x),
        "target": hexadecimals(data.target) if given else None,
        "noise": hexadecimals(data.noise),
        "weights": None if data.weights is None else hexadecimals(data.weights),
        "sigma": hexadecimal(noise),
        "size": hexadecimal(size),
        "weight_decay": hexadecimal(weight_decay),
    }


def digest_of(problem: Mapping[str, Any]) -> str:
    """SHA-256 of the canonical JSON of a problem, in hexadecimal."""
    return sha256(_dumps(problem).encode()).hexdigest()


def certificates_to_json(certificates: Iterable[Certificate]) -> str:
    """Several certificates as one text, with every problem written once."""
    return _dumps(_collection(certificates))


def claims_to_json(certificates: Iterable[Certificate]) -> str:
    """The same without the problems, of which only the digests are kept."""
    return _dumps({**_collection(certificates), "problems": {}})


def certificates_from_json(
    text: str, problems: Iterable[Mapping[str, Any]] = ()
) -> tuple[Certificate, ...]:
    """Read what `certificates_to_json` or `claims_to_json` wrote.

    Parameters
    ----------
    text : str
    problems : iterable of mapping
        Problems that are stored elsewhere.

    Raises
    ------
    InvalidInputError
        If the text is no collection of certificates, or speaks of other problems.
    """
    record = _loads(text, COLLECTION)
    try:
        known = {**record["problems"], **{digest_of(problem): problem for problem in problems}}
        return tuple(
            Certificate._from_record(entry, known[entry["problem"]])
            for entry in record["certificates"]
        )
    except KeyError as error:
        raise InvalidInputError(f"the certificates speak of other data: {error}") from error
    except TypeError as error:
        raise InvalidInputError(f"these are no certificates: {error!r}") from error


def _collection(certificates: Iterable[Certificate]) -> dict[str, Any]:
    certificates = tuple(certificates)  # kept alive: problems are told apart by identity
    problems: dict[str, Any] = {}
    digests: dict[int, str] = {}  # one problem is shared by many certificates
    records = []
    for certificate in certificates:
        mark = id(certificate.problem)
        if mark not in digests:
            digests[mark] = digest_of(certificate.problem)
            problems[digests[mark]] = certificate.problem
        records.append({"problem": digests[mark], **certificate._record()})
    return {"format": COLLECTION, "problems": problems, "certificates": records}


def hexadecimal(value: float | None) -> str | None:
    """A double as exact text."""
    return None if value is None else float(value).hex()


def hexadecimals(values: Iterable[float]) -> list[str]:
    """Doubles as exact texts."""
    return [float(value).hex() for value in values]


def from_hexadecimal(text: str | None) -> float | None:
    """Inverse of `hexadecimal`."""
    return None if text is None else float.fromhex(text)


def from_hexadecimals(texts: Sequence[str]) -> list[float]:
    """Inverse of `hexadecimals`."""
    return [float.fromhex(text) for text in texts]


def _dumps(value: Mapping[str, Any]) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _loads(text: str, mark: str) -> Any:
    try:
        record = json.loads(text)
    except ValueError as error:
        raise InvalidInputError(f"this is no JSON text: {error}") from error
    if not isinstance(record, dict) or record.get("format") != mark:
        raise InvalidInputError(f"this text is not marked {mark!r}")
    return record
