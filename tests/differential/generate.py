"""Writes configurations that LiteLLM and mcpdoc shall agree on: FOLDER/NNNNN/config.yaml, and what it includes.

    python3 generate.py FOLDER --count 500 --seed 1

The same seed, count and catalog give the same files. Half of them take the keys of an entry one after another, those
of every version and those that people write instead, each with every shape of value; the other half are whole
configurations with up to three mistakes, of all kinds together. Nothing here says what is right: LiteLLM does.

What a gateway for models does besides, with caches, callbacks, guardrails and prompts, is left out: mcpdoc does not
look at it.
"""

import argparse
import pathlib
import random
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]


# --- YAML as people write it: a tree whose scalars are text as it stands in the file ---------------------------------


class Map(list):
    """Pairs of a key as written and a node: keys may come twice."""

    def get(self, key):
        return next((node for name, node in self if name == key), None)

    def put(self, key, node):
        for index, (name, _) in enumerate(self):
            if name == key:
                self[index] = (key, node)
                return
        self.append((key, node))

    def drop(self, key):
        self[:] = [(name, node) for name, node in self if name != key]


class Seq(list):
    """Nodes."""


class Mark:
    """A node with an anchor before it."""

    def __init__(self, name, node):
        self.name, self.node = name, node


def write(node, indent=0):
    """The text of a node that follows `key:`, from the blank or line break on."""
    space = "  " * indent
    if isinstance(node, Mark):
        return f" &{node.name}" + write(node.node, indent)
    if isinstance(node, Map) and node:
        return "".join(f"\n{space}{key}:{write(value, indent + 1)}" for key, value in node)
    if isinstance(node, Seq) and node:
        return "".join(f"\n{space}-{item(value, indent + 1)}" for value in node)
    if isinstance(node, Map):
        return " {}"
    if isinstance(node, Seq):
        return " []"
    return f" {node}" if node else ""


def item(node, indent):
    if isinstance(node, Map) and node:
        return " " + write(node, indent).lstrip()
    return write(node, indent)


def flow(node):
    if isinstance(node, Mark):
        return f"&{node.name} {flow(node.node)}"
    if isinstance(node, Map):
        return "{" + ", ".join(f"{key}: {flow(value)}".rstrip() for key, value in node) + "}"
    if isinstance(node, Seq):
        return "[" + ", ".join(flow(value) or "null" for value in node) + "]"
    return node


# --- values -----------------------------------------------------------------------------------------------------------

SHAPES = {
    "null": ["null", "~", "", "Null", "!!null ''"],
    "int": ["0", "1", "8080", "-3", "0x1F", "017", "0b101", "1_000", "190:20:30", "!!int '7'"],
    "bool": ["true", "false", "yes", "no", "on", "Off", "TRUE", "False", "!!bool 'true'"],
    "float": ["1.5", "0.0", ".inf", "-.INF", ".NaN", "1.0e+3", "6_8.5", "20:30.15", "30.0"],
    "almost": ["1e3", "0o17", "08", "y", "n", "nan", "1.2.3", "12:3:", "2024-1", "tRue", "NULLs", "+", "-", "0x", "1__"],
    "date": ["2024-01-01", "2024-1-1 10:00:00", "2001-12-14t21:59:43.10-05:00"],
    "string": ["text", "'quoted'", '"8080"', "a b", '"true"', "'null'", '"with\\ttab"', "|-\n      block", "!!str 8080"],
    "blank": ["''", '""', "' '"],
    "number in quotes": ["'30'", '"1.5"', "' 7 '", "'1_000'", "'nan'", "'inf'", "'1e3'", "'0x10'", "'-0'"],
    "empty list": ["[]"],
    "list": ["[text]", "[a, b]", "['']"],
    "odd list": ["[1]", "[a, 2]", "[null]", "[a, [b]]", "[{a: b}]", "[true]", "[2024-01-01]", "[os.environ/SET_VAR]", "[1.5]", "[~, a]"],
    "empty map": ["{}"],
    "map": ["{A: b}", "{a: b, c: d}", "{A: ''}"],
    "odd map": [
        "{A: 1}", "{1: a}", "{A: null}", "{A: true}", "{A: [b]}", "{A: {b: c}}", "{A: 2024-01-01}", "{true: a}", "{A: 1.5}",
        "{null: a}", "{A: os.environ/SET_VAR}", "{A: os.environ/UNSET}", "{A: os.environ/FLAG_TRUE}", "{A: os.environ/EMPTY_VAR}",
    ],
    "reference": [
        "os.environ/SET_VAR", "os.environ/SET_URL", "os.environ/NUMBER", "'os.environ/SET_VAR'", "os.environ/os.environ/SET_VAR",
    ],
    "reference that is nothing": ["os.environ/UNSET", "os.environ/", "os.environ/EMPTY_VAR"],
    "reference to a flag": ["os.environ/FLAG_TRUE", "os.environ/FLAG_FALSE"],
    "not a reference": ["${SET_VAR}", "$SET_VAR", "http://os.environ/SET_VAR/mcp", "'{{ SET_VAR }}'", "OS.ENVIRON/SET_VAR", "os.environ.SET_VAR"],
}

