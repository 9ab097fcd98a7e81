//! Bundles: they say elsewhere what was said here, no secret is in them, lines and columns stay, and what is none is
//! refused.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use mcpdoc::fact::{Ask, Probe};
use mcpdoc::load::{Files, Memory};
use mcpdoc::plan::Permissions;
use mcpdoc::record::{Bundle, NoBundle, Record, Replay};
use proptest::prelude::*;
use tar::{Builder, EntryType, Header};

#[path = "support/bundled.rs"]
mod bundled;
#[path = "support/run.rs"]
mod support;

use support::CWD;

const HOME: &str = "/home/user";

fn nobody() -> impl FnMut(&[Ask]) -> Vec<Probe> {
    |_: &[Ask]| Vec::new()
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// All files below a folder, in memory, below another one.
fn in_memory(dir: &Path, at: &str, files: &mut Memory) {
    for entry in std::fs::read_dir(dir).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy();
        let below = format!("{at}/{name}");
        match path.is_dir() {
            true => in_memory(&path, &below, files),
            false => files.insert(below, std::fs::read(&path).expect("a file")),
        }
    }
}

/// The parts of a bundle: their names and texts.
fn parts(bytes: &[u8]) -> Vec<(String, String)> {
    let mut archive = tar::Archive::new(GzDecoder::new(bytes));
    let mut parts = Vec::new();
    for entry in archive.entries().expect("entries") {
        let mut entry = entry.expect("an entry");
        let name = entry.path().expect("a path").to_string_lossy().into_owned();
        let mut text = String::new();
        entry.read_to_string(&mut text).expect("text");
        parts.push((name, text));
    }
    parts
}

fn bundle_of(arguments: &str, files: &dyn Files) -> Vec<u8> {
    let arguments = format!("--offline {arguments}");
    let prepared = support::prepared(&arguments, Some(HOME), files);
    bundled::bundle(&prepared, Some(HOME), files, &mut nobody()).1
}

#[test]
fn every_fixture_says_the_same_from_a_bundle() {
    let mut tried = 0;
    for case in std::fs::read_dir(root().join("fixtures")).expect("fixtures/") {
        let case = case.expect("a folder").path();
        if !case.join("stack").is_dir() {
            continue;
        }
        let mut files = Memory::default();
        in_memory(&case.join("stack"), &format!("{CWD}/stack"), &mut files);
        let arguments = std::fs::read_to_string(case.join("args")).unwrap_or_default();
        let home = format!("{arguments} --home stack/home stack");
        let home = match case.join("stack/home").is_dir() {
            true => home,
            false => "stack".to_owned(),
        };
        for arguments in [format!("{arguments} stack"), home] {
            let arguments = format!("--offline {arguments}");
            let prepared = support::prepared(&arguments, Some(HOME), &files);
            let unlike = bundled::differences(&prepared, Some(HOME), &files, &mut nobody());
            assert!(unlike.is_empty(), "{}: {unlike:#?}", case.display());
            tried += 1;
        }
        let Ok(facts) = std::fs::read_to_string(case.join("facts.json")) else {
            continue;
        };
        let record = Record::parse(&facts).expect("a record");
        let mut prepared = support::prepared(&format!("{arguments} stack"), None, &files);
        prepared.request.shell = record.environment(&prepared.request);
        prepared.permissions = record.permissions().clone();
        prepared.settings.machine = record.machine().to_vec();
        let mut replay = Replay::of(&record, &prepared.request).expect("a replay");
        let unlike = bundled::differences(&prepared, Some(HOME), &files, &mut replay);
        assert!(unlike.is_empty(), "{}: {unlike:#?}", case.display());
        tried += 1;
    }
    assert!(tried > 12, "{tried}");
}

/// What every planted secret ends with.
const TAIL: &str = "q7Rk2Wn9Zp4Xv8Lt3Bm6Yc1Hd5Gf0JsAeQuNiTo";
const PASSWORD: &str = "Tr0ub4dor&Three";

