//! What stands for a secret in recorded facts and files: as long as it, of the same kinds of characters, the same for the
//! same value. So a replay can compare what was seen with what files say, without anybody reading the value from the
//! record.
//!
//! Letters and digits are all that is replaced, and all that a token is made from: a value has one token, whether it
//! stands in a variable, in quotes with its signs escaped, or percent-encoded in an address.
//!
//! The key is in the record: whoever has it can test a guess, as slowly as the derivation is. A password that is easy to
//! guess is not safe in a record; a key that was made at random is.

use std::collections::BTreeSet;
use std::num::NonZeroU32;
use std::ops::Range;

use base64::Engine as _;
use ring::{hmac, pbkdf2};

use crate::catalog::gateway::known;
use crate::fact::Secret;
use crate::secret;

/// How often a value is hashed. A record has tens of values: a guess is to cost milliseconds, a record a part of a second.
const ITERATIONS: NonZeroU32 = NonZeroU32::MIN.saturating_add(9_999);
/// How many tokens are tried before one is taken that the rules on secrets judge otherwise than the value.
const TRIES: u8 = 32;

/// The tokens of one record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tokens {
    salt: [u8; Tokens::SALT],
    /// The letters and digits of what is a token already: it stays.
    known: BTreeSet<String>,
}

/// How a text is written that a secret stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Writing {
    /// Every character is itself.
    Plain,
    /// A backslash says what the next character is.
    Escaped,
    /// What a backslash says is escaped once more: nothing behind one is touched.
    Nested,
}

/// A text that is no salt.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("its salt is not {} hexadecimal digits", 2 * Tokens::SALT)]
pub struct NoSalt;

impl Tokens {
    /// Bytes of a salt.
    pub const SALT: usize = 16;

    /// Those of a new record.
    pub fn new(salt: [u8; Tokens::SALT]) -> Tokens {
        Tokens {
            salt,
            known: BTreeSet::new(),
        }
    }

    /// Those of a record with this salt, as [`Tokens::salt`] writes it.
    ///
    /// # Errors
    /// When it is none.
    pub fn with_salt(text: &str) -> Result<Tokens, NoSalt> {
        let mut salt = [0; Tokens::SALT];
        if text.len() != 2 * Tokens::SALT || !text.is_ascii() {
            return Err(NoSalt);
        }
        for (at, byte) in salt.iter_mut().enumerate() {
            let digits = &text[2 * at..2 * at + 2];
            *byte = u8::from_str_radix(digits, 16).map_err(|_| NoSalt)?;
        }
        Ok(Tokens::new(salt))
    }

    /// The salt as text.
    pub fn salt(&self) -> String {
        hexadecimal(&self.salt)
    }

    /// Takes note of a text whose secrets are tokens already.
    pub fn keep(&mut self, text: &str) {
        self.known.extend(Tokens::letters(text, Writing::Plain));
    }

    /// The same of letters and digits as [`Tokens::letters`] gives them.
    pub fn keep_letters(&mut self, letters: impl Iterator<Item = String>) {
        self.known.extend(letters);
    }

    /// The letters and digits of each part of a text that is a token by itself.
    pub fn letters(text: &str, writing: Writing) -> Vec<String> {
        let units = units(text, writing).into_iter();
        units
            .map(|unit| letters_of(&text[unit], writing))
            .filter(|letters| !letters.is_empty())
            .collect()
    }

    /// A fingerprint of what is too large to stand in a record: a file.
    pub fn digest(&self, bytes: &[u8]) -> String {
        hexadecimal(&self.derived(bytes)[..16])
    }

    /// The token of a secret. Of an address scheme, host and port stay, of a header its scheme, of an issued key its
    /// prefix, and so do marks and spaces. What is shorter than a secret is none.
    pub fn token(&self, value: &str) -> String {
        if value.len() < Secret::SHORTEST {
            return value.to_owned();
        }
        let spans = match value.contains("://") {
            true => in_address(value),
            false => std::iter::once(scheme(value)..value.len()).collect(),
        };
        self.replaced(value, &spans)
    }

