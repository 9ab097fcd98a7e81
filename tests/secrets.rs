//! Secrets in odd places: no byte of one is in anything that is said, in no format.

use std::fmt::Write;

#[path = "support/run.rs"]
mod support;

use mcpdoc::Examination;
use mcpdoc::check::Severity;
use mcpdoc::load::Memory;
use mcpdoc::report::{github, gitlab, json, junit, markdown, sarif, text};
use mcpdoc::term::Screen;
use support::{CWD, run};

/// What every planted secret ends with.
const TAIL: &str = "q7Rk2Wn9Zp4Xv8Lt3Bm6Yc1Hd5Gf0JsAeQuNiTo";

/// The ways in which keys are issued, each ending in [`TAIL`], made here so that no scanner takes them for real.
fn issued() -> Vec<String> {
    [
        "sk-",
        "sk-proj-",
        "sk-ant-api03-",
        "sk-or-v1-",
        "ghp_",
        "gho_",
        "github_pat_11A",
        "glpat-",
        "xoxb-",
        "xoxp-",
        "hf_",
        "gsk_",
        "AIza",
        "nvapi-",
        "npm_",
        "r8_",
        "pplx-",
        "tvly-",
        "ya29.",
        "dop_v1_",
        "sk_live_",
        "whsec_",
        "lsv2_pt_",
        "pk-lf-",
        "sk-lf-",
        "fw_",
        "csk-",
        "glsa_",
        "",
    ]
    .iter()
    .map(|prefix| format!("{prefix}{TAIL}"))
    .collect()
}

/// Everything that mcpdoc would say of a run.
fn said(found: &Examination) -> String {
    let mut all = json::render(found).expect("a document");
    all.push_str(&sarif::render(found).expect("a document"));
    all.push_str(&gitlab::render(found).expect("a document"));
    all.push_str(&github::render(found));
    all.push_str(&markdown::render(found));
    let red = junit::Options {
        fails_from: Some(Severity::Error),
        require: Vec::new(),
    };
    all.push_str(&junit::render(found, &red).expect("a document"));
    for detail in [
        text::Detail::Quiet,
        text::Detail::Usual,
        text::Detail::Verbose,
    ] {
        let screen = Screen {
            colour: false,
            width: 20_000,
        };
        let options = text::Options {
            screen,
            detail,
            user: None,
            require: Vec::new(),
        };
        all.push_str(&text::render(found, &options));
    }
    for judged in &found.diagnosis.findings {
        let _ = write!(all, "{:?}", judged.finding);
    }
    all.retain(|c| !c.is_whitespace());
    all
}

/// Nothing of the tail, not even a part of it, is said of these files.
fn hidden(arguments: &str, files: &[(&str, String)]) -> Examination {
    let mut memory = Memory::default();
    for (name, text) in files {
        assert!(
            text.contains("PLANTED") || text.contains(&TAIL[..12]) || !name.contains('+'),
            "nothing is planted in {name}"
        );
        memory.insert(format!("{CWD}/{name}"), text.as_str());
    }
    let found = run(arguments, None, &memory);
    let said = said(&found);
    let tail = TAIL.as_bytes();
    for part in tail.windows(8) {
        let part = std::str::from_utf8(part).expect("letters");
        if let Some(at) = said.find(part) {
            let from = said.floor_char_boundary(at.saturating_sub(200));
            let to = said.floor_char_boundary((at + 100).min(said.len()));
            panic!("{part} is said: …{}…\nof {files:#?}", &said[from..to]);
        }
    }
    found
}

/// A gateway's file with findings before, in and after the place of a secret.
fn gateway(lines: &str) -> String {
    format!(
        "model_list:\n  - model_name: a\n    litellm_params:\n      model: openai/a\n      api_key: ${{A}}\nmcp_servers:\n  db:\n    url: http://db:8000/sse\n    transport: SSE\n{lines}    auth_type: nonsense\n    unknown_key: 1\n"
    )
}

