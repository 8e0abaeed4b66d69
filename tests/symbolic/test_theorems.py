"""Theorems: true ones are proved, false ones never; the checker refuses what is damaged."""

import json

import pytest

from symbolic import PRESETS, Model, Verdict, check, derive, single_unit, verification, verify
from symbolic.codegen import kernel_source
from symbolic.presets import fukumizu_amari, overparameterised
from symbolic.symmetry import SignedPermutation, generators
from symbolic.theorems import (
    THEOREMS,
    any_optimum,
    blow_up,
    confluence,
    derivatives,
    embedding,
    gradient_structure,
    inertia,
    noisy_optimum,
    printed_kernels,
    symmetry,
    unique_minimum,
)
from symbolic.theorems.derivatives import two_units
from symbolic.verdict import PROVED, REFUTED, UNDECIDED

pytestmark = pytest.mark.slow

STATED = {
    "fukumizu_amari": set(THEOREMS),
    "overparameterised": set(THEOREMS) - {"unique minimum"},  # the optimum is a manifold
    "single_unit": set(THEOREMS) - {"embedding", "confluence"},
    "three_units": set(THEOREMS) - {"unique minimum"},
    "maleknia_sato": set(THEOREMS) - {"unique minimum"},
}
OTHERS = {
    "eight units": (Model.perceptron(8), 8),
    "sine": (Model.perceptron(2, "sin", teacher="sin(x) - sin(2*x)/3"), 11),
    "equal fixed weights": (Model.perceptron(3, output_weights=(1, -1, 1)), 5),
}


@pytest.fixture(scope="module")
def verdicts():
    """Verdicts of the presets, by preset and theorem."""
    return {name: {v.theorem: v for v in verify(make())} for name, make in PRESETS.items()}


@pytest.mark.parametrize("preset", PRESETS)
def test_every_theorem_that_is_stated_for_a_preset_is_proved(preset, verdicts):
    assert set(verdicts[preset]) == STATED[preset]
    for verdict in verdicts[preset].values():
        assert (verdict.verdict, verdict.reason) == (PROVED, "")
        assert verdict.assumptions
        assert verdict.seconds > 0.0
        assert check(verdict.certificate)


@pytest.mark.slow
@pytest.mark.parametrize("name", OTHERS)
def test_other_models_have_their_theorems(name):
    model, count = OTHERS[name]
    found = list(verify(model))
    assert [v.verdict for v in found] == [PROVED] * count


def test_a_verdict_survives_json(verdicts):
    for verdict in verdicts["fukumizu_amari"].values():
        again = Verdict.from_json(verdict.to_json())
        assert again == verdict
        assert check(again.certificate)
    with pytest.raises(ValueError, match="not the JSON text of a verdict"):
        Verdict.from_json('{"theorem": "symmetry"}')


# -- false statements ------------------------------------------------------------------------


def changed(claims, **false):
    return {**claims, **false}


FALSE = {
    "sign of the curvature": (
        embedding, {"claims": changed(embedding.CLAIMS, curvature="-lam*(1 - lam)*v*r*phi2*x**2")},
    ),
    "curvature of another line": (
        embedding, {"claims": changed(embedding.CLAIMS, curvature="lam**2*v*r*phi2*x**2")},
    ),
    "cofactor": (embedding, {"claims": changed(embedding.CLAIMS, cofactor="2*tau*dv")}),
    "root of another function": (
        embedding, {"claims": changed(embedding.CLAIMS, silent="dq*r*q1 + dv_1*r*psi0")},
    ),
    "two negative directions": (
        inertia, {"claims": changed(inertia.CLAIMS, form="A*dq**2 - b*beta**2 - b*gamma**2")},
    ),
    "origin": (inertia, {"claims": changed(inertia.CLAIMS, origin="2*phi1*x*y*dw*dv")}),
    "entry": (inertia, {"claims": changed(inertia.CLAIMS, vv="phi0")}),
    "gradient at the optimum": (
        noisy_optimum, {"claims": changed(noisy_optimum.CLAIMS, by_v="sigma*eps*phi0")},
    ),
    "gradient at any optimum": (
        any_optimum, {"claims": changed(any_optimum.CLAIMS, slope="sigma*eps*J")},
    ),
    "what is the same at all of them": (
        any_optimum, {"claims": changed(any_optimum.CLAIMS, contracted="-sigma*eps")},
    ),
    "ascent": (
        gradient_structure, {"claims": changed(gradient_structure.CLAIMS, descent="square")},
    ),
    "flip at one": (
        gradient_structure, {"claims": changed(gradient_structure.CLAIMS, flip="1/eta")},
    ),
    "imaginary part": (
        gradient_structure, {"claims": changed(gradient_structure.CLAIMS, imaginary="pAq + qAp")},
    ),
    "limit": (confluence, {"claims": changed(confluence.CLAIMS, limit="a*phi0 + 2*b*x*phi1")}),
    "derivative at the limit": (
        confluence, {"claims": changed(confluence.CLAIMS, slope="a*x**2*phi2/8")},
    ),
    "closed form": (
        confluence, {"tanh_claims": changed(confluence.TANH_CLAIMS, even="(P + 1/P)/(P + Q)")},
    ),
    "reduced function": (blow_up, {"claims": changed(blow_up.CLAIMS, kept="beta*phi0")}),
    "addition theorem": (blow_up, {"claims": changed(blow_up.CLAIMS, tanh="B*(1 + A*C)")}),
    "third derivative": (
        unique_minimum, {"claims": changed(unique_minimum.CLAIMS, third="f1*f2 + r*f3")},
    ),
    "root of the majorant": (
        unique_minimum, {"claims": changed(unique_minimum.CLAIMS, root="(1 + 2*s)/(beta*K)")},
    ),
    "bound of tanh''": (unique_minimum, {"bounds": changed(unique_minimum.BOUNDS, **{"2": "3/4"})}),
}  # fmt: skip


