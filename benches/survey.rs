//! What a survey of a container engine costs: 50 containers on 10 networks, on the engine of this machine.
//! `cargo bench --bench survey [CONTAINERS]`.

#![expect(clippy::print_stdout, reason = "it reports")]

use std::time::{Duration, Instant};

use mcpdoc::fact::{Engine, Known};
use mcpdoc::load::Memory;
use mcpdoc::observe::docker::{Search, survey};

#[path = "../tests/support/engine.rs"]
mod engine;

use engine::{Lab, Spec};

const NETWORKS: usize = 10;
const ROUNDS: usize = 21;

fn main() {
    let count = std::env::args().skip(1).find_map(|word| word.parse().ok());
    let count: usize = count.unwrap_or(50);
    let lab = Lab::new();
    let networks: Vec<String> = (0..NETWORKS).map(|at| format!("net{at}")).collect();
    for network in &networks {
        lab.network(network);
    }
    let names: Vec<String> = (0..count).map(|at| format!("server{at}")).collect();
    for (at, name) in names.iter().enumerate() {
        lab.run(Spec {
            name,
            networks: &[(networks[at % NETWORKS].as_str(), &["alias"])],
            command: &["httpd", "-f", "-h", "/tmp", "-p", "8000"],
            ..Spec::default()
        });
    }
    let before = peak();
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        let began = Instant::now();
        let engine = surveyed();
        times.push(began.elapsed());
        let ours = engine.containers.iter();
        let ours = ours.filter(|one| one.name.starts_with(&lab.name("")));
        assert_eq!(ours.count(), count);
        assert!(
            engine.is_here() && engine.gaps.is_empty(),
            "{:?}",
            engine.gaps
        );
    }
    times.sort_unstable();
    println!(
        "{count} containers on {NETWORKS} networks: median {:.1} ms (best {:.1}, worst {:.1}), peak memory {} MiB, {} MiB before",
        ms(times[ROUNDS / 2]),
        ms(times[0]),
        ms(times[ROUNDS - 1]),
        peak() / 1024,
        before / 1024
    );
}

fn surveyed() -> Engine {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let search = Search::default();
    match runtime.block_on(survey(&search, &Memory::default())) {
        Known::Yes(engine) => engine,
        Known::No(unknown) => panic!("{unknown:?}"),
    }
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

/// The most memory that this process had at a time, in KiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("the process's own status");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let digits = line.and_then(|line| line.split_ascii_whitespace().next());
    digits
        .and_then(|digits| digits.parse().ok())
        .expect("a number")
}
