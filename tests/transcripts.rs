//! Every recording in `fixtures/wire/` is read as its head says: whether it works, and if not, the one cause.
//!
//! A recording is a world (`support/world.rs`) below a head of lines that begin with `#`: words on what was recorded, then
//! pairs of
//!
//! ```text
//! # asked: http://localhost:8000/mcp transport=sse era=2025-06-18 host=name withheld=header insecure token greet
//! # expect: broken wrong-transport http://localhost:8000/mcp; http 2025-11-25 …
//! ```
//!
//! where everything after the url is what else the caller brings. `SNAPSHOTS=overwrite` writes what is expected anew.

use std::path::{Path, PathBuf};

use mcpdoc::fact::{Ask, Eras, Target};
use mcpdoc::model::Transport;
use mcpdoc::wire::{Kind, Mode, Reading, Standing, Trouble, read};
use world::World;

#[expect(
    dead_code,
    reason = "of the worlds that tests share, this one needs no programs"
)]
#[path = "support/world.rs"]
mod world;

fn recordings() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/wire");
    let entries = std::fs::read_dir(folder).expect("fixtures/wire");
    let mut found: Vec<PathBuf> = entries.map(|entry| entry.expect("a file").path()).collect();
    found.sort();
    found
}

/// What a line after `asked:` asks.
fn ask(line: &str) -> Ask {
    let mut words = line.split(' ');
    let mut ask = Ask::url(words.next().expect("a url"));
    for word in words {
        match word.split_once('=') {
            Some(("transport", "http")) => ask.transport = Some(Transport::Http),
            Some(("transport", "sse")) => ask.transport = Some(Transport::Sse),
            Some(("falls-back", "sse")) => ask.falls_back = Some(Transport::Sse),
            Some(("era", "all")) => ask.eras = Eras::All,
            Some(("era", revision)) => {
                ask.eras = Eras::Only(revision.parse().expect("a revision"));
            }
            Some(("withheld", name)) => {
                ask.withheld = vec![(name.to_owned(), "its origin is not trusted".to_owned())];
            }
            Some(("host", host)) => ask.host = Some(host.to_owned()),
            None if word == "greet" => ask.lists.tools = false,
            None if word == "insecure" => ask.trust.any_certificate = true,
            None if word == "token" => {
                ask.headers = vec![("Authorization".to_owned(), "Bearer of-nobody".into())];
            }
            _ => panic!("asked: {line}: {word:?} is not known"),
        }
    }
    ask
}

/// A reading in one line. What is broken has one cause, and only what is broken has any.
fn told(reading: &Reading, tools: Option<usize>) -> String {
    let breaking = reading.troubles.iter().filter(|trouble| trouble.breaks);
    let causes: Vec<&Trouble> = breaking.collect();
    let standing = match (&reading.standing, causes.as_slice()) {
        (Standing::Works, []) => "works".to_owned(),
        (Standing::Broken, [cause]) => format!("broken {}", named(cause)),
        (Standing::Unknown(why), []) => format!("unknown: {why}"),
        (standing, causes) => {
            let causes: Vec<String> = causes.iter().map(|cause| named(cause)).collect();
            format!("CONTRADICTION: {standing:?} with {causes:?}")
        }
    };
    let mut parts: Vec<String> = Vec::new();
    parts.extend(
        reading
            .transport
            .map(|transport| transport.word().to_owned()),
    );
    parts.extend(reading.revisions.iter().cloned());
    parts.extend(reading.mode.map(|mode| {
        match mode {
            Mode::Stateful => "stateful",
            Mode::Stateless => "stateless",
        }
        .to_owned()
    }));
    parts.extend(
        reading
            .streams
            .filter(|streams| *streams)
            .map(|_| "streams".to_owned()),
    );
    let server = reading.server.as_ref();
    parts.extend(server.map(|server| format!("server={}/{}", server.name, server.version)));
    parts.extend(
        reading
            .sdk
            .map(|sdk| format!("sdk={}", sdk.replace(' ', "-"))),
    );
    parts.extend(tools.map(|count| format!("tools={count}")));
    parts.push(format!("auth={}", reading.auth.word()));
    let others = reading.troubles.iter().filter(|trouble| !trouble.breaks);
    parts.extend(others.map(|trouble| format!("also {}", named(trouble))));
    format!("{standing}; {}", parts.join(" "))
}

