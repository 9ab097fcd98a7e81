//! The case that mcpdoc was made for, finding by finding: what is said, how bad it is, and where.

use std::path::PathBuf;

use snapbox::cmd::Command;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// `severity check file:line:column`, sorted, for `mcpdoc check stack` of a fixture.
fn findings(case: &str, arguments: &[&str]) -> Vec<String> {
    let output = Command::new(snapbox::cmd::cargo_bin!("mcpdoc"))
        .env("DOCKER_HOST", "unix:///nonexistent/docker.sock")
        .current_dir(root().join("fixtures").join(case))
        .env("HOME", "/nonexistent")
        .args(["check", "--offline", "--format", "json"])
        .args(arguments)
        .arg("stack")
        .assert();
    let document: serde_json::Value =
        serde_json::from_slice(&output.get_output().stdout).expect("JSON");
    let mut found: Vec<String> = document["findings"]
        .as_array()
        .expect("findings")
        .iter()
        .map(|finding| {
            let place = &finding["locations"][0];
            format!(
                "{} {} {}:{}:{}",
                finding["severity"].as_str().expect("a severity"),
                finding["check"].as_str().expect("a check"),
                place["file"]
                    .as_str()
                    .expect("a file")
                    .trim_start_matches("stack/"),
                place["line"],
                place["column"],
            )
        })
        .collect();
    found.sort();
    found
}

const CONFIG: &str = "litellm/config/config.yaml";
const GATEWAY: &str = "litellm/docker-compose.yml";
const SERVER: &str = "mcp/postgres/docker-compose.yml";
const CLIENT: &str = "home/.config/claude/mcp-settings.json";

/// What every version of LiteLLM has in common.
fn always() -> Vec<String> {
    vec![
        format!("error transport-mismatch {CONFIG}:35:16"),
        format!("error port-mismatch {CONFIG}:36:10"),
        format!("error network-undefined {SERVER}:16:9"),
        format!("error client-file-not-read {CLIENT}:2:3"),
        format!("error client-type-missing {CLIENT}:4:7"),
        format!("error env-reference-syntax {CONFIG}:5:15"),
        format!("error server-unknown-key {CONFIG}:37:5"),
        format!("warning access-mode-unrestricted {SERVER}:12:9"),
        format!("warning env-not-read {SERVER}:11:9"),
        format!("warning litellm-unknown-section {CONFIG}:26:1"),
        format!("warning litellm-misplaced-setting {CONFIG}:5:3"),
        format!("warning litellm-misplaced-setting {CONFIG}:6:3"),
        format!("warning server-alias-dangling {CONFIG}:12:9"),
        format!("warning stdio-without-stdin {SERVER}:5:12"),
        format!("warning stdio-published-port {SERVER}:14:9"),
        format!("warning gateway-image-floating {GATEWAY}:4:12"),
        format!("warning secret-in-file {CLIENT}:7:26"),
        format!("warning healthcheck-missing {SERVER}:19:16"),
        format!("note litellm-ignored-setting {CONFIG}:8:3"),
        format!("note litellm-ignored-setting {CONFIG}:15:3"),
        format!("note litellm-ignored-setting {CONFIG}:16:3"),
        format!("note litellm-ignored-setting {CONFIG}:17:3"),
        format!("note client-host-header {CLIENT}:9:9"),
    ]
}

fn sorted(lists: [Vec<String>; 2]) -> Vec<String> {
    let mut all = lists.concat();
    all.sort();
    all
}

#[test]
fn as_it_was_found() {
    let with_this_version = vec![
        format!("warning server-unknown-key {CONFIG}:40:5"),
        format!("warning server-alias-ignored {CONFIG}:11:5"),
    ];
    assert_eq!(
        findings("linuxserver.lan", &["--litellm-version", "1.77.3"]),
        sorted([always(), with_this_version])
    );
}

#[test]
fn with_a_later_gateway() {
    assert_eq!(
        findings("linuxserver.lan", &["--litellm-version", "1.109.1"]),
        sorted([always(), Vec::new()])
    );
}

