//! Every format says the same: each finding with its severity, place and fingerprint, and the same counts. Each is valid
//! by its own rules, also where files mean harm.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

#[path = "support/run.rs"]
mod support;

use mcpdoc::Examination;
use mcpdoc::check::{Place, Severity};
use mcpdoc::disk::Disk;
use mcpdoc::load::{Memory, Request};
use mcpdoc::report::{github, gitlab, json, junit, markdown, sarif};
use mcpdoc::verdict::{Ignored, IgnoredBy};
use quick_xml::events::Event;
use serde_json::Value;
use support::{CWD, run};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// A finding as a format tells it; nothing where the format has no place for it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Told {
    check: String,
    severity: String,
    file: String,
    line: String,
    fingerprint: Option<String>,
}

/// Everything that a format tells.
#[derive(Debug)]
struct Report {
    counted: Vec<Told>,
    /// How many findings do not count.
    ignored: usize,
}

fn parse(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn of_json(document: &str) -> Report {
    let document = parse(document);
    let told = |finding: &Value| {
        let place = &finding["locations"][0];
        Told {
            check: text(&finding["check"]),
            severity: text(&finding["severity"]),
            file: text(&place["file"]),
            line: text(&place["line"]),
            fingerprint: Some(text(&finding["fingerprint"])),
        }
    };
    let report = Report {
        counted: list(&document["findings"]).iter().map(told).collect(),
        ignored: list(&document["ignored"]).len(),
    };
    for severity in ["error", "warning", "note"] {
        let same = report
            .counted
            .iter()
            .filter(|told| told.severity == severity);
        assert_eq!(document["summary"][severity], same.count());
    }
    assert_eq!(document["summary"]["ignored"], report.ignored);
    report
}

fn decoded(uri: &str) -> String {
    let path = uri.strip_prefix("file://").unwrap_or(uri);
    percent_encoding::percent_decode_str(path)
        .decode_utf8()
        .expect("UTF-8")
        .into_owned()
}

fn of_sarif(document: &str) -> Report {
    let document = parse(document);
    let run = &document["runs"][0];
    let rules = list(&run["tool"]["driver"]["rules"]);
    let files: Vec<String> = list(&run["artifacts"])
        .iter()
        .map(|artifact| text(&artifact["location"]["uri"]))
        .collect();
    let mut ignored = 0;
    let mut counted = Vec::new();
    for result in list(&run["results"]) {
        let rule = result["ruleIndex"].as_u64().expect("a number") as usize;
        assert_eq!(rules[rule]["id"], result["ruleId"]);
        let message = text(&result["message"]["text"]);
        for place in list(&result["relatedLocations"]) {
            let id = &place["id"];
            // The first few are linked to.
            if id.as_u64() <= Some(5) {
                assert!(message.contains(&format!("]({id})")), "{message}");
            }
        }
        if !list(&result["suppressions"]).is_empty() {
            ignored += 1;
            continue;
        }
        let place = &result["locations"][0]["physicalLocation"];
        let uri = text(&place["artifactLocation"]["uri"]);
        if let Some(index) = place["artifactLocation"]["index"].as_u64() {
            assert_eq!(files[index as usize], uri);
        }
        counted.push(Told {
            check: text(&result["ruleId"]),
            severity: text(&result["level"]),
            file: decoded(&uri),
            line: text(&place["region"]["startLine"]),
            fingerprint: Some(text(&result["partialFingerprints"]["mcpdoc/v1"])),
        });
    }
    Report { counted, ignored }
}

/// A test case: its attributes, what its status says, and its text.
#[derive(Debug, Default)]
struct Case {
    suite: String,
    attributes: BTreeMap<String, String>,
    /// `failure`, `error`, `skipped`; empty of one that passed.
    status: String,
    said: BTreeMap<String, String>,
    text: String,
}

/// Reads JUnit by a reader of XML, and counts again what its suites count.
fn cases(document: &str) -> (Vec<Case>, BTreeMap<String, String>) {
    let mut reader = quick_xml::Reader::from_str(document);
    reader.config_mut().expand_empty_elements = true;
    let mut cases: Vec<Case> = Vec::new();
    let mut properties = BTreeMap::new();
    let mut suites: Vec<BTreeMap<String, String>> = Vec::new();
    let mut within = Vec::new();
    loop {
        match reader.read_event().expect("XML") {
            Event::Start(start) => {
                let name = String::from_utf8(start.name().as_ref().to_vec()).expect("a name");
                let attributes: BTreeMap<String, String> = start
                    .attributes()
                    .map(|attribute| {
                        let attribute = attribute.expect("an attribute");
                        let value = attribute
                            .normalized_value(quick_xml::XmlVersion::Explicit1_0)
                            .expect("a value");
                        let key = String::from_utf8(attribute.key.as_ref().to_vec());
                        (key.expect("a name"), value.into_owned())
                    })
                    .collect();
                match name.as_str() {
                    "testsuite" => suites.push(attributes),
                    "testcase" => cases.push(Case {
                        suite: suites.last().expect("a suite")["name"].clone(),
                        attributes,
                        ..Case::default()
                    }),
                    "failure" | "error" | "skipped" => {
                        let case = cases.last_mut().expect("a case");
                        case.status.clone_from(&name);
                        case.said = attributes;
                    }
                    "property" => {
                        properties.insert(attributes["name"].clone(), attributes["value"].clone());
                    }
                    _ => {}
                }
                within.push(name);
            }
            Event::End(_) => {
                within.pop();
            }
            Event::Text(inner) => {
                if matches!(
                    within.last().map(String::as_str),
                    Some("failure" | "system-out")
                ) {
                    let case = cases.last_mut().expect("a case");
                    case.text.push_str(&inner.decode().expect("text"));
                }
            }
            Event::Eof => break,
            _ => {}
        }
    }
    assert!(within.is_empty());
    let forbidden = |c: char| {
        (c.is_control() && !matches!(c, '\n' | '\t' | '\r'))
            || ('\u{fffe}'..='\u{ffff}').contains(&c)
    };
    assert!(!document.contains(forbidden), "XML 1.0 forbids it");
    for suite in &suites {
        let own = || cases.iter().filter(|case| case.suite == suite["name"]);
        let of = |status: &str| own().filter(|case| case.status == status).count();
        assert_eq!(suite["tests"], own().count().to_string());
        assert_eq!(suite["failures"], of("failure").to_string());
        assert_eq!(suite["errors"], of("error").to_string());
        assert_eq!(suite["skipped"], of("skipped").to_string());
        let mut names: Vec<_> = own()
            .map(|case| (&case.attributes["classname"], &case.attributes["name"]))
            .collect();
        let all = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), all, "a name is given twice");
    }
    (cases, properties)
}

