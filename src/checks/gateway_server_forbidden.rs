//! gateway-server-forbidden: a client asks a gateway for a server that its key may not use.

use crate::chain::Caller;
use crate::change::Fix;
use crate::check::gateway_call::{Asked, Call};
use crate::check::gateway_key::shown;
use crate::check::reader::Entry;
use crate::check::through::{Comes, is_listed, is_refused, leaves_out};
use crate::check::{Case, Check, Finding, Findings, Need, Probed, Severity, Source, Through, listed};
use crate::gateway::{Setting, Upstream};
use crate::source::Part;
use crate::wire::Told;

pub(super) static CHECK: Check = Check {
    id: "gateway-server-forbidden",
    severity: Severity::Error,
    needs: &[Need::Wire],
    covers: &["auth-rejected", "auth-required", "no-tools", "server-error"],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/gateway-server-forbidden.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    for probed in &case.probed {
        // What was not sent may have been the key.
        if !probed.probe.asked.withheld.is_empty() {
            continue;
        }
        let entries = probed.hops.iter().filter_map(|hop| Entry::of(case, hop));
        for found in entries {
            if let Some(wish) = Wish::of(case, probed, found) {
                wish.judge(findings);
            }
        }
    }
}

/// Servers that are named.
const MOST: usize = 4;

/// What a client wants of a gateway, and its key does not get.
struct Wish<'a> {
    case: &'a Case<'a>,
    found: Entry<'a>,
    call: Call<'a>,
    /// What the gateway tells it, and what it tells everybody.
    told: Told,
    all: Vec<Told>,
    views: Vec<&'a Through>,
    /// The servers that it asks for by their names and may not use; all of them where it asks for whatever there is.
    hidden: Vec<&'a Upstream>,
    by_name: bool,
    /// Whether the key may use others that the client asks for.
    others: bool,
}

