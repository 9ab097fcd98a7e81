//! Texts with a spanned tree: every node of every file knows which bytes it was written in.
//!
//! A [`Source`] owns one file's text and its tree. Findings name nodes by [`Pointer`]; bytes come late, from
//! [`Source::locate`]. Scalars are resolved by the rules of the program that reads the file ([`Dialect`]).

mod carried;
mod env;
mod json;
mod path;
mod scalar;
#[cfg(test)]
mod tests;
mod toml;
mod tree;
mod yaml;

pub use carried::Slot;
pub use path::{At, Part, Path, Pointer, SourceId, Span, Step};
pub use scalar::{Dialect, ScalarKind, resolve};
pub use tree::{Duplicate, Node, Shape, Style};

use std::sync::Arc;

use line_index::LineIndex;
use tree::Tree;

/// Files larger than this many bytes are not parsed.
pub const MAX_BYTES: usize = 4 * 1024 * 1024;
/// Deeper nesting than this is refused: the readers we speak for recurse, and give up at a like depth.
pub const MAX_DEPTH: usize = 256;

/// How a text is written, and by whose rules its scalars are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// YAML; the dialect says which reader resolves plain scalars.
    Yaml(Dialect),
    /// Strict JSON (RFC 8259): no comments, no trailing commas.
    Json,
    /// JSON with comments and trailing commas.
    Jsonc,
    /// TOML 1.0.
    Toml,
    /// `NAME=value` lines, as Compose and dotenv read them.
    Env,
}

/// Why a text has no tree. The position is where its reader would give up.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ParseError {
    /// What is wrong, lower case, no full stop.
    pub message: String,
    /// Where, in bytes of [`Source::text`]; may be empty.
    pub span: Span,
}

/// Why the bytes of a file could not be taken as text at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// There is nothing at that path.
    #[error("no such file")]
    Absent,
    /// A directory where a file should be.
    #[error("is a directory")]
    Directory,
    /// Permission denied; carries the operating system's words.
    #[error("{0}")]
    Denied(String),
    /// Larger than [`MAX_BYTES`]; carries the size in bytes.
    #[error("larger than {} MiB ({} MiB): not parsed", MAX_BYTES / (1024 * 1024), .0 / (1024 * 1024))]
    TooLarge(u64),
    /// Not UTF-8: the byte offset of the first bad byte, and what the file seems to be.
    #[error("not UTF-8 text ({1}, at byte {0})")]
    NotText(usize, &'static str),
    /// Any other failure of the operating system.
    #[error("{0}")]
    Failed(String),
    /// The run was told not to look there.
    #[error("outside the directory that may be read")]
    Outside,
}

/// What became of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// The tree is there.
    Parsed,
    /// The text is there, the tree is not.
    Invalid(ParseError),
    /// Neither.
    Unreadable(Unreadable),
}

/// A place in a text for people: both 1-based, the column counts Unicode scalars.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// 1-based line.
    pub line: u32,
    /// 1-based column in Unicode scalars.
    pub column: u32,
}

/// One file: its name as shown, its text without a byte order mark, and its tree.
#[derive(Debug)]
pub struct Source {
    id: SourceId,
    name: String,
    format: Format,
    text: Arc<str>,
    bom: bool,
    lines: Arc<LineIndex>,
    tree: Tree,
    state: State,
    carried: Option<Carrier>,
    /// Of a document alone: which bytes of the text it is.
    part: Option<Span>,
    /// The container that it describes, where it is no file.
    container: Option<Box<str>>,
}

/// The file that carries the text of a source.
#[derive(Debug)]
struct Carrier {
    slot: Slot,
    /// All that the same file carries shares them: a file may have as many slots as lines.
    documents: Arc<[Source]>,
    writable: bool,
}

/// The file that carries others, read.
struct Around {
    text: Arc<str>,
    bom: bool,
    lines: Arc<LineIndex>,
    documents: Arc<[Source]>,
}

impl Source {
    /// Reads bytes as `format`. Never fails: what is wrong is in [`Source::state`].
    pub fn new(
        id: SourceId,
        name: impl Into<String>,
        format: Format,
        bytes: Result<Vec<u8>, Unreadable>,
    ) -> Source {
        let (text, bom, unreadable) = match bytes.and_then(decode) {
            Ok((text, bom)) => (text, bom, None),
            Err(why) => (String::new(), false, Some(why)),
        };
        let (tree, state) = match unreadable {
            Some(why) => (Tree::empty(), State::Unreadable(why)),
            None => match parse(&text, format) {
                Ok(tree) => (tree, State::Parsed),
                Err(error) => (Tree::empty(), State::Invalid(error)),
            },
        };
        Source {
            id,
            name: name.into(),
            format,
            lines: Arc::new(LineIndex::new(&text)),
            text: text.into(),
            bom,
            tree,
            state,
            carried: None,
            part: None,
            container: None,
        }
    }