/// Secrets in all sorts of places, in files that parse and in files that do not.
fn planted() -> Vec<(&'static str, String)> {
    let key = format!("sk-{TAIL}");
    vec![
        (
            "litellm.yaml",
            format!(
                "model_list:\n  - model_name: a\n    litellm_params: {{model: openai/a, api_key: {key}}}\nmcp_servers:\n  db:\n    \
                 url: http://user:{PASSWORD}@db:8000/sse?api_key={TAIL}  # api_key: {TAIL}\n    transport: SSE\n    \
                 auth_value: \"Bearer {TAIL}\"\n    static_headers: {{X-API-Key: '{TAIL}', \"X-Plain\": \"{TAIL}\"}}\n    \
                 args: [--token, {TAIL}, --api-key={TAIL}]\n    env:\n      DB_PASSWORD: |\n        {TAIL}\n        {TAIL}\n      \
                 NOTE: {TAIL}\ngeneral_settings:\n  master_key: {key}\n# the old password: {PASSWORD}\n# and {PASSWORD} was used, too\n"
            ),
        ),
        (
            "compose.yaml",
            format!(
                "services:\n  litellm:\n    image: ghcr.io/berriai/litellm:main-latest\n    command: --config /app/config.yaml \
                 --key {TAIL}\n    environment:\n      - N8N_SECURE_COOKIE_PATH3={TAIL}\n      - LITELLM_MASTER_KEY={key}\n      - PLAIN={PASSWORD}\n    volumes:\n      - \
                 ./litellm.yaml:/app/config.yaml\n      - /home/user/stack/data:/data\n  db:\n    image: postgres:16\n    environment:\n      \
                 POSTGRES_PASSWORD: ${{PW:-{PASSWORD}}}\n      DATABASE_URL: \"postgresql://app:{PASSWORD}@db:5432/app\"\n"
            ),
        ),
        (
            ".env",
            format!(
                "TOKEN={TAIL}\nexport OTHER='{PASSWORD}'\n# SECRET={TAIL}\nNO_NAME={TAIL}\nQUOTED=\"a {TAIL}\"\n"
            ),
        ),
        (
            ".mcp.json",
            format!(
                "{{\"mcpServers\": {{\"gw\": {{\"type\": \"http\", \"url\": \"http://localhost:4000/mcp\", \"headers\": \
                 {{\"x-litellm-api-key\": \"Bearer {key}\", \"Cookie\": \"s={TAIL}\"}}, \"env\": {{\"A\": \"{TAIL}\"}}, \"args\": \
                 [\"postgresql://a:{PASSWORD}@b/c\"]}}}}}}\n"
            ),
        ),
        (
            "deploy/config.yaml",
            format!(
                "model_list: [\nmcp_servers:\n\tapi_key: {TAIL}\n  password \"{PASSWORD}\"\n  {TAIL}\n"
            ),
        ),
        (
            "k8s/litellm-config.yaml",
            format!(
                "kind: ConfigMap\napiVersion: v1\ndata:\n  config.yaml: \"model_list: []\\nmcp_servers:\\n  db:\\n    url: \
                 http://db/mcp\\n    auth_value: \\\"{TAIL}\\\"\\n\"\n---\nkind: Secret\napiVersion: v1\nstringData:\n  any: {TAIL}\n"
            ),
        ),
        (
            "probes/compose.yaml",
            format!(
                "services:\n  a:\n    image: redis@sha256:{0}\n    environment:\n      HTTP_AUTH: alice:{PASSWORD}\n      HOOK: \
                 https://hooks.slack.com/services/T0F3K9ZQ2/B8xQw71Lm/{TAIL}\n      MCP: https://mcp.zapier.com/api/mcp/s/{TAIL}/mcp?x=1&sig={TAIL}\n    \
                 command: curl -u adm:{PASSWORD} http://h/\n    healthcheck:\n      test: [CMD, redis-cli, -a, {PASSWORD}, ping]\n  b:\n    image: mysql:8\n    \
                 healthcheck:\n      test:\n        - CMD\n        - mysqladmin\n        - -p{PASSWORD}\n        - ping\n",
                "9f3d2c71a8e64b05".repeat(4)
            ),
        ),
        (
            "probes/.mcp.json",
            format!(
                "{{\"mcpServers\": {{\"a\": {{\"type\": \"http\", \"url\": \"https://h/mcp?x=1&code={TAIL}\", \"headersHelper\": \
                 \"echo '{{\\\"X-Api-Key\\\":\\\"{PASSWORD}\\\"}}'\"}}, \"b\": {{\"command\": \"mysql\", \"args\": [\"-p{PASSWORD}\", \"key={PASSWORD}\"]}}}}}}\n"
            ),
        ),
        (
            "secrets/config.yaml",
            format!(
                "model_list: []\nlitellm_settings:\n  x: -----BEGIN {}PRIVATE KEY-----{TAIL}\n",
                ""
            ),
        ),
    ]
}

fn memory(files: &[(&str, String)]) -> Memory {
    let mut memory = Memory::default();
    for (name, text) in files {
        memory.insert(format!("{CWD}/{name}"), text.as_str());
    }
    memory
}

/// That every line of each file is as long as before, in bytes and in characters.
fn lines_stay(files: &[(&str, String)], parts: &[(String, String)]) {
    let parts: BTreeMap<&str, &str> = parts
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    for (name, text) in files {
        let found = parts[format!("files/home/uuuu/stack/{name}").as_str()];
        let lengths = |text: &str| {
            let lines = text.split_inclusive('\n');
            lines
                .map(|line| (line.len(), line.chars().count()))
                .collect::<Vec<_>>()
        };
        assert_eq!(lengths(text), lengths(found), "{name}: {text}\n{found}");
    }
}