fn of_junit(document: &str) -> Report {
    let (cases, properties) = cases(document);
    let mut counted = Vec::new();
    let mut ignored = 0;
    for case in cases.iter().filter(|case| case.suite == "mcpdoc") {
        let said = case
            .said
            .get("message")
            .map(String::as_str)
            .unwrap_or_default();
        if said.starts_with("ignored by ") {
            assert_eq!(case.status, "skipped");
            ignored += 1;
            continue;
        }
        let severity = match case.status.as_str() {
            "failure" => case.said["type"].clone(),
            "" if !case.text.is_empty() => case.text.split(':').next().expect("a word").to_owned(),
            _ => continue,
        };
        let check = case.attributes["classname"].trim_start_matches("mcpdoc.");
        let attribute = |name: &str| case.attributes.get(name).cloned().unwrap_or_default();
        counted.push(Told {
            check: check.to_owned(),
            severity,
            file: attribute("file"),
            line: attribute("line"),
            fingerprint: None,
        });
    }
    for severity in ["error", "warning", "note"] {
        let same = counted
            .iter()
            .filter(|told| told.severity == severity)
            .count();
        assert_eq!(properties[severity], same.to_string());
    }
    assert_eq!(properties["ignored"], ignored.to_string());
    Report { counted, ignored }
}

