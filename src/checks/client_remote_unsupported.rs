//! client-remote-unsupported: an address in the file of a client that starts commands only.

use serde_json::json;
use url::Url;

use crate::change::{Fix, Op, Safety};
use crate::check::reader::{Entry, entries};
use crate::check::{Case, Check, Finding, Findings, Need, Severity};
use crate::source::Part;

pub(super) static CHECK: Check = Check {
    id: "client-remote-unsupported",
    severity: Severity::Error,
    needs: &[Need::Files],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/client-remote-unsupported.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    for found in entries(case).filter(|found| found.file.is_read && !found.page().remote) {
        let entry = found.entry;
        let Some(url) = entry.url.as_ref().filter(|_| entry.command.is_none()) else {
            continue;
        };
        let title = found.file.client.title();
        let name = &entry.name.value;
        let message = format!(
            "{name} has a url, and {title} starts commands only: the entry is not used; let `npx mcp-remote` call the \
             url, or add it in {title} under Settings, Connectors"
        );
        findings.add(
            Finding::at(&url.at, Part::Entry, message)
                .says(format!("{title} needs a `command` here"))
                .subject(name)
                .hops(found.hops())
                .fix(repair(found, &url.value)),
        );
    }
}

/// A bridge from stdio to the address. Headers go through the environment: their values may be secret, and may have
/// spaces.
fn repair(found: Entry<'_>, url: &str) -> Fix {
    let mut args = vec!["-y", "mcp-remote", url];
    let over_the_network = Url::parse(url).is_ok_and(|url| {
        let host = url.host_str().unwrap_or_default();
        let here = host == "localhost" || host == "[::1]" || host.starts_with("127.");
        url.scheme() == "http" && !here
    });
    if over_the_network {
        args.push("--allow-http");
    }
    let title = "start mcp-remote, which calls the url";
    if found.entry.headers.is_empty() {
        let bridge = json!({"command": "npx", "args": args});
        return Fix::new(Safety::Unsafe, title).change(found.entry.at.clone(), Op::Set(bridge));
    }
    let mut args: Vec<String> = args.into_iter().map(str::to_owned).collect();
    let mut env = serde_json::Map::new();
    for (number, (header, _)) in found.entry.headers.iter().enumerate() {
        let variable = format!("HEADER_{}", number + 1);
        args.extend(["--header".to_owned(), format!("{header}:${{{variable}}}")]);
        env.insert(variable, format!("<the value of {header}>").into());
    }
    let bridge = json!({"command": "npx", "args": args, "env": env});
    Fix::manual(title, format!("{bridge:#}"))
}