#[test]
fn no_secret_is_in_a_bundle_and_lines_stay() {
    let files = planted();
    let memory = memory(&files);
    let prepared = support::prepared("--offline .", Some(HOME), &memory);
    let (found, bytes) = bundled::bundle(&prepared, Some(HOME), &memory, &mut nobody());
    assert!(found.diagnosis.findings.len() > 5, "{:?}", found.diagnosis);
    let parts = parts(&bytes);
    lines_stay(&files, &parts);
    for (name, text) in &parts {
        for secret in [TAIL, PASSWORD] {
            for part in secret.as_bytes().windows(8) {
                let part = std::str::from_utf8(part).expect("letters");
                assert!(!text.contains(part), "{part} of {secret} in {name}: {text}");
            }
        }
        let home = ["/home/user", "\"user/\""];
        assert!(
            !home.iter().any(|home| text.contains(home)),
            "{name}: {text}"
        );
    }
    let unlike = bundled::differences(&prepared, Some(HOME), &memory, &mut nobody());
    assert!(unlike.is_empty(), "{unlike:#?}");
    let names = |text: &str| text.contains("- N8N_SECURE_COOKIE_PATH3=");
    assert!(parts.iter().any(|(_, text)| names(text)), "names stay");
    // Equal values have equal tokens, wherever they stand.
    let text = |name: &str| {
        let found = parts.iter().find(|(part, _)| part.ends_with(name));
        found.expect("a part").1.as_str()
    };
    let token = text("/.env").lines().next().expect("a line");
    let token = token.strip_prefix("TOKEN=").expect("its name");
    for name in [
        "/litellm.yaml",
        "/.env",
        "/.mcp.json",
        "/litellm-config.yaml",
        "/deploy/config.yaml",
    ] {
        assert!(text(name).contains(token), "{token} in {}", text(name));
    }
}

