//! Stdio servers that a client or gateway starts in a container itself: `docker run -i image`.

use serde_json::json;

use super::Case;
use super::reader::entries;
use crate::catalog::engine::Starts;
use crate::chain::HopId;
use crate::change::{Change, Op};
use crate::gateway::Value;
use crate::model::Transport;
use crate::source::{At, Pointer};

/// A stdio server in a container of its own.
pub(crate) struct Container<'a> {
    /// The name of the entry that starts it.
    pub name: &'a str,
    /// Who starts it: "Claude Code", "the gateway".
    pub caller: &'static str,
    /// The arguments of the engine.
    pub args: &'a [At<String>],
    /// Where all arguments of the entry stand.
    pub args_at: Pointer,
    /// Those that stand before the engine's: `/c docker`.
    before: &'a [At<String>],
    /// What they ask for.
    pub starts: Starts,
    /// The names of the variables that the entry sets, and where.
    pub env: Vec<(&'a str, Pointer)>,
    pub hop: Option<HopId>,
}

/// Those of every client entry and of every gateway.
pub(crate) fn containers<'a>(case: &Case<'a>) -> Vec<Container<'a>> {
    let mut found = Vec::new();
    for found_entry in entries(case) {
        let entry = found_entry.entry;
        let kind = entry.kind.as_ref().map(|kind| kind.value.as_str());
        let Some(command) = &entry.command else {
            continue;
        };
        let items = found_entry
            .node(case, "args")
            .map_or(0, |node| node.items().len());
        // With arguments of other types the client does not start it at all.
        if !matches!(kind, None | Some("stdio")) || items != entry.args.len() {
            continue;
        }
        let Some((args, starts)) = read(&command.value, &entry.args) else {
            continue;
        };
        let env_at = entry.at.key("env");
        let env = found_entry
            .node(case, "env")
            .map(|node| node.entries())
            .unwrap_or_default();
        found.push(Container {
            name: &entry.name.value,
            caller: found_entry.file.client.title(),
            args,
            args_at: entry.at.key("args"),
            before: &entry.args[..entry.args.len() - args.len()],
            starts,
            env: env
                .into_iter()
                .map(|(name, _)| (name, env_at.key(name)))
                .collect(),
            hop: found_entry.hop.map(|hop| hop.id),
        });
    }
    for (gateway, view) in case.chain.gateways.iter().enumerate() {
        for (number, server) in view.outcome.servers.iter().enumerate() {
            let Some(Value::Text(program)) = server.command.as_ref().map(|at| &at.value) else {
                continue;
            };
            if server.transport != Transport::Stdio {
                continue;
            }
            let Some((args, starts)) = read(program, &server.args) else {
                continue;
            };
            let env = server.env.iter();
            found.push(Container {
                name: &server.name.value,
                caller: "the gateway",
                args,
                args_at: server.at.key("args"),
                before: &server.args[..server.args.len() - args.len()],
                starts,
                env: env
                    .map(|(name, value)| (name.as_str(), value.at.clone()))
                    .collect(),
                hop: case.chain.of_server(gateway, number).map(|hop| hop.id),
            });
        }
    }
    found
}

/// The engine's arguments and what they ask for; on Windows the engine may be started by `cmd /c`.
fn read<'a>(program: &str, args: &'a [At<String>]) -> Option<(&'a [At<String>], Starts)> {
    let (program, args) = match args {
        [flag, engine, rest @ ..]
            if program.eq_ignore_ascii_case("cmd") && flag.value.eq_ignore_ascii_case("/c") =>
        {
            (engine.value.as_str(), rest)
        }
        _ => (program, args),
    };
    let words: Vec<&str> = args.iter().map(|arg| arg.value.as_str()).collect();
    Some((args, Starts::read(program, &words)?))
}

impl Container<'_> {
    /// `docker run`
    pub fn verb(&self) -> String {
        let verb = &self.args[self.starts.flags - 1].value;
        format!("{} {verb}", self.starts.engine)
    }

    /// The changes that make `words` the engine's arguments.
    pub fn write(&self, words: &[String]) -> Vec<Change> {
        if words.len() == self.args.len() {
            let differ = self.args.iter().zip(words);
            return differ
                .filter(|(arg, word)| arg.value != **word)
                .map(|(arg, word)| Change {
                    at: arg.at.clone(),
                    op: Op::Set(json!(word)),
                })
                .collect();
        }
        let before = self.before.iter().map(|arg| &arg.value);
        let words: Vec<&String> = before.chain(words).collect();
        vec![Change {
            at: self.args_at.clone(),
            op: Op::Set(json!(words)),
        }]
    }
}
