//! The world as a run asks it: the container engine, endpoints over the network, programs that may be started.

use anyhow::Context;
use futures_util::future::join_all;
use tokio::runtime::{Builder, Runtime};

use super::lines::Lines;
use super::live;
use crate::Witness;
use crate::fact::{Ask, AskClient, ClientView, Container, Engine, Known, Probe, Target, Unknown};
use crate::load::Files;
use crate::observe::docker::{self, Docker};
use crate::observe::{self, Places, Progress, claude};

/// How much of a log is read: what a gateway says of one server may stand far from its end.
const LINES: usize = 200;

/// A witness that looks.
pub(super) struct Network<'a> {
    runtime: Runtime,
    search: docker::Search,
    files: &'a dyn Files,
    /// The engine, once it has answered.
    docker: Option<Docker>,
    interrupted: bool,
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
        // Who broke it off wants nothing more to be asked.
        if self.interrupted {
            return Vec::new();
        }
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

    fn client(&mut self, ask: &AskClient) -> Option<ClientView> {
        // Read before it is started: then it writes new ones.
        let past = claude::past(ask, self.files);
        let (version, servers) = match &ask.list {
            Known::No(why) => (None, Known::No(why.clone())),
            Known::Yes(()) => {
                let list = live::shown("asking Claude Code", false, claude::list(ask));
                let list = self.runtime.block_on(live::until_interrupted(list));
                self.interrupted |= list.is_none();
                let (version, mut servers) = list?;
                if let Known::Yes(servers) = &mut servers {
                    claude::explain(servers, &claude::past(ask, self.files));
                }
                (version, servers)
            }
        };
        let view = ClientView {
            client: claude::ID.to_owned(),
            version,
            dir: ask.dir.to_string_lossy().into_owned(),
            declared: ask.names(),
            servers,
            past,
        };
        (!view.is_empty()).then_some(view)
    }

    fn is_interrupted(&self) -> bool {
        self.interrupted
    }
}
