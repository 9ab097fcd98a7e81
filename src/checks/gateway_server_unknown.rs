//! gateway-server-unknown: a client asks a gateway for a server that the gateway does not have.

use std::collections::{HashMap, HashSet};

use strsim::levenshtein;

use crate::catalog::gateway::{Switch, UnknownServers};
use crate::change::{Fix, Op, Safety};
use crate::check::gateway_call::{Asked, AskedNames, Call};
use crate::check::reader::{Entry, entries};
use crate::check::through::{groups, plain};
use crate::check::{Case, Check, Finding, Findings, Need, Severity, Source};
use crate::gateway::{Outcome, Setting, Why};
use crate::model::EnvLookup;
use crate::source::{Node, Part, Pointer};
use crate::wire::Told;

pub(super) static CHECK: Check = Check {
    id: "gateway-server-unknown",
    severity: Severity::Error,
    needs: &[Need::Files],
    covers: &["auth-rejected", "server-error"],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/gateway-server-unknown.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    let mut names: HashMap<usize, Names> = HashMap::new();
    for found in entries(case) {
        let Some(call) = Call::of(case, found) else {
            continue;
        };
        let Asked::Names(asked) = Asked::by(case, found, &call) else {
            continue;
        };
        let source = case
            .stack
            .source(case.stack.gateways[call.gateway].root.source);
        if !source.is_parsed() || !call.view.outcome.starts() {
            continue;
        }
        let known = names
            .entry(call.gateway)
            .or_insert_with(|| Names::of(case, &call));
        let is_unknown = |known: &Names, name: &&str| !known.has(name) && !is_id(name);
        if !asked.names().any(|name| is_unknown(known, &name)) {
            continue;
        }
        // What the gateway tells counts as what its file says.
        let told = Heard::of(case, found, call.gateway);
        let mut known = known.clone();
        known.hear(&told);
        let unknown: Vec<&str> = asked.names().filter(|name| is_unknown(&known, name)).collect();
        if unknown.is_empty() {
            continue;
        }
        if let Some(doubt) = doubt(case, &call)
            && !told.settles(&unknown)
        {
            let silent = match told.asked {
                true => "it does not tell",
                false => "it was not asked",
            };
            findings.skip(format!("{doubt}, and {silent}"));
            continue;
        }
        let mut finding = finding(case, found, &call, &asked, &known, &unknown);
        let refused = unknown.iter().filter(|name| told.refuses(name));
        for name in refused {
            let words = format!("the gateway refuses the server {name} by its name");
            finding = finding.evidence(Source::Wire, words);
        }
        findings.add_as(
            match call.certain {
                true => Severity::Error,
                false => Severity::Warning,
            },
            finding,
        );
    }
}

/// Why a gateway may have servers that its file does not show, if so.
fn doubt(case: &Case<'_>, call: &Call<'_>) -> Option<String> {
    let gateway = &case.stack.gateways[call.gateway];
    let mut servers = call.view.outcome.servers.iter();
    if servers.any(|server| gateway.is_filled_in(&server.name.value)) {
        let name = case.stack.name(gateway.root.source);
        return Some(format!("{name} is a template, and names of its servers are filled in"));
    }
    let title = call.gateway_title(case);
    if let Some(gap) = &call.view.outcome.gap {
        return Some(format!("which servers {title} has is not known: {gap}"));
    }
    takes_servers_from_database(case, call)
        .then(|| format!("{title} may also have servers in its database"))
}

/// What a gateway told of its servers: to the client itself, else to its operator.
struct Heard {
    asked: bool,
    all: Vec<Told>,
}

impl Heard {
    fn of(case: &Case<'_>, found: Entry<'_>, gateway: usize) -> Heard {
        let own = found.hop.and_then(|hop| case.conversation(hop.id));
        let operators = case.probed.iter().filter(|one| one.operator == Some(gateway));
        let all: Vec<Told> = own.into_iter().chain(operators).map(|one| Told::of(one.probe)).collect();
        Heard {
            asked: !all.is_empty(),
            all,
        }
    }

    /// Whether it has said enough to know that it has none of these for the client.
    fn settles(&self, names: &[&str]) -> bool {
        self.all.iter().any(|told| told.servers.is_some()) || names.iter().all(|name| self.refuses(name))
    }

    fn refuses(&self, name: &str) -> bool {
        let mut refused = self.all.iter().flat_map(|told| &told.refused);
        refused.any(|one| plain(one) == plain(name))
    }
}

