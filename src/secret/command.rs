//! Passwords that programs take behind flags which say nothing by themselves: `curl -u ada:…`, `mysql -p…`.

use std::ops::Range;

use super::word::{is_blank_user_info, is_reference};

/// What of the value of a flag is secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Holds {
    Password,
    /// What follows the colon.
    UserAndPassword,
    /// The same, or a user and a group: a password is what nobody calls a group.
    UserAndMore,
}

/// How a flag is given its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Given {
    /// As the next word, or with an equals sign.
    Next,
    /// In the same word.
    Attached,
    Either,
}

struct Flag {
    programs: &'static [&'static str],
    flag: &'static str,
    given: Given,
    holds: Holds,
}

const fn flag(
    programs: &'static [&'static str],
    flag: &'static str,
    given: Given,
    holds: Holds,
) -> Flag {
    Flag {
        programs,
        flag,
        given,
        holds,
    }
}

const CURL: &[&str] = &["curl"];
const REDIS: &[&str] = &["redis-cli", "valkey-cli", "keydb-cli"];
#[rustfmt::skip]
const MYSQL: &[&str] = &[
    "mysql", "mysqladmin", "mysqldump", "mysqlcheck", "mysqlshow", "mysqlimport", "mariadb",
    "mariadb-admin", "mariadb-dump", "mariadb-check",
];
const MONGO: &[&str] = &["mongo", "mongosh", "mongodump", "mongorestore"];

const FLAGS: &[Flag] = &[
    flag(CURL, "-u", Given::Either, Holds::UserAndPassword),
    flag(CURL, "-U", Given::Either, Holds::UserAndPassword),
    flag(CURL, "--user", Given::Next, Holds::UserAndPassword),
    flag(CURL, "--proxy-user", Given::Next, Holds::UserAndPassword),
    flag(REDIS, "-a", Given::Next, Holds::Password),
    flag(MYSQL, "-p", Given::Attached, Holds::Password),
    flag(MONGO, "-p", Given::Next, Holds::Password),
    flag(&["sshpass"], "-p", Given::Either, Holds::Password),
    flag(&["ldapsearch"], "-w", Given::Next, Holds::Password),
];

/// What they are with a program that is not known here.
const ANY: &[&str] = &["-u", "--user"];

/// The words of a command, read one by one.
#[derive(Debug, Default)]
pub(super) struct Reader<'a> {
    program: Option<&'a str>,
    /// What the next word holds.
    next: Option<Holds>,
}

impl<'a> Reader<'a> {
    /// The secret part of the next word.
    pub fn read(&mut self, word: &'a str) -> Option<Range<usize>> {
        if let Some(holds) = self.next.take()
            && !word.starts_with('-')
        {
            return secret_in(word, 0, holds);
        }
        let name = word.rsplit('/').next().unwrap_or(word);
        if FLAGS.iter().any(|flag| flag.programs.contains(&name)) {
            self.program = Some(name);
            return None;
        }
        if matches!(word, "|" | "||" | "&&" | ";") || word.ends_with(';') {
            self.program = None;
            return None;
        }
        let Some(program) = self.program else {
            self.next = ANY.contains(&word).then_some(Holds::UserAndMore);
            return None;
        };
        let flags = FLAGS.iter().filter(|flag| flag.programs.contains(&program));
        for flag in flags {
            let Some(rest) = word.strip_prefix(flag.flag) else {
                continue;
            };
            let at = flag.flag.len();
            if rest.is_empty() {
                self.next = (flag.given != Given::Attached).then_some(flag.holds);
                return None;
            }
            if flag.flag.starts_with("--") && rest.starts_with('=') {
                return secret_in(word, at + 1, flag.holds);
            }
            if !flag.flag.starts_with("--") && flag.given != Given::Next {
                return secret_in(word, at, flag.holds);
            }
        }
        None
    }
}

fn secret_in(word: &str, from: usize, holds: Holds) -> Option<Range<usize>> {
    let value = &word[from..];
    let start = match holds {
        Holds::Password => from,
        Holds::UserAndPassword | Holds::UserAndMore => from + value.find(':')? + 1,
    };
    let secret = &word[start..];
    // Of what a shell puts in here stands the beginning only.
    let is_taken = is_reference(secret) || secret.starts_with(['`', '$', '{', '%']);
    let is_group = holds == Holds::UserAndMore && !is_chosen(secret);
    (!secret.is_empty() && !is_taken && !is_group && !is_blank_user_info(value))
        .then_some(start..word.len())
}

/// Capitals, or digits among letters: no name of a group, and no number of one.
fn is_chosen(text: &str) -> bool {
    let has = |class: fn(&u8) -> bool| text.bytes().any(|byte| class(&byte));
    let is_mixed = has(u8::is_ascii_digit) && has(u8::is_ascii_lowercase);
    text.len() >= 4 && !text.contains([':', '/']) && (has(u8::is_ascii_uppercase) || is_mixed)
}

/// Every such password in a text, line by line.
pub(super) fn passwords(text: &str, mut found: impl FnMut(Range<usize>)) {
    let programs = FLAGS.iter().flat_map(|flag| flag.programs);
    if !programs.chain(ANY).any(|sign| text.contains(sign)) {
        return;
    }
    let parts = |c: char| {
        c.is_whitespace() || matches!(c, '"' | '\'' | '`' | ',' | '[' | ']' | '(' | ')' | '\\')
    };
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let mut reader = Reader::default();
        let mut at = start;
        let end = start + line.len();
        while let Some(word) = text[at..end].find(|c| !parts(c)).map(|word| at + word) {
            // What stands in quotes is one word, if it is the value of a flag.
            let quote = text[start..word].chars().next_back();
            let quote = quote.filter(|c| reader.next.is_some() && matches!(c, '"' | '\''));
            let rest = &text[word..end];
            let length = match quote.and_then(|quote| rest.find([quote, '\\'])) {
                Some(length) => length,
                None => rest.find(parts).unwrap_or(rest.len()),
            };
            if let Some(secret) = reader.read(&text[word..word + length]) {
                found(word + secret.start..word + secret.end);
            }
            at = word + length;
        }
        start = end;
    }
}
