//! Request and reply over NATS. The payload is what is the body of an echo elsewhere; nothing checks it.

use bytes::Bytes;
use futures_util::StreamExt;

use crate::{
    BoxError, SERVICE,
    load::{Caller, say},
    payload::Echo,
};

/// Sends back what comes, until it is killed.
///
/// # Errors
/// When there is no NATS at this address.
pub async fn serve(address: &str) -> Result<(), BoxError> {
    let client = async_nats::connect(address).await?;
    let mut requests = client.subscribe(SERVICE).await?;
    client.flush().await?;
    say("ready")?;
    while let Some(request) = requests.next().await {
        if let Some(reply) = request.reply {
            client.publish(reply, request.payload).await?;
        }
    }
    Ok(())
}

/// A client.
pub struct Nats {
    client: async_nats::Client,
    payload: Bytes,
}

impl Nats {
    /// A client that sends payloads of this size.
    ///
    /// # Errors
    /// When there is no NATS at this address.
    pub async fn connect(address: &str, bytes: usize) -> Result<Self, BoxError> {
        let payload = rmp_serde::to_vec_named(&Echo::of_size(bytes))?.into();
        Ok(Self { client: async_nats::connect(address).await?, payload })
    }
}

impl Caller for Nats {
    async fn call(&self) -> Result<(), BoxError> {
        let answer = self.client.request(SERVICE, self.payload.clone()).await?;
        match answer.payload.len() == self.payload.len() {
            true => Ok(()),
            false => Err(format!("{} bytes came back", answer.payload.len()).into()),
        }
    }
}
