//! LiteLLM's configuration with what surrounds it: its version, its environment, its container, the files that it
//! includes. Above all, where the checks have to be silent.

use std::path::PathBuf;

use mcpdoc::Examination;
use mcpdoc::load::Memory;
use mcpdoc::report::json;

use say::{said, skipped};
use support::CWD;

#[path = "support/say.rs"]
mod say;
#[path = "support/run.rs"]
mod support;

fn run(arguments: &str, files: &[(&str, &str)]) -> Examination {
    let mut memory = Memory::default();
    for (name, text) in files {
        memory.insert(PathBuf::from(CWD).join(name), text.as_bytes());
    }
    support::run(arguments, None, &memory)
}

/// A compose file with the gateway, and `more` lines of its service.
fn compose(image: &str, more: &[&str]) -> String {
    let mut text = format!(
        "services:\n  litellm:\n    image: {image}\n    command: [--config, /app/config.yaml]\n    volumes:\n      - ./config.yaml:/app/config.yaml\n"
    );
    for line in more {
        text.push_str(&format!("    {line}\n"));
    }
    text
}

const OFFICIAL: &str = "ghcr.io/berriai/litellm";

/// What the checks `ids` say of a configuration and a compose file.
fn of(ids: &str, config: &str, compose: &str) -> Examination {
    let arguments = format!("--only {ids} --litellm config.yaml --compose docker-compose.yml");
    run(
        &arguments,
        &[("config.yaml", config), ("docker-compose.yml", compose)],
    )
}

fn is_silent(examination: &Examination) -> bool {
    examination.diagnosis.findings.is_empty() && examination.diagnosis.skipped.is_empty()
}

/// Nothing is said, and why not is.
fn is_skipped(examination: &Examination, because: &str) -> bool {
    let mut skipped = skipped(examination).into_iter();
    examination.diagnosis.findings.is_empty() && skipped.any(|reason| reason.contains(because))
}

fn starts_with(examination: &Examination, start: &str) -> bool {
    matches!(said(examination).as_slice(), [only] if only.starts_with(start))
}

const DOCS: &str = "mcp_servers:\n  docs: {transport: http, url: 'https://docs.example.com/mcp'}\n";

/// Version, where it is from, and why, as the report in JSON has them.
fn version(arguments: &str, image: &str, more: &[&str]) -> (Option<String>, String, String) {
    let examination = run(
        &format!("--litellm config.yaml --compose docker-compose.yml {arguments}"),
        &[
            ("config.yaml", DOCS),
            ("docker-compose.yml", &compose(image, more)),
        ],
    );
    let report: serde_json::Value =
        serde_json::from_str(&json::render(&examination).expect("json")).expect("json");
    let gateway = &report["gateways"][0];
    let text = |key: &str| gateway[key].as_str().map(str::to_owned);
    (
        text("version"),
        text("version_from").unwrap_or_default(),
        text("version_because").unwrap_or_default(),
    )
}

