//! What the pages of the checks of a client's hops promise beside their examples.

use std::path::PathBuf;

use mcpdoc::load::Memory;
use mcpdoc::verdict::place_name;
use mcpdoc::{Examination, fix};

use support::CWD;

#[path = "support/run.rs"]
mod support;

fn run(arguments: &str, files: &[(&str, &str)]) -> Examination {
    let mut memory = Memory::default();
    for (name, text) in files {
        memory.insert(PathBuf::from(CWD).join(name), text.as_bytes());
    }
    support::run(arguments, Some("/home/user"), &memory)
}

/// Severity and place of each finding.
fn places(examination: &Examination) -> Vec<String> {
    let findings = examination.diagnosis.findings.iter();
    findings
        .map(|judged| {
            let place = place_name(&examination.stack, &judged.finding.labels[0].at);
            format!("{} {place}", judged.finding.severity.word())
        })
        .collect()
}

/// The client's file with one entry.
fn entry(body: &str) -> String {
    format!("{{\"mcpServers\": {{\"one\": {body}}}}}\n")
}

/// Severities of what one check says of one client entry alone.
fn of_entry(check: &str, body: &str) -> Vec<&'static str> {
    let file = entry(body);
    let examination = run(&format!("--only {check}"), &[(".mcp.json", &file)]);
    let findings = examination.diagnosis.findings.iter();
    findings
        .map(|judged| judged.finding.severity.word())
        .collect()
}

/// What the first repair of the first finding makes of a file.
fn mended(examination: &Examination, name: &str, text: &str) -> String {
    let fix = &examination.diagnosis.findings[0].finding.fixes[0];
    let edits = fix::lower(&|id| examination.stack.source(id), fix).expect("edits");
    let own: Vec<_> = edits
        .into_iter()
        .filter(|edit| examination.stack.name(edit.source) == name)
        .collect();
    fix::apply(text, &own)
}

/// `docker` with these arguments, parted by spaces, and some variables.
fn docker(args: &str, env: &[&str]) -> String {
    let args: Vec<&str> = args.split(' ').collect();
    let env: serde_json::Map<_, _> = env
        .iter()
        .map(|name| ((*name).to_owned(), "x".into()))
        .collect();
    serde_json::json!({"command": "docker", "args": args, "env": env}).to_string()
}

#[test]
fn only_a_container_that_nobody_can_talk_to_is_detached() {
    let check = "docker-run-detached";
    for (args, expected) in [
        ("run -d img", &["error"][..]),
        ("run --detach -i img", &["error"]),
        ("run --rm img", &["error"]),
        ("run -it img", &["error"]),
        ("exec box server", &["error"]),
        ("container run img -i", &["error"]),
        ("run -i --rm img", &[]),
        ("run --interactive img --detach", &[]),
        ("run -i img server -t stdio", &[]),
        ("exec -i box server", &[]),
        ("run -a stdin -a stdout img", &[]),
        ("start -ai box", &[]),
        ("compose run --rm server", &[]),
        ("mcp gateway run", &[]),
        ("run", &[]),
    ] {
        assert_eq!(of_entry(check, &docker(args, &[])), expected, "{args}");
    }
    let silent = [
        r#"{"command": "sh", "args": ["-c", "docker run -d img"]}"#,
        r#"{"type": "http", "url": "http://localhost:1/mcp", "command": "docker", "args": ["run", "-d", "img"]}"#,
        // A number among the arguments: the client does not start it.
        r#"{"command": "docker", "args": ["run", "-p", 8000, "img"]}"#,
        r#"{"command": "docker"}"#,
    ];
    for body in silent {
        assert_eq!(of_entry(check, body), [""; 0], "{body}");
    }
    let podman = r#"{"command": "podman", "args": ["run", "-it", "img"]}"#;
    assert_eq!(of_entry(check, podman), ["warning"]);
    let windows = r#"{"command": "cmd", "args": ["/c", "docker", "run", "img"]}"#;
    assert_eq!(of_entry(check, windows), ["error"]);
}

#[test]
fn flags_are_mended_where_they_stand() {
    for (before, after) in [
        ("run -d img", "run -i img"),
        ("run -dit --rm img", "run -i --rm img"),
        ("run -dp 1:1 img", "run -i -p 1:1 img"),
        ("run -d -i --rm img", "run -i --rm img"),
        ("run -i -t --rm img", "run -i --rm img"),
        ("run --interactive=false img", "run -i img"),
        ("run --rm -eTOKEN=dt img", "run -i --rm -eTOKEN=dt img"),
        ("run -de TOKEN=dt img", "run -i -e TOKEN=dt img"),
    ] {
        let text = entry(&docker(before, &[]));
        let examination = run("--only docker-run-detached", &[(".mcp.json", &text)]);
        let mended = mended(&examination, ".mcp.json", &text);
        let mended: serde_json::Value = serde_json::from_str(&mended).expect("JSON");
        let after: Vec<&str> = after.split(' ').collect();
        assert_eq!(
            mended["mcpServers"]["one"]["args"],
            serde_json::json!(after),
            "{before}"
        );
    }
}

