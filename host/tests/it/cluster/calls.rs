//! One attempt a call: over real TCP, through the client that the operator uses, because it is the client that would repeat.
use super::api::{execution, settings};
use host::cluster::{CallError, Cluster, Config};
use k8s_openapi::api::batch::v1::Job;
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::SeqCst},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// A server that answers everything the same, or not at all, and counts.
async fn server(answer: Option<&'static str>) -> (Cluster, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = format!("http://{}", listener.local_addr().unwrap());
    let heard = Arc::new(AtomicUsize::new(0));
    let count = heard.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, answer, count.clone()));
        }
    });
    (Cluster::connect(Config::new(at.parse().unwrap()), settings()).unwrap(), heard)
}

async fn serve(mut stream: TcpStream, answer: Option<&'static str>, heard: Arc<AtomicUsize>) {
    let mut text = Vec::new();
    let mut buffer = [0; 4096];
    while let Ok(read @ 1..) = stream.read(&mut buffer).await {
        text.extend_from_slice(&buffer[..read]);
        if !whole(&text) {
            continue;
        }
        heard.fetch_add(1, SeqCst);
        text.clear();
        let Some(status) = answer else { return };
        let message = format!("HTTP/1.1 {status}\r\nContent-Length: 2\r\n\r\nno");
        stream.write_all(message.as_bytes()).await.unwrap();
    }
}

fn whole(text: &[u8]) -> bool {
    let text = String::from_utf8_lossy(text);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|l| l.to_ascii_lowercase().strip_prefix("content-length: ").map(str::to_owned));
    length.is_none_or(|l| body.len() >= l.parse().unwrap())
}

/// What kube repeats up to fifteen times by default.
#[tokio::test]
async fn a_server_in_trouble_hears_a_write_exactly_once() {
    for status in ["503 Service Unavailable", "504 Gateway Timeout", "500 Internal Server Error"] {
        let (cluster, heard) = server(Some(status)).await;
        let created = cluster.create_job(&Job::default()).await;
        assert!(matches!(created, Err(CallError::Unknown(_))), "{status}: {created:?}");
        assert_eq!(heard.load(SeqCst), 1, "{status}");
    }
}

#[tokio::test]
async fn a_busy_server_hears_a_write_exactly_once_and_its_caller_is_told_to_wait() {
    let (cluster, heard) = server(Some("429 Too Many Requests")).await;
    let recorded = cluster.record(&execution(), &execution().status).await;
    assert!(matches!(recorded, Err(CallError::Throttled { .. })), "{recorded:?}");
    assert_eq!(heard.load(SeqCst), 1);
}

#[tokio::test]
async fn a_connection_that_breaks_leaves_it_open_and_nothing_is_repeated() {
    let (cluster, heard) = server(None).await;
    let created = cluster.create_job(&Job::default()).await;
    assert!(matches!(created, Err(CallError::Unknown(_))), "{created:?}");
    assert_eq!(heard.load(SeqCst), 1);
}

#[tokio::test]
async fn a_server_that_is_not_there_leaves_it_open() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let cluster = Cluster::connect(Config::new(at.parse().unwrap()), settings()).unwrap();
    assert!(matches!(cluster.create_job(&Job::default()).await, Err(CallError::Unknown(_))));
}
