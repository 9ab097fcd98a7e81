use std::cell::RefCell;
use std::path::Path;

use super::*;
use crate::load::{Entry, Files, Memory, load};
use crate::model::{Miss, Missed, Stack};
use crate::source::Unreadable;

const LITELLM: &str =
    "model_list:\n  - model_name: a\nmcp_servers:\n  db:\n    url: http://db:8000/mcp\n";
const COMPOSE: &str = "services:\n  web:\n    image: nginx\n";
const GATEWAY_PROJECT: &str = "services:
  litellm:
    image: ghcr.io/berriai/litellm:v1.77.3
    container_name: my-gateway
    command: [--config, /app/config.yaml]
    ports: ['4100:4000']
    volumes: ['./config.yaml:/app/config.yaml:ro']
";

fn memory(files: &[(&str, &str)]) -> Memory {
    let mut memory = Memory::default();
    for (path, text) in files {
        memory.insert(*path, *text);
    }
    memory
}

fn request(cwd: &str) -> Request {
    Request {
        cwd: cwd.into(),
        ..Request::default()
    }
}

fn litellm(cwd: &str, path: &str) -> Request {
    Request {
        litellm: vec![path.into()],
        ..request(cwd)
    }
}

fn paths(cwd: &str, paths: &[&str]) -> Request {
    Request {
        paths: paths.iter().map(PathBuf::from).collect(),
        ..request(cwd)
    }
}

fn at_home(request: Request) -> Request {
    Request {
        home: Some("/home/ada".into()),
        ..request
    }
}