#[test]
fn a_gateway_starts_containers_as_a_client_does() {
    let config = "mcp_servers:\n  fetch:\n    transport: stdio\n    command: docker\n    \
                  args: [run, --rm, mcp/fetch]\n    env: {TOKEN: x}\n";
    let files = [("config.yaml", config)];
    let found = |check: &str| {
        let examination = run(&format!("--only {check} --litellm config.yaml"), &files);
        places(&examination)
    };
    assert_eq!(found("docker-run-detached"), ["error config.yaml:5:12"]);
    assert_eq!(found("docker-env-not-passed"), ["warning config.yaml:6:11"]);
    // In a container there is no docker in the first place.
    let compose = "services:\n  litellm:\n    image: ghcr.io/berriai/litellm:v1.77.3\n    \
                   volumes: ['./config.yaml:/app/config.yaml']\n    command: [--config, /app/config.yaml]\n";
    let examination = run(
        "--only docker-run-detached --only docker-env-not-passed --only command-runs-docker \
         --litellm config.yaml --compose compose.yaml",
        &[files[0], ("compose.yaml", compose)],
    );
    let checks: Vec<&str> = examination
        .diagnosis
        .findings
        .iter()
        .map(|judged| judged.finding.check)
        .collect();
    assert_eq!(checks, ["command-runs-docker"]);
}

#[test]
fn only_what_no_flag_passes_on_is_lost() {
    let check = "docker-env-not-passed";
    for (args, env, expected) in [
        ("run -i img", &["TOKEN"][..], &["warning"][..]),
        ("run -i -e OTHER img", &["TOKEN", "OTHER"], &["warning"]),
        ("exec -i box server", &["TOKEN"], &["note"]),
        ("run -i -e TOKEN img", &["TOKEN"], &[]),
        ("run -i -eTOKEN img", &["TOKEN"], &[]),
        ("run -i --env TOKEN=$TOKEN img", &["TOKEN"], &[]),
        ("run -i --env-file .env img", &["TOKEN"], &[]),
        ("run -i -e KEY=${TOKEN} img", &["TOKEN"], &[]),
        ("run -i -v ${DATA_DIR}:/data img", &["DATA_DIR"], &[]),
        (
            "run -i img",
            &["DOCKER_HOST", "PATH", "https_proxy", "MSYS_NO_PATHCONV"],
            &[],
        ),
        ("run -i img", &[], &[]),
        ("compose run server", &["TOKEN"], &[]),
    ] {
        assert_eq!(of_entry(check, &docker(args, env)), expected, "{args}");
    }
    // A name within another one is none.
    assert_eq!(
        of_entry(check, &docker("run -i -e MY_TOKEN img", &["TOKEN"])),
        ["warning"]
    );
}

/// A stack with a gateway, and one client entry that calls it.
struct Gateway {
    image: &'static str,
    /// Lines of its `environment`.
    env: &'static str,
    /// Lines of its file beside its one server.
    config: &'static str,
    ports: &'static str,
    kind: &'static str,
    url: &'static str,
    /// Headers, as the inside of a JSON object.
    headers: &'static str,
}

const GATEWAY: Gateway = Gateway {
    image: "v1.77.3",
    env: "{LITELLM_MASTER_KEY: sk-5ba2f0917d6c84e3}",
    config: "",
    ports: "['4000:4000']",
    kind: "http",
    url: "http://localhost:4000/mcp/",
    headers: "",
};

