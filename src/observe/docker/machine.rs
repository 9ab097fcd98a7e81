//! What this machine's `/proc` says of processes and addresses. Linux alone has it; elsewhere nothing is there.

use std::fs::File;
use std::io::{self, Read as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};

use super::listeners;

/// A machine, by its `/proc`.
#[derive(Debug)]
pub(super) struct Machine {
    proc: PathBuf,
}

/// How the kernel marks a mounted file that has no name any more.
pub(super) const GONE: &str = "//deleted";

/// A path of a table of mounts: blanks and the like stand there as octal numbers.
fn unescaped(word: &str) -> String {
    let codes = [
        ("\\040", " "),
        ("\\011", "\t"),
        ("\\012", "\n"),
        ("\\134", "\\"),
    ];
    codes.iter().fold(word.to_owned(), |word, (code, text)| {
        word.replace(code, text)
    })
}

/// More of a file of `/proc` is not read. Sockets that listen come first in theirs.
const MOST: u64 = 4 * 1024 * 1024;

impl Machine {
    /// This one.
    pub fn here() -> Machine {
        Machine::at("/proc")
    }

    pub fn at(proc: impl Into<PathBuf>) -> Machine {
        Machine { proc: proc.into() }
    }

    /// Whether a process belongs to a container: its control groups bear the container's id, whichever their version
    /// and whoever made them (`/docker/ID`, `docker-ID.scope`, `libpod-ID.scope`).
    pub fn owns(&self, pid: u32, container: &str) -> bool {
        let is_id = container.len() == 64 && container.bytes().all(|b| b.is_ascii_hexdigit());
        let groups = self.text(format!("{pid}/cgroup"));
        is_id && groups.is_ok_and(|groups| groups.contains(container))
    }

    /// TCP sockets that listen in a process's network, without the engine's own.
    pub fn listeners(&self, pid: u32) -> io::Result<Vec<SocketAddr>> {
        let mut text = self.sockets(pid, "tcp", "sockstat", "TCP:")?;
        // Without version 6 there is no such file.
        let six = self.sockets(pid, "tcp6", "sockstat6", "TCP6:");
        text.push_str(&six.unwrap_or_default());
        Ok(listeners::listeners(&text))
    }

    /// A table of sockets; nothing where there are none. Writing one the kernel searches a table of the whole machine,
    /// which takes longer than everything else that is asked of a container.
    fn sockets(&self, pid: u32, table: &str, count: &str, label: &str) -> io::Result<String> {
        let count = || {
            let text = self.text(format!("{pid}/net/{count}")).ok()?;
            listeners::in_use(&text, label)
        };
        // Twice: the kernel adds up what its processors counted, while they go on.
        if count() == Some(0) && count() == Some(0) {
            return Ok(String::new());
        }
        self.text(format!("{pid}/net/{table}"))
    }

    /// The addresses of its interfaces.
    pub fn addresses(&self) -> Vec<IpAddr> {
        let four = self.text("net/fib_trie").unwrap_or_default();
        let six = self.text("net/if_inet6").unwrap_or_default();
        let four = addresses_4(&four).map(IpAddr::V4);
        four.chain(addresses_6(&six).map(IpAddr::V6)).collect()
    }

    /// The files of this machine that are mounted for a process, by where they are for it. One that is gone here, or that
    /// another took the place of, ends in [`GONE`].
    pub fn mounted(&self, pid: u32) -> io::Result<Vec<(String, String)>> {
        let text = self.text(format!("{pid}/mountinfo"))?;
        let mounts = text.lines().filter_map(|line| {
            // Number, parent, device, what of the device, where.
            let mut words = line.split(' ').skip(3);
            Some((unescaped(words.next()?), unescaped(words.next()?)))
        });
        Ok(mounts.collect())
    }

    /// The network that a process is in.
    pub fn network(&self, pid: u32) -> PathBuf {
        self.proc.join(format!("{pid}/ns/net"))
    }

    fn text(&self, path: impl AsRef<Path>) -> io::Result<String> {
        let mut text = String::new();
        let file = File::open(self.proc.join(path))?;
        file.take(MOST).read_to_string(&mut text)?;
        Ok(text)
    }
}