# What each key of an entry is meant to have; any other key gets a text.
RIGHT = {
    "url": ["http://x.invalid/mcp", "https://x.invalid:8443/mcp", "http://127.0.0.1:9/sse", "os.environ/SET_URL"],
    "transport": ["http", "sse", "stdio"],
    "command": ["npx", "uvx", "/usr/bin/python3"],
    "args": ["[-y, server]", "[]", "['--port', '8080']"],
    "env": ["{TOKEN: abc}", "{A: os.environ/SET_VAR, B: 'true'}", "{}"],
    "auth_type": ["none", "api_key", "bearer_token", "basic", "authorization", "oauth2", "token", "aws_sigv4",
                  "oauth2_token_exchange", "true_passthrough", "oauth_delegate", "oauth2_id_jag"],
    "auth_value": ["secret", "os.environ/SET_VAR", "Bearer abc"],
    "authentication_token": ["secret", "os.environ/SET_VAR"],
    "alias": ["short", "other_name"],
    "mcp_info": ["{}", "{server_name: Other, description: What, logo_url: 'http://x.invalid/logo'}",
                 "{mcp_server_cost_info: {default_cost_per_query: 0.1}}", "{description: 'x', extra: [1]}",
                 "{mcp_server_cost_info: {tool_name_to_cost_per_query: {a: 0.5}}}"],
    "access_groups": ["[dev]", "[dev, ops]"],
    "oauth2_flow": ["client_credentials", "authorization_code"],
    "scopes": ["[read, write]", "read write", "[]"],
    "extra_headers": ["[X-Token]", "[Authorization, x-other]"],
    "allowed_tools": ["[list, get]"],
    "disallowed_tools": ["[drop]"],
    "allowed_params": ["{list: [a, b]}"],
    "static_headers": ["{X-Key: abc}", "{Authorization: 'Bearer ${TOKEN}'}"],
    "env_vars": ["[{name: TOKEN, value: abc, scope: global}]", "[{name: TOKEN, scope: user, description: yours}]"],
    "spec_path": ["missing.json", "/app/missing.yaml", "openapi.json"],
    "timeout": ["30", "1.5"],
    "max_concurrent_requests": ["4"],
    "rpm": ["60"],
    "protocol_version": ["auto", "'2025-06-18'", "2025-06-18", "'2026-07-28'", "'2024-11-05'"],
    "token_endpoint_auth_method": ["client_secret_basic", "client_secret_post", "none", "private_key_jwt"],
    "token_validation": ["{team: x}"],
    "oauth_identity_binding": ["{issuer: 'https://x.invalid', audiences: [a]}", "{mode: enforce, issuer: i, audiences: [a]}",
                               "{mode: enforce}", "{issuer: i, audiences: []}"],
    "pinned_tools": ["{list: {description: What}}", "{list: {description: What, input_schema: {}}}", "{list: {other: 1}}", "'{}'"],
    "upstream_token_header": ["X-Token", "'X Token'", "x:y"],
    "token_exchange_profile": ["rfc8693", "entra_obo"],
    "client_assertion_signing_alg": ["RS256", "ES256"],
    "server_id": ["fixed_one", "' padded '", "a", "b"],
    "description": ["What it does"],
    "dcr_bridge": ["true", "false"],
    "per_server_oauth_discovery": ["true", "false"],
    "enabled": ["true", "false"],
    "disabled": ["true", "false"],
}
FLAGS = ["allow_all_keys", "available_on_public_internet", "delegate_auth_to_upstream", "oauth_passthrough", "allow_sampling",
         "allow_elicitation"]
