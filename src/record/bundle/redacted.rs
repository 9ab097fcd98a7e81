//! Files without secrets: in the place of each stands its token, of as many bytes and characters, so that every line and
//! column stays. What is secret in one file is so in all of them, and in the facts.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::fact::{Tokens, Writing};
use crate::model::Stack;
use crate::record::looks::Seen;
use crate::record::place::Places;
use crate::secret;
use crate::source::{Dialect, Format, Source, SourceId, State, Style, Unreadable};

/// Of a shorter value nobody can say where it is meant.
const SHORTEST: usize = 8;

/// A file that was read as text.
struct Text<'a> {
    /// With the byte order mark that it has.
    mark: &'static str,
    text: &'a str,
    /// What is secret in it, and how that is written; in order, without overlaps.
    hidden: Vec<(Range<usize>, Writing)>,
}

/// What files become.
pub(super) struct Redacted {
    pub texts: BTreeMap<PathBuf, String>,
    /// Files that are no text, and why not.
    pub no_texts: BTreeMap<PathBuf, Unreadable>,
}

/// Values that are secret wherever they stand.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// By their first bytes.
    values: HashMap<Vec<u8>, Vec<String>>,
    /// Words: secret where they are all of a value, for they may stand elsewhere with another meaning.
    words: BTreeSet<String>,
}

impl Known {
    /// Takes note of a secret. Only what is random or chosen is one wherever it stands: a word may mean something else
    /// there.
    pub fn add(&mut self, secret: &str) {
        for value in units(secret) {
            if secret::is_random(value) || secret::find(Some("password"), value).is_some() {
                let alike = self.values.entry(start(value)).or_default();
                if !alike.iter().any(|have| have == value) {
                    alike.push(value.to_owned());
                    // Of two that begin alike the longer one is meant.
                    alike.sort_by_key(|value| std::cmp::Reverse(value.len()));
                }
            }
        }
    }

    /// Takes note of what was sent so that nobody else sees it: a word too.
    pub fn add_sent(&mut self, secret: &str) {
        self.add(secret);
        let units = units(secret).filter(|value| !secret::is_placeholder(value));
        self.words.extend(units.map(str::to_owned));
    }

    /// A name is no secret, even if someone uses it as one.
    fn forget(&mut self, name: &str) {
        self.words.remove(name);
    }

    /// Where they stand in a text, and are no part of a longer word; words where they are all of it.
    pub fn places(&self, text: &str) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        if self.words.contains(text) {
            found.push(0..text.len());
            return found;
        }
        if self.values.is_empty() {
            return found;
        }
        let (mut at, mut joined) = (0, false);
        while let Some(c) = text[at..].chars().next() {
            let rest = &text[at..];
            let value = (!joined && rest.len() >= SHORTEST)
                .then(|| self.values.get(&rest.as_bytes()[..SHORTEST]))
                .flatten()
                .and_then(|alike| alike.iter().find(|value| stands_first(value, rest)));
            let length = value.map_or(c.len_utf8(), String::len);
            if value.is_some() {
                found.push(at..at + length);
            }
            at += length;
            joined = text[..at].ends_with(char::is_alphanumeric);
        }
        found
    }
}

/// What of a secret is long enough to be known again.
fn units(secret: &str) -> impl Iterator<Item = &str> {
    let units = Tokens::units(secret).map(|unit| &secret[unit]);
    units.filter(|value| value.len() >= SHORTEST && !secret::is_reference(value))
}

fn start(value: &str) -> Vec<u8> {
    value.as_bytes()[..SHORTEST].to_vec()
}

fn stands_first(value: &str, text: &str) -> bool {
    let rest = text.strip_prefix(value);
    rest.is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
}

/// Puts tokens in the place of secrets, and notes them.
pub(super) struct Redactor<'a> {
    tokens: &'a Tokens,
    /// Deriving one takes its time.
    derived: RefCell<HashMap<(String, Writing), String>>,
}