#[test]
fn the_version_is_the_flags_the_tags_or_the_labels() {
    let label = ["labels: {org.opencontainers.image.version: v1.77.3}"];
    let pairs = ["labels:", "  - org.opencontainers.image.version=1.77.3"];
    for (arguments, tag, more, expected, from, because) in [
        (
            "--litellm-version 1.80.0",
            ":v1.77.3",
            &label[..],
            Some("1.80.0"),
            "flag",
            "--litellm-version",
        ),
        (
            "",
            ":v1.77.3-stable",
            &[][..],
            Some("1.77.3-stable"),
            "image",
            "the tag of",
        ),
        (
            "",
            ":main-v1.77.3-nightly",
            &[],
            Some("1.77.3-nightly"),
            "image",
            "the tag of",
        ),
        (
            "",
            ":v1.77.3-stable.patch.1",
            &[],
            Some("1.77.3-stable.patch.1"),
            "image",
            "the tag of",
        ),
        (
            "",
            ":v1.80.0@sha256:00",
            &label,
            Some("1.80.0"),
            "image",
            "the tag of",
        ),
        (
            "",
            ":main-latest",
            &label,
            Some("1.77.3"),
            "label",
            "org.opencontainers.image.version",
        ),
        (
            "",
            ":main-latest",
            &pairs,
            Some("1.77.3"),
            "label",
            "org.opencontainers.image.version",
        ),
        (
            "",
            "@sha256:00",
            &label,
            Some("1.77.3"),
            "label",
            "org.opencontainers.image.version",
        ),
        (
            "",
            ":${TAG}",
            &label,
            Some("1.77.3"),
            "label",
            "org.opencontainers.image.version",
        ),
        ("", "@sha256:00", &[], None, "", "a digest alone"),
        (
            "",
            ":main-latest",
            &[],
            None,
            "",
            "the tag main-latest of its image names none",
        ),
        ("", "", &[], None, "", "its image has no tag"),
        ("", ":${TAG}", &[], None, "", "depends on a variable"),
        (
            "",
            ":main-latest",
            &["labels: {org.opencontainers.image.version: latest}"],
            None,
            "",
            "names none",
        ),
    ] {
        let image = format!("{OFFICIAL}{tag}");
        let (version, origin, why) = self::version(arguments, &image, more);
        assert_eq!(version.as_deref(), expected, "{tag} {why}");
        assert_eq!(origin, from, "{tag}");
        assert!(why.contains(because), "{tag}: {why}");
    }
    // Other people's images may count their own way.
    let (version, _, why) = self::version("", "example.com/me/litellm:2.4.0", &[]);
    assert!(version.is_none() && why.contains("none of LiteLLM's versions"));
    let (version, ..) = self::version("", "example.com/me/litellm:1.77.3", &[]);
    assert_eq!(version.as_deref(), Some("1.77.3"));
}

#[test]
fn each_gateway_has_its_own_version() {
    let both = "services:\n  old:\n    image: ghcr.io/berriai/litellm:v1.77.3\n    command: [--config, /app/a.yaml]\n    \
                volumes: ['./a.yaml:/app/a.yaml']\n  new:\n    image: ghcr.io/berriai/litellm:v1.109.1\n    command: \
                [--config, /app/b.yaml]\n    volumes: ['./b.yaml:/app/b.yaml']\n";
    let examination = run(
        "--litellm a.yaml --litellm b.yaml --compose docker-compose.yml",
        &[
            ("a.yaml", DOCS),
            ("b.yaml", DOCS),
            ("docker-compose.yml", both),
        ],
    );
    let versions: Vec<String> = examination
        .chain
        .gateways
        .iter()
        .filter_map(|view| Some(view.version.version()?.to_string()))
        .collect();
    assert_eq!(versions, ["1.77.3", "1.109.1"]);
}

const STDIO: &str = "mcp_servers:\n  a: {transport: stdio, command: uvx, args: [x]}\n  b: {transport: stdio, command: npx}\n";

