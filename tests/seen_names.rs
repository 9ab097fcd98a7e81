//! Names and ports where the engine shows who has them: what is proposed, and which of two findings speaks.

#[path = "support/described.rs"]
mod described;
#[path = "support/run.rs"]
mod support;

use described::Described;
use mcpdoc::Examination;
use mcpdoc::load::Memory;

/// A stack whose gateway calls `url`; `networks` is where the server is by its file.
fn examined(url: &str, networks: &str, engine: &str) -> Examination {
    let mut files = Memory::default();
    files.insert(
        format!("{}/config.yaml", support::CWD),
        format!("mcp_servers:\n  tools:\n    transport: http\n    url: {url}\n"),
    );
    files.insert(
        format!("{}/compose.yaml", support::CWD),
        format!(
            "services:\n  litellm:\n    image: ghcr.io/berriai/litellm:main-v1.77.3-stable\n    command: --config /app/config.yaml\n    \
             volumes: ['./config.yaml:/app/config.yaml']\n    networks: [front]\n  tools:\n    image: example/tools\n    \
             ports: ['48010:8000']\n    networks: [{networks}]\nnetworks:\n  front:\n  back:\n"
        ),
    );
    Described::new(engine).examine("--litellm config.yaml", &files)
}

/// Checks of names, networks and ports, with their messages and the titles of their repairs.
fn said(examination: &Examination) -> Vec<String> {
    let about = [
        "bind-loopback",
        "container-stale",
        "no-shared-network",
        "port-not-listening",
        "unknown-host",
    ];
    let findings = examination.diagnosis.findings.iter();
    let findings = findings.map(|judged| &judged.finding);
    findings
        .filter(|finding| about.contains(&finding.check))
        .map(|finding| {
            let titles = finding.fixes.iter().map(|fix| format!(" → {}", fix.title));
            let (word, check) = (finding.severity.word(), finding.check);
            format!(
                "{word} {check}: {}{}",
                finding.message,
                titles.collect::<String>()
            )
        })
        .collect()
}

#[test]
fn a_name_much_like_one_that_is_known_there_is_proposed() {
    let engine = "service litellm\nservice tools\n";
    assert_eq!(
        said(&examined("http://tool:8000/mcp", "front", engine)),
        [
            "error unknown-host: config.yaml's tools calls tool, and no container on the networks of stack-litellm-1 has \
             that name: did you mean tools? → call http://tools:8000/mcp"
        ]
    );
}

#[test]
fn somebody_elses_container_of_that_name_is_not_meant() {
    let engine =
        "service litellm\nservice tools\ncontainer other-tools\n  network elsewhere as tools\n";
    let own = said(&examined("http://tools:8000/mcp", "back", engine));
    assert_eq!(
        own,
        [
            "error no-shared-network: litellm is on stack_front, but tools is on stack_back: litellm cannot reach tools; \
             let tools join front → let tools join front"
        ]
    );
    // Which of two others is meant nobody knows.
    let others = "service litellm\nservice tools\ncontainer one\n  network a as db\ncontainer two\n  network b as db\n";
    assert_eq!(
        said(&examined("http://db:8000/mcp", "front", others)),
        [
            "error unknown-host: config.yaml's tools calls db, and no container on the networks of stack-litellm-1 has \
             that name"
        ]
    );
}

#[test]
fn what_was_joined_by_hand_is_not_to_be_made_anew() {
    let engine = "service litellm\nservice tools\n  network stack_front as tools\n";
    assert_eq!(
        said(&examined("http://tools:8000/mcp", "back", engine)),
        [
            "warning no-shared-network: litellm and tools share stack_front only until they are made again: no file says \
             so → let tools join front"
        ]
    );
}

#[test]
fn a_port_on_which_nobody_listens_comes_with_the_one_on_which_somebody_does() {
    let engine = "service litellm\nservice tools\n  listens 0.0.0.0:9000\n";
    assert_eq!(
        said(&examined("http://tools:8000/mcp", "front", engine)),
        [
            "error port-not-listening: tools calls port 8000 of tools, and nobody listens there: it listens on 9000 → call \
             http://tools:9000/mcp"
        ]
    );
    let extra = "service litellm\nservice tools\n  listens 0.0.0.0:9000\n  listens 0.0.0.0:9001\n";
    let two = said(&examined("http://tools:8000/mcp", "front", extra));
    assert_eq!(
        two,
        [
            "error port-not-listening: tools calls port 8000 of tools, and nobody listens there: it listens on 9000 and 9001"
        ]
    );
}