impl Gateway {
    fn files(&self) -> [(&'static str, String); 3] {
        let compose = format!(
            "services:\n  litellm:\n    image: ghcr.io/berriai/litellm:{}\n    environment: {}\n    ports: {}\n    \
             command: [--config, /app/config.yaml]\n    volumes: ['./config.yaml:/app/config.yaml']\n",
            self.image, self.env, self.ports
        );
        let config = format!(
            "mcp_servers:\n  Data:\n    url: http://db:8000/mcp\n{}",
            self.config
        );
        let client = entry(&format!(
            r#"{{"type": "{}", "url": "{}", "headers": {{{}}}}}"#,
            self.kind, self.url, self.headers
        ));
        [
            ("compose.yaml", compose),
            ("config.yaml", config),
            (".mcp.json", client),
        ]
    }

    fn run(&self, checks: &str) -> Examination {
        let files = self.files();
        let files: Vec<(&str, &str)> = files
            .iter()
            .map(|(name, text)| (*name, text.as_str()))
            .collect();
        let only: Vec<String> = checks.split(' ').map(|id| format!("--only {id}")).collect();
        run(&only.join(" "), &files)
    }

    /// Severity and id of each finding.
    fn says(&self, checks: &str) -> Vec<String> {
        let examination = self.run(checks);
        let findings = examination.diagnosis.findings.iter();
        findings
            .map(|judged| {
                format!(
                    "{} {}",
                    judged.finding.severity.word(),
                    judged.finding.check
                )
            })
            .collect()
    }

    fn skips(&self, check: &str) -> usize {
        let examination = self.run(check);
        let skipped = examination.diagnosis.skipped.iter();
        skipped.filter(|skipped| skipped.check == check).count()
    }
}

#[test]
fn only_the_bare_path_is_redirected() {
    let says = |image, url, ports| {
        let gateway = Gateway {
            image,
            url,
            ports,
            ..GATEWAY
        };
        gateway.says("gateway-redirect").concat()
    };
    let bare = "http://localhost:4000/mcp";
    let ports = GATEWAY.ports;
    assert_eq!(says("v1.77.3", bare, ports), "warning gateway-redirect");
    assert_eq!(
        says("v1.97.0", "http://localhost:4000/mcp?a=b", ports),
        "warning gateway-redirect"
    );
    assert_eq!(says("main-latest", bare, ports), "note gateway-redirect");
    // Nobody says that the port is the gateway's.
    assert_eq!(says("v1.77.3", bare, "[]"), "note gateway-redirect");
    for url in [
        "http://localhost:4000/mcp/",
        "http://localhost:4000/mcp/Data",
        "http://localhost:4000/Data/mcp",
        "https://gateway.example/mcp",
        "http://localhost:4001/mcp",
    ] {
        assert_eq!(says("v1.77.3", url, ports), "", "{url}");
    }
    assert_eq!(says("v1.98.0", bare, ports), "");
    // A proxy of the stack may add the slash.
    let files = Gateway {
        ports: "[]",
        url: "http://localhost:8080/mcp",
        ..GATEWAY
    }
    .files();
    let compose = format!(
        "{}  nginx:\n    image: nginx\n    ports: ['8080:80']\n",
        files[0].1
    );
    let files = [
        ("compose.yaml", compose.as_str()),
        ("config.yaml", &files[1].1),
        (".mcp.json", &files[2].1),
    ];
    assert_eq!(places(&run("--only gateway-redirect", &files)), [""; 0]);
    // A prefix of the gateway's paths.
    let prefixed = Gateway {
        env: "{SERVER_ROOT_PATH: /api}",
        url: "http://localhost:4000/api/mcp",
        ..GATEWAY
    };
    assert_eq!(
        prefixed.says("gateway-redirect"),
        ["warning gateway-redirect"]
    );
}

#[test]
fn a_key_needs_its_prefix_where_the_version_wants_it() {
    let check = "gateway-bearer-missing";
    let says = |image, headers| {
        Gateway {
            image,
            headers,
            ..GATEWAY
        }
        .says(check)
        .concat()
    };
    let error = "error gateway-bearer-missing";
    let warning = "warning gateway-bearer-missing";
    for (image, headers, expected) in [
        (
            "v1.77.3",
            r#""Authorization": "sk-5ba2f0917d6c84e3""#,
            error,
        ),
        (
            "v1.77.3",
            r#""authorization": "Token sk-5ba2f0917d6c84e3""#,
            error,
        ),
        ("v1.77.3", r#""Authorization": "Bearer${KEY}""#, error),
        (
            "v1.109.1",
            r#""Authorization": "sk-5ba2f0917d6c84e3""#,
            error,
        ),
        (
            "v1.77.3",
            r#""X-LiteLLM-API-Key": "sk-5ba2f0917d6c84e3""#,
            error,
        ),
        (
            "main-latest",
            r#""Authorization": "sk-5ba2f0917d6c84e3""#,
            error,
        ),
        (
            "main-latest",
            r#""x-litellm-api-key": "sk-5ba2f0917d6c84e3""#,
            "note gateway-bearer-missing",
        ),
        (
            "v1.109.1",
            r#""x-litellm-api-key": "sk-5ba2f0917d6c84e3""#,
            "",
        ),
        (
            "v1.77.3",
            r#""Authorization": "Bearer sk-5ba2f0917d6c84e3""#,
            "",
        ),
        ("v1.77.3", r#""Authorization": "bearer ${KEY}""#, ""),
        ("v1.77.3", r#""Authorization": "Basic c2stNWJhMmYw""#, ""),
        ("v1.77.3", r#""Authorization": "${LITELLM_AUTH}""#, ""),
        ("v1.77.3", r#""Authorization": """#, ""),
        ("v1.77.3", r#""X-Api-Key": "sk-5ba2f0917d6c84e3""#, ""),
        // The other header wins.
        (
            "v1.77.3",
            r#""x-litellm-api-key": "Bearer ${KEY}", "Authorization": "abc""#,
            "",
        ),
    ] {
        assert_eq!(says(image, headers), expected, "{image} {headers}");
    }
    let bare = Gateway {
        headers: r#""Authorization": "sk-5ba2f0917d6c84e3""#,
        ..GATEWAY
    };
    for (gateway, expected) in [
        // Nobody is asked for a key.
        (Gateway { env: "{}", ..bare }, ""),
        (
            Gateway {
                env: "{LITELLM_MASTER_KEY: '${KEY}'}",
                ..bare
            },
            warning,
        ),
        (
            Gateway {
                config: "general_settings: {litellm_key_header_name: X-Key}\n",
                ..bare
            },
            "",
        ),
        (
            Gateway {
                config: "general_settings: {custom_auth: my.auth}\n",
                ..bare
            },
            "",
        ),
        (
            Gateway {
                config: "include: [more.yaml]\n",
                ..bare
            },
            warning,
        ),
        (
            Gateway {
                config: "    delegate_auth_to_upstream: true\n",
                ..bare
            },
            "",
        ),
        (
            Gateway {
                config: "    auth_type: true_passthrough\n",
                ..bare
            },
            "",
        ),
        // The port is only guessed to be the gateway's.
        (
            Gateway {
                ports: "[]",
                ..bare
            },
            "",
        ),
        (
            Gateway {
                url: "https://gateway.example/mcp/",
                ..bare
            },
            "",
        ),
    ] {
        assert_eq!(
            gateway.says(check).concat(),
            expected,
            "{} {}",
            gateway.env,
            gateway.config
        );
    }
}

#[test]
fn an_entry_without_any_key_is_refused() {
    let check = "gateway-bearer-missing";
    let error = "error gateway-bearer-missing";
    let says = |gateway: &Gateway| gateway.says(check).concat();
    assert_eq!(says(&GATEWAY), error);
    let tagged = r#""X-Trace": "on""#;
    assert_eq!(
        says(&Gateway {
            headers: tagged,
            ..GATEWAY
        }),
        error
    );
    // Servers in a database may let clients sign in elsewhere.
    assert_eq!(
        says(&Gateway {
            env: "{LITELLM_MASTER_KEY: sk-5ba2f0917d6c84e3, DATABASE_URL: 'postgresql://db/litellm'}",
            ..GATEWAY
        }),
        "warning gateway-bearer-missing"
    );
    for (silent, why) in [
        (
            Gateway {
                env: "{}",
                ..GATEWAY
            },
            "no master key",
        ),
        (
            Gateway {
                env: "{LITELLM_MASTER_KEY: '${KEY}'}",
                ..GATEWAY
            },
            "perhaps no master key",
        ),
        (
            Gateway {
                config: "    auth_type: oauth2\n",
                ..GATEWAY
            },
            "a server that delegates",
        ),
        (
            Gateway {
                config: "general_settings: {custom_auth: my.auth}\n",
                ..GATEWAY
            },
            "another way in",
        ),
        (
            Gateway {
                config: "include: [more.yaml]\n",
                ..GATEWAY
            },
            "a file that was not read",
        ),
        (
            Gateway {
                headers: r#""X-Api-Key": "sk-5ba2f0917d6c84e3""#,
                ..GATEWAY
            },
            "a header that may hold a key",
        ),
        (
            Gateway {
                ports: "[]",
                ..GATEWAY
            },
            "a port that is only guessed",
        ),
        (
            Gateway {
                url: "http://reader:secret@localhost:4000/mcp/",
                ..GATEWAY
            },
            "credentials in the url",
        ),
    ] {
        assert_eq!(says(&silent), "", "{why}");
    }
    let files = GATEWAY.files();
    for extra in [
        r#""headersHelper": "/usr/local/bin/headers""#,
        r#""oauth": {"clientId": "one"}"#,
    ] {
        let client = entry(&format!(
            r#"{{"type": "http", "url": "http://localhost:4000/mcp/", {extra}}}"#
        ));
        let files = [
            ("compose.yaml", files[0].1.as_str()),
            ("config.yaml", &files[1].1),
            (".mcp.json", &client),
        ];
        assert_eq!(
            places(&run(&format!("--only {check}"), &files)),
            [""; 0],
            "{extra}"
        );
    }
}

/// What url-path-suspect says of a direct call: severity, place and repaired url or transport.
fn direct(image: &str, command: &str, body: &str) -> Vec<String> {
    let compose = format!(
        "services:\n  tools:\n    image: {image}\n    command: {command}\n    ports: ['8000:8000']\n"
    );
    let client = entry(body);
    let files = [
        ("compose.yaml", compose.as_str()),
        (".mcp.json", client.as_str()),
    ];
    let examination = run("--only url-path-suspect", &files);
    let findings = examination.diagnosis.findings.iter();
    findings
        .map(|judged| {
            let finding = &judged.finding;
            format!("{} {}", finding.severity.word(), finding.fixes[0].title)
        })
        .collect()
}

#[test]
fn a_direct_call_has_the_path_of_its_server() {
    let sse = "[--access-mode=restricted, --transport=sse]";
    let postgres = |path: &str| {
        let body = format!(r#"{{"type": "sse", "url": "http://localhost:8000{path}"}}"#);
        direct("crystaldba/postgres-mcp:0.3.0", sse, &body)
    };
    let mended = ["warning write `http://localhost:8000/sse`"];
    assert_eq!(postgres("/mcp"), mended);
    assert_eq!(postgres("/"), mended);
    assert_eq!(postgres("/sse"), [""; 0]);

    let proxy = |kind: &str, path: &str| {
        let body = format!(r#"{{"type": "{kind}", "url": "http://localhost:8000{path}"}}"#);
        let command = "[--host, 0.0.0.0, --port, '8000', --, uvx, mcp-server-fetch]";
        direct("ghcr.io/sparfenyuk/mcp-proxy:v0.8.2", command, &body)
    };
    assert_eq!(
        proxy("http", "/sse"),
        ["warning write `http://localhost:8000/mcp`"]
    );
    assert_eq!(
        proxy("sse", "/mcp"),
        ["warning write `http://localhost:8000/sse`"]
    );
    assert_eq!(proxy("http", "/mcp"), [""; 0]);
    assert_eq!(proxy("http", "/mcp/"), [""; 0]);
    // Servers by name, which it has beside that.
    assert_eq!(proxy("http", "/servers/fetch/mcp"), [""; 0]);
    assert_eq!(proxy("sse", "/servers/fetch/sse"), [""; 0]);
}

#[test]
fn the_path_of_an_unknown_server_is_judged_by_the_other_transport_alone() {
    let own = |kind: &str, path: &str| {
        let body = format!(r#"{{"type": "{kind}", "url": "http://localhost:8000{path}"}}"#);
        direct("registry.example/own:1", "[serve]", &body)
    };
    assert_eq!(own("sse", "/mcp"), [r#"warning write `"type": "http"`"#]);
    assert_eq!(own("http", "/v1/sse"), [r#"warning write `"type": "sse"`"#]);
    for (kind, path) in [
        ("http", ""),
        ("http", "/"),
        ("sse", "/"),
        ("sse", "/events"),
        ("http", "/api"),
        ("http", "/mcp"),
        ("sse", "/sse"),
    ] {
        assert_eq!(own(kind, path), [""; 0], "{kind} {path}");
    }
    // Cursor tries one transport after the other, whatever `type` says.
    let body = entry(r#"{"type": "sse", "url": "https://tools.example/mcp"}"#);
    let examination = run("--only url-path-suspect", &[(".cursor/mcp.json", &body)]);
    assert_eq!(places(&examination), [""; 0]);
}

#[test]
fn a_slash_at_the_end_says_that_the_root_is_meant() {
    let upstream = |transport: &str, url: &str| {
        let config = format!("mcp_servers:\n  cost:\n    transport: {transport}\n    url: {url}\n");
        let examination = run(
            "--litellm config.yaml --only url-path-suspect",
            &[("config.yaml", &config)],
        );
        let findings = examination.diagnosis.findings.iter();
        findings
            .map(|judged| judged.finding.fixes[0].changes.len())
            .collect::<Vec<_>>()
    };
    for transport in ["http", "sse"] {
        assert_eq!(upstream(transport, "http://cost:8081/"), [0; 0]);
        // Found, and nothing is written into a file that may work.
        assert_eq!(upstream(transport, "http://cost:8081"), [0]);
    }
}

#[test]
fn a_client_cannot_call_what_is_no_url() {
    let says = |url: &str| {
        of_entry(
            "url-malformed",
            &format!(r#"{{"type": "http", "url": "{url}"}}"#),
        )
    };
    assert_eq!(says("not a url"), ["error"]);
    assert_eq!(says("tools.example/mcp"), ["error"]);
    for url in [
        "localhost:4000/mcp",
        "http://localhost:4000/mcp",
        "${TOOLS_URL}",
        "${TOOLS_HOST}/mcp",
        "<your url>",
        "",
    ] {
        assert_eq!(says(url), [""; 0], "{url}");
    }
    // Without a scheme Claude Code calls it over http, which leads to the gateway.
    let short = Gateway {
        url: "localhost:4000/mcp",
        ..GATEWAY
    };
    assert_eq!(short.says("gateway-redirect"), ["warning gateway-redirect"]);
}

#[test]
fn a_client_starts_no_shell() {
    let says = |command: &str| {
        of_entry(
            "command-with-arguments",
            &format!(r#"{{"command": "{command}"}}"#),
        )
    };
    assert_eq!(says("npx -y some-server /data"), ["error"]);
    assert_eq!(says("/usr/bin/env some-server --stdio"), ["error"]);
    for command in [
        "npx",
        "/opt/My Tools/server",
        "C:\\Program Files\\Tools\\server.exe",
        "${RUNNER} some-server",
    ] {
        assert_eq!(says(command), [""; 0], "{command}");
    }
    let text = "{\"mcpServers\": {\"one\": {\"command\": \"npx -y some-server\", \"args\": [\"/data\"]}}}\n";
    let examination = run("--only command-with-arguments", &[(".mcp.json", text)]);
    let mended = mended(&examination, ".mcp.json", text);
    assert!(mended.contains("\"command\": \"npx\""), "{mended}");
    for word in ["\"-y\"", "\"some-server\"", "\"/data\""] {
        assert!(mended.contains(word), "{mended}");
    }
}

#[test]
fn a_call_that_is_warned_of_does_not_agree() {
    let compose = "services:\n  tools:\n    image: crystaldba/postgres-mcp:0.3.0\n    \
                   command: [--access-mode=restricted, --transport=sse]\n    ports: ['127.0.0.1:8000:8000']\n    \
                   environment: {DATABASE_URI: 'postgresql://reader@db/app'}\n";
    let reason = |path: &str| {
        let client = entry(&format!(
            r#"{{"type": "sse", "url": "http://localhost:8000{path}"}}"#
        ));
        let files = [("compose.yaml", compose), (".mcp.json", client.as_str())];
        let examination = run("", &files);
        format!("{:?}", examination.diagnosis.hops[0])
    };
    assert!(
        reason("/mcp").contains("a warning is about it"),
        "{}",
        reason("/mcp")
    );
    assert!(
        reason("/sse").contains("the files agree"),
        "{}",
        reason("/sse")
    );
}

#[test]
fn keys_are_compared_and_never_said() {
    let check = "gateway-key-unknown";
    let other = Gateway {
        headers: r#""Authorization": "Bearer sk-c0ffee5e7d3a19b2""#,
        ..GATEWAY
    };
    let error = "error gateway-key-unknown";
    for (gateway, expected, skips) in [
        (Gateway { ..other }, error, 0),
        (
            Gateway {
                config: "general_settings: {master_key: os.environ/LITELLM_MASTER_KEY}\n",
                ..other
            },
            error,
            0,
        ),
        (
            Gateway {
                env: "{}",
                config: "general_settings: {master_key: sk-5ba2f0917d6c84e3}\n",
                ..other
            },
            error,
            0,
        ),
        // From 1.109.1 a bare key is one in this header.
        (
            Gateway {
                image: "v1.109.1",
                headers: r#""x-litellm-api-key": "sk-c0ffee5e7d3a19b2""#,
                ..GATEWAY
            },
            error,
            0,
        ),
        (
            Gateway {
                headers: r#""Authorization": "Bearer sk-5ba2f0917d6c84e3""#,
                ..GATEWAY
            },
            "",
            0,
        ),
        (
            Gateway {
                headers: r#""Authorization": "Bearer ${KEY}""#,
                ..GATEWAY
            },
            "",
            0,
        ),
        (
            Gateway {
                headers: r#""Authorization": "Bearer ${KEY:-sk-c0ffee5e7d3a19b2}""#,
                ..GATEWAY
            },
            "",
            0,
        ),
        (
            Gateway {
                headers: r#""Authorization": "Bearer <your-key>""#,
                ..GATEWAY
            },
            "",
            0,
        ),
        (
            Gateway {
                headers: r#""Authorization": "Bearer YOUR_API_KEY""#,
                ..GATEWAY
            },
            "",
            0,
        ),
        (
            Gateway {
                headers: "",
                ..GATEWAY
            },
            "",
            0,
        ),
        // gateway-bearer-missing says that.
        (
            Gateway {
                headers: r#""Authorization": "sk-c0ffee5e7d3a19b2""#,
                ..GATEWAY
            },
            "",
            0,
        ),
        // Nothing says what the master key is.
        (
            Gateway {
                env: "{LITELLM_MASTER_KEY: '${KEY}'}",
                ..other
            },
            "",
            0,
        ),
        (
            Gateway {
                config: "general_settings: {master_key: '${KEY}'}\n",
                ..other
            },
            "",
            0,
        ),
        (Gateway { env: "{}", ..other }, "", 0),
        (
            Gateway {
                config: "general_settings: {enable_jwt_auth: true}\n",
                ..other
            },
            "",
            0,
        ),
        (
            Gateway {
                config: "include: [more.yaml]\n",
                ..other
            },
            "",
            0,
        ),
        (
            Gateway {
                config: "environment_variables: {LITELLM_MASTER_KEY: sk-x}\n",
                ..other
            },
            "",
            0,
        ),
        (
            Gateway {
                ports: "[]",
                ..other
            },
            "",
            0,
        ),
        // There may be others in a database.
        (
            Gateway {
                env: "{LITELLM_MASTER_KEY: sk-5ba2f0917d6c84e3, DATABASE_URL: 'postgresql://db/x'}",
                ..other
            },
            "",
            1,
        ),
        (
            Gateway {
                env: "{LITELLM_MASTER_KEY: sk-5ba2f0917d6c84e3, DATABASE_HOST: db}",
                ..other
            },
            "",
            1,
        ),
        (
            Gateway {
                config: "general_settings: {database_url: os.environ/DB}\n",
                ..other
            },
            "",
            1,
        ),
    ] {
        let case = format!("{} {} {}", gateway.env, gateway.config, gateway.headers);
        assert_eq!(gateway.says(check).concat(), expected, "{case}");
        assert_eq!(gateway.skips(check), skips, "{case}");
    }
    let examination = other.run("gateway-key-unknown gateway-bearer-missing");
    let said = format!("{:?}", examination.diagnosis.findings);
    assert!(said.contains("LITELLM_MASTER_KEY"));
    for secret in ["5ba2f0917d6c84e3", "c0ffee5e7d3a19b2"] {
        assert!(!said.contains(secret), "{said}");
    }
}

#[test]
fn headers_are_ignored_by_some_versions() {
    let check = "gateway-header-ignored";
    let says = |image, config, headers| {
        Gateway {
            image,
            config,
            headers,
            ..GATEWAY
        }
        .says(check)
        .concat()
    };
    let groups = r#""X-MCP-Access-Groups": "a""#;
    let warning = "warning gateway-header-ignored";
    assert_eq!(says("v1.77.3", "", groups), warning);
    assert_eq!(says("main-latest", "", groups), warning);
    let data = r#""x-mcp-data-authorization": "${TOKEN}""#;
    assert_eq!(says("v1.77.3", "", data), warning);
    assert_eq!(
        says("v1.83.7", "", r#""X-MCP-Data-Authorization": "x""#),
        warning
    );
    assert_eq!(says("main-latest", "", data), "note gateway-header-ignored");
    assert_eq!(says("v1.92.0", "", data), "");
    assert_eq!(says("v1.77.3", "    alias: data\n", data), "");
    assert_eq!(
        says("v1.77.3", "  data:\n    url: http://x/mcp\n", data),
        ""
    );
    // Which part is the alias depends on the version, or nothing has it.
    for headers in [
        r#""x-mcp-data-x-api-key": "x""#,
        r#""x-mcp-other-authorization": "x""#,
        r#""x-mcp-servers": "Data""#,
        r#""x-mcp-auth": "x""#,
    ] {
        assert_eq!(says("v1.77.3", "", headers), "", "{headers}");
    }
}

#[test]
fn a_gateway_speaks_streamable_http() {
    let checks = "transport-mismatch gateway-path";
    let says = |image, url| {
        Gateway {
            image,
            url,
            kind: "sse",
            ..GATEWAY
        }
        .says(checks)
        .concat()
    };
    for (image, url, expected) in [
        (
            "v1.77.3",
            "http://localhost:4000/mcp/",
            "error transport-mismatch",
        ),
        (
            "v1.109.1",
            "http://localhost:4000/mcp",
            "error transport-mismatch",
        ),
        (
            "main-latest",
            "http://localhost:4000/mcp/Data",
            "error transport-mismatch",
        ),
        (
            "v1.77.3",
            "http://localhost:4000/mcp/sse",
            "error gateway-path",
        ),
        ("v1.77.3", "http://localhost:4000/sse", "error gateway-path"),
        ("v1.109.1", "http://localhost:4000/mcp/sse", ""),
        ("v1.77.3", "https://gateway.example/mcp/", ""),
    ] {
        assert_eq!(says(image, url), expected, "{image} {url}");
    }
    let http = Gateway {
        kind: "http",
        ..GATEWAY
    };
    assert_eq!(http.says(checks), [""; 0]);
}

#[test]
fn only_a_credential_that_leaves_the_machine_can_be_read() {
    let check = "cleartext-token";
    let says = |url: &str, headers: &str| {
        let body = format!(r#"{{"type": "http", "url": "{url}", "headers": {{{headers}}}}}"#);
        of_entry(check, &body).concat()
    };
    let token = r#""Authorization": "Bearer ${KEY}""#;
    for (url, headers, expected) in [
        ("http://mcp.example.com/mcp", token, "warning"),
        (
            "http://mcp.example.com/mcp",
            r#""X-API-Key": "${KEY}""#,
            "warning",
        ),
        ("http://linuxserver.lan:4000/mcp/", token, "note"),
        ("https://mcp.example.com/mcp", token, ""),
        ("http://mcp.example.com/mcp", "", ""),
        ("http://mcp.example.com/mcp", r#""x-mcp-servers": "a""#, ""),
        (
            "http://mcp.example.com/mcp",
            r#""Authorization": "Bearer YOUR_API_KEY""#,
            "",
        ),
        ("http://localhost:4000/mcp", token, ""),
        ("http://0.0.0.0:4000/mcp", token, ""),
        ("http://host.docker.internal:4000/mcp", token, ""),
        ("http://gateway:4000/mcp", token, ""),
        ("http://${HOST}/mcp", token, ""),
    ] {
        assert_eq!(says(url, headers), expected, "{url} {headers}");
    }
    // This machine has other names.
    let file = entry(&format!(
        r#"{{"type": "http", "url": "http://linuxserver.lan:4000/mcp/", "headers": {{{token}}}}}"#
    ));
    let arguments = "--only cleartext-token --host-alias linuxserver.lan";
    let examination = run(arguments, &[(".mcp.json", &file)]);
    assert_eq!(places(&examination), [""; 0]);
}

#[test]
fn a_gateway_is_called_where_it_is_published() {
    let checks = "port-mismatch published-port-inside unknown-host";
    let own = r#""x-litellm-api-key": "Bearer ${KEY}""#;
    for (ports, url, headers, expected) in [
        ("['4000:4000']", "http://localhost:4000/mcp/", own, &[][..]),
        ("['8090:4000']", "http://localhost:8090/mcp/", own, &[]),
        (
            "['8090:4000']",
            "http://localhost:4000/mcp/",
            own,
            &["error published-port-inside"],
        ),
        (
            "['4000:8000']",
            "http://localhost:4000/mcp/",
            "",
            &["error port-mismatch"],
        ),
        (
            "['8090:4000']",
            "http://localhost:5000/mcp/",
            own,
            &["warning port-mismatch"],
        ),
        // Whose port that is, nothing says.
        ("['8090:4000']", "http://localhost:5000/mcp/", "", &[]),
        ("['${PORT}:4000']", "http://localhost:5000/mcp/", own, &[]),
        (
            "[]",
            "http://localhost:4000/mcp/",
            "",
            &["warning published-port-inside"],
        ),
        ("['${PORT}:4000']", "http://localhost:4000/mcp/", own, &[]),
        (
            "['4000:4000']",
            "http://litellm:4000/mcp/",
            "",
            &["warning unknown-host"],
        ),
        (
            "['4000:4000']",
            "http://gateway.example:5000/mcp/",
            own,
            &[],
        ),
    ] {
        let gateway = Gateway {
            ports,
            url,
            headers,
            ..GATEWAY
        };
        let said: Vec<String> = gateway
            .says(checks)
            .into_iter()
            .filter(|said| !said.starts_with("error unknown-host"))
            .collect();
        assert_eq!(said, expected, "{ports} {url} {headers}");
    }
    // Another image may listen on any port.
    let files = Gateway {
        ports: "['4000:8000']",
        ..GATEWAY
    }
    .files();
    for (from, to) in [
        ("ghcr.io/berriai/litellm:v1.77.3", "ghcr.io/me/litellm-mine"),
        ("    environment:", "    build: .\n    environment:"),
        (
            "    environment:",
            "    entrypoint: [start.sh]\n    environment:",
        ),
        ("[--config, ", "[--port, '8000', --config, "),
        ("{LITELLM_MASTER_KEY:", "{PORT: 8000, LITELLM_MASTER_KEY:"),
    ] {
        let compose = files[0].1.replace(from, to);
        assert_ne!(compose, files[0].1);
        let files = [
            ("compose.yaml", compose.as_str()),
            ("config.yaml", &files[1].1),
            (".mcp.json", &files[2].1),
        ];
        assert_eq!(
            places(&run("--only port-mismatch", &files)),
            [""; 0],
            "{to}"
        );
    }
}

#[test]
fn a_published_port_is_led_to_the_gateway() {
    let gateway = Gateway {
        ports: "['4000:8000']",
        ..GATEWAY
    };
    let examination = gateway.run("port-mismatch");
    let compose = &gateway.files()[0].1;
    assert!(mended(&examination, "compose.yaml", compose).contains("['4000:4000']"));
    let gateway = Gateway {
        ports: "[]",
        ..GATEWAY
    };
    let (examination, compose) = (gateway.run("published-port-inside"), &gateway.files()[0].1);
    let mended = mended(&examination, "compose.yaml", compose);
    assert!(mended.contains("127.0.0.1:4000:4000"), "{mended}");
}

/// What `client-proxy` says of one entry and the `env` of the user's settings.
fn proxied(url: &str, env: &str, arguments: &str) -> (Vec<String>, Vec<String>) {
    let settings = format!("{{\"env\": {{{env}}}}}\n");
    let file = entry(&format!("{{\"type\": \"http\", \"url\": \"{url}\"}}"));
    let files = [
        (".mcp.json", file.as_str()),
        ("/home/user/.claude/settings.json", settings.as_str()),
    ];
    let examination = run(&format!("--only client-proxy {arguments}"), &files);
    let findings = examination.diagnosis.findings.iter();
    let skipped = examination.diagnosis.skipped.iter();
    (
        findings
            .map(|judged| {
                format!(
                    "{}: {}",
                    judged.finding.severity.word(),
                    judged.finding.message
                )
            })
            .collect(),
        skipped.map(|skipped| skipped.reason.clone()).collect(),
    )
}

const PROXY: &str = r#""HTTP_PROXY": "http://user:hunter2@proxy.example:3128""#;

#[test]
fn a_proxy_that_gets_calls_to_this_machine_is_told() {
    let with = |list: &str| format!("{PROXY}, \"NO_PROXY\": \"{list}\"");
    let (said, _) = proxied("http://127.0.0.1:4000/mcp/", &with("localhost"), "");
    assert!(
        said[0].starts_with("warning: HTTP_PROXY sends the calls to 127.0.0.1"),
        "{said:?}"
    );
    assert!(!said[0].contains("hunter2"), "{said:?}");
    // Only the shell can tell.
    let (said, _) = proxied("http://localhost:4000/mcp/", PROXY, "");
    assert!(
        said[0].starts_with("note: ") && said[0].contains("unless the shell does"),
        "{said:?}"
    );
    let (said, skipped) = proxied("http://localhost:4000/mcp/", PROXY, ".");
    assert!(
        said.is_empty() && skipped.is_empty(),
        "the user's settings were not read"
    );
}

#[test]
fn a_list_that_may_stand_in_an_unread_file_is_not_missed() {
    let file = entry(r#"{"type": "http", "url": "http://localhost:4000/mcp/"}"#);
    let settings = format!("{{\"env\": {{{PROXY}}}}}\n");
    let files = [
        (".mcp.json", file.as_str()),
        (".claude/settings.json", settings.as_str()),
    ];
    let examination = run("--only client-proxy .", &files);
    assert!(examination.diagnosis.findings.is_empty());
    let reason = &examination.diagnosis.skipped[0].reason;
    assert!(reason.contains("--home adds them"), "{reason}");
}

#[test]
fn a_proxy_that_does_no_harm_is_passed_over() {
    for (url, env) in [
        // Excepted, in every way that a program might read.
        (
            "http://localhost:4000/mcp/",
            r#""HTTP_PROXY": "http://p.example:1", "NO_PROXY": "localhost""#,
        ),
        (
            "http://localhost:4000/mcp/",
            r#""HTTP_PROXY": "http://p.example:1", "no_proxy": "*""#,
        ),
        (
            "http://127.0.0.1:4000/mcp/",
            r#""HTTP_PROXY": "http://p.example:1", "NO_PROXY": "127.0.0.0/8""#,
        ),
        (
            "http://127.0.0.1:4000/mcp/",
            r#""HTTP_PROXY": "http://p.example:1", "NO_PROXY": "${NO_PROXY}""#,
        ),
        // A proxy on this machine finds this machine.
        (
            "http://127.0.0.1:4000/mcp/",
            r#""HTTP_PROXY": "http://127.0.0.1:7890""#,
        ),
        // Not known, or switched off.
        ("http://127.0.0.1:4000/mcp/", r#""HTTP_PROXY": "${PROXY}""#),
        ("http://127.0.0.1:4000/mcp/", r#""HTTP_PROXY": """#),
        // Not for this scheme.
        (
            "https://localhost:4000/mcp/",
            r#""HTTP_PROXY": "http://p.example:1", "NO_PROXY": "x""#,
        ),
        // Somewhere else: what proxies are for.
        (
            "https://mcp.example/mcp",
            r#""HTTPS_PROXY": "http://p.example:1", "NO_PROXY": "x""#,
        ),
        ("http://localhost:4000/mcp/", ""),
    ] {
        let (said, skipped) = proxied(url, env, "");
        assert!(
            said.is_empty() && skipped.is_empty(),
            "{url} {env}: {said:?} {skipped:?}"
        );
    }
}

#[test]
fn one_proxy_is_one_finding() {
    let files = [
        (
            ".mcp.json",
            r#"{"mcpServers": {"a": {"type": "http", "url": "http://localhost:1/mcp"}, "b": {"type": "http", "url": "http://127.0.0.1:2/mcp"}}}"#,
        ),
        (
            ".claude/settings.local.json",
            r#"{"env": {"HTTP_PROXY": "http://p.example:1", "NO_PROXY": "x,"}}"#,
        ),
    ];
    let examination = run("--only client-proxy --claude .mcp.json", &files);
    assert_eq!(examination.diagnosis.findings.len(), 1);
    let text = mended(&examination, ".claude/settings.local.json", files[1].1);
    assert!(
        text.contains(r#""NO_PROXY": "x,localhost,127.0.0.1""#),
        "{text}"
    );
}
