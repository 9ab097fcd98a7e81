//! Secrets on the command line that are no header's: they are never shown, whatever repeats them.

use percent_encoding::percent_decode_str;
use url::Url;

use crate::fact::Secret;
use crate::secret::{is_telling, spans_to_mask, user_and_password};

/// Values in the query of a url that stand under telling names, as they are written and as they are meant.
pub(super) fn in_url(url: &Url) -> Vec<Secret> {
    let mut found = Vec::new();
    for pair in url.query().unwrap_or_default().split('&') {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        if is_telling(name) {
            found.push(value.to_owned());
            found.push(decoded(value));
        }
    }
    found.extend(url.password().map(str::to_owned));
    found.extend(url.password().map(decoded));
    secrets(found)
}

/// Arguments of a command behind telling flags, and assignments in them.
pub(super) fn in_arguments(arguments: &[String]) -> Vec<Secret> {
    let mut found = Vec::new();
    let mut flag: Option<&str> = None;
    for argument in arguments {
        for span in spans_to_mask(flag, argument) {
            found.push(argument[span].to_owned());
        }
        flag = argument
            .starts_with('-')
            .then(|| argument.trim_start_matches('-'))
            .filter(|flag| !flag.contains('='));
    }
    secrets(found)
}

/// The password in a header's value (Basic).
pub(super) fn in_header(value: &Secret) -> Vec<Secret> {
    let token = value
        .reveal()
        .split_once(' ')
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic"));
    let password = token.and_then(|(_, token)| user_and_password(token.trim()));
    secrets(password.into_iter().map(|(_, password)| password).collect())
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

fn secrets(mut found: Vec<String>) -> Vec<Secret> {
    found.retain(|value| !value.is_empty());
    found.sort_by_key(|value| std::cmp::Reverse(value.len()));
    found.dedup();
    found.into_iter().map(Secret::from).collect()
}
