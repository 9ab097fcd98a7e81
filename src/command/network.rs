//! The world as a run asks it: the container engine, endpoints over the network, programs that may be started.

use anyhow::Context;
use futures_util::future::join_all;
use tokio::runtime::{Builder, Runtime};

use super::lines::Lines;
use super::live;
use crate::Witness;
use crate::fact::{Ask, Container, Engine, Known, Probe, Target, Unknown};
use crate::load::Files;
use crate::observe::docker::{self, Docker};
use crate::observe::{self, Places, Progress};

/// How much of a log is read.
const LINES: usize = 20;

/// A witness that looks.
pub(super) struct Network<'a> {
    runtime: Runtime,
    search: docker::Search,
    files: &'a dyn Files,
    /// The engine, once it has answered.
    docker: Option<Docker>,
    /// Whether the user broke it off.
    pub interrupted: bool,
}

impl<'a> Network<'a> {
    /// One that asks the engine that `search` leads to.
    ///
    /// # Errors
    /// When the system has nothing left to wait with.
    pub fn new(search: docker::Search, files: &'a dyn Files) -> anyhow::Result<Network<'a>> {
        let runtime = Builder::new_current_thread().enable_all().build();
        Ok(Network {
            runtime: runtime.context("cannot ask any endpoint")?,
            search,
            files,
            docker: None,
            interrupted: false,
        })
    }

    /// Ends it. A name that is still being looked up has no say any more.
    pub fn end(self) {
        self.runtime.shutdown_background();
    }
}

impl Witness for Network<'_> {
    fn survey(&mut self) -> Known<Engine> {
        let found = docker::connect(&self.search, self.files);
        let docker = match self.runtime.block_on(found) {
            Ok(docker) => self.docker.insert(docker),
            Err(unknown) => return Known::No(unknown),
        };
        self.runtime.block_on(docker.survey())
    }

    fn logs(&mut self, containers: &[&Container]) -> Vec<Known<Vec<String>>> {
        let Some(docker) = &self.docker else {
            return vec![Known::No(Unknown::NotAsked); containers.len()];
        };
        let logs = containers.iter().map(|one| docker.logs(one, LINES));
        self.runtime.block_on(join_all(logs))
    }

    fn answer(&mut self, asks: &[Ask]) -> Vec<Probe> {
        let mut lines = Lines::of(asks);
        let on = |progress: Progress<'_>| {
            if let Some(lines) = &mut lines {
                lines.on(progress);
            }
        };
        let starts = |ask: &Ask| matches!(ask.target, Target::Command { .. });
        let probes = self.runtime.block_on(async {
            let places = match &self.docker {
                Some(docker) => Places::with(docker.execs()),
                None => Places::default(),
            };
            let round = observe::answer(asks, &places, on);
            match asks.iter().any(starts) {
                // What was started has to be ended; of everything else the system takes care.
                true => live::until_interrupted(round).await,
                false => Some(round.await),
            }
        });
        self.interrupted = probes.is_none();
        probes.unwrap_or_default()
    }
}
