//! What is a secret, and how it is kept out of everything that mcpdoc says.
//!
//! Two strictness levels. [`find`] speaks to the owner of a file and must seldom be wrong: known shapes, passwords in
//! URLs, random values under telling names. [`spans_to_mask`] protects output and would rather hide too much: whatever
//! stands under a telling name. Neither touches references such as `${VAR}`: they are what the owner should write.

mod command;
mod scan;
mod shape;
mod url;
mod word;

use std::ops::Range;

use crate::source::{Dialect, Format, Node, Path, Shape, Source, Step, Style, resolve};

pub use shape::user_and_password;
pub use word::{is_placeholder, is_reference, is_switch, is_telling};

/// A secret in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Secret {
    /// Its bytes in the text.
    pub range: Range<usize>,
    /// What it is.
    pub kind: Kind,
}

/// Kinds of secrets, as far as a person would call them differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A key whose shape tells whose it is; what to call it.
    Issued(&'static str),
    /// A JSON Web Token.
    Jwt,
    /// What follows `Bearer`.
    Bearer,
    /// What follows `Basic`.
    Basic,
    /// A private key in PEM.
    PrivateKey,
    /// The password in a URL.
    UrlPassword,
    /// A random value under a name such as `api_key`.
    Named,
    /// A value under a name such as `password`.
    Password,
}

impl Kind {
    /// What a person calls it, with an article.
    pub fn title(self) -> &'static str {
        match self {
            Kind::Issued(title) => title,
            Kind::Jwt => "a JSON Web Token",
            Kind::Bearer => "a bearer token",
            Kind::Basic => "a user name and password (Basic)",
            Kind::PrivateKey => "a private key",
            Kind::UrlPassword => "a password in a url",
            Kind::Named => "a secret value",
            Kind::Password => "a password",
        }
    }
}

/// The first secret in the value of `key`. Says nothing of references, placeholders, paths, plain words and numbers,
/// nor of keys that are meant for everybody.
pub fn find(key: Option<&str>, text: &str) -> Option<Secret> {
    let secret = first(key, text)?;
    let is_published = |secret: &Secret| {
        let name = scan::name_of(&text[..secret.range.start]).or(key);
        name.is_some_and(word::is_published)
    };
    if !is_published(&secret) {
        return Some(secret);
    }
    // Something else may stand beside it.
    const MOST_PUBLISHED: usize = 32;
    let mut rest = text.to_owned();
    let mut secret = secret;
    for _ in 0..MOST_PUBLISHED {
        // As a placeholder: over spaces the name before would be given what follows.
        let blank = "x".repeat(secret.range.len());
        rest.replace_range(secret.range.clone(), &blank);
        secret = first(key, &rest)?;
        if !is_published(&secret) {
            return Some(secret);
        }
    }
    None
}

fn first(key: Option<&str>, text: &str) -> Option<Secret> {
    // Nothing that is a secret for certain is shorter than a password, and most values of a stack are.
    if text.len() < word::SHORTEST_PASSWORD {
        return None;
    }
    shape::private_key(text)
        .or_else(|| shape::url_password(text))
        .or_else(|| shape::credentials(text))
        .or_else(|| shape::issued(text))
        .or_else(|| named(key?, 0..text.len(), text))
        .or_else(|| {
            scan::assignments(text, scan::Text::Value)
                .into_iter()
                .find_map(|assignment| {
                    named(&text[assignment.name.clone()], assignment.value, text)
                })
        })
}

/// A value that only its name gives away.
fn named(key: &str, range: Range<usize>, text: &str) -> Option<Secret> {
    let range = word::default_of(text, range);
    let value = &text[range.clone()];
    if !is_telling(key) || is_reference(value) || is_placeholder(value) {
        return None;
    }
    let kind = if word::names_password(key) && word::is_password(value) {
        Kind::Password
    } else if word::is_opaque(value) {
        Kind::Named
    } else {
        return None;
    };
    Some(Secret { range, kind })
}

