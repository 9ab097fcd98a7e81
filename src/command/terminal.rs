//! What stdout can show, and writing to it.

use std::io::{self, IsTerminal, Write};

use crate::cli::Color;
use crate::term::{Screen, in_ascii};

/// The narrowest and the widest that a report is made for.
const WIDTHS: (usize, usize) = (40, 120);

/// What stdout can show.
pub(super) fn screen(color: Color) -> Screen {
    let stdout = io::stdout();
    let terminal = match stdout.is_terminal() {
        true => terminal_size::terminal_size_of(&stdout),
        false => None,
    };
    let columns = std::env::var("COLUMNS").ok();
    Screen {
        colour: is_coloured(color, &stdout),
        width: width(
            terminal.map(|(width, _)| usize::from(width.0)),
            columns.as_deref(),
        ),
    }
}

/// Whether to colour what goes to a stream.
pub(super) fn is_coloured(color: Color, stream: &impl anstream::stream::RawStream) -> bool {
    match color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => anstream::AutoStream::choice(stream) != anstream::ColorChoice::Never,
    }
}

/// The terminal's width; else what `COLUMNS` says, if that is a number of columns; else the usual one.
fn width(terminal: Option<usize>, columns: Option<&str>) -> usize {
    let said = || {
        let digits = columns?.trim();
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        // A number that is too large for any type is a wide screen all the same.
        is_number.then(|| digits.parse().unwrap_or(usize::MAX))
    };
    let known = terminal.or_else(said).filter(|width| *width > 0);
    known
        .unwrap_or(Screen::USUAL_WIDTH)
        .clamp(WIDTHS.0, WIDTHS.1)
}

/// Whether lines that move may be drawn on stderr: on a terminal that can move its cursor.
pub(super) fn is_lively() -> bool {
    io::stderr().is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// Whether whoever reads stdout takes UTF-8.
fn takes_utf8() -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .iter()
        .filter_map(std::env::var_os)
        .find(|value| !value.is_empty());
    is_utf8(locale.map(|value| value.to_string_lossy().into_owned()))
}

/// A locale that was chosen says so in its name. Where none is, as in most containers and many pipelines, what shows the
/// output takes UTF-8 nevertheless.
fn is_utf8(locale: Option<String>) -> bool {
    locale.is_none_or(|name| {
        let name = name.to_ascii_lowercase();
        name.contains("utf-8") || name.contains("utf8")
    })
}

/// Text for people, in the signs that they can read.
pub(super) fn readable(text: String) -> String {
    match takes_utf8() {
        true => text,
        false => in_ascii(&text),
    }
}

/// Writes to stdout. A reader that closed it early wanted no more: that is no error.
pub(super) fn print(text: &str) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(anyhow::Error::new(error).context("cannot write to stdout"))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_width_is_the_terminals_else_that_of_columns() {
        assert_eq!(width(Some(100), Some("60")), 100);
        assert_eq!(width(None, Some("60")), 60);
        assert_eq!(width(None, Some(" 60\n")), 60);
        assert_eq!(width(None, None), 80);
        for nothing in ["", "0", "-5", "+50", "wide", "80x24"] {
            assert_eq!(width(None, Some(nothing)), 80, "{nothing}");
        }
        assert_eq!(width(None, Some("1")), 40);
        assert_eq!(width(None, Some("99999999999999999999999")), 120);
        // As of a terminal that knows no size of its own.
        assert_eq!(width(Some(0), None), 80);
    }

    #[test]
    fn only_a_locale_that_was_chosen_rules_out_utf8() {
        let is_utf8 = |name: &str| is_utf8(Some(name.to_owned()));
        assert!(super::is_utf8(None));
        assert!(is_utf8("de_DE.UTF-8") && is_utf8("C.utf8"));
        assert!(!is_utf8("C") && !is_utf8("POSIX") && !is_utf8("de_DE.ISO-8859-1"));
    }
}
