//! Conversations with servers that are started, each a small script that does one thing a real server was seen to do.
#![cfg(unix)]

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use mcpdoc::fact::{
    Ask, Call, End, Ended, Eras, Failure, ListEnd, Outcome, Probe, Process, Purpose, Reply,
    Revision, Target,
};
use mcpdoc::observe;
use mcpdoc::wire::{self, Kind, Standing};
use serde_json::json;

/// Functions for the scripts: `answer RESULT` and `refuse CODE` answer the request in `$line`.
const WORDS: &str = r#"
id() { id=${line#*\"id\":}; id=${id%%,*}; }
answer() { id; printf '{"jsonrpc":"2.0","id":%s,"result":%s}\n' "$id" "$1"; }
refuse() { id; printf '{"jsonrpc":"2.0","id":%s,"error":{"code":%s,"message":"no"}}\n' "$id" "$1"; }
discover() { answer '{"supportedVersions":["2026-07-28"],"capabilities":{"tools":{}},"resultType":"complete","ttlMs":0,"cacheScope":"private"}'; }
initialize() { answer '{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"small","version":"1"}}'; }
tools() { answer '{"tools":[{"name":"add","description":"Adds","inputSchema":{"type":"object","properties":{"a":{"type":"number"}},"required":["a"]}}]}'; }
legacy() {
  case $line in
    *'"initialize"'*) initialize ;;
    *'"tools/list"'*) tools ;;
    *'"id"'*) refuse -32601 ;;
  esac
}
serve() { while read -r line; do legacy; done; }
"#;

fn ask(script: &str) -> Ask {
    let mut ask = Ask::of(Target::Command {
        program: "sh".to_owned(),
        args: vec!["-c".to_owned(), format!("{WORDS}\n{script}")],
        env: BTreeMap::new(),
        cwd: None,
    });
    ask.limits.deadline_ms = 20_000;
    ask
}

fn hold(ask: &Ask) -> Probe {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(observe::probe(ask))
}

fn probe(script: &str) -> Probe {
    hold(&ask(script))
}

fn process(probe: &Probe) -> &Process {
    probe.process.as_ref().expect("a process")
}

fn works(probe: &Probe) {
    let reading = wire::read(probe);
    assert_eq!(
        reading.standing,
        Standing::Works,
        "{:?}\n{probe:#?}",
        reading.troubles
    );
    let tools = probe.tools.as_ref().expect("a list");
    assert_eq!(tools.end, ListEnd::Complete);
    assert_eq!(tools.tools[0].name, "add");
}

fn purposes(probe: &Probe) -> Vec<&Purpose> {
    let exchanges = probe.exchanges.iter();
    exchanges.map(|exchange| &exchange.purpose).collect()
}

/// The first trouble, which is why it is broken.
fn broken(probe: &Probe) -> Kind {
    let reading = wire::read(probe);
    assert_eq!(reading.standing, Standing::Broken, "{probe:#?}");
    let first = reading.troubles.into_iter().next();
    first.expect("a trouble").kind
}

/// Whether a process is still there; one that ended and that nobody asked about is not.
fn is_alive(pid: &str) -> bool {
    match std::fs::read_to_string(format!("/proc/{pid}/stat")) {
        Ok(stat) => !stat
            .rsplit(')')
            .next()
            .is_some_and(|rest| rest.starts_with(" Z")),
        Err(_) if Path::new("/proc/self/stat").exists() => false,
        Err(_) => std::process::Command::new("kill")
            .args(["-0", pid])
            .status()
            .is_ok_and(|status| status.success()),
    }
}