/// The bytes of `text`, the value of `key`, that must not be shown. In order, without overlaps.
pub fn spans_to_mask(key: Option<&str>, text: &str) -> Vec<Range<usize>> {
    tidy(text, spans_of(key, text))
}

/// The bytes of `text`, the value of `key`, in whose place references belong: of any length, spaces among them.
pub fn spans_to_replace(key: Option<&str>, text: &str) -> Vec<Range<usize>> {
    let mut spans = joined(spans_of(key, text));
    spans.retain(|span| text[span.clone()].contains(char::is_alphanumeric));
    spans
}

fn spans_of(key: Option<&str>, text: &str) -> Vec<Range<usize>> {
    let mut spans = Vec::new();
    if let Some(key) = key.filter(|key| hides(key, text)) {
        mask_value(key, text, 0..text.len(), &mut spans);
    }
    mask_known(text, scan::Text::Value, &mut spans);
    spans
}

/// Whether the value of a variable can be shown to everyone: a reference, a switch, a number, a path, an address
/// without user and query, or words under a name that tells of no secret.
pub fn is_plain(name: &str, text: &str) -> bool {
    if is_reference(text) || word::is_switch(text) {
        return true;
    }
    let mut harmless = !is_telling(name) && spans_to_replace(Some(name), text).is_empty();
    word::without_references(text, 0..text.len(), |part| {
        harmless &= word::is_harmless(&text[part]);
    });
    harmless
}

/// `text`, the value of `key`, with `*` for every byte of a secret: as many bytes as before.
pub fn mask(key: Option<&str>, text: &str) -> String {
    starred(text, &spans_to_mask(key, text))
}

/// The words of a command, with `*` for every byte of a secret: what follows the flag of one, too.
pub fn mask_words(words: &[&str]) -> Vec<String> {
    let before = std::iter::once(None).chain(words.iter().map(|word| flag_name(word)));
    let passwords = passwords_in(words.iter().copied());
    let words = words.iter().zip(before).zip(passwords);
    let masked = words.map(|((word, flag), password)| {
        let mut spans = spans_of(flag, word);
        spans.extend(password);
        starred(word, &tidy(word, spans))
    });
    masked.collect()
}

/// The part of each word of a command that its program takes for a password: `-u ada:…` of curl, `-p…` of mysql.
pub fn passwords_in<'a>(words: impl Iterator<Item = &'a str>) -> Vec<Option<Range<usize>>> {
    let mut reader = command::Reader::default();
    words.map(|word| reader.read(word)).collect()
}

/// The name of the flag that a word of a command is, if the next word is its value.
pub fn flag_name(word: &str) -> Option<&str> {
    (word.starts_with('-') && !word.contains(['=', ' '])).then(|| word.trim_start_matches('-'))
}

/// Free text such as a message, a url or a line of a log, with `*` for every byte of a secret.
pub fn redact(text: &str) -> String {
    starred(text, &spans_to_redact(text))
}

/// The bytes of free text that must not be shown. In order, without overlaps.
pub fn spans_to_redact(text: &str) -> Vec<Range<usize>> {
    let mut spans = Vec::new();
    mask_known(text, scan::Text::Prose, &mut spans);
    tidy(text, spans)
}

/// Whether a value looks random: nobody writes such a one who means a word, a path, an address or a version.
pub fn is_random(value: &str) -> bool {
    word::is_opaque(value)
}

/// How many bytes at the start of a secret say whose it is, or what kind: `sk-`, `ghp_`, `eyJ`. Everybody knows them.
pub fn head(value: &str) -> usize {
    shape::head(value)
}

/// Whether all rules here speak of two values in the same way, wherever they may stand.
pub fn are_alike(one: &str, other: &str) -> bool {
    let judged = |value: &str| {
        (
            spans_to_mask(None, value),
            spans_to_mask(Some("token"), value),
            spans_to_mask(Some("key"), value),
            spans_to_redact(value),
            is_plain("", value),
            is_reference(value),
            is_placeholder(value),
            ["password", "token"].map(|key| find(Some(key), value)),
            // A file without quotes around it must not mean a number there, or none any more.
            [Dialect::PyYaml, Dialect::GoYaml].map(|dialect| resolve(dialect, value)),
        )
    };
    judged(one) == judged(other)
}

