//! Whether this process runs in mcpdoc's own image, and what it cannot see from there: no client runs beside it.

use std::fs;
use std::path::Path;

use crate::observe;
use crate::plan::Apart;

/// What the image sets. A container of somebody else's may well be the one that the clients run in.
const MARK: &str = "MCPDOC_IMAGE";

/// What this process has in common with where the clients run, if it is apart from them.
pub(super) fn apart() -> Option<Apart> {
    std::env::var_os(MARK)?;
    Some(Apart {
        network: !has_own_network(Path::new("/sys/class/net")),
        authorities: observe::knows_authorities(),
    })
}

/// The interfaces of a container's network are ends of something whose other end is elsewhere. Among those of a machine
/// there are some that are whole.
fn has_own_network(interfaces: &Path) -> bool {
    let Ok(entries) = fs::read_dir(interfaces) else {
        return true;
    };
    let mut entries = entries.flatten().filter(|entry| entry.file_name() != "lo");
    !entries.any(|entry| {
        let number = |name: &str| fs::read_to_string(entry.path().join(name)).ok();
        number("ifindex").is_some_and(|own| number("iflink").is_some_and(|peer| own == peer))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_of_its_own_has_only_ends() {
        let folder = tempfile::tempdir().expect("a folder");
        let add = |name: &str, own: &str, peer: &str| {
            let interface = folder.path().join(name);
            fs::create_dir(&interface).expect("a folder");
            fs::write(interface.join("ifindex"), own).expect("a file");
            fs::write(interface.join("iflink"), peer).expect("a file");
        };
        add("lo", "1\n", "1\n");
        assert!(has_own_network(folder.path()));
        add("eth0", "4\n", "17\n");
        assert!(has_own_network(folder.path()));
        add("docker0", "5\n", "5\n");
        assert!(!has_own_network(folder.path()));
    }
}