    /// What a container is, written as a file would declare it. There is no such file: nothing can be written into it.
    pub fn of_container(id: SourceId, container: &str, text: String) -> Source {
        let name = Source::name_of_container(container);
        let format = Format::Yaml(Dialect::GoYaml);
        let mut source = Source::new(id, name, format, Ok(text.into_bytes()));
        source.container = Some(container.into());
        source
    }

    /// What the source of a container is called.
    pub fn name_of_container(container: &str) -> String {
        format!("container {container}")
    }

    /// Reads what a YAML file carries in `slot` as a file of its own. The text stays that of the whole file, so that
    /// spans, positions and edits are those of the file; the tree is that of the slot alone.
    pub fn carried(
        id: SourceId,
        name: impl Into<String>,
        format: Format,
        bytes: Result<Vec<u8>, Unreadable>,
        slot: Slot,
    ) -> Source {
        let name = name.into();
        let (text, bom, unreadable) = match bytes.and_then(decode) {
            Ok((text, bom)) => (text, bom, None),
            Err(why) => (String::new(), false, Some(why)),
        };
        let text: Arc<str> = text.into();
        let lines = Arc::new(LineIndex::new(&text));
        let documents = documents_of(id, &name, &text, &lines).into();
        let file = Around {
            text,
            bom,
            lines,
            documents,
        };
        Source::in_slot(id, name, format, file, unreadable, slot)
    }

    /// Reads what the same file carries in another slot, without reading the file once more. Nothing when this source
    /// is a file of its own.
    pub fn beside(&self, id: SourceId, format: Format, slot: Slot) -> Option<Source> {
        let carrier = self.carried.as_ref()?;
        let unreadable = match &self.state {
            State::Unreadable(why) => Some(why.clone()),
            _ => None,
        };
        let file = Around {
            text: Arc::clone(&self.text),
            bom: self.bom,
            lines: Arc::clone(&self.lines),
            documents: Arc::clone(&carrier.documents),
        };
        let name = self.name.clone();
        Some(Source::in_slot(id, name, format, file, unreadable, slot))
    }

    fn in_slot(
        id: SourceId,
        name: String,
        format: Format,
        file: Around,
        unreadable: Option<Unreadable>,
        slot: Slot,
    ) -> Source {
        let Around {
            text,
            bom,
            lines,
            documents,
        } = file;
        let carried = carried::read(&documents, format, &slot);
        let (tree, state) = match (unreadable, carried.tree) {
            (Some(why), _) => (Tree::empty(), State::Unreadable(why)),
            (None, Ok(tree)) => (tree, State::Parsed),
            (None, Err(error)) => (Tree::empty(), State::Invalid(error)),
        };
        Source {
            id,
            name,
            format,
            lines,
            text,
            bom,
            tree,
            state,
            carried: Some(Carrier {
                slot,
                documents,
                writable: carried.writable,
            }),
            part: None,
            container: None,
        }
    }

    /// Each document of this text as YAML, numbered as in [`Slot`]. Those that do not parse are among them.
    pub fn each_document(&self) -> Vec<Source> {
        documents_of(self.id, &self.name, &self.text, &self.lines)
    }

    /// The same file with another text.
    pub fn with_text(&self, text: String) -> Source {
        let bytes = Ok(text.into_bytes());
        match &self.carried {
            None => Source::new(self.id, self.name.as_str(), self.format, bytes),
            Some(carrier) => {
                let slot = carrier.slot.clone();
                Source::carried(self.id, self.name.as_str(), self.format, bytes, slot)
            }
        }
    }

    /// Where the file carries what the tree is of; nothing when it is a file of its own.
    pub fn slot(&self) -> Option<&Slot> {
        self.carried.as_ref().map(|carrier| &carrier.slot)
    }

    /// The documents of the file that carries this one. They are numbered as the first source of the file that was read.
    pub fn around(&self) -> &[Source] {
        self.carried
            .as_ref()
            .map_or(&[], |carrier| &carrier.documents)
    }

    /// Whether changes of the tree can be written into the text: not where it stands in quotes or is folded.
    pub fn is_writable(&self) -> bool {
        self.container.is_none() && self.carried.as_ref().is_none_or(|carrier| carrier.writable)
    }

    /// The container that it describes, where it is no file: nobody wrote it.
    pub fn container(&self) -> Option<&str> {
        self.container.as_deref()
    }

    /// The number of this file in its stack.
    pub fn id(&self) -> SourceId {
        self.id
    }

