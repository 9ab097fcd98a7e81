//! What a probe costs over the bare requests that it sends: the same requests, sent by a bare HTTP client to the same
//! server, turn by turn in one run. `cargo bench --bench probe -- [ROUNDS] [URL]`; without a url a server of the Rust SDK
//! in this process, which answers faster than any other.

#![expect(clippy::print_stdout, reason = "it reports")]

use std::time::{Duration, Instant};

use mcpdoc::fact::{Ask, Probe};
use mcpdoc::observe;

#[path = "../tests/support/rust_sdk.rs"]
mod rust_sdk;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let rounds = words.iter().find_map(|word| word.parse().ok());
    let rounds: usize = rounds.unwrap_or(200);
    let given = words.iter().find(|word| word.contains("://"));
    let provider = rustls::crypto::ring::default_provider();
    provider.install_default().expect("the only provider");
    let server = tokio::runtime::Runtime::new().expect("a runtime");
    let url = match given {
        Some(url) => url.parse().expect("a url"),
        None => server.block_on(rust_sdk::serve()),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let ask = Ask::url(url.as_str());
    let model = runtime.block_on(observe::probe(&ask));
    let (mut probes, mut bares) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        let began = Instant::now();
        let probe = runtime.block_on(observe::probe(&ask));
        probes.push(began.elapsed());
        assert_eq!(probe.exchanges.len(), model.exchanges.len());
        let began = Instant::now();
        runtime.block_on(bare(&model));
        bares.push(began.elapsed());
    }
    let (probe, bare) = (median(probes), median(bares));
    println!(
        "{} requests, {rounds} rounds: probe {:.2} ms, bare client {:.2} ms, ratio {:.2}",
        model.exchanges.len(),
        probe.as_secs_f64() * 1e3,
        bare.as_secs_f64() * 1e3,
        probe.as_secs_f64() / bare.as_secs_f64()
    );
}

/// The requests of a conversation, and nothing else: a client as a program would have it, with each answer read as far as
/// the message that was asked for. The stream that it comes in may stay open for a while.
async fn bare(model: &Probe) {
    let client = reqwest::Client::builder()
        .no_proxy()
        // Reading the machine's certificates would be most of the time, and nothing here is encrypted.
        .tls_certs_only([])
        .build()
        .expect("a client");
    let mut session = None;
    for exchange in &model.exchanges {
        let request = &exchange.request;
        let method = request.method.parse().expect("a method");
        let mut built = client.request(method, request.url.as_str());
        for (name, value) in &request.headers {
            let value = match (&session, name.as_str()) {
                (Some(session), "Mcp-Session-Id") => session,
                _ => value,
            };
            built = built.header(name, value);
        }
        if let Some(body) = &request.body {
            built = built.body(body.clone());
        }
        let mut response = built.send().await.expect("an answer");
        if let Some(given) = response.headers().get("mcp-session-id") {
            session = Some(given.to_str().expect("a session").to_owned());
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.expect("a body") {
            body.extend_from_slice(&chunk);
            if body.windows(10).any(|part| part == b"\"jsonrpc\":") {
                break;
            }
        }
    }
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