fn of_github(document: &str) -> Report {
    let decode = |text: &str| {
        let text = text.replace("%2C", ",").replace("%3A", ":");
        text.replace("%0A", "\n")
            .replace("%0D", "\r")
            .replace("%25", "%")
    };
    let mut counted = Vec::new();
    let mut ignored = 0;
    for line in document.lines() {
        let Some(command) = line.strip_prefix("::") else {
            let rest = line.strip_prefix("mcpdoc: ").expect("a line of ours");
            if let Some((before, _)) = rest.split_once(" ignored") {
                ignored = before
                    .rsplit(' ')
                    .next()
                    .and_then(|word| word.parse().ok())
                    .expect("a number");
            }
            continue;
        };
        let (head, _) = command.split_once("::").expect("data");
        let (word, properties) = head.split_once(' ').expect("properties");
        let properties: BTreeMap<&str, String> = properties
            .split(',')
            .map(|pair| pair.split_once('=').expect("a value"))
            .map(|(name, value)| (name, decode(value)))
            .collect();
        let property = |name: &str| properties.get(name).cloned().unwrap_or_default();
        counted.push(Told {
            check: property("title").trim_start_matches("mcpdoc: ").to_owned(),
            severity: word.replace("notice", "note"),
            file: property("file"),
            line: property("line"),
            fingerprint: None,
        });
    }
    Report { counted, ignored }
}

fn of_gitlab(document: &str) -> Report {
    let document = parse(document);
    let mut prints: Vec<String> = Vec::new();
    let mut counted = Vec::new();
    let mut ignored = 0;
    for issue in list(&document) {
        let fingerprint = text(&issue["fingerprint"]);
        assert!(
            !prints.contains(&fingerprint),
            "{fingerprint} is there twice"
        );
        prints.push(fingerprint.clone());
        let path = text(&issue["location"]["path"]);
        assert!(!path.is_empty() && !path.starts_with("./"), "{issue}");
        assert!(
            issue["location"]["lines"]["begin"].as_u64()
                <= issue["location"]["lines"]["end"].as_u64()
        );
        if issue["check_name"] == "ignored" {
            let said = text(&issue["description"]);
            ignored = said
                .split(' ')
                .next()
                .and_then(|word| word.parse().ok())
                .expect("a number");
            continue;
        }
        counted.push(Told {
            check: text(&issue["check_name"]),
            severity: match issue["severity"].as_str() {
                Some("critical") => "error",
                Some("minor") => "warning",
                Some("info") => "note",
                other => panic!("{other:?} is no severity here"),
            }
            .to_owned(),
            file: path,
            line: text(&issue["location"]["lines"]["begin"]),
            fingerprint: Some(fingerprint),
        });
    }
    Report { counted, ignored }
}

/// Findings as Markdown has them, in the words of a page that a renderer made.
fn of_markdown(document: &str) -> Report {
    assert!(document.starts_with("<!-- mcpdoc -->\n"));
    assert!(document.len() < 65_536);
    let mut counted = Vec::new();
    let mut severity = String::new();
    let mut ignored = 0;
    for line in document.lines() {
        if let Some(heading) = line.strip_prefix("#### ") {
            let word = heading.split(' ').nth(1).expect("a word");
            severity = word.trim_end_matches('s').to_owned();
        } else if let Some(heading) = line.strip_prefix("### ") {
            if let Some((before, _)) = heading.split_once(" ignored") {
                ignored = before
                    .rsplit(' ')
                    .next()
                    .and_then(|word| word.parse().ok())
                    .expect("a number");
            }
        } else if let Some(heading) = line
            .strip_prefix("<summary><b>")
            .and_then(|line| line.strip_suffix("</b></summary>"))
        {
            let word = heading.split(' ').nth(1).expect("a word");
            severity = word.trim_end_matches('s').to_owned();
        } else if let Some(summary) = line.strip_prefix("<summary><b>") {
            let (check, rest) = summary.split_once("</b> <code>").expect("a check");
            let place = rest.split_once("</code>").expect("a place").0;
            let mut parts = place.rsplitn(3, ':');
            let (_, line, file) = (parts.next(), parts.next(), parts.next());
            counted.push(Told {
                check: check.to_owned(),
                severity: severity.clone(),
                file: file.unwrap_or_default().to_owned(),
                line: line.unwrap_or_default().to_owned(),
                fingerprint: None,
            });
        }
    }
    Report { counted, ignored }
}

