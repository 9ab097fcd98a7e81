//! The layers and the registration of checks, as a test: each message names the step that is missing.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use mcpdoc::check::Need;
use mcpdoc::checks;

/// Layers from the ground up. A module may use those above it in this list and its own; never those below.
/// `&` joins modules that may use each other.
const LAYERS: &[&[&str]] = &[
    &["source"],
    &["secret"],
    &["model", "fact", "change", "catalog"],
    &["wire"],
    &["running"],
    &["load"],
    &["gateway"],
    &["chain"],
    &["plan", "check", "policy"],
    // Beside the checks, and unknown to them: what they bring are facts.
    &["observe"],
    &["record"],
    &["repair"],
    // The list of checks is known to what judges their findings.
    &["checks", "verdict"],
    &["config"],
    &["fix"],
    &["term", "report"],
    &["disk", "cli", "command"],
];

/// What only the edges may know, and the edges.
const WORLD: &[&str] = &[
    "std::fs",
    "std::env",
    "std::net",
    "std::process",
    "std::time",
    "tokio::",
    "reqwest::",
    "bollard::",
];
const EDGES: &[&str] = &[
    "src/disk",
    "src/command",
    "src/main.rs",
    "src/observe",
    "src/fix/write",
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn files(dir: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|have| have == extension)
            && path.file_stem().is_some_and(|stem| stem != "tests")
        {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn shown(path: &Path) -> String {
    path.strip_prefix(root())
        .expect("below the root")
        .to_string_lossy()
        .replace('\\', "/")
}

/// The text of a file without its tests and comments.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).expect("a source file");
    let mut kept = Vec::new();
    let mut lines = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    while let Some(line) = lines.next() {
        if line.trim() == "#[cfg(test)]" {
            skip_item(&mut lines);
        } else {
            kept.push(line);
        }
    }
    kept.join("\n")
}

/// Passes over one item: to its semicolon, or to the end of its braces.
fn skip_item<'a>(lines: &mut impl Iterator<Item = &'a str>) {
    let mut depth = 0i32;
    for line in lines {
        depth += line.matches('{').count() as i32 - line.matches('}').count() as i32;
        let attribute = line.trim_start().starts_with("#[");
        if depth == 0 && !attribute {
            return;
        }
    }
}

/// Names behind every `crate::`, grouped imports included.
fn modules_used(code: &str) -> Vec<String> {
    let word = |text: &str| -> String {
        text.chars()
            .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
            .collect()
    };
    let mut used = Vec::new();
    for rest in code.split("crate::").skip(1) {
        match rest.strip_prefix('{') {
            None => used.push(word(rest)),
            Some(group) => {
                let mut depth = 0;
                let mut start = true;
                for (at, c) in group.char_indices() {
                    match c {
                        '{' => depth += 1,
                        '}' if depth == 0 => break,
                        '}' => depth -= 1,
                        ',' if depth == 0 => start = true,
                        _ if start && !c.is_whitespace() => {
                            used.push(word(&group[at..]));
                            start = false;
                        }
                        _ => {}
                    }
                }
            }
        }
    }
    used
}

#[test]
fn the_rules_see_what_they_guard() {
    let code = "use crate::{chain, check::{A, B},\n fix};\nlet x = crate::report::y;";
    assert_eq!(modules_used(code), ["chain", "check", "fix", "report"]);
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("a.rs");
    let text = "#[cfg(test)]\nmod tests;\nuse a;\n// crate::b\n#[cfg(test)]\nmod t {\n fn x() {}\n}\nuse c;\n";
    fs::write(&path, text).expect("a file");
    assert_eq!(self::code(&path), "use a;\nuse c;");
}

fn layer_of(module: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&module))
}

