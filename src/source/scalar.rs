//! What a plain scalar means to the program that reads the file.

/// Whose rules resolve plain YAML scalars.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// PyYAML's SafeLoader, YAML 1.1: `yes`, `on`, `0777` and `12:30` are not strings (LiteLLM).
    PyYaml,
    /// go-yaml v3 as Compose uses it: YAML 1.2 core schema with merge keys.
    GoYaml,
}

/// What a scalar is once resolved. Its text is kept beside it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ScalarKind {
    /// `null`, `~` or nothing.
    Null,
    /// A truth value.
    Bool(bool),
    /// A whole number; its text may exceed 64 bits.
    Int,
    /// A number with a fraction or exponent, infinity, not-a-number.
    Float,
    /// A date or time that the reader turns into an object.
    Timestamp,
    /// A string.
    Str,
}

/// What a plain scalar without a tag is to `dialect`.
pub fn resolve(dialect: Dialect, text: &str) -> ScalarKind {
    match dialect {
        Dialect::PyYaml => py(text),
        Dialect::GoYaml => go(text),
    }
}

/// The resolvers of PyYAML's `resolver.py`, in its order.
fn py(text: &str) -> ScalarKind {
    let Some(first) = text.bytes().next() else {
        return ScalarKind::Null;
    };
    match first {
        b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'~' => match text {
            "~" | "null" | "Null" | "NULL" => ScalarKind::Null,
            _ => py_bool(text).map_or(ScalarKind::Str, ScalarKind::Bool),
        },
        b'-' | b'+' | b'.' | b'0'..=b'9' => {
            if py_float(text) {
                ScalarKind::Float
            } else if py_int(text) {
                ScalarKind::Int
            } else if py_timestamp(text) {
                ScalarKind::Timestamp
            } else {
                ScalarKind::Str
            }
        }
        _ => ScalarKind::Str,
    }
}

fn py_bool(text: &str) -> Option<bool> {
    match text {
        "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Some(true),
        "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => Some(false),
        _ => None,
    }
}

fn py_float(text: &str) -> bool {
    let (signed, rest) = unsigned(text);
    if matches!(rest, ".inf" | ".Inf" | ".INF") {
        return true;
    }
    if !signed && matches!(text, ".nan" | ".NaN" | ".NAN") {
        return true;
    }
    // PyYAML wants a sign in the exponent: `1e3` is a string to it, `1.0e3` too.
    let exponent = |rest: &str| {
        rest.is_empty()
            || rest
                .strip_prefix(['e', 'E'])
                .and_then(|rest| rest.strip_prefix(['-', '+']))
                .is_some_and(|digits| all(digits, |b| b.is_ascii_digit()))
    };
    if let Some(rest) = text.strip_prefix('.') {
        return rest.starts_with(|c: char| c.is_ascii_digit())
            && exponent(rest.trim_start_matches(is_digit_or_underscore));
    }
    if !rest.starts_with(|c: char| c.is_ascii_digit()) {
        return false;
    }
    let rest = rest.trim_start_matches(is_digit_or_underscore);
    if let Some(rest) = rest.strip_prefix('.') {
        return exponent(rest.trim_start_matches(is_digit_or_underscore));
    }
    sexagesimal(rest)
        .and_then(|rest| rest.strip_prefix('.'))
        .is_some_and(|rest| rest.chars().all(is_digit_or_underscore))
}

fn py_int(text: &str) -> bool {
    let (_, rest) = unsigned(text);
    if let Some(rest) = rest.strip_prefix("0b") {
        return all(rest, |b| matches!(b, b'0' | b'1' | b'_'));
    }
    if let Some(rest) = rest.strip_prefix("0x") {
        return all(rest, |b| b.is_ascii_hexdigit() || b == b'_');
    }
    if let Some(rest) = rest.strip_prefix('0') {
        return rest.bytes().all(|b| matches!(b, b'0'..=b'7' | b'_'));
    }
    if !rest.starts_with(|c: char| c.is_ascii_digit()) {
        return false;
    }
    let rest = rest.trim_start_matches(is_digit_or_underscore);
    rest.is_empty() || sexagesimal(rest).is_some_and(str::is_empty)
}

