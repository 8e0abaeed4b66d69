"""A certificate: one statement about one loss, its verdict, and what a checker needs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Unpack

from continuation.certify.checker import (
    ASSUMPTIONS,
    FORMAT,
    KINDS,
    OLD,
    PROVED,
    REFUTED,
    UNDECIDED,
    VERSION,
    Refused,
    parse,
    statement_of,
)
from continuation.errors import InvalidInputError
from continuation.landscape.network import Conditions, Given, Loss

COLLECTION = "mlpcont-certificates"
"""Mark of several certificates that share their problems."""

ENTRY = {"kind", "verdict", "reason", "problem", "claim", "set"}
"""Fields of a certificate within its text."""


@dataclass(frozen=True)
class Certificate:
    """A verdict with what a checker needs; what it states follows from that.

    Attributes
    ----------
    kind : str
        "point", "line", "optimum", "any optimum", "basin", "infinity", "complete", "branch",
        "unique minimum" or "attractor".
    verdict : {"PROVED", "REFUTED", "UNDECIDED"}
    reason : str
        Why it is undecided, or not checkable, and what to do; "" where it is proved.
    problem : mapping
        Model, data and parameters, exactly (see `problem_of`).
    claim : mapping
        Everything the checker of this kind needs, and nothing else; numbers as hexadecimal
        floats. Empty where nothing is claimed.
    set : int or None
        Place of the certified set in the list that the certificate was made for.
    open : mapping
        Where the proof of an undecided statement stopped: boxes that are left, tubes before. Not
        stored; nothing rests on it.
    """

    kind: str
    verdict: str
    reason: str = ""
    problem: Mapping[str, Any] = field(default_factory=dict, repr=False)
    claim: Mapping[str, Any] = field(default_factory=dict, repr=False)
    set: int | None = None
    open: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def proved(self) -> bool:
        """Whether the statement is proved."""
        return self.verdict == PROVED

    @property
    def statement(self) -> str:
        """What is proved or refuted, in the words of the checker.

        Raises
        ------
        InvalidInputError
            The claim is not one of this kind.
        """
        if (self.kind, self.verdict) not in KINDS:
            return f"nothing is proved of this {self.kind}"
        try:
            return statement_of(self.kind, self.verdict, self.claim)
        except Refused as refusal:
            raise InvalidInputError(f"the certificate is damaged: {refusal}") from refusal

    @property
    def assumptions(self) -> tuple[str, ...]:
        """What the statement rests on."""
        kind = KINDS.get((self.kind, self.verdict))
        return ASSUMPTIONS if kind is None else (*ASSUMPTIONS, *kind.assumptions)

    @property
    def radius(self) -> float | None:
        """Largest distance, in the maximum norm, of the true set from the stated one.

        Of "optimum" the radius of the box around θ* that holds no critical point.
        """
        return from_hexadecimal((self.claim.get("isolated") or self.claim).get("radius"))

    @property
    def uniqueness_radius(self) -> float | None:
        """Radius, in the maximum norm, of the box that holds no other critical point."""
        return from_hexadecimal(self.claim.get("uniqueness_radius"))

    @property
    def inertia(self) -> tuple[int, int, int] | None:
        """Negative, zero, positive."""
        inertia = self.claim.get("inertia")
        return None if inertia is None else (inertia[0], inertia[1], inertia[2])

    def __str__(self) -> str:
        return f"{self.verdict}: {self.statement}" + (f" ({self.reason})" if self.reason else "")

    def to_json(self) -> str:
        """Canonical JSON text; `from_json` gives the same certificate back."""
        entry = {"problem": self.problem, **self._entry()}
        return _dumps({"format": FORMAT, "version": VERSION, **entry})

    @classmethod
    def from_json(cls, text: str) -> Certificate:
        """Read what `to_json` wrote.

        Raises
        ------
        InvalidInputError
            If the text is no certificate.
        """
        record = _loads(text, FORMAT)
        return cls._of(record, record.pop("problem", None), record.pop("version", None))

    def _entry(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "verdict": self.verdict,
            "reason": self.reason,
            "claim": self.claim,
            "set": self.set,
        }

    @classmethod
    def _of(cls, entry: Mapping[str, Any], problem: Any, version: Any) -> Certificate:
        """The certificate of an entry; nothing is claimed by those of version 0.1.0."""
        if version is None and {"kind", "verdict", "claim"} <= set(entry):
            return cls(str(entry["kind"]), UNDECIDED, OLD)
        if version != VERSION or set(entry) | {"problem"} != ENTRY:
            raise InvalidInputError(
                f"this is no certificate of version {VERSION}: it has the fields "
                f"{', '.join(sorted(entry))[:200]}"
            )
        if not isinstance(problem, dict) or not isinstance(entry["claim"], dict):
            raise InvalidInputError("this is no certificate: problem and claim must be records")
        if entry["verdict"] not in (PROVED, REFUTED, UNDECIDED):
            raise InvalidInputError(f"there is no verdict {str(entry['verdict'])[:40]!r}")
        return cls(problem=problem, **{name: entry[name] for name in ENTRY - {"problem"}})


def problem_of(loss: Loss, **given: Unpack[Given]) -> dict[str, Any]:
    """The problem a certificate speaks of: model, data and parameters as in `Loss.at`, all exact.

    Floats are hexadecimal; several inputs or outputs stand sample after sample. Targets are given
    only where there is no teacher's formula to take them from.
    """
    data, model, conditions = loss.data, loss.model, Conditions(**given)
    known = data.kind == "observed" or model.teacher is None
    return {
        "model": model.to_json(),
        "x": hexadecimals(data.x.ravel()),
        "target": hexadecimals(data.target.ravel()) if known else None,
        "noise": hexadecimals(data.noise.ravel()),
        "weights": None if data.weights is None else hexadecimals(data.weights),
        "sigma": hexadecimal(conditions.noise),
        "size": hexadecimal(conditions.size),
        "weight_decay": hexadecimal(conditions.weight_decay),
    }


def digest_of(problem: Mapping[str, Any]) -> str:
    """SHA-256 of the canonical JSON of a problem, in hexadecimal."""
    return sha256(_dumps(problem).encode()).hexdigest()


def certificates_to_json(certificates: Iterable[Certificate]) -> str:
    """Several certificates as one text, with every problem written once.

    Examples
    --------
    >>> from continuation.certify import certificates_to_json, certify_point
    >>> from continuation.landscape import Dataset, Loss, find_critical_sets
    >>> from symbolic import single_unit
    >>> loss = Loss(single_unit(), Dataset.sample(single_unit(), n=20, seed=0))
    >>> sets = find_critical_sets(loss, noise=0.1)
    >>> certificate = certify_point(loss, sets[0].theta, noise=0.1)
    >>> certificates_to_json([certificate])[:1]
    '{'
    """
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
        If the text is no collection of certificates, speaks of other problems, or a problem does
        not have the digest that it is filed under.

    Examples
    --------
    >>> from continuation.certify import certificates_from_json, certificates_to_json, certify_point
    >>> from continuation.landscape import Dataset, Loss, find_critical_sets
    >>> from symbolic import single_unit
    >>> loss = Loss(single_unit(), Dataset.sample(single_unit(), n=20, seed=0))
    >>> sets = find_critical_sets(loss, noise=0.1)
    >>> certificate = certify_point(loss, sets[0].theta, noise=0.1)
    >>> [again] = certificates_from_json(certificates_to_json([certificate]))
    >>> again == certificate
    True
    """
    record = _loads(text, COLLECTION)
    try:
        known = {
            digest_of(problem): problem for problem in (*record["problems"].values(), *problems)
        }
        if not set(record["problems"]) <= set(known):
            raise InvalidInputError("a problem of the certificates does not have its digest")
        version, entries = record.get("version"), record["certificates"]
        return tuple(
            Certificate._of(
                {name: value for name, value in entry.items() if name != "problem"},
                known[entry["problem"]],
                version,
            )
            for entry in entries
        )
    except KeyError as error:
        raise InvalidInputError(f"the certificates speak of other data: {error}") from error
    except (TypeError, AttributeError) as error:
        raise InvalidInputError(f"these are no certificates: {error!r}") from error


def _collection(certificates: Iterable[Certificate]) -> dict[str, Any]:
    certificates = tuple(certificates)  # kept alive: problems are told apart by identity
    problems: dict[str, Any] = {}
    digests: dict[int, str] = {}  # one problem is shared by many certificates
    entries = []
    for certificate in certificates:
        mark = id(certificate.problem)
        if mark not in digests:
            digests[mark] = digest_of(certificate.problem)
            problems[digests[mark]] = certificate.problem
        entries.append({"problem": digests[mark], **certificate._entry()})
    return {
        "format": COLLECTION,
        "version": VERSION,
        "problems": problems,
        "certificates": entries,
    }


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
        record = parse(text)
    except Refused as refusal:
        raise InvalidInputError(f"this is no certificate: {refusal}") from refusal
    if not isinstance(record, dict) or record.pop("format", None) != mark:
        raise InvalidInputError(f"this text is not marked {mark!r}")
    return record