fn options() -> junit::Options {
    junit::Options {
        fails_from: Some(Severity::Error),
        require: Vec::new(),
    }
}

/// Everything that is said of an examination.
struct Said {
    json: String,
    sarif: String,
    junit: String,
    github: String,
    gitlab: String,
    markdown: String,
}

impl Said {
    fn of(examination: &Examination) -> Said {
        Said {
            json: json::render(examination).expect("a document"),
            sarif: sarif::render(examination).expect("a document"),
            junit: junit::render(examination, &options()).expect("a document"),
            github: github::render(examination),
            gitlab: gitlab::render(examination).expect("a document"),
            markdown: markdown::render(examination),
        }
    }

    fn all(&self) -> [&str; 6] {
        [
            &self.json,
            &self.sarif,
            &self.junit,
            &self.github,
            &self.gitlab,
            &self.markdown,
        ]
        .map(String::as_str)
    }
}

fn sarif_validator() -> jsonschema::Validator {
    let schema = root().join("fixtures/schemas/sarif-2.1.0.json");
    let mut schema = parse(&std::fs::read_to_string(schema).expect("the schema"));
    // A pattern that is none by the rules of ECMA-262 (`]?` without its bracket), of a property that is not used.
    for holder in ["run", "toolComponent"] {
        let language = &mut schema["definitions"][holder]["properties"]["language"];
        language
            .as_object_mut()
            .expect("a property")
            .remove("pattern");
    }
    jsonschema::validator_for(&schema).expect("the schema is one")
}

