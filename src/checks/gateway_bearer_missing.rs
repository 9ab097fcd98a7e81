//! gateway-bearer-missing: no key for a gateway that wants one, or a key without the word in front of it.

use serde_json::json;

use crate::catalog::gateway::KeyFault;
use crate::change::{Fix, Op, Safety};
use crate::check::gateway_call::Call;
use crate::check::gateway_key::{Shown, Taken, shown, taken};
use crate::check::reader::{Entry, entries};
use crate::check::{Case, Check, Finding, Findings, Need, Severity, Source};
use crate::gateway::Setting;
use crate::model::Client;
use crate::source::Part;

pub(super) static CHECK: Check = Check {
    id: "gateway-bearer-missing",
    severity: Severity::Error,
    needs: &[Need::Files],
    covers: &["auth-rejected", "auth-required", "server-error"],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/gateway-bearer-missing.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    let facts = case.catalog.litellm();
    for found in entries(case) {
        let Some(call) = Call::of(case, found).filter(|call| call.certain) else {
            continue;
        };
        let Some(shown) = shown(&facts.clients, found, &call) else {
            if let Some((severity, finding)) = keyless(case, found, &call) {
                findings.add_as(severity, finding);
            }
            continue;
        };
        let refusal = match taken(case, found) {
            Some(Taken::No(KeyFault::Malformed, words)) => Some(words),
            _ => None,
        };
        // What a variable brings along the gateway alone sees.
        if let Some(words) = refusal.filter(|_| shown.is_prefixed().is_none()) {
            let finding = finding(case, found, &call, &shown);
            findings.add(finding.evidence(Source::Wire, format!("the gateway says: {words}")));
            continue;
        }
        if shown.is_prefixed() != Some(false) {
            continue;
        }
        let severity = match call.view.outcome.access.master_key {
            // Without a master key nobody is asked for a key.
            Setting::Absent => continue,
            Setting::Unknown => Severity::Warning,
            Setting::Set { .. } => Severity::Error,
        };
        let prefixed = &shown.header.prefixed;
        let versions = call.view.version.narrow(prefixed, &facts.assumed);
        if !versions.is_empty() {
            let finding = finding(case, found, &call, &shown);
            findings.add_in(severity, &versions, finding);
        }
    }
}

/// Parts of a header's name that show that it may bring a key, or something that stands for one.
const CREDENTIALS: [&str; 5] = ["auth", "cookie", "key", "secret", "token"];

/// Ways of an entry to bring headers or to sign in that this file does not show.
const OTHER_WAYS: [&str; 2] = ["headersHelper", "oauth"];

/// An entry that sends nothing that could be a key, to a gateway that certainly wants one and has no server for which
/// it lets clients sign in elsewhere.
fn keyless(case: &Case<'_>, found: Entry<'_>, call: &Call<'_>) -> Option<(Severity, Finding)> {
    let outcome = &call.view.outcome;
    let access = &outcome.access;
    let refused = matches!(taken(case, found), Some(Taken::No(KeyFault::Absent, _)));
    let certain = refused
        || (matches!(access.master_key, Setting::Set { .. })
            && !access.other_ways
            && !access.passes_on
            && outcome.gap.is_none());
    // Other clients ask the person, or keep keys elsewhere.
    if !certain || !found.is_own() || found.file.client != Client::ClaudeCode {
        return None;
    }
    let headers = found.node(case, "headers");
    let brings_one = headers.is_some_and(|headers| {
        !headers.is_map()
            || headers.entries().iter().any(|(name, _)| {
                let name = name.to_ascii_lowercase();
                CREDENTIALS.iter().any(|part| name.contains(part))
            })
    });
    let url = &call.url.value;
    let elsewhere = OTHER_WAYS.iter().any(|key| found.node(case, key).is_some());
    // Credentials in the url become a header, and a query may be meant for a proxy.
    if brings_one || elsewhere || !url.username().is_empty() || url.query().is_some() {
        return None;
    }
    let name = &found.entry.name.value;
    let gateway = call.gateway_title(case);
    let header = &case.catalog.litellm().clients.key_headers.first()?.name;
    let message = format!(
        "{name} sends no key, but {gateway} has a master key and refuses every request without one; send \
         `{header}: Bearer KEY`"
    );
    let value = "Bearer ${LITELLM_KEY}";
    let fix = Fix::new(
        Safety::Unsafe,
        format!("send `{header}` with the key from the variable LITELLM_KEY"),
    );
    let at = &found.entry.at;
    let fix = match headers {
        Some(_) => fix.change(
            at.key("headers"),
            Op::Insert(header.clone(), value.into()),
        ),
        None => fix.change(
            at.clone(),
            Op::Insert("headers".to_owned(), json!({ header: value })),
        ),
    };
    let fix = fix.then("export LITELLM_KEY=<the-key>   # and in the profile of your shell");
    let mut finding = Finding::at(at, Part::Key, message)
        .says("no header with a key")
        .subject(name)
        .hops(found.hops())
        .fix(fix);
    if let Setting::Set { at: Some(at), .. } = &access.master_key {
        finding = finding.also(at, Part::Key, "every caller needs a key");
    }
    // Servers in a database may let clients sign in elsewhere.
    let severity = match access.database {
        Setting::Set { .. } | Setting::Unknown if !refused => Severity::Warning,
        _ => Severity::Error,
    };
    Some((
        severity,
        match call.hidden_refusal(case) {
            Some(text) => finding.evidence(Source::Catalog, text),
            None => finding,
        },
    ))
}

fn finding(case: &Case<'_>, found: Entry<'_>, call: &Call<'_>, shown: &Shown<'_>) -> Finding {
    let name = &found.entry.name.value;
    let header = &shown.header.name;
    let gateway = call.gateway_title(case);
    let only = match call.view.version.version() {
        None if !shown.header.prefixed.is_all() => {
            format!(" {}", shown.header.prefixed.describe())
        }
        _ => String::new(),
    };
    let message = format!(
        "{name} sends a key in {header} without `Bearer ` in front of it, and {gateway}{only} refuses every request; \
         write `Bearer ` before the key"
    );
    let written = &shown.value.value;
    let fix = Fix::new(Safety::Safe, "write `Bearer ` before the key").change(
        shown.value.at.clone(),
        Op::Set(format!("Bearer {}", bare(written)).into()),
    );
    let finding = Finding::at(&shown.value.at, Part::Value, message)
        .says("no `Bearer ` at its start")
        .subject(name)
        .hops(found.hops())
        .fix(fix);
    match call.hidden_refusal(case) {
        Some(text) => finding.evidence(Source::Catalog, text),
        None => finding,
    }
}

/// A value without what somebody wrote where the prefix belongs: `Bearer:`, `Bearer` without a space, `Token `.
fn bare(written: &str) -> &str {
    let text = written.trim();
    let word = text
        .get(.."bearer".len())
        .filter(|word| word.eq_ignore_ascii_case("bearer"));
    let text = match word {
        Some(word) => text[word.len()..].trim_start_matches([':', '=']),
        None => text,
    };
    text.rsplit_once(' ').map_or(text, |(_, key)| key)
}