RIGHT.update({flag: ["true", "false"] for flag in FLAGS})

NAMES = ["db", "files", "web", "git_hub", "search1", "a", "b"]
ODD_NAMES = ["my-db", "my db", "a/b", "a.b", "dätä", "8080", "true", "null", "''", "'my-db'", "1.5", "2024-01-01", "~", "-", "DB", "'1'",
             "yes", "a@b", "'x:y'", "0x1F", "'a-'", "db_", "...", "server_name_that_is_quite_long_and_goes_on_and_on_and_on_for_ever"]


def keys():
    """Every key of an entry that the catalog speaks of, so that a new one is tried without a change here."""
    text = (ROOT / "checks/catalog/gateways/litellm.yaml").read_text(encoding="utf-8")
    servers = re.search(r"(?ms)^servers:\n(.*?)(?=^\S)", text).group(1)
    found = re.findall(r"(?m)^    ([A-Za-z_]+):", servers.split("\n  keys:\n", 1)[1])
    return found + ["foo", "transportt", "Url", "mcp_server_url"]


class Maker:
    def __init__(self, rng, keys):
        self.rng = rng
        self.keys = keys

    def one(self, *choices):
        return self.rng.choice(choices)

    def any(self, *shapes):
        """Some value of one of the shapes, or of any."""
        return self.rng.choice(SHAPES[self.rng.choice(shapes or list(SHAPES))])

    def right(self, key):
        return self.rng.choice(RIGHT.get(key, ["text"]))

    def entry(self):
        """An entry without a mistake in the old version; in a newer one, neither."""
        rng = self.rng
        kind = self.one("http", "http", "sse", "stdio")
        entry = Map()
        if kind != "http" or rng.random() < 0.6:
            entry.append(("transport", kind))
        if kind == "stdio":
            entry.append(("command", self.one("npx", "uvx", "python3")))
            if rng.random() < 0.7:
                entry.append(("args", self.right("args")))
            if rng.random() < 0.5:
                entry.append(("env", self.right("env")))
        else:
            entry.append(("url", self.right("url")))
            if rng.random() < 0.3:
                entry.append(("auth_type", self.one("api_key", "bearer_token", "basic", "authorization")))
                entry.append(("auth_value", self.right("auth_value")))
        for key in ("description", "access_groups", "mcp_info"):
            if rng.random() < 0.15:
                entry.append((key, self.right(key)))
        rng.shuffle(entry)
        return entry

    def config(self, servers):
        config = Map()
        if self.rng.random() < 0.7:
            config.append(("general_settings", Map([("master_key", self.one("sk-1234", "os.environ/SET_VAR", "'sk-abc'"))])))
        if self.rng.random() < 0.3:
            config.append(("litellm_settings", Map([("drop_params", "true")])))
        config.append(("mcp_servers", servers))
        self.rng.shuffle(config)
        return config

    # One key, one shape.

    def single(self, key, shape):
        entry = self.entry()
        if key in ("command", "args", "env"):
            entry = Map([("transport", "stdio"), ("command", "npx")])
        entry.drop(key)
        value = self.right(key) if shape == "right" else self.rng.choice(SHAPES[shape])
        entry.insert(self.rng.randrange(len(entry) + 1), (key, value))
        return self.text(self.config(Map([(self.one("db", "files"), entry)])))

    # Several servers, some mistakes.

    def several(self):
        rng = self.rng
        names = rng.sample(NAMES, rng.choice([1, 1, 2, 2, 3, 5]))
        servers = Map((name, self.entry()) for name in names)
        config = self.config(servers)
        self.files = {}
        after = []
        for _ in range(rng.choice([0, 0, 1, 1, 1, 2, 3])):
            later = rng.choice(MISTAKES)(self, config, servers)
            if later:
                after.append(later)
        text = self.text(config)
        for change in after:
            text = change(text)
        return text

    def text(self, config):
        if self.rng.random() < 0.07:
            return "\n".join(f"{key}: {flow(node)}".rstrip() for key, node in config) + "\n"
        return write(config).lstrip("\n") + "\n"

    def server(self, servers):
        """One of the entries that is a mapping; a new one if there is none."""
        entries = [node for _, node in servers if isinstance(node, Map)]
        if not entries:
            servers.append(("late", self.entry()))
            return servers[-1][1]
        return self.rng.choice(entries)

    # The mistakes.

    def wrong_value(self, config, servers):
        entry = self.server(servers)
        known = [name for name, _ in entry] or ["url"]
        entry.put(self.rng.choice(known), self.any())

    def some_key(self, config, servers):
        key = self.rng.choice(self.keys)
        self.server(servers).put(key, self.one(self.right(key), self.any()))

    def name(self, config, servers):
        index = self.rng.randrange(len(servers)) if servers else 0
        if servers:
            servers[index] = (self.rng.choice(ODD_NAMES), servers[index][1])

    def twice(self, config, servers):
        """The same key twice: of a server, of an entry, of the file."""
        where = self.one("server", "entry", "file")
        if where == "server" and servers:
            servers.append((self.rng.choice(servers)[0], self.entry()))
        elif where == "entry":
            entry = self.server(servers)
            if entry:
                entry.append((self.rng.choice(entry)[0], self.any("string", "int", "null", "map")))
        else:
            config.append((self.one("mcp_servers", "general_settings"), Map([(self.one("late", "early"), self.entry())])))

    def alias(self, config, servers):
        for _ in range(self.one(1, 2)):
            self.server(servers).put(
                "alias",
                self.one("db", "DB", "short", "short", "with-dash", "with space", "''", "null", "8", "a", "Ünï", "os.environ/SET_VAR",
                         "os.environ/UNSET", "os.environ/FLAG_TRUE", "[a]", "yes"),
            )

    def aliases(self, config, servers):
        names = [name for name, _ in servers]
        some = Map()
        for alias in self.rng.sample(["db", "short", "other", "with-dash", "8", "my db", "true", "Files"], self.one(1, 2, 3)):
            target = self.rng.choice(names + ["nowhere"]) if names else "nowhere"
            some.append((alias, self.one(target, target, target, target, self.any())))
        node = self.one(some, some, some, some, some, "[]", "{}", "null", "[db]", "db", "8", "false", "os.environ/UNSET", "''", "[{a: b}]")
        self.section(config, "litellm_settings").put("mcp_aliases", node)

    def transport(self, config, servers):
        self.server(servers).put(
            "transport",
            self.one("HTTP", "streamable-http", "streamable_http", "streamableHttp", "null", "''", "stdio", "sse", "http", "Stdio",
                     "websocket", "1", "[http]", "{a: b}", "true", "os.environ/SET_TRANSPORT", "os.environ/UNSET", "os.environ/SET_VAR",
                     "os.environ/FLAG_TRUE", "'http '", '"http"', "${T}", "os.environ/EMPTY_VAR"),
        )

    def no_transport(self, config, servers):
        entry = self.server(servers)
        entry.drop("transport")
        if self.rng.random() < 0.5:
            entry.put(self.one("type", "transport_type", "protocol"), self.one("stdio", "sse", "http", "streamable-http"))

    def url(self, config, servers):
        entry = self.server(servers)
        if self.rng.random() < 0.2:
            entry.drop("url")
            return
        entry.put(
            "url",
            self.one("''", "null", "8080", "0", "localhost:8080/mcp", "ftp://x/mcp", "http://", "os.environ/SET_URL", "os.environ/UNSET",
                     "os.environ/EMPTY_VAR", "os.environ/FLAG_FALSE", "os.environ/FLAG_TRUE", "${SET_URL}", "http://${SET_VAR}/mcp",
                     "[]", "{}", "[http://x]", "false", "no", "yes", "0.0", "http://ünï.invalid/mcp", "'http://x /mcp'", "2024-01-01",
                     "http://x.invalid/mcp?a=b#c", "http://[::1]:8/mcp", "' http://x.invalid/mcp'"),
        )

    def auth(self, config, servers):
        entry = self.server(servers)
        entry.put("auth_type", self.one(self.right("auth_type"), self.right("auth_type"), self.right("auth_type"), "oauth2", "oauth2",
                                        "bearer", "Bearer_Token", "apiKey", "null", "''", "false", "1", "[api_key]", "{a: b}",
                                        "os.environ/UNSET", "os.environ/SET_VAR", "os.environ/FLAG_TRUE", "os.environ/EMPTY_VAR"))
        for _ in range(self.one(0, 1, 2, 3)):
            key = self.one("oauth2_flow", "oauth2_flow", "client_id", "client_secret", "token_url", "authorization_url", "issuer", "scopes",
                           "dcr_bridge", "per_server_oauth_discovery", "delegate_auth_to_upstream", "oauth_passthrough", "aws_region_name",
                           "aws_access_key_id", "token_exchange_endpoint", "audience", "extra_headers", "oauth_identity_binding",
                           "upstream_token_header", "auth_value", "authentication_token")
            entry.put(key, self.one(self.right(key), self.right(key), self.right(key), self.any()))

    def program(self, config, servers):
        entry = self.server(servers)
        key = self.one("args", "args", "env", "env", "command")
        shapes = ("list", "odd list", "odd map", "map", "string", "null", "int", "bool", "reference", "reference that is nothing",
                  "reference to a flag", "blank", "empty list", "empty map", "float", "date")
        entry.put(key, self.any(*shapes))

    def lists(self, config, servers):
        key = self.one("extra_headers", "allowed_tools", "disallowed_tools", "access_groups", "scopes", "static_headers", "allowed_params",
                       "env_vars", "mcp_info", "pinned_tools", "token_validation")
        self.server(servers).put(key, self.one(self.right(key), self.any()))

    def info(self, config, servers):
        key = self.one("server_name", "description", "logo_url", "mcp_server_cost_info", "protocol_version", "is_public", "extra")
        costs = ["{default_cost_per_query: 0.1}", "{default_cost_per_query: 'x'}", "{default_cost_per_query: '1'}", "1", "{a: b}",
                 "{default_cost_per_query: null}", "{tool_name_to_cost_per_query: {a: b}}", "{tool_name_to_cost_per_query: 3}",
                 "{tool_name_to_cost_per_query: {a: 7e-05}}", "{tool_name_to_cost_per_query: {1: 2}}", "{default_cost_per_query: true}"]
        value = self.rng.choice(costs) if key == "mcp_server_cost_info" else self.any()
        self.server(servers).put("mcp_info", Map([(key, value)]))

    def shape(self, config, servers):
        if servers and self.rng.random() < 0.6:
            index = self.rng.randrange(len(servers))
            servers[index] = (servers[index][0], self.one("null", "", "text", "[]", "{}", "8", "true", "[{url: x}]", "false", "0", "''"))
        else:
            config.put("mcp_servers", self.one("null", "", "[]", "{}", "text", "8", "true", "[db]", "[{name: db, url: 'http://x'}]", "false",
                                               "os.environ/UNSET", "0"))

    def litellm_settings(self, config, servers):
        if self.rng.random() < 0.6:
            config.put("litellm_settings", self.one("null", "", "{}", "[]", "text", "8", "false", "[a]", "''", "{mcp_aliases: null}",
                                                    "{drop_params: yes}", "{1: 2}", "{true: 1}", "0", "{drop_params: maybe}"))
        else:
            self.section(config, "litellm_settings").put(
                self.one("json_logs", "set_verbose", "request_timeout", "num_retries", "foo", "log_level", "master_key", "database_url",
                         "drop_params", "detailed_debug"),
                self.one("true", "false", "600", "text", "null", "os.environ/SET_VAR"),
            )

    def general_settings(self, config, servers):
        if self.rng.random() < 0.5:
            config.put("general_settings", self.one("null", "", "{}", "[]", "text", "8", "false", "[a]", "''", "0", "[master_key]", "true"))
        else:
            self.section(config, "general_settings").put(
                self.one("master_key", "master_key", "database_url", "store_model_in_db", "disable_database", "mcp_aliases", "log_level", "foo",
                         "mcp_client_side_auth_header_name", "proxy_batch_write_at", "json_logs"),
                self.any(),
            )

    def misplaced(self, config, servers):
        section = self.one("litellm_settings", "general_settings", "router_settings")
        config.drop("mcp_servers")
        self.section(config, section).put(self.one("mcp_servers", "mcp_servers", "mcpServers"), servers)

    def renamed(self, config, servers):
        config.drop("mcp_servers")
        config.append((self.one("mcpServers", "mcp-servers", "mcp", "MCP_SERVERS", "mcp_server", "servers"), servers))

    def top(self, config, servers):
        config.append(
            (self.one("virtual_keys", "users", "x-common", ".anchors", "_private", "mcp_aliases", "master_key", "model_list", "mcp_tools", "version",
                      "router_settings", "8", "server", "callback_settings", "foo", "json_logs", "database_url"),
             self.one("[]", "{}", "null", "text", "{a: b}", "[a]", "false", "8")),
        )

    def models(self, config, servers):
        config.put("model_list", self.one("[]", "null", "{}", "text", "[{model_name: a}]", "[{model_name: a, litellm_params: {model: openai/x}}]",
                                          "[{model_name: a, litellm_params: null}]", "[{model_name: a, litellm_params: []}]", "[a]", "[null]",
                                          "[{litellm_params: {model: openai/x}}]", "[{model_name: a, litellm_params: {api_base: 'http://x'}}]", "8",
                                          "[{model_name: a, litellm_params: {model: os.environ/SET_VAR}}]", "{a: b}",
                                          "[{model_name: a, litellm_params: {model: os.environ/UNSET}}]", "[{model_name: a, litellm_params: text}]"))

    def variables(self, config, servers):
        config.put("environment_variables", self.one("null", "{}", "[]", "text", "{OWN: abc}", "{OWN: 8}", "{OWN: null}", "{8: a}", "{OWN: [a]}",
                                                     "[a]", "{OWN: os.environ/SET_VAR}", "{OWN: os.environ/UNSET}", "{'': a}", "{'A=B': c}",
                                                     "{UNSET: now-set}", "8", "{true: a}"))
        self.server(servers).put(self.one("auth_value", "url", "description"), self.one("os.environ/OWN", "os.environ/UNSET"))

    def section(self, config, name):
        if not isinstance(config.get(name), Map):
            config.put(name, Map())
        return config.get(name)

    def anchors(self, config, servers):
        common = Map([(key, self.right(key)) for key in self.rng.sample(["transport", "description", "access_groups", "auth_type", "timeout"], 2)])
        home = self.one("x-common", ".common", "common", "_common")
        config.insert(0, (home, Mark("common", common)))
        kind = self.one("merge", "merge", "list", "alias", "scalar", "loop", "mapped")
        entry = self.server(servers)
        if kind == "merge":
            entry.insert(self.rng.randrange(len(entry) + 1), ("<<", self.one("*common", "*common", "[*common, *common]", "{description: in}")))
        elif kind == "list":
            entry.insert(0, ("<<", "[*common, {url: 'http://merged.invalid/mcp', foo: bar}]"))
        elif kind == "alias":
            servers.append(("same", "*common"))
        elif kind == "scalar":
            entry.put("description", Mark("text", "said once"))
            servers.append(("second", Map([("url", "*text"), ("description", "*text")])))
        elif kind == "loop":
            entry.put("mcp_info", self.one("*common", "*nowhere", "*common"))
        else:
            entry.put("env", "*common")

    def merged(self, config, servers):
        """A whole server from another one, changed a little."""
        if not servers or not isinstance(servers[0][1], Map):
            return
        name, node = servers[0]
        servers[0] = (name, Mark("first", node))
        more = Map([("<<", "*first")])
        if self.rng.random() < 0.7:
            key = self.one("url", "description", "transport", "alias", "foo", "env")
            more.append((key, self.one(self.right(key), self.any())))
        servers.append((self.one("copy", "copy_2"), more))
        if self.rng.random() < 0.3:
            servers.append(("twin", "*first"))

    def include(self, config, servers):
        kind = self.one("models", "models", "general", "missing", "text", "number", "settings", "empty", "servers", "list", "missing", "twice")
        value = {"missing": "[gone.yaml]", "text": "other.yaml", "number": "[8]", "twice": "[other.yaml, other.yaml]"}.get(kind, "[other.yaml]")
        config.append(("include", value))
        self.files["other.yaml"] = {
            "general": "general_settings:\n  master_key: sk-other\n",
            "settings": self.one("litellm_settings:\n", "litellm_settings: {mcp_aliases: {short: db}}\n", "litellm_settings: []\n"),
            "empty": "",
            "list": "- a\n",
            "servers": self.one("mcp_servers:\n  other: {url: 'http://other.invalid/mcp'}\n", "mcp_servers: {}\n",
                                "mcp_servers:\n  my-db: {url: 'http://other.invalid/mcp'}\n"),
        }.get(kind, "model_list:\n- model_name: a\n  litellm_params: {model: openai/x}\n")

    def syntax(self, config, servers):
        def change(text):
            rng = self.rng
            lines = text.splitlines()
            at = rng.randrange(len(lines))
            kind = self.one("tab", "indent", "document", "two", "end", "brace", "colon", "quote", "bom", "comment", "root", "crlf", "directive",
                            "tag", "key", "control")
            if kind == "tab":
                lines[at] = "\t" + lines[at].lstrip()
            elif kind == "indent":
                lines[at] = " " + lines[at]
            elif kind == "document":
                lines.insert(0, "---")
            elif kind == "two":
                lines.insert(at, "---")
            elif kind == "end":
                lines.append("...")
            elif kind == "brace":
                lines[at] += " }"
            elif kind == "colon":
                lines[at] = lines[at].replace(":", "", 1)
            elif kind == "quote":
                lines[at] += ' "'
            elif kind == "bom":
                return "\ufeff" + text
            elif kind == "comment":
                lines[at] += "  # a comment: with {braces"
            elif kind == "root":
                return self.one("", "# nothing\n", "text\n", "[]\n", "- a\n", "{}\n", "8\n", "null\n", "---\n", "false\n", "''\n")
            elif kind == "crlf":
                return text.replace("\n", "\r\n")
            elif kind == "directive":
                lines[:0] = ["%YAML 1.2", "---"]
            elif kind == "tag":
                lines[at] = re.sub(r": (?=\S)", self.one(": !secret ", ": !!str ", ": !!python/none "), lines[at], count=1)
            elif kind == "key":
                lines.append(self.one("? a", "[a, b]: c", "{a: b}: c", ": a", "? [a]\n: b", "2024-01-01: a", "~: a"))
            else:
                lines[at] += "\u0007"
            return "\n".join(lines) + "\n"

        return change