    /// The value of a variable or header, with tokens for what [`Tokens::spans`] finds in it.
    pub fn variable(&self, name: &str, value: &str) -> String {
        self.replaced(value, &Tokens::spans(name, value))
    }

    /// What is secret in the value of a variable or header: all of it where its name tells of a secret, else what shows
    /// itself to be one, by its shape or by looking random. In order, without overlaps.
    pub fn spans(name: &str, value: &str) -> Vec<Range<usize>> {
        let mut spans = secret::spans_to_mask(Some(name), value);
        let parts = |c: char| c.is_whitespace() || matches!(c, ',' | ';' | '"' | '\'');
        for word in pieces(value, parts) {
            let covers = |span: &Range<usize>| span.start < word.end && word.start < span.end;
            if secret::is_random(&value[word.clone()]) && !spans.iter().any(covers) {
                spans.push(word);
            }
        }
        spans.sort_by_key(|span| span.start);
        spans
    }

    /// The words of a command: what follows the flag of a secret, and what shows itself.
    pub fn words(&self, words: &[String]) -> Vec<String> {
        let before = std::iter::once(None).chain(words.iter().map(Some));
        let passwords = secret::passwords_in(words.iter().map(String::as_str));
        let words = words.iter().zip(before).zip(passwords);
        words
            .map(|((word, before), password)| {
                let flag = before.and_then(|before| secret::flag_name(before));
                let mut spans = Tokens::spans(flag.unwrap_or_default(), word);
                if let Some(password) = password {
                    spans.retain(|span| span.end <= password.start || password.end <= span.start);
                    spans.push(password);
                    spans.sort_by_key(|span| span.start);
                }
                self.replaced(word, &spans)
            })
            .collect()
    }

    /// A text with tokens for these parts of it.
    pub fn replaced(&self, text: &str, spans: &[Range<usize>]) -> String {
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        for span in spans {
            out.push_str(&text[at..span.start]);
            out.push_str(&self.written(&text[span.clone()], Writing::Plain));
            at = span.end;
        }
        out.push_str(&text[at..]);
        out
    }

    /// The token of all of a text that is written in this way.
    pub fn written(&self, text: &str, writing: Writing) -> String {
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        for unit in units(text, writing) {
            out.push_str(&text[at..unit.start]);
            out.push_str(&self.unit(&text[unit.clone()], writing));
            at = unit.end;
        }
        out.push_str(&text[at..]);
        out
    }

    /// What is compared as a whole within a secret: a password beside its user, a word of a phrase. What marks a private key
    /// is none.
    pub fn units(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
        units(text, Writing::Plain).into_iter()
    }

    /// The token of what is compared as a whole. What everybody knows of a value stays: that a key is one that anybody
    /// would try, or that a value only holds a place, is a finding and no secret.
    fn unit(&self, unit: &str, writing: Writing) -> String {
        let letters = letters(unit, writing);
        let value: String = letters.iter().map(|letter| letter.is).collect();
        let is_none = value.is_empty() || secret::is_reference(unit) || secret::is_switch(unit);
        if is_none || self.known.contains(&value) {
            return unit.to_owned();
        }
        if let Some(credentials) = self.credentials(unit) {
            return credentials;
        }
        let keys = &known().master_key;
        let (of_keys, private) = (keys.private(unit), secret::private(unit));
        let head = secret::head(unit);
        let is_hidden = |letter: &Letter| {
            let at = letter.at.start;
            let is_private = private.iter().any(|part| part.contains(&at));
            at >= head && of_keys.contains(&at) && is_private
        };
        let hidden: Vec<Letter> = letters.into_iter().filter(is_hidden).collect();
        if hidden.is_empty() {
            return unit.to_owned();
        }
        let seed = hmac::Key::new(hmac::HMAC_SHA256, &self.derived(value.as_bytes()));
        let mut token = String::new();
        for round in 0..TRIES {
            token = with_letters(unit, &hidden, &seed, round);
            if secret::are_alike(unit, &token) && keys.is_weak(unit) == keys.is_weak(&token) {
                break;
            }
        }
        token
    }