#[test]
fn a_private_key_in_one_line_is_one_in_a_bundle_too() {
    let key = |quote: &str, end: &str| {
        format!(
            "{{{quote}type{quote}:{quote}service_account{quote},{quote}private_key{quote}:{quote}-----BEGIN {0}PRIVATE \
             KEY-----{end}{TAIL}{end}{TAIL}{end}-----END {0}PRIVATE KEY-----{end}{quote}}}",
            ""
        )
    };
    for value in [
        format!("'{}'", key("\"", r"\n")),
        format!("\"{}\"", key(r#"\""#, r"\\n")),
        format!("|\n        {}", key("\"", r"\n")),
        format!(
            "\"{}\"",
            key("", r"\n")
                .split_off("{type:service_account,private_key:".len())
                .replace('}', "")
        ),
    ] {
        let files = [(
            "litellm.yaml",
            format!(
                "model_list:\n  - model_name: a\n    litellm_params:\n      model: vertex_ai/a\n      vertex_credentials: {value}\n"
            ),
        )];
        let memory = memory(&files);
        let prepared = support::prepared("--offline .", Some(HOME), &memory);
        let (found, bytes) = bundled::bundle(&prepared, Some(HOME), &memory, &mut nobody());
        let found = format!("{:?}", found.diagnosis.findings);
        assert!(found.contains("secret-in-file"), "{found}");
        let parts = parts(&bytes);
        lines_stay(&files, &parts);
        for (name, text) in &parts {
            assert!(!text.contains(&TAIL[..8]), "{name}: {text}");
        }
        let unlike = bundled::differences(&prepared, Some(HOME), &memory, &mut nobody());
        assert!(unlike.is_empty(), "{unlike:#?}");
    }
}

#[test]
fn a_value_sent_under_a_name_that_tells_nothing_is_hidden() {
    const WORDS: &str = "heron-opal-quince-7";
    let files = [
        (
            ".mcp.json",
            "{\"mcpServers\": {\"db\": {\"type\": \"http\", \"url\": \"http://localhost:8000/mcp\", \"headers\": {\"Authorization\": \"Bearer ${BIRD}\"}}}}"
                .to_owned(),
        ),
        ("compose.yaml", "services:\n  a:\n    image: x\n    environment:\n      BIRD: ${BIRD}\n".to_owned()),
        (".env", format!("BIRD={WORDS}\n")),
    ];
    let memory = memory(&files);
    let mut prepared = support::prepared("--offline .", Some(HOME), &memory);
    let shell = &mut prepared.request.shell;
    shell.insert("BIRD".to_owned(), WORDS.to_owned());
    prepared.permissions = Permissions {
        probe: true,
        ..Permissions::default()
    };
    let mut world = |asks: &[Ask]| {
        assert!(asks.iter().all(|ask| !ask.headers.is_empty()), "{asks:?}");
        asks.iter().cloned().map(Probe::new).collect::<Vec<Probe>>()
    };
    let (_, bytes) = bundled::bundle(&prepared, Some(HOME), &memory, &mut world);
    for (name, text) in parts(&bytes) {
        assert!(!text.contains(WORDS), "{name}: {text}");
    }
    let unlike = bundled::differences(&prepared, Some(HOME), &memory, &mut world);
    assert!(unlike.is_empty(), "{unlike:#?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn whatever_a_secret_is_the_report_and_the_lines_stay(
        secret in r#"[a-zA-Z0-9äß!.+~"'\\$%&/-]{8,20}[A-Z][0-9][a-z]{3,6}"#,
    ) {
        let json = serde_json::to_string(&secret).expect("JSON");
        let single = secret.replace('\'', "''");
        let files = [
            (
                "litellm.yaml",
                format!(
                    "model_list: []\nmcp_servers:\n  a: {{url: 'http://a:8000/mcp', auth_value: {json}, auth_type: nonsense}}\n  b:\n    \
                     auth_value: '{single}'\n    url: http://b/sse\n    transport: SSE\n"
                ),
            ),
            (".mcp.json", format!("{{\"mcpServers\": {{\"a\": {{\"type\": \"http\", \"url\": \"http://a:8000/mcp\", \"headers\": {{\"Authorization\": {json}, \"x-api-key\": {json}, \"b\": 1}}}}}}}}")),
        ];
        let memory = memory(&files);
        let prepared = support::prepared("--offline .", Some(HOME), &memory);
        let (_, bytes) = bundled::bundle(&prepared, Some(HOME), &memory, &mut nobody());
        lines_stay(&files, &parts(&bytes));
        let unlike = bundled::differences(&prepared, Some(HOME), &memory, &mut nobody());
        prop_assert!(unlike.is_empty(), "{:#?}", unlike);
        for (_, text) in parts(&bytes) {
            prop_assert!(!text.contains(&secret) && !text.contains(&json), "{}", text);
        }
    }
}

#[test]
fn a_key_that_anybody_would_try_is_one_in_a_bundle_too() {
    let config = |key: &str| {
        let text = format!(
            "model_list: []\ngeneral_settings:\n  master_key: {key}\nmcp_servers:\n  a: {{url: http://a/mcp, auth_value: {key}}}\n"
        );
        [("litellm.yaml", text)]
    };
    for key in [
        "sk-1234",
        "changeme",
        "sk-1234567890abcdef",
        "your-key-here",
        "os.environ/KEY",
        "${KEY}",
    ] {
        let files = config(key);
        let bytes = bundle_of("litellm.yaml", &memory(&files));
        let parts = parts(&bytes);
        assert!(
            parts.iter().any(|(_, text)| *text == files[0].1),
            "{key}: {parts:?}"
        );
    }
    // What is not known to everybody is hidden all the same.
    let bytes = bundle_of("litellm.yaml", &memory(&config("my-example-Zk3vB9qL")));
    for (_, text) in parts(&bytes) {
        assert!(!text.contains("Zk3vB9qL"), "{text}");
    }
}

#[test]
fn files_that_are_no_text_are_not_copied() {
    let mut files = Memory::default();
    files.insert(
        format!("{CWD}/litellm.yaml"),
        b"model_list: \xff\xfe\n".to_vec(),
    );
    files.insert(format!("{CWD}/compose.yaml"), b"\xff\xfes\0e\0".to_vec());
    files.insert(format!("{CWD}/.mcp.json"), vec![b' '; 5 * 1024 * 1024]);
    let arguments = "--offline --litellm litellm.yaml --compose compose.yaml --claude .mcp.json";
    let prepared = support::prepared(arguments, None, &files);
    let unlike = bundled::differences(&prepared, Some(HOME), &files, &mut nobody());
    assert!(unlike.is_empty(), "{unlike:#?}");
    let (_, bytes) = bundled::bundle(&prepared, Some(HOME), &files, &mut nobody());
    let names: Vec<String> = parts(&bytes).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["mcpdoc-bundle.json", "facts.json"]);
}

#[test]
fn the_same_run_is_the_same_bundle() {
    let memory = memory(&planted());
    let (one, other) = (bundle_of(".", &memory), bundle_of(".", &memory));
    assert!(one == other);
    let read = Bundle::read(one.as_slice()).expect("a bundle");
    let mut again = Vec::new();
    read.write(&mut again).expect("its bytes");
    assert!(one == again, "what was read is written as it was");
    let mut archive = tar::Archive::new(GzDecoder::new(one.as_slice()));
    for entry in archive.entries().expect("entries") {
        let entry = entry.expect("an entry");
        let header = entry.header();
        let stamp = (header.mtime(), header.uid(), header.gid(), header.mode());
        let stamp = (stamp.0.ok(), stamp.1.ok(), stamp.2.ok(), stamp.3.ok());
        assert_eq!(stamp, (Some(0), Some(0), Some(0), Some(0o644)));
    }
}

/// A stranger's archive: the parts of a bundle after `change`, and entries that are told by hand.
fn packed(parts: &[(String, String)], odd: &[(&str, EntryType, &str)]) -> Vec<u8> {
    let gzip = GzEncoder::new(Vec::new(), Compression::fast());
    let mut archive = Builder::new(gzip);
    for (name, text) in parts {
        let mut header = Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        let added = archive.append_data(&mut header, name, text.as_bytes());
        added.expect("an entry");
    }
    for (name, kind, text) in odd {
        let mut header = Header::new_gnu();
        let bytes = name.as_bytes();
        header.as_old_mut().name[..bytes.len()].copy_from_slice(bytes);
        header.set_entry_type(*kind);
        if matches!(kind, EntryType::Symlink | EntryType::Link) {
            header.set_link_name("/etc/passwd").expect("a link");
        }
        header.set_size(text.len() as u64);
        header.set_cksum();
        archive.append(&header, text.as_bytes()).expect("an entry");
    }
    let gzip = archive.into_inner().expect("an archive");
    gzip.finish().expect("its bytes")
}

fn refused(bytes: &[u8]) -> String {
    let text = match Bundle::read(bytes) {
        Ok(_) => panic!("{} bytes are a bundle", bytes.len()),
        Err(error) => error.to_string(),
    };
    assert!(!text.contains('\n'), "{text}");
    text
}

#[test]
fn what_a_stranger_made_is_refused() {
    let good = bundle_of(".", &memory(&planted()));
    let parts = parts(&good);
    assert!(Bundle::read(packed(&parts, &[]).as_slice()).is_ok());
    let regular = EntryType::Regular;
    for (name, kind, why) in [
        ("files/etc/link", EntryType::Symlink, "it is a link"),
        ("files/etc/hard", EntryType::Link, "it is a link"),
        ("files/etc/device", EntryType::Char, "it is a device"),
        ("files/etc/disk", EntryType::Block, "it is a device"),
        ("files/etc/pipe", EntryType::Fifo, "it is a pipe"),
        ("files/etc/", EntryType::Directory, "it is a directory"),
        ("/etc/passwd", regular, "its path is absolute"),
        (
            "files/../../etc/passwd",
            regular,
            "its path leads elsewhere",
        ),
        ("files//etc/passwd", regular, "its path leads elsewhere"),
        ("files/etc/passwd", regular, "its manifest does not name it"),
        ("facts.json", regular, "its manifest does not name it"),
        ("other.json", regular, "its manifest does not name it"),
    ] {
        let said = refused(&packed(&parts, &[(name, kind, "")]));
        assert!(
            said.contains(&format!("{name} ")) && said.contains(why),
            "{said}"
        );
    }
    let twice: Vec<(String, String)> = parts.iter().chain(&parts[3..4]).cloned().collect();
    assert!(refused(&packed(&twice, &[])).contains("it stands there twice"));
    assert!(refused(&packed(&parts[..3], &[])).contains("is missing"));
    assert!(
        refused(&packed(&parts[1..], &[])).contains("its first entry is not mcpdoc-bundle.json")
    );
    let with = |number: usize, from: &str, to: &str| {
        let mut parts = parts.clone();
        let text = parts[number].1.replace(from, to);
        assert_ne!(text, parts[number].1, "{from}");
        parts[number].1 = text;
        packed(&parts, &[])
    };
    let newer = refused(&with(0, "mcpdoc-bundle/1", "mcpdoc-bundle/2"));
    assert!(newer.contains("use the mcpdoc that wrote it"), "{newer}");
    assert!(refused(&with(1, "mcpdoc-facts/1", "mcpdoc-facts/2")).contains("facts.json"));
    assert!(refused(&with(0, "\"cwd\": \"", "\"cwd\": \"../")).contains("is not absolute"));
    assert!(refused(&with(0, "\"cwd\"", "\"pwd\"")).contains("unknown field `pwd`"));
    assert!(
        refused(&with(0, "\"is\": \"file\"", "\"is\": \"socket\"")).contains("unknown variant")
    );
    // A version that is none is told when it is asked for.
    let odd = with(
        0,
        "\"machine\": [",
        "\"litellm_version\": \"x\", \"machine\": [",
    );
    let odd = Bundle::read(odd.as_slice()).expect("a bundle");
    assert!(matches!(odd.settings(), Err(NoBundle::Entry(..))));
}

#[test]
fn what_is_damaged_or_something_else_is_refused() {
    let good = bundle_of(".", &memory(&planted()));
    for length in (0..good.len()).step_by(97) {
        refused(&good[..length]);
    }
    refused(&good[..good.len() - 1]);
    let mut sum = good.clone();
    let at = sum.len() - 6;
    sum[at] ^= 1;
    assert!(refused(&sum).contains("is damaged"));
    let behind = [good.as_slice(), b"x"].concat();
    assert!(refused(&behind).contains("more behind its end"));
    for other in [
        &b"{\"schema\": \"mcpdoc-facts/1\"}"[..],
        b"",
        b"\x1f\x8b",
        &[0; 4096],
    ] {
        assert!(
            refused(other).contains("is no bundle"),
            "{}",
            refused(other)
        );
    }
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(b"no tar at all, and longer than a block of one: ")
        .expect("bytes");
    gzip.write_all(&[b'x'; 4096]).expect("bytes");
    assert!(refused(&gzip.finish().expect("bytes")).contains("is no bundle"));
}

/// A small file that unpacks to more than anyone has.
#[test]
fn a_bomb_is_refused_before_it_is_unpacked() {
    const MIB: u64 = 1024 * 1024;
    let manifest = bundle_of(".", &memory(&planted()));
    let (name, text) = parts(&manifest).swap_remove(0);
    for sized in [200 * MIB, 1 << 40] {
        let mut tar = Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
        let mut header = Header::new_gnu();
        header.set_size(text.len() as u64);
        tar.append_data(&mut header, &name, text.as_bytes())
            .expect("an entry");
        let mut header = Header::new_gnu();
        header.set_path("facts.json").expect("a name");
        header.set_size(sized);
        header.set_cksum();
        let gzip = tar.get_mut();
        gzip.write_all(header.as_bytes()).expect("bytes");
        for _ in 0..200 {
            gzip.write_all(&vec![b' '; MIB as usize]).expect("bytes");
        }
        let bytes = tar
            .into_inner()
            .expect("an archive")
            .finish()
            .expect("bytes");
        assert!(bytes.len() < 2 * MIB as usize);
        assert!(
            refused(&bytes).contains("has more than the 128 MiB"),
            "{}",
            refused(&bytes)
        );
    }
}

fn mcpdoc(dir: &Path, home: &Path, arguments: &[&str]) -> Output {
    Command::new(snapbox::cmd::cargo_bin!("mcpdoc"))
        .current_dir(dir)
        .env_clear()
        .env("DOCKER_HOST", "unix:///nonexistent/docker.sock")
        .env("HOME", home)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .expect("a run")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn a_bundle_says_the_same_in_another_folder() {
    let here = tempfile::tempdir().expect("a folder");
    let there = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| {
        let path = here.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    };
    write(
        "work/stack/compose.yaml",
        "include: [../shared/db.yaml]\nservices:\n  litellm:\n    image: ghcr.io/berriai/litellm:v1.77.3\n    env_file: [../shared/litellm.env, gone.env]\n    command: --config /app/config.yaml\n    volumes: ['./config.yaml:/app/config.yaml']\n    ports: ['${PORT}:4000']\n",
    );
    write(
        "work/stack/config.yaml",
        "mcp_servers:\n  db:\n    url: http://db:8000/sse\n    transport: SSE\n    auth_value: Zk3vB9qLx2Wm7Rt5Yp8Hd4\n",
    );
    write(
        "work/shared/db.yaml",
        "services:\n  db:\n    image: crystaldba/postgres-mcp:0.3.0\n    environment: {PW: '${DB_PW}'}\n",
    );
    write(
        "work/shared/litellm.env",
        "LITELLM_MASTER_KEY=sk-q7Wm2Zx9Rt4Lk8VbNN\n",
    );
    write(
        "home/uuu/.claude.json",
        "{\"mcpServers\": {\"gw\": {\"type\": \"http\", \"url\": \"http://localhost:48010/mcp/\", \"headers\": {\"x-litellm-api-key\": \"Bearer sk-q7Wm2Zx9Rt4Lk8VbNN\"}}}}",
    );
    let (dir, home) = (here.path().join("work/stack"), here.path().join("home/uuu"));
    let file = there.path().join("stack.tgz");
    let name = file.to_str().expect("a path");
    let with = |arguments: &[&str]| {
        let mut command = Command::new(snapbox::cmd::cargo_bin!("mcpdoc"));
        command.current_dir(&dir).env_clear().env("HOME", &home);
        command.env("PORT", "48010").env("DB_PW", "Tr0ub4dor&Three");
        command.args(arguments).stdin(Stdio::null());
        command.output().expect("a run")
    };
    let wrote = with(&["observe", "--offline", "--bundle", name]);
    assert_eq!(wrote.status.code(), Some(0), "{}", text(&wrote.stderr));
    assert!(wrote.stdout.is_empty(), "{}", text(&wrote.stdout));
    let said = text(&wrote.stderr);
    assert!(
        said.contains("recorded 5 files, without secrets; `mcpdoc check --bundle FILE` takes it"),
        "{said}"
    );
    for (_, part) in parts(&std::fs::read(&file).expect("a bundle")) {
        for secret in ["Zk3vB9qL", "q7Wm2Zx9", "Tr0ub4dor"] {
            assert!(!part.contains(secret), "{secret} in {part}");
        }
    }
    let formats: [&[&str]; 3] = [&["--format", "json"], &["-v"], &[]];
    let direct: Vec<Output> = formats
        .iter()
        .map(|format| with(&[&["check", "--offline"], *format].concat()))
        .collect();
    // Nothing of it is needed any more.
    here.close().expect("it is gone");
    for (format, direct) in formats.iter().zip(direct) {
        let run = mcpdoc(
            there.path(),
            there.path(),
            &[&["check", "--bundle", name], *format].concat(),
        );
        assert_eq!(text(&run.stderr), "");
        assert_eq!(run.status.code(), direct.status.code());
        assert_eq!(text(&run.stdout), text(&direct.stdout));
    }
    let left: Vec<_> = std::fs::read_dir(there.path()).expect("a folder").collect();
    assert_eq!(left.len(), 1, "{left:?}");
}

#[test]
fn a_bundle_that_cannot_be_written_is_told_first_and_leaves_nothing() {
    let dir = tempfile::tempdir().expect("a folder");
    let here = dir.path();
    std::fs::write(here.join(".mcp.json"), "{\"mcpServers\": {}}").expect("a file");
    std::fs::create_dir(here.join("folder")).expect("a folder");
    for (file, why) in [
        ("none/a.tgz", "there is no directory none"),
        ("folder", "is a directory"),
        ("/dev/null", "is no regular file"),
        (".mcp.json/a.tgz", "there is no directory .mcp.json"),
    ] {
        let run = mcpdoc(here, here, &["observe", "--offline", "--bundle", file, "."]);
        let said = text(&run.stderr);
        assert_eq!(run.status.code(), Some(2), "{said}");
        assert!(
            said.starts_with(&format!("mcpdoc: --bundle {file}: ")),
            "{said}"
        );
        assert!(
            said.contains(why) && said.trim_end().lines().count() == 1,
            "{said}"
        );
        assert!(run.stdout.is_empty());
    }
    // Nor is there one of nothing, and what was there stays.
    std::fs::write(here.join("old.tgz"), "old").expect("a file");
    std::fs::remove_file(here.join(".mcp.json")).expect("it is gone");
    let run = mcpdoc(
        here,
        here,
        &["observe", "--offline", "--bundle", "old.tgz", "."],
    );
    assert_eq!(run.status.code(), Some(2), "{}", text(&run.stderr));
    assert_eq!(std::fs::read(here.join("old.tgz")).expect("a file"), b"old");
    let names = std::fs::read_dir(here).expect("a folder");
    let mut names: Vec<_> = names
        .map(|entry| entry.expect("an entry").file_name())
        .collect();
    names.sort();
    assert_eq!(names, ["folder", "old.tgz"]);
}

#[test]
fn a_file_that_is_no_bundle_ends_the_run() {
    let dir = tempfile::tempdir().expect("a folder");
    let here = dir.path();
    std::fs::write(here.join(".mcp.json"), "{\"mcpServers\": {}}").expect("a file");
    let wrote = mcpdoc(
        here,
        here,
        &["observe", "--offline", "--bundle", "good.tgz", "."],
    );
    assert_eq!(wrote.status.code(), Some(0), "{}", text(&wrote.stderr));
    let good = std::fs::read(here.join("good.tgz")).expect("a bundle");
    std::fs::write(here.join("cut.tgz"), &good[..good.len() / 2]).expect("a file");
    std::fs::write(here.join("facts.json"), "{}").expect("a file");
    for (file, says) in [
        ("cut.tgz", "copy it again"),
        ("facts.json", "is no bundle of `mcpdoc observe --bundle`"),
        ("none.tgz", "no such file"),
    ] {
        let run = mcpdoc(here, here, &["check", "--bundle", file]);
        let said = text(&run.stderr);
        assert_eq!(run.status.code(), Some(2), "{said}");
        assert!(
            said.starts_with(&format!("mcpdoc: --bundle {file}: ")),
            "{said}"
        );
        assert!(
            said.contains(says) && said.trim_end().lines().count() == 1,
            "{said}"
        );
    }
    let run = mcpdoc(here, here, &["check", "--facts", "good.tgz", "."]);
    assert!(
        text(&run.stderr).contains("is a bundle: `mcpdoc check --bundle` reads it"),
        "{}",
        text(&run.stderr)
    );
    for more in [
        &["."][..],
        &["--offline"],
        &["--facts", "facts.json"],
        &["--home", "."],
        &["--timeout", "3"],
    ] {
        let run = mcpdoc(
            here,
            here,
            &[&["check", "--bundle", "good.tgz"], more].concat(),
        );
        assert_eq!(run.status.code(), Some(2), "{more:?}");
        assert!(
            text(&run.stderr).contains("cannot be used with"),
            "{}",
            text(&run.stderr)
        );
    }
}

/// Below what is read the home has its own name, and symbolic links lead where they led.
#[test]
#[cfg(unix)]
fn a_home_and_links_below_what_is_read_say_the_same() {
    let dir = tempfile::tempdir().expect("a folder");
    let here = dir.path();
    for folder in ["ann/stack", "real"] {
        std::fs::create_dir_all(here.join(folder)).expect("a folder");
    }
    let config = "model_list: []\nmcp_servers:\n  db: {url: http://db/sse, transport: SSE}\n";
    std::fs::write(here.join("real/config.yaml"), config).expect("a file");
    std::os::unix::fs::symlink(
        "../../real/config.yaml",
        here.join("ann/stack/litellm.yaml"),
    )
    .expect("a link");
    std::os::unix::fs::symlink("litellm.yaml", here.join("ann/stack/config.yaml")).expect("a link");
    let home = here.join("ann");
    for arguments in [
        &["."][..],
        &["real"],
        &["--litellm", "ann/stack/config.yaml"],
    ] {
        let direct = [&["check", "--offline", "--format", "json"], arguments].concat();
        let direct = text(&mcpdoc(here, &home, &direct).stdout);
        let wrote = [&["observe", "--offline", "--bundle", "b.tgz"], arguments].concat();
        let wrote = mcpdoc(here, &home, &wrote);
        assert_eq!(wrote.status.code(), Some(0), "{}", text(&wrote.stderr));
        let run = mcpdoc(
            here,
            here,
            &["check", "--bundle", "b.tgz", "--format", "json"],
        );
        assert_eq!(text(&run.stderr), "");
        assert_eq!(text(&run.stdout), direct);
        std::fs::remove_file(here.join("b.tgz")).expect("it is gone");
    }
}

/// What nobody looked at when it was written is not taken for missing.
#[test]
fn what_a_newer_mcpdoc_asks_for_is_told() {
    let files = [
        ("../shared/x.env", "A=1\n".to_owned()),
        (
            "compose.yaml",
            "services:\n  a:\n    image: x\n    env_file: [../shared/x.env]\n".to_owned(),
        ),
    ];
    let mut memory = Memory::default();
    for (name, text) in &files {
        memory.insert(mcpdoc::load::join(Path::new(CWD), name), text.as_str());
    }
    let mut parts = parts(&bundle_of("--compose compose.yaml", &memory));
    let mut manifest: serde_json::Value = serde_json::from_str(&parts[0].1).expect("JSON");
    let looked = manifest["looked"].as_object_mut().expect("an object");
    looked.retain(|path, _| !path.contains("/shared"));
    manifest["mcpdoc"] = "0.0.1".into();
    parts[0].1 = manifest.to_string();
    parts.retain(|(name, _)| !name.contains("/shared"));
    let dir = tempfile::tempdir().expect("a folder");
    std::fs::write(dir.path().join("old.tgz"), packed(&parts, &[])).expect("a file");
    let run = mcpdoc(
        dir.path(),
        dir.path(),
        &["check", "--bundle", "old.tgz", "-v"],
    );
    let said = text(&run.stderr);
    assert!(
        said.contains("mcpdoc 0.0.1 wrote it without a look at /home/uuuu/shared/x.env: what depends on that is not known"),
        "{said}{}",
        text(&run.stdout)
    );
    let said = text(&run.stdout);
    assert!(
        said.contains("file-unreadable") && !said.contains("env-file-missing"),
        "{said}"
    );
}

/// A replay opens no socket, starts no process and no other file of anybody's: seen from outside, where a tracer is at
/// hand.
#[test]
#[ignore = "needs strace"]
fn a_bundle_is_all_that_is_opened() {
    let dir = tempfile::tempdir().expect("a folder");
    let here = dir.path();
    let stack = root().join("fixtures/linuxserver.lan/stack");
    let file = here.join("stack.tgz");
    let name = file.to_str().expect("a path");
    let wrote = mcpdoc(
        &stack,
        here,
        &["observe", "--offline", "--bundle", name, "."],
    );
    assert_eq!(wrote.status.code(), Some(0), "{}", text(&wrote.stderr));
    let output = Command::new("strace")
        .args([
            "-f",
            "-e",
            "trace=%network,%process,%file",
            "-o",
            "/dev/stderr",
        ])
        .arg(snapbox::cmd::cargo_bin!("mcpdoc"))
        .args(["check", "-q", "--bundle", "stack.tgz"])
        .current_dir(here)
        .env_clear()
        .env("HOME", here)
        .output()
        .expect("strace");
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stdout));
    let trace = text(&output.stderr);
    let calls = || trace.lines().filter(|line| line.contains('('));
    for call in [
        "socket(", "connect(", "clone(", "clone3(", "fork(", "O_WRONLY", "O_RDWR", "O_CREAT",
    ] {
        assert!(
            !calls().any(|line| line.contains(call)),
            "{call} in {trace}"
        );
    }
    assert_eq!(
        calls().filter(|line| line.contains("execve(")).count(),
        1,
        "{trace}"
    );
    // What is of this machine stays closed: its name, the home, the folder.
    let home = here.to_string_lossy().into_owned();
    let stack = stack.to_string_lossy().into_owned();
    for place in ["/etc/hostname", "/etc/passwd", &home, &stack] {
        let others = |line: &&str| line.contains(place) && !line.contains("execve(");
        assert!(!calls().any(|line| others(&line)), "{place} in {trace}");
    }
}
