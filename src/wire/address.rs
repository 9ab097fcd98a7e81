//! An address as it is called: what it says of its caller becomes a header.

use percent_encoding::percent_decode_str;
use url::Url;

use super::rpc::base64;
use crate::fact::Secret;

/// A url without its user info, and the value of `Authorization` that clients make of that (Basic).
pub fn without_user_info(url: &Url) -> (Url, Option<Secret>) {
    let mut bare = url.clone();
    let info = match (url.username(), url.password()) {
        ("", None) => return (bare, None),
        (user, password) => {
            let decoded = |text: &str| percent_decode_str(text).collect::<Vec<u8>>();
            let mut info = decoded(user);
            info.push(b':');
            info.extend(decoded(password.unwrap_or_default()));
            info
        }
    };
    // Both only fail for urls without a host, which have no user info.
    let _ = bare.set_username("");
    let _ = bare.set_password(None);
    let value = format!("Basic {}", base64(&info));
    (bare, Some(Secret::from(value)))
}

/// What stands in a path before its first part that is `mcp`: a proxy's part, or a server's name; nothing where no part is.
pub fn before_mcp(path: &str) -> Option<&str> {
    let mut at = 0_usize;
    for part in path.split('/') {
        if part == "mcp" {
            return Some(&path[..at.saturating_sub(1)]);
        }
        at += part.len() + 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_info_is_decoded_and_taken_out() {
        for (url, bare, value) in [
            ("http://a/mcp", "http://a/mcp", None),
            ("http://u:p@a/mcp", "http://a/mcp", Some("Basic dTpw")),
            ("http://u@a/mcp", "http://a/mcp", Some("Basic dTo=")),
            ("http://u:p%40@a/", "http://a/", Some("Basic dTpwQA==")),
        ] {
            let url = Url::parse(url).expect("a url");
            let (got, header) = without_user_info(&url);
            assert_eq!(got.as_str(), bare);
            assert_eq!(header.as_ref().map(Secret::reveal), value, "{url}");
        }
    }

    #[test]
    fn what_stands_before_mcp_is_found_in_whole_parts() {
        for (path, found) in [
            ("/mcp", Some("")),
            ("/llm/mcp/db", Some("/llm")),
            ("/mcp/mcp", Some("")),
            ("/mcp-gw/mcp", Some("/mcp-gw")),
            ("/sse", None),
            ("", None),
        ] {
            assert_eq!(before_mcp(path), found, "{path}");
        }
    }
}
