//! Names and services, on engines that tests write by hand.

use core::net::IpAddr;
use std::collections::BTreeMap;

use super::*;
use crate::fact::{
    Binding, Container, Engine, EngineKind, Joined, Known, Locality, Net, Status, Unknown,
};

fn engine(containers: Vec<Container>) -> Engine {
    Engine {
        endpoint: "unix:///var/run/docker.sock".to_owned(),
        kind: EngineKind::Linux,
        version: None,
        api: None,
        locality: Locality::Here,
        enter: Known::No(Unknown::NotAsked),
        containers,
        networks: vec![Net {
            id: "id-of-front".to_owned(),
            name: "front".to_owned(),
            driver: "bridge".to_owned(),
            internal: false,
            labels: BTreeMap::new(),
            gateways: vec![ip("172.20.0.1")],
        }],
        images: Vec::new(),
        gaps: Vec::new(),
    }
}

fn ip(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

/// A container on networks, with its address on each.
fn container(name: &str, networks: &[(&str, &str)]) -> Container {
    let joined = networks.iter().map(|(network, address)| Joined {
        name: (*network).to_owned(),
        id: format!("id-of-{network}"),
        addresses: vec![ip(address)],
        aliases: Vec::new(),
        dns_names: Vec::new(),
        gateway: None,
    });
    Container {
        hostname: name.chars().rev().collect(),
        network_mode: networks.first().map_or("none", |(name, _)| name).to_owned(),
        networks: joined.collect(),
        ..Container::blank(name)
    }
}

/// The caller `gw` on `front`, `db` on `front` and `back`, `far` on `back` alone, `old` on the default bridge.
fn usual() -> Engine {
    let mut db = container("db", &[("front", "172.20.0.3"), ("back", "172.21.0.3")]);
    db.networks[0].aliases = vec!["mcp-postgres".to_owned()];
    db.networks[1].aliases = vec!["only-back".to_owned()];
    db.published = vec![Binding {
        port: 8000,
        host_ip: String::new(),
        host_port: Some(48010),
    }];
    engine(vec![
        container("gw", &[("front", "172.20.0.2")]),
        db,
        container("far", &[("back", "172.21.0.4")]),
        container("old", &[("bridge", "172.17.0.2")]),
    ])
}

fn met(container: usize, network: &str, address: &str) -> Found {
    Found::Containers(vec![Met {
        container,
        network: network.to_owned(),
        address: Some(ip(address)),
    }])
}

fn apart(container: usize) -> Found {
    Found::Nobody(Nobody {
        apart: vec![container],
        ..Nobody::default()
    })
}

#[test]
fn every_name_of_a_container_leads_to_it_on_a_shared_network_alone() {
    let engine = usual();
    let db = met(1, "front", "172.20.0.3");
    let short = engine.containers[1].short_id().to_owned();
    for host in [
        "db",
        "DB",
        "mcp-postgres",
        &short,
        "db.front",
        "mcp-postgres.front",
    ] {
        assert_eq!(look_up(&engine, 0, host, 8000), Some(db.clone()), "{host}");
    }
    for host in ["only-back", "db.back"] {
        assert_eq!(look_up(&engine, 0, host, 8000), Some(apart(1)), "{host}");
    }
    assert_eq!(look_up(&engine, 0, "far", 8000), Some(apart(2)));
    assert_eq!(
        look_up(&engine, 0, "nobody", 80),
        Some(Found::Nobody(Nobody::default()))
    );
    assert_eq!(
        look_up(&engine, 0, "api.example.com", 443),
        Some(Found::Elsewhere)
    );
}

#[test]
fn names_that_a_newer_engine_lists_count() {
    let mut engine = usual();
    engine.containers[1].networks[0].dns_names = vec!["from-dns".to_owned()];
    let found = look_up(&engine, 0, "from-dns", 1);
    assert_eq!(found, Some(met(1, "front", "172.20.0.3")));
}

#[test]
fn a_container_finds_itself_by_its_own_names_and_loopback() {
    let engine = usual();
    for host in [
        "localhost",
        "127.0.0.1",
        "::1",
        "0.0.0.0",
        "gw",
        "wg",
        "172.20.0.2",
    ] {
        assert_eq!(look_up(&engine, 0, host, 1), Some(Found::Own), "{host}");
    }
}

#[test]
fn a_name_is_there_only_while_its_container_runs() {
    let mut engine = usual();
    engine.containers[1].state.status = Status::Exited;
    let stopped = Found::Nobody(Nobody {
        stopped: vec![1],
        ..Nobody::default()
    });
    assert_eq!(look_up(&engine, 0, "mcp-postgres", 1), Some(stopped));
    engine.containers[1].state.status = Status::Paused;
    let found = look_up(&engine, 0, "mcp-postgres", 1);
    assert_eq!(found, Some(met(1, "front", "172.20.0.3")));
}

#[test]
fn the_default_bridge_has_no_names_but_addresses() {
    let mut engine = usual();
    engine.containers[0] = container("gw", &[("bridge", "172.17.0.9")]);
    let Some(Found::Nobody(nobody)) = look_up(&engine, 0, "old", 1) else {
        panic!("somebody");
    };
    assert_eq!(nobody.apart, [3]);
    assert!(nobody.without_names.is_some());
    let found = look_up(&engine, 0, "172.17.0.2", 1);
    assert_eq!(found, Some(met(3, "bridge", "172.17.0.2")));
}

#[test]
fn addresses_lead_to_containers_of_shared_networks_to_the_machine_and_elsewhere() {
    let engine = usual();
    let found = |host: &str, port| look_up(&engine, 0, host, port).expect("known");
    assert_eq!(found("172.20.0.3", 1), met(1, "front", "172.20.0.3"));
    assert_eq!(found("172.21.0.3", 1), apart(1));
    assert_eq!(found("172.20.0.1", 48010), Found::Machine(Some(1)));
    assert_eq!(found("172.20.0.1", 1), Found::Machine(None));
    assert_eq!(found("10.1.2.3", 1), Found::Elsewhere);
}

#[test]
fn extra_hosts_go_first() {
    let mut engine = usual();
    let entry = |name: &str, address: &str| (name.to_owned(), address.to_owned());
    engine.containers[0].extra_hosts = vec![
        entry("host.docker.internal", "host-gateway"),
        entry("db", "10.0.0.9"),
        entry("pg", "172.20.0.3"),
    ];
    let found = |host: &str| look_up(&engine, 0, host, 48010).expect("known");
    assert_eq!(found("Host.docker.internal"), Found::Machine(Some(1)));
    assert_eq!(found("db"), Found::Elsewhere);
    assert_eq!(found("pg"), met(1, "front", "172.20.0.3"));
}

#[test]
fn host_docker_internal_is_known_where_the_engine_gives_it() {
    let mut engine = usual();
    for (kind, name, known) in [
        (EngineKind::Linux, "host.docker.internal", false),
        (EngineKind::Rootless, "host.docker.internal", false),
        (EngineKind::Desktop, "host.docker.internal", true),
        (EngineKind::Podman, "host.containers.internal", true),
    ] {
        engine.kind = kind;
        let found = look_up(&engine, 0, name, 1);
        assert_eq!(found == Some(Found::Machine(None)), known, "{kind:?}");
    }
}

#[test]
fn other_network_modes() {
    let mut engine = usual();
    engine.containers[0].network_mode = "host".to_owned();
    assert_eq!(look_up(&engine, 0, "db", 1), None);
    engine.containers[0].network_mode = "none".to_owned();
    engine.containers[0].networks.clear();
    assert!(matches!(
        look_up(&engine, 0, "db", 1),
        Some(Found::Nobody(_))
    ));
    assert_eq!(look_up(&engine, 0, "127.0.0.1", 1), Some(Found::Own));
    // In the network of another container the names of that one's networks hold.
    engine.containers[0].network_mode = format!("container:{}", engine.containers[1].id);
    assert_eq!(place(&engine, 0), Place::Of(1));
    assert_eq!(look_up(&engine, 0, "localhost", 1), Some(Found::Own));
    assert_eq!(
        look_up(&engine, 0, "far", 1),
        Some(met(2, "back", "172.21.0.4"))
    );
    engine.containers[0].network_mode = "container:gone".to_owned();
    assert_eq!(place(&engine, 0), Place::Unknown);
    let own = engine.containers[0].id.clone();
    engine.containers[0].network_mode = format!("container:{own}");
    assert_eq!(place(&engine, 0), Place::Unknown, "it ends");
}

#[test]
fn several_containers_may_share_a_name() {
    let mut engine = usual();
    let mut second = container("db-2", &[("front", "172.20.0.7")]);
    second.networks[0].aliases = vec!["mcp-postgres".to_owned()];
    engine.containers.push(second);
    let Some(Found::Containers(met)) = look_up(&engine, 0, "mcp-postgres", 1) else {
        panic!("nobody");
    };
    let numbers: Vec<usize> = met.iter().map(|met| met.container).collect();
    assert_eq!(numbers, [1, 4]);
}
