//! One question to one name server: the addresses of a whole name.

use std::hash::{BuildHasher, RandomState};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use simple_dns::rdata::RData;
use simple_dns::{CLASS, Name, Packet, PacketFlag, Question, RCODE, TYPE};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::{Duration, Instant, timeout_at};

/// The port of name servers.
const PORT: u16 = 53;
/// The largest answer over UDP.
const DATAGRAM: usize = 4 * 1024;
/// How long the other kind of address is waited for once there is one.
const GRACE: Duration = Duration::from_millis(300);

/// Why there is no address.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Lack {
    /// There is no such name.
    NoName,
    /// There is, without an address.
    NoAddress,
    /// The server could not tell, in the words of the protocol.
    Failed(&'static str),
    /// No answer in time.
    Silent,
    /// There is no way to the server.
    Unreachable(String),
    /// There is no server to ask.
    NoServer,
    /// It is longer than names may be, or has an empty part.
    NotAName,
}

impl Lack {
    /// Whether no other server needs to be asked.
    pub fn is_answer(&self) -> bool {
        matches!(self, Lack::NoName | Lack::NoAddress | Lack::NotAName)
    }

    /// Whether no other name needs to be asked for.
    pub fn is_silence(&self) -> bool {
        matches!(self, Lack::Silent | Lack::Unreachable(_) | Lack::NoServer)
    }

    /// Which of several is told.
    pub fn weight(&self) -> u8 {
        match self {
            Lack::NotAName => 0,
            Lack::NoName => 1,
            Lack::Failed(_) => 2,
            Lack::NoAddress => 3,
            Lack::Silent | Lack::Unreachable(_) | Lack::NoServer => 4,
        }
    }
}

/// A question for one kind of address.
struct Query {
    id: u16,
    bytes: Vec<u8>,
}

/// What an answer brings.
type Answer = Result<Vec<IpAddr>, Lack>;

/// Asks for addresses of both kinds at once. Those of IPv4 come first: within containers' networks the other kind is
/// mostly of unique local addresses, to which every C library prefers them.
pub(super) async fn ask(server: IpAddr, name: &str, until: Instant) -> Answer {
    let id = random();
    let queries = [
        Query::new(id, name, TYPE::A)?,
        Query::new(id.wrapping_add(1), name, TYPE::AAAA)?,
    ];
    let server = SocketAddr::new(server, PORT);
    let mut answers = [None, None];
    let asked = ask_both(server, &queries, &mut answers, until).await;
    let mut addresses = Vec::new();
    let mut lacks = Vec::new();
    for answer in answers.into_iter().flatten() {
        match answer {
            Ok(found) => addresses.extend(found),
            Err(lack) => lacks.push(lack),
        }
    }
    match (addresses.is_empty(), lacks.into_iter().next(), asked) {
        (false, _, _) => Ok(addresses),
        (true, Some(lack), _) => Err(lack),
        (true, None, Err(error)) => Err(Lack::Unreachable(words(&error))),
        (true, None, Ok(())) => Err(Lack::Silent),
    }
}

