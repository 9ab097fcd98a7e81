"""Holds what mcpdoc says of configurations against what LiteLLM made of them, and prints where they differ.

    python3 compare.py --mcpdoc target/release/mcpdoc --version 1.77.3 OUTCOMES

OUTCOMES are the lines of load.py. The exit status is 1 if there is any difference. A difference is one of mcpdoc's
mistakes: it is mended there. What is passed over here is no difference, and each such place says why.
"""

import argparse
import collections
import concurrent.futures
import json
import pathlib
import re
import subprocess
import sys

import load

# What a finding says that claims that the gateway is not going to run.
STOPS = re.compile(r"stops the (?:whole )?gateway|does not start(?! with https?:)|stops at start")

COMPOSE = """services:
  litellm:
    image: ghcr.io/berriai/litellm:local
    volumes: {volumes}
    environment: {environment}
"""

# Findings about other parts of a stack: that a host of the examples exists nowhere stops no gateway.
OTHER = re.compile(r"^(unknown-host|no-shared-network|loopback-|port-|published-|url-|client-|command-|gateway-|stdio-|env-not-|secret-)")


def step(key):
    """A key as mcpdoc writes it in a path."""
    return key if re.fullmatch(r"[\w/$-]+", key) else json.dumps(key, ensure_ascii=False)


def at(name, *keys):
    """The path of a node of a server's entry."""
    path = f"mcp_servers.{step(name)}"
    for key in keys:
        path += f"[{key}]" if isinstance(key, int) else f".{step(str(key))}"
    return path


def examine(program, version, config):
    """What mcpdoc says, as its JSON document; the text of its complaint where there is none."""
    folder = config.parent
    quoted = json.dumps(load.ENVIRONMENT)
    volumes = json.dumps([f"./{file.name}:/app/{file.name}" for file in sorted(folder.iterdir()) if file.name != "docker-compose.yml"])
    (folder / "docker-compose.yml").write_text(COMPOSE.format(volumes=volumes, environment=quoted), encoding="utf-8")
    command = [program, "check", "--offline", "--format", "json", "--litellm-version", version]
    command += ["--litellm", "config.yaml", "--compose", "docker-compose.yml"]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    try:
        return json.loads(run.stdout)
    except ValueError:
        return f"exit status {run.returncode}: {run.stderr.strip()[-500:]}"


