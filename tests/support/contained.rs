//! A small server in a container: the test program itself, with this machine's libraries.
#![allow(dead_code, reason = "each test uses its part")]

use mcpdoc::fact::Ask;
use mcpdoc::observe::probe;
use mcpdoc::wire::{Standing, read};
use rmcp::transport::streamable_http_server::StreamableHttpServerConfig;

use crate::rust_sdk;

/// What tells this program that it is the server in a container: where to listen, or the file to write messages to.
pub const LISTEN: &str = "MCPDOC_TEST_LISTEN";
pub const TALK: &str = "MCPDOC_TEST_TALK";
/// Set where the server is to check the Host header, as its SDK does by default.
pub const HOST_CHECK: &str = "MCPDOC_TEST_HOST_CHECK";

/// What starts it where [`program`] is mounted.
pub const SERVER: [&str; 4] = [
    "/server",
    "--exact",
    "contained::a_small_server",
    "--nocapture",
];

/// Options of `docker create` that put this program and its libraries into a container.
pub fn program() -> Vec<String> {
    let itself = std::env::current_exe().expect("this program");
    let mut mounts = vec!["-v".to_owned(), format!("{}:/server:ro", itself.display())];
    for dir in ["/lib", "/lib64", "/usr/lib"] {
        mounts.extend(["-v".to_owned(), format!("{dir}:{dir}:ro")]);
    }
    mounts
}

/// In a container, the server of these tests. Elsewhere, a proof that it is one.
#[test]
fn a_small_server() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.expect("a runtime").block_on(serve());
}

async fn serve() {
    let default = StreamableHttpServerConfig::default();
    let config = match std::env::var_os(HOST_CHECK) {
        Some(_) => default,
        None => default.disable_allowed_hosts(),
    };
    if let Ok(path) = std::env::var(TALK) {
        let output = std::fs::OpenOptions::new().write(true).open(path);
        let output = output.expect("where to write").into();
        let input = std::fs::File::open("/proc/self/fd/0")
            .expect("its input")
            .into();
        let output = tokio::net::unix::pipe::Sender::from_owned_fd(output).expect("a pipe");
        let input = tokio::net::unix::pipe::Receiver::from_owned_fd(input).expect("a pipe");
        return rust_sdk::talk(input, output).await;
    }
    if let Ok(address) = std::env::var(LISTEN) {
        rust_sdk::serve_on(&address, config).await;
        return std::future::pending().await;
    }
    let url = rust_sdk::serve_on("127.0.0.1:0", config).await;
    let probe = probe(&Ask::url(url)).await;
    let tools = probe.tools.as_ref().map(|listing| listing.count);
    assert_eq!((read(&probe).standing, tools), (Standing::Works, Some(1)));
}