MISTAKES = [
    *[Maker.wrong_value] * 3, *[Maker.some_key] * 4, *[Maker.name] * 3, Maker.twice, *[Maker.alias] * 2, *[Maker.aliases] * 3,
    *[Maker.transport] * 2, *[Maker.no_transport] * 2, *[Maker.url] * 3, *[Maker.auth] * 4, *[Maker.program] * 4, *[Maker.lists] * 2,
    *[Maker.info] * 2, *[Maker.shape] * 2, *[Maker.litellm_settings] * 2, *[Maker.general_settings] * 2, Maker.misplaced, Maker.renamed,
    *[Maker.top] * 2, Maker.models, *[Maker.variables] * 2, *[Maker.anchors] * 2, Maker.merged, Maker.include, *[Maker.syntax] * 2,
]


def configs(count, seed):
    """The text of each configuration and the files beside it."""
    all_keys = keys()
    pairs = [(key, shape) for key in all_keys for shape in ["right", *SHAPES]]
    random.Random(seed).shuffle(pairs)
    for index in range(count):
        maker = Maker(random.Random(f"{seed}/{index}"), all_keys)
        maker.files = {}
        if index % 2 == 0:
            yield maker.single(*pairs[index // 2 % len(pairs)]), maker.files
        else:
            yield maker.several(), maker.files


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    for index, (text, files) in enumerate(configs(options.count, options.seed)):
        folder = options.folder / f"{index:05}"
        folder.mkdir(parents=True, exist_ok=True)
        if "openapi.json" in text:
            files["openapi.json"] = '{"openapi": "3.0.0", "info": {"title": "t", "version": "1"}, "paths": {}}'
        for name, content in {"config.yaml": text, **files}.items():
            (folder / name).write_text(content, encoding="utf-8", newline="")


if __name__ == "__main__":
    main()
