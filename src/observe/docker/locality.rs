//! Whether an engine runs on this machine. Process numbers and addresses of containers mean something here only then,
//! and credentials are sent to containers only then: without proof the answer is no.

use super::endpoint::Address;
use super::machine::Machine;
use crate::fact::{Container, EngineKind, Locality, Net};

/// Proves it by one running container: its first process is here and belongs to it, and this machine has an address in
/// one of the engine's networks. A socket alone proves nothing: it may have been forwarded.
pub(super) fn prove(
    address: &Address,
    kind: EngineKind,
    containers: &[Container],
    networks: &[Net],
    machine: &Machine,
) -> Locality {
    let not = |why: &str| Locality::NotProved(why.to_owned());
    match address {
        Address::Socket(_) => {}
        other => return Locality::NotProved(format!("{other} is no unix socket")),
    }
    if kind == EngineKind::Desktop {
        return not("Docker Desktop runs containers in a virtual machine");
    }
    let mut running = containers.iter().filter(|one| one.state.pid.is_some());
    let Some(first) = running.clone().next() else {
        return not("no container is running by which it could be proved");
    };
    let mine = |one: &Container| one.state.pid.is_some_and(|pid| machine.owns(pid, &one.id));
    if !running.any(mine) {
        let pid = first.state.pid.unwrap_or_default();
        return Locality::NotProved(format!(
            "process {pid} of this machine is not that of the container {}",
            first.name
        ));
    }
    let here = machine.addresses();
    let given = networks.iter().flat_map(|network| &network.gateways);
    let joined = containers.iter().flat_map(|one| &one.networks);
    let joined = joined.filter_map(|one| one.gateway.as_ref());
    match given.chain(joined).any(|gateway| here.contains(gateway)) {
        true => Locality::Here,
        false => not("this machine has no address in any of its networks"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observe::docker::container::tests::container;
    use std::fs;

    /// A machine where process 7 belongs to the container `a…`, with the address 172.17.0.1.
    fn machine() -> (tempfile::TempDir, Machine) {
        let dir = tempfile::tempdir().expect("a folder");
        let write = |path: &str, text: &str| {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            fs::write(path, text).expect("a file");
        };
        write(
            "7/cgroup",
            &format!("0::/docker-{}.scope\n", "a".repeat(64)),
        );
        write("8/cgroup", "0::/init.scope\n");
        write("net/fib_trie", "|-- 172.17.0.1\n/32 host LOCAL\n");
        let machine = Machine::at(dir.path());
        (dir, machine)
    }

    fn net(gateway: &str) -> Net {
        Net {
            id: "n".to_owned(),
            name: "bridge".to_owned(),
            driver: "bridge".to_owned(),
            internal: false,
            labels: Default::default(),
            gateways: vec![gateway.parse().expect("an address")],
        }
    }

    #[test]
    fn one_running_container_and_one_gateway_prove_it() {
        let (_dir, machine) = machine();
        let socket = Address::Socket("/var/run/docker.sock".into());
        let mine = || container("a", Some(7));
        let here = [net("172.17.0.1")];
        let prove = |address: &Address, kind, containers: &[Container], networks: &[Net]| {
            super::prove(address, kind, containers, networks, &machine)
        };
        let linux = EngineKind::Linux;
        let stopped = container("b", None);
        let foreign = container("b", Some(8));
        let gone = container("c", Some(9));
        for kind in [linux, EngineKind::Podman, EngineKind::Rootless] {
            let all = [stopped.clone(), foreign.clone(), mine()];
            assert_eq!(prove(&socket, kind, &all, &here), Locality::Here);
        }
        let not = |locality: Locality, words: &str| match locality {
            Locality::NotProved(why) => assert!(why.contains(words), "{why}"),
            Locality::Here => panic!("proved, though {words}"),
        };
        not(
            prove(&socket, linux, &[stopped], &here),
            "no container is running",
        );
        not(prove(&socket, linux, &[foreign, gone], &here), "process 8");
        not(
            prove(&socket, linux, &[mine()], &[net("10.1.1.1")]),
            "no address",
        );
        not(
            prove(&socket, EngineKind::Desktop, &[mine()], &here),
            "virtual",
        );
        let tcp = Address::Tcp("127.0.0.1:2375".to_owned(), None);
        not(prove(&tcp, linux, &[mine()], &here), "no unix socket");
    }
}
