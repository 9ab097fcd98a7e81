//! Conversations in words and numbers: what every format says of them in the same way.

use crate::fact::{Deep, Failure, Probe, Purpose, Reply, Round, Tells, TlsProblem, Vantage};

/// From where a conversation was held: `here`, or `container:NAME`.
pub(crate) fn from(vantage: &Vantage) -> String {
    match vantage.container() {
        None => "here".to_owned(),
        Some(container) => format!("container:{container}"),
    }
}

/// The same for people, and how; nothing where it was held from this machine.
pub(crate) fn vantage(vantage: &Vantage) -> Option<String> {
    match vantage {
        Vantage::Here => None,
        Vantage::Namespace { container, .. } => {
            Some(format!("container {container}, in its network"))
        }
        Vantage::Exec { container, .. } => {
            Some(format!("container {container}, by a program started in it"))
        }
    }
}

/// What a request was for, as its method or as a person would say it.
pub(crate) fn purpose(purpose: &Purpose) -> String {
    let words = match purpose {
        Purpose::Discover => "server/discover",
        Purpose::Initialize(revision) => return format!("initialize ({revision})"),
        Purpose::Initialized => "notifications/initialized",
        Purpose::OpenStream => "event stream",
        Purpose::ListTools(0) => "tools/list",
        Purpose::ListResources(0) => "resources/list",
        Purpose::ListPrompts(0) => "prompts/list",
        Purpose::ListTools(page) => return format!("tools/list, page {}", page + 1),
        Purpose::ListResources(page) => return format!("resources/list, page {}", page + 1),
        Purpose::ListPrompts(page) => return format!("prompts/list, page {}", page + 1),
        Purpose::Call => "tools/call",
        Purpose::EndSession => "end of the session",
        Purpose::Candidate => "another path",
        Purpose::OpenApi => "description of an API",
        Purpose::Metadata => "OAuth document",
        Purpose::HostTest(host) => return format!("the same with Host: {host}"),
        Purpose::SchemeTest => "the same over the other scheme",
        Purpose::Retry => "the same after a pause",
        Purpose::Root => "GET of the root",
        Purpose::Gateway(Tells::Readiness) => "readiness of the gateway",
        Purpose::Gateway(Tells::Details) => "version of the gateway",
        Purpose::Gateway(Tells::Servers) => "servers of the gateway",
        Purpose::Gateway(Tells::Health) => "health of its servers",
        Purpose::Deep(deep) => self::deep(*deep),
    };
    words.to_owned()
}

fn deep(deep: Deep) -> &'static str {
    match deep {
        Deep::PlainGet => "GET without Accept",
        Deep::JsonOnly => "Accept: application/json alone",
        Deep::BadVersion => "a revision that does not exist",
        Deep::BadSession => "a session that does not exist",
        Deep::UnknownMethod => "a method that does not exist",
        Deep::BadOrigin => "the Origin of a foreign page",
        Deep::EndedSession => "the session that was ended",
    }
}

/// What went wrong instead of an answer. May hold foreign text.
pub(crate) fn failure(failure: &Failure) -> String {
    match failure {
        Failure::Refused => "refused".to_owned(),
        Failure::NoRoute => "no route".to_owned(),
        Failure::ConnectTimeout => "no connection in time".to_owned(),
        Failure::Reset => "the connection was reset".to_owned(),
        Failure::Closed(0) => "closed without an answer".to_owned(),
        Failure::Closed(bytes) => format!("closed after {bytes} bytes"),
        Failure::NotHttp => "the answer is no HTTP".to_owned(),
        Failure::Tls(problem) => format!("TLS: {}", tls(problem)),
        Failure::NoAnswer => "no answer in time".to_owned(),
        Failure::HeadTooLarge => "the head of the answer is too large".to_owned(),
        Failure::Deadline => "the time of the conversation was over".to_owned(),
        Failure::Other(words) => words.clone(),
    }
}

