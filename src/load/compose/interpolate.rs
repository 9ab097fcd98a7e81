//! `${VARIABLE}` in values, by the grammar of the Compose spec ("Interpolation") as compose-go's `template` reads it.

use std::borrow::Cow;

use crate::model::Text;

/// Defaults nested deeper than this are taken for an invalid form.
const MAX_NESTING: usize = 32;
/// Longer `${…}` are not looked for in texts after interpolation.
const MAX_WRITTEN_VARIABLE: usize = 256;
/// Texts that grow beyond this many bytes are left as written.
const MAX_TEXT: usize = 1024 * 1024;

/// A text after interpolation.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Interpolated {
    /// The text. Of an invalid form it is the whole text as written, not known.
    pub text: Text,
    /// Whether Compose refuses the text: `${`, `${V`, `${V!}` …
    pub invalid: bool,
}

/// Puts the values of variables in their places. `lookup` answers `None` for a variable that nobody defines.
pub(super) fn interpolate<'v>(
    template: &str,
    lookup: &dyn Fn(&str) -> Option<Cow<'v, Text>>,
) -> Interpolated {
    if !template.contains('$') {
        return Interpolated {
            text: Text::known(template),
            invalid: false,
        };
    }
    match substitute(template, lookup, 0) {
        Some(text) => Interpolated {
            text,
            invalid: false,
        },
        None => Interpolated {
            text: Text {
                text: template.to_owned(),
                known: false,
            },
            invalid: true,
        },
    }
}

/// `None`: an invalid form.
fn substitute<'v>(
    template: &str,
    lookup: &dyn Fn(&str) -> Option<Cow<'v, Text>>,
    nesting: usize,
) -> Option<Text> {
    if nesting > MAX_NESTING {
        return None;
    }
    let mut out = Text::known("");
    let mut rest = template;
    while let Some(dollar) = rest.find('$') {
        out.text.push_str(&rest[..dollar]);
        let form = &rest[dollar..];
        let (length, value) = expand(form, lookup, nesting)?;
        out.text.push_str(&value.text);
        out.known &= value.known;
        if out.text.len() > MAX_TEXT {
            return None;
        }
        rest = &form[length..];
    }
    out.text.push_str(rest);
    Some(out)
}

/// What the form at the start of `form`, which begins with a dollar sign, stands for, and its length.
fn expand<'v>(
    form: &str,
    lookup: &dyn Fn(&str) -> Option<Cow<'v, Text>>,
    nesting: usize,
) -> Option<(usize, Text)> {
    let after = &form[1..];
    if after.starts_with('$') {
        return Some((2, Text::known("$")));
    }
    if let Some(body) = after.strip_prefix('{') {
        let close = closing_brace(body)?;
        let written = &form[..close + 3];
        let value = braced(&body[..close], written, lookup, nesting)?;
        return Some((written.len(), value));
    }
    let name = &after[..name_length(after)];
    if name.is_empty() {
        return Some((1, Text::known("$")));
    }
    let written = &form[..1 + name.len()];
    Some((written.len(), value_or_written(lookup(name), written)))
}

/// The value of `${body}`.
fn braced<'v>(
    body: &str,
    written: &str,
    lookup: &dyn Fn(&str) -> Option<Cow<'v, Text>>,
    nesting: usize,
) -> Option<Text> {
    let (name, rest) = body.split_at(name_length(body));
    if name.is_empty() || rest.contains('\n') {
        return None;
    }
    let value = lookup(name);
    if rest.is_empty() {
        return Some(value_or_written(value, written));
    }
    let (empty_counts_as_unset, operator) = match rest.strip_prefix(':') {
        Some(operator) => (true, operator),
        None => (false, rest),
    };
    let mut letters = operator.chars();
    let operator = letters.next()?;
    let word = letters.as_str();
    // Whether something that is not known here is empty is not known either; it is taken for a text.
    let value =
        value.filter(|value| !(empty_counts_as_unset && value.known && value.text.is_empty()));
    match (operator, value) {
        ('-' | '?', Some(value)) => Some(value.into_owned()),
        ('-', None) | ('+', Some(_)) => substitute(word, lookup, nesting + 1),
        ('+', None) => Some(Text::known("")),
        ('?', None) => Some(value_or_written(None, written)),
        _ => None,
    }
}

fn value_or_written(value: Option<Cow<'_, Text>>, written: &str) -> Text {
    match value {
        Some(value) => value.into_owned(),
        None => Text {
            text: written.to_owned(),
            known: false,
        },
    }
}

/// The length of the variable name at the start: `[_A-Za-z][_A-Za-z0-9]*`.
fn name_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    if bytes.first().is_none_or(u8::is_ascii_digit) {
        return 0;
    }
    bytes
        .iter()
        .take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_')
        .count()
}

/// Where the brace closes that was opened before `body`: the balanced one, else the last one of the line.
fn closing_brace(body: &str) -> Option<usize> {
    let mut open = 1usize;
    let mut last = None;
    for (at, byte) in body.bytes().enumerate() {
        match byte {
            b'{' => open += 1,
            b'}' => {
                open -= 1;
                last = Some(at);
            }
            b'\n' => break,
            _ => {}
        }
        if open == 0 {
            return Some(at);
        }
    }
    last
}

