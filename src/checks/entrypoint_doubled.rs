//! entrypoint-doubled: `command` starts with the program that the image's entrypoint runs anyway.

use serde_json::json;

use crate::catalog::server::Surplus;
use crate::catalog::{basename, is_shell};
use crate::change::{Change, Fix, Op, Safety};
use crate::check::{Case, Check, Finding, Findings, Need, Severity, Source, is_own};
use crate::model::{EnvLookup, Service, ServiceId, Text};
use crate::repair;
use crate::source::{At, Part};

pub(super) static CHECK: Check = Check {
    id: "entrypoint-doubled",
    severity: Severity::Error,
    needs: &[Need::Files],
    covers: &["connection-refused", "connection-reset"],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/entrypoint-doubled.md"),
    run,
};

/// What is known of the image of a service.
struct Image<'a> {
    /// Its entrypoint.
    entrypoint: Vec<String>,
    /// Other names of its program.
    names: &'a [String],
    /// What the program does with a word too many.
    surplus: Option<Surplus>,
    /// Words that are no options are the command of another server.
    is_bridge: bool,
    /// Variables whose value it prefers to such a word.
    database: &'a [String],
}

fn image<'a>(case: &Case<'a>, id: ServiceId, service: &Service) -> Option<Image<'a>> {
    let runs = &case.catalog.litellm().runs;
    if runs.is_published(service) {
        return Some(Image {
            entrypoint: vec![runs.program.clone()],
            names: &[],
            surplus: Some(Surplus::Refused),
            is_bridge: false,
            database: &[],
        });
    }
    let mcp = case.mcp_service(id)?;
    let entrypoint = mcp.image_facts()?.entrypoint.clone()?;
    let wraps = mcp.server.wraps.as_ref();
    let database = mcp.server.database.as_ref();
    let beats = database.filter(|database| database.env_beats_argument == Some(true));
    Some(Image {
        entrypoint,
        names: &mcp.server.names.command,
        surplus: mcp.server.arguments.surplus,
        is_bridge: wraps.is_some_and(|wraps| wraps.command.is_some()),
        database: beats.map_or(&[], |database| &database.env),
    })
}

impl Image<'_> {
    /// How many words at the start of a command repeat the entrypoint or the program in it.
    fn repeated(&self, words: &[String]) -> usize {
        let Some(first) = words.first() else { return 0 };
        let same = |a: &String, b: &String| basename(a) == basename(b);
        let starts = (0..self.entrypoint.len()).filter(|at| {
            let word = &self.entrypoint[*at];
            let is_program = *at == 0
                || word.contains('/')
                || self.entrypoint[at - 1] == "--"
                || self.names.iter().any(|name| name == basename(word));
            is_program && same(word, first)
        });
        let lengths = starts.map(|at| {
            let rest = &self.entrypoint[at..];
            rest.iter().zip(words).take_while(|(a, b)| same(a, b)).count()
        });
        let named = usize::from(self.names.iter().any(|name| name == basename(first)));
        lengths.max().unwrap_or(0).max(named)
    }

    /// The program that the entrypoint runs.
    fn program(&self) -> String {
        let words = self.entrypoint.iter().map(|word| basename(word));
        let is_named = |word: &&str| self.names.iter().any(|name| name == word);
        let program = words.clone().find(is_named).or_else(|| words.clone().next());
        program.unwrap_or_default().to_owned()
    }
}

fn run(case: &Case<'_>, findings: &mut Findings) {
    let hops = case.chain.hops_by_service();
    for (id, service) in case.stack.services() {
        let (None, Some(command)) = (&service.entrypoint, &service.command) else {
            continue;
        };
        let Some(image) = image(case, id, service).filter(|image| !image.entrypoint.is_empty())
        else {
            continue;
        };
        let known = command.value.iter().map_while(|word| word.get());
        let words: Vec<String> = known.map(str::to_owned).collect();
        let found = match words.as_slice() {
            [shell, flag, ..] if is_shell(shell) && matches!(flag.as_str(), "-c" | "-lc") => {
                if image.is_bridge {
                    continue;
                }
                in_shell(service, command, &image)
            }
            words => match image.repeated(words) {
                0 => continue,
                repeated => doubled(case, service, command, &image, repeated),
            },
        };
        // An entrypoint may stand in a file that was not read.
        if let Some(doubt) = service.doubt() {
            findings.skip(format!(
                "whether the entrypoint of {}'s image runs is not known: {doubt}",
                service.name.value
            ));
            continue;
        }
        let (severity, finding) = found;
        let mut finding = finding.subject(&service.name.value);
        for fix in &mut finding.fixes {
            fix.then.push(repair::compose(case.stack, id, "up -d"));
        }
        let of_service = hops.get(&id).into_iter().flatten().copied();
        findings.add_as(severity, finding.hops(of_service));
    }
}

