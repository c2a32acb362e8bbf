//! The faces of the phone system: served, taken down and brought up together.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use socket2::{Domain, Socket, Type};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::company::Shared;
use crate::requests::Service;
use crate::{World, csta, innovaphone, pbx, portal, procall, server, sip, starface};

type Server = Shared<Option<JoinHandle<()>>>;

impl World {
    pub(crate) const fn faces(&self) -> [(&Server, SocketAddr); 8] {
        let at = &self.addresses;
        [
            (&self.ami, at.ami),
            (&self.innovaphone_server, at.innovaphone),
            (&self.procall_server, at.procall),
            (&self.sip_server, at.sip),
            (&self.csta_server, at.csta),
            (&self.portal_server, at.portal),
            (&self.starface_server, at.starface),
            (&self.starface_chat_server, at.starface_chat),
        ]
    }
}

fn serve(world: &World, listener: TcpListener, router: Router, service: Service, face: &Server) {
    let recorder = server::Recorder {
        requests: Arc::clone(&world.requests),
        clock: Arc::clone(&world.clock),
        service,
    };
    *face.lock() = Some(tokio::spawn(server::serve(listener, router, Some(recorder))));
}

pub(crate) fn serve_innovaphone(world: &World, listener: TcpListener) {
    let router = innovaphone::router(Arc::clone(&world.innovaphone));
    serve(
        world,
        listener,
        router,
        Service::Innovaphone,
        &world.innovaphone_server,
    );
}

pub(crate) fn serve_procall(world: &World, listener: TcpListener) {
    let router = procall::router(Arc::clone(&world.procall));
    serve(world, listener, router, Service::Procall, &world.procall_server);
}

pub(crate) fn serve_csta(world: &World, listener: TcpListener) {
    let server = tokio::spawn(csta::serve(Arc::clone(&world.csta), listener));
    *world.csta_server.lock() = Some(server);
}

pub(crate) fn serve_portal(world: &World, listener: TcpListener) {
    let router = portal::router(Arc::clone(&world.portal));
    serve(world, listener, router, Service::Portal, &world.portal_server);
}

pub(crate) fn serve_sip(world: &World, ports: sip::Ports) {
    let serving = sip::serve(Arc::clone(&world.sip), ports);
    *world.sip_server.lock() = Some(tokio::spawn(serving));
}

pub(crate) fn serve_starface(world: &World, listener: TcpListener) {
    let router = starface::router(Arc::clone(&world.starface));
    serve(world, listener, router, Service::Starface, &world.starface_server);
}

pub(crate) fn serve_starface_chat(world: &World, listener: TcpListener) {
    let serving = starface::serve_chat(Arc::clone(&world.starface), listener);
    *world.starface_chat_server.lock() = Some(tokio::spawn(serving));
}

/// Holds a port on which nobody listens, or another program would get it for a connection of its own.
fn reserve(at: SocketAddr) -> std::io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(at), Type::STREAM, None)?;
    // As the listener has it: both may have the port as long as one of them does not listen.
    socket.set_reuse_address(true)?;
    socket.bind(&at.into())?;
    Ok(socket)
}

/// The same for datagrams, while the face still takes them. Connected to itself, so that what others send is refused as
/// soon as the face is gone.
fn reserve_datagrams(at: SocketAddr) -> std::io::Result<Socket> {
    let socket = sip::datagrams(at)?;
    socket.connect(&at.into())?;
    Ok(socket)
}

/// Connections end, new ones are refused, calls are gone.
pub(crate) async fn stop(world: &World) {
    world.pbx.stopped();
    world.starface.forget_sessions();
    world.innovaphone.stopped();
    world.procall.forget_sessions();
    world.sip.stopped();
    world.portal.forget_sessions();
    if world.sip_server.lock().is_some() {
        let datagrams = reserve_datagrams(world.addresses.sip);
        world.reserved.lock().extend(datagrams);
    }
    for (face, at) in world.faces() {
        let running = face.lock().take();
        if let Some(server) = running {
            server.abort();
            // Cancelled is what it is to be.
            let _ = server.await;
            world.reserved.lock().extend(reserve(at));
        }
    }
}

pub(crate) async fn start(world: &World) -> std::io::Result<()> {
    if world.ami.lock().is_some() {
        return Ok(());
    }
    serve_starface(world, TcpListener::bind(world.addresses.starface).await?);
    serve_starface_chat(world, TcpListener::bind(world.addresses.starface_chat).await?);
    serve_innovaphone(world, TcpListener::bind(world.addresses.innovaphone).await?);
    serve_procall(world, TcpListener::bind(world.addresses.procall).await?);
    serve_csta(world, TcpListener::bind(world.addresses.csta).await?);
    serve_portal(world, TcpListener::bind(world.addresses.portal).await?);
    serve_sip(
        world,
        sip::bind(world.addresses.sip.ip(), world.addresses.sip.port()).await?,
    );
    let listener = TcpListener::bind(world.addresses.ami).await?;
    *world.ami.lock() = Some(tokio::spawn(pbx::serve(Arc::clone(&world.pbx), listener)));
    world.reserved.lock().clear();
    Ok(())
}
