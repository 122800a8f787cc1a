//! Frames taken apart as the original's regular expressions do. What is expected was recorded from it.

use bytes::Bytes;
use soa_common::{
    frame::{Chunk, Frame, ProtocolVersion, ProtocolVersion::*},
    serializer::{Serializer, Serializer::*},
};

type Expected = (ProtocolVersion, Option<Serializer>, Option<(Option<u32>, Option<u32>)>, &'static [u8]);

#[test]
fn headers_are_found_where_the_original_finds_them() {
    let frames: &[(&[u8], Expected)] = &[
        (b"", (V1, None, None, b"")),
        (b"\x80", (V1, None, None, b"\x80")),
        (b"content-type", (V2, None, None, b"content-type")),
        (b"content-type:", (V2, None, None, b"content-type:")),
        (b"content-type:;x", (V2, None, None, b"content-type:;x")),
        (b"content-type:application/json;{}", (V2, Some(Json), None, b"{}")),
        (b"content-type:application/xml;x", (V2, None, None, b"x")),
        (b"content-type : application/json ;x", (V2, Some(Json), None, b"x")),
        (b"content-type\n:\r\n\tapplication/json\x0b\x0c;x", (V2, Some(Json), None, b"x")),
        (b" content-type:application/json;x", (V1, Some(Json), None, b"x")),
        (b"content-type:application/json; {}", (V2, Some(Json), None, b" {}")),
        (b"content-type:application/json;\n", (V2, Some(Json), None, b"\n")),
        (b"content-type:application/json;content-type:application/msgpack;x", (V2, Some(Msgpack), None, b"x")),
        (b"content-type:application/json; content-type:application/msgpack;x", (V2, Some(Msgpack), None, b"x")),
        (b"content-type:application/json;content-type:text/plain;x", (V2, None, None, b"x")),
        (b"content-type:text/plain;content-type:application/json;x", (V2, Some(Json), None, b"x")),
        (b"Content-Type:application/json;x", (V1, None, None, b"Content-Type:application/json;x")),
        (b"content-types:application/json;x", (V2, None, None, b"content-types:application/json;x")),
        (b"content-type:application/json,x;y", (V2, None, None, b"content-type:application/json,x;y")),
        (b"content-type:application json;x", (V2, None, None, b"content-type:application json;x")),
        (b"content-type:\xc3\xa9;x", (V2, None, None, b"content-type:\xc3\xa9;x")),
        (b"content-type:application/json\x00;x", (V2, None, None, b"content-type:application/json\x00;x")),
        (b"content-type:a\x1c;x", (V2, None, None, b"content-type:a\x1c;x")),
        (b"content-type:a\xa0;x", (V2, None, None, b"content-type:a\xa0;x")),
        (b"content-type:a\x85;x", (V2, None, None, b"content-type:a\x85;x")),
        (b"chunk-count:2;chunk-id:1;x", (V1, None, Some((Some(2), Some(1))), b"x")),
        (b"content-type:application/json;chunk-count:2;chunk-id:1;x", (V2, Some(Json), Some((Some(2), Some(1))), b"x")),
        (b"pysoa-redis/3//", (V3, None, None, b"")),
        (b"pysoa-redis/3//x", (V3, None, None, b"x")),
        (b"pysoa-redis/3//content-type:application/json;{}", (V3, Some(Json), None, b"{}")),
        (b"pysoa-redis/3// content-type:application/json;{}", (V3, Some(Json), None, b"{}")),
        (
            b"pysoa-redis/3//x-trace:1;content-type:application/json;{}",
            (V3, None, None, b"x-trace:1;content-type:application/json;{}"),
        ),
        (b"pysoa-redis/3//content-type:application/json;x-trace:1;{}", (V3, Some(Json), None, b"x-trace:1;{}")),
        (b"pysoa-redis/3//chunk-count:2;chunk-id:1;x", (V3, None, Some((Some(2), Some(1))), b"x")),
        (b"pysoa-redis/3//chunk-id:1;x", (V3, None, Some((None, Some(1))), b"x")),
        (b"pysoa-redis/3//chunk-count:2;x", (V3, None, Some((Some(2), None)), b"x")),
        (b"pysoa-redis/3//chunk-id:1;chunk-count:2;chunk-id:2;x", (V3, None, Some((Some(2), Some(2))), b"x")),
        (b"pysoa-redis/3//chunk-count:;x", (V3, None, None, b"chunk-count:;x")),
        (b"pysoa-redis/1//content-type:application/json;x", (V1, Some(Json), None, b"x")),
        (b"pysoa-redis/2//x", (V2, None, None, b"x")),
        (b"pysoa-redis/03//x", (V3, None, None, b"x")),
        (b"pysoa-redis///x", (V1, None, None, b"pysoa-redis///x")),
        (b"pysoa-redis/3/x", (V1, None, None, b"pysoa-redis/3/x")),
        (b"pysoa-redis/3", (V1, None, None, b"pysoa-redis/3")),
        (b"pysoa-redis/-3//x", (V1, None, None, b"pysoa-redis/-3//x")),
        (b"pysoa-redis/ 3//x", (V1, None, None, b"pysoa-redis/ 3//x")),
        (b" pysoa-redis/3//x", (V1, None, None, b" pysoa-redis/3//x")),
        (b"pysoa-redis/3//pysoa-redis/3//x", (V3, None, None, b"pysoa-redis/3//x")),
        (b"PYSOA-REDIS/3//x", (V1, None, None, b"PYSOA-REDIS/3//x")),
        (b"pysoa-redis/3//content-type:application/json", (V3, None, None, b"content-type:application/json")),
        (b"pysoa-redis/3//  \t x", (V3, None, None, b"  \t x")),
        (b"pysoa-redis/3//content-type:application/json;;x", (V3, Some(Json), None, b";x")),
        (b"pysoa-redis/3//content-type:application/json\n;\n;x", (V3, Some(Json), None, b"\n;x")),
    ];
    for (bytes, (version, serializer, chunk, payload)) in frames {
        let expected = Frame {
            version: *version,
            serializer: *serializer,
            chunk: chunk.map(|(count, id)| Chunk { count, id }),
            payload: Bytes::from_static(payload),
        };
        assert_eq!(Frame::parse(&Bytes::from_static(bytes)), Ok(expected), "{}", bytes.escape_ascii());
    }
}

#[test]
fn frames_that_cannot_be_taken_apart_say_why() {
    let check = |frame: &'static [u8], expected: &str| {
        assert_eq!(Frame::parse(&Bytes::from_static(frame)).unwrap_err().to_string(), expected);
    };
    check(b"pysoa-redis/3//chunk-count:two;x", "the frame's chunk-count \"two\" is no number");
    check(b"pysoa-redis/3//chunk-count:-1;x", "the frame's chunk-count \"-1\" is no number");
    check(b"pysoa-redis/3//chunk-count:1_0;chunk-id:007;x", "the frame's chunk-count \"1_0\" is no number");
    check(b"pysoa-redis/3//chunk-count:4294967296;chunk-id:1;x", "the frame's chunk-count \"4294967296\" is no number");
    check(b"pysoa-redis/4//x", "the frame's protocol version 4 is unknown; known are 1, 2 and 3");
    check(b"pysoa-redis/0//x", "the frame's protocol version 0 is unknown; known are 1, 2 and 3");
    check(
        b"pysoa-redis/99999999999999999999999//x",
        "the frame's protocol version 99999999999999999999 is unknown; known are 1, 2 and 3",
    );
}