#[test]
fn stdio_servers_need_a_switch_in_the_environment_of_the_process() {
    let id = "stdio-disabled";
    let new = |more: &[&str]| of(id, STDIO, &compose(&format!("{OFFICIAL}:v1.104.0"), more));
    let on = "environment: {LITELLM_ENABLE_MCP_STDIO: 'True'}";
    assert!(is_silent(&new(&[on])));
    // One switch, one finding.
    assert!(starts_with(&new(&[]), "error "));
    assert!(starts_with(
        &new(&["environment: {LITELLM_ENABLE_MCP_STDIO: '1'}"]),
        "error "
    ));
    assert!(is_skipped(
        &new(&["env_file: gone.env"]),
        "gone.env was not read"
    ));
    assert!(is_skipped(
        &new(&["environment: {LITELLM_ENABLE_MCP_STDIO: '${ON}'}"]),
        "not known"
    ));
    assert!(is_skipped(&new(&["build: ."]), "builds its own image"));
    assert!(is_skipped(
        &new(&["entrypoint: [/start.sh]"]),
        "entrypoint of its own"
    ));
    let theirs = of(id, STDIO, &compose("example.com/me/litellm:1.104.0", &[]));
    assert!(is_skipped(&theirs, "example.com/me/litellm"));
    assert!(is_skipped(
        &run(
            &format!("--only {id} --litellm config.yaml"),
            &[("config.yaml", STDIO)]
        ),
        "no compose file"
    ));
    let old = of(id, STDIO, &compose(&format!("{OFFICIAL}:v1.103.0"), &[]));
    assert!(is_silent(&old));
    assert!(is_silent(&of(
        id,
        DOCS,
        &compose(&format!("{OFFICIAL}:v1.104.0"), &[])
    )));
    // The file's own variables come too late.
    let own = format!("environment_variables: {{LITELLM_ENABLE_MCP_STDIO: 'true'}}\n{STDIO}");
    let examination = of(id, &own, &compose(&format!("{OFFICIAL}:v1.104.0"), &[]));
    assert!(said(&examination)[0].contains("does not count"));
    let unknown = of(id, STDIO, &compose(&format!("{OFFICIAL}:main-latest"), &[]));
    assert!(starts_with(&unknown, "warning "));
}

#[test]
fn programs_are_compared_by_their_names() {
    let id = "stdio-command-not-allowed";
    let of = |command: &str, more: &[&str]| {
        let config = format!("mcp_servers:\n  a: {{transport: stdio, command: {command}}}\n");
        of(id, &config, &compose(&format!("{OFFICIAL}:v1.83.7"), more))
    };
    for fine in [
        "npx",
        "/usr/local/bin/uvx",
        "NPX",
        "node.exe",
        "'${RUNNER}'",
    ] {
        assert!(is_silent(&of(fine, &[])), "{fine}");
    }
    let extra = ["environment: {LITELLM_MCP_STDIO_EXTRA_COMMANDS: 'x,mine'}"];
    assert!(is_silent(&of("/opt/mine", &extra)));
    assert!(starts_with(&of("other", &extra), "error "));
    assert!(is_skipped(&of("mine", &["env_file: gone.env"]), "gone.env"));
    assert!(is_silent(&of("npx", &["env_file: gone.env"])));
    // A space is another check's.
    assert!(is_silent(&of("'npx -y foo'", &[])));
}

#[test]
fn a_path_with_spaces_is_no_mistake() {
    let of = |command: &str| {
        let config = format!(
            "mcp_servers:\n  a:\n    transport: stdio\n    command: {command}\n    args: [last]\n"
        );
        run(
            "--only command-with-arguments --litellm config.yaml",
            &[("config.yaml", &config)],
        )
    };
    for fine in ["/opt/my tools/run", "npx", "\"  uvx  \"", "'${X} y'"] {
        assert!(is_silent(&of(fine)), "{fine}");
    }
    for wrong in [
        "npx -y foo",
        "/usr/bin/npx foo",
        "/opt/run --flag",
        "server stdio",
    ] {
        assert!(starts_with(&of(wrong), "error "), "{wrong}");
    }
    // A quote needs a person.
    let quoted = of("sh -c 'a b'");
    assert!(
        quoted.diagnosis.findings[0].finding.fixes[0]
            .changes
            .is_empty()
    );
}

