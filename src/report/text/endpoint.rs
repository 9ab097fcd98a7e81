//! What one endpoint is, for people: whether it works, what answers there, its tools, how long it took; then what is
//! wrong with it.

use std::fmt::Write;
use std::iter;

use comfy_table::{ColumnConstraint, ContentArrangement, Row, Table, Width, presets};

use super::super::curl;
use super::super::veil::Veil;
use super::super::wire::{self, time};
use super::super::{Repairs, count};
use super::{Detail, Texts, Writer, common_folder};
use crate::Examination;
use crate::check::Severity;
use crate::fact::{
    Answer, Attempt, End, Ended, Exchange, ListEnd, Listing, Outcome, Probe, Process, Purpose,
    Reply, Target, Tool,
};
use crate::model::Transport;
use crate::repair::quoted;
use crate::term::Screen;
use crate::wire::{Auth, Called, Mode, Reading, Standing};

/// How to write about an endpoint.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where to.
    pub screen: Screen,
    /// How much.
    pub detail: Detail,
    /// What was made of the command line, where it does not say so itself.
    pub remarks: Vec<String>,
    /// Headers whose value a variable holds, and its name.
    pub variables: Vec<(String, String)>,
}

/// The whole report on the endpoints of an examination: one, where a person asked.
pub fn render(examination: &Examination, options: &Options) -> String {
    let writer = Writer {
        examination,
        screen: options.screen,
        detail: options.detail,
        texts: Texts::of(examination),
        repairs: Repairs::of(examination),
        veil: Veil::of(examination),
        named: match examination.facts.probes() {
            [probe] => Some(match &probe.asked.target {
                Target::Url(url) => url.clone(),
                Target::Command { program, .. } => program.clone(),
            }),
            _ => None,
        },
        folder: common_folder(examination),
    };
    let mut out = String::new();
    for (probe, reading) in examination.facts.probes().iter().zip(&examination.readings) {
        let sheet = Sheet {
            writer: &writer,
            options,
            probe,
            reading,
        };
        sheet.write(&mut out);
    }
    match options.detail {
        Detail::Quiet => writer.list(&mut out),
        Detail::Usual | Detail::Verbose => {
            writer.findings(&mut out);
            ending(&writer, &mut out);
        }
    }
    out
}

/// Counts, and how to go on.
fn ending(writer: &Writer<'_>, out: &mut String) {
    let diagnosis = &writer.examination.diagnosis;
    let screen = writer.screen;
    let counts = [Severity::Error, Severity::Warning, Severity::Note];
    let counts = counts.map(|severity| (severity, diagnosis.count(severity)));
    let said: Vec<String> = counts
        .iter()
        .filter(|(_, number)| *number > 0)
        .map(|(severity, number)| count(*number, severity.word()))
        .collect();
    let verbose = writer.detail == Detail::Verbose;
    let more = match verbose {
        true => "",
        false => "-v shows every request and answer",
    };
    let Some(first) = diagnosis.findings.first() else {
        if !verbose {
            let _ = writeln!(out, "{}", screen.dim(more));
        }
        return;
    };
    if !out.ends_with("\n\n") {
        out.push('\n');
    }
    let said = said.join(", ");
    let painted = match diagnosis.worst() {
        Some(Severity::Error) => screen.red(&said),
        Some(Severity::Warning) => screen.yellow(&said),
        _ => screen.cyan(&said),
    };
    let _ = writeln!(out, "{painted}");
    let explain = format!("mcpdoc explain {} tells more", first.finding.check);
    let line = match verbose {
        true => explain,
        false => format!("{explain}; {more}"),
    };
    let _ = writeln!(out, "{}", screen.dim(&screen.wrap(&line, "  ", "    ")));
}

/// Tools of a long list that are shown unless everything is asked for.
const TOOLS: usize = 50;
/// Columns from which on the arguments of tools have room.
const WIDE: usize = 72;
/// Columns of a tool's name; the specification allows 128.
const NAME: usize = 40;
/// Characters of a body that are shown with an exchange.
const BODY: usize = 1_200;
/// Lines of a body that are shown with an exchange.
const BODY_LINES: usize = 24;

/// What is said of one endpoint.
struct Sheet<'a> {
    writer: &'a Writer<'a>,
    options: &'a Options,
    probe: &'a Probe,
    reading: &'a Reading,
}

