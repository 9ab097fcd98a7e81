//! Redirects: where they lead, and what that does to callers, who are redirected on every request.

use url::Url;

use super::words::described;
use crate::fact::{Exchange, Limits, Probe, Purpose};
use crate::wire::meaning::{Meaning, meaning};
use crate::wire::{Kind, RedirectChange, Trouble};

/// What it means for callers that they are redirected, if they are. `works` is whether MCP answers where it ends.
pub(super) fn read(probe: &Probe, works: bool) -> Option<Trouble> {
    let hops: Vec<Hop<'_>> = probe.exchanges.iter().filter_map(Hop::of).collect();
    let last = hops.last()?;
    let status = hops.first()?.exchange.answer()?.status;
    let way: Vec<&Url> = hops.iter().map(|hop| &hop.from).collect();
    let has_credentials = probe.asked.has_credentials() || !probe.asked.withheld.is_empty();
    let drops_credentials = has_credentials && hops.iter().any(Hop::leaves_origin);
    let loses_method = hops.iter().any(Hop::loses_method);
    Some(Trouble {
        breaks: !works || drops_credentials || loses_method,
        kind: Kind::Redirect {
            status,
            to: match &last.to {
                Some(to) => to.to_string(),
                None => crate::secret::redact(&last.location),
            },
            change: change(&way, last.to.as_ref()),
            drops_credentials,
            loses_method,
            works,
        },
        evidence: hops.iter().map(|hop| described(hop.exchange)).collect(),
    })
}

/// One redirect.
struct Hop<'a> {
    exchange: &'a Exchange,
    from: Url,
    /// As written.
    location: String,
    /// Where that is, if it can be called.
    to: Option<Url>,
}

impl Hop<'_> {
    fn of(exchange: &Exchange) -> Option<Hop<'_>> {
        let Meaning::Redirect(location) = meaning(exchange) else {
            return None;
        };
        let is_opening = matches!(
            exchange.purpose,
            Purpose::Discover | Purpose::Retry | Purpose::Initialize(_) | Purpose::OpenStream
        );
        let from = is_opening.then(|| Url::parse(&exchange.request.url).ok())??;
        let named = !location.is_empty();
        let to = from.join(&location).ok().and_then(|mut to| {
            to.set_fragment(None);
            Url::parse(&crate::secret::redact(to.as_str())).ok()
        });
        Some(Hop {
            exchange,
            from,
            location,
            to: to.filter(|to| named && matches!(to.scheme(), "http" | "https")),
        })
    }

    fn leaves_origin(&self) -> bool {
        let to = self.to.as_ref();
        to.is_some_and(|to| to.origin() != self.from.origin())
    }

    /// Clients follow these with a GET.
    fn loses_method(&self) -> bool {
        let status = self.exchange.answer().map(|answer| answer.status);
        self.exchange.request.method == "POST" && matches!(status, Some(301..=303))
    }
}

/// What is different at the end of a way: the urls that were called and redirect, and where the last of them leads.
fn change(way: &[&Url], end: Option<&Url>) -> RedirectChange {
    let (Some(from), Some(to)) = (way.first(), end) else {
        return RedirectChange::Nowhere;
    };
    if way.contains(&to) || way.len() > Limits::REDIRECTS {
        return RedirectChange::Loop;
    }
    let same_host = from.host_str() == to.host_str();
    match (from.scheme(), to.scheme()) {
        ("https", "http") if same_host => RedirectChange::SchemeDown,
        ("http", "https") if same_host => RedirectChange::SchemeUp,
        _ if from.origin() != to.origin() => RedirectChange::Host,
        _ if from.path().trim_end_matches('/') == to.path().trim_end_matches('/') => {
            RedirectChange::Slash
        }
        _ => RedirectChange::Path,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_is_known_by_where_it_ends() {
        let six: Vec<String> = (0..=6).map(|step| format!("http://h/{step}")).collect();
        let six: Vec<&str> = six.iter().map(String::as_str).collect();
        for (way, expected) in [
            (
                &["http://h/mcp", "http://h/mcp/"][..],
                RedirectChange::Slash,
            ),
            (&["http://h/mcp/", "http://h/mcp"], RedirectChange::Slash),
            (
                &["https://h/mcp/", "http://h/mcp"],
                RedirectChange::SchemeDown,
            ),
            (
                &["http://h:8080/mcp", "https://h/mcp"],
                RedirectChange::SchemeUp,
            ),
            (
                &["https://h/mcp/", "http://h/mcp", "https://h/mcp"],
                RedirectChange::Slash,
            ),
            (&["http://h/mcp", "http://other/mcp"], RedirectChange::Host),
            (&["http://h/mcp", "https://other/mcp"], RedirectChange::Host),
            (&["http://h/mcp", "http://h:81/mcp"], RedirectChange::Host),
            (&["http://h/mcp", "http://h/login"], RedirectChange::Path),
            (&["http://h/mcp", "http://h/mcp"], RedirectChange::Loop),
            (
                &["http://h/mcp", "http://h/mcp/", "http://h/mcp"],
                RedirectChange::Loop,
            ),
            (
                &["http://h/a", "http://h/b", "http://h/b"],
                RedirectChange::Loop,
            ),
            (&six[..6], RedirectChange::Path),
            (&six, RedirectChange::Loop),
            (&["http://h/mcp"], RedirectChange::Nowhere),
        ] {
            let urls: Vec<Url> = way
                .iter()
                .map(|url| Url::parse(url).expect("a url"))
                .collect();
            let urls: Vec<&Url> = urls.iter().collect();
            let (called, end) = match urls.split_last() {
                Some((end, called)) if !called.is_empty() => (called, Some(*end)),
                _ => (&urls[..], None),
            };
            assert_eq!(change(called, end), expected, "{way:?}");
        }
    }
}
