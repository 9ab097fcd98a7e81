//! A line on a terminal's stderr for each endpoint that is being asked; gone when all have answered.

use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::fact::Ask;
use crate::observe::Progress;
use crate::term::clean;

/// How often the lines move.
const TICK: Duration = Duration::from_millis(100);

/// The lines of one round.
pub(super) struct Lines<'a> {
    asks: &'a [Ask],
    all: MultiProgress,
    one: Vec<Option<ProgressBar>>,
}

impl<'a> Lines<'a> {
    /// None yet; nothing where stderr is no terminal.
    pub(super) fn of(asks: &'a [Ask]) -> Option<Lines<'a>> {
        super::terminal::is_lively().then(|| Lines {
            asks,
            all: MultiProgress::new(),
            one: asks.iter().map(|_| None).collect(),
        })
    }

    /// Adds a line, or takes one away.
    pub(super) fn on(&mut self, progress: Progress<'_>) {
        match progress {
            Progress::Begun(number) => {
                let line = self.all.add(ProgressBar::new_spinner());
                // The template is ours, and is one.
                if let Ok(style) = ProgressStyle::with_template("{spinner} probing {wide_msg}") {
                    line.set_style(style);
                }
                line.set_message(clean(&self.asks[number].name()).replace(['\n', '\t'], " "));
                line.enable_steady_tick(TICK);
                self.one[number] = Some(line);
            }
            Progress::Ended(number, _) => {
                if let Some(line) = self.one[number].take() {
                    line.finish_and_clear();
                    self.all.remove(&line);
                }
            }
        }
    }
}
