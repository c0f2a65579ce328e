"""The options of `up`. Those that settings depend on are known before Django reads its settings."""

import argparse
import os

EVERYWHERE = {"0.0.0.0", "::"}


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument("--port", type=port, default=8000, help="port (%(default)s; 0: any free)")
    parser.add_argument(
        "--demo",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="fill an empty desk with demonstration data",
    )
    parser.add_argument("--data", metavar="DIR", help="folder of the desk's data (var)")


def port(text: str) -> int:
    number = int(text)
    if not 0 <= number <= 65535:
        raise argparse.ArgumentTypeError(f"{text} is no port: give 1 to 65535, or 0 for any free")
    return number


def into_environment(arguments: list[str]) -> None:
    """Sets what the desk's settings, here and in its processes, read of these options."""
    parser = argparse.ArgumentParser(add_help=False, exit_on_error=False)
    add_options(parser)
    try:
        options, _ = parser.parse_known_args(arguments)
    except (argparse.ArgumentError, SystemExit):
        return  # `up` itself refuses them, with its usage
    if options.data:
        os.environ["DESK_DATA"] = os.path.abspath(options.data)
    if options.host in EVERYWHERE:
        os.environ.setdefault("DESK_ALLOWED_HOSTS", "*")
    elif options.host != "127.0.0.1":
        os.environ.setdefault("DESK_ALLOWED_HOSTS", f"{options.host},localhost,127.0.0.1")
    if options.port:
        os.environ.setdefault("DESK_ADDRESS", address(options.host, options.port))


def address(host: str, number: int) -> str:
    """The address a browser on this machine opens."""
    name = "127.0.0.1" if host in EVERYWHERE else host
    return f"http://[{name}]:{number}" if ":" in name else f"http://{name}:{number}"