fn doubled(
    case: &Case<'_>,
    service: &Service,
    command: &At<Vec<Text>>,
    image: &Image<'_>,
    repeated: usize,
) -> (Severity, Finding) {
    let name = &service.name.value;
    let program = image.program();
    let given = image.database.iter().map(|name| service.env(name));
    let given: Vec<EnvLookup> = given.collect();
    let (severity, effect) = match image.surplus {
        Some(Surplus::Refused) => (
            Severity::Error,
            "refuses it and exits".to_owned(),
        ),
        Some(Surplus::Command) => (
            Severity::Error,
            "takes it for the command of the server that it should start".to_owned(),
        ),
        Some(Surplus::Database) => {
            let url = "takes it for the URL of its database";
            let is_set = |value: &EnvLookup| matches!(value, EnvLookup::Set(url) if !url.is_empty());
            if given.iter().any(is_set) {
                (
                    Severity::Note,
                    format!("{url} and prefers {}", image.database.join(", ")),
                )
            } else if given.contains(&EnvLookup::Unknown) {
                let unless = format!("{url}, unless {} is set", image.database.join(" or "));
                (Severity::Warning, unless)
            } else {
                (Severity::Error, url.to_owned())
            }
        }
        Some(Surplus::Ignored) => (Severity::Note, "ignores it".to_owned()),
        None => (
            Severity::Warning,
            "may not start with it".to_owned(),
        ),
    };
    let what = match repeated {
        1 => "word",
        _ => "words",
    };
    let message = format!(
        "the command of {name} repeats what the entrypoint of its image already runs: {program} gets the first {what} of \
         the command as an argument, {effect}; remove {} from `command`",
        if repeated == 1 { "it" } else { "them" },
    );
    let finding = Finding::at(&command.at, Part::Value, message)
        .says(format!("starts with {program} again"))
        .evidence(
            Source::Catalog,
            format!("the image's entrypoint is `{}`", image.entrypoint.join(" ")),
        );
    let title = format!("leave {program} to the entrypoint");
    let finding = match shortened(case, service, command, repeated) {
        Some(changes) => {
            let mut fix = Fix::new(Safety::Safe, title);
            fix.changes = changes;
            finding.fix(fix)
        }
        None => finding.fix(Fix::manual(
            title,
            "command: the same words without the program",
        )),
    };
    (severity, finding)
}

/// The command without its first words.
fn shortened(
    case: &Case<'_>,
    service: &Service,
    command: &At<Vec<Text>>,
    repeated: usize,
) -> Option<Vec<Change>> {
    let at = &command.at;
    if !is_own(service, at) {
        return None;
    }
    let node = case.stack.source(at.source).node(&at.path)?;
    let change = |at, op| Change { at, op };
    if command.value.len() == repeated {
        return Some(vec![change(at.clone(), Op::Remove)]);
    }
    if node.is_seq() {
        let rest = node.items().skip(repeated);
        let rest: Option<Vec<&str>> = rest.map(|item| item.scalar_text()).collect();
        return Some(vec![change(at.clone(), Op::Set(json!(rest?)))]);
    }
    let line = node.as_str().filter(|line| !line.contains(['"', '\'', '\\']))?;
    let rest: Vec<&str> = line.split_whitespace().skip(repeated).collect();
    Some(vec![change(at.clone(), Op::Set(json!(rest.join(" "))))])
}

fn in_shell(
    service: &Service,
    command: &At<Vec<Text>>,
    image: &Image<'_>,
) -> (Severity, Finding) {
    let name = &service.name.value;
    let program = image.program();
    let (severity, effect) = match image.surplus {
        Some(Surplus::Refused) => (Severity::Error, "refuses them and exits"),
        _ => (Severity::Warning, "no shell is started"),
    };
    let message = format!(
        "the command of {name} is a line for a shell, and the entrypoint of its image runs {program}: {program} gets the \
         whole line as arguments, and {effect}; give {program} its options alone, or replace the entrypoint by the \
         shell"
    );
    let finding = Finding::at(&command.at, Part::Value, message)
        .says(format!("arguments of {program}"))
        .evidence(
            Source::Catalog,
            format!("the image's entrypoint is `{}`", image.entrypoint.join(" ")),
        );
    let title = "start the shell as the entrypoint";
    let words: Vec<&str> = command.value.iter().map(|word| word.text.as_str()).collect();
    let finding = match words.as_slice() {
        [shell, flag, _] if is_own(service, &command.at) => {
            let entrypoint = json!([shell, flag]);
            let fix = Fix::new(Safety::Unsafe, title)
                .change(
                    service.at.clone(),
                    Op::Insert("entrypoint".to_owned(), entrypoint),
                )
                .change(command.at.index(0), Op::Remove)
                .change(command.at.index(1), Op::Remove);
            finding.fix(fix)
        }
        _ => finding.fix(Fix::manual(title, "entrypoint: [\"sh\", \"-c\"]")),
    };
    (severity, finding)
}
