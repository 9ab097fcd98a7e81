//! What answers where MCP was expected, in words, and where its owner probably meant to go.

use super::words::quote;
use crate::wire::Foreign;

/// How much of its words a message quotes.
const MOST: usize = 60;

fn quoted(text: &str) -> String {
    quote(text, MOST)
}

/// What it is, with its article: "a web page with the title `Open WebUI`".
pub(crate) fn words(foreign: &Foreign) -> String {
    match foreign {
        Foreign::Postgres => "PostgreSQL".to_owned(),
        Foreign::Ssh(banner) => format!("an SSH server ({})", quoted(banner)),
        Foreign::Greeting(text) => format!("a mail or FTP server ({})", quoted(text)),
        Foreign::Mysql => "MySQL or MariaDB".to_owned(),
        Foreign::Redis => "Redis".to_owned(),
        Foreign::Bytes(bytes) if bytes.is_empty() => "something that speaks no HTTP".to_owned(),
        Foreign::Bytes(bytes) => format!("something that speaks no HTTP ({})", quoted(bytes)),
        Foreign::Page { title, server } => {
            let title = title.as_ref();
            let title = title.map(|title| format!(" with the title {}", quoted(title)));
            format!("a web page{}{}", title.unwrap_or_default(), by(server))
        }
        Foreign::Api {
            title: Some(title), ..
        } => format!("the JSON API {}", quoted(title)),
        Foreign::Api { title: None, start } => format!("a JSON API ({})", quoted(start)),
        Foreign::OpenAi => "an API in the manner of OpenAI's".to_owned(),
        Foreign::Nothing { server } => format!("nothing at this path{}", by(server)),
        Foreign::Empty => "an empty body".to_owned(),
        Foreign::Other { media, start } if media.is_empty() => {
            format!("something that is no MCP ({})", quoted(start))
        }
        Foreign::Other { media, start } => format!("{media} ({})", quoted(start)),
    }
}

fn by(server: &Option<String>) -> String {
    match server {
        Some(server) => format!(" ({server})"),
        None => String::new(),
    }
}

/// What to do about it.
pub(crate) fn advice(foreign: &Foreign) -> &'static str {
    match foreign {
        Foreign::Postgres | Foreign::Mysql | Foreign::Redis => {
            "call the port of the MCP server; the address of the database belongs into that server's own settings"
        }
        Foreign::Ssh(_) | Foreign::Greeting(_) | Foreign::Bytes(_) => {
            "call the port on which the MCP server listens"
        }
        Foreign::Page { .. } => {
            "call the address of the MCP server, not that of a page for people, or let the proxy send its path to it"
        }
        Foreign::OpenAi => {
            "a model's API serves no tools: call the MCP endpoint, for LiteLLM /mcp/ on the same port"
        }
        Foreign::Nothing { .. } => {
            "look up the path in the server's documentation or its log, or let the proxy send this one to it"
        }
        Foreign::Api { .. } | Foreign::Empty | Foreign::Other { .. } => {
            "call the MCP server itself, or put one in front of this service"
        }
    }
}

/// The lines that go with it.
pub(crate) fn lines(foreign: &Foreign) -> &'static str {
    match foreign {
        Foreign::Postgres => {
            "DATABASE_URI=postgresql://db:5432/app   # for the MCP server, not for its caller"
        }
        Foreign::Mysql => "MYSQL_HOST=db   # for the MCP server, not for its caller",
        Foreign::Redis => "REDIS_URL=redis://db:6379   # for the MCP server, not for its caller",
        _ => "ss -ltnp   # what listens, and on which port",
    }
}
