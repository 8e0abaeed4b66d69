"""Sets and graphs of wide networks: time, and how many flows are decided.

Run: python tests/benchmarks/wide_networks.py [H ...]   (3, 4 and 8 units if omitted)

A sample of the ends at infinity is then checked: further along the flow the loss has to lie
between that of the decision and that of the limit.
"""

import sys
import time

import numpy as np

from continuation.landscape import (
    Dataset,
    Loss,
    connect,
    find_critical_sets,
    flow_to_limit,
    flows_to_limits,
)
from continuation.landscape.flow.gradient_flow import trajectory
from symbolic import fukumizu_amari, overparameterised

NOISE, SAMPLES, STARTS = 0.1, 100, 20


def main() -> None:
    """Print one line for every preset and width."""
    for hidden in map(int, sys.argv[1:] or ("3", "4", "8")):
        for preset in (fukumizu_amari, overparameterised):
            model = preset().with_hidden(hidden)
            loss = Loss(model, Dataset.sample(model, SAMPLES, 0))
            print(f"{preset.__name__}, {hidden} units: {graph_line(loss)}; {flows_line(loss)}")


def graph_line(loss: Loss) -> str:
    """Time and size of the sets and of the graph."""
    started = time.perf_counter()
    sets = find_critical_sets(loss, noise=NOISE)
    found = time.perf_counter()
    graph = connect(loss, sets, noise=NOISE).nx
    ended = time.perf_counter()
    lost = graph.in_degree("undecided") if "undecided" in graph else 0
    return (
        f"{len(sets)} sets in {found - started:.1f} s, {graph.number_of_edges()} connections "
        f"({lost} undecided) in {ended - found:.1f} s"
    )


def flows_line(loss: Loss) -> str:
    """Flows from N(0, 1) weights: decided, and contradicted by the flow further on."""
    at = loss.at(noise=NOISE)
    starts = np.random.default_rng(5).standard_normal((STARTS, loss.model.dimension))
    flow_to_limit(at, starts[0])
    started = time.perf_counter()
    results = flows_to_limits(at, starts)
    elapsed = time.perf_counter() - started
    ends = [r for r in results if r.status == "infinity" and r.subkind != "unresolved"]
    decided = len(ends) + sum(r.status in ("point", "line") for r in results)
    wrong = 0
    for end in ends:
        late = at.value(trajectory(at, end.theta, step_limit=3000).theta[-1])
        wrong += not end.loss < late <= at.value(end.theta)
    return f"{decided} of {STARTS} flows decided, {STARTS / elapsed:.0f} a second, {wrong} wrong"


if __name__ == "__main__":
    main()
