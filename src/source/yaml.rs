//! YAML through granit-parser's events.
//!
//! What the readers refuse beyond the grammar is refused here too, where a file would otherwise look sound: tabs
//! between tokens, unknown tags, mappings as keys, `?` in a bare text within brackets, dates that do not exist
//! (PyYAML); control characters, merging what is no mapping (both).
//!
//! Where this still differs from the readers, all of it rare:
//! - Keys are told apart by their text: `yes` and `on`, or `1` and `"1"`, are two keys here.
//! - U+0085, U+2028 and U+2029 are line breaks to the readers and plain characters here; a byte order mark in the
//!   middle of a file is a character to them and refused here.
//! - `&a: b` is an anchor and a colon to the readers, an anchor `a:` here, which is refused for PyYAML.
//! - A block scalar at the root needs no indentation here; `...` may come first; `{: a}` has an empty key.
//! - Refused here, taken by the readers: more quoted scalars with lines that are not indented than `repairs` allows,
//!   a lone `-` before a bracket or comma (`[-]`), an alias within what it stands for (PyYAML makes a cyclic object
//!   of it).
//! - `!!binary`, `!!omap`, `!!pairs` and `!!set` are a string, lists and a mapping here, with their tag kept.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};

use granit_parser::{
    ErrorKind, Event, Options, Parser, ScalarStyle, ScanError, StructureStyle, Tag,
};

use super::scalar::{self, resolve};
use super::tree::{Builder, NodeId, Tree};
use super::{Dialect, MAX_BYTES, MAX_DEPTH, ParseError, ScalarKind, Span, Style};

/// How many times a text is read again with blanks put in, of a large one fewer: each time costs a whole reading.
fn repairs(text: &str) -> usize {
    (MAX_BYTES / text.len().max(1)).clamp(2, 64)
}

pub(super) fn parse(text: &str, dialect: Dialect) -> Result<Tree, ParseError> {
    printable(text)?;
    let mut blanks = Blanks::default();
    for _ in 0..repairs(text) {
        match read(text, dialect, &blanks) {
            Ok(tree) => return Ok(tree),
            Err((error, None)) => return Err(error),
            Err((_, Some(places))) => blanks.extend(places),
        }
    }
    read(text, dialect, &blanks).map_err(|(error, _)| error)
}

/// An error, and where blanks would make granit accept what the files' readers accept.
type Refusal = (ParseError, Option<Vec<(usize, usize)>>);

fn read(text: &str, dialect: Dialect, blanks: &Blanks) -> Result<Tree, Refusal> {
    let mut options = Options::default();
    options.set_emit_comments(false);
    options.emit_anchor_events = true;
    options.block_nesting_limit = MAX_DEPTH + 1;
    options.flow_nesting_limit = MAX_DEPTH + 1;
    let mut reader = Reader {
        text,
        dialect,
        builder: Builder::default(),
        stack: Vec::new(),
        anchors: HashMap::new(),
        names: HashSet::new(),
        at: 0,
        tabs: (dialect == Dialect::PyYaml && text.contains('\t')).then_some(0),
        documents: 0,
        root: None,
    };
    let padded = blanks.put_into(text);
    for next in Parser::new_from_str_with_options(&padded, options) {
        let (event, span) = next.map_err(|error| reader.refused(&error, blanks))?;
        let span = span.byte_range().unwrap_or_default();
        let span = blanks.before(span.start)..blanks.before(span.end);
        reader.event(event, span).map_err(|error| (error, None))?;
    }
    let root = match reader.root {
        Some(root) => root,
        None => reader
            .builder
            .scalar(0..0, ScalarKind::Null, "", Style::Plain),
    };
    let mut tree = reader.builder.finish(root).map_err(|error| (error, None))?;
    tree.set_documents(reader.documents);
    if dialect == Dialect::PyYaml {
        tree.allow_merges();
    }
    Ok(tree)
}

/// Blanks that granit sees and the file does not have. It holds to YAML 1.2 where the readers do not: it wants
/// the lines of a quoted scalar indented, and a blank before the comment after one.
#[derive(Default)]
struct Blanks {
    /// Offset in the file, how many there.
    places: BTreeMap<usize, usize>,
    /// Offset in the padded text, offset in the file, how many up to and including these.
    totals: Vec<(usize, usize, usize)>,
}

