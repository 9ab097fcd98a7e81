//! Whole projects from files in memory.

#![allow(clippy::unwrap_used)]

use std::path::PathBuf;

use super::*;
use crate::load::{Memory, Request};
use crate::model::{EnvFrom, EnvLookup, Healthcheck, Published, Service, Stack};
use crate::source::Part;

const DIR: &str = "/w/My.Project";

struct Case {
    files: Memory,
    request: Request,
}

impl Case {
    fn new(files: &[(&str, &str)]) -> Case {
        let mut memory = Memory::default();
        for (name, text) in files {
            memory.insert(clean_path(name), *text);
        }
        Case {
            files: memory,
            request: Request {
                cwd: DIR.into(),
                ..Request::default()
            },
        }
    }

    fn shell(mut self, name: &str, value: &str) -> Case {
        self.request.shell.insert(name.into(), value.into());
        self
    }

    fn load(self, files: &[&str]) -> Loaded {
        let paths: Vec<PathBuf> = files.iter().map(|name| clean_path(name)).collect();
        let mut loader = Loader::new(&self.files, &self.request);
        let index = load_project(&mut loader, &paths, How::Flag);
        assert_eq!(index, 0);
        Loaded {
            stack: loader.stack,
        }
    }
}

fn clean_path(name: &str) -> PathBuf {
    crate::load::join(Path::new(DIR), name)
}

struct Loaded {
    stack: Stack,
}

impl Loaded {
    fn project(&self) -> &Project {
        &self.stack.projects[0]
    }

    fn service(&self, name: &str) -> &Service {
        let project = self.project();
        &project.services[project.service(name).unwrap()]
    }

    /// `file path "text"` of a pointer.
    fn place(&self, at: &Pointer) -> String {
        let source = self.stack.source(at.source);
        let text = &source.text()[source.locate(&at.path, Part::Value)];
        format!("{} {} {text}", source.name(), at.path)
    }

    fn gaps(&self) -> Vec<String> {
        let gaps = self.project().gaps.iter();
        gaps.map(|gap| format!("{}: {}", self.stack.name(gap.at.source), gap.value))
            .collect()
    }

    fn ports(&self, service: &str) -> Vec<String> {
        let ports = self.service(service).ports.iter();
        ports
            .map(|port| {
                let address = port.host_ip.as_deref().unwrap_or("*");
                let (from, to) = port.target;
                let published = match &port.published {
                    Published::At(from, to) => format!("{from}-{to}"),
                    Published::OneOf(from, to) => format!("?{from}-{to}"),
                    Published::Any => "?".to_owned(),
                    Published::Unknown(written) => format!("?{written}"),
                };
                format!("{address} {published} {from}-{to} {}", port.protocol)
            })
            .collect()
    }

    fn env(&self, service: &str) -> Vec<String> {
        let variables = self.service(service).environment.iter();
        variables
            .map(|variable| {
                let from = match variable.from {
                    EnvFrom::Environment => "env",
                    EnvFrom::EnvFile => "file",
                };
                match &variable.value {
                    None => format!("{from} {}", variable.name),
                    Some(text) if text.known => format!("{from} {}={}", variable.name, text.text),
                    Some(text) => format!("{from} {}=?{}", variable.name, text.text),
                }
            })
            .collect()
    }
}

fn one(text: &str) -> Loaded {
    Case::new(&[("compose.yaml", text)]).load(&["compose.yaml"])
}

fn words(command: &Option<At<Vec<Text>>>) -> Option<Vec<&str>> {
    let words = command.as_ref()?.value.iter();
    Some(words.map(|word| word.text.as_str()).collect())
}

