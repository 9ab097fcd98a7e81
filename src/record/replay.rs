//! The witness that was there before: recorded answers, without a socket or a process.

use std::collections::HashMap;

use super::place::Places;
use super::redaction::Redaction;
use super::{NoRecord, Record};
use crate::Witness;
use crate::fact::{Ask, AskClient, ClientView, Engine, Facts, Known, Probe, Tokens};
use crate::load::Request;

/// Answers from a record. What is not in it stays unanswered.
#[derive(Debug)]
pub struct Replay {
    facts: Facts,
    tokens: Tokens,
    places: Places,
    /// The number of each answer, by its question as it was recorded.
    numbers: HashMap<String, usize>,
    /// Values of the recorded environment that are tokens.
    sent: Vec<String>,
}

impl Replay {
    /// The answers of a record, with the places of the machine that the request is for.
    ///
    /// # Errors
    /// When it holds something else than facts.
    pub fn of(record: &Record, request: &Request) -> Result<Replay, NoRecord> {
        let places = Places::with(request, record.above);
        let malformed = |error: serde_json::Error| NoRecord::Malformed(error.to_string());
        let recorded: Facts = serde_json::from_value(record.facts.clone()).map_err(malformed)?;
        let mut numbers = HashMap::new();
        for (number, probe) in recorded.probes().iter().enumerate() {
            let asked = serde_json::to_string(&probe.asked).map_err(malformed)?;
            numbers.entry(asked).or_insert(number);
        }
        let mut facts = record.facts.clone();
        super::each_text(&mut facts, &mut |text| places.shown(text));
        Ok(Replay {
            facts: serde_json::from_value(facts).map_err(malformed)?,
            tokens: record.tokens()?,
            places,
            numbers,
            sent: record
                .environment
                .iter()
                .filter(|variable| variable.hidden)
                .map(|variable| variable.value.clone())
                .collect(),
        })
    }

    /// The same, where more is a token already: letters and digits of each.
    pub(super) fn keeping(mut self, tokens: impl Iterator<Item = String>) -> Replay {
        self.tokens.keep_letters(tokens);
        self
    }

    /// The answer to a question, with the question as it is asked now: secrets and all.
    fn one(&self, redaction: &Redaction<'_>, ask: &Ask) -> Option<Probe> {
        let asked = redaction.ask(ask).ok()?.to_string();
        let probe = self.facts.probes().get(*self.numbers.get(&asked)?)?;
        Some(Probe {
            asked: ask.clone(),
            ..probe.clone()
        })
    }
}

impl Witness for Replay {
    fn survey(&mut self) -> Known<Engine> {
        self.facts.engine.clone()
    }

    fn answer(&mut self, asks: &[Ask]) -> Vec<Probe> {
        let sent = self.sent.iter();
        let sent = sent.map(|value| (value.clone(), value.clone()));
        let redaction = Redaction::new(&self.tokens, &self.places).with_sent(sent);
        let answers = asks.iter().filter_map(|ask| self.one(&redaction, ask));
        answers.collect()
    }

    fn client(&mut self, _ask: &AskClient) -> Option<ClientView> {
        self.facts.clients.first().cloned()
    }

    fn tokens(&self) -> Option<Tokens> {
        Some(self.tokens.clone())
    }
}
