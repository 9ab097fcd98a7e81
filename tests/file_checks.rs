//! What the pages of the checks of files and client entries promise beside their examples.

use std::path::PathBuf;

use mcpdoc::Examination;
use mcpdoc::change::Fix;
use mcpdoc::fix::{Edit, apply, lower};
use mcpdoc::load::Memory;
use mcpdoc::verdict::{Judged, place_name};

use support::CWD;

#[path = "support/run.rs"]
mod support;

fn run<T: AsRef<[u8]>>(arguments: &str, files: &[(&str, T)]) -> Examination {
    let mut memory = Memory::default();
    for (name, bytes) in files {
        memory.insert(PathBuf::from(CWD).join(name), bytes.as_ref());
    }
    support::run(arguments, Some("/home/user"), &memory)
}

/// What one check says: severity and place of each finding, in order.
fn says<T: AsRef<[u8]>>(id: &str, arguments: &str, files: &[(&str, T)]) -> Vec<String> {
    let examination = run(&format!("--only {id} {arguments}"), files);
    let findings = examination.diagnosis.findings.iter();
    findings
        .map(|judged| {
            let place = place_name(&examination.stack, &judged.finding.labels[0].at);
            format!("{} {place}", judged.finding.severity.word())
        })
        .collect()
}

fn messages<T: AsRef<[u8]>>(id: &str, arguments: &str, files: &[(&str, T)]) -> Vec<String> {
    let examination = run(&format!("--only {id} {arguments}"), files);
    let findings = examination.diagnosis.findings.into_iter();
    findings.map(|judged| judged.finding.message).collect()
}

const GATEWAY: (&str, &str) = (
    "config.yaml",
    "mcp_servers:\n  db_main:\n    url: http://db:8000/mcp\n    access_groups: [data]\nlitellm_settings:\n  mcp_aliases:\n    db: db_main\n",
);
const COMPOSE: (&str, &str) = (
    "compose.yaml",
    "services:\n  litellm:\n    image: ghcr.io/berriai/litellm:v1.77.3\n    volumes: ['./config.yaml:/app/config.yaml']\n    ports: ['4000:4000']\n    environment: {}\n",
);

fn client(headers: &str, url: &str) -> String {
    format!(
        "{{\"mcpServers\": {{\"g\": {{\"type\": \"http\", \"url\": \"{url}\", \"headers\": {{{headers}}}}}}}}}\n"
    )
}

#[test]
fn every_reader_says_what_it_does_with_a_broken_file() {
    let message = |arguments: &str, name: &str, text: &str| {
        messages("invalid-syntax", arguments, &[(name, text)]).concat()
    };
    assert!(message("--litellm c.yaml", "c.yaml", "a: [").contains("LiteLLM does not start"));
    assert!(message("--litellm c.yaml", "c.yaml", "").contains("is empty"));
    assert!(
        message("--litellm c.yaml", "c.yaml", "a: 1\n---\nb: 2\n")
            .contains("more than one document")
    );
    assert!(
        message("--compose c.yaml", "c.yaml", "services: [").contains("refuses the whole project")
    );
    assert!(message("--claude .mcp.json", ".mcp.json", "{").contains("loads none of its servers"));
    assert!(message("--claude .claude.json", ".claude.json", "{").contains("do not run `claude`"));
    assert_eq!(
        says(
            "invalid-syntax",
            "--litellm c.yaml",
            &[("c.yaml", "a: {{ b }}: [\n")]
        )
        .len(),
        1
    );
    assert!(
        says(
            "invalid-syntax",
            "--litellm c.yaml",
            &[("c.yaml", "{% if a %}\na: [\n")]
        )[0]
        .starts_with("note")
    );
}

#[test]
fn merge_keys_that_stand_twice() {
    let compose = "x-a: &a {restart: always}\nx-b: &b {tty: true}\nservices:\n  s:\n    image: x\n    <<: *a\n    <<: [*b]\n";
    let found = run("--compose compose.yaml", &[("compose.yaml", compose)]);
    let mut findings = found.diagnosis.findings.iter();
    let finding = &findings
        .find(|judged| judged.finding.check == "duplicate-key")
        .expect("a finding")
        .finding;
    assert_eq!(finding.fixes[0].text.as_deref(), Some("<<: [*a, *b]"));
    let list = compose.replace("    <<: *a\n    <<: [*b]\n", "    <<: [*a, *b]\n");
    assert!(
        says(
            "duplicate-key",
            "--compose compose.yaml",
            &[("compose.yaml", list)]
        )
        .is_empty()
    );
    // PyYAML merges them all.
    let config = "x: &a {transport: http}\ny: &b {url: 'http://a:1/mcp'}\nmcp_servers:\n  s:\n    <<: *a\n    <<: *b\n";
    assert!(says("duplicate-key", "--litellm c.yaml", &[("c.yaml", config)]).is_empty());
    let json = "{\"mcpServers\": {\"<<\": {\"command\": \"a\"}, \"<<\": {\"command\": \"b\"}}}";
    assert_eq!(
        says(
            "duplicate-key",
            "--claude .mcp.json",
            &[(".mcp.json", json)]
        )
        .len(),
        1
    );
}

