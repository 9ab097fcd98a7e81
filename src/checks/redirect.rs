//! redirect: every request is answered with a redirect.

use url::Url;

use crate::change::{Fix, Safety};
use crate::check::{Case, Check, Finding, Findings, Need, Probed, Severity, proxy};
use crate::repair;
use crate::wire::{Kind, RedirectChange, Trouble};

pub(super) static CHECK: Check = Check {
    id: "redirect",
    severity: Severity::Error,
    needs: &[Need::Wire],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/redirect.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    for (probed, trouble) in case.troubles(CHECK.id) {
        if let Kind::EndpointElsewhere { to } = &trouble.kind {
            findings.add_for(trouble, elsewhere(probed, trouble, to));
        }
        let Kind::Redirect {
            status,
            to,
            change,
            drops_credentials,
            loses_method,
            works,
        } = &trouble.kind
        else {
            continue;
        };
        // What was asked there did not answer in MCP.
        let in_vain = !works && *change != RedirectChange::Loop && was_asked(probed, to);
        let right = right(probed, to, *change).filter(|_| !in_vain);
        let next = match (&right, works) {
            (Some(right), true) => format!("call {right}"),
            (Some(right), false) => format!("call {right} if the server is there"),
            (None, _) if in_vain => {
                "no MCP is there; correct the address, or take what redirects (a login page, a proxy) out of its way"
                    .to_owned()
            }
            (None, _) => "correct the address, or the proxy in front of the server".to_owned(),
        };
        let what = format!(
            "every request is redirected ({status}) {}{}: {next}",
            leads(*change, to),
            follows(*drops_credentials, *loses_method)
        );
        let finding = probed
            .finding(trouble, probed.but(what))
            .says(format!("redirected to {to}"));
        let mut finding = match right {
            Some(right) => {
                let tried =
                    *works && matches!(change, RedirectChange::Slash | RedirectChange::SchemeUp);
                let safety = match tried {
                    true => Safety::Safe,
                    false => Safety::Unsafe,
                };
                let title = format!("call {right}");
                finding.fix(repair::call_instead(
                    case, probed, safety, title, &right, None,
                ))
            }
            None => finding,
        };
        if let Some(fix) = behind_proxy(probed, *change) {
            finding = finding.fix(fix);
        }
        findings.add_for(trouble, finding);
    }
}

/// A stream of HTTP+SSE that sends its client to another origin.
fn elsewhere(probed: &Probed<'_>, trouble: &Trouble, to: &str) -> Finding {
    let what = format!(
        "its event stream sends messages to {to}, which is another origin, and clients refuse that: let the server know \
         by which scheme and host it is called"
    );
    probed
        .finding(trouble, probed.but(what))
        .says("its stream leads to another origin")
        .fix(forwarded(probed))
}

/// Whether the conversation went on there.
fn was_asked(probed: &Probed<'_>, to: &str) -> bool {
    let mut exchanges = probed.probe.exchanges.iter();
    exchanges.any(|exchange| exchange.request.url == to)
}

/// Where it leads, and why as far as that can be told.
fn leads(change: RedirectChange, to: &str) -> String {
    match change {
        RedirectChange::Slash => format!("to {to}, which differs by a slash alone"),
        RedirectChange::SchemeDown => format!(
            "to {to}, because the server does not know that the proxy in front of it speaks https"
        ),
        RedirectChange::SchemeUp => format!("to {to}, because the server wants https"),
        RedirectChange::Host => format!("to another host or port, {to}"),
        RedirectChange::Path => format!("to {to}"),
        RedirectChange::Loop => "in a circle".to_owned(),
        RedirectChange::Nowhere => "to no address that can be called".to_owned(),
    }
}

/// What clients then do.
fn follows(drops_credentials: bool, loses_method: bool) -> &'static str {
    match (drops_credentials, loses_method) {
        (true, true) => "; clients arrive there with a GET and without their credentials",
        (true, false) => "; clients arrive there without their credentials",
        (false, true) => "; clients arrive there with a GET instead of a POST",
        (false, false) => "",
    }
}

/// The address to call instead. A server behind a proxy that ends TLS answers http:// where https:// is right.
fn right(probed: &Probed<'_>, to: &str, change: RedirectChange) -> Option<String> {
    match change {
        RedirectChange::Loop | RedirectChange::Nowhere => None,
        RedirectChange::SchemeDown => {
            let mut url = Url::parse(to).ok()?;
            url.set_scheme("https").ok()?;
            let port = Url::parse(probed.name()).ok()?.port();
            url.set_port(port).ok()?;
            (url.as_str() != probed.name()).then(|| url.to_string())
        }
        _ => Some(to.to_owned()),
    }
}

/// What the server or the proxy has to be told so that such a redirect leads to the right scheme.
fn behind_proxy(probed: &Probed<'_>, change: RedirectChange) -> Option<Fix> {
    (change == RedirectChange::SchemeDown).then(|| forwarded(probed))
}

fn forwarded(probed: &Probed<'_>) -> Fix {
    let answers = probed.probe.exchanges.iter();
    let server = answers
        .filter_map(|exchange| exchange.answer()?.header("server"))
        .next();
    let lines = proxy::of(server).map(|proxy| format!("\n{}   # {}", proxy.forwarded, proxy.title));
    Fix::manual(
        "let the server believe what the proxy says of the scheme",
        format!(
            "uvicorn … --proxy-headers --forwarded-allow-ips='*'{}",
            lines.unwrap_or_default()
        ),
    )
}
