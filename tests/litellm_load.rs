//! Compares what mcpdoc makes of configurations with what LiteLLM itself made of them.
//!
//! `fixtures/litellm-load/*.yaml` are configurations with one mistake each; `load-<version>.out` is what the package's
//! own loader said to them, in a directory that holds nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use mcpdoc::catalog::{Catalog, Version};
use mcpdoc::chain::Settings;
use mcpdoc::check::{Need, Severity};
use mcpdoc::gateway::{Known, Outcome, Ruling, Unset, Value, VersionFrom, Why, litellm};
use mcpdoc::load::{Memory, Request};
use mcpdoc::model::{EnvLookup, Gateway, GatewayKind, Stack};
use mcpdoc::source::{Dialect, Format, Pointer, Source, SourceId};
use mcpdoc::{Examination, Selection, checks, examine};

/// A server as far as both sides tell of it: key, alias, transport, url.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Server {
    name: String,
    alias: Option<String>,
    transport: String,
    url: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Verdict {
    starts: bool,
    servers: Vec<Server>,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/litellm-load")
}

/// The environment in which the package loaded the files.
fn env(name: &str) -> EnvLookup {
    match name {
        "SET_VAR" => EnvLookup::Set("set-value".to_owned()),
        "SET_URL" => EnvLookup::Set("http://127.0.0.1:40280/mcp".to_owned()),
        "FLAG_TRUE" => EnvLookup::Set("true".to_owned()),
        _ => EnvLookup::Unset,
    }
}

/// What the package said: a heading a file, `LOADED` or `CRASH`, then a dictionary a server.
fn recorded(version: &str) -> BTreeMap<String, Verdict> {
    let text = fs::read_to_string(folder().join(format!("load-{version}.out"))).expect("record");
    let mut cases: BTreeMap<String, Verdict> = BTreeMap::new();
    let mut case = String::new();
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("## ") {
            case = name.to_owned();
            continue;
        }
        let Some(verdict) = (!case.is_empty()).then(|| cases.entry(case.clone()).or_default())
        else {
            continue;
        };
        let line = line.trim();
        if line == "LOADED" {
            verdict.starts = true;
        } else if line.starts_with("{'server_id'") {
            verdict.servers.push(Server {
                name: field(line, "server_name").expect("server_name"),
                alias: field(line, "alias"),
                transport: field(line, "transport").expect("transport"),
                url: field(line, "url"),
            });
        }
    }
    cases
}

/// The value of a string in a Python dictionary as it is printed.
fn field(line: &str, name: &str) -> Option<String> {
    let (_, rest) = line.split_once(&format!("'{name}': '"))?;
    Some(rest.split_once('\'')?.0.to_owned())
}

fn outcome(file: &Path, version: Known) -> (bool, Outcome) {
    let id = SourceId(0);
    let source = Source::new(
        id,
        "config.yaml",
        Format::Yaml(Dialect::PyYaml),
        Ok(fs::read(file).expect("configuration")),
    );
    let parsed = source.is_parsed();
    let stack = Stack {
        sources: vec![source],
        ..Stack::default()
    };
    let gateway = Gateway {
        id: "gateway:config.yaml".to_owned(),
        kind: GatewayKind::LiteLlm,
        root: Pointer::root(id),
        path: file.to_owned(),
        home: mcpdoc::model::Home::Unknown,
        templates: Vec::new(),
        includes: Vec::new(),
    };
    let catalog = Catalog::builtin();
    let outcome = litellm::read(&stack, &gateway, &version, catalog.litellm(), &env);
    (parsed, outcome)
}

/// What stops the proxy once the file is loaded: the record is of the loader alone, without a master key around it.
fn is_at_boot(why: &Why) -> bool {
    match why {
        Why::NoMasterKey { .. } | Why::WeakMasterKey { .. } => true,
        Why::VariableUnset { then, .. } => matches!(then, Unset::NoKey(_)),
        _ => false,
    }
}

