//! The world as a conversation sees it: each failure told apart, each answer read to where it has to be read, nothing
//! left open.

use std::time::{Duration, Instant};

use mcpdoc::fact::{Answer, Ask, End, Failure, Limits, Outcome, Pin, Reply, TlsProblem, TlsSpoken};
use mcpdoc::observe::{Http, Line, Outgoing, Received, Wait};
use serde_json::json;
use url::Url;

#[path = "support/served.rs"]
mod served;

use served::{Served, pause};

/// Time for a busy machine.
const SLACK: Duration = Duration::from_secs(4);

fn limits(answer_ms: u64, deadline_ms: u64) -> Limits {
    Limits {
        connect_ms: 2_000,
        answer_ms,
        deadline_ms,
    }
}

fn ask(limits: Limits) -> Ask {
    Ask {
        limits,
        ..Ask::url("http://unused/")
    }
}

fn post(url: &str, wait: Wait) -> Outgoing {
    Outgoing {
        method: "POST",
        url: Url::parse(url).expect("a url"),
        headers: vec![
            (
                "Accept".to_owned(),
                "application/json, text/event-stream".to_owned(),
            ),
            ("Content-Type".to_owned(), "application/json".to_owned()),
        ],
        body: Some(json!({"jsonrpc": "2.0", "id": 1, "method": "initialize"}).to_string()),
        wait,
        answer_ms: 2_000,
        bytes: Limits::MCP_BYTES,
        repeatable: true,
    }
}

fn get(url: &str, wait: Wait) -> Outgoing {
    Outgoing {
        method: "GET",
        body: None,
        ..post(url, wait)
    }
}

fn run<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let done = runtime.block_on(work);
    runtime.shutdown_background();
    done
}

/// What came of one request.
fn sent(request: Outgoing) -> Received {
    sent_with(&ask(limits(2_000, 20_000)), request)
}

fn sent_with(ask: &Ask, request: Outgoing) -> Received {
    run(async { Http::new(ask).send(request).await })
}

fn message() -> Wait {
    Wait::Message(json!(1))
}

#[track_caller]
fn failure(received: Received) -> Failure {
    match received.outcome {
        Outcome::Failed(failure) => failure,
        Outcome::Answered(answer) => panic!("there is an answer: {answer:?}"),
    }
}

#[track_caller]
fn answer(received: &Received) -> &Answer {
    match &received.outcome {
        Outcome::Answered(answer) => answer,
        Outcome::Failed(failure) => panic!("there is no answer: {failure:?}"),
    }
}

fn json_answer(body: &str) -> String {
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

fn stream_answer(events: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n{events}")
}

const OK: &str = r#"{"jsonrpc":"2.0","id":1,"result":{"tools":[]}}"#;

#[test]
fn a_closed_port_refuses() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = free.local_addr().expect("an address");
    drop(free);
    let url = Url::parse(&format!("http://{address}/mcp")).expect("a url");
    run(async {
        let mut line = Http::new(&ask(limits(1_000, 5_000)));
        let reach = line.reach(&url).await;
        assert_eq!(
            (reach.host.as_str(), reach.port),
            ("127.0.0.1", address.port())
        );
        assert_eq!(reach.accepted(), None);
        assert_eq!(reach.attempts[0].failure, Some(Failure::Refused));
        let received = line.send(post(url.as_str(), message())).await;
        assert_eq!(failure(received), Failure::Refused);
    });
}

#[test]
fn a_name_without_an_address_says_why() {
    let url = Url::parse("http://nowhere.invalid:8000/mcp").expect("a url");
    run(async {
        let mut line = Http::new(&ask(limits(1_000, 15_000)));
        let reach = line.reach(&url).await;
        assert!(reach.unresolved.is_some_and(|why| !why.is_empty()));
        assert!(reach.attempts.is_empty());
        let failed = failure(line.send(post(url.as_str(), message())).await);
        assert!(matches!(failed, Failure::Other(words) if !words.is_empty()));
    });
}