#[test]
fn keys_beside_other_findings() {
    for secret in issued() {
        for line in [
            format!("    auth_value: {secret}\n"),
            format!("    auth_value: \"{secret}\"\n"),
            format!("    auth_value: '{secret}'  # rotated\n"),
            format!("    auth_value: |\n      {secret}\n"),
            format!("    auth_value: >-\n      {secret}\n"),
            format!("    auth_value: !!str {secret}\n"),
            format!("    auth_value: &key {secret}\n    authentication_token: *key\n"),
            format!("    auth_value: Bearer {secret}\n"),
            format!("    static_headers: {{Authorization: 'Bearer {secret}'}}\n"),
            format!(
                "    static_headers:\n      X-API-Key: {secret}\n      Cookie: session={secret}\n"
            ),
            format!("    static_headers: [Authorization, \"Bearer {secret}\"]\n"),
            format!("    env:\n      DB_PASSWORD: {secret}\n"),
            format!("    env: {{API_TOKEN: {secret}, OTHER: x}}\n"),
            format!("    args: [--token, {secret}, --api-key={secret}]\n"),
            format!("    args:\n      - --password\n      - {secret}\n"),
            format!("    args: ['postgresql://app:{secret}@db:5432/app']\n"),
            format!("    # api_key: {secret}\n"),
            format!("    # the old password: {secret}\n"),
            format!("    # export GITHUB_TOKEN={secret}\n"),
        ] {
            let files = [("litellm.yaml", gateway(&line))];
            let found = hidden("--litellm litellm.yaml", &files);
            assert!(!found.diagnosis.findings.is_empty(), "{line}");
        }
    }
}

#[test]
fn keys_in_urls() {
    for url in [
        format!("https://user:{TAIL}@host/mcp"),
        format!("https://{TAIL}@host/mcp"),
        format!("https://host/mcp?api_key={TAIL}"),
        format!("https://host/mcp?x=1&token={TAIL}#a"),
        format!("https://host/mcp?exaApiKey={TAIL}"),
        format!("https://host/mcp?x=1&sig={TAIL}"),
        format!("https://host/mcp?x=1&code={TAIL}"),
        format!("https://host/s/{TAIL}/mcp"),
        format!("https://hooks.slack.com/services/T0F3K9ZQ2/B8xQw71Lm/{TAIL}"),
        format!("https://host/mcp#access_token={TAIL}"),
        format!("https://host:99999/mcp?token={TAIL}"),
        format!("http://user:{TAIL}@:80/mcp"),
        format!("https://user:p@{TAIL}@host/mcp"),
        format!("htp://user:{TAIL}@host"),
        format!("{TAIL}://x?key={TAIL}").replacen(&format!("{TAIL}://"), "no-scheme://", 1),
    ] {
        let line = format!("    url: {url}\n");
        let config = gateway("").replace("    url: http://db:8000/sse\n", &line);
        hidden("--litellm litellm.yaml", &[("litellm.yaml", config)]);
        let client = format!(
            "{{\"mcpServers\": {{\"a\": {{\"type\": \"streamable-http\", \"url\": \"{url}\"}}, \"b\": {{\"url\": \"{url}\", \"headers\": {{\"a\": \"$A\"}}}}}}}}"
        );
        hidden("--claude .mcp.json", &[(".mcp.json", client.clone())]);
        let place = ".config/claude/mcp-settings.json";
        hidden(&format!("--claude {place}"), &[(place, client)]);
    }
}

