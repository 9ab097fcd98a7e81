//! The key that a client shows to a gateway.

use super::gateway_call::Call;
use super::reader::Entry;
use super::{Case, Probed};
use crate::catalog::gateway::{Clients, KeyFault, KeyHeader};
use crate::model::Reference;
use crate::source::At;
use crate::wire::Told;

/// The header of an entry in which the gateway looks for the client's key.
pub(crate) struct Shown<'a> {
    /// What the gateway knows of it.
    pub header: &'a KeyHeader,
    /// Its value, as written.
    pub value: &'a At<String>,
    prefixes: &'a [String],
}

/// What a gateway says of the key of an entry, where it was asked.
pub(crate) enum Taken {
    /// It shows its servers to this key.
    Yes,
    /// What is wrong with the key, and the gateway's own words for it.
    No(KeyFault, String),
}

/// What the gateway that an entry calls says of its key.
pub(crate) fn taken(case: &Case<'_>, found: Entry<'_>) -> Option<Taken> {
    said(case.conversation(found.hop?.id)?)
}

/// What a gateway says in a conversation of the key that is shown in it.
pub(crate) fn said(probed: &Probed<'_>) -> Option<Taken> {
    // What was not sent cannot be refused.
    if !probed.probe.asked.withheld.is_empty() {
        return None;
    }
    let told = Told::of(probed.probe);
    if told.servers.is_some() {
        return Some(Taken::Yes);
    }
    let refusal = told.refusal?;
    let words = format!("{} {}", refusal.status, refusal.words);
    Some(Taken::No(refusal.fault()?, words))
}

/// The header that counts, if the gateway takes keys from headers in its usual way.
pub(crate) fn shown<'a>(
    clients: &'a Clients,
    found: Entry<'a>,
    call: &Call<'_>,
) -> Option<Shown<'a>> {
    let access = &call.view.outcome.access;
    if access.other_ways {
        return None;
    }
    let (header, value) = clients.key_headers.iter().find_map(|header| {
        let value = found.entry.header(&header.name)?;
        (!value.value.is_empty()).then_some((header, value))
    })?;
    // With servers that take this header for themselves it may have nothing to do with the gateway.
    let is_theirs = access.passes_on && header.name.eq_ignore_ascii_case("Authorization");
    (!is_theirs).then_some(Shown {
        header,
        value,
        prefixes: &clients.key_prefixes,
    })
}

impl<'a> Shown<'a> {
    /// What stands before the first reference to a variable.
    fn literal(&self) -> &'a str {
        let text = self.value.value.as_str();
        let first = Reference::find(text).first().map(|found| found.range.start);
        &text[..first.unwrap_or(text.len())]
    }

    /// Whether one of the prefixes is there, as far as that is known.
    pub fn is_prefixed(&self) -> Option<bool> {
        let literal = self.literal();
        let starts = |prefix: &String| literal.starts_with(prefix.as_str());
        if self.prefixes.iter().any(starts) {
            return Some(true);
        }
        // A variable that stands first may bring the prefix along.
        (!literal.is_empty()).then_some(false)
    }

    /// The key without its prefix, where it is written out.
    pub fn key(&self) -> Option<&'a str> {
        let text = self.value.value.as_str();
        if !Reference::find(text).is_empty() || text.contains(['$', '{', '<']) {
            return None;
        }
        let mut prefixes = self.prefixes.iter();
        let bare = prefixes.find_map(|prefix| text.strip_prefix(prefix.as_str()));
        Some(bare.unwrap_or(text).trim())
    }
}