impl Sheet<'_> {
    fn write(&self, out: &mut String) {
        self.headline(out);
        let screen = self.writer.screen;
        if self.options.detail == Detail::Quiet {
            if !self.writer.examination.diagnosis.findings.is_empty() {
                out.push('\n');
            }
            return;
        }
        for remark in &self.options.remarks {
            let remark = screen.wrap(&self.line(remark), "  ", "    ");
            let _ = writeln!(out, "{}", screen.dim(&remark));
        }
        out.push('\n');
        self.card(out);
        self.tools(out);
        self.rounds(out);
        if self.options.detail == Detail::Verbose {
            self.exchanges(out);
        }
    }

    /// Foreign text in one line, redacted and harmless.
    fn line(&self, text: &str) -> String {
        let text = self.writer.safe(text);
        match text.contains(['\n', '\t']) {
            true => text.split_whitespace().collect::<Vec<_>>().join(" "),
            false => text,
        }
    }

    /// What was probed, as it can be repeated.
    fn name(&self) -> String {
        let name = match &self.probe.asked.target {
            Target::Url(url) => url.clone(),
            Target::Command { program, args, .. } => {
                let words = iter::once(program).chain(args);
                let words: Vec<String> = words.map(|word| quoted(word)).collect();
                words.join(" ")
            }
        };
        self.line(&name)
    }

    /// One line that says whether it works, and what it is.
    fn headline(&self, out: &mut String) {
        let screen = self.writer.screen;
        let name = self.name();
        let what = self.what();
        let joined = |what: &[String]| what.join(", ");
        let (mark, rest) = match &self.reading.standing {
            Standing::Works => {
                let works = match what.as_slice() {
                    [] => "works".to_owned(),
                    what => format!("works: {}", joined(what)),
                };
                (screen.green("✓"), works)
            }
            Standing::Broken => {
                let findings = self.writer.examination.diagnosis.findings.first();
                let cause = findings.map(|judged| &judged.finding);
                let cause = cause.filter(|finding| finding.severity == Severity::Error);
                let cause = cause.map_or(String::new(), |finding| format!(": {}", finding.check));
                let what = match what.as_slice() {
                    [] => String::new(),
                    what => format!(" ({})", joined(what)),
                };
                (screen.red("✗"), format!("does not work{cause}{what}"))
            }
            Standing::Unknown(why) => (
                screen.yellow("?"),
                format!("cannot be judged: {}", self.line(why)),
            ),
        };
        // Painted afterwards: what a terminal does not show must not count.
        let plain = screen.wrap(&format!("x {name} {rest}"), "", "  ");
        let plain = plain.strip_prefix("x ").unwrap_or(&plain);
        let line = match plain.strip_prefix(name.as_str()) {
            Some(rest) => format!("{mark} {}{rest}", screen.bold(&name)),
            None => format!("{mark} {plain}"),
        };
        let _ = writeln!(out, "{line}");
    }

    /// Server, transport and number of tools, as far as they are known.
    fn what(&self) -> Vec<String> {
        let Reading {
            server,
            transport,
            auth,
            standing,
            ..
        } = self.reading;
        let mut what = Vec::new();
        if let Some(server) = server {
            let name = self.line(&server.name);
            let version = self.line(&server.version);
            let named = format!("{} {}", cut(&name, NAME), cut(&version, NAME));
            what.push(named.trim().to_owned());
        }
        if *standing == Standing::Works && server.is_none() && self.probe.tools.is_none() {
            match auth {
                Auth::OAuth => what.push("it wants an OAuth login".to_owned()),
                Auth::Bearer => what.push("it wants a token".to_owned()),
                Auth::None | Auth::Unknown => {}
            }
        }
        if let Some(transport) = transport
            && *transport != Transport::Stdio
        {
            what.push(transport.title().to_owned());
        }
        what.extend(self.probe.tools.as_ref().and_then(number));
        what
    }

    /// One line a property: only what is known.
    fn card(&self, out: &mut String) {
        let Reading {
            sdk,
            revisions,
            mode,
            streams,
            auth,
            instructions,
            ..
        } = self.reading;
        let mut rows: Vec<(&str, String)> = Vec::new();
        rows.extend(wire::vantage(&self.probe.asked.from).map(|from| ("from", from)));
        // Guessed from whatever answered: of a server that was not greeted it would say too much.
        if let (Some(sdk), Some(_)) = (sdk, self.reading.transport) {
            rows.push(("built with", (*sdk).to_owned()));
        }
        if !revisions.is_empty() {
            rows.push(("speaks", format!("MCP {}", revisions.join(", "))));
        }
        let mode = match (mode, self.reading.transport) {
            (_, Some(Transport::Sse | Transport::Stdio)) | (None, _) => None,
            (Some(Mode::Stateful), _) => Some("stateful: it gives a session id"),
            (Some(Mode::Stateless), _) => Some("stateless: it gives no session id"),
        };
        let streams = match (streams, self.reading.transport) {
            (_, Some(Transport::Sse | Transport::Stdio)) | (None, _) => None,
            (Some(true), _) => Some("it answers in event streams"),
            (Some(false), _) => Some("it answers in JSON"),
        };
        let manner: Vec<&str> = mode.into_iter().chain(streams).collect();
        if !manner.is_empty() {
            rows.push(("sessions", manner.join("; ")));
        }
        if let Some(auth) = self.auth(*auth) {
            rows.push(("auth", auth));
        }
        rows.extend(self.reached().map(|reached| ("reached", reached)));
        let also = [
            (self.probe.resources, "resource"),
            (self.probe.prompts, "prompt"),
        ];
        let also: Vec<String> = also
            .into_iter()
            .filter_map(|(number, thing)| Some(count(number?, thing)))
            .collect();
        if !also.is_empty() {
            rows.push(("has", also.join(", ")));
        }
        if let Some(text) = instructions {
            let text = self.line(text);
            let text = match self.options.detail {
                Detail::Verbose => text,
                Detail::Usual | Detail::Quiet => cut(&text, 160),
            };
            rows.push(("says", text));
        }
        for exchange in self.probe.of(&Purpose::Call) {
            rows.push(("called", self.called(exchange)));
        }
        rows.extend(self.process().map(|process| ("process", process)));
        rows.extend(self.took().map(|took| ("took", took)));
        if rows.is_empty() {
            return;
        }
        let widest = rows.iter().map(|(label, _)| label.len()).max().unwrap_or(0);
        let screen = self.writer.screen;
        for (label, text) in rows {
            let rest = " ".repeat(widest + 4);
            let text = screen.wrap(&self.line(&text), &rest, &rest);
            let text = text.trim_start();
            let _ = writeln!(
                out,
                "  {}  {text}",
                screen.dim(&format!("{label:<widest$}"))
            );
        }
        out.push('\n');
    }

    fn auth(&self, auth: Auth) -> Option<String> {
        let sent = self.probe.asked.has_credentials();
        if matches!(self.probe.asked.target, Target::Command { .. }) {
            return None;
        }
        match auth {
            Auth::None => Some("none: it answers without credentials".to_owned()),
            Auth::Bearer => Some("it wants a token".to_owned()),
            Auth::OAuth => Some("it wants a token, and says where to log in (OAuth)".to_owned()),
            Auth::Unknown if sent && self.reading.standing == Standing::Works => {
                Some("credentials were sent, and it answered".to_owned())
            }
            Auth::Unknown => None,
        }
    }

    /// The address that took the connection, where the name alone does not say it.
    fn reached(&self) -> Option<String> {
        let reach = self.probe.reaches.first()?;
        let accepted = reach.accepted()?;
        let failed = reach.attempts.iter().filter_map(|attempt| {
            let Attempt {
                address, failure, ..
            } = attempt;
            Some(format!(
                "{}: {}",
                address.ip(),
                wire::failure(failure.as_ref()?)
            ))
        });
        let failed: Vec<String> = failed.collect();
        let same = accepted.ip().to_string() == reach.host.trim_matches(['[', ']']);
        if same && failed.is_empty() {
            return None;
        }
        let mut text = accepted.to_string();
        if !failed.is_empty() {
            let _ = write!(text, " ({})", failed.join("; "));
        }
        Some(text)
    }

    fn called(&self, exchange: &Exchange) -> String {
        let tool = self.probe.asked.call.as_ref();
        let tool = tool.map_or("", |call| call.tool.as_str());
        let took = time(exchange.clock.total_us);
        let first = match exchange.message().map(|message| &message.reply) {
            Some(Reply::Result(result)) => first_text(result),
            _ => String::new(),
        };
        match (crate::wire::called(self.probe), exchange.failure()) {
            (Some(Called::Answered), _) => format!("{tool}: answered in {took}: {first}"),
            (Some(Called::Failed(_)), _) => {
                format!("{tool}: the tool failed, after {took}: {first}")
            }
            (Some(Called::ReadsAsError(_)), _) => format!(
                "{tool}: answered in {took}, with a text that reads as an error and is not marked as one: {first}"
            ),
            (Some(Called::Refused { code, words }), _) => {
                format!("{tool}: refused, after {took}: {words} ({code})")
            }
            (_, Some(failure)) => format!("{tool}: {}", wire::failure(failure)),
            _ => format!("{tool}: no answer to it"),
        }
    }

    fn process(&self) -> Option<String> {
        let process = self.probe.process.as_ref()?;
        let first = process
            .first_us
            .map(|us| format!("first message after {}", time(us)));
        let ended = process.ended_by.as_deref().map(|how| match how {
            Process::LEFT => "still runs in its container: it does not end when its standard input is closed, and an engine cannot tell it to".to_owned(),
            how => format!("ended with {how}"),
        });
        let words: Vec<String> = first.into_iter().chain(ended).collect();
        (!words.is_empty()).then(|| words.join(", "))
    }

    /// Everything that was measured, and nothing else.
    fn took(&self) -> Option<String> {
        let times = &self.reading.times;
        let parts = [
            (times.connect, "connect"),
            (times.first_byte, "first byte"),
            (times.handshake, wire::handshake(self.probe)),
            (times.tools, "tools/list"),
        ];
        let parts: Vec<String> = parts
            .into_iter()
            .filter_map(|(us, what)| Some(format!("{what} {}", time(us?))))
            .collect();
        let total = time(times.total);
        let requests = match self.probe.exchanges.len() {
            0 => "without a request".to_owned(),
            many => format!("for {}", count(many, "request")),
        };
        let requests = match self.probe.rounds.len() {
            0 => requests,
            rounds => format!("{requests} and {}", count(rounds, "round")),
        };
        let all = match self.probe.ended {
            Ended::Done => format!("{total} {requests}"),
            Ended::Deadline => format!("{total} {requests}, then its time was over"),
            Ended::Bytes => format!("{total} {requests}, then it had read as much as it may"),
        };
        (times.total > 0).then(|| match parts.is_empty() {
            true => all,
            false => format!("{all}: {}", parts.join(", ")),
        })
    }

    fn tools(&self, out: &mut String) {
        let Some(listing) = &self.probe.tools else {
            return;
        };
        if listing.tools.is_empty() {
            return;
        }
        let screen = self.writer.screen;
        let shown = match self.options.detail {
            Detail::Verbose => usize::MAX,
            Detail::Usual | Detail::Quiet => TOOLS,
        };
        let mut table = Table::new();
        table
            .load_style(presets::NOTHING)
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_truncation_indicator("…")
            .set_width(u16::try_from(screen.width).unwrap_or(u16::MAX));
        let wide = screen.width >= WIDE;
        let mut names = Vec::new();
        for tool in listing.tools.iter().take(shown) {
            let name = cut(&self.line(&tool.name), NAME);
            let name = if name.is_empty() {
                "(no name)".to_owned()
            } else {
                name
            };
            let mut cells = vec![format!(" {name}")];
            if wide {
                cells.push(self.arguments(tool));
            }
            cells.push(self.line(&tool.summary));
            let mut row = Row::from(cells);
            row.max_height(1);
            table.add_row(row);
            names.push(name);
        }
        let widest = names.iter().map(|name| width(name)).max().unwrap_or(0);
        let columns = u16::try_from(widest + 3).unwrap_or(u16::MAX);
        if let Some(column) = table.column_mut(0) {
            // The name is what a person looks for: the other columns give way.
            column.set_constraint(match wide {
                true => ColumnConstraint::Absolute(Width::Fixed(columns)),
                false => ColumnConstraint::UpperBoundary(Width::Fixed(columns)),
            });
        }
        if wide && let Some(column) = table.column_mut(1) {
            column.set_constraint(ColumnConstraint::UpperBoundary(Width::Percentage(35)));
        }
        let _ = writeln!(out, "{}", screen.dim("tools"));
        for (line, name) in table.lines().zip(&names) {
            let line = line.trim_end();
            let line = match line.split_once(name.as_str()) {
                Some((before, after)) => format!("{before}{}{after}", screen.bold(name)),
                None => line.to_owned(),
            };
            let _ = writeln!(out, "{line}");
        }
        let more = listing.tools.len().saturating_sub(names.len());
        if more > 0 {
            let text = format!("  and {more} more (-v shows them all)");
            let _ = writeln!(out, "{}", screen.dim(&text));
        }
        if listing.count > listing.tools.len() {
            let text = format!(
                "  of {} tools the first {} were looked at",
                listing.count,
                listing.tools.len()
            );
            let _ = writeln!(out, "{}", screen.dim(&text));
        }
        out.push('\n');
    }

    /// `path, [depth]`: what need not be given is in brackets.
    fn arguments(&self, tool: &Tool) -> String {
        let words = tool.arguments.iter().enumerate().map(|(at, name)| {
            let name = self.line(name);
            match at < tool.required {
                true => name,
                false => format!("[{name}]"),
            }
        });
        words.collect::<Vec<_>>().join(", ")
    }

    fn rounds(&self, out: &mut String) {
        if self.probe.rounds.is_empty() {
            return;
        }
        let screen = self.writer.screen;
        let made = self.probe.rounds.len();
        let asked = self.probe.asked.rounds as usize;
        let heading = match made == asked {
            true => count(made, "round"),
            false => format!("{made} of {asked} rounds"),
        };
        let columns = format!("{heading:<18}{:>10}{:>10}{:>10}", "p50", "p95", "max");
        let _ = writeln!(out, "{}", screen.dim(&columns));
        for (name, spread) in wire::rounds(self.probe) {
            let Some(spread) = spread else { continue };
            let [p50, p95, max] = [spread.p50, spread.p95, spread.max].map(time);
            let few = match spread.count < made {
                true => format!("  ({} measured)", spread.count),
                false => String::new(),
            };
            let _ = writeln!(
                out,
                "  {name:<16}{p50:>10}{p95:>10}{max:>10}{}",
                screen.dim(&few)
            );
        }
        out.push('\n');
    }

    /// Every request and answer, and what repeats them.
    fn exchanges(&self, out: &mut String) {
        let screen = self.writer.screen;
        let asked = &self.probe.asked;
        let mut variables: Vec<String> = Vec::new();
        for (at, exchange) in self.probe.exchanges.iter().enumerate() {
            let number = format!("{}", at + 1);
            let head = format!(
                "{number}  {}: {}",
                self.line(&wire::purpose(&exchange.purpose)),
                self.line(&outcome(exchange))
            );
            let _ = writeln!(out, "{}", screen.bold(&head));
            let request = &exchange.request;
            if matches!(asked.target, Target::Url(_)) {
                self.raw(out, ">", &format!("{} {}", request.method, request.url));
            }
            for (name, value) in &request.headers {
                self.raw(out, ">", &format!("{name}: {value}"));
            }
            if let Some(body) = &request.body {
                self.raw(out, ">", body);
            }
            if let Some(answer) = exchange.answer() {
                self.answer(out, answer);
            }
            let clock = &exchange.clock;
            let times = [(clock.head_us, "head"), (clock.event_us, "first event")];
            let times: Vec<String> = times
                .into_iter()
                .filter_map(|(us, what)| Some(format!("{what} after {}", time(us?))))
                .chain(iter::once(format!("all after {}", time(clock.total_us))))
                .collect();
            let _ = writeln!(out, "   {}", screen.dim(&times.join(", ")));
            if matches!(asked.target, Target::Url(_)) {
                let command = curl::curl(exchange, asked, &self.options.variables);
                let _ = writeln!(out, "   {}", screen.green(&self.writer.safe(&command.line)));
                for variable in command.variables {
                    if !variables.contains(&variable) {
                        variables.push(variable);
                    }
                }
            }
            out.push('\n');
        }
        if !variables.is_empty() {
            let text = format!("the commands need values in {}", variables.join(", "));
            let _ = writeln!(out, "{}\n", screen.dim(&screen.wrap(&text, "", "  ")));
        }
        if let Some(line) = curl::piped(&self.probe.exchanges, asked) {
            let _ = writeln!(out, "{}", screen.dim("the same by hand"));
            let _ = writeln!(out, "   {}\n", screen.green(&self.writer.safe(&line)));
        }
        let stderr = self
            .probe
            .process
            .iter()
            .flat_map(|process| &process.stderr);
        for (at, line) in stderr.enumerate() {
            if at == 0 {
                let _ = writeln!(
                    out,
                    "{}",
                    screen.dim("the last lines of its standard error")
                );
            }
            self.raw(out, "!", line);
        }
        if self
            .probe
            .process
            .as_ref()
            .is_some_and(|process| !process.stderr.is_empty())
        {
            out.push('\n');
        }
    }

    fn answer(&self, out: &mut String, answer: &Answer) {
        if answer.status > 0 {
            self.raw(out, "<", &answer.status.to_string());
        }
        for (name, value) in &answer.headers {
            self.raw(out, "<", &format!("{name}: {value}"));
        }
        let text: String = answer.text.chars().take(BODY).collect();
        let mut lines = text.trim_end().lines();
        for line in lines.by_ref().take(BODY_LINES) {
            self.raw(out, "<", line);
        }
        let cut = lines.next().is_some() || text.len() < answer.text.len();
        let whole = usize::try_from(answer.size).is_ok_and(|size| size <= answer.text.len());
        let end = match &answer.end {
            End::Complete | End::Matched => None,
            End::Cap => Some("no more was read".to_owned()),
            End::Deadline => Some("time ran out in the middle".to_owned()),
            End::Broken(words) => Some(format!("broken off: {words}")),
        };
        let size = (cut || !whole).then(|| format!("{} bytes in all", answer.size));
        let said: Vec<String> = size.into_iter().chain(end).collect();
        if !said.is_empty() {
            self.raw(out, "…", &said.join(", "));
        }
    }

    /// A line as it was sent, behind a mark; never wrapped, so that it can be searched and copied.
    fn raw(&self, out: &mut String, mark: &str, text: &str) {
        let screen = self.writer.screen;
        let text = self.writer.safe(text);
        for line in text.lines() {
            let _ = writeln!(out, "   {}", screen.dim(&format!("{mark} {line}")));
        }
    }
}

