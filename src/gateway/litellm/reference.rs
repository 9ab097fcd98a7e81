//! References to variables that LiteLLM takes literally: wherever they stand in the file.

use std::collections::HashMap;

use super::super::Why;
use super::include::Sections;
use super::section::SERVERS;
use super::{PREFIX, Reader};
use crate::catalog::VersionSet;
use crate::model::{Reference, Spelling};
use crate::source::{Node, Part, SourceId, Step};

/// Programs that fill in `$NAME` themselves.
const SHELLS: [&str; 5] = ["sh", "bash", "ash", "dash", "zsh"];

/// Looks at every string of the file.
pub(super) fn read(reader: &mut Reader<'_>, sections: &Sections<'_>) {
    let homes = homes(reader, sections);
    for node in sections.nodes() {
        if node.is_key() || node.is_alias() {
            continue;
        }
        // Of several lines are scripts, prompts and documents, whose dollars are somebody else's.
        if let Some(text) = node.as_str().filter(|text| !text.trim_end().contains('\n')) {
            for reference in Reference::find(text) {
                let home = homes.get(&place(node));
                reader.server = home.and_then(|home| home.number);
                one(reader, home, node, text, &reference);
            }
        }
    }
    reader.server = None;
}

/// The part of a server that a string belongs to, wherever the file has it: an anchor may stand outside.
struct Home<'n> {
    number: Option<usize>,
    server: Node<'n>,
    key: &'n str,
}

/// The file, and the byte at which a node begins in it.
type Place = (SourceId, usize);

fn place(node: Node<'_>) -> Place {
    (node.source().id(), node.span().start)
}

/// The homes of all strings under `mcp_servers`. What several servers share belongs to the first.
fn homes<'n>(reader: &Reader<'_>, sections: &Sections<'n>) -> HashMap<Place, Home<'n>> {
    let mut homes = HashMap::new();
    let servers = sections.get(SERVERS).map(Node::entries);
    for (name, server) in servers.unwrap_or_default() {
        for (key, value) in server.entries() {
            let mut rest = vec![value.target()];
            while let Some(node) = rest.pop() {
                rest.extend(node.items().map(Node::target));
                rest.extend(node.entries().into_iter().map(|(_, value)| value.target()));
                if node.as_str().is_some() {
                    homes.entry(place(node)).or_insert_with(|| Home {
                        number: reader.numbers.get(name).copied(),
                        server,
                        key,
                    });
                }
            }
        }
    }
    homes
}

fn one(
    reader: &mut Reader<'_>,
    home: Option<&Home<'_>>,
    node: Node<'_>,
    text: &str,
    reference: &Reference,
) {
    let path = node.path();
    let in_list = node.parent().is_some_and(Node::is_seq);
    let server = home.map(|home| home.server);
    let place = home.map(|home| home.key);
    let mut versions = VersionSet::all();
    match reference.spelling {
        // That is how it is done, except in lists.
        Spelling::OsEnviron if reference.range.start == 0 && !(in_list && server.is_some()) => {
            return;
        }
        Spelling::Moustache
            if server.is_none() && path.steps().first() == Some(&Step::Key("prompts".into())) =>
        {
            return;
        }
        Spelling::Braces => {
            if let Some(expands) =
                place.and_then(|key| reader.facts.servers.references.expanded.get(key))
            {
                versions = expands.complement();
            }
        }
        _ => {}
    }
    let dollar = !matches!(reference.spelling, Spelling::OsEnviron);
    if dollar && place == Some("args") && server.is_some_and(runs_a_shell) {
        return;
    }
    let bearer = text.trim_start().starts_with("Bearer ") && place == Some("auth_value");
    let whole = reference.is_whole(text)
        || bearer
            && reference.range.end == text.len()
            && text[..reference.range.start].trim() == "Bearer";
    let (problem, write) = if in_list && place == Some("args") {
        (
            "nothing is looked up inside `args`: hand the variable over in `env`, or let a shell fill it in (`command: sh`, `args: [-c, …]`)",
            None,
        )
    } else if in_list {
        ("nothing is looked up inside lists", None)
    } else if whole && reference.spelling != Spelling::Input {
        (
            "LiteLLM takes it literally: only a value that starts with os.environ/ is looked up",
            Some(format!("{PREFIX}{}", reference.name)),
        )
    } else {
        (
            "LiteLLM takes it literally, and looks up whole values only: put the whole value into one variable",
            None,
        )
    };
    let why = Why::Reference {
        text: text[reference.range.clone()].to_owned(),
        problem: problem.to_owned(),
        variable: reference.name.clone(),
        write,
    };
    reader.ignore(node.pointer(), Part::Value, why, &versions);
}

fn runs_a_shell(server: Node<'_>) -> bool {
    server
        .get("command")
        .and_then(Node::as_str)
        .and_then(|command| command.rsplit('/').next())
        .is_some_and(|program| SHELLS.contains(&program))
}
