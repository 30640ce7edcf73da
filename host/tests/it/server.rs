//! The two listeners, asked over TCP as a kubelet, a scraper and `kubectl port-forward` ask them.
use crds::Phase;
use decide::{
    model::{Json, Uid},
    row::Row,
};
use expect_test::expect;
use host::{
    ledger::Ledger,
    metrics::Metrics,
    server::{Check, Listener, Liveness, Readiness, ServerError, audit, health, serve, serve_private},
};
use std::net::SocketAddr;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::oneshot,
};

const ANY: &str = "127.0.0.1:0";

async fn get(at: SocketAddr, path: &str) -> String {
    get_as("localhost", at, path).await
}

async fn get_as(host: &str, at: SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(at).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

/// Status line and body.
async fn asked(at: SocketAddr, path: &str) -> String {
    let answer = get(at, path).await;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    format!("{}\n{body}", head.lines().next().unwrap().strip_prefix("HTTP/1.1 ").unwrap())
}

async fn healthy(checks: Vec<Check>, metrics: Metrics) -> SocketAddr {
    living(Ok(()), checks, metrics).await
}

async fn living(alive: Result<(), String>, checks: Vec<Check>, metrics: Metrics) -> SocketAddr {
    let on = Listener::public(ANY.parse().unwrap()).await.unwrap();
    let at = on.address().unwrap();
    let ready = Readiness::new(move || std::future::ready(checks.clone()));
    let alive = Liveness::new(move || alive.clone());
    tokio::spawn(serve(on, health(alive, ready, metrics), std::future::pending()));
    at
}

fn check(name: &'static str, is: Result<(), &str>) -> Check {
    Check::new(name, is.map_err(str::to_owned))
}

#[tokio::test]
async fn ready_only_if_every_check_says_yes_and_else_one_reason_a_line() {
    let good = healthy(vec![check("ledger", Ok(())), check("policies", Ok(()))], Metrics::new()).await;
    expect!["200 OK\nok\n"].assert_eq(&asked(good, "/readyz").await);

    let bad = vec![
        check("ledger", Err("no room is left;\nmake room")),
        check("plugins", Ok(())),
        check("policies", Err("not read yet")),
    ];
    expect![[r#"
        503 Service Unavailable
        ledger: no room is left; make room
        policies: not read yet
    "#]]
    .assert_eq(&asked(healthy(bad, Metrics::new()).await, "/readyz").await);
}

#[tokio::test]
async fn nothing_checked_is_not_ready() {
    let none = healthy(Vec::new(), Metrics::new()).await;
    expect!["503 Service Unavailable\nstarting: nothing was checked yet\n"].assert_eq(&asked(none, "/readyz").await);
    expect!["200 OK\nok\n"].assert_eq(&asked(none, "/livez").await);
}

/// The kubelet starts it again; what is not ready and alive it leaves alone.
#[tokio::test]
async fn who_can_only_be_started_again_says_so() {
    let at = living(Err("too many threads\nare lost".into()), vec![check("ledger", Ok(()))], Metrics::new()).await;
    expect!["500 Internal Server Error\ntoo many threads are lost\n"].assert_eq(&asked(at, "/livez").await);
    expect!["200 OK\nok\n"].assert_eq(&asked(at, "/readyz").await);
}

#[tokio::test]
async fn metrics_are_text_that_a_scraper_reads() {
    let metrics = Metrics::new();
    metrics.error("full");
    let answer = get(healthy(Vec::new(), metrics).await, "/metrics").await;
    assert!(answer.contains("content-type: application/openmetrics-text; version=1.0.0; charset=utf-8\r\n"));
    assert!(answer.contains("\nwrit_errors_total{kind=\"full\"} 1\n"), "{answer}");
    assert!(answer.ends_with("# EOF\n"));
}

#[tokio::test]
async fn the_public_listener_says_nothing_about_executions() {
    let at = healthy(Vec::new(), Metrics::new()).await;
    for path in ["/audit", "/audit?limit=1", "/blob/sha256:00"] {
        assert!(asked(at, path).await.starts_with("404"));
    }
}

#[tokio::test]
async fn the_audit_trail_listens_on_loopback_or_not_at_all() {
    for open in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0", "10.0.0.1:8081"] {
        let refused = Listener::loopback(open.parse().unwrap()).await;
        assert!(matches!(refused, Err(ServerError::NotLoopback { .. })), "{open}: {refused:?}");
    }
    assert!(Listener::loopback(ANY.parse().unwrap()).await.unwrap().address().unwrap().ip().is_loopback());
}

/// A page in the browser of somebody who forwards the port can point its own name at 127.0.0.1, and would read the answer.
#[tokio::test]
async fn the_audit_trail_is_not_given_to_a_web_page_that_calls_itself_by_another_name() {
    let audit = audited().await;
    for host in ["localhost", "localhost:8081", "127.0.0.1:9999", "[::1]:8081", "[::1]"] {
        assert!(get_as(host, audit.at, "/audit").await.starts_with("HTTP/1.1 200"), "{host}");
    }
    for host in ["evil.example", "evil.example:8081", "localhost.evil.example", "127.0.0.1.evil.example", "10.0.0.1"] {
        let answer = get_as(host, audit.at, "/audit").await;
        assert!(answer.starts_with("HTTP/1.1 403") && !answer.contains("scale"), "{host}: {answer}");
    }
}

struct Audit {
    at: SocketAddr,
    ledger: Ledger,
    stop: oneshot::Sender<()>,
    ended: tokio::task::JoinHandle<Result<(), ServerError>>,
    _folder: tempfile::TempDir,
}

async fn audited() -> Audit {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(&folder.path().join("ledger.db")).await.unwrap();
    for seq in 1..=3 {
        ledger.append(&row(seq)).await.unwrap();
    }
    let on = Listener::loopback(ANY.parse().unwrap()).await.unwrap();
    let at = on.address().unwrap();
    let (stop, stopped) = oneshot::channel();
    let ended = tokio::spawn(serve_private(on, audit(ledger.clone()), async { drop(stopped.await) }));
    Audit { at, ledger, stop, ended, _folder: folder }
}

fn row(seq: i64) -> Row {
    Row {
        cluster: Uid::try_from("c".to_owned()).unwrap(),
        uid: Uid::try_from("u".to_owned()).unwrap(),
        seq,
        at: jiff::Timestamp::new(1_800_000_000 + seq, 0).unwrap(),
        by: "host".into(),
        namespace: "shop".into(),
        name: "scale web".into(),
        action: "scale_deployment".into(),
        phase: if seq == 3 { Phase::Executing } else { Phase::Validating },
        reason: crds::Reason::Accepted,
        payload: Json::try_from("{\"a\":1}".to_owned()).unwrap(),
    }
}

#[tokio::test]
async fn rows_come_as_json_lines_the_newest_last() {
    let audit = audited().await;
    let answer = asked(audit.at, "/audit?namespace=shop&name=scale%20web&limit=2").await;
    let rows: Vec<Row> = answer.lines().skip(1).map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(rows, [row(2), row(3)]);
    expect![[r#"
        200 OK
        {"cluster":"c","uid":"u","seq":3,"at":"2027-01-15T08:00:03Z","by":"host","namespace":"shop","name":"scale web","action":"scale_deployment","phase":"Executing","reason":"Accepted","payload":"{\"a\":1}"}
    "#]]
    .assert_eq(&asked(audit.at, "/audit?phase=Executing&since=2027-01-15T08:00:02Z&name=scale+web&uid=u&action=scale_deployment").await);
    expect!["200 OK\n"].assert_eq(&asked(audit.at, "/audit?namespace=nowhere").await);
}

#[tokio::test]
async fn a_question_that_is_not_understood_is_an_error_and_never_a_wider_answer() {
    let audit = audited().await;
    let mut answers = String::new();
    for question in [
        "namesapce=shop",
        "phase=Done",
        "since=yesterday",
        "before=u",
        "before=u:x",
        "limit=0",
        "limit=1001",
        "limit=x",
        "name=%zz",
        "name=%ff",
        "name=",
        "name",
    ] {
        let answer = asked(audit.at, &format!("/audit?{question}")).await;
        let (status, body) = answer.split_once('\n').unwrap();
        let body: serde_json::Value = serde_json::from_str(body).unwrap();
        assert!(body["fix"].as_str().unwrap().contains("use namespace, name,"));
        answers += &format!("{question} -> {status}: {}\n", body["error"].as_str().unwrap());
    }
    expect![[r#"
        namesapce=shop -> 400 Bad Request: there is no parameter namesapce
        phase=Done -> 400 Bad Request: phase=Done is not a phase
        since=yesterday -> 400 Bad Request: since=yesterday is not a time
        before=u -> 400 Bad Request: before=u is not a row, as uid:seq
        before=u:x -> 400 Bad Request: before=u:x is not a row, as uid:seq
        limit=0 -> 400 Bad Request: limit=0 is not a number from 1 to 1000
        limit=1001 -> 400 Bad Request: limit=1001 is not a number from 1 to 1000
        limit=x -> 400 Bad Request: limit=x is not a number from 1 to 1000
        name=%zz -> 400 Bad Request: the value of name is not percent-encoded UTF-8
        name=%ff -> 400 Bad Request: the value of name is not percent-encoded UTF-8
        name= -> 400 Bad Request: name has no value
        name -> 400 Bad Request: name has no value
    "#]]
    .assert_eq(&answers);
}

#[tokio::test]
async fn a_blob_comes_by_its_digest() {
    let audit = audited().await;
    let digest = audit.ledger.keep(b"scaled\n").await.unwrap();
    expect!["200 OK\nscaled\n"].assert_eq(&asked(audit.at, &format!("/blob/{digest}")).await);
    let other = format!("/blob/sha256:{}", "0".repeat(64));
    expect![[r#"
        404 Not Found
        {"error":"no such blob is stored","fix":"look at the row again: `writ audit query`"}"#]]
    .assert_eq(&asked(audit.at, &other).await);
    expect![[r#"
        400 Bad Request
        {"error":"this is not a digest","fix":"write sha256: and 64 hex digits, as a row has it"}"#]]
    .assert_eq(&asked(audit.at, "/blob/..%2f..%2fetc%2fpasswd").await);
}

#[tokio::test]
async fn a_ledger_that_cannot_be_read_is_an_error_with_a_way_on() {
    let audit = audited().await;
    audit.ledger.close().await.unwrap();
    expect![[r#"
        503 Service Unavailable
        {"error":"failed to use the ledger: it was closed","fix":"look at the operator's /readyz and its log"}"#]]
    .assert_eq(&asked(audit.at, "/audit").await);
}

#[tokio::test]
async fn a_stop_ends_the_listener_though_somebody_holds_a_connection() {
    let audit = audited().await;
    let _idle = TcpStream::connect(audit.at).await.unwrap();
    asked(audit.at, "/audit").await;
    audit.stop.send(()).unwrap();
    audit.ended.await.unwrap().unwrap();
    assert!(TcpStream::connect(audit.at).await.is_err());
}