fn gone_soon(pid: &str) {
    let until = Instant::now() + Duration::from_secs(5);
    while is_alive(pid) {
        assert!(Instant::now() < until, "{pid} is still alive");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn an_older_server_is_asked_for_initialize_after_its_refusal() {
    let probe = probe("serve");
    works(&probe);
    assert_eq!(
        purposes(&probe),
        [
            &Purpose::Discover,
            &Purpose::Initialize(Revision::LAST_LEGACY),
            &Purpose::Initialized,
            &Purpose::ListTools(0)
        ]
    );
    let process = process(&probe);
    assert_eq!(process.noise, Vec::<String>::new());
    assert_eq!(process.oddities, Vec::<String>::new());
    assert_eq!(process.ended_by, None);
    assert!(!process.exited_early && process.first_us.is_some());
    let first = &probe.exchanges[0];
    assert_eq!(
        (first.request.method.as_str(), first.request.url.as_str()),
        ("stdin", "sh")
    );
    assert_eq!(first.answer().map(|answer| answer.status), Some(0));
    assert!(first.clock.total_us > 0);
    assert_eq!(probe.ended, Ended::Done);
}

#[test]
fn a_newer_server_needs_no_handshake() {
    let script = r#"while read -r line; do case $line in
        *'"server/discover"'*) discover ;; *'"initialize"'*) initialize ;; *'"tools/list"'*) tools ;; esac; done"#;
    let probe = probe(script);
    works(&probe);
    assert_eq!(
        purposes(&probe),
        [&Purpose::Discover, &Purpose::ListTools(0)]
    );
    let body = probe.exchanges[1].request.body.as_deref();
    assert!(
        body.is_some_and(|body| body.contains("io.modelcontextprotocol/protocolVersion")),
        "{body:?}"
    );
    let mut old = ask(script);
    old.eras = Eras::Only(Revision::V20250618);
    let probe = hold(&old);
    assert_eq!(
        purposes(&probe)[0],
        &Purpose::Initialize(Revision::V20250618)
    );
    works(&probe);
}

/// The python SDK refuses `initialize` on a connection on which it has served a request of 2026-07-28.
#[test]
fn both_eras_are_asked_for_in_a_process_each() {
    let mut both = ask(r#"echo "$$" >&2; while read -r line; do case $line in
        *'"server/discover"'*) discover; new=1 ;; *'"tools/list"'*) tools ;;
        *'"initialize"'*) case $new in 1) refuse -32022 ;; *) initialize ;; esac ;; esac; done"#);
    both.eras = Eras::All;
    let probe = hold(&both);
    works(&probe);
    let last = probe.exchanges.last().expect("a request");
    assert_eq!(last.purpose, Purpose::Initialize(Revision::LAST_LEGACY));
    let message = last.message().expect("its answer");
    assert!(matches!(message.reply, Reply::Result(_)), "{message:?}");
    assert_eq!(process(&probe).stderr.len(), 1);
    assert!(!process(&probe).exited_early);
}

#[test]
fn one_revision_alone_is_one_question() {
    let mut ask = ask("serve");
    ask.eras = Eras::Only(Revision::NEWEST);
    let probe = hold(&ask);
    assert_eq!(purposes(&probe), [&Purpose::Discover]);
    assert!(matches!(wire::read(&probe).standing, Standing::Broken));
}

#[test]
fn a_slow_start_is_no_silence() {
    let probe = probe("sleep 2; serve");
    works(&probe);
    assert!(process(&probe).first_us >= Some(1_900_000));
}

/// Without a sign of life the question is asked in both manners; a server that was only slow answers both.
#[test]
fn a_server_that_was_taken_for_silent_is_understood_all_the_same() {
    let mut slow = ask("sleep 3; serve");
    slow.limits.answer_ms = 1_000;
    let probe = hold(&slow);
    works(&probe);
    let late = &probe.exchanges[0];
    let message = late.message().expect("its late answer");
    assert!(matches!(message.reply, Reply::Error(_)));
    assert!(late.clock.total_us > 2_500_000, "{:?}", late.clock);

    let mut modern = ask(r#"sleep 3; while read -r line; do case $line in
        *'"server/discover"'*) discover ;; *'"tools/list"'*) tools ;; esac; done"#);
    modern.limits.answer_ms = 1_000;
    let probe = hold(&modern);
    works(&probe);
}

#[test]
fn a_server_that_ignores_what_it_does_not_know_is_asked_again_soon() {
    let began = Instant::now();
    let probe = probe(
        r#"echo ready >&2; while read -r line; do case $line in *server/discover*) ;; *) legacy ;; esac; done"#,
    );
    works(&probe);
    assert_eq!(
        probe.exchanges[0].failure(),
        Some(&Failure::NoAnswer),
        "{:?}",
        probe.exchanges[0]
    );
    assert!(
        began.elapsed() < Duration::from_secs(8),
        "{:?}",
        began.elapsed()
    );
}