impl Blanks {
    fn extend(&mut self, places: Vec<(usize, usize)>) {
        for (at, count) in places {
            *self.places.entry(at).or_default() += count;
        }
        self.totals.clear();
        let mut total = 0;
        for (at, count) in &self.places {
            self.totals.push((at + total, *at, total + count));
            total += count;
        }
    }

    fn put_into<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if self.places.is_empty() {
            return Cow::Borrowed(text);
        }
        let mut padded = String::with_capacity(text.len());
        let mut done = 0;
        for (at, count) in &self.places {
            padded.push_str(&text[done..*at]);
            padded.extend(std::iter::repeat_n(' ', *count));
            done = *at;
        }
        padded.push_str(&text[done..]);
        Cow::Owned(padded)
    }

    /// The offset in the file of an offset in the padded text.
    fn before(&self, padded: usize) -> usize {
        match self.totals.partition_point(|(at, ..)| *at < padded) {
            0 => padded,
            count => {
                let (_, at, total) = self.totals[count - 1];
                padded.saturating_sub(total).max(at)
            }
        }
    }
}

/// Both readers refuse control characters before they look at anything else.
fn printable(text: &str) -> Result<(), ParseError> {
    let odd = text.char_indices().find(|(_, c)| {
        !matches!(c, '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{a0}'..='\u{fffd}' | '\u{10000}'..)
    });
    match odd {
        None => Ok(()),
        Some((at, c)) => Err(ParseError {
            message: format!("the character U+{:04X} is not allowed", u32::from(c)),
            span: at..at + c.len_utf8(),
        }),
    }
}

/// A collection that is not closed yet.
struct Frame {
    map: bool,
    flow: bool,
    /// In brackets; a pair within a flow sequence (`[a: b]`) is a flow mapping without any.
    brackets: bool,
    start: usize,
    anchor: usize,
    tag: Option<String>,
    /// A finished key that waits for its value.
    key: Option<NodeId>,
    items: Vec<NodeId>,
    entries: Vec<(NodeId, NodeId)>,
}

struct Reader<'a> {
    text: &'a str,
    dialect: Dialect,
    builder: Builder,
    stack: Vec<Frame>,
    /// Nodes by granit's anchor numbers; none while the node is being read.
    anchors: HashMap<usize, Option<NodeId>>,
    /// The names of anchors so far.
    names: HashSet<String>,
    /// Where the last token ended.
    at: usize,
    /// How far the text is searched for tabs between tokens, if that must be done.
    tabs: Option<usize>,
    documents: usize,
    root: Option<NodeId>,
}

