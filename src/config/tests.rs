//! What is in a `mcpdoc.toml`, what may be, and what is said of one that is none.

use std::collections::BTreeSet;

use serde_json::Value;

use super::*;
use crate::load::Memory;

fn read_text(text: &str) -> Result<Config, String> {
    read(Path::new("/srv/stack/mcpdoc.toml"), text.into()).map_err(|error| error.to_string())
}

const WHOLE: &str = r#"
litellm-version = "1.77.3"
fail-on = "warning"
baseline = "known/mcpdoc-baseline.json"

[inputs]
paths = ["."]
litellm = ["gateway/config.yaml"]
compose = ["compose.yaml", ["a.yaml", "b.yaml"]]
claude = [".mcp.json"]
env-file = ["../shared.env"]

[severity]
gateway-open = "note"
healthcheck-missing = "off"

[[ignore]]
check = "port-mismatch"
file = "gateway/*.yaml"
path = "mcp_servers.db"
reason = "the port is opened by hand"
until = 2027-01-31

[[ignore]]
check = "gateway-weak-key"
reason = "this is the key of the examples"

[timeouts]
endpoint = 10
command = 90.5

[[servers]]
id = "acme-orders"
title = "Orders of Acme"
kind = "server"
names = { image = ["registry.acme.example/orders-mcp"] }
transports = [{ kind = "http", default = true, port = { default = 9000 }, path = { default = "/mcp" } }]
env = { required = ["ORDERS_URL"] }
verified = "run"
"#;

#[test]
fn everything_is_read() {
    let config = read_text(WHOLE).expect("a config");
    let below = |name: &str| PathBuf::from("/srv/stack").join(name);
    assert_eq!(config.litellm_version.as_deref(), Some("1.77.3"));
    assert_eq!(config.fail_on, Some(Some(Severity::Warning)));
    assert_eq!(config.baseline, Some(below("known/mcpdoc-baseline.json")));
    let inputs = Inputs {
        paths: vec!["/srv/stack".into()],
        litellm: vec![below("gateway/config.yaml")],
        compose: vec![
            vec![below("compose.yaml")],
            vec![below("a.yaml"), below("b.yaml")],
        ],
        claude: vec![below(".mcp.json")],
        env_file: vec!["/srv/shared.env".into()],
    };
    assert_eq!(config.inputs, inputs);
    assert_eq!(config.severities["gateway-open"], Severity::Note);
    assert_eq!(config.off, BTreeSet::from(["healthcheck-missing"]));
    let [port, key] = config.ignores.as_slice() else {
        panic!("{:?}", config.ignores);
    };
    assert_eq!(
        (port.check, port.until.as_deref()),
        ("port-mismatch", Some("2027-01-31"))
    );
    assert_eq!(port.path.as_deref(), Some("mcp_servers.db"));
    assert_eq!((key.check, key.file.as_deref()), ("gateway-weak-key", None));
    let timeouts = Timeouts {
        endpoint: Some(10.0),
        command: Some(90.5),
    };
    assert_eq!(config.timeouts, timeouts);
    assert_eq!(config.servers[0].id, "acme-orders");
    assert_eq!(
        read_text("fail-on = \"never\"").expect("one").fail_on,
        Some(None)
    );
    assert_eq!(read_text("").expect("one").fail_on, None);
}

#[test]
fn what_is_wrong_is_named_with_its_place_and_the_way_out() {
    for (text, said) in [
        (
            "fail_on = 'error'",
            "1:1: there is no key fail_on here; did you mean fail-on?",
        ),
        (
            "\n[input]\n",
            "2:2: there is no key input here; did you mean inputs?",
        ),
        (
            "[inputs]\nlitelm = []",
            "2:1: there is no key litelm here; did you mean litellm?",
        ),
        (
            "zzz = 1",
            "1:1: there is no key zzz here, only inputs, litellm-version, fail-on, severity, ignore, baseline, timeouts, \
             servers",
        ),
        (
            "[severity]\nport-mismach = 'off'",
            "2:1: no check is called port-mismach; did you mean port-mismatch?",
        ),
        (
            "[severity]\nport-mismatch = 'of'",
            "2:17: severity.port-mismatch: there is no `of`, expected one of `error`, `warning`, `note`, `off`",
        ),
        (
            "[[ignore]]\ncheck = 'zzz'\nreason = 'r'",
            "2:9: no check is called zzz; `mcpdoc checks` lists them all",
        ),
        (
            "[[ignore]]\ncheck = 'redirect'\nreason = ' '",
            "3:10: reason is empty: say why this does not count",
        ),
        (
            "[[ignore]]\ncheck = 'redirect'",
            "1:1: missing here is `reason`",
        ),
        (
            "[[ignore]]\ncheck = 'redirect'\nreason = 'r'\nuntil = 10:00:00",
            "4:9: until is a day, such as 2027-01-31",
        ),
        (
            "[[ignore]]\ncheck = 'redirect'\nreason = 'r'\nuntil = 2027-01-31T10:00:00Z",
            "4:9: until is a day, such as 2027-01-31",
        ),
        (
            "[timeouts]\nendpoint = 'x'",
            "2:12: timeouts.endpoint: string \"x\", expected a number",
        ),
        ("a = \n", "1:5: "),
        (
            "[[ignore]]\ncheck = 'redirect'\nreason = 'r'\nuntil = 'soon'",
            "4:9: until is a day, such as 2027-01-31",
        ),
        (
            "[ignore]\ncheck = 'redirect'",
            "1:1: a table, where there may be several",
        ),
        (
            "[[servers]]\nid = 'x'\ntitle = 't'\nkind = 'server'\nverified = 'run'\ntransports = []",
            "2:6: x: it has no names, and nothing is recognised as it",
        ),
        (
            "[[servers]]\nid = 'x'\ntitle = 't'\nkind = 'server'\nverified = 'run'\nnames = {image = ['a/b:3']}\ntransports = []",
            "6:9: x: the image a/b:3 is never met under that name: write a/b",
        ),
        (
            "[[servers]]\nid = 'x'\nport = 1",
            "3:1: there is no key port here, only ",
        ),
    ] {
        let error = read_text(text).expect_err(text);
        assert!(error.starts_with(said), "{text}\n  {error}\n  {said}");
        assert!(!error.contains('\n'), "{error}");
    }
    let error = read(Path::new("/x/mcpdoc.toml"), vec![0xff]).expect_err("no text");
    assert!(error.to_string().starts_with("1:1: not UTF-8"), "{error}");
}

