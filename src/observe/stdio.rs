//! Servers that are started, and talked to over their pipes: one JSON-RPC message a line.
//!
//! The course is that of the specification's stdio chapter: `server/discover` first; a server that does not know it says
//! so, or says nothing, and is asked for `initialize` in the same process.

mod lines;
mod program;
mod running;
mod said;

use serde_json::{Value, json};
use tokio::time::{Duration, Instant};

use self::lines::{KEPT_LINES, Line};
use self::running::{Running, Turn};
use self::said::{Ear, Heard};
use super::docker::exec::Execs;
use super::mask::Mask;
use super::message;
use super::peer::{Greeted, Peer, talk};
use crate::fact::{
    Answer, Ask, Clock, End, Ended, Era, Eras, Exchange, Failure, Limits, Message, Outcome, Probe,
    Process, Purpose, Reply, Request, Revision, Target, Vantage,
};
use crate::wire::{Meaning, Rpc, meaning};

/// How long a server may be silent after a sign of life before it is taken to ignore `server/discover`.
///
/// Servers need a second or more to start (python), or a minute where they are downloaded first (`npx`, `uvx`), and both
/// look like silence. So the clock begins at the last sign of life: a line on standard error or output. To be wrong is
/// cheap: the question stays open, and a server that was only slow finds both lines when it comes to read, and answers
/// both.
const QUIET: Duration = Duration::from_secs(3);
/// The same for a server without any sign of life: most that say nothing are ready at once.
const UNSEEN: Duration = Duration::from_secs(5);
/// The longest for one that goes on to show signs of life, from the first of them.
const TALKATIVE: Duration = Duration::from_secs(10);
/// How often signs of life are looked for.
const LOOK: Duration = Duration::from_millis(200);
/// How long the answer to `initialize` is waited for after a late answer to `server/discover`.
const SETTLE: Duration = Duration::from_secs(2);
/// The error of JSON-RPC for a method that does not exist: what a client without capabilities answers.
const NO_METHOD: i64 = -32601;
/// Bytes of answers to a server's own requests that may wait to be written.
const WAITING: usize = 256 * 1024;
/// Bytes of a message that are kept as text.
const TEXT: usize = 4 * 1024;

/// Holds a conversation with a process. It takes as long as the question allows, and some seconds more where the process
/// does not end. `execs` starts it where it is to run in a container.
pub async fn converse(ask: &Ask, execs: Option<&Execs>) -> Probe {
    let began = Instant::now();
    let mut talk = Conversation {
        ask,
        execs,
        mask: Mask::of(ask),
        probe: Probe::new(ask.clone()),
        process: Process::default(),
        running: None,
        ear: Ear::default(),
        open: Vec::new(),
        results: Vec::new(),
        ids: 0,
        bytes: 0,
        began,
        deadline: began + Duration::from_millis(ask.limits.deadline_ms),
        settle: None,
    };
    talk.run().await;
    talk.probe.took_us = micros(began);
    if talk.is_over() && talk.probe.ended == Ended::Done {
        talk.probe.ended = Ended::Deadline;
    }
    talk.part().await;
    talk.probe.process = Some(talk.process);
    talk.probe
}

fn micros(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_micros()).unwrap_or(u64::MAX)
}

/// The state of a conversation.
struct Conversation<'a> {
    ask: &'a Ask,
    execs: Option<&'a Execs>,
    mask: Mask,
    probe: Probe,
    process: Process,
    running: Option<Running>,
    ear: Ear,
    /// Requests without an answer so far. One that was given up stays: its answer may still come.
    open: Vec<Open>,
    /// Texts of results that nobody took yet, by exchange.
    results: Vec<(usize, String)>,
    ids: u64,
    /// Bytes of messages so far.
    bytes: usize,
    began: Instant,
    deadline: Instant,
    /// When it is settled how the server begins: it answered `server/discover` late.
    settle: Option<Instant>,
}

/// A request without an answer so far.
#[derive(Clone, Copy, Debug)]
struct Open {
    id: u64,
    /// Where its exchange is.
    at: usize,
    sent: Instant,
}

