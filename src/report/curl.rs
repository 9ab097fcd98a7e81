//! Commands that repeat a request. Nothing secret is in them: where a secret was sent stands the variable of the shell
//! that is to hold it.

use crate::fact::{Answer, Ask, Exchange, Pin, Purpose, Target};
use crate::repair::quoted;
use crate::secret;

/// This many `*` in a row stand for a secret: shorter ones are in media types and globs.
const MASKED: &str = "****";

/// A command, and the variables that it needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Command {
    /// For a POSIX shell, in one line.
    pub line: String,
    /// Names of variables that have to be set before.
    pub variables: Vec<String>,
}

/// How `curl` sends a request again. `variables` names the variable of a header's secret, where one is known.
pub fn curl(exchange: &Exchange, ask: &Ask, variables: &[(String, String)]) -> Command {
    let mut command = Command::default();
    let mut words: Vec<String> = inside(ask, false);
    words.extend(["curl", "-sS", "-i"].map(str::to_owned));
    if is_stream(exchange) {
        words.push("-N".into());
    }
    words.push("--max-time".into());
    words.push(ask.limits.answer_ms.div_ceil(1000).max(1).to_string());
    for Pin {
        host,
        port,
        address,
    } in &ask.pins
    {
        let address = match address {
            core::net::IpAddr::V4(address) => address.to_string(),
            core::net::IpAddr::V6(address) => format!("[{address}]"),
        };
        words.push("--resolve".into());
        words.push(quoted(&format!("{host}:{port}:{address}")));
    }
    if ask.trust.any_certificate {
        words.push("-k".into());
    }
    if let Some(file) = &ask.trust.ca_file {
        words.push("--cacert".into());
        words.push(quoted(&file.to_string_lossy()));
    }
    let request = &exchange.request;
    match (request.method.as_str(), &request.body) {
        ("GET", None) | ("POST", Some(_)) => {}
        (method, _) => words.extend(["-X".into(), quoted(method)]),
    }
    let has = |name: &str| {
        request
            .headers
            .iter()
            .any(|(have, _)| have.eq_ignore_ascii_case(name))
    };
    // curl would say that it accepts anything.
    if !has("accept") {
        words.extend(["-H".into(), "Accept:".into()]);
    }
    for (name, value) in &request.headers {
        // What curl says by itself, and nobody misses.
        if name.eq_ignore_ascii_case("accept-encoding") {
            continue;
        }
        if name.eq_ignore_ascii_case("user-agent") {
            words.extend(["-A".into(), quoted(value)]);
            continue;
        }
        words.push("-H".into());
        let known = variables
            .iter()
            .find(|(header, _)| header.eq_ignore_ascii_case(name));
        let variable = known.map_or_else(|| variable(name), |(_, variable)| variable.clone());
        // A session is no secret to keep, and no session to come back to either.
        let ended = name
            .eq_ignore_ascii_case("mcp-session-id")
            .then(|| MASKED.to_owned());
        let value = ended.as_ref().unwrap_or(value);
        // curl leaves out a header without a value unless it is written so.
        let text = match value.is_empty() {
            true => format!("{name};"),
            false => format!("{name}: {value}"),
        };
        words.push(command.word(&text, |_| variable.clone()));
    }
    if let Some(body) = &request.body {
        words.push("--data-raw".into());
        words.push(quoted(&secret::redact(body)));
    }
    let url = secret::redact(&request.url);
    if url.contains(['[', ']', '{', '}']) {
        words.push("-g".into());
    }
    words.push(command.word(&url, |before| {
        let key = before.rsplit(['?', '&']).next().unwrap_or_default();
        match key.split_once('=') {
            Some((key, _)) => self::variable(key),
            None => "SECRET".to_owned(),
        }
    }));
    command.line = words.join(" ");
    command
}

/// What a command begins with that is to run in a container.
fn inside(ask: &Ask, with_input: bool) -> Vec<String> {
    let Some(container) = ask.from.container() else {
        return Vec::new();
    };
    let input = with_input.then_some("-i");
    let words = ["docker", "exec"].into_iter().chain(input);
    let words = words.map(str::to_owned);
    words.chain([quoted(container)]).collect()
}

/// How a shell says to a program what mcpdoc said to it.
pub fn piped(exchanges: &[Exchange], ask: &Ask) -> Option<String> {
    let Target::Command { program, args, .. } = &ask.target else {
        return None;
    };
    let lines = exchanges
        .iter()
        .filter_map(|exchange| exchange.request.body.as_deref());
    let lines: Vec<String> = lines.map(|line| quoted(&secret::redact(line))).collect();
    let program = std::iter::once(program).chain(args);
    let program = program.map(|word| quoted(&secret::redact(word)));
    let program: Vec<String> = inside(ask, true).into_iter().chain(program).collect();
    (!lines.is_empty()).then(|| {
        // Programs end when their input does, and some do so before they have answered.
        format!(
            "(printf '%s\\n' {}; sleep 2) | {}",
            lines.join(" "),
            program.join(" ")
        )
    })
}

fn is_stream(exchange: &Exchange) -> bool {
    exchange.purpose == Purpose::OpenStream
        || exchange
            .answer()
            .map(Answer::media)
            .is_some_and(|media| media == "text/event-stream")
}

/// The variable that holds what belongs to a name: `X-API-Key` in `X_API_KEY`.
fn variable(name: &str) -> String {
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() {
            c.to_ascii_uppercase()
        } else {
            '_'
        }
    };
    let word: String = name.chars().map(plain).collect();
    match word.starts_with(|c: char| c.is_ascii_digit()) || word.is_empty() {
        true => format!("_{word}"),
        false => word,
    }
}