    /// The token of a user and a password in the form of `Basic`: they are compared by themselves.
    fn credentials(&self, unit: &str) -> Option<String> {
        let (user, password) = secret::user_and_password(unit)?;
        let plain = Writing::Plain;
        let (user, password) = (self.unit(&user, plain), self.unit(&password, plain));
        let alphabet = match unit.contains(['-', '_']) {
            true => &base64::alphabet::URL_SAFE,
            false => &base64::alphabet::STANDARD,
        };
        let engine =
            base64::engine::GeneralPurpose::new(alphabet, base64::engine::general_purpose::NO_PAD);
        let text = engine.encode(format!("{user}:{password}"));
        // As long as before, however much of it was padding.
        let padding = unit.len().checked_sub(text.len())?;
        Some(text + &"=".repeat(padding))
    }

    fn derived(&self, bytes: &[u8]) -> [u8; 32] {
        let mut derived = [0; 32];
        let hash = pbkdf2::PBKDF2_HMAC_SHA256;
        pbkdf2::derive(hash, ITERATIONS, &self.salt, bytes, &mut derived);
        derived
    }
}

/// A letter or digit, and the bytes in which it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Letter {
    at: Range<usize>,
    is: char,
}

/// What a text consists of.
enum Piece {
    Letter(char),
    /// A sign: it is part of a value, and stays.
    Mark,
    /// White space and what else parts values.
    Gap,
}

/// The piece that a text begins with, and its length.
fn piece(text: &str, writing: Writing) -> Option<(Piece, usize)> {
    let first = text.chars().next()?;
    let rest = &text[first.len_utf8()..];
    if first == '%' && rest.len() >= 2 && rest.bytes().take(2).all(|b| b.is_ascii_hexdigit()) {
        return Some((Piece::Mark, 3));
    }
    if first == '\\' && writing != Writing::Plain {
        return Some(match writing {
            Writing::Nested => {
                let slashes = text.len() - text.trim_start_matches('\\').len();
                let follows = text[slashes..].chars().next().map_or(0, char::len_utf8);
                (Piece::Gap, slashes + follows)
            }
            _ => escape(text, rest),
        });
    }
    let piece = match first {
        c if c.is_whitespace() || c == ':' => Piece::Gap,
        c if c.is_alphanumeric() => Piece::Letter(c),
        _ => Piece::Mark,
    };
    Some((piece, first.len_utf8()))
}

/// What an escape stands for, and its length.
fn escape(text: &str, rest: &str) -> (Piece, usize) {
    let coded = |digits: usize| {
        let code = rest.get(1..=digits)?;
        u32::from_str_radix(code, 16).ok()
    };
    let short = 1 + rest.chars().next().map_or(0, char::len_utf8);
    let code = match rest.as_bytes().first() {
        Some(b'n' | b'r' | b't') => return (Piece::Gap, short),
        Some(b'x') => coded(2).map(|code| (code, 4)),
        Some(b'u') => match (coded(4), low_surrogate(text)) {
            (Some(high @ 0xD800..=0xDBFF), Some(low)) => {
                Some((0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00), 12))
            }
            (code, _) => code.map(|code| (code, 6)),
        },
        Some(b'U') => coded(8).map(|code| (code, 10)),
        _ => None,
    };
    let Some((code, length)) = code else {
        return (Piece::Mark, short);
    };
    match char::from_u32(code) {
        Some(c) if c.is_whitespace() || c == ':' => (Piece::Gap, length),
        Some(c) if c.is_alphanumeric() => (Piece::Letter(c), length),
        _ => (Piece::Mark, length),
    }
}

/// The second half of a pair that a text begins with: `\ud83d\ude00`.
fn low_surrogate(text: &str) -> Option<u32> {
    let code = text.get(6..12)?.strip_prefix("\\u")?;
    let low = u32::from_str_radix(code, 16).ok()?;
    (0xDC00..=0xDFFF).contains(&low).then_some(low)
}

