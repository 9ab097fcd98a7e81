//! Ports that containers publish.

use std::collections::HashMap;

use crate::source::Pointer;

/// A published port or range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    /// Address on the host; `None` means every interface.
    pub host_ip: Option<String>,
    /// Published (host) ports.
    pub published: Published,
    /// Container ports, inclusive.
    pub target: (u16, u16),
    /// `tcp` or `udp`.
    pub protocol: String,
    /// Where it is written.
    pub at: Pointer,
}

/// Which ports of the host are published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Published {
    /// These, inclusive: one for each container port.
    At(u16, u16),
    /// One of these in front of one container port; the engine chooses.
    OneOf(u16, u16),
    /// Whatever the engine chooses.
    Any,
    /// What a variable says that is not known; as written.
    Unknown(String),
}

impl Port {
    /// The published ports, if they are known.
    pub fn published(&self) -> Option<(u16, u16)> {
        match self.published {
            Published::At(from, to) => Some((from, to)),
            Published::OneOf(..) | Published::Any | Published::Unknown(_) => None,
        }
    }

    /// The pair as Compose writes it in short, without address and protocol: `48010:8686`.
    pub fn pair(&self) -> String {
        let target = range(self.target);
        match &self.published {
            Published::At(from, to) | Published::OneOf(from, to) => {
                format!("{}:{target}", range((*from, *to)))
            }
            Published::Any => target,
            Published::Unknown(written) => format!("{written}:{target}"),
        }
    }

    /// The container port behind a published port.
    pub fn target_of(&self, published: u16) -> Option<u16> {
        let (from, to) = self.published()?;
        (from..=to)
            .contains(&published)
            .then(|| self.target.0 + (published - from))
    }

    /// The published port in front of a container port.
    pub fn published_of(&self, target: u16) -> Option<u16> {
        let (from, _) = self.published()?;
        (self.target.0..=self.target.1)
            .contains(&target)
            .then(|| from + (target - self.target.0))
    }

    /// Whether it can be reached from other machines.
    pub fn on_every_interface(&self) -> bool {
        matches!(
            self.host_ip.as_deref(),
            None | Some("" | "0.0.0.0" | "::" | "[::]")
        )
    }
}

/// `8000` or `8000-8010`.
fn range((from, to): (u16, u16)) -> String {
    match from == to {
        true => from.to_string(),
        false => format!("{from}-{to}"),
    }
}

/// Values by port. A range is kept as one, however many ports are in it.
#[derive(Clone, Debug)]
pub struct ByPort<T> {
    single: HashMap<u16, Vec<T>>,
    ranges: Vec<(u16, u16, T)>,
}

impl<T> Default for ByPort<T> {
    fn default() -> ByPort<T> {
        ByPort {
            single: HashMap::new(),
            ranges: Vec::new(),
        }
    }
}

impl<T: Copy + PartialEq> ByPort<T> {
    /// Adds a value for every port of a range, both ends included.
    pub fn insert(&mut self, (from, to): (u16, u16), value: T) {
        if from != to {
            self.ranges.push((from, to, value));
            return;
        }
        let values = self.single.entry(from).or_default();
        if !values.contains(&value) {
            values.push(value);
        }
    }

    /// The values of a port, each once.
    pub fn get(&self, port: u16) -> Vec<T> {
        let mut values = self.single.get(&port).cloned().unwrap_or_default();
        for (from, to, value) in &self.ranges {
            if (*from..=*to).contains(&port) && !values.contains(value) {
                values.push(*value);
            }
        }
        values
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_and_single_ports_are_found_and_values_counted_once() {
        let mut ports = ByPort::default();
        for (range, value) in [
            ((80, 80), 'a'),
            ((80, 80), 'a'),
            ((1, u16::MAX), 'a'),
            ((79, 81), 'b'),
        ] {
            ports.insert(range, value);
        }
        assert_eq!(ports.get(80), ['a', 'b']);
        assert_eq!(ports.get(u16::MAX), ['a']);
        assert!(ports.get(0).is_empty());
    }
}