/// The letters and digits of a name: what is left when separators are mixed up.
fn letters(name: &str) -> String {
    name.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

/// Whether a name may be the id that the gateway made up for a server.
fn is_id(name: &str) -> bool {
    let digits = name.bytes().filter(u8::is_ascii_hexdigit).count();
    digits >= 32 && name.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-')
}

/// Everything that a client may ask a gateway for: names, aliases and access groups, and where each is written, if it is.
#[derive(Clone, Default)]
struct Names {
    list: Vec<(String, Option<Pointer>)>,
    plain: HashSet<String>,
    /// By [`letters`]: the first of that spelling in `list`.
    letters: HashMap<String, usize>,
}

impl Names {
    fn of(case: &Case<'_>, call: &Call<'_>) -> Names {
        let mut names = Names::default();
        for server in &call.view.outcome.servers {
            for name in server.names() {
                names.add(&name.value, Some(name.at.clone()));
            }
            for group in groups(case, call.gateway, server) {
                names.add(group.scalar_text().unwrap_or_default(), Some(group.pointer()));
            }
        }
        names
    }

    fn hear(&mut self, heard: &Heard) {
        for server in heard.all.iter().filter_map(|told| told.servers.as_ref()).flatten() {
            let names = [Some(&server.name), server.alias.as_ref()];
            for name in names.into_iter().flatten().chain(&server.groups) {
                self.add(name, None);
            }
        }
    }

    fn add(&mut self, name: &str, at: Option<Pointer>) {
        if self.plain.insert(plain(name)) {
            let number = self.list.len();
            self.letters.entry(letters(name)).or_insert(number);
            self.list.push((name.to_owned(), at));
        }
    }

    fn has(&self, name: &str) -> bool {
        self.plain.contains(&plain(name))
    }

    /// The name that was probably meant: the server behind an alias that is not in force, the same letters, nearly the
    /// same letters.
    fn nearest(&self, outcome: &Outcome, name: &str) -> Option<&(String, Option<Pointer>)> {
        /// Among more names than this, one that is spelled a little otherwise means nothing.
        const MOST: usize = 200;
        let target = outcome.ignored.iter().find_map(|ruling| match &ruling.why {
            Why::AliasIgnored { alias, target, .. } if plain(alias) == plain(name) => Some(target),
            _ => None,
        });
        let wanted = letters(target.map_or(name, String::as_str));
        if let Some(number) = self.letters.get(&wanted) {
            return self.list.get(*number);
        }
        if self.list.len() > MOST {
            return None;
        }
        self.list
            .iter()
            .map(|known| (levenshtein(&letters(&known.0), &wanted), known))
            .filter(|(distance, _)| *distance <= wanted.chars().count() / 4)
            .min_by_key(|(distance, _)| *distance)
            .map(|(_, known)| known)
    }

    /// What there is to ask for where no name is near.
    fn shown(&self) -> String {
        const MOST: usize = 5;
        let names: Vec<&str> = self
            .list
            .iter()
            .take(MOST)
            .map(|(name, _)| name.as_str())
            .collect();
        let names = names.join(", ");
        match self.list.len() {
            0 => "it has no servers at all".to_owned(),
            count if count > MOST => format!("it has {names} and {} more", count - MOST),
            _ => format!("it has {names}"),
        }
    }
}

/// Whether the gateway's own file and environment say that it looks for servers in a database too.
fn takes_servers_from_database(case: &Case<'_>, call: &Call<'_>) -> bool {
    let gateway = &case.stack.gateways[call.gateway];
    let settings = case
        .stack
        .source(gateway.root.source)
        .node(&gateway.root.path)
        .and_then(|root| root.get("general_settings"));
    let env = |name: &str| match call.view.service() {
        Some(id) => case.stack.service(id).env(name),
        None => EnvLookup::Unknown,
    };
    let setting = |switch: &Switch| settings.and_then(|settings| settings.get(&switch.setting));
    let clients = &case.catalog.litellm().clients;
    let has_database = call.view.outcome.access.database != Setting::Absent;
    let switched_on = setting(&clients.servers_in_database).and_then(Node::as_bool) == Some(true)
        || matches!(
            env(&clients.servers_in_database.variable),
            EnvLookup::Set(value) if value.eq_ignore_ascii_case("true")
        );
    has_database && switched_on
}

fn finding(
    case: &Case<'_>,
    found: Entry<'_>,
    call: &Call<'_>,
    asked: &AskedNames<'_>,
    known: &Names,
    unknown: &[&str],
) -> Finding {
    let gateway = call.gateway_title(case);
    let list = unknown
        .iter()
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(" and ");
    let alone = asked.names().count() == unknown.len();
    let facts = case.catalog.litellm();
    let consequence = |follows: &UnknownServers| match alone {
        true => follows.alone.clone(),
        false => follows.among.clone(),
    };
    let possible: Vec<&UnknownServers> = facts
        .clients
        .unknown_servers
        .iter()
        .filter(|follows| {
            !call
                .view
                .version
                .narrow(&follows.versions, &facts.known)
                .is_empty()
        })
        .collect();
    let then = match possible.as_slice() {
        [only] => consequence(only),
        several => several
            .iter()
            .map(|follows| format!("{} {}", follows.versions.describe(), consequence(follows)))
            .collect::<Vec<_>>()
            .join(", "),
    };
    let meant = unknown
        .iter()
        .find_map(|name| Some((*name, known.nearest(&call.view.outcome, name)?)));
    let next = match &meant {
        Some((_, (meant, _))) => format!("ask for `{meant}`"),
        None => known.shown(),
    };
    let message = format!(
        "{} asks for {list}, but the gateway has no server, alias or access group of that name: {gateway} {then}; \
         {next}",
        found.entry.name.value
    );
    let finding = Finding::at(asked.at, Part::Value, message)
        .says("no server of that name")
        .subject(&found.entry.name.value)
        .hops(found.hops())
        .evidence(
            Source::Catalog,
            format!(
                "{gateway} compares names with its servers' keys, aliases and access groups, ignoring case"
            ),
        );
    match meant {
        Some((name, (meant, at))) => {
            let fix = Fix::new(Safety::Unsafe, format!("ask for `{meant}`"))
                .change(asked.at.clone(), Op::Set(asked.with(name, meant).into()));
            match at {
                Some(at) => finding.also(at, Part::Key, "the gateway has this one"),
                None => finding,
            }
            .fix(fix)
        }
        None => finding,
    }
}
