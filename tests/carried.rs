//! Configurations that stand in other files: Kubernetes manifests and the values of charts.

#[path = "support/run.rs"]
mod support;

use mcpdoc::Examination;
use mcpdoc::fix;
use mcpdoc::load::Memory;
use mcpdoc::report;
use mcpdoc::source::{Part, Position};
use support::{CWD, run};

const CONFIG: &str = "\
model_list:
  - model_name: a
    litellm_params:
      model: openai/a

# Ä comment, and a blank line above.
mcp_servers:
  db:
    url: http://db.tools.svc:8000/sse
    transport: SSE
  docs:
    server_url: http://docs.tools.svc/mcp
general_settings:
  master_key: sk-Ab83hd73jdheQ83hd8whsk29
  master_key: \"os.environ/KEY\"
";

fn examined(name: &str, text: &str) -> Examination {
    let mut files = Memory::default();
    files.insert(format!("{CWD}/{name}"), text);
    run(".", None, &files)
}

/// Check, place and words of every finding; the place is moved by these lines and columns.
fn said(
    found: &Examination,
    lines: u32,
    columns: u32,
) -> Vec<(String, Position, Position, String)> {
    let findings = &found.diagnosis.findings;
    let mut said: Vec<_> = findings
        .iter()
        .flat_map(|judged| {
            judged.finding.labels.iter().map(move |label| {
                let source = found.stack.source(label.at.source().expect("a file"));
                let span = match &label.at {
                    mcpdoc::check::Place::Node(pointer, part) => {
                        source.locate(&pointer.path, *part)
                    }
                    mcpdoc::check::Place::Text(_, span) => span.clone(),
                    mcpdoc::check::Place::Endpoint(_) | mcpdoc::check::Place::Container(_) => {
                        unreachable!("nothing was probed")
                    }
                };
                let at = |offset| {
                    let Position { line, column } = source.position(offset);
                    Position {
                        line: line + lines,
                        column: column + columns,
                    }
                };
                let message = judged.finding.message.replace(source.name(), "FILE");
                (
                    judged.finding.check.to_owned(),
                    at(span.start),
                    at(span.end),
                    message,
                )
            })
        })
        .collect();
    said.sort();
    said
}

fn indented(text: &str, indent: &str) -> String {
    text.lines()
        .map(|line| match line {
            "" => "\n".to_owned(),
            line => format!("{indent}{line}\n"),
        })
        .collect()
}

fn config_map(header: &str, indent: &str) -> String {
    format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: litellm\ndata:\n  config.yaml: {header}\n{}",
        indented(CONFIG, indent)
    )
}

#[test]
fn findings_land_in_the_manifest() {
    let plain = said(&examined("litellm.yaml", CONFIG), 6, 4);
    assert!(plain.len() > 3, "{plain:?}");
    for (header, tail) in [
        ("|", ""),
        ("|-", ""),
        ("|+", "\n\n"),
        ("|2", ""),
        ("| # the gateway's", "immutable: true\n"),
        ("|", "---\napiVersion: v1\nkind: Service\n"),
    ] {
        let text = config_map(header, "    ") + tail;
        assert_eq!(
            said(&examined("configmap.yaml", &text), 0, 0),
            plain,
            "{text}"
        );
        let windows = text.replace('\n', "\r\n");
        let found = examined("configmap.yaml", &windows);
        assert_eq!(said(&found, 0, 0), plain, "{windows:?}");
    }
}

#[test]
fn other_documents_come_first() {
    let before = "# a comment\n---\napiVersion: v1\nkind: Secret\nstringData: {a: b}\n--- # next\n";
    let lines = u32::try_from(before.lines().count()).expect("few") + 6;
    let text = before.to_owned() + &config_map("|", "    ");
    let plain = said(&examined("litellm.yaml", CONFIG), lines, 4);
    assert_eq!(said(&examined("configmap.yaml", &text), 0, 0), plain);
    // One that does not parse, such as a chart's template, hides no other.
    let broken = text.replace("stringData: {a: b}", "{{- include \"x\" . }}: {{ a");
    assert_eq!(said(&examined("configmap.yaml", &broken), 0, 0), plain);
}