#[test]
fn lines_that_are_no_messages_are_kept_and_passed_over() {
    let probe = probe(r#"echo 'Starting server...'; echo '{"level":"info"}'; serve"#);
    works(&probe);
    assert_eq!(
        process(&probe).noise,
        ["Starting server...", r#"{"level":"info"}"#]
    );
    let troubles = wire::read(&probe).troubles;
    assert!(
        troubles
            .iter()
            .any(|trouble| matches!(&trouble.kind, Kind::StdoutNoise { line, more: 1 } if line == "Starting server...")),
        "{troubles:?}"
    );
}

#[test]
fn the_end_of_a_program_is_told_with_its_code_and_last_words() {
    let probe = probe("echo 'DATABASE_URI is not set' >&2; exit 3");
    let Kind::ProcessExited {
        code,
        signal,
        stderr,
        ..
    } = broken(&probe)
    else {
        panic!("{probe:#?}");
    };
    assert_eq!((code, signal), (Some(3), None));
    assert_eq!(stderr, ["DATABASE_URI is not set"]);
    let process = process(&probe);
    assert!(process.exited_early);
    assert_eq!(process.ended_by, None);
    assert!(matches!(
        probe.exchanges[0].outcome,
        Outcome::Failed(Failure::Closed(0))
    ));
}

#[test]
fn the_end_by_a_signal_is_told() {
    let probe = probe("kill -11 $$");
    let process = process(&probe);
    assert_eq!((process.code, process.signal), (None, Some(11)));
    assert!(process.exited_early);
}

/// `sh` ends and leaves a child that holds its pipes open.
#[test]
fn the_end_of_a_program_is_seen_though_its_pipes_stay_open() {
    let began = Instant::now();
    let probe = probe("sleep 60 & exit 4");
    assert_eq!(process(&probe).code, Some(4));
    assert!(
        began.elapsed() < Duration::from_secs(10),
        "{:?}",
        began.elapsed()
    );
}

#[test]
fn a_server_that_ends_at_the_first_question_is_started_again() {
    let probe = probe(
        r#"while read -r line; do case $line in *server/discover*) exit 1 ;; *) legacy ;; esac; done"#,
    );
    works(&probe);
    let process = process(&probe);
    assert!(!process.exited_early, "{process:?}");
    assert_eq!(process.oddities, [Process::RESTARTED]);
}

#[test]
fn a_server_that_does_not_end_is_ended() {
    for (script, by) in [
        ("serve; exec sleep 60", "TERM"),
        ("trap '' TERM; serve; while :; do sleep 1; done", "KILL"),
    ] {
        let began = Instant::now();
        let probe = probe(script);
        works(&probe);
        assert_eq!(process(&probe).ended_by.as_deref(), Some(by), "{script}");
        assert!(!process(&probe).exited_early);
        assert!(
            began.elapsed() < Duration::from_secs(12),
            "{:?}",
            began.elapsed()
        );
    }
}

#[test]
fn what_a_server_starts_ends_with_it() {
    let dir = tempfile::tempdir().expect("a folder");
    for (name, script) in [
        ("ends by itself", "serve"),
        ("does not end", "serve; sleep 60"),
        ("never answers", "sleep 60"),
    ] {
        let file = dir.path().join(name);
        let script = format!("sleep 60 & echo $! > '{}'; {script}", file.display());
        let mut ask = ask(&script);
        ask.limits.deadline_ms = 3_000;
        let probe = hold(&ask);
        assert!(probe.process.is_some());
        let pid = std::fs::read_to_string(&file).expect("its id");
        gone_soon(pid.trim());
    }
}

/// A conversation that is given up by its caller leaves nothing behind.
#[test]
fn a_dropped_conversation_ends_its_process() {
    let dir = tempfile::tempdir().expect("a folder");
    let file = dir.path().join("id");
    let ask = ask(&format!("sleep 60 & echo $! > '{}'; wait", file.display()));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let conversation = tokio::time::timeout(Duration::from_secs(1), observe::probe(&ask));
        assert!(conversation.await.is_err());
    });
    let pid = std::fs::read_to_string(&file).expect("its id");
    gone_soon(pid.trim());
}