/// What follows `(:[0-5]?[0-9])+`, if that is there.
fn sexagesimal(text: &str) -> Option<&str> {
    let mut rest = text;
    while let Some(part) = rest.strip_prefix(':') {
        rest = match part.as_bytes() {
            [b'0'..=b'5', b'0'..=b'9', ..] => &part[2..],
            [b'0'..=b'9', ..] => &part[1..],
            _ => return None,
        };
    }
    (rest.len() < text.len()).then_some(rest)
}

fn py_timestamp(text: &str) -> bool {
    // The date alone takes two digits each; with a time one will do.
    if let [a, b, c, d, b'-', e, f, b'-', g, h] = text.as_bytes() {
        return [a, b, c, d, e, f, g, h].iter().all(|b| b.is_ascii_digit());
    }
    Stamp::read(text).is_some_and(|stamp| stamp.time.is_some())
}

/// Whether PyYAML can make a date of what its resolver takes for one: it raises on `2024-13-45`.
pub(super) fn py_date_exists(text: &str) -> bool {
    Stamp::read(text).is_some_and(|stamp| stamp.exists())
}

/// Whether PyYAML's constructor of `!!bool` takes `text`, in any casing, and as what.
pub(super) fn py_bool_of(text: &str) -> Option<bool> {
    py_bool(&text.to_lowercase())
}

/// `resolve` in go-yaml's `resolve.go`.
fn go(text: &str) -> ScalarKind {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return ScalarKind::Null,
        "true" | "True" | "TRUE" => return ScalarKind::Bool(true),
        "false" | "False" | "FALSE" => return ScalarKind::Bool(false),
        ".nan" | ".NaN" | ".NAN" => return ScalarKind::Float,
        _ => {}
    }
    let (signed, rest) = unsigned(text);
    if matches!(rest, ".inf" | ".Inf" | ".INF") {
        return ScalarKind::Float;
    }
    match text.as_bytes()[0] {
        // Without a sign before it the text goes to strconv as it is, underscores and all.
        b'.' if !signed => {
            let lone_underscores = !text.contains("__") && !text.contains("._");
            let ends = text.split(['e', 'E']).all(|part| !part.ends_with('_'));
            if lone_underscores && ends && decimal(&text.replace('_', "")) {
                ScalarKind::Float
            } else {
                ScalarKind::Str
            }
        }
        b'-' | b'+' | b'0'..=b'9' => {
            if go_timestamp(text) {
                return ScalarKind::Timestamp;
            }
            let plain = rest.replace('_', "");
            if go_int(&plain, text.starts_with('-')) {
                ScalarKind::Int
            } else if decimal(&plain) {
                ScalarKind::Float
            } else {
                ScalarKind::Str
            }
        }
        _ => ScalarKind::Str,
    }
}

/// `strconv.ParseInt(text, 0, 64)`, `ParseUint` too: a whole number of 64 bits.
fn go_int(text: &str, negative: bool) -> bool {
    let (digits, base) = match text.as_bytes() {
        [b'0', b'x' | b'X', ..] => (&text[2..], 16),
        [b'0', b'b' | b'B', ..] => (&text[2..], 2),
        [b'0', b'o' | b'O', ..] => (&text[2..], 8),
        [b'0', _, ..] => (&text[1..], 8),
        _ => (text, 10),
    };
    if !all(digits, |b| char::from(b).is_digit(base)) {
        return false;
    }
    u64::from_str_radix(digits, base).is_ok_and(|value| !negative || value <= 1 << 63)
}

/// `(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
fn decimal(text: &str) -> bool {
    let whole = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let mut rest = whole;
    if let Some(fraction) = whole.strip_prefix('.') {
        rest = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
        if whole.len() == text.len() && rest.len() == fraction.len() {
            return false;
        }
    } else if whole.len() == text.len() {
        return false;
    }
    match rest.strip_prefix(['e', 'E']) {
        Some(exponent) => all(unsigned(exponent).1, |b| b.is_ascii_digit()),
        None => rest.is_empty(),
    }
}