impl Reader<'_> {
    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), ParseError> {
        if self.documents > 1 && !matches!(event, Event::DocumentStart(..)) {
            // Go on for the sake of errors; nothing is kept of later documents.
            return Ok(());
        }
        match event {
            Event::DocumentStart(..) => {
                self.documents += 1;
                if self.documents > 1 && self.dialect == Dialect::PyYaml {
                    return Err(ParseError {
                        message: "more than one document: the reader takes a single one".into(),
                        span,
                    });
                }
                self.token(&span)?;
            }
            Event::Scalar(value, style, anchor, tag) => {
                if span.is_empty() && anchor == 0 && tag.is_none() {
                    self.written_key(&span)?;
                }
                let id = self.scalar(&value, style, span, tag.as_deref())?;
                if anchor > 0 {
                    self.anchors.insert(anchor, Some(id));
                }
                self.place(id)?;
            }
            Event::Anchor(_, name) => self.anchor_name(&name, span)?,
            Event::Alias(anchor) => {
                self.token(&span)?;
                let Some(Some(target)) = self.anchors.get(&anchor).copied() else {
                    return Err(ParseError {
                        message: "an alias within what it stands for".into(),
                        span,
                    });
                };
                let id = self.builder.alias(span, target);
                self.place(id)?;
            }
            Event::SequenceStart(style, anchor, tag) => {
                self.open(false, style, anchor, tag.as_deref(), span)?;
            }
            Event::MappingStart(style, anchor, tag) => {
                self.open(true, style, anchor, tag.as_deref(), span)?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(&span)?,
            Event::StreamEnd => self.token(&(self.text.len()..self.text.len()))?,
            _ => {}
        }
        Ok(())
    }

    fn scalar(
        &mut self,
        value: &str,
        style: ScalarStyle,
        span: Span,
        tag: Option<&Tag>,
    ) -> Result<NodeId, ParseError> {
        let (style, span, value) = match style {
            ScalarStyle::Plain if span.is_empty() => (Style::Plain, self.empty(span), ""),
            ScalarStyle::Plain => (Style::Plain, span, value),
            ScalarStyle::SingleQuoted => (Style::Single, span, value),
            ScalarStyle::DoubleQuoted => (Style::Double, span, value),
            ScalarStyle::Literal | ScalarStyle::Folded => {
                let whole = self.block_scalar(&span);
                // Tabs in the contents are text, in the first line they are not.
                let contents = self.line_end(whole.start);
                self.token(&(contents..span.end.max(contents)))?;
                // A file may end in the middle of its last line; granit adds the line break, the readers do not.
                let cut = whole.end == self.text.len() && whole.end > contents;
                let value = value.strip_suffix('\n').filter(|_| cut).unwrap_or(value);
                (Style::Block, whole, value)
            }
        };
        if style != Style::Block {
            self.token(&span)?;
        }
        if style == Style::Plain && self.dialect == Dialect::PyYaml {
            self.plain(&span)?;
        }
        self.at = span.end;
        let (kind, custom) = self.kind(value, style, &span, tag)?;
        let id = self.builder.scalar(span, kind, value, style);
        if let Some(custom) = custom {
            self.builder.tag(id, &custom);
        }
        Ok(id)
    }

    /// PyYAML ends a plain scalar at a tab, and within brackets at a question mark, and then is lost.
    fn plain(&self, span: &Span) -> Result<(), ParseError> {
        let written = &self.text[span.clone()];
        if let Some(tab) = written.find('\t') {
            return Err(stray_tab(span.start + tab));
        }
        match written.find('?') {
            Some(mark) if self.stack.last().is_some_and(|frame| frame.flow) => Err(ParseError {
                message: "within brackets, text with a question mark needs quotes".into(),
                span: span.start + mark..span.start + mark + 1,
            }),
            _ => Ok(()),
        }
    }

    /// YAML 1.1 is narrower about the names of anchors, and PyYAML takes none twice.
    fn anchor_name(&mut self, name: &str, span: Span) -> Result<(), ParseError> {
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        let message = if self.dialect == Dialect::GoYaml {
            return Ok(());
        } else if !name.chars().all(fits) {
            "the name of an anchor takes letters, digits, - and _ only".to_owned()
        } else if !self.names.insert(name.to_owned()) {
            format!("the anchor {name} is there twice: the reader takes each name once")
        } else {
            return Ok(());
        };
        Err(ParseError { message, span })
    }

    /// What a scalar is, and its tag if that is not one of the standard ones.
    fn kind(
        &self,
        value: &str,
        style: Style,
        span: &Span,
        tag: Option<&Tag>,
    ) -> Result<(ScalarKind, Option<String>), ParseError> {
        let plain = resolve(self.dialect, value);
        let untagged = if style == Style::Plain {
            plain
        } else {
            ScalarKind::Str
        };
        let Some(tag) = tag else {
            if style == Style::Plain && self.dialect == Dialect::PyYaml {
                self.constructible(value, untagged, span)?;
            }
            return Ok((untagged, None));
        };
        let Some(name) = tag.suffix_in_namespace("tag:yaml.org,2002:") else {
            // To both readers `! text` is the same as `text`.
            if tag.original() == "!" {
                return Ok((untagged, None));
            }
            self.known_tag(tag, span)?;
            return Ok((untagged, Some(tag.original())));
        };
        let kind = match (&*name, plain) {
            ("str", _) => Some(ScalarKind::Str),
            ("null", _) if self.dialect == Dialect::PyYaml => Some(ScalarKind::Null),
            ("null", ScalarKind::Null) => Some(ScalarKind::Null),
            ("bool", _) if self.dialect == Dialect::PyYaml => {
                scalar::py_bool_of(value).map(ScalarKind::Bool)
            }
            ("bool", ScalarKind::Bool(truth)) => Some(ScalarKind::Bool(truth)),
            ("int", ScalarKind::Int) => Some(ScalarKind::Int),
            ("float", ScalarKind::Int | ScalarKind::Float) => Some(ScalarKind::Float),
            ("timestamp", ScalarKind::Timestamp) => Some(ScalarKind::Timestamp),
            ("bool" | "int" | "float" | "null" | "timestamp", _) => None,
            ("map" | "seq" | "set" | "omap" | "pairs", _) => None,
            _ => {
                self.known_tag(tag, span)?;
                return Ok((ScalarKind::Str, Some(tag.original())));
            }
        };
        kind.map(|kind| (kind, None)).ok_or_else(|| ParseError {
            message: format!("the reader cannot take this for !!{name}"),
            span: span.clone(),
        })
    }

    /// Plain scalars that PyYAML resolves to something it then cannot make.
    fn constructible(&self, value: &str, kind: ScalarKind, span: &Span) -> Result<(), ParseError> {
        let is_key = self.is_key();
        let message = match value {
            "=" | "<<" if !is_key => format!("the reader takes a bare {value} only as a key"),
            _ if kind == ScalarKind::Timestamp && !scalar::py_date_exists(value) => {
                format!("the reader takes {value} for a date, and there is no such date")
            }
            _ => return Ok(()),
        };
        Err(ParseError {
            message,
            span: span.clone(),
        })
    }

    /// PyYAML's SafeLoader knows no tags but YAML's own.
    fn known_tag(&self, tag: &Tag, span: &Span) -> Result<(), ParseError> {
        let own = tag.suffix_in_namespace("tag:yaml.org,2002:");
        if self.dialect == Dialect::GoYaml
            || matches!(own.as_deref(), Some("binary" | "omap" | "pairs" | "set"))
        {
            return Ok(());
        }
        let spelled = tag.original();
        let before = &self.text[..span.start];
        let span = match before.rfind(&spelled) {
            Some(at) => at..at + spelled.len(),
            None => span.clone(),
        };
        Err(ParseError {
            message: format!("the reader does not know the tag {spelled}"),
            span,
        })
    }

    fn open(
        &mut self,
        map: bool,
        style: StructureStyle,
        anchor: usize,
        tag: Option<&Tag>,
        span: Span,
    ) -> Result<(), ParseError> {
        if self.stack.len() >= MAX_DEPTH {
            return Err(too_deep(span));
        }
        let flow = style == StructureStyle::Flow;
        let brackets = flow && self.text[span.clone()].starts_with(['{', '[']);
        let mut start = span.start;
        if brackets {
            self.token(&span)?;
        } else if !flow {
            // granit puts a sequence as deep as its key at the first item, not at the dash.
            let in_map = self
                .stack
                .last()
                .is_some_and(|frame| frame.map && !frame.flow);
            if !map && in_map {
                start = self.indicator(b"-").unwrap_or(start);
            }
            self.token(&(start..start))?;
        }
        if anchor > 0 {
            self.anchors.insert(anchor, None);
        }
        if let Some(kind) = tag.and_then(Tag::core_suffix)
            && kind != if map { "map" } else { "seq" }
            && self.dialect == Dialect::PyYaml
        {
            let what = if map { "a mapping" } else { "a list" };
            return Err(ParseError {
                message: format!("{what} cannot be read as !!{kind}"),
                span,
            });
        }
        let mut custom = None;
        if let Some(tag) = tag
            && tag.core_suffix().is_none()
            && tag.original() != "!"
        {
            self.known_tag(tag, &span)?;
            custom = Some(tag.original());
        }
        self.stack.push(Frame {
            map,
            flow,
            brackets,
            start,
            anchor,
            tag: custom,
            key: None,
            items: Vec::new(),
            entries: Vec::new(),
        });
        Ok(())
    }

    fn close(&mut self, span: &Span) -> Result<(), ParseError> {
        let Some(frame) = self.stack.pop() else {
            return Ok(());
        };
        let end = if frame.brackets {
            self.token(span)?;
            span.end
        } else {
            self.at
        };
        let style = if frame.flow {
            Style::Flow
        } else {
            Style::Indented
        };
        let whole = frame.start..end.max(frame.start);
        let id = if frame.map {
            self.builder.map(whole, frame.entries, style)
        } else {
            self.builder.seq(whole, frame.items, style)
        };
        if let Some(tag) = &frame.tag {
            self.builder.tag(id, tag);
        }
        if frame.anchor > 0 {
            self.anchors.insert(frame.anchor, Some(id));
        }
        self.place(id)
    }

    /// Puts a finished node where it belongs.
    fn place(&mut self, id: NodeId) -> Result<(), ParseError> {
        let Some(frame) = self.stack.last_mut() else {
            self.root = Some(id);
            return Ok(());
        };
        if !frame.map {
            frame.items.push(id);
            return Ok(());
        }
        let Some(key) = frame.key.take() else {
            frame.key = Some(id);
            if self.dialect == Dialect::PyYaml && !self.builder.is_scalar(id) {
                return Err(ParseError {
                    message: "a list or mapping cannot be a key to the reader".into(),
                    span: self.builder.span(id),
                });
            }
            return Ok(());
        };
        frame.entries.push((key, id));
        if self.builder.is_merge(key) && !self.builder.is_mergeable(id) {
            let span = self.builder.span(id);
            return Err(ParseError {
                message: "<< takes a mapping or a list of mappings".into(),
                span: if span.is_empty() {
                    self.builder.span(key)
                } else {
                    span
                },
            });
        }
        Ok(())
    }

    /// Takes note that a token stands at `span`. Between tokens PyYAML wants spaces, never tabs.
    fn token(&mut self, span: &Span) -> Result<(), ParseError> {
        self.at = self.at.max(span.end);
        let Some(from) = self.tabs else {
            return Ok(());
        };
        let gap = self.text.get(from..span.start).unwrap_or_default();
        let mut before = b'\n';
        let mut comment = false;
        for (at, byte) in gap.bytes().enumerate() {
            match byte {
                b'\n' | b'\r' => comment = false,
                b'#' if before.is_ascii_whitespace() => comment = true,
                b'\t' if !comment => return Err(stray_tab(from + at)),
                _ => {}
            }
            before = byte;
        }
        self.tabs = Some(from.max(span.end));
        Ok(())
    }

    /// The first of the `wanted` indicators after the last token, past properties and comments.
    fn indicator(&self, wanted: &[u8]) -> Option<usize> {
        Gap::new(self.text, self.at, self.text.len())
            .find(|token| wanted.contains(&self.text.as_bytes()[token.start]))
            .map(|token| token.start)
    }

    /// Whether what comes next is the key of an entry.
    fn is_key(&self) -> bool {
        self.stack
            .last()
            .is_some_and(|frame| frame.map && frame.key.is_none())
    }

    /// Neither reader takes `: value` for an entry with an empty key, in brackets or after `?` apart.
    fn written_key(&self, span: &Span) -> Result<(), ParseError> {
        let flow = self.stack.last().is_none_or(|frame| frame.flow);
        let marked = || {
            Gap::new(self.text, self.at, span.start)
                .any(|token| self.text.as_bytes()[token.start] == b'?')
        };
        if !self.is_key() || flow || marked() {
            return Ok(());
        }
        Err(ParseError {
            message: "a colon without a key before it".into(),
            span: span.clone(),
        })
    }

    /// Where a value that is not written would stand: right after its colon, dash or properties.
    fn empty(&self, span: Span) -> Span {
        if self.is_key() {
            return span;
        }
        let mut at = self.at.min(span.start);
        let mut colon = !self.stack.last().is_some_and(|frame| frame.map);
        for token in Gap::new(self.text, at, self.text.len()) {
            // granit puts the value of `key:` at the colon, not after it.
            let is_colon = self.text.as_bytes()[token.start] == b':';
            if token.start >= span.start && (colon || !is_colon) {
                break;
            }
            colon |= is_colon;
            at = token.end;
        }
        at..at
    }

    /// Where the line that `at` lies in ends, before its line break.
    fn line_end(&self, at: usize) -> usize {
        self.text[at..]
            .find(['\n', '\r'])
            .map_or(self.text.len(), |length| at + length)
    }

    /// From the indicator to the end of the last line that is not blank.
    fn block_scalar(&self, contents: &Span) -> Span {
        let start = self.indicator(b"|>").unwrap_or(contents.start);
        let header = self.text[start..]
            .find(|c: char| c.is_ascii_whitespace())
            .map_or(self.text.len(), |at| start + at);
        let contents = contents.start.max(header)..contents.end.max(header);
        let written = self.text[contents.clone()].trim_end_matches([' ', '\t', '\n', '\r']);
        if written.is_empty() {
            return start..header;
        }
        start..self.line_end(contents.start + written.len())
    }

    fn refused(&self, error: &ScanError, blanks: &Blanks) -> Refusal {
        let at = blanks.before(error.marker().byte_offset().unwrap_or_default());
        let mut at = at.min(self.text.len());
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        let places = match error.kind() {
            ErrorKind::RecursionLimitExceeded => return (too_deep(at..at), None),
            ErrorKind::UnknownAnchor => {
                let end = self.text[at..]
                    .find(|c: char| c.is_whitespace() || ",[]{}".contains(c))
                    .map_or(self.text.len(), |length| at + length);
                let error = ParseError {
                    message: format!("no anchor before {}", &self.text[at..end]),
                    span: at..end,
                };
                return (error, None);
            }
            ErrorKind::CommentNotSeparated => {
                let closed = self.text[..at].ends_with(['"', '\'', ']', '}']);
                let comment = self.text[at..].starts_with('#');
                (closed && comment).then(|| vec![(at, 1)])
            }
            ErrorKind::InvalidQuotedScalarIndent | ErrorKind::TabInIndentation => {
                self.lines_of_quoted(at)
            }
            _ => None,
        };
        let message = error.kind().to_string();
        // "while scanning a tag, did not find …": where, the span says.
        let message = match message.split_once(", ") {
            Some((head, rest)) if head.starts_with("while ") => rest,
            _ => &message,
        };
        let error = ParseError {
            message: message
                .replace(" in this context", " here")
                .trim_end_matches('.')
                .to_owned(),
            span: at..at,
        };
        (error, places)
    }

    /// Where blanks must go to indent the lines of the quoted scalar that `inside` lies in.
    fn lines_of_quoted(&self, inside: usize) -> Option<Vec<(usize, usize)>> {
        let bytes = self.text.as_bytes();
        let mut from = self.at;
        let quoted = loop {
            let open = from + self.text.get(from..inside)?.find(['"', '\''])?;
            if !self.text[..open].ends_with([' ', '\n', '[', '{', ',', ':']) {
                from = open + 1;
                continue;
            }
            let mut end = open + 1;
            while end < bytes.len() && bytes[end] != bytes[open] {
                end += if bytes[end] == b'\\' && bytes[open] == b'"' {
                    2
                } else {
                    1
                };
            }
            if end >= inside {
                break open..end.min(bytes.len());
            }
            from = end + 1;
        };
        let indent = self.stack.last().map_or(0, |frame| {
            let line = self.text[..frame.start].rfind('\n').map_or(0, |at| at + 1);
            frame.start - line + 1
        });
        let mut places = Vec::new();
        for (at, _) in self.text.get(quoted.clone())?.match_indices('\n') {
            places.push((quoted.start + at + 1, indent.max(1)));
        }
        Some(places)
    }
}