/// A trouble's check, and what it names where a caller needs that to mend it.
fn named(trouble: &Trouble) -> String {
    let text = format!("{} {}", trouble.kind.check(), detail(&trouble.kind));
    text.trim_end().to_owned()
}

fn detail(kind: &Kind) -> String {
    match kind {
        Kind::WrongPath { right, transport } => format!("{right} {}", transport.word()),
        Kind::WrongTransport { right, .. } => right.clone(),
        Kind::TlsMismatch { right, tried, .. } => {
            format!("{right} {}", if *tried { "tried" } else { "untried" })
        }
        Kind::Redirect {
            to, change, works, ..
        } => {
            format!("{to} {change:?} {}", if *works { "works" } else { "fails" })
        }
        Kind::NotMcp { foreign, .. } | Kind::NotHttp { foreign, .. } => format!("{foreign:?}"),
        Kind::ProtocolEraMismatch { asked, supported } => {
            format!("{asked:?} of {supported:?}")
        }
        Kind::ProtocolVersionUnsupported { asked, supported } => {
            format!("{asked} of {supported:?}")
        }
        Kind::UpstreamUnavailable { status, proxy, .. } => {
            format!("{status} {}", proxy.as_deref().unwrap_or_default())
        }
        Kind::StreamBuffered { proxy, .. } => proxy.clone().unwrap_or_default(),
        Kind::AuthRequired {
            schemes, status, ..
        } => format!("{status} {schemes:?}"),
        Kind::AuthRejected { status, error, .. } => format!("{status} {error:?}"),
        Kind::HostHeaderRejected {
            passes, setting, ..
        } => format!("{passes:?} {setting:?}"),
        Kind::ServerError {
            status, code, says, ..
        } => format!("{status} {code:?} {says:?}"),
        Kind::SessionLost { during, .. } | Kind::NoAnswer { during, .. } => format!("{during:?}"),
        Kind::OauthMetadataInvalid { field, found, .. } => format!("{field} {found:?}"),
        _ => String::new(),
    }
}

/// What one recording says of each question; the text of the file as it should be.
fn replayed(path: &Path) -> (Vec<String>, String) {
    let name = path.file_name().expect("a name").display();
    let text = std::fs::read_to_string(path).expect("UTF-8");
    let (head, body) = text.split_once("\n\n").expect("a head and a world");
    let mut differences = Vec::new();
    let mut lines = Vec::new();
    let mut world: Option<World> = None;
    let mut head = head.lines();
    while let Some(line) = head.next() {
        lines.push(line.to_owned());
        let Some(asked) = line.strip_prefix("# asked: ") else {
            assert!(
                line.starts_with("# ") && !line.starts_with("# expect: "),
                "{name}: {line}"
            );
            continue;
        };
        let expected = head.next().and_then(|line| line.strip_prefix("# expect: "));
        let expected = expected.unwrap_or_else(|| panic!("{name}: {asked}: what is expected?"));
        let ask = ask(asked);
        let Target::Url(url) = &ask.target else {
            unreachable!()
        };
        let world = world.get_or_insert_with(|| {
            let mut world = World::default();
            world.read(url, body);
            world
        });
        let probe = world.answer(&ask);
        let reading = read(&probe);
        let found = told(&reading, probe.tools.as_ref().map(|listing| listing.count));
        if found != expected || found.starts_with("CONTRADICTION") {
            differences.push(format!(
                "{name}: {asked}\n  expected {expected}\n  found    {found}"
            ));
        }
        lines.push(format!("# expect: {found}"));
    }
    assert!(world.is_some(), "{name}: nothing is asked");
    (differences, format!("{}\n\n{body}", lines.join("\n")))
}

#[test]
fn every_recording_is_read_as_its_head_says() {
    let recordings = recordings();
    assert!(recordings.len() > 30, "{recordings:?}");
    let overwrite = std::env::var("SNAPSHOTS").is_ok_and(|value| value == "overwrite");
    let mut differences = Vec::new();
    for path in &recordings {
        let (found, text) = replayed(path);
        if overwrite {
            std::fs::write(path, text).expect("a writable file");
        } else {
            differences.extend(found);
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}