def accepted_anyway(verdict):
    """Whether the checker takes the certificate, with every sign of a refutation removed."""
    content = json.loads(verdict.certificate)
    content.pop("counterexample", None)
    return check(json.dumps(content))


@pytest.mark.parametrize("name", FALSE)
def test_a_false_claim_is_refuted_and_its_certificate_refused(name):
    theorem, false = FALSE[name]
    verdict = theorem.prove(fukumizu_amari(), **false)
    assert verdict.verdict == REFUTED
    assert verdict.reason
    assert not check(verdict.certificate)
    assert not accepted_anyway(verdict)


def test_a_flip_is_no_symmetry_of_an_activation_that_is_not_odd():
    flip = next(g for g in generators(single_unit()) if "sign" in g.name)
    assert symmetry.prove(single_unit(), [flip]).verdict == PROVED
    verdict = symmetry.prove(Model.perceptron(1, "logistic"), [flip])
    assert verdict.verdict == REFUTED
    assert not accepted_anyway(verdict)


def test_an_even_activation_is_not_taken_for_odd():
    model = Model.perceptron(1, "cos(u)")
    odd = next(g for g in generators(single_unit()) if "sign" in g.name)
    assert symmetry.prove(model, [odd]).verdict == REFUTED
    content = json.loads(symmetry.prove(single_unit(), [odd]).certificate)
    content["model"] = model.to_json()  # odd maps with the model of an even activation
    assert not check(json.dumps(content))


def test_a_sign_of_w_alone_is_no_symmetry():
    wrong = SignedPermutation("sign of w alone", (0, 1), (-1, 1))
    verdict = symmetry.prove(single_unit(), [wrong])
    assert verdict.verdict == REFUTED
    assert not accepted_anyway(verdict)


def test_the_derivation_of_another_model_is_refuted():
    other = derive(Model.perceptron(1, "u/(1 + u**2)"))
    object.__setattr__(other, "model", single_unit())
    verdict = derivatives.prove(single_unit(), other)
    assert verdict.verdict != PROVED
    assert not accepted_anyway(verdict)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("q3*(2.0*e1 - 2.0*q5)", "q3*(2.0*e1 + 2.0*q5)"),
        ("h0_1 += (omega*j0)*j1", "h0_1 += (omega*j0)*j0"),
        ("value += weighted*r", "value += omega*r"),
    ],
)
def test_a_misprinted_loop_is_refuted(old, new):
    source = kernel_source(fukumizu_amari())
    assert old in source
    verdict = printed_kernels.prove(fukumizu_amari(), source.replace(old, new, 1))
    assert verdict.verdict == REFUTED
    assert not accepted_anyway(verdict)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("F[2 + k] += scale[0]*sums[4 + 0]", "F[2 + k] += scale[0]*sums[0 + 0]"),  # a deposit
        ("residual[i] = value - target[i] -", "residual[i] = value - target[i] +"),  # the runtime
        ("row0[i] = tanh(u)", "row0[i] = tanh(p0)"),  # the ring
    ],
)
def test_a_misprint_outside_the_loops_is_found_by_the_checker(old, new):
    source = kernel_source(fukumizu_amari())
    assert old in source
    verdict = printed_kernels.prove(fukumizu_amari(), source.replace(old, new, 1))
    assert not check(verdict.certificate)