/// Parts of `text` between separators that do not stand inside `${…}`: variables that are not known stay whole.
pub(super) fn split_outside_variables(text: &str, separator: char) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut start = 0;
    let mut skip_to = 0;
    for (at, c) in text.char_indices() {
        if at < skip_to {
            continue;
        }
        if let Some(length) = variable_length(&text[at..]) {
            skip_to = at + length;
        } else if c == separator {
            parts.push(&text[start..at]);
            start = at + c.len_utf8();
        }
    }
    parts.push(&text[start..]);
    parts
}

/// The length of the `${…}` at the start of `text`, if there is one.
pub(super) fn variable_length(text: &str) -> Option<usize> {
    let body = text.strip_prefix("${")?;
    let near = body.floor_char_boundary(MAX_WRITTEN_VARIABLE);
    Some(closing_brace(&body[..near])? + 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lookup(name: &str) -> Option<Cow<'static, Text>> {
        match name {
            "SET" | "set" | "_S1" => Some(Cow::Owned(Text::known("value"))),
            "EMPTY" => Some(Cow::Owned(Text::known(""))),
            "HALF" => Some(Cow::Owned(Text {
                text: "a-${ELSEWHERE}".into(),
                known: false,
            })),
            _ => None,
        }
    }

    fn run(template: &str) -> Interpolated {
        interpolate(template, &lookup)
    }

    #[test]
    fn known_forms() {
        for (template, expected) in [
            ("plain", "plain"),
            ("", ""),
            ("$SET", "value"),
            ("$set-x", "value-x"),
            ("$_S1.", "value."),
            ("a ${SET} b", "a value b"),
            ("${SET}${SET}", "valuevalue"),
            ("$EMPTY|", "|"),
            ("${EMPTY}", ""),
            ("${SET:-d}", "value"),
            ("${EMPTY:-d}", "d"),
            ("${UNSET:-d}", "d"),
            ("${UNSET:-}", ""),
            ("${SET-d}", "value"),
            ("${EMPTY-d}", ""),
            ("${UNSET-d}", "d"),
            ("${UNSET-}", ""),
            ("${SET:?needed}", "value"),
            ("${SET?}", "value"),
            ("${EMPTY?needed}", ""),
            ("${SET:+x}", "x"),
            ("${EMPTY:+x}", ""),
            ("${UNSET:+x}", ""),
            ("${SET+x}", "x"),
            ("${EMPTY+x}", "x"),
            ("${UNSET+x}", ""),
            ("${UNSET:-${SET}}", "value"),
            ("${UNSET:-a${NOPE:-b${SET}}c}z", "abvaluecz"),
            ("${UNSET:-$SET}", "value"),
            ("${SET:+${UNSET-deep}}", "deep"),
            ("${UNSET:-http://h:80/?a=b}", "http://h:80/?a=b"),
            ("${UNSET:-{}}", "{}"),
            ("${UNSET:-{}", "{"),
            ("${UNSET-a:-b}", "a:-b"),
            ("$$SET", "$SET"),
            ("$${SET}", "${SET}"),
            ("$$$SET", "$value"),
            ("a$", "a$"),
            ("$1 $ $.", "$1 $ $."),
            ("}{", "}{"),
        ] {
            let got = run(template);
            assert_eq!(got.text, Text::known(expected), "{template}");
            assert!(!got.invalid, "{template}");
        }
    }

    #[test]
    fn unknown_variables_stay_as_written() {
        for (template, expected) in [
            ("$UNSET", "$UNSET"),
            ("x/${UNSET}/y", "x/${UNSET}/y"),
            ("${SET}-${UNSET}", "value-${UNSET}"),
            ("${UNSET:-${NOPE}}", "${NOPE}"),
            ("${UNSET:?must be set}", "${UNSET:?must be set}"),
            ("${UNSET?}", "${UNSET?}"),
            ("${EMPTY:?no}", "${EMPTY:?no}"),
            ("${HALF}", "a-${ELSEWHERE}"),
            ("${HALF:-d}", "a-${ELSEWHERE}"),
        ] {
            let got = run(template);
            assert_eq!(got.text.text, expected, "{template}");
            assert!(!got.text.known, "{template}");
            assert!(!got.invalid, "{template}");
        }
    }

    #[test]
    fn invalid_forms_keep_the_text() {
        let deep = "${A:-".repeat(10_000) + &"}".repeat(10_000);
        for template in [
            "${",
            "a${SET",
            "${}",
            "${1}",
            "${SET!}",
            "${ SET}",
            "${SET }",
            "${SET:x}",
            "${SET:}",
            "${UNSET:-a\nb}",
            "ok $SET then ${",
            &deep,
        ] {
            let got = run(template);
            assert!(got.invalid, "{template}");
            assert!(!got.text.known);
            assert_eq!(got.text.text, template);
        }
    }

    #[test]
    fn separators_inside_variables_do_not_split() {
        assert_eq!(
            split_outside_variables("${A:?x:y}:8000:${B}", ':'),
            ["${A:?x:y}", "8000", "${B}"]
        );
        assert_eq!(split_outside_variables("", ':'), [""]);
        assert_eq!(split_outside_variables("${a:b", ':'), ["${a", "b"]);
    }
}
