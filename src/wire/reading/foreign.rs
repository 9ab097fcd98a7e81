//! What answers where MCP was expected.

use super::words::{cut, squeezed};
use crate::fact::{Answer, Look, Probe, Purpose};
use crate::wire::Foreign;

/// How much of a foreign answer is quoted.
const START: usize = 120;

/// What a port is that does not speak HTTP.
pub(super) fn below_http(look: &Look) -> Foreign {
    if look.postgres.is_some() {
        return Foreign::Postgres;
    }
    let said = look
        .banner
        .as_deref()
        .or(look.reply.as_deref())
        .unwrap_or_default();
    let start = cut(&squeezed(said), START);
    if said.starts_with("SSH-") {
        Foreign::Ssh(start)
    } else if said.starts_with("220") {
        Foreign::Greeting(start)
    } else if said.contains("mysql_native_password")
        || said.contains("caching_sha2_password")
        || said.contains("MariaDB")
    {
        Foreign::Mysql
    } else if said.starts_with("-ERR") || said.starts_with("-DENIED") {
        Foreign::Redis
    } else {
        Foreign::Bytes(start)
    }
}

/// What an answer over HTTP is.
pub(super) fn over_http(probe: &Probe, answer: &Answer) -> Foreign {
    let server = answer.header("server").map(|server| cut(server, 60));
    let text = squeezed(&answer.text);
    let media = answer.media();
    if is_openai(&text) {
        return Foreign::OpenAi;
    }
    let named = api_title(probe);
    if matches!(answer.status, 404 | 405 | 410) && named.is_none() {
        return Foreign::Nothing {
            server: framework(&text).map(str::to_owned).or(server),
        };
    }
    if media == "text/html"
        || text.starts_with("<!doctype html")
        || text.starts_with("<!DOCTYPE html")
        || text.starts_with("<html")
    {
        return Foreign::Page {
            title: title(&answer.text),
            server,
        };
    }
    if answer.size == 0 {
        return Foreign::Empty;
    }
    if media == "application/json" || text.starts_with('{') || text.starts_with('[') {
        return Foreign::Api {
            title: named,
            start: cut(&text, START),
        };
    }
    Foreign::Other {
        media,
        start: cut(&text, START),
    }
}

/// `<title>` of a page.
fn title(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let open = lower.find("<title")?;
    let start = open + lower[open..].find('>')? + 1;
    let end = start + lower[start..].find("</title")?;
    let title = squeezed(&text[start..end]);
    (!title.is_empty()).then(|| cut(&title, 80))
}

/// `info.title` of the description that was read.
fn api_title(probe: &Probe) -> Option<String> {
    let described = probe.of(&Purpose::OpenApi).next()?;
    let document = described.answer()?.document.as_ref()?;
    Some(cut(document["info"]["title"].as_str()?, 80))
}

/// An error or list in the manner of OpenAI's API.
fn is_openai(text: &str) -> bool {
    let plain: String = text
        .chars()
        .filter(|c| !c.is_whitespace())
        .take(400)
        .collect();
    plain.contains("\"object\":\"list\"")
        || plain.contains("\"object\":\"error\"")
        || (plain.starts_with("{\"error\":{\"message\":") && plain.contains("\"type\":"))
}

/// Frameworks, by the words with which they say that there is nothing.
fn framework(text: &str) -> Option<&'static str> {
    const WORDS: &[(&str, &str)] = &[
        ("Cannot POST", "Express"),
        ("Cannot GET", "Express"),
        ("{\"detail\":\"Not Found\"}", "FastAPI"),
        ("404 page not found", "Go"),
    ];
    WORDS
        .iter()
        .find(|(words, _)| text.contains(words))
        .map(|(_, name)| *name)
}