#[test]
fn a_pinned_name_needs_no_name_server() {
    let server = Served::says_and_stays(json_answer(OK));
    let port = server.address.port();
    let ask = Ask {
        pins: vec![
            Pin {
                host: "db".to_owned(),
                port,
                address: "127.0.0.2".parse().expect("an address"),
            },
            Pin {
                host: "DB".to_owned(),
                port,
                address: server.address.ip(),
            },
            Pin {
                host: "db".to_owned(),
                port: 1,
                address: "127.0.0.3".parse().expect("an address"),
            },
        ],
        ..ask(limits(1_000, 5_000))
    };
    let url = Url::parse(&format!("http://db:{port}/mcp")).expect("a url");
    run(async {
        let mut line = Http::new(&ask);
        let reach = line.reach(&url).await;
        // In their order, and the first that accepts is used.
        assert_eq!(reach.attempts.len(), 2);
        assert_eq!(reach.attempts[0].failure, Some(Failure::Refused));
        assert_eq!(reach.accepted(), Some(server.address));
        let received = line.send(post(url.as_str(), message())).await;
        assert!(answer(&received).message.is_some());
    });
    assert_eq!(
        server.asked()[0].header("host"),
        Some(format!("db:{port}").as_str())
    );
}

#[test]
fn what_is_sent_is_what_was_asked_for() {
    let server = Served::says_and_stays(json_answer(OK));
    let mut request = post(&server.url("/mcp?a=1#part"), message());
    request.url.set_username("who").expect("a url with a host");
    request
        .url
        .set_password(Some("secret"))
        .expect("a url with a host");
    request
        .headers
        .push(("Host".to_owned(), "gateway:4000".to_owned()));
    request.headers.push(("X-Twice".to_owned(), "1".to_owned()));
    request.headers.push(("X-Twice".to_owned(), "2".to_owned()));
    let received = sent(request);
    assert_eq!(answer(&received).status, 200);
    assert_eq!(received.result.as_deref(), Some(r#"{"tools":[]}"#));
    let asked = &server.asked()[0];
    assert_eq!(asked.line, "POST /mcp?a=1 HTTP/1.1");
    let names: Vec<&str> = asked
        .headers
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(
        names,
        [
            "accept",
            "content-type",
            "host",
            "x-twice",
            "x-twice",
            "content-length"
        ]
    );
    assert_eq!(asked.header("host"), Some("gateway:4000"));
    let wrong = Outgoing {
        headers: vec![("X-Broken".to_owned(), "a\r\nb".to_owned())],
        ..post(&server.url("/"), message())
    };
    let wrong = failure(sent(wrong));
    assert!(matches!(wrong, Failure::Other(words) if words.contains("X-Broken")));
}

#[test]
fn one_connection_serves_a_conversation() {
    let server = Served::says_and_stays(json_answer(OK));
    run(async {
        let mut line = Http::new(&ask(limits(1_000, 5_000)));
        line.reach(&Url::parse(&server.url("/")).expect("a url"))
            .await;
        for _ in 0..5 {
            let received = line.send(post(&server.url("/mcp"), message())).await;
            assert!(answer(&received).message.is_some());
            assert!(
                received
                    .clock
                    .head_us
                    .is_some_and(|head| head <= received.clock.total_us)
            );
        }
    });
    // One to see whether it accepts, one to talk.
    assert_eq!(server.accepted(), 2);
    assert!(server.all_closed());
}

/// Answers the first request of each connection, keeps the connection, and closes it with the second request on it.
fn closes_what_it_keeps() -> Served {
    Served::start(|mut peer| async move {
        if peer.request().await.is_some() {
            peer.say(json_answer(OK)).await;
            peer.request().await;
        }
    })
}

#[test]
fn a_kept_connection_that_is_closed_is_no_failure() {
    let server = closes_what_it_keeps();
    run(async {
        let mut line = Http::new(&ask(limits(1_000, 5_000)));
        for _ in 0..3 {
            let received = line.send(post(&server.url("/mcp"), message())).await;
            assert!(answer(&received).message.is_some());
        }
        // What may change something is not sent twice.
        let call = Outgoing {
            repeatable: false,
            ..post(&server.url("/mcp"), message())
        };
        assert_eq!(failure(line.send(call).await), Failure::Closed(0));
    });
    // The second and the third were sent twice, the last once.
    assert_eq!(server.asked().len(), 6);
    // Where nothing was kept, it is one.
    let server = Served::says("");
    assert_eq!(
        failure(sent(post(&server.url("/"), message()))),
        Failure::Closed(0)
    );
    assert_eq!(server.asked().len(), 1);
}

#[test]
fn an_answer_is_told_from_what_came_instead() {
    for (body, ours, stray) in [
        (OK, true, false),
        (r#"[{"jsonrpc":"2.0","id":1,"result":{}}]"#, true, false),
        (
            "\u{feff}{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}",
            true,
            false,
        ),
        (r#"{"jsonrpc":"2.0","id":99,"result":{}}"#, false, true),
        (
            r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"no"}}"#,
            false,
            true,
        ),
        (r#"{"detail":"Not Found"}"#, false, false),
        ("<html>", false, false),
        ("", false, false),
    ] {
        let server = Served::says(json_answer(body));
        let received = sent(post(&server.url("/mcp"), message()));
        let answer = answer(&received);
        assert_eq!(answer.message.is_some(), ours, "{body}");
        assert_eq!(answer.stray.is_some(), stray, "{body}");
        assert_eq!(answer.end, End::Complete, "{body}");
        assert_eq!(answer.text, body, "{body}");
        assert_eq!(answer.size, body.len() as u64);
        assert_eq!(received.document, None);
    }
}

#[test]
fn a_document_is_read_whole() {
    let server = Served::says(json_answer(r#"{"issuer":"https://a"}"#));
    let received = sent(get(&server.url("/x"), Wait::End));
    assert_eq!(received.document, Some(json!({"issuer": "https://a"})));
    let server = Served::says("HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n");
    let received = sent(post(&server.url("/x"), Wait::End));
    assert_eq!((answer(&received).status, &received.document), (202, &None));
}

#[test]
fn a_stream_is_read_up_to_the_answer() {
    let events = [
        ": ping\n\n",
        "id: 1\nretry: 3000\ndata: \n\n",
        "event: message\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\"}\n\n",
        "data: {\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}\n\n",
        "data: {\"jsonrpc\":\"2.0\",\"id\":9,\"result\":{}}\n\n",
        "data: {\"jsonrpc\":\"2.0\",\"id\":1,\n",
        "data: \"result\":{\"a\":1}}\n\n",
    ];
    // It stays open: nobody waits for its end.
    let server = Served::says_and_stays(stream_answer(&events.concat()));
    let received = sent(post(&server.url("/mcp"), message()));
    let answer = answer(&received);
    assert_eq!(answer.end, End::Matched);
    assert_eq!(received.result.as_deref(), Some("{\"a\":1}"));
    let reply = answer.message.as_ref().map(|message| message.reply.clone());
    assert_eq!(reply, Some(Reply::Result(json!({"a": 1}))));
    assert_eq!(answer.events.len(), 3);
    assert_eq!(
        answer.stray.as_ref().map(|stray| stray.id.clone()),
        Some(json!(9))
    );
    assert!(received.clock.event_us >= received.clock.head_us);
    assert!(received.clock.event_us.is_some());
    assert!(
        server.all_closed(),
        "a stream that was read to its answer is hung up"
    );
}

#[test]
fn the_answers_of_a_stream_that_is_left_open_are_waited_for() {
    let server = Served::start(|mut peer| async move {
        let Some(_) = peer.request().await else {
            return;
        };
        peer.say(stream_answer("event: endpoint\ndata: /messages?id=1\n\n"))
            .await;
        pause(100).await;
        for id in 1..=3 {
            let answer = json!({"jsonrpc": "2.0", "id": id, "result": {"n": id}});
            peer.say(format!("event: message\ndata: {answer}\n\n"))
                .await;
        }
        peer.until_closed().await;
    });
    run(async {
        let mut line = Http::new(&ask(limits(1_000, 10_000)));
        let received = line.send(get(&server.url("/sse"), Wait::FirstEvent)).await;
        let opened = answer(&received);
        assert_eq!(opened.end, End::Matched);
        assert_eq!(opened.events[0].event, "endpoint");
        assert_eq!(opened.events[0].data, "/messages?id=1");
        for id in [1, 3] {
            let received = line.event(&json!(id)).await;
            assert_eq!(received.result, Some(format!("{{\"n\":{id}}}")));
            assert_eq!(answer(&received).end, End::Matched);
        }
        // Nothing more comes.
        line.close();
        let received = line.event(&json!(4)).await;
        assert!(matches!(failure(received), Failure::Other(_)));
    });
    assert!(server.all_closed());
}

#[test]
fn a_stream_without_an_event_is_waited_for_as_long_as_for_an_answer() {
    let server = Served::says_and_stays(stream_answer(": ping\n\n"));
    for wait in [Wait::FirstEvent, message(), Wait::End] {
        let began = Instant::now();
        let request = Outgoing {
            answer_ms: 300,
            ..get(&server.url("/sse"), wait)
        };
        let received = sent_with(&ask(limits(300, 20_000)), request);
        assert_eq!(answer(&received).end, End::Deadline);
        assert_eq!(received.clock.event_us, None);
        assert!(received.clock.head_us.is_some());
        assert!(began.elapsed() < SLACK);
    }
}

#[test]
fn silence_ends_in_time_and_leaves_nothing_open() {
    let server = Served::start(|mut peer| async move { peer.until_closed().await });
    for (answer_ms, deadline_ms, expected) in [
        (300, 20_000, Failure::NoAnswer),
        (20_000, 300, Failure::Deadline),
    ] {
        let began = Instant::now();
        run(async {
            let mut line = Http::new(&ask(limits(answer_ms, deadline_ms)));
            let request = Outgoing {
                answer_ms,
                ..post(&server.url("/mcp"), message())
            };
            let received = line.send(request.clone()).await;
            assert_eq!(failure(received), expected);
            assert_eq!(line.is_over(), expected == Failure::Deadline);
            if line.is_over() {
                assert_eq!(failure(line.send(request).await), Failure::Deadline);
                line.pause(10_000).await;
            }
            drop(line);
            // The runtime goes on: other conversations are held on it.
            for _ in 0..50 {
                pause(10).await;
            }
            assert!(server.all_closed(), "after {expected:?}");
        });
        assert!(began.elapsed() < SLACK + SLACK);
    }
}

#[test]
fn a_conversation_that_is_dropped_hangs_up() {
    let server = Served::says_and_stays(stream_answer("data: x\n\n"));
    run(async {
        let ask = ask(limits(5_000, 5_000));
        {
            let mut line = Http::new(&ask);
            let url = server.url("/sse");
            line.send(get(&url, Wait::FirstEvent)).await;
            let id = json!(1);
            let waiting = line.event(&id);
            let gave_up = tokio::time::timeout(Duration::from_millis(100), waiting).await;
            assert!(gave_up.is_err());
        }
        for _ in 0..50 {
            pause(10).await;
        }
        assert!(server.all_closed());
    });
}

#[test]
fn a_connection_that_breaks_says_where() {
    let chunked =
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (bytes, expected) in [
        ("", Failure::Closed(0)),
        ("HTTP/1.1 200 OK\r\nContent-Ty", Failure::Closed(0)),
        ("SSH-2.0-OpenSSH\r\n", Failure::NotHttp),
        ("\x15\x03\x01\x00\x02\x02\x46", Failure::NotHttp),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n",
            Failure::NotHttp,
        ),
    ] {
        let server = Served::says(bytes);
        assert_eq!(
            failure(sent(post(&server.url("/"), message()))),
            expected,
            "{bytes:?}"
        );
    }
    let long = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{OK}"
    );
    let inside = stream_answer("data: {\"jsonrpc\":\"2.0\",\"id\":1,\"res");
    for (bytes, has_message, is_broken) in [
        // The whole message came, and less than was announced: no client gets to see it.
        (long, false, true),
        (format!("{chunked}5\r\nhel"), false, true),
        (format!("{chunked}zz\r\nhello\r\n"), false, true),
        (format!("{chunked}{:x}\r\n{OK}\r\n", OK.len()), false, true),
        (inside, false, false),
        (
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n"
                .to_owned(),
            false,
            true,
        ),
    ] {
        let server = Served::says(bytes.clone());
        let received = sent(post(&server.url("/"), message()));
        let answer = answer(&received);
        assert_eq!(answer.message.is_some(), has_message, "{bytes}");
        assert_eq!(
            matches!(answer.end, End::Broken(_)),
            is_broken,
            "{bytes}: {:?}",
            answer.end
        );
    }
}

#[test]
fn a_reset_is_told_from_an_end() {
    let server = Served::start(|mut peer| async move {
        peer.request().await;
        peer.reset();
    });
    assert_eq!(
        failure(sent(post(&server.url("/"), message()))),
        Failure::Reset
    );
    let server = Served::start(|peer| async move { peer.reset() });
    let failed = failure(sent(post(&server.url("/"), message())));
    assert!(
        matches!(failed, Failure::Reset | Failure::Closed(0)),
        "{failed:?}"
    );
    let server = Served::start(|mut peer| async move {
        peer.request().await;
        peer.say(stream_answer("data: 1\n\n")).await;
        pause(100).await;
        peer.reset();
    });
    let received = sent(post(&server.url("/"), message()));
    assert_eq!(
        answer(&received).end,
        End::Broken("the connection was reset".to_owned())
    );
}

#[test]
fn a_server_that_speaks_first_is_no_http() {
    let server = Served::start(|mut peer| async move {
        peer.say("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n").await;
        peer.until_closed().await;
    });
    let failed = failure(sent(post(&server.url("/"), message())));
    assert_eq!(failed, Failure::NotHttp);
}

#[test]
fn heads_and_bodies_have_a_limit() {
    let server = Served::says(format!(
        "HTTP/1.1 200 OK\r\nX-Large: {}\r\n\r\n",
        "x".repeat(1_000_000)
    ));
    assert_eq!(
        failure(sent(post(&server.url("/"), message()))),
        Failure::HeadTooLarge
    );
    let many = "X-Many: x\r\n".repeat(500);
    let server = Served::says(format!("HTTP/1.1 200 OK\r\n{many}\r\n"));
    assert_eq!(
        failure(sent(post(&server.url("/"), message()))),
        Failure::HeadTooLarge
    );
    let server = Served::says(format!(
        "HTTP/1.1 200 OK\r\nX-Long: {}\r\nContent-Length: 0\r\n\r\n",
        "x".repeat(5_000)
    ));
    let received = sent(post(&server.url("/"), message()));
    assert_eq!(
        answer(&received).header("x-long").map(str::len),
        Some(2_048)
    );
    for (size, end) in [
        (1_000, End::Complete),
        (1_001, End::Cap),
        (5_000_000, End::Cap),
    ] {
        let server = Served::says(json_answer(&"x".repeat(size)));
        let request = Outgoing {
            bytes: 1_000,
            ..post(&server.url("/"), message())
        };
        let received = sent(request);
        assert_eq!(
            (&answer(&received).end, answer(&received).size),
            (&end, 1_000)
        );
    }
    let server = Served::says(json_answer(&"ä".repeat(5_000)));
    let received = sent(post(&server.url("/"), message()));
    assert_eq!(answer(&received).text, "ä".repeat(2_048));
}

#[test]
fn events_are_kept_within_limits() {
    let events = format!("data: {}\n\n", "ü".repeat(3_000)).repeat(50);
    let server = Served::says(stream_answer(&events));
    let received = sent(post(&server.url("/"), message()));
    let answer = answer(&received);
    assert_eq!(answer.events.len(), 20);
    assert!(
        answer
            .events
            .iter()
            .all(|said| said.data == "ü".repeat(1_024))
    );
    assert_eq!(answer.end, End::Complete);
    assert_eq!(answer.size, events.len() as u64);
}

#[test]
fn a_large_result_is_handed_out_and_not_built() {
    let result = json!({"tools": vec![json!({"name": "x".repeat(100)}); 2_000]}).to_string();
    let text = format!(r#"{{"jsonrpc":"2.0","id":1,"result":{result}}}"#);
    for bytes in [
        json_answer(&text),
        stream_answer(&format!("data: {text}\n\n")),
    ] {
        let server = Served::says(bytes);
        let received = sent(post(&server.url("/"), message()));
        assert_eq!(received.result.as_deref(), Some(result.as_str()));
        let message = answer(&received).message.as_ref().expect("an answer");
        assert_eq!(message.reply, Reply::Result(json!({"tools": null})));
    }
}

#[test]
fn a_redirect_is_an_answer() {
    let server = Served::says(
        "HTTP/1.1 307 Temporary Redirect\r\nLocation: /mcp/\r\nContent-Length: 0\r\n\r\n",
    );
    let received = sent(post(&server.url("/mcp"), message()));
    let answer = answer(&received);
    assert_eq!(
        (answer.status, answer.header("location")),
        (307, Some("/mcp/"))
    );
    assert_eq!(server.asked().len(), 1);
}

#[test]
fn a_length_that_lies_spoils_no_later_answer() {
    let short = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{OK}"
    );
    let server = Served::says_and_stays(short);
    run(async {
        let mut line = Http::new(&ask(limits(1_000, 10_000)));
        for _ in 0..3 {
            let received = line.send(post(&server.url("/mcp"), message())).await;
            let answer = answer(&received);
            assert_eq!((answer.message.is_some(), answer.size), (false, 10));
            assert_eq!(answer.text, &OK[..10]);
        }
    });
}

#[test]
fn a_port_is_looked_at_below_http() {
    let look = |server: &Served| {
        let url = Url::parse(&server.url("/mcp")).expect("a url");
        run(async { Http::new(&ask(limits(1_000, 10_000))).look(&url).await })
    };
    let ssh = Served::start(|mut peer| async move {
        peer.say("SSH-2.0-OpenSSH_9.2p1\r\n").await;
        peer.until_closed().await;
    });
    let found = look(&ssh);
    assert_eq!(found.banner.as_deref(), Some("SSH-2.0-OpenSSH_9.2p1\r\n"));
    for letter in ["S", "N"] {
        let postgres = Served::start(move |mut peer| async move {
            let mut bytes = [0; 8];
            let read = tokio::io::AsyncReadExt::read_exact(&mut peer.stream, &mut bytes).await;
            if read.is_ok() && bytes == [0, 0, 0, 8, 4, 0xD2, 0x16, 0x2F] {
                peer.say(letter).await;
            }
            peer.until_closed().await;
        });
        assert_eq!(look(&postgres).postgres, letter.chars().next());
    }
    let silent = Served::start(|mut peer| async move { peer.until_closed().await });
    let found = look(&silent);
    assert_eq!(found.tls.map(|tls| tls.spoken), Some(TlsSpoken::Silent));
    assert_eq!(
        (found.banner, found.postgres, found.reply),
        (None, None, None)
    );
    let redis = Served::start(|mut peer| async move {
        let mut bytes = [0; 64];
        while tokio::io::AsyncReadExt::read(&mut peer.stream, &mut bytes)
            .await
            .is_ok_and(|read| read > 0)
        {
            peer.say("-ERR unknown\x01\r\n").await;
        }
    });
    let found = look(&redis);
    assert_eq!(found.tls.map(|tls| tls.spoken), Some(TlsSpoken::No));
    assert_eq!(found.reply.as_deref(), Some("-ERR unknown\\x01\\x0d\\x0a"));
    assert!(silent.all_closed() && redis.all_closed() && ssh.all_closed());
}

/// Servers that speak TLS.
mod tls {
    use std::sync::Arc;

    use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio_rustls::TlsAcceptor;
    use tokio_rustls::rustls::ServerConfig;
    use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

    use super::*;

    fn serve(certificate: CertificateDer<'static>, key: &KeyPair) -> Served {
        let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .expect("a certificate");
        let acceptor = TlsAcceptor::from(Arc::new(config));
        Served::start(move |peer| {
            let acceptor = acceptor.clone();
            async move {
                let Ok(mut stream) = acceptor.accept(peer.stream).await else {
                    return;
                };
                let mut bytes = [0; 4096];
                while stream.read(&mut bytes).await.is_ok_and(|read| read > 0) {
                    let answer = json_answer(OK);
                    if stream.write_all(answer.as_bytes()).await.is_err() {
                        return;
                    }
                }
            }
        })
    }

    fn params(name: &str) -> CertificateParams {
        CertificateParams::new(vec![name.to_owned()]).expect("a name")
    }

    /// What comes of a request over https, trusting the PEM.
    fn ask_over_tls(server: &Served, pem: Option<&str>, any: bool) -> Received {
        let dir = tempfile::tempdir().expect("a folder");
        let file = dir.path().join("ca.pem");
        let mut ask = ask(limits(2_000, 10_000));
        if let Some(pem) = pem {
            std::fs::write(&file, pem).expect("a file");
            ask.trust.ca_file = Some(file);
        }
        ask.trust.any_certificate = any;
        let url = format!("https://localhost:{}/mcp", server.address.port());
        sent_with(&ask, post(&url, message()))
    }

    #[test]
    fn a_certificate_that_signs_itself_is_trusted_when_it_is_given() {
        for is_authority in [false, true] {
            let mut params = params("localhost");
            if is_authority {
                params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            }
            let key = KeyPair::generate().expect("a key");
            let own = params.self_signed(&key).expect("a certificate");
            let server = serve(own.der().clone(), &key);
            let failed = failure(ask_over_tls(&server, None, false));
            assert_eq!(
                failed,
                Failure::Tls(TlsProblem::UnknownIssuer),
                "{is_authority}"
            );
            for received in [
                ask_over_tls(&server, Some(&own.pem()), false),
                ask_over_tls(&server, None, true),
            ] {
                assert!(answer(&received).message.is_some(), "{is_authority}");
            }
            let url = Url::parse(&server.url("/").replace("http:", "https:")).expect("a url");
            let look = run(async { Http::new(&ask(limits(1_000, 10_000))).look(&url).await });
            assert_eq!(look.tls.map(|tls| tls.spoken), Some(TlsSpoken::Yes));
        }
    }

    #[test]
    fn a_certificate_is_verified_as_clients_do() {
        let key = KeyPair::generate().expect("a key");
        let mut authority = params("authority");
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority_pem = authority.self_signed(&key).expect("a certificate").pem();
        let issuer = Issuer::new(authority, &key);
        let leaf = |params: CertificateParams| {
            let key = KeyPair::generate().expect("a key");
            let certificate = params.signed_by(&key, &issuer).expect("a certificate");
            serve(certificate.der().clone(), &key)
        };
        let good = leaf(params("localhost"));
        let received = ask_over_tls(&good, Some(&authority_pem), false);
        assert!(answer(&received).message.is_some());
        let mut expired = params("localhost");
        expired.not_after = date_time_ymd(2020, 1, 1);
        let mut early = params("localhost");
        early.not_before = date_time_ymd(2090, 1, 1);
        for (params, expected) in [
            (
                params("other.example"),
                TlsProblem::WrongName(vec!["other.example".to_owned()]),
            ),
            (expired, TlsProblem::Expired(Some(1_577_836_800))),
            (early, TlsProblem::NotYetValid),
        ] {
            let server = leaf(params);
            let failed = failure(ask_over_tls(&server, Some(&authority_pem), false));
            assert_eq!(failed, Failure::Tls(expected));
        }
        let nonsense = failure(ask_over_tls(&good, Some("nothing"), false));
        assert!(
            matches!(nonsense, Failure::Tls(TlsProblem::Other(_))),
            "{nonsense:?}"
        );
    }

    #[test]
    fn a_port_without_tls_is_told() {
        let plain = Served::start(|mut peer| async move {
            let mut bytes = [0; 4096];
            let _ = peer.stream.read(&mut bytes).await;
            peer.say("HTTP/1.1 400 Bad Request\r\n\r\n").await;
        });
        let failed = failure(ask_over_tls(&plain, None, true));
        assert_eq!(failed, Failure::Tls(TlsProblem::NotTls));
        let closes = Served::start(|mut peer| async move {
            let mut bytes = [0; 4096];
            let _ = peer.stream.read(&mut bytes).await;
        });
        assert_eq!(
            failure(ask_over_tls(&closes, None, true)),
            Failure::Closed(0)
        );
        let alert = Served::start(|mut peer| async move {
            let mut bytes = [0; 4096];
            let _ = peer.stream.read(&mut bytes).await;
            peer.say([0x15, 3, 3, 0, 2, 2, 40]).await;
            peer.until_closed().await;
        });
        let failed = failure(ask_over_tls(&alert, None, true));
        assert_eq!(
            failed,
            Failure::Tls(TlsProblem::Alert("HandshakeFailure".to_owned()))
        );
    }

    #[test]
    fn tls_where_none_is_expected_is_no_http() {
        let key = KeyPair::generate().expect("a key");
        let own = params("localhost")
            .self_signed(&key)
            .expect("a certificate");
        let server = serve(own.der().clone(), &key);
        assert_eq!(
            failure(sent(post(&server.url("/"), message()))),
            Failure::NotHttp
        );
    }
}
