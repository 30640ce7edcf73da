//! `/audit` (rows as JSON lines, the newest last) and `/blob/DIGEST`. Owns how a question is written in a URL; a parameter it does not
//! know is an error, not ignored: a filter that silently does nothing shows an auditor the wrong rows.
use super::{Private, say};
use crate::{
    ledger::{Ledger, LedgerError, MAX_LIMIT, Query},
    telemetry::chain,
};
use axum::{
    Router,
    body::Body,
    extract::{Path, RawQuery, Request, State},
    http::{Response, StatusCode, header::HOST, uri::Authority},
    middleware::{Next, from_fn},
    routing::get,
};
use decide::{
    model::{Digest, Uid},
    row::Row,
};
use serde::{Deserialize, de::IntoDeserializer, de::value::Error};

const PARAMETERS: &str = "use namespace, name, uid, action, phase (such as Completed), since (such as 2026-11-23T00:00:00Z), \
     before (the uid and seq of a row, such as 3c1f:2), limit (1 to 1000)";

/// The routes.
pub fn audit(ledger: Ledger) -> Private {
    let routes = Router::new().route("/audit", get(rows)).route("/blob/{digest}", get(blob)).with_state(ledger);
    Private(routes.layer(from_fn(local)))
}

/// A web page can point its own name at 127.0.0.1 and so read what is behind somebody's `kubectl port-forward`; but its browser then
/// says that name here.
async fn local(request: Request, next: Next) -> Response<Body> {
    let host = request.headers().get(HOST).and_then(|h| h.to_str().ok()).and_then(|h| h.parse::<Authority>().ok());
    match host.as_ref().map(Authority::host) {
        Some("localhost" | "127.0.0.1" | "[::1]") => next.run(request).await,
        _ => say::error(
            StatusCode::FORBIDDEN,
            "this is served to this machine only",
            "ask localhost or 127.0.0.1: `writ audit query`",
        ),
    }
}

async fn rows(State(ledger): State<Ledger>, RawQuery(raw): RawQuery) -> Response<Body> {
    let query = match parse(raw.as_deref().unwrap_or_default()) {
        Ok(query) => query,
        Err(what) => return say::error(StatusCode::BAD_REQUEST, &what, PARAMETERS),
    };
    match ledger.query(&query).await {
        Ok(rows) => lines(&rows),
        Err(e) => broken(&e),
    }
}

fn lines(rows: &[Row]) -> Response<Body> {
    let lines: Result<Vec<String>, _> = rows.iter().map(serde_json::to_string).collect();
    match lines {
        Ok(lines) => {
            let text: String = lines.into_iter().map(|line| line + "\n").collect();
            say::body(StatusCode::OK, "application/jsonl", text)
        }
        Err(e) => {
            say::error(StatusCode::INTERNAL_SERVER_ERROR, &format!("failed to write a row: {e}"), "report it: this is a bug")
        }
    }
}

async fn blob(State(ledger): State<Ledger>, Path(digest): Path<String>) -> Response<Body> {
    let Ok(digest) = Digest::try_from(digest) else {
        return say::error(StatusCode::BAD_REQUEST, "this is not a digest", "write sha256: and 64 hex digits, as a row has it");
    };
    match ledger.blob(&digest).await {
        Ok(Some(bytes)) => say::body(StatusCode::OK, "application/octet-stream", bytes),
        Ok(None) => say::error(StatusCode::NOT_FOUND, "no such blob is stored", "look at the row again: `writ audit query`"),
        Err(e) => broken(&e),
    }
}

fn broken(e: &LedgerError) -> Response<Body> {
    tracing::error!(kind = e.kind(), "{}", chain(e));
    say::error(StatusCode::SERVICE_UNAVAILABLE, &e.to_string(), "look at the operator's /readyz and its log")
}

fn parse(raw: &str) -> Result<Query, String> {
    let mut query = Query::default();
    for pair in raw.split('&').filter(|p| !p.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let value = decode(value).ok_or_else(|| format!("the value of {key} is not percent-encoded UTF-8"))?;
        set(&mut query, key, value)?;
    }
    Ok(query)
}

fn set(query: &mut Query, key: &str, value: String) -> Result<(), String> {
    let wrong = |why: &str| format!("{key}={value} is {why}");
    if value.is_empty() {
        return Err(format!("{key} has no value"));
    }
    match key {
        "namespace" => query.namespace = Some(value),
        "name" => query.name = Some(value),
        "uid" => query.uid = Some(value.clone().try_into().map_err(|_| wrong("not a uid"))?),
        "action" => query.action = Some(value),
        "phase" => query.phase = Some(phase(&value).ok_or_else(|| wrong("not a phase"))?),
        "since" => query.since = Some(value.parse().map_err(|_| wrong("not a time"))?),
        "before" => query.before = Some(row(&value).ok_or_else(|| wrong("not a row, as uid:seq"))?),
        "limit" => query.limit = limit(&value).ok_or_else(|| wrong("not a number from 1 to 1000"))?,
        _ => return Err(format!("there is no parameter {key}")),
    }
    Ok(())
}

fn phase(name: &str) -> Option<crds::Phase> {
    let from: serde::de::value::StrDeserializer<'_, Error> = name.into_deserializer();
    crds::Phase::deserialize(from).ok()
}

fn row(text: &str) -> Option<(Uid, i64)> {
    let (uid, seq) = text.rsplit_once(':')?;
    Some((uid.to_owned().try_into().ok()?, seq.parse().ok()?))
}

fn limit(text: &str) -> Option<u32> {
    text.parse().ok().filter(|n| (1..=MAX_LIMIT).contains(n))
}

/// `%2F` and `+`, as forms write them.
fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => hex(rest.next()?)? * 16 + hex(rest.next()?)?,
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|d| u8::try_from(d).ok())
}