#[test]
fn a_gateway_is_open_only_where_everything_was_read() {
    let id = "gateway-open";
    let old = format!("{OFFICIAL}:v1.77.3");
    let with = |config: &str, more: &[&str]| of(id, config, &compose(&old, more));
    assert!(starts_with(&with(DOCS, &[]), "warning "));
    assert!(starts_with(
        &of(id, DOCS, &compose(&format!("{OFFICIAL}:v1.104.0"), &[])),
        "error "
    ));
    assert!(is_silent(&with(
        DOCS,
        &["environment: {LITELLM_MASTER_KEY: sk-0a9f}"]
    )));
    assert!(is_skipped(
        &with(DOCS, &["environment: [LITELLM_MASTER_KEY]"]),
        "not known here"
    ));
    assert!(is_skipped(
        &with(DOCS, &["environment: {LITELLM_MASTER_KEY: '${KEY}'}"]),
        "not known"
    ));
    assert!(is_skipped(&with(DOCS, &["env_file: gone.env"]), "gone.env"));
    assert!(is_skipped(
        &of(id, DOCS, &compose("example.com/me/litellm:1.77.3", &[])),
        "may set it"
    ));
    let mounted = "services:\n  litellm:\n    image: ghcr.io/berriai/litellm:v1.77.3\n    volumes: \
                   ['./config.yaml:/app/config.yaml', './.env:/app/.env']\n";
    assert!(is_skipped(&of(id, DOCS, mounted), ".env"));
    for fine in [
        "general_settings: {master_key: sk-0a9f}\n",
        "general_settings: {custom_auth: mine.check}\n",
        "general_settings: {enable_jwt_auth: true}\n",
        "environment_variables: {LITELLM_MASTER_KEY: sk-0a9f}\n",
    ] {
        let config = format!("{fine}{DOCS}");
        assert!(with(&config, &[]).diagnosis.findings.is_empty(), "{fine}");
    }
    // Callers that show something else do not help a version that insists on a key.
    let jwt = format!("general_settings: {{enable_jwt_auth: true}}\n{DOCS}");
    let new = |more: &[&str]| of(id, &jwt, &compose(&format!("{OFFICIAL}:v1.104.0"), more));
    assert!(starts_with(&new(&[]), "error "));
    let permit = "environment: {LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY: 'true'}";
    assert!(new(&[permit]).diagnosis.findings.is_empty());
    // What was meant is an error; what was switched off is not.
    for (line, severity) in [
        ("general_settings: {master_key: }\n", "error "),
        ("general_settings: {master_key: null}\n", "warning "),
        (
            "litellm_settings: {master_key: os.environ/LITELLM_MASTER_KEY}\n",
            "error ",
        ),
    ] {
        assert!(
            starts_with(&with(&format!("{line}{DOCS}"), &[]), severity),
            "{line}"
        );
    }
}

#[test]
fn a_weak_key_is_found_where_it_is_and_never_shown() {
    let id = "gateway-weak-key";
    let config = format!("general_settings: {{master_key: os.environ/KEY}}\n{DOCS}");
    let with = |tag: &str, value: &str| {
        let line = format!("environment: {{KEY: '{value}'}}");
        of(
            id,
            &config,
            &compose(&format!("{OFFICIAL}:{tag}"), &[&line]),
        )
    };
    assert!(starts_with(&with("v1.77.3", "sk-1234"), "warning "));
    assert!(starts_with(&with("v1.104.0", "sk-1234"), "error "));
    assert!(starts_with(&with("v1.104.0", "sk-12345"), "warning "));
    // Something else may set it.
    assert!(starts_with(
        &with("v1.104.0", "${KEY:-sk-1234}"),
        "warning "
    ));
    for value in ["${OUTER:-sk-1234}", "${OUTER:-${INNER:-sk-1234}}"] {
        let said = said(&with("v1.77.3", value));
        assert!(
            said[0].contains("a well-known example from documentation, unless OUTER is set: "),
            "{said:?}"
        );
    }
    let guessed = said(&with("v1.77.3", "sk-local"));
    assert!(
        guessed[0].contains("the master key is easy to guess: "),
        "{guessed:?}"
    );
    assert!(is_silent(&with("v1.104.0", "sk-8c1f0d2be94a")));
    for judged in &with("v1.77.3", "sk-1234").diagnosis.findings {
        assert!(!judged.finding.message.contains("sk-1234"));
    }
}