fn fits(name: &str, validator: &jsonschema::Validator, document: &str) {
    let document = parse(document);
    let errors: Vec<String> = validator
        .iter_errors(&document)
        .map(|error| format!("{error} at {}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{name}: {}", errors.join("\n"));
}

/// Each format tells the findings that JSON does, in the same order.
fn agree(name: &str, examination: &Examination) {
    let said = Said::of(examination);
    let reference = of_json(&said.json);
    let bare = |told: &Told| Told {
        fingerprint: None,
        ..told.clone()
    };
    let without: Vec<Told> = reference.counted.iter().map(bare).collect();
    for (format, report) in [
        ("sarif", of_sarif(&said.sarif)),
        ("gitlab", of_gitlab(&said.gitlab)),
        ("junit", of_junit(&said.junit)),
        ("github", of_github(&said.github)),
        ("markdown", of_markdown(&said.markdown)),
    ] {
        let has_prints = report.counted.iter().any(|told| told.fingerprint.is_some());
        let expected = if has_prints {
            &reference.counted
        } else {
            &without
        };
        assert_eq!(&report.counted, expected, "{name}: {format}");
        assert_eq!(report.ignored, reference.ignored, "{name}: {format}");
    }
    let again = Said::of(examination);
    assert_eq!(said.all(), again.all());
}

/// What is examined: the fixtures as their tests run them, and files that LiteLLM was tried with.
fn examined() -> Vec<(String, Examination)> {
    let mut all = Vec::new();
    let folders = std::fs::read_dir(root().join("fixtures")).expect("fixtures/");
    let mut cases: Vec<PathBuf> = folders
        .map(|entry| entry.expect("a folder").path())
        .filter(|path| path.join("stack").is_dir())
        .collect();
    cases.sort();
    for case in cases {
        let request = Request {
            cwd: case.clone(),
            paths: vec![case.join("stack")],
            ..Request::default()
        };
        let settings = mcpdoc::chain::Settings::default();
        let found = mcpdoc::examine(
            &request,
            &settings,
            &mcpdoc::Selection::default(),
            &Disk::anywhere(),
        );
        all.push((case.display().to_string(), found));
    }
    let files = std::fs::read_dir(root().join("fixtures/litellm-load")).expect("files");
    let mut files: Vec<PathBuf> = files.map(|entry| entry.expect("a file").path()).collect();
    files.sort();
    for file in files
        .iter()
        .filter(|file| file.extension().is_some_and(|have| have == "yaml"))
    {
        let mut memory = Memory::default();
        memory.insert(
            Path::new(CWD).join("litellm.yaml"),
            std::fs::read(file).expect("a file"),
        );
        all.push((
            file.display().to_string(),
            run("--litellm litellm.yaml", None, &memory),
        ));
    }
    assert!(all.len() > 60);
    all
}

#[test]
fn every_format_tells_the_same() {
    for (name, examination) in examined() {
        agree(&name, &examination);
    }
}

#[test]
fn sarif_fits_the_schema() {
    let validator = sarif_validator();
    for (name, examination) in examined() {
        fits(
            &name,
            &validator,
            &sarif::render(&examination).expect("a document"),
        );
    }
}

/// The last findings do not count.
fn set_aside(examination: &mut Examination, by: &[IgnoredBy]) {
    let diagnosis = &mut examination.diagnosis;
    let kept = diagnosis.findings.len() - by.len();
    let last = diagnosis.findings.split_off(kept);
    let set_aside = last.into_iter().zip(by).map(|(judged, by)| Ignored {
        judged,
        by: *by,
        reason: Some("accepted by @ops, see #12".to_owned()),
    });
    diagnosis.ignored = set_aside.collect();
}

fn some() -> Examination {
    let config = "general_settings:\n  master_key: ${KEY}\nmcp_servers:\n  db:\n    transport: SSE\n    url: http://db:8000/sse\n    nonsense: 1\n    other: 2\n    third: 3\n";
    let mut memory = Memory::default();
    memory.insert(format!("{CWD}/litellm.yaml"), config);
    let found = run("--litellm litellm.yaml", None, &memory);
    assert!(found.diagnosis.findings.len() > 4);
    found
}

#[test]
fn what_is_set_aside_is_counted_and_named() {
    let mut examination = some();
    let all = examination.diagnosis.findings.len();
    set_aside(
        &mut examination,
        &[IgnoredBy::Comment, IgnoredBy::Baseline, IgnoredBy::Baseline],
    );
    agree("set aside", &examination);
    let said = Said::of(&examination);
    assert_eq!(of_json(&said.json).counted.len(), all - 3);
    fits("", &sarif_validator(), &said.sarif);
    let kinds: Vec<String> = list(&parse(&said.sarif)["runs"][0]["results"])
        .iter()
        .filter_map(|result| result["suppressions"].get(0).map(|one| text(&one["kind"])))
        .collect();
    assert_eq!(kinds, ["inSource", "external", "external"]);
    for said in [&said.github, &said.gitlab, &said.markdown] {
        assert!(
            said.contains("3 ignored (1 by a comment, 2 by the baseline)"),
            "{said}"
        );
    }
    assert!(
        said.markdown.contains("accepted by `@ops`, see `#12`"),
        "{}",
        said.markdown
    );
}

/// Of a hop that an ignored finding breaks no test fails.
#[test]
fn what_is_set_aside_turns_no_report_red() {
    let mut examination = some();
    let all = examination.diagnosis.findings.len();
    set_aside(&mut examination, &vec![IgnoredBy::Settings; all]);
    let document = junit::render(&examination, &options()).expect("a document");
    let (cases, _) = cases(&document);
    assert!(
        cases
            .iter()
            .all(|case| !matches!(case.status.as_str(), "failure" | "error"))
    );
    let broken = cases
        .iter()
        .find(|case| case.suite == "chain")
        .expect("a hop");
    assert_eq!(broken.status, "skipped");
    assert!(broken.said["message"].contains("(ignored)"), "{broken:?}");
}

#[test]
fn junit_is_red_from_the_threshold_on() {
    let examination = some();
    let failures = |from| {
        let options = junit::Options {
            fails_from: from,
            require: Vec::new(),
        };
        let (cases, _) = cases(&junit::render(&examination, &options).expect("a document"));
        cases
            .iter()
            .filter(|case| case.status == "failure" && case.suite == "mcpdoc")
            .count()
    };
    let count = |severity| examination.diagnosis.count(severity);
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    assert!(errors > 0 && warnings > 0);
    assert_eq!(failures(None), 0);
    assert_eq!(failures(Some(Severity::Error)), errors);
    assert_eq!(failures(Some(Severity::Warning)), errors + warnings);
    assert_eq!(
        failures(Some(Severity::Note)),
        examination.diagnosis.findings.len()
    );
}

/// A check that was not chosen has no case: nobody has looked.
#[test]
fn junit_has_the_checks_that_ran() {
    let mut memory = Memory::default();
    memory.insert(format!("{CWD}/litellm.yaml"), "mcp_servers: {}\n");
    let found = run(
        "--litellm litellm.yaml --only url-missing,transport-invalid",
        None,
        &memory,
    );
    let (cases, _) = cases(&junit::render(&found, &options()).expect("a document"));
    let names: Vec<&str> = cases
        .iter()
        .map(|case| case.attributes["name"].as_str())
        .collect();
    assert_eq!(names, ["transport-invalid", "url-missing"]);
}

/// GitHub and GitLab want a file of each finding.
#[test]
fn what_is_in_no_file_gets_one() {
    let mut examination = some();
    for judged in &mut examination.diagnosis.findings {
        judged.finding.labels.truncate(1);
        judged.finding.labels[0].at = Place::Endpoint("http://db:8000/sse".to_owned());
    }
    let said = Said::of(&examination);
    fits("", &sarif_validator(), &said.sarif);
    let reference = of_json(&said.json).counted.len();
    for report in [
        of_sarif(&said.sarif),
        of_github(&said.github),
        of_gitlab(&said.gitlab),
        of_junit(&said.junit),
    ] {
        assert_eq!(report.counted.len(), reference);
        for told in report.counted {
            assert_eq!(told.file, "litellm.yaml");
        }
    }
    // What it is about is said all the same.
    assert!(
        said.markdown.contains("<code>http://db:8000/sse</code>"),
        "{}",
        said.markdown
    );
    assert!(
        said.github
            .lines()
            .next()
            .expect("a line")
            .contains("%0Ahttp://db:8000/sse"),
        "{}",
        said.github
    );
}

/// What stands in files of somebody who means harm.
const HOSTILE: &[&str] = &[
    "@everyone",
    "#1",
    "GH-1",
    "owner/repo#1",
    "</summary></details><img src=x onerror=alert(1)>",
    "<!-- mcpdoc --><script>alert(1)</script>",
    "![x](https://evil.example/x.png)",
    "[click](https://evil.example)",
    "[click](1)",
    "https://evil.example",
    "www.evil.example",
    "a|b|c",
    "`",
    "```",
    "x`@y`z ``` @z",
    "~~~",
    "]]>",
    "&lt;&amp;",
    "$x$ $$y$$",
    "::error file=x::y",
    "##[error]x",
    "%0A::error::x",
    "a\\nb\\n::set-output name=x::y",
    "a\\r\\n# heading\\n\\n- item",
    "\\e[31mred\\e[0m \\a \\0 \\x7f \\x9b",
    "\\u202Eevil\\u2066 \\uFFFE \\uFEFF",
    "*bold* _it_ ~~s~~ :tada:",
    "1234567890abcdef1234567890abcdef12345678",
];

/// A gateway's file that says a text wherever findings quote: names of servers, keys and values.
fn hostile(said: &str) -> String {
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\\\""));
    let name = quoted(said);
    format!(
        "mcp_servers:\n  {name}:\n    transport: {name}\n    url: {}\n    {name}: 1\n    alias: {name}\n  db:\n    transport: http\n    url: {}\n    auth_type: {name}\n{name}:\n  a: 1\n",
        quoted(&format!("http://{said}/mcp")),
        quoted(&format!("http://db:8000/{said}")),
    )
}

