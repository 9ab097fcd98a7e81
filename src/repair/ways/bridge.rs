//! A program in front of the server, in the same container, which speaks stdio to it.

use serde_json::{Value, json};

use super::Call;
use crate::catalog::server::{Front, Install, Server, WithoutDatabase};
use crate::catalog::{Certainty, DatabaseUrl, ImageRef, TransportKind};
use crate::chain::{self, Command};
use crate::change::{Change, Fix, NewFile, Op, Safety};
use crate::check::is_own;
use crate::repair::{self, quoted};
use crate::source::Pointer;

/// What is run behind the bridge.
struct Behind {
    /// The program, with the image's own first arguments.
    program: Vec<String>,
    /// The arguments that the image gives where nobody else does.
    by_default: Vec<String>,
}

/// Every bridge that the server's image could hold, or why it can hold none.
pub(super) fn bridges(call: &Call<'_>) -> Vec<Result<Fix, String>> {
    let language = call.server.sdk.as_ref().map(|sdk| sdk.language);
    let known = language.map(|language| (language, call.case.catalog.bridges(language)));
    let Some((language, known)) = known else {
        return vec![Err(format!(
            "no bridge is known that {} can hold",
            call.behind.image
        ))];
    };
    if let Err(why) = may_hold(call) {
        return vec![Err(why)];
    }
    let fronts = known.into_iter().filter_map(|(bridge, front)| {
        let install = front.into.get(&language)?;
        Some(put(
            call,
            &Bridge {
                server: bridge,
                front,
                install,
            },
        ))
    });
    fronts.collect()
}

/// Puts a bridge into an image of its own, made of the server's image, and lets the caller use it.
fn put(call: &Call<'_>, with: &Bridge<'_>) -> Result<Fix, String> {
    let Bridge {
        server: bridge,
        front,
        ..
    } = with;
    if let Some(why) = bridge
        .sdk
        .as_ref()
        .and_then(|sdk| call.doubled(sdk.language, front.kind))
    {
        return Err(format!("{}: {why}", program(front)));
    }
    let (stack, name) = (call.case.stack, call.name());
    let path = bridge.transports.iter().find(|one| one.kind == front.kind);
    let path = path.and_then(|transport| transport.path.default.as_deref());
    let title = format!(
        "put {} {} in front of {name} and call it over {}",
        program(front),
        front.version,
        front.kind.title()
    );
    let Some(url) = call.address(front.port, path) else {
        return Err(format!(
            "no port leads from the caller to {} of its container",
            front.port
        ));
    };
    let entry = call.entry(front.kind, &url);
    let by_hand = |why: Option<String>, run: &[String]| {
        let text = format!(
            "# Dockerfile: `build: .` in {name} instead of `image: {}`\n{}# {}\ntransport: {}\nurl: {}\n",
            call.behind.image,
            dockerfile(call, with, run, &[]),
            repair::file(stack, &call.hop.at),
            front.kind,
            repair::written(&url),
        );
        let mut fix = Fix::manual(title.clone(), text);
        fix.remarks.extend(why);
        fix
    };
    let behind = match behind(call) {
        Ok(behind) => behind,
        Err(why) => {
            return Ok(by_hand(
                Some(why),
                &["PROGRAM".to_owned(), "ARGUMENT".to_owned()],
            ));
        }
    };
    if lacks_database(call) {
        let why = format!("{name} gets no database URL: mend that first");
        return Ok(by_hand(Some(why), &behind.program));
    }
    let lines = match command(call, bridge, &behind) {
        Ok(lines) => lines,
        Err(why) => return Ok(by_hand(Some(why), &behind.program)),
    };
    let (Some(entry), Some(folder)) = (entry, folder(call)) else {
        return Ok(by_hand(None, &behind.program));
    };
    let Some(image) = call
        .service
        .image
        .as_ref()
        .filter(|image| is_own(call.service, &image.at))
    else {
        return Ok(by_hand(None, &behind.program));
    };
    let file = format!("Dockerfile.{name}-bridge");
    let mut fix = Fix::new(Safety::Unsafe, title);
    fix.files.push(NewFile {
        name: format!("{folder}{file}"),
        text: dockerfile(call, with, &lines.entrypoint, &lines.command),
    });
    if !with.install.apart {
        fix.remarks.push(format!(
            "the server then runs as root in its container: add `USER` to {file} where its image has another"
        ));
    }
    // With both, the built image would be called as the one that it is made of.
    let build = json!({"context": ".", "dockerfile": file});
    fix.changes = vec![
        change(&image.at, Op::Set(build)),
        change(&image.at, Op::Rename("build".to_owned())),
    ];
    fix.changes.extend(lines.changes);
    let node = stack
        .source(call.service.at.source)
        .node(&call.service.at.path);
    // Whoever ends the bridge ends the server with it, and nobody else buries what it leaves behind.
    if node.is_some_and(|node| node.get("init").is_none()) {
        fix.changes.push(change(
            &call.service.at,
            Op::Insert("init".to_owned(), json!(true)),
        ));
    }
    fix.changes.extend(entry);
    fix = fix.then(repair::compose(stack, call.id, "up -d --build"));
    fix.then.extend(call.reread());
    Ok(fix)
}

