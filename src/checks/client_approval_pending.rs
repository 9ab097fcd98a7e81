//! client-approval-pending: a project's server that its user has not approved, or has rejected.

use std::path::Path;

use crate::change::Fix;
use crate::check::settings::{Settings, applying, managed, project_of};
use crate::check::{Case, Check, Finding, Findings, Need, Severity};
use crate::catalog::client::known;
use crate::model::{ClientEntry, ClientFile};
use crate::repair::quoted_file;
use crate::source::{Node, Part, Pointer};

pub(super) static CHECK: Check = Check {
    id: "client-approval-pending",
    severity: Severity::Warning,
    needs: &[Need::Files],
    covers: &["client-disagrees"],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/client-approval-pending.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    if managed(case).is_some() {
        return;
    }
    for (number, file) in case.stack.clients.iter().enumerate() {
        let Some(dir) = project_of(file).filter(|_| !file.entries.is_empty()) else {
            continue;
        };
        match State::of(case, dir) {
            Ok(state) => judge(case, number, file, &state, findings),
            Err(reason) => findings.skip(reason),
        }
    }
}

/// What a user has said of a project.
struct State<'a> {
    settings: Vec<Settings<'a>>,
    /// The projects in the user's own file that are this directory, or lie around it.
    projects: Vec<Project<'a>>,
}

struct Project<'a> {
    node: Node<'a>,
    at: Pointer,
    /// Whether it is this very directory.
    exact: bool,
}

impl<'a> State<'a> {
    fn of(case: &Case<'a>, dir: &Path) -> Result<State<'a>, String> {
        let state = &case.stack.client_state;
        if !state.home_read {
            return Err(
                "approvals are in the user's home directory, which was not read: --home adds it"
                    .to_owned(),
            );
        }
        let Some(id) = state.user_file else {
            return Err("there is no ~/.claude.json: Claude Code was never started here".to_owned());
        };
        let source = case.stack.source(id);
        let settings = applying(case, Some(dir));
        let (true, Some(settings)) = (source.is_parsed(), settings) else {
            return Err("a file that says what is approved cannot be read".to_owned());
        };
        let at = Pointer::root(id).key("projects");
        let projects = source.root().get("projects");
        let projects = projects.map_or_else(Vec::new, Node::entries);
        // Claude Code reads the file from there, too, and asks for each such directory anew.
        let used_below = projects.iter().any(|(key, node)| {
            let own = Path::new(key);
            own != dir && own.starts_with(dir) && is_true(*node, "hasTrustDialogAccepted")
        });
        if used_below {
            return Err(format!(
                "the servers of {} may be approved for a directory below it, whose settings were not read",
                dir.display()
            ));
        }
        let projects = projects.into_iter().filter_map(|(key, node)| {
            let own = Path::new(key);
            let exact = own == dir || case.stack.links.same(own, dir);
            (exact || dir.starts_with(own)).then(|| Project {
                node,
                at: at.key(key),
                exact,
            })
        });
        Ok(State {
            projects: projects.collect(),
            settings,
        })
    }

    fn is_trusted(&self) -> bool {
        let yes = |project: &Project<'_>| is_true(project.node, "hasTrustDialogAccepted");
        self.projects.iter().any(yes)
    }

    /// Whether Claude Code was started here before.
    fn is_known(&self) -> bool {
        self.projects.iter().any(|project| project.exact)
    }

    /// Settings that approve a server, whether or not they count.
    fn approving(&self, name: &str) -> impl Iterator<Item = &Settings<'a>> {
        self.settings.iter().filter(move |settings| {
            is_true(settings.root, ALL) || settings.lists(ENABLED, name).is_some()
        })
    }

    /// Lenient where it is not known what counts: then nothing is said.
    fn approves(&self, name: &str) -> bool {
        let trusted = self.is_trusted();
        self.approving(name)
            .any(|settings| trusted || !settings.is_projects())
            || self
                .projects
                .iter()
                .any(|project| is_true(project.node, ALL) || has(project.node, ENABLED, name))
    }