impl Command {
    /// A word for the shell in which every secret is a variable; `named` says which, by what stands before it.
    fn word(&mut self, text: &str, named: impl Fn(&str) -> String) -> String {
        if !text.contains(MASKED) {
            return quoted(text);
        }
        let mut out = String::from("\"");
        let mut rest = text;
        while let Some(at) = rest.find(MASKED) {
            let end = rest[at..]
                .find(|c| c != '*')
                .map_or(rest.len(), |length| at + length);
            escape(&rest[..at], &mut out);
            let name = named(&text[..text.len() - rest.len() + at]);
            out.push_str(&format!("${{{name}}}"));
            if !self.variables.contains(&name) {
                self.variables.push(name);
            }
            rest = &rest[end..];
        }
        escape(rest, &mut out);
        out.push('"');
        out
    }
}

/// Text inside of double quotes.
fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        if matches!(c, '"' | '\\' | '$' | '`') {
            out.push('\\');
        }
        // Only what no header and no url can hold is changed by this.
        match c.is_control() {
            true => out.push(' '),
            false => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fact::{Clock, Failure, Outcome, Request, Trust};

    fn exchange(method: &str, url: &str, headers: &[(&str, &str)], body: Option<&str>) -> Exchange {
        let headers = headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Exchange {
            purpose: Purpose::Discover,
            request: Request {
                method: method.to_owned(),
                url: url.to_owned(),
                headers: headers.collect(),
                body: body.map(str::to_owned),
            },
            outcome: Outcome::Failed(Failure::NoAnswer),
            clock: Clock::default(),
        }
    }

    fn line(exchange: &Exchange) -> String {
        curl(exchange, &Ask::url("http://a/"), &[]).line
    }

    #[test]
    fn a_post_is_its_headers_and_its_body() {
        let body = r#"{"jsonrpc":"2.0","method":"it's"}"#;
        let headers = [("Accept", "application/json, text/event-stream")];
        let exchange = exchange("POST", "http://a/mcp", &headers, Some(body));
        assert_eq!(
            line(&exchange),
            concat!(
                "curl -sS -i --max-time 10 -H 'Accept: application/json, text/event-stream' ",
                r#"--data-raw '{"jsonrpc":"2.0","method":"it'\''s"}' http://a/mcp"#
            )
        );
    }

    #[test]
    fn secrets_are_variables() {
        let headers = [
            ("Accept", "*/*"),
            ("Authorization", "Bearer ********"),
            ("X-API-Key", "*****"),
            ("Mcp-Session-Id", "a1b2"),
        ];
        let exchange = exchange("DELETE", "http://a/mcp?api_key=*****&x=1", &headers, None);
        let variables = [("authorization".to_owned(), "TOKEN".to_owned())];
        let command = curl(&exchange, &Ask::url("http://a/"), &variables);
        assert_eq!(
            command.line,
            concat!(
                "curl -sS -i --max-time 10 -X DELETE -H 'Accept: */*' -H \"Authorization: Bearer ${TOKEN}\" ",
                "-H \"X-API-Key: ${X_API_KEY}\" -H \"Mcp-Session-Id: ${MCP_SESSION_ID}\" ",
                "\"http://a/mcp?api_key=${API_KEY}&x=1\""
            )
        );
        assert_eq!(
            command.variables,
            ["TOKEN", "X_API_KEY", "MCP_SESSION_ID", "API_KEY"]
        );
    }

    #[test]
    fn a_request_is_sent_to_the_same_place_and_trusts_the_same() {
        let mut stream = exchange(
            "GET",
            "https://[::1]:8443/sse",
            &[("Host", "mcp.lan")],
            None,
        );
        stream.purpose = Purpose::OpenStream;
        let mut ask = Ask::url("https://[::1]:8443/sse");
        ask.limits.answer_ms = 2_500;
        ask.pins = vec![Pin {
            host: "mcp.lan".to_owned(),
            port: 443,
            address: "::1".parse().expect("an address"),
        }];
        ask.trust = Trust {
            ca_file: Some("my ca.pem".into()),
            any_certificate: true,
            oauth: None,
        };
        assert_eq!(
            curl(&stream, &ask, &[]).line,
            "curl -sS -i -N --max-time 3 --resolve 'mcp.lan:443:[::1]' -k --cacert 'my ca.pem' -H Accept: -H 'Host: mcp.lan' -g 'https://[::1]:8443/sse'"
        );
    }

    #[test]
    fn nothing_escapes_from_double_quotes() {
        let headers = [("Accept", "x"), ("X-Token", "$(id)`id`\"\\ ****")];
        let exchange = exchange("GET", "http://a/", &headers, None);
        let line = line(&exchange);
        assert!(
            line.contains(r#"-H "X-Token: \$(id)\`id\`\"\\ ${X_TOKEN}""#),
            "{line}"
        );
    }

    #[test]
    fn a_program_is_told_the_same_lines() {
        let exchange = exchange("stdin", "npx", &[], Some(r#"{"id":1}"#));
        let ask = Ask::of(Target::Command {
            program: "npx".to_owned(),
            args: vec!["-y".to_owned(), "a b".to_owned()],
            env: std::collections::BTreeMap::new(),
            cwd: None,
        });
        assert_eq!(
            piped(&[exchange], &ask).as_deref(),
            Some(r#"(printf '%s\n' '{"id":1}'; sleep 2) | npx -y 'a b'"#)
        );
    }
}
