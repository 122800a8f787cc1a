//! Frames.

use soa_common::{
    frame::{self, Frame, ProtocolVersion},
    serializer::Serializer,
};

use crate::{
    Case,
    fixtures::{Echo, Page, body, job, request_frame},
};

/// What stands before the payload, written into a buffer of its own.
pub fn encode() -> Case {
    Case::new(|| {
        let mut frame = Vec::with_capacity(512);
        frame::write_headers(&mut frame, ProtocolVersion::V3, Serializer::Msgpack);
        frame
    })
}

/// A frame taken apart.
pub fn decode() -> Case {
    let frame = request_frame(&job([("echo", body(&Echo::new()))]));
    Case::new(move || Frame::parse(&frame).unwrap())
}

/// 10 KB cut into chunks of 1 KB.
pub fn chunks() -> Case {
    let payload = body(&Page::new()).to_msgpack().into();
    Case::new(move || frame::chunks(Serializer::Msgpack, &payload, 1024))
}