async fn ask_both(
    server: SocketAddr,
    queries: &[Query; 2],
    answers: &mut [Option<Answer>; 2],
    until: Instant,
) -> io::Result<()> {
    let own: IpAddr = match server.is_ipv4() {
        true => Ipv4Addr::UNSPECIFIED.into(),
        false => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind((own, 0)).await?;
    socket.connect(server).await?;
    for query in queries {
        socket.send(&query.bytes).await?;
    }
    let mut until = until;
    let mut bytes = vec![0; DATAGRAM];
    while answers.iter().any(Option::is_none) {
        let Ok(received) = timeout_at(until, socket.recv(&mut bytes)).await else {
            return Ok(());
        };
        let size = received?;
        let Some((number, reply)) = read(&bytes[..size], queries) else {
            continue;
        };
        let answer = match reply {
            Reply::Whole(answer) => answer,
            Reply::Cut => match timeout_at(until, over_tcp(server, &queries[number])).await {
                Ok(Some(answer)) => answer,
                Ok(None) | Err(_) => Err(Lack::Silent),
            },
        };
        match &answer {
            Err(Lack::NoName) => until = Instant::now(),
            Ok(_) => until = until.min(Instant::now() + GRACE),
            Err(_) => {}
        }
        answers[number] = Some(answer);
    }
    Ok(())
}

/// The same question on a connection, for an answer that is too large for a datagram.
async fn over_tcp(server: SocketAddr, query: &Query) -> Option<Answer> {
    let mut stream = TcpStream::connect(server).await.ok()?;
    let size = u16::try_from(query.bytes.len()).ok()?;
    stream.write_all(&size.to_be_bytes()).await.ok()?;
    stream.write_all(&query.bytes).await.ok()?;
    let size = stream.read_u16().await.ok()?;
    let mut bytes = vec![0; usize::from(size)];
    stream.read_exact(&mut bytes).await.ok()?;
    match read(&bytes, core::slice::from_ref(query))? {
        (_, Reply::Whole(answer)) => Some(answer),
        (_, Reply::Cut) => None,
    }
}

impl Query {
    fn new(id: u16, name: &str, kind: TYPE) -> Result<Query, Lack> {
        if name.split('.').any(str::is_empty) {
            return Err(Lack::NotAName);
        }
        let name = Name::new(name).map_err(|_| Lack::NotAName)?;
        let mut packet = Packet::new_query(id);
        packet.set_flags(PacketFlag::RECURSION_DESIRED);
        packet
            .questions
            .push(Question::new(name, kind.into(), CLASS::IN.into(), false));
        let bytes = packet.build_bytes_vec().map_err(|_| Lack::NotAName)?;
        Ok(Query { id, bytes })
    }
}

#[derive(Debug, PartialEq)]
enum Reply {
    Whole(Answer),
    /// The rest of it did not fit.
    Cut,
}

/// Which question a packet answers, and how; nothing where it answers none.
fn read(bytes: &[u8], queries: &[Query]) -> Option<(usize, Reply)> {
    let packet = Packet::parse(bytes).ok()?;
    let number = queries.iter().position(|query| query.id == packet.id())?;
    if !packet.has_flags(PacketFlag::RESPONSE) {
        return None;
    }
    if packet.has_flags(PacketFlag::TRUNCATION) {
        return Some((number, Reply::Cut));
    }
    let answer = match packet.rcode() {
        RCODE::NoError => {
            let addresses = packet.answers.iter();
            let addresses: Vec<IpAddr> = addresses.filter_map(|one| address(&one.rdata)).collect();
            match addresses.is_empty() {
                true => Err(Lack::NoAddress),
                false => Ok(addresses),
            }
        }
        RCODE::NameError => Err(Lack::NoName),
        RCODE::ServerFailure => Err(Lack::Failed("SERVFAIL")),
        RCODE::Refused => Err(Lack::Failed("REFUSED")),
        RCODE::FormatError => Err(Lack::Failed("FORMERR")),
        RCODE::NotImplemented => Err(Lack::Failed("NOTIMP")),
        _ => Err(Lack::Failed("an error that is not known")),
    };
    Some((number, Reply::Whole(answer)))
}

fn address(data: &RData<'_>) -> Option<IpAddr> {
    match data {
        RData::A(four) => Some(Ipv4Addr::from(four.address).into()),
        RData::AAAA(six) => Some(Ipv6Addr::from(six.address).into()),
        _ => None,
    }
}

/// The words of the system without its number.
fn words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "nothing listens there".to_owned(),
        _ => {
            let words = error.to_string();
            let words = words.split(" (os error").next().unwrap_or_default();
            words.to_lowercase()
        }
    }
}

/// A number that nobody can guess who does not see the question.
fn random() -> u16 {
    let [low, high, ..] = RandomState::new().hash_one(0).to_le_bytes();
    u16::from_le_bytes([low, high])
}

