//! HTTP on loopback: accepts, records every request with its time, hands it to a router, and ends all connections
//! when it is dropped.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::clock::Clock;
use crate::requests::{Requests, Service};

/// Largest body that is read; Graph's own limit is far above what a presence request needs.
const BODY_LIMIT: usize = 256 * 1024;

/// Marks an answer that is never sent: the connection is cut instead.
#[derive(Clone, Debug)]
pub(crate) struct Cut;

#[derive(Clone, Debug)]
pub(crate) struct Recorder {
    pub(crate) requests: Arc<Requests>,
    pub(crate) clock: Arc<Clock>,
    pub(crate) service: Service,
}

/// Serves until the future is dropped; its connections end with it.
pub(crate) async fn serve(listener: TcpListener, router: Router, recorder: Option<Recorder>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(connection(stream, router.clone(), recorder.clone()));
                }
                // Out of file descriptors or an aborted handshake: neither ends the company.
                Err(_) => tokio::task::yield_now().await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn connection(stream: TcpStream, router: Router, recorder: Option<Recorder>) {
    // Answers are small and single: waiting for more to send would only add to the latency that tests measure.
    let _ = stream.set_nodelay(true);
    let router = TowerToHyperService::new(router);
    let service = service_fn(move |request| {
        let (router, recorder) = (router.clone(), recorder.clone());
        async move { answer(request, router, recorder).await }
    });
    // A connection that breaks is the client's affair.
    let _ = hyper::server::conn::http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        // Web sockets.
        .with_upgrades()
        .await;
}

async fn answer(
    request: hyper::Request<hyper::body::Incoming>,
    router: TowerToHyperService<Router>,
    recorder: Option<Recorder>,
) -> Result<Response, std::io::Error> {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(Body::new(body), BODY_LIMIT)
        .await
        .map_err(std::io::Error::other)?;
    let number = recorder.as_ref().map(|recorder| {
        let path = if matches!(recorder.service, Service::Starface | Service::Procall) {
            head.uri.path()
        } else {
            head.uri.path_and_query().map_or("", |path| path.as_str())
        };
        let text = String::from_utf8_lossy(&body).into_owned();
        recorder.requests.arrived(
            recorder.service,
            head.method.as_str(),
            path,
            text,
            recorder.clock.micros(),
        )
    });
    let response: Result<Response, Infallible> =
        router.call(Request::from_parts(head, Body::from(body))).await;
    let Ok(response) = response;
    if let (Some(recorder), Some(number)) = (recorder, number) {
        recorder
            .requests
            .answered(number, response.status().as_u16(), recorder.clock.micros());
    }
    match response.extensions().get::<Cut>() {
        Some(Cut) => Err(std::io::Error::other("cut on demand")),
        None => Ok(response),
    }
}
