//! `mcpdoc explain ID`: a check's page.

use super::Outcome;
use crate::cli::ExplainArgs;
use crate::term::Screen;

pub(super) fn run(args: &ExplainArgs) -> anyhow::Result<Outcome> {
    let check = super::find_check(&args.id)?;
    let text = format!("{}\n{}", check.page.trim_end(), elsewhere(check.id));
    let page = page(&text, super::screen(args.output.color));
    super::print(&super::readable(page))?;
    Ok(Outcome::Clean)
}

/// How what a check finds is set aside, by other means than the command line.
fn elsewhere(id: &str) -> String {
    format!(
        "At one place, write `# mcpdoc: ignore[{id}] reason` on its line; in a project, `{id} = \"off\"` below \
         `[severity]` in mcpdoc.toml.\n"
    )
}

/// Markdown for a terminal: headings strong, examples set off, prose wrapped.
fn page(markdown: &str, screen: Screen) -> String {
    let mut out = String::new();
    let mut lines = markdown.lines().peekable();
    while let Some(line) = lines.next() {
        if let Some(fence) = line.strip_prefix("```") {
            if let Some((language, rest)) = fence.split_once(' ') {
                let title = match language {
                    "findings" => format!("  mcpdoc check {rest}"),
                    _ => format!("  {rest}"),
                };
                out.push_str(&screen.dim(title.trim_end()));
                out.push('\n');
            } else if fence == "findings" {
                out.push_str(&screen.dim("  mcpdoc check"));
                out.push('\n');
            }
            for line in lines.by_ref().take_while(|line| !line.starts_with("```")) {
                out.push_str("    ");
                out.push_str(&screen.cyan(line));
                out.push('\n');
            }
        } else if line.starts_with('#') {
            out.push_str(&screen.bold(line.trim_start_matches(['#', ' '])));
            out.push('\n');
        } else if line.trim().is_empty() {
            out.push('\n');
        } else if let Some(code) = line.strip_prefix("    ") {
            out.push_str("    ");
            out.push_str(&screen.cyan(code));
            out.push('\n');
        } else if line.starts_with("| ") {
            out.push_str(line);
            out.push('\n');
        } else {
            let item = line.starts_with("- ");
            let mut paragraph = line.to_owned();
            while let Some(next) = lines.next_if(|next| continues(next)) {
                paragraph.push(' ');
                paragraph.push_str(next.trim_start());
            }
            out.push_str(&screen.wrap(&paragraph, "", if item { "  " } else { "" }));
            out.push('\n');
        }
    }
    out
}

/// Whether a line goes on with the paragraph or list item before it.
fn continues(line: &str) -> bool {
    let begins = ["```", "#", "- ", "| ", "    "]
        .iter()
        .any(|mark| line.starts_with(mark));
    !line.trim().is_empty() && !begins
}