#[test]
fn mistakes_are_called_by_their_names() {
    for (name, text, words) in [
        ("c.yaml", "a:\n\tb: c\n", "indented with a tab"),
        (
            "c.yaml",
            "a:\n  b: c\t# d\n  e:\tf\n",
            "there is a tab between",
        ),
        ("c.yaml", "a: http: b\n", "a second colon"),
        (
            "c.yaml",
            "a:\n  b: c\n d: e\n",
            "the indentation of this line",
        ),
        (
            "c.yaml",
            "a:\n  - b\n  c: d\n",
            "no item of the list above it",
        ),
        ("c.yaml", "a: b\nc\nd: e\n", "a colon is missing"),
        ("c.yaml", "a: %b\n", "begins with `%` needs quotes"),
        ("c.yaml", "a: @b\n", "begins with `@` needs quotes"),
        ("c.yaml", "a: `b`\n", "a backtick needs quotes"),
        ("c.yaml", "a: !ENV b\n", "does not know the tag !ENV"),
        ("c.yaml", "a: *b\n", "no anchor before *b"),
        ("c.yaml", "a: b\n---\nc: d\n", "more than one document"),
        ("c.yaml", "<<: a\n", "<< takes a mapping"),
        (
            "c.yaml",
            "a: b\n<<<<<<< HEAD\nc: d\n=======\nc: e\n>>>>>>> f\n",
            "a merge that was not resolved",
        ),
        (
            "c.yaml",
            "\n<!DOCTYPE html>\n<html><body>a: b: c</body></html>\n",
            "an HTML page",
        ),
        (".mcp.json", "{// c\n}", "comments are not allowed"),
        (
            ".mcp.json",
            "{\"a\": {},}",
            "trailing commas are not allowed",
        ),
        (
            ".mcp.json",
            "{'a': {}}",
            "single-quoted strings are not allowed",
        ),
        (
            ".mcp.json",
            "<<<<<<< HEAD\n{}\n=======\n{\"a\": 1}\n>>>>>>> f\n",
            "a merge that was not resolved",
        ),
    ] {
        let flag = if name == "c.yaml" {
            "--litellm"
        } else {
            "--claude"
        };
        let said = messages("invalid-syntax", &format!("{flag} {name}"), &[(name, text)]);
        assert_eq!(said.len(), 1, "{text}: {said:?}");
        assert!(said[0].contains(words), "{text}: {said:?}");
    }
    // Marks of a merge in a text are none.
    let text = "a: |\n  x\n\n<<<<<<< no\n";
    let said = messages("invalid-syntax", "--litellm c.yaml", &[("c.yaml", text)]);
    assert!(said.len() == 1 && !said[0].contains("merge"), "{said:?}");
}

#[test]
fn the_rest_is_checked_beside_a_broken_file() {
    let files = [
        (
            "litellm.yaml",
            "mcp_servers:\n  db:\n    url: http://db:8000/mcp\n    transport: SSE\n",
        ),
        ("compose.yaml", "services:\n\ta:\n"),
        (".mcp.json", "{// c\n}"),
    ];
    let found = run(
        "--litellm litellm.yaml --compose compose.yaml --claude .mcp.json",
        &files,
    );
    let checks: Vec<&str> = found
        .diagnosis
        .findings
        .iter()
        .map(|judged| judged.finding.check)
        .collect();
    assert_eq!(
        checks
            .iter()
            .filter(|check| **check == "invalid-syntax")
            .count(),
        2,
        "{checks:?}"
    );
    assert!(checks.contains(&"transport-invalid"), "{checks:?}");
}