#[test]
fn what_follows_from_an_unset_variable_depends_on_its_place() {
    let id = "env-variable-unset";
    let with =
        |tag: &str, config: &str| of(id, config, &compose(&format!("{OFFICIAL}:{tag}"), &[]));
    let url = "mcp_servers:\n  a: {transport: http, url: os.environ/U}\n";
    assert!(said(&with("v1.77.3", url))[0].contains("never reaches a"));
    let value = "mcp_servers:\n  a: {transport: http, url: 'http://x/mcp', auth_type: bearer_token, auth_value: os.environ/T}\n";
    assert!(starts_with(&with("v1.77.3", value), "warning "));
    let key = format!("general_settings: {{master_key: os.environ/K}}\n{DOCS}");
    assert!(said(&with("v1.77.3", &key))[0].contains("serves everybody"));
    assert!(said(&with("v1.104.0", &key))[0].contains("does not start"));
    let both = said(&with("main-latest", &key));
    assert!(
        both[0].starts_with("error ")
            && both[0].contains("serves everybody")
            && both[0].contains("does not start")
    );
    // A secret manager may have it, and other kinds of references are no variables.
    let managed =
        "general_settings: {key_management_system: hashicorp_vault, master_key: os.environ/K}\n";
    assert!(is_silent(&with("v1.77.3", managed)));
    let oidc = "mcp_servers:\n  a: {transport: http, url: os.environ/oidc/google/x}\n";
    assert!(is_silent(&with("v1.77.3", oidc)));
    // A document of its own says what is called.
    let document = "mcp_servers:\n  a: {url: os.environ/U, spec_path: 'https://x/openapi.json'}\n";
    assert!(is_silent(&with("v1.80.0", document)));
}

#[test]
fn a_value_and_its_type_belong_together() {
    let of = |ids: &str, lines: &str| {
        let config =
            format!("mcp_servers:\n  a: {{transport: http, url: 'http://x/mcp', {lines}}}\n");
        run(
            &format!("--only {ids} --litellm config.yaml --litellm-version 1.80.0"),
            &[("config.yaml", &config)],
        )
    };
    let missing = "auth-value-missing";
    for fine in [
        "auth_type: oauth2",
        "auth_type: none",
        "auth_type: bearer_token, extra_headers: [authorization]",
        "auth_type: bearer_token, static_headers: {Authorization: x}",
        // `token` is what `server-unknown-key` renames.
        "auth_type: bearer_token, token: x",
        "auth_type: bearer_token, auth_value: os.environ/T",
    ] {
        assert!(is_silent(&of(missing, fine)), "{fine}");
    }
    let unused = "auth-value-unused";
    assert!(is_silent(&of(
        unused,
        "auth_value: x, authType: bearer_token"
    )));
    assert!(is_silent(&of(unused, "auth_value: '', auth_type: ")));
    assert!(starts_with(
        &of(unused, "auth_value: x, auth_type: none"),
        "warning "
    ));
    let fix = &of(unused, "auth_value: 'Basic eA=='").diagnosis.findings[0]
        .finding
        .fixes[0];
    assert!(fix.title.contains("authorization"));
    let doubled = "bearer-doubled";
    for (lines, count) in [
        ("auth_type: bearer_token, auth_value: 'bearer x'", 1),
        ("auth_type: bearer_token, auth_value: Bearerx", 0),
        ("auth_type: authorization, auth_value: Bearer x", 0),
        ("auth_type: bearer_token, auth_value: 'Bearer ${T}'", 0),
    ] {
        assert_eq!(said(&of(doubled, lines)).len(), count, "{lines}");
    }
}

#[test]
fn a_client_that_brings_its_own_value_silences_the_missing_one() {
    let config =
        "mcp_servers:\n  a: {transport: http, url: 'http://x/mcp', auth_type: bearer_token}\n";
    let of = |header: &str| {
        let client = format!(
            "{{\"mcpServers\": {{\"gw\": {{\"type\": \"http\", \"url\": \"http://localhost:4000/mcp/\", \"headers\": {{\"x-litellm-api-key\": \"Bearer k\", \"{header}\": \"v\"}}}}}}}}"
        );
        run(
            "--only auth-value-missing --litellm config.yaml --compose docker-compose.yml --claude .mcp.json",
            &[
                ("config.yaml", config),
                (".mcp.json", &client),
                (
                    "docker-compose.yml",
                    &compose(&format!("{OFFICIAL}:v1.77.3"), &["ports: ['4000:4000']"]),
                ),
            ],
        )
    };
    assert!(is_silent(&of("x-mcp-a-authorization")));
    assert!(starts_with(&of("x-other"), "warning "));
}

