//! What the pages of the checks of LiteLLM's configuration promise beside their examples.

use std::path::PathBuf;

use mcpdoc::Examination;
use mcpdoc::load::Memory;
use mcpdoc::verdict::place_name;

use support::CWD;

#[path = "support/run.rs"]
mod support;

fn run(id: &str, arguments: &str, files: &[(&str, &str)]) -> Examination {
    let mut memory = Memory::default();
    for (name, text) in files {
        memory.insert(PathBuf::from(CWD).join(name), text.as_bytes());
    }
    support::run(&format!("--only {id} {arguments}"), None, &memory)
}

/// Severity, place and message of each finding of a check in one configuration.
fn says(id: &str, version: &str, file: &str, text: &str) -> Vec<String> {
    let examination = run(
        id,
        &format!("--litellm {file} --litellm-version {version}"),
        &[(file, text)],
    );
    let findings = examination.diagnosis.findings.iter();
    findings
        .map(|judged| {
            let finding = &judged.finding;
            let place = place_name(&examination.stack, &finding.labels[0].at);
            format!("{} {place} {}", finding.severity.word(), finding.message)
        })
        .collect()
}

/// The same without the message.
fn places(id: &str, file: &str, text: &str) -> Vec<String> {
    let findings = says(id, "1.77.3", file, text).into_iter();
    findings
        .map(|line| line.splitn(3, ' ').take(2).collect::<Vec<_>>().join(" "))
        .collect()
}

#[test]
fn what_an_anchor_brings_in_is_found() {
    let text = "x-base: &b {transport: bogus}\nmcp_servers:\n  a: {<<: *b}\n  c: *b\n";
    let found = places("transport-invalid", "config.yaml", text);
    assert_eq!(found, ["error config.yaml:1:24", "error config.yaml:1:24"]);
}

#[test]
fn references_that_nobody_reads_are_the_business_of_what_says_so() {
    let id = "env-reference-syntax";
    let dead = "virtual_keys: [{api_key: '${A}'}]\n\
                mcp_servers: {a: {url: 'http://x/mcp', api_keys: ['${B}']}}\n";
    assert_eq!(places(id, "config.yaml", dead), Vec::<String>::new());
    let alive = format!("{dead}general_settings: {{master_key: '${{KEY}}'}}\n");
    let examination = run(id, "--litellm config.yaml", &[("config.yaml", &alive)]);
    let [judged] = examination.diagnosis.findings.as_slice() else {
        panic!("{:?}", examination.diagnosis.findings);
    };
    assert_eq!(judged.finding.labels.len(), 3);
    assert!(judged.finding.message.contains("not in a list"));
    // What stands in the wrong place was meant.
    for misplaced in [
        "litellm_settings: {master_key: '${KEY}'}\n",
        "mcpServers: {a: {url: '${URL}'}}\n",
    ] {
        let [said] = says(id, "1.77.3", "config.yaml", misplaced)
            .try_into()
            .expect("one finding");
        assert!(
            said.starts_with("error ") && !said.contains("list"),
            "{said}"
        );
    }
}

#[test]
fn references_in_files_that_are_rendered_are_a_note() {
    let id = "env-reference-syntax";
    let text = "general_settings: {master_key: '${KEY}'}\nmcp_servers: {a: {url: '${URL}'}}\n";
    for file in [
        "kubernetes/apps/config.yaml",
        "clusters/home/config.yaml",
        "litellm.extracted/config.yaml",
    ] {
        let found = places(id, file, text);
        assert_eq!(found, [format!("note {file}:1:32")]);
    }
    assert_eq!(
        places(id, "apps/config.yaml", text),
        ["error apps/config.yaml:1:32"]
    );
    // Neither Flux nor envsubst knows these.
    let other = "mcp_servers: {a: {url: 'http://os.environ/HOST/mcp'}}\n";
    assert_eq!(
        places(id, "k8s/config.yaml", other),
        ["error k8s/config.yaml:1:24"]
    );
    // What a container mounts is what it reads.
    let compose = "services:\n  litellm:\n    image: ghcr.io/berriai/litellm:v1.77.3\n    \
                   volumes: ['./config.yaml:/app/config.yaml']\n";
    let examination = run(
        id,
        "--litellm k8s/config.yaml --compose k8s/compose.yaml",
        &[("k8s/config.yaml", text), ("k8s/compose.yaml", compose)],
    );
    let finding = &examination.diagnosis.findings[0].finding;
    assert_eq!(finding.severity.word(), "error");
}

#[test]
fn a_key_protects_by_its_value() {
    let id = "server-unknown-key";
    let of = |version: &str, line: &str| {
        let text = format!("mcp_servers:\n  a:\n    url: http://x/mcp\n    {line}\n");
        says(id, version, "config.yaml", &text).concat()
    };
    for (line, severity) in [
        ("require_approval: never", "warning"),
        ("require_approval: always", "error"),
        ("available_on_public_internet: true", "warning"),
        ("available_on_public_internet: false", "error"),
        ("read_only: no", "warning"),
        ("api_keys: [a]", "error"),
    ] {
        assert!(of("1.77.3", line).starts_with(severity), "{line}");
    }
    assert!(of("1.77.3", "api_keys: [a]").contains("access_groups"));
    assert!(!of("1.74.0", "api_keys: [a]").contains("access_groups"));
    assert!(of("1.77.3", "allowedTools: [a]").contains("`allowed_tools` does that from"));
    assert!(of("1.109.1", "allowedTools: [a]").contains("write `allowed_tools`"));
}