#[test]
fn lists_secrets_and_releases_carry_too() {
    let block = indented(CONFIG, "          ");
    for text in [
        format!(
            "apiVersion: v1\nkind: List\nitems:\n  - apiVersion: v1\n    kind: ConfigMap\n    data:\n        config.yaml: |\n{block}"
        ),
        format!("apiVersion: v1\nkind: Secret\nstringData:\n  config.yaml: |\n{block}"),
        format!(
            "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nspec:\n  values:\n    configMaps:\n      config:\n        data:\n          config.yaml: |\n{}",
            indented(CONFIG, "            ")
        ),
        format!(
            "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nspec:\n  values:\n    proxy_config:\n{block}"
        ),
        format!("image: {{tag: main}}\nproxy_config:\n{block}"),
        format!("litellm:\n  proxy_config:\n{block}"),
    ] {
        let found = examined("litellm-values.yaml", &text);
        let at = text.find("model_list").expect("a config");
        let line = u32::try_from(text[..at].lines().count()).expect("few") - 1;
        let column = u32::try_from(at - text[..at].rfind('\n').expect("a line") - 1).expect("few");
        let plain = said(&examined("litellm.yaml", CONFIG), line, column);
        assert_eq!(said(&found, 0, 0), plain, "{text}");
    }
}

/// What the first repair of each check makes of a file.
fn repaired(found: &Examination) -> Vec<(String, Result<String, String>)> {
    let mut repaired: Vec<_> = found
        .diagnosis
        .findings
        .iter()
        .filter_map(|judged| {
            let first = judged
                .finding
                .fixes
                .iter()
                .find(|fix| !fix.changes.is_empty())?;
            let source = found.stack.source(first.changes[0].at.source);
            let edits = fix::lower(&|id| found.stack.source(id), first);
            let after = edits.map(|edits| fix::apply(source.text(), &edits));
            Some((
                judged.finding.check.to_owned(),
                after.map_err(|refused| refused.to_string()),
            ))
        })
        .collect();
    repaired.sort();
    repaired
}

#[test]
fn repairs_land_in_the_manifest() {
    let plain = repaired(&examined("litellm.yaml", CONFIG));
    assert!(
        plain.iter().filter(|(_, after)| after.is_ok()).count() > 1,
        "{plain:?}"
    );
    for indent in ["    ", "   "] {
        let head = config_map("|", indent);
        let head = &head[..head.find(&format!("{indent}model_list")).expect("a block")];
        let carried = repaired(&examined("configmap.yaml", &config_map("|", indent)));
        assert_eq!(carried.len(), plain.len());
        for ((check, after), (_, alone)) in carried.into_iter().zip(&plain) {
            let wanted = alone
                .as_ref()
                .map(|text| head.to_owned() + &indented(text, indent));
            assert_eq!(after.as_ref(), wanted.as_ref().map_err(|e| *e), "{check}");
        }
    }
}

#[test]
fn what_is_quoted_or_folded_is_not_edited() {
    let quoted = format!(
        "apiVersion: v1\nkind: ConfigMap\ndata:\n  config.yaml: {}\n",
        serde_json::to_string(CONFIG).expect("text")
    );
    let found = examined("configmap.yaml", &quoted);
    let checks = |found: &Examination| -> Vec<String> {
        said(found, 0, 0)
            .into_iter()
            .map(|(check, ..)| check)
            .collect()
    };
    assert_eq!(checks(&found), checks(&examined("litellm.yaml", CONFIG)));
    for judged in &found.diagnosis.findings {
        let label = &judged.finding.labels[0];
        let source = found.stack.source(label.at.source().expect("a file"));
        if let mcpdoc::check::Place::Node(pointer, part) = &label.at
            && judged.finding.check == "transport-invalid"
        {
            assert_eq!(&source.text()[source.locate(&pointer.path, *part)], "SSE");
            assert_eq!(*part, Part::Value);
        }
    }
    for (check, after) in repaired(&found) {
        let why = after.expect_err(&check);
        assert!(why.contains("in quotes"), "{check}: {why}");
    }
    let report = report::json::render(&found).expect("a report");
    assert!(!report.contains("sk-Ab83"), "{report}");
}