#[test]
fn only_marks_before_the_fault_make_a_template() {
    for (text, severity) in [
        ("a: {{ b }}: [\n", "note"),
        ("{{- if .Values.x }}\na: b\n", "note"),
        ("a: b\n  {% endif %}\n", "note"),
        // The fault comes first, or the marks are text.
        ("a: [\nb: c: d\ne: {{ f }}\n", "error"),
        ("a: \"{{ b }}\"\nc: d: e\n", "error"),
        ("# {{ b }}\nc: d: e\n", "error"),
        ("a: b # {% c %}\nc: d: e\n", "error"),
    ] {
        let said = says("invalid-syntax", "--litellm c.yaml", &[("c.yaml", text)]);
        assert_eq!(said.len(), 1, "{text}");
        assert!(said[0].starts_with(severity), "{text}: {said:?}");
    }
}

#[test]
fn an_unrendered_template_stops_nothing() {
    let files = [
        (
            "litellm.yaml",
            "mcp_servers:\n{% for s in servers %}\n  {{ s }}:\n{% endfor %}\n",
        ),
        (
            "compose.yaml",
            "services:\n  litellm:\n    image: ghcr.io/berriai/litellm:v1.77.3\n    command: [--config, /app/c.yaml]\n    ports: ['4000:4000']\n    volumes: ['./litellm.yaml:/app/c.yaml']\n",
        ),
        (
            ".mcp.json",
            "{\"mcpServers\": {\"a\": {\"type\": \"http\", \"url\": \"http://localhost:4000/mcp/\"}}}",
        ),
    ];
    let found = run(
        "--litellm litellm.yaml --compose compose.yaml --claude .mcp.json",
        &files,
    );
    assert!(found.chain.gateways[0].outcome.starts());
    let findings = found.diagnosis.findings.iter();
    let said: Vec<_> = findings
        .map(|judged| (judged.finding.severity.word(), judged.finding.check))
        .filter(|(severity, _)| *severity == "error")
        .collect();
    assert_eq!(said, Vec::new());
}

#[test]
fn names_that_are_filled_in_are_not_missed() {
    let config = "mcp_servers:\n  '{{ name }}':\n    url: http://db:8000/mcp\n  two:\n    url: http://two:8000/mcp\nlitellm_settings:\n  mcp_aliases: {short: db}\n";
    let client = "{\"mcpServers\": {\"a\": {\"type\": \"http\", \"url\": \"http://localhost:4000/mcp/\", \"headers\": {\"x-mcp-servers\": \"db\"}}}}";
    let checks = |config: &str| -> Vec<&str> {
        let files = [("litellm.yaml", config), (".mcp.json", client)];
        let found = run("--litellm litellm.yaml --claude .mcp.json", &files);
        let findings = found.diagnosis.findings.iter();
        findings
            .map(|judged| judged.finding.check)
            .filter(|check| ["gateway-server-unknown", "server-alias-dangling"].contains(check))
            .collect()
    };
    assert_eq!(checks(&config.replace("{{ name }}", "other")).len(), 2);
    assert_eq!(checks(config), Vec::<&str>::new());
}

/// Everything that is said of a gateway's file among others.
fn all(files: &[(&str, String)]) -> Vec<String> {
    let found = run("--litellm litellm.yaml --compose compose.yaml", files);
    let findings = found.diagnosis.findings.iter();
    findings
        .filter(|judged| {
            found
                .stack
                .name(judged.finding.labels[0].at.source().expect("a file"))
                == "litellm.yaml"
        })
        .map(|judged| {
            format!(
                "{} {}",
                judged.finding.severity.word(),
                judged.finding.check
            )
        })
        .collect()
}

#[test]
fn a_template_is_said_once() {
    let compose = "services:\n  litellm:\n    image: ghcr.io/berriai/litellm:v1.77.3\n    command: [--config, /app/c.yaml]\n    volumes: ['./litellm.yaml:/app/c.yaml']\n  db:\n    image: x\n";
    let config = |open: &str, close: &str| {
        let mark = |name: &str| format!("\"{open}{name}{close}\"");
        format!(
            "model_list:\n  - model_name: {}\n    litellm_params: {{model: openai/a}}\nmcp_servers:\n  one:\n    url: {}\n    transport: {}\n    auth_type: {}\n  two:\n    url: \"http://{open}HOST{close}:8000/mcp\"\n  three:\n    url: \"http://db:{open}PORT{close}/mcp\"\n  {}:\n    url: http://db:8000/mcp\ngeneral_settings:\n  master_key: {}\n",
            mark("MODEL"),
            mark("URL"),
            mark("TRANSPORT"),
            mark("AUTH"),
            mark("NAME"),
            mark("KEY"),
        )
    };
    for (open, close) in [
        ("{{ ", " | default('x') }}"),
        ("{{ .Values.", " }}"),
        ("__", "__"),
    ] {
        let files = [
            ("litellm.yaml", config(open, close)),
            ("compose.yaml", compose.to_owned()),
        ];
        assert_eq!(all(&files), ["note invalid-syntax"], "{open}");
    }
    // What is wrong beside the places to fill in stays wrong.
    let broken = config("__", "__") + "  three: []\nmcp_servers: {db: {transport: SSE}}\n";
    let files = [
        ("litellm.yaml", broken),
        ("compose.yaml", compose.to_owned()),
    ];
    assert!(all(&files).contains(&"error transport-invalid".to_owned()));
}