impl<'a> Wish<'a> {
    fn of(case: &'a Case<'_>, probed: &Probed<'_>, found: Entry<'a>) -> Option<Wish<'a>> {
        let (call, hop) = (Call::of(case, found)?, found.hop?);
        let by_name = match Asked::by(case, found, &call) {
            Asked::Everything => false,
            Asked::Names(_) => true,
            Asked::Unknown => return None,
        };
        let views = case.through.iter().filter(|view| view.probe == probed.number);
        let views: Vec<&Through> = views.collect();
        let servers = views.iter().filter_map(|view| {
            let Caller::Gateway { server, .. } = case.chain.hop(view.upstream).caller else {
                return None;
            };
            Some((*view, call.view.outcome.servers.get(server)?))
        });
        // Without a filter that it knows, 1.77.3 offers what nobody asked for.
        let asked = servers.filter(|(_, server)| !leaves_out(case, hop, call.gateway, server));
        let (hidden, others): (Vec<_>, Vec<_>) =
            asked.partition(|(view, _)| view.comes == Comes::Hidden);
        // That a key may use some servers only is what permissions are for.
        if hidden.is_empty() || !(by_name || others.is_empty()) {
            return None;
        }
        let gateway = Some(call.gateway);
        let all = case.probed.iter().filter(|one| one.gateway() == gateway);
        Some(Wish {
            all: all.map(|one| Told::of(one.probe)).collect(),
            told: Told::of(probed.probe),
            hidden: hidden.into_iter().map(|(_, server)| server).collect(),
            others: !others.is_empty(),
            case,
            found,
            call,
            views,
            by_name,
        })
    }

    fn judge(&self, findings: &mut Findings) {
        let refused = self.hidden.iter().any(|server| is_refused(&self.told, server));
        let is_shown = |server: &&Upstream| self.all.iter().any(|told| is_listed(told, server));
        let elsewhere = self.hidden.iter().all(is_shown);
        let is_certain = refused || elsewhere;
        // Without a database there are no permissions, and the master key has all of them: another file may be what the
        // gateway has read.
        if !is_certain && self.needs_no_permission() {
            return;
        }
        let severity = match is_certain && !self.others {
            true => Severity::Error,
            false => Severity::Warning,
        };
        findings.add_as(severity, self.finding(is_certain));
    }

    /// Whether no permission can be what keeps the servers from the key.
    fn needs_no_permission(&self) -> bool {
        let access = &self.call.view.outcome.access;
        let clients = &self.case.catalog.litellm().clients;
        let key = shown(clients, self.found, &self.call);
        let own = key.as_ref().and_then(|shown| shown.key());
        let is_master = match &access.master_key {
            Setting::Set { text, .. } => own == Some(text.as_str()),
            Setting::Unknown | Setting::Absent => false,
        };
        is_master || access.database == Setting::Absent || self.told.database == Some(false)
    }

    fn finding(&self, is_certain: bool) -> Finding {
        let name = &self.found.entry.name.value;
        let gateway = self.call.gateway_title(self.case);
        let names: Vec<&str> = self.hidden.iter().map(|server| server.name.value.as_str()).collect();
        let servers = match self.by_name {
            true => listed(&names, MOST),
            false => format!("any server of {gateway}"),
        };
        let asks = match self.by_name {
            true => format!("{name} asks {gateway} for {servers}"),
            false => format!("{name} asks for all servers of {gateway}"),
        };
        let which = match self.by_name {
            true if names.len() == 1 => "it",
            true => "them",
            false => "any of them",
        };
        let message = match is_certain {
            true => format!(
                "{asks}, and its key may not use {which}: {}; permit it in object_permission.mcp_servers of the key or its \
                 team",
                self.then()
            ),
            false => format!(
                "{asks}, which does not show {which} to its key: {}; see whether object_permission.mcp_servers of the key \
                 permits it, and whether the gateway has read this file (--gateway-key-env tells)",
                self.then()
            ),
        };
        let url = self.call.url;
        let mut finding = Finding::at(&url.at, Part::Value, message)
            .says(format!("not {servers}, for this key"))
            .subject(name)
            .hops(self.found.hops())
            .fix(self.permit(&names));
        if let Some(shown) = shown(&self.case.catalog.litellm().clients, self.found, &self.call) {
            finding = finding.also(&shown.value.at, Part::Entry, "the key");
        }
        for server in self.hidden.iter().filter(|_| self.by_name).take(MOST) {
            finding = finding.also(&server.name.at, Part::Key, "kept from this key");
        }
        if let Some(servers) = &self.told.servers {
            let names: Vec<&str> = servers.iter().map(|server| server.name.as_str()).collect();
            let shows = match names.as_slice() {
                [] => "no server".to_owned(),
                names => format!("{} alone", listed(names, MOST)),
            };
            finding = finding.evidence(Source::Wire, format!("{gateway} shows this key {shows}"));
        }
        finding
    }

    /// What comes of it, as the conversation shows.
    fn then(&self) -> &'static str {
        let mut names = self.hidden.iter();
        let tools = self.views.iter().any(|view| view.works());
        match (names.any(|server| is_refused(&self.told, server)), tools) {
            (true, _) => "every request is refused",
            (false, true) if self.others => "it gets the tools of the others",
            (false, true) => "it gets the tools of other servers instead",
            (false, false) => "no tools come",
        }
    }

    /// What lets the key use them beside those that it may use. A list replaces the one that is there.
    fn permit(&self, names: &[&str]) -> Fix {
        let known = |name: &&str| {
            let mut told = self.all.iter();
            told.find_map(|told| Some(told.server(name)?.id.clone()))
        };
        let own = self.told.servers.iter().flatten().map(|server| server.id.clone());
        let new = names.iter().take(MOST).map(|name| known(name).unwrap_or_else(|| format!("ID-OF-{name}")));
        let ids: Vec<String> = own.chain(new).map(|id| format!("\"{id}\"")).collect();
        let mut url = self.call.url.value.clone();
        url.set_path(&format!("{}/key/update", self.call.prefix.trim_end_matches('/')));
        url.set_query(None);
        // Of these neither can fail for an address of http.
        let _ = (url.set_username(""), url.set_password(None));
        let variable = &self.case.catalog.litellm().master_key.variable;
        let mut fix = Fix::manual(
            "permit it to the key, as the gateway's operator",
            format!(
                "curl {url} -H \"Authorization: Bearer ${variable}\" -H 'Content-Type: application/json' \\\n  \
                 -d '{{\"key\": \"KEY\", \"object_permission\": {{\"mcp_servers\": [{}]}}}}'\n",
                ids.join(", ")
            ),
        );
        let remark = "the list replaces the one that the key has; GET /v1/mcp/server shows the ids of servers";
        fix.remarks.push(remark.to_owned());
        fix
    }
}