fn harm(said: &str) -> Examination {
    let mut memory = Memory::default();
    memory.insert(format!("{CWD}/litellm.yaml"), hostile(said));
    run("--litellm litellm.yaml", None, &memory)
}

#[test]
fn hostile_texts_stay_texts() {
    let validator = sarif_validator();
    for said in HOSTILE {
        let examination = harm(said);
        assert!(examination.diagnosis.findings.len() > 3, "{said}");
        agree(said, &examination);
        let all = Said::of(&examination);
        fits(said, &validator, &all.sarif);
        for text in all.all() {
            assert!(text.chars().all(mcpdoc::term::is_harmless), "{said}");
        }
        for line in all.github.lines() {
            let ours = [
                "::error file=",
                "::warning file=",
                "::notice file=",
                "mcpdoc: ",
            ];
            assert!(ours.iter().any(|begin| line.starts_with(begin)), "{line}");
        }
        for result in list(&parse(&all.sarif)["runs"][0]["results"]) {
            let message = text(&result["message"]["text"]);
            let links = message.match_indices("](");
            let known = list(&result["relatedLocations"]).len();
            for (at, _) in links {
                let to = message[at + 2..].split(')').next().expect("a link");
                let to: usize = to.parse().unwrap_or_else(|_| panic!("{message}"));
                assert!(to <= known, "{message}");
            }
        }
        renders(&all.markdown);
    }
}