fn change(at: &Pointer, op: Op) -> Change {
    Change { at: at.clone(), op }
}

/// A bridge, and how it comes into the image.
struct Bridge<'a> {
    server: &'a Server,
    front: &'a Front,
    install: &'a Install,
}

/// Whether the image of the service can hold a bridge at all.
fn may_hold(call: &Call<'_>) -> Result<(), String> {
    let name = call.name();
    let source = call.case.stack.source(call.service.at.source);
    if let Some(container) = source.container() {
        return Err(format!("no file declares container {container}"));
    }
    if call.service.entrypoint.is_some() {
        return Err(format!(
            "{name} has an entrypoint of its own, which would start it without the bridge"
        ));
    }
    let facts = call.server.image_facts(&call.behind.image);
    match facts.is_some_and(|facts| facts.lacks.iter().any(|program| program == "sh")) {
        true => Err(format!(
            "{} has no shell to install one with",
            call.behind.image
        )),
        false => Ok(()),
    }
}

/// The bridge's own name.
fn program(front: &Front) -> &str {
    let first = front
        .entrypoint
        .first()
        .map(String::as_str)
        .unwrap_or_default();
    first.rsplit('/').next().unwrap_or(first)
}

/// What the image starts: as the catalog knows it, else as the engine shows it.
fn behind(call: &Call<'_>) -> Result<Behind, String> {
    let facts = call.server.image_facts(&call.behind.image);
    let known = facts.and_then(|facts| {
        Some(Behind {
            program: facts.entrypoint.clone()?,
            by_default: facts.command.clone()?,
        })
    });
    let seen = || {
        let engine = call.case.facts.engine.get()?;
        let image = engine.image(&call.case.container_of(call.id)?.image_id)?;
        Some(Behind {
            program: image.entrypoint.clone(),
            by_default: image.command.clone(),
        })
    };
    let Some(mut found) = known.or_else(seen) else {
        return Err(format!(
            "what {} starts is not known: docker image inspect shows it",
            call.behind.image
        ));
    };
    // Without an entrypoint the first word of the command is the program, which a command of the file's own replaces.
    if found.program.is_empty() {
        if call.service.command.is_some() || found.by_default.is_empty() {
            return Err(format!("{} has no entrypoint", call.behind.image));
        }
        found.program = std::mem::take(&mut found.by_default);
    }
    Ok(found)
}

/// Whether the server would exit for want of its database's URL: from an image that is built here nobody could tell.
fn lacks_database(call: &Call<'_>) -> bool {
    let needed = call.server.database.as_ref();
    let url = chain::launched(call.service, |launch| call.server.database_url(launch)).flatten();
    needed.is_some_and(|database| database.without == WithoutDatabase::Exits)
        && matches!(url, Some(DatabaseUrl::Missing | DatabaseUrl::Emptied(_)))
}

/// The lines of the Dockerfile, and what changes in the service.
struct Lines {
    entrypoint: Vec<String>,
    command: Vec<String>,
    changes: Vec<Change>,
}

