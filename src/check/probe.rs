//! What a healthcheck of a service runs. Shared by the checks that judge it.

use serde_json::{Value, json};

use super::Case;
use crate::catalog::{basename, is_shell};
use crate::model::{Healthcheck, Service};
use crate::source::{At, Pointer};

/// `healthcheck.test` as Docker runs it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Test<'a> {
    /// A line for the container's shell.
    Shell(&'a str),
    /// A program and its arguments; no shell is started.
    Exec(&'a [String]),
    /// A list that does not say which of the two; Docker runs nothing.
    Unmarked(&'a [String]),
}

impl<'a> Test<'a> {
    /// The test that is written for a service, and where.
    pub fn of(case: &Case<'a>, service: &'a Service) -> Option<(Test<'a>, &'a Pointer)> {
        let Healthcheck::Test(At { value: words, at }) = &service.healthcheck else {
            return None;
        };
        let node = case.stack.source(at.source).node(&at.path)?;
        let test = match words.as_slice() {
            [line] if !node.is_seq() => Test::Shell(line),
            [kind, line, ..] if kind == "CMD-SHELL" => Test::Shell(line),
            [kind, rest @ ..] if kind == "CMD" && !rest.is_empty() => Test::Exec(rest),
            [kind] if kind == "CMD" || kind == "CMD-SHELL" => return None,
            words => Test::Unmarked(words),
        };
        Some((test, at))
    }

    /// The line that a shell runs in the end: that of the shell form, or of `sh -c LINE`.
    pub fn line(self) -> Option<&'a str> {
        match self {
            Test::Shell(line) => Some(line),
            Test::Exec([shell, flag, line]) if is_shell(shell) && flag == "-c" => Some(line),
            Test::Exec(_) | Test::Unmarked(_) => None,
        }
    }

    /// Everything that is written, in one text.
    pub fn text(self) -> String {
        match self {
            Test::Shell(line) => line.to_owned(),
            Test::Exec(words) | Test::Unmarked(words) => words.join(" "),
        }
    }

    /// The first program that it starts, where that can be told.
    pub fn program(self) -> Option<&'a str> {
        let word = match (self.line(), self) {
            (Some(line), _) => line.split_whitespace().next()?,
            (None, Test::Exec(words)) => words.first()?,
            (None, _) => return None,
        };
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/');
        word.chars().all(plain).then(|| basename(word))
    }
}

/// The first address of HTTP in a test, up to the quote or space that ends it.
pub(crate) fn address(text: &str) -> Option<url::Url> {
    let start = text.find("http://").or_else(|| text.find("https://"))?;
    let rest = &text[start..];
    let ends = |c: char| c.is_whitespace() || "'\"`;|)\\".contains(c);
    url::Url::parse(&rest[..rest.find(ends).unwrap_or(rest.len())]).ok()
}

/// A test that requests an address with Python alone, which fails on every answer but a good one.
pub(crate) fn with_python(url: &str) -> Value {
    let line = format!("import urllib.request; urllib.request.urlopen('{url}')");
    json!(["CMD", "python3", "-c", line])
}
