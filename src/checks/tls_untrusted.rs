//! tls-untrusted: the certificate of the server is not trusted.

use crate::change::Fix;
use crate::check::{Case, Check, Findings, Need, Severity, listed};
use crate::fact::TlsProblem;
use crate::wire::Kind;

pub(super) static CHECK: Check = Check {
    id: "tls-untrusted",
    severity: Severity::Error,
    needs: &[Need::Wire],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/tls-untrusted.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    for (probed, trouble) in case.troubles(CHECK.id) {
        let Kind::TlsUntrusted { host, problem } = &trouble.kind else {
            continue;
        };
        let what = format!("the certificate of {host} {}: {}", wrong(problem), next(problem));
        let finding = probed
            .finding(trouble, probed.but(what))
            .says(format!("its certificate {}", wrong(problem)))
            .fix(mend(host, problem));
        findings.add_for(trouble, finding);
    }
}

fn wrong(problem: &TlsProblem) -> String {
    match problem {
        TlsProblem::UnknownIssuer => "is signed by nobody that this machine trusts".to_owned(),
        TlsProblem::WrongName(names) if names.is_empty() => "is for another name".to_owned(),
        TlsProblem::WrongName(names) => format!("is for {}", listed(names, 3)),
        TlsProblem::Expired(None) => "has expired".to_owned(),
        TlsProblem::Expired(Some(seconds)) => format!("expired on {}", day(*seconds)),
        TlsProblem::NotYetValid => "is not valid yet".to_owned(),
        TlsProblem::NotTls => "cannot be had: the port speaks no TLS".to_owned(),
        TlsProblem::Alert(alert) => format!("was not shown: the server broke off ({alert})"),
        TlsProblem::Other(words) => format!("is refused ({words})"),
    }
}

fn next(problem: &TlsProblem) -> &'static str {
    match problem {
        TlsProblem::UnknownIssuer => "give the client the certificate of its issuer",
        TlsProblem::WrongName(_) => "call it by that name, or have this one added to the certificate",
        TlsProblem::Expired(_) => "renew it",
        TlsProblem::NotYetValid => "set the clocks of both machines right",
        TlsProblem::NotTls => "call it with http://",
        TlsProblem::Alert(_) => "see which versions and client certificates it demands",
        TlsProblem::Other(_) => "renew it, or give the client the certificate of its issuer",
    }
}

fn mend(host: &str, problem: &TlsProblem) -> Fix {
    match problem {
        TlsProblem::UnknownIssuer | TlsProblem::Other(_) => Fix::manual(
            "let the client trust the issuer",
            "NODE_EXTRA_CA_CERTS=/path/to/ca.pem   # Claude Code and other clients on Node\n\
             SSL_CERT_FILE=/path/to/ca.pem         # Python: the issuers of this file alone\n\
             mcpdoc probe --cacert /path/to/ca.pem URL   # to try it",
        ),
        TlsProblem::WrongName(names) => Fix::manual(
            "call it by a name of its certificate",
            match names.is_empty() {
                true => format!("openssl s_client -connect {host}:443 </dev/null | openssl x509 -noout -ext subjectAltName"),
                false => names.join("\n"),
            },
        ),
        TlsProblem::Expired(_) => Fix::manual(
            "renew the certificate, and let the server read it again",
            "certbot renew && nginx -s reload",
        ),
        TlsProblem::NotYetValid => Fix::run("set the clock", "timedatectl set-ntp true"),
        TlsProblem::NotTls | TlsProblem::Alert(_) => Fix::manual(
            "see what it demands",
            format!("openssl s_client -connect {host}:443"),
        ),
    }
}

/// The day of a moment given in seconds since 1970, as `2026-11-22`. After Hinnant's `civil_from_days`.
fn day(seconds: u64) -> String {
    let days = seconds / 86_400 + 719_468;
    let era = days / 146_097;
    let of_era = days % 146_097;
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * march + 2) / 5 + 1;
    let month = if march < 10 { march + 3 } else { march - 9 };
    let year = year + era * 400 + u64::from(month <= 2);
    format!("{year}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::day;

    #[test]
    fn days_are_counted_from_1970() {
        for (seconds, expected) in [
            (0, "1970-01-01"),
            (951_782_400, "2000-02-29"),
            (1_700_000_000, "2023-11-14"),
            (1_795_305_600, "2026-11-22"),
        ] {
            assert_eq!(day(seconds), expected);
        }
    }
}