class Case:
    """One configuration, with what both say of it."""

    def __init__(self, outcome, said):
        self.outcome, self.said = outcome, said
        self.text = pathlib.Path(outcome["config"]).read_text(encoding="utf-8-sig")
        # A merged or repeated entry stands in another place than under its own server.
        self.elsewhere = bool(re.search(r"<<|: \*|&\w", self.text))

    def places(self, check=None):
        for finding in self.said["findings"]:
            if check is None or finding["check"] == check:
                for location in finding["locations"][:1]:
                    yield finding, location["path"] or ""

    def differences(self):
        if "failed" in self.outcome:
            yield "LiteLLM gave no answer", self.outcome["failed"]
        elif isinstance(self.said, str):
            yield "mcpdoc gave no answer", self.said
        else:
            loaded = self.outcome["loaded"]
            yield from self.starting(loaded)
            yield from (self.running() if loaded else self.stopped())
            yield from self.keys()

    def starting(self, loaded):
        starts = self.said["gateways"][0]["starts"]
        if loaded != starts and not self.missing_file():
            reason = self.outcome["reason"]
            what = f"{reason['type']}: {reason['message'][:300]}" if reason else ""
            yield ("mcpdoc: starts; LiteLLM: does not" if starts else "mcpdoc: does not start; LiteLLM: does"), (
                what or "; ".join(finding["message"] for finding in self.said["findings"] if STOPS.search(finding["message"]))
            )

    def missing_file(self):
        """Whether a file that the configuration names is what LiteLLM missed. Which files the container has is not
        known from the configuration, so that mcpdoc does not judge it (Outcome::needs)."""
        reason = self.outcome["reason"]
        if not reason:
            return False
        if reason["type"] in ("SSRFError", "ConnectError", "UnsupportedProtocol"):
            # A document that is asked for over the network.
            return bool(re.search(r"spec_path: \S*://", self.text))
        if reason["type"] != "FileNotFoundError":
            return False
        return "Included file not found" in reason["message"] or "spec_path" in self.text

    def running(self):
        theirs = [
            {
                "name": server["server_name"] if server.get("server_name") is not None else server["name"],
                "alias": server.get("alias") or None,
                "transport": server["transport"],
                "url": server.get("url") or None,
            }
            for server in self.outcome["servers"]
        ]
        ours = [
            {
                "name": server["name"],
                "alias": server["alias"] or None,
                "transport": server["transport"],
                "url": server["url"] or None,
            }
            for server in self.said["gateways"][0]["servers"]
        ]
        if ours != theirs:
            yield "servers", f"mcpdoc {json.dumps(ours)}\n    LiteLLM {json.dumps(theirs)}"
        for finding in self.said["findings"]:
            if STOPS.search(finding["message"]) and finding["severity"] == "error" and not OTHER.match(finding["check"]):
                yield "said to stop what runs", f"{finding['check']}: {finding['message']}"

    def stopped(self):
        """What stops it must be said, and where LiteLLM tells the place, there."""
        errors = [
            (finding, path)
            for finding, path in self.places()
            if finding["severity"] == "error" and not OTHER.match(finding["check"])
        ]
        if not errors and not self.missing_file():
            yield "stops, and no error says so", f"{self.outcome['reason']['type']}: {self.outcome['reason']['message'][:300]}"
            return
        reason = self.outcome["reason"]
        if self.elsewhere or reason.get("model") != "MCPServer" or reason["server"] is None:
            return
        for path in filter(None, reason["paths"]):
            # Fields that take the value of another key; `name` is made of the alias or the entry's own name.
            if path[:1] == ["name"]:
                continue
            path = [{"authentication_token": "auth_value"}.get(key, key) for key in path]
            here = at(reason["server"], *path[:1])
            token = at(reason["server"], "authentication_token")
            # What `mcp_info` lacks it takes from the entry, and the alias from the settings.
            also = {"mcp_info": at(reason["server"], "description"), "alias": "litellm_settings.mcp_aliases"}.get(path[0], here)
            if any(found.startswith((here, token, also)) for _, found in errors):
                continue
            yield "stops for another reason", f"{here}: {reason['message'][:300]}"

    def keys(self):
        """Keys and sections that nothing asks for have to be reported, and those that something asks for must not."""
        unknown = [path for _, path in self.places("server-unknown-key")]
        reported = [path for _, path in self.places()]
        for server, unread in self.outcome["unread"].items():
            if not self.outcome["loaded"]:
                # It stopped before it asked for all of them.
                break
            for key in unread:
                # `mcp_info` has a description of its own, which wins: nobody is served otherwise than meant.
                if self.harmless(server, key) or key == "description" and "mcp_info" in self.text:
                    continue
                ours = [path for path in reported if (path.endswith("." + step(key)) if self.elsewhere else path == at(server, key))]
                if not ours:
                    yield "dropped, and nothing says so", at(server, key)
        for path in unknown:
            key = re.search(r'\.([\w/$-]+|"[^"]*")$', path)
            if key and key.group(1) in self.outcome["asked"]:
                yield "read, and said not to be", path
        for section in self.outcome["unread_sections"]:
            # Anchors are hung on these.
            if section.startswith((".", "_", "x-")):
                continue
            if self.outcome["loaded"] and not any(path == step(section) for path in reported) and not self.harmless(None, section):
                yield "section dropped, and nothing says so", section
        for _, path in self.places("litellm-unknown-section"):
            if path in self.outcome["sections"]:
                yield "section read, and said not to be", path

    def harmless(self, server, key):
        """Keys whose value says what is the case anyway: an entry that is there is enabled. See `harmless` and
        `default` in the catalog."""
        value = {"enabled": "(true|yes|on)", "disabled": "(false|no|off)", "store_model_in_db": "(false|no|off)", "json_logs": "(false|no|off)",
                 "set_verbose": "(false|no|off)", "drop_params": "(false|no|off)"}.get(key)
        return bool(value and re.search(rf"(?i)\b{key}: (!!bool ')?{value}\b", self.text))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("outcomes", type=pathlib.Path)
    parser.add_argument("--mcpdoc", required=True, type=pathlib.Path)
    parser.add_argument("--version", required=True)
    parser.add_argument("--examples", type=int, default=3, help="configurations to print of each kind")
    options = parser.parse_args()
    program = str(options.mcpdoc.resolve())

    outcomes = [json.loads(line) for line in options.outcomes.read_text(encoding="utf-8").splitlines()]
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        said = list(pool.map(lambda outcome: examine(program, options.version, pathlib.Path(outcome["config"])), outcomes))

    kinds = collections.defaultdict(list)
    asked = set()
    for outcome, document in zip(outcomes, said):
        case = Case(outcome, document)
        asked.update(outcome.get("asked", []))
        for kind, what in case.differences():
            kinds[kind].append((case, what))

    loaded = sum(outcome.get("loaded", False) for outcome in outcomes)
    differing = {id(case) for cases in kinds.values() for case, _ in cases}
    print(f"LiteLLM {options.version}: {len(outcomes)} configurations, {loaded} load, {len(outcomes) - loaded} do not; "
          f"{len(differing)} differ")
    for kind, cases in sorted(kinds.items(), key=lambda pair: -len(pair[1])):
        print(f"  {len(cases):5}  {kind}")
    for kind, cases in kinds.items():
        for case, what in cases[: options.examples]:
            print(f"\n== {kind}: {case.outcome['config']}\n    {what}")
            print("\n".join(f"  | {line}" for line in case.text.splitlines()))
    return 1 if kinds else 0


if __name__ == "__main__":
    sys.exit(main())