#[test]
fn a_default_in_the_wrong_place_is_nobodys_mistake() {
    let id = "litellm-misplaced-setting,litellm-unknown-section";
    let of = |text: &str| places(id, "config.yaml", text).len();
    assert_eq!(of("general_settings: {set_verbose: false}\n"), 0);
    assert_eq!(of("set_verbose: false\n"), 0);
    assert_eq!(of("general_settings: {set_verbose: true}\n"), 1);
}

#[test]
fn what_nothing_reads_is_not_moved() {
    let id = "litellm-misplaced-setting";
    let of = |keys: &str| {
        let text = format!("general_settings: {{model_group_settings: {{{keys}}}}}\n");
        says(id, "1.109.1", "config.yaml", &text).join("\n")
    };
    let useless = of("fast: {timeout: 5}");
    assert!(
        useless.ends_with("only forward_client_headers_to_llm_api of it: remove it"),
        "{useless}"
    );
    let read = of("forward_client_headers_to_llm_api: [fast]");
    assert!(read.ends_with("move it to `litellm_settings`"), "{read}");
}

#[test]
fn a_section_that_lends_its_nodes_is_read_after_all() {
    let of = |text: &str| places("litellm-unknown-section", "config.yaml", text).len();
    let used = "mcp_servers:\n  db: {<<: *d, url: 'http://db:8000/mcp'}\n";
    assert_eq!(of(&format!("common: &d {{transport: http}}\n{used}")), 0);
    assert_eq!(
        of(&format!(
            "common:\n  server: &d {{transport: http}}\n{used}"
        )),
        0
    );
    let list =
        "models: &m\n  - model_name: a\n    litellm_params: {model: openai/a}\nmodel_list: *m\n";
    assert_eq!(of(list), 0);
    // An anchor that only its own section uses, or none, lends nothing.
    assert_eq!(
        of("common:\n  one: &d {transport: http}\n  two: *d\nmodel_list: []\n"),
        1
    );
    assert_eq!(of("common: &d {transport: http}\nmodel_list: []\n"), 1);
    assert_eq!(
        of(&format!("lender: *d\n{used}").replace("lender", "x-a: &d {}\ncommon")),
        1
    );
}

#[test]
fn no_release_is_made_up() {
    let compose = "services:\n  litellm:\n    image: ghcr.io/berriai/litellm:main-stable\n    \
                   volumes: ['./config.yaml:/app/config.yaml']\n";
    for version in ["main", "1.77.3"] {
        let examination = run(
            "gateway-image-floating",
            &format!("--litellm config.yaml --compose compose.yaml --litellm-version {version}"),
            &[
                ("config.yaml", "model_list: []\n"),
                ("compose.yaml", compose),
            ],
        );
        let fix = &examination.diagnosis.findings[0].finding.fixes[0];
        let text = fix.text.as_deref().expect("lines");
        assert!(
            text.contains(":vX.Y.Z") && !text.contains("stable"),
            "{text}"
        );
    }
}

#[test]
fn servers_in_the_wrong_place_break_the_gateway_that_has_no_others() {
    let id = "litellm-misplaced-section";
    let severities = |text: &str| -> Vec<String> {
        let found = places(id, "config.yaml", text).into_iter();
        found
            .filter_map(|line| Some(line.split_once(' ')?.0.to_owned()))
            .collect()
    };
    assert_eq!(
        severities("mcpServers: {a: {url: 'http://x/mcp'}}\n"),
        ["error"]
    );
    assert_eq!(
        severities("general_settings: {mcp_servers: {}}\n"),
        ["warning"]
    );
    assert_eq!(
        severities("mcp_servers: {a: {url: 'http://x/mcp'}}\n"),
        Vec::<String>::new()
    );
}

#[test]
fn variables_of_the_file_itself_are_set() {
    let config = "environment_variables: {TOKEN: x}\nmcp_servers:\n  a: {transport: stdio, command: x, env: {T: \
                  os.environ/TOKEN, U: os.environ/OTHER}}\n";
    let compose = "services:\n  litellm:\n    image: ghcr.io/berriai/litellm:v1.77.3\n    \
                   volumes: ['./config.yaml:/app/config.yaml']\n";
    let examination = run(
        "env-variable-unset",
        "--litellm config.yaml --compose compose.yaml",
        &[("config.yaml", config), ("compose.yaml", compose)],
    );
    let subjects = examination.diagnosis.findings.iter();
    let subjects: Vec<&str> = subjects
        .map(|judged| judged.finding.subject.as_str())
        .collect();
    assert_eq!(subjects, ["OTHER"]);
}

