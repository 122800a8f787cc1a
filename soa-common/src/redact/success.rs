//! Responses without errors, which nearly all are, need not be encoded to be shown.

use super::{names::Names, text};
use crate::{Body, JobResponse};

/// So many lists and maps are around the context of a job.
const AROUND_CONTEXT: usize = 1;

/// And around the body of an action.
const AROUND_BODY: usize = 3;

/// Appends what is shown of a response; gives whether it is certain that it is printable ASCII. None: only a part was
/// appended, and the general way is to be taken.
pub(super) fn write(out: &mut Vec<u8>, job: &JobResponse, names: &Names) -> Option<bool> {
    if !job.errors.is_empty() || names.hold_keys_of_jobs {
        return None;
    }
    let start = out.len();
    out.extend_from_slice(br#"{"errors":[],"context":"#);
    let mut is_plain = write_body(out, job.context.as_body(), names, AROUND_CONTEXT)?;
    out.extend_from_slice(br#","actions":["#);
    for (index, action) in job.actions.iter().enumerate() {
        if !action.errors.is_empty() {
            return None;
        }
        if index > 0 {
            out.push(b',');
        }
        out.extend_from_slice(br#"{"action":"#);
        is_plain &= text::quote(out, action.action.as_bytes());
        out.extend_from_slice(br#","errors":[],"body":"#);
        is_plain &= write_body(out, &action.body, names, AROUND_BODY)?;
        out.push(b'}');
    }
    out.extend_from_slice(b"]}");
    (is_plain || str::from_utf8(&out[start..]).is_ok()).then_some(is_plain)
}

fn write_body(out: &mut Vec<u8>, body: &Body, names: &Names, around: usize) -> Option<bool> {
    let msgpack = body.msgpack()?;
    out.reserve(msgpack.len() + msgpack.len() / 2);
    text::write(out, msgpack, names, around).ok()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::super::Redactor;
    use crate::{
        ActionResponse, Body, Context, Error, JobResponse, Map,
        msgpack::{MAX_DEPTH, Writer},
    };

    fn nested(depth: usize) -> Body {
        Body::from_checked([vec![0x81, 0xa1, b'x'], vec![0x91; depth], vec![0x07]].concat().into())
    }

    #[test]
    fn a_response_is_shown_as_if_it_was_encoded() {
        let raw = |bytes: &'static [u8]| Body::from_checked(Bytes::from_static(bytes));
        let bodies = || {
            [
                Body::empty(),
                raw(b"\x82\xa3pin\x07\xa4text\xa2hi"),
                raw(b"\x81\xa4text\xa6\"\\\n\xc3\xa4\x7f"),
                raw(b"\x81\xa4text\xa1\xff"),
                raw(b"\x81\xa4text"),
                Body::from(Map::from([("password", "hunter2")])),
                nested(MAX_DEPTH - 4),
                nested(MAX_DEPTH - 3),
            ]
        };
        let action = |name: &str, body| ActionResponse { action: name.to_owned(), body, ..ActionResponse::default() };
        let mut actions: Vec<_> = bodies().map(|body| vec![action("ä\"x", body)]).into();
        actions.extend([vec![], bodies().map(|body| action("x", body)).into()]);
        actions.push(vec![action("x", bodies()[1].clone()), action("password", Body::empty())]);
        let failed = ActionResponse { errors: vec![Error::new("A", "a")], ..action("x", Body::empty()) };
        actions.push(vec![action("y", Body::empty()), failed]);
        for actions in actions {
            for context in [Context::default(), Context::default().with("correlation_id", "\u{85}")] {
                for errors in [vec![], vec![Error::new("B", "b")]] {
                    let job = JobResponse { errors, context: context.clone(), actions: actions.clone() };
                    let mut encoded = Vec::new();
                    job.write(&mut Writer::new(&mut encoded), true);
                    for extra in ["nick", "body", "action", "actions", "context", "errors"] {
                        let redactor = Redactor::new([extra]);
                        assert_eq!(redactor.show(&job).to_string(), redactor.show(&encoded[..]).to_string());
                    }
                }
            }
        }
    }
}