#[test]
fn keys_in_what_does_not_parse() {
    for text in [
        format!("general_settings:\n  master_key: !{TAIL}\n"),
        format!("general_settings:\n  master_key: *{TAIL}\n"),
        format!("general_settings:\n  master_key: &{TAIL}\n  a: [\n"),
        format!("general_settings:\n  master_key: !!int {TAIL}\n"),
        format!("general_settings:\n  master_key: !!bool \"{TAIL}\"\n"),
        format!("general_settings:\n  master_key: %{TAIL}\n"),
        format!("general_settings:\n  master_key: @{TAIL}\n"),
        format!("general_settings:\n  master_key: `{TAIL}`\n"),
        format!("general_settings:\n  master_key: \"{TAIL}\n"),
        format!("general_settings:\n  master_key: '{TAIL}' x\n"),
        format!("general_settings:\n  master_key: \"\\z{TAIL}\"\n"),
        format!("general_settings:\n\tmaster_key: {TAIL}\n"),
        format!("general_settings:\n  master_key: {TAIL}\n b: c\n"),
        format!("general_settings: {{master_key: {TAIL}\n"),
        format!("general_settings: {{master_key: {TAIL}}}}}\n"),
        format!("a: b\n---\nmaster_key: {TAIL}\n"),
        format!("? {{master_key: {TAIL}}}\n: x\n"),
        format!("<<: x\nmaster_key: {TAIL}\n"),
        format!("{{{{ if }}}}\nmaster_key: {TAIL}: {{\n"),
    ] {
        let found = hidden("--litellm litellm.yaml", &[("litellm.yaml", text.clone())]);
        assert!(!found.diagnosis.findings.is_empty(), "{text}");
        let compose = text.replace("general_settings:\n", "services:\n  a:\n    image: x\n");
        let compose = compose.replace("  master_key", "    environment:\n      MASTER_KEY");
        hidden("--compose compose.yaml", &[("compose.yaml", compose)]);
    }
    for text in [
        format!("{{\"mcpServers\": {{\"a\": {{\"headers\": {{\"x-api-key\": \"{TAIL}\"}},}}}}}}"),
        format!("{{\"mcpServers\": {{\"a\": {{\"headers\": {{\"x-api-key\": {TAIL}}}}}}}}}"),
        format!("{{\"mcpServers\": {{\"a\": {{\"headers\": {{\"x-api-key\": '{TAIL}'}}}}}}}}"),
        format!("{{\"mcpServers\": {{\"a\": {{\"env\": {{\"API_TOKEN\": \"{TAIL}}}}}}}}}"),
        format!("{{\"mcpServers\": {{\"a\": {{\"env\": {{\"API_TOKEN\": \"\\q{TAIL}\"}}}}}}}}"),
        format!("{{\"mcpServers\": {{\"a\": {{\"env\": {{\"API_TOKEN\" \"{TAIL}\"}}}}}}}}"),
        format!("{{\"mcpServers\": {{}}, // token: {TAIL}\n \"a\": 1}}"),
    ] {
        let found = hidden("--claude .mcp.json", &[(".mcp.json", text.clone())]);
        assert!(!found.diagnosis.findings.is_empty(), "{text}");
    }
}

#[test]
fn keys_that_stand_twice() {
    let config = format!(
        "general_settings:\n  master_key: {TAIL}\n  master_key: {TAIL}x\nlitellm_settings:\n  api_key: {TAIL}\n  api_key: os.environ/A\nmcp_servers: {{}}\n"
    );
    hidden("--litellm litellm.yaml", &[("litellm.yaml", config)]);
    let client = format!(
        "{{\"mcpServers\": {{\"a\": {{\"type\": \"http\", \"url\": \"http://localhost:4000/mcp/\", \"headers\": {{\"Authorization\": \"Bearer {TAIL}\", \"Authorization\": \"Bearer x{TAIL}\"}}}}}}}}"
    );
    hidden("--claude .mcp.json", &[(".mcp.json", client)]);
}