#[test]
fn a_flood_of_noise_costs_no_memory_and_ends_in_time() {
    let began = Instant::now();
    let mut flood = ask("exec yes 'this is no message'");
    flood.limits.deadline_ms = 2_000;
    let probe = hold(&flood);
    assert_eq!(process(&probe).noise.len(), 20);
    assert!(
        began.elapsed() < Duration::from_secs(7),
        "{:?}",
        began.elapsed()
    );
    let mut endless = ask("exec tr '\\0' x < /dev/zero");
    endless.limits.deadline_ms = 2_000;
    let probe = hold(&endless);
    assert!(matches!(probe.ended, Ended::Deadline), "{:?}", probe.ended);
}

#[test]
fn a_chatty_standard_error_does_not_stop_a_server() {
    let probe = probe(
        "i=0; while [ $i -lt 20000 ]; do echo \"line $i of many that nobody wants to read\" >&2; i=$((i+1)); done; serve",
    );
    works(&probe);
    let stderr = &process(&probe).stderr;
    assert_eq!(stderr.len(), 20);
    assert!(stderr[19].starts_with("line 19999 "), "{stderr:?}");
}

#[test]
fn silence_ends_at_the_deadline() {
    let began = Instant::now();
    let mut silent = ask("exec sleep 60");
    silent.limits.deadline_ms = 2_000;
    let probe = hold(&silent);
    assert_eq!(probe.ended, Ended::Deadline);
    assert!(
        matches!(broken(&probe), Kind::NoAnswer { .. }),
        "{probe:#?}"
    );
    assert_eq!(purposes(&probe).len(), 2);
    assert!(
        began.elapsed() < Duration::from_secs(6),
        "{:?}",
        began.elapsed()
    );
}

#[test]
fn what_is_odd_about_its_bytes_is_told() {
    for (script, odd) in [
        (r#"printf '\357\273\277'; serve"#, Process::BYTE_ORDER_MARK),
        (
            r#"while read -r line; do legacy | sed 's/^{/{\n/; s/}$/\n}/'; done"#,
            Process::SPLIT,
        ),
    ] {
        let probe = probe(script);
        let reading = wire::read(&probe);
        let does = odd.to_owned();
        assert_eq!(reading.standing, Standing::Broken, "{script}");
        assert_eq!(reading.troubles[0].kind, Kind::StdoutForm { does });
        assert_eq!(process(&probe).oddities, [odd], "{script}");
    }
    for (script, odd) in [
        (
            r#"while read -r line; do legacy | sed 's/$/\r/'; done"#,
            Process::CR_LF,
        ),
        (
            r#"while read -r line; do legacy | sed 's/"id":\([0-9]*\)/"id":"\1"/'; done"#,
            Process::ID_KIND,
        ),
    ] {
        let probe = probe(script);
        works(&probe);
        assert_eq!(process(&probe).oddities, [odd], "{script}");
        assert_eq!(process(&probe).noise, Vec::<String>::new(), "{script}");
    }
}

#[test]
fn a_message_without_its_line_feed_is_told() {
    let mut ask = ask(r#"read -r line; initialize | tr -d '\n'; sleep 60"#);
    ask.limits.deadline_ms = 2_000;
    let probe = hold(&ask);
    assert_eq!(process(&probe).oddities, [Process::UNENDED]);
    assert!(matches!(wire::read(&probe).standing, Standing::Broken));
}

#[test]
fn an_answer_to_something_else_is_no_answer() {
    let script = r#"while read -r line; do echo '{"jsonrpc":"2.0","id":99,"result":{"supportedVersions":["2026-07-28"]}}'; done"#;
    let mut ask = ask(script);
    ask.limits.deadline_ms = 2_000;
    let probe = hold(&ask);
    let answer = probe.exchanges[0].answer().expect("something came");
    assert_eq!((&answer.message, &answer.end), (&None, &End::Deadline));
    assert_eq!(
        answer.stray.as_ref().map(|stray| &stray.id),
        Some(&json!(99))
    );
    assert!(matches!(wire::read(&probe).standing, Standing::Broken));
}

/// rmcp answers what it cannot read with an error that names no id.
#[test]
fn an_error_for_nobody_is_for_the_open_question() {
    let began = Instant::now();
    let probe = probe(
        r#"while read -r line; do case $line in *server/discover*)
            echo '{"jsonrpc":"2.0","error":{"code":-32600,"message":"Invalid request"}}' ;; *) legacy ;; esac; done"#,
    );
    works(&probe);
    assert!(
        began.elapsed() < Duration::from_secs(3),
        "{:?}",
        began.elapsed()
    );
}

#[test]
fn what_a_server_asks_is_answered_politely() {
    let probe = probe(
        r#"while read -r line; do case $line in
            *server/discover*) refuse -32601 ;;
            *'"initialize"'*)
                echo '{"jsonrpc":"2.0","id":"p","method":"ping"}'
                read -r pong
                echo '{"jsonrpc":"2.0","id":7,"method":"roots/list"}'
                read -r roots
                echo "$pong $roots" >&2
                initialize ;;
            *) legacy ;; esac; done"#,
    );
    works(&probe);
    let said = &process(&probe).stderr[0];
    assert!(said.contains(r#""id":"p","result":{}"#), "{said}");
    assert!(said.contains(r#""id":7,"error":{"code":-32601"#), "{said}");
}

#[test]
fn pages_are_read_to_their_end_and_no_further() {
    let script = r#"while read -r line; do case $line in
        *'"tools/list"'*'"cursor":"b"'*) answer '{"tools":[{"name":"two","inputSchema":{"type":"object"}}],"nextCursor":"a"}' ;;
        *'"tools/list"'*'"cursor":"a"'*) answer '{"tools":[],"nextCursor":"a"}' ;;
        *'"tools/list"'*) answer '{"tools":[{"name":"one","inputSchema":{"type":"object"}}],"nextCursor":"b"}' ;;
        *) legacy ;; esac; done"#;
    let probe = probe(script);
    let tools = probe.tools.expect("a list");
    assert_eq!((tools.count, tools.pages), (2, 3));
    assert_eq!(tools.end, ListEnd::Loop("a".to_owned()));
}