#[cfg(test)]
mod tests {
    use simple_dns::ResourceRecord;
    use simple_dns::rdata::{A, CNAME};

    use super::*;

    fn queries() -> [Query; 2] {
        [
            Query::new(7, "db", TYPE::A).expect("a question"),
            Query::new(8, "db", TYPE::AAAA).expect("a question"),
        ]
    }

    fn reply(change: impl FnOnce(&mut Packet<'_>)) -> Option<(usize, Reply)> {
        let mut packet = Packet::new_reply(7);
        packet.set_flags(PacketFlag::RESPONSE);
        change(&mut packet);
        read(&packet.build_bytes_vec().expect("bytes"), &queries())
    }

    fn whole(answer: Answer) -> Option<(usize, Reply)> {
        Some((0, Reply::Whole(answer)))
    }

    #[test]
    fn answers_are_read() {
        let name = || Name::new("db").expect("a name");
        let told = reply(|packet| {
            let alias = RData::CNAME(CNAME(Name::new("db.lan").expect("a name")));
            let address = RData::A(A::from(Ipv4Addr::new(10, 0, 0, 2)));
            for data in [alias, address] {
                packet
                    .answers
                    .push(ResourceRecord::new(name(), CLASS::IN, 60, data));
            }
        });
        assert_eq!(told, whole(Ok(vec![Ipv4Addr::new(10, 0, 0, 2).into()])));
        assert_eq!(reply(|_| {}), whole(Err(Lack::NoAddress)));
        let none = reply(|packet| *packet.rcode_mut() = RCODE::NameError);
        assert_eq!(none, whole(Err(Lack::NoName)));
        let failed = reply(|packet| *packet.rcode_mut() = RCODE::ServerFailure);
        assert_eq!(failed, whole(Err(Lack::Failed("SERVFAIL"))));
        let cut = reply(|packet| packet.set_flags(PacketFlag::TRUNCATION));
        assert_eq!(cut, Some((0, Reply::Cut)));
    }

    #[test]
    fn what_answers_another_question_is_passed_over() {
        let queries = queries();
        assert_eq!(read(&queries[0].bytes, &queries), None, "the question");
        assert_eq!(read(b"\x00\x07", &queries), None);
        let other = Packet::new_reply(99).build_bytes_vec().expect("bytes");
        assert_eq!(read(&other, &queries), None);
    }

    #[test]
    fn what_cannot_be_asked_is_not_asked() {
        let long = "x".repeat(64);
        for name in [long.as_str(), "a..b", ""] {
            let made = Query::new(1, name, TYPE::A).err();
            assert_eq!(made, Some(Lack::NotAName), "{name}");
        }
        assert!(Query::new(1, "mcp_postgres", TYPE::A).is_ok());
    }

    #[test]
    fn a_server_is_asked_over_udp() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.block_on(async {
            let here = UdpSocket::bind("127.0.0.1:0").await.expect("a socket");
            let server = here.local_addr().expect("its address");
            let queries = queries();
            let serve = tokio::spawn(async move {
                let mut bytes = [0; 512];
                for _ in 0..2 {
                    let (size, from) = here.recv_from(&mut bytes).await.expect("a question");
                    let mut packet = Packet::parse(&bytes[..size]).expect("a packet");
                    packet.set_flags(PacketFlag::RESPONSE);
                    *packet.rcode_mut() = RCODE::NameError;
                    let reply = packet.build_bytes_vec().expect("bytes");
                    here.send_to(&reply, from).await.expect("sent");
                }
            });
            let mut answers = [None, None];
            let until = Instant::now() + Duration::from_secs(5);
            let asked = ask_both(server, &queries, &mut answers, until).await;
            assert!(asked.is_ok());
            assert!(answers.contains(&Some(Err(Lack::NoName))), "{answers:?}");
            serve.abort();
        });
    }
}
