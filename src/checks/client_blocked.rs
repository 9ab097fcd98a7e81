//! client-blocked: a server that the administrator's servers or a list in settings keep the client from.

use crate::catalog::client::known;
use crate::catalog::glob;
use crate::change::Fix;
use crate::check::reader::{Entry, claude_code_entries};
use crate::check::settings::{Settings, applying, is_excluded, managed, project_of};
use crate::check::{Case, Check, Finding, Findings, Need, Severity};
use crate::model::{ClientEntry, SettingsScope};
use crate::source::{Node, Part, Pointer};

pub(super) static CHECK: Check = Check {
    id: "client-blocked",
    severity: Severity::Error,
    needs: &[Need::Files],
    covers: &["client-approval-pending", "client-disagrees"],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/client-blocked.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    excluded(case, findings);
    for found in claude_code_entries(case).filter(|found| found.file.is_read) {
        let Some(settings) = applying(case, project_of(found.file)) else {
            findings.skip("a settings file cannot be read");
            continue;
        };
        if let Some(finding) = listed(case, found, &settings) {
            findings.add(finding.subject(&found.entry.name.value).hops(found.hops()));
        }
    }
}

/// Files beside the administrator's.
fn excluded(case: &Case<'_>, findings: &mut Findings) {
    let Some(managed) = managed(case) else { return };
    let key = &known().servers_key;
    let name = case.stack.name(managed.source);
    for (number, file) in case.stack.clients.iter().enumerate() {
        let entries = || {
            let entries = file.entries.iter().enumerate();
            entries.filter(|(_, entry)| is_excluded(&entry.scope))
        };
        let Some((_, first)) = entries().next().filter(|_| {
            file.client == managed.client && file.is_read && file.source != managed.source
        }) else {
            continue;
        };
        let message = format!(
            "{name} allows its own servers only: {} ignores those of this file; have the administrator add them there",
            file.client.title()
        );
        let hops = entries().filter_map(|(entry, _)| Some(case.chain.of_entry(number, entry)?.id));
        findings.add(
            Finding::at(&first.at.parent(), Part::Key, message)
                .says("ignored")
                .also(
                    &Pointer::root(managed.source).key(key),
                    Part::Key,
                    "excludes every other server",
                )
                .subject(key)
                .hops(hops)
                .fix(Fix::manual(
                    "have the servers added by the administrator",
                    format!("put the entries into `{key}` of {name}"),
                )),
        );
    }
}

const DENIED: &str = "deniedMcpServers";
const ALLOWED: &str = "allowedMcpServers";
const MANAGED_ONLY: &str = "allowManagedMcpServersOnly";