/// How long an answer is waited for.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Patience {
    /// Until the server has been silent for too long.
    Silence,
    /// As long as one answer may take.
    Answer,
    /// As long as the conversation may take: the server may still be starting, or working.
    Deadline,
}

impl Conversation<'_> {
    async fn run(&mut self) {
        if !self.start().await {
            return;
        }
        match self.ask.eras {
            Eras::Only(revision) if revision.era() == Era::Legacy => {
                self.greet_legacy(revision).await;
            }
            Eras::Only(_) => {
                if self.discover(Patience::Deadline).await == Meaning::Discovered {
                    self.greet_modern().await;
                }
            }
            Eras::Auto | Eras::All => self.greet().await,
        }
    }

    /// The newest first, then the older ones.
    async fn greet(&mut self) {
        let mut said = self.discover(Patience::Silence).await;
        // A server may refuse the first request and name what it speaks: asked again, it has to answer.
        if let Meaning::Modern(supported) = &said
            && supported.iter().any(|one| one == Revision::NEWEST.word())
        {
            said = self.discover(Patience::Answer).await;
        }
        match said {
            Meaning::Discovered => {
                self.greet_modern().await;
                if self.ask.eras == Eras::All && !self.is_over() {
                    self.try_legacy().await;
                }
            }
            // Without the method, but in the manner of the era.
            Meaning::Modern(supported) if supported.is_empty() => self.greet_modern().await,
            _ => {
                if self.is_over() {
                    return;
                }
                let ended = self.is_gone();
                if ended && !self.restart().await {
                    return;
                }
                self.greet_legacy(Revision::LAST_LEGACY).await;
                if ended && self.process.first_us.is_some() {
                    self.ear.note(Process::RESTARTED);
                }
            }
        }
    }

    async fn greet_legacy(&mut self, revision: Revision) {
        match self.initialize(revision, Patience::Deadline).await {
            Meaning::Initialized(version) => {
                self.send(Purpose::Initialized, &Rpc::initialized(&version));
                let greeted = Greeted {
                    era: Era::Legacy,
                    capabilities: self
                        .capabilities(|meaning| matches!(meaning, Meaning::Initialized(_))),
                    version,
                };
                talk(self, &greeted).await;
            }
            // It was slow, not silent: its answer to the first question came after all.
            _ if self.has_discovered() => self.greet_modern().await,
            _ => {}
        }
    }

    /// Whether the older revisions work, too. In a process of its own: a connection on which a request of 2026-07-28 was
    /// served takes no `initialize` any more (the python SDK, error -32022). What is kept of a process is that of the
    /// first.
    async fn try_legacy(&mut self) {
        self.part().await;
        let first = std::mem::take(&mut self.process);
        if self.start_afresh().await {
            self.initialize(Revision::LAST_LEGACY, Patience::Deadline)
                .await;
            self.part().await;
        }
        self.process = first;
    }

    async fn greet_modern(&mut self) {
        let greeted = Greeted {
            era: Era::Modern,
            version: Revision::NEWEST.word().to_owned(),
            capabilities: self.capabilities(|meaning| *meaning == Meaning::Discovered),
        };
        talk(self, &greeted).await;
    }

    async fn discover(&mut self, patience: Patience) -> Meaning {
        let rpc = Rpc::discover(self.id());
        self.ask_for(Purpose::Discover, &rpc, patience).await
    }

    async fn initialize(&mut self, revision: Revision, patience: Patience) -> Meaning {
        let rpc = Rpc::initialize(self.id(), revision);
        self.ask_for(Purpose::Initialize(revision), &rpc, patience)
            .await
    }

    async fn ask_for(&mut self, purpose: Purpose, rpc: &Rpc, patience: Patience) -> Meaning {
        let at = self.send(purpose, rpc);
        self.wait(at, patience).await;
        // Read from what is recorded.
        self.results.retain(|(of, _)| *of != at);
        meaning(&self.probe.exchanges[at])
    }

    /// The capabilities of the last answer with this meaning.
    fn capabilities(&self, is_it: impl Fn(&Meaning) -> bool) -> Value {
        let mut exchanges = self.probe.exchanges.iter().rev();
        let found = exchanges.find(|exchange| is_it(&meaning(exchange)));
        match found.and_then(Exchange::message) {
            Some(Message {
                reply: Reply::Result(result),
                ..
            }) => result["capabilities"].clone(),
            _ => Value::Null,
        }
    }

    fn has_discovered(&self) -> bool {
        let mut exchanges = self.probe.exchanges.iter();
        exchanges.any(|exchange| meaning(exchange) == Meaning::Discovered)
    }

    async fn start(&mut self) -> bool {
        let Target::Command {
            program,
            args,
            env,
            cwd,
        } = &self.ask.target
        else {
            return false;
        };
        let started = match (&self.ask.from, self.execs) {
            (Vantage::Exec { container, id }, Some(execs)) => {
                let place = (container.as_str(), id.as_str());
                Running::start_in(execs, place, program, args, env, cwd.as_ref()).await
            }
            _ => Running::start(program, args, env, cwd.as_ref()),
        };
        match started {
            Ok(running) => self.running = Some(running),
            Err(why) => self.process.failed = Some(self.mask.text(&why)),
        }
        self.running.is_some()
    }

    /// Starts it once more where it ended at the first question: some servers do at what they do not know. What was
    /// observed of the first is left out; it was the same program.
    async fn restart(&mut self) -> bool {
        if self.process.first_us.is_some() || self.is_over() {
            return false;
        }
        self.part().await;
        let first = std::mem::take(&mut self.process);
        let started = self.start_afresh().await;
        if !started {
            self.process = first;
        }
        started
    }

    /// Starts another process, which knows nothing of what the first was asked.
    async fn start_afresh(&mut self) -> bool {
        self.ear = Ear::default();
        self.open.clear();
        self.settle = None;
        self.start().await
    }

    fn is_gone(&self) -> bool {
        self.running.as_ref().is_none_or(Running::is_gone)
    }

    /// Writes a message and records that; where its exchange is.
    fn send(&mut self, purpose: Purpose, rpc: &Rpc) -> usize {
        let body = rpc.body.to_string();
        let at = self.probe.exchanges.len();
        let program = match &self.ask.target {
            Target::Command { program, .. } => program.clone(),
            Target::Url(url) => url.clone(),
        };
        let id = rpc.id.as_ref().and_then(Value::as_u64);
        self.probe.exchanges.push(Exchange {
            purpose,
            request: Request {
                method: "stdin".to_owned(),
                url: program,
                headers: Vec::new(),
                body: Some(self.mask.text(&body)),
            },
            outcome: match id {
                Some(_) => Outcome::Failed(Failure::NoAnswer),
                None => Outcome::Answered(answer(String::new(), 0, End::Complete)),
            },
            clock: Clock::default(),
        });
        if let Some(running) = &mut self.running {
            running.write(&body);
        }
        self.open.extend(id.map(|id| Open {
            id,
            at,
            sent: Instant::now(),
        }));
        at
    }

    /// Waits for the answer of an exchange. The text of the result, if that is what came.
    async fn wait(&mut self, at: usize, patience: Patience) -> Option<String> {
        let sent = self.open.iter().find(|open| open.at == at)?.sent;
        loop {
            if !self.is_open(at) {
                let place = self.results.iter().position(|(of, _)| *of == at)?;
                return Some(self.results.swap_remove(place).1);
            }
            if self.probe.ended == Ended::Bytes {
                self.give_up(at, sent, Failure::Deadline);
                return None;
            }
            if self.is_gone() {
                let bytes = self.running.as_ref();
                let bytes = bytes.map_or(0, |running| running.lines.begun_size());
                self.give_up(at, sent, Failure::Closed(bytes));
                return None;
            }
            let until = self.until(at, sent, patience);
            if Instant::now() >= until {
                self.give_up(at, sent, Failure::NoAnswer);
                return None;
            }
            // Signs of life on standard error are not waited for: they are looked at.
            let until = match patience {
                Patience::Silence => until.min(Instant::now() + LOOK),
                Patience::Answer | Patience::Deadline => until,
            };
            let turn = match &mut self.running {
                Some(running) => running.turn(until).await,
                None => return None,
            };
            if let Turn::Line(line) = turn {
                self.hear(line, at);
            }
        }
    }

    fn is_open(&self, at: usize) -> bool {
        self.open.iter().any(|open| open.at == at)
    }

    /// When an answer is no longer waited for. It moves with what the server says meanwhile.
    fn until(&self, at: usize, sent: Instant, patience: Patience) -> Instant {
        let answer = Duration::from_millis(self.ask.limits.answer_ms);
        let until = match patience {
            Patience::Answer => sent + answer,
            Patience::Deadline => match &self.probe.exchanges[at].purpose {
                Purpose::Initialize(_) => self.settle.unwrap_or(self.deadline),
                _ => self.deadline,
            },
            Patience::Silence => {
                let signs = self.running.as_ref().and_then(Running::signs);
                let silence = match signs {
                    Some((first, last)) => (last + QUIET).min(first + TALKATIVE),
                    None => sent + UNSEEN.min(answer),
                };
                // The other half is for `initialize`.
                silence.min(self.began + self.deadline.duration_since(self.began) / 2)
            }
        };
        until.min(self.deadline)
    }

    /// Records that an answer did not come in time. Another message that came instead is told.
    fn give_up(&mut self, at: usize, sent: Instant, failure: Failure) {
        let begun = self.running.as_ref().map(|running| running.lines.begun());
        if begun.is_some_and(|begun| self.ear.is_message(begun)) {
            self.ear.note(Process::UNENDED);
        }
        let exchange = &mut self.probe.exchanges[at];
        exchange.clock.total_us = micros(sent);
        match &mut exchange.outcome {
            Outcome::Answered(answer) => answer.end = End::Deadline,
            Outcome::Failed(have) => *have = failure,
        }
    }

    /// Takes a line that came while `at` was waited for.
    fn hear(&mut self, line: Line, at: usize) {
        let size = line.size;
        let is_cut = line.is_cut();
        match self.ear.hear(line) {
            Heard::Nothing => {}
            Heard::Noise(lines) => {
                if is_cut && lines.iter().any(|line| line.starts_with('{')) {
                    self.lose(at, &lines[0], size);
                }
                self.keep_noise(&lines);
            }
            Heard::Messages(text, messages) => {
                self.greet_first();
                let count = messages.len();
                let mut text = Some(text);
                for (number, (message, result)) in messages.into_iter().enumerate() {
                    let is_last = number + 1 == count;
                    // One message has a text of its own; those of a list share it.
                    let own = match is_last {
                        true => text.take(),
                        false => text.clone(),
                    };
                    let Some(own) = own else { return };
                    self.take(message, own, result, size, at);
                }
            }
        }
    }

    /// The first message came: it is a server, and may write longer lines.
    fn greet_first(&mut self) {
        let Some(running) = &mut self.running else {
            return;
        };
        let since = running.started;
        self.process.first_us.get_or_insert_with(|| micros(since));
        let room = Limits::MCP_BYTES.saturating_sub(self.bytes);
        running.lines.cut_after(room.max(Limits::FOREIGN_BYTES));
    }

    /// A message that is longer than is read.
    fn lose(&mut self, at: usize, start: &str, size: u64) {
        let lost = answer(self.mask.text(&message::cut(start, TEXT)), size, End::Cap);
        self.settle_exchange(at, lost);
        self.probe.ended = Ended::Bytes;
    }

    fn keep_noise(&mut self, lines: &[String]) {
        let room = KEPT_LINES.saturating_sub(self.process.noise.len());
        let kept = lines.iter().take(room);
        let kept = kept.map(|line| self.mask.text(&said::cut(line)));
        self.process.noise.extend(kept);
    }

    fn take(
        &mut self,
        message: Message,
        text: String,
        result: Option<std::ops::Range<usize>>,
        size: u64,
        at: usize,
    ) {
        if let Reply::Own(method) = &message.reply {
            self.reply(method, &message.id);
            return;
        }
        self.bytes = self
            .bytes
            .saturating_add(usize::try_from(size).unwrap_or(usize::MAX));
        if self.bytes > Limits::MCP_BYTES {
            self.probe.ended = Ended::Bytes;
        }
        let open = self
            .open
            .iter()
            .find_map(|open| said::is_id(open.id, &message.id).map(|same| (open.at, same)));
        let start = self.mask.text(&message::cut(&text, TEXT));
        let mut own = answer(start, size, End::Matched);
        let mut message = message;
        self.mask.message(&mut message);
        match open {
            Some((of, same_kind)) => {
                if !same_kind {
                    self.ear.note(Process::ID_KIND);
                }
                own.message = Some(message);
                self.settle_exchange(of, own);
                self.results
                    .extend(result.map(|range| (of, text[range].to_owned())));
            }
            // An error for nobody is for the question that is open.
            None if message.id.is_null() && matches!(message.reply, Reply::Error(_)) => {
                own.stray = Some(message);
                self.settle_exchange(at, own);
            }
            // Someone else's answer; the right one may still come.
            None => {
                own.stray = Some(message);
                if let outcome @ Outcome::Failed(_) = &mut self.probe.exchanges[at].outcome {
                    *outcome = Outcome::Answered(own);
                }
            }
        }
    }

    /// Records an answer.
    fn settle_exchange(&mut self, at: usize, mut own: Answer) {
        let Some(place) = self.open.iter().position(|open| open.at == at) else {
            return;
        };
        let open = self.open.swap_remove(place);
        let exchange = &mut self.probe.exchanges[at];
        let took = micros(open.sent);
        exchange.clock = Clock {
            head_us: Some(took),
            event_us: None,
            total_us: took,
        };
        if let Outcome::Answered(before) = &mut exchange.outcome {
            own.stray = own.stray.or(before.stray.take());
        }
        exchange.outcome = Outcome::Answered(own);
        let is_late = at + 1 < self.probe.exchanges.len();
        if is_late && meaning(&self.probe.exchanges[at]) == Meaning::Discovered {
            self.settle = Some(Instant::now() + SETTLE);
        }
    }

    /// Answers what the server asks by itself, as a client without capabilities does: pings, and nothing else.
    fn reply(&mut self, method: &str, id: &Value) {
        let Some(running) = &mut self.running else {
            return;
        };
        if id.is_null() || running.unwritten() > WAITING {
            return;
        }
        let body = match method {
            "ping" => json!({"jsonrpc": "2.0", "id": id, "result": {}}),
            _ => json!({
                "jsonrpc": "2.0",
                "id": id,
                "error": {"code": NO_METHOD, "message": "Method not found"},
            }),
        };
        running.write(&body.to_string());
    }

    /// Ends the process, and keeps what is known of its end.
    async fn part(&mut self) {
        let Some(mut running) = self.running.take() else {
            return;
        };
        let exit = running.has_ended();
        if let Some(status) = exit {
            self.process.exited_early = true;
            self.process.code = status.code;
            self.process.signal = status.signal;
        } else if running.lines.is_ended() {
            self.ear.note(Process::CLOSED);
        }
        let rest = self.ear.rest();
        self.keep_noise(&rest);
        let hurry = self.is_over();
        let parted = running.part(hurry).await;
        self.process.ended_by = parted.by.map(str::to_owned);
        self.process.stderr = parted
            .stderr
            .iter()
            .map(|line| self.mask.text(line))
            .collect();
        self.process
            .oddities
            .extend(self.ear.oddities.iter().map(|oddity| (*oddity).to_owned()));
    }
}

/// An answer without a message yet.
fn answer(text: String, size: u64, end: End) -> Answer {
    Answer {
        status: 0,
        headers: Vec::new(),
        text,
        size,
        events: Vec::new(),
        message: None,
        stray: None,
        document: None,
        end,
    }
}

impl Peer for Conversation<'_> {
    fn probe(&mut self) -> &mut Probe {
        &mut self.probe
    }

    fn id(&mut self) -> u64 {
        self.ids += 1;
        self.ids
    }

    fn is_over(&self) -> bool {
        self.probe.ended == Ended::Bytes || Instant::now() >= self.deadline
    }

    async fn request(&mut self, purpose: Purpose, rpc: Rpc) -> Option<String> {
        let patience = match purpose {
            Purpose::Call => Patience::Deadline,
            _ => Patience::Answer,
        };
        let at = self.send(purpose, &rpc);
        self.wait(at, patience).await
    }
}
