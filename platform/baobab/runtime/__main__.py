"""`python -m baobab.runtime run | test | security | services | clean`."""

from __future__ import annotations

import argparse
import shutil
import sys

from baobab.runtime import environment, files
from baobab.runtime.checks import security, test
from baobab.runtime.problems import RuntimeProblem
from baobab.runtime.processes import stop_leftovers
from baobab.runtime.run import run
from baobab.runtime.services import as_exports, local_services, throwaway_services
from baobab.runtime.stopping import StopRequest


def services(*, stop_them: bool) -> int:
    """Start PostgreSQL and Redis of `make run` and print the variables for a shell's `eval`, or stop them."""
    found = local_services(environment.data_directory())
    if stop_them:
        found.stop()
        return 0
    env = environment.base_environment(found.data, settings="baobab.settings.local", embedded_database=True)
    port, simulator_port = environment.kept_ports(found.data)
    env |= environment.addresses(port=port, simulator_port=simulator_port)
    variables = found.start_postgres() | found.start_redis()
    names = ("DJANGO_SETTINGS_MODULE", "SECRET_KEY", "ENCRYPTION_KEYS", "MEDIA_ROOT", "MAIL_DIR", "PLATFORM_HOST")
    variables |= {name: env[name] for name in (*names, "PLATFORM_PORT", "PAYMENT_SIMULATOR_URL")}
    print(as_exports(variables))
    return 0


def clean() -> int:
    """Delete the data of this checkout, also what is kept outside of it, after stopping what a killed run left."""
    if not environment.DATA.exists():
        return 0
    with (
        files.exclusive_lock(environment.DATA / "run.lock", wait=False) as no_run,
        files.exclusive_lock(environment.DATA / "test.lock", wait=False) as no_test,
    ):
        if not (no_run and no_test):
            raise RuntimeProblem("Baobab or its tests run from this folder. Stop them first with Ctrl-C.")
        stop_leftovers(environment.DATA / "processes.json")
        if (environment.DATA / "test").exists():
            throwaway_services(environment.DATA / "test").destroy()
        local_services(environment.data_directory()).destroy()
        shutil.rmtree(environment.DATA)
    return 0


def main() -> int:
    """Read the command line, run the command and return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m baobab.runtime")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("run", help="run the whole platform on this machine")
    commands.add_parser("test", help="run every check; further arguments go to pytest")
    commands.add_parser("security", help="attack the walls between tenants, and report")
    servers = commands.add_parser("services", help="start PostgreSQL and Redis, print variables for a shell")
    servers.add_argument("--stop", action="store_true", help="stop them")
    commands.add_parser("clean", help="delete the data of this checkout")
    if sys.argv[1:2] == ["test"]:  # what follows is pytest's, to the letter
        options, for_pytest = parser.parse_args(["test"]), sys.argv[2:]
    else:
        options, for_pytest = parser.parse_args(), []
    try:
        if options.command == "services":
            return services(stop_them=options.stop)
        if options.command == "clean":
            return clean()
        stop = StopRequest()
        if options.command == "security":
            return security(stop)
        return run(stop) if options.command == "run" else test(stop, for_pytest)
    except RuntimeProblem as problem:
        sys.stdout.flush()
        print(f"\n{problem}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]  # a terminal's stream always has it
    sys.exit(main())