/// What the lists of the settings say of an entry. Every file's count together, and what is denied stays so.
fn listed(case: &Case<'_>, found: Entry<'_>, settings: &[Settings<'_>]) -> Option<Finding> {
    let entry = found.entry;
    let name = &entry.name.value;
    let title = found.file.client.title();
    for settings in settings {
        let Some((list, at)) = settings.get(DENIED) else {
            continue;
        };
        let hit = list
            .items()
            .position(|item| Rule::of(item).is_some_and(|rule| rule.matches(entry) == Some(true)));
        if let Some(number) = hit {
            let file = case.stack.name(at.source);
            let message = format!(
                "{name} matches an entry of `{DENIED}` in {file}: {title} does not load it, and does not say so; \
                 remove that entry, or ask who set it"
            );
            return Some(
                Finding::at(&entry.name.at, Part::Key, message)
                    .says("denied")
                    .also(&at.index(number), Part::Value, "denies it")
                    .fix(Fix::manual(
                        format!("remove the entry from `{DENIED}`"),
                        format!(
                            "take {} out of `{DENIED}` in {file}",
                            list.items().nth(number).and_then(Rule::of)?.written()
                        ),
                    )),
            );
        }
    }
    // Who has not read them all does not know what else is allowed.
    if !case.stack.client_state.home_read {
        return None;
    }
    let is_managed = |settings: &&Settings<'_>| settings.file.scope == SettingsScope::Managed;
    let managed_only = settings.iter().filter(is_managed).any(|settings| {
        settings
            .root
            .get(MANAGED_ONLY)
            .and_then(Node::as_bool)
            .unwrap_or(false)
    });
    let mut lists = settings
        .iter()
        .filter(|settings| !managed_only || is_managed(settings))
        .filter_map(|settings| settings.get(ALLOWED))
        .peekable();
    let (_, first) = lists.peek()?.clone();
    let mut rules = Vec::new();
    for (list, _) in lists {
        if !list.is_seq() {
            return None;
        }
        for item in list.items() {
            rules.push(Rule::of(item)?);
        }
    }
    let strict = rules.iter().any(|rule| rule.is_strict_for(entry));
    for rule in &rules {
        if matches!(rule, Rule::Name(_)) && strict {
            continue;
        }
        // What is not certain is let pass.
        if rule.matches(entry) != Some(false) {
            return None;
        }
    }
    let file = case.stack.name(first.source);
    let what = match (strict, &entry.url) {
        (true, Some(_)) => "its url matches none of the urls there",
        (true, None) => "its command is none of those there",
        (false, _) => "it is not among those there",
    };
    let message = format!(
        "`{ALLOWED}` in {file} does not allow {name}: {what}, so {title} does not load it, and does not say so; add it"
    );
    let rule = match (&entry.url, &entry.command) {
        (Some(url), _) => Rule::Url(&url.value),
        (None, Some(command)) => {
            let args = entry.args.iter().map(|arg| arg.value.as_str());
            Rule::Command(std::iter::once(command.value.as_str()).chain(args).collect())
        }
        (None, None) => Rule::Name(name),
    };
    Some(
        Finding::at(&entry.name.at, Part::Key, message)
            .says("not allowed")
            .also(&first, Part::Key, "allows others only")
            .fix(Fix::manual(
                format!("add the server to `{ALLOWED}`"),
                rule.written(),
            )),
    )
}

/// An entry of a list.
enum Rule<'a> {
    Name(&'a str),
    Url(&'a str),
    Command(Vec<&'a str>),
}

impl<'a> Rule<'a> {
    /// Nothing when it is not as it should be: what then becomes of the list is not known.
    fn of(item: Node<'a>) -> Option<Rule<'a>> {
        let entries = item.entries();
        let [(key, value)] = entries.as_slice() else {
            return None;
        };
        Some(match *key {
            "serverName" => Rule::Name(value.as_str()?),
            "serverUrl" => Rule::Url(value.as_str()?),
            "serverCommand" => {
                Rule::Command(value.items().map(Node::as_str).collect::<Option<_>>()?)
            }
            _ => return None,
        })
    }

    /// What a settings file has for it, without secrets.
    fn written(&self) -> String {
        let rule = match self {
            Rule::Name(name) => serde_json::json!({"serverName": name}),
            Rule::Url(url) => serde_json::json!({"serverUrl": url}),
            Rule::Command(words) => serde_json::json!({"serverCommand": words}),
        };
        crate::secret::redact(&rule.to_string())
    }

    /// Whether names no longer count for an entry because of this rule.
    fn is_strict_for(&self, entry: &ClientEntry) -> bool {
        match self {
            Rule::Name(_) => false,
            Rule::Url(_) => entry.url.is_some(),
            Rule::Command(_) => entry.url.is_none(),
        }
    }

    /// Whether it is about an entry; nothing when that depends on a variable.
    fn matches(&self, entry: &ClientEntry) -> Option<bool> {
        let clear = |text: &str| !text.contains('$');
        match self {
            Rule::Name(name) => Some(*name == entry.name.value),
            Rule::Url(pattern) => match &entry.url {
                None => Some(false),
                Some(url) if clear(pattern) && clear(&url.value) => {
                    Some(url_matches(pattern, &url.value)?)
                }
                Some(_) => None,
            },
            Rule::Command(words) => {
                let Some(command) = entry.command.as_ref().filter(|_| entry.url.is_none()) else {
                    return Some(false);
                };
                let args = entry.args.iter().map(|arg| arg.value.as_str());
                let own: Vec<&str> = std::iter::once(command.value.as_str()).chain(args).collect();
                match own.iter().chain(words).all(|word| clear(word)) {
                    true => Some(own == *words),
                    false => None,
                }
            }
        }
    }
}

/// Whether a pattern names a url: `*` stands for anything, hosts are compared without case, and a pattern without a
/// path means every path. Nothing where the pattern is of another form.
fn url_matches(pattern: &str, url: &str) -> Option<bool> {
    /// More would take long, and nobody writes them.
    const MOST_STARS: usize = 8;
    if pattern.matches('*').count() > MOST_STARS {
        return None;
    }
    let (scheme, rest) = pattern.split_once("://")?;
    let (own_scheme, own_rest) = url.trim().split_once("://")?;
    let (host, path) = match rest.find('/') {
        Some(slash) => (&rest[..slash], Some(&rest[slash..])),
        None => (rest, None),
    };
    let own_slash = own_rest.find('/').unwrap_or(own_rest.len());
    let (own_host, own_path) = own_rest.split_at(own_slash);
    let usual = match own_scheme.eq_ignore_ascii_case("https") {
        true => ":443",
        false => ":80",
    };
    let host_of = |host: &str| {
        let host = host.to_ascii_lowercase();
        host.strip_suffix(usual)
            .unwrap_or(&host)
            .trim_end_matches('.')
            .to_owned()
    };
    let own_path = match own_path {
        "" => "/",
        path => path,
    };
    Some(
        glob::matches(&scheme.to_ascii_lowercase(), &own_scheme.to_ascii_lowercase())
            && glob::matches(&host_of(host), &host_of(own_host))
            && path.is_none_or(|path| glob::matches(path, own_path)),
    )
}

#[cfg(test)]
mod tests {
    use super::url_matches;

    #[test]
    fn patterns_name_urls_as_the_client_has_it() {
        for (pattern, url, expected) in [
            ("http://h:4000", "http://h:4000/mcp", Some(true)),
            ("http://h/*", "http://h:4000/mcp", Some(false)),
            ("*://h:*/*", "http://h:4000/mcp", Some(true)),
            ("https://*.example.com/*", "https://MCP.Example.com/a", Some(true)),
            ("https://*.example.com/*", "https://example.com/a", Some(false)),
            ("http://h/mcp", "http://h/mcp", Some(true)),
            ("http://h/mcp/", "http://h/mcp", Some(false)),
            ("http://h/MCP", "http://h/mcp", Some(false)),
            ("h/*", "http://h/mcp", None),
            ("http://*********", "http://h/mcp", None),
        ] {
            assert_eq!(url_matches(pattern, url), expected, "{pattern} {url}");
        }
    }
}