fn too_deep(span: Span) -> ParseError {
    ParseError {
        message: format!("nested deeper than {MAX_DEPTH} levels"),
        span,
    }
}

fn stray_tab(at: usize) -> ParseError {
    ParseError {
        message: "found a tab that cannot start any token".into(),
        span: at..at + 1,
    }
}

/// The indicators, anchors and tags between two tokens; comments and blanks are passed over.
struct Gap<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Gap<'a> {
    fn new(text: &'a str, from: usize, to: usize) -> Gap<'a> {
        Gap {
            bytes: &text.as_bytes()[..to.max(from)],
            at: from,
        }
    }
}

impl Iterator for Gap<'_> {
    type Item = Span;

    fn next(&mut self) -> Option<Span> {
        while let Some(byte) = self.bytes.get(self.at) {
            let start = self.at;
            match byte {
                b' ' | b'\t' | b'\n' | b'\r' => self.at += 1,
                b'#' => {
                    while self
                        .bytes
                        .get(self.at)
                        .is_some_and(|b| !matches!(b, b'\n' | b'\r'))
                    {
                        self.at += 1;
                    }
                }
                b'&' | b'!' => {
                    while self
                        .bytes
                        .get(self.at)
                        .is_some_and(|b| !b.is_ascii_whitespace())
                    {
                        self.at += 1;
                    }
                    return Some(start..self.at);
                }
                _ => {
                    self.at += 1;
                    return Some(start..self.at);
                }
            }
        }
        None
    }
}