fn tls(problem: &TlsProblem) -> String {
    match problem {
        TlsProblem::NotTls => "the port does not speak it".to_owned(),
        TlsProblem::UnknownIssuer => {
            "nobody whom this machine trusts signed the certificate".to_owned()
        }
        TlsProblem::WrongName(names) if names.is_empty() => {
            "the certificate is for other names".to_owned()
        }
        TlsProblem::WrongName(names) => format!("the certificate is for {}", names.join(", ")),
        TlsProblem::Expired(_) => "the certificate has expired".to_owned(),
        TlsProblem::NotYetValid => "the certificate is not valid yet".to_owned(),
        TlsProblem::Alert(words) => format!("the other side broke off: {words}"),
        TlsProblem::Other(words) => words.clone(),
    }
}

/// Microseconds as people say them: "0.2 ms", "12 ms", "3.1 s".
pub(crate) fn time(us: u64) -> String {
    let ms = us as f64 / 1000.0;
    match us {
        0..9_950 => format!("{ms:.1} ms"),
        9_950..999_500 => format!("{ms:.0} ms"),
        _ => format!("{:.1} s", ms / 1000.0),
    }
}

/// Microseconds as milliseconds.
pub(crate) fn ms(us: u64) -> f64 {
    us as f64 / 1000.0
}

/// How a measurement spread, in microseconds, by nearest rank: each is a value that was measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Spread {
    pub p50: u64,
    pub p95: u64,
    pub max: u64,
    /// How many values there are.
    pub count: usize,
}

impl Spread {
    /// Of some values; nothing was measured where there are none.
    pub fn of(values: impl Iterator<Item = u64>) -> Option<Spread> {
        let mut values: Vec<u64> = values.collect();
        values.sort_unstable();
        let max = *values.last()?;
        let count = values.len();
        let rank = |percent: usize| values[(count * percent).div_ceil(100).max(1) - 1];
        Some(Spread {
            p50: rank(50),
            p95: rank(95),
            max,
            count,
        })
    }
}

/// What the rounds of a conversation measured: connect, first byte, handshake and tools/list.
pub(crate) fn rounds(probe: &Probe) -> [(&'static str, Option<Spread>); 4] {
    let spread = |of: fn(&Round) -> Option<u64>| Spread::of(probe.rounds.iter().filter_map(of));
    [
        ("connect", spread(|round| round.connect_us)),
        ("first byte", spread(|round| round.first_byte_us)),
        (handshake(probe), spread(|round| round.handshake_us)),
        ("tools/list", spread(|round| round.tools_us)),
    ]
}

/// The method of the handshake that worked.
pub(crate) fn handshake(probe: &Probe) -> &'static str {
    let answered = |exchange: &&crate::fact::Exchange| {
        let message = exchange.message();
        message.is_some_and(|message| matches!(message.reply, Reply::Result(_)))
    };
    let of_purpose = probe
        .exchanges
        .iter()
        .filter(answered)
        .find_map(|exchange| match exchange.purpose {
            Purpose::Discover | Purpose::Retry => Some("server/discover"),
            Purpose::Initialize(_) => Some("initialize"),
            _ => None,
        });
    of_purpose.unwrap_or("handshake")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_is_made_of_values_that_were_measured() {
        assert_eq!(Spread::of(std::iter::empty()), None);
        let spread = |values: &[u64]| Spread::of(values.iter().copied()).expect("values");
        let one = spread(&[7]);
        assert_eq!((one.p50, one.p95, one.max, one.count), (7, 7, 7, 1));
        let hundred: Vec<u64> = (1..=100).rev().collect();
        let hundred = spread(&hundred);
        assert_eq!((hundred.p50, hundred.p95, hundred.max), (50, 95, 100));
        let ten: Vec<u64> = (1..=10).collect();
        assert_eq!(spread(&ten).p95, 10);
    }

    #[test]
    fn times_have_two_figures_or_more() {
        for (us, words) in [
            (0, "0.0 ms"),
            (180, "0.2 ms"),
            (9_949, "9.9 ms"),
            (9_950, "10 ms"),
            (999_499, "999 ms"),
            (999_500, "1.0 s"),
            (30_000_000, "30.0 s"),
        ] {
            assert_eq!(time(us), words);
        }
    }
}
