//! Demands to log in, and what is wrong with the documents that say how.

use serde_json::Value;
use url::Url;

use super::Auth;
use super::words::{self, described};
use crate::fact::{Exchange, Probe, Purpose};
use crate::wire::meaning::{Meaning, meaning};
use crate::wire::oauth::{Challenge, authorization_servers, covers};
use crate::wire::{Kind, Trouble};

/// What a 401 or 403 means.
pub(super) fn refused(probe: &Probe, exchange: &Exchange) -> Vec<Trouble> {
    let Some(answer) = exchange.answer() else {
        return Vec::new();
    };
    let challenge = Challenge::of(answer);
    let headers: Vec<String> = probe
        .asked
        .headers
        .iter()
        .filter(|(name, _)| crate::secret::is_telling(name))
        .map(|(name, _)| name.clone())
        .collect();
    if !headers.is_empty() {
        return vec![Trouble {
            kind: Kind::AuthRejected {
                status: answer.status,
                headers,
                error: challenge.error.map(|error| words::cut(&error, 80)),
            },
            breaks: true,
            evidence: vec![described(exchange)],
        }];
    }
    let documents = Documents::of(probe, &challenge);
    let oauth = documents.resource.is_some()
        && documents.faults.is_empty()
        && !documents.servers.is_empty();
    let caller_can = probe.asked.trust.oauth;
    let mut troubles: Vec<Trouble> = documents.faults;
    let demanded = Trouble {
        kind: Kind::AuthRequired {
            schemes: challenge.schemes,
            status: answer.status,
            oauth,
            caller_can,
            withheld: probe.asked.withheld.clone(),
        },
        breaks: !(oauth && caller_can != Some(false))
            && troubles.is_empty()
            && probe.asked.withheld.is_empty(),
        evidence: vec![described(exchange)],
    };
    // A document that is wrong is the cause: with it mended, a client could log in.
    if troubles.is_empty() {
        troubles.push(demanded);
    } else {
        troubles[0].evidence.extend(demanded.evidence);
    }
    troubles
}

/// How callers have to show who they are, after a refusal.
pub(super) fn of(troubles: &[Trouble]) -> Option<Auth> {
    troubles.iter().find_map(|trouble| match &trouble.kind {
        Kind::AuthRequired { oauth: true, .. } | Kind::OauthMetadataInvalid { .. } => {
            Some(Auth::OAuth)
        }
        Kind::AuthRequired {
            status, schemes, ..
        } => is_token(*status, schemes),
        // Only challenges for a token say what is wrong with one.
        Kind::AuthRejected { error: Some(_), .. } => Some(Auth::Bearer),
        Kind::AuthRejected { status, .. } => is_token(*status, &[]),
        _ => None,
    })
}

/// Whether a refusal asks for a token: one that names no scheme does by its status. 403 may be no matter of who calls, and
/// `Basic` is another one.
fn is_token(status: u16, schemes: &[String]) -> Option<Auth> {
    let bearer = |scheme: &String| scheme.eq_ignore_ascii_case("bearer");
    let asks = schemes.iter().any(bearer) || (schemes.is_empty() && status == 401);
    asks.then_some(Auth::Bearer)
}

/// Whether what was answered may come from credentials that were not sent: a refusal, or an error of a gateway that hides
/// one (LiteLLM before 1.80 answers 500).
pub(super) fn may_be_for_lack_of(probe: &Probe) -> bool {
    probe.exchanges.iter().any(|exchange| {
        matches!(
            meaning(exchange),
            Meaning::Unauthorized | Meaning::Forbidden | Meaning::ServerError
        ) && !matches!(
            exchange.purpose,
            Purpose::Metadata
                | Purpose::Candidate
                | Purpose::OpenApi
                | Purpose::Root
                | Purpose::Gateway(_)
        )
    })
}

/// The documents that were read, and what is wrong with them.
#[derive(Default)]
struct Documents<'a> {
    resource: Option<&'a Value>,
    servers: Vec<&'a Value>,
    faults: Vec<Trouble>,
}