#[test]
fn with_an_unknown_version_what_differs_is_one_level_lower() {
    let with_some_versions = vec![
        format!("note server-unknown-key {CONFIG}:40:5"),
        format!("note server-alias-ignored {CONFIG}:11:5"),
    ];
    assert_eq!(
        findings("linuxserver.lan", &[]),
        sorted([always(), with_some_versions])
    );
}

#[test]
fn as_it_should_be() {
    for case in ["linuxserver.lan-working", "linuxserver.lan-working-no-env"] {
        let loud: Vec<String> = findings(case, &[])
            .into_iter()
            .filter(|finding| !finding.starts_with("note"))
            .collect();
        assert_eq!(loud, Vec::<String>::new(), "{case}");
    }
}

#[test]
fn the_owners_earlier_attempts() {
    let errors = |case: &str| -> Vec<String> {
        findings(case, &["--litellm-version", "1.77.3"])
            .into_iter()
            .filter(|finding| finding.starts_with("error") && !finding.contains("home/"))
            .filter(|finding| {
                !finding.contains("env-reference") && !finding.contains("unknown-key")
            })
            .collect()
    };
    assert_eq!(
        errors("linuxserver.lan-attempt-sse"),
        [
            format!("error network-undefined {SERVER}:16:9"),
            format!("error port-mismatch {CONFIG}:36:10"),
            format!("error transport-mismatch {CONFIG}:35:16"),
        ]
    );
    assert_eq!(
        errors("linuxserver.lan-attempt-exec"),
        [
            format!("error command-runs-docker {CONFIG}:36:14"),
            format!("error network-undefined {SERVER}:16:9"),
        ]
    );
    assert_eq!(
        errors("linuxserver.lan-attempt-reference-image"),
        [
            format!("error database-url-missing {SERVER}:5:12"),
            format!("error network-undefined {SERVER}:16:9"),
            format!("error transport-mismatch {CONFIG}:35:16"),
        ]
    );
}

/// No secret of any fixture stands in any output.
#[test]
fn no_secret_is_printed() {
    for case in [
        "linuxserver.lan",
        "linuxserver.lan-attempt-reference-image",
        "linuxserver.lan-working",
    ] {
        let dir = root().join("fixtures").join(case);
        let mut secrets = Vec::new();
        for file in ["litellm.env", "mcp-postgres.env"] {
            let text =
                std::fs::read_to_string(dir.join("stack/secrets").join(file)).expect("env file");
            for line in text.lines() {
                let Some((name, value)) = line.split_once('=') else {
                    continue;
                };
                let telling = ["KEY", "URL", "URI", "TOKEN", "PASSWORD"];
                if telling.iter().any(|part| name.contains(part)) {
                    let password = value
                        .split("://")
                        .nth(1)
                        .and_then(|rest| rest.split('@').next());
                    let secret = password
                        .and_then(|user| user.split(':').nth(1))
                        .unwrap_or(value);
                    secrets.push(secret.trim_matches('"').to_owned());
                }
            }
        }
        assert!(secrets.len() >= 2, "{case} has secrets to look for");
        for format in [
            &["--format", "json"][..],
            &["--format", "sarif"],
            &["--format", "junit"],
            &["--format", "github"],
            &["--format", "gitlab"],
            &["--format", "markdown"],
            &["-v"],
            &[],
            &["-v", "--color", "always"],
        ] {
            let output = Command::new(snapbox::cmd::cargo_bin!("mcpdoc"))
                .env("DOCKER_HOST", "unix:///nonexistent/docker.sock")
                .current_dir(&dir)
                .env("HOME", "/nonexistent")
                .args(["check", "--offline", "--litellm-version", "1.77.3"])
                .args(format)
                .arg("stack")
                .assert();
            let shown = String::from_utf8_lossy(&output.get_output().stdout).into_owned();
            for secret in &secrets {
                assert!(
                    !shown.contains(secret.as_str()),
                    "{case} {format:?} prints a secret"
                );
            }
        }
    }
}