#[test]
fn it_is_found_upwards_as_far_as_the_repository_and_the_home() {
    let find_in = |files: &[&str], dir: &str| {
        let mut memory = Memory::default();
        for file in files {
            memory.insert(*file, "");
        }
        let found = find(&memory, Path::new(dir), Some(Path::new("/home/ann")));
        found.map(|path| path.to_string_lossy().into_owned())
    };
    let file = "/srv/stack/mcpdoc.toml";
    for dir in ["/srv/stack", "/srv/stack/a/b"] {
        assert_eq!(find_in(&[file], dir).as_deref(), Some(file), "{dir}");
    }
    assert_eq!(find_in(&[file], "/srv"), None);
    let git = "/srv/stack/a/.git/HEAD";
    assert_eq!(find_in(&[file, git], "/srv/stack/a/b"), None);
    assert_eq!(
        find_in(&[file, "/srv/stack/.git/HEAD"], "/srv/stack/a").as_deref(),
        Some(file)
    );
    assert_eq!(find_in(&["/home/mcpdoc.toml"], "/home/ann/x"), None);
    let own = "/home/ann/mcpdoc.toml";
    assert_eq!(find_in(&[own], "/home/ann/x").as_deref(), Some(own));
}

fn schema() -> Value {
    serde_json::from_str(include_str!("../../schema/mcpdoc-toml-1.json")).expect("a schema")
}

fn as_json(text: &str) -> Value {
    let document: toml_edit::DocumentMut = text.parse().expect("TOML");
    toml_edit::de::from_document(document).expect("a value")
}

/// The keys that the reader says there are, at the end of a text that goes on with a key that is none.
fn keys_read(head: &str) -> BTreeSet<String> {
    let text = format!("{head}qqqqqqqq = 1");
    let error = toml_edit::de::from_str::<Document>(&text);
    let error = error.err().expect("no such key").to_string();
    let (_, known) = error.rsplit_once("expected ").expect("the keys");
    known
        .split('`')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}

fn keys_of(schema: &Value) -> BTreeSet<String> {
    assert_eq!(schema["additionalProperties"], false, "{schema}");
    let properties = schema["properties"].as_object().expect("properties");
    properties.keys().cloned().collect()
}

#[test]
fn the_schema_has_the_keys_that_are_read() {
    let schema = schema();
    let properties = &schema["properties"];
    let server = "[[servers]]\nid = 's'\ntitle = 't'\nkind = 'server'\nverified = 'run'\n";
    let server_schema = &properties["servers"]["items"];
    for (head, schema) in [
        (String::new(), &schema),
        ("[inputs]\n".into(), &properties["inputs"]),
        ("[timeouts]\n".into(), &properties["timeouts"]),
        (
            "[[ignore]]\ncheck = 'c'\nreason = 'r'\n".into(),
            &properties["ignore"]["items"],
        ),
        (format!("{server}transports = []\n"), server_schema),
        (
            format!("{server}transports = []\n[servers.names]\n"),
            &server_schema["properties"]["names"],
        ),
        (
            format!("{server}[[servers.transports]]\nkind = 'http'\n"),
            &server_schema["properties"]["transports"]["items"],
        ),
        (
            format!("{server}transports = []\n[servers.env]\n"),
            &server_schema["properties"]["env"],
        ),
    ] {
        assert_eq!(keys_of(schema), keys_read(&head), "{head}");
    }
}

#[test]
fn the_schema_takes_what_is_read_and_refuses_what_is_not() {
    let validator = jsonschema::validator_for(&schema()).expect("a schema");
    let errors = |text: &str| -> Vec<String> {
        let value = as_json(text);
        validator
            .iter_errors(&value)
            .map(|error| error.to_string())
            .collect()
    };
    // A date is no string in TOML, and editors that know the schema say so of their own.
    let whole = WHOLE.replace("until = 2027-01-31", "");
    assert_eq!(errors(&whole), [] as [&str; 0]);
    for text in [
        "fail_on = 'error'",
        "fail-on = 'x'",
        "[severity]\nport-mismatch = 'x'",
        "[[ignore]]\ncheck = 'redirect'",
        "[timeouts]\nendpoint = 0",
        "[[servers]]\nid = 'x'",
    ] {
        assert!(!errors(text).is_empty(), "{text}");
    }
}