/// Lines such as `|-- 172.17.0.1` that are followed by `/32 host LOCAL`.
fn addresses_4(trie: &str) -> impl Iterator<Item = Ipv4Addr> {
    let pairs = trie.lines().zip(trie.lines().skip(1));
    let local = pairs.filter(|(_, next)| next.trim() == "/32 host LOCAL");
    local.filter_map(|(line, _)| line.trim().strip_prefix("|-- ")?.parse().ok())
}

/// Lines that begin with 32 digits.
fn addresses_6(table: &str) -> impl Iterator<Item = Ipv6Addr> {
    table.lines().filter_map(|line| {
        let digits = line.split_ascii_whitespace().next()?;
        let is_whole = digits.len() == 32;
        is_whole
            .then(|| u128::from_str_radix(digits, 16).ok())
            .flatten()
            .map(Ipv6Addr::from)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    const TRIE: &str = "Main:
  +-- 0.0.0.0/0 3 0 5
     +-- 172.17.0.0/16 2 0 2
        +-- 172.17.0.0/31 1 0 0
           |-- 172.17.0.0
              /16 link UNICAST
           |-- 172.17.0.1
              /32 host LOCAL
        |-- 172.17.255.255
           /32 link BROADCAST
Local:
     |-- 127.0.0.1
        /32 host LOCAL
";
    const SIX: &str = "00000000000000000000000000000001 01 80 10 80       lo
fe80000000000000ec6d2bfffe000001 02 40 20 80     eth0
rubbish
";

    #[test]
    fn addresses_of_interfaces_are_read() {
        let four: Vec<String> = addresses_4(TRIE).map(|one| one.to_string()).collect();
        assert_eq!(four, ["172.17.0.1", "127.0.0.1"]);
        let six: Vec<String> = addresses_6(SIX).map(|one| one.to_string()).collect();
        assert_eq!(six, ["::1", "fe80::ec6d:2bff:fe00:1"]);
    }

    #[test]
    fn control_groups_name_their_container() {
        let id = "0123456789abcdef".repeat(4);
        let other = "f".repeat(64);
        let dir = tempfile::tempdir().expect("a folder");
        let machine = Machine::at(dir.path());
        let mut pid = 0;
        let mut owns = |groups: &str, container: &str| {
            pid += 1;
            let home = dir.path().join(pid.to_string());
            fs::create_dir(&home).expect("a folder");
            fs::write(home.join("cgroup"), groups).expect("a file");
            machine.owns(pid, container)
        };
        let one = format!("12:pids:/docker/{id}\n0::/system.slice/docker.service\n");
        assert!(owns(&one, &id));
        assert!(!owns(&one, &other));
        assert!(owns(&format!("0::/system.slice/docker-{id}.scope\n"), &id));
        assert!(owns(&format!("0::/../../docker-{id}.scope\n"), &id));
        assert!(owns(
            &format!("0::/machine.slice/libpod-{id}.scope/container\n"),
            &id
        ));
        assert!(!owns("0::/\n", &id));
        assert!(!owns("0::/\n", ""));
        assert!(!machine.owns(9_999, &id));
    }

    #[test]
    fn listeners_of_both_versions_are_read_and_version_6_may_be_missing() {
        let dir = tempfile::tempdir().expect("a folder");
        let machine = Machine::at(dir.path());
        assert!(machine.listeners(7).is_err());
        fs::create_dir_all(dir.path().join("7/net")).expect("a folder");
        fs::write(
            dir.path().join("7/net/tcp"),
            "0: 00000000:1F40 00000000:0000 0A\n",
        )
        .expect("a file");
        assert_eq!(machine.listeners(7).expect("sockets").len(), 1);
    }

    #[test]
    fn a_table_is_read_unless_it_is_said_to_be_empty() {
        let dir = tempfile::tempdir().expect("a folder");
        let machine = Machine::at(dir.path());
        let net = dir.path().join("7/net");
        fs::create_dir_all(&net).expect("a folder");
        fs::write(net.join("tcp"), "0: 00000000:1F40 00000000:0000 0A\n").expect("a file");
        let found = |counted: &str| {
            fs::write(net.join("sockstat"), counted).expect("a file");
            machine.listeners(7).expect("sockets").len()
        };
        assert_eq!(found("TCP: inuse 0 orphan 0\n"), 0);
        assert_eq!(found("TCP: inuse 1 orphan 0\n"), 1);
        assert_eq!(found("rubbish"), 1);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn what_this_process_listens_on_is_found() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let found = Machine::here().listeners(std::process::id());
        assert!(found.expect("sockets").contains(&address));
    }
}