#[test]
fn keys_in_compose_files() {
    let compose = |lines: &str| {
        format!(
            "services:\n  litellm:\n    image: ghcr.io/berriai/litellm:main-latest\n    networks: [nowhere]\n    ports: ['4000:4000']\n{lines}  db:\n    image: crystaldba/postgres-mcp:0.3.0\n    env_file: [missing.env]\n"
        )
    };
    for lines in [
        format!("    environment:\n      - LITELLM_MASTER_KEY={TAIL}\n"),
        format!("    environment:\n      - \"DATABASE_URL=postgresql://llm:{TAIL}@db:5432/llm\"\n"),
        format!(
            "    environment:\n      DATABASE_URL: postgresql://llm:${{PW:-{TAIL}}}@db:5432/llm\n"
        ),
        format!("    environment: {{API_KEY: '${{KEY:?{TAIL}}}'}}\n"),
        format!("    environment: {{API_KEY: '${{KEY:{TAIL}}}'}}\n"),
        format!("    environment: {{API_KEY: '${{{TAIL}'}}\n"),
        format!("    environment: {{API_KEY: '${{{TAIL} x}}'}}\n"),
        format!("    command: [--config, /app/c.yaml, --api_key, {TAIL}]\n"),
        format!("    command: sh -c 'TOKEN={TAIL} litellm --api-key {TAIL}'\n"),
        format!(
            "    command: |\n      export API_TOKEN={TAIL}\n      litellm --password \"{TAIL}\"\n"
        ),
        format!("    entrypoint: [\"sh\", \"-c\", \"litellm --token {TAIL}\"]\n"),
        format!("    command: curl -u adm:{TAIL} http://litellm:4000/\n"),
        format!("    command: [redis-cli, -a, {TAIL}, ping]\n"),
        format!(
            "    healthcheck:\n      test:\n        - CMD\n        - mysqladmin\n        - -p{TAIL}\n"
        ),
        format!("    environment:\n      HTTP_AUTH: alice:{TAIL}\n"),
        format!("    labels:\n      - traefik.http.middlewares.a.basicauth.secret={TAIL}\n"),
        format!(
            "    healthcheck:\n      test: curl -H 'Authorization: Bearer {TAIL}' http://localhost:4000/health\n"
        ),
        format!(
            "    healthcheck:\n      test: [CMD, curl, -H, 'x-api-key: {TAIL}', 'http://localhost:4000']\n"
        ),
        format!("    build:\n      context: .\n      args:\n        NPM_TOKEN: {TAIL}\n"),
        format!("    extra_hosts: ['x:{TAIL}']\n").replace(TAIL, "10.0.0.1"),
    ] {
        hidden(
            "--compose compose.yaml",
            &[("compose.yaml", compose(&lines))],
        );
    }
}

#[test]
fn private_keys_of_many_lines() {
    let head = format!("-----BEGIN {}PRIVATE KEY-----", "");
    let foot = format!("-----END {}PRIVATE KEY-----", "");
    for lines in [
        format!("    client_key: |\n      {head}\n      {TAIL}\n      {TAIL}\n      {foot}\n"),
        format!("    client_key: \"{head}\\n{TAIL}\\n{foot}\\n\"\n"),
        format!("    # {head}\n    # {TAIL}\n    # {foot}\n"),
    ] {
        hidden(
            "--litellm litellm.yaml",
            &[("litellm.yaml", gateway(&lines))],
        );
    }
}

#[test]
fn keys_in_manifests() {
    let config = format!(
        "    mcp_servers:\n      db:\n        url: http://db.x/sse\n        transport: SSE\n        auth_value: {TAIL}\n    model_list: []\n"
    );
    let map = "apiVersion: v1\nkind: ConfigMap\ndata:\n  config.yaml: |\n".to_owned() + &config;
    hidden("--litellm a.yaml", &[("a.yaml", map.clone())]);
    let inner = format!(
        "mcp_servers:\n  db:\n    transport: SSE\n    auth_value: \"{TAIL}\"\nmodel_list: []\n"
    );
    let quoted = serde_json::to_string(&inner).expect("text");
    for quoted in [
        quoted.clone(),
        format!("'{}'", inner.replace('\n', "\n\n    ")),
    ] {
        let map = format!("apiVersion: v1\nkind: ConfigMap\ndata:\n  config.yaml: {quoted}\n");
        let found = hidden("--litellm a.yaml", &[("a.yaml", map)]);
        assert!(found.diagnosis.findings.len() > 1, "{quoted}");
    }
    // What does not parse is hidden line by line.
    hidden(
        "--litellm a.yaml",
        &[("a.yaml", map.replace("    model_list: []", "   - ["))],
    );
}