#[test]
fn a_plain_project() {
    let loaded = one("services:
  db:
    image: postgres:16
    container_name: pg
    hostname: pg-host
    restart: no
    stdin_open: true
    tty: false
    build: ./img
    profiles: [dev, \"test\"]
    depends_on: [a, b]
");
    let project = loaded.project();
    assert_eq!(project.name, "myproject");
    assert_eq!(project.dir, PathBuf::from(DIR));
    assert!(project.gaps.is_empty());
    let db = loaded.service("db");
    assert_eq!(db.name.value, "db");
    assert_eq!(db.name.at, db.at);
    assert_eq!(db.at.path.to_string(), "services.db");
    let text = |value: &Option<At<Text>>| value.as_ref().unwrap().value.text.clone();
    assert_eq!(text(&db.image), "postgres:16");
    assert_eq!(text(&db.container_name), "pg");
    assert_eq!(text(&db.hostname), "pg-host");
    assert_eq!(text(&db.restart), "no");
    assert!(db.stdin_open.as_ref().unwrap().value);
    assert!(!db.tty.as_ref().unwrap().value);
    assert_eq!(
        loaded.place(db.build.as_ref().unwrap()),
        "compose.yaml services.db.build ./img"
    );
    let profiles: Vec<&str> = db.profiles.iter().map(|it| it.value.as_str()).collect();
    assert_eq!(profiles, ["dev", "test"]);
    assert_eq!(
        loaded.place(&db.profiles[1].at),
        "compose.yaml services.db.profiles[1] \"test\""
    );
    assert_eq!(db.depends_on[1].value, ("b".to_owned(), None));
    assert_eq!(
        loaded.place(&db.depends_on[1].at),
        "compose.yaml services.db.depends_on[1] b"
    );
    assert_eq!(db.healthcheck, Healthcheck::Absent);
    assert_eq!(db.networks[0].key, "default");
    assert!(db.networks[0].implicit);
    assert_eq!(db.networks[0].at, db.at);
    assert_eq!(project.networks.len(), 1);
    assert_eq!(
        project.networks[0].real_name,
        Text::known("myproject_default")
    );
    assert_eq!(project.networks[0].at, None);
}

#[test]
fn two_files_on_an_external_network() {
    let gateway = "services:
  litellm:
    networks: [mcp, default]
networks:
  mcp:
    external: true
";
    let server = "name: db
services:
  mcp-postgres:
    networks:
      shared:
        aliases: [pg, \"postgres\"]
      undeclared:
networks:
  shared: {name: mcp, external: true}
  old:
    external: {name: '${OLD:-very-old}'}
  own:
  named: {name: \"${COMPOSE_PROJECT_NAME}-x\"}
  unknown: {name: $NOBODY}
";
    let loaded = Case::new(&[("compose.yaml", gateway)]).load(&["compose.yaml"]);
    let network = |loaded: &Loaded, key: &str| {
        let network = loaded.project().network(key).unwrap();
        (
            network.real_name.text.clone(),
            network.real_name.known,
            network.external,
        )
    };
    assert_eq!(network(&loaded, "mcp"), ("mcp".into(), true, true));
    assert_eq!(
        network(&loaded, "default"),
        ("myproject_default".into(), true, false)
    );
    let joined = &loaded.service("litellm").networks;
    assert_eq!(
        loaded.place(&joined[0].at),
        "compose.yaml services.litellm.networks[0] mcp"
    );
    assert!(!joined[1].implicit);

    let loaded = Case::new(&[("compose.yaml", server)]).load(&["compose.yaml"]);
    assert_eq!(network(&loaded, "shared"), ("mcp".into(), true, true));
    assert_eq!(network(&loaded, "old"), ("very-old".into(), true, true));
    assert_eq!(network(&loaded, "own"), ("db_own".into(), true, false));
    assert_eq!(network(&loaded, "named"), ("db-x".into(), true, false));
    assert_eq!(
        network(&loaded, "unknown"),
        ("$NOBODY".into(), false, false)
    );
    assert!(loaded.project().network("undeclared").is_none());
    assert!(loaded.project().network("default").is_none());
    let joined = &loaded.service("mcp-postgres").networks;
    assert_eq!(joined[0].aliases, ["pg", "postgres"]);
    assert_eq!(
        joined[0].at.path.to_string(),
        "services.mcp-postgres.networks.shared"
    );
    assert_eq!(joined[1].key, "undeclared");
    assert_eq!(
        joined[1].at.path.to_string(),
        "services.mcp-postgres.networks.undeclared"
    );
}

#[test]
fn network_mode_joins_no_network() {
    let loaded = one("services:
  a: {network_mode: host}
  b: {network_mode: \"service:a\", networks: [x]}
  c: {networks: {}}
");
    assert!(loaded.service("a").networks.is_empty());
    assert!(loaded.service("b").networks.is_empty());
    assert_eq!(
        loaded
            .service("b")
            .network_mode
            .as_ref()
            .unwrap()
            .value
            .text,
        "service:a"
    );
    assert!(loaded.service("c").networks[0].implicit);
}

#[test]
fn project_names() {
    let compose = "name: ${STEM}_A.b\nservices: {a: {container_name: '$COMPOSE_PROJECT_NAME-a'}}";
    let case = || Case::new(&[("compose.yaml", compose)]);
    assert_eq!(
        case()
            .shell("STEM", "_-Web")
            .load(&["compose.yaml"])
            .project()
            .name,
        "web_ab"
    );
    let loaded = case().load(&["compose.yaml"]);
    assert_eq!(loaded.project().name, "${STEM}_A.b");
    assert!(!loaded.project().networks[0].real_name.known);
    let loaded = case()
        .shell("COMPOSE_PROJECT_NAME", "given")
        .load(&["compose.yaml"]);
    assert_eq!(loaded.project().name, "given");
    assert_eq!(
        loaded.service("a").container_name.as_ref().unwrap().value,
        Text::known("given-a")
    );
}

#[test]
fn ports_in_every_syntax() {
    let loaded = one("services:
  a:
    ports:
      - 8000
      - \"48010:8686\"
      - 127.0.0.1:8001:8001/UDP
      - \"[::1]:9000:80\"
      - \"::1:9001:81\"
      - 127.0.0.1::5000
      - 3000-3005:4000-4005
      - 6000-6010:6000
      - \"${HOST_PORT:-7000}:7000\"
      - \"${NOBODY}:7001\"
      - 7002:${NOBODY}
      - {target: 80, published: \"8080\", host_ip: 127.0.0.1, protocol: tcp}
      - target: \"90-91\"
        published: 9090-9091
      - target: 99
      - 1-2:3-5
      - 70000:1
      - nonsense
      - [1]
      - {published: 1}
    expose: [3000, \"4000/tcp\", 5000-5002, x, {}]
");
    assert_eq!(
        loaded.ports("a"),
        [
            "* ? 8000-8000 tcp",
            "* 48010-48010 8686-8686 tcp",
            "127.0.0.1 8001-8001 8001-8001 udp",
            "::1 9000-9000 80-80 tcp",
            "::1 9001-9001 81-81 tcp",
            "127.0.0.1 ? 5000-5000 tcp",
            "* 3000-3005 4000-4005 tcp",
            "* ?6000-6010 6000-6000 tcp",
            "* 7000-7000 7000-7000 tcp",
            "* ?${NOBODY} 7001-7001 tcp",
            "127.0.0.1 8080-8080 80-80 tcp",
            "* 9090-9091 90-91 tcp",
            "* ? 99-99 tcp",
        ]
    );
    let a = loaded.service("a");
    assert_eq!(
        loaded.place(&a.ports[1].at),
        "compose.yaml services.a.ports[1] \"48010:8686\""
    );
    assert_eq!(a.ports[11].at.path.to_string(), "services.a.ports[12]");
    let exposed: Vec<u16> = a.expose.iter().map(|port| port.value).collect();
    assert_eq!(exposed, [3000, 4000, 5000, 5001, 5002]);
    assert_eq!(a.expose[1].at.path.to_string(), "services.a.expose[1]");
}

#[test]
fn environment_in_both_forms() {
    let compose = "services:
  list:
    environment:
      - A=1
      - URL=http://h/?x=${Q:-y}&z
      - FROM_SHELL
      - NOBODY
      - A=2
      - HALF=a${NOBODY}
      - EMPTY=
      - {not: text}
  map:
    environment:
      NUMBER: 1.50
      TRUTH: true
      TEXT: \"x\"
      FROM_SHELL:
      NOBODY: null
      KEY_${NOBODY}: k
      LIST: [1]
";
    let loaded = Case::new(&[("compose.yaml", compose)])
        .shell("FROM_SHELL", "s")
        .load(&["compose.yaml"]);
    assert_eq!(
        loaded.env("list"),
        [
            "env A=2",
            "env URL=http://h/?x=y&z",
            "env FROM_SHELL=s",
            "env NOBODY",
            "env HALF=?a${NOBODY}",
            "env EMPTY=",
        ]
    );
    assert_eq!(
        loaded.env("map"),
        [
            "env NUMBER=1.50",
            "env TRUTH=true",
            "env TEXT=x",
            "env FROM_SHELL=s",
            "env NOBODY",
            "env KEY_${NOBODY}=k",
        ]
    );
    let list = loaded.service("list");
    assert_eq!(
        loaded.place(&list.variable("A").unwrap().at),
        "compose.yaml services.list.environment[4] A=2"
    );
    let text = loaded.service("map").variable("TEXT").unwrap();
    assert_eq!(
        loaded.place(&text.at),
        "compose.yaml services.map.environment.TEXT \"x\""
    );
    assert_eq!(list.env("EMPTY"), EnvLookup::Set(String::new()));
    assert_eq!(list.env("HALF"), EnvLookup::Unknown);
    assert_eq!(list.env("ABSENT"), EnvLookup::Unset);
}

#[test]
fn mounts() {
    let loaded = one("services:
  a:
    volumes:
      - ./config.yaml:/app/config.yaml:ro
      - ../up/x:/x
      - /var/run/docker.sock:/var/run/docker.sock
      - ~/data:/data
      - named:/named
      - /anonymous
      - ${NOBODY}/a:/a
      - /b:/b/${NOBODY}
      - 'C:\\data:/c'
      - {type: bind, source: plain, target: /plain}
      - type: volume
        source: named
        target: /named2
      - {type: tmpfs, target: /tmp}
      - 7
      - {source: x}
    configs:
      - settings
      - {source: settings, target: /etc/s}
      - inline
configs:
  settings: {file: ./s.yaml}
  inline: {content: x}
");
    let mounts: Vec<String> = loaded
        .service("a")
        .mounts
        .iter()
        .map(|mount| {
            let host = mount
                .host
                .as_ref()
                .map_or("-".into(), |host| host.to_string_lossy());
            format!("{host} {} {}", mount.source, mount.target)
        })
        .collect();
    assert_eq!(
        mounts,
        [
            "/w/My.Project/config.yaml ./config.yaml /app/config.yaml",
            "/w/up/x ../up/x /x",
            "/var/run/docker.sock /var/run/docker.sock /var/run/docker.sock",
            "- ~/data /data",
            "- named /named",
            "-  /anonymous",
            "- ${NOBODY}/a /a",
            "/b /b /b/${NOBODY}",
            "- C:\\data /c",
            "/w/My.Project/plain plain /plain",
            "- named /named2",
            "-  /tmp",
            "-  7",
            "/w/My.Project/s.yaml ./s.yaml /settings",
            "/w/My.Project/s.yaml ./s.yaml /etc/s",
        ]
    );
    let first = &loaded.service("a").mounts[0];
    assert_eq!(first.at.path.to_string(), "services.a.volumes[0]");
}

#[test]
fn commands() {
    let loaded = one("services:
  a: {command: \"--port 80 '--name=a b' ${NOBODY}\", entrypoint: [sh, -c, 1]}
  b: {command: []}
  c: {command: null}
  d: {command: ''}
  e: {command: \"it's\"}
");
    let a = loaded.service("a");
    assert_eq!(
        words(&a.command).unwrap(),
        ["--port", "80", "--name=a b", "${NOBODY}"]
    );
    assert_eq!(words(&a.entrypoint).unwrap(), ["sh", "-c", "1"]);
    assert_eq!(a.arguments(), None);
    let known: Vec<bool> = a
        .command
        .as_ref()
        .unwrap()
        .value
        .iter()
        .map(|w| w.known)
        .collect();
    assert_eq!(known, [true, true, true, false]);
    assert_eq!(
        a.command.as_ref().unwrap().at.path.to_string(),
        "services.a.command"
    );
    assert_eq!(
        words(&loaded.service("b").command).unwrap(),
        Vec::<&str>::new()
    );
    assert_eq!(loaded.service("c").command, None);
    assert_eq!(
        words(&loaded.service("d").command).unwrap(),
        Vec::<&str>::new()
    );
    assert_eq!(loaded.service("e").arguments(), None);
}

#[test]
fn healthchecks_hosts_and_dependencies() {
    let loaded = one("services:
  a: {healthcheck: {disable: true}}
  b: {healthcheck: {test: [NONE]}}
  c: {healthcheck: {test: [CMD, curl, -f, x]}}
  d: {healthcheck: {test: curl -f x, interval: 5s}}
  e: {healthcheck: {interval: 5s}}
  f:
    extra_hosts:
      - host.docker.internal:host-gateway
      - six=[::1]
      - seven:::7
      - nonsense
    depends_on:
      a: {condition: service_healthy}
      b:
  g:
    extra_hosts: {one: 1.1.1.1, two: [2.2.2.2, 3.3.3.3]}
");
    let place = |check: &Healthcheck| match check {
        Healthcheck::Absent => "absent".to_owned(),
        Healthcheck::Disabled(at) => loaded.place(at),
        Healthcheck::Test(test) => test.value.join("|"),
    };
    let check = |name: &str| place(&loaded.service(name).healthcheck);
    assert_eq!(
        check("a"),
        "compose.yaml services.a.healthcheck.disable true"
    );
    assert_eq!(
        check("b"),
        "compose.yaml services.b.healthcheck.test [NONE]"
    );
    assert_eq!(check("c"), "CMD|curl|-f|x");
    assert_eq!(check("d"), "curl -f x");
    assert_eq!(check("e"), "absent");
    let hosts = |name: &str| -> Vec<String> {
        let hosts = loaded.service(name).extra_hosts.iter();
        hosts
            .map(|host| format!("{}>{}", host.value.0, host.value.1))
            .collect()
    };
    assert_eq!(
        hosts("f"),
        ["host.docker.internal>host-gateway", "six>::1", "seven>::7"]
    );
    assert_eq!(hosts("g"), ["one>1.1.1.1", "two>2.2.2.2", "two>3.3.3.3"]);
    let g = loaded.service("g");
    assert_eq!(
        g.extra_hosts[2].at.path.to_string(),
        "services.g.extra_hosts.two[1]"
    );
    let depends: Vec<_> = loaded
        .service("f")
        .depends_on
        .iter()
        .map(|it| it.value.clone())
        .collect();
    assert_eq!(
        depends,
        [
            ("a".to_owned(), Some("service_healthy".to_owned())),
            ("b".to_owned(), None)
        ]
    );
}

const BASE: &str = "services:
  a:
    image: one
    command: [x]
    entrypoint: [y]
    ports: [\"48010:8686\", \"1:1\"]
    environment: [A=1, B=1]
    labels: [l=1]
    volumes: [./one:/data, ./two:/two]
    healthcheck: {test: [CMD, old], interval: 5s}
    networks: [x]
    depends_on: [b]
    env_file: one.env
    extra_hosts: {h: 1.1.1.1}
    profiles: [p]
    dns: [1.1.1.1]
  b: {image: b}
networks: {x: {name: x}}
";

#[test]
fn a_second_file_is_laid_over() {
    let over = "services:
  a:
    image: two
    command: z
    entrypoint:
    ports: [\"48010:8000\", \"1:1\", {target: 2, published: 2}]
    environment: {B: 2, C: 3, A: null}
    volumes: [\"./three:/data\"]
    healthcheck: {test: [NONE]}
    networks: {y: {aliases: [why]}}
    depends_on: {c: {condition: service_healthy}}
    env_file: [two.env, one.env]
    extra_hosts: [h=1.1.1.1, h=2.2.2.2]
    profiles: [p, q]
    build: .
  c: {image: c}
networks: {x: {external: true}, y: }
";
    let loaded =
        Case::new(&[("a.yaml", BASE), ("sub/b.yaml", over)]).load(&["a.yaml", "sub/b.yaml"]);
    let project = loaded.project();
    assert_eq!(project.dir, PathBuf::from(DIR));
    let names: Vec<&str> = project
        .services
        .iter()
        .map(|it| it.name.value.as_str())
        .collect();
    assert_eq!(names, ["a", "b", "c"]);
    let a = loaded.service("a");
    assert_eq!(loaded.stack.name(a.at.source), "a.yaml");
    assert_eq!(
        loaded.place(&a.image.as_ref().unwrap().at),
        "sub/b.yaml services.a.image two"
    );
    assert_eq!(words(&a.command).unwrap(), ["z"]);
    assert_eq!(a.entrypoint, None);
    assert_eq!(
        loaded.ports("a"),
        [
            "* 48010-48010 8686-8686 tcp",
            "* 1-1 1-1 tcp",
            "* 48010-48010 8000-8000 tcp",
            "* 2-2 2-2 tcp"
        ]
    );
    assert_eq!(loaded.env("a"), ["env A", "env B=2", "env C=3"]);
    let b = a.variable("B").unwrap();
    assert_eq!(loaded.place(&b.at), "sub/b.yaml services.a.environment.B 2");
    let mounts: Vec<String> = a
        .mounts
        .iter()
        .map(|mount| format!("{}:{}", mount.source, mount.target))
        .collect();
    assert_eq!(mounts, ["./three:/data", "./two:/two"]);
    assert_eq!(a.mounts[0].host, Some(PathBuf::from("/w/My.Project/three")));
    assert!(matches!(&a.healthcheck, Healthcheck::Disabled(_)));
    let keys: Vec<&str> = a.networks.iter().map(|it| it.key.as_str()).collect();
    assert_eq!(keys, ["x", "y"]);
    let depends: Vec<&str> = a.depends_on.iter().map(|it| it.value.0.as_str()).collect();
    assert_eq!(depends, ["b", "c"]);
    let files: Vec<&str> = a.env_files.iter().map(|it| it.path.as_str()).collect();
    assert_eq!(files, ["one.env", "two.env"]);
    assert_eq!(a.extra_hosts.len(), 2);
    assert_eq!(a.profiles.len(), 2);
    assert!(a.build.is_some());
    let x = project.network("x").unwrap();
    assert_eq!((x.real_name.text.as_str(), x.external), ("x", true));
    assert_eq!(project.network("y").unwrap().real_name.text, "myproject_y");
}

#[test]
fn reset_and_override() {
    let over = "services:
  a:
    image: !reset null
    ports: !override
      - 48010:8000
    environment: !override {ONLY: 1}
    volumes: !reset []
    healthcheck: {test: !reset null}
    networks: {x: !reset null, y: {}}
  b: !reset {}
networks:
  x: !override {external: true}
";
    let third = "services: {a: {ports: [\"3:3\"], image: three}}";
    let files = [("a.yaml", BASE), ("b.yaml", over), ("c.yaml", third)];
    let loaded = Case::new(&files).load(&["a.yaml", "b.yaml"]);
    assert_eq!(loaded.gaps(), Vec::<String>::new());
    let a = loaded.service("a");
    assert_eq!(a.image, None);
    assert_eq!(loaded.ports("a"), ["* 48010-48010 8000-8000 tcp"]);
    assert_eq!(
        loaded.place(&a.ports[0].at),
        "b.yaml services.a.ports[0] 48010:8000"
    );
    assert_eq!(loaded.env("a"), ["env ONLY=1"]);
    assert!(a.mounts.is_empty());
    assert_eq!(a.healthcheck, Healthcheck::Absent);
    assert_eq!(a.networks.len(), 1);
    assert_eq!(a.networks[0].key, "y");
    assert_eq!(loaded.project().service("b"), None);
    assert_eq!(loaded.project().network("x").unwrap().real_name.text, "x");

    let loaded = Case::new(&files).load(&["a.yaml", "b.yaml", "c.yaml"]);
    assert_eq!(
        loaded.ports("a"),
        ["* 48010-48010 8000-8000 tcp", "* 3-3 3-3 tcp"]
    );
    assert_eq!(
        loaded.service("a").image.as_ref().unwrap().value.text,
        "three"
    );
}

#[test]
fn the_override_beside_a_standard_file_is_found() {
    let files = [
        ("docker-compose.yml", "services: {a: {image: one}}"),
        ("docker-compose.override.yml", "services: {a: {image: two}}"),
        ("other.yaml", "services: {}"),
    ];
    let loaded = Case::new(&files).load(&["docker-compose.yml"]);
    assert_eq!(
        loaded.service("a").image.as_ref().unwrap().value.text,
        "two"
    );
    let hows: Vec<How> = loaded.stack.inputs.iter().map(|it| it.how).collect();
    assert_eq!(hows, [How::Flag, How::Found]);
    assert_eq!(loaded.project().files.len(), 2);
    let loaded = Case::new(&files).load(&["docker-compose.yml", "other.yaml"]);
    assert_eq!(
        loaded.service("a").image.as_ref().unwrap().value.text,
        "one"
    );
}

#[test]
fn a_broken_file_is_left_out() {
    let files = [
        ("a.yaml", "services: {a: {image: one}, odd: 3}"),
        ("b.yaml", "services: [\n"),
        ("c.yaml", "- list\n"),
        ("d.yaml", "services: {d: {image: four}}"),
    ];
    let loaded = Case::new(&files).load(&["a.yaml", "b.yaml", "c.yaml", "d.yaml", "absent.yaml"]);
    let names: Vec<&str> = loaded
        .project()
        .services
        .iter()
        .map(|it| it.name.value.as_str())
        .collect();
    assert_eq!(names, ["a", "d"]);
    assert_eq!(loaded.project().files.len(), 5);
    let gaps = loaded.gaps();
    assert_eq!(gaps.len(), 4, "{gaps:?}");
    assert!(gaps[0].starts_with("b.yaml: cannot be parsed"), "{gaps:?}");
    assert_eq!(gaps[1], "c.yaml: a list where Compose expects a mapping");
    assert_eq!(gaps[2], "absent.yaml: cannot be read: no such file");
    assert_eq!(gaps[3], "a.yaml: service odd is not a mapping");
}

#[test]
fn wrong_types_are_left_out() {
    let keys = "image container_name hostname build command entrypoint environment env_file ports expose \
        networks network_mode extra_hosts volumes configs stdin_open tty healthcheck restart depends_on profiles extends";
    for wrong in [
        "7",
        "[]",
        "[[]]",
        "[{}]",
        "{}",
        "{a: [b]}",
        "text",
        "null",
        "!reset x",
        "[null]",
        "{null: null}",
        "${",
    ] {
        let mut compose = String::from("services:\n  a:\n");
        for key in keys.split_whitespace() {
            compose += &format!("    {key}: {wrong}\n");
        }
        compose +=
            &format!("networks: {wrong}\nconfigs: {wrong}\ninclude: {wrong}\nname: {wrong}\n");
        let loaded = Case::new(&[("a.yaml", compose.as_str()), ("b.yaml", BASE)])
            .load(&["a.yaml", "b.yaml", "a.yaml"]);
        assert!(loaded.project().service("a").is_some(), "{wrong}");
    }
    for wrong in [
        "services: 3",
        "services: [a]",
        "{services: {a: null, b: !reset null}, include: {a: 1}}",
    ] {
        one(wrong);
    }
}

#[test]
fn invalid_interpolation_is_a_gap() {
    let loaded = one("services: {a: {image: 'x${', hostname: '${HOST'}}");
    let gaps = &loaded.project().gaps;
    assert_eq!(gaps.len(), 2);
    assert_eq!(
        loaded.place(&gaps[0].at),
        "compose.yaml services.a.image 'x${'"
    );
    let image = loaded.service("a").image.as_ref().unwrap();
    assert_eq!(
        image.value,
        Text {
            text: "x${".into(),
            known: false
        }
    );
}

#[test]
fn extends() {
    let files = [
        (
            "compose.yaml",
            "services:
  web:
    extends: {service: base, file: common/base.yaml}
    environment: {A: own}
    ports: ['2:2']
  local: {extends: web, image: local}
  third: {extends: {service: local}, ports: !override ['9:9']}
  cycle1: {extends: cycle2, image: c1}
  cycle2: {extends: cycle1}
  self: {extends: self}
  lost: {extends: nowhere}
  far: {extends: {file: absent.yaml, service: x}}
  remote: {extends: {file: 'https://x/y.yaml', service: x}}
  unknown: {extends: '${NOBODY}'}
  odd: {extends: {file: common/base.yaml}}
",
        ),
        (
            "common/base.yaml",
            "services:
  base:
    extends: {file: deeper/deep.yaml, service: deep}
    image: base
    environment: [A=base, B=base]
    ports: ['1:1', '2:2']
    env_file: base.env
    networks: [n]
networks: {n: {}}
",
        ),
        (
            "common/deeper/deep.yaml",
            "services: {deep: {hostname: deep, volumes: ['./d:/d']}}",
        ),
    ];
    let loaded = Case::new(&files).load(&["compose.yaml"]);
    let web = loaded.service("web");
    assert_eq!(
        loaded.place(&web.image.as_ref().unwrap().at),
        "common/base.yaml services.base.image base"
    );
    assert_eq!(web.hostname.as_ref().unwrap().value.text, "deep");
    assert_eq!(loaded.env("web"), ["env A=own", "env B=base"]);
    assert_eq!(loaded.ports("web"), ["* 1-1 1-1 tcp", "* 2-2 2-2 tcp"]);
    assert_eq!(
        web.mounts[0].host,
        Some(PathBuf::from("/w/My.Project/common/deeper/d"))
    );
    assert_eq!(web.env_files[0].path, "base.env");
    let env = loaded.stack.source(web.env_files[0].source.unwrap());
    assert_eq!(env.name(), "common/base.env");
    assert_eq!(web.at.path.to_string(), "services.web");
    assert_eq!(loaded.stack.name(web.at.source), "compose.yaml");
    assert!(loaded.project().network("n").is_none());
    assert_eq!(
        loaded.service("local").image.as_ref().unwrap().value.text,
        "local"
    );
    assert_eq!(loaded.service("local").ports.len(), 2);
    assert_eq!(loaded.ports("third"), ["* 9-9 9-9 tcp"]);
    assert_eq!(
        loaded
            .service("third")
            .hostname
            .as_ref()
            .unwrap()
            .value
            .text,
        "deep"
    );
    assert_eq!(
        loaded.service("cycle1").image.as_ref().unwrap().value.text,
        "c1"
    );
    let gaps = loaded.gaps();
    for expected in [
        "compose.yaml: extending \"cycle1\" leads back to itself",
        "compose.yaml: extending \"self\" leads back to itself",
        "compose.yaml: service \"nowhere\" to extend is not in compose.yaml",
        "absent.yaml: cannot be read: no such file",
        "compose.yaml: absent.yaml has no services that can be extended",
        "compose.yaml: https://x/y.yaml is remote: not followed",
        "compose.yaml: ${NOBODY} depends on a variable that is not known",
        "compose.yaml: extends names no service",
    ] {
        assert!(
            gaps.iter().any(|gap| gap == expected),
            "{expected}: {gaps:#?}"
        );
    }
    assert_eq!(gaps.len(), 8, "{gaps:#?}");
}

#[test]
fn extends_is_bounded() {
    let mut chain = String::from("services:\n");
    for at in 0..40 {
        chain += &format!("  s{at}: {{extends: s{}}}\n", at + 1);
    }
    chain += "  s40: {image: x}\n";
    assert_eq!(
        one(&chain).gaps(),
        ["compose.yaml: extends is not followed deeper than 20"]
    );

    let mut many = String::from("services:\n");
    let mut files = Vec::new();
    for at in 0..120 {
        many += &format!("  s{at}: {{extends: {{file: f{at}.yaml, service: x}}}}\n");
        files.push((format!("f{at}.yaml"), "services: {x: {image: y}}"));
    }
    files.push(("compose.yaml".to_owned(), &many));
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(name, text)| (name.as_str(), *text))
        .collect();
    let gaps = Case::new(&files).load(&["compose.yaml"]).gaps();
    assert_eq!(gaps.len(), 20);
    assert_eq!(
        gaps[0],
        "compose.yaml: more than 100 files are not followed"
    );
}

#[test]
fn include() {
    let files = [
        (
            "compose.yaml",
            "include:
  - db/compose.yaml
  - path: [other/a.yaml, other/b.yaml]
    project_directory: other/dir
  - absent.yaml
  - compose.yaml
  - oci://x/y
services:
  web: {image: web, networks: [dbnet]}
  clash: {image: mine}
  heir: {extends: db}
",
        ),
        (
            "db/compose.yaml",
            "name: ignored
include: [deep/compose.yaml]
services:
  db: {image: 'db:${TAG:-none}', volumes: ['./data:/data'], networks: [dbnet]}
  clash: {image: theirs, hostname: theirs}
networks: {dbnet: }
",
        ),
        (
            "db/deep/compose.yaml",
            "include: [../../compose.yaml]\nservices: {deep: {image: deep}}",
        ),
        (
            "other/a.yaml",
            "services: {o: {image: a, volumes: ['./o:/o']}}",
        ),
        ("other/b.yaml", "services: {o: {image: b}}"),
    ];
    let loaded = Case::new(&files).load(&["compose.yaml"]);
    let project = loaded.project();
    let names: Vec<&str> = project
        .services
        .iter()
        .map(|it| it.name.value.as_str())
        .collect();
    assert_eq!(names, ["web", "clash", "heir", "db", "deep", "o"]);
    let db = loaded.service("db");
    assert_eq!(
        db.mounts[0].host,
        Some(PathBuf::from("/w/My.Project/db/data"))
    );
    assert_eq!(loaded.stack.name(db.at.source), "db/compose.yaml");
    let clash = loaded.service("clash");
    assert_eq!(clash.image.as_ref().unwrap().value.text, "mine");
    assert_eq!(clash.hostname.as_ref().unwrap().value.text, "theirs");
    assert!(loaded.service("heir").image.is_some());
    let o = loaded.service("o");
    assert_eq!(o.image.as_ref().unwrap().value.text, "b");
    assert_eq!(
        o.mounts[0].host,
        Some(PathBuf::from("/w/My.Project/other/dir/o"))
    );
    assert_eq!(
        project.network("dbnet").unwrap().real_name.text,
        "myproject_dbnet"
    );
    let files: Vec<&str> = project
        .files
        .iter()
        .map(|id| loaded.stack.name(*id))
        .collect();
    assert_eq!(
        files,
        [
            "compose.yaml",
            "db/compose.yaml",
            "db/deep/compose.yaml",
            "other/a.yaml",
            "other/b.yaml",
            "absent.yaml"
        ]
    );
    assert_eq!(
        loaded.gaps(),
        [
            "db/deep/compose.yaml: including this file leads back to itself",
            "absent.yaml: cannot be read: no such file",
            "compose.yaml: including this file leads back to itself",
            "compose.yaml: oci://x/y is remote: not followed",
        ]
    );
}

#[test]
fn pointers_through_anchors_and_merge_keys() {
    let loaded = one("x-base: &base
  image: shared
  environment: &env
    A: 1
services:
  a:
    <<: *base
    hostname: a
  b:
    environment:
      <<: *env
      B: 2
  c:
    environment: *env
");
    let image = loaded.service("a").image.as_ref().unwrap();
    assert_eq!(loaded.place(&image.at), "compose.yaml x-base.image shared");
    assert_eq!(loaded.env("b"), ["env B=2", "env A=1"]);
    let a = loaded.service("c").variable("A").unwrap();
    assert_eq!(loaded.place(&a.at), "compose.yaml x-base.environment.A 1");
}

#[test]
fn an_absent_env_file() {
    let loaded = one("services:
  a:
    env_file:
      - absent.env
      - {path: other.env, required: false}
      - $NOBODY.env
    environment: {OWN: 1}
");
    let a = loaded.service("a");
    let files: Vec<_> = a
        .env_files
        .iter()
        .map(|it| (it.path.as_str(), it.required, it.read, it.source.is_some()))
        .collect();
    assert_eq!(
        files,
        [
            ("absent.env", true, false, true),
            ("other.env", false, false, true),
            ("$NOBODY.env", true, false, false),
        ]
    );
    assert_eq!(
        loaded.place(&a.env_files[1].at),
        "compose.yaml services.a.env_file[1] {path: other.env, required: false}"
    );
    assert_eq!(a.env("OWN"), EnvLookup::Set("1".into()));
    assert_eq!(a.env("ELSE"), EnvLookup::Unknown);
    assert_eq!(loaded.stack.inputs.len(), 1);
}

#[test]
fn ten_thousand_services_load_in_linear_time() {
    let mut compose = String::from("services:\n  base: {image: x, environment: {A: 1}}\n");
    for at in 0..10_000 {
        compose += &format!(
            "  s{at}:\n    extends: base\n    image: x:${{TAG:-1}}\n    ports: ['{}:80']\n    environment: [A=1, B=2]\n    networks: [n]\n",
            at + 10_000
        );
    }
    let started = std::time::Instant::now();
    let loaded = one(&compose);
    assert_eq!(loaded.project().services.len(), 10_001);
    assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
}

#[test]
fn interpolation_variables() {
    let files = [
        (
            "compose.yaml",
            "services: {a: {environment: ['A=${A}', 'B=${B}', 'C=${C}', 'D=${D:-d}', 'E=$E', 'F=$F', 'G=$G', FROM_DOT]}}",
        ),
        (
            ".env",
            "A=dot\nB=dot-b # comment\nC=\"${B}-$A\"\nE='$A'\nF=$NOBODY\nG=\"\\$A\"\nFROM_DOT=x\n",
        ),
        ("one.env", "A=1\nB=1\n"),
        ("two.env", "B=2-$A\n"),
    ];
    let loaded = Case::new(&files)
        .shell("A", "shell")
        .load(&["compose.yaml"]);
    assert_eq!(
        loaded.env("a"),
        [
            "env A=shell",
            "env B=dot-b",
            "env C=dot-b-shell",
            "env D=d",
            "env E=$A",
            "env F=?$NOBODY",
            "env G=$A",
            "env FROM_DOT=x",
        ]
    );
    let inputs: Vec<_> = loaded
        .stack
        .inputs
        .iter()
        .map(|it| (loaded.stack.name(it.source), it.kind, it.how))
        .collect();
    assert_eq!(
        inputs,
        [
            (".env", Kind::Env, How::Found),
            ("compose.yaml", Kind::Compose, How::Flag)
        ]
    );

    let mut case = Case::new(&files);
    case.request.env_files = vec![clean_path("one.env"), clean_path("two.env")];
    let loaded = case.load(&["compose.yaml"]);
    assert_eq!(
        loaded.env("a")[..3],
        ["env A=1", "env B=2-1", "env C=?${C}"]
    );

    let mut case = Case::new(&files);
    case.request.env_files = vec![clean_path("absent.env")];
    let loaded = case.load(&["compose.yaml"]);
    assert_eq!(loaded.gaps(), ["absent.env: cannot be read: no such file"]);
}

/// A default holds where nothing sets its variable: that is not known while there is something that may not be read.
#[test]
fn what_a_file_that_may_not_be_read_defines_is_not_known() {
    let compose = "services:
  a:
    image: x
    profiles: [extra]
    ports: ['${PORT:-8000}:8000']
    environment: {A: '${A:-1}', B: '${B:-2}', C: '${C}'}
    env_file: [own.env]
";
    let files = [
        ("compose.yaml", compose),
        ("own.env", "D=${D:-3}\n"),
        ("near.env", "B=near\n"),
        ("../far.env", "A=far\nCOMPOSE_PROFILES=extra\n"),
    ];
    let case = |names: &[&str]| {
        let mut case = Case::new(&files);
        case.files = case.files.below(DIR);
        case.request.env_files = names.iter().map(|name| clean_path(name)).collect();
        case.load(&["compose.yaml"])
    };
    let known = case(&["near.env"]);
    assert_eq!(
        known.env("a"),
        ["env A=1", "env B=near", "env C=?${C}", "file D=3"]
    );
    assert_eq!(known.ports("a"), ["* 8000-8000 8000-8000 tcp"]);
    assert_eq!(known.project().name, "myproject");
    assert!(known.project().leaves_out(known.service("a")));

    let unknown = case(&["near.env", "../far.env"]);
    assert_eq!(
        unknown.env("a"),
        ["env A=?${A}", "env B=near", "env C=?${C}", "file D=?${D}"]
    );
    assert_eq!(unknown.ports("a"), ["* ?${PORT} 8000-8000 tcp"]);
    assert!(!unknown.project().leaves_out(unknown.service("a")));
    assert_eq!(
        unknown.gaps(),
        ["/w/far.env: cannot be read: outside the directory that may be read"]
    );
}

#[test]
fn the_project_name_may_stand_in_dot_env() {
    let files = [
        ("compose.yaml", "services: {a: {image: x}}"),
        (".env", "COMPOSE_PROJECT_NAME=from-dot\n"),
    ];
    let loaded = Case::new(&files).load(&["compose.yaml"]);
    assert_eq!(loaded.project().name, "from-dot");
}

#[test]
fn env_files_give_way_to_environment_and_to_later_ones() {
    let files = [
        (
            "compose.yaml",
            "services:
  a:
    env_file:
      - one.env
      - path: sub/two.env
      - {path: raw.env, format: raw}
      - broken.env
    environment: {OWN: own, SHADOWED: ''}
  b: {env_file: one.env}
",
        ),
        (
            "one.env",
            "# first\nA=1\nB=${A}-b\nSHADOWED=x\nLITERAL='$A'\nexport C=c # not this\nFROM_SHELL\nNOBODY\nSEES=$OWN\nA=again\n",
        ),
        ("sub/two.env", "A=2\nB2=${B}\nSHELL_WINS=$FROM_SHELL\n"),
        ("raw.env", "RAW=\"$A\"\n"),
        ("broken.env", "X=\"open\n"),
    ];
    let loaded = Case::new(&files)
        .shell("FROM_SHELL", "s")
        .load(&["compose.yaml"]);
    assert_eq!(
        loaded.env("a"),
        [
            "env OWN=own",
            "env SHADOWED=",
            "file RAW=\"$A\"",
            "file A=2",
            "file B2=1-b",
            "file SHELL_WINS=s",
            "file A=again",
            "file B=1-b",
            "file SHADOWED=x",
            "file LITERAL=$A",
            "file C=c",
            "file FROM_SHELL=s",
            "file NOBODY",
            "file SEES=own",
        ]
    );
    let a = loaded.service("a");
    assert_eq!(
        loaded.place(&a.variable("A").unwrap().at),
        "sub/two.env A 2"
    );
    assert_eq!(a.env("OWN"), EnvLookup::Set("own".into()));
    assert_eq!(a.env("A"), EnvLookup::Unknown);
    let read: Vec<bool> = a.env_files.iter().map(|file| file.read).collect();
    assert_eq!(read, [true, true, true, false]);
    let b = loaded.service("b");
    assert_eq!(b.env("A"), EnvLookup::Set("again".into()));
    assert_eq!(b.env("ABSENT"), EnvLookup::Unset);
    assert_eq!(b.env_files[0].source, a.env_files[0].source);
    let inputs = loaded.stack.inputs.iter();
    assert_eq!(inputs.filter(|it| it.kind == Kind::Env).count(), 4);
}

#[test]
fn included_projects_have_variables_of_their_own() {
    let files = [
        (
            "compose.yaml",
            "include:
  - db/compose.yaml
  - {path: other.yaml, env_file: [named.env]}
services: {a: {image: '$OUTER$INNER'}}
",
        ),
        (".env", "OUTER=outer\n"),
        (
            "db/compose.yaml",
            "services: {db: {image: '$OUTER-$INNER', environment: [INNER]}}",
        ),
        ("db/.env", "OUTER=hidden\nINNER=inner\n"),
        ("other.yaml", "services: {o: {image: '$NAMED'}}"),
        ("named.env", "NAMED=n\n"),
    ];
    let loaded = Case::new(&files).load(&["compose.yaml"]);
    let image = |name: &str| {
        loaded
            .service(name)
            .image
            .as_ref()
            .unwrap()
            .value
            .text
            .clone()
    };
    assert_eq!(image("a"), "outer$INNER");
    assert_eq!(image("db"), "outer-inner");
    assert_eq!(loaded.env("db"), ["env INNER=inner"]);
    assert_eq!(image("o"), "n");
}

#[test]
fn of_services_that_were_not_read_whole_nothing_is_certainly_absent() {
    let unread = |files: &[(&str, &str)]| {
        let loaded = Case::new(files).load(&["compose.yaml"]);
        ["a", "b", "c"].map(|name| loaded.service(name).unread.clone())
    };
    let services = "  a: {image: x, extends: b}\n  b: {image: x, extends: {file: gone.yml, service: z}}\n  c: {image: x}\n";
    let whole = format!("services:\n{services}");
    let why = Some("gone.yml has no services that can be extended".to_owned());
    assert_eq!(
        unread(&[("compose.yaml", &whole)]),
        [why.clone(), why, None]
    );

    let plain = "services: {a: {image: x}, b: {image: x, command: run}, c: {image: x, environment: {V: '1'}}}\n";
    let broken = [("compose.yaml", plain), ("compose.override.yml", "a: [")];
    let why = Some("compose.override.yml was not read".to_owned());
    assert_eq!(unread(&broken), [why.clone(), why.clone(), why]);
    let loaded = Case::new(&broken).load(&["compose.yaml"]);
    assert_eq!(loaded.service("a").arguments(), None);
    assert!(loaded.service("b").arguments().is_some());
    assert_eq!(loaded.service("c").env("V"), EnvLookup::Set("1".into()));
    assert_eq!(loaded.service("c").env("W"), EnvLookup::Unknown);
    assert_eq!(one(plain).service("c").env("W"), EnvLookup::Unset);

    let including = format!("include: [gone.yml]\n{plain}");
    assert!(
        unread(&[("compose.yaml", &including)])
            .iter()
            .all(Option::is_some)
    );
}

#[test]
fn files_that_a_variable_names_are_not_read_and_missed() {
    let plain = "services: {a: {image: x}}\n";
    let gaps = |case: Case| case.load(&["compose.yaml"]).gaps();
    let with = |env: &str| Case::new(&[("compose.yaml", plain), (".env", env)]);
    assert_eq!(
        gaps(with("COMPOSE_FILE=compose.yaml:prod.yaml\n")),
        [".env: prod.yaml, which COMPOSE_FILE names, was not read"]
    );
    assert_eq!(
        gaps(with(
            "COMPOSE_PATH_SEPARATOR=,\nCOMPOSE_FILE=compose.yaml,../x.yaml\n"
        )),
        [".env: /w/x.yaml, which COMPOSE_FILE names, was not read"]
    );
    assert!(gaps(with("COMPOSE_FILE=compose.yaml\n")).is_empty());
    let shell = |value: &str| gaps(with("").shell("COMPOSE_FILE", value));
    assert_eq!(
        shell("compose.yaml:prod.yaml"),
        ["compose.yaml: prod.yaml, which COMPOSE_FILE names, was not read"]
    );
    assert!(shell("/elsewhere/compose.yaml").is_empty());
}

#[test]
fn what_newer_compose_files_say_is_not_misread() {
    let text = "x-base: &base\n  init: true\nx-more: &more\n  tty: true\nmodels:\n  my-llm: {model: ai/x, future: 1}\nfuture:\n  services: {ghost: {image: x}}\nservices:\n  a:\n    <<: [*base, *more]\n    image: !custom x:1\n    command: !custom [run, \"--now\"]\n    gpus: all\n    use_api_socket: true\n    develop: {watch: [{path: ., action: sync, target: /app}]}\n    pre_start: [{command: [echo]}]\n    models: {my-llm: {endpoint_var: LLM}, other: }\n    networks: {n: {gw_priority: 1, future: x}}\n    future: {ports: ['1:1']}\n    x-note: {image: y}\n  b:\n    image: x\n    models: [my-llm]\n    depends_on: [p]\n  p:\n    provider: {type: model}\nnetworks: {n: {future: 1}}\n";
    let loaded = one(text);
    assert!(loaded.gaps().is_empty(), "{:?}", loaded.gaps());
    let names: Vec<&str> = loaded
        .project()
        .services
        .iter()
        .map(|it| it.name.value.as_str())
        .collect();
    assert_eq!(names, ["a", "b", "p"]);
    let a = loaded.service("a");
    assert_eq!(a.image.as_ref().unwrap().value.get(), Some("x:1"));
    assert_eq!(words(&a.command), Some(vec!["run", "--now"]));
    assert_eq!(a.tty.as_ref().map(|tty| tty.value), Some(true));
    assert!(a.ports.is_empty() && a.complete() && a.api_socket.is_some());
    assert_eq!(a.networks.len(), 1);
    for (name, known) in [
        ("LLM", EnvLookup::Unknown),
        ("MY_LLM_MODEL", EnvLookup::Unknown),
        ("OTHER_URL", EnvLookup::Unknown),
        ("MY_LLM_URL", EnvLookup::Unset),
    ] {
        assert_eq!(a.env(name), known, "{name}");
    }
    // A provider may set anything in what depends on it.
    assert_eq!(loaded.service("b").env("ANY"), EnvLookup::Unknown);
    let p = loaded.service("p");
    assert!(p.provider.is_some() && p.networks.is_empty());
}

#[test]
fn what_is_not_read_of_a_file_is_said() {
    for (text, gap) in [
        (
            "services: {a: {image: x}}\n---\nservices: {b: {image: y}}\n",
            "compose.yaml: only the first of 2 documents of compose.yaml was read",
        ),
        (
            "include: other.yaml\nservices: {a: {image: x}}\n",
            "compose.yaml: `include` is not a list, as Compose expects",
        ),
        (
            "include: [\"oci://example.org/x:1\"]\nservices: {a: {image: x}}\n",
            "compose.yaml: oci://example.org/x:1 is remote: not followed",
        ),
        (
            "include: [\"remote:team/db\"]\nservices: {a: {image: x}}\n",
            "compose.yaml: remote:team/db is remote: not followed",
        ),
    ] {
        let loaded = one(text);
        assert_eq!(loaded.gaps(), [gap]);
        assert!(!loaded.service("a").complete(), "{text}");
        assert_eq!(loaded.service("a").env("V"), EnvLookup::Unknown);
    }
    let old = one("db:\n  image: postgres\n  ports: ['1:1']\n");
    assert_eq!(
        old.gaps(),
        ["compose.yaml: db is outside of `services`, where Compose 2 reads no service"]
    );
    assert!(
        one("---\nservices: {a: {image: x}}\n...\n")
            .gaps()
            .is_empty()
    );
    assert!(
        one("include: \nservices: {a: {image: x}}\n")
            .gaps()
            .is_empty()
    );
    assert!(
        one("x-a: {image: x}\nnetworks: {image: {}}\n")
            .gaps()
            .is_empty()
    );
}

#[test]
fn networks_and_network_mode() {
    let beside = |attributes: &str| {
        let loaded = one(&format!("services:\n  a: {{image: x, {attributes}}}\n"));
        let a = loaded.service("a");
        let at = a.networks_beside_mode.as_ref().map(|at| loaded.place(at));
        (at, a.network_mode.is_some(), a.networks.len())
    };
    let at = Some("compose.yaml services.a.networks [n]".to_owned());
    assert_eq!(beside("network_mode: host, networks: [n]"), (at, true, 0));
    assert_eq!(beside("network_mode: '', networks: [n]"), (None, false, 1));
    assert_eq!(
        beside("network_mode: '${M:-}', networks: [n]"),
        (None, false, 1)
    );
    assert_eq!(
        beside("network_mode: '${M}', networks: [n]"),
        (None, true, 0)
    );
    assert_eq!(beside("network_mode: host, networks: []"), (None, true, 0));
}
