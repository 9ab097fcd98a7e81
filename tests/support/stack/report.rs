//! What `mcpdoc check` says.

use serde_json::Value;

/// What `mcpdoc check --format json` says.
pub struct Report {
    pub document: Value,
    pub status: Option<i32>,
}

impl Report {
    /// From, to, verdict, and by which check.
    pub fn hops(&self) -> Vec<String> {
        let word = |hop: &Value, key: &str| hop[key].as_str().unwrap_or("-").to_owned();
        let hops = self.document["hops"].as_array().expect("hops").iter();
        hops.map(|hop| {
            ["from", "to", "verdict", "by", "tried"]
                .map(|key| word(hop, key))
                .join(" ")
        })
        .collect()
    }

    /// What [`Report::hops`] says of one, after its ends.
    pub fn hop(&self, ends: &str) -> String {
        let hops = self.hops();
        let found = hops.iter().find_map(|hop| hop.strip_prefix(ends));
        let found = found.unwrap_or_else(|| panic!("no {ends} in {hops:#?}"));
        found.trim().to_owned()
    }

    /// What it says of the hop that begins somewhere, wherever that leads.
    pub fn first_hop(&self, from: &str) -> String {
        let hops = self.document["hops"].as_array().expect("hops");
        let hop = hops.iter().find(|hop| hop["from"] == from);
        let to = hop.and_then(|hop| hop["to"].as_str()).expect("a hop");
        self.hop(&format!("{from} {to}"))
    }

    /// The checks that found something of at least a severity, sorted.
    pub fn found(&self, severities: &[&str]) -> Vec<&str> {
        let findings = self.document["findings"].as_array().expect("findings");
        let loud = findings.iter().filter(|finding| {
            severities.contains(&finding["severity"].as_str().expect("a severity"))
        });
        let mut ids: Vec<&str> = loud
            .map(|finding| finding["check"].as_str().expect("an id"))
            .collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    pub fn finding(&self, check: &str) -> &Value {
        let mut findings = self.document["findings"]
            .as_array()
            .expect("findings")
            .iter();
        let found = findings.find(|finding| finding["check"] == check);
        found.unwrap_or_else(|| panic!("no {check} in {}", self.said()))
    }

    /// Every finding, a line each.
    pub fn said(&self) -> String {
        let findings = self.document["findings"]
            .as_array()
            .expect("findings")
            .iter();
        let lines: Vec<String> = findings
            .map(|finding| format!("{}: {}", finding["check"], finding["message"]))
            .collect();
        lines.join("\n")
    }

    /// Everything that a finding rests on, a line each.
    pub fn evidence(&self, check: &str) -> String {
        let all = self.finding(check)["evidence"]
            .as_array()
            .expect("evidence");
        let lines: Vec<String> = all
            .iter()
            .map(|one| {
                format!(
                    "{}: {}",
                    one["kind"].as_str().unwrap_or("-"),
                    one["text"].as_str().unwrap_or("-")
                )
            })
            .collect();
        lines.join("\n")
    }

    pub fn endpoint(&self, from: &str) -> &Value {
        let mut endpoints = self.document["endpoints"]
            .as_array()
            .expect("endpoints")
            .iter();
        let found = endpoints.find(|endpoint| endpoint["from"] == from);
        found.unwrap_or_else(|| panic!("none from {from} in {:#}", self.document["endpoints"]))
    }
}