#[test]
fn what_does_not_parse_is_shown_there() {
    let text = "apiVersion: v1\nkind: ConfigMap\ndata:\n  config.yaml: |\n    model_list:\n      - model_name: a\n     litellm_params: {}\n";
    let found = examined("configmap.yaml", text);
    let said = said(&found, 0, 0);
    assert_eq!(said.len(), 1, "{said:?}");
    assert_eq!((said[0].0.as_str(), said[0].1.line), ("invalid-syntax", 7));
}

#[test]
fn what_runs_in_a_cluster_meets_no_compose_file() {
    let mut files = Memory::default();
    let config = "model_list: []\nmcp_servers:\n  db:\n    url: http://db:9999/mcp\n  me:\n    url: http://localhost:8000/mcp\n";
    files.insert(
        format!("{CWD}/k8s/configmap.yaml"),
        format!(
            "apiVersion: v1\nkind: ConfigMap\ndata:\n  config.yaml: |\n{}",
            indented(config, "    ")
        ),
    );
    files.insert(format!("{CWD}/k8s/app/litellm.yaml"), config);
    files.insert(
        format!("{CWD}/k8s/kustomization.yaml"),
        "configMapGenerator:\n  - name: a\n    files:\n      - config.yaml=./app/litellm.yaml\n",
    );
    files.insert(
        format!("{CWD}/compose.yaml"),
        "services:\n  db:\n    image: crystaldba/postgres-mcp:0.3.0\n    command: [--transport=sse]\n    networks: [a]\nnetworks:\n  a:\n",
    );
    let found = run(".", None, &files);
    assert_eq!(found.stack.gateways.len(), 2);
    // The compose file has faults of its own; none of them is the gateways'.
    let gateways = &found.stack.gateways;
    for judged in &found.diagnosis.findings {
        let finding = &judged.finding;
        assert!(finding.hops.is_empty(), "{finding:?}");
        for label in &finding.labels {
            let source = label.at.source().expect("a file");
            assert!(
                gateways.iter().all(|gateway| gateway.root.source != source),
                "{finding:?}"
            );
        }
    }
    assert!(!found.diagnosis.findings.is_empty());
    assert!(
        !found
            .stack
            .missed
            .iter()
            .any(|missed| missed.what.contains("mounts")),
        "{:?}",
        found.stack.missed
    );
}

#[test]
fn what_a_cluster_mounts_beside_it_is_not_missed() {
    let text = "apiVersion: v1\nkind: ConfigMap\ndata:\n  config.yaml: |\n    include: [models.yaml]\n    model_list: []\n  models.yaml: |\n    model_list: []\n";
    let found = examined("configmap.yaml", text);
    assert!(!found.stack.gateways.is_empty());
    assert_eq!(said(&found, 0, 0), []);
}

#[test]
fn other_programs_are_left_alone() {
    let servers = "mcp_servers:\n  db:\n    url: http://db:8000/SSE\n    transport: nonsense\n";
    let map = |name: &str, inner: &str| {
        format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\ndata:\n  config.yaml: |\n{}",
            indented(inner, "    ")
        )
    };
    for (name, text) in [
        ("hermes/config.yaml", servers.to_owned() + "model:\n  default: x\n"),
        ("hermes/configmap.yaml", map("hermes", servers)),
        ("app/configmap.yaml", map("a", "model_list: 5\nmcp_servers: {}\n")),
        (
            "litellm/deployment.yaml",
            "apiVersion: apps/v1\nkind: Deployment\nspec:\n  template:\n    spec:\n      containers:\n        - args: [\"sh\", \"-c\", \"echo model_list:\\n\"]\n".to_owned(),
        ),
        ("app/values.yaml", "proxy_config: {enabled: true}\n".to_owned()),
        ("app/values.yaml", "proxy_config:\n  upstream: a\n".to_owned()),
    ] {
        let found = examined(name, &text);
        assert!(found.stack.gateways.is_empty(), "{name}: {text}");
        assert!(found.diagnosis.findings.is_empty(), "{name}: {text}");
    }
}

