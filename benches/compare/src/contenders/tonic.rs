//! A unary call with tonic. Codec and service are written by hand, so nobody needs protoc; nothing checks the payload.

use std::{
    convert::Infallible,
    future::{Ready, ready},
    task::{Context, Poll},
};

use bytes::{Buf, BufMut, Bytes};
use futures_util::future::BoxFuture;
use http::uri::PathAndQuery;
use tokio::net::TcpListener;
use tonic::{
    Request, Response, Status,
    body::Body,
    client::Grpc as ClientGrpc,
    codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
    codegen::Service,
    server::{Grpc as ServerGrpc, NamedService, UnaryService},
    transport::{Channel, Server, server::TcpIncoming},
};

use crate::{
    BoxError,
    load::{Caller, say},
    payload::Echo,
};

const PATH: &str = "/compare.Compare/Echo";

/// Bytes as they are.
#[derive(Clone, Copy, Default)]
struct Plain;

impl Codec for Plain {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        *self
    }

    fn decoder(&mut self) -> Self {
        *self
    }
}

impl Encoder for Plain {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, item: Bytes, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put(item);
        Ok(())
    }
}

impl Decoder for Plain {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(buffer.copy_to_bytes(buffer.remaining())))
    }
}

#[derive(Clone, Copy)]
struct Echoes;

impl NamedService for Echoes {
    const NAME: &'static str = "compare.Compare";
}

impl UnaryService<Bytes> for Echoes {
    type Response = Bytes;
    type Future = Ready<Result<Response<Bytes>, Status>>;

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        ready(Ok(Response::new(request.into_inner())))
    }
}

impl Service<http::Request<Body>> for Echoes {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        Box::pin(async move { Ok(ServerGrpc::new(Plain).unary(Echoes, request).await) })
    }
}

/// Sends back what comes, until it is killed. Says at which address.
///
/// # Errors
/// When there is no free port.
pub async fn serve() -> Result<(), BoxError> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    say(&format!("ready http://{address}"))?;
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    Server::builder().add_service(Echoes).serve_with_incoming(incoming).await?;
    Ok(())
}

/// A client with one connection.
pub struct Tonic {
    channel: Channel,
    payload: Bytes,
}

impl Tonic {
    /// A client that sends payloads of this size.
    ///
    /// # Errors
    /// When there is no server at this address.
    pub async fn connect(address: &str, bytes: usize) -> Result<Self, BoxError> {
        let payload = rmp_serde::to_vec_named(&Echo::of_size(bytes))?.into();
        Ok(Self { channel: Channel::from_shared(address.to_owned())?.connect().await?, payload })
    }
}

impl Caller for Tonic {
    async fn call(&self) -> Result<(), BoxError> {
        let mut client = ClientGrpc::new(self.channel.clone());
        client.ready().await?;
        let path = PathAndQuery::from_static(PATH);
        let answer = client.unary(Request::new(self.payload.clone()), path, Plain).await?.into_inner();
        match answer.len() == self.payload.len() {
            true => Ok(()),
            false => Err(format!("{} bytes came back", answer.len()).into()),
        }
    }
}
