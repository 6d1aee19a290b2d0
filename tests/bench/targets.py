"""What must be reached, beside what was measured. Said, never asserted: a machine that does other work is slower."""

from __future__ import annotations

MOST = {  # bench and figure: not more than
    "search load_ms": 300.0,
    "search load_worst_ms": 300.0,
    "search wall_ms_p99": 8.0,
    "search processor_ms_p99": 8.0,
    "window key_to_results_wall_ms_p95": 50.0,
    "window key_to_results_processor_ms_p95": 50.0,
    "citizens certified_copy_seconds": 30.0,
    "citizens extract_seconds": 150.0,
    "citizens birth_seconds": 300.0,
}
LEAST = {"search recall_at_5": 0.95}  # not less than


def line(figure: str, value: object) -> str:
    """A figure as it is printed, with its target and whether that is met where there is one."""
    if not isinstance(value, float):
        return f"{figure}: {value}"
    said = f"{figure}: {value:.4g}"
    if figure in MOST:
        return f"{said} (target ≤ {MOST[figure]:g}: {_met(value <= MOST[figure])})"
    if figure in LEAST:
        return f"{said} (target ≥ {LEAST[figure]:g}: {_met(value >= LEAST[figure])})"
    return said


def _met(met: bool) -> str:
    return "met" if met else "NOT met"