impl<'a> Redactor<'a> {
    pub fn new(tokens: &'a Tokens) -> Redactor<'a> {
        Redactor {
            tokens,
            derived: RefCell::default(),
        }
    }

    /// A text with tokens for these parts of it.
    pub fn replaced(&self, text: &str, hidden: &[(Range<usize>, Writing)]) -> String {
        let mut derived = self.derived.borrow_mut();
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        for (span, writing) in hidden {
            out.push_str(&text[at..span.start]);
            let part = &text[span.clone()];
            let token = derived
                .entry((part.to_owned(), *writing))
                .or_insert_with(|| self.tokens.written(part, *writing));
            out.push_str(token);
            at = span.end;
        }
        out.push_str(&text[at..]);
        out
    }

    /// Letters and digits of all tokens that it made.
    pub fn made(&self) -> BTreeSet<String> {
        let derived = self.derived.borrow();
        let made = derived.iter();
        made.flat_map(|((_, writing), token)| Tokens::letters(token, *writing))
            .collect()
    }

    /// All files that were read. `known` is what is secret already; what the files say to be so is added.
    pub fn files(
        &self,
        seen: &Seen,
        stack: &Stack,
        places: &Places,
        known: &mut Known,
    ) -> Redacted {
        let mut opened: HashMap<PathBuf, Vec<&Source>> = HashMap::new();
        for source in stack.sources.iter().filter(|one| one.container().is_none()) {
            let path = places.path(source.name());
            opened.entry(path).or_default().push(source);
        }
        let read = seen.iter().filter_map(|(path, look)| {
            let bytes = look.read.as_ref()?.as_ref().ok()?;
            Some((path, bytes))
        });
        // Those that nobody opened are read as what they are called.
        let mut alone: BTreeMap<&Path, Source> = BTreeMap::new();
        let mut no_texts = BTreeMap::new();
        for (path, bytes) in read {
            let source = Source::new(SourceId(0), "", format_of(path), Ok(bytes.clone()));
            match source.state() {
                State::Unreadable(why) => {
                    no_texts.insert(path.clone(), why.clone());
                }
                _ => {
                    alone.insert(path, source);
                }
            }
        }
        let mut texts: BTreeMap<&Path, Text<'_>> = BTreeMap::new();
        for (path, source) in &alone {
            let sources: Vec<&Source> = match opened.get(*path) {
                Some(opened) => opened.clone(),
                None => vec![source],
            };
            let hidden = hidden_in(&sources);
            for (span, _) in &hidden {
                known.add(&source.text()[span.clone()]);
            }
            texts.insert(
                path,
                Text {
                    mark: match source.has_bom() {
                        true => "\u{feff}",
                        false => "",
                    },
                    text: source.text(),
                    hidden,
                },
            );
        }
        for source in &stack.sources {
            let keys = source.nodes().filter(|node| node.is_key());
            keys.filter_map(|key| key.scalar_text())
                .for_each(|name| known.forget(name));
        }
        let mut redacted = BTreeMap::new();
        for (path, mut file) in texts {
            let sources = opened.get(path).cloned().unwrap_or_default();
            let more = known.places(file.text).into_iter();
            let more = more.chain(words_in(&sources, known));
            let more: Vec<Range<usize>> = more.collect();
            add(&mut file.hidden, more, &sources);
            let text = self.replaced(file.text, &file.hidden);
            redacted.insert(path.to_owned(), format!("{}{text}", file.mark));
        }
        Redacted {
            texts: redacted,
            no_texts,
        }
    }
}

/// How a file is written that nobody opened: what does not parse is looked through word by word.
fn format_of(path: &Path) -> Format {
    let name = path.file_name().and_then(|name| name.to_str());
    let name = name.unwrap_or_default();
    match name
        .rsplit_once('.')
        .map_or(name, |(_, extension)| extension)
    {
        "json" | "jsonc" => Format::Jsonc,
        "toml" => Format::Toml,
        "env" => Format::Env,
        _ => Format::Yaml(Dialect::PyYaml),
    }
}

/// What is secret in a file that was read in one or several ways. What one reader cannot parse is looked through word by
/// word only if nobody can: to the others the words may mean something.
fn hidden_in(sources: &[&Source]) -> Vec<(Range<usize>, Writing)> {
    let is_parsed = sources.iter().any(|source| source.is_parsed());
    let counts = |source: &&&Source| source.is_parsed() || source.slot().is_some() || !is_parsed;
    let mut spans: Vec<Range<usize>> = Vec::new();
    for source in sources.iter().filter(counts) {
        spans.extend(secret::spans_in(source));
        spans.extend(secret::random_words_in(source));
    }
    let mut hidden = Vec::new();
    add(&mut hidden, spans, sources);
    hidden
}

/// Adds spans where there are none yet.
fn add(
    hidden: &mut Vec<(Range<usize>, Writing)>,
    mut spans: Vec<Range<usize>>,
    sources: &[&Source],
) {
    let quoted = Quoted::of(sources);
    spans.sort_by_key(|span| (span.start, std::cmp::Reverse(span.end)));
    let mut joined: Vec<Range<usize>> = Vec::with_capacity(spans.len());
    for span in spans {
        match joined.last_mut() {
            Some(last) if span.start < last.end => last.end = last.end.max(span.end),
            _ => joined.push(span),
        }
    }
    let mut there = hidden.iter().map(|(span, _)| span.clone()).peekable();
    let mut new = Vec::new();
    for span in joined {
        while there.next_if(|have| have.end <= span.start).is_some() {}
        if there.peek().is_none_or(|have| span.end <= have.start) {
            new.push((span.clone(), quoted.writing(&span)));
        }
    }
    drop(there);
    hidden.extend(new);
    hidden.sort_by_key(|(span, _)| span.start);
}

/// Where the words stand as all of a value, or behind the scheme of one.
fn words_in(sources: &[&Source], known: &Known) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for source in sources {
        for (_, range) in secret::values_in(source) {
            let text = &source.text()[range.clone()];
            let word = text.rsplit([' ', '=']).next().unwrap_or(text);
            if known.words.contains(word) {
                found.push(range.end - word.len()..range.end);
            }
        }
    }
    found
}