/// The letters and digits of a text.
fn letters(text: &str, writing: Writing) -> Vec<Letter> {
    let mut letters = Vec::new();
    let mut at = 0;
    while let Some((piece, length)) = piece(&text[at..], writing) {
        if let Piece::Letter(is) = piece {
            letters.push(Letter {
                at: at..at + length,
                is,
            });
        }
        at += length;
    }
    letters
}

fn letters_of(text: &str, writing: Writing) -> String {
    let letters = letters(text, writing).into_iter();
    letters.map(|letter| letter.is).collect()
}

fn units(text: &str, writing: Writing) -> Vec<Range<usize>> {
    const MARKS: &[&str] = &[
        "-----BEGIN",
        "-----END",
        "RSA",
        "EC",
        "OPENSSH",
        "ENCRYPTED",
        "PRIVATE",
        "KEY-----",
    ];
    let mut units = Vec::new();
    let (mut start, mut at) = (0, 0);
    let in_one_line = text.contains("KEY-----") || text.contains("-----END");
    let mut add = |mut unit: Range<usize>| {
        // All of a key may stand in one line, in quotes of its own.
        if text[unit.clone()].starts_with("KEY-----") {
            unit.start += "KEY-----".len();
        }
        for mark in ["-----BEGIN", "-----END"] {
            if text[unit.clone()].ends_with(mark) {
                unit.end -= mark.len();
            }
        }
        if !unit.is_empty() && !MARKS.contains(&&text[unit.clone()]) {
            units.push(unit);
        }
    };
    while let Some((piece, length)) = piece(&text[at..], writing) {
        // There the lines of a key are parted by escapes, however the text around is written.
        let line_break = match in_one_line {
            true => escaped_break(&text[at..]),
            false => None,
        };
        let (piece, length) = match line_break {
            Some(length) => (Piece::Gap, length),
            None => (piece, length),
        };
        if matches!(piece, Piece::Gap) {
            let name = match text[at..].starts_with(':') {
                true => quoted_name(&text[start..at]),
                false => 0,
            };
            add(start..at - name);
            start = at + length;
        }
        at += length;
    }
    add(start..at);
    units
}

/// The length of the name with its quotes that a text ends with, as JSON writes it: `{"private_key"`. It is no secret, and
/// what follows is called by it.
fn quoted_name(text: &str) -> usize {
    let quote = |text: &'_ str| {
        let before = text.strip_suffix('"')?;
        Some(before.trim_end_matches('\\').len())
    };
    let is_name = |c: char| c.is_ascii_lowercase() || c == '_';
    let start = quote(text).and_then(|end| {
        let opened = text[..end].trim_end_matches(is_name);
        let start = quote(opened).filter(|_| opened.len() < end)?;
        let begins = text[..start].is_empty() || text[..start].ends_with(['{', ',']);
        begins.then_some(start)
    });
    text.len() - start.unwrap_or(text.len())
}

/// The length of the `\n` that a text begins with, whatever its backslash is escaped with.
fn escaped_break(text: &str) -> Option<usize> {
    let slashes = text.len() - text.trim_start_matches('\\').len();
    let breaks = text[slashes..].starts_with(['n', 'r', 't']);
    (slashes > 0 && breaks).then_some(slashes + 1)
}

/// A text with other letters, made from a seed: each of the same kind and of as many bytes, written in the same way.
fn with_letters(text: &str, hidden: &[Letter], seed: &hmac::Key, round: u8) -> String {
    let mut stream = (0u32..).flat_map(|block| {
        let mut message = vec![round];
        message.extend(block.to_be_bytes());
        hmac::sign(seed, &message).as_ref().to_vec()
    });
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for letter in hidden {
        out.push_str(&text[at..letter.at.start]);
        let other = like(letter.is, stream.next().unwrap_or_default());
        let written = &text[letter.at.clone()];
        match written.as_bytes() {
            [b'\\', b'x', ..] => out.push_str(&format!("\\x{:02x}", u32::from(other))),
            [b'\\', b'U', ..] => out.push_str(&format!("\\U{:08x}", u32::from(other))),
            [b'\\', b'u', ..] => {
                for unit in other.encode_utf16(&mut [0; 2]) {
                    out.push_str(&format!("\\u{unit:04x}"));
                }
            }
            _ => out.push(other),
        }
        at = letter.at.end;
    }
    out.push_str(&text[at..]);
    out
}

