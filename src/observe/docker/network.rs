//! A network, from what the engine says of it.

use std::net::IpAddr;

use bollard::models::Network;

use crate::fact::Net;

/// What the engine says of a network.
pub(super) fn net(network: Network) -> Net {
    let ranges = network.ipam.and_then(|ipam| ipam.config);
    let gateways = ranges.unwrap_or_default().into_iter();
    Net {
        id: network.id.unwrap_or_default(),
        name: network.name.unwrap_or_default(),
        driver: network.driver.unwrap_or_default(),
        internal: network.internal.unwrap_or_default(),
        labels: network.labels.unwrap_or_default().into_iter().collect(),
        gateways: gateways
            .filter_map(|range| address(range.gateway.as_deref()))
            .collect(),
    }
}

/// An address, where there is one; some engines write its range behind it.
pub(super) fn address(text: Option<&str>) -> Option<IpAddr> {
    let text = text?.trim();
    let text = text.split_once('/').map_or(text, |(address, _)| address);
    text.parse().ok()
}
