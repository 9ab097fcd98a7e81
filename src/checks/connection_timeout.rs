//! connection-timeout: no connection comes about in time, or there is no way to the address.

use core::net::{IpAddr, SocketAddr};

use crate::change::Fix;
use crate::check::wire::{behind, time};
use crate::check::{Case, Check, Findings, Need, Severity};
use crate::wire::Kind;

pub(super) static CHECK: Check = Check {
    id: "connection-timeout",
    severity: Severity::Error,
    needs: &[Need::Wire],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/connection-timeout.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    for (probed, trouble) in case.troubles(CHECK.id) {
        let Kind::ConnectionTimeout {
            host,
            port,
            addresses,
            no_route,
            waited_ms,
        } = &trouble.kind
        else {
            continue;
        };
        let place = format!("{host}{}", behind(host, addresses));
        let what = match no_route {
            true => format!(
                "this machine knows no way to {place}: join its network or VPN, or correct the address"
            ),
            false => format!(
                "no connection to port {port} of {place} came about in {}: a firewall drops it, or the machine is \
                 not there; open the port or correct the address",
                time(*waited_ms)
            ),
        };
        let finding = probed.finding(trouble, probed.but(what)).says(match no_route {
            true => "no way there",
            false => "no connection in time",
        });
        findings.add_for(trouble, finding.fix(mend(host, *port, addresses)));
    }
}

fn mend(host: &str, port: u16, addresses: &[SocketAddr]) -> Fix {
    if addresses.iter().any(|address| is_of_docker(address.ip())) {
        return Fix::manual(
            "publish the port instead of calling a container by its address, which also changes with every start",
            format!("ports:\n  - \"127.0.0.1:{port}:{port}\"\n# and call http://localhost:{port}"),
        );
    }
    Fix::manual(
        "try it from the server's own machine: what works there is kept out by a firewall",
        format!("mcpdoc probe http://localhost:{port}/mcp   # on {host}"),
    )
}

/// The addresses that Docker gives containers unless it is told others: 172.16.0.0/12.
fn is_of_docker(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            let [first, second, ..] = address.octets();
            first == 172 && (16..32).contains(&second)
        }
        IpAddr::V6(_) => false,
    }
}