#[test]
fn a_document_is_missing_only_where_every_mount_is_known() {
    let id = "spec-file-missing";
    let config = "mcp_servers:\n  a: {url: 'http://x', spec_path: specs/a.json}\n";
    let image = format!("{OFFICIAL}:v1.83.7");
    let with = |volumes: &str, more: &str| {
        let compose = format!(
            "services:\n  litellm:\n    image: {image}\n    command: [--config, /app/config.yaml]\n    volumes: [{volumes}]\n{more}"
        );
        of(id, config, &compose)
    };
    let file = "'./config.yaml:/app/config.yaml'";
    assert!(starts_with(&with(file, ""), "error "));
    for covering in [
        "'./specs:/app/specs'",
        "'specs:/app/specs/'",
        "'./a.json:/app/specs/a.json'",
    ] {
        assert!(
            is_silent(&with(&format!("{file}, {covering}"), "")),
            "{covering}"
        );
    }
    for (line, because) in [
        ("    build: .\n", "builds its own image"),
        ("    entrypoint: [sh, -c, fetch]\n", "entrypoint of its own"),
        ("    volumes_from: [other]\n", "volumes_from"),
    ] {
        assert!(is_skipped(&with(file, line), because), "{line}");
    }
    let url = "mcp_servers:\n  a: {url: 'http://x', spec_path: 'https://x/a.json'}\n";
    assert!(is_silent(&of(id, url, &compose(&image, &[]))));
    // Before 1.78.0 nothing reads it.
    assert!(is_silent(&of(
        id,
        config,
        &compose(&format!("{OFFICIAL}:v1.77.3"), &[])
    )));
}

#[test]
fn what_the_image_does_not_have_is_known_of_litellms_own_alone() {
    let id = "command-unavailable";
    let with = |image: &str, entry: &str, more: &[&str]| {
        let config = format!("mcp_servers:\n  a: {{transport: stdio, {entry}}}\n");
        of(id, &config, &compose(image, more))
    };
    let plain = format!("{OFFICIAL}:v1.77.7-stable");
    assert!(starts_with(&with(&plain, "command: npx", &[]), "error "));
    assert!(starts_with(&with(&plain, "command: deno", &[]), "error "));
    // Their Dockerfile installs it.
    assert!(is_skipped(
        &with(&format!("{OFFICIAL}-database:v1.77.7"), "command: npx", &[]),
        "not known"
    ));
    assert!(is_skipped(
        &with(&format!("{OFFICIAL}:v1.90.0"), "command: npx", &[]),
        "not known"
    ));
    assert!(is_skipped(&with(&plain, "command: uvx", &[]), "not known"));
    assert!(is_skipped(
        &with(&plain, "command: /usr/bin/npx", &[]),
        "path"
    ));
    assert!(is_skipped(
        &with(&plain, "command: npx, env: {PATH: /opt/node/bin}", &[]),
        "PATH"
    ));
    assert!(is_skipped(
        &with(&plain, "command: npx", &["build: ."]),
        "builds"
    ));
    assert!(is_skipped(
        &with("example.com/me/litellm:1.77.7", "command: npx", &[]),
        "not LiteLLM's own"
    ));
    // These have checks of their own.
    assert!(is_silent(&with(&plain, "command: docker", &[])));
    assert!(is_silent(&with(&plain, "command: npx -y foo", &[])));
}