#[test]
fn what_fills_in_variables_is_looked_for() {
    let config = "model_list: []\nmcp_servers:\n  one:\n    url: ${URL}\n    transport: ${TRANSPORT}\ngeneral_settings:\n  master_key: ${KEY}\n";
    let compose = |command: &str| {
        format!(
            "services:\n  litellm:\n    image: ghcr.io/berriai/litellm:v1.77.3\n    {command}\n    volumes: ['./litellm.yaml:/app/c.yaml']\n"
        )
    };
    let plain = compose("command: [--config, /app/c.yaml]");
    let of = |files: &[(&str, &str)]| {
        let mut all_files = vec![("litellm.yaml", config.to_owned())];
        all_files.extend(files.iter().map(|(name, text)| (*name, (*text).to_owned())));
        all(&all_files)
    };
    for filled in [
        vec![("compose.yaml", compose("entrypoint: sh -c 'envsubst < /app/c.yaml > /tmp/c.yaml && litellm --config /tmp/c.yaml'").as_str().to_owned())],
        vec![("compose.yaml", plain.clone() + "  render:\n    image: x\n    command: [sh, -c, 'gomplate -f /in.yaml']\n    volumes: ['./litellm.yaml:/in.yaml']\n")],
        vec![("compose.yaml", plain.clone()), ("Makefile", "up:\n\tenvsubst < litellm.yaml > out.yaml\n".to_owned())],
        vec![("compose.yaml", plain.clone()), ("scripts/start.sh", "envsubst <litellm.yaml\n".to_owned())],
    ] {
        let files: Vec<(&str, &str)> = filled.iter().map(|(name, text)| (*name, text.as_str())).collect();
        assert_eq!(of(&files), ["note env-reference-syntax"], "{filled:?}");
    }
    for literal in [
        vec![("compose.yaml", plain.as_str())],
        vec![
            ("compose.yaml", plain.as_str()),
            ("start.sh", "# no envsubst here\ndocker compose up -d\n"),
        ],
        vec![("compose.yaml", plain.as_str()), ("notes.md", "envsubst")],
        vec![
            ("compose.yaml", plain.as_str()),
            ("other/tool/run.sh", "envsubst"),
        ],
    ] {
        let said = of(&literal);
        assert!(
            said.contains(&"error env-reference-syntax".to_owned()),
            "{literal:?}: {said:?}"
        );
        assert!(
            said.contains(&"error transport-invalid".to_owned()),
            "{literal:?}: {said:?}"
        );
    }
}

#[test]
fn many_duplicates_are_counted() {
    let mut text = String::from("general_settings:\n");
    for _ in 0..30 {
        text.push_str("  key: 1\n");
    }
    let files = [("c.yaml", text)];
    let said = messages("duplicate-key", "--litellm c.yaml", &files);
    assert_eq!(said.len(), 21);
    assert!(said[20].contains("9 more"), "{}", said[20]);
}

#[test]
fn env_files_may_hold_secrets_and_repeat_themselves() {
    let files = [
        (
            "compose.yaml",
            "services:\n  a:\n    image: x\n    env_file: a.env\n",
        ),
        (
            "a.env",
            "API_KEY=9f3d2c71a8e64b05b1d7\nAPI_KEY=9f3d2c71a8e64b05b1d8\n",
        ),
    ];
    assert!(says("secret-in-file", "--compose compose.yaml", &files).is_empty());
    assert!(says("duplicate-key", "--compose compose.yaml", &files).is_empty());
    let files: [(&str, &[u8]); 2] = [
        ("compose.yaml", files[0].1.as_bytes()),
        ("a.env", b"\xFF\xFEA\0"),
    ];
    assert_eq!(
        says("file-unreadable", "--compose compose.yaml", &files),
        ["warning a.env:1:1"]
    );
}

