//! The way from the operator to the API server: plain HTTP on this machine's loopback in, the administrator's connection out, in the name of
//! the operator's own account. Owns how a fault looks to the client.
use crate::faults::{Fault, Faults};
use anyhow::Result;
use http::{
    HeaderValue, Request, Response, StatusCode,
    header::{AUTHORIZATION, CONNECTION, CONTENT_TYPE, HOST, RETRY_AFTER},
};
use http_body_util::{BodyExt, Full, StreamBody, combinators::UnsyncBoxBody};
use hyper::{
    body::{Bytes, Frame, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use kube::{Client, client::Body};
use std::{io, sync::Arc, time::Duration};
use tokio::net::TcpListener;

/// As the API server would find it in the operator's token.
const GROUPS: [&str; 3] = ["system:serviceaccounts", "system:serviceaccounts:writ-system", "system:authenticated"];

type Failed = Box<dyn std::error::Error + Send + Sync>;
type Bytewise = UnsyncBoxBody<Bytes, Failed>;
type Answer = Response<Bytewise>;

/// Listens until the process ends.
///
/// # Errors
/// Where there is no port.
pub(crate) async fn serve(admin: Client, faults: Arc<Faults>) -> Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let port = listener.local_addr()?.port();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let (admin, faults) = (admin.clone(), faults.clone());
            tokio::spawn(async move {
                let service = service_fn(|request| passed(&admin, &faults, request));
                // One that is reset ends with an error: that is the point.
                drop(http1::Builder::new().serve_connection(TokioIo::new(socket), service).await);
            });
        }
    });
    Ok(port)
}

/// An error is a connection that is closed without a word.
async fn passed(admin: &Client, faults: &Faults, request: Request<Incoming>) -> io::Result<Answer> {
    let watch = request.uri().query().is_some_and(|q| q.contains("watch=true") || q.contains("watch=1"));
    let fault = faults.next(watch);
    let late = match fault {
        Fault::Dropped => return Err(io::ErrorKind::ConnectionReset.into()),
        Fault::Refused(code) => return Ok(refused(code)),
        Fault::Delayed(time) => Some(time),
        _ => None,
    };
    let request = taken(request).await.map_err(io::Error::other)?;
    // A task of its own: this one ends with the connection, and so with who asked, and what he asked has to land all the same.
    let answer = tokio::spawn(sent(admin.clone(), request, late));
    let answer = answer.await.map_err(io::Error::other)?.map_err(io::Error::other)?;
    if let Fault::AnswerDelayed(time) = fault {
        tokio::time::sleep(time).await;
    }
    match fault {
        Fault::ReplyLost => Err(io::ErrorKind::ConnectionReset.into()),
        Fault::Unsure => Ok(refused(504)),
        Fault::CutShort(time) => Ok(answer.map(|body| until(body, time))),
        _ => Ok(answer.map(|body| body.map_err(Into::into).boxed_unsync())),
    }
}

/// All of it, and in the operator's name.
async fn taken(request: Request<Incoming>) -> Result<Request<Body>> {
    let (mut head, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    for name in [AUTHORIZATION, HOST, CONNECTION] {
        head.headers.remove(name);
    }
    head.headers.insert("impersonate-user", HeaderValue::from_static(crds::labels::OPERATOR_USER));
    for group in GROUPS {
        head.headers.append("impersonate-group", HeaderValue::from_static(group));
    }
    Ok(Request::from_parts(head, Body::from(body.to_vec())))
}

async fn sent(admin: Client, request: Request<Body>, late: Option<Duration>) -> Result<Response<Body>> {
    if let Some(time) = late {
        tokio::time::sleep(time).await;
    }
    Ok(admin.send(request).await?)
}

/// As the API server says no.
fn refused(code: u16) -> Answer {
    let status = serde_json::json!({
        "apiVersion": "v1", "kind": "Status", "status": "Failure", "code": code, "reason": "Torture",
        "message": "the torture's proxy says so", "details": {"retryAfterSeconds": 1},
    });
    let body = Full::new(Bytes::from(status.to_string()));
    let mut answer = Response::new(body.map_err(|never| match never {}).boxed_unsync());
    *answer.status_mut() = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    answer
}

/// The same body, reset in the middle.
fn until(body: Body, time: Duration) -> Bytewise {
    let frames = futures::stream::unfold((body, Box::pin(tokio::time::sleep(time))), |(mut body, mut end)| async move {
        let frame: Result<Frame<Bytes>, Failed> = tokio::select! {
            () = &mut end => Err(io::Error::from(io::ErrorKind::ConnectionReset).into()),
            frame = body.frame() => frame?.map_err(Into::into),
        };
        Some((frame, (body, end)))
    });
    StreamBody::new(frames).boxed_unsync()
}
