//! JSON that is looked at without being built: a server may send millions of items, or brackets without end, and neither
//! costs more than the text that came. Values are passed on as their own text.

use std::borrow::Cow;
use std::fmt;

use serde::Deserializer;
use serde::de::{Deserialize, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// Every member of an object, in its order: name and text of the value.
///
/// # Errors
/// Where it is no object, or no JSON; in the words of the parser.
pub(super) fn members<'a>(
    text: &'a str,
    each: impl FnMut(Cow<'a, str>, &'a str),
) -> Result<(), String> {
    let mut source = serde_json::Deserializer::from_str(text);
    let read = source.deserialize_map(Members(each));
    read.and_then(|()| source.end())
        .map_err(|error| error.to_string())
}

/// The first `room` items of a list, each as its text. How many items there are.
///
/// # Errors
/// Where it is no list, or no JSON; in the words of the parser.
pub(super) fn items<'a>(
    text: &'a str,
    room: usize,
    each: impl FnMut(&'a str),
) -> Result<usize, String> {
    let mut source = serde_json::Deserializer::from_str(text);
    let read = source.deserialize_seq(Items { room, each });
    read.and_then(|count| source.end().map(|()| count))
        .map_err(|error| error.to_string())
}

/// A text, if it is one.
pub(super) fn text(value: &str) -> Option<String> {
    serde_json::from_str(value).ok()
}

/// What a value is, in words: "a list".
pub(super) fn kind(value: &str) -> &'static str {
    match value.trim_start().as_bytes().first() {
        Some(b'{') => "an object",
        Some(b'[') => "a list",
        Some(b'"') => "a text",
        Some(b't' | b'f') => "a boolean",
        Some(b'n') => "null",
        Some(_) => "a number",
        None => "nothing",
    }
}

/// How deep a value is nested: 0 for a number, 1 for `[]`.
pub(super) fn depth(value: &str) -> usize {
    let (mut depth, mut deepest, mut in_text, mut escaped) = (0usize, 0, false, false);
    for byte in value.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'{' | b'[' if !in_text => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// The first `length` characters.
pub(super) fn cut(text: &str, length: usize) -> &str {
    match text.char_indices().nth(length) {
        Some((end, _)) => &text[..end],
        None => text,
    }
}

struct Members<F>(F);

impl<'de, F: FnMut(Cow<'de, str>, &'de str)> Visitor<'de> for Members<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some((Name(name), value)) = map.next_entry::<Name<'de>, &'de RawValue>()? {
            (self.0)(name, value.get());
        }
        Ok(())
    }
}

struct Items<F> {
    room: usize,
    each: F,
}

impl<'de, F: FnMut(&'de str)> Visitor<'de> for Items<F> {
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<usize, A::Error> {
        let mut count = 0;
        while count < self.room
            && let Some(item) = list.next_element::<&'de RawValue>()?
        {
            (self.each)(item.get());
            count += 1;
        }
        while list.next_element::<IgnoredAny>()?.is_some() {
            count += 1;
        }
        Ok(count)
    }
}

/// The name of a member, borrowed where it has no escapes.
struct Name<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Name<'de>, D::Error> {
        struct Text;
        impl<'de> Visitor<'de> for Text {
            type Value = Name<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Owned(text.to_owned())))
            }
        }
        source.deserialize_str(Text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_come_as_their_own_text() {
        let mut seen = Vec::new();
        members(r#" {"a" : [1, {}], "\u0062":"x"} "#, |name, value| {
            seen.push((name.into_owned(), value.to_owned()));
        })
        .expect("an object");
        let expected = [("a", "[1, {}]"), ("b", "\"x\"")];
        assert_eq!(
            seen,
            expected.map(|(name, value)| (name.to_owned(), value.to_owned()))
        );
        for broken in ["[]", "{", "{} {}", "", "{\"a\"}"] {
            assert!(members(broken, |_, _| {}).is_err(), "{broken}");
        }
    }

    #[test]
    fn items_beyond_the_room_are_counted() {
        let mut seen = Vec::new();
        let count = items("[1, [2], 3, 4]", 2, |item| seen.push(item.to_owned())).expect("a list");
        assert_eq!((count, seen), (4, vec!["1".to_owned(), "[2]".to_owned()]));
    }

    #[test]
    fn brackets_in_texts_are_not_depth() {
        for (value, expected) in [
            ("1", 0),
            ("[]", 1),
            (r#"{"[[[": "{{\"["}"#, 1),
            ("[[],[[]]]", 3),
        ] {
            assert_eq!(depth(value), expected, "{value}");
        }
    }
}