#[test]
fn a_layer_uses_only_those_below_it() {
    let mut broken = Vec::new();
    for path in files(&root().join("src"), "rs") {
        let name = shown(&path);
        let module = name
            .trim_start_matches("src/")
            .split(['/', '.'])
            .next()
            .expect("a module")
            .to_owned();
        if module == "lib" || module == "main" {
            continue;
        }
        let Some(mine) = layer_of(&module) else {
            broken.push(format!(
                "{name}: the module {module} stands in no layer of tests/rules.rs"
            ));
            continue;
        };
        let code = code(&path);
        for used in modules_used(&code) {
            if let Some(theirs) = layer_of(&used)
                && theirs > mine
            {
                broken.push(format!(
                    "{name} uses crate::{used}, which is a layer above it"
                ));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn only_the_edges_know_the_world() {
    let mut broken = Vec::new();
    for path in files(&root().join("src"), "rs") {
        let name = shown(&path);
        if EDGES.iter().any(|edge| name.starts_with(edge)) {
            continue;
        }
        let code = code(&path);
        for world in WORLD.iter().filter(|world| code.contains(**world)) {
            broken.push(format!(
                "{name} knows {world}: that belongs to the edges ({})",
                EDGES.join(", ")
            ));
        }
        if name != "src/term.rs" {
            for print in ["println!(", "eprintln!("]
                .iter()
                .filter(|print| code.contains(**print))
            {
                broken.push(format!("{name} prints ({print}): only command does"));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn a_check_is_a_page_a_file_and_a_line() {
    let mut missing = Vec::new();
    let listed: BTreeSet<String> = checks::ALL
        .iter()
        .map(|check| check.id.to_owned())
        .collect();
    let pages: BTreeSet<String> = stems(&root().join("checks"), "md");
    let code: BTreeSet<String> = stems(&root().join("src/checks"), "rs")
        .into_iter()
        .map(|name| name.replace('_', "-"))
        .collect();
    for id in listed
        .union(&pages)
        .cloned()
        .collect::<BTreeSet<_>>()
        .union(&code)
    {
        let snake = id.replace('-', "_");
        if !pages.contains(id) {
            missing.push(format!("{id}: write its page, checks/{id}.md"));
        }
        if !code.contains(id) {
            missing.push(format!("{id}: write its function, src/checks/{snake}.rs"));
        }
        if !listed.contains(id) {
            missing.push(format!(
                "{id}: add the line {snake} to `checks!` in src/checks.rs"
            ));
        }
    }
    let ids: Vec<&str> = checks::ALL.iter().map(|check| check.id).collect();
    let mut sorted = ids.clone();
    sorted.sort_unstable();
    if ids != sorted {
        missing.push("sort the list in src/checks.rs by id".to_owned());
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

fn stems(dir: &Path, extension: &str) -> BTreeSet<String> {
    fs::read_dir(dir)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|have| have == extension))
        .map(|path| {
            path.file_stem()
                .expect("a name")
                .to_string_lossy()
                .into_owned()
        })
        .collect()
}

#[test]
fn a_page_tells_what_its_check_is() {
    let mut missing = Vec::new();
    for check in checks::ALL {
        let mut need = |what: &str, present: bool| {
            if !present {
                missing.push(format!("checks/{}.md: {what}", check.id));
            }
        };
        let page = check.page;
        need(
            "begins with its id",
            page.starts_with(&format!("# {}\n", check.id)),
        );
        for heading in [
            "## Why it matters",
            "## Example",
            "## Fix",
            "## Switch it off",
        ] {
            need(
                &format!("has the section {heading:?}"),
                page.contains(heading),
            );
        }
        let needs: Vec<&str> = check.needs.iter().map(|need| need.word()).collect();
        let card = format!(
            "{} · needs {} · since {}",
            check.severity.word(),
            needs.join(" "),
            check.since
        );
        need(
            &format!("has its card, {card:?}"),
            page.contains(&format!("\n{card}")),
        );
        need(
            "says how to switch it off",
            page.contains(&format!("--skip {}", check.id)),
        );
        need(
            "has a summary of at most 240 characters",
            (20..=240).contains(&check.summary().chars().count()),
        );
        let plain = |id: &str| {
            id.chars()
                .all(|c| c.is_ascii_lowercase() || c == '-' || c.is_ascii_digit())
        };
        need("its id is kebab-case", plain(check.id));
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn what_a_check_covers_does_not_cover_it() {
    for check in checks::ALL {
        for covered in check.covers {
            if let Some(other) = checks::by_id(covered) {
                assert!(
                    !other.covers.contains(&check.id),
                    "{} and {covered} cover each other",
                    check.id
                );
            }
        }
    }
}

/// What a conversation shows is some check's matter, and a check that needs the wire speaks of something that a
/// conversation shows, of what comes through a gateway, or of calls that somebody asked for.
#[test]
fn every_trouble_has_its_check_and_every_check_on_the_wire_its_trouble() {
    let text = code(&root().join("src/wire/trouble.rs"));
    let body = text
        .split_once("pub fn check(&self) -> &'static str {")
        .expect("Kind::check")
        .1;
    let body = &body[..body.find("\n    }\n").expect("its end")];
    let arms: BTreeSet<&str> = body
        .split("=> \"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect();
    assert!(arms.len() > 20, "found only {arms:?}");
    let mut missing = Vec::new();
    for id in &arms {
        let file = root().join(format!("src/checks/{}.rs", id.replace('-', "_")));
        match checks::by_id(id) {
            None => missing.push(format!(
                "{id}: a conversation shows it, and no check speaks of it"
            )),
            Some(_) if !self::code(&file).contains("Kind::") => {
                missing.push(format!("{id}: src/checks speaks of no kind of trouble"));
            }
            Some(_) => {}
        }
    }
    for check in checks::ALL {
        let is_elsewhere = ["gateway-", "call-"]
            .iter()
            .any(|of| check.id.starts_with(of));
        if check.needs.contains(&Need::Wire) && !arms.contains(check.id) && !is_elsewhere {
            missing.push(format!(
                "{}: needs the wire, and no trouble in src/wire/trouble.rs is its matter",
                check.id
            ));
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

/// Versions of what mcpdoc itself writes.
const WRITTEN: &[(&str, &str)] = &[("src/report/sarif.rs", "2.1.0")];

/// The catalog says what holds in which version; code asks it.
#[test]
fn no_version_number_stands_in_code() {
    let mut broken = Vec::new();
    for path in files(&root().join("src"), "rs") {
        let code = code(&path);
        for (at, line) in code.lines().enumerate() {
            for word in line.split('"').skip(1).step_by(2) {
                let digits = word.trim_start_matches(['v', '<', '>', '=', ' ']);
                let parts: Vec<&str> = digits.split('.').collect();
                let version = parts.len() == 3
                    && parts
                        .iter()
                        .all(|part| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit()));
                let written = WRITTEN.contains(&(shown(&path).as_str(), word));
                if version && !written && word != env!("CARGO_PKG_VERSION") {
                    broken.push(format!("{}: {word:?} (code line {})", shown(&path), at + 1));
                }
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}
