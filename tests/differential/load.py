"""Loads configurations with LiteLLM itself and prints what came of each, one JSON object a line.

    python load.py [--fresh] FOLDER/*/config.yaml

Runs in the virtual environment of one version. Every configuration is loaded by the package's own
`ProxyConfig.load_config`, in a copy of this process that is made (`fork`) after the slow imports and thrown away
afterwards: registries, settings that LiteLLM writes into its own modules, and the environment are as new each time,
without a list of what to reset. `--fresh` starts a whole interpreter for each instead, to prove that this is the same.

A line says: `loaded`; what stopped it (`reason`: the exception, and for values that pydantic refuses the server and the
paths in its entry); the servers as LiteLLM has them; and, taken down by a dictionary that notes who asks it for what,
the keys of each entry that the version never asked for (`unread`), all keys that it asks any entry for (`asked`), and
the same of the top-level sections.
"""

import asyncio
import enum
import gc
import importlib
import json
import os
import signal
import subprocess
import sys

# The environment of the gateway: what compare.py writes into its compose file, and nothing else.
ENVIRONMENT = {
    "SET_VAR": "set-value",
    "SET_URL": "http://127.0.0.1:40280/mcp",
    "SET_TRANSPORT": "sse",
    "FLAG_TRUE": "true",
    "FLAG_FALSE": " False ",
    "NUMBER": "8080",
    "EMPTY_VAR": "",
    # Without it 1.109.1 does not start with the keys that the examples use; that check comes after `load_config`.
    "LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY": "true",
}
# What this run needs and no configuration asks for.
OWN = {"PATH", "HOME", "LANG", "LC_ALL", "PYTHONHASHSEED", "TMPDIR"}
SECONDS = 60


class Notes(dict):
    """A dictionary that notes which of its keys are asked for."""

    asked: set
    last = None

    def get(self, key, default=None):
        self.note(key)
        return super().get(key, default)

    def __getitem__(self, key):
        self.note(key)
        return super().__getitem__(key)

    def __contains__(self, key):
        self.note(key)
        return super().__contains__(key)

    def pop(self, key, *default):
        self.note(key)
        return super().pop(key, *default)

    def note(self, key):
        self.__dict__.setdefault("asked", set()).add(key)
        if "server" in self.__dict__:
            Notes.last = self.server if isinstance(self.server, str) else None


def noting(mapping, **server):
    notes = Notes(mapping)
    notes.__dict__.update(server, asked=set())
    return notes


def plain(value):
    """A value as JSON."""
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [plain(item) for item in value]
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    return str(value)


def manager():
    try:
        from litellm.proxy.mcp_server import mcp_server_manager
    except ImportError:
        from litellm.proxy._experimental.mcp_server import mcp_server_manager
    return mcp_server_manager


def reason(error):
    said = {"type": type(error).__name__, "message": str(error)[:2000], "server": Notes.last, "paths": []}
    if said["type"] == "ValidationError" and hasattr(error, "errors"):
        said["model"] = error.title
        said["paths"] = [[plain(step) for step in each["loc"]] for each in error.errors(include_url=False)]
    return said


