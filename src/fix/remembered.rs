//! A witness that is asked everything once: the same world for every look at edited files.

use crate::Witness;
use crate::fact::{Ask, AskClient, ClientView, Container, Engine, Known, Probe, Tokens};

/// Answers what was answered before, and asks another witness for the rest.
pub struct Remembered<'a> {
    witness: &'a mut dyn Witness,
    engine: Option<Known<Engine>>,
    logs: Vec<(String, Known<Vec<String>>)>,
    asked: Vec<(Ask, Option<Probe>)>,
    /// A client reads the files as they are, not as they would be: what it says stays the same, and is said of those that it read.
    client: Option<Option<ClientView>>,
}

impl<'a> Remembered<'a> {
    /// Nothing asked yet.
    pub fn of(witness: &'a mut dyn Witness) -> Remembered<'a> {
        Remembered {
            witness,
            engine: None,
            logs: Vec::new(),
            asked: Vec::new(),
            client: None,
        }
    }

    fn is_open(&self, ask: &Ask) -> bool {
        self.asked.iter().all(|(asked, _)| asked != ask)
    }
}

impl Witness for Remembered<'_> {
    fn survey(&mut self) -> Known<Engine> {
        let witness = &mut self.witness;
        self.engine.get_or_insert_with(|| witness.survey()).clone()
    }

    fn logs(&mut self, containers: &[&Container]) -> Vec<Known<Vec<String>>> {
        let known = |logs: &[(String, Known<Vec<String>>)], id: &str| {
            let mut logs = logs.iter();
            logs.find(|(of, _)| of == id).map(|(_, log)| log.clone())
        };
        let open: Vec<&Container> = containers
            .iter()
            .copied()
            .filter(|one| known(&self.logs, &one.id).is_none())
            .collect();
        if !open.is_empty() {
            let logs = self.witness.logs(&open);
            let ids = open.iter().map(|one| one.id.clone());
            self.logs.extend(ids.zip(logs));
        }
        containers
            .iter()
            .filter_map(|one| known(&self.logs, &one.id))
            .collect()
    }

    fn answer(&mut self, asks: &[Ask]) -> Vec<Probe> {
        let open: Vec<Ask> = asks
            .iter()
            .filter(|ask| self.is_open(ask))
            .cloned()
            .collect();
        if !open.is_empty() {
            let mut probes = self.witness.answer(&open);
            for ask in open {
                let at = probes.iter().position(|probe| probe.asked == ask);
                let probe = at.map(|at| probes.swap_remove(at));
                self.asked.push((ask, probe));
            }
        }
        let answer = |ask: &Ask| {
            let mut asked = self.asked.iter();
            asked.find(|(asked, _)| asked == ask)?.1.clone()
        };
        asks.iter().filter_map(answer).collect()
    }

    fn client(&mut self, ask: &AskClient) -> Option<ClientView> {
        let witness = &mut self.witness;
        self.client
            .get_or_insert_with(|| witness.client(ask))
            .clone()
    }

    fn tokens(&self) -> Option<Tokens> {
        self.witness.tokens()
    }

    fn is_interrupted(&self) -> bool {
        self.witness.is_interrupted()
    }
}