/// The parts of a value that not everybody knows: of one that only holds a place what does not say so.
pub fn private(value: &str) -> Vec<Range<usize>> {
    word::private(value)
}

/// A file's whole text with `*` for every byte of a secret: by its nodes, and line by line for comments and for files
/// without a tree. Lines and columns stay.
pub fn masked_text(source: &Source) -> String {
    starred(source.text(), &spans_in(source))
}

/// The bytes of a file's text that must not be shown. In order, without overlaps.
pub fn spans_in(source: &Source) -> Vec<Range<usize>> {
    let text = source.text();
    let mut spans = Vec::new();
    mask_known(text, scan::Text::Lines, &mut spans);
    if !source.is_parsed() {
        mask_unparsed(text, &mut spans);
    }
    mask_nodes(source, &mut spans, None);
    for (number, document) in source.around().iter().enumerate() {
        let is_secret = is_secret_manifest(document);
        let hidden = |path: &Path, text: &str| {
            match source.slot() {
                // What is carried has been looked at already.
                Some(slot) if slot.document == number && path.starts_with(&slot.path) => {
                    Hidden::Not
                }
                _ if is_secret && is_payload(path) && !word::is_switch(text) => Hidden::Whole,
                _ => Hidden::ByName,
            }
        };
        mask_nodes(document, &mut spans, Some(&hidden));
    }
    tidy(text, spans)
}

/// Words that look random in values that are handed to a program or sent: of variables, headers and arguments. What an
/// image or a package is called has signs of its own.
pub fn random_words_in(source: &Source) -> Vec<Range<usize>> {
    const HANDED: &[&str] = &[
        "args",
        "command",
        "entrypoint",
        "env",
        "environment",
        "extra_headers",
        "headers",
        "static_headers",
    ];
    let is_handed = |node: &Node<'_>| {
        source.format() == Format::Env
            || node
                .path()
                .steps()
                .iter()
                .any(|step| matches!(step, Step::Key(key) if HANDED.contains(&&**key)))
    };
    let parts = |c: char| c.is_whitespace() || matches!(c, ',' | ';' | '"' | '\'' | '=');
    let mut words = Vec::new();
    if !source.is_parsed() {
        return words;
    }
    for (_, node) in values(source).filter(|(_, node)| is_handed(node)) {
        let inner = written(node);
        let mut at = inner.start;
        for piece in source.text()[inner].split_inclusive(parts) {
            let word = piece.trim_end_matches(parts);
            let is_name = piece.ends_with('=') && !word.is_empty();
            if !is_name && word::is_opaque(word) && !word.contains(['/', '@', ':', '$', '{']) {
                words.push(at..at + word.len());
            }
            at += piece.len();
        }
    }
    words
}

/// Every scalar as [`values`] gives them, with its bytes: without its quotes, or without the head of a block.
pub fn values_in(source: &Source) -> impl Iterator<Item = (Option<String>, Range<usize>)> {
    values(source).map(|(name, node)| (name, written(node)))
}

/// Hides what may be a value in a text whose signs are not where they belong: every word that looks random, and what
/// follows a telling name without a colon.
fn mask_unparsed(text: &str, spans: &mut Vec<Range<usize>>) {
    let parts = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | ',' | '{' | '}');
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let mut at = start;
        let mut before: Option<&str> = None;
        for piece in line.split_inclusive(parts) {
            let word = piece.trim_end_matches(parts);
            let quoted = text[..at].ends_with(['"', '\'', '`']);
            let follows = before.is_some_and(is_telling)
                && (quoted || word.bytes().any(|byte| byte.is_ascii_digit()));
            if !word.is_empty() {
                if (follows && !word::is_switch(word)) || word::is_opaque(word) {
                    spans.push(at..at + word.len());
                }
                before = Some(word);
            }
            at += piece.len();
        }
        start += line.len();
    }
}

