//! Processes of containers on this machine. A number of a process means somebody else once it has ended, and on another
//! machine: whatever is done with one, it is first seen to be the container's.

/// Whether a process is of a container, by its control groups: runtimes name them after its id.
#[cfg(any(target_os = "linux", test))]
pub(super) fn is_of(groups: &[u8], id: &str) -> bool {
    !id.is_empty() && String::from_utf8_lossy(groups).contains(id)
}

#[cfg(target_os = "linux")]
pub(super) use linux::signal;

#[cfg(target_os = "linux")]
mod linux {
    use rustix::process::{Pid, Signal, getpgid, kill_process, kill_process_group};

    use super::is_of;

    /// Signals a process of a container, and its group where it leads one; whether that is possible.
    pub(in crate::observe) fn signal(id: &str, pid: u32, kills: bool) -> bool {
        let signal = match kills {
            true => Signal::KILL,
            false => Signal::TERM,
        };
        let groups = std::fs::read(format!("/proc/{pid}/cgroup"));
        let number = i32::try_from(pid).ok().and_then(Pid::from_raw);
        let (Ok(groups), Some(number)) = (groups, number) else {
            return false;
        };
        if !is_of(&groups, id) {
            return false;
        }
        let leads = getpgid(Some(number)).is_ok_and(|group| group == number);
        match leads {
            true => kill_process_group(number, signal).is_ok(),
            false => kill_process(number, signal).is_ok(),
        }
    }
}

/// Signals a process of a container; whether that is possible.
#[cfg(not(target_os = "linux"))]
pub(super) fn signal(_id: &str, _pid: u32, _kills: bool) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::is_of;

    #[test]
    fn a_process_is_of_the_container_that_its_groups_name() {
        let id = "18c5e78e18bdfaed56cc52f6bd6c1260dbb05000bb58d600ca6d078ef0f9b2fa";
        for groups in [
            format!("9:name=systemd:/docker/{id}\n8:pids:/docker/{id}\n"),
            format!("0::/system.slice/docker-{id}.scope\n"),
            format!("0::/machine.slice/libpod-{id}.scope/container\n"),
        ] {
            assert!(is_of(groups.as_bytes(), id), "{groups}");
            assert!(!is_of(groups.as_bytes(), ""), "{groups}");
        }
        assert!(!is_of(b"0::/init.scope\n", id));
    }
}