impl<'a> Documents<'a> {
    fn of(probe: &'a Probe, challenge: &Challenge) -> Documents<'a> {
        let mut documents = Documents::default();
        let read: Vec<&Exchange> = probe.of(&Purpose::Metadata).collect();
        let is_resource = |exchange: &&&Exchange| {
            exchange.request.url.contains("oauth-protected-resource")
                || challenge.metadata.as_deref() == Some(exchange.request.url.as_str())
        };
        let found = |exchange: &&Exchange| document(exchange).is_some();
        let resource = read.iter().filter(is_resource).copied().find(found);
        match resource {
            Some(exchange) => documents.read_resource(probe, exchange),
            None => {
                // Named by the server itself and not there.
                if let Some((named, exchange)) = challenge.metadata.as_ref().zip(read.first()) {
                    documents.fault(exchange, named, "", "", not_there(exchange));
                }
            }
        }
        let issuers = documents
            .resource
            .map(authorization_servers)
            .unwrap_or_default();
        for issuer in &issuers {
            let own: Vec<&Exchange> = read
                .iter()
                .copied()
                .filter(|exchange| {
                    is_of(issuer, &exchange.request.url)
                        && !exchange.request.url.contains("oauth-protected-resource")
                })
                .collect();
            match own.iter().copied().find(found) {
                Some(exchange) => documents.read_server(exchange, issuer),
                None => {
                    if let Some(exchange) = own.first() {
                        let named = exchange.request.url.clone();
                        documents.fault(exchange, &named, "", "", not_there(exchange));
                    }
                }
            }
        }
        // Of several authorization servers one that can be used is enough.
        if !documents.servers.is_empty() {
            let of_server = |trouble: &Trouble| match &trouble.kind {
                Kind::OauthMetadataInvalid { document, .. } => {
                    issuers.iter().any(|issuer| is_of(issuer, document))
                        && !document.contains("oauth-protected-resource")
                }
                _ => false,
            };
            documents.faults.retain(|trouble| !of_server(trouble));
        }
        documents
    }

    fn read_resource(&mut self, probe: &Probe, exchange: &'a Exchange) {
        let Some(found) = document(exchange) else {
            return;
        };
        self.resource = Some(found);
        let named = exchange.request.url.clone();
        let called = probe
            .exchanges
            .iter()
            .find(|exchange| meaning(exchange) == Meaning::Unauthorized);
        let called = called.and_then(|exchange| Url::parse(&exchange.request.url).ok());
        match (found["resource"].as_str(), called) {
            (None, _) => self.fault(
                exchange,
                &named,
                "resource",
                "the url of the server",
                "nothing".to_owned(),
            ),
            (Some(resource), Some(url)) if !covers(resource, &url) => {
                self.fault(
                    exchange,
                    &named,
                    "resource",
                    url.as_str(),
                    resource.to_owned(),
                );
            }
            _ => {}
        }
        if authorization_servers(found).is_empty() {
            let expected = "at least one authorization server";
            self.fault(
                exchange,
                &named,
                "authorization_servers",
                expected,
                "none".to_owned(),
            );
        }
    }

    fn read_server(&mut self, exchange: &'a Exchange, issuer: &str) {
        let Some(found) = document(exchange) else {
            return;
        };
        let named = exchange.request.url.clone();
        let says = found["issuer"].as_str();
        if says != Some(issuer) {
            let found = says.unwrap_or("nothing").to_owned();
            self.fault(exchange, &named, "issuer", issuer, found);
            return;
        }
        for field in ["authorization_endpoint", "token_endpoint"] {
            if found[field].as_str().is_none() {
                self.fault(exchange, &named, field, "an address", "nothing".to_owned());
                return;
            }
        }
        self.servers.push(found);
    }

    fn fault(
        &mut self,
        exchange: &Exchange,
        document: &str,
        field: &str,
        expected: &str,
        found: String,
    ) {
        self.faults.push(Trouble {
            kind: Kind::OauthMetadataInvalid {
                document: document.to_owned(),
                field: field.to_owned(),
                expected: words::cut(expected, 200),
                found: words::cut(&found, 200),
            },
            breaks: true,
            evidence: vec![described(exchange)],
        });
    }
}

fn document(exchange: &Exchange) -> Option<&Value> {
    let answer = exchange.answer().filter(|answer| answer.status == 200)?;
    answer
        .document
        .as_ref()
        .filter(|document| document.is_object())
}

fn not_there(exchange: &Exchange) -> String {
    match exchange.answer() {
        Some(answer) if answer.status == 200 => "no JSON document".to_owned(),
        Some(answer) => format!("status {}", answer.status),
        None => exchange.failure().map(words::failed).unwrap_or_default(),
    }
}

/// Whether a document's address is one of an issuer's well-known places.
fn is_of(issuer: &str, document: &str) -> bool {
    crate::wire::oauth::server_documents(issuer)
        .iter()
        .any(|url| url.as_str() == document)
}
