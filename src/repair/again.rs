//! The command that holds a conversation again, and shows all of it.

use super::quoted;
use crate::fact::{Ask, Target, Vantage};

/// `mcpdoc probe --from litellm --allow-exec -v -- npx server`, without the secrets of what was asked.
pub fn probe_again(asked: &Ask) -> String {
    let mut words = vec!["mcpdoc probe".to_owned()];
    if let Some(container) = asked.from.container() {
        words.push(format!("--from {}", quoted(container)));
    }
    if matches!(asked.from, Vantage::Exec { .. }) {
        words.push("--allow-exec".to_owned());
    }
    words.push("-v".to_owned());
    if let Target::Command { args, .. } = &asked.target {
        words.push("--".to_owned());
        words.push(quoted(&asked.name()));
        words.extend(args.iter().map(|arg| quoted(&asked.masked(arg))));
    } else {
        words.push(quoted(&asked.name()));
    }
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn it_is_held_from_the_same_place() {
        let url = Ask::url("http://localhost:8000/mcp?a=1&b=2");
        assert_eq!(
            probe_again(&url),
            "mcpdoc probe -v 'http://localhost:8000/mcp?a=1&b=2'"
        );
        let mut inside = Ask::url("http://tools:8000/mcp");
        inside.from = Vantage::Namespace {
            container: "litellm".to_owned(),
            id: "0".repeat(64),
            pid: 1,
        };
        assert_eq!(
            probe_again(&inside),
            "mcpdoc probe --from litellm -v http://tools:8000/mcp"
        );
        let mut command = Ask::of(Target::Command {
            program: "npx".to_owned(),
            args: vec!["server".to_owned(), "my token-3f9d2c71".to_owned()],
            env: BTreeMap::new(),
            cwd: None,
        });
        command.secrets = vec!["token-3f9d2c71".into()];
        assert_eq!(
            probe_again(&command),
            "mcpdoc probe -v -- npx server 'my **************'"
        );
        command.from = Vantage::Exec {
            container: "litellm".to_owned(),
            id: "0".repeat(64),
        };
        assert_eq!(
            probe_again(&command),
            "mcpdoc probe --from litellm --allow-exec -v -- npx server 'my **************'"
        );
    }
}