#[test]
fn a_large_list_is_read_whole_and_an_endless_line_is_not() {
    let script = r#"while read -r line; do case $line in
        *'"tools/list"'*) id; printf '{"jsonrpc":"2.0","id":%s,"result":{"tools":[' "$id"
            i=0; while [ $i -lt 999 ]; do printf '{"name":"t%s","inputSchema":{"type":"object","description":"%0500d"}},' $i 0; i=$((i+1)); done
            printf '{"name":"last","inputSchema":{"type":"object"}}]}}\n' ;;
        *) legacy ;; esac; done"#;
    let probe = probe(script);
    let tools = probe.tools.as_ref().expect("a list");
    assert_eq!((tools.count, &tools.end), (1_000, &ListEnd::Complete));
    assert_eq!(tools.tools[999].name, "last");
    let listed = probe.exchanges.last().and_then(|last| last.message());
    assert!(listed.is_some(), "{:?}", probe.exchanges.last());

    let endless = r#"while read -r line; do case $line in
        *'"tools/list"'*) id; printf '{"jsonrpc":"2.0","id":%s,"result":{"tools":["' "$id"
            head -c 20000000 /dev/zero | tr '\0' x; printf '"]}}\n' ;;
        *) legacy ;; esac; done"#;
    let probe = self::probe(endless);
    assert_eq!(probe.ended, Ended::Bytes);
    assert_eq!(process(&probe).oddities, [Process::LONG_LINE]);
    let last = probe.exchanges.last().and_then(|last| last.answer());
    assert_eq!(last.map(|answer| &answer.end), Some(&End::Cap));
}

#[test]
fn a_tool_is_called_and_may_take_its_time() {
    let script = r#"while read -r line; do case $line in
        *'"tools/call"'*'"name":"add"'*) sleep 2; answer '{"content":[{"type":"text","text":"3"}]}' ;;
        *) legacy ;; esac; done"#;
    let mut ask = ask(script);
    ask.limits.answer_ms = 1_000;
    ask.call = Some(Call {
        tool: "add".to_owned(),
        arguments: json!({"a": 1, "b": 2}),
        alone: false,
    });
    let probe = hold(&ask);
    let called = probe.exchanges.last().expect("a call");
    assert_eq!(called.purpose, Purpose::Call);
    let message = called.message().expect("its answer");
    assert!(matches!(&message.reply, Reply::Result(result) if result["content"][0]["text"] == "3"));
}

