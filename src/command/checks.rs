//! `mcpdoc checks`: all of them.

use std::fmt::Write as _;

use comfy_table::{ContentArrangement, Table, presets};
use serde_json::json;

use super::Outcome;
use crate::check::Check;
use crate::checks::ALL;
use crate::cli::{ChecksArgs, TextOrJson};
use crate::term::Screen;

pub(super) fn run(args: &ChecksArgs) -> anyhow::Result<Outcome> {
    match args.format {
        TextOrJson::Json => {
            let list: Vec<_> = ALL
                .iter()
                .map(|check| {
                    json!({
                        "id": check.id,
                        "severity": check.severity.word(),
                        "needs": needs(check),
                        "covers": check.covers,
                        "formerly": check.formerly,
                        "since": check.since,
                        "summary": check.summary(),
                    })
                })
                .collect();
            super::print(&format!("{}\n", serde_json::to_string_pretty(&list)?))?;
        }
        TextOrJson::Text => {
            let screen = super::screen(args.output.color);
            if screen.width < WIDE {
                super::print(&super::readable(narrow(screen)))?;
                return Ok(Outcome::Clean);
            }
            let mut table = Table::new();
            table
                .load_style(presets::NOTHING)
                .set_content_arrangement(ContentArrangement::Dynamic)
                .set_width(u16::try_from(screen.width).unwrap_or(100));
            table.set_header(vec!["check", "severity", "needs", "what it says"]);
            for check in ALL {
                table.add_row(vec![
                    check.id.to_owned(),
                    check.severity.word().to_owned(),
                    needs(check).join(" "),
                    first_sentence(&check.summary()).to_owned(),
                ]);
            }
            let lines: Vec<String> = table
                .lines()
                .map(|line| line.trim_end().to_owned())
                .collect();
            super::print(&super::readable(format!("{}\n", lines.join("\n"))))?;
        }
    }
    Ok(Outcome::Clean)
}

/// From this width on there is room for four columns.
const WIDE: usize = 72;

/// What a check says below what it is.
fn narrow(screen: Screen) -> String {
    let mut out = String::new();
    for check in ALL {
        let (id, severity, needs) = (check.id, check.severity.word(), needs(check).join(" "));
        let head = format!("{id}  {severity}, {needs}");
        let _ = writeln!(out, "{}", screen.wrap(&head, "", "  "));
        let summary = check.summary();
        let said = screen.wrap(first_sentence(&summary), "  ", "  ");
        let _ = writeln!(out, "{said}");
    }
    out
}

fn needs(check: &Check) -> Vec<&'static str> {
    check.needs.iter().map(|need| need.word()).collect()
}

/// A summary's first sentence: enough for a table.
fn first_sentence(summary: &str) -> &str {
    summary
        .split_once(". ")
        .map_or(summary, |(first, _)| first)
        .trim_end_matches('.')
}
