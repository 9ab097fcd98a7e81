//! The key of a gateway's operator, where the gateway is asked at its container's address: it goes to that container, and to
//! nobody else.
#![cfg(target_os = "linux")]

use std::net::SocketAddr;

use mcpdoc::command::check::Prepared;
use mcpdoc::fact::{Ask, Engine, Known, Probe};
use mcpdoc::load::{Memory, load};
use mcpdoc::observe::{Places, answer};
use mcpdoc::plan::{Permissions, Trial, Untried};
use mcpdoc::{Witness, investigate};

use described::Described;
use served::{Asked, Served};

#[path = "support/described.rs"]
mod described;
#[path = "support/served.rs"]
mod served;
#[path = "support/run.rs"]
mod support;

const KEY: &str = "sk-w8Rk2Tz5Qm7Lx4Vb9Np3";
/// The variable that holds it.
const VARIABLE: &str = "OPERATOR_KEY";
/// The gateway's container, another one, and this machine: every address of this network is its own.
const GATEWAY: [u8; 4] = [127, 0, 0, 77];
const OTHER: [u8; 4] = [127, 0, 0, 78];
const MACHINE: [u8; 4] = [127, 0, 0, 1];

/// Three that listen on one port, and note what they are asked.
struct Listening {
    port: u16,
    gateway: Served,
    others: [Served; 2],
}

impl Listening {
    /// The gateway gives every request this answer; the others say that they are no gateway.
    fn new(answer: &str) -> Listening {
        let gateway = serve(SocketAddr::from((GATEWAY, 0)), answer.to_owned());
        let port = gateway.address.port();
        let other = |address| {
            let nothing =
                "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
            serve(SocketAddr::from((address, port)), nothing.to_owned())
        };
        Listening {
            port,
            gateway,
            others: [other(OTHER), other(MACHINE)],
        }
    }

    /// Whether the gateway was sent the key. Fails if somebody else was.
    fn gateway_got_the_key(&self) -> bool {
        for other in &self.others {
            assert!(!other.asked().iter().any(has_key), "{:?}", other.asked());
        }
        self.gateway.asked().iter().any(has_key)
    }

    /// What became of the question with the key where the engine shows this.
    fn tried(&self, engine: &str) -> String {
        let engine = engine.replace("PORT", &self.port.to_string());
        let compose = format!(
            "name: stack\nservices:\n  litellm:\n    image: ghcr.io/berriai/litellm:main-v1.109.1-stable\n    \
             command: [--config, /app/config.yaml, --port, \"{}\"]\n    \
             volumes: [\"./config.yaml:/app/config.yaml\"]\n  \
             other:\n    image: example/other\n",
            self.port
        );
        let mut files = Memory::default();
        files.insert(format!("{}/compose.yaml", support::CWD), compose);
        files.insert(
            format!("{}/config.yaml", support::CWD),
            "mcp_servers:\n  db:\n    url: http://db:8000/mcp\n    transport: http\n",
        );
        let Prepared {
            mut request,
            settings,
            selection,
            ..
        } = support::prepared("--litellm config.yaml --compose compose.yaml", None, &files);
        request.shell.insert(VARIABLE.to_owned(), KEY.to_owned());
        let permissions = Permissions {
            probe: true,
            docker: true,
            gateway_key: Some(VARIABLE.to_owned()),
            ..Permissions::default()
        };
        let engine = Described::new(&engine).engine(&load(&request, &files));
        let mut real = Real(Some(engine));
        let examination = investigate(
            &request,
            &settings,
            &selection,
            &permissions,
            &files,
            &mut real,
        );
        let operators = examination.plan.operators.expect("a key");
        match operators.trials.as_slice() {
            [Trial::Asked(number)] => examination.plan.asks[*number].name(),
            [Trial::Not(Untried::Because(why))] => why.clone(),
            other => panic!("{other:?}"),
        }
    }
}

fn serve(address: SocketAddr, answer: String) -> Served {
    Served::start_at(address, move |mut peer| {
        let port = peer.stream.local_addr().map_or(0, |own| own.port());
        let answer = answer.replace("PORT", &port.to_string());
        async move {
            if peer.request().await.is_some() {
                peer.say(answer).await;
            }
        }
    })
}

fn has_key(asked: &Asked) -> bool {
    let headers = asked.headers.iter();
    let texts = headers
        .map(|(_, value)| value)
        .chain([&asked.line, &asked.body]);
    texts.into_iter().any(|text| text.contains(KEY))
}

/// An engine that a test describes, and the sockets of this machine.
struct Real(Option<Engine>);

impl Witness for Real {
    fn survey(&mut self) -> Known<Engine> {
        Known::Yes(self.0.take().expect("an engine, asked once"))
    }

    fn answer(&mut self, asks: &[Ask]) -> Vec<Probe> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.block_on(answer(asks, &Places::default(), |_| ()))
    }
}

const REFUSED: &str =
    "HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}";
/// The gateway, and another container that goes by its name.
const BOTH: &str = "service litellm\n  no network stack_default\n  network stack_default 127.0.0.77 as litellm\n\
                    container decoy\n  network stack_default 127.0.0.78 as litellm\n";

#[test]
fn it_is_sent_to_the_gateways_container() {
    for engine in [
        BOTH.to_owned(),
        // Whatever else is published, and on whatever else it may be.
        format!("{BOTH}  publish 127.0.0.1:PORT:PORT\n"),
        format!(
            "{BOTH}service other\n  no network stack_default\n  network stack_default 127.0.0.78\n"
        ),
    ] {
        let listening = Listening::new(REFUSED);
        let tried = listening.tried(&engine);
        assert_eq!(tried, format!("http://litellm:{}/mcp/", listening.port));
        assert!(listening.gateway_got_the_key(), "{engine}");
        assert!(listening.others.iter().all(|other| other.accepted() == 0));
    }
}

#[test]
fn it_goes_nowhere_else_when_the_gateway_says_so() {
    for answer in [
        "HTTP/1.1 307 Temporary Redirect\r\nLocation: http://127.0.0.78:PORT/mcp/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        "HTTP/1.1 302 Found\r\nLocation: http://localhost:PORT/mcp/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer resource_metadata=\"http://127.0.0.78:PORT/meta\"\r\n\
         Content-Length: 0\r\nConnection: close\r\n\r\n",
    ] {
        let listening = Listening::new(answer);
        listening.tried(BOTH);
        assert!(listening.gateway_got_the_key(), "{answer}");
    }
}

#[test]
fn without_the_gateways_container_it_is_sent_to_nobody() {
    let decoy = "container decoy\n  network stack_default 127.0.0.78 as litellm\n";
    let gone = "no container of litellm runs";
    let unseen = "litellm publishes no port, and no engine shows its address";
    for (gateway, why) in [
        ("", gone),
        ("service litellm\n  exited 1\n", gone),
        ("service litellm\n  created\n", gone),
        // Its own network, or none.
        ("service litellm\n  no network stack_default\n", unseen),
        (
            "service litellm\n  no network stack_default\n  mode container:decoy\n",
            unseen,
        ),
    ] {
        let listening = Listening::new(REFUSED);
        let tried = listening.tried(&format!("{gateway}{decoy}"));
        assert!(tried.starts_with(why), "{gateway}: {tried}");
        assert!(!listening.gateway_got_the_key());
    }
    // Addresses of another machine's containers mean something else here.
    let listening = Listening::new(REFUSED);
    let tried = listening.tried(&format!("engine linux remote\n{BOTH}"));
    let far = "its engine is not known to run on this machine";
    assert!(tried.starts_with(far), "{tried}");
    assert!(!listening.gateway_got_the_key());
}
