//! What makes every caller of an endpoint use another address or transport than the one that was probed.

use url::Url;

use super::{reread, set_transport, set_url, written};
use crate::chain::{Caller, Hop};
use crate::change::{Fix, Safety};
use crate::check::{Case, Probed};
use crate::fact::Target;
use crate::model::Transport;

/// Makes the callers of `probed` call `right`, over `transport` if one is given. As edits where the files have the
/// address as it is used, else as the lines to write.
pub fn call_instead(
    case: &Case<'_>,
    probed: &Probed<'_>,
    safety: Safety,
    title: impl Into<String>,
    right: &str,
    transport: Option<Transport>,
) -> Fix {
    let mut fix = Fix::new(safety, title);
    let mut by_hand = Vec::new();
    let parsed = Url::parse(right).ok();
    for hop in &probed.hops {
        let as_written = is_as_written(probed, hop).then_some(hop);
        let to = parsed
            .as_ref()
            .and_then(|right| address(as_written?, right));
        let kind = transport.map(Into::into);
        let moves = to.as_ref().filter(|to| is_other(hop, to));
        let moved = moves.map(|to| set_url(case.stack, hop, to));
        if to.is_none() || moved == Some(None) {
            by_hand.push(*hop);
            continue;
        }
        fix.changes
            .extend(kind.and_then(|kind| set_transport(hop, kind)));
        fix.changes.extend(moved.flatten());
        if let Caller::Gateway { gateway, .. } = hop.caller {
            let service = case.chain.gateways[gateway].service();
            fix.then.extend(reread(case.stack, service));
        }
    }
    let url = parsed.as_ref().map_or_else(|| right.to_owned(), written);
    if fix.changes.is_empty() {
        let transport = transport.map(|transport| format!("transport: {}\n", transport.word()));
        let text = format!("url: {url}\n{}", transport.unwrap_or_default());
        return Fix::manual(fix.title, text);
    }
    for hop in by_hand {
        fix.remarks.push(format!(
            "{} takes its address from elsewhere: change it there to {url}",
            hop.entry()
        ));
    }
    fix
}

/// Whether the file has the address as it was called: what variables were filled in must not be written into it.
fn is_as_written(probed: &Probed<'_>, hop: &Hop) -> bool {
    let Target::Url(called) = &probed.probe.asked.target else {
        return true;
    };
    let called = Url::parse(called).ok();
    hop.url.as_ref().is_some_and(|url| {
        let mut written = url.value.clone();
        // Both only fail for urls without a host.
        let _ = written.set_username("");
        let _ = written.set_password(None);
        called.is_some_and(|called| called == written || called == url.value)
    })
}

fn is_other(hop: &Hop, to: &Url) -> bool {
    hop.url.as_ref().is_none_or(|url| url.value != *to)
}

/// The hop's own url at another place: its credentials stay, and its query where the other has none.
fn address(hop: &Hop, right: &Url) -> Option<Url> {
    let mut url = hop.url.as_ref()?.value.clone();
    url.set_scheme(right.scheme()).ok()?;
    url.set_host(right.host_str()).ok()?;
    url.set_port(right.port()).ok()?;
    url.set_path(right.path());
    if let Some(query) = right.query() {
        url.set_query(Some(query));
    }
    Some(url)
}