def test_what_the_checker_refuses_is_not_proved(monkeypatch):
    monkeypatch.setattr(confluence, "check", lambda content, model: False)
    monkeypatch.setattr(verification, "THEOREMS", {"confluence": confluence})
    (verdict,) = verify(overparameterised())
    assert verdict.verdict == UNDECIDED
    assert "checker" in verdict.reason


def test_a_failed_simplification_is_undecided():
    from symbolic.theorems.proof import conclude, sp

    x = sp.Symbol("x", positive=True)
    unknown = sp.Function("g")(x)  # no number at any point
    verdict = conclude("none", "g vanishes", (), {"g": unknown}, {})
    assert verdict.verdict == UNDECIDED
    assert "not reduced" in verdict.reason


def test_a_premise_that_is_not_decided_refutes_nothing():
    irrational = Model.perceptron(1, teacher="pi*tanh(x)")
    verdict = noisy_optimum.prove(irrational)
    assert verdict.verdict == UNDECIDED
    assert "rational" in verdict.reason
    source = kernel_source(single_unit())
    renamed = source.replace("g1 += weighted*j1", "g9 += weighted*j1")
    assert renamed != source
    assert printed_kernels.prove(single_unit(), renamed).verdict == UNDECIDED


def test_wide_perceptrons_are_proved_for_two_of_their_units():
    assert two_units(Model.perceptron(7)).hidden == 2
    fixed = two_units(Model.perceptron(3, output_weights=(1, 2, 3)))
    assert fixed.output_weights == (1.0, 2.0)


# -- damaged certificates --------------------------------------------------------------------


def leaves(value, path=()):
    """Paths of all leaves of a JSON value."""
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    else:
        return [path]
    return [leaf for key, child in items for leaf in leaves(child, (*path, key))]


def damaged(content, path):
    """The content with one leaf changed, in a way that keeps its type."""
    *outer, last = path
    place = content
    for key in outer:
        place = place[key]
    value = place[last]
    if isinstance(value, str):
        place[last] = f"2*({value})" if value != "0" else "1"
    elif isinstance(value, bool) or value is None:
        place[last] = not value
    else:
        place[last] = value + 1
    return content


COMMENTS = ("names",)  # of the symbols that the formulas are written in


@pytest.mark.parametrize("theorem", THEOREMS)
def test_a_damaged_certificate_is_refused(theorem, verdicts):
    text = verdicts["fukumizu_amari"][theorem].certificate
    content = json.loads(text)
    paths = [p for p in leaves(content) if p[0] not in COMMENTS]
    for path in paths:
        assert not check(json.dumps(damaged(json.loads(text), path))), path
    for key in content:
        assert not check(json.dumps({k: v for k, v in content.items() if k != key})), key
    for name in ("identities", "label", "counterexample"):
        assert not check(json.dumps({**content, name: ["the loss is convex"]})), name


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", '{"theorem": "none"}', "1e999", "\x00"])
def test_what_is_no_certificate_is_refused(text):
    assert check(text) is False


def test_a_certificate_proves_only_its_own_statement(verdicts):
    content = json.loads(verdicts["fukumizu_amari"]["confluence"].certificate)
    content["statement"] = "every trajectory converges to the theoretical optimum"
    assert not check(json.dumps(content))
    content["statement"] = confluence.GENERAL  # weaker than what is certified: another text
    assert not check(json.dumps(content))


# -- independence of proof and check ---------------------------------------------------------


def test_the_checker_does_not_use_sympy(verdicts, monkeypatch):
    """With its calculus and algebra out of order, SymPy proves nothing and all checks pass."""
    import sympy as sp

    def broken(*_, **__):
        raise AssertionError("the checker must not come here")

    for name in ("expand", "simplify", "diff", "together", "im", "Poly", "Matrix", "Symbol"):
        monkeypatch.setattr(sp, name, broken)
    for name in ("__mul__", "__add__", "__pow__", "xreplace"):
        monkeypatch.setattr(sp.Expr, name, broken)
    for preset in verdicts.values():
        for verdict in preset.values():
            assert check(verdict.certificate), verdict.theorem


def test_the_checker_imports_nothing_that_proves():
    import ast
    from pathlib import Path

    import symbolic.checker

    for path in Path(symbolic.checker.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                assert node.level <= 1, path
                assert node.level == 1 or node.module.split(".")[0] != "sympy"
            if isinstance(node, ast.Import):
                assert all(a.name.split(".")[0] not in ("sympy", "symbolic") for a in node.names)