/// A letter or digit like another.
fn like(c: char, byte: u8) -> char {
    let byte = u32::from(byte);
    let (first, count) = match c {
        'a'..='z' => (u32::from('a'), 26),
        'A'..='Z' => (u32::from('A'), 26),
        '0'..='9' => (u32::from('0'), 10),
        // Latin, so that two hexadecimal digits can name it; Latin again; ideographs.
        c if c.len_utf8() == 2 => (0xE0, 23),
        c if c.len_utf8() == 3 => (0x1E00, 128),
        _ => (0x20000, 256),
    };
    char::from_u32(first + byte % count).unwrap_or(c)
}

/// The parts of an address, or of several, that nobody else may see: user and password, and what is no word behind the
/// host.
fn in_address(text: &str) -> Vec<Range<usize>> {
    let mut spans = secret::spans_to_mask(None, text);
    let mut is_host = false;
    let mut end = 0;
    let parts = |c: char| c.is_whitespace() || matches!(c, '/' | '?' | '&' | '=' | '#' | ',' | '@');
    for piece in pieces(text, parts) {
        let follows = &text[end..piece.start];
        end = piece.end;
        is_host = follows == "//" || (is_host && follows == "@");
        let word = &text[piece.clone()];
        let covers = |span: &Range<usize>| span.start < piece.end && piece.start < span.end;
        let is_scheme = text[piece.end..].starts_with("//") && word.ends_with(':');
        if !is_host
            && !is_scheme
            && word.len() >= Secret::SHORTEST
            && !secret::is_plain("", word)
            && !spans.iter().any(covers)
        {
            spans.push(piece);
        }
    }
    spans.sort_by_key(|span| span.start);
    spans
}

/// The parts of a text between others.
fn pieces(
    text: &str,
    parts: impl Fn(char) -> bool + 'static,
) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + text[at..].find(|c| !parts(c))?;
        at = start + text[start..].find(&parts).unwrap_or(text.len() - start);
        Some(start..at)
    })
}

