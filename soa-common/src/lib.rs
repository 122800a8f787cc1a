//! What clients and servers share: jobs and values, the MessagePack and JSON codecs, frames, envelopes and the
//! transport traits of the PySOA 1.4.9 wire protocol.
//!
//! Most programs use this crate through `soa-client` or `soa-server`, which re-export what users need.
//!
//! A request travels as a [frame] that holds an [envelope] that holds a [job]: see `docs/protocol.md`.
//!
//! ```
//! use soa_common::{Body, Value};
//!
//! let body = Body::encode(&serde_json::json!({"number": 7}))?;
//! assert_eq!(body.get("number"), Some(Value::from(7)));
//! # Ok::<(), soa_common::InvalidField>(())
//! ```

pub mod codec;
pub mod msgpack;
mod travel;
mod value;

mod body;
mod error;
pub mod gather;
mod headers;
pub mod job;

pub mod envelope;
pub mod frame;
pub mod serializer;

pub mod json;
#[cfg(feature = "schemars")]
mod json_schema;
pub mod redact;
#[doc(hidden)]
pub mod scan;

pub mod middleware;
pub mod settings;
pub mod transport;

pub use body::{Body, IntoBody};
pub use bytes::Bytes;
pub use codec::{InvalidField, InvalidMessage};
pub use error::{Error, codes};
pub use headers::{Context, Control};
pub use job::{ActionRequest, ActionResponse, JobRequest, JobResponse};
pub use travel::{As, TravelsAs};
pub use value::{Amount, Date, DateTime, Decimal, Integer, Map, Time, UtcDateTime, Value};
