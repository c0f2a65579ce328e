"""`python -m benchmarks NAME [--json] [--scale X]`: exit status 0 only within budget."""

import argparse
import sys
from importlib import import_module

# Each is a module of this package with `run(scale: float) -> Report`, imported when asked for.
REGISTRY = {
    "calendar": "due and elapsed in a calendar, against three other libraries",
    "clocks": "a ticket's clocks from its timeline, and a million lines through the machine door",
    "timers": "from a deadline to its committed flag, among a million open clocks",
    "search": "words in a million tickets, five frequent and five rare",
    "burst": "many clocks due at one instant, against flipping them one by one",
}


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measures against a budget; the last line gives the figures.",
        epilog="\n".join(f"{name:<10} {what}" for name, what in REGISTRY.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("name", choices=REGISTRY)
    parser.add_argument("--json", action="store_true", help="print one JSON object instead")
    parser.add_argument("--scale", type=float, default=1.0, help="share of the full size (1)")
    chosen = parser.parse_args(arguments)
    if not 0 < chosen.scale <= 10:
        parser.error("--scale lies above 0, up to 10")
    report = import_module(f"benchmarks.{chosen.name}").run(chosen.scale)
    print(report.as_json() if chosen.json else report.as_text())
    return 0 if report.is_within_budget else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
