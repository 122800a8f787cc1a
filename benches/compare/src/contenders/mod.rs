//! The client and, but for ours and PySOA's, the server of every contender.

pub mod bare;
pub mod nats;
pub mod ours;
pub mod tonic;