#[test]
fn no_secret_is_said() {
    let secret = "9f3d2c71a8e64b05b1d7";
    let text = client(
        &format!("\"Authorization\": \"Bearer {secret}\", \"Host\": \"h\""),
        "http://localhost:4000/mcp/",
    );
    let examination = run(
        "--claude .config/claude/mcp-settings.json",
        &[(".config/claude/mcp-settings.json", text)],
    );
    let findings = &examination.diagnosis.findings;
    assert!(findings.len() >= 3);
    for judged in findings {
        assert!(
            !format!("{:?}", judged.finding).contains(secret),
            "{:?}",
            judged.finding
        );
    }
    let fix = &findings
        .iter()
        .find(|judged| judged.finding.check == "client-file-not-read")
        .expect("a finding")
        .finding
        .fixes[0];
    let text = fix.then.join("\n");
    assert!(
        text.contains("\"Authorization\":\"Bearer ${G_TOKEN}\""),
        "{text}"
    );
    assert!(!text.contains("Host"), "{text}");
}

/// The lines with which the servers of an unread file are given to the client.
fn lines_for(name: &str, text: &str) -> String {
    let examination = run(
        &format!("--only client-file-not-read --claude {name}"),
        &[(name, text)],
    );
    let fix = &examination.diagnosis.findings[0].finding.fixes[0];
    fix.then.join("\n")
}

#[test]
fn servers_of_an_unread_file_are_given_away_without_secrets() {
    let text = r#"{"mcpServers": {"gh": {
        "command": "uvx",
        "args": ["gh", "--token", "9f8e7d6c5b4a39281706", "--port", "8000"],
        "env": {"MODE": "debug", "PORT": "8000", "PIN": 1234, "PASSPHRASE": "my cat is red",
                "SOME_ID": "9f8e7d6c5b4a39281706", "DB_URI": "postgres://u:hunter2@db/x", "pw_Pass": "x"}
    }, "q": {"url": "https://x/mcp?api_key=9f8e7d6c5b4a39281706&v=1"}}}"#;
    let lines = lines_for(".config/claude/mcp-settings.json", text);
    for word in ["9f8e", "cat", "hunter2", "\"x\""] {
        assert!(!lines.contains(word), "{word} in\n{lines}");
    }
    for word in [
        r#"["gh","--token","${GH_TOKEN}","--port","8000"]"#,
        r#""MODE":"debug","PORT":"8000","PIN":"1234","PASSPHRASE":"${PASSPHRASE}""#,
        r#""SOME_ID":"${SOME_ID}","DB_URI":"${DB_URI}","pw_Pass":"${PW_PASS}""#,
        "https://x/mcp?api_key=${URL_API_KEY}&v=1",
        "-s user",
    ] {
        assert!(lines.contains(word), "no {word} in\n{lines}");
    }
    assert_eq!(mcpdoc::secret::redact(&lines), lines);
}

/// The repair of the unread file `name`, among `files`: which files it makes, and what becomes of those that are there.
fn moved(name: &str, files: &[(&str, &str)]) -> (Fix, Vec<(String, String)>) {
    let examination = run("--only client-file-not-read .", files);
    let findings = &examination.diagnosis.findings;
    let is_of = |judged: &Judged| {
        let place = place_name(&examination.stack, &judged.finding.labels[0].at);
        place.starts_with(name)
    };
    let at = findings.iter().position(is_of).expect("a finding");
    let fix = findings[at].finding.fixes[0].clone();
    let source = |id| examination.stack.source(id);
    let edits = lower(&source, &fix).expect("edits");
    let mut after: Vec<(String, String)> = Vec::new();
    for change in &fix.changes {
        let source = source(change.at.source);
        if after.iter().all(|(name, _)| name != source.name()) {
            let edits = edits.iter().filter(|edit| edit.source == source.id());
            let edits: Vec<Edit> = edits.cloned().collect();
            after.push((source.name().to_owned(), apply(source.text(), &edits)));
        }
    }
    (fix, after)
}