#[test]
fn a_named_manifest_is_looked_into() {
    let mut files = Memory::default();
    files.insert(format!("{CWD}/a.yaml"), config_map("|", "    "));
    for arguments in ["--litellm a.yaml", "a.yaml"] {
        let found = run(arguments, None, &files);
        assert_eq!(found.stack.gateways.len(), 1, "{arguments}");
        assert_eq!(
            found.stack.gateways[0].id,
            "gateway:a.yaml#data.\"config.yaml\""
        );
    }
    files.insert(
        format!("{CWD}/b.yaml"),
        "apiVersion: v1\nkind: Service\nmetadata: {name: litellm}\n",
    );
    let found = run("--litellm b.yaml", None, &files);
    assert!(found.stack.gateways.is_empty());
    assert!(
        found
            .stack
            .missed
            .iter()
            .any(|missed| missed.what.contains("Kubernetes manifest")),
        "{:?}",
        found.stack.missed
    );
}

/// Everything around the configuration is hidden as it would be in a file of its own.
#[test]
fn nothing_secret_around_it_is_shown() {
    let secrets = ["hunter2-of-ada", "aHVudGVyMi1vZi1hZGE=", "Zx81kQ0pLm37TtYw"];
    let text = format!(
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: a\ndata:\n  file: {}\nstringData:\n  word: {}\n  config.yaml: |\n    mcp_servers:\n      db:\n        transport: SSE\n        url: http://db.x/sse\n    model_list: []\n  api_token: {}\n",
        secrets[1], secrets[0], secrets[2]
    );
    let found = examined("litellm-secret.yaml", &text);
    assert!(!found.diagnosis.findings.is_empty());
    let source = found.stack.source(found.stack.gateways[0].root.source);
    let masked = mcpdoc::secret::masked_text(source);
    for secret in secrets {
        assert!(
            text.contains(secret) && !masked.contains(secret),
            "{secret}: {masked}"
        );
    }
    assert!(masked.contains("transport: SSE"), "{masked}");
    assert_eq!(masked.len(), source.text().len());
}

/// Whatever is wrong with a manifest: every place that is named lies in it, and it can be shown.
#[test]
fn broken_manifests_are_only_broken() {
    let quoted = serde_json::to_string(CONFIG).expect("text");
    let folded = CONFIG.replace('\n', "\n\n");
    let manifests = [
        config_map("|", "    "),
        config_map(">", "    "),
        format!("apiVersion: v1\nkind: ConfigMap\ndata:\n  config.yaml: {quoted}\n"),
        format!(
            "apiVersion: v1\nkind: ConfigMap\ndata:\n  config.yaml: '{}'\n",
            indented(&folded, "    ").trim()
        ),
        "proxy_config:\n".to_owned() + &indented(CONFIG, "  "),
    ];
    let mut carried = 0;
    for manifest in &manifests {
        let cuts: Vec<usize> = manifest.char_indices().map(|(at, _)| at).collect();
        for at in cuts.into_iter().step_by(13) {
            let (before, after) = manifest.split_at(at);
            let rest = after.chars().next().map_or("", |c| &after[c.len_utf8()..]);
            for text in [
                before.to_owned(),
                format!("{before}{rest}"),
                format!("{before}\n{after}"),
                format!("{before}\"ü: {after}"),
                format!("{before}\n---\n{after}"),
            ] {
                let found = examined("litellm-values.yaml", &text);
                carried += found.stack.gateways.len();
                // Positions of spans outside of the text, or within a character, would panic here.
                said(&found, 0, 0);
                report::json::render(&found).expect("a report");
                for gateway in &found.stack.gateways {
                    let source = found.stack.source(gateway.root.source);
                    for node in source.nodes() {
                        assert!(source.text().get(node.span()).is_some(), "{text}");
                    }
                }
            }
        }
    }
    assert!(carried > 250, "{carried}");
}
