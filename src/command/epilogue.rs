//! What stands below the options of a command's help: examples, exit status and the like, taken apart, so that the manual
//! page and a narrow screen have it as well.

use std::fmt::Write as _;

use clap::Command;

/// What stands below the options in the longest help.
pub(super) fn of(command: &Command) -> String {
    let text = command.get_after_long_help();
    let text = text.or_else(|| command.get_after_help());
    text.map(ToString::to_string).unwrap_or_default()
}

/// A part of such a text: `Examples:` with a list, `Exit status: …`, or a paragraph without a title.
#[derive(Debug, PartialEq)]
pub(super) struct Section {
    pub title: Option<String>,
    /// What a list has: an item, and what is said of it.
    pub items: Vec<(String, String)>,
    pub prose: String,
}

/// The most words of a title. A paragraph may have a colon as well.
const TITLE: usize = 2;

/// A text as its parts, which empty lines separate.
pub(super) fn sections(text: &str) -> Vec<Section> {
    let blocks = text.split("\n\n").filter(|block| !block.trim().is_empty());
    let section = |block: &str| {
        let (title, rest) = match block.split_once(':') {
            Some((title, rest)) if title.split_whitespace().count() <= TITLE => {
                (Some(title.to_owned()), rest)
            }
            _ => (None, block),
        };
        let mut items: Vec<(String, String)> = Vec::new();
        let mut prose: Vec<&str> = Vec::new();
        for line in rest.lines().filter(|line| !line.trim().is_empty()) {
            let indent = line.len() - line.trim_start().len();
            match (indent, items.last_mut()) {
                (2, _) => {
                    let line = line.trim();
                    let (item, said) = line.split_once("  ").unwrap_or((line, ""));
                    items.push((item.to_owned(), said.trim().to_owned()));
                }
                (3.., Some((_, said))) => {
                    said.push_str(if said.is_empty() { "" } else { " " });
                    said.push_str(line.trim());
                }
                _ => prose.push(line.trim()),
            }
        }
        Section {
            title,
            items,
            prose: prose.join(" "),
        }
    };
    blocks.map(section).collect()
}

/// From this width on the lists fit as they are written: what is said of an item stands beside it.
const WIDE: usize = 80;

/// The command line for a screen of this width: where it is narrow, what is said of an item stands below it.
pub(super) fn fitted(cli: Command, width: usize) -> Command {
    if width >= WIDE {
        return cli;
    }
    let narrow = |command: Command| {
        let short = command.get_after_help().map(ToString::to_string);
        let long = command.get_after_long_help().map(ToString::to_string);
        let command = match short {
            Some(text) => command.after_help(narrow(&text)),
            None => command,
        };
        match long {
            Some(text) => command.after_long_help(narrow(&text)),
            None => command,
        }
    };
    narrow(cli).mut_subcommands(narrow)
}

fn narrow(text: &str) -> String {
    let mut out = String::new();
    for section in sections(text) {
        if !out.is_empty() {
            out.push('\n');
        }
        if let Some(title) = &section.title {
            let space = if section.prose.is_empty() { "" } else { " " };
            let _ = write!(out, "{title}:{space}");
        }
        let _ = writeln!(out, "{}", section.prose);
        for (item, said) in &section.items {
            let _ = writeln!(out, "  {item}");
            if !said.is_empty() {
                let _ = writeln!(out, "      {said}");
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_taken_apart_by_its_titles() {
        let text = "Examples:\n  mcpdoc a   does a\n  mcpdoc b\n      does b,\n      and c\n\nA long remark: this.\nMore.\n\n\
                    Exit status: 0 well,\n1 not.";
        let item = |item: &str, said: &str| (item.to_owned(), said.to_owned());
        assert_eq!(
            sections(text),
            [
                Section {
                    title: Some("Examples".into()),
                    items: vec![
                        item("mcpdoc a", "does a"),
                        item("mcpdoc b", "does b, and c")
                    ],
                    prose: String::new(),
                },
                Section {
                    title: None,
                    items: Vec::new(),
                    prose: "A long remark: this. More.".into(),
                },
                Section {
                    title: Some("Exit status".into()),
                    items: Vec::new(),
                    prose: "0 well, 1 not.".into(),
                },
            ]
        );
    }

    #[test]
    fn on_a_narrow_screen_what_is_said_stands_below() {
        let text = "Start here.\n\nExamples:\n  mcpdoc a   does a\n  mcpdoc b\n\nExit status: 0 well,\n1 not.";
        assert_eq!(
            narrow(text),
            "Start here.\n\nExamples:\n  mcpdoc a\n      does a\n  mcpdoc b\n\nExit status: 0 well, 1 not.\n"
        );
    }
}
