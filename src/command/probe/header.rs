//! Headers on the command line. Their values are never repeated in what is said of them.

use anyhow::{bail, ensure};

use crate::fact::Secret;
use crate::secret::{is_telling, redact};

/// The header by which a caller shows who it is.
pub(super) const AUTHORIZATION: &str = "Authorization";

/// Headers that belong to the transport: whatever a caller would write there, clients write over it.
const OWN: &[&str] = &[
    "accept",
    "accept-encoding",
    "connection",
    "content-length",
    "content-type",
    "mcp-method",
    "mcp-name",
    "mcp-protocol-version",
    "mcp-session-id",
    "transfer-encoding",
];

/// Words that say in which way a credential is meant, and are none.
const SCHEMES: &[&str] = &["basic", "bearer", "token"];

/// `NAME: VALUE`.
pub(super) fn read(text: &str) -> anyhow::Result<(String, Secret)> {
    let Some((name, value)) = text.split_once(':') else {
        // The whole of it may be a token.
        bail!("--header needs NAME: VALUE, such as 'X-API-Key: …', and one has no colon");
    };
    let (name, value) = (name.trim(), value.trim());
    let token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    if name.is_empty() || !name.chars().all(token) {
        bail!("--header {}: is no name of a header", redact(name));
    }
    let lower = name.to_ascii_lowercase();
    ensure!(lower != "host", "--header {name}: use --host NAME[:PORT]");
    ensure!(
        !OWN.contains(&lower.as_str()),
        "--header {name}: belongs to the transport, and clients set it themselves"
    );
    let is_scheme = SCHEMES
        .iter()
        .any(|scheme| value.eq_ignore_ascii_case(scheme));
    if value.is_empty() || (is_scheme && is_telling(name)) {
        bail!("--header {name}: has no value; is the variable set that was to fill it in?");
    }
    if let Some(variable) = placeholder(value) {
        bail!(
            "--header {name}: ${{{variable}}} was not filled in: the shell leaves it as it is in single quotes; use double quotes, or --bearer-env {variable} for a bearer token"
        );
    }
    let value = sendable(value, &format!("--header {name}"))?;
    Ok((name.to_owned(), value))
}

/// The value of `Authorization` for a token in a variable that a flag names.
pub(in crate::command) fn bearer(
    flag: &str,
    variable: &str,
    value: Option<String>,
) -> anyhow::Result<Secret> {
    let Some(value) = value else {
        bail!(
            "{flag} {}: no such variable in the environment",
            redact(variable)
        );
    };
    let token = crate::plan::bare_key(&value);
    ensure!(
        !token.is_empty(),
        "{flag} {variable}: the variable is empty"
    );
    sendable(&format!("Bearer {token}"), &format!("{flag} {variable}"))
}

/// Says so where two things want to be the caller's credentials.
pub(super) fn claim(headers: &[(String, Secret)], by: &str) -> anyhow::Result<()> {
    let taken = headers
        .iter()
        .any(|(name, _)| name.eq_ignore_ascii_case(AUTHORIZATION));
    ensure!(
        !taken,
        "{by} and another option both set {AUTHORIZATION}; leave one out"
    );
    Ok(())
}

fn sendable(value: &str, whose: &str) -> anyhow::Result<Secret> {
    ensure!(
        value.chars().all(|c| c == '\t' || (' '..='~').contains(&c)),
        "{whose}: the value has a line break or another character that no header can carry"
    );
    Ok(Secret::from(value))
}

/// The variable that a shell should have filled in: `${TOKEN}` anywhere, `$TOKEN` as a word. Always refused: no
/// credential looks so, and whatever quotes were meant to keep it are gone before mcpdoc sees the value.
fn placeholder(value: &str) -> Option<&str> {
    let name = |text: &str| {
        !text.is_empty()
            && !text.starts_with(|c: char| c.is_ascii_digit())
            && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    let braced = value.match_indices("${").find_map(|(at, _)| {
        let inner = &value[at + 2..];
        let inner = &inner[..inner.find('}')?];
        let inner = inner
            .split(':')
            .next_back()
            .filter(|_| inner.starts_with("env:"))
            .unwrap_or(inner);
        let inner = inner.split(":-").next().unwrap_or(inner);
        name(inner).then_some(inner)
    });
    let mut words = value
        .split_whitespace()
        .filter_map(|word| word.strip_prefix('$'));
    braced.or_else(|| words.find(|word| name(word)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_shell_left_is_seen() {
        for (value, variable) in [
            ("Bearer ${TOKEN}", Some("TOKEN")),
            ("Bearer $TOKEN", Some("TOKEN")),
            ("x-${env:KEY}-y", Some("KEY")),
            ("${KEY:-none}", Some("KEY")),
            ("pa$$word", None),
            ("a${b", None),
            ("$2b$10$abc", None),
            ("Bearer abc", None),
        ] {
            assert_eq!(placeholder(value), variable, "{value}");
        }
    }
}
