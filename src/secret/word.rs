//! Words: which names tell of a secret, which values are none.

use std::ops::Range;

use fnv::FnvHashMap;

/// Words of a name that say that its value is secret.
#[rustfmt::skip]
const TELLING: &[&str] = &[
    "key", "apikey", "token", "secret", "password", "passwd", "passphrase", "pwd", "credential",
    "credentials", "authorization", "dsn", "cookie", "pat",
];

/// Last words of a name that make it a name for something else: `token_url`, `POSTGRES_PASSWORD_FILE`, `tokenExpiresAt`.
#[rustfmt::skip]
const ABOUT: &[&str] = &[
    "alg", "algorithm", "alias", "at", "attribute", "budget", "claim", "command", "count", "created",
    "date", "days", "duration", "enabled", "endpoint", "env", "expiration", "expires", "expiry",
    "field", "file", "filename", "fingerprint", "format", "generator", "header", "helper", "hours",
    "id", "issued", "issuer", "label", "length", "limit", "management", "manager", "minutes", "mode",
    "mount", "name", "path", "permissions", "policy", "prefix", "provider", "ref", "required",
    "rotation", "seconds", "size", "source", "store", "system", "time", "timeout", "timestamp", "ttl",
    "type", "updated", "uri", "url", "usage", "var", "variable", "version",
];

/// Words before `key` that make it no secret.
const OTHER_KEYS: &[&str] = &[
    "public",
    "primary",
    "foreign",
    "sort",
    "partition",
    "cache",
    "hot",
    "idempotency",
];

/// Words before `key` that make it one which everybody may know, and which looks like any other.
const PUBLIC_KEYS: &[&str] = &["anon", "public", "publishable", "site"];

/// What the names of variables begin with that are built into the pages of a website.
#[rustfmt::skip]
const PUBLISHED: &[&str] = &[
    "NEXT_PUBLIC_", "NUXT_PUBLIC_", "EXPO_PUBLIC_", "PUBLIC_", "VITE_", "REACT_APP_", "GATSBY_",
];

/// Names that tell without one of [`TELLING`].
const TELLING_NAMES: &[&str] = &["auth_value", "x-mcp-auth", "connection_string", "api_keys"];

/// Parts of values that nobody takes for a secret, whatever else they contain.
#[rustfmt::skip]
const PLACEHOLDERS: &[&str] = &[
    "...", "…", "change-me", "change_me", "change-this", "changeit", "changeme", "changethis",
    "dummy", "example", "placeholder", "put-your", "redacted", "replace-", "replace_", "replaceme",
    "xxxx", "your-", "your_", "yourkey", "yourpass", "yourtoken", "todo",
];

/// Words that default passwords and sample keys are made of.
#[rustfmt::skip]
const COMMON: &[&str] = &[
    "a", "access", "admin", "anthropic", "anything", "api", "app", "auth", "bearer", "client",
    "database", "db", "default", "demo", "dev", "empty", "fake", "foo", "bar", "for", "gateway",
    "guest", "here", "in", "internal", "key", "letmein", "litellm", "llm", "local", "localhost",
    "master", "mcp", "me", "mock", "my", "mysql", "needed", "no", "none", "not", "null", "of",
    "openai", "pass", "passwd", "password", "pg", "placeholder", "postgres", "postgresql", "proxy",
    "public", "pwd", "read", "readonly", "redis", "required", "root", "salt", "sample", "secret",
    "secure", "server", "sk", "some", "strong", "super", "supersecret", "test", "testing", "the",
    "this", "to", "token", "tools", "unused", "user", "used", "very", "virtual", "with", "write",
];

/// Whether a value under this name is secret: `api_key`, `LITELLM_MASTER_KEY`, `x-litellm-api-key`, `clientSecret`.
pub fn is_telling(name: &str) -> bool {
    if TELLING_NAMES
        .iter()
        .any(|telling| name.eq_ignore_ascii_case(telling))
    {
        return true;
    }
    let words = words(name);
    let Some(last) = words.last() else {
        return false;
    };
    if ABOUT.contains(&last.as_str()) {
        return false;
    }
    words
        .iter()
        .enumerate()
        .any(|(at, word)| match word.as_str() {
            // `pat` is also a beginning of other words' abbreviations; at the end it is a personal access token.
            "pat" => at + 1 == words.len() && at > 0,
            "key" => at == 0 || !OTHER_KEYS.contains(&words[at - 1].as_str()),
            // `DB_PASS`, but not `pass_through`.
            "pass" | "pw" => at + 1 == words.len(),
            word => TELLING.contains(&word) || is_password_word(word),
        })
}