#[test]
fn a_stdio_server_gets_what_its_entry_hands_over() {
    let id = "stdio-env-not-inherited";
    let with = |entry: &str, more: &[&str]| {
        let config = format!("mcp_servers:\n  a: {{transport: stdio, command: uvx, {entry}}}\n");
        of(id, &config, &compose(&format!("{OFFICIAL}:v1.77.3"), more))
    };
    let has = ["environment: {DATABASE_URI: 'postgresql://db/x'}"];
    assert!(starts_with(&with("args: [postgres-mcp]", &has), "warning "));
    for fine in [
        "args: [postgres-mcp, 'postgresql://db/x']",
        "args: [postgres-mcp], env: {DATABASE_URI: os.environ/OTHER}",
        "args: [something-else]",
    ] {
        assert!(is_silent(&with(fine, &has)), "{fine}");
    }
    // That it is missing altogether is not this check's.
    assert!(is_silent(&with("args: [postgres-mcp]", &[])));
}

#[test]
fn the_doubled_header_needs_a_version_and_a_known_server() {
    let id = "gateway-version-header-doubled";
    let with = |tag: &str, transport: &str, image: &str| {
        let config =
            format!("mcp_servers:\n  a: {{transport: {transport}, url: 'http://docs:8080/mcp'}}\n");
        let compose = format!(
            "{}  docs:\n    image: {image}\n",
            compose(&format!("{OFFICIAL}:{tag}"), &[])
        );
        of(id, &config, &compose)
    };
    assert!(starts_with(
        &with("v1.77.4", "http", "mcp/context7"),
        "error "
    ));
    assert!(is_skipped(
        &with("main-latest", "http", "mcp/context7"),
        "depends on its version"
    ));
    for (tag, transport, image) in [
        ("v1.77.7", "http", "mcp/context7"),
        ("v1.77.3", "sse", "mcp/context7"),
        ("v1.77.3", "http", "example.com/other"),
        ("main-latest", "http", "example.com/other"),
    ] {
        assert!(
            is_silent(&with(tag, transport, image)),
            "{tag} {transport} {image}"
        );
    }
}

/// The messages of a run over several files.
fn include(ids: &str, files: &[(&str, &str)]) -> Examination {
    run(&format!("--only {ids} ."), files)
}

#[test]
fn included_files_are_part_of_the_configuration() {
    let config = "include: [parts/servers.yaml]\nmodel_list: []\n";
    let servers = "include: [more.yaml]\nmcp_servers: {a: {transport: SSE, url: 'http://x/sse'}}\nmodel_list: []\n";
    let more = "general_settings: {master_key: '${KEY}'}\n";
    let files = [
        ("config.yaml", config),
        ("parts/servers.yaml", servers),
        ("parts/more.yaml", more),
    ];
    let examination = include(
        "transport-invalid,env-reference-syntax,litellm-include-overwrites,file-unreadable",
        &files,
    );
    let places: Vec<String> = examination
        .diagnosis
        .findings
        .iter()
        .map(|judged| {
            let place = judged.finding.labels[0].at.source();
            format!(
                "{} {}",
                judged.finding.check,
                examination.stack.name(place.expect("a file"))
            )
        })
        .collect();
    assert_eq!(
        places,
        [
            "transport-invalid parts/servers.yaml",
            "env-reference-syntax parts/more.yaml"
        ]
    );
    // They are one gateway.
    assert_eq!(examination.stack.gateways.len(), 1);
}

#[test]
fn what_an_included_file_replaces_is_not_read() {
    let config = "include: [other.yaml]\nmcp_servers: {old: {transport: bogus}}\ngeneral_settings: {master_key: '${A}'}\n";
    let other = "mcp_servers: {new: {transport: http, url: 'http://x/mcp'}}\ngeneral_settings: {master_key: sk-0a9f}\n";
    let files = [("config.yaml", config), ("other.yaml", other)];
    let examination = include(
        "transport-invalid,env-reference-syntax,litellm-include-overwrites",
        &files,
    );
    let said = said(&examination);
    // The key stands in both, so that nothing of `general_settings` is lost.
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].contains("old is lost"), "{said:?}");
    let names: Vec<&str> = examination.chain.gateways[0]
        .outcome
        .servers
        .iter()
        .map(|server| server.name.value.as_str())
        .collect();
    assert_eq!(names, ["new"]);
}

