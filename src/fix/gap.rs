//! What stands between nodes: marks (commas, colons, dashes, brackets, properties), comments, line breaks.

use crate::source::{Format, Node, Source, Span, Style};

/// Something between two nodes that is not blank.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// A sign of one byte, or a property such as `&anchor` and `!tag`.
    Mark(Span),
    Comment,
}

/// The tokens of `span`, which must begin and end outside of nodes.
pub(super) fn tokens(source: &Source, span: Span) -> Vec<Token> {
    let text = &source.text()[..span.end.max(span.start)];
    let bytes = text.as_bytes();
    let yaml = matches!(source.format(), Format::Yaml(_));
    let toml = source.format() == Format::Toml;
    let jsonc = source.format() == Format::Jsonc;
    let mut tokens = Vec::new();
    let mut at = span.start;
    while at < bytes.len() {
        let start = at;
        let rest = &text[at..];
        let after_blank = at == 0 || bytes[at - 1].is_ascii_whitespace();
        if bytes[at].is_ascii_whitespace() {
            at += 1;
        } else if (bytes[at] == b'#' && (toml || (yaml && after_blank)))
            || (jsonc && rest.starts_with("//"))
        {
            at += rest.find(['\n', '\r']).unwrap_or(rest.len());
            tokens.push(Token::Comment);
        } else if jsonc && rest.starts_with("/*") {
            at += rest.find("*/").map_or(rest.len(), |length| length + 2);
            tokens.push(Token::Comment);
        } else {
            at += match bytes[at] {
                b'&' | b'!' if yaml => rest
                    .find(|c: char| c.is_ascii_whitespace())
                    .unwrap_or(rest.len()),
                _ => rest.chars().next().map_or(1, char::len_utf8),
            };
            tokens.push(Token::Mark(start..at));
        }
    }
    tokens
}

/// The marks of `span` alone.
pub(super) fn marks(source: &Source, span: Span) -> Vec<Span> {
    tokens(source, span)
        .into_iter()
        .filter_map(|token| match token {
            Token::Mark(span) => Some(span),
            Token::Comment => None,
        })
        .collect()
}

/// The tag that is written before a node of YAML, whatever a reader makes of it.
pub(super) fn tag(node: Node<'_>) -> Option<&str> {
    let source = node.source();
    if !matches!(source.format(), Format::Yaml(_)) || node.is_alias() {
        return None;
    }
    let start = node.span().start;
    let from = match (node.key(), node.parent()) {
        (Some(key), _) => key.span().end,
        (None, Some(list)) => {
            let above = list.items().map(|item| item.span().end);
            above
                .filter(|end| *end <= start)
                .max()
                .unwrap_or(list.span().start)
        }
        (None, None) => 0,
    };
    let text = source.text();
    let properties = marks(source, from.min(start)..start).into_iter().rev();
    properties
        .map(|mark| &text[mark])
        .take_while(|mark| mark.starts_with(['!', '&']))
        .find(|mark| mark.starts_with('!'))
}

/// Whether a comment stands in `span`, which holds no scalars.
pub(super) fn has_comment(node: Node<'_>, span: Span) -> bool {
    tokens(node.source(), span)
        .iter()
        .any(|token| matches!(token, Token::Comment))
}

/// Whether nothing but blanks and comments stands between `at` and the end of its line.
pub(super) fn ends_line(source: &Source, at: usize) -> bool {
    marks(source, at..line_end(source.text(), at)).is_empty()
}

/// Where the line of `at` begins.
pub(super) fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |found| found + 1)
}

/// Where the line of `at` ends, before its line break.
pub(super) fn line_end(text: &str, at: usize) -> usize {
    match text[at..].find('\n') {
        None => text.len(),
        Some(length) => {
            let end = at + length;
            if end > at && text.as_bytes()[end - 1] == b'\r' {
                end - 1
            } else {
                end
            }
        }
    }
}

/// Where the line after that of `at` begins; the end of the text if there is none.
pub(super) fn next_line(text: &str, at: usize) -> usize {
    text[at..]
        .find('\n')
        .map_or(text.len(), |length| at + length + 1)
}

/// Where the first line that is not blank begins, from the line that begins at `at` on.
pub(super) fn below_blank(text: &str, mut at: usize) -> usize {
    while at < text.len() && text[at..line_end(text, at)].trim().is_empty() {
        at = next_line(text, at);
    }
    at
}

/// Plain scalars of YAML with a tab at the beginning of a line below them: some readers take it for indentation.
pub(super) fn tabs_below(source: &Source) -> usize {
    let text = source.text();
    if !matches!(source.format(), Format::Yaml(_)) || !text.contains('\t') {
        return 0;
    }
    let below = |node: &Node<'_>| {
        let rest = &text[node.span().end..];
        let blanks = &rest[..rest.len() - rest.trim_start().len()];
        blanks.split('\n').skip(1).any(|line| line.contains('\t'))
    };
    let is_plain = |node: &Node<'_>| node.style() == Style::Plain && !node.is_alias();
    source.nodes().filter(is_plain).filter(below).count()
}

/// The line break of the text: that of its first line.
pub(super) fn line_break(text: &str) -> &'static str {
    match text.find('\n') {
        Some(at) if text[..at].ends_with('\r') => "\r\n",
        _ => "\n",
    }
}

/// What stands before `at` in its line.
pub(super) fn before(text: &str, at: usize) -> &str {
    &text[line_start(text, at)..at]
}

/// The blanks that the line of `at` begins with.
pub(super) fn indent(text: &str, at: usize) -> &str {
    let line = &text[line_start(text, at)..];
    let length = line.find(|c| c != ' ' && c != '\t').unwrap_or(line.len());
    &line[..length]
}
