//! `mcpdoc man`: a manual page, from the same texts as the help.

use std::io;

use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use super::Outcome;
use super::epilogue::{Section, of, sections};
use crate::cli::{self, ManArgs};

pub(super) fn run(args: &ManArgs) -> anyhow::Result<Outcome> {
    super::print(&page(args.command.as_deref())?)?;
    Ok(Outcome::Clean)
}

/// The page of a command, or the overview.
fn page(command: Option<&str>) -> io::Result<String> {
    // `help` is no command with a page of its own.
    let mut cli = cli::command()
        .disable_help_subcommand(true)
        .subcommand_help_heading("COMMANDS")
        .subcommand_value_name("command");
    cli.build();
    let version = cli.get_version().unwrap_or_default().to_owned();
    let about = command
        .and_then(|name| cli.find_subcommand(name))
        .unwrap_or(&cli);
    let sections = sections(&of(about));
    let man = Man::new(about.clone())
        .date(UNDATED)
        .source(format!("mcpdoc {version}"))
        .manual("mcpdoc manual");
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    write(&mut page, sections.iter().filter(|one| one.title.is_none()))?;
    if about.has_subcommands() {
        man.render_subcommands_section(&mut page)?;
    }
    man.render_options_section(&mut page)?;
    write(&mut page, sections.iter().filter(|one| one.title.is_some()))?;
    if command.is_some() {
        let mut also = Roff::new();
        also.control("SH", ["SEE ALSO"]);
        also.text([bold("mcpdoc"), roman("(1)")]);
        also.to_writer(&mut page)?;
    }
    Ok(once(&String::from_utf8_lossy(&page)))
}

/// A version says more than a date, and two builds of it give the same page.
const UNDATED: &str = "\"\"";

fn write<'a>(page: &mut Vec<u8>, sections: impl Iterator<Item = &'a Section>) -> io::Result<()> {
    let mut roff = Roff::new();
    for section in sections {
        match &section.title {
            Some(title) => roff.control("SH", [title.to_uppercase().as_str()]),
            None => roff.control("PP", []),
        };
        if !section.prose.is_empty() {
            roff.text([roman(&section.prose)]);
        }
        for (item, said) in &section.items {
            roff.control("TP", []);
            roff.text([bold(item)]);
            roff.text([roman(said)]);
        }
    }
    roff.to_writer(page)
}

/// Each part brings the definitions that one is enough of.
fn once(page: &str) -> String {
    let preamble = Roff::new().render();
    format!("{preamble}{}", page.replace(&preamble, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_examples_and_says_how_it_exits() {
        let cli = cli::command();
        for command in cli.get_subcommands() {
            let page = page(Some(command.get_name())).expect("a page");
            for part in ["NAME", "SYNOPSIS", "EXAMPLES", "EXIT STATUS", "SEE ALSO"] {
                let heading = part.split(' ').count() > 1;
                let line = match heading {
                    true => format!(".SH \"{part}\"\n"),
                    false => format!(".SH {part}\n"),
                };
                assert!(page.contains(&line), "{}: no {part}", command.get_name());
            }
        }
    }

    #[test]
    fn the_overview_names_every_command_and_what_is_used_of_the_world() {
        let cli = cli::command();
        let page = page(None).expect("a page");
        for command in cli.get_subcommands() {
            let name = format!("mcpdoc\\-{}(1)", command.get_name());
            assert!(page.contains(&name), "{name}");
        }
        for part in ["EXAMPLES", "ENVIRONMENT", "FILES"] {
            assert!(page.contains(&format!(".SH {part}\n")), "{part}");
        }
        assert_eq!(page.matches(".ie ").count(), 1, "{page}");
    }
}