    /// The file's name as people see it: relative to the working directory when below it, with `/`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How the file is written.
    pub fn format(&self) -> Format {
        self.format
    }

    /// The text, without a byte order mark. Spans count its bytes.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether the file began with a UTF-8 byte order mark.
    pub fn has_bom(&self) -> bool {
        self.bom
    }

    /// What became of the file.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Whether there is a tree.
    pub fn is_parsed(&self) -> bool {
        self.state == State::Parsed
    }

    /// The root node; a null without width when there is no tree.
    pub fn root(&self) -> Node<'_> {
        Node::new(self, self.tree.root())
    }

    /// The node at `path`, if it is there.
    pub fn node(&self, path: &Path) -> Option<Node<'_>> {
        path.steps()
            .iter()
            .try_fold(self.root(), |node, step| node.step(step))
    }

    /// The bytes of a node's key, value or whole entry. Where the node is absent: of its nearest ancestor.
    /// The root and items of sequences have no key; for them `Key` and `Entry` mean the value.
    pub fn locate(&self, path: &Path, part: Part) -> Span {
        let mut node = self.root();
        let mut whole = true;
        for step in path.steps() {
            match node.step(step) {
                Some(next) => node = next,
                None => {
                    whole = false;
                    break;
                }
            }
        }
        match part {
            Part::Value if whole => node.span(),
            Part::Key | Part::Value => node.key().map_or_else(|| node.span(), |key| key.span()),
            Part::Entry => node.entry_span(),
        }
    }

    /// Every node in the order of the file, parents first, keys included, aliases not followed.
    pub fn nodes(&self) -> impl Iterator<Item = Node<'_>> {
        self.tree.ids().map(|id| Node::new(self, id))
    }

    /// Keys that stand twice in one mapping, in the order of the file.
    pub fn duplicates(&self) -> &[Duplicate] {
        self.tree.duplicates()
    }

    /// How many documents the text holds. The tree is the first one; only YAML may have more, or none.
    pub fn documents(&self) -> usize {
        self.tree.documents()
    }

    /// Line and column of a byte offset; past the end means the end.
    pub fn position(&self, offset: usize) -> Position {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let at = self
            .lines
            .line_col(u32::try_from(offset).unwrap_or(u32::MAX).into());
        let start = offset - at.col as usize;
        Position {
            line: at.line + 1,
            column: u32::try_from(self.text[start..offset].chars().count()).unwrap_or(u32::MAX - 1)
                + 1,
        }
    }

    fn tree(&self) -> &Tree {
        &self.tree
    }
}

/// Each document of a YAML text as a source; they share the text.
fn documents_of(id: SourceId, name: &str, text: &Arc<str>, lines: &Arc<LineIndex>) -> Vec<Source> {
    let one = |span: Span| {
        let (tree, state) = match carried::document(text, span.clone(), carried::OUTER) {
            Ok(tree) => (tree, State::Parsed),
            Err(error) => (Tree::empty(), State::Invalid(error)),
        };
        Source {
            id,
            name: name.to_owned(),
            format: Format::Yaml(carried::OUTER),
            lines: Arc::clone(lines),
            text: Arc::clone(text),
            bom: false,
            tree,
            state,
            carried: None,
            part: Some(span),
            container: None,
        }
    };
    carried::documents(text).into_iter().map(one).collect()
}

/// UTF-8 text without its byte order mark, and whether it had one.
fn decode(bytes: Vec<u8>) -> Result<(String, bool), Unreadable> {
    if bytes.len() > MAX_BYTES {
        return Err(Unreadable::TooLarge(bytes.len() as u64));
    }
    let kind = match bytes.as_slice() {
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => Some("UTF-16"),
        head if head.iter().take(8192).any(|byte| *byte == 0) => Some("binary"),
        _ => None,
    };
    if let Some(kind) = kind {
        let at = match kind {
            "binary" => bytes.iter().position(|byte| *byte == 0).unwrap_or(0),
            _ => 0,
        };
        return Err(Unreadable::NotText(at, kind));
    }
    let text = String::from_utf8(bytes)
        .map_err(|error| Unreadable::NotText(error.utf8_error().valid_up_to(), "invalid UTF-8"))?;
    match text.strip_prefix('\u{feff}') {
        Some(rest) => Ok((rest.to_owned(), true)),
        None => Ok((text, false)),
    }
}

fn parse(text: &str, format: Format) -> Result<Tree, ParseError> {
    match format {
        Format::Yaml(dialect) => yaml::parse(text, dialect),
        Format::Json => json::parse(text, json::Comments::Refused),
        Format::Jsonc => json::parse(text, json::Comments::Allowed),
        Format::Toml => toml::parse(text),
        Format::Env => env::parse(text),
    }
}