/// The length of `Bearer ` and the like, and of spaces.
fn scheme(value: &str) -> usize {
    let masked = secret::spans_to_mask(Some("authorization"), value);
    masked.first().map_or(0, |span| span.start)
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tokens() -> Tokens {
        Tokens::new([7; Tokens::SALT])
    }

    #[test]
    fn a_salt_is_read_as_it_is_written() {
        let tokens = tokens();
        assert_eq!(Tokens::with_salt(&tokens.salt()), Ok(tokens));
        for text in ["", "07", &"g".repeat(32), &"0".repeat(33), &"ä".repeat(16)] {
            assert_eq!(Tokens::with_salt(text), Err(NoSalt), "{text}");
        }
    }

    #[test]
    fn what_kind_of_secret_it_is_stays() {
        let tokens = tokens();
        let key = "sk-proj-a8Kd92mXq71LzP0w";
        let token = tokens.token(key);
        assert!(token.starts_with("sk-") && token != key, "{token}");
        assert_eq!(
            tokens.token(&format!("Bearer {key}")),
            format!("Bearer {token}")
        );
        let dsn = tokens.token("postgresql://bob:Hunter2!x@db.lan:5432/app?sslmode=require");
        assert!(dsn.starts_with("postgresql://"), "{dsn}");
        assert!(dsn.ends_with("@db.lan:5432/app?sslmode=require"), "{dsn}");
        assert!(dsn.contains(&tokens.token("Hunter2!x")), "{dsn}");
        let hook = tokens.token("https://hooks.example/services/T0F3K9ZQ2/B8xQw71LmNs0aa91");
        assert!(
            hook.starts_with("https://hooks.example/services/"),
            "{hook}"
        );
        assert!(!hook.contains("B8xQw71LmNs0aa91"), "{hook}");
        let pem = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBg\n-----END PRIVATE KEY-----";
        let hidden = tokens.variable("NOTE", pem);
        assert!(
            hidden.starts_with("-----BEGIN PRIVATE KEY-----\n"),
            "{hidden}"
        );
        assert!(!hidden.contains("MIIEvQIBADANBg"), "{hidden}");
    }

    #[test]
    fn the_marks_of_a_private_key_in_one_line_stay() {
        let tokens = tokens();
        let lines = ["MIIEvQIBADANBg", "kqhkiG9w0BAQEF"];
        let [first, second] = lines.map(|line| tokens.written(line, Writing::Plain));
        for (writing, quote, end) in [
            (Writing::Plain, "\"", r"\n"),
            (Writing::Escaped, r#"\""#, r"\\n"),
            (Writing::Escaped, "", r"\n"),
            (Writing::Nested, r#"\\\""#, r"\\\\n"),
        ] {
            let key = |one: &str, other: &str| {
                format!(
                    "{quote}-----BEGIN RSA PRIVATE KEY-----{end}{one}{end}{other}{end}-----END RSA PRIVATE KEY-----{end}{quote}"
                )
            };
            let text = key(lines[0], lines[1]);
            let words = text.split(' ').map(|word| tokens.written(word, writing));
            let hidden = words.collect::<Vec<String>>().join(" ");
            assert_eq!(hidden, key(&first, &second), "{writing:?}");
        }
    }

    #[test]
    fn a_key_that_anybody_would_try_stays_one() {
        let tokens = tokens();
        let name = "LITELLM_MASTER_KEY";
        for key in ["sk-1234", "sk-admin", "Bearer sk-1234", "sk-change"] {
            assert_eq!(tokens.variable(name, key), key);
        }
        let token = tokens.variable(name, "sk-test-a8Kd92mXq71LzP0w");
        assert!(token.starts_with("sk-test-"), "{token}");
        assert!(!token.contains("a8Kd92mXq71LzP0w"), "{token}");
    }

    #[test]
    fn what_is_no_secret_stays() {
        let tokens = tokens();
        for (name, value) in [
            ("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin"),
            ("LANG", "C.UTF-8"),
            ("PYTHON_VERSION", "3.12.4"),
            ("PORT", "8000"),
            ("MCP_TRANSPORT", "streamable-http"),
            ("MCP_ALLOW_WRITE", "true"),
            ("API_KEY", "on"),
            ("API_KEY", "${API_KEY}"),
            ("DATABASE_URL", "postgresql://db/app"),
            (
                "FASTMCP_ARGS",
                "--transport sse --port 8000 --host 0.0.0.0 --path /mcp",
            ),
        ] {
            assert_eq!(tokens.variable(name, value), value, "{name}");
        }
    }

    /// However a value is written, its token is written in the same way, and is the same.
    #[test]
    fn a_value_has_one_token_however_it_is_written() {
        let tokens = tokens();
        let value = "pa\"ss\\wörd$Q1";
        let token = tokens.written(value, Writing::Plain);
        let json = |text: &str| {
            let quoted = serde_json::to_string(text).expect("JSON");
            quoted[1..quoted.len() - 1].to_owned()
        };
        let ascii = |text: &str| {
            let coded = |c: char| match c.is_ascii() {
                true => c.to_string(),
                false => format!("\\u{:04x}", u32::from(c)),
            };
            text.chars().map(coded).collect::<String>()
        };
        assert_eq!(tokens.written(&json(value), Writing::Escaped), json(&token));
        let written = ascii(&json(value));
        assert_eq!(
            tokens.written(&written, Writing::Escaped),
            ascii(&json(&token))
        );
        // What Compose wants doubled, and what an address wants in per cent.
        let doubled = |text: &str| text.replace('$', "$$");
        assert_eq!(
            tokens.written(&doubled(value), Writing::Plain),
            doubled(&token)
        );
        let coded = |text: &str| text.replace('"', "%22").replace('\\', "%5C");
        assert_eq!(tokens.written(&coded(value), Writing::Plain), coded(&token));
        // White space parts what is compared, an escaped one too; what is escaped twice stays valid.
        let lines = tokens.written(r"alpha7\nbravo8\u0009gamma9", Writing::Escaped);
        let words = ["alpha7", "bravo8", "gamma9"].map(|word| tokens.token(word));
        let [first, second, third] = words;
        assert_eq!(lines, format!(r"{first}\n{second}\u0009{third}"));
        let nested = tokens.written(r#"alpha7\\nbravo8\\\""#, Writing::Nested);
        assert_eq!(nested, format!(r#"{first}\\n{second}\\\""#));
    }

    #[test]
    fn user_and_password_stay_such() {
        // ada:correct7horse, and without padding
        for text in ["YWRhOmNvcnJlY3Q3aG9yc2U=", "YWRhOmNvcnJlY3Q3aG9yc2U"] {
            let token = tokens().token(text);
            assert_ne!(token, text);
            assert_eq!(token.len(), text.len());
            let (user, password) = secret::user_and_password(&token).expect("both");
            assert_eq!(user, tokens().written("ada", Writing::Plain));
            assert_eq!(password, tokens().token("correct7horse"));
        }
    }

    #[test]
    fn a_number_stays_one() {
        let tokens = tokens();
        for number in ["83746251", "9081726354", "1.77", "true", "none"] {
            let token = tokens.token(number);
            assert!(secret::are_alike(number, &token), "{token}");
        }
    }

    /// What everybody knows stays, and nothing else.
    #[test]
    fn what_holds_a_place_still_does() {
        let tokens = tokens();
        for text in [
            "changeme",
            "sk-1234567890abcdef",
            "your-key-here",
            "postgres",
            "xxxx-xxxx",
        ] {
            assert_eq!(tokens.token(text), text);
        }
        for (text, start) in [
            ("example-Zk3vB9qL", "example-"),
            ("admin2026", "admin"),
            ("changeme-Zk3vB9qL", "changeme-"),
        ] {
            let token = tokens.token(text);
            assert!(token.starts_with(start) && token != text, "{token}");
            assert!(secret::is_placeholder(&token), "{token}");
        }
        let token = tokens.token("jarvis_password");
        assert!(
            token.ends_with("_password") && !token.starts_with("jarvis"),
            "{token}"
        );
    }

    #[test]
    fn words_behind_a_flag_are_hidden() {
        let words = [
            "serve",
            "--api-key",
            "heron-opal",
            "--port",
            "8000",
            "--token=kestrel",
        ];
        let words = tokens().words(&words.map(str::to_owned));
        assert_eq!((words[0].as_str(), words[4].as_str()), ("serve", "8000"));
        assert_ne!(words[2], "heron-opal");
        assert!(
            words[5].starts_with("--token=") && words[5] != "--token=kestrel",
            "{words:?}"
        );
    }

    #[test]
    fn a_token_stays() {
        let mut tokens = tokens();
        let token = tokens.variable("PASSWORD", "correct horse Battery");
        assert_ne!(tokens.variable("PASSWORD", &token), token);
        tokens.keep(&token);
        assert_eq!(tokens.variable("PASSWORD", &token), token);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]
        #[test]
        fn equal_values_have_equal_tokens_of_their_length(
            one in "[ -~äßḥ語𠀋]{4,40}", other in "[a-zA-Z0-9]{8,40}",
        ) {
            let tokens = tokens();
            let token = tokens.token(&one);
            prop_assert_eq!(token.len(), one.len());
            prop_assert_eq!(token.chars().count(), one.chars().count());
            prop_assert_eq!(&tokens.token(&one), &token);
            let hidden = tokens.token(&other);
            prop_assert_ne!(&hidden, &other);
            prop_assert_ne!(tokens.token(&format!("{other}x")), format!("{hidden}x"));
            // The rules hide the same of both.
            let [before, after] = [&other, &hidden].map(|value| secret::mask(Some("token"), value));
            prop_assert_eq!(before, after);
        }
    }
}