#[test]
fn an_included_file_is_looked_for_in_the_container() {
    let config = "include: [servers.yaml]\n";
    let servers = "mcp_servers: {a: {transport: SSE, url: 'http://x/sse'}}\n";
    let with = |volumes: &str| {
        let compose = format!(
            "services:\n  litellm:\n    image: {OFFICIAL}:v1.77.3\n    command: [--config, /app/config.yaml]\n    \
             volumes: ['./config.yaml:/app/config.yaml'{volumes}]\n"
        );
        run(
            "--only transport-invalid,file-unreadable,gateway-open --litellm config.yaml --compose docker-compose.yml",
            &[
                ("config.yaml", config),
                ("elsewhere/s.yaml", servers),
                ("docker-compose.yml", &compose),
            ],
        )
    };
    let mounted = with(", './elsewhere/s.yaml:/app/servers.yaml'");
    assert!(
        said(&mounted).iter().any(|line| line.contains("SSE")),
        "{:?}",
        said(&mounted)
    );
    let absent = with("");
    assert!(
        starts_with(&absent, "error servers.yaml is not in the container"),
        "{:?}",
        said(&absent)
    );
    // What was not read may hold the key.
    assert!(
        absent
            .diagnosis
            .skipped
            .iter()
            .any(|skipped| skipped.check == "gateway-open")
    );
    let gone = with(", './gone.yaml:/app/servers.yaml'");
    assert!(
        starts_with(&gone, "warning servers.yaml is not there"),
        "{:?}",
        said(&gone)
    );
}

#[test]
fn what_lies_beside_a_manifest_is_not_what_it_includes() {
    let manifest = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: litellm}\ndata:\n  config.yaml: |\n    include: \
                    [servers.yaml]\n    litellm_settings: {drop_params: true}\n    model_list: []\n";
    let examination = include(
        "file-unreadable,transport-invalid",
        &[
            ("litellm/configmap.yaml", manifest),
            (
                "litellm/servers.yaml",
                "model_list: []\nmcp_servers: {a: {transport: SSE}}\n",
            ),
        ],
    );
    let mut gateways = examination.stack.gateways.iter();
    let gateway = gateways
        .find(|gateway| !gateway.includes.is_empty())
        .expect("an include");
    assert!(
        gateway
            .includes
            .iter()
            .all(|include| include.source.is_none())
    );
    assert!(
        !said(&examination)
            .iter()
            .any(|line| line.contains("not there"))
    );
}

#[test]
fn files_that_include_each_other_end() {
    let files = [
        ("config.yaml", "include: [b.yaml]\nmodel_list: []\n"),
        (
            "b.yaml",
            "include: [config.yaml, b.yaml]\nmcp_servers: {}\n",
        ),
    ];
    assert!(is_silent(&include(
        "litellm-include-overwrites,file-unreadable",
        &files
    )));
}

#[test]
fn repairs_that_change_an_id_say_so_where_there_is_a_database() {
    let config = "mcp_servers:\n  a: {transport: http, url: 'http://x/mcp', auth_value: t}\n";
    let remarks = |config: &str, more: &[&str]| {
        let image = format!("{OFFICIAL}:v1.77.3");
        let examination = of("auth-value-unused", config, &compose(&image, more));
        examination.diagnosis.findings[0].finding.fixes[0]
            .remarks
            .clone()
    };
    let database = ["environment: {DATABASE_URL: '${DATABASE_URL}'}"];
    assert_eq!(remarks(config, &database).len(), 1);
    assert!(remarks(config, &[]).is_empty());
    let pinned = "mcp_servers:\n  a: {transport: http, url: 'http://x/mcp', auth_value: t, server_id: mine}\n";
    assert!(remarks(pinned, &database).is_empty());
}
