//! The networks of containers, entered from this process.

use std::path::Path;

use crate::fact::{Known, Unknown};

/// Does `work` in a network, on a thread of its own: nothing else of this process moves.
#[cfg(target_os = "linux")]
pub(super) fn within<T: Send>(
    network: &Path,
    work: impl FnOnce() -> std::io::Result<T> + Send,
) -> std::io::Result<T> {
    use std::fs::File;
    use std::os::fd::AsFd as _;

    use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

    let enter = || {
        let network = File::open(network)?;
        move_into_link_name_space(network.as_fd(), Some(LinkNameSpaceType::Network))?;
        work()
    };
    let done = std::thread::scope(|scope| scope.spawn(enter).join());
    done.unwrap_or_else(|_| Err(std::io::Error::other("it broke off")))
}

/// Whether a network can be entered.
#[cfg(target_os = "linux")]
pub(super) fn attempt(network: &Path) -> Known<()> {
    let shown = network.display();
    match within(network, || Ok(())) {
        Ok(()) => Known::Yes(()),
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
            Known::No(Unknown::Denied(format!(
                "entering a container's network ({shown}) is refused: it needs root"
            )))
        }
        Err(error) => Known::No(Unknown::Failed(format!("{shown}: {}", error.kind()))),
    }
}

/// Only Linux has such networks.
#[cfg(not(target_os = "linux"))]
pub(super) fn attempt(_: &Path) -> Known<()> {
    Known::No(Unknown::Unreachable)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_network_cannot_be_entered() {
        assert!(matches!(
            attempt(Path::new("/proc/self/ns/none")),
            Known::No(Unknown::Failed(_))
        ));
    }

    #[test]
    fn its_own_network_is_entered_or_refused() {
        let answer = attempt(Path::new("/proc/self/ns/net"));
        assert!(
            matches!(answer, Known::Yes(()) | Known::No(Unknown::Denied(_))),
            "{answer:?}"
        );
    }
}