/// Starts the server on stdio behind the bridge, with the arguments that it has.
fn command(call: &Call<'_>, bridge: &Server, behind: &Behind) -> Result<Lines, String> {
    let (stack, service) = (call.case.stack, call.service);
    let unknown = || {
        format!(
            "how {} is started on stdio does not follow from its files",
            call.name()
        )
    };
    let running = &call.behind.running;
    let only_stdio = running.certainty == Certainty::Known
        && running
            .transports
            .iter()
            .all(|speaks| speaks.kind == TransportKind::Stdio);
    let base = Command::of(stack, service, call.server, call.behind);
    let mut more: Vec<String> = Vec::new();
    if let Some(base) = &base {
        let forbidding = call.forbidding().iter();
        more.extend(forbidding.filter(|word| !base.has(word)).cloned());
        let stdio = |words: &[String]| {
            base.launch(call.behind, service, words, &[], |launch| {
                let running = call.server.runs(launch);
                running.certainty == Certainty::Known
                    && running
                        .transports
                        .iter()
                        .all(|speaks| speaks.kind == TransportKind::Stdio)
            })
        };
        if !stdio(&more) {
            let transport = call
                .server
                .transports
                .iter()
                .find(|one| one.kind == TransportKind::Stdio);
            more.extend(transport.ok_or_else(unknown)?.enable.args.iter().cloned());
            if !stdio(&more) {
                return Err(unknown());
            }
        }
    } else if !only_stdio {
        return Err(unknown());
    }
    let takes = bridge
        .wraps
        .as_ref()
        .and_then(|wraps| wraps.command.as_ref());
    let own = match (&service.command, &base) {
        (Some(_), base) => base
            .as_ref()
            .map(|base| [base.raw.as_slice(), &more].concat()),
        (None, _) => Some([behind.by_default.as_slice(), &more].concat()),
    };
    if !takes.is_some_and(|takes| takes.one_string) {
        // What stands in the file already comes behind the bridge as it is.
        let written = base.as_ref().filter(|_| service.command.is_some());
        let changes = written.map(|base| repair::written_command(base, service, &more));
        let command = own.filter(|_| service.command.is_none());
        return Ok(Lines {
            entrypoint: behind.program.clone(),
            command: command.unwrap_or_default(),
            changes: changes.unwrap_or_default(),
        });
    }
    let own = own.ok_or_else(unknown)?;
    let words = behind.program.iter().chain(&own);
    let line = words.map(|word| quoted(word)).collect::<Vec<_>>().join(" ");
    let (command, changes) = match &service.command {
        Some(command) => (
            Vec::new(),
            vec![change(&command.at, Op::Set(json!([line])))],
        ),
        None => (vec![line], Vec::new()),
    };
    Ok(Lines {
        entrypoint: Vec::new(),
        command,
        changes,
    })
}

/// The file that makes the image. Where it can, the bridge comes by copy, so that the image's own user stays.
fn dockerfile(
    call: &Call<'_>,
    with: &Bridge<'_>,
    program: &[String],
    command: &[String],
) -> String {
    let image = from(call);
    let run = &with.install.run;
    let installed = match with.install.apart {
        true => format!(
            "FROM {image} AS bridge\nUSER root\nRUN {run}\n\nFROM {image}\nCOPY --from=bridge /opt/bridge /opt/bridge\n"
        ),
        false => format!("FROM {image}\nUSER root\nRUN {run}\n"),
    };
    let entrypoint = list(with.front.entrypoint.iter().chain(program));
    let command = match command {
        [] => String::new(),
        words => format!("CMD {}\n", list(words.iter())),
    };
    format!("{installed}ENTRYPOINT {entrypoint}\n{command}")
}

/// The image, by the version that a floating tag was known to mean.
fn from(call: &Call<'_>) -> String {
    let image = &call.behind.image;
    match &call.behind.version {
        Some(known) if known.assumed.is_some() => ImageRef {
            tag: Some(known.version.to_string()),
            ..image.clone()
        }
        .to_string(),
        _ => image.to_string(),
    }
}

/// `["a", "b"]`
fn list<'w>(words: impl Iterator<Item = &'w String>) -> String {
    let words: Vec<String> = words
        .map(|word| Value::from(word.as_str()).to_string())
        .collect();
    format!("[{}]", words.join(", "))
}

/// The folder from which Compose reads relative paths, as names are shown; nothing where that may be another one than the
/// service's file is in.
fn folder<'a>(call: &Call<'a>) -> Option<&'a str> {
    let folder = |source| {
        let name: &str = call.case.stack.name(source);
        name.rfind('/').map_or("", |slash| &name[..=slash])
    };
    let own = folder(call.service.at.source);
    let first = call.case.stack.project(call.id).files.first();
    (folder(*first?) == own).then_some(own)
}