/// What a renderer makes of a comment: our own tags, and of everything foreign text and code.
fn renders(document: &str) {
    use pulldown_cmark::{Event, Options, Parser, Tag};
    let own = [
        "<!-- mcpdoc -->",
        "<details>",
        "</details>",
        "<sub>",
        "</sub>",
    ];
    let mut in_code = false;
    let mut open = 0;
    for event in Parser::new_ext(document, Options::all()) {
        match event {
            Event::Start(Tag::CodeBlock(_)) => in_code = true,
            Event::End(pulldown_cmark::TagEnd::CodeBlock) => in_code = false,
            Event::Start(Tag::Link { .. } | Tag::Image { .. } | Tag::FootnoteDefinition(_)) => {
                panic!("a link in\n{document}")
            }
            Event::Html(html) | Event::InlineHtml(html) => {
                open += html.matches("<details>").count();
                open -= html.matches("</details>").count();
                let html = html.trim();
                let summary = html
                    .strip_prefix("<summary>")
                    .and_then(|rest| rest.strip_suffix("</summary>"));
                match summary {
                    Some(inner) => {
                        let left = ["<b>", "</b>", "<code>", "</code>"]
                            .iter()
                            .fold(inner.to_owned(), |text, tag| text.replace(tag, ""));
                        assert!(!left.contains(['<', '>']), "{html}");
                        let bare = inner.replace("<b>", "").replace("</b>", "");
                        let mut outside = bare
                            .split("<code>")
                            .map(|part| part.split("</code>").last().unwrap_or_default());
                        assert!(
                            outside.all(|text| !text.contains(['@', '#', '$', '/', '`'])),
                            "{html}"
                        );
                    }
                    None => assert!(own.contains(&html), "{html} in\n{document}"),
                }
            }
            Event::Text(text) if !in_code => {
                // References, mentions, addresses and formulas are made of these.
                assert!(
                    !text.contains(['@', '#', '$', '<', '>', '|', '~', '\\']),
                    "{text} in\n{document}"
                );
                assert!(
                    !text.contains("//") && !text.contains("www."),
                    "{text} in\n{document}"
                );
            }
            Event::InlineMath(_)
            | Event::DisplayMath(_)
            | Event::FootnoteReference(_)
            | Event::TaskListMarker(_) => {
                panic!("{event:?} in\n{document}")
            }
            _ => {}
        }
    }
    assert_eq!(open, 0, "{document}");
}