/// Where in a file texts stand in double quotes.
struct Quoted {
    /// In order.
    escaped: Vec<Range<usize>>,
    nested: Vec<Range<usize>>,
    /// There is no tree, and anything may be in quotes.
    everywhere: bool,
}

impl Quoted {
    fn of(sources: &[&Source]) -> Quoted {
        let doubles = |source: &Source, spans: &mut Vec<Range<usize>>| {
            let nodes = source.nodes();
            let nodes = nodes.filter(|node| node.style() == Style::Double);
            spans.extend(nodes.map(|node| node.span()));
        };
        let (mut escaped, mut nested) = (Vec::new(), Vec::new());
        for source in sources {
            doubles(source, &mut escaped);
            // What is carried is written once more.
            for document in source.around() {
                doubles(document, &mut nested);
            }
        }
        for spans in [&mut escaped, &mut nested] {
            spans.sort_by_key(|span| (span.start, span.end));
            spans.dedup();
        }
        Quoted {
            escaped,
            nested,
            everywhere: !sources.iter().any(|source| source.is_parsed()),
        }
    }

    fn writing(&self, span: &Range<usize>) -> Writing {
        let holds = |spans: &[Range<usize>]| {
            let behind = spans.partition_point(|one| one.start <= span.start);
            behind > 0 && spans[behind - 1].end >= span.end
        };
        if holds(&self.nested) {
            Writing::Nested
        } else if self.everywhere || holds(&self.escaped) {
            Writing::Escaped
        } else {
            Writing::Plain
        }
    }
}