#[test]
fn what_the_newest_version_takes_is_no_more_than_a_note() {
    let severities = |id: &str, text: &str| {
        let examination = run(id, "--litellm config.yaml", &[("config.yaml", text)]);
        let mut found: Vec<&str> = examination
            .diagnosis
            .findings
            .iter()
            .map(|judged| judged.finding.severity.word())
            .collect();
        found.sort_unstable();
        found
    };
    // Only what is older does not know it; what is newer wants another key beside it.
    let config = "mcp_servers: {a: {url: 'http://x/mcp', auth_type: oauth2}}\n";
    assert_eq!(severities("auth-type-invalid", config), ["note", "warning"]);
    let config = "mcp_servers: {a: {url: 'http://x/mcp', allowed_tools: [read]}}\n";
    assert_eq!(severities("server-unknown-key", config), ["note"]);
    // No version reads this one.
    let config = "mcp_servers: {a: {url: 'http://x/mcp', api_keys: [b]}}\n";
    assert_eq!(severities("server-unknown-key", config), ["error"]);
}

#[test]
fn what_newer_versions_read_is_one_note() {
    let config = "mcp_servers:\n  a:\n    url: http://x/mcp\n    auth_type: oauth2\n    oauth2_flow: \
                  client_credentials\n    client_id: x\n    token_url: http://y/token\n  b:\n    url: http://z/mcp\n    \
                  timeout: 30\n    static_headers: {X: y}\n    allowed_tools: [c]\n";
    let messages = |id: &str| -> Vec<String> {
        let examination = run(id, "--litellm config.yaml", &[("config.yaml", config)]);
        let findings = examination.diagnosis.findings.iter();
        findings
            .map(|judged| judged.finding.message.clone())
            .collect()
    };
    let keys = messages("server-unknown-key");
    let [newer, protecting] = keys.as_slice() else {
        panic!("{keys:?}")
    };
    assert_eq!(
        newer,
        "LiteLLM before 1.89.0 ignores some or all of `oauth2_flow`, `timeout` and `static_headers`: run 1.89.0 or \
         later, or name the version that runs with --litellm-version"
    );
    // The type says it already.
    assert!(!newer.contains("client_id"), "{newer}");
    assert!(protecting.contains("allowed_tools"), "{protecting}");
    let types = messages("auth-type-invalid");
    assert_eq!(types.len(), 1);
    assert!(types[0].starts_with("LiteLLM before 1.77.5 does not start with `auth_type: oauth2`"));
}

#[test]
fn misplaced_servers_are_judged_as_if_moved() {
    let id = "litellm-misplaced-section";
    let config = "model_list: []\nlitellm_settings:\n  mcp_servers:\n    fabric-one:\n      url: http://x/mcp\n      \
                  headers: {Authorization: 'Bearer abcdefgh12345678'}\n";
    let of = |config: &str| {
        let arguments = "--litellm config.yaml --litellm-version 1.109.1";
        let mut examination = run(id, arguments, &[("config.yaml", config)]);
        examination.diagnosis.findings.remove(0).finding
    };
    let finding = of(config);
    assert!(finding.message.contains("rename fabric-one to fabric_one"));
    assert!(finding.message.contains("`static_headers`"));
    let text = finding.fixes[0].text.as_deref().expect("lines");
    assert!(
        text.starts_with("mcp_servers:\n  fabric_one:\n    url: http://x/mcp"),
        "{text}"
    );
    assert!(!text.contains("abcdefgh12345678"), "{text}");
    let sound = of(&config
        .replace('-', "_")
        .replace("headers", "static_headers"));
    assert!(!sound.message.contains("there, "), "{}", sound.message);
    // Under its new name, one at the top would stop the gateway.
    let fix = &of("mcpServers: {a-b: {url: 'http://x/mcp'}}\n").fixes[0];
    assert_eq!(fix.safety.word(), "unsafe");
    assert_eq!(fix.changes.len(), 2);
}

#[test]
fn a_section_that_belongs_elsewhere_is_moved_and_one_with_content_kept() {
    let id = "litellm-unknown-section";
    let of = |config: &str| {
        let mut examination = run(id, "--litellm config.yaml", &[("config.yaml", config)]);
        examination.diagnosis.findings.remove(0).finding
    };
    let finding = of("fallbacks: [{a: [b]}]\nmodel_list: []\n");
    assert!(finding.message.contains("under `router_settings`"));
    let text = finding.fixes[0].text.as_deref();
    assert_eq!(text, Some("router_settings:\n  fallbacks: [{a: [b]}]"));
    assert!(
        of("strange: {a: 1}\nmodel_list: []\n").fixes[0]
            .changes
            .is_empty()
    );
    assert_eq!(
        of("strange: {}\nmodel_list: []\n").fixes[0].changes.len(),
        1
    );
}

#[test]
fn a_version_that_refuses_the_key_is_certain() {
    let config = "general_settings: {master_key: sk-1234}\nmodel_list: []\n";
    let of = |version: &str| says("gateway-weak-key", version, "config.yaml", config).concat();
    assert!(of("1.109.1").starts_with("error"), "{}", of("1.109.1"));
    assert!(of("1.109.1").contains("LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY is true"));
    assert!(of("1.77.3").starts_with("warning"));
}