fn client(url: &str) -> String {
    format!(r#"{{"mcpServers": {{"gw": {{"type": "http", "url": "{url}"}}}}}}"#)
}

/// Kind, how and name of every input, variables aside, sorted.
fn inputs(stack: &Stack) -> Vec<String> {
    let mut lines: Vec<String> = stack
        .inputs
        .iter()
        .filter(|input| input.kind != Kind::Env)
        .map(|input| {
            let name = stack.name(input.source);
            format!("{} {} {name}", input.kind.word(), input.how.word())
        })
        .collect();
    lines.sort();
    lines
}

fn found(cwd: &str, files: &[(&str, &str)]) -> Vec<String> {
    inputs(&load(&request(cwd), &memory(files)))
}

fn missed(stack: &Stack) -> Vec<(&str, &str)> {
    let missed = stack.missed.iter();
    missed
        .map(|missed| (missed.what.as_str(), missed.flag))
        .collect()
}

#[test]
fn named_files_are_loaded_even_when_broken_or_absent() {
    let files = memory(&[("/srv/c.yaml", "a: ["), ("/srv/d.yml", COMPOSE)]);
    let request = Request {
        litellm: vec![
            "/srv/c.yaml".into(),
            "/srv/gone.yaml".into(),
            "/srv/c.yaml".into(),
        ],
        compose: vec![vec!["/srv/d.yml".into()], vec!["/srv/d.yml".into()]],
        claude: vec!["/srv/x.json".into()],
        ..request("/srv")
    };
    let stack = load(&request, &files);
    assert_eq!(
        inputs(&stack),
        [
            "client flag x.json",
            "compose flag d.yml",
            "litellm flag c.yaml",
            "litellm flag gone.yaml"
        ]
    );
    let ids: Vec<&str> = stack
        .gateways
        .iter()
        .map(|gateway| gateway.id.as_str())
        .collect();
    assert_eq!(ids, ["gateway:c.yaml", "gateway:gone.yaml"]);
    assert_eq!(stack.gateways[0].path, Path::new("/srv/c.yaml"));
    assert_eq!(stack.projects.len(), 1);
    assert!(stack.missed.is_empty(), "{:?}", stack.missed);
}

#[test]
fn named_files_are_recognised() {
    let kubernetes = "apiVersion: v1\nkind: ConfigMap\nmcp_servers: {}\n";
    let hermes = "model: x\nagent: {}\nmcp_servers:\n  a: {url: 'http://a/mcp'}\n";
    let files = memory(&[
        ("/srv/anything.yaml", LITELLM),
        (
            "/srv/only-servers.yml",
            "mcp_servers:\n  a: {url: 'http://a/mcp'}\n",
        ),
        ("/srv/litellm-broken.yaml", "a: [\n"),
        ("/srv/stack.yaml", COMPOSE),
        ("/srv/docker-compose.yml", "a: ["),
        ("/srv/.mcp.json", "{}"),
        ("/srv/servers.json", &client("http://x")),
        ("/srv/hermes.yaml", hermes),
        ("/srv/configmap.yaml", kubernetes),
        ("/srv/package.json", "{}"),
        ("/srv/README.md", "# mcp_servers and services:\n"),
    ]);
    let all = [
        "/srv/anything.yaml",
        "/srv/only-servers.yml",
        "/srv/litellm-broken.yaml",
        "/srv/stack.yaml",
        "/srv/docker-compose.yml",
        "/srv/.mcp.json",
        "/srv/servers.json",
        "/srv/hermes.yaml",
        "/srv/configmap.yaml",
        "/srv/package.json",
        "/srv/README.md",
    ];
    let stack = load(&paths("/srv", &all), &files);
    assert_eq!(
        inputs(&stack),
        [
            "client flag .mcp.json",
            "client flag servers.json",
            "compose flag docker-compose.yml",
            "compose flag stack.yaml",
            "litellm flag anything.yaml",
            "litellm flag litellm-broken.yaml",
            "litellm flag only-servers.yml",
        ]
    );
    let unknown: Vec<&str> = stack
        .missed
        .iter()
        .filter(|missed| missed.flag == "--litellm, --compose or --claude")
        .map(|missed| missed.what.split(':').next().unwrap_or_default())
        .collect();
    assert_eq!(
        unknown,
        ["hermes.yaml", "configmap.yaml", "package.json", "README.md"]
    );
}

#[test]
fn named_overrides_go_with_what_they_override() {
    let files = memory(&[
        ("/srv/compose.override.yaml", COMPOSE),
        ("/srv/compose.yaml", COMPOSE),
        ("/srv/other/x-compose.yaml", COMPOSE),
    ]);
    let all = [
        "/srv/compose.override.yaml",
        "/srv/compose.yaml",
        "/srv/other/x-compose.yaml",
    ];
    let stack = load(&paths("/srv", &all), &files);
    assert_eq!(stack.projects.len(), 2);
    assert_eq!(stack.projects[0].files.len(), 2);
}

#[test]
fn a_directory_is_searched_by_name_and_content() {
    let client = client("http://localhost:4000/mcp");
    let lines = found(
        "/srv",
        &[
            ("/srv/litellm/config/config.yaml", LITELLM),
            ("/srv/litellm/docker-compose.yml", COMPOSE),
            ("/srv/a/my-litellm.yml", "litellm_settings: {}\n"),
            (
                "/srv/a/proxy_config.yaml",
                "general_settings: {}\nrouter_settings: {}\n",
            ),
            ("/srv/litellm/servers-config.yaml", "mcp_servers: {}\n"),
            ("/srv/a/notes.yaml", LITELLM),
            ("/srv/home/.config/claude/mcp-settings.json", &client),
            ("/srv/home/project/.mcp.json", "{}"),
            ("/srv/home/.claude.json", "{}"),
            ("/srv/etc/managed-mcp.json", "{}"),
            ("/srv/app/.claude/settings.json", "{}"),
            ("/srv/app/.claude/mcp.json", &client),
            ("/srv/app/mcp.json", &client),
            (
                "/srv/home/.config/Claude/claude_desktop_config.json",
                &client,
            ),
        ],
    );
    assert_eq!(
        lines,
        [
            "client found app/.claude/mcp.json",
            "client found etc/managed-mcp.json",
            "client found home/.claude.json",
            "client found home/.config/Claude/claude_desktop_config.json",
            "client found home/.config/claude/mcp-settings.json",
            "client found home/project/.mcp.json",
            "compose found litellm/docker-compose.yml",
            "litellm found a/my-litellm.yml",
            "litellm found a/proxy_config.yaml",
            "litellm found litellm/config/config.yaml",
            "litellm found litellm/servers-config.yaml",
        ]
    );
}

#[test]
fn look_alikes_are_left_alone() {
    let lines = found(
        "/srv",
        &[
            (
                "/srv/hermes/config.yaml",
                "model: x\nmcp_servers:\n  a: {url: 'http://a/mcp'}\n",
            ),
            (
                "/srv/k8s/litellm.yaml",
                "apiVersion: v1\nkind: X\nmodel_list: []\n",
            ),
            (
                "/srv/helm/litellm/config-values.yaml",
                "proxy_config:\n  model_list: {a: b}\nreplicaCount: 1\n",
            ),
            ("/srv/app/config.yaml", "model_list: {a: b}\n"),
            ("/srv/app/logging-config.yml", "general_settings: {}\n"),
            ("/srv/app/list-config.yml", "- model_list\n"),
            ("/srv/app/my-compose-notes.yaml", "services: [a, b]\n"),
            ("/srv/app/decompose.yaml", "services: {a: yes}\n"),
            ("/srv/app/compose-empty.yaml", "services: {}\n"),
        ],
    );
    assert_eq!(lines, Vec::<String>::new());
}

#[test]
fn servers_alone_are_litellms_unless_a_key_is_not() {
    let inputs_of = |text: &str| {
        let files = memory(&[("/srv/servers.yaml", text)]);
        let request = Request {
            paths: vec!["/srv/servers.yaml".into()],
            ..request("/srv")
        };
        inputs(&load(&request, &files))
    };
    let taken = ["litellm flag servers.yaml"];
    assert_eq!(
        inputs_of(
            "mcp_servers:\n  my-db: {transprt: sse, url: 'http://db:8000/sse', headers: {}}\n"
        ),
        taken
    );
    // A router of agents, and Hermes.
    for foreign in ["tools: [search]", "connect_timeout_ms: 5"] {
        let text = format!("mcp_servers:\n  my-db:\n    url: http://db:8000/mcp\n    {foreign}\n");
        assert_eq!(inputs_of(&text), Vec::<String>::new());
    }
}

#[test]
fn what_manifests_carry_is_found() {
    let lines = found(
        "/srv",
        &[
            (
                "/srv/k8s/litellm-config.yaml",
                "apiVersion: v1\nkind: ConfigMap\ndata:\n  config.yaml: |\n    model_list: []\n",
            ),
            (
                "/srv/helm/litellm/config-values.yaml",
                "proxy_config:\n  model_list: []\nreplicaCount: 1\n",
            ),
            // Its place makes it worth a look; its name would not.
            (
                "/srv/apps/litellm/app/release.yaml",
                "apiVersion: v2\nkind: HelmRelease\nspec:\n  values:\n    proxy_config: {model_list: []}\n",
            ),
        ],
    );
    assert_eq!(
        lines,
        [
            "litellm found apps/litellm/app/release.yaml",
            "litellm found helm/litellm/config-values.yaml",
            "litellm found k8s/litellm-config.yaml",
        ]
    );
}

#[test]
fn broken_files_are_found_by_their_text() {
    let lines = found(
        "/srv",
        &[
            ("/srv/config.yaml", "model_list:\n  - a: [\nmcp_servers:\n"),
            ("/srv/other/config.yaml", "text:\n  model_list: [\n"),
            ("/srv/docker-compose.yml", "a: ["),
            ("/srv/my-compose.yml", "services:\n  a: [\n"),
            ("/srv/.mcp.json", "{"),
        ],
    );
    assert_eq!(
        lines,
        [
            "client found .mcp.json",
            "compose found docker-compose.yml",
            "compose found my-compose.yml",
            "litellm found config.yaml",
        ]
    );
}

#[test]
fn of_a_directory_every_project_is_loaded_once() {
    let files = memory(&[
        (
            "/srv/compose.yaml",
            "include: [parts/compose.yaml, {path: [./db-compose.yml]}]\nservices:\n  a: {image: a, extends: {file: base-compose.yml, service: x}}\n",
        ),
        ("/srv/compose.override.yaml", COMPOSE),
        ("/srv/docker-compose.yml", COMPOSE),
        (
            "/srv/docker-compose.prod.yml",
            "services:\n  web: {restart: always}\n",
        ),
        ("/srv/docker-compose.test.yml", COMPOSE),
        ("/srv/docker-compose.test.override.yml", COMPOSE),
        ("/srv/db-compose.yml", COMPOSE),
        ("/srv/base-compose.yml", "services:\n  x: {image: x}\n"),
        ("/srv/parts/compose.yaml", COMPOSE),
        ("/srv/lone/docker-compose.override.yml", COMPOSE),
        (
            "/srv/lone/docker-compose.overlay.yml",
            "services:\n  web: {restart: always}\n",
        ),
    ]);
    let stack = load(&request("/srv"), &files);
    let firsts: Vec<&str> = stack
        .projects
        .iter()
        .filter_map(|project| Some(stack.name(*project.files.first()?)))
        .collect();
    assert_eq!(
        firsts,
        [
            "compose.yaml",
            "docker-compose.test.yml",
            "lone/docker-compose.overlay.yml",
            "lone/docker-compose.override.yml",
        ]
    );
    let notes: Vec<String> = stack
        .missed
        .iter()
        .filter(|missed| missed.why == Miss::PassedOver)
        .map(Missed::line)
        .collect();
    assert_eq!(
        notes,
        [
            "passed over: docker-compose.yml beside compose.yaml, which Compose reads instead; --compose FILE reads it",
            "passed over: docker-compose.prod.yml adds to another file, such as compose.yaml, and is none alone; --compose BASE,FILE reads it",
        ]
    );
}

#[test]
fn some_directories_are_not_entered() {
    let lines = found(
        "/srv",
        &[
            ("/srv/.git/compose.yaml", COMPOSE),
            ("/srv/.hidden/compose.yaml", COMPOSE),
            ("/srv/node_modules/x/compose.yaml", COMPOSE),
            ("/srv/target/compose.yaml", COMPOSE),
            ("/srv/.venv/compose.yaml", COMPOSE),
            ("/srv/venv/compose.yaml", COMPOSE),
            ("/srv/__pycache__/compose.yaml", COMPOSE),
            ("/srv/vendor/compose.yaml", COMPOSE),
            ("/srv/.vscode/compose.yaml", COMPOSE),
        ],
    );
    assert_eq!(lines, ["compose found .vscode/compose.yaml"]);
}

#[test]
fn bounds_of_the_search_are_said() {
    let files = memory(&[
        ("/srv/1/2/3/4/5/6/7/8/compose.yaml", COMPOSE),
        ("/srv/1/2/3/4/5/6/7/8/9/compose.yaml", COMPOSE),
        ("/srv/1/2/3/4/5/6/7/8/a/compose.yaml", COMPOSE),
    ]);
    let stack = load(&request("/srv"), &files);
    assert_eq!(
        inputs(&stack),
        ["compose found 1/2/3/4/5/6/7/8/compose.yaml"]
    );
    assert_eq!(
        missed(&stack)[0],
        ("files more than 8 directories below .", "PATH")
    );

    struct Endless(Memory);
    impl Files for Endless {
        fn read(&self, path: &Path) -> Result<Vec<u8>, Unreadable> {
            self.0.read(path)
        }
        fn list(&self, dir: &Path) -> Vec<Entry> {
            let many = (0..9_000).map(|number| Entry {
                name: format!("file-{number:05}"),
                is_dir: number == 0,
            });
            self.0.list(dir).into_iter().chain(many).collect()
        }
        fn is_dir(&self, path: &Path) -> bool {
            self.0.is_dir(path)
        }
        fn is_file(&self, path: &Path) -> bool {
            self.0.is_file(path)
        }
    }
    let files = Endless(memory(&[("/srv/compose.yaml", COMPOSE)]));
    let stack = load(&request("/srv"), &files);
    assert_eq!(inputs(&stack), ["compose found compose.yaml"]);
    assert_eq!(
        missed(&stack)[0],
        ("files beyond the first 20000 in .", "PATH")
    );
}

#[test]
fn the_order_does_not_depend_on_the_file_system() {
    struct Backwards(Memory, RefCell<usize>);
    impl Files for Backwards {
        fn read(&self, path: &Path) -> Result<Vec<u8>, Unreadable> {
            self.0.read(path)
        }
        fn list(&self, dir: &Path) -> Vec<Entry> {
            *self.1.borrow_mut() += 1;
            let mut entries = self.0.list(dir);
            entries.reverse();
            entries
        }
        fn is_dir(&self, path: &Path) -> bool {
            self.0.is_dir(path)
        }
        fn is_file(&self, path: &Path) -> bool {
            self.0.is_file(path)
        }
    }
    let files = memory(&[
        ("/srv/b/config.yaml", LITELLM),
        ("/srv/a/config.yaml", LITELLM),
        ("/srv/a/a-compose.yaml", COMPOSE),
        ("/srv/a/compose.yaml", COMPOSE),
        ("/srv/z/compose.yaml", COMPOSE),
        ("/srv/.mcp.json", "{}"),
    ]);
    let order = |stack: &Stack| -> Vec<String> {
        let inputs = stack.inputs.iter();
        inputs
            .map(|input| stack.name(input.source).to_owned())
            .collect()
    };
    let forwards = order(&load(&request("/srv"), &files));
    let backwards = Backwards(files, RefCell::new(0));
    assert_eq!(forwards, order(&load(&request("/srv"), &backwards)));
    assert!(*backwards.1.borrow() > 0);
    assert_eq!(
        forwards,
        [
            "a/a-compose.yaml",
            "a/compose.yaml",
            "z/compose.yaml",
            "a/config.yaml",
            "b/config.yaml",
            ".mcp.json",
        ]
    );
}

#[test]
fn a_directory_that_is_named_twice_is_read_once() {
    let files = memory(&[
        ("/srv/a/config.yaml", LITELLM),
        ("/srv/a/compose.yaml", COMPOSE),
    ]);
    let twice = paths("/srv", &["/srv", "/srv/a", "/srv/a/config.yaml"]);
    let stack = load(&twice, &files);
    assert_eq!(stack.gateways.len(), 1);
    assert_eq!(stack.projects.len(), 1);
}

#[test]
fn a_search_without_a_gateway_says_so() {
    let compose = |service: &str| format!("services: {{{service}}}");
    let client = |entry: &str| format!("{{\"mcpServers\": {{\"a\": {{{entry}}}}}}}");
    let (compose_file, client_file) = ("/srv/compose.yaml", "/srv/.mcp.json");
    for (name, text) in [
        (
            compose_file,
            compose("gw: {image: 'ghcr.io/berriai/litellm:x'}"),
        ),
        (
            compose_file,
            compose("a: {image: x, environment: {LITELLM_API_KEY: k}}"),
        ),
        (
            compose_file,
            compose("a: {image: x, environment: {BASE: 'http://litellm:4000'}}"),
        ),
        (
            client_file,
            client("\"headers\": {\"x-litellm-api-key\": \"k\"}"),
        ),
        (client_file, client("\"url\": \"http://litellm:4000/mcp\"")),
        (
            client_file,
            client("\"command\": \"x\", \"env\": {\"LITELLM_KEY\": \"k\"}"),
        ),
    ] {
        assert_eq!(
            missed(&load(&request("/srv"), &memory(&[(name, &text)]))),
            [("a LiteLLM file (looked in .)", "--litellm FILE")],
            "{text}"
        );
    }
    // Who has no gateway misses none.
    for (name, text) in [
        (
            compose_file,
            compose("db: {image: postgres, environment: {KEY: k}}"),
        ),
        (
            client_file,
            client("\"url\": \"https://mcp.example.com/mcp\""),
        ),
    ] {
        let stack = load(&request("/srv"), &memory(&[(name, &text)]));
        assert!(missed(&stack).is_empty(), "{text}");
    }
    let nothing = load(&request("/srv"), &memory(&[]));
    assert!(!missed(&nothing).is_empty());
}

#[test]
fn what_litellm_is_started_with_is_its_file() {
    let project =
        |rest: &str| format!("services:\n  gw:\n    image: docker.io/berriai/litellm:x\n{rest}");
    let cases = [
        (
            "    command: --config=/etc/l/odd.txt\n    volumes: ['./conf:/etc/l']\n",
            "conf/odd.txt",
        ),
        (
            "    command: [-c, odd.txt]\n    volumes: ['./conf/odd.txt:/app/odd.txt']\n",
            "conf/odd.txt",
        ),
        (
            "    entrypoint: [sh, -c, 'exec litellm --config /c/odd.txt --port 4000']\n    volumes: ['./conf:/c']\n",
            "conf/odd.txt",
        ),
        (
            "    environment: {CONFIG_FILE_PATH: /c/odd.txt}\n    volumes: ['./other:/', './conf:/c']\n",
            "conf/odd.txt",
        ),
    ];
    for (rest, expected) in cases {
        let compose = project(rest);
        let files = memory(&[
            ("/srv/compose.yaml", &compose),
            ("/srv/conf/odd.txt", "x: 1"),
        ]);
        let by_flag = Request {
            compose: vec![vec!["/srv/compose.yaml".into()]],
            ..request("/srv")
        };
        for request in [by_flag, request("/srv")] {
            let lines = inputs(&load(&request, &files));
            assert!(
                lines.contains(&format!("litellm mounted {expected}")),
                "{rest}: {lines:?}"
            );
        }
    }
    let other_image = GATEWAY_PROJECT.replace("berriai/litellm", "me/proxy");
    let files = [
        ("/srv/compose.yaml", other_image.as_str()),
        ("/srv/config.yaml", "x: 1"),
    ];
    assert_eq!(found("/srv", &files), ["compose found compose.yaml"]);
}

#[test]
fn what_litellm_is_started_with_and_is_not_there_is_said() {
    let files = memory(&[("/srv/compose.yaml", GATEWAY_PROJECT)]);
    let stack = load(&paths("/srv", &["/srv/compose.yaml"]), &files);
    assert!(stack.gateways.is_empty());
    assert_eq!(
        missed(&stack),
        [(
            "config.yaml, which service litellm is started with",
            "--litellm FILE"
        )]
    );
}

#[test]
fn who_names_litellm_files_names_all() {
    let files = memory(&[
        ("/srv/compose.yaml", GATEWAY_PROJECT),
        ("/srv/config.yaml", LITELLM),
        ("/srv/new.yaml", LITELLM),
    ]);
    let request = Request {
        litellm: vec!["/srv/new.yaml".into()],
        compose: vec![vec!["/srv/compose.yaml".into()]],
        ..request("/srv")
    };
    let stack = load(&request, &files);
    assert_eq!(
        inputs(&stack),
        ["compose flag compose.yaml", "litellm flag new.yaml"]
    );
    assert!(stack.missed.is_empty(), "{:?}", stack.missed);
}

#[test]
fn the_compose_file_that_mounts_a_gateways_file_is_found() {
    let deep = GATEWAY_PROJECT.replace("./config.yaml:/app/config.yaml", "./litellm/config:/app");
    for (compose, gateway) in [
        (
            "/srv/litellm/config/compose.yaml",
            GATEWAY_PROJECT.to_owned(),
        ),
        (
            "/srv/litellm/gateway-compose.yml",
            deep.replace("./litellm/config", "./config"),
        ),
        ("/srv/docker-compose.yml", deep.clone()),
    ] {
        let files = memory(&[
            ("/srv/litellm/config/config.yaml", LITELLM),
            ("/srv/litellm/config/z-compose.yaml", COMPOSE),
            (
                "/srv/compose.yaml",
                "services:\n  monitor:\n    image: x\n    volumes: ['/:/host:ro']\n",
            ),
            (compose, &gateway),
        ]);
        let mut files = files;
        if compose == "/srv/docker-compose.yml" {
            files.insert("/srv/compose.yaml", gateway.as_str());
        }
        let expected = if compose == "/srv/docker-compose.yml" {
            "/srv/compose.yaml"
        } else {
            compose
        };
        let stack = load(&litellm("/srv", "/srv/litellm/config/config.yaml"), &files);
        let name = shown(Path::new(expected), Path::new("/srv"));
        assert_eq!(
            inputs(&stack),
            [
                format!("compose mounted {name}"),
                "litellm flag litellm/config/config.yaml".to_owned()
            ]
        );
        assert_eq!(stack.projects.len(), 1);
        assert!(stack.missed.is_empty(), "{:?}", stack.missed);
    }
}

#[test]
fn compose_files_are_looked_for_two_directories_up_and_not_past_a_repository() {
    let compose = "services:\n  gw: {image: berriai/litellm, volumes: ['./a:/a']}\n";
    let say = |files: &[(&str, &str)]| {
        let stack = load(&litellm("/srv", "/srv/a/b/config.yaml"), &memory(files));
        assert!(stack.projects.is_empty());
        stack
            .missed
            .iter()
            .map(|missed| missed.what.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        say(&[
            ("/srv/a/b/config.yaml", LITELLM),
            ("/compose.yaml", compose)
        ]),
        ["a compose file that mounts a/b/config.yaml (looked in a/b, a, .)"]
    );
    for git in ["/srv/a/.git/HEAD", "/srv/a/.git"] {
        assert_eq!(
            say(&[
                ("/srv/a/b/config.yaml", LITELLM),
                ("/srv/compose.yaml", compose),
                (git, "")
            ]),
            ["a compose file that mounts a/b/config.yaml (looked in a/b, a)"]
        );
    }
    let files = memory(&[
        ("/srv/a/b/config.yaml", LITELLM),
        (
            "/srv/a/compose.yaml",
            "services:\n  gw: {image: berriai/litellm, volumes: ['./b:/b']}\n",
        ),
        ("/srv/a/.git/HEAD", ""),
    ]);
    let stack = load(&litellm("/srv", "/srv/a/b/config.yaml"), &files);
    assert_eq!(stack.projects.len(), 1, "the root itself is looked at");
}

#[test]
fn named_compose_files_are_all_there_are() {
    let files = memory(&[
        ("/srv/config.yaml", LITELLM),
        ("/srv/compose.yaml", GATEWAY_PROJECT),
        ("/srv/other.yaml", COMPOSE),
    ]);
    let by_flag = Request {
        compose: vec![vec!["/srv/other.yaml".into()]],
        ..litellm("/srv", "/srv/config.yaml")
    };
    for request in [
        by_flag,
        paths("/srv", &["/srv/config.yaml", "/srv/other.yaml"]),
    ] {
        let stack = load(&request, &files);
        assert_eq!(
            inputs(&stack),
            ["compose flag other.yaml", "litellm flag config.yaml"]
        );
        assert!(stack.missed.is_empty());
    }
}

#[test]
fn with_a_litellm_file_alone_the_home_gives_what_points_at_it() {
    let near = [
        "http://localhost:4100/mcp/",
        "http://127.0.0.1:4000/anything",
        "http://server.lan:4100/mcp",
        "http://my-gateway:4000/mcp",
        "http://litellm/mcp",
        "${LITELLM_URL}/mcp",
        "${GATEWAY:-http://server.lan:4100}/mcp",
        "http://localhost:${PORT:-4000}/mcp",
        "localhost:4100/mcp",
    ];
    let far = [
        "http://localhost:3845/mcp",
        "https://mcp.example.com/mcp",
        "http://server.lan:8000/mcp",
        "",
        "${SENTRY}/mcp",
        "${SENTRY",
        "http://localhost:${PORT}/mcp",
    ];
    let run = |url: &str| {
        let files = memory(&[
            ("/srv/config.yaml", LITELLM),
            ("/srv/compose.yaml", GATEWAY_PROJECT),
            ("/home/ada/.claude.json", &client(url)),
            (
                "/home/ada/.claude/mcp.json",
                &client("https://mcp.example.com/mcp"),
            ),
            (
                "/etc/claude-code/managed-mcp.json",
                "{\"mcpServers\": {\"x\": {}}}",
            ),
        ]);
        load(&at_home(litellm("/srv", "/srv/config.yaml")), &files)
    };
    for url in near {
        let stack = run(url);
        let clients: Vec<&str> = stack
            .clients
            .iter()
            .map(|file| stack.name(file.source))
            .collect();
        assert_eq!(
            clients,
            [
                "/etc/claude-code/managed-mcp.json",
                "/home/ada/.claude.json"
            ],
            "{url}"
        );
        assert!(stack.missed.is_empty(), "{url}: {:?}", stack.missed);
    }
    for url in far {
        let stack = run(url);
        assert!(stack.clients.is_empty(), "{url}");
        assert_eq!(
            inputs(&stack),
            ["compose mounted compose.yaml", "litellm flag config.yaml"],
            "{url}"
        );
        let [(what, "--claude FILE")] = missed(&stack)[..] else {
            panic!("{:?}", stack.missed)
        };
        assert!(
            what.starts_with("a client file that points at this gateway (looked in ~/.claude.json")
        );
    }
}

#[test]
fn other_signs_lead_to_a_gateway_too() {
    let files = |text: &str| memory(&[("/srv/config.yaml", LITELLM), ("/srv/.mcp.json", text)]);
    for text in [
        r#"{"mcpServers": {"a": {"url": "https://llm.example.com/x", "headers": {"X-LiteLLM-API-Key": "k"}}}}"#,
        r#"{"mcpServers": {"a": {"command": "npx", "args": ["mcp-remote", "http://localhost:4000/mcp"]}}}"#,
        r#"{"mcpServers": {"a": {"url": "http://localhost:4000/mcp",}}}"#,
        // Without a compose file any port of this machine could be the gateway's.
        r#"{"mcpServers": {"a": {"url": "http://[::1]:9999/mcp"}}}"#,
    ] {
        let stack = load(&at_home(litellm("/srv", "/srv/config.yaml")), &files(text));
        assert_eq!(stack.clients.len(), 1, "{text}");
    }
    for text in ["{", r#"{"mcpServers": {"a": {"command": "npx"}}}"#] {
        let stack = load(&at_home(litellm("/srv", "/srv/config.yaml")), &files(text));
        assert!(stack.clients.is_empty(), "{text}");
    }
}

#[test]
fn the_home_is_looked_at_only_when_it_is_given() {
    let text = client("http://x/y");
    let files = memory(&[
        ("/home/ada/src/app/compose.yaml", COMPOSE),
        ("/home/ada/src/.mcp.json", &text),
        ("/home/ada/.mcp.json", &text),
        ("/home/.mcp.json", &text),
        ("/home/ada/.claude.json", "{}"),
        ("/home/ada/.claude/settings.json", "{}"),
        ("/home/ada/.config/claude/mcp-settings.json", &text),
        ("/home/ada/.config/Claude/claude_desktop_config.json", &text),
    ]);
    let cwd = "/home/ada/src/app";
    let without = load(&request(cwd), &files);
    assert!(without.clients.is_empty());
    let with = load(&at_home(request(cwd)), &files);
    assert_eq!(
        inputs(&with),
        [
            "client found /home/ada/.claude.json",
            "client found /home/ada/.config/claude/mcp-settings.json",
            "client found /home/ada/.mcp.json",
            "client found /home/ada/src/.mcp.json",
            "compose found compose.yaml",
        ]
    );
    let read: Vec<bool> = with.clients.iter().map(|file| file.is_read).collect();
    assert_eq!(read, [true, false, true, true]);
}

#[test]
fn outside_the_home_every_directory_above_is_looked_at() {
    let files = memory(&[
        ("/srv/app/compose.yaml", COMPOSE),
        ("/srv/.mcp.json", "{}"),
        ("/.mcp.json", "{}"),
        ("/home/ada/.mcp.json", "{}"),
    ]);
    let stack = load(&at_home(request("/srv/app")), &files);
    assert_eq!(
        inputs(&stack),
        [
            "client found /.mcp.json",
            "client found /srv/.mcp.json",
            "compose found compose.yaml"
        ]
    );
}

#[test]
fn a_home_without_client_files_is_said() {
    let files = memory(&[("/srv/config.yaml", LITELLM)]);
    let stack = load(&at_home(request("/srv")), &files);
    let whats: Vec<&str> = missed(&stack).into_iter().map(|(what, _)| what).collect();
    assert_eq!(
        whats,
        [
            "a compose file that mounts config.yaml (looked in ., /)",
            "a client file (looked in ~/.claude.json, .mcp.json here and above, and where people put them in vain)",
        ]
    );
}

#[test]
fn files_of_other_clients_are_not_taken_for_claude_codes() {
    let text = client("http://localhost:4000/mcp");
    let names = [
        "/srv/.cursor/mcp.json",
        "/srv/.gemini/settings.json",
        "/srv/claude_desktop_config.json",
        "/srv/mcp.json",
    ];
    let files = memory(&names.map(|name| (name, text.as_str())));
    let clients = |stack: &Stack| -> Vec<Client> {
        let files = stack.clients.iter();
        files.map(|file| file.client).collect()
    };
    let by_path = load(&paths("/srv", &names), &files);
    assert_eq!(
        clients(&by_path),
        [Client::Cursor, Client::ClaudeDesktop, Client::ClaudeCode]
    );
    let lines: Vec<String> = by_path.missed.iter().map(Missed::line).collect();
    assert_eq!(
        lines,
        [
            "passed over: .gemini/settings.json: a file of Gemini CLI, which is not judged yet; --claude FILE reads \
             it, if it is meant for Claude Code"
        ]
    );
    let by_flag = Request {
        claude: names.map(PathBuf::from).to_vec(),
        ..request("/srv")
    };
    let by_flag = load(&by_flag, &files);
    assert_eq!(
        clients(&by_flag),
        [
            Client::ClaudeCode,
            Client::ClaudeCode,
            Client::ClaudeDesktop,
            Client::ClaudeCode
        ]
    );
    let lines: Vec<String> = by_flag.missed.iter().map(Missed::line).collect();
    assert_eq!(
        lines,
        [
            ".cursor/mcp.json: a file of Cursor, read as one of Claude Code's because of --claude",
            ".gemini/settings.json: a file of Gemini CLI, which is not judged yet; read as one of Claude Code's",
            "claude_desktop_config.json: a file of Claude Desktop, read as such; Claude Code does not read it",
        ]
    );
}

#[test]
fn other_clients_of_the_home_count_where_they_point_at_a_gateway() {
    let gateway = client("http://localhost:4000/mcp");
    let elsewhere = client("https://mcp.example.com/mcp");
    let files = memory(&[
        ("/srv/config.yaml", LITELLM),
        ("/home/ada/.cursor/mcp.json", &gateway),
        (
            "/home/ada/.config/Claude/claude_desktop_config.json",
            &elsewhere,
        ),
        ("/home/ada/.claude.json", &elsewhere),
    ]);
    let request = Request {
        home: Some("/home/ada".into()),
        ..request("/srv")
    };
    let stack = load(&request, &files);
    let found: Vec<(Client, &Scope)> = stack
        .clients
        .iter()
        .map(|file| (file.client, &file.entries[0].scope))
        .collect();
    assert_eq!(
        found,
        [
            (Client::ClaudeCode, &Scope::User),
            (Client::Cursor, &Scope::User)
        ]
    );
}

#[test]
fn one_file_under_two_names_is_one_file() {
    struct Linked(Memory);
    impl Files for Linked {
        fn read(&self, path: &Path) -> Result<Vec<u8>, Unreadable> {
            self.0.read(&self.identity(path))
        }
        fn list(&self, dir: &Path) -> Vec<Entry> {
            self.0.list(&self.identity(dir))
        }
        fn is_dir(&self, path: &Path) -> bool {
            self.0.is_dir(&self.identity(path))
        }
        fn is_file(&self, path: &Path) -> bool {
            self.0.is_file(&self.identity(path))
        }
        fn identity(&self, path: &Path) -> PathBuf {
            match path.strip_prefix("/link") {
                Ok(rest) => Path::new("/srv").join(rest),
                Err(_) => path.to_owned(),
            }
        }
    }
    let files = Linked(memory(&[
        ("/srv/config.yaml", LITELLM),
        ("/srv/.mcp.json", &client("http://localhost:4000/mcp")),
        ("/srv/compose.yaml", GATEWAY_PROJECT),
    ]));
    let twice = Request {
        litellm: vec!["/link/config.yaml".into(), "/srv/config.yaml".into()],
        compose: vec![vec!["/srv/compose.yaml".into()]],
        claude: vec!["/srv/.mcp.json".into(), "/link/.mcp.json".into()],
        ..request("/srv")
    };
    let stack = load(&twice, &files);
    assert_eq!(
        inputs(&stack),
        [
            "client flag .mcp.json",
            "compose flag compose.yaml",
            "litellm flag /link/config.yaml"
        ]
    );
    let ids: Vec<&str> = stack.gateways.iter().map(|it| it.id.as_str()).collect();
    assert_eq!(ids, ["gateway:/link/config.yaml"]);
    let placed = placing::placed(&stack, &placing::Mounts::of(&stack), &stack.gateways[0]);
    assert!(placed.service().is_some(), "its mount is the same file");
}