#[test]
fn names_of_files_stay_names() {
    let name = "a b#[x]`|(1)%25,:&<i>@x.yaml";
    let mut memory = Memory::default();
    memory.insert(format!("{CWD}/{name}"), hostile("x y"));
    let request = Request {
        cwd: CWD.into(),
        litellm: vec![format!("{CWD}/{name}").into()],
        ..Request::default()
    };
    let settings = mcpdoc::chain::Settings::default();
    let found = mcpdoc::examine(&request, &settings, &mcpdoc::Selection::default(), &memory);
    let said = Said::of(&found);
    fits("", &sarif_validator(), &said.sarif);
    renders(&said.markdown);
    let reference = of_json(&said.json).counted;
    assert!(reference.iter().all(|told| told.file == name));
    assert_eq!(of_sarif(&said.sarif).counted, reference);
    assert_eq!(of_gitlab(&said.gitlab).counted, reference);
    for report in [of_github(&said.github), of_junit(&said.junit)] {
        assert!(
            report.counted.iter().all(|told| told.file == name),
            "{report:?}"
        );
    }
}

#[test]
fn long_lines_are_cut() {
    // A key of a mapping in one line may have 1,024 characters.
    let (key, value) = ("x".repeat(1_000), "y".repeat(100 * 1024));
    let config = format!(
        "mcp_servers:\n  db:\n    transport: {value}\n    url: http://db:8000/{value}\n    auth_type: {value}\n    {key}: {value}\n"
    );
    let mut memory = Memory::default();
    memory.insert(format!("{CWD}/litellm.yaml"), config);
    let examination = run("--litellm litellm.yaml", None, &memory);
    assert!(examination.diagnosis.findings.len() > 2);
    let said = Said::of(&examination);
    fits("", &sarif_validator(), &said.sarif);
    assert!(said.github.len() < 200_000, "{}", said.github.len());
    assert!(said.gitlab.len() < 200_000, "{}", said.gitlab.len());
    assert!(said.junit.len() < 500_000, "{}", said.junit.len());
    assert!(said.markdown.len() < 65_536, "{}", said.markdown.len());
    renders(&said.markdown);
}

#[test]
fn ten_thousand_findings() {
    let servers: String = (0..10_000)
        .map(|n| format!("  s{n}:\n    transport: SSE\n    url: http://s{n}:8000/sse\n"))
        .collect();
    let mut memory = Memory::default();
    memory.insert(
        format!("{CWD}/litellm.yaml"),
        format!("mcp_servers:\n{servers}"),
    );
    let examination = run("--litellm litellm.yaml", None, &memory);
    let errors = examination.diagnosis.count(Severity::Error);
    assert!(errors >= 10_000, "{errors}");
    let began = Instant::now();
    let said = Said::of(&examination);
    // Unoptimised, on a machine that others use, too.
    assert!(
        began.elapsed() < Duration::from_secs(60),
        "{:?}",
        began.elapsed()
    );
    for (text, bytes) in [
        (&said.sarif, 20_000_000),
        (&said.junit, 20_000_000),
        (&said.github, 5_000_000),
        (&said.gitlab, 8_000_000),
        (&said.markdown, 65_536),
    ] {
        assert!(text.len() < bytes, "{} of {bytes}", text.len());
    }
    let reference = of_json(&said.json).counted.len();
    assert_eq!(of_sarif(&said.sarif).counted.len(), reference);
    assert_eq!(of_github(&said.github).counted.len(), reference);
    let last = said.github.lines().last().expect("a line");
    assert!(last.contains(&format!("{} errors", errors - 10)), "{last}");
    let shown = of_markdown(&said.markdown).counted.len();
    let brief = said
        .markdown
        .lines()
        .filter(|line| line.starts_with("- **"))
        .count();
    let left = said
        .markdown
        .lines()
        .find(|line| line.starts_with("**Left out"))
        .expect("a line");
    assert!(
        left.contains(&format!("{} errors", errors - shown - brief)),
        "{left}"
    );
    renders(&said.markdown);
}