/// The pipe takes 64 KiB: a server that writes more before it reads must not stop both sides.
#[test]
fn both_sides_may_write_at_once() {
    let script = r#"while read -r line; do case $line in
        *'"tools/list"'*) head -c 200000 /dev/zero | tr '\0' ' '; echo; tools
            head -c 200000 /dev/zero | tr '\0' ' '; echo ;;
        *'"tools/call"'*) answer '{"content":[]}' ;;
        *) legacy ;; esac; done"#;
    let mut ask = ask(script);
    ask.call = Some(Call {
        tool: "add".to_owned(),
        arguments: json!({"text": "x".repeat(300_000)}),
        alone: false,
    });
    let probe = hold(&ask);
    assert!(
        probe
            .exchanges
            .last()
            .is_some_and(|last| last.message().is_some()),
        "{:?}",
        probe.ended
    );
}

#[test]
fn what_cannot_be_started_says_why() {
    let dir = tempfile::tempdir().expect("a folder");
    let plain = dir.path().join("plain");
    std::fs::write(&plain, "no program").expect("a file");
    let start = |program: &str, cwd: Option<&str>| {
        let probe = hold(&Ask::of(Target::Command {
            program: program.to_owned(),
            args: Vec::new(),
            env: BTreeMap::new(),
            cwd: cwd.map(Into::into),
        }));
        assert_eq!(probe.exchanges, []);
        let failed = process(&probe).failed.clone().expect("a reason");
        assert!(
            matches!(
                broken(&probe),
                Kind::ProcessExited {
                    failed: Some(_),
                    ..
                }
            ),
            "{failed}"
        );
        failed
    };
    assert_eq!(start("mcpdoc-no-such-program", None), "not found in PATH");
    assert_eq!(start("/no/such/program", None), "no such file");
    assert_eq!(
        start(&plain.to_string_lossy(), None),
        "it is not executable for this user"
    );
    assert_eq!(
        start("sh", Some("/no/such/folder")),
        "its working directory /no/such/folder is not there"
    );
}

#[test]
fn a_server_gets_what_its_entry_says_and_its_secrets_are_not_recorded() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut ask = ask(
        r#"echo "token $API_TOKEN in $(pwd) with $LANG_OF_TEST" >&2; echo "noise $API_TOKEN"; serve"#,
    );
    let Target::Command { env, cwd, .. } = &mut ask.target else {
        unreachable!("it is a command");
    };
    env.insert("API_TOKEN".to_owned(), "s3cr3t-value-of-mine".into());
    env.insert("LANG_OF_TEST".to_owned(), "plain".into());
    *cwd = Some(dir.path().to_owned());
    let probe = hold(&ask);
    works(&probe);
    let said = &process(&probe).stderr[0];
    let folder = dir.path().file_name().expect("a name").to_string_lossy();
    assert!(
        said.contains(folder.as_ref()) && said.ends_with("with plain"),
        "{said}"
    );
    let process = format!("{:?}", process(&probe));
    assert!(!process.contains("s3cr3t"), "{process}");
}

/// `mcpdoc probe -- sh -c SCRIPT`.
fn command(script: &str) -> std::process::Command {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_mcpdoc"));
    let script = format!("{WORDS}\n{script}");
    command.args(["probe", "--color", "never", "--", "sh", "-c", &script]);
    command
}

#[test]
fn the_command_shows_the_server_or_why_there_is_none() {
    let good = command("echo hello; serve").output().expect("a run");
    let text = String::from_utf8_lossy(&good.stdout);
    assert_eq!(good.status.code(), Some(0), "{text}");
    for words in ["small", "add", "stdout-noise", "hello"] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let bad = command("echo 'no such table' >&2; exit 3")
        .output()
        .expect("a run");
    let text = String::from_utf8_lossy(&bad.stdout);
    assert_eq!(bad.status.code(), Some(1), "{text}");
    for words in ["process-exited", "no such table", "exit code 3"] {
        assert!(text.contains(words), "{words}: {text}");
    }
}

