//! What a round over many endpoints costs: 200 of them, of which 20 accept connections and never answer, against the time
//! that one of these alone takes. `cargo bench --bench round [ENDPOINTS]`.

#![expect(clippy::print_stdout, reason = "it reports")]

use std::net::TcpListener;
use std::time::{Duration, Instant};

use mcpdoc::fact::{Ask, Ended, Limits, Probe};
use mcpdoc::observe;

#[path = "../tests/support/rust_sdk.rs"]
mod rust_sdk;

/// One in so many never answers.
const SILENT: usize = 10;

fn main() {
    let count = std::env::args().skip(1).find_map(|word| word.parse().ok());
    let count: usize = count.unwrap_or(200);
    let server = tokio::runtime::Runtime::new().expect("a runtime");
    let url = server.block_on(rust_sdk::serve());
    // The system accepts for it; nobody reads.
    let silent = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let silent = silent.local_addr().expect("an address");
    let limits = Limits {
        connect_ms: 1_000,
        answer_ms: 2_000,
        deadline_ms: 5_000,
    };
    let ask = |number: usize| {
        let mut ask = match number % SILENT {
            0 => Ask::url(format!("http://{silent}/mcp?{number}")),
            _ => Ask::url(format!("{url}?{number}")),
        };
        ask.limits = limits;
        ask
    };
    let all: Vec<Ask> = (0..count).map(ask).collect();
    let healthy: Vec<Ask> = (0..count).filter(|n| n % SILENT != 0).map(ask).collect();
    let (one, _) = timed(&all[..1]);
    let (quick, probes) = timed(&healthy);
    assert!(
        probes
            .iter()
            .all(|probe| probe.ended == Ended::Done && probe.tools.is_some())
    );
    let (took, probes) = timed(&all);
    let listed = probes.iter().filter(|probe| probe.tools.is_some()).count();
    assert_eq!(listed, healthy.len());
    println!(
        "{} that answer: {:.2} s; one that does not: {:.2} s; {count} with {} that do not: {:.2} s, ratio {:.2}",
        healthy.len(),
        quick.as_secs_f64(),
        one.as_secs_f64(),
        count - healthy.len(),
        took.as_secs_f64(),
        took.as_secs_f64() / one.as_secs_f64()
    );
}

fn timed(asks: &[Ask]) -> (Duration, Vec<Probe>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let began = Instant::now();
    let probes = runtime.block_on(observe::answer(asks, &observe::Places::default(), |_| {}));
    (began.elapsed(), probes)
}