fn judged(file: &Path, version: &str) -> Verdict {
    let version = Version::parse(version).expect("version");
    let (parsed, outcome) = outcome(file, Known::Exact(version, VersionFrom::Flag));
    // A file that does not parse is no business of `read`; files that entries name are not there.
    let stops = |ruling: &Ruling| ruling.versions.is_all() && !is_at_boot(&ruling.why);
    let starts = parsed && !outcome.rejected.iter().any(stops) && outcome.needs.is_empty();
    let servers = outcome.servers.iter().map(|server| Server {
        name: server.name.value.clone(),
        alias: server.alias.as_ref().map(|alias| alias.value.clone()),
        transport: server.transport.word().to_owned(),
        url: server
            .url
            .as_ref()
            .and_then(|url| url.value.text().map(str::to_owned)),
    });
    Verdict {
        starts,
        servers: if starts {
            servers.collect()
        } else {
            Vec::new()
        },
    }
}

#[test]
fn agrees_with_the_package() {
    let mut compared = 0;
    let mut differences = Vec::new();
    for version in ["1.77.3", "1.109.1"] {
        for (case, theirs) in recorded(version) {
            let ours = judged(&folder().join(format!("{case}.yaml")), version);
            compared += 1;
            if ours != theirs {
                differences.push(format!(
                    "{version} {case}:\n  ours   {ours:?}\n  theirs {theirs:?}"
                ));
            }
        }
    }
    assert!(compared >= 98, "only {compared} cases");
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

/// A container with the environment of the record. It was made by the loader alone, before the master key is looked at.
const COMPOSE: &str = "services:
  litellm:
    image: ghcr.io/berriai/litellm:local
    volumes: ['./config.yaml:/app/config.yaml']
    environment:
      SET_VAR: set-value
      SET_URL: 'http://127.0.0.1:40280/mcp'
      FLAG_TRUE: 'true'
      LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY: 'true'
";

/// The program says the same in its JSON.
#[test]
fn the_json_says_what_the_package_does() {
    let mut compared = 0;
    let mut differences = Vec::new();
    for version in ["1.77.3", "1.109.1"] {
        for (case, theirs) in recorded(version) {
            let stack = tempfile::tempdir().expect("a folder");
            let config = fs::read(folder().join(format!("{case}.yaml"))).expect("configuration");
            fs::write(stack.path().join("config.yaml"), config).expect("config.yaml");
            fs::write(stack.path().join("docker-compose.yml"), COMPOSE).expect("compose");
            let output = Command::new(env!("CARGO_BIN_EXE_mcpdoc"))
                .env("DOCKER_HOST", "unix:///nonexistent/docker.sock")
                .current_dir(stack.path())
                .args([
                    "check",
                    "--offline",
                    "--format",
                    "json",
                    "--litellm-version",
                    version,
                ])
                .args([
                    "--litellm",
                    "config.yaml",
                    "--compose",
                    "docker-compose.yml",
                ])
                .output()
                .expect("mcpdoc");
            let json: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
            let gateway = &json["gateways"][0];
            // Which files the container has is not known, so that one that it lacks is no reason for `starts` to be no.
            let starts = gateway["starts"].as_bool().expect("starts");
            let parsed = Version::parse(version).expect("version");
            let file = folder().join(format!("{case}.yaml"));
            let (_, outcome) = outcome(&file, Known::Exact(parsed, VersionFrom::Flag));
            let needs_files = !outcome.needs.is_empty();
            compared += 1;
            if starts != theirs.starts && !needs_files {
                differences.push(format!("{version} {case}: starts {starts}"));
            }
            let text = |value: &serde_json::Value| value.as_str().map(str::to_owned);
            let servers = gateway["servers"].as_array().expect("servers").iter();
            let ours: Vec<Server> = servers
                .map(|server| Server {
                    name: text(&server["name"]).expect("name"),
                    alias: text(&server["alias"]),
                    transport: text(&server["transport"]).expect("transport"),
                    url: text(&server["url"]),
                })
                .collect();
            if theirs.starts && ours != theirs.servers {
                differences.push(format!(
                    "{version} {case}: {ours:?}, not {:?}",
                    theirs.servers
                ));
            }
        }
    }
    assert!(compared >= 160, "only {compared} cases");
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

/// Where the package gives different verdicts, an unknown version must not be given either of them.
#[test]
fn an_unknown_version_is_not_judged_by_one() {
    let (old, new) = (recorded("1.77.3"), recorded("1.109.1"));
    for (case, theirs) in &old {
        let file = folder().join(format!("{case}.yaml"));
        let (parsed, outcome) = outcome(&file, Known::Unknown("no flag".to_owned()));
        let starts = parsed && outcome.starts();
        if theirs.starts || new[case].starts {
            assert!(
                starts,
                "{case} starts in some versions: {:?}",
                outcome.rejected
            );
        }
    }
}

/// A value of [`Value`] that is not known is not made up.
#[test]
fn unknown_variables_stay_unknown() {
    let file = folder().join("url-osenviron-set.yaml");
    let source = Source::new(
        SourceId(0),
        "config.yaml",
        Format::Yaml(Dialect::PyYaml),
        Ok(fs::read(&file).expect("configuration")),
    );
    let stack = Stack {
        sources: vec![source],
        ..Stack::default()
    };
    let gateway = Gateway {
        id: "gateway:config.yaml".to_owned(),
        kind: GatewayKind::LiteLlm,
        root: Pointer::root(SourceId(0)),
        path: file,
        home: mcpdoc::model::Home::Unknown,
        templates: Vec::new(),
        includes: Vec::new(),
    };
    let unknown = Known::Unknown("no flag".to_owned());
    let catalog = Catalog::builtin();
    let outcome = litellm::read(&stack, &gateway, &unknown, catalog.litellm(), &|_| {
        EnvLookup::Unknown
    });
    assert!(outcome.starts());
    let url = outcome.servers[0].url.as_ref().expect("url");
    assert_eq!(url.value, Value::Variable("SET_URL".to_owned()));
}

/// `mcpdoc check` of a configuration in a container that has the package's environment.
fn examined(config: &[u8], version: &str) -> Examination {
    let compose = "services:\n  litellm:\n    image: ghcr.io/berriai/litellm:local\n    volumes: \
                   ['./config.yaml:/app/config.yaml', './more.yaml:/app/more.yaml']\n    environment: {SET_VAR: set-value, SET_URL: \
                   'http://127.0.0.1:40280/mcp', FLAG_TRUE: 'true'}\n";
    let mut files = Memory::default();
    files.insert(PathBuf::from("/stack/config.yaml"), config.to_vec());
    files.insert(
        PathBuf::from("/stack/docker-compose.yml"),
        compose.as_bytes().to_vec(),
    );
    files.insert(
        PathBuf::from("/stack/more.yaml"),
        b"router_settings: {num_retries: 1}\n".to_vec(),
    );
    let request = Request {
        litellm: vec![PathBuf::from("/stack/config.yaml")],
        compose: vec![vec![PathBuf::from("/stack/docker-compose.yml")]],
        cwd: PathBuf::from("/stack"),
        ..Request::default()
    };
    let settings = Settings {
        litellm_version: Version::parse(version),
        ..Settings::default()
    };
    examine(&request, &settings, &Selection::default(), &files)
}

/// The check that says a ruling, or why none does.
fn said_by(why: &Why) -> Result<&'static str, &'static str> {
    Ok(match why {
        Why::UnknownSection { .. } => "litellm-unknown-section",
        Why::MisplacedSection { .. } => "litellm-misplaced-section",
        Why::MisplacedSetting { .. } => "litellm-misplaced-setting",
        Why::IgnoredSetting { .. } => "litellm-ignored-setting",
        Why::NullSection { .. } => "litellm-null-settings",
        Why::Shape { .. } => "server-shape",
        Why::ValueType { .. } => "server-value-type",
        Why::UnknownKey { .. } => "server-unknown-key",
        Why::NameInvalid { .. } | Why::NameUnusual { .. } => "server-name-invalid",
        Why::AliasInvalid { .. } => "server-alias-invalid",
        Why::AliasConflict { .. } => "server-alias-conflict",
        Why::AliasDangling { .. } => "server-alias-dangling",
        Why::AliasIgnored { .. } => "server-alias-ignored",
        Why::TransportInvalid { .. } => "transport-invalid",
        Why::TransportMissing { .. } => "transport-missing",
        Why::UrlMissing { .. } => "url-missing",
        Why::UrlMalformed { .. } => "url-malformed",
        Why::AuthTypeInvalid { .. } | Why::AuthIncomplete { .. } => "auth-type-invalid",
        Why::Reference { .. } => "env-reference-syntax",
        Why::VariableUnset { .. } => "env-variable-unset",
        Why::VariableBoolean { .. } => "env-variable-boolean",
        Why::CommandWithArguments { .. } => "command-with-arguments",
        Why::StdioDisabled { .. } => "stdio-disabled",
        Why::CommandNotAllowed { .. } => "stdio-command-not-allowed",
        Why::AuthValueUnused { .. } => "auth-value-unused",
        Why::AuthValueMissing { .. } => "auth-value-missing",
        Why::SchemeDoubled { .. } => "bearer-doubled",
        Why::NoMasterKey { .. } => "gateway-open",
        Why::WeakMasterKey { .. } => "gateway-weak-key",
        Why::SectionReplaced { .. } => "litellm-include-overwrites",
        Why::FileNeeded { .. } => return Err("spec-file-missing says it where mounts are known"),
        Why::Other { .. } => return Err("invalid-syntax and file-unreadable say it"),
    })
}

/// Mistakes of which the package's record has no example.
const MORE: &str = "
include: [more.yaml]
router_settings: {timeout: 3}
litellm_settings: {mcp_aliases: {gone: nowhere}}
users: []
general_settings: {log_level: DEBUG, master_key: '${KEY}'}
mcp_servers:
  a b: {transport: sse}
  c: {transport: http, url: x, alias: c-c}
  d: {auth_type: oauth2, url: 'http://x/mcp', alias: e}
  e: {auth_type: Bearer, url: 'http://x/mcp', timeout: soon}
  f: {auth_type: bearer_token, url: 'http://x/mcp', auth_value: Bearer t}
  g: {auth_type: api_key, url: 'http://x/mcp'}
  h: {transport: stdio, command: 'npx -y foo', auth_value: t}
  i: {transport: stdio, command: /opt/mine}
";

#[test]
fn every_ruling_is_said_by_its_check() {
    let mut seen = BTreeSet::new();
    let mut silent = Vec::new();
    let mut configs = vec![("MORE".to_owned(), MORE.as_bytes().to_vec())];
    for case in recorded("1.77.3").into_keys() {
        let bytes = fs::read(folder().join(format!("{case}.yaml"))).expect("configuration");
        configs.push((case, bytes));
    }
    for (case, config) in &configs {
        for version in ["1.77.3", "1.109.1"] {
            let examination = examined(config, version);
            let said: BTreeSet<&str> = (examination.diagnosis.findings.iter())
                .map(|judged| judged.finding.check)
                .collect();
            for ruling in examination.chain.gateways[0].outcome.rulings() {
                if let Ok(check) = said_by(&ruling.why) {
                    seen.insert(check);
                    if !said.contains(check) {
                        silent.push(format!(
                            "{version} {case}: {check} says nothing of {ruling:?}"
                        ));
                    }
                }
            }
        }
    }
    assert!(silent.is_empty(), "{}", silent.join("\n"));
    let of_files = checks::ALL
        .iter()
        .filter(|check| check.needs == [Need::Files]);
    let unseen = of_files.map(|check| check.id).filter(|id| {
        let by_ruling = [
            "litellm-",
            "server-",
            "transport-invalid",
            "transport-missing",
            "url-m",
            "auth-",
            "bearer-",
            "stdio-disabled",
            "stdio-command-",
            "command-with-",
            "gateway-open",
            "gateway-weak-",
            "env-variable-",
            "env-reference-",
        ];
        by_ruling.iter().any(|start| id.starts_with(start)) && !seen.contains(id)
    });
    assert_eq!(unseen.collect::<Vec<_>>(), Vec::<&str>::new());
}

/// What stops the package is an error, whatever it is. Only a file that entries name may be there or not.
#[test]
fn what_stops_the_gateway_is_an_error() {
    let mut silent = Vec::new();
    for version in ["1.77.3", "1.109.1"] {
        for (case, theirs) in recorded(version) {
            let config = fs::read(folder().join(format!("{case}.yaml"))).expect("configuration");
            let examination = examined(&config, version);
            let needs_files = !examination.chain.gateways[0].outcome.needs.is_empty();
            if !theirs.starts
                && !needs_files
                && examination.diagnosis.worst() != Some(Severity::Error)
            {
                silent.push(format!("{version} {case}"));
            }
        }
    }
    assert_eq!(silent, Vec::<String>::new());
}
