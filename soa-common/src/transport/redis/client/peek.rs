//! Whose answer a payload is, when it is cut off or broken further on.

use crate::msgpack::{Reader, Token};

/// The request id of a MessagePack envelope of which at least the entries up to it are whole.
pub(super) fn request_id(payload: &[u8]) -> Option<u64> {
    let mut reader = Reader::new(payload);
    let Ok(Token::Map(length)) = reader.token() else {
        return None;
    };
    for _ in 0..length {
        let Ok(Token::Text(key)) = reader.token() else {
            return None;
        };
        if key == "request_id" {
            return match reader.token() {
                Ok(Token::Integer(id)) => id.as_u64(),
                _ => None,
            };
        }
        reader.skip().ok()?;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_is_found_where_the_payload_is_whole_up_to_it() {
        let check = |payload: &[u8], expected| assert_eq!(request_id(payload), expected, "{}", payload.escape_ascii());
        check(b"\x83\xaarequest_id\x07", Some(7));
        check(b"\x83\xaarequest_id\xcd\x01\x00\xa4meta\xc1", Some(256));
        check(b"\x83\xa4meta\x81\xa1a\x01\xaarequest_id\x07", Some(7));
        check(b"\x83\xa4meta\xc1\xaarequest_id\x07", None);
        check(b"\x83\xaarequest_id\xcd\x01", None);
        check(b"\x83\xaarequest_id\xa17", None);
        check(b"\x83\xa4body\x80", None);
        check(b"\x93\x01", None);
        check(b"", None);
    }
}