/// How much of a value is hidden.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Hidden {
    /// What its name and its shape tell.
    ByName,
    /// All of it.
    Whole,
    /// Nothing.
    Not,
}

/// Says by path and text how much of a value is hidden.
type Ask<'a> = &'a dyn Fn(&Path, &str) -> Hidden;

/// The bytes to hide of each value of a file.
fn mask_nodes(source: &Source, spans: &mut Vec<Range<usize>>, hidden: Option<Ask<'_>>) {
    if !source.is_parsed() {
        return;
    }
    let mut reader = command::Reader::default();
    let mut list = None;
    for (key, node) in values(source) {
        let inner = written(node);
        let text = &source.text()[inner.clone()];
        // The arguments of a server stand behind its command.
        let holder = node.parent().map(|parent| parent.span());
        if list != holder {
            let is_continued = key.as_deref() == Some("args")
                || node.parent().and_then(|list| list.key()?.scalar_text()) == Some("args");
            if !is_continued {
                reader = command::Reader::default();
            }
            list = holder;
        }
        let password = reader.read(text);
        let found = match hidden.map(|hidden| hidden(&node.path(), text)) {
            Some(Hidden::Not) => continue,
            Some(Hidden::Whole) => std::iter::once(0..text.len()).collect(),
            Some(Hidden::ByName) | None => {
                let mut spans = spans_of(key.as_deref(), text);
                spans.extend(password);
                spans
            }
        };
        spans.extend(
            found
                .into_iter()
                .map(|span| inner.start + span.start..inner.start + span.end),
        );
    }
}

/// Whether a document is a Secret of Kubernetes'.
fn is_secret_manifest(document: &Source) -> bool {
    let kind = document.root().get("kind").and_then(Node::as_str);
    kind == Some("Secret")
}

/// Whether a value of a Secret is what it keeps.
fn is_payload(path: &Path) -> bool {
    let holder = path.steps().first();
    ["data", "stringData"]
        .iter()
        .any(|key| holder == Some(&Step::Key((*key).into())))
}

/// Every scalar of a file that is not a key, in the order of the file, with the name that it stands under: its key,
/// the flag before it in a list of arguments, or the `name` beside a `value`.
pub fn values(source: &Source) -> impl Iterator<Item = (Option<String>, Node<'_>)> {
    let mut before: Option<Node<'_>> = None;
    source
        .nodes()
        .filter(|node| !node.is_key() && !node.is_alias())
        .filter(|node| matches!(node.shape(), Shape::Scalar(_)))
        .map(move |node| {
            let name = name_of(node, before);
            before = Some(node);
            (name, node)
        })
}

/// The name that a scalar stands under; `before` is the scalar before it in the file.
fn name_of(node: Node<'_>, before: Option<Node<'_>>) -> Option<String> {
    if let Some(key) = node.key() {
        let key = key.scalar_text()?;
        if key != "value" {
            return Some(key.to_owned());
        }
        let beside = ["name", "key"]
            .iter()
            .find_map(|name| node.parent()?.get(name)?.as_str());
        return Some(beside.unwrap_or(key).to_owned());
    }
    let list = node.parent()?;
    let beside = before.filter(|before| {
        before
            .parent()
            .is_some_and(|parent| parent.span() == list.span())
    });
    match beside.and_then(flag) {
        Some(flag) => Some(flag.to_owned()),
        None => Some(list.key()?.scalar_text()?.to_owned()),
    }
}

/// The name of the flag that an item of a list is, if the next item is its value.
pub fn flag(item: Node<'_>) -> Option<&str> {
    flag_name(item.as_str()?)
}

/// The bytes of a scalar without its quotes, or without the head of a block.
fn written(node: Node<'_>) -> Range<usize> {
    let span = node.span();
    let text = &node.source().text()[span.clone()];
    match node.style() {
        Style::Single | Style::Double if text.len() >= 2 => span.start + 1..span.end - 1,
        Style::Block => match text.find('\n') {
            Some(line) if text.starts_with(['|', '>']) => span.start + line + 1..span.end,
            _ => span,
        },
        _ => span,
    }
}

