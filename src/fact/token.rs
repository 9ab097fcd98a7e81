//! What stands for a secret in recorded facts: as long as it, of the same kinds of characters, the same for the same
//! value. So a replay can compare what was seen with what files say, without anybody reading the value from the record.
//!
//! The key is in the record: whoever has it can test a guess, as slowly as the derivation is. A password that is easy to
//! guess is not safe in a record; a key that was made at random is.

use std::collections::BTreeSet;
use std::num::NonZeroU32;
use std::ops::Range;

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
    /// What is a token already: it stays.
    known: BTreeSet<String>,
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
        self.known
            .extend(Tokens::units(text).map(|unit| text[unit].to_owned()));
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
        let words = words.iter().zip(before);
        words
            .map(|(word, before)| {
                let flag = before.and_then(|before| secret::flag_name(before));
                self.variable(flag.unwrap_or_default(), word)
            })
            .collect()
    }

    /// A text with tokens for these parts of it.
    pub fn replaced(&self, text: &str, spans: &[Range<usize>]) -> String {
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        for span in spans {
            out.push_str(&text[at..span.start]);
            let part = &text[span.clone()];
            let mut from = 0;
            for unit in Tokens::units(part) {
                out.push_str(&part[from..unit.start]);
                out.push_str(&self.unit(&part[unit.clone()]));
                from = unit.end;
            }
            out.push_str(&part[from..]);
            at = span.end;
        }
        out.push_str(&text[at..]);
        out
    }

    /// What is compared as a whole within a secret: a password beside its user, a word of a phrase. What marks a private key
    /// is none.
    pub fn units(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
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
        let parts = |c: char| c.is_whitespace() || c == ':';
        pieces(text, parts).filter(|piece| !MARKS.contains(&&text[piece.clone()]))
    }

    /// The token of what is compared as a whole. Of a key that anybody would try, what makes it one stays: it is no
    /// secret, and a finding.
    fn unit(&self, unit: &str) -> String {
        let is_masked = !unit.contains(char::is_alphanumeric);
        if is_masked || self.known.contains(unit) || secret::is_reference(unit) {
            return unit.to_owned();
        }
        let keys = &known().master_key;
        let open = keys.private(unit);
        if open.is_empty() {
            return unit.to_owned();
        }
        let seed = hmac::Key::new(hmac::HMAC_SHA256, &self.derived(unit.as_bytes()));
        let mut token = String::new();
        for round in 0..TRIES {
            token = written(unit, open.clone(), &seed, round);
            if secret::are_alike(unit, &token) && keys.is_weak(unit) == keys.is_weak(&token) {
                break;
            }
        }
        token
    }

    fn derived(&self, bytes: &[u8]) -> [u8; 32] {
        let mut derived = [0; 32];
        let hash = pbkdf2::PBKDF2_HMAC_SHA256;
        pbkdf2::derive(hash, ITERATIONS, &self.salt, bytes, &mut derived);
        derived
    }
}

/// A text of the same kinds of characters, made from a seed, with another text where it is open. Letters outside of ASCII
/// become as many as they have bytes.
fn written(unit: &str, open: Range<usize>, seed: &hmac::Key, round: u8) -> String {
    let head = secret::head(unit).max(open.start);
    let mut stream = (0u32..).flat_map(|block| {
        let mut message = vec![round];
        message.extend(block.to_be_bytes());
        hmac::sign(seed, &message).as_ref().to_vec()
    });
    let mut pick = |alphabet: &[u8; 26], count: u8| {
        let byte = stream.next().unwrap_or_default();
        char::from(alphabet[usize::from(byte % count)])
    };
    const SMALL: &[u8; 26] = b"abcdefghijklmnopqrstuvwxyz";
    const LARGE: &[u8; 26] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    const DIGITS: &[u8; 26] = b"01234567890123456789012345";
    let mut token = unit[..head].to_owned();
    for c in unit[head..open.end.max(head)].chars() {
        match c {
            'a'..='z' => token.push(pick(SMALL, 26)),
            'A'..='Z' => token.push(pick(LARGE, 26)),
            '0'..='9' => token.push(pick(DIGITS, 10)),
            c if c.is_alphanumeric() => {
                token.extend((0..c.len_utf8()).map(|_| pick(SMALL, 26)));
            }
            c => token.push(c),
        }
    }
    token.push_str(&unit[open.end.max(head)..]);
    token
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

    #[test]
    fn words_behind_a_flag_are_hidden() {
        let words = [
            "serve",
            "--api-key",
            "heron-opal",
            "--port",
            "8000",
            "--token=abcdef",
        ];
        let words = tokens().words(&words.map(str::to_owned));
        assert_eq!((words[0].as_str(), words[4].as_str()), ("serve", "8000"));
        assert_ne!(words[2], "heron-opal");
        assert!(
            words[5].starts_with("--token=") && words[5] != "--token=abcdef",
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
            one in "[ -~äß]{4,40}", other in "[a-zA-Z0-9]{8,40}",
        ) {
            let tokens = tokens();
            let token = tokens.token(&one);
            prop_assert_eq!(token.len(), one.len());
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