def load(path):
    """What LiteLLM makes of the file, in this very process."""
    from litellm.proxy import proxy_server

    # Relative paths in a file count from where LiteLLM is started.
    os.chdir(os.path.dirname(path))
    mcp = manager()
    entries = {}
    sections = {}

    config = proxy_server.ProxyConfig()
    get_config = config.get_config

    async def noted_config(*args, **kwargs):
        result = await get_config(*args, **kwargs)
        if isinstance(result, dict):
            result = noting(result)
            sections["notes"] = result
        return result

    config.get_config = noted_config

    owner = mcp.MCPServerManager
    load_servers = owner.load_servers_from_config

    def noted_servers(self, servers, *args, **kwargs):
        if isinstance(servers, dict):
            for name, entry in servers.items():
                if type(entry) is dict:
                    entries[name] = noting(entry, server=name)
            servers = {name: entries.get(name, entry) for name, entry in servers.items()}
        return load_servers(self, servers, *args, **kwargs)

    owner.load_servers_from_config = noted_servers
    # What LiteLLM goes on with in the background would start the servers' programs and call their urls.
    for later in ("initialize_tool_name_to_mcp_server_name_mapping", "prime_oauth_metadata_discovery_for_servers"):
        if hasattr(owner, later):
            setattr(owner, later, lambda *args, **kwargs: None)

    outcome = {"loaded": True, "reason": None, "servers": [], "unread": {}, "asked": []}
    try:
        # No `asyncio.run`: it would wait for what the load left behind.
        asyncio.new_event_loop().run_until_complete(config.load_config(router=None, config_file_path=path))
    except BaseException as error:  # noqa: BLE001  what stops it may be a SystemExit as well
        outcome["loaded"] = False
        outcome["reason"] = reason(error)
    for server in mcp.global_mcp_server_manager.config_mcp_servers.values():
        dump = {key: plain(value) for key, value in dict(server).items()}
        outcome["servers"].append({key: value for key, value in dump.items() if value not in (None, [], {})})
    for name, notes in entries.items():
        outcome["unread"][str(name)] = sorted(str(key) for key in notes if key not in notes.asked)
        outcome["asked"] = sorted(set(outcome["asked"]) | {str(key) for key in notes.asked})
    notes = sections.get("notes")
    outcome["sections"] = sorted(map(str, notes.asked)) if notes is not None else []
    outcome["unread_sections"] = (
        sorted(key for key in notes if isinstance(key, str) and key not in notes.asked) if notes is not None else []
    )
    return outcome


def quiet():
    """LiteLLM prints; the line of a case is all that may reach standard output."""
    null = os.open(os.devnull, os.O_RDWR)
    out = os.dup(1)
    for number in (0, 1, 2) if "LOAD_DEBUG" not in os.environ else (0,):
        os.dup2(null, number)
    return out


def copied(path):
    """The outcome from a copy of this process."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        signal.alarm(SECONDS)
        quiet()
        known = set(sys.modules)
        try:
            outcome = load(path)
        except BaseException as error:  # noqa: BLE001  the parent has to learn of it
            outcome = {"failed": repr(error)}
        line = json.dumps({**outcome, "modules": sorted(set(sys.modules) - known)})
        with os.fdopen(write, "w") as pipe:
            pipe.write(line)
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as pipe:
        line = pipe.read()
    _, status = os.waitpid(child, 0)
    if not line:
        return {"failed": f"no answer, wait status {status}"}
    outcome = json.loads(line)
    # The next copies need not import them again, which takes most of the time of a load.
    for module in outcome.pop("modules"):
        try:
            importlib.import_module(module)
        except Exception:  # noqa: BLE001  then each copy tries for itself, as the package does
            pass
    return outcome


def main():
    arguments = sys.argv[1:]
    if arguments[:1] == ["--one"]:
        out = quiet()
        line = json.dumps(load(arguments[1]))
        os.write(out, line.encode())
        os._exit(0)

    own = {name: os.environ[name] for name in OWN if name in os.environ}
    os.environ.clear()
    os.environ.update(own, **ENVIRONMENT, LITELLM_LOCAL_MODEL_COST_MAP="True", LITELLM_TELEMETRY="False")
    fresh = arguments[:1] == ["--fresh"]
    lines = os.fdopen(quiet(), "w")
    if not fresh:
        # What the first load would import, before the copies are made.
        import litellm  # noqa: F401
        from litellm.proxy import proxy_server  # noqa: F401

        manager()
        gc.freeze()
    for path in map(os.path.abspath, arguments[1:] if fresh else arguments):
        if fresh:
            command = [sys.executable, os.path.abspath(__file__), "--one", path]
            run = subprocess.run(command, capture_output=True, text=True, timeout=4 * SECONDS, check=False)
            outcome = json.loads(run.stdout) if run.stdout else {"failed": run.stderr[-500:]}
        else:
            outcome = copied(path)
        print(json.dumps({"config": path, **outcome}), file=lines, flush=True)


if __name__ == "__main__":
    main()
