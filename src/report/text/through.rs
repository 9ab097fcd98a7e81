//! What comes through each gateway of the servers behind it, where the lines of the chain do not say it all.

use std::collections::BTreeMap;
use std::fmt::Write;

use comfy_table::{CellAlignment, ContentArrangement, Row, Table, presets};

use super::super::count;
use super::super::passage::{self, Client, Passage, Server};
use super::endpoint::cut;
use super::{Detail, Writer};
use crate::check::through::{Comes, Missing};
use crate::check::{Through, listed};
use crate::model::Transport;
use crate::wire::{Reading, Standing};

/// Servers of a table.
const ROWS: usize = 20;
/// Columns of clients that get different things.
const VIEWS: usize = 3;
/// Names in a line.
const NAMES: usize = 3;
/// From this width on there is room for how each server is declared and what it speaks.
const WIDE: usize = 60;
/// Longer names of servers and clients are cut, in columns.
const NAME: usize = 24;

/// How a server fares, as one word for all clients.
enum Fate {
    /// Every client that asks for it gets all of it that its entry permits, as far as that is known.
    Works(String),
    Doubtful(String),
    Lost(String),
    /// Nobody wants it, or nothing is known.
    Open(String),
}

impl Writer<'_> {
    /// What comes through each gateway.
    pub(super) fn through(&self, out: &mut String) {
        for gateway in 0..self.examination.chain.gateways.len() {
            let Some(passage) = passage::of(self.examination, gateway) else {
                continue;
            };
            let columns = columns(&passage);
            let mut lines = self.table(&passage, &columns);
            lines.extend(self.hidden(&passage, &columns));
            lines.extend(self.kept(&passage, &columns));
            lines.extend(self.only_there(gateway, &passage));
            if lines.is_empty() {
                continue;
            }
            let heading = format!("Through {}", self.title(gateway));
            let _ = writeln!(out, "{}", self.screen.dim(&heading));
            for line in lines {
                let _ = writeln!(out, "{line}");
            }
            out.push('\n');
        }
    }

    /// `LiteLLM 1.77.3`, and its file where there are several gateways.
    fn title(&self, gateway: usize) -> String {
        let stack = &self.examination.stack;
        let declared = &stack.gateways[gateway];
        let mut title = self.examination.chain.program(stack, gateway);
        if stack.gateways.len() > 1 {
            let _ = write!(
                title,
                " ({})",
                self.name(stack.source(declared.root.source))
            );
        }
        title
    }

    /// A line a server; none where everything comes through to everybody.
    fn table(&self, passage: &Passage<'_>, columns: &[Vec<usize>]) -> Vec<String> {
        let verbose = self.detail == Detail::Verbose;
        let fates: Vec<Fate> = passage
            .servers
            .iter()
            .map(|one| fate(one, columns))
            .collect();
        let is_plain = fates.iter().all(|fate| matches!(fate, Fate::Works(_)));
        if columns.is_empty() || (is_plain && columns.len() == 1 && !verbose) {
            return Vec::new();
        }
        if let ([server], [_], false) = (passage.servers.as_slice(), columns, verbose) {
            return self.single(server, &fates[0]);
        }
        let mut rows: Vec<(&Server<'_>, &Fate)> = passage.servers.iter().zip(&fates).collect();
        let (most, views) = match verbose {
            true => (usize::MAX, usize::MAX),
            false => (ROWS, VIEWS),
        };
        if rows.len() > most {
            // What does not work is what a person looks for.
            rows.sort_by_key(|(_, fate)| matches!(fate, Fate::Works(_)));
        }
        let mut lines = self.rows(&rows[..rows.len().min(most)], passage, columns, views);
        let mut more = |number: usize, thing: &str| {
            if number > 0 {
                let text = format!("and {} more (-v shows them all)", count(number, thing));
                lines.push(self.screen.dim(&self.screen.wrap(&text, "  ", "    ")));
            }
        };
        more(rows.len().saturating_sub(most), "server");
        more(columns.len().saturating_sub(views), "other view");
        lines
    }

    fn rows(
        &self,
        rows: &[(&Server<'_>, &Fate)],
        passage: &Passage<'_>,
        columns: &[Vec<usize>],
        most: usize,
    ) -> Vec<String> {
        // Where nothing was heard directly there is nothing to show of it.
        let is_heard = rows.iter().any(|(server, _)| {
            let direct = server.direct.as_ref();
            direct
                .is_some_and(|(probe, reading)| probe.tools.is_some() || speaks(reading).is_some())
        });
        let shown = &columns[..columns.len().min(most)];
        // What the names leave room for is how they fare.
        let is_wide = self.screen.width >= WIDE;
        let mut head = vec!["  server".to_owned()];
        if is_wide {
            head.push("declared".to_owned());
            head.extend(is_heard.then(|| "speaks".to_owned()));
        }
        let words = head.len();
        if is_heard {
            head.push("has".to_owned());
        }
        match columns.len() {
            1 => head.push("through".to_owned()),
            _ => head.extend(shown.iter().map(|column| self.callers(passage, column))),
        }
        let numbers = words..head.len();
        head.push(String::new());
        let mut table = Table::new();
        table
            .load_style(presets::NOTHING)
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_truncation_indicator("…")
            .set_width(u16::try_from(self.screen.width).unwrap_or(u16::MAX));
        let line = |cells: Vec<String>| {
            let mut row = Row::from(cells);
            row.max_height(1);
            row
        };
        table.add_row(line(head));
        for (server, fate) in rows {
            let name = cut(&self.safe(&server.upstream.name.value), NAME);
            let mut cells = vec![format!("{} {name}", fate.mark())];
            if is_wide {
                cells.push(server.upstream.transport.word().to_owned());
            }
            if is_heard {
                let direct = server.direct.as_ref();
                let speaks = direct.and_then(|(_, reading)| speaks(reading));
                let has = direct.and_then(|(probe, _)| probe.tools.as_ref());
                if is_wide {
                    cells.push(speaks.map_or_else(|| "–".to_owned(), |text| self.safe(&text)));
                }
                cells.push(has.map_or_else(|| "–".to_owned(), |list| list.count.to_string()));
            }
            cells.extend(shown.iter().map(|column| cell(server.views[column[0]])));
            cells.push(self.safe(fate.words()));
            table.add_row(line(cells));
        }
        for number in numbers {
            if let Some(column) = table.column_mut(number) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        let mut lines = table.lines();
        let mut written: Vec<String> = lines
            .next()
            .map(|head| self.screen.dim(&format!(" {}", head.trim_end())))
            .into_iter()
            .collect();
        written.extend(lines.zip(rows).map(|(line, (_, fate))| {
            let line = line.trim();
            let rest = line.strip_prefix(fate.mark()).unwrap_or(line);
            let rest = match rest.rsplit_once("  ") {
                Some((before, words)) => format!("{before}  {}", fate.paint(self, words)),
                None => rest.to_owned(),
            };
            format!("  {}{rest}", fate.paint(self, fate.mark()))
        }));
        written
    }

    /// The only server, of which all clients get the same.
    fn single(&self, server: &Server<'_>, fate: &Fate) -> Vec<String> {
        let name = self.safe(&server.upstream.name.value);
        let has = server
            .direct
            .as_ref()
            .and_then(|(probe, _)| probe.tools.as_ref());
        let of = match has {
            Some(list) => format!(" of {}", count(list.count, "tool")),
            None => " tools".to_owned(),
        };
        let text = match server.views.first().map(|view| &view.comes) {
            Some(Comes::Tools(tools)) => format!("{}{of} of {name}", tools.len()),
            Some(Comes::Nothing) => format!("0{of} of {name}"),
            _ => name,
        };
        let mark = fate.paint(self, fate.mark());
        vec![format!(
            "  {mark} {text}  {}",
            fate.paint(self, &self.safe(fate.words()))
        )]
    }

    /// What it means that a server is hidden.
    fn hidden(&self, passage: &Passage<'_>, columns: &[Vec<usize>]) -> Option<String> {
        let mut cells = passage.servers.iter().flat_map(|server| {
            let views = columns.iter().map(|column| server.views[column[0]]);
            views.map(|view| &view.comes)
        });
        cells.any(|comes| *comes == Comes::Hidden).then(|| {
            let text = "hidden: the gateway does not show this server to the client's key; object_permission.mcp_servers says \
                        what a key may use";
            self.screen.dim(&self.screen.wrap(text, "  ", "    "))
        })
    }

    /// Which tools do not come through although their server has them, and what keeps them.
    fn kept(&self, passage: &Passage<'_>, columns: &[Vec<usize>]) -> Vec<String> {
        let mut lines = Vec::new();
        for server in &passage.servers {
            let gets =
                |column: &&Vec<usize>| matches!(server.views[column[0]].comes, Comes::Tools(_));
            let getting: Vec<usize> = columns.iter().filter(gets).flatten().copied().collect();
            // The same for several clients is said once.
            let mut said: BTreeMap<(Option<&str>, Vec<&str>), Vec<usize>> = BTreeMap::new();
            for column in columns.iter().filter(gets) {
                let view = server.views[column[0]];
                let mut by_key: BTreeMap<Option<&str>, Vec<&str>> = BTreeMap::new();
                for missing in view.missing.iter().flatten() {
                    by_key
                        .entry(missing.kept_by)
                        .or_default()
                        .push(&missing.tool);
                }
                for kept in by_key {
                    said.entry(kept).or_default().extend(column);
                }
            }
            for ((key, tools), clients) in said {
                let most = match self.detail {
                    Detail::Verbose => usize::MAX,
                    Detail::Usual | Detail::Quiet => NAMES,
                };
                let whom = match clients == getting {
                    true => String::new(),
                    false => format!(" to {}", self.callers(passage, &clients)),
                };
                let (does, them) = match tools.len() {
                    1 => ("does", "it"),
                    _ => ("do", "them"),
                };
                let why = match (key, passage.account.database) {
                    (Some(key), _) => format!("`{key}` of its entry keeps {them} back"),
                    (None, Some(true)) => {
                        "its entry does not say why; what the gateway's database permits to the key may".to_owned()
                    }
                    (None, _) => "its entry does not say why".to_owned(),
                };
                let text = format!(
                    "{}: {} {does} not come through{whom}: {why}",
                    server.upstream.name.value,
                    listed(&tools, most)
                );
                lines.push(self.screen.wrap(&self.safe(&text), "  ", "    "));
            }
        }
        lines
    }

    /// Servers that the gateway has and its file has not.
    fn only_there(&self, gateway: usize, passage: &Passage<'_>) -> Option<String> {
        let names = passage.account.only_there.as_ref()?;
        if names.is_empty() {
            return None;
        }
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let most = match self.detail {
            Detail::Verbose => usize::MAX,
            Detail::Usual | Detail::Quiet => ROWS,
        };
        let names = listed(&names, most);
        let stack = &self.examination.stack;
        let text = match passage.account.database {
            Some(true) => format!("also has, from its database: {names}"),
            _ => {
                let file = self.name(stack.source(stack.gateways[gateway].root.source));
                format!("also has, and {file} has not: {names}")
            }
        };
        Some(self.screen.wrap(&self.safe(&text), "  ", "    "))
    }

    /// The clients of a column: the first one's name, and how many there are beside.
    fn callers(&self, passage: &Passage<'_>, column: &[usize]) -> String {
        let clients = column.iter().map(|number| &passage.clients[*number]);
        let names: Vec<&str> = clients.flat_map(names).collect();
        let first = cut(&self.safe(names.first().unwrap_or(&"")), NAME);
        match names.len() {
            0 | 1 => first,
            more => format!("{first} +{}", more - 1),
        }
    }
}

fn names<'a>(client: &'a Client<'_>) -> Vec<&'a str> {
    match client.hops.as_slice() {
        [] => vec!["operator"],
        hops => hops.iter().map(|hop| hop.entry()).collect(),
    }
}

/// The clients that get the same of every server, by their numbers. Of those whose conversation shows nothing the chain
/// says why.
fn columns(passage: &Passage<'_>) -> Vec<Vec<usize>> {
    let mut columns: Vec<(Vec<String>, Vec<usize>)> = Vec::new();
    for number in 0..passage.clients.len() {
        let views = passage
            .servers
            .iter()
            .filter_map(|server| server.views.get(number));
        let views: Vec<&&Through> = views.collect();
        let any = |is: fn(&Comes) -> bool| views.iter().any(|view| is(&view.comes));
        let is_seen = any(|comes| !matches!(comes, Comes::Unknown(_) | Comes::Unasked));
        if any(|comes| matches!(comes, Comes::Unknown(_))) && !is_seen {
            continue;
        }
        let gets: Vec<String> = views.iter().map(|view| cell(view)).collect();
        match columns.iter_mut().find(|(same, _)| *same == gets) {
            Some((_, numbers)) => numbers.push(number),
            None => columns.push((gets, vec![number])),
        }
    }
    columns.into_iter().map(|(_, numbers)| numbers).collect()
}

/// What a client gets, in a word.
fn cell(view: &Through) -> String {
    match &view.comes {
        Comes::Tools(tools) => tools.len().to_string(),
        Comes::Nothing => "0".to_owned(),
        Comes::Unasked => "–".to_owned(),
        Comes::Hidden => "hidden".to_owned(),
        Comes::Unknown(_) => "?".to_owned(),
    }
}

/// `sse 2024-11-05`: what was heard of a server that can be talked to.
fn speaks(reading: &Reading) -> Option<String> {
    let transport = reading.transport.map(Transport::word)?;
    Some(match reading.revisions.last() {
        Some(revision) => format!("{transport} {revision}"),
        None => transport.to_owned(),
    })
}

/// How a server fares, by the worst that one of the clients gets.
fn fate(server: &Server<'_>, columns: &[Vec<usize>]) -> Fate {
    let views: Vec<&Through> = columns
        .iter()
        .map(|column| server.views[column[0]])
        .collect();
    let direct = server.direct.as_ref();
    let lost: Vec<&&Through> = views
        .iter()
        .filter(|one| one.comes == Comes::Nothing)
        .collect();
    if !lost.is_empty() {
        let mut outcomes = lost.iter().filter_map(|view| view.outcome.as_ref());
        let said = outcomes.find(|outcome| outcome.status != "ok");
        let standing = direct.map(|(probe, reading)| (*probe, &reading.standing));
        return match (standing, said) {
            (Some((probe, Standing::Works)), _)
                if probe.tools.as_ref().is_some_and(|list| list.count == 0) =>
            {
                Fate::Doubtful("has no tools".to_owned())
            }
            (Some((_, Standing::Broken)), _) => {
                let trouble = direct.and_then(|(_, reading)| reading.troubles.first());
                Fate::Lost(
                    trouble
                        .map_or("broken", |trouble| trouble.kind.check())
                        .to_owned(),
                )
            }
            (_, Some(outcome)) => {
                let status = outcome.http_status.map(|status| format!(" ({status})"));
                let status = status.unwrap_or_default();
                Fate::Lost(format!("hidden failure: {}{status}", outcome.status))
            }
            (Some((_, Standing::Works)), None) => Fate::Lost("hidden failure".to_owned()),
            _ if lost.len() < views.len() => Fate::Doubtful("not for every client".to_owned()),
            _ => Fate::Doubtful("nothing comes, no reason told".to_owned()),
        };
    }
    let most = |is: fn(&Missing) -> bool| {
        let lists = views.iter().filter_map(|view| view.missing.as_ref());
        let counts = lists.map(|list| list.iter().filter(|one| is(one)).count());
        counts.max().unwrap_or(0)
    };
    let (kept, lacking) = (
        most(|one| one.kept_by.is_some()),
        most(|one| one.kept_by.is_none()),
    );
    let any = |is: fn(&Comes) -> bool| views.iter().any(|view| is(&view.comes));
    if let Some(Comes::Unknown(why)) = views
        .iter()
        .map(|view| &view.comes)
        .find(|one| matches!(one, Comes::Unknown(_)))
    {
        return Fate::Open(format!("unknown: {why}"));
    }
    if lacking > 0 {
        return Fate::Doubtful(format!("{} missing", count(lacking, "tool")));
    }
    if any(|comes| matches!(comes, Comes::Tools(_))) {
        return Fate::Works(match kept {
            0 => "works".to_owned(),
            kept => format!("works, {kept} kept back"),
        });
    }
    match any(|comes| *comes == Comes::Hidden) {
        true => Fate::Doubtful("not shown to the key".to_owned()),
        false => Fate::Open("not asked for".to_owned()),
    }
}

impl Fate {
    fn words(&self) -> &str {
        let (Fate::Works(words) | Fate::Doubtful(words) | Fate::Lost(words) | Fate::Open(words)) =
            self;
        words
    }

    fn mark(&self) -> &'static str {
        match self {
            Fate::Works(_) => "✓",
            Fate::Doubtful(_) => "–",
            Fate::Lost(_) => "✗",
            Fate::Open(_) => "?",
        }
    }

    fn paint(&self, writer: &Writer<'_>, text: &str) -> String {
        let screen = writer.screen;
        match self {
            Fate::Works(_) => screen.green(text),
            Fate::Doubtful(_) => screen.yellow(text),
            Fate::Lost(_) => screen.red(text),
            Fate::Open(_) => screen.dim(text),
        }
    }
}