fn go_timestamp(text: &str) -> bool {
    Stamp::read(text).is_some_and(|stamp| {
        let form = match (stamp.time, stamp.separator) {
            (None, _) => true,
            (Some(_), "T" | "t") => stamp.full_zone,
            (Some(_), " ") => !stamp.zone,
            _ => false,
        };
        form && stamp.exists()
    })
}

/// The parts of a YAML timestamp, as loosely as either reader writes them.
struct Stamp<'a> {
    date: [u32; 3],
    separator: &'a str,
    time: Option<[u32; 3]>,
    zone: bool,
    /// `Z` or `+hh:mm`, with nothing before it.
    full_zone: bool,
}

impl<'a> Stamp<'a> {
    fn read(text: &'a str) -> Option<Stamp<'a>> {
        let (year, rest) = digits(text, 4, 4)?;
        let (month, rest) = digits(rest.strip_prefix('-')?, 1, 2)?;
        let (day, rest) = digits(rest.strip_prefix('-')?, 1, 2)?;
        let mut stamp = Stamp {
            date: [year, month, day],
            separator: "",
            time: None,
            zone: false,
            full_zone: false,
        };
        if rest.is_empty() {
            return Some(stamp);
        }
        let clock = match rest.strip_prefix(['T', 't']) {
            Some(clock) => clock,
            None => rest.trim_start_matches([' ', '\t']),
        };
        stamp.separator = &rest[..rest.len() - clock.len()];
        if stamp.separator.is_empty() {
            return None;
        }
        let (hour, rest) = digits(clock, 1, 2)?;
        let (minute, rest) = digits(rest.strip_prefix(':')?, 2, 2)?;
        let (second, rest) = digits(rest.strip_prefix(':')?, 2, 2)?;
        stamp.time = Some([hour, minute, second]);
        let rest = match rest.strip_prefix('.') {
            Some(fraction) => fraction.trim_start_matches(|c: char| c.is_ascii_digit()),
            None => rest,
        };
        let zone = rest.trim_start_matches([' ', '\t']);
        stamp.zone = !rest.is_empty();
        if zone.is_empty() {
            return rest.is_empty().then_some(stamp);
        }
        if zone == "Z" {
            stamp.full_zone = zone.len() == rest.len();
            return Some(stamp);
        }
        let (_, minutes) = digits(zone.strip_prefix(['-', '+'])?, 1, 2)?;
        if !minutes.is_empty() {
            let (_, rest) = digits(minutes.strip_prefix(':')?, 2, 2)?;
            if !rest.is_empty() {
                return None;
            }
        }
        stamp.full_zone = zone.len() == rest.len() && zone.len() == "+00:00".len();
        Some(stamp)
    }

    fn exists(&self) -> bool {
        let [year, month, day] = self.date;
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let days = match month {
            4 | 6 | 9 | 11 => 30,
            2 if leap => 29,
            2 => 28,
            1..=12 => 31,
            _ => return false,
        };
        let [hour, minute, second] = self.time.unwrap_or_default();
        year > 0 && (1..=days).contains(&day) && hour < 24 && minute < 60 && second < 60
    }
}

/// A number of `least` to `most` digits, and what follows it.
fn digits(text: &str, least: usize, most: usize) -> Option<(u32, &str)> {
    let count = text
        .bytes()
        .take(most)
        .take_while(u8::is_ascii_digit)
        .count();
    if count < least {
        return None;
    }
    Some((text[..count].parse().ok()?, &text[count..]))
}

/// Whether there was a sign, and the text after it.
fn unsigned(text: &str) -> (bool, &str) {
    match text.strip_prefix(['-', '+']) {
        Some(rest) => (true, rest),
        None => (false, text),
    }
}

fn is_digit_or_underscore(c: char) -> bool {
    c.is_ascii_digit() || c == '_'
}

/// Whether there is at least one byte and all are as wanted.
fn all(text: &str, wanted: impl Fn(u8) -> bool) -> bool {
    !text.is_empty() && text.bytes().all(wanted)
}