/// What shows itself, whatever it stands under, and what a text says to be secret by naming it.
fn mask_known(text: &str, kind: scan::Text, spans: &mut Vec<Range<usize>>) {
    shape::everything(text, kind, spans);
    command::passwords(text, |password| spans.push(password));
    url::parts(text, |part| {
        word::without_references(text, part, |part| spans.push(part));
    });
    for assignment in scan::assignments(text, kind) {
        let value = &text[assignment.value.clone()];
        let meant = kind != scan::Text::Prose || assignment.meant || word::is_opaque(value);
        if meant && hides(&text[assignment.name.clone()], value) {
            let name = &text[assignment.name];
            mask_value(name, text, assignment.value, spans);
        }
    }
}

/// Whether a name is reason enough to hide its value. A bare `key` names all sorts of things.
fn hides(name: &str, value: &str) -> bool {
    let bare = name.trim_start_matches('-').eq_ignore_ascii_case("key");
    let is_chosen = || word::is_opaque(value) || word::is_password(value);
    let is_telling = is_telling(name) && (!bare || is_chosen());
    let is_login = || word::names_login(name) && login_password(value).is_some();
    !word::is_switch(value) && (is_telling || is_login())
}

/// Where the password begins in a user and a password.
fn login_password(value: &str) -> Option<usize> {
    let colon = value.find(':').filter(|_| !value.contains("://"))?;
    (!word::is_blank_user_info(value) && !value.contains(' ')).then_some(colon + 1)
}

/// Hides a value that is secret by its name: of a URL the user info, of a user and a password the password, of a header
/// what follows its scheme, else all.
fn mask_value(name: &str, text: &str, range: Range<usize>, spans: &mut Vec<Range<usize>>) {
    let value = &text[range.clone()];
    if value.contains("://") && !value.starts_with("-----") {
        shape::user_infos(value, |info| {
            spans.push(range.start + info.start..range.start + info.end);
        });
        return;
    }
    let login = match is_telling(name) {
        true => None,
        false => login_password(value),
    };
    let scheme = login.unwrap_or_else(|| shape::scheme_length(value));
    word::without_references(value, scheme..value.len(), |part| {
        spans.push(range.start + part.start..range.start + part.end);
    });
}

/// Sorted and joined.
fn joined(mut spans: Vec<Range<usize>>) -> Vec<Range<usize>> {
    spans.sort_by_key(|span| span.start);
    let mut joined: Vec<Range<usize>> = Vec::with_capacity(spans.len());
    for span in spans {
        match joined.last_mut() {
            Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
            _ => joined.push(span),
        }
    }
    joined
}

/// Sorted, joined, without what is too short to be a secret, and without marks alone: the same few characters stand
/// all over a text. White space is left out: line breaks and indentation are no secrets, and layout depends on them.
fn tidy(text: &str, spans: Vec<Range<usize>>) -> Vec<Range<usize>> {
    const SHORTEST: usize = 4;
    let joined = joined(spans);
    let mut tidy = Vec::with_capacity(joined.len());
    for span in joined {
        let part = text[span.clone()].trim();
        if part.chars().nth(SHORTEST - 1).is_none() || !part.contains(char::is_alphanumeric) {
            continue;
        }
        let mut start = None;
        for (at, c) in text[span.clone()].char_indices() {
            let at = span.start + at;
            match (c.is_whitespace(), start) {
                (true, Some(from)) => {
                    tidy.push(from..at);
                    start = None;
                }
                (false, None) => start = Some(at),
                _ => {}
            }
        }
        tidy.extend(start.map(|from| from..span.end));
    }
    tidy
}

fn starred(text: &str, spans: &[Range<usize>]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for span in spans {
        out.push_str(&text[at..span.start]);
        out.extend(std::iter::repeat_n('*', span.len()));
        at = span.end;
    }
    out.push_str(&text[at..]);
    out
}

#[cfg(test)]
mod tests;
