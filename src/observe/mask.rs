//! Keeps the secrets of a question out of what is recorded of its answer: servers like to repeat what they were sent.

use serde_json::Value;

use crate::fact::{Answer, Ask, Message, Reply, Request, Said, Secret, Target};
use crate::secret;

/// The secrets of one question.
#[derive(Debug)]
pub struct Mask {
    /// Longest first, so that a part is not replaced before the whole.
    values: Vec<String>,
}

impl Mask {
    /// Those of a question: the values of its headers and variables, the token behind a scheme, and what was filled into
    /// its url.
    pub fn of(ask: &Ask) -> Mask {
        let headers = ask.headers.iter().map(|(name, value)| (name, value));
        let env = match &ask.target {
            Target::Command { env, .. } => Some(env),
            Target::Url(_) => None,
        };
        let mut values = Vec::new();
        for (name, value) in headers.chain(env.into_iter().flatten()) {
            if secret::is_plain(name, value.reveal()) && !secret::is_telling(name) {
                continue;
            }
            let value = Secret::reveal(value).trim();
            let token = value.split_once(' ').map(|(_, token)| token.trim());
            values.extend(
                [Some(value), token]
                    .into_iter()
                    .flatten()
                    .map(str::to_owned),
            );
        }
        values.extend(ask.secrets.iter().map(|value| value.reveal().to_owned()));
        values.retain(|value| value.len() >= Secret::SHORTEST);
        values.sort_by_key(|value| std::cmp::Reverse(value.len()));
        values.dedup();
        Mask { values }
    }

    /// A text without them, each byte a `*`, and without whatever else looks like a secret.
    pub fn text(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for value in &self.values {
            if text.contains(value.as_str()) {
                text = text.replace(value.as_str(), &"*".repeat(value.len()));
            }
        }
        secret::redact(&text)
    }

    /// The value of a header as it is recorded: its scheme stays.
    pub fn header(&self, name: &str, value: &str) -> String {
        if secret::is_telling(name) {
            let scheme = value.split_once(' ').map(|(scheme, _)| scheme);
            return match scheme {
                Some(scheme) => format!("{scheme} {}", "*".repeat(value.len() - scheme.len() - 1)),
                None => "*".repeat(value.len()),
            };
        }
        // By its name it is none: what is left is how it looks.
        self.text(&secret::mask(None, value))
    }

    /// A request without them.
    pub fn request(&self, request: &mut Request) {
        for (name, value) in &mut request.headers {
            *value = self.header(name, value);
        }
        if let Some(body) = &mut request.body {
            *body = self.text(body);
        }
    }

    /// An answer without the secrets that it repeats.
    pub fn answer(&self, mut answer: Answer) -> Answer {
        answer.text = self.text(&answer.text);
        for (name, value) in &mut answer.headers {
            // A session is the server's own word, needed to see that it is lost.
            if name != "mcp-session-id" {
                *value = self.header(name, value);
            }
        }
        for Said { data, .. } in &mut answer.events {
            *data = self.text(data);
        }
        let messages = [&mut answer.message, &mut answer.stray];
        messages
            .into_iter()
            .flatten()
            .for_each(|message| self.message(message));
        if let Some(document) = &mut answer.document {
            self.value(document);
        }
        answer
    }

    /// A message without the secrets that it repeats.
    pub fn message(&self, message: &mut Message) {
        match &mut message.reply {
            Reply::Error(error) => {
                error.message = self.text(&error.message);
                self.value(&mut error.data);
            }
            Reply::Result(value) => self.value(value),
            Reply::Own(method) => *method = self.text(method),
        }
    }

    /// Every text of a value without secrets. Recorded values are small and, as serde_json reads them, at most 128 deep.
    fn value(&self, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.text(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.value(item)),
            Value::Object(members) => {
                members.values_mut().for_each(|member| self.value(member));
                // Names may repeat a secret as well.
                if members.keys().any(|name| self.text(name) != *name) {
                    let all = std::mem::take(members).into_iter();
                    *members = all
                        .map(|(name, member)| (self.text(&name), member))
                        .collect();
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}
