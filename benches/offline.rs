//! The offline check, file system left out: the case, and synthetic stacks of 10 to 10,000 servers.
//!
//! `cargo bench --bench offline`. Whole-process figures come from `benches/process.sh`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use divan::Bencher;
use mcpdoc::chain::Settings;
use mcpdoc::load::{Memory, Request};
use mcpdoc::{Selection, examine};

#[path = "stack.rs"]
mod stack;

fn main() {
    divan::main();
}

fn request() -> Request {
    Request {
        cwd: PathBuf::from("/stack"),
        paths: vec![PathBuf::from("/stack")],
        shell: BTreeMap::new(),
        ..Request::default()
    }
}

fn memory(files: Vec<(String, String)>) -> Memory {
    let mut memory = Memory::default();
    for (name, text) in files {
        memory.insert(PathBuf::from("/stack").join(name), text);
    }
    memory
}

fn bench(bencher: Bencher, files: Vec<(String, String)>) {
    let memory = memory(files);
    let request = request();
    bencher.bench(|| {
        examine(
            &request,
            &Settings::default(),
            &Selection::default(),
            &memory,
        )
    });
}

#[divan::bench]
fn linuxserver_lan(bencher: Bencher) {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/linuxserver.lan/stack");
    let files = [
        "litellm/config/config.yaml",
        "litellm/docker-compose.yml",
        "mcp/postgres/docker-compose.yml",
        "secrets/litellm.env",
        "secrets/mcp-postgres.env",
        "home/.config/claude/mcp-settings.json",
    ];
    let files = files
        .iter()
        .map(|name| {
            let text = std::fs::read_to_string(root.join(name)).expect("a file of the fixture");
            ((*name).to_owned(), text)
        })
        .collect();
    bench(bencher, files);
}

/// Servers that are all as they should be: what a run costs that finds nothing.
#[divan::bench(args = [10, 100, 1_000, 10_000], sample_count = 10, sample_size = 1)]
fn right(bencher: Bencher, servers: usize) {
    bench(bencher, stack::synthetic(servers, stack::Health::Right));
}

/// Servers that are all wrong in the same way: what findings cost.
#[divan::bench(args = [10, 100, 1_000, 10_000], sample_count = 10, sample_size = 1)]
fn wrong(bencher: Bencher, servers: usize) {
    bench(bencher, stack::synthetic(servers, stack::Health::Wrong));
}
