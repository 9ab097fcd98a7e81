//! A line on a terminal's stderr while something takes its time.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, select};
use indicatif::{ProgressBar, ProgressStyle};

use crate::term::clean;

/// What is over sooner needs no line.
const PATIENCE: Duration = Duration::from_millis(400);
/// How often the line moves.
const TICK: Duration = Duration::from_millis(100);

/// Waits for `work`, and says so in a line that is gone afterwards; silently where stderr is no terminal.
pub(super) async fn shown<T>(text: &str, quiet: bool, work: impl Future<Output = T>) -> T {
    if quiet || !super::terminal::is_lively() {
        return work.await;
    }
    let mut work = pin!(work);
    let mut line: Option<ProgressBar> = None;
    let mut pause = PATIENCE;
    loop {
        let sleep = pin!(tokio::time::sleep(pause));
        match select(work.as_mut(), sleep).await {
            Either::Left((done, _)) => {
                if let Some(line) = line {
                    line.finish_and_clear();
                }
                return done;
            }
            Either::Right(_) => {
                let line = line.get_or_insert_with(|| started(text));
                line.tick();
                pause = TICK;
            }
        }
    }
}

fn started(text: &str) -> ProgressBar {
    let line = ProgressBar::new_spinner();
    // The template is ours, and is one.
    if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg}") {
        line.set_style(style);
    }
    line.set_message(clean(text).replace(['\n', '\t'], " "));
    line
}

/// Waits for `work`, or drops it when the user interrupts: what it holds is given back.
pub(super) async fn until_interrupted<T>(work: impl Future<Output = T>) -> Option<T> {
    let work = pin!(work);
    let interrupt = pin!(tokio::signal::ctrl_c());
    match select(work, interrupt).await {
        Either::Left((done, _)) => Some(done),
        // Where nobody can tell of an interrupt, the system ends the process.
        Either::Right((Err(_), work)) => Some(work.await),
        Either::Right((Ok(()), _)) => None,
    }
}
