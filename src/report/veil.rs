//! What a person put on the command line, or has in the environment, and nobody else may see: kept out of what is shown,
//! however it gets there.

use crate::Examination;
use crate::fact::{Ask, Secret};
use crate::secret;

/// Shorter values are no secrets, and would take apart every text.
const SHORTEST: usize = 4;

/// Secrets of questions, longest first.
#[derive(Debug, Default)]
pub(crate) struct Veil(Vec<String>);

impl Veil {
    /// Of an examination. Where files declare what was asked, their own secrets are known by their places, and a value
    /// of theirs that is a common word must not take apart what is said of others.
    pub fn of(examination: &Examination) -> Veil {
        let mut values = Vec::new();
        for probe in examination.facts.probes() {
            let ask = &probe.asked;
            values.extend(ask.secrets.iter().map(|value| value.reveal().to_owned()));
            if examination.stack.inputs.is_empty() {
                collect(ask, &mut values);
            }
        }
        values.retain(|value| value.len() >= SHORTEST);
        values.sort_by_key(|value| std::cmp::Reverse(value.len()));
        values.dedup();
        Veil(values)
    }

    /// A text without them, each byte a `*`, and without whatever else looks like a secret.
    pub fn text(&self, text: &str) -> String {
        let hides = |value: &&String| text.contains(value.as_str());
        if !self.0.iter().any(|value| hides(&value)) {
            return secret::redact(text);
        }
        let hidden = self.0.iter().fold(text.to_owned(), |text, value| {
            text.replace(value.as_str(), &"*".repeat(value.len()))
        });
        secret::redact(&hidden)
    }
}

fn collect(ask: &Ask, values: &mut Vec<String>) {
    for (name, value) in &ask.headers {
        if secret::is_telling(name) || !secret::is_plain(name, value.reveal()) {
            let value = Secret::reveal(value).trim();
            let token = value
                .split_once(' ')
                .map(|(_, token)| token.trim().to_owned());
            values.extend(token);
            values.push(value.to_owned());
        }
    }
}
