//! Compares what mcpdoc makes of configurations with what LiteLLM itself made of them.
//!
//! `fixtures/litellm-load/*.yaml` are configurations with one mistake each; `load-<version>.out` is what the package's
//! own loader said to them, in a directory that holds nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use mcpdoc::catalog::{Catalog, Version};
use mcpdoc::chain::Settings;
use mcpdoc::check::Severity;
use mcpdoc::gateway::{Known, Outcome, Value, VersionFrom, Why, litellm};
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
    };
    let catalog = Catalog::builtin();
    let outcome = litellm::read(&stack, &gateway, &version, catalog.litellm(), &env);
    (parsed, outcome)
}

fn judged(file: &Path, version: &str) -> Verdict {
    let version = Version::parse(version).expect("version");
    let (parsed, outcome) = outcome(file, Known::Exact(version, VersionFrom::Flag));
    // A file that does not parse is no business of `read`; files that entries name are not there.
    let starts = parsed && outcome.starts() && outcome.needs.is_empty();
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
                   ['./config.yaml:/app/config.yaml']\n    environment: {SET_VAR: set-value, SET_URL: \
                   'http://127.0.0.1:40280/mcp', FLAG_TRUE: 'true'}\n";
    let mut files = Memory::default();
    files.insert(PathBuf::from("/stack/config.yaml"), config.to_vec());
    files.insert(
        PathBuf::from("/stack/docker-compose.yml"),
        compose.as_bytes().to_vec(),
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
        Why::FileNeeded { .. } => return Err("whether the file exists is not known from files"),
        Why::Other { .. } => return Err("invalid-syntax and file-unreadable say it"),
    })
}

/// Mistakes of which the package's record has no example.
const MORE: &str = "
litellm_settings: {mcp_aliases: {gone: nowhere}}
users: []
general_settings: {log_level: DEBUG, master_key: '${KEY}'}
mcp_servers:
  a b: {transport: sse}
  c: {transport: http, url: x, alias: c-c}
  d: {auth_type: oauth2, url: 'http://x/mcp', alias: e}
  e: {auth_type: Bearer, url: 'http://x/mcp', timeout: soon}
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
    let unseen = checks::ALL.iter().map(|check| check.id).filter(|id| {
        let by_ruling = [
            "litellm-",
            "server-",
            "transport-invalid",
            "transport-missing",
            "url-m",
            "auth-type-",
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