/// Whether whatever stands under this name is meant for everybody: `TURNSTILE_SITE_KEY`, `NEXT_PUBLIC_API_KEY`.
pub(super) fn is_published(name: &str) -> bool {
    let words = words(name);
    PUBLISHED.iter().any(|start| name.starts_with(start))
        || words
            .windows(2)
            .any(|pair| pair[1] == "key" && PUBLIC_KEYS.contains(&pair[0].as_str()))
}

/// Whether the name is a password's: those are shorter than keys.
pub(super) fn names_password(name: &str) -> bool {
    words(name).iter().any(|word| {
        matches!(word.as_str(), "pass" | "passphrase" | "pw" | "pwd") || is_password_word(word)
    })
}

/// Whether a user and a password stand under this name: `HTTP_AUTH`, `BASIC_AUTH`, `basicAuthUser`.
pub(super) fn names_login(name: &str) -> bool {
    let words = words(name);
    let is_one = |word: &String| matches!(word.as_str(), "basicauth" | "userpwd" | "httpauth");
    words.iter().any(is_one)
        || words
            .windows(2)
            .any(|pair| pair[1] == "auth" && matches!(pair[0].as_str(), "basic" | "http" | "proxy"))
}

/// `password` and words that end with it: `PGPASSWORD`.
fn is_password_word(word: &str) -> bool {
    word.ends_with("password") || word.ends_with("passwd")
}

/// The words of a name in lower case: parted by what is no letter or digit, and where a capital follows a small letter.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut small = false;
    for c in name.chars() {
        let parted = !c.is_alphanumeric() || (small && c.is_uppercase());
        if parted && words.last().is_some_and(|word| !word.is_empty()) {
            words.push(String::new());
        }
        if c.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(c.to_lowercase());
        }
        small = c.is_lowercase();
    }
    words.retain(|word| !word.is_empty());
    words
}

/// What opens a reference, and what closes it; beside `${…}` and `<…>`.
const REFERENCES: &[(&str, &str)] = &[
    ("$(", ")"),
    ("{{", "}}"),
    ("{env:", "}"),
    ("{file:", "}"),
    ("%(", ")s"),
];

/// Whether a value is taken from somewhere else: `${VAR}`, `$VAR`, `os.environ/VAR`, `{{ … }}`, `<…>`, `{env:X}`.
pub fn is_reference(value: &str) -> bool {
    let value = value.trim();
    let mut left = false;
    without_references(value, 0..value.len(), |part| {
        left |= !value[part].trim().is_empty()
    });
    !left
}

/// The parts of a range of `text` that are no references. The default in `${VAR:-default}` is such a part.
pub(super) fn without_references(
    text: &str,
    range: Range<usize>,
    mut part: impl FnMut(Range<usize>),
) {
    let references = References::of(text, range.clone());
    // Where the defaults end that are being read.
    let mut open: Vec<usize> = Vec::new();
    let mut from = range.start;
    let mut at = range.start;
    let mut leave = |from: usize, to: usize| {
        if from < to {
            part(from..to);
        }
    };
    while at < range.end {
        if open.last() == Some(&at) {
            open.pop();
            leave(from, at);
            at += 1;
            from = at;
            continue;
        }
        let end = open.last().copied().unwrap_or(range.end);
        let starts_word = at == range.start || !text.as_bytes()[at - 1].is_ascii_alphanumeric();
        match references.at(at..end, starts_word) {
            Some(Reference { head, length }) => {
                leave(from, at);
                if head < length {
                    open.push(at + length - 1);
                }
                at += head;
                from = at;
            }
            None => at += text[at..].chars().next().map_or(1, char::len_utf8),
        }
    }
    leave(from, range.end);
}

/// The text that stands where nothing else is known: the default of `${VAR:-default}`, else the value itself.
pub(super) fn default_of(value: &str, range: Range<usize>) -> Range<usize> {
    let references = References::of(value, range.clone());
    let mut range = range;
    while let Some(Reference { head, length }) = references.at(range.clone(), true)
        && head < length
        && length == range.len()
    {
        range = range.start + head..range.end - 1;
    }
    range
}

