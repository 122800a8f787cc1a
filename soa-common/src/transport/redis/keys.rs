//! Names of services, keys of lists and the master a list lives on (`docs/protocol.md`, section 1).

use bytes::Bytes;

/// What stands before every key.
const PREFIX: &str = "pysoa:";

/// The longest name of a service, in bytes.
const LONGEST_NAME: usize = 200;

/// The longest reply address that is answered, in bytes: PySOA's own have some sixty more than the service's name.
const LONGEST_REPLY_TO: usize = 1_024;

/// A name that no service can have, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name:?} cannot be the name of a service: {reason}")]
pub struct ServiceNameError {
    name: String,
    reason: &'static str,
}

/// Checks the name of a service.
///
/// # Errors
/// A name that is empty, too long, or holds `!` (the mark of response lists) or a control character.
pub fn check_service_name(name: &str) -> Result<(), ServiceNameError> {
    let reason = if name.is_empty() {
        "it is empty"
    } else if name.len() > LONGEST_NAME {
        "it is longer than 200 bytes"
    } else if name.contains('!') {
        "it holds a \"!\", which marks response lists"
    } else if name.contains(char::is_control) {
        "it holds a control character"
    } else {
        return Ok(());
    };
    Err(ServiceNameError { name: name.chars().take(LONGEST_NAME).collect(), reason })
}

/// The key of the list that a service's requests are pushed to.
pub fn request_key(service: &str) -> Bytes {
    [PREFIX, "service.", service].concat().into()
}

/// The key of the list that responses for this reply address are pushed to.
pub fn response_key(reply_to: &str) -> Bytes {
    [PREFIX, reply_to].concat().into()
}

/// Whether responses of a service may go to this reply address: `service.<own name>.<anything>!<anything>`.
///
/// Everything else may be another list than a response list, such as the service's own requests.
pub fn is_reply_to_of(service: &str, reply_to: &str) -> bool {
    let own = reply_to.strip_prefix("service.").and_then(|rest| rest.strip_prefix(service));
    reply_to.len() <= LONGEST_REPLY_TO
        && own.and_then(|rest| rest.strip_prefix('.')).is_some_and(|rest| rest.contains('!'))
}

/// The index of the master, of so many (at least one), that holds a response list.
pub fn master_of(key: &[u8], masters: usize) -> usize {
    let slot = f64::from(crc32fast::hash(key) & 0xfff);
    // The original divides floats, and only that gives its index for every number of masters.
    (slot / (4096.0 / masters as f64)) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_those_of_the_original() {
        assert_eq!(request_key("square"), "pysoa:service.square");
        assert_eq!(response_key("service.square.ab!7f"), "pysoa:service.square.ab!7f");
    }

    #[test]
    fn only_response_lists_of_the_service_are_answered() {
        let check = |reply_to: &str, expected| assert_eq!(is_reply_to_of("square", reply_to), expected, "{reply_to}");
        check("service.square.0123456789abcdef!7f00", true);
        check("service.square.a.b!", true);
        check("service.square!a", false);
        check("service.square", false);
        check("service.square.a", false);
        check("service.squares.a!b", false);
        check("service.other.a!b", false);
        check("other.square.a!b", false);
        check("", false);
        check(&format!("service.square.a!{}", "b".repeat(1_100)), false);
    }

    #[test]
    fn names_that_would_break_keys_are_refused() {
        let check = |name: &str, expected: Option<&str>| {
            assert_eq!(check_service_name(name).err().map(|error| error.to_string()).as_deref(), expected);
        };
        check("square", None);
        check("user accounts.v2", None);
        check("", Some("\"\" cannot be the name of a service: it is empty"));
        check("a!b", Some("\"a!b\" cannot be the name of a service: it holds a \"!\", which marks response lists"));
        check("a\nb", Some("\"a\\nb\" cannot be the name of a service: it holds a control character"));
        assert!(check_service_name(&"x".repeat(201)).is_err());
    }
}