/// The server has a process group of its own, which neither the terminal nor `kill` reaches.
#[test]
fn what_ends_mcpdoc_ends_the_server_too() {
    use std::os::unix::process::ExitStatusExt;
    let dir = tempfile::tempdir().expect("a folder");
    for (signal, number) in [("INT", 2), ("TERM", 15), ("HUP", 1)] {
        let file = dir.path().join(signal);
        let script = format!(
            "trap '' INT TERM HUP; sleep 61 & echo \"$$ $!\" > '{0}.part'; mv '{0}.part' '{0}'; wait",
            file.display()
        );
        let mut child = command(&script)
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .expect("a process");
        let until = Instant::now() + Duration::from_secs(20);
        while !file.exists() {
            assert!(Instant::now() < until, "the server did not start");
            std::thread::sleep(Duration::from_millis(20));
        }
        let status = std::process::Command::new("kill")
            .args([format!("-{signal}"), child.id().to_string()])
            .status()
            .expect("kill");
        assert!(status.success());
        let status = child.wait().expect("its end");
        // Where the command itself hears of an interrupt first, it ends as a shell would say it.
        let ended = status.signal() == Some(number) || status.code() == Some(128 + number);
        assert!(ended, "{signal}: {status:?}");
        let ids = std::fs::read_to_string(&file).expect("its ids");
        ids.split_whitespace().for_each(gone_soon);
    }
}

/// Floods and endless lines cost no memory: measured where the system tells.
#[cfg(target_os = "linux")]
#[test]
fn a_hostile_server_costs_no_memory() {
    for script in [
        "exec yes 'this is no message'",
        "exec tr '\\0' x < /dev/zero",
        "yes 'this is no message' >&2",
        r#"exec yes '{"jsonrpc":"2.0","id":7,"method":"ping"}'"#,
        r#"exec yes '{"jsonrpc":"2.0","method":"notifications/message","params":{}}'"#,
        r#"exec yes '{'"#,
    ] {
        let mut child = {
            let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_mcpdoc"));
            command.args(["probe", "--timeout", "3", "--", "sh", "-c", script]);
            command
                .stdout(std::process::Stdio::null())
                .stderr(std::process::Stdio::null())
                .spawn()
                .expect("a process")
        };
        let began = Instant::now();
        let mut most = 0;
        while child.try_wait().expect("its state").is_none() {
            let status = format!("/proc/{}/status", child.id());
            let status = std::fs::read_to_string(status).unwrap_or_default();
            let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            let size = line.and_then(|line| line.trim().split(' ').next()?.parse::<u64>().ok());
            most = most.max(size.unwrap_or_default());
            assert!(began.elapsed() < Duration::from_secs(12), "{script}");
            std::thread::sleep(Duration::from_millis(20));
        }
        assert!(most > 0 && most < 64 * 1024, "{script}: {most} KiB");
    }
}

/// Servers of several SDKs; `tests/servers/install` installs them.
#[test]
#[ignore = "needs Node and Python, and the servers that tests/servers/install installs"]
fn real_servers_are_talked_to() {
    let start = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/servers/start");
    for (name, revision, tools) in [
        ("py1.14-stdio", "2025-06-18", 2),
        ("py1.30-stdio", "2025-11-25", 2),
        ("py2.3-stdio", "2026-07-28", 2),
        ("everything-stdio", "2025-11-25", 13),
    ] {
        let mut ask = Ask::of(Target::Command {
            program: start.to_owned(),
            args: vec![name.to_owned()],
            env: BTreeMap::new(),
            cwd: None,
        });
        ask.limits.deadline_ms = 60_000;
        ask.limits.answer_ms = 30_000;
        let probe = hold(&ask);
        let reading = wire::read(&probe);
        assert_eq!(
            reading.standing,
            Standing::Works,
            "{name}: {:?}",
            reading.troubles
        );
        assert_eq!(reading.troubles, [], "{name}");
        assert_eq!(reading.revisions, [revision], "{name}");
        let listed = probe.tools.as_ref().expect("a list");
        assert_eq!(listed.count, tools, "{name}");
        assert!(listed.tools.iter().all(|tool| tool.flaws.is_empty()));
        let process = process(&probe);
        assert_eq!(process.noise, Vec::<String>::new(), "{name}");
        assert_eq!(process.oddities, Vec::<String>::new(), "{name}");
        assert_eq!(process.ended_by, None, "{name}");
        assert!(!process.exited_early, "{name}");
        ask.eras = Eras::All;
        let reading = wire::read(&hold(&ask));
        assert!(
            reading
                .revisions
                .iter()
                .any(|one| one.as_str() < "2026-07-28"),
            "{name}: {:?}",
            reading.revisions
        );
    }
}