/// A reference at the start of a text.
struct Reference {
    /// The bytes before its default; the whole length when it has none.
    head: usize,
    /// All of it.
    length: usize,
}

/// The furthest that the end of a reference is looked for, where it does not nest.
const LONGEST: usize = 1024;

/// Finds the references of a text, in time that grows with the text only.
pub(super) struct References<'a> {
    text: &'a str,
    /// Where the brace of each `${` is closed, by the place of its dollar.
    closed: FnvHashMap<usize, usize>,
}

impl<'a> References<'a> {
    /// Those of a part of a text.
    pub fn of(text: &'a str, range: Range<usize>) -> References<'a> {
        let mut closed = FnvHashMap::default();
        if text[range.clone()].contains("${") {
            let bytes = text.as_bytes();
            let mut open = Vec::new();
            for at in range.clone() {
                match bytes[at] {
                    b'{' => open.push(at),
                    b'}' => {
                        if let Some(brace) = open.pop()
                            && brace > range.start
                            && bytes[brace - 1] == b'$'
                        {
                            closed.insert(brace - 1, at);
                        }
                    }
                    b'\n' => open.clear(),
                    _ => {}
                }
            }
        }
        References { text, closed }
    }

    /// The length of the reference at the start of a range.
    pub fn length_at(&self, range: Range<usize>, starts_word: bool) -> Option<usize> {
        self.at(range, starts_word)
            .map(|reference| reference.length)
    }

    /// The default of the reference at the start of a range, if it has one: `abc` in `${VAR:-abc}`.
    pub fn default_at(&self, range: Range<usize>) -> Option<Range<usize>> {
        if !self.text[range.clone()].starts_with("${") {
            return None;
        }
        let Reference { head, length } = self.at(range.clone(), true)?;
        let value = range.start + head..range.start + length - 1;
        (head < length && !value.is_empty()).then_some(value)
    }

    fn at(&self, range: Range<usize>, starts_word: bool) -> Option<Reference> {
        let text = &self.text[range.clone()];
        let whole = |length| Reference {
            head: length,
            length,
        };
        let name = |rest: &str| {
            rest.bytes()
                .take_while(|b| b.is_ascii_alphanumeric() || *b == b'_')
                .count()
        };
        if let Some(rest) = text.strip_prefix("${") {
            let close = *self
                .closed
                .get(&range.start)
                .filter(|at| **at < range.end)?;
            let length = close - range.start - "${".len();
            let inner = &rest[..length];
            let operator = [":-", ":=", "-"]
                .iter()
                .find(|operator| inner[name(inner)..].starts_with(**operator));
            return Some(match operator {
                Some(operator) if name(inner) > 0 => Reference {
                    head: 2 + name(inner) + operator.len(),
                    length: 2 + length + 1,
                },
                _ => whole(2 + length + 1),
            });
        }
        if let Some(rest) = text.strip_prefix('<') {
            // Random values have angles of their own: between these must be words.
            let words = |c: char| c.is_alphabetic() || matches!(c, ' ' | '-' | '_' | '\'' | '.');
            let length = rest.find(|c| !words(c))?;
            return (length > 0 && rest[length..].starts_with('>')).then(|| whole(length + 2));
        }
        for (open, close) in REFERENCES {
            if let Some(rest) = text.strip_prefix(open) {
                let near = &rest[..rest.floor_char_boundary(LONGEST)];
                let length = near.find(close)?;
                return (!near[..length].contains('\n'))
                    .then(|| whole(open.len() + length + close.len()));
            }
        }
        if !starts_word {
            return None;
        }
        if let Some(rest) = text.strip_prefix("os.environ/") {
            return Some(whole("os.environ/".len() + name(rest)));
        }
        let rest = text.strip_prefix('$')?;
        let length = name(rest);
        // `$NAME` is a variable in capitals; anything else behind a dollar may be part of a password.
        let variable = length >= 2
            && rest[..length]
                .bytes()
                .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
            && rest.starts_with(|c: char| c.is_ascii_uppercase() || c == '_')
            && !rest[length..].starts_with(|c: char| c.is_alphanumeric());
        variable.then(|| whole(1 + length))
    }
}

/// Whether a value only stands where a secret will be: `your-key-here`, `changeme`, `xxxx`, `sk-1234`, `password`.
pub fn is_placeholder(value: &str) -> bool {
    let value = value.trim();
    let lower = value.to_lowercase();
    value.is_empty()
        || PLACEHOLDERS.iter().any(|part| lower.contains(part))
        || is_monotonous(value)
        || is_counted(&lower)
        || are_common(&lower)
        || (value.starts_with("__") && value.ends_with("__"))
        || is_kept_elsewhere(value)
}

/// The parts of a value that not everybody knows. Of a placeholder: what is not the word for it, and digits behind common
/// words; nothing of one that is counted up, of few characters, or kept elsewhere.
pub(super) fn private(value: &str) -> Vec<Range<usize>> {
    let lower = value.to_ascii_lowercase();
    if !is_placeholder(value) {
        return match is_named_default(value) {
            true => between(value, default_words(&lower)),
            false => std::iter::once(0..value.len()).collect(),
        };
    }
    // Of few characters is every short name.
    let is_blank = value.len() > 3 && is_monotonous(value);
    if is_kept_elsewhere(value) || is_blank || is_counted(&lower) {
        return Vec::new();
    }
    let parts = between(value, placeholders(&lower)).into_iter();
    parts.flat_map(|part| uncommon(&lower, part)).collect()
}

/// What in a part of a text in lower case is no common word.
fn uncommon(lower: &str, part: Range<usize>) -> Vec<Range<usize>> {
    let mut uncommon = Vec::new();
    let mut start = part.start;
    let is_joint = |c: char| !c.is_ascii_alphanumeric();
    for piece in lower[part].split_inclusive(is_joint) {
        let word = piece.trim_end_matches(is_joint);
        let stem = word.trim_end_matches(|c: char| c.is_ascii_digit());
        let known = match is_common(word) {
            true => stem.len(),
            false => 0,
        };
        uncommon.push(start + known..start + piece.len());
        start += piece.len();
    }
    uncommon
}

/// What is between these parts of a text.
fn between(text: &str, parts: impl Iterator<Item = Range<usize>>) -> Vec<Range<usize>> {
    let mut between = Vec::new();
    let mut at = 0;
    for part in parts {
        between.push(at..part.start);
        at = part.end;
    }
    between.push(at..text.len());
    between
}

/// What in a text in lower case makes it a placeholder.
fn placeholders(lower: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut at = 0;
    std::iter::from_fn(move || {
        let found = PLACEHOLDERS.iter().filter_map(|part| {
            let start = at + lower[at..].find(part)?;
            Some(start..start + part.len())
        });
        let first = found.min_by_key(|found| (found.start, std::cmp::Reverse(found.end)))?;
        at = first.end;
        Some(first)
    })
}

/// The words in a text in lower case that make it a default.
fn default_words(lower: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut start = 0;
    let parts = lower.split(DEFAULT_PARTS).map(move |part| {
        let range = start..start + part.len();
        start = range.end + 1;
        range
    });
    parts.filter(|part| DEFAULT_WORDS.contains(&&lower[part.clone()]))
}

/// Whether something puts a secret in the place of a value, or decrypts it: SOPS, Vault's injectors, Argo's plugin.
fn is_kept_elsewhere(value: &str) -> bool {
    let within = |open: &str, close: &str| value.starts_with(open) && value.ends_with(close);
    within("ENC[", "]")
        || within("<path:", ">")
        || ["vault:", "arn:"]
            .iter()
            .any(|start| value.starts_with(start))
}

/// Whether user info of a URL only says what belongs there: `USER:PASSWORD`, `user:<password>`.
pub(super) fn is_blank_user_info(info: &str) -> bool {
    info.split(':').all(|part| {
        is_reference(part)
            || [
                "user", "username", "name", "pass", "passwd", "password", "pwd",
            ]
            .iter()
            .any(|word| part.eq_ignore_ascii_case(word))
    })
}

/// At most three different characters, again and again: `xxx`, `***`, `0000-0000`, but not `p4ss`.
fn is_monotonous(value: &str) -> bool {
    let mut seen = Vec::new();
    let few = value.chars().all(|c| {
        if !seen.contains(&c) {
            seen.push(c);
        }
        seen.len() <= 3
    });
    few && (value.len() <= 3 || value.len() >= 2 * seen.len())
}

/// Counted up: `sk-1234`, `sk-1234567890abcdef`, `abcd1234`.
fn is_counted(lower: &str) -> bool {
    let tail: Vec<u8> = lower
        .strip_prefix("sk-")
        .unwrap_or(lower)
        .bytes()
        .filter(u8::is_ascii_alphanumeric)
        .collect();
    let steps = tail
        .windows(2)
        .filter(|pair| {
            pair[1] == pair[0] + 1
                || matches!((pair[0], pair[1]), (b'9', b'0' | b'a') | (b'0', b'a'))
        })
        .count();
    tail.len() >= 4 && steps * 10 >= (tail.len() - 1) * 7
}

/// Whether a text in lower case has common words only.
fn are_common(lower: &str) -> bool {
    let mut words = lower.split(|c: char| !c.is_ascii_alphanumeric());
    words.all(is_common)
}

/// Whether a word in lower case is made of common words, with at most four digits at its end.
fn is_common(word: &str) -> bool {
    let stem = word.trim_end_matches(|c: char| c.is_ascii_digit());
    word.len() - stem.len() <= 4 && stem.len() <= 32 && is_made_of(stem, COMMON)
}

fn is_made_of(text: &str, words: &[&str]) -> bool {
    // reachable[i]: the first i bytes are made of words.
    let mut reachable = vec![false; text.len() + 1];
    reachable[0] = true;
    for at in 0..text.len() {
        if reachable[at] {
            for word in words.iter().filter(|word| text[at..].starts_with(**word)) {
                reachable[at + word.len()] = true;
            }
        }
    }
    reachable[text.len()]
}

/// Whether a value is a switch or nothing: no one needs it hidden.
pub fn is_switch(value: &str) -> bool {
    let value = value.trim().trim_matches(['"', '\'', ',']);
    [
        "", "true", "false", "yes", "no", "on", "off", "none", "null", "~", "{", "[", "|", ">",
        "{}", "[]", "|-", ">-",
    ]
    .iter()
    .any(|word| value.eq_ignore_ascii_case(word))
        || (value.len() <= 3 && value.bytes().all(|b| b.is_ascii_digit()))
}

/// Whether a value looks random: long, of mixed characters, and no words, path, address or version.
pub(super) fn is_opaque(value: &str) -> bool {
    const SHORTEST: usize = 16;
    value.len() >= SHORTEST
        && value.bytes().all(|b| b.is_ascii_graphic())
        && is_mixed(value)
        && !value.contains("://")
        && !is_path(value)
        && !is_wordy(value)
        && !is_named_default(value)
        && !is_placeholder(value)
        && !is_timestamp(value)
        && !is_code(value)
}

/// A date, or a date and a time, as ISO 8601 writes them.
fn is_timestamp(value: &str) -> bool {
    let (date, time) = value.split_at_checked(10).unwrap_or((value, ""));
    let dated = date.len() == 10
        && date.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    let is_time = |time: &str| {
        time.bytes()
            .all(|byte| byte.is_ascii_digit() || matches!(byte, b':' | b'.' | b'+' | b'-' | b'Z'))
    };
    dated && (time.is_empty() || time.strip_prefix(['T', 't', ' ', '_']).is_some_and(is_time))
}

/// A piece of a program that gets the value from somewhere.
fn is_code(value: &str) -> bool {
    const READS: &[&str] = &[
        "process.env",
        "os.environ",
        "os.getenv",
        "import.meta.env",
        "Deno.env",
        "Bun.env",
        "getenv(",
        "$(",
        "String(",
        "System.getenv",
    ];
    READS.iter().any(|read| value.contains(read))
}

/// Digits among letters, or capitals and small letters in turns; and not the same few characters again and again.
pub(super) fn is_mixed(value: &str) -> bool {
    let bytes = value.as_bytes();
    let letters = bytes.iter().any(u8::is_ascii_alphabetic);
    let digits = bytes.iter().any(u8::is_ascii_digit);
    let turns = bytes
        .windows(2)
        .filter(|pair| pair.iter().all(u8::is_ascii_alphabetic))
        .filter(|pair| pair[0].is_ascii_uppercase() != pair[1].is_ascii_uppercase())
        .count();
    let mut different = [false; 128];
    for byte in bytes.iter().filter(|byte| byte.is_ascii()) {
        different[usize::from(*byte)] = true;
    }
    let different = different.iter().filter(|seen| **seen).count();
    letters && (digits || turns >= 5) && different >= 8.min(value.len() / 2)
}

/// Whether a text is a number, a flag, a path, an address or a few words: nothing in it looks chosen or random.
pub(super) fn is_harmless(text: &str) -> bool {
    const LONGEST_WORDS: usize = 32;
    let number = text.parse::<f64>().is_ok() && text.len() <= 8;
    let address = text.split_once("://").map(|(_, rest)| rest);
    let words = |text: &str| {
        text.split(['/', ':', '.', '@', '\\', '=', ','])
            .all(|part| part.len() <= LONGEST_WORDS && is_wordy(part))
    };
    let marks = |text: &str, marks: &[char]| text.contains(marks);
    number
        || match address {
            Some(rest) => !marks(rest, &['@', '?', '#', '=']) && words(rest),
            None if is_path(text) => words(text.trim_start_matches(['~', '.', '/'])),
            None => {
                text.len() <= LONGEST_WORDS
                    && !marks(text, &['@', '=', '\\'])
                    && is_wordy(text.trim_start_matches('-'))
            }
        }
}

/// The length of the shortest password that is told from a word, in bytes.
pub(super) const SHORTEST_PASSWORD: usize = 8;

/// A password as people choose them: letters, digits and one more class, of a certain length.
pub(super) fn is_password(value: &str) -> bool {
    let has = |class: fn(&u8) -> bool| usize::from(value.bytes().any(|b| class(&b)));
    let classes = has(u8::is_ascii_lowercase)
        + has(u8::is_ascii_uppercase)
        + has(u8::is_ascii_digit)
        + has(u8::is_ascii_punctuation);
    value.len() >= SHORTEST_PASSWORD
        && classes >= 3
        && !value.contains(char::is_whitespace)
        && !is_path(value)
        && !is_wordy(value)
        && !is_named_default(value)
        && !is_timestamp(value)
        && !is_code(value)
}

/// Words, short numbers and word-number compounds, joined: `mcp-postgres-v2`, `gpt-4o-mini`, `db.internal.lan`.
pub(super) fn is_wordy(value: &str) -> bool {
    let joint = |c: char| matches!(c, '-' | '_' | '.' | ':' | '/' | ' ');
    value.split(joint).all(|part| {
        let letters = part.trim_end_matches(|c: char| c.is_ascii_digit());
        let one_case = !letters.bytes().skip(1).any(|b| b.is_ascii_uppercase())
            || letters.bytes().all(|b| b.is_ascii_uppercase());
        let words = words(letters);
        part.len() - letters.len() <= 4
            && letters.bytes().all(|b| b.is_ascii_alphabetic())
            && words.iter().all(|word| word.len() <= 15)
            && (one_case || words.iter().all(|word| word.len() >= 3))
    })
}

/// A default that someone named after its project: `jarvis_password`, `n8n_secure_password`.
pub(super) fn is_named_default(value: &str) -> bool {
    let lower = value.to_lowercase();
    let mut parts = lower.split(DEFAULT_PARTS);
    parts.clone().all(|part| part.len() <= 10) && parts.any(|part| DEFAULT_WORDS.contains(&part))
}

const DEFAULT_PARTS: [char; 3] = ['-', '_', '.'];
const DEFAULT_WORDS: [&str; 6] = ["password", "passwd", "pass", "pwd", "secret", "key"];

/// A path of a file: absolute, relative with dots, or with an extension that keys do not have.
fn is_path(value: &str) -> bool {
    const EXTENSIONS: &[&str] = &[
        ".json", ".yaml", ".yml", ".toml", ".pem", ".key", ".crt", ".txt", ".env", ".sock", ".js",
        ".py", ".sh",
    ];
    let drive = value.as_bytes().get(1..3) == Some(b":\\");
    ["/", "./", "../", "~/", "file:"]
        .iter()
        .any(|start| value.starts_with(start))
        || drive
        || EXTENSIONS.iter().any(|end| value.ends_with(end))
}
