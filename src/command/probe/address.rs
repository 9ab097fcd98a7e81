//! The address on the command line.

use std::path::Path;

use anyhow::bail;
use url::Url;

use crate::secret::redact;

/// Schemes that are written without slashes, or meant where MCP is not served.
const OTHERS: &[&str] = &[
    "data", "file", "ftp", "mailto", "sse", "ssh", "stdio", "tcp", "unix", "ws", "wss",
];

/// Reads it; the remark says what was made of it where it does not say so itself.
pub(super) fn read(
    text: &str,
    is_file: &dyn Fn(&Path) -> bool,
) -> anyhow::Result<(Url, Option<String>)> {
    let text = text.trim();
    let shown = redact(text);
    let scheme = scheme(text);
    match scheme.as_deref() {
        Some("http" | "https") => return Ok((parsed(text)?, None)),
        Some("ws" | "wss") => bail!(
            "{shown}: is a WebSocket address; MCP is served over http:// and https:// (streamable HTTP, HTTP+SSE)"
        ),
        Some("file") => bail!(
            "{shown}: is a file; name the URL that the server is called at, or its command behind `--`"
        ),
        Some(scheme) => bail!(
            "{shown}: {scheme} is no scheme that MCP is served over; it is http:// or https://"
        ),
        None => {}
    }
    let is_command = text.starts_with(['.', '/', '~', '-'])
        || is_file(Path::new(text))
        || !(text == "localhost" || text.contains(['.', ':', '/', '[']));
    if is_command {
        bail!("{shown}: is no URL; a command goes behind `--`: mcpdoc probe -- {shown}");
    }
    let url = parsed(&format!("http://{text}"))?;
    Ok((
        url,
        Some(format!(
            "{shown} has no scheme, and was read as http://{shown}"
        )),
    ))
}

/// The scheme in lower case, if one is written: `localhost:8000` has none.
fn scheme(text: &str) -> Option<String> {
    let (scheme, slashes) = match text.split_once("://") {
        Some((scheme, _)) => (scheme, true),
        None => (text.split_once(':')?.0, false),
    };
    let scheme = scheme.to_ascii_lowercase();
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
    let written = !scheme.is_empty()
        && scheme.chars().all(word)
        && (slashes || OTHERS.contains(&scheme.as_str()));
    written.then_some(scheme)
}

/// A url without its fragment, which is never sent.
fn parsed(text: &str) -> anyhow::Result<Url> {
    match Url::parse(text) {
        Ok(mut url) => {
            url.set_fragment(None);
            Ok(url)
        }
        Err(error) => bail!("{}: {error}", redact(text)),
    }
}
