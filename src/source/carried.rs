//! A text within a text: the configuration that a Kubernetes manifest carries as a value.
//!
//! The text of such a [`Source`](super::Source) is the whole of the carrying file, and only its tree is that of the
//! value: positions, snippets and edits are the file's own.

use super::tree::Tree;
use super::{Dialect, Format, Node, ParseError, Path, Shape, Source, Span, Style, parse};

/// By whose rules manifests are read.
pub(super) const OUTER: Dialect = Dialect::GoYaml;

/// Where a file carries another one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Slot {
    /// Which of the file's documents, from 0.
    pub document: usize,
    /// Where in it: a text of several lines, or a mapping.
    pub path: Path,
}

/// What a slot holds.
pub(super) struct Carried {
    pub tree: Result<Tree, ParseError>,
    /// Whether edits of it can be written into the carrying file.
    pub writable: bool,
}

/// The documents of a YAML text, which a line of three dashes parts. What is no document, being blank or comments
/// alone, has its number too.
pub(super) fn documents(text: &str) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut start = 0;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let is_mark = |mark: &str| {
            line.strip_prefix(mark)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n']))
        };
        if is_mark("---") {
            if !text[start..at].trim().is_empty() {
                spans.push(start..at);
            }
            start = at + "---".len();
        } else if is_mark("...") {
            spans.push(start..at);
            start = at + line.len();
        }
        at += line.len();
    }
    if spans.is_empty() || !text[start..].trim().is_empty() {
        spans.push(start..text.len());
    }
    spans
}

/// The tree of one document, in bytes of the whole text.
pub(super) fn document(text: &str, span: Span, dialect: Dialect) -> Result<Tree, ParseError> {
    moved(
        parse(&text[span.clone()], Format::Yaml(dialect)),
        &|inner| inner.start + span.start..inner.end + span.start,
    )
}

fn moved(tree: Result<Tree, ParseError>, place: &dyn Fn(Span) -> Span) -> Result<Tree, ParseError> {
    match tree {
        Ok(mut tree) => {
            tree.relocate(place);
            Ok(tree)
        }
        Err(error) => Err(ParseError {
            span: place(error.span),
            ..error
        }),
    }
}

/// What `slot` holds, read in `format`; `around` are the documents of the file.
pub(super) fn read(around: &[Source], format: Format, slot: &Slot) -> Carried {
    let lost = |span: Span| Carried {
        tree: Err(ParseError {
            message: format!("there is no {} in it", slot.path),
            span,
        }),
        writable: false,
    };
    let Some(outer) = around.get(slot.document) else {
        return lost(0..0);
    };
    let Some(node) = outer.node(&slot.path) else {
        return lost(outer.root().span());
    };
    if !matches!(node.shape(), Shape::Scalar(_)) {
        let span = outer.part.clone();
        let tree = span.map(|span| {
            // Read anew by the rules of the one whose configuration it is.
            let dialect = match format {
                Format::Yaml(dialect) => dialect,
                _ => OUTER,
            };
            document(outer.text(), span, dialect).map(|tree| tree.below(&slot.path))
        });
        return match tree {
            Some(Ok(Some(tree))) => Carried {
                tree: Ok(tree),
                writable: true,
            },
            Some(Err(error)) => Carried {
                tree: Err(error),
                writable: false,
            },
            _ => lost(node.span()),
        };
    }
    let text = node.scalar_text().unwrap_or_default();
    let lines = Lines::of(node, text);
    Carried {
        tree: moved(parse(text, format), &|inner| lines.place(inner)),
        writable: lines.literal,
    }
}

/// Where each part of a scalar's text is written.
struct Lines {
    /// Offsets in the text and in the file from which on both go in step.
    steps: Vec<(usize, usize)>,
    /// How much of the text is known to be written where.
    known: usize,
    /// The scalar: where the rest is.
    whole: Span,
    /// It is a literal block: line for line as the text, only indented.
    literal: bool,
}

impl Lines {
    fn of(node: Node<'_>, text: &str) -> Lines {
        let file = node.source().text();
        let whole = node.span();
        let written = &file[whole.clone()];
        let literal = node.style() == Style::Block && written.starts_with('|') && !node.is_alias();
        let mut lines = Lines {
            steps: Vec::new(),
            known: 0,
            whole,
            literal,
        };
        match literal {
            true => lines.by_line(file, text),
            false => lines.by_character(file, text, node.style()),
        }
        lines
    }

    fn by_line(&mut self, file: &str, text: &str) {
        let mut at = self.whole.start;
        for line in text.split_inclusive('\n') {
            let Some(start) = file[at..].find('\n').map(|end| at + end + 1) else {
                return;
            };
            let end = file[start..]
                .find('\n')
                .map_or(file.len(), |end| start + end);
            let written = file[start..end].trim_end_matches('\r');
            let Some(indent) = written.strip_suffix(line.trim_end_matches('\n')) else {
                return;
            };
            self.steps.push((self.known, start + indent.len()));
            self.known += line.len();
            at = start;
        }
    }

    /// Quoted and folded scalars: side by side, escapes and folded lines passed over.
    fn by_character(&mut self, file: &str, text: &str, style: Style) {
        let mut at = match style {
            Style::Block => file[self.whole.clone()]
                .find('\n')
                .map_or(self.whole.end, |line| self.whole.start + line + 1),
            Style::Plain => self.whole.start,
            _ => self.whole.start + 1,
        };
        for (inner, wanted) in text.char_indices() {
            let rest = |at: usize| file.get(at..self.whole.end).unwrap_or_default();
            let escaped = style == Style::Double && rest(at).starts_with('\\');
            let folded = wanted == ' ' && rest(at).starts_with(['\r', '\n']);
            if !escaped && !folded {
                let blanks = rest(at).len() - rest(at).trim_start().len();
                if !rest(at).starts_with(wanted) {
                    at += blanks;
                }
            }
            let length = match rest(at).chars().next() {
                _ if folded => rest(at).len() - rest(at).trim_start().len(),
                Some('\\') if style == Style::Double => match rest(at).as_bytes().get(1) {
                    Some(b'x') => 4,
                    Some(b'u') => 6,
                    Some(b'U') => 10,
                    Some(b'\r' | b'\n') | None => return,
                    Some(_) => 2,
                },
                Some('\'') if style == Style::Single => 2,
                Some(found) if found == wanted => found.len_utf8(),
                _ => return,
            };
            self.steps.push((inner, at));
            at += length;
            self.known = inner + wanted.len_utf8();
        }
    }

    fn place(&self, inner: Span) -> Span {
        if inner.end > self.known {
            // The end of the text is the end of the scalar.
            let end = self.whole.end;
            return if inner.is_empty() {
                end..end
            } else {
                self.whole.clone()
            };
        }
        let start = self.offset(inner.start);
        match inner.is_empty() {
            true => start..start,
            false => start..self.offset(inner.end - 1) + 1,
        }
    }

    fn offset(&self, inner: usize) -> usize {
        match self.steps.partition_point(|(from, _)| *from <= inner) {
            0 => self.whole.start,
            count => {
                let (from, at) = self.steps[count - 1];
                at + (inner - from)
            }
        }
    }
}
