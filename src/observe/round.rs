//! Many conversations side by side: a round costs its slowest endpoint, not the sum of all.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::{Either, select};
use futures_util::stream::FuturesUnordered;
use tokio::time::Instant;

use super::Places;
use crate::fact::{Ask, Probe, Target, Vantage};

/// How many conversations with endpoints have something to do at once.
const ENDPOINTS: usize = 64;
/// How many programs begin at once: that is when they take most of the machine.
const COMMANDS: usize = 4;
/// After this time a conversation waits for the other side, and makes room for another.
const YOUTH: Duration = Duration::from_millis(500);
/// How many there are at most, waiting ones too: each holds a file or two, and systems give out 1024 and fewer.
const MOST: usize = 256;

/// How a round goes on.
#[derive(Clone, Copy, Debug)]
pub enum Progress<'a> {
    /// The conversation about the question with this number has begun.
    Begun(usize),
    /// It is over.
    Ended(usize, &'a Probe),
}

/// Holds every conversation, and gives them back in the order of the questions.
pub async fn answer(asks: &[Ask], places: &Places, on: impl FnMut(Progress<'_>)) -> Vec<Probe> {
    // Connections from within a container are made by programs that are started there.
    let is_command = |ask: &Ask| {
        matches!(ask.target, Target::Command { .. }) || matches!(ask.from, Vantage::Exec { .. })
    };
    let (commands, endpoints): (Vec<_>, Vec<_>) =
        (0..asks.len()).partition(|number| is_command(&asks[*number]));
    let mut rounds = [
        Lane::new(endpoints, ENDPOINTS),
        Lane::new(commands, COMMANDS),
    ];
    hold(&mut rounds, |number| places.probe(&asks[number]), on).await
}

/// Questions of one kind.
struct Lane {
    waiting: std::vec::IntoIter<usize>,
    /// How many may be young at once.
    width: usize,
    /// When those that are young will no longer be so, the first to begin first.
    young: Vec<(usize, Instant)>,
}

impl Lane {
    fn new(numbers: Vec<usize>, width: usize) -> Lane {
        Lane {
            waiting: numbers.into_iter(),
            width,
            young: Vec::new(),
        }
    }

    /// The next that may begin.
    fn next(&mut self, now: Instant) -> Option<usize> {
        self.young.retain(|(_, until)| *until > now);
        if self.young.len() >= self.width {
            return None;
        }
        let number = self.waiting.next()?;
        self.young.push((number, now + YOUTH));
        Some(number)
    }

    /// When the next may begin without another's end.
    fn room_at(&self) -> Option<Instant> {
        let more = !self.waiting.as_slice().is_empty();
        self.young.first().map(|(_, until)| *until).filter(|_| more)
    }
}

async fn hold<F: Future<Output = Probe>>(
    lanes: &mut [Lane],
    begin: impl Fn(usize) -> F,
    mut on: impl FnMut(Progress<'_>),
) -> Vec<Probe> {
    let mut running = FuturesUnordered::new();
    let mut done: Vec<(usize, Probe)> = Vec::new();
    loop {
        let now = Instant::now();
        for lane in &mut *lanes {
            while running.len() < MOST
                && let Some(number) = lane.next(now)
            {
                on(Progress::Begun(number));
                let conversation = begin(number);
                running.push(async move { (number, conversation.await) });
            }
        }
        let room = lanes.iter().filter_map(Lane::room_at).min();
        let ended = match room.filter(|_| running.len() < MOST) {
            None => running.next().await,
            Some(room) => {
                let sleep = pin!(tokio::time::sleep_until(room));
                match select(running.next(), sleep).await {
                    Either::Left((ended, _)) => ended,
                    Either::Right(_) => continue,
                }
            }
        };
        let Some((number, probe)) = ended else { break };
        on(Progress::Ended(number, &probe));
        for lane in &mut *lanes {
            lane.young.retain(|(young, _)| *young != number);
        }
        done.push((number, probe));
    }
    done.sort_unstable_by_key(|(number, _)| *number);
    done.into_iter().map(|(_, probe)| probe).collect()
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// A round of conversations that take as long as `took` says, on a clock that is moved by hand; how long it takes,
    /// and how many were held at once.
    fn round(count: usize, width: usize, took: impl Fn(usize) -> Duration) -> (Duration, usize) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .expect("a runtime");
        runtime.block_on(async {
            let (now, most) = (Cell::new(0usize), Cell::new(0usize));
            let begin = |number: usize| {
                let time = took(number);
                async move {
                    tokio::time::sleep(time).await;
                    Probe::new(Ask::url(number.to_string()))
                }
            };
            let start = Instant::now();
            let mut lanes = [Lane::new((0..count).collect(), width)];
            let probes = hold(&mut lanes, begin, |progress| match progress {
                Progress::Begun(_) => {
                    now.set(now.get() + 1);
                    most.set(most.get().max(now.get()));
                }
                Progress::Ended(..) => now.set(now.get() - 1),
            })
            .await;
            let order: Vec<Target> = probes.into_iter().map(|probe| probe.asked.target).collect();
            let expected = (0..count).map(|number| Target::Url(number.to_string()));
            assert_eq!(order, expected.collect::<Vec<_>>());
            (start.elapsed(), most.get())
        })
    }

    const QUICK: Duration = Duration::from_millis(5);
    const HANGS: Duration = Duration::from_secs(30);

    #[test]
    fn twenty_that_hang_among_two_hundred_cost_one_timeout() {
        let took = |number: usize| if number % 10 == 9 { HANGS } else { QUICK };
        let (time, most) = round(200, ENDPOINTS, took);
        assert!(time < HANGS + YOUTH, "{time:?}");
        assert!(most <= ENDPOINTS + 20, "{most}");
    }

    #[test]
    fn two_hundred_that_hang_cost_little_more() {
        let (time, most) = round(200, ENDPOINTS, |_| HANGS);
        assert!(time <= HANGS + 3 * YOUTH, "{time:?}");
        assert_eq!(most, 200);
    }

    #[test]
    fn files_are_not_used_up() {
        let (_, most) = round(1000, ENDPOINTS, |_| HANGS);
        assert_eq!(most, MOST);
    }

    #[test]
    fn programs_begin_a_few_at_a_time() {
        let (time, most) = round(10, COMMANDS, |_| QUICK);
        assert_eq!(most, COMMANDS);
        assert!(time < YOUTH, "{time:?}");
        assert_eq!(round(0, COMMANDS, |_| QUICK).1, 0);
    }
}