/// How an exchange ended, in a word or two.
fn outcome(exchange: &Exchange) -> String {
    match &exchange.outcome {
        Outcome::Failed(failure) => wire::failure(failure),
        Outcome::Answered(answer) => {
            let message = answer.message.as_ref().map(|message| &message.reply);
            let said = match message {
                Some(Reply::Error(error)) => format!("error {}", error.code),
                Some(Reply::Result(_)) => "a result".to_owned(),
                Some(Reply::Own(_)) | None => String::new(),
            };
            match (answer.status, said.is_empty()) {
                (0, true) => "sent".to_owned(),
                (0, false) => said,
                (status, true) => status.to_string(),
                (status, false) => format!("{status}, {said}"),
            }
        }
    }
}

/// `9 tools`; nothing where the list could not be read.
fn number(listing: &Listing) -> Option<String> {
    match (&listing.end, listing.count) {
        (ListEnd::Complete, 0) => Some("no tools".to_owned()),
        (ListEnd::Complete, many) => Some(count(many, "tool")),
        (ListEnd::Failed, 0) => None,
        (ListEnd::Loop(_) | ListEnd::Cap | ListEnd::Failed, many) => {
            Some(format!("at least {}", count(many, "tool")))
        }
    }
}

/// The first text in the content of a result.
fn first_text(result: &serde_json::Value) -> String {
    let content = result["content"].as_array();
    let text = content.and_then(|items| items.iter().find_map(|item| item["text"].as_str()));
    match (text, result.is_null()) {
        (Some(text), _) => cut(text, 300),
        (None, true) => "a result too large to show".to_owned(),
        (None, false) => cut(&result.to_string(), 300),
    }
}

/// Columns on a terminal.
fn width(text: &str) -> usize {
    textwrap::core::display_width(text)
}

/// A text of at most so many columns, the last an ellipsis where something is cut off.
pub(super) fn cut(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut left = columns.saturating_sub(1);
    for c in text.chars() {
        let wide = width(c.encode_utf8(&mut [0; 4]));
        match left.checked_sub(wide) {
            Some(rest) => left = rest,
            None => break,
        }
        out.push(c);
    }
    format!("{}…", out.trim_end())
}