    /// Where a server is rejected: that goes before every approval.
    fn rejects(&self, name: &str) -> Option<Pointer> {
        let mut settings = self.settings.iter();
        settings
            .find_map(|settings| settings.lists(DISABLED, name))
            .or_else(|| {
                let own = self.projects.iter().filter(|project| project.exact);
                own.filter(|project| has(project.node, DISABLED, name))
                    .map(|project| project.at.key(DISABLED))
                    .next()
            })
    }
}

const ALL: &str = "enableAllProjectMcpServers";
const ENABLED: &str = "enabledMcpjsonServers";
const DISABLED: &str = "disabledMcpjsonServers";

fn is_true(node: Node<'_>, key: &str) -> bool {
    node.get(key).and_then(Node::as_bool) == Some(true)
}

fn has(node: Node<'_>, key: &str, name: &str) -> bool {
    node.get(key)
        .is_some_and(|list| list.items().any(|item| item.as_str() == Some(name)))
}

fn judge(
    case: &Case<'_>,
    number: usize,
    file: &ClientFile,
    state: &State<'_>,
    findings: &mut Findings,
) {
    let title = file.client.title();
    let mut pending: Vec<(usize, &ClientEntry)> = Vec::new();
    for (index, entry) in file.entries.iter().enumerate() {
        let name = &entry.name.value;
        if let Some(at) = state.rejects(name) {
            let message = format!(
                "{name} is rejected in {}: {title} neither lists it nor connects to it; remove it from that list",
                case.stack.name(at.source)
            );
            findings.add(
                Finding::at(&entry.name.at, Part::Key, message)
                    .says("rejected")
                    .also(&at, Part::Value, "here")
                    .subject(name)
                    .hops(case.chain.of_entry(number, index).map(|hop| hop.id))
                    .fix(Fix::manual(
                        format!("remove {name} from `{DISABLED}` in {}", case.stack.name(at.source)),
                        "claude mcp reset-project-choices   # then start `claude` and approve\n\
                         # names in settings files have to be removed by hand",
                    )),
            );
        } else if !state.approves(name) {
            pending.push((index, entry));
        }
    }
    let Some((_, first)) = pending.first() else {
        return;
    };
    let names: Vec<&str> = pending
        .iter()
        .map(|(_, entry)| entry.name.value.as_str())
        .collect();
    let listed = match names.as_slice() {
        [one] => (*one).to_owned(),
        [one, two] => format!("{one} and {two}"),
        names => format!("{} and {} more", names[0], names.len() - 1),
    };
    if !state.is_known() {
        findings.skip(format!(
            "whether {listed} of {} is approved is not known: ~/.claude.json does not list its directory, so {title} was \
             never started there, or knows it by another path",
            case.stack.name(file.source)
        ));
        return;
    }
    let message = format!(
        "nobody has approved {listed} for this project: `claude mcp list` says `Pending approval`, and Claude \
         Code does not connect; start `claude` in its directory and approve"
    );
    let mut finding = Finding::at(&first.name.at, Part::Key, message)
        .says("not approved")
        .subject(&known().servers_key);
    for (_, entry) in &pending[1..] {
        finding = finding.also(&entry.name.at, Part::Key, "not approved");
    }
    let in_vain = names.iter().find_map(|name| state.approving(name).next());
    if let Some(settings) = in_vain {
        let at = settings.get(ENABLED).or_else(|| settings.get(ALL));
        if let Some((_, at)) = at {
            finding = finding.also(
                &at,
                Part::Entry,
                "counts only once the user trusts this folder",
            );
        }
    }
    let dir = case.stack.name(file.source);
    let start = match dir.rsplit_once('/') {
        Some((dir, _)) => format!("cd {} && claude", quoted_file(dir)),
        None => "claude".to_owned(),
    };
    finding = finding.fix(Fix::manual(
        "approve the servers",
        format!(
            "{start}\n# or in ~/.claude/settings.json, for every project: \"{ENABLED}\": [\"{}\"]",
            written(&names)
        ),
    ));
    let hops = pending
        .iter()
        .filter_map(|(index, _)| Some(case.chain.of_entry(number, *index)?.id));
    findings.add(finding.hops(hops));
}

/// Names as a list has them; who has many is not helped by all of them.
fn written(names: &[&str]) -> String {
    const MOST: usize = 8;
    let mut shown = names[..names.len().min(MOST)].to_vec();
    if names.len() > MOST {
        shown.push("…");
    }
    shown.join("\", \"")
}