#[test]
fn servers_of_a_project_move_to_the_file_that_is_read() {
    let unread = r#"{"model": "opus", "mcpServers": {"g": {"url": "http://localhost:4000/mcp/",
        "headers": {"Authorization": "Bearer sk-9f3d2c71a8e64b05b1d7"}}}}"#;
    let name = "app/.claude/settings.json";
    let (fix, after) = moved(name, &[GATEWAY, (name, unread)]);
    assert_eq!(fix.title, "move the servers to app/.mcp.json");
    assert_eq!(fix.safety.word(), "unsafe");
    assert_eq!(
        after,
        [(name.to_owned(), r#"{"model": "opus"}"#.to_owned())]
    );
    let [new] = &fix.files[..] else {
        panic!("{:?}", fix.files);
    };
    assert_eq!(new.name, "app/.mcp.json");
    assert_eq!(
        new.text,
        "{\n  \"mcpServers\": {\n    \"g\": {\n      \"type\": \"http\",\n      \
         \"url\": \"http://localhost:4000/mcp/\",\n      \"headers\": {\n        \
         \"Authorization\": \"Bearer ${LITELLM_KEY}\"\n      }\n    }\n  }\n}\n"
    );
    assert_eq!(
        fix.then,
        ["export LITELLM_KEY=<the-key>   # and in the profile of your shell"]
    );
    // Where that file is there, its own servers stay.
    let read = "{\n  \"mcpServers\": {\n    \"a\": {\"command\": \"x\"}\n  }\n}\n";
    let whole = r#"{"mcpServers": {"g": {"command": "y"}}}"#;
    let name = ".claude/mcp.json";
    let (fix, after) = moved(name, &[(".mcp.json", read), (name, whole)]);
    assert!(fix.files.is_empty());
    assert_eq!(fix.then, ["rm .claude/mcp.json"]);
    let inserted = read.replace(
        "x\"}\n",
        "x\"},\n    \"g\": {\n      \"command\": \"y\"\n    }\n",
    );
    assert_eq!(
        after,
        [
            (name.to_owned(), "{}".to_owned()),
            (".mcp.json".to_owned(), inserted)
        ]
    );
    // Of two servers of one name a person decides.
    let taken = whole.replace("\"g\"", "\"a\"");
    let (fix, after) = moved(name, &[(".mcp.json", read), (name, &taken)]);
    assert!(after.is_empty() && fix.changes.is_empty());
    assert_eq!(fix.safety.word(), "manual");
}

/// A file that is there and was not read is never taken for absent.
#[test]
fn servers_move_into_no_file_that_was_not_read() {
    let whole = r#"{"mcpServers": {"g": {"command": "y"}}}"#;
    let files = [(".mcp.json", "{"), (".claude/mcp.json", whole)];
    let examination = run(
        "--only client-file-not-read --claude .claude/mcp.json",
        &files,
    );
    let fix = &examination.diagnosis.findings[0].finding.fixes[0];
    assert!(fix.files.is_empty() && fix.changes.is_empty());
    assert_eq!(
        fix.then,
        [
            r#"claude mcp add-json g '{"command":"y"}' -s project"#,
            "rm .claude/mcp.json"
        ]
    );
}

#[test]
fn servers_of_one_person_are_given_to_the_client() {
    let text = client("", "http://localhost:4000/mcp/");
    let end = |name: &str| {
        let lines = lines_for(name, &text);
        let line = lines.lines().next().unwrap_or_default();
        let cd = line.split("claude").next().unwrap_or_default();
        let scope = line.rsplit("-s ").next().unwrap_or_default();
        format!("{cd}{scope}")
    };
    assert_eq!(end(".claude/settings.local.json"), "local");
    assert_eq!(end("app/.claude/settings.local.json"), "(cd app && local)");
    assert_eq!(end("/home/user/.claude/mcp.json"), "user");
    assert_eq!(end(".config/claude/mcp.json"), "user");
}

#[test]
fn a_secret_is_named_by_where_it_stands() {
    let key = "9f8e7d6c5b4a39281706";
    let compose = format!(
        "services:\n  db:\n    image: x\n    environment:\n      - A=1\n      - API_TOKEN={key}\n    command: serve --api-key {key}\n"
    );
    let gateway = GATEWAY.1.replace(
        "access_groups: [data]",
        &format!("access_groups: [data]\n    auth_value: {key}"),
    );
    let message = |files: &[(&str, &str)]| messages("secret-in-file", ".", files);
    assert_eq!(
        message(&[("compose.yaml", &compose)]),
        [
            "a secret value is in `API_TOKEN` of db: write ${API_TOKEN} instead, and replace the old one where it was issued",
            "a secret value is in `command` of db: write ${DB_API_KEY} instead, and replace the old one where it was issued",
        ]
    );
    assert!(message(&[("config.yaml", &gateway)])[0].starts_with(
        "a secret value is in `auth_value` of db_main: write os.environ/DB_MAIN_AUTH_VALUE"
    ));
    let own = client(
        &format!("\"Authorization\": \"Bearer {key}\""),
        "http://localhost:4000/mcp/",
    );
    let other = own.replace("localhost:4000", "mcp.example.net");
    let asked = message(&[GATEWAY, COMPOSE, (".mcp.json", &own)]);
    assert!(
        asked[0]
            .starts_with("a bearer token is in `headers.Authorization` of g: write ${LITELLM_KEY}"),
        "{asked:?}"
    );
    let asked = message(&[GATEWAY, COMPOSE, (".mcp.json", &other)]);
    assert!(asked[0].contains("write ${G_TOKEN}"), "{asked:?}");
}

#[test]
fn a_variable_that_has_a_name_keeps_it() {
    let compose = "services:
  web:
    image: x
    environment:
      - DATABASE_URL=postgresql://web:Tr0ub4dor3x@db/web
      - CACHE=${CACHE_URL:-redis://web:Tr0ub4dor3x@cache/0}
    healthcheck:
      test: [CMD, curl, -H, 'Authorization: Bearer 9f8e7d6c5b4a39281706']
  db:
    image: y
    environment:
      DB_PASSWORD: ${DB_PASSWORD:-Tr0ub4dor&3x}
";
    let files = [("compose.yaml", compose)];
    assert_eq!(
        messages("secret-in-file", ".", &files),
        [
            "a password in a url is in `DATABASE_URL` of web: write ${DATABASE_URL} instead, and replace the old one where it was issued",
            "a password in a url is in `CACHE` of web, as the default of CACHE_URL: remove the default, and replace the old one where it was issued",
            "a bearer token is in `healthcheck.test[3]` of web: write ${WEB_TOKEN} instead, and replace the old one where it was issued",
            "a password is in `DB_PASSWORD` of db, as the default of DB_PASSWORD: remove the default, and replace the old one where it was issued",
        ]
    );
}

#[test]
fn commands_name_the_files_of_a_project() {
    let service = "services:\n  db:\n    image: crystaldba/postgres-mcp:0.3.0\n";
    let more = "services:\n  db:\n    labels: {a: b}\n";
    let then = |arguments: &str, files: &[(&str, &str)]| {
        let examination = run(&format!("--only stdio-without-stdin {arguments}"), files);
        let findings = &examination.diagnosis.findings;
        findings[0].finding.fixes[0].then.concat()
    };
    assert_eq!(
        then(".", &[("compose.yaml", service)]),
        "docker compose up -d db"
    );
    assert_eq!(
        then(
            ".",
            &[("compose.yaml", service), ("compose.override.yaml", more)]
        ),
        "docker compose up -d db"
    );
    assert_eq!(
        then(
            "--compose base.yaml,more.yaml",
            &[("base.yaml", service), ("more.yaml", more)]
        ),
        "docker compose -f base.yaml -f more.yaml up -d db"
    );
    let other = "services:\n  web:\n    image: nginx\n";
    assert_eq!(
        then(
            ".",
            &[
                ("my dir/compose.yaml", service),
                ("web/compose.yaml", other)
            ]
        ),
        "docker compose -f 'my dir/compose.yaml' up -d db"
    );
}

#[test]
fn commands_are_safe_to_copy() {
    let name = "x';touch_pwned;'.yaml";
    let examination = run(
        &format!("--only file-unreadable --litellm {name}"),
        &[(name, b"\xFF\xFEA\0")],
    );
    let fix = &examination.diagnosis.findings[0].finding.fixes[0];
    let text = &fix.then[0];
    assert!(
        text.starts_with("iconv -f UTF-16 -t UTF-8 'x'\\'';touch_pwned;'\\''.yaml' > 'x'"),
        "{text}"
    );
}

#[test]
fn a_file_beside_one_that_is_read_is_left_over() {
    let text = client("", "http://localhost:4000/mcp/");
    let files = [(".claude/mcp.json", text.clone()), (".mcp.json", text)];
    let said = says(
        "client-file-not-read",
        "--claude .claude/mcp.json --claude .mcp.json",
        &files,
    );
    assert_eq!(said, ["warning .claude/mcp.json:1:2"]);
}

#[test]
fn commands_need_no_type() {
    let text = "{\"mcpServers\": {\"a\": {\"command\": \"x\", \"transport\": \"stdio\"}, \"b\": {\"command\": \"x\", \"url\": \"http://h/\"}}}";
    let files = [(".mcp.json", text)];
    assert!(says("client-type-missing", "--claude .mcp.json", &files).is_empty());
    assert_eq!(
        says("client-foreign-key", "--claude .mcp.json", &files),
        ["warning .mcp.json:1:39"]
    );
}

#[test]
fn names_that_a_gateway_knows() {
    let unknown = |header: &str| {
        let text = client(
            &format!("\"x-mcp-servers\": \"{header}\""),
            "http://localhost:4000/mcp/",
        );
        let files = [GATEWAY, COMPOSE, (".mcp.json", &text)];
        messages("gateway-server-unknown", ".", &files)
    };
    for known in ["db_main", "DB_MAIN", " db_main , data ", "${SERVERS}", ""] {
        assert!(unknown(known).is_empty(), "{known}");
    }
    // This version has no use for the alias.
    assert!(unknown("db")[0].contains("ask for `db_main`"));
    assert!(unknown("db_main,nope")[0].contains("offers the tools of the others"));
    assert!(unknown("nope")[0].contains("offers the tools of all servers"));
}

#[test]
fn servers_may_come_from_the_database() {
    let text = client("\"x-mcp-servers\": \"nope\"", "http://localhost:4000/mcp/");
    let compose = COMPOSE
        .1
        .replace("{}", "{DATABASE_URL: x, STORE_MODEL_IN_DB: 'True'}");
    let files = [GATEWAY, ("compose.yaml", &compose), (".mcp.json", &text)];
    let examination = run("--only gateway-server-unknown .", &files);
    assert!(examination.diagnosis.findings.is_empty());
    assert!(examination.diagnosis.skipped[0].reason.contains("database"));
}

#[test]
fn paths_that_a_gateway_serves() {
    let wrong = |url: &str, arguments: &str| {
        let text = client("", url);
        let files = [GATEWAY, COMPOSE, (".mcp.json", &text)];
        says("gateway-path", &format!("{arguments} ."), &files)
    };
    for served in [
        "/mcp",
        "/mcp/",
        "/mcp/db_main",
        "/mcp/db_main,data/",
        "/mcp/nope",
    ] {
        assert!(
            wrong(&format!("http://localhost:4000{served}"), "").is_empty(),
            "{served}"
        );
    }
    for unserved in [
        "",
        "/",
        "/sse",
        "/v1/mcp",
        "/db_main/mcp",
        "/mcp/db_main/mcp",
        "/mcps",
    ] {
        let said = wrong(&format!("http://localhost:4000{unserved}"), "");
        assert_eq!(said, ["error .mcp.json:1:46"], "{unserved}");
    }
    let late = "--litellm-version 1.109.1";
    assert!(wrong("http://localhost:4000/db_main/mcp", late).is_empty());
    assert_eq!(wrong("http://localhost:4000/v1/mcp", late).len(), 1);
}

/// A file with one entry, after the fixes of one check.
fn fixed(id: &str, entry: &str) -> serde_json::Value {
    let text = format!("{{\"mcpServers\": {{\"a\": {entry}}}}}");
    let examination = run(
        &format!("--only {id} --claude .mcp.json"),
        &[(".mcp.json", &text)],
    );
    let fix = &examination.diagnosis.findings[0].finding.fixes[0];
    let source = |id| examination.stack.source(id);
    let edits = mcpdoc::fix::lower(&source, fix).expect("edits");
    let text = mcpdoc::fix::apply(&text, &edits);
    let mut json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    json["mcpServers"]["a"].take()
}

#[test]
fn fixes_write_what_the_client_reads() {
    use serde_json::json;
    let http = json!({"type": "http", "url": "http://h/mcp"});
    for entry in [
        r#"{"transport": "http", "url": "http://h/mcp"}"#,
        r#"{"transport": "streamableHttp", "url": "http://h/mcp"}"#,
        r#"{"url": "http://h/mcp"}"#,
    ] {
        assert_eq!(fixed("client-type-missing", entry), http, "{entry}");
    }
    for entry in [
        r#"{"httpUrl": "http://h/mcp"}"#,
        r#"{"type": "http", "serverUrl": "http://h/mcp"}"#,
        r#"{"transport": {"type": "streamableHttp", "url": "http://h/mcp"}}"#,
        r#"{"type": "http", "url": "http://h/mcp", "disabled": true}"#,
    ] {
        assert_eq!(fixed("client-foreign-key", entry), http, "{entry}");
    }
    assert_eq!(
        fixed(
            "client-host-header",
            r#"{"type": "http", "url": "http://h/mcp", "headers": {"Host": "h"}}"#
        ),
        json!({"type": "http", "url": "http://h/mcp", "headers": {}})
    );
}
